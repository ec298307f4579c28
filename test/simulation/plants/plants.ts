import type { Plant } from './plant.ts';
import { projectionPlants } from './projection.ts';
import { runtimePlants } from './runtime.ts';
import { trainingPlants } from './training.ts';

export const plants: readonly Plant[] = [...runtimePlants, ...trainingPlants, ...projectionPlants];
