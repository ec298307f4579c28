import type { Bilingual } from '../../kernel/bilingual.ts';
import type { CatalogOf } from './catalog.ts';

/** `organization-<id>`; key: the unified social credit code. */
export type OrganizationEvent = {
  type: 'OrganizationRegistered';
  data: { creditCode: string; name: Bilingual; kind: 'school' | 'enterprise' | 'government' | 'association' };
};

export const partnershipCatalog = {
  OrganizationRegistered: { version: 1, title: { zh: '登记单位', en: 'Organization registered' } },
} as const satisfies CatalogOf<OrganizationEvent>;
