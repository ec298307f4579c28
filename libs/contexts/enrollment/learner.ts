import type { EnrollmentPolicy } from '../../events/catalog/curriculum.ts';
import type { ImportSource, LearnerEvent } from '../../events/catalog/enrollment.ts';
import { evolveLearner, initialLearner, type Learner } from '../../facts/learner.ts';
import { decidePeriod, type PeriodCommand } from '../../facts/periods.ts';
import { effective, type Circumstances, type Decider, type Decision } from '../../kernel/decider.ts';
import { requestApproval, settleApproval, type ApprovalRequest, type SettleCommand } from '../../kernel/four-eyes.ts';
import type { Contact, Identity } from '../../kernel/personal.ts';
import type { Purpose } from '../../kernel/purposes.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import { entry, sameContent } from '../../kernel/same.ts';
import type { Enrollment } from './enrollment.ts';

/** A learner (学生): who she is, and the gate that guards what must be unique per person. Her state and fold are in facts. */
export { learnerStream, type Learner } from '../../facts/learner.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface IdentifyLearner {
  readonly type: 'IdentifyLearner';
  readonly identity: Identity;
  readonly contact: Contact | null;
  /** Claim stream of the id number. */
  readonly idClaim: string | null;
  readonly source: ImportSource | null;
}

export interface OpenEnrollment {
  readonly type: 'OpenEnrollment';
  readonly enrollmentId: string;
  readonly programId: string;
  readonly entryDate: string;
  /** First identifies the learner in the same append (a roster row about somebody new). */
  readonly identify?: IdentifyLearner;
  /** A student of before: the enrollment began at `from`, and ended at `to` in `status` where it is over. Instants. */
  readonly past?: { readonly from: string; readonly to: string | null; readonly status: string };
}

export type LearnerCommand =
  | IdentifyLearner
  | { readonly type: 'ChangeContact'; readonly contact: Contact }
  | {
      readonly type: 'LinkGuardian';
      readonly guardianId: string;
      readonly guardian: { name: string; relation: string; phone?: string };
    }
  | { readonly type: 'UnlinkGuardian'; readonly guardianId: string }
  | { readonly type: 'PlaceHold'; readonly holdId: string; readonly kind: 'clawback' | 'discipline' }
  | { readonly type: 'LiftHold'; readonly holdId: string }
  | { readonly type: 'AnnulLearner' }
  | {
      readonly type: 'RequestIdentityCorrection';
      readonly requestId: string;
      readonly old: Identity;
      readonly new: Identity;
      readonly idClaim: string | null;
      readonly evidence: readonly string[];
    }
  | {
      readonly type: 'RequestErasure';
      readonly requestId: string;
      readonly purposes: readonly Purpose[];
      readonly legalBasis: string;
      readonly evidence: readonly string[];
    }
  | SettleCommand
  | OpenEnrollment
  | { readonly type: 'CloseEnrollment'; readonly enrollmentId: string; readonly status: string; readonly at: string | null }
  | { readonly type: 'BeginClosing'; readonly enrollmentId: string }
  | { readonly type: 'DropClosing'; readonly enrollmentId: string }
  | PeriodCommand;

/** What decides about an erasure: the policy, and the learner's enrollments, by their streams. */
export interface LearnerFacts {
  readonly policy: EnrollmentPolicy;
  readonly [enrollmentStream: `enrollment-${string}`]: Enrollment;
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

type LearnerDecision = Decision<LearnerEvent>;

/** Nothing in the future, and nothing before the last word. */
function timely(s: Learner, k: Circumstances): Refusal | null {
  if (k.effectiveAt > k.now) return refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: k.effectiveAt, now: k.now });
  if (k.effectiveAt < s.lastChangeAt) {
    return refuse('EFFECTIVE_BEFORE_LAST_CHANGE', { effectiveAt: k.effectiveAt, lastChangeAt: s.lastChangeAt });
  }
  return null;
}

/** Nothing is said about somebody unknown or annulled, and nothing that would be sealed under a key that is to be shredded. */
function sayable(s: Learner, k: Circumstances, purpose?: Purpose): Refusal | null {
  if (!s.known) return refuse('NOT_FOUND');
  if (s.annulled) return refuse('LEARNER_ANNULLED');
  if (purpose && s.erased.includes(purpose)) return refuse('LEARNER_ERASED');
  return timely(s, k);
}

function identify(s: Learner, c: IdentifyLearner, k: Circumstances): LearnerDecision {
  if (s.known) return [];
  if (k.effectiveAt > k.now) return refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: k.effectiveAt, now: k.now });
  return [
    { type: 'LearnerIdentified', data: { identity: c.identity, contact: c.contact, idClaim: c.idClaim, source: c.source } },
  ];
}

/** One active enrollment at a time; a finished one of before must not overlap another. */
function openEnrollment(s: Learner, c: OpenEnrollment, k: Circumstances): LearnerDecision {
  const events: LearnerEvent[] = [];
  if (!s.known) {
    if (!c.identify) return refuse('NOT_FOUND');
    const identified = identify(s, c.identify, k);
    if (isRefusal(identified)) return identified;
    events.push(...identified);
  }
  if (s.annulled) return refuse('LEARNER_ANNULLED');
  if (s.erased.includes('identity')) return refuse('LEARNER_ERASED');

  const mine = s.enrollments[c.enrollmentId];
  if (mine?.takers.includes(k.commandId)) return events;
  const from = c.past?.from ?? mine?.to ?? k.effectiveAt;
  const to = c.past?.to ?? null;
  for (const [enrollmentId, slot] of Object.entries(s.enrollments)) {
    if (enrollmentId === c.enrollmentId) continue;
    if (slot.to === null && to === null) return refuse('ENROLLMENT_ACTIVE', { enrollmentId });
    if (slot.from < (to ?? '9') && (slot.to ?? '9') > from) {
      return refuse('PERIODS_OVERLAP', { with: enrollmentId, from: slot.from, to: slot.to });
    }
  }
  const { enrollmentId, programId, entryDate } = c;
  events.push(
    effective(from, { type: 'EnrollmentOpened', data: { enrollmentId, programId, entryDate, commandId: k.commandId } }),
  );
  if (c.past && to !== null)
    events.push(effective(to, { type: 'EnrollmentClosed', data: { enrollmentId, status: c.past.status } }));
  return events;
}

/** Graduation announces itself here first: a hold that stands stops it, one placed later becomes a task. */
function beginClosing(s: Learner, enrollmentId: string, k: Circumstances): LearnerDecision {
  if (!s.enrollments[enrollmentId]) return refuse('NOT_FOUND');
  const holds = Object.entries(s.holds).map(([id, hold]) => `${hold.kind} ${id}`);
  if (holds.length > 0) return refuse('HOLD_PLACED', { holds });
  if (s.closing[enrollmentId]?.includes(k.commandId)) return [];
  return [{ type: 'EnrollmentClosing', data: { enrollmentId, commandId: k.commandId } }];
}

/** Contacts may always go; an identity only where no diploma or student record needs it, or the college's policy lets it go. */
export function retention(s: Learner, purposes: readonly Purpose[], k: Circumstances<LearnerFacts>): Refusal | null {
  if (!purposes.includes('identity')) return null;
  // One of before leaves the gate at once: until her enrollment is written, or abandoned, she is about to be a student.
  const open = Object.entries(s.enrollments).find(
    ([id, slot]) => slot.to === null || (slot.takers.length > 0 && k.facts[`enrollment-${id}`]?.status === 'none'),
  );
  if (open) return refuse('RETENTION_APPLIES', { purposes: ['identity'], because: `enrollment ${open[0]} is active` });
  if (k.facts.policy.eraseRegisteredIdentities) return null;
  const kept = Object.entries(k.facts).find(([name, fact]) => name !== 'policy' && (fact as Enrollment).everRegistered);
  return kept ? refuse('RETENTION_APPLIES', { purposes: ['identity'], because: `${kept[0]} was registered` }) : null;
}

/** What a request would change, as it stands now. */
function against(s: Learner, act: string, proposal: Readonly<Record<string, unknown>>): string {
  const identity = `identity@${s.identityRevision}`;
  if (act === 'CorrectIdentity') return identity;
  const purposes = proposal['purposes'] as readonly Purpose[];
  // An identity that was corrected meanwhile holds another claim than the one that the request would release.
  return `purposes:${JSON.stringify(purposes)}-${JSON.stringify(s.erased)}${purposes.includes('identity') ? `;${identity}` : ''}`;
}

function requestErasure(
  s: Learner,
  c: Extract<LearnerCommand, { type: 'RequestErasure' }>,
  k: Circumstances<LearnerFacts>,
): LearnerDecision {
  if (!s.known) return refuse('NOT_FOUND');
  const refused = timely(s, k) ?? retention(s, c.purposes, k);
  if (refused) return refused;
  if (c.purposes.every((purpose) => s.erased.includes(purpose))) return refuse('NOTHING_TO_ERASE', { purposes: c.purposes });
  const proposal = {
    purposes: c.purposes,
    legalBasis: c.legalBasis,
    oldIdClaim: c.purposes.includes('identity') ? s.idClaim : null,
  };
  const { requestId, evidence } = c;
  return requestApproval(s.approvals, {
    requestId,
    act: 'ErasePersonalData',
    against: against(s, 'ErasePersonalData', proposal),
    target: null,
    targetEffectiveAt: null,
    proposal,
    personal: null,
    evidence,
  });
}

function requestIdentityCorrection(
  s: Learner,
  c: Extract<LearnerCommand, { type: 'RequestIdentityCorrection' }>,
  k: Circumstances,
): LearnerDecision {
  const refused = sayable(s, k, 'identity');
  if (refused) return refused;
  if (sameContent(c.old, c.new)) return refuse('NOTHING_TO_CORRECT');
  return requestApproval(s.approvals, {
    requestId: c.requestId,
    act: 'CorrectIdentity',
    against: against(s, 'CorrectIdentity', {}),
    target: s.identifiedRevision.toString(),
    targetEffectiveAt: s.identifiedAt,
    proposal: { idClaim: c.idClaim, oldIdClaim: s.idClaim },
    personal: { old: c.old, new: c.new },
    evidence: c.evidence,
  });
}

function settle(s: Learner, c: SettleCommand, k: Circumstances<LearnerFacts>): LearnerDecision {
  if (!s.known) return refuse('NOT_FOUND');
  if (k.effectiveAt > k.now) return refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: k.effectiveAt, now: k.now });
  const produce = (request: ApprovalRequest): readonly LearnerEvent[] | Refusal => {
    if (request.act === 'ErasePersonalData') {
      const { purposes, legalBasis } = request.proposal as { purposes: readonly Purpose[]; legalBasis: string };
      return (
        timely(s, k) ??
        retention(s, purposes, k) ?? [
          { type: 'PersonalDataErased', data: { requestId: request.requestId, purposes, legalBasis } },
        ]
      );
    }
    if (s.annulled) return refuse('LEARNER_ANNULLED');
    if (c.type !== 'GrantApproval' || !c.opened || s.erased.includes('identity')) return refuse('LEARNER_ERASED');
    const change = c.opened as { old: Identity; new: Identity };
    const idClaim = request.proposal['idClaim'] as string | null;
    const corrected = {
      type: 'IdentityCorrected' as const,
      data: { requestId: request.requestId, target: request.target!, change, idClaim },
    };
    return [effective(request.targetEffectiveAt!, corrected)];
  };
  return settleApproval<LearnerEvent>(s.approvals, c, k, (r) => against(s, r.act, r.proposal), produce);
}

function decide(s: Learner, c: LearnerCommand, k: Circumstances<LearnerFacts>): LearnerDecision {
  switch (c.type) {
    case 'IdentifyLearner':
      return identify(s, c, k);
    case 'ChangeContact':
      if (s.contactSaid === k.commandDigest) return [];
      return sayable(s, k, 'contact') ?? [{ type: 'ContactChanged', data: { contact: c.contact } }];
    case 'LinkGuardian':
      if (entry(s.guardiansSaid, c.guardianId) === k.commandDigest) return [];
      return sayable(s, k, 'contact') ?? [{ type: 'GuardianLinked', data: { guardianId: c.guardianId, guardian: c.guardian } }];
    case 'UnlinkGuardian':
      if (!entry(s.guardians, c.guardianId)) return sayable(s, k) ?? refuse('GUARDIAN_NOT_LINKED');
      return sayable(s, k) ?? [{ type: 'GuardianUnlinked', data: { guardianId: c.guardianId } }];
    case 'PlaceHold':
      if (entry(s.holds, c.holdId)) return [];
      return sayable(s, k) ?? [{ type: 'HoldPlaced', data: { holdId: c.holdId, kind: c.kind } }];
    case 'LiftHold':
      if (!entry(s.holds, c.holdId)) return sayable(s, k) ?? refuse('HOLD_NOT_PLACED', { holdId: c.holdId });
      return sayable(s, k) ?? [{ type: 'HoldLifted', data: { holdId: c.holdId } }];
    case 'AnnulLearner':
      if (s.annulled) return [];
      if (Object.keys(s.enrollments).length > 0)
        return refuse('LEARNER_HAS_ENROLLMENTS', { enrollments: Object.keys(s.enrollments) });
      return sayable(s, k) ?? [{ type: 'LearnerAnnulled', data: {} }];
    case 'RequestIdentityCorrection':
      return requestIdentityCorrection(s, c, k);
    case 'RequestErasure':
      return requestErasure(s, c, k);
    case 'GrantApproval':
    case 'RefuseApproval':
      return settle(s, c, k);
    case 'OpenEnrollment':
      return openEnrollment(s, c, k);
    case 'CloseEnrollment': {
      const slot = s.enrollments[c.enrollmentId];
      const wasNothing = c.status === 'abandoned' || c.status === 'annulled';
      const announced = c.status === 'graduated' && s.closing[c.enrollmentId] !== undefined;
      if (!announced && (!slot || (slot.to !== null && !wasNothing))) return [];
      const closed: LearnerEvent = { type: 'EnrollmentClosed', data: { enrollmentId: c.enrollmentId, status: c.status } };
      return [c.at === null ? closed : effective(c.at, closed)];
    }
    case 'BeginClosing':
      return beginClosing(s, c.enrollmentId, k);
    case 'DropClosing':
      return s.closing[c.enrollmentId] ? [{ type: 'EnrollmentClosingDropped', data: { enrollmentId: c.enrollmentId } }] : [];
    case 'HoldPeriod':
    case 'ReleasePeriod':
      return decidePeriod(s, c, k);
    default:
      return c satisfies never;
  }
}

export const learner: Decider<Learner, LearnerCommand, LearnerEvent, LearnerFacts> = {
  initial: initialLearner,
  evolve: evolveLearner,
  decide,
};
