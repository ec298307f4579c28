import type { ApprenticeshipPolicy } from '../../events/catalog/curriculum.ts';
import type { ContractEvent, Party, Span } from '../../events/catalog/apprenticeship.ts';
import { partiesNeeded, type Contract } from '../../facts/contract.ts';
import type { CourseFact, PlanFact } from '../../facts/curriculum.ts';
import type { Enrollment } from '../../facts/enrollment.ts';
import type { OrganizationFact } from '../../facts/organization.ts';
import type { ProgramFact } from '../../facts/reference.ts';
import type { Selection } from '../../facts/selection.ts';
import type { Teacher } from '../../facts/teacher.ts';
import type { Circumstances, Decision, Role } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';

/** What decisions of this context share: the facts that they may rest on, and the guards that more than one of them asks. */
export interface ContractFacts {
  readonly policy?: ApprenticeshipPolicy;
  readonly selection?: Selection;
  readonly enrollment?: Enrollment;
  readonly organization?: OrganizationFact;
  /** The contract that a new one continues. */
  readonly before?: Contract;
  readonly program?: ProgramFact;
  readonly plans?: PlanFact;
  /** Who is to become a mentor. */
  readonly teacher?: Teacher;
  /** The mentors of now; absent where there is none. */
  readonly school?: Teacher;
  readonly enterprise?: Teacher;
  readonly [courseStream: `course-${string}`]: CourseFact;
}

export type ContractDecision = Decision<ContractEvent>;
export type K = Circumstances<ContractFacts>;

/** What every new fact needs: not before the last change. */
export function timely(s: { readonly lastChangeAt: string }, k: Circumstances): Refusal | null {
  if (k.effectiveAt >= s.lastChangeAt) return null;
  return refuse('EFFECTIVE_BEFORE_LAST_CHANGE', { effectiveAt: k.effectiveAt, lastChangeAt: s.lastChangeAt });
}

export function enterpriseRefusal(organizationId: string, organization: OrganizationFact | undefined): Refusal | null {
  if (!organization) return refuse('ORGANIZATION_UNKNOWN', { organization: organizationId });
  return organization.kind === 'enterprise' ? null : refuse('ORGANIZATION_NOT_ENTERPRISE', { kind: organization.kind });
}

export const orderRefusal = ({ from, to }: Span): Refusal | null =>
  from > to ? refuse('DATES_OUT_OF_ORDER', { from, to }) : null;

export function withinRefusal(span: Span, bounds: Span): Refusal | null {
  const { from, to } = bounds;
  return orderRefusal(span) ?? (span.from < from || span.to > to ? refuse('DATES_OUTSIDE', { from, to }) : null);
}

/** Enrollment comes before recruitment (先招生后招工): hers, and registered now. */
export function studentRefusal(learnerId: string, enrollment: Enrollment | undefined): Refusal | null {
  if (enrollment?.admission?.learnerId !== learnerId) return refuse('ENROLLMENT_UNKNOWN');
  return enrollment.status === 'registered' ? null : refuse('ENROLLMENT_NOT_ACTIVE', { status: enrollment.status });
}

/** For whom a role speaks with its own token. */
const partyOf: Readonly<Partial<Record<Role, Party>>> = {
  registrar: 'school',
  enterprise: 'enterprise',
  learner: 'apprentice',
  guardian: 'guardian',
};

/** Everybody speaks for herself; the registrar also for others, from their paper. */
export const speaksFor = (role: Role, party: Party): boolean => partyOf[role] === party || role === 'registrar';

/** Whether the party's own token says it. */
export const speaksAs = (role: Role, party: Party): boolean => partyOf[role] === party;

/** A party to what is to be decided, spoken for by somebody who may. */
export function partyRefusal(what: { readonly guardianNeeded: boolean }, party: Party, k: Circumstances): Refusal | null {
  if (!speaksFor(k.actor.role, party)) return refuse('PARTY_NOT_YOURS', { party });
  return partiesNeeded(what).includes(party) ? null : refuse('PARTY_NOT_NEEDED', { party });
}

export function needs(s: Contract, k: K, statuses: readonly Contract['status'][], code: Refusal['refused']): Refusal | null {
  return statuses.includes(s.status) ? timely(s, k) : refuse(code, { status: s.status });
}

export const needsDraft = (s: Contract, k: K): Refusal | null => needs(s, k, ['draft'], 'CONTRACT_NOT_DRAFT');
export const needsLive = (s: Contract, k: K): Refusal | null => needs(s, k, ['live'], 'CONTRACT_NOT_LIVE');
export const needsRunning = (s: Contract, k: K): Refusal | null => needs(s, k, ['live', 'suspended'], 'CONTRACT_NOT_RUNNING');
export const needsOpen = (s: Contract, k: K): Refusal | null =>
  needs(s, k, ['draft', 'concluded', 'live', 'suspended'], 'CONTRACT_OVER');
