import type { CatalogOf } from './catalog.ts';

/** `access-<learner id>` (one person's record) or `access-<institution>.<day>` (lists and exports): who read what. */
export type AccessEvent = {
  type: 'RecordRead';
  /** `right`: what the reader's role reached there, as the policy names it; null where that was not recorded. */
  data: { route: string; query: Readonly<Record<string, string>>; subjects: number | null; right: string | null };
};

export const accessCatalog = {
  RecordRead: { version: 2, effect: 'machinery', title: { zh: '查阅记录', en: 'Record read' } },
} as const satisfies CatalogOf<AccessEvent>;
