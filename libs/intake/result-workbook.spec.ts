import { describe, expect, it } from '@jest/globals';
import { findTable } from './find-table.ts';
import { heldBytes } from './byte-source.ts';
import { readSheets } from './read-sheet.ts';
import { ownColumns } from './result-columns.ts';
import { resultWorkbook, type ResultSummary, type RowVerdict } from './result-workbook.ts';
import { rosterForm } from './roster.ts';
import type { Sheet, SheetRow } from './sheet-row.ts';
import { all } from './sheets.fixture.ts';
import { partsOf, zipped } from './workbooks.fixture.ts';

const text = (place: string, value: string): string => `<c r="${place}" t="inlineStr"><is><t>${value}</t></is></c>`;
const row = (number: number, cells: string, more = ''): string => `<row r="${number}"${more}>${cells}</row>`;

/** A roster as an office makes one: a title, a blank row, numbers and dates, a hidden row, merged classes, a shifted row, a foot. */
const roster = async (): Promise<Sheet> => {
  const header = ['姓名', '身份证号', '专业代码', '入学日期', '班级', '学号'];
  const letters = 'ABCDEFG';
  const line = (number: number, cells: readonly string[], more?: string): string =>
    row(
      number,
      cells.map((cell, at) => (cell.startsWith('<') ? cell : cell && text(`${letters[at]}${number}`, cell))).join(''),
      more,
    );
  const bytes = await zipped(
    partsOf({
      rows: [
        line(1, ['2026级新生名册']),
        line(3, header),
        line(4, [
          '王芳',
          '440305200801010019',
          '530701',
          '<c r="D4" s="1"><v>46266</v></c>',
          '电商1班',
          '<c r="F4" s="2"><v>123</v></c>',
        ]),
        line(5, ['李雷', '1', '530701', '2026-09-01', '', '=1+1'], ' hidden="1"'),
        line(6, ['韩梅', '2', '530701', '2026-09-01', '', '5']),
        line(7, ['多余', '3', '530701', '2026-09-01', '电商2班', '6', '挤出来的']),
        line(9, ['合计', '4人']),
      ].join(''),
      after: '<mergeCells count="1"><mergeCell ref="E4:E6"/></mergeCells>',
      styles:
        '<numFmts><numFmt numFmtId="166" formatCode="0000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="166"/></cellXfs>',
      workbook: '<workbook><sheets><sheet name="名册" sheetId="1" r:id="r1"/></sheets></workbook>',
    }),
  );
  return (await readSheets(heldBytes(bytes)))[0]!;
};

const summary: ResultSummary = {
  kind: 'roster',
  file: '新生.xlsx',
  digest: 'a'.repeat(64),
  by: 'registrar-1',
  began: '2026-11-22 09:00:00',
  ended: '2026-11-22 09:00:01',
  runId: 'run1',
  state: 'finished',
  counts: [
    { words: '已注册', rows: 1 },
    { words: '被拒', rows: 3 },
  ],
  rows: 4,
  unknownColumns: ['=辅导员'],
  unrecordedColumns: [],
  hiddenRows: [5],
  footRows: [9],
  nearDuplicates: [
    {
      row: 4,
      name: '王芳',
      birthDate: '2008-01-01',
      idNumber: '440305200801010019',
      others: [{ learnerId: 'l1', studentNumbers: ['2025000001'] }],
    },
  ],
};

const verdicts = new Map<number, RowVerdict>([
  [4, { outcome: '已注册', why: '', refused: false }],
  [5, { outcome: '被拒', why: '=证件号码不对', refused: true }],
  [6, { outcome: '已注册', why: '请核对', refused: false }],
  [7, { outcome: '被拒', why: '各列错位', refused: true }],
]);

const resultOf = async (sheet: Sheet, fillDown = false): Promise<readonly Sheet[]> => {
  const table = await findTable([sheet], rosterForm, { fillDown });
  await table.records.return();
  const bytes = await all(
    resultWorkbook({
      ...table,
      verdictOf: (number) => verdicts.get(number),
      fillDown,
      summary,
      language: 'zh',
    }) as AsyncIterable<Uint8Array>,
  );
  return readSheets(heldBytes(Buffer.concat(bytes)));
};
const filled = async (sheet: Sheet): Promise<SheetRow[]> => (await all(sheet.rows())).filter(({ cells }) => cells.length > 0);
const cellsOf = (rows: readonly SheetRow[]): (readonly string[])[] => rows.map(({ cells }) => cells);

describe('the result workbook', () => {
  it('is the sender’s sheet: titles and header in their place, what was refused on top, the foot below', async () => {
    const [sheet] = await resultOf(await roster());
    expect(sheet!.name).toBe('名册');
    const rows = await filled(sheet!);
    expect(cellsOf(rows)).toEqual([
      ['2026级新生名册'],
      ['姓名', '身份证号', '专业代码', '入学日期', '班级', '学号', '导入结果', '原因及可填内容'],
      ['李雷', '1', '530701', '2026-09-01', '', '=1+1', '被拒', '=证件号码不对'],
      ['多余', '3', '530701', '2026-09-01', '电商2班', '6', '被拒', '各列错位', '挤出来的'],
      ['王芳', '440305200801010019', '530701', '2026-09-01', '电商1班', '0000123', '已注册'],
      ['韩梅', '2', '530701', '2026-09-01', '', '5', '已注册', '请核对'],
      ['合计', '4人'],
    ]);
    expect(rows.map(({ row: number }) => number)).toEqual([1, 3, 4, 5, 6, 7, 8]);
    // Text stays text, a date a date, a number with its zeros a number.
    expect(rows[2]!.stored).toBeUndefined();
    expect(rows[4]!.stored?.flatMap((cell) => cell ?? [])).toEqual([
      { kind: 'date', value: '2026-09-01', format: 'yyyy/m/d' },
      { kind: 'number', value: '123', format: '0000000' },
    ]);
  });

  it('is read again as the same sheet: our columns are no columns of hers, and a shifted row is still seen to be one', async () => {
    const [first] = await resultOf(await roster());
    const again = await findTable([first!], rosterForm);
    const records = await all(again.records);
    expect(records.map(({ values, problems }) => [values.name, problems.map(({ code }) => code)])).toEqual([
      ['李雷', []],
      ['多余', ['COLUMNS_SHIFTED']],
      ['王芳', []],
      ['韩梅', []],
    ]);
    expect(again.footRows).toEqual([8]);
    expect(ownColumns(again.header)).toEqual([0, 1, 2, 3, 4, 5]);
    const [second] = await resultOf(first!);
    expect((await filled(second!))[1]!.cells).toEqual(again.header);
  });

  it('writes merged cells out where each of them was read as the first', async () => {
    const [sheet] = await resultOf(await roster(), true);
    expect((await filled(sheet!)).map(({ cells }) => cells[4] ?? '')).toEqual([
      '',
      '班级',
      '电商1班',
      '电商2班',
      '电商1班',
      '电商1班',
      '',
    ]);
  });

  it('sums up what was read, and what a person should look at', async () => {
    const [, sheet] = await resultOf(await roster());
    expect(sheet!.name).toBe('导入汇总');
    const said = new Map(cellsOf(await filled(sheet!)).map(([word = '', ...cells]) => [word, cells]));
    expect(said.get('被拒')).toEqual(['3']);
    expect(said.get('文件 SHA-256')).toEqual(['a'.repeat(64)]);
    expect(said.get('未识别的列（未读取）')).toEqual(['=辅导员']);
    expect(said.get('已读取的隐藏行')).toEqual(['5']);
    expect(said.get('表尾行（未读取）')).toEqual(['9']);
    expect(said.get('4')).toEqual(['王芳', '2008-01-01', '440305200801010019', '2025000001 · l1']);
    expect([...said.keys()]).toContain('疑似重复（姓名和出生日期相同，证件号码不同）：1');
  });
});

it('only columns side by side are taken for ours', () => {
  expect(ownColumns(['姓名', '原因', '导入结果', '备注'])).toEqual([0, 1, 2, 3]);
  expect(ownColumns(['姓名', 'Import result', '原因及可填内容', '备注', ''])).toEqual([0, 3]);
  expect(ownColumns(['姓名', '原行号', '原因代码', '原因'])).toEqual([0]);
  expect(ownColumns(['row', 'code', 'reason', 'name'])).toEqual([3]);
});
