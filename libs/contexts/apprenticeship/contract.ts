import type { ContractEvent, ContractOf, ContractTerms } from '../../events/catalog/apprenticeship.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import { effectOf } from '../../events/events.ts';
import { evolveContract, initialContract, mentorOf, type Contract } from '../../facts/contract.ts';
import { isServing, unqualified, type Teacher } from '../../facts/teacher.ts';
import type { Decider } from '../../kernel/decider.ts';
import type { Remembered } from '../../kernel/history.ts';
import { naturalId } from '../../kernel/ids.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { decideAmendment, type AmendmentCommand } from './amendments.ts';
import { decideEnding, type EndingCommand } from './ending.ts';
import {
  needs,
  needsLive,
  needsOpen,
  orderRefusal,
  speaksFor,
  studentRefusal,
  type ContractDecision,
  type ContractFacts,
  type K,
} from './guards.ts';
import { decideLog, type LogCommand } from './logs.ts';
import { decideSigning, termsRefusal, type SigningCommand } from './signing.ts';

/** A contract (三方协议): one learner's apprenticeship at one enterprise. Its state and fold are in facts, because views share them. */
export { contractStream, type Contract } from '../../facts/contract.ts';

/** A contract of before the ledger: the college's number for it at an enterprise. */
export const importedContractIdOf = (institutionId: string, organizationId: string, agreementNumber: string): string =>
  naturalId(institutionId, 'contract', organizationId, agreementNumber);

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DraftContract {
  readonly type: 'DraftContract';
  /** Whose offer it is, as the selection says. */
  readonly of: ContractOf;
  readonly selectionId: string;
  readonly terms: ContractTerms;
  /** Whether she is a minor on the start date; an unknown birth date counts as minor. */
  readonly guardianNeeded: boolean;
  /** The contract that it continues at another enterprise. */
  readonly continuationOf: string | null;
}

/** A contract of before the ledger, as a sheet attests it. */
export interface ImportContract {
  readonly type: 'ImportContract';
  readonly contract: Extract<ContractEvent, { type: 'ContractImported' }>['data'];
}

type Insured = Extract<ContractEvent, { type: 'InternshipInsuranceRecorded' }>['data'];

export type ContractCommand =
  | DraftContract
  | ImportContract
  | SigningCommand
  | { readonly type: 'RecordInsurance'; readonly insurance: Insured }
  | { readonly type: 'AssignMentor'; readonly side: Side; readonly teacherId: string }
  | { readonly type: 'ReplaceMentor'; readonly side: Side; readonly teacherId: string }
  /** `oldEnoughOn`: plain date on which she reaches the policy's minimum age; null where her birth date is unknown. */
  | { readonly type: 'StartContract'; readonly oldEnoughOn: string | null }
  | { readonly type: 'SuspendContract'; readonly ground: string }
  | { readonly type: 'ResumeContract' }
  | AmendmentCommand
  | LogCommand
  | EndingCommand;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const lastEvent = (s: Contract): Remembered<ContractEvent> | undefined => s.history.findLast((e) => effectOf(e.type) === 'fact');

function draft(s: Contract, c: DraftContract, k: K): ContractDecision {
  if (s.status !== 'none') return [];
  const { selection } = k.facts;
  if (selection?.status !== 'accepted') return refuse('OFFER_NOT_ACCEPTED', { status: selection?.status ?? 'none' });
  const refused =
    studentRefusal(c.of.learnerId, k.facts.enrollment) ?? termsRefusal(c.terms, selection.offer, k) ?? continuationRefusal(c, k);
  if (refused) return refused;
  const { of, selectionId, terms, guardianNeeded, continuationOf } = c;
  const drafted: ContractEvent = { type: 'ContractDrafted', data: { ...of, ...terms, selectionId, guardianNeeded } };
  if (continuationOf === null) return [drafted];
  const { continues, startedOn } = k.facts.before!;
  const originalStart = continues?.originalStart ?? startedOn!;
  return [drafted, { type: 'ContractContinued', data: { continuationOf, originalStart } }];
}

/** At another enterprise, from the day on which the old one stopped. */
function continuationRefusal(c: DraftContract, k: K): Refusal | null {
  if (c.continuationOf === null) return null;
  const { before } = k.facts;
  if (!before?.of) return refuse('CONTRACT_UNKNOWN', { contract: c.continuationOf });
  if (before.of.learnerId !== c.of.learnerId) return refuse('CONTINUES_ANOTHER_LEARNER');
  if (before.of.organizationId === c.of.organizationId) return refuse('CONTINUES_SAME_ENTERPRISE');
  if (before.status !== 'terminated') return refuse('CONTRACT_NOT_TERMINATED', { status: before.status });
  const { endedOn } = before;
  return c.terms.from < endedOn! ? refuse('CONTINUES_BEFORE_STOP', { from: c.terms.from, endedOn }) : null;
}

function importContract(s: Contract, { contract }: ImportContract, k: K): ContractDecision {
  if (s.status !== 'none') {
    const differences = differencesFrom(s, contract);
    return differences.length === 0 ? [] : refuse('ROW_DIFFERS', { differences });
  }
  const { learnerId, organizationId, status, endedOn, endGround } = contract;
  if (k.facts.enrollment?.admission?.learnerId !== learnerId) return refuse('ENROLLMENT_UNKNOWN');
  if (!k.facts.organization) return refuse('ORGANIZATION_UNKNOWN', { organization: organizationId });
  const live = endedOn === null && endGround === null;
  const over = endedOn !== null && (status === 'completed' || endGround !== null);
  if (!(status === 'live' ? live : over)) return refuse('IMPORTED_STATE_WRONG');
  const refused = orderRefusal(contract) ?? (endedOn === null ? null : orderRefusal({ from: contract.from, to: endedOn }));
  return refused ?? [{ type: 'ContractImported', data: contract }];
}

/** Public fields in which a row differs from what it once said; what is sealed can only be compared by whoever opens it. */
function differencesFrom(
  s: Contract,
  { guardian: _sealed, source: _row, ...given }: ImportContract['contract'],
): readonly object[] {
  const said = s.history.find((e) => e.type === 'ContractImported')?.data as Readonly<Record<string, unknown>> | undefined;
  return Object.entries(given)
    .filter(([field, value]) => !sameContent(said?.[field], value))
    .map(([field, value]) => ({ field, old: said?.[field] ?? null, new: value }));
}

function recordInsurance(s: Contract, insurance: Insured, k: K): ContractDecision {
  if (s.insurances.some((one) => sameContent(one, insurance))) return [];
  const refused =
    needs(s, k, ['concluded', 'live', 'suspended'], s.status === 'draft' ? 'CONTRACT_NOT_CONCLUDED' : 'CONTRACT_OVER') ??
    orderRefusal(insurance);
  return refused ?? [{ type: 'InternshipInsuranceRecorded', data: insurance }];
}

function mentorRefusal(s: Contract, c: { readonly side: Side }, k: K): Refusal | null {
  if (!speaksFor(k.actor.role, c.side)) return refuse('PARTY_NOT_YOURS', { party: c.side });
  const school = c.side === 'school';
  const dual = school && k.facts.policy!.dualQualifiedMentor;
  return needsOpen(s, k) ?? unqualified(k.facts.teacher!, c.side, school ? null : s.of!.organizationId, { dual });
}

function assignMentor(s: Contract, c: Extract<ContractCommand, { type: 'AssignMentor' }>, k: K): ContractDecision {
  const { side, teacherId } = c;
  const now = mentorOf(s, side);
  if (now === teacherId) return [];
  const refused = mentorRefusal(s, c, k);
  if (refused) return refused;
  return now === null ? [{ type: 'MentorAssigned', data: { side, teacherId } }] : refuse('MENTOR_ASSIGNED', { side });
}

function replaceMentor(s: Contract, c: Extract<ContractCommand, { type: 'ReplaceMentor' }>, k: K): ContractDecision {
  const { side, teacherId } = c;
  const oldTeacherId = mentorOf(s, side);
  if (oldTeacherId === teacherId) return [];
  const refused = mentorRefusal(s, c, k);
  if (refused) return refused;
  if (oldTeacherId === null) return refuse('MENTOR_MISSING', { side });
  return [{ type: 'MentorReplaced', data: { side, oldTeacherId, teacherId } }];
}

/** Active on the day of the start: whoever was qualified when assigned may be suspended by now. */
function servingRefusal(side: Side, mentor: Teacher | undefined): Refusal | null {
  if (!mentor) return refuse('MENTOR_MISSING', { side });
  return isServing(mentor) ? null : refuse('TEACHER_NOT_SERVING', { status: mentor.status, since: mentor.statusSince });
}

function start(s: Contract, c: Extract<ContractCommand, { type: 'StartContract' }>, k: K): ContractDecision {
  if (s.status === 'live') return [];
  const refused = needs(s, k, ['concluded'], 'CONTRACT_NOT_CONCLUDED');
  if (refused) return refused;
  const { minimumAge, insuranceRequired } = k.facts.policy!;
  const { from, to } = s.terms!;
  const on = k.effectiveOn;
  if (on < from) return refuse('START_NOT_REACHED', { from });
  if (on > to) return refuse('DATES_OUTSIDE', { from, to });
  if (c.oldEnoughOn === null || on < c.oldEnoughOn) return refuse('TOO_YOUNG', { minimumAge });
  if (insuranceRequired && !s.insurances.some((one) => one.from <= on && on <= one.to))
    return refuse('INSURANCE_MISSING', { on });
  return (
    studentRefusal(s.of!.learnerId, k.facts.enrollment) ??
    servingRefusal('school', k.facts.school) ??
    servingRefusal('enterprise', k.facts.enterprise) ?? [{ type: 'ContractStarted', data: { startedOn: on } }]
  );
}

function suspend(s: Contract, ground: string, k: K): ContractDecision {
  if (s.status === 'suspended' && s.suspensions.at(-1)?.ground === ground) return [];
  return needsLive(s, k) ?? [{ type: 'ContractSuspended', data: { ground } }];
}

function resume(s: Contract, k: K): ContractDecision {
  if (lastEvent(s)?.type === 'ContractResumed') return [];
  return needs(s, k, ['suspended'], 'CONTRACT_NOT_SUSPENDED') ?? [{ type: 'ContractResumed', data: {} }];
}

function decide(s: Contract, c: ContractCommand, k: K): ContractDecision {
  if (k.effectiveAt > k.now) return refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: k.effectiveAt, now: k.now });
  switch (c.type) {
    case 'DraftContract':
      return draft(s, c, k);
    case 'ImportContract':
      return importContract(s, c, k);
    default:
      if (s.status === 'none') return refuse('NOT_FOUND');
  }
  switch (c.type) {
    case 'ReviseTerms':
    case 'ConfirmSection':
    case 'SignContract':
      return decideSigning(s, c, k);
    case 'RecordInsurance':
      return recordInsurance(s, c.insurance, k);
    case 'AssignMentor':
      return assignMentor(s, c, k);
    case 'ReplaceMentor':
      return replaceMentor(s, c, k);
    case 'StartContract':
      return start(s, c, k);
    case 'SuspendContract':
      return suspend(s, c.ground, k);
    case 'ResumeContract':
      return resume(s, k);
    case 'ProposeAmendment':
    case 'ConsentAmendment':
    case 'RejectAmendment':
    case 'CancelAmendment':
    case 'ExpireAmendment':
      return decideAmendment(s, c, k);
    case 'RecordTrainingLog':
    case 'ConfirmTrainingLog':
    case 'SignGateway':
      return decideLog(s, c, k);
    case 'CancelContract':
    case 'TerminateContract':
    case 'CompleteContract':
    case 'RequestTerminationReversal':
    case 'GrantApproval':
    case 'RefuseApproval':
      return decideEnding(s, c, k);
    default:
      return c satisfies never;
  }
}

export const contract: Decider<Contract, ContractCommand, ContractEvent, ContractFacts> = {
  initial: initialContract,
  evolve: evolveContract,
  decide,
};
