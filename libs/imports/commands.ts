import type { CommandFacts } from '../kernel/commands.ts';

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
    ],
    refusals: ['RUN_UNKNOWN', 'RUN_FINISHED'],
  },
  FinishImport: { title: { zh: '结束导入', en: 'Finish an import run' }, events: ['ImportFinished'], refusals: ['RUN_UNKNOWN'] },
} as const satisfies Readonly<Record<string, CommandFacts>>;
