import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fileBytes, heldBytes } from '../../libs/intake/byte-source.ts';
import { findTable, type FindOptions, type FoundTable } from '../../libs/intake/find-table.ts';
import { importForms } from '../../libs/intake/import-kinds.ts';
import { readSheets } from '../../libs/intake/read-sheet.ts';
import { resultWorkbook, type ResultSummary } from '../../libs/intake/result-workbook.ts';
import { mapRosterRow, rosterForm, type RosterField, type RosterRow } from '../../libs/intake/roster.ts';
import { UnreadableFile } from '../../libs/intake/unreadable-file.ts';
import type { FileErrorCode } from '../../libs/kernel/file-errors.ts';
import type { Mapped } from '../../libs/intake/map-row.ts';

/** Workbooks that openpyxl and LibreOffice wrote (make.py), one for each thing that real sheets do; `-calc` is the same, saved by the other. */
const files = join(import.meta.dirname, 'files');
const seen = new Set<string>();

interface ReadSheet {
  readonly table: FoundTable<RosterField>;
  readonly rows: readonly (readonly [row: number, mapped: Mapped<RosterRow>])[];
}

const read = async (name: string, options: FindOptions<RosterField> = {}): Promise<ReadSheet> => {
  seen.add(name);
  const source = await fileBytes(join(files, name));
  try {
    const table = await findTable(await readSheets(source), rosterForm, options);
    const rows: [number, Mapped<RosterRow>][] = [];
    for await (const record of table.records) rows.push([record.row, mapRosterRow(record)]);
    return { table, rows };
  } finally {
    await source.close();
  }
};

/** What a row says in one place, or the codes of what is wrong with it. */
const said = ({ rows }: ReadSheet, of: (row: RosterRow) => string | undefined): (string | undefined)[] =>
  rows.map(([, mapped]) => (mapped.ok ? of(mapped.row) : mapped.problems.map(({ code }) => code).join(' ')));

const warned = ({ rows }: ReadSheet): string[] =>
  rows.flatMap(([row, mapped]) => (mapped.ok ? mapped.warnings.map(({ code }) => `${row} ${code}`) : []));

const numberOf = (row: RosterRow): string | undefined => row.studentNumber;
const nameOf = (row: RosterRow): string => row.identity.name;
const classOf = (row: RosterRow): string | undefined => row.className;
const entryOf = (row: RosterRow): string => row.entryDate;

const resultSummary: ResultSummary = {
  kind: 'roster',
  file: '名册.xlsx',
  digest: '',
  by: '',
  began: '',
  ended: '',
  runId: '',
  state: 'finished',
  counts: [],
  rows: 0,
  unknownColumns: [],
  unrecordedColumns: [],
  hiddenRows: [],
  footRows: [],
  nearDuplicates: [],
};

const both = (name: string): [string][] => [[`${name}.xlsx`], [`${name}-calc.xlsx`]];

describe('layout', () => {
  it.each(both('layout'))('titles, notes, blank rows and columns, the foot: %s', async (name) => {
    const sheet = await read(name);
    expect(sheet.table.headerRow).toBe(5);
    expect(sheet.rows.map(([row]) => row)).toEqual([6, 8]);
    expect(said(sheet, numberOf)).toEqual(['002600000', '002600001']);
    expect(sheet.table.footRows).toEqual([9, 10, 11]);
    expect(sheet.table.unknownColumns).toEqual([]);
  });

  it('several sheets: the first one with a header, or the one that is asked for', async () => {
    const first = await read('sheets.xlsx');
    expect([first.table.sheet.name, first.table.otherSheets, said(first, numberOf)]).toEqual([
      '名册',
      ['说明', '往届'],
      ['002600000'],
    ]);
    for (const sheet of ['往届', '3']) expect(said(await read('sheets.xlsx', { sheet }), numberOf)).toEqual(['002600007']);
    await expect(read('sheets.xlsx', { sheet: '2025' })).rejects.toMatchObject({
      code: 'SHEET_UNKNOWN',
      facts: { sheet: '2025', sheets: ['说明', '名册', '往届'] },
    });
    await expect(read('sheets.xlsx', { sheet: '1' })).rejects.toMatchObject({
      code: 'HEADER_ON_NO_SHEET',
      facts: { sheet: '说明', row: 1 },
    });
  });

  it.each(both('hidden-rows'))('hidden rows are read, and said so: %s', async (name) => {
    const sheet = await read(name);
    expect(sheet.rows.map(([row]) => row)).toEqual([2, 3, 4, 5]);
    expect(sheet.table.hiddenRows).toEqual([3, 4]);
  });

  it('a hidden sheet is read, and said so', async () => {
    const { table, rows } = await read('hidden-sheet.xlsx');
    expect([table.sheet.name, table.sheet.hidden, table.otherSheets, rows.length]).toEqual(['名册', true, ['封面'], 1]);
  });

  it('a hidden sheet is not read where one that is shown has a header too', async () => {
    const { table, rows } = await read('hidden-sheet-first.xlsx');
    expect([table.sheet.name, table.sheet.hidden, table.otherSheets, rows.length]).toEqual(['名册', false, ['往届'], 1]);
    expect((await read('hidden-sheet-first.xlsx', { sheet: '往届' })).table.sheet.hidden).toBe(true);
  });

  it.each(both('merged'))('cells merged downward are refused with their row, or filled down: %s', async (name) => {
    const refused = await read(name);
    expect(said(refused, classOf)).toEqual(['电商2601班', 'CELL_MERGED', 'CELL_MERGED', '电商2602班']);
    expect(refused.rows[1]![1]).toMatchObject({ problems: [{ column: '班级', field: 'className', facts: { from: 2 } }] });
    const filled = await read(name, { fillDown: true });
    expect(said(filled, classOf)).toEqual(['电商2601班', '电商2601班', '电商2601班', '电商2602班']);
  });

  it('a header of two rows', async () => {
    const sheet = await read('header-of-two-rows.xlsx');
    expect(sheet.rows.map(([row]) => row)).toEqual([3]);
    expect(said(sheet, numberOf)).toEqual(['002600000']);
  });

  it('a header of two rows whose words stand in either: none of them has all', async () => {
    const sheet = await read('header-in-groups.xlsx');
    expect([sheet.table.headerRow, sheet.rows.map(([row]) => row)]).toEqual([3, [4, 5]]);
    expect(sheet.table.unknownColumns).toEqual([{ column: 1, header: '序号' }]);
    expect(said(sheet, (row) => `${row.studentNumber} ${row.className} ${row.contact?.phone}`)).toEqual([
      '002600000 电商2601班 13800138000',
      'ID_LENGTH',
    ]);
  });

  it('columns under a heading of the header are read too', async () => {
    const sheet = await read('header-with-sub-columns.xlsx');
    expect([sheet.table.headerRow, sheet.table.unknownColumns]).toEqual([2, []]);
    expect(said(sheet, (row) => `${row.studentNumber} ${row.contact?.phone} ${row.contact?.guardianPhone}`)).toEqual([
      '002600000 13800138000 13900139000',
    ]);
  });

  it.each([
    ['header-in-groups.xlsx', ['002600001', '002600000']],
    ['header-with-sub-columns.xlsx', ['002600000']],
  ])('a result workbook is read as the sheet was: %s', async (name, numbers) => {
    const source = await fileBytes(join(files, name));
    try {
      const { sheet, headerRow, header } = await findTable(await readSheets(source), rosterForm);
      const bytes: Buffer[] = [];
      for await (const chunk of resultWorkbook({
        sheet,
        headerRow,
        header,
        verdictOf: (row) => (row > headerRow ? { outcome: '', why: '', refused: row === 5 } : undefined),
        fillDown: false,
        language: 'zh',
        summary: resultSummary,
      }))
        bytes.push(chunk as Buffer);
      const again = await findTable(await readSheets(heldBytes(Buffer.concat(bytes))), rosterForm);
      const records = [];
      for await (const { values } of again.records) records.push(values.studentNumber);
      expect([again.headerRow, records, again.footRows]).toEqual([headerRow, numbers, []]);
    } finally {
      await source.close();
    }
  });

  it('columns that the sender names', async () => {
    const columns = new Map<string, RosterField | null>([
      ['班级', null],
      ['学 号', 'candidateNumber'],
    ]);
    const sheet = await read('whole.xlsx', { columns });
    expect(sheet.table.unknownColumns).toEqual([{ column: 6, header: '班级' }]);
    expect(said(sheet, (row) => row.identity.candidateNumber)[0]).toBe('002600000');
    expect(said(sheet, (row) => row.studentNumber ?? row.className)[0]).toBeUndefined();
  });
});

describe('numbers that are names', () => {
  it.each(both('numbers'))('are kept digit by digit: %s', async (name) => {
    const expected = ['20260001', '20260002', '20260003', '0026004', '20260005', '00026006', '20260007'];
    expect(said(await read(name), numberOf)).toEqual(expected);
  });

  it.each(both('digits-lost'))('are refused where digits were lost: %s', async (name) => {
    const lost = ['ID_DIGITS_LOST', 'ID_DIGITS_LOST', 'ID_DIGITS_LOST', 'ID_DIGITS_LOST', 'VALUE_BECAME_DATE'];
    expect(said(await read(name), numberOf)).toEqual(lost);
  });
});

describe('dates', () => {
  it.each(both('dates'))('in every form are the same day: %s', async (name) => {
    expect(new Set(said(await read(name), entryOf))).toEqual(new Set(['2026-09-01']));
  });

  it.each(both('dates-1904'))('are counted as the workbook counts: %s', async (name) => {
    const sheet = await read(name);
    expect(sheet.table.sheet.dateSystem).toBe('1904');
    expect(said(sheet, entryOf)).toEqual(['2026-09-01', '2026-09-01', '2026-09-01']);
  });

  it.each(both('changes-1904'))('of a list of changes too, where a class that became one is refused: %s', async (name) => {
    seen.add(name);
    const { form, mapper } = importForms['status-changes'];
    const source = await fileBytes(join(files, name));
    const table = await findTable(await readSheets(source), form, {});
    const rows: unknown[] = [];
    for await (const record of table.records) rows.push(mapper()(record));
    await source.close();
    const days = { change: 'suspended', on: '2026-10-07', until: '2027-09-01', ground: 'illness' };
    expect(rows).toMatchObject([
      { ok: true, row: days },
      { ok: true, row: { ...days, note: '2026-10-07' } },
      { ok: false, problems: [{ code: 'VALUE_BECAME_DATE', field: 'className', column: '转入班级' }] },
    ]);
  });

  it('that do not exist are refused', async () => {
    expect(said(await read('dates-wrong.xlsx'), entryOf)).toEqual([
      'DATE_INVALID',
      'DATE_INVALID',
      'DATE_INVALID',
      'DATE_FORM_UNKNOWN',
      'DATE_FORM_UNKNOWN',
    ]);
  });
});

it.each(both('characters'))('characters: %s', async (name) => {
  const sheet = await read(name);
  expect(said(sheet, nameOf)).toEqual([
    '王芳',
    '李娜',
    '阿依古丽·买买提',
    '阿依古丽·买买提',
    '扎西·次仁',
    '𠮷田𬭚',
    '䶮明',
    '\uE000明',
  ]);
  expect(said(sheet, numberOf)[0]).toBe('2026000A1');
  expect(said(sheet, (row) => row.identity.idNumber)[1]).toMatch(/^\d{17}X$/);
  expect(warned(sheet)).toEqual(['9 PRIVATE_USE_CHARACTER']);
});

describe('cells', () => {
  it('formulas say what their program calculated', async () => {
    expect(said(await read('formulas-calc.xlsx'), (row) => `${row.program.name} ${row.className}`)).toEqual([
      '电子商务 电商2601班',
      '电子商务 电商2601班',
      '电子商务 电商2601班',
      'CELL_ERROR',
      '电子商务 undefined',
    ]);
  });

  it('formulas that nobody calculated are refused', async () => {
    const sheet = await read('formulas-without-values.xlsx');
    expect(said(sheet, classOf)).toEqual(['电商2601班', ...Array.from({ length: 4 }, () => 'FORMULA_WITHOUT_VALUE')]);
    expect(sheet.rows[1]![1]).toMatchObject({ problems: [{ column: '专业名称', field: 'programName' }] });
  });

  it('errors are refused', async () => {
    expect(said(await read('errors.xlsx'), numberOf)).toEqual(['CELL_ERROR', 'CELL_ERROR']);
  });

  it.each(both('rich-text'))('rich text is joined, pronunciation left out: %s', async (name) => {
    expect(said(await read(name), nameOf)).toEqual(['林晓雨', '陈思远']);
  });

  it('under a prefix', async () => {
    expect(said(await read('prefix.xlsx'), nameOf)).toEqual(['林晓雨']);
  });
});

it.each<[string, FileErrorCode]>([
  ['legacy.xls', 'FILE_IS_LEGACY_XLS'],
  ['encrypted.xlsx', 'FILE_IS_ENCRYPTED'],
  ['open-document.ods', 'FILE_IS_OPEN_DOCUMENT'],
  ['archive.xlsx', 'FILE_IS_ARCHIVE'],
  ['truncated.xlsx', 'FILE_TRUNCATED'],
  ['web-page.xls', 'FILE_IS_WEB_PAGE'],
  ['empty.xlsx', 'FILE_EMPTY'],
  ['nul.csv', 'FILE_NOT_TEXT'],
  ['bomb-styles.xlsx', 'WORKBOOK_TOO_LARGE'],
  ['bomb-string.xlsx', 'WORKBOOK_TOO_LARGE'],
  ['bomb-entities.xlsx', 'WORKBOOK_UNSAFE'],
  ['bomb-deep.xlsx', 'WORKBOOK_UNSAFE'],
])('%s is refused: %s', async (name, code) => {
  const error = await read(name).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UnreadableFile);
  expect((error as UnreadableFile).code).toBe(code);
});

// Last: a file that no test reads says nothing.
it('every file was read', () => {
  expect(readdirSync(files).filter((name) => !seen.has(name))).toEqual([]);
});
