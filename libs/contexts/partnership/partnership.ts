import type { OrganizationEvent } from '../../events/catalog/partnership.ts';
import type { Decider } from '../../kernel/decider.ts';
import { naturalId } from '../../kernel/ids.ts';
import { leg, type Plan } from '../../kernel/plan.ts';
import { refuse } from '../../kernel/refusal.ts';

/** Organizations that train people together. Key: the unified social credit code (统一社会信用代码), so the stream is the uniqueness. */
export const organizationIdOf = (institutionId: string, creditCode: string): string =>
  naturalId(institutionId, 'organization', creditCode);
export const organizationStream = (organizationId: string): string => `organization-${organizationId}`;

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Registered = Extract<OrganizationEvent, { type: 'OrganizationRegistered' }>['data'];

export type PartnershipCommand = { readonly type: 'RegisterOrganization' } & Registered;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const organization: Decider<Registered | null, PartnershipCommand, OrganizationEvent> = {
  initial: null,
  evolve: (_, event) => event.data,
  decide: (s, { type: _type, ...data }) => {
    if (!s) return [{ type: 'OrganizationRegistered', data }];
    const same = s.kind === data.kind && s.name.zh === data.name.zh && s.name.en === data.name.en;
    return same ? [] : refuse('REFERENCE_EXISTS', { what: `organization ${data.creditCode}`, recorded: s, given: data });
  },
};

// ── plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const planPartnership = (command: PartnershipCommand, institutionId: string): Plan => ({
  own: leg(organizationStream(organizationIdOf(institutionId, command.creditCode)), organization, command),
  subjectId: () => null,
});
