import type { CommandFacts } from '../../kernel/commands.ts';
import type { ContractCommand } from './contract.ts';
import type { OpeningCommand } from './opening.ts';
import type { PlacementCommand } from './placement.ts';
import type { SelectionCommand } from './selection.ts';

const enterprise = ['ORGANIZATION_UNKNOWN', 'ORGANIZATION_NOT_ENTERPRISE'] as const;
const student = ['ENROLLMENT_UNKNOWN', 'ENROLLMENT_NOT_ACTIVE'] as const;

export const openingCommands = {
  PublishOpening: {
    title: { zh: '发布学徒岗位', en: 'Publish an opening' },
    events: ['OpeningPublished'],
    refusals: [...enterprise, 'DATES_OUT_OF_ORDER', 'PROGRAM_UNKNOWN', 'EXPIRY_PASSED'],
  },
  CloseOpening: {
    title: { zh: '关闭学徒岗位', en: 'Close an opening' },
    events: ['OpeningClosed'],
    refusals: ['EFFECTIVE_BEFORE_LAST_CHANGE'],
  },
} as const satisfies Record<OpeningCommand['type'], CommandFacts>;

// A reason's text is sealed too: after an erasure no command that gives one can be written.
const changing = ['EFFECTIVE_BEFORE_LAST_CHANGE', 'LEARNER_ERASED'] as const;
const ending = [...changing, 'APPLICATION_OVER', 'OFFER_USED'] as const;

export const selectionCommands = {
  SubmitApplication: {
    title: { zh: '提交申请', en: 'Apply to an opening' },
    events: ['ApplicationSubmitted'],
    refusals: [
      'OPENING_UNKNOWN',
      'OPENING_CLOSED',
      ...student,
      'OPENING_OF_OTHER_PROGRAMS',
      'APPLICATION_OVER',
      'LEARNER_ERASED',
    ],
  },
  ScreenApplication: {
    title: { zh: '初审通过', en: 'Screen an application' },
    events: ['ApplicationScreened'],
    refusals: [...changing, 'APPLICATION_NOT_SUBMITTED'],
  },
  AssessApplicant: {
    title: { zh: '遴选考核', en: 'Assess an applicant' },
    events: ['ApplicantAssessed'],
    refusals: [...changing, 'APPLICATION_NOT_SCREENED', 'PARTY_NOT_YOURS'],
  },
  MakeOffer: {
    title: { zh: '发出录用', en: 'Make an offer' },
    events: ['OfferMade'],
    refusals: [
      ...changing,
      'APPLICATION_NOT_SCREENED',
      'ASSESSMENT_MISSING',
      'EXPIRY_PASSED',
      'DATES_OUT_OF_ORDER',
      'DATES_OUTSIDE',
    ],
  },
  AcceptOffer: {
    title: { zh: '接受录用', en: 'Accept an offer' },
    events: ['OfferAccepted'],
    refusals: [...changing, 'OFFER_NOT_OPEN', 'OFFER_EXPIRED', ...student, 'PERIODS_OVERLAP', 'LEARNER_ANNULLED'],
  },
  DeclineOffer: {
    title: { zh: '谢绝录用', en: 'Decline an offer' },
    events: ['OfferDeclined'],
    refusals: [...changing, 'OFFER_NOT_OPEN'],
  },
  ExpireOffer: {
    title: { zh: '记录录用过期', en: 'Record that an offer expired' },
    events: ['OfferExpired'],
    refusals: [...changing, 'OFFER_NOT_OPEN', 'OFFER_NOT_EXPIRED'],
  },
  RejectApplication: {
    title: { zh: '不予录用', en: 'Reject an application' },
    events: ['ApplicationRejected'],
    refusals: [...ending, 'PARTY_NOT_YOURS'],
  },
  WithdrawApplication: {
    title: { zh: '撤回申请', en: 'Withdraw an application' },
    events: ['ApplicationWithdrawn'],
    refusals: ending,
  },
} as const satisfies Record<SelectionCommand['type'], CommandFacts>;

const party = ['PARTY_NOT_YOURS', 'PARTY_NOT_NEEDED'] as const;
const worded = ['SECTIONS_MISSING', 'PROGRAM_UNKNOWN', 'PLAN_UNKNOWN', 'COURSE_UNKNOWN', 'DATES_OUT_OF_ORDER'] as const;
const mentor = [
  ...changing,
  'CONTRACT_OVER',
  'PARTY_NOT_YOURS',
  'TEACHER_UNKNOWN',
  'TEACHER_OF_OTHER_SIDE',
  'TEACHER_OF_OTHER_ORGANIZATION',
  'TEACHER_NOT_SERVING',
  'TEACHER_NOT_DUAL_QUALIFIED',
] as const;
const held = ['PERIODS_OVERLAP', 'LEARNER_ANNULLED'] as const;
const amending = ['AMENDMENT_UNKNOWN', 'AMENDMENT_SETTLED'] as const;
const answering = [...changing, ...amending, 'AMENDMENT_EXPIRED', 'CONTRACT_NOT_RUNNING'] as const;
const settling = ['REQUEST_UNKNOWN', 'REQUEST_SETTLED', 'LEARNER_ERASED'] as const;

export const contractCommands = {
  DraftContract: {
    title: { zh: '起草三方协议', en: 'Draft a three-party agreement' },
    events: ['ContractDrafted', 'ContractContinued'],
    refusals: [
      'OFFER_NOT_ACCEPTED',
      'OFFER_USED',
      ...student,
      ...worded,
      'DATES_OUTSIDE',
      'CONTRACT_UNKNOWN',
      'CONTINUES_ANOTHER_LEARNER',
      'CONTINUES_SAME_ENTERPRISE',
      'CONTRACT_NOT_TERMINATED',
      'CONTINUES_BEFORE_STOP',
      ...held,
      'LEARNER_ERASED',
    ],
  },
  ImportContract: {
    title: { zh: '导入既有协议', en: 'Import a contract of before' },
    events: ['ContractImported'],
    refusals: [
      'ENROLLMENT_UNKNOWN',
      'ORGANIZATION_UNKNOWN',
      'IMPORTED_STATE_WRONG',
      'DATES_OUT_OF_ORDER',
      'ROW_DIFFERS',
      ...held,
      'LEARNER_ERASED',
    ],
  },
  ReviseTerms: {
    title: { zh: '修订协议条款', en: 'Revise the terms of a draft' },
    events: ['ContractTermsRevised'],
    refusals: [...changing, 'CONTRACT_NOT_DRAFT', ...worded, 'DATES_OUTSIDE', ...held],
  },
  ConfirmSection: {
    title: { zh: '确认条款', en: 'Confirm a section' },
    events: ['ContractSectionConfirmed'],
    refusals: [...changing, ...party, 'CONTRACT_NOT_DRAFT', 'SECTION_UNKNOWN', 'SECTION_CHANGED'],
  },
  SignContract: {
    title: { zh: '签署协议', en: 'Sign the agreement' },
    events: ['ContractSigned', 'ContractConcluded'],
    refusals: [...changing, ...party, 'EVIDENCE_MISSING', 'CONTRACT_NOT_DRAFT', 'TERMS_CHANGED', 'SECTIONS_UNCONFIRMED'],
  },
  RecordInsurance: {
    title: { zh: '登记实习保险', en: 'Record the internship insurance' },
    events: ['InternshipInsuranceRecorded'],
    refusals: [...changing, 'CONTRACT_NOT_CONCLUDED', 'CONTRACT_OVER', 'DATES_OUT_OF_ORDER'],
  },
  AssignMentor: {
    title: { zh: '指定导师', en: 'Assign a mentor' },
    events: ['MentorAssigned'],
    refusals: [...mentor, 'MENTOR_ASSIGNED'],
  },
  ReplaceMentor: {
    title: { zh: '更换导师', en: 'Replace a mentor' },
    events: ['MentorReplaced'],
    refusals: [...mentor, 'MENTOR_MISSING'],
  },
  StartContract: {
    title: { zh: '协议开始', en: 'Start the apprenticeship' },
    events: ['ContractStarted'],
    refusals: [
      ...changing,
      'CONTRACT_NOT_CONCLUDED',
      'START_NOT_REACHED',
      'DATES_OUTSIDE',
      'TOO_YOUNG',
      'INSURANCE_MISSING',
      ...student,
      'MENTOR_MISSING',
      'TEACHER_NOT_SERVING',
    ],
  },
  SuspendContract: {
    title: { zh: '中止协议', en: 'Suspend the apprenticeship' },
    events: ['ContractSuspended'],
    refusals: [...changing, 'CONTRACT_NOT_LIVE'],
  },
  ResumeContract: {
    title: { zh: '恢复协议', en: 'Resume the apprenticeship' },
    events: ['ContractResumed'],
    refusals: [...changing, 'CONTRACT_NOT_SUSPENDED'],
  },
  ProposeAmendment: {
    title: { zh: '提出变更', en: 'Propose an amendment' },
    events: ['AmendmentExpired', 'AmendmentProposed', 'AmendmentConsented'],
    refusals: [
      ...changing,
      ...party,
      'CONTRACT_NOT_RUNNING',
      'AMENDMENT_PENDING',
      'NOTHING_TO_AMEND',
      'AMENDMENT_MOVES_START',
      'EXPIRY_PASSED',
      ...worded,
    ],
  },
  ConsentAmendment: {
    title: { zh: '同意变更', en: 'Consent to an amendment' },
    events: ['AmendmentConsented', 'AmendmentApproved'],
    refusals: [...answering, ...party, 'TERMS_CHANGED', ...held],
  },
  RejectAmendment: {
    title: { zh: '不同意变更', en: 'Reject an amendment' },
    events: ['AmendmentRejected'],
    refusals: [...answering, ...party],
  },
  CancelAmendment: {
    title: { zh: '撤回变更', en: 'Withdraw a proposed amendment' },
    events: ['AmendmentCancelled'],
    refusals: [...answering, 'PARTY_NOT_YOURS'],
  },
  ExpireAmendment: {
    title: { zh: '记录变更过期', en: 'Record that an amendment expired' },
    events: ['AmendmentExpired'],
    refusals: [...changing, ...amending, 'AMENDMENT_NOT_EXPIRED'],
  },
  RecordTrainingLog: {
    title: { zh: '填写实习日志', en: 'Record a training log' },
    events: ['TrainingLogRecorded'],
    refusals: [...changing, 'CONTRACT_NOT_LIVE', 'WEEK_NOT_MONDAY', 'WEEK_OUTSIDE_CONTRACT', 'LOG_CONFIRMED'],
  },
  ConfirmTrainingLog: {
    title: { zh: '确认实习日志', en: 'Confirm a training log' },
    events: ['TrainingLogConfirmed'],
    refusals: [...changing, 'MENTOR_OF_ANOTHER', 'TEACHER_NOT_SERVING', 'CONTRACT_NOT_LIVE', 'LOG_UNKNOWN'],
  },
  SignGateway: {
    title: { zh: '签署考核准入', en: 'Sign the gateway before the final assessment' },
    events: ['GatewaySigned'],
    refusals: [...changing, 'PARTY_NOT_YOURS', 'CONTRACT_NOT_LIVE'],
  },
  CancelContract: {
    title: { zh: '取消协议', en: 'Cancel an agreement that has not begun' },
    events: ['ContractCancelled'],
    refusals: [...changing, 'CONTRACT_BEGUN'],
  },
  TerminateContract: {
    title: { zh: '提前解除协议', en: 'Terminate early' },
    events: ['ContractTerminated'],
    refusals: [...changing, 'CONTRACT_NOT_RUNNING', 'NOTICE_AFTER_END'],
  },
  CompleteContract: {
    title: { zh: '协议履行完毕', en: 'Complete the apprenticeship' },
    events: ['ContractCompleted'],
    refusals: [...changing, 'CONTRACT_NOT_LIVE', 'CONTRACT_NOT_DUE'],
  },
  RequestTerminationReversal: {
    title: { zh: '申请撤销解除', en: 'Request the reversal of a termination' },
    events: ['ApprovalRequested'],
    refusals: ['CONTRACT_NOT_TERMINATED', 'REQUEST_PENDING', 'LEARNER_ERASED'],
  },
  GrantApproval: {
    title: { zh: '同意申请（双人复核）', en: 'Grant a request (four eyes)' },
    events: ['ApprovalGranted', 'ApprovalStale', 'TerminationReversed'],
    refusals: [...settling, 'SAME_PERSON', 'REQUEST_DIGEST_DIFFERS', ...held],
  },
  RefuseApproval: {
    title: { zh: '不同意或撤回申请（双人复核）', en: 'Refuse or withdraw a request (four eyes)' },
    events: ['ApprovalRefused'],
    refusals: settling,
  },
} as const satisfies Record<ContractCommand['type'], CommandFacts>;

export const placementCommands = {
  StartBatch: {
    title: { zh: '批次开始', en: 'Start a batch' },
    events: ['BatchStarted'],
    refusals: [...enterprise, 'PLACEMENT_UNKNOWN', 'BATCH_OF_OTHER_PROJECT', ...student, 'BATCH_ENDS_BEFORE'],
  },
  GiveHandover: {
    title: { zh: '交接', en: 'Hand over to the next batch' },
    events: ['HandoverGiven'],
    refusals: ['EFFECTIVE_BEFORE_LAST_CHANGE', 'PLACEMENT_UNKNOWN', 'BATCH_DOES_NOT_FOLLOW'],
  },
  AcknowledgeHandover: {
    title: { zh: '确认交接', en: 'Acknowledge a handover' },
    events: ['HandoverAcknowledged'],
    refusals: ['EFFECTIVE_BEFORE_LAST_CHANGE', 'PLACEMENT_UNKNOWN', 'HANDOVER_NOT_GIVEN'],
  },
  EndBatch: {
    title: { zh: '批次结束', en: 'End a batch' },
    events: ['BatchEnded'],
    refusals: ['EFFECTIVE_BEFORE_LAST_CHANGE'],
  },
} as const satisfies Record<PlacementCommand['type'], CommandFacts>;
