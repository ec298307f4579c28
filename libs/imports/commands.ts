import type { CommandFacts } from '../kernel/commands.ts';

/** What lists about people who are on record lead to, beside their registration. */
const batchEvents = [
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
    refusals: ['RUN_UNKNOWN', 'RUN_FINISHED'],
  },
  RunBatch: {
    title: { zh: '按名单办理，每行各有结果', en: 'Carry out a list, each row with its own answer' },
    events: ['ImportStarted', 'StudentRegistered', ...batchEvents, 'ImportFinished'],
    refusals: ['CLASS_UNKNOWN', 'PROGRAM_UNKNOWN', 'PROGRAM_AMBIGUOUS', 'BATCH_INCOMPLETE', 'BATCH_TOO_LARGE'],
  },
  FinishImport: { title: { zh: '结束导入', en: 'Finish an import run' }, events: ['ImportFinished'], refusals: ['RUN_UNKNOWN'] },
} as const satisfies Readonly<Record<string, CommandFacts>>;
