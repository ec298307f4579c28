import { describe, expect, it } from '@jest/globals';
import { programForm } from './programs.ts';
import { rosterForm } from './roster.ts';
import { all, asRows, recordsOf } from './sheets.fixture.ts';
import { readTable, type SheetForm } from './table.ts';
import { fileErrorText, UnreadableFile } from './unreadable-file.ts';

const header = ['学号', '姓名', '身份证号', '专业', '入学日期'];
const record = ['001', '王芳', '999001', '电子商务', '2026-09-01'];

const refusal = async (rows: readonly (readonly string[])[]): Promise<UnreadableFile> => {
  const error = await readTable(asRows(rows), rosterForm).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof UnreadableFile)) throw new Error(`not refused: ${String(error)}`);
  expect(fileErrorText(error, 'zh')).not.toMatch(/[{–]/);
  return error;
};

/** The words of each field, with the field that a header of that word is taken for. */
const recognized = async <F extends string>(
  form: SheetForm<F>,
): Promise<[field: string, word: string, as: string | undefined][]> => {
  const needed = form.needed.map(([first]) => form.fields.find(({ field }) => field === first)?.zh[0] ?? '');
  const found: [string, string, string | undefined][] = [];
  for (const { field, zh, en, code } of form.fields) {
    for (const word of [...zh, ...en, ...(code === undefined ? [] : [code])]) {
      const { headers } = await readTable(asRows([[...needed.filter((other) => !zh.includes(other)), word]]), form);
      found.push([field, word, Object.entries(headers).find(([, said]) => said === word)?.[0]]);
    }
  }
  return found;
};

describe('the header', () => {
  it('is found below titles, notes and blank rows', async () => {
    const table = await readTable(
      asRows([
        ['某职业技术学院2026级新生名册', '', '', '', ''],
        ['填表说明：', '', '', '', ''],
        ['1. 姓名、身份证号必填', '', '2. 入学日期写到日'],
        [''],
        header,
        record,
      ]),
      rosterForm,
    );
    expect(table.headerRow).toBe(5);
    expect(table.header).toEqual(header);
    expect(await all(table.records)).toEqual([
      {
        row: 6,
        values: { studentNumber: '001', name: '王芳', idNumber: '999001', programName: '电子商务', entryDate: '2026-09-01' },
        headers: { studentNumber: '学号', name: '姓名', idNumber: '身份证号', programName: '专业', entryDate: '入学日期' },
        raw: record,
        problems: [],
      },
    ]);
  });

  it('may mix headers, codes and English names, in any order and dress', async () => {
    const dressed = [
      'RXRQ（必填）',
      ' Student  Number ',
      '姓　名*',
      'ＳＦＺＨ',
      '专业\n名称 (全称)',
      'guardian phone',
      '*学制(年)',
    ];
    const table = await readTable(asRows([dressed]), rosterForm);
    expect(table.headers).toEqual({
      entryDate: 'RXRQ（必填）',
      studentNumber: 'Student Number',
      name: '姓 名*',
      idNumber: 'ＳＦＺＨ',
      programName: '专业 名称 (全称)',
      guardianPhone: 'guardian phone',
      lengthOfStudy: '*学制(年)',
    });
    expect(table.unknownColumns).toEqual([]);
  });

  it('takes every known header of every field', async () => {
    const words = [...(await recognized(rosterForm)), ...(await recognized(programForm))];
    expect(words.length).toBeGreaterThan(90);
    expect(words.filter(([field, , as]) => as !== field)).toEqual([]);
  });

  it('has columns that nobody knows: they are listed', async () => {
    const table = await readTable(
      asRows([
        ['', ...header, '宿舍', '', '备注'],
        ['1', ...record, '3-201', '', 'x'],
      ]),
      rosterForm,
    );
    expect(table.unknownColumns).toEqual([{ column: 7, header: '宿舍' }]);
    await all(table.records);
    expect(table.unknownColumns).toEqual([
      { column: 7, header: '宿舍' },
      { column: 1, header: '' },
    ]);
  });

  it('is refused where it lacks a needed column, with what is missing', async () => {
    const error = await refusal([['名册'], ['学号', '姓名', '身份证号', '性别'], record]);
    expect(error.code).toBe('HEADER_NOT_FOUND');
    expect(error.facts).toEqual({ searched: 3, row: 2, missing: ['专业代码 / 专业名称', '入学日期'] });
  });

  it('is not looked for beyond row 50', async () => {
    const blanks = Array.from({ length: 50 }, () => ['']);
    expect((await refusal([...blanks, header])).code).toBe('HEADER_NOT_FOUND');
    expect((await readTable(asRows([...blanks.slice(1), header]), rosterForm)).headerRow).toBe(50);
  });

  it('is refused where two columns say the same', async () => {
    const error = await refusal([[...header, '专业名称', 'XH']]);
    expect(error.code).toBe('HEADER_AMBIGUOUS');
    expect(error.facts).toEqual({
      row: 1,
      fields: ['programName', 'studentNumber'],
      columns: ['学号', '专业', '专业名称', 'XH'],
    });
  });

  it('closes the rows when it is refused', async () => {
    for (const cells of [[...header, 'XH'], ['学号']]) {
      let closed = false;
      async function* rows() {
        try {
          for (let row = 1; ; row++) yield await Promise.resolve({ row, cells });
        } finally {
          closed = true;
        }
      }
      await expect(readTable(rows(), rosterForm)).rejects.toThrow(UnreadableFile);
      expect(closed).toBe(true);
    }
  });

  it('is missing in an empty file', async () => {
    expect((await refusal([])).code).toBe('FILE_EMPTY');
  });
});

describe('records', () => {
  it('leave out blank rows and the foot of the table, which is listed', async () => {
    const table = await readTable(
      asRows([
        header,
        record,
        ['', ' ', '　'],
        ['合计', '1人', '', '', ''],
        ['', '总计：1人'],
        ['制表人：李娜', '', '', '', '审核人：张伟'].slice(0, 4),
        ['注：以上信息由学生本人确认'],
        ['填表日期：2026年9月1日'],
        ['审核人', '', ''],
      ]),
      rosterForm,
    );
    expect((await all(table.records)).map(({ row }) => row)).toEqual([2]);
    expect(table.footRows).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it.each(['#N/A', ' #REF! ', "'#NAME?", '#DIV/0!', '#value!', '########'])(
    'have the error %s that a csv wrote as text',
    async (error) => {
      const { records } = await readTable(asRows([header, record.with(1, error)]), rosterForm);
      expect(await all(records)).toMatchObject([
        { faults: [{ code: 'CELL_ERROR', column: '姓名', field: 'name', facts: { value: error } }] },
      ]);
      const { records: others } = await readTable(asRows([header, record.with(1, '#1 王')]), rosterForm);
      expect((await all(others))[0]!.faults).toBeUndefined();
    },
  );

  it('are kept where a name or a class only begins like a foot', async () => {
    const rows = [
      header,
      ['合计1班', '王芳', '999001', '电子商务', '2026-09-01'],
      ['注', '王芳', '', '', ''],
      ['注册', '', '', '', ''],
    ];
    expect((await recordsOf(rosterForm, rows)).map(({ row }) => row)).toEqual([2, 3, 4]);
  });

  it('may be shorter than the header, and longer by blank cells', async () => {
    const [short, long] = await recordsOf(rosterForm, [[...header, '备注', ''], record, [...record, 'x', ' ', '']]);
    expect(short?.problems).toEqual([]);
    expect(short?.values.note).toBeUndefined();
    expect(long?.problems).toEqual([]);
    expect(long?.raw).toEqual([...record, 'x', ' ', '']);
  });

  it('are refused with something beyond the header', async () => {
    const [shifted] = await recordsOf(rosterForm, [header, [...record.slice(0, 3), '电子', '商务', '2026-09-01']]);
    expect(shifted?.problems).toEqual([{ code: 'COLUMNS_SHIFTED', column: '', field: '', facts: { columns: 5, at: 6 } }]);
  });

  it('close the rows when the reader stops early', async () => {
    let closed = false;
    async function* rows() {
      try {
        yield await Promise.resolve({ row: 1, cells: header });
        for (let row = 2; ; row++) yield { row, cells: record };
      } finally {
        closed = true;
      }
    }
    const table = await readTable(rows(), rosterForm);
    for await (const { row } of table.records) if (row > 3) break;
    expect(closed).toBe(true);
  });
});
