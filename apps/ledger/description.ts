import {
  contractCommands,
  openingCommands,
  placementCommands,
  selectionCommands,
} from '../../libs/contexts/apprenticeship/commands.ts';
import { attemptCommands } from '../../libs/contexts/assessment/commands.ts';
import { curriculumCommands } from '../../libs/contexts/curriculum/commands.ts';
import { classCommands, enrollmentCommands, learnerCommands } from '../../libs/contexts/enrollment/commands.ts';
import { parkingCommands, rebuildCommands } from '../../libs/contexts/operations/commands.ts';
import { facultyCommands } from '../../libs/contexts/faculty/commands.ts';
import { schemeTemplates } from '../../libs/contexts/curriculum/scheme.ts';
import { partnershipCommands } from '../../libs/contexts/partnership/commands.ts';
import { orNull, type Described } from '../../libs/edge/openapi.ts';
import { policies } from '../../libs/edge/policy.ts';
import { importCommands } from '../../libs/imports/commands.ts';
import { importRun, uploadAnswers } from './upload-answers.ts';
import type { CommandFacts } from '../../libs/kernel/commands.ts';
import { queryAnswers } from '../../libs/records/examples.ts';

const tables: Readonly<Record<string, CommandFacts>> = {
  ...learnerCommands,
  ...enrollmentCommands,
  ...classCommands,
  ...curriculumCommands,
  ...facultyCommands,
  ...partnershipCommands,
  ...openingCommands,
  ...selectionCommands,
  ...contractCommands,
  ...placementCommands,
  ...attemptCommands,
  ...importCommands,
  ...rebuildCommands,
  ...parkingCommands,
};

/** Every kind of record has requests of its own, with what a grant of theirs may produce. */
const approvals: Readonly<Record<string, CommandFacts>> = {
  grantLearnerApproval: learnerCommands.GrantApproval,
  refuseLearnerApproval: learnerCommands.RefuseApproval,
  grantEnrollmentApproval: enrollmentCommands.GrantApproval,
  refuseEnrollmentApproval: enrollmentCommands.RefuseApproval,
  grantContractApproval: contractCommands.GrantApproval,
  refuseContractApproval: contractCommands.RefuseApproval,
  grantAttemptApproval: attemptCommands.GrantApproval,
  refuseAttemptApproval: attemptCommands.RefuseApproval,
};

const commands = Object.fromEntries(
  Object.entries(policies).flatMap(([operation, { command }]) => {
    const facts = approvals[operation] ?? (command === undefined ? undefined : tables[command]);
    return facts ? [[operation, facts]] : [];
  }),
);

const id = '5q8m2c7h1v0n4k3d';

const undoExample = {
  state: 'finished',
  requestId: orNull(id),
  digest: orNull('Zm9ydHktdHdvLWZvcnR5LXR3by1mb3J0'),
  requestedBy: orNull('registrar-1'),
  grantedBy: orNull('registrar-2'),
  takenBack: 118,
  kept: 1,
};

const batchExample = {
  runId: id,
  kind: 'status-changes',
  rows: 1,
  taken: 1,
  unchanged: 0,
  refused: 0,
  unknownColumns: [],
  answers: [{ row: 1, outcome: 'recorded', learnerId: id, enrollmentId: id }],
};

/** What the API document says of every operation of this app. */
export const described: Described = {
  commands,
  queries: {
    ...queryAnswers,
    listSchemeTemplates: {
      title: { zh: '评价方案模板', en: 'Templates of evaluation schemes' },
      example: { items: schemeTemplates },
    },
    startImport: {
      title: importCommands.StartImport.title,
      example: { runId: id, ordinal: 1, continued: false, by: 'registrar-1' },
    },
    importRosterRows: {
      title: { zh: '导入名册各行，每行各有结果', en: 'Import rows of a roster, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'registered', learnerId: id, enrollmentId: id }] },
    },
    importProgramRows: {
      title: { zh: '导入专业各行，每行各有结果', en: 'Import rows of a programs sheet, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'published' }] },
    },
    importCourseRows: {
      title: { zh: '导入课程各行，每行各有结果', en: 'Import rows of a courses sheet, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'versioned' }] },
    },
    importOrganizationRows: {
      title: { zh: '导入单位各行，每行各有结果', en: 'Import rows of an organizations sheet, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'registered' }] },
    },
    importMentorRows: {
      title: { zh: '导入教师和导师各行，每行各有结果', en: 'Import rows of teachers and mentors, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'registered' }] },
    },
    importContractRows: {
      title: { zh: '导入既有协议各行，每行各有结果', en: 'Import rows of contracts of before, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'imported', learnerId: id, enrollmentId: id }] },
    },
    importResultRows: {
      title: {
        zh: '导入教务系统成绩各行，每行各有结果',
        en: 'Import rows of the academic-affairs system’s results, each with its own answer',
      },
      example: { answers: [{ row: 2, outcome: 'imported', learnerId: id, enrollmentId: id }] },
    },
    importSheetRows: {
      title: { zh: '办理名单各行，每行各有结果', en: 'Carry out rows of a registrar’s list, each with its own answer' },
      example: { answers: [{ row: 2, outcome: 'recorded', learnerId: id, enrollmentId: id }] },
    },
    runBatch: {
      title: importCommands.RunBatch.title,
      example: batchExample,
    },
    runCohortBatch: {
      title: { zh: '按班级、专业或年级办理', en: 'The same of a whole class, program or year of entry, without a list' },
      example: { ...batchExample, kind: 'registrations', answers: [{ ...batchExample.answers[0], outcome: 'registered' }] },
    },
    finishImport: {
      title: importCommands.FinishImport.title,
      example: { runId: id, position: '42', lag: '0' },
    },
    ...uploadAnswers,
    readImport: { ...uploadAnswers['readImport']!, example: { ...importRun, undo: undoExample } },
    readImportUndo: {
      title: { zh: '撤销一次导入：逐行结果', en: 'What became of each row of a run that is taken back' },
      example: {
        runId: id,
        ...undoExample,
        rows: [
          {
            row: 4,
            outcome: 'kept',
            code: orNull('CHANGED_SINCE'),
            reason: orNull('此后又有：变更联系方式。未撤销。'),
            since: [{ type: 'ContactChanged', zh: '变更联系方式', en: 'Contact changed' }],
          },
        ],
        next: orNull('4'),
      },
      refusals: ['NOT_FOUND'],
    },
    readImportColumns: {
      title: {
        zh: '本校导入时自行指定的列，下次同类导入沿用',
        en: 'Columns that the institution’s imports named; the next of the kind reads them so too',
      },
      example: { columns: [{ kind: 'roster', header: '新学号', field: 'studentNumber' }] },
    },
    exportTranscripts: {
      title: { zh: '导出成绩', en: 'Transcripts as a sheet' },
      ...sheet('学号,姓名,专业代码\n'),
    },
    exportRegister: {
      title: { zh: '导出学籍名册', en: 'The register as a sheet' },
      ...sheet('KSH,XH,XM\n'),
    },
    exportClassLists: {
      title: { zh: '导出班级名单', en: 'Class lists as a sheet' },
      ...sheet('班级,序号,学号,姓名\n'),
    },
    exportContracts: {
      title: { zh: '导出三方协议', en: 'Contracts as a sheet' },
      ...sheet('协议标识,协议编号,姓名\n'),
    },
    exportTasks: {
      title: { zh: '导出待办', en: 'What is due as a sheet' },
      ...sheet('事项,截止日期,逾期\n'),
    },
    exportTimeline: {
      title: { zh: '导出学生历史记录', en: 'The timeline of a learner as a sheet' },
      ...sheet('位置,记录时间,生效时间\n'),
    },
  },
};

/** csv, or a workbook where that is asked for. */
function sheet(example: string): { mediaType: string; example: string; refusals: ['AS_OF_NOT_BUILT'] } {
  return { mediaType: 'text/csv', example, refusals: ['AS_OF_NOT_BUILT'] };
}
