import type { CommandFacts } from '../../kernel/commands.ts';
import type { ClassCommand } from './class.ts';
import type { EnrollmentCommand } from './enrollment.ts';
import type { LearnerCommand } from './learner.ts';

/** Moves of the learner's gate: other commands make them, no caller does. */
type GateCommand = 'OpenEnrollment' | 'CloseEnrollment' | 'BeginClosing' | 'DropClosing' | 'HoldPeriod' | 'ReleasePeriod';

// A reason's text is sealed too: after an erasure no command that gives one can be written.
const aboutLearner = ['LEARNER_ANNULLED', 'LEARNER_ERASED', 'EFFECTIVE_BEFORE_LAST_CHANGE'] as const;
const settling = ['REQUEST_UNKNOWN', 'REQUEST_SETTLED', 'LEARNER_ERASED'] as const;
const granting = [...settling, 'SAME_PERSON', 'REQUEST_DIGEST_DIFFERS', 'EFFECTIVE_BEFORE_LAST_CHANGE'] as const;

export const learnerCommands = {
  IdentifyLearner: {
    title: { zh: '登记学生', en: 'Identify a learner' },
    events: ['LearnerIdentified'],
    refusals: ['ID_NUMBER_TAKEN', 'LEARNER_ERASED'],
  },
  ChangeContact: {
    title: { zh: '变更联系方式', en: 'Change the contact details' },
    events: ['ContactChanged'],
    refusals: aboutLearner,
  },
  LinkGuardian: {
    title: { zh: '登记监护人', en: 'Link a guardian' },
    events: ['GuardianLinked'],
    refusals: aboutLearner,
  },
  UnlinkGuardian: {
    title: { zh: '解除监护人', en: 'Unlink a guardian' },
    events: ['GuardianUnlinked'],
    refusals: [...aboutLearner, 'GUARDIAN_NOT_LINKED'],
  },
  PlaceHold: {
    title: { zh: '设置限制', en: 'Place a hold' },
    events: ['HoldPlaced'],
    refusals: aboutLearner,
  },
  LiftHold: {
    title: { zh: '解除限制', en: 'Lift a hold' },
    events: ['HoldLifted'],
    refusals: [...aboutLearner, 'HOLD_NOT_PLACED'],
  },
  AnnulLearner: {
    title: { zh: '作废学生登记', en: 'Annul a learner' },
    events: ['LearnerAnnulled'],
    refusals: ['LEARNER_HAS_ENROLLMENTS', 'LEARNER_ERASED', 'EFFECTIVE_BEFORE_LAST_CHANGE'],
  },
  RequestIdentityCorrection: {
    title: { zh: '申请更正身份信息', en: 'Request an identity correction' },
    events: ['ApprovalRequested'],
    refusals: [...aboutLearner, 'NOTHING_TO_CORRECT', 'REQUEST_PENDING'],
  },
  RequestErasure: {
    title: { zh: '申请删除个人信息', en: 'Request an erasure of personal data' },
    events: ['ApprovalRequested'],
    refusals: ['RETENTION_APPLIES', 'NOTHING_TO_ERASE', 'REQUEST_PENDING', 'LEARNER_ERASED', 'EFFECTIVE_BEFORE_LAST_CHANGE'],
  },
  GrantApproval: {
    title: { zh: '同意申请（双人复核）', en: 'Grant a request (four eyes)' },
    events: ['ApprovalGranted', 'ApprovalStale', 'IdentityCorrected', 'PersonalDataErased'],
    refusals: [...granting, 'RETENTION_APPLIES', 'LEARNER_ANNULLED', 'ID_NUMBER_TAKEN'],
  },
  RefuseApproval: {
    title: { zh: '不同意或撤回申请（双人复核）', en: 'Refuse or withdraw a request (four eyes)' },
    events: ['ApprovalRefused'],
    refusals: settling,
  },
} as const satisfies Record<Exclude<LearnerCommand['type'], GateCommand>, CommandFacts>;

const knownClass = ['CLASS_UNKNOWN', 'CLASS_NOT_ADMINISTRATIVE', 'CLASS_NOT_OPEN'] as const;
const changing = ['EFFECTIVE_BEFORE_LAST_CHANGE', 'RECORD_LOCKED', 'LEARNER_ERASED'] as const;
const onlyRegistered = [...changing, 'ENROLLMENT_NOT_ACTIVE'] as const;
const onlyAdmitted = [...changing, 'ENROLLMENT_NOT_ADMITTED'] as const;
const requesting = ['REQUEST_PENDING', 'LEARNER_ERASED'] as const;
const opening = [
  'PROGRAM_UNKNOWN',
  ...knownClass,
  'ENROLLMENT_ACTIVE',
  'PERIODS_OVERLAP',
  'LEARNER_ANNULLED',
  'LEARNER_ERASED',
  'ID_NUMBER_TAKEN',
  'STUDENT_NUMBER_TAKEN',
] as const;
const transferring = [
  'TRANSFER_WITHOUT_REASON',
  'TRANSFER_DIRECTED_INTAKE',
  'CALENDAR_UNKNOWN',
  'TRANSFER_IN_FIRST_SEMESTER',
  'TRANSFER_DATES_UNKNOWN',
  'TRANSFER_IN_FINAL_YEAR',
  'TRANSFER_SCORE_TOO_LOW',
  'TRANSFER_TO_HIGHER_LEVEL',
] as const;

export const enrollmentCommands = {
  AdmitLearner: {
    title: { zh: '录取', en: 'Admit a learner' },
    events: ['LearnerAdmitted', 'StudentRegistered'],
    refusals: opening,
  },
  ImportEnrollment: {
    title: { zh: '导入既有学籍', en: 'Import an enrollment of before' },
    events: ['EnrollmentImported'],
    refusals: opening,
  },
  TransferStudentIn: {
    title: { zh: '转学（转入）', en: 'Transfer a student in' },
    events: ['StudentTransferredIn'],
    refusals: [...opening, ...transferring],
  },
  DeclinePlace: {
    title: { zh: '放弃入学资格', en: 'Decline the place' },
    events: ['PlaceDeclined'],
    refusals: onlyAdmitted,
  },
  RetainPlace: {
    title: { zh: '保留入学资格', en: 'Retain the place' },
    events: ['PlaceRetained'],
    refusals: onlyAdmitted,
  },
  RegisterStudent: {
    title: { zh: '入学注册', en: 'Register a student' },
    events: ['StudentRegistered'],
    refusals: [...onlyAdmitted, ...knownClass, 'STUDENT_NUMBER_TAKEN'],
  },
  PassAdmissionRecheck: {
    title: { zh: '入学资格复查合格', en: 'Pass the admission re-check' },
    events: ['AdmissionRecheckPassed'],
    refusals: onlyRegistered,
  },
  RecordAnnualRegistration: {
    title: { zh: '学年注册', en: 'Record an annual registration' },
    events: ['AnnualRegistrationRecorded'],
    refusals: [...onlyRegistered, 'ACADEMIC_YEAR_UNKNOWN'],
  },
  SuspendStudy: {
    title: { zh: '休学', en: 'Suspend study' },
    events: ['StudySuspended'],
    refusals: [...onlyRegistered, 'SUSPENSION_OVER'],
  },
  RetainStatus: {
    title: { zh: '保留学籍', en: 'Retain student status' },
    events: ['StatusRetained'],
    refusals: [...onlyRegistered, 'SUSPENSION_OVER'],
  },
  ResumeStudy: {
    title: { zh: '复学', en: 'Resume study' },
    events: ['StudyResumed'],
    refusals: [...changing, 'ENROLLMENT_NOT_SUSPENDED', 'RESUMPTION_NOT_REVIEWED', 'RESUMPTION_APPLIED_LATE', ...knownClass],
  },
  ChangeMajor: {
    title: { zh: '转专业', en: 'Change the major' },
    events: ['MajorChanged'],
    refusals: [
      ...onlyRegistered,
      'INTAKE_FORBIDS_MAJOR_CHANGE',
      'SAME_PROGRAM',
      'PROGRAM_UNKNOWN',
      'PROGRAM_LEVEL_DIFFERS',
      ...knownClass,
    ],
  },
  ChangeClass: {
    title: { zh: '调班', en: 'Change the class' },
    events: ['ClassChanged'],
    refusals: [...onlyRegistered, ...knownClass],
  },
  TransferStudentOut: {
    title: { zh: '转学（转出）', en: 'Transfer a student out' },
    events: ['StudentTransferredOut'],
    refusals: [...onlyRegistered, ...transferring],
  },
  WithdrawStudent: {
    title: { zh: '退学', en: 'Withdraw a student' },
    events: ['StudentWithdrawn'],
    refusals: onlyRegistered,
  },
  ExpelStudent: {
    title: { zh: '开除学籍', en: 'Expel a student' },
    events: ['StudentExpelled'],
    refusals: onlyRegistered,
  },
  RecordDeath: {
    title: { zh: '登记死亡', en: 'Record a death' },
    events: ['StudentDeceased'],
    refusals: [...changing, 'ENROLLMENT_NOT_OPEN'],
  },
  GraduateStudent: {
    title: { zh: '毕业', en: 'Graduate a student' },
    events: ['StudentGraduated'],
    refusals: [...onlyRegistered, 'CONVERSION_TOO_LATE', 'HOLD_PLACED'],
  },
  LeaveIncomplete: {
    title: { zh: '肄业', en: 'Leave with incomplete study' },
    events: ['StudyLeftIncomplete'],
    refusals: onlyRegistered,
  },
  CompleteStudy: {
    title: { zh: '结业', en: 'Complete study without a diploma' },
    events: ['StudyCompleted'],
    refusals: onlyRegistered,
  },
  LockRecord: {
    title: { zh: '锁定记录', en: 'Lock the record' },
    events: ['RecordLocked'],
    refusals: ['ENROLLMENT_NOT_ENDED', 'EFFECTIVE_BEFORE_LAST_CHANGE', 'LEARNER_ERASED'],
  },
  TakeBackRow: {
    title: { zh: '撤销导入的一行', en: 'Take back a row of an import' },
    events: ['AdmissionAnnulled', 'StatusChangeAnnulled'],
    refusals: ['UNDO_NOT_GRANTED', 'CHANGED_SINCE', 'ENROLLMENT_ACTIVE', 'PERIODS_OVERLAP', 'LEARNER_ERASED', 'LEARNER_ANNULLED'],
  },
  RequestAdmissionAnnulment: {
    title: { zh: '申请作废录取', en: 'Request the annulment of an admission' },
    events: ['ApprovalRequested'],
    refusals: [...requesting, 'ENROLLMENT_NOT_ADMITTED'],
  },
  RequestRevocation: {
    title: { zh: '申请取消学籍', en: 'Request the revocation of a registration' },
    events: ['ApprovalRequested'],
    refusals: [...requesting, 'ENROLLMENT_NEVER_REGISTERED'],
  },
  RequestWithdrawalReversal: {
    title: { zh: '申请撤销退学', en: 'Request the reversal of a withdrawal' },
    events: ['ApprovalRequested'],
    refusals: [...requesting, 'ENROLLMENT_NOT_WITHDRAWN'],
  },
  RequestEnrollmentCorrection: {
    title: { zh: '申请更正学籍记录', en: 'Request a correction of an enrollment' },
    events: ['ApprovalRequested'],
    refusals: [...requesting, 'TARGET_UNKNOWN', 'NO_SUCH_FIELD', 'VALUE_NOT_ACCEPTED', 'NOTHING_TO_CORRECT', ...knownClass],
  },
  GrantApproval: {
    title: { zh: '同意申请（双人复核）', en: 'Grant a request (four eyes)' },
    events: [
      'ApprovalGranted',
      'ApprovalStale',
      'AdmissionAnnulled',
      'RegistrationRevoked',
      'WithdrawalReverted',
      'EnrollmentCorrected',
    ],
    refusals: [...granting, 'ENROLLMENT_ACTIVE', 'PERIODS_OVERLAP', 'STUDENT_NUMBER_TAKEN'],
  },
  RefuseApproval: {
    title: { zh: '不同意或撤回申请（双人复核）', en: 'Refuse or withdraw a request (four eyes)' },
    events: ['ApprovalRefused'],
    refusals: settling,
  },
} as const satisfies Record<EnrollmentCommand['type'], CommandFacts>;

export const classCommands = {
  FormClass: {
    title: { zh: '组建班级', en: 'Form a class' },
    events: ['ClassFormed'],
    refusals: ['CLASS_EXISTS', 'CLASS_NOT_OPEN'],
  },
  AssignTeacher: {
    title: { zh: '安排任课教师', en: 'Assign a teacher to a class' },
    events: ['TeacherAssignedToClass'],
    refusals: ['CLASS_NOT_OPEN'],
  },
  ChangeRoster: {
    title: { zh: '变更教学班名单', en: 'Change the roster of a teaching class' },
    events: ['RosterChanged'],
    refusals: ['CLASS_NOT_TEACHING', 'CLASS_NOT_OPEN'],
  },
  CloseClass: {
    title: { zh: '结班', en: 'Close a class' },
    events: ['ClassClosed'],
    refusals: [],
  },
} as const satisfies Record<ClassCommand['type'], CommandFacts>;
