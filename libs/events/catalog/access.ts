import type { CatalogOf } from './catalog.ts';

/** `access-<learner id>` (one person's record) or `access-<institution>.<day>` (lists and exports): who read what. */
export type AccessEvent = {
  type: 'RecordRead';
  data: { route: string; query: Readonly<Record<string, string>>; subjects: number | null };
};

export const accessCatalog = {
  RecordRead: { version: 1, effect: 'machinery', title: { zh: '查阅记录', en: 'Record read' } },
} as const satisfies CatalogOf<AccessEvent>;
