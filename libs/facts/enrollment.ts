import type { Admission, EnrollmentEvent, EnrollmentStatus, ImportSource } from '../events/catalog/enrollment.ts';
import { effectOf } from '../events/events.ts';
import { applyCorrections, isCorrection, type Historic } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import { evolveApprovals, type Approvals } from '../kernel/four-eyes.ts';
import { History } from '../kernel/history.ts';
import { source, type Source } from '../kernel/plan.ts';

/** What an enrollment's events add up to: one fold for decisions, for the register and for as-of questions. */
export const enrollmentStream = (enrollmentId: string): string => `enrollment-${enrollmentId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Enrollment {
  readonly status: EnrollmentStatus | 'none';
  /** Instant at which that status became true. */
  readonly statusSince: string;
  readonly admission: Admission | null;
  readonly studentNumber: string | null;
  readonly classId: string | null;
  readonly suspension: {
    readonly kind: 'suspension' | 'retained-status';
    readonly ground: string | null;
    readonly until: string | null;
  } | null;
  readonly everRegistered: boolean;
  /** Instant of the registration; null where the ledger does not know it. */
  readonly registeredAt: string | null;
  /** Day until which the place is retained. */
  readonly retainedUntil: string | null;
  /** `dueBy` is null for a student of before the ledger. */
  readonly recheck: { readonly dueBy: string | null; readonly passed: boolean } | null;
  readonly academicYears: readonly string[];
  readonly convertibleUntil: string | null;
  readonly endedAt: string | null;
  readonly locked: boolean;
  readonly imported: ImportSource | null;
  readonly lastChangeAt: string;
  readonly approvals: Approvals;
  /** All events: a correction changes what an earlier one said, so the state is folded again. */
  readonly history: History<EnrollmentEvent>;
}

export const initialEnrollment: Enrollment = {
  status: 'none',
  statusSince: '',
  admission: null,
  studentNumber: null,
  classId: null,
  suspension: null,
  everRegistered: false,
  registeredAt: null,
  retainedUntil: null,
  recheck: null,
  academicYears: [],
  convertibleUntil: null,
  endedAt: null,
  locked: false,
  imported: null,
  lastChangeAt: '',
  approvals: {},
  history: History.none,
};

/** States that occupy the learner's gate: one at a time. */
export const isActive = (status: Enrollment['status']): boolean =>
  ['admitted', 'place-retained', 'registered', 'suspended'].includes(status);

export const hasEnded = (status: Enrollment['status']): boolean =>
  status !== 'none' && status !== 'completed' && !isActive(status);

/** An import in any other state was a student once, numbered or not: identity and number are kept for her. */
const neverRegistered: readonly EnrollmentStatus[] = ['admitted', 'place-declined', 'place-retained', 'annulled'];

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One event, as history reads it. Passes over corrections, which were applied to their targets, and takes events in any order. */
export function applyEvent(s: Enrollment, e: Historic<EnrollmentEvent>): Enrollment {
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  const into = (status: EnrollmentStatus): Enrollment => ({ ...moved, status, statusSince: e.effectiveAt });
  const ended = (status: EnrollmentStatus): Enrollment => ({ ...into(status), endedAt: e.effectiveAt });
  const opened = (status: EnrollmentStatus, admission: Admission): Enrollment => ({
    ...into(e.annulled ? 'annulled' : status),
    admission,
    classId: admission.classId,
    endedAt: e.annulled ? e.effectiveAt : null,
  });
  switch (e.type) {
    case 'LearnerAdmitted':
      return { ...opened('admitted', e.data), imported: e.data.source };
    case 'EnrollmentImported': {
      const { status, suspension } = e.data;
      const studentNumber = e.annulled ? null : e.data.studentNumber;
      const over = !isActive(status) && status !== 'completed';
      return {
        ...opened(status, e.data),
        studentNumber,
        imported: e.data.source,
        everRegistered: !e.annulled && !neverRegistered.includes(status),
        convertibleUntil: e.data.convertibleUntil,
        suspension: suspension && { kind: suspension, ground: null, until: null },
        endedAt: over || e.annulled ? e.effectiveAt : null,
      };
    }
    case 'StudentTransferredIn':
      return {
        ...opened('registered', e.data),
        studentNumber: e.data.studentNumber,
        everRegistered: true,
        registeredAt: e.effectiveAt,
        recheck: { dueBy: e.data.recheckDueBy, passed: false },
      };
    default:
      // What follows an opening that never took effect did not take effect either.
      if (e.annulled || (s.status === 'annulled' && effectOf(e.type) === 'fact' && e.type !== 'RecordLocked')) return s;
  }
  switch (e.type) {
    case 'PlaceDeclined':
      return ended('place-declined');
    case 'PlaceRetained':
      return { ...into('place-retained'), retainedUntil: e.data.until };
    case 'StudentRegistered':
      return {
        ...into('registered'),
        studentNumber: e.data.studentNumber,
        classId: e.data.classId ?? s.classId,
        everRegistered: true,
        registeredAt: e.effectiveAt,
        recheck: { dueBy: e.data.recheckDueBy, passed: s.recheck?.passed ?? false },
        imported: e.data.source ?? s.imported,
      };
    case 'AdmissionRecheckPassed':
      return { ...moved, recheck: { dueBy: s.recheck?.dueBy ?? null, passed: true } };
    case 'RegistrationRevoked':
      return ended('revoked');
    case 'AnnualRegistrationRecorded':
      return { ...moved, academicYears: [...s.academicYears, e.data.academicYear] };
    case 'StudySuspended':
      return { ...into('suspended'), suspension: { kind: 'suspension', ground: e.data.ground, until: e.data.until } };
    case 'StatusRetained':
      return {
        ...into('suspended'),
        suspension: { kind: 'retained-status', ground: e.data.ground, until: e.data.until },
      };
    case 'StudyResumed':
      return { ...into('registered'), suspension: null, classId: e.data.classId ?? s.classId };
    case 'MajorChanged':
      return { ...moved, admission: s.admission && { ...s.admission, programId: e.data.programId }, classId: e.data.classId };
    case 'ClassChanged':
      return { ...moved, classId: e.data.classId };
    case 'StudentTransferredOut':
      return ended('transferred-out');
    case 'StudentWithdrawn':
      return ended('withdrawn');
    case 'StudentExpelled':
      return ended('expelled');
    case 'StudentDeceased':
      return ended('deceased');
    case 'StudentGraduated':
      return ended('graduated');
    case 'StudyLeftIncomplete':
      return ended('incomplete');
    case 'StudyCompleted':
      return { ...into('completed'), convertibleUntil: e.data.convertibleUntil };
    case 'RecordLocked':
      // A withdrawal that was reverted after the lock leaves an open record, which no lock can hold.
      return { ...s, locked: hasEnded(s.status) };
    case 'ApprovalRequested':
    case 'ApprovalGranted':
    case 'ApprovalRefused':
    case 'ApprovalStale':
      return { ...s, approvals: evolveApprovals(s.approvals, e) };
    case 'AdmissionAnnulled':
    case 'StatusChangeAnnulled':
    case 'WithdrawalReverted':
    case 'EnrollmentCorrected':
      return s;
    default:
      return e satisfies never;
  }
}

export const foldEnrollment = (history: readonly Historic<EnrollmentEvent>[], from = initialEnrollment): Enrollment =>
  history.reduce(applyEvent, from);

export function evolveEnrollment(s: Enrollment, e: Recorded<EnrollmentEvent>): Enrollment {
  const history = s.history.with(e);
  const state = isCorrection(e, effectOf) ? foldEnrollment(applyCorrections(history.all(), effectOf)) : applyEvent(s, e);
  return { ...state, history };
}

export const enrollmentFact = (enrollmentId: string): Source<Enrollment> =>
  source(enrollmentStream(enrollmentId), { initial: initialEnrollment, evolve: evolveEnrollment });
