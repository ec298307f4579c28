import type { Upcaster } from '../catalog/catalog.ts';
import { accessUpcasters } from './access.ts';
import { enrollmentUpcasters } from './enrollment.ts';

const upcasters: Readonly<Record<string, Readonly<Record<number, Upcaster>>>> = {
  ...accessUpcasters,
  ...enrollmentUpcasters,
};

/** Brings stored data to the version that code reads. Throws for a version that no release wrote. */
export const upcast = (
  type: string,
  version: number,
  current: number,
  data: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  let now: Record<string, unknown> = data;
  for (let v = version; v < current; v++) {
    const step = upcasters[type]?.[v];
    if (!step) throw new Error(`no upcaster for ${type} v${v}`);
    now = step(now);
  }
  if (version > current) throw new Error(`${type} v${version} was written by a newer release; this one reads v${current}`);
  return now;
};
