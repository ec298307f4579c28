import type { Upcaster } from '../catalog/catalog.ts';

export const enrollmentUpcasters: Readonly<Record<string, Readonly<Record<number, Upcaster>>>> = {
  StudySuspended: {
    // v1 did not say when the student applied; v2 does, and null means that it was not recorded.
    1: (data) => ({ ...data, appliedOn: null }),
  },
};
