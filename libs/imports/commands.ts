import type { CommandFacts } from '../kernel/commands.ts';

/** What lists about people who are on record lead to, beside their registration. */
export const batchEvents = [
  'AnnualRegistrationRecorded',
  'AdmissionRecheckPassed',
  'ClassChanged',
  'MajorChanged',
  'StudySuspended',
  'StatusRetained',
  'StudyResumed',
  'StudentTransferredOut',
  'StudentWithdrawn',
  'StudentExpelled',
  'StudentDeceased',
  'StudentGraduated',
  'StudyCompleted',
  'StudyLeftIncomplete',
  'PlaceRetained',
  'PlaceDeclined',
] as const;

export const importCommands = {
  StartImport: {
    title: { zh: '开始或继续一次导入', en: 'Start or go on with an import run' },
    events: ['ImportStarted'],
    refusals: [],
  },
  ImportRows: {
    title: { zh: '导入若干行，每行各有结果', en: 'Import rows, each with its own answer' },
    events: [
      'LearnerIdentified',
      'LearnerAdmitted',
      'StudentRegistered',
      'EnrollmentImported',
      'ClassFormed',
      'ProgramPublished',
      'ProgramGroupFormed',
      'ProgramJoinedGroup',
      'CoursePublished',
      'OrganizationRegistered',
      'TeacherRegistered',
      'DualQualificationGranted',
      'ContractImported',
      'ResultImported',
      ...batchEvents,
    ],
    refusals: ['RUN_UNKNOWN', 'RUN_FINISHED', 'RUN_UNDONE'],
  },
  RunBatch: {
    title: { zh: '按名单办理，每行各有结果', en: 'Carry out a list, each row with its own answer' },
    events: ['ImportStarted', 'StudentRegistered', ...batchEvents, 'ImportFinished'],
    refusals: ['CLASS_UNKNOWN', 'PROGRAM_UNKNOWN', 'PROGRAM_AMBIGUOUS', 'BATCH_INCOMPLETE', 'BATCH_TOO_LARGE', 'RUN_UNDONE'],
  },
  FinishImport: {
    title: { zh: '结束导入', en: 'Finish an import run' },
    events: ['ImportFinished'],
    refusals: ['RUN_UNKNOWN', 'RUN_UNDONE'],
  },
  RequestUndo: {
    title: { zh: '申请撤销一次导入（双人复核）', en: 'Request that a run be taken back (four eyes)' },
    events: ['ApprovalRequested'],
    refusals: ['RUN_UNKNOWN', 'RUN_NOT_UNDOABLE', 'RUN_UNDONE', 'REQUEST_PENDING'],
  },
  GrantUndo: {
    title: { zh: '同意撤销一次导入，逐行撤销', en: 'Grant that a run be taken back, row by row' },
    events: ['ApprovalGranted', 'ApprovalStale', 'ImportUndone', 'ImportRowsUndone', 'ImportUndoFinished'],
    refusals: ['RUN_UNKNOWN', 'REQUEST_UNKNOWN', 'REQUEST_SETTLED', 'SAME_PERSON', 'REQUEST_DIGEST_DIFFERS', 'RUN_UNDONE'],
  },
  RefuseUndo: {
    title: { zh: '不同意或撤回撤销申请', en: 'Refuse or withdraw a request to take a run back' },
    events: ['ApprovalRefused'],
    refusals: ['RUN_UNKNOWN', 'REQUEST_UNKNOWN', 'REQUEST_SETTLED'],
  },
} as const satisfies Readonly<Record<string, CommandFacts>>;
