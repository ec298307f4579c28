import type { Transition } from './log.ts';

const student = ['registered', 'suspended'];
const ended = ['graduated', 'incomplete', 'withdrawn', 'expelled', 'transferred-out', 'deceased'];

/** Student status as the specification has it (the table *Enrollment*), written a second time and on purpose without a look at the deciders. */
export const transitions: Readonly<Record<string, Transition>> = {
  LearnerAdmitted: { from: ['none'], to: 'admitted' },
  EnrollmentImported: { from: ['none'], to: 'stated' },
  StudentTransferredIn: { from: ['none'], to: 'registered' },
  PlaceDeclined: { from: ['admitted'], to: 'place-declined' },
  PlaceRetained: { from: ['admitted'], to: 'place-retained' },
  // From any state under the undo of an import run; enrollments.ts tells the two apart.
  AdmissionAnnulled: {
    from: ['admitted', 'place-retained', ...student, 'completed', ...ended, 'place-declined', 'revoked'],
    to: 'annulled',
  },
  StatusChangeAnnulled: {
    from: ['admitted', 'place-retained', ...student, 'completed', ...ended, 'place-declined'],
    to: 'stated',
  },
  StudentRegistered: { from: ['admitted', 'place-retained'], to: 'registered' },
  AdmissionRecheckPassed: { from: ['registered'], to: 'same' },
  AnnualRegistrationRecorded: { from: ['registered'], to: 'same' },
  RegistrationRevoked: { from: [...student, 'completed', ...ended], to: 'revoked' },
  StudySuspended: { from: ['registered'], to: 'suspended' },
  StatusRetained: { from: ['registered'], to: 'suspended' },
  StudyResumed: { from: ['suspended'], to: 'registered' },
  MajorChanged: { from: ['registered'], to: 'same' },
  ClassChanged: { from: ['registered'], to: 'same' },
  StudentTransferredOut: { from: ['registered'], to: 'transferred-out' },
  StudentWithdrawn: { from: student, to: 'withdrawn' },
  WithdrawalReverted: { from: ['withdrawn'], to: 'before' },
  StudentExpelled: { from: student, to: 'expelled' },
  StudentDeceased: { from: ['admitted', 'place-retained', ...student, 'completed'], to: 'deceased' },
  StudentGraduated: { from: ['registered', 'completed'], to: 'graduated' },
  StudyLeftIncomplete: { from: ['registered'], to: 'incomplete' },
  StudyCompleted: { from: ['registered'], to: 'completed' },
  EnrollmentCorrected: {
    from: ['admitted', 'place-retained', ...student, 'completed', ...ended, 'place-declined', 'annulled', 'revoked'],
    to: 'same',
  },
  RecordLocked: { from: [...ended, 'place-declined', 'annulled', 'revoked'], to: 'same' },
};

/** After the record is locked, only what two people agreed on. */
export const allowedWhenLocked = ['EnrollmentCorrected', 'WithdrawalReverted', 'RegistrationRevoked', 'AdmissionAnnulled'];

/** States that occupy a learner: one at a time. */
export const occupies = (status: string): boolean => ['admitted', 'place-retained', 'registered', 'suspended'].includes(status);

/** A record that stands here, before anything else was said of it, belongs to somebody who never was a student. */
export const neverRegistered: readonly string[] = ['admitted', 'place-declined', 'place-retained', 'annulled', 'deceased'];
