import type { Plant } from './plant.ts';
import { runtimePlants } from './runtime.ts';

export const plants: readonly Plant[] = [...runtimePlants];
