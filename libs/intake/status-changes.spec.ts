import { describe, expect, it } from '@jest/globals';
import { retentionGrounds, suspensionGrounds, withdrawalGrounds } from '../events/catalog/enrollment.ts';
import { batchSheets, type BatchKind } from './batch-sheets.ts';
import { cellsOf, importForms } from './import-kinds.ts';
import { problemText } from './problems.ts';
import { recordsOf, residentId } from './sheets.fixture.ts';
import { mapStatusChangeRow, statusChangeForm } from './status-changes.ts';
import { retentionGroundWords, suspensionGroundWords, withdrawalGroundWords } from './status-change-words.ts';

const header = ['学号', '姓名', '异动类型', '异动日期', '异动原因', '期满日期', '备注'];
const mapped = async (...cells: readonly string[]) => {
  const [record] = await recordsOf(statusChangeForm, [['2026年9月学籍异动表'], header, cells, ['制表人：王老师']]);
  return mapStatusChangeRow(record!);
};
const problemsOf = async (...cells: readonly string[]) => {
  const row = await mapped(...cells);
  return row.ok ? [] : row.problems.map(({ field, code }) => `${field}: ${code}`);
};
const read = (kind: BatchKind, cells: Readonly<Record<string, string>>) => batchSheets[kind].read(1, cells);

describe('a row of status changes', () => {
  it('is read as offices write it', async () => {
    expect(await mapped('2026010101', '王 芳', '休学', '2026.11.2', '因病休学', '2027/9/1', '附医院证明')).toEqual({
      ok: true,
      warnings: [],
      row: {
        row: 3,
        whom: { studentNumber: '2026010101', name: '王芳' },
        change: 'suspended',
        on: '2026-11-02',
        ground: 'illness',
        until: '2027-09-01',
        note: '附医院证明',
      },
    });
  });

  it.each([
    ['休学', suspensionGroundWords, suspensionGrounds],
    ['保留学籍', retentionGroundWords, retentionGrounds],
    ['退学', withdrawalGroundWords, withdrawalGrounds],
  ] as const)('of %s takes every ground by its words and its code, and no other', async (change, words, grounds) => {
    expect(words.map(({ code }) => code)).toEqual(Object.keys(grounds));
    const until = change === '退学' ? '' : '2027-09-01';
    for (const [code, { zh, en }] of Object.entries(grounds)) {
      for (const said of [code, zh, en]) {
        expect(await mapped('1', '王芳', change, '2026-11-02', said, until, '')).toMatchObject({
          ok: true,
          row: { ground: code },
        });
      }
    }
    const refused = await mapped('1', '王芳', change, '2026-11-02', '不想上了', until, '');
    expect(refused.ok ? [] : refused.problems).toMatchObject([
      { code: 'VALUE_NOT_IN_LIST', field: 'ground', facts: { accepted: Object.values(grounds).map(({ zh }) => zh) } },
    ]);
  });

  it('keeps the words of a change that has no list of grounds with the note', async () => {
    expect(await mapped('1', '王芳', '死亡', '2026-11-02', '交通事故', '', '家属已告知')).toMatchObject({
      ok: true,
      row: { change: 'deceased', note: '交通事故；家属已告知' },
    });
  });

  it('needs what its change needs, and tells what it does not record of it', async () => {
    expect(await problemsOf('1', '王芳', '休学', '2026-11-02', '因病', '', '')).toEqual(['until: NEEDED_FOR_CHANGE']);
    expect(await problemsOf('1', '王芳', '开除学籍', '2026-11-02', '', '', '')).toEqual(['decisionNumber: NEEDED_FOR_CHANGE']);
    expect(await problemsOf('1', '王芳', '退学', '2026-11-02', '', '', '')).toEqual(['ground: VALUE_MISSING']);
    const told = await mapped('1', '王芳', '退学', '2026-11-02', '自愿退学', '2027-09-01', '');
    expect(told.ok && [told.row.until, told.warnings.map((warning) => problemText(warning, 'en'))]).toEqual([
      undefined,
      ['“期满日期” is not recorded of a withdrawal.'],
    ]);
  });

  it('reports every problem', async () => {
    expect(await problemsOf('', '', '升学', '2026-02-31', '', '', '')).toEqual([
      'studentNumber: VALUE_MISSING',
      'name: VALUE_MISSING',
      'change: VALUE_NOT_IN_LIST',
      'on: DATE_INVALID',
    ]);
  });

  it('names somebody without a number by her document', () => {
    const cells = { 证件号码: residentId('20080101'), 姓名: '王芳', 异动类型: '放弃入学资格', 异动日期: '20260920' };
    const { mapped: row } = read('status-changes', cells);
    expect(row.ok && row.row).toMatchObject({ whom: { idType: 'resident-id', idNumber: residentId('20080101'), name: '王芳' } });
  });
});

describe('cells by their headers', () => {
  it('may be called in Chinese, in English or by our names; what nobody knows is told', () => {
    const said = read('rechecks', { 'student number': '1', name: '王芳', result: '合格', '备 注': '', 班主任: '李老师' });
    expect(said.unknown).toEqual(['班主任']);
    expect(said.mapped).toMatchObject({ ok: true, row: { row: 1, passed: true } });
    expect(read('rechecks', { studentNumber: '1', XM: '王芳', 复查结果: '未通过' }).mapped).toMatchObject({
      row: { passed: false },
    });
  });

  it('that say the same twice are refused', () => {
    const { mapped: row } = read('rechecks', { 学号: '1', XH: '2', 姓名: '王芳', 复查结果: '合格' });
    expect(row.ok ? [] : row.problems.map((problem) => problemText(problem, 'zh'))).toEqual(['“XH”出现两次：学号, XH。']);
  });
});

describe('a list in a workbook', () => {
  /** A row of one kind as a workbook of the 1904 system holds it: `kinds` are those of cells that are no text. */
  const record = (kind: BatchKind, values: Readonly<Record<string, string>>, kinds: Readonly<Record<string, 'date'>> = {}) => {
    const { fields } = batchSheets[kind].form;
    const headers = Object.fromEntries(fields.map(({ field, zh }) => [field, zh[0]]));
    return { row: 2, values, headers, raw: [], kinds, dateSystem: '1904' as const, problems: [] };
  };
  const someone = { studentNumber: '2026010101', name: '王芳' };
  const said: Readonly<Record<BatchKind, Readonly<Record<string, string>>>> = {
    registrations: { ...someone, idNumber: residentId('20080101') },
    'annual-registrations': { ...someone, academicYear: '2026-2027' },
    'status-changes': { ...someone, change: '退学', ground: '本人申请' },
    'class-changes': { ...someone, className: '电商2602' },
    rechecks: { ...someone, result: '合格' },
  };
  const kinds = Object.keys(said) as BatchKind[];

  it.each(kinds)('of %s counts days as the workbook does, for who reads it and for who sends its cells on', (kind) => {
    // 2026-10-07, 44840 days after 1904-01-01.
    const days = record(kind, { ...said[kind], on: '44840' });
    expect(importForms[kind].mapper()(days)).toMatchObject({ ok: true, row: { on: '2026-10-07' } });
    const sent = cellsOf(batchSheets[kind].form, days);
    expect(read(kind, sent)).toMatchObject({ mapped: { ok: true, row: { on: '2026-10-07' } }, unknown: [] });
  });

  it.each(kinds)('of %s takes a date for a day and for a word of a note, and for nothing else', (kind) => {
    const day = '2026-10-07';
    const dated = record(kind, { ...said[kind], on: day, note: day }, { on: 'date', note: 'date' });
    expect(importForms[kind].mapper()(dated)).toMatchObject({ ok: true, row: { on: day, note: day } });
    const became = record(kind, { ...said[kind], on: day, studentNumber: day }, { on: 'date', studentNumber: 'date' });
    expect(importForms[kind].mapper()(became)).toMatchObject({
      ok: false,
      problems: [{ code: 'VALUE_BECAME_DATE', field: 'studentNumber', column: '学号' }],
    });
  });

  it('is refused row by row where cells hold nothing that can be read', () => {
    const faults = [{ code: 'CELL_ERROR', column: '姓名', field: 'name', facts: { value: '#N/A' } }] as const;
    const row = { ...record('rechecks', { studentNumber: '1', result: '不明' }), faults };
    const refused = importForms.rechecks.mapper()(row);
    expect(refused.ok ? [] : refused.problems.map(({ code, field }) => `${field}: ${code}`)).toEqual([
      'name: CELL_ERROR',
      'result: VALUE_NOT_IN_LIST',
    ]);
  });
});
