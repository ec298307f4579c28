import type {
  Admission,
  EnrollmentEvent,
  EnrollmentStatus,
  ImportSource,
  RetentionGround,
  SuspensionGround,
  WithdrawalGround,
} from '../../events/catalog/enrollment.ts';
import { effectOf } from '../../events/events.ts';
import { evolveEnrollment, hasEnded, initialEnrollment, type Enrollment } from '../../facts/enrollment.ts';
import { academicYear } from '../../facts/reference.ts';
import { isCorrection, type Historic } from '../../kernel/as-of.ts';
import type { Decider } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { addMonths } from '../../kernel/time.ts';
import { decideApproval, type ApprovalCommand } from './approvals.ts';
import { classRefusal, correctedHistory, timely, type EnrollmentDecision, type EnrollmentFacts, type K } from './guards.ts';
import { transferRefusal, type TransferTerms } from './transfer.ts';
import { takeBackRow, type TakeBackRow } from './undo.ts';

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
  | TakeBackRow
  | ApprovalCommand;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A locked record takes corrections only, so it says that first. */
function needs(s: Enrollment, k: K, statuses: readonly Enrollment['status'][], code: Refusal['refused']): Refusal | null {
  if (s.locked) return refuse('RECORD_LOCKED');
  return statuses.includes(s.status) ? timely(s, k) : refuse(code, { status: s.status });
}

/** What the record said last, corrections applied: a repeated statement is no event, another one is no repeat. */
function lastFact(s: Enrollment): Historic<EnrollmentEvent> | undefined {
  const tells = (e: Historic<EnrollmentEvent>): boolean =>
    effectOf(e.type) === 'fact' && !e.annulled && e.type !== 'RecordLocked';
  // A correction stands after what it corrects: what is met before any was never corrected, and the rest need not be read.
  const recent = s.history.findLast((e) => tells(e) || isCorrection(e, effectOf));
  return recent && isCorrection(recent, effectOf) ? correctedHistory(s).findLast(tells) : recent;
}

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
    case 'TakeBackRow':
      return takeBackRow(s, c, k);
    case 'RequestAdmissionAnnulment':
    case 'RequestRevocation':
    case 'RequestWithdrawalReversal':
    case 'RequestEnrollmentCorrection':
    case 'GrantApproval':
    case 'RefuseApproval':
      return decideApproval(s, c, k);
    default:
      return c satisfies never;
  }
}

export const enrollment: Decider<Enrollment, EnrollmentCommand, EnrollmentEvent, EnrollmentFacts> = {
  initial: initialEnrollment,
  evolve: evolveEnrollment,
  decide,
};
