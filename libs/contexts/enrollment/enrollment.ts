import type {
  Admission,
  EnrollmentEvent,
  EnrollmentStatus,
  ImportSource,
  RetentionGround,
  SuspensionGround,
  WithdrawalGround,
} from '../../events/catalog/enrollment.ts';
import type { EnrollmentPolicy } from '../../events/catalog/curriculum.ts';
import { effectOf } from '../../events/events.ts';
import { evolveEnrollment, hasEnded, initialEnrollment, type Enrollment } from '../../facts/enrollment.ts';
import { academicYear, type CalendarFact, type ClassFact, type ProgramFact } from '../../facts/reference.ts';
import { applyCorrections, type Historic } from '../../kernel/as-of.ts';
import { effective, type Circumstances, type Decider, type Decision, type Recorded } from '../../kernel/decider.ts';
import { requestApproval, settleApproval, type ApprovalRequest, type SettleCommand } from '../../kernel/four-eyes.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { addMonths } from '../../kernel/time.ts';
import { correctionRefusal } from './corrections.ts';
import { transferRefusal, type TransferTerms } from './transfer.ts';

/** An enrollment (学籍): one learner in one program at one institution, from admission to its end. Its state and fold are in facts, because the register shares them. */
export { enrollmentStream, isActive, type Enrollment } from '../../facts/enrollment.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AdmitLearner {
  readonly type: 'AdmitLearner';
  readonly admission: Admission;
  readonly source: ImportSource | null;
  /** Registers in the same append (a roster row with a student number). */
  readonly register?: { readonly studentNumber: string; readonly classId: string | null };
}

export interface ImportEnrollment {
  readonly type: 'ImportEnrollment';
  readonly admission: Admission;
  readonly status: EnrollmentStatus;
  readonly suspension: 'suspension' | 'retained-status' | null;
  /** Plain date. */
  readonly statusDate: string;
  readonly studentNumber: string | null;
  readonly source: ImportSource;
}

export type EnrollmentCommand =
  | AdmitLearner
  | ImportEnrollment
  | {
      readonly type: 'TransferStudentIn';
      readonly admission: Admission;
      readonly fromSchool: string;
      readonly fromLevel: string;
      readonly ground: string;
      readonly studentNumber: string;
    }
  | { readonly type: 'DeclinePlace' }
  | { readonly type: 'RetainPlace'; readonly until: string }
  | {
      readonly type: 'RegisterStudent';
      readonly studentNumber: string;
      readonly classId: string | null;
      readonly source?: ImportSource;
    }
  | { readonly type: 'PassAdmissionRecheck' }
  | { readonly type: 'RecordAnnualRegistration'; readonly academicYear: string }
  | {
      readonly type: 'SuspendStudy';
      readonly ground: SuspensionGround;
      readonly until: string;
      readonly appliedOn: string | null;
    }
  | { readonly type: 'RetainStatus'; readonly ground: RetentionGround; readonly until: string }
  | { readonly type: 'ResumeStudy'; readonly appliedOn: string; readonly reviewPassed: boolean; readonly classId: string | null }
  | { readonly type: 'ChangeMajor'; readonly programId: string; readonly classId: string | null }
  | { readonly type: 'ChangeClass'; readonly classId: string }
  | ({ readonly type: 'TransferStudentOut'; readonly toSchool: string } & TransferTerms)
  | { readonly type: 'WithdrawStudent'; readonly ground: WithdrawalGround }
  | { readonly type: 'ExpelStudent'; readonly decisionNumber: string }
  | { readonly type: 'RecordDeath' }
  | { readonly type: 'GraduateStudent'; readonly creditsAttested: true }
  | { readonly type: 'LeaveIncomplete' }
  | { readonly type: 'CompleteStudy' }
  | { readonly type: 'LockRecord' }
  | { readonly type: 'RequestAdmissionAnnulment'; readonly requestId: string; readonly evidence: readonly string[] }
  | {
      readonly type: 'RequestRevocation';
      readonly requestId: string;
      readonly ground: 'recheck-failed' | 'fraud';
      readonly evidence: readonly string[];
    }
  | { readonly type: 'RequestWithdrawalReversal'; readonly requestId: string; readonly evidence: readonly string[] }
  | {
      readonly type: 'RequestEnrollmentCorrection';
      readonly requestId: string;
      /** Revision of the event to correct. */
      readonly target: string;
      readonly field: string;
      readonly value: unknown;
      readonly evidence: readonly string[];
    }
  | SettleCommand;

export interface EnrollmentFacts {
  readonly program?: ProgramFact;
  readonly class?: ClassFact | null;
  readonly calendar?: CalendarFact;
  readonly policy?: EnrollmentPolicy;
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

type EnrollmentDecision = Decision<EnrollmentEvent>;
type K = Circumstances<EnrollmentFacts>;

/** What every new fact needs: not before the last change. */
function timely(s: Enrollment, k: K): Refusal | null {
  if (k.effectiveAt >= s.lastChangeAt) return null;
  return refuse('EFFECTIVE_BEFORE_LAST_CHANGE', { effectiveAt: k.effectiveAt, lastChangeAt: s.lastChangeAt });
}

/** A locked record takes corrections only, so it says that first. */
function needs(s: Enrollment, k: K, statuses: readonly Enrollment['status'][], code: Refusal['refused']): Refusal | null {
  if (s.locked) return refuse('RECORD_LOCKED');
  return statuses.includes(s.status) ? timely(s, k) : refuse(code, { status: s.status });
}

/** What the record said last, corrections applied: a repeated statement is no event, another one is no repeat. */
const lastFact = (s: Enrollment): Historic<EnrollmentEvent> | undefined =>
  correctedHistory(s).findLast((e) => effectOf(e.type) === 'fact' && !e.annulled && e.type !== 'RecordLocked');

function saidLast<T extends EnrollmentEvent['type']>(
  s: Enrollment,
  type: T,
  said: Partial<Extract<EnrollmentEvent, { type: T }>['data']>,
): boolean {
  const last = lastFact(s);
  const data = last?.data as Readonly<Record<string, unknown>> | undefined;
  return last?.type === type && Object.entries(said).every(([field, value]) => sameContent(data?.[field], value));
}

const openStatuses: readonly Enrollment['status'][] = ['admitted', 'place-retained', 'registered', 'suspended', 'completed'];
const needsRegistered = (s: Enrollment, k: K): Refusal | null => needs(s, k, ['registered'], 'ENROLLMENT_NOT_ACTIVE');
const needsStudent = (s: Enrollment, k: K): Refusal | null => needs(s, k, ['registered', 'suspended'], 'ENROLLMENT_NOT_ACTIVE');

function classRefusal(classId: string | null, fact: ClassFact | null | undefined): Refusal | null {
  if (classId === null) return null;
  if (!fact) return refuse('CLASS_UNKNOWN', { class: classId });
  if (fact.kind !== 'administrative') return refuse('CLASS_NOT_ADMINISTRATIVE', { class: fact.name });
  return fact.closed ? refuse('CLASS_NOT_OPEN', { class: fact.name }) : null;
}

const recheckDueBy = (k: K): string => addMonths(k.effectiveOn, k.facts.policy!.recheckMonths);

function admit(s: Enrollment, c: AdmitLearner, k: K): EnrollmentDecision {
  if (s.status !== 'none') return [];
  const refused = openingRefusal(c.admission, k) ?? (c.register ? classRefusal(c.register.classId, k.facts.class) : null);
  if (refused) return refused;
  const admitted: EnrollmentEvent = { type: 'LearnerAdmitted', data: { ...c.admission, source: c.source } };
  if (!c.register) return [admitted];
  return [admitted, { type: 'StudentRegistered', data: { ...c.register, recheckDueBy: recheckDueBy(k), source: c.source } }];
}

function openingRefusal(admission: Admission, k: K): Refusal | null {
  if (!k.facts.program) return refuse('PROGRAM_UNKNOWN', { program: admission.programId });
  return classRefusal(admission.classId, k.facts.class);
}

function importEnrollment(s: Enrollment, c: ImportEnrollment, k: K): EnrollmentDecision {
  if (s.status !== 'none') return [];
  const refused = openingRefusal(c.admission, k);
  if (refused) return refused;
  const { admission, status, suspension, statusDate, studentNumber, source } = c;
  const convertibleUntil = status === 'completed' ? addMonths(statusDate, k.facts.policy!.conversionMonths) : null;
  return [
    {
      type: 'EnrollmentImported',
      data: { ...admission, status, suspension, statusDate, studentNumber, convertibleUntil, source },
    },
  ];
}

function transferIn(s: Enrollment, c: Extract<EnrollmentCommand, { type: 'TransferStudentIn' }>, k: K): EnrollmentDecision {
  if (s.status !== 'none') return [];
  const refused =
    openingRefusal(c.admission, k) ??
    transferRefusal(
      c.admission,
      {
        ground: c.ground,
        fromLevel: c.fromLevel,
        toLevel: k.facts.program!.level,
        requiredScore: k.facts.program!.entranceScore,
      },
      k.facts.calendar ?? null,
      k.facts.policy!,
      k.effectiveOn,
    );
  if (refused) return refused;
  const { admission, fromSchool, studentNumber } = c;
  return [{ type: 'StudentTransferredIn', data: { ...admission, fromSchool, studentNumber, recheckDueBy: recheckDueBy(k) } }];
}

function register(s: Enrollment, c: Extract<EnrollmentCommand, { type: 'RegisterStudent' }>, k: K): EnrollmentDecision {
  const { studentNumber, classId } = c;
  if (s.status === 'registered' && s.studentNumber === studentNumber && (classId === null || s.classId === classId)) return [];
  const refused = needs(s, k, ['admitted', 'place-retained'], 'ENROLLMENT_NOT_ADMITTED') ?? classRefusal(classId, k.facts.class);
  return (
    refused ?? [
      { type: 'StudentRegistered', data: { studentNumber, classId, recheckDueBy: recheckDueBy(k), source: c.source ?? null } },
    ]
  );
}

function recordAnnualRegistration(s: Enrollment, year: string, k: K): EnrollmentDecision {
  if (s.academicYears.includes(year)) return [];
  const refused = needsRegistered(s, k);
  if (refused) return refused;
  if (!academicYear(k.facts.calendar ?? null, year)) return refuse('ACADEMIC_YEAR_UNKNOWN', { academicYear: year });
  return [{ type: 'AnnualRegistrationRecorded', data: { academicYear: year } }];
}

/** Suspension (休学) and retained status (保留学籍) alike: until a day to come, and a repeat is no event. */
function suspend(
  s: Enrollment,
  c: Extract<EnrollmentCommand, { type: 'SuspendStudy' | 'RetainStatus' }>,
  k: K,
): EnrollmentDecision {
  const kind = c.type === 'SuspendStudy' ? 'suspension' : 'retained-status';
  if (
    s.status === 'suspended' &&
    s.suspension?.kind === kind &&
    s.suspension.ground === c.ground &&
    s.suspension.until === c.until
  )
    return [];
  const refused = needsRegistered(s, k);
  if (refused) return refused;
  if (c.until <= k.effectiveOn) return refuse('SUSPENSION_OVER', { until: c.until });
  if (c.type === 'SuspendStudy')
    return [{ type: 'StudySuspended', data: { ground: c.ground, until: c.until, appliedOn: c.appliedOn } }];
  return [{ type: 'StatusRetained', data: { ground: c.ground, until: c.until } }];
}

/** Applied in time, and the review passed. */
function resume(s: Enrollment, c: Extract<EnrollmentCommand, { type: 'ResumeStudy' }>, k: K): EnrollmentDecision {
  if (saidLast(s, 'StudyResumed', { appliedOn: c.appliedOn, classId: c.classId })) return [];
  const refused = needs(s, k, ['suspended'], 'ENROLLMENT_NOT_SUSPENDED') ?? classRefusal(c.classId, k.facts.class);
  if (refused) return refused;
  if (!c.reviewPassed) return refuse('RESUMPTION_NOT_REVIEWED');
  const until = s.suspension?.until;
  if (until && c.appliedOn > until) return refuse('RESUMPTION_APPLIED_LATE', { appliedOn: c.appliedOn, until });
  return [{ type: 'StudyResumed', data: { appliedOn: c.appliedOn, classId: c.classId } }];
}

function changeMajor(s: Enrollment, c: Extract<EnrollmentCommand, { type: 'ChangeMajor' }>, k: K): EnrollmentDecision {
  if (saidLast(s, 'MajorChanged', { programId: c.programId, classId: c.classId })) return [];
  const refused = needsRegistered(s, k);
  if (refused) return refused;
  const { programId: fromProgramId, intake, level } = s.admission!;
  if (intake === 'special' || intake === 'contracted') return refuse('INTAKE_FORBIDS_MAJOR_CHANGE', { intake });
  if (fromProgramId === c.programId) return refuse('SAME_PROGRAM');
  const program = k.facts.program;
  if (!program) return refuse('PROGRAM_UNKNOWN', { program: c.programId });
  if (level !== null && program.level !== level) return refuse('PROGRAM_LEVEL_DIFFERS', { from: level, to: program.level });
  return (
    classRefusal(c.classId, k.facts.class) ?? [
      { type: 'MajorChanged', data: { fromProgramId, programId: c.programId, classId: c.classId } },
    ]
  );
}

function changeClass(s: Enrollment, classId: string, k: K): EnrollmentDecision {
  if (s.status === 'registered' && s.classId === classId) return [];
  return (
    needsRegistered(s, k) ??
    classRefusal(classId, k.facts.class) ?? [{ type: 'ClassChanged', data: { fromClassId: s.classId, classId } }]
  );
}

function transferOut(s: Enrollment, c: Extract<EnrollmentCommand, { type: 'TransferStudentOut' }>, k: K): EnrollmentDecision {
  if (saidLast(s, 'StudentTransferredOut', { toSchool: c.toSchool, ground: c.ground })) return [];
  const refused =
    needsRegistered(s, k) ??
    transferRefusal(
      s.admission!,
      { ...c, fromLevel: c.fromLevel ?? s.admission!.level },
      k.facts.calendar ?? null,
      k.facts.policy!,
      k.effectiveOn,
    );
  return refused ?? [{ type: 'StudentTransferredOut', data: { toSchool: c.toSchool, ground: c.ground } }];
}

/** From `completed` too: a completion becomes a diploma within the policy's time. */
function graduate(s: Enrollment, k: K): EnrollmentDecision {
  const refused = needs(s, k, ['registered', 'completed'], 'ENROLLMENT_NOT_ACTIVE');
  if (refused) return refused;
  if (s.status === 'completed' && s.convertibleUntil !== null && s.convertibleUntil < k.effectiveOn)
    return refuse('CONVERSION_TOO_LATE', { deadline: s.convertibleUntil });
  return [{ type: 'StudentGraduated', data: { creditsAttested: true } }];
}

// ── four-eyes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const correctedHistory = (s: Enrollment): readonly Historic<EnrollmentEvent>[] => applyCorrections(s.history, effectOf);

const valueOf = (event: Historic<EnrollmentEvent>, field: string): unknown =>
  field === 'effectiveAt' ? event.effectiveAt : (event.data as Readonly<Record<string, unknown>>)[field];

/** What a request would change, as it stands now: a status, target or value that moved makes the request stale. */
function against(s: Enrollment, act: string, target: string | null, proposal: Readonly<Record<string, unknown>>): string {
  if (act !== 'CorrectEnrollment') {
    const moved = s.history.findLast((e) => e.type === 'EnrollmentCorrected' && e.data.target === target);
    return `status:${s.status}@${target ?? '-'}${moved ? `~${moved.revision}` : ''}`;
  }
  const field = proposal['field'] as string;
  const event = correctedHistory(s).find((e) => e.revision.toString() === target);
  return `${field}:${!event || event.annulled ? 'annulled' : JSON.stringify(valueOf(event, field) ?? null)}`;
}

const opening = (s: Enrollment): Recorded<EnrollmentEvent> | undefined =>
  s.history.find((e) => e.type === 'LearnerAdmitted' || e.type === 'EnrollmentImported' || e.type === 'StudentTransferredIn');

function request(
  s: Enrollment,
  by: { requestId: string; evidence: readonly string[] },
  act: string,
  target: Recorded<EnrollmentEvent> | undefined,
  proposal: Readonly<Record<string, unknown>>,
): EnrollmentDecision {
  const revision = target ? target.revision.toString() : null;
  return requestApproval(s.approvals, {
    requestId: by.requestId,
    act,
    against: against(s, act, revision, proposal),
    target: revision,
    targetEffectiveAt: target?.effectiveAt ?? null,
    proposal,
    personal: null,
    evidence: by.evidence,
  });
}

function requestAnnulment(
  s: Enrollment,
  c: Extract<EnrollmentCommand, { type: 'RequestAdmissionAnnulment' }>,
): EnrollmentDecision {
  if (s.status !== 'admitted' && s.status !== 'place-retained') return refuse('ENROLLMENT_NOT_ADMITTED', { status: s.status });
  return request(s, c, 'AnnulAdmission', opening(s), {});
}

/** At any time after registration, graduation included: fraud may be found late. */
function requestRevocation(s: Enrollment, c: Extract<EnrollmentCommand, { type: 'RequestRevocation' }>): EnrollmentDecision {
  if (!s.everRegistered || s.status === 'revoked') return refuse('ENROLLMENT_NEVER_REGISTERED', { status: s.status });
  return request(s, c, 'RevokeRegistration', undefined, { ground: c.ground });
}

function requestReversal(
  s: Enrollment,
  c: Extract<EnrollmentCommand, { type: 'RequestWithdrawalReversal' }>,
): EnrollmentDecision {
  const withdrawal = correctedHistory(s).findLast((e) => e.type === 'StudentWithdrawn' && !e.annulled);
  if (s.status !== 'withdrawn' || !withdrawal) return refuse('ENROLLMENT_NOT_WITHDRAWN', { status: s.status });
  return request(s, c, 'RevertWithdrawal', withdrawal, {});
}

function requestCorrection(
  s: Enrollment,
  c: Extract<EnrollmentCommand, { type: 'RequestEnrollmentCorrection' }>,
  k: K,
): EnrollmentDecision {
  const target = correctedHistory(s).find((e) => e.revision.toString() === c.target);
  if (!target || target.annulled) return refuse('TARGET_UNKNOWN', { revision: c.target });
  const refused = correctionRefusal(target, c.field, c.value, k.now);
  if (refused) return refused;
  const old = valueOf(target, c.field) ?? null;
  if (old === c.value) return refuse('NOTHING_TO_CORRECT');
  const unfit = c.field === 'classId' ? classRefusal(c.value as string | null, k.facts.class) : null;
  if (unfit) return unfit;
  return request(s, c, 'CorrectEnrollment', target, { field: c.field, old, new: c.value });
}

function settle(s: Enrollment, c: SettleCommand, k: K): EnrollmentDecision {
  const produce = (r: ApprovalRequest): readonly EnrollmentEvent[] | Refusal => {
    const { requestId, target } = r;
    switch (r.act) {
      case 'AnnulAdmission':
        return [effective(r.targetEffectiveAt!, { type: 'AdmissionAnnulled', data: { requestId, target: target! } })];
      case 'RevertWithdrawal':
        return [effective(r.targetEffectiveAt!, { type: 'WithdrawalReverted', data: { requestId, target: target! } })];
      case 'CorrectEnrollment': {
        const { field, old, new: value } = r.proposal as { field: string; old: unknown; new: unknown };
        return [
          effective(r.targetEffectiveAt!, {
            type: 'EnrollmentCorrected',
            data: { requestId, target: target!, field, old, new: value },
          }),
        ];
      }
      default:
        // A new fact, and the one that a locked record takes: fraud may be found at any time.
        return timely(s, k) ?? [{ type: 'RegistrationRevoked', data: { requestId, ground: r.proposal['ground'] as 'fraud' } }];
    }
  };
  return settleApproval<EnrollmentEvent>(s.approvals, c, k, (r) => against(s, r.act, r.target, r.proposal), produce);
}

function decide(s: Enrollment, c: EnrollmentCommand, k: K): EnrollmentDecision {
  if (k.effectiveAt > k.now) return refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: k.effectiveAt, now: k.now });
  switch (c.type) {
    case 'AdmitLearner':
      return admit(s, c, k);
    case 'ImportEnrollment':
      return importEnrollment(s, c, k);
    case 'TransferStudentIn':
      return transferIn(s, c, k);
    default:
      if (s.status === 'none') return refuse('NOT_FOUND');
  }
  switch (c.type) {
    case 'DeclinePlace':
      return s.status === 'place-declined'
        ? []
        : (needs(s, k, ['admitted'], 'ENROLLMENT_NOT_ADMITTED') ?? [{ type: 'PlaceDeclined', data: {} }]);
    case 'RetainPlace':
      if (saidLast(s, 'PlaceRetained', { until: c.until })) return [];
      return needs(s, k, ['admitted'], 'ENROLLMENT_NOT_ADMITTED') ?? [{ type: 'PlaceRetained', data: { until: c.until } }];
    case 'RegisterStudent':
      return register(s, c, k);
    case 'PassAdmissionRecheck':
      return s.recheck?.passed ? [] : (needsRegistered(s, k) ?? [{ type: 'AdmissionRecheckPassed', data: {} }]);
    case 'RecordAnnualRegistration':
      return recordAnnualRegistration(s, c.academicYear, k);
    case 'SuspendStudy':
    case 'RetainStatus':
      return suspend(s, c, k);
    case 'ResumeStudy':
      return resume(s, c, k);
    case 'ChangeMajor':
      return changeMajor(s, c, k);
    case 'ChangeClass':
      return changeClass(s, c.classId, k);
    case 'TransferStudentOut':
      return transferOut(s, c, k);
    case 'WithdrawStudent':
      if (saidLast(s, 'StudentWithdrawn', { ground: c.ground })) return [];
      return needsStudent(s, k) ?? [{ type: 'StudentWithdrawn', data: { ground: c.ground } }];
    case 'ExpelStudent':
      if (saidLast(s, 'StudentExpelled', { decisionNumber: c.decisionNumber })) return [];
      return needsStudent(s, k) ?? [{ type: 'StudentExpelled', data: { decisionNumber: c.decisionNumber } }];
    case 'RecordDeath':
      if (s.status === 'deceased') return [];
      return needs(s, k, openStatuses, 'ENROLLMENT_NOT_OPEN') ?? [{ type: 'StudentDeceased', data: {} }];
    case 'GraduateStudent':
      return s.status === 'graduated' ? [] : graduate(s, k);
    case 'LeaveIncomplete':
      return s.status === 'incomplete' ? [] : (needsRegistered(s, k) ?? [{ type: 'StudyLeftIncomplete', data: {} }]);
    case 'CompleteStudy':
      if (s.status === 'completed') return [];
      return (
        needsRegistered(s, k) ?? [
          { type: 'StudyCompleted', data: { convertibleUntil: addMonths(k.effectiveOn, k.facts.policy!.conversionMonths) } },
        ]
      );
    case 'LockRecord':
      if (s.locked) return [];
      if (!hasEnded(s.status)) return refuse('ENROLLMENT_NOT_ENDED', { status: s.status });
      return timely(s, k) ?? [{ type: 'RecordLocked', data: {} }];
    case 'RequestAdmissionAnnulment':
      return requestAnnulment(s, c);
    case 'RequestRevocation':
      return requestRevocation(s, c);
    case 'RequestWithdrawalReversal':
      return requestReversal(s, c);
    case 'RequestEnrollmentCorrection':
      return requestCorrection(s, c, k);
    case 'GrantApproval':
    case 'RefuseApproval':
      return settle(s, c, k);
    default:
      return c satisfies never;
  }
}

export const enrollment: Decider<Enrollment, EnrollmentCommand, EnrollmentEvent, EnrollmentFacts> = {
  initial: initialEnrollment,
  evolve: evolveEnrollment,
  decide,
};
