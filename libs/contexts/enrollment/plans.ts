import { importRunFact } from '../../facts/import-run.ts';
import { calendarFact, classFact, policyFact, programFact } from '../../facts/reference.ts';
import { leg, type Plan, type Source, type Take } from '../../kernel/plan.ts';
import { classes, classStream, type ClassCommand } from './class.ts';
import { enrollment, enrollmentStream, isActive, type Enrollment, type EnrollmentCommand } from './enrollment.ts';
import {
  activeEnrollment,
  enrollmentSource,
  graduationClearance,
  idNumberClaim,
  studentNumberClaim,
  type Claims,
} from './gates.ts';
import { numbersOfRow, withoutRow } from './undo.ts';
import { learner, learnerStream, type IdentifyLearner, type Learner, type LearnerCommand } from './learner.ts';

/** How each command walks through its streams: which gates it takes first, and which it lets go afterwards. */
export interface PlanContext {
  readonly institutionId: string;
  readonly claims: Claims;
}

// ── learner ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function planLearner(learnerId: string, command: LearnerCommand, institutionId: string): Plan<Learner> {
  return {
    own: leg(learnerStream(learnerId), learner, command),
    subjectId: () => learnerId,
    facts: (own) => {
      if (command.type !== 'RequestErasure' && command.type !== 'GrantApproval') return {};
      const enrollments = Object.keys(own.enrollments).map(
        (id) => [enrollmentStream(id), enrollmentSource(id) as Source] as const,
      );
      return { ...Object.fromEntries(enrollments), policy: policyFact(institutionId) };
    },
    takes: (own) => {
      if (command.type === 'IdentifyLearner') return command.idClaim === null ? [] : [idNumberClaim(command.idClaim, learnerId)];
      if (command.type !== 'GrantApproval') return [];
      const wanted = own.approvals[command.requestId]?.proposal['idClaim'] as string | null | undefined;
      return wanted && wanted !== own.idClaim ? [idNumberClaim(wanted, learnerId)] : [];
    },
    releases: (own) => {
      if (command.type === 'AnnulLearner') return own.idClaim === null ? [] : [idNumberClaim(own.idClaim, learnerId)];
      if (command.type !== 'GrantApproval') return [];
      const old = own.approvals[command.requestId]?.proposal['oldIdClaim'] as string | null | undefined;
      return old ? [idNumberClaim(old, learnerId)] : [];
    },
  };
}

// ── enrollment ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** How the learner's gate is to be opened: for somebody new (`identify`), and for a student of before (`past`). */
export interface Opening {
  readonly identify?: IdentifyLearner;
  readonly past?: { readonly from: string; readonly to: string | null; readonly status: string };
}

export function planEnrollment(
  enrollmentId: string,
  command: EnrollmentCommand,
  context: PlanContext,
  opening: Opening = {},
): Plan<Enrollment> {
  const { institutionId, claims } = context;
  const number = (value: string): Take =>
    studentNumberClaim(claims, claims.streamOf('student-number', value), enrollmentId, value);

  const wantedClass = (own: Enrollment): string | null => {
    if (command.type === 'GrantApproval') return null;
    if (command.type === 'RequestEnrollmentCorrection') return command.field === 'classId' ? (command.value as string) : null;
    if ('admission' in command)
      return (command.type === 'AdmitLearner' && command.register?.classId) || command.admission.classId;
    return 'classId' in command && command.classId !== own.classId ? command.classId : null;
  };

  const takes = (own: Enrollment): readonly Take[] => {
    switch (command.type) {
      case 'AdmitLearner':
      case 'ImportEnrollment':
      case 'TransferStudentIn': {
        const { learnerId, programId, entryDate } = command.admission;
        const studentNumber = command.type === 'AdmitLearner' ? (command.register?.studentNumber ?? null) : command.studentNumber;
        const idClaim = opening.identify?.idClaim ?? null;
        return [
          ...(idClaim === null ? [] : [idNumberClaim(idClaim, learnerId)]),
          activeEnrollment(learnerId, enrollmentId, { programId, entryDate, ...opening }),
          ...(studentNumber === null ? [] : [number(studentNumber)]),
        ];
      }
      case 'RegisterStudent':
        return [number(command.studentNumber)];
      case 'TakeBackRow':
        // Without what ended it the enrollment is open again: its learner must be free for it.
        return own.admission && !isActive(own.status) && isActive(withoutRow(own, command).status)
          ? [activeEnrollment(own.admission.learnerId, enrollmentId, own.admission)]
          : [];
      case 'GraduateStudent':
        return own.admission ? [graduationClearance(own.admission.learnerId, enrollmentId)] : [];
      case 'GrantApproval': {
        const request = own.approvals[command.requestId];
        if (!request || !own.admission) return [];
        if (request.act === 'CorrectEnrollment' && request.proposal['field'] === 'studentNumber')
          return [number(request.proposal['new'] as string)];
        return request.act === 'RevertWithdrawal' ? [activeEnrollment(own.admission.learnerId, enrollmentId, own.admission)] : [];
      }
      default:
        return [];
    }
  };

  const releases = (own: Enrollment): readonly Take[] => {
    if (!own.admission) return [];
    const { learnerId } = own.admission;
    const request = command.type === 'GrantApproval' ? own.approvals[command.requestId] : undefined;
    const oldNumber =
      request?.act === 'CorrectEnrollment' && request.proposal['field'] === 'studentNumber'
        ? (request.proposal['old'] as string | null)
        : null;
    return [
      ...(own.status === 'graduated' ? [graduationClearance(learnerId, enrollmentId)] : []),
      ...(isActive(own.status) ? [] : [activeEnrollment(learnerId, enrollmentId, own.admission)]),
      ...(oldNumber === null ? [] : [number(oldNumber)]),
      // What a row that never took effect gave, nobody bears.
      ...(command.type === 'TakeBackRow'
        ? numbersOfRow(own, command)
            .filter((given) => given !== own.studentNumber)
            .map(number)
        : []),
    ];
  };

  return {
    own: leg(enrollmentStream(enrollmentId), enrollment, command),
    subjectId: (own) => own.admission?.learnerId ?? ('admission' in command ? command.admission.learnerId : null),
    facts: (own) => {
      const classId = wantedClass(own);
      const programId = 'admission' in command ? command.admission.programId : 'programId' in command ? command.programId : null;
      const transfers = command.type === 'TransferStudentOut' || command.type === 'TransferStudentIn';
      const opens = 'admission' in command || command.type === 'RegisterStudent' || command.type === 'CompleteStudy';
      return {
        ...(programId === null ? {} : { program: programFact(programId) }),
        ...(classId === null ? {} : { class: classFact(classId) }),
        ...(transfers || command.type === 'RecordAnnualRegistration' ? { calendar: calendarFact(institutionId) } : {}),
        ...(command.type === 'TakeBackRow' ? { run: importRunFact(command.run) } : {}),
        ...(transfers || opens ? { policy: policyFact(institutionId) } : {}),
      };
    },
    takes,
    releases,
  };
}

// ── class ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const planClass = (classId: string, command: ClassCommand): Plan => ({
  own: leg(classStream(classId), classes, command),
  subjectId: () => null,
});
