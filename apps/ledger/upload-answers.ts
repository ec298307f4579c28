import { orNull, type Answered } from '../../libs/edge/openapi.ts';

const id = '5q8m2c7h1v0n4k3d';
const at = '2026-09-01T00:00:00.000Z';

/** Of a run that is asked for, beside what was taken back of it. */
export const importRun = {
  runId: id,
  kind: 'roster',
  fileDigest: 'a'.repeat(64),
  options: { formClasses: true },
  ordinal: 1,
  finished: orNull({ rows: 120, taken: 118, unchanged: 1, refused: 1 }),
  upload: orNull({
    state: 'finished',
    dryRun: false,
    file: { name: '新生名册.xlsx', bytes: 40_960 },
    by: 'registrar-1',
    acceptedAt: at,
    endedAt: orNull(at),
    progress: {
      rows: orNull(120),
      read: 120,
      answered: 120,
      taken: 118,
      unchanged: 1,
      refused: 1,
      perSecond: 900,
      secondsLeft: orNull(0),
      percent: 100,
    },
    failure: orNull({ code: 'FILE_TRUNCATED', detail: 'The file is cut short.' }),
    result: orNull(`/v1/imports/${id}/result`),
    keptUntil: orNull(at),
  }),
};

/** What is asked of import runs and how it is answered. */
export const uploadAnswers: Readonly<Record<string, Answered>> = {
  readImport: { title: { zh: '导入批次', en: 'An import run' }, example: importRun, refusals: ['NOT_FOUND'] },
  listImports: {
    title: { zh: '导入批次列表', en: 'The import runs, the newest first' },
    example: {
      items: [
        {
          runId: id,
          kind: 'roster',
          ordinal: 1,
          state: 'finished',
          dryRun: false,
          uploaded: true,
          by: 'registrar-1',
          startedAt: at,
          rows: orNull(120),
          taken: orNull(118),
          unchanged: orNull(1),
          refused: orNull(1),
        },
      ],
      next: orNull('WyJhIl0'),
      total: 1,
    },
    refusals: ['CURSOR_INVALID'],
  },
  followImport: {
    title: { zh: '跟踪上传文件的导入', en: 'Follow the import of an uploaded file' },
    mediaType: 'text/event-stream',
    example: `id: ${id}.1\nevent: progress\ndata: {}\n\n`,
    refusals: ['IMPORT_HAS_NO_RESULT'],
  },
  readImportResult: {
    title: { zh: '导入结果（原表加结果）', en: 'The result: the sheet again, with an answer beside every row' },
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    example: 'PK',
    refusals: ['IMPORT_NOT_OVER', 'IMPORT_HAS_NO_RESULT'],
  },
  findNearDuplicates: {
    title: {
      zh: '名册中与在册者姓名、出生日期相同而证件号码不同的人',
      en: 'Who of a roster has the name and birth date of somebody on record, under another id number',
    },
    example: { items: [{ row: 2, others: [{ learnerId: id, studentNumbers: ['2026010101'] }] }] },
    refusals: ['RUN_UNKNOWN', 'MALFORMED_JSON', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
  },
  pauseImport: {
    title: { zh: '暂停上传文件的导入', en: 'Pause the import of an uploaded file' },
    example: importRun,
    refusals: ['IMPORT_OVER', 'IMPORT_HAS_NO_RESULT'],
  },
  resumeImport: {
    title: { zh: '继续上传文件的导入', en: 'Resume the import of an uploaded file' },
    example: importRun,
    refusals: ['IMPORT_OVER', 'IMPORT_HAS_NO_RESULT'],
  },
  cancelImport: {
    title: { zh: '取消上传文件的导入', en: 'Cancel the import of an uploaded file' },
    example: importRun,
    refusals: ['IMPORT_OVER', 'IMPORT_HAS_NO_RESULT'],
  },
};
