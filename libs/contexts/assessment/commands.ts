import type { CommandFacts } from '../../kernel/commands.ts';
import type { AttemptCommand } from './attempt.ts';

// A reason's text is sealed: after an erasure no command that gives one can be written.
const changing = ['EFFECTIVE_BEFORE_LAST_CHANGE', 'LEARNER_ERASED'] as const;
const saying = ['VALUE_NOT_ACCEPTED', 'SCORE_OUT_OF_RANGE'] as const;
const settlingAppeal = [...changing, 'APPEAL_UNKNOWN', 'APPEAL_SETTLED', 'RESULT_NOT_PUBLISHED', 'SAME_PERSON'] as const;
const settling = ['REQUEST_UNKNOWN', 'REQUEST_SETTLED', 'LEARNER_ERASED'] as const;

export const attemptCommands = {
  OpenAttempt: {
    title: { zh: '开考', en: 'Open an attempt' },
    events: ['AttemptOpened'],
    refusals: [
      'LEARNER_ERASED',
      'ATTEMPT_EXISTS',
      'ATTEMPT_VOIDED',
      'ENROLLMENT_UNKNOWN',
      'ENROLLMENT_NOT_ACTIVE',
      'COURSE_UNKNOWN',
      'SCHEME_UNKNOWN',
      'TERM_UNKNOWN',
      'ATTEMPT_FOLLOWS_NONE',
      'ATTEMPT_UNKNOWN',
      'ATTEMPT_UNDECIDED',
      'ATTEMPT_PASSED',
      'ATTEMPT_KIND_NOT_ALLOWED',
      'MAKE_UP_AFTER_CHEATING',
      'CLASS_UNKNOWN',
      'CLASS_IS_ADMINISTRATIVE',
      'CLASS_NOT_OPEN',
      'CLASS_OF_OTHER_COURSE',
      'NOT_ON_ROSTER',
      'CONTRACT_UNKNOWN',
      'CONTRACT_NOT_TRAINING',
      'FINAL_WITHOUT_CONTRACT',
      'GATEWAY_NOT_SIGNED',
    ],
  },
  ScoreComponent: {
    title: { zh: '分项评分', en: 'Score a component' },
    events: ['ComponentScored'],
    refusals: [
      ...changing,
      'ATTEMPT_NOT_OPEN',
      'ASSESSOR_NOT_NAMED',
      'ASSESSOR_NOT_ALLOWED',
      'COMPONENT_UNKNOWN',
      'PART_NOT_SCORED',
      'SCORE_OUT_OF_RANGE',
      'COMPONENT_OF_OTHER_SIDE',
      'THIRD_MARKER_NOT_NEEDED',
      'THIRD_MARKER_NOT_INDEPENDENT',
      'THIRD_MARKER_GIVEN',
    ],
  },
  SubmitResult: {
    title: { zh: '提交成绩', en: 'Submit the result' },
    events: ['ResultSubmitted'],
    refusals: [...changing, 'ATTEMPT_NOT_OPEN', 'COMPONENTS_NOT_SCORED', 'BOTH_SIDES_NEEDED', 'THIRD_MARKER_NEEDED'],
  },
  ModerateResult: {
    title: { zh: '复核成绩', en: 'Moderate the result' },
    events: ['ResultModerated'],
    refusals: [...changing, ...saying, 'RESULT_NOT_SUBMITTED', 'SAME_PERSON', 'REASON_NEEDED'],
  },
  PublishResult: {
    title: { zh: '公布成绩', en: 'Publish the result' },
    events: ['ResultPublished'],
    refusals: [...changing, 'RESULT_NOT_MODERATED'],
  },
  FinalizeResult: {
    title: { zh: '确定成绩', en: 'Finalize the result' },
    events: ['ResultFinalized'],
    refusals: [...changing, 'RESULT_NOT_PUBLISHED', 'APPEAL_OPEN', 'APPEAL_WINDOW_OPEN'],
  },
  VoidAttempt: {
    title: { zh: '成绩作废', en: 'Void the attempt' },
    events: ['AttemptVoided'],
    refusals: [...changing, 'ATTEMPT_VOIDED', 'RESULT_FINAL'],
  },
  FileAppeal: {
    title: { zh: '申诉', en: 'File an appeal' },
    events: ['AppealFiled'],
    refusals: [...changing, 'RESULT_NOT_PUBLISHED', 'APPEAL_SETTLED', 'APPEAL_TOO_LATE'],
  },
  UpholdAppeal: {
    title: { zh: '申诉成立', en: 'Uphold an appeal' },
    events: ['AppealUpheld'],
    refusals: [...settlingAppeal, ...saying, 'NOTHING_TO_CORRECT'],
  },
  DismissAppeal: {
    title: { zh: '驳回申诉', en: 'Dismiss an appeal' },
    events: ['AppealDismissed'],
    refusals: settlingAppeal,
  },
  RequestGradeCorrection: {
    title: { zh: '申请更正成绩', en: 'Request a grade correction' },
    events: ['ApprovalRequested'],
    refusals: [...saying, 'LEARNER_ERASED', 'RESULT_NOT_PUBLISHED', 'NOTHING_TO_CORRECT', 'REQUEST_PENDING'],
  },
  GrantApproval: {
    title: { zh: '同意申请（双人复核）', en: 'Grant a request (four eyes)' },
    events: ['ApprovalGranted', 'ApprovalStale', 'GradeCorrected'],
    refusals: [...settling, 'SAME_PERSON', 'REQUEST_DIGEST_DIFFERS'],
  },
  RefuseApproval: {
    title: { zh: '不同意或撤回申请（双人复核）', en: 'Refuse or withdraw a request (four eyes)' },
    events: ['ApprovalRefused'],
    refusals: settling,
  },
  ImportResult: {
    title: { zh: '导入既有成绩', en: 'Import a result' },
    events: ['ResultImported'],
    refusals: ['LEARNER_ERASED', 'ATTEMPT_EXISTS', 'ROW_DIFFERS'],
  },
} as const satisfies Record<AttemptCommand['type'], CommandFacts>;
