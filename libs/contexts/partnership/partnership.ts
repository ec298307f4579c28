import type { OrganizationEvent } from '../../events/catalog/partnership.ts';
import { organizationIdOf, organizationStream } from '../../facts/organization.ts';
import type { Decider } from '../../kernel/decider.ts';
import { leg, type Plan } from '../../kernel/plan.ts';
import { refuse } from '../../kernel/refusal.ts';

/** Organizations that train people together. */
export { organizationIdOf, organizationStream } from '../../facts/organization.ts';

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
