import { takeClaim, type Claims } from '../../kernel/claim.ts';
import { leg, source, type Source, type Take } from '../../kernel/plan.ts';
import { enrollment, enrollmentStream, isActive, type Enrollment } from './enrollment.ts';
import { learner, learnerStream, type Learner, type OpenEnrollment } from './learner.ts';

/** What must be unique or exclusive in this context, and how to see who holds it. */
export { claimsOf, type Claims } from '../../kernel/claim.ts';

/** What a person's id claim guards: the number within its kind of document. */
export const idNumberValue = (identity: { readonly idType: string; readonly idNumber: string }): string =>
  `${identity.idType}:${identity.idNumber}`;

export const learnerSource = (learnerId: string): Source<Learner> => source(learnerStream(learnerId), learner);
export const enrollmentSource = (enrollmentId: string): Source<Enrollment> => source(enrollmentStream(enrollmentId), enrollment);

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/** One person per id number. */
export const idNumberClaim = (stream: string, learnerId: string): Take =>
  takeClaim({
    stream,
    kind: 'id-number',
    owner: learnerSource(learnerId),
    holds: (owner) => (owner as Learner).idClaim === stream && !(owner as Learner).annulled,
    otherwise: 'ID_NUMBER_TAKEN',
    ownerOf: (owner) => learnerSource(idOf(owner)),
  });

/** One enrollment per student number. Numbers that the college issued stay taken, whatever becomes of the enrollment. */
export const studentNumberClaim = (claims: Claims, stream: string, enrollmentId: string, value?: string): Take =>
  takeClaim({
    stream,
    kind: 'student-number',
    owner: enrollmentSource(enrollmentId),
    holds: (owner) => {
      const { studentNumber } = owner as Enrollment;
      return studentNumber !== null && claims.streamOf('student-number', studentNumber) === stream;
    },
    otherwise: 'STUDENT_NUMBER_TAKEN',
    ...(value === undefined ? {} : { value }),
    ownerOf: (owner) => enrollmentSource(idOf(owner)),
  });

/** One active enrollment per learner. */
export const activeEnrollment = (
  learnerId: string,
  enrollmentId: string,
  command: Omit<OpenEnrollment, 'type' | 'enrollmentId'>,
): Take => ({
  ...leg(learnerStream(learnerId), learner, { ...command, type: 'OpenEnrollment', enrollmentId }),
  owner: enrollmentSource(enrollmentId),
  holds: (owner) => isActive((owner as Enrollment).status) && (owner as Enrollment).admission?.learnerId === learnerId,
  takers: (gate) => (gate as Learner).enrollments[enrollmentId]?.takers ?? [],
  drop: (owner) => {
    const { status, admission, endedAt, lastChangeAt } = owner as Enrollment;
    const ended = status === 'none' || admission?.learnerId !== learnerId ? 'abandoned' : status;
    return leg(learnerStream(learnerId), learner, {
      type: 'CloseEnrollment',
      enrollmentId,
      status: ended,
      at: endedAt ?? (lastChangeAt || null),
    });
  },
  rivals: (gate) =>
    Object.entries((gate as Learner).enrollments)
      .filter(([id, slot]) => id !== enrollmentId && slot.takers.length > 0)
      .map(([id, slot]) => activeEnrollment(learnerId, id, { programId: slot.programId, entryDate: slot.entryDate })),
});

/**
 * Graduation clears the learner's holds first, and keeps the gate until it is written: nobody holds this for good.
 * Whoever lets it go sees whether she graduated, so that the gate closes for ever, or not, so that the announcement is dropped.
 */
export const graduationClearance = (learnerId: string, enrollmentId: string): Take => ({
  ...leg(learnerStream(learnerId), learner, { type: 'BeginClosing', enrollmentId }),
  owner: enrollmentSource(enrollmentId),
  holds: () => false,
  takers: (gate) => (gate as Learner).closing[enrollmentId] ?? [],
  drop: (owner) => {
    const { status, endedAt } = owner as Enrollment;
    return leg(
      learnerStream(learnerId),
      learner,
      status === 'graduated'
        ? { type: 'CloseEnrollment', enrollmentId, status, at: endedAt }
        : { type: 'DropClosing', enrollmentId },
    );
  },
  rivals: () => [],
});

/** The takes that an event of this context opened on a gate, for recovery. Empty for events that take nothing. */
export function takesOf(
  claims: Claims,
  event: { readonly type: string; readonly stream: string; readonly data: object },
): readonly Take[] {
  const data = event.data as { owner?: string; kind?: string; enrollmentId?: string; programId?: string; entryDate?: string };
  switch (event.type) {
    case 'ClaimTaken':
      if (data.kind === 'id-number') return [idNumberClaim(event.stream, idOf(data.owner!))];
      return data.kind === 'student-number' ? [studentNumberClaim(claims, event.stream, idOf(data.owner!))] : [];
    case 'EnrollmentOpened':
      return [
        activeEnrollment(idOf(event.stream), data.enrollmentId!, { programId: data.programId!, entryDate: data.entryDate! }),
      ];
    case 'EnrollmentClosing':
      return [graduationClearance(idOf(event.stream), data.enrollmentId!)];
    default:
      return [];
  }
}
