import type { Bilingual } from '../kernel/bilingual.ts';
import type { Role } from '../kernel/decider.ts';

/**
 * What of an operation a role reaches:
 * `institution`: everything of the own institution · `own`: the learner herself · `ward`: the learner whose guardian she is, while a minor ·
 * `assigned`: the classes that are hers · `employer`: the enterprise's own openings, applicants and apprentices ·
 * `mentored`: the mentor's own apprentices · `public`: reference data of the own institution that names no person ·
 * `operations`: the ledger's own running, without personal data.
 */
export type Scope = 'institution' | 'own' | 'ward' | 'assigned' | 'employer' | 'mentored' | 'public' | 'operations';

/** How files and access records say it. */
export const rights: Readonly<Record<Scope, Bilingual>> = {
  institution: { zh: '本校全部记录', en: 'every record of the institution' },
  own: { zh: '本人记录', en: 'the own record' },
  ward: { zh: '被监护人的记录', en: 'the record of the ward' },
  assigned: { zh: '所任班级', en: 'the classes that are assigned' },
  employer: { zh: '本企业的岗位、申请人与学徒', en: 'the enterprise’s own openings, applicants and apprentices' },
  mentored: { zh: '所带学徒', en: 'the apprentices who are mentored' },
  public: { zh: '不涉及个人的资料', en: 'reference data that names no person' },
  operations: { zh: '账本运行，不含个人数据', en: 'the ledger’s own running, without personal data' },
};

/** What somebody in this role reaches by a policy; null where anyone may. */
export const rightOf = (policy: Policy | null | undefined, role: TokenRole): Scope | null =>
  !policy || policy.may === 'anyone' ? null : (policy.may[role] ?? null);

export type TokenRole = Exclude<Role, 'system'>;

/** The kind of record that `{id}` in a route names. */
export type RecordKind =
  'learner' | 'enrollment' | 'class' | 'teacher' | 'opening' | 'selection' | 'contract' | 'placement' | 'attempt';

export interface Policy {
  /** Roles that may, with what they reach. `anyone` needs no token. A role that is not named may not. */
  readonly may: Readonly<Partial<Record<TokenRole, Scope>>> | 'anyone';
  /** The type of the command that it carries out; absent for what only reads. */
  readonly command?: string;
  /** Whose record a command is about: judged before the handler for every role that does not reach the whole institution. */
  readonly on?: RecordKind;
  /** Whose record is read: judged before the handler runs. */
  readonly reads?: RecordKind;
  /** Where the read is recorded: under the person read, or under the institution's day. Her own reads are not. */
  readonly recorded?: 'person' | 'list';
  /** The view that answers, so that Ledger-Wait-For knows whom to wait for; absent where the log itself does. */
  readonly view?: string;
  /** Other views that it is read from. */
  readonly beside?: readonly string[];
}

const registrar = { registrar: 'institution' } as const;
const readers = { registrar: 'institution', auditor: 'institution' } as const;
const administrator = { administrator: 'operations' } as const;
const everybody = {
  registrar: 'public',
  teacher: 'public',
  enterprise: 'public',
  mentor: 'public',
  learner: 'public',
  guardian: 'public',
  administrator: 'public',
  auditor: 'public',
  evaluator: 'public',
} as const;

/** An enterprise for its own, or the registrar. */
const ofEnterprise = { ...registrar, enterprise: 'employer' } as const;
/** Every party to a contract for herself, and the registrar for the school, or for any of them from their paper. */
const ofParties = { ...ofEnterprise, learner: 'own', guardian: 'ward' } as const;

/** What their lists are read from beside their own view. */
const ofApprentices = ['enrollment-register', 'reference'] as const;
const ofTasks = ['enrollment-register', 'transcript', 'apprentice-record'] as const;
const ofAttempts = ['apprentice-record', 'reference', 'enrollment-register'] as const;

const registrarDoes = (command: string): Policy => ({ may: registrar, command });

/** Who may do what (domain.md, *Who may*). Deny by default: a route whose handler is not named here does not start. */
export const policies: Readonly<Record<string, Policy>> = {
  // learners
  identifyLearner: registrarDoes('IdentifyLearner'),
  changeContact: registrarDoes('ChangeContact'),
  linkGuardian: registrarDoes('LinkGuardian'),
  unlinkGuardian: registrarDoes('UnlinkGuardian'),
  placeHold: registrarDoes('PlaceHold'),
  liftHold: registrarDoes('LiftHold'),
  annulLearner: registrarDoes('AnnulLearner'),
  requestIdentityCorrection: registrarDoes('RequestIdentityCorrection'),
  requestErasure: registrarDoes('RequestErasure'),
  grantLearnerApproval: registrarDoes('GrantApproval'),
  refuseLearnerApproval: registrarDoes('RefuseApproval'),
  readLearner: { may: { ...readers, learner: 'own', guardian: 'ward' }, reads: 'learner', recorded: 'person' },
  readTimeline: {
    may: { ...readers, learner: 'own', guardian: 'ward' },
    reads: 'learner',
    recorded: 'person',
    view: 'audit-timeline',
  },
  listAccesses: { may: { ...readers, learner: 'own' }, reads: 'learner', recorded: 'person' },
  readTranscript: {
    may: { ...readers, learner: 'own', guardian: 'ward' },
    reads: 'learner',
    recorded: 'person',
    view: 'transcript',
  },
  /** Whose apprentice she is, and of whom, its handler judges: what a learner's record says of one enterprise is not another's. */
  readApprenticeship: {
    may: { ...readers, enterprise: 'employer', mentor: 'mentored', teacher: 'mentored', learner: 'own', guardian: 'ward' },
    recorded: 'person',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  searchLearners: { may: readers, recorded: 'list', view: 'directory' },

  // enrollments
  admitLearner: registrarDoes('AdmitLearner'),
  transferStudentIn: registrarDoes('TransferStudentIn'),
  registerStudent: registrarDoes('RegisterStudent'),
  declinePlace: registrarDoes('DeclinePlace'),
  retainPlace: registrarDoes('RetainPlace'),
  passAdmissionRecheck: registrarDoes('PassAdmissionRecheck'),
  recordAnnualRegistration: registrarDoes('RecordAnnualRegistration'),
  suspendStudy: registrarDoes('SuspendStudy'),
  retainStatus: registrarDoes('RetainStatus'),
  resumeStudy: registrarDoes('ResumeStudy'),
  changeMajor: registrarDoes('ChangeMajor'),
  changeClass: registrarDoes('ChangeClass'),
  transferStudentOut: registrarDoes('TransferStudentOut'),
  withdrawStudent: registrarDoes('WithdrawStudent'),
  expelStudent: registrarDoes('ExpelStudent'),
  recordDeath: registrarDoes('RecordDeath'),
  graduateStudent: registrarDoes('GraduateStudent'),
  leaveIncomplete: registrarDoes('LeaveIncomplete'),
  completeStudy: registrarDoes('CompleteStudy'),
  lockRecord: registrarDoes('LockRecord'),
  requestAdmissionAnnulment: registrarDoes('RequestAdmissionAnnulment'),
  requestRevocation: registrarDoes('RequestRevocation'),
  requestWithdrawalReversal: registrarDoes('RequestWithdrawalReversal'),
  requestEnrollmentCorrection: registrarDoes('RequestEnrollmentCorrection'),
  grantEnrollmentApproval: registrarDoes('GrantApproval'),
  refuseEnrollmentApproval: registrarDoes('RefuseApproval'),
  readEnrollment: { may: { ...readers, learner: 'own', guardian: 'ward' }, reads: 'enrollment', recorded: 'person' },
  listEnrollments: { may: readers, recorded: 'list', view: 'enrollment-register' },
  listApprovals: { may: readers, view: 'tasks', beside: ofTasks },
  listTasks: { may: { ...readers, enterprise: 'employer' }, view: 'tasks', beside: ofTasks },
  countTasks: { may: { ...readers, enterprise: 'employer', administrator: 'operations' }, view: 'tasks', beside: ofTasks },
  countEnrollments: { may: { ...readers, administrator: 'operations' }, view: 'enrollment-register', beside: ['ledger-stats'] },

  // classes
  formClass: registrarDoes('FormClass'),
  assignTeacher: registrarDoes('AssignTeacher'),
  changeRoster: registrarDoes('ChangeRoster'),
  closeClass: registrarDoes('CloseClass'),
  listClasses: { may: { ...readers, teacher: 'assigned' }, view: 'reference' },
  readClass: { may: { ...readers, teacher: 'assigned' }, reads: 'class' },
  listClassMembers: {
    may: { ...readers, teacher: 'assigned' },
    reads: 'class',
    recorded: 'list',
    view: 'enrollment-register',
    beside: ['reference'],
  },

  // attempts
  openAttempt: { may: { ...registrar, teacher: 'assigned' }, command: 'OpenAttempt' },
  scoreComponent: {
    may: { ...registrar, teacher: 'assigned', mentor: 'mentored' },
    command: 'ScoreComponent',
    on: 'attempt',
  },
  submitResult: { may: { ...registrar, teacher: 'assigned' }, command: 'SubmitResult', on: 'attempt' },
  moderateResult: registrarDoes('ModerateResult'),
  publishResult: registrarDoes('PublishResult'),
  finalizeResult: registrarDoes('FinalizeResult'),
  voidAttempt: registrarDoes('VoidAttempt'),
  fileAppeal: { may: { learner: 'own' }, command: 'FileAppeal', on: 'attempt' },
  upholdAppeal: registrarDoes('UpholdAppeal'),
  dismissAppeal: registrarDoes('DismissAppeal'),
  requestGradeCorrection: registrarDoes('RequestGradeCorrection'),
  grantAttemptApproval: registrarDoes('GrantApproval'),
  refuseAttemptApproval: registrarDoes('RefuseApproval'),

  listAttempts: {
    may: { ...readers, enterprise: 'employer', mentor: 'mentored', teacher: 'assigned', learner: 'own', guardian: 'ward' },
    recorded: 'list',
    view: 'transcript',
    beside: ofAttempts,
  },
  readAttempt: {
    may: { ...readers, enterprise: 'employer', mentor: 'mentored', teacher: 'assigned', learner: 'own', guardian: 'ward' },
    reads: 'attempt',
    recorded: 'person',
  },

  // openings and selections
  listOpenings: {
    may: { ...readers, enterprise: 'employer', mentor: 'public', teacher: 'public', learner: 'public', guardian: 'public' },
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  readOpening: {
    may: { ...readers, enterprise: 'employer', mentor: 'public', teacher: 'public', learner: 'public', guardian: 'public' },
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  /** As in lists, its handler judges whose it is. */
  readSelection: {
    may: { ...readers, enterprise: 'employer', teacher: 'assigned', learner: 'own', guardian: 'ward' },
    recorded: 'person',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  listSelections: {
    may: { ...readers, enterprise: 'employer', teacher: 'assigned', learner: 'own', guardian: 'ward' },
    recorded: 'list',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  publishOpening: { may: ofEnterprise, command: 'PublishOpening' },
  closeOpening: { may: ofEnterprise, command: 'CloseOpening', on: 'opening' },
  submitApplication: { may: { ...registrar, learner: 'own' }, command: 'SubmitApplication' },
  screenApplication: { may: ofEnterprise, command: 'ScreenApplication', on: 'selection' },
  assessApplicant: { may: { ...ofEnterprise, teacher: 'assigned' }, command: 'AssessApplicant', on: 'selection' },
  makeOffer: { may: ofEnterprise, command: 'MakeOffer', on: 'selection' },
  acceptOffer: { may: { ...registrar, learner: 'own' }, command: 'AcceptOffer', on: 'selection' },
  declineOffer: { may: { ...registrar, learner: 'own' }, command: 'DeclineOffer', on: 'selection' },
  expireOffer: { may: ofEnterprise, command: 'ExpireOffer', on: 'selection' },
  rejectApplication: { may: ofEnterprise, command: 'RejectApplication', on: 'selection' },
  withdrawApplication: { may: { ...registrar, learner: 'own' }, command: 'WithdrawApplication', on: 'selection' },

  // contracts
  listContracts: {
    may: { ...readers, enterprise: 'employer', mentor: 'mentored', teacher: 'mentored', learner: 'own', guardian: 'ward' },
    recorded: 'list',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  readContract: {
    may: { ...readers, enterprise: 'employer', mentor: 'mentored', teacher: 'mentored', learner: 'own', guardian: 'ward' },
    reads: 'contract',
    recorded: 'person',
  },
  listTrainingLogs: {
    may: { ...readers, enterprise: 'employer', mentor: 'mentored', teacher: 'mentored', learner: 'own', guardian: 'ward' },
    reads: 'contract',
    recorded: 'person',
    view: 'apprentice-record',
  },
  draftContract: { may: ofEnterprise, command: 'DraftContract' },
  reviseTerms: { may: ofEnterprise, command: 'ReviseTerms', on: 'contract' },
  confirmSection: { may: ofParties, command: 'ConfirmSection', on: 'contract' },
  signContract: { may: ofParties, command: 'SignContract', on: 'contract' },
  recordInsurance: registrarDoes('RecordInsurance'),
  assignMentor: { may: ofEnterprise, command: 'AssignMentor', on: 'contract' },
  replaceMentor: { may: ofEnterprise, command: 'ReplaceMentor', on: 'contract' },
  startContract: registrarDoes('StartContract'),
  suspendContract: registrarDoes('SuspendContract'),
  resumeContract: registrarDoes('ResumeContract'),
  proposeAmendment: { may: ofParties, command: 'ProposeAmendment', on: 'contract' },
  consentAmendment: { may: ofParties, command: 'ConsentAmendment', on: 'contract' },
  rejectAmendment: { may: ofParties, command: 'RejectAmendment', on: 'contract' },
  cancelAmendment: { may: ofParties, command: 'CancelAmendment', on: 'contract' },
  expireAmendment: { may: ofEnterprise, command: 'ExpireAmendment', on: 'contract' },
  recordTrainingLog: { may: { ...registrar, learner: 'own' }, command: 'RecordTrainingLog', on: 'contract' },
  confirmTrainingLog: {
    may: { ...registrar, mentor: 'mentored', teacher: 'mentored' },
    command: 'ConfirmTrainingLog',
    on: 'contract',
  },
  signGateway: { may: ofEnterprise, command: 'SignGateway', on: 'contract' },
  cancelContract: registrarDoes('CancelContract'),
  terminateContract: registrarDoes('TerminateContract'),
  completeContract: registrarDoes('CompleteContract'),
  requestTerminationReversal: registrarDoes('RequestTerminationReversal'),
  grantContractApproval: registrarDoes('GrantApproval'),
  refuseContractApproval: registrarDoes('RefuseApproval'),

  // placements
  readPlacement: {
    may: { ...readers, enterprise: 'employer', learner: 'own' },
    recorded: 'list',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  listPlacements: {
    may: { ...readers, enterprise: 'employer', learner: 'own', guardian: 'ward' },
    recorded: 'list',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  startBatch: { may: ofEnterprise, command: 'StartBatch' },
  giveHandover: { may: ofEnterprise, command: 'GiveHandover', on: 'placement' },
  acknowledgeHandover: { may: ofEnterprise, command: 'AcknowledgeHandover', on: 'placement' },
  endBatch: { may: ofEnterprise, command: 'EndBatch', on: 'placement' },

  // curriculum and partnership
  publishProgram: registrarDoes('PublishProgram'),
  versionPlan: registrarDoes('VersionPlan'),
  publishCourse: registrarDoes('PublishCourse'),
  adoptEvaluationScheme: registrarDoes('AdoptEvaluationScheme'),
  listSchemeTemplates: { may: everybody },
  publishFramework: registrarDoes('PublishFramework'),
  formProgramGroup: registrarDoes('FormProgramGroup'),
  publishCalendar: registrarDoes('PublishCalendar'),
  adoptEnrollmentPolicy: registrarDoes('AdoptEnrollmentPolicy'),
  adoptApprenticeshipPolicy: registrarDoes('AdoptApprenticeshipPolicy'),
  adoptAssessmentPolicy: registrarDoes('AdoptAssessmentPolicy'),
  registerOrganization: registrarDoes('RegisterOrganization'),
  listPrograms: { may: everybody, view: 'reference' },
  listPlans: { may: everybody },
  listCourses: { may: everybody, view: 'curriculum' },
  readCourse: { may: everybody },
  listSchemes: { may: everybody, view: 'curriculum' },
  readScheme: { may: everybody },
  readFramework: { may: everybody },
  listProgramGroups: { may: everybody, view: 'reference' },
  readCalendar: { may: everybody },
  readEnrollmentPolicy: { may: everybody },
  readApprenticeshipPolicy: { may: everybody },
  readAssessmentPolicy: { may: everybody },
  listOrganizations: { may: everybody, view: 'reference' },

  // faculty
  registerTeacher: { may: { ...registrar, enterprise: 'employer' }, command: 'RegisterTeacher' },
  linkTeacherAccount: { may: { ...registrar, enterprise: 'employer' }, command: 'LinkTeacherAccount', on: 'teacher' },
  grantDualQualification: registrarDoes('GrantDualQualification'),
  recordEnterprisePractice: registrarDoes('RecordEnterprisePractice'),
  raiseEarlyWarning: registrarDoes('RaiseEarlyWarning'),
  planImprovement: registrarDoes('PlanImprovement'),
  suspendTeacher: registrarDoes('SuspendTeacher'),
  withdrawTeacher: registrarDoes('WithdrawTeacher'),
  reinstateTeacher: registrarDoes('ReinstateTeacher'),
  readTeacher: { may: { ...readers, enterprise: 'employer' }, reads: 'teacher', recorded: 'list' },
  listTeachers: { may: { ...readers, enterprise: 'employer' }, recorded: 'list', view: 'faculty' },

  // imports
  startImport: registrarDoes('StartImport'),
  importRosterRows: registrarDoes('ImportRows'),
  importProgramRows: registrarDoes('ImportRows'),
  importCourseRows: registrarDoes('ImportRows'),
  importOrganizationRows: registrarDoes('ImportRows'),
  importMentorRows: registrarDoes('ImportRows'),
  importContractRows: registrarDoes('ImportRows'),
  importResultRows: registrarDoes('ImportRows'),
  importSheetRows: registrarDoes('ImportRows'),
  finishImport: registrarDoes('FinishImport'),
  findNearDuplicates: { may: registrar, recorded: 'list', view: 'directory' },
  runBatch: registrarDoes('RunBatch'),
  runCohortBatch: registrarDoes('RunBatch'),
  requestImportUndo: registrarDoes('RequestUndo'),
  grantImportUndo: registrarDoes('GrantUndo'),
  refuseImportUndo: registrarDoes('RefuseUndo'),
  readImport: { may: readers },
  readImportUndo: { may: readers },
  listImports: { may: readers },
  followImport: { may: readers },
  readImportResult: { may: readers, recorded: 'list' },
  pauseImport: { may: registrar },
  resumeImport: { may: registrar },
  cancelImport: { may: registrar },
  readImportColumns: { may: readers },
  exportTranscripts: { may: readers, recorded: 'list', view: 'transcript', beside: ['enrollment-register'] },
  exportRegister: { may: readers, recorded: 'list', view: 'enrollment-register' },
  exportClassLists: { may: readers, recorded: 'list', view: 'enrollment-register' },
  exportContracts: {
    may: { ...readers, enterprise: 'employer' },
    recorded: 'list',
    view: 'apprentice-record',
    beside: ofApprentices,
  },
  exportTasks: { may: { ...readers, enterprise: 'employer' }, recorded: 'list', view: 'tasks', beside: ofTasks },
  exportTimeline: { may: readers, reads: 'learner', recorded: 'person', view: 'audit-timeline' },

  // moments of the past
  askAsOf: { may: { ...readers, administrator: 'operations' } },
  listAsOf: { may: { ...readers, administrator: 'operations' } },
  readAsOf: { may: { ...readers, administrator: 'operations' } },
  dropAsOf: { may: { ...registrar, administrator: 'operations' } },
  compareAsOf: { may: readers, recorded: 'list' },

  // the ledger itself
  listEvents: { may: readers, recorded: 'list' },
  listViews: { may: { administrator: 'operations', auditor: 'operations' } },
  rebuildViews: { may: administrator, command: 'StartRebuild' },
  rebuildView: { may: administrator, command: 'StartRebuild' },
  pauseRebuild: { may: administrator, command: 'PauseRebuild' },
  resumeRebuild: { may: administrator, command: 'ResumeRebuild' },
  cancelRebuild: { may: administrator, command: 'CancelRebuild' },
  retryRebuild: { may: administrator, command: 'RetryRebuild' },
  readRebuild: { may: { ...administrator, auditor: 'operations' } },
  followRebuild: { may: { ...administrator, auditor: 'operations' } },
  readRebuildDifferences: { may: { ...administrator, auditor: 'operations' } },
  listParked: { may: { ...administrator, auditor: 'operations' } },
  retryParked: { may: administrator },
  releaseParked: { may: administrator, command: 'ReleaseParkedKey' },
  /** Further bounded by its handler: on loopback alone. */
  practisePoison: { may: administrator },
  healthLive: { may: 'anyone' },
  healthReady: { may: 'anyone' },
  /** Further bounded by its handler: without a token on loopback alone. */
  metrics: { may: 'anyone' },
};
