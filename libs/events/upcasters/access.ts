import type { Upcaster } from '../catalog/catalog.ts';

export const accessUpcasters: Readonly<Record<string, Readonly<Record<number, Upcaster>>>> = {
  RecordRead: {
    // v1 named the role alone; v2 says what it reached, and null means that it was not recorded.
    1: (data) => ({ ...data, right: null }),
  },
};
