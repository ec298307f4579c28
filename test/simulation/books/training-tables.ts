import type { Transition } from './log.ts';

/**
 * The state tables of apprenticeship, assessment and faculty as the specification has them, written a second time and on purpose without a look
 * at the deciders.
 */
type Table = Readonly<Record<string, Transition>>;

const openSelection = ['submitted', 'screened', 'offered', 'accepted'];
export const selectionTable: Table = {
  ApplicationSubmitted: { from: ['none'], to: 'submitted' },
  ApplicationScreened: { from: ['submitted'], to: 'screened' },
  ApplicantAssessed: { from: ['screened'], to: 'same' },
  OfferMade: { from: ['screened'], to: 'offered' },
  OfferAccepted: { from: ['offered'], to: 'accepted' },
  OfferDeclined: { from: ['offered'], to: 'declined' },
  OfferExpired: { from: ['offered'], to: 'expired' },
  ApplicationRejected: { from: openSelection, to: 'rejected' },
  ApplicationWithdrawn: { from: openSelection, to: 'withdrawn' },
};

const running = ['live', 'suspended'];
const openContract = ['draft', 'concluded', ...running];
export const contractTable: Table = {
  ContractDrafted: { from: ['none'], to: 'draft' },
  ContractContinued: { from: ['draft'], to: 'same' },
  ContractImported: { from: ['none'], to: 'stated' },
  ContractTermsRevised: { from: ['draft'], to: 'same' },
  ContractSectionConfirmed: { from: ['draft'], to: 'same' },
  ContractSigned: { from: ['draft'], to: 'same' },
  ContractConcluded: { from: ['draft'], to: 'concluded' },
  ContractCancelled: { from: ['draft', 'concluded'], to: 'cancelled' },
  InternshipInsuranceRecorded: { from: ['concluded', ...running], to: 'same' },
  ContractStarted: { from: ['concluded'], to: 'live' },
  MentorAssigned: { from: openContract, to: 'same' },
  MentorReplaced: { from: openContract, to: 'same' },
  ContractSuspended: { from: ['live'], to: 'suspended' },
  ContractResumed: { from: ['suspended'], to: 'live' },
  AmendmentProposed: { from: running, to: 'same' },
  AmendmentConsented: { from: running, to: 'same' },
  AmendmentApproved: { from: running, to: 'same' },
  AmendmentRejected: { from: running, to: 'same' },
  AmendmentCancelled: { from: running, to: 'same' },
  // It says what is so already, whatever became of the contract meanwhile.
  AmendmentExpired: { from: [...running, 'terminated', 'completed'], to: 'same' },
  ContractTerminated: { from: running, to: 'terminated' },
  TerminationReversed: { from: ['terminated'], to: 'before' },
  GatewaySigned: { from: ['live'], to: 'same' },
  ContractCompleted: { from: ['live'], to: 'completed' },
  TrainingLogRecorded: { from: ['live'], to: 'same' },
  TrainingLogConfirmed: { from: ['live'], to: 'same' },
};

/** States in which a contract occupies its apprentice's days. */
export const isOpenContract = (status: string): boolean => openContract.includes(status);

export const attemptTable: Table = {
  AttemptOpened: { from: ['none'], to: 'open' },
  ResultImported: { from: ['none'], to: 'stated' },
  ComponentScored: { from: ['open'], to: 'same' },
  ResultSubmitted: { from: ['open'], to: 'submitted' },
  ResultModerated: { from: ['submitted', 'moderated'], to: 'moderated' },
  ResultPublished: { from: ['moderated'], to: 'published' },
  AppealFiled: { from: ['published'], to: 'same' },
  AppealUpheld: { from: ['published'], to: 'same' },
  AppealDismissed: { from: ['published'], to: 'same' },
  ResultFinalized: { from: ['published'], to: 'final' },
  AttemptVoided: { from: ['open', 'submitted', 'moderated', 'published'], to: 'voided' },
  GradeCorrected: { from: ['published', 'final', 'imported'], to: 'same' },
};

const serving = ['active', 'warned', 'improving'];
const known = [...serving, 'suspended', 'withdrawn'];
export const teacherTable: Table = {
  TeacherRegistered: { from: ['none'], to: 'active' },
  TeacherAccountLinked: { from: known, to: 'same' },
  DualQualificationGranted: { from: known, to: 'same' },
  EnterprisePracticeRecorded: { from: known, to: 'same' },
  EarlyWarningRaised: { from: ['active'], to: 'warned' },
  ImprovementPlanned: { from: ['warned'], to: 'improving' },
  TeacherSuspended: { from: serving, to: 'suspended' },
  TeacherWithdrawn: { from: [...serving, 'suspended'], to: 'withdrawn' },
  TeacherReinstated: { from: ['improving', 'suspended', 'withdrawn'], to: 'active' },
};

/** Whether somebody in this state may mentor and assess. */
export const serves = (status: string): boolean => serving.includes(status);

export const openingTable: Table = {
  OpeningPublished: { from: ['none'], to: 'open' },
  OpeningClosed: { from: ['open'], to: 'closed' },
};

export const placementTable: Table = {
  BatchStarted: { from: ['none'], to: 'started' },
  // A handover that comes late is still one.
  HandoverGiven: { from: ['started', 'ended'], to: 'same' },
  HandoverAcknowledged: { from: ['started', 'ended'], to: 'same' },
  BatchEnded: { from: ['started'], to: 'ended' },
};
