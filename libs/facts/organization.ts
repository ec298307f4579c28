import type { OrganizationEvent } from '../events/catalog/partnership.ts';
import { naturalId } from '../kernel/ids.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

/** An organization that trains people together with the college. Key: the unified social credit code (统一社会信用代码), so the stream is the uniqueness. */
export const organizationIdOf = (institutionId: string, creditCode: string): string =>
  naturalId(institutionId, 'organization', creditCode);
export const organizationStream = (organizationId: string): string => `organization-${organizationId}`;

/** Null where there is no such organization. */
export type OrganizationFact = Extract<OrganizationEvent, { readonly type: 'OrganizationRegistered' }>['data'] | null;

export const organizationFact = (organizationId: string): Source<OrganizationFact> =>
  source(organizationStream(organizationId), {
    initial: null as OrganizationFact,
    evolve: (_, event: Recorded<OrganizationEvent>): OrganizationFact => event.data,
  });
