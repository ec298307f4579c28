import type { Readable } from 'node:stream';
import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';
import { MergedCells } from './merged-cells.ts';
import { ownColumns, titlesIn, workbookColumns } from './result-columns.ts';
import { limits, type Merge, type Sheet, type SheetRow } from './sheet-row.ts';
import { isBlank } from './values.ts';
import { writeXlsx, type OutCell, type OutColumn, type OutRow, type OutSheet } from './write-xlsx.ts';

/** What became of a row, in the reader's words. */
export interface RowVerdict {
  readonly outcome: string;
  /** Why, and what would be accepted; of a row that was taken, what to look at. Empty where there is nothing to say. */
  readonly why: string;
  readonly refused: boolean;
}

/** Fills what merged cells leave blank below their first one, as it was read: rows go back in another order. */
type Filled = (row: SheetRow) => SheetRow;

/** Somebody of the same name and birth date under another id: perhaps the same person, which a person must judge. */
export interface NearDuplicate {
  readonly row: number;
  readonly name: string;
  readonly birthDate: string;
  readonly idNumber: string;
  readonly others: readonly { readonly learnerId: string; readonly studentNumbers: readonly string[] }[];
}

export interface ResultSummary {
  readonly kind: string;
  /** The file's name as it was sent. */
  readonly file: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly by: string;
  /** Moments as they are read where the college is. */
  readonly began: string;
  readonly ended: string;
  readonly runId: string;
  readonly state: 'finished' | 'stopped' | 'cancelled' | 'rehearsed';
  /** In the order in which they are told: words, and how many rows. */
  readonly counts: readonly { readonly words: string; readonly rows: number }[];
  readonly rows: number;
  readonly unknownColumns: readonly string[];
  readonly unrecordedColumns: readonly string[];
  readonly hiddenRows: readonly number[];
  readonly footRows: readonly number[];
  /** Null where nobody could look for them. */
  readonly nearDuplicates: readonly NearDuplicate[] | null;
}

export interface ResultOf {
  readonly sheet: Sheet;
  readonly headerRow: number;
  readonly header: readonly string[];
  /** Undefined for what is no record: the foot of the table. */
  readonly verdictOf: (row: number) => RowVerdict | undefined;
  /** Whether cells that are merged downward were read as if each of them said the same. */
  readonly fillDown: boolean;
  readonly summary: ResultSummary;
  readonly language: Language;
}

/**
 * The sender's sheet again, every cell as it was, with what happened to each row beside it: titles and header first, then what was refused,
 * marked, then the rest, last what stands below the table. Corrected, it is imported as it is. A second sheet sums up.
 */
export const resultWorkbook = (result: ResultOf): Readable => {
  const { summary, language } = result;
  const title = fill(words.title[language], { file: summary.file });
  return writeXlsx([sheetAgain(result), summarySheet(summary, language, result.sheet.name)], {
    title,
    creator: summary.by,
    created: new Date().toISOString(),
    custom: { 'import-run': summary.runId, 'file-sha256': summary.digest },
  });
};

// ── the sender's sheet ─────────────────────────────────────────────────────────────────────────────────────────────────────

const sheetAgain = (result: ResultOf): OutSheet => ({
  name: sheetName(result.sheet.name ?? words.sheet[result.language]),
  columns: columnsOf(result),
  frozenRows: result.headerRow,
  rows: rowsAgain(result),
  merges: () => mergesAgain(result),
});

/** Those of a header of several rows, without which it would not be read as one. Rows below it go back in another order. */
const mergesAgain = async ({ sheet, headerRow, header }: ResultOf): Promise<readonly Merge[]> => {
  const own = ownColumns(header);
  return (await sheet.merges()).flatMap((merge) => {
    const [fromColumn, toColumn] = [own.indexOf(merge.fromColumn - 1) + 1, own.indexOf(merge.toColumn - 1) + 1];
    return merge.toRow <= headerRow && fromColumn > 0 && toColumn >= fromColumn ? { ...merge, fromColumn, toColumn } : [];
  });
};

async function* rowsAgain(result: ResultOf): AsyncGenerator<OutRow, void, undefined> {
  const { sheet, headerRow, header, verdictOf, language } = result;
  const own = ownColumns(header);
  let filled = await fillingOf(result);
  const again = (row: SheetRow, added: readonly [string, string] | null): readonly OutCell[] => {
    const { cells, stored } = row;
    const cellAt = (at: number): OutCell => stored?.[at] ?? cells[at];
    // What stands beyond the header stays beyond it, so that a shifted row is seen to be one again.
    const beyond = cells.slice(header.length).map((_, at) => cellAt(header.length + at));
    return [...own.map(cellAt), ...(added ?? (beyond.length > 0 ? ['', ''] : [])), ...beyond];
  };
  const told = (row: SheetRow, { outcome, why, refused }: RowVerdict): OutRow => {
    const cells = again(row, [outcome, why]);
    if (refused) return { cells, mark: 'refused' };
    return why === '' ? { cells } : { cells, mark: 'noticed' };
  };

  let written = 0;
  for await (const read of sheet.rows()) {
    const row = filled(read);
    if (row.row < headerRow) {
      for (; written + 1 < row.row; written++) yield { cells: [] };
      written++;
      yield { cells: again(row, null) };
    } else if (row.row === headerRow) {
      for (; written + 1 < headerRow; written++) yield { cells: [] };
      const [outcome = '', why = ''] = titlesIn(workbookColumns, language);
      yield { cells: again(row, [outcome, why]), mark: 'header' };
    } else {
      const verdict = verdictOf(row.row);
      if (verdict?.refused) yield told(row, verdict);
    }
  }
  const foot: OutRow[] = [];
  filled = await fillingOf(result);
  for await (const read of sheet.rows()) {
    const row = filled(read);
    if (row.row <= headerRow) continue;
    const verdict = verdictOf(row.row);
    if (verdict && !verdict.refused) yield told(row, verdict);
    else if (!verdict && row.cells.some((cell) => !isBlank(cell))) foot.push({ cells: again(row, null) });
  }
  yield* foot;
}

/** To be asked for each row in its turn. */
async function fillingOf({ sheet, headerRow, header, fillDown }: ResultOf): Promise<Filled> {
  if (!fillDown) return (row) => row;
  const columns = ownColumns(header);
  const merged = new MergedCells(await sheet.merges(), columns, headerRow);
  return (row) => {
    merged.enter(row.row, row.cells, row.stored);
    const below = columns.flatMap((at) => {
      const first = isBlank(row.cells[at] ?? '') ? merged.firstOf(row.row, at) : undefined;
      return first ? [{ at, first }] : [];
    });
    if (below.length === 0) return row;
    const cells = [...row.cells];
    const stored = [...(row.stored ?? [])];
    for (const { at, first } of below) {
      while (cells.length <= at) cells.push('');
      cells[at] = first.text;
      stored[at] = first.stored;
    }
    return { ...row, cells, stored };
  };
}

/** As wide as their headers and a little more; what a reason says is broken into lines. */
const columnsOf = ({ header }: ResultOf): readonly OutColumn[] => [
  ...ownColumns(header).map((at) => ({ width: Math.min(30, Math.max(14, widthOf(header[at] ?? '') + 4)) })),
  { width: 16 },
  { width: 60, wrap: true },
];

/** In characters of half width. */
const widthOf = (text: string): number => Array.from(text).reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e7f ? 2 : 1), 0);

/** A sheet's name as programs take one. */
const sheetName = (name: string): string => name.replaceAll(/[[\]:*?/\\]/g, ' ').slice(0, 31) || '1';

// ── the summary ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const summarySheet = (summary: ResultSummary, language: Language, besides: string | null): OutSheet => {
  const name = words.summary[language];
  return {
    name: besides === name ? `${name} 2` : name,
    columns: [{ width: 24 }, { width: 70, wrap: true }, { width: 14 }, { width: 22 }, { width: 40, wrap: true }],
    frozenRows: 1,
    rows: summaryRows(summary, language),
  };
};

function* summaryRows(summary: ResultSummary, language: Language): Generator<OutRow, void, undefined> {
  const say = (text: Bilingual, ...cells: readonly OutCell[]): OutRow => ({ cells: [text[language], ...cells] });
  const number = (value: number): OutCell => ({ kind: 'number', value: String(value) });
  const list = (items: readonly (string | number)[]): string => (items.length === 0 ? '–' : listed(items));

  yield { cells: [fill(words.title[language], { file: summary.file })], mark: 'title' };
  yield say(words.state, words.states[summary.state][language]);
  for (const { words: outcome, rows } of summary.counts) yield { cells: [outcome, number(rows)] };
  yield say(words.total, number(summary.rows));
  yield { cells: [] };
  yield say(words.file, summary.file);
  yield say(words.digest, summary.digest);
  yield say(words.run, summary.runId);
  yield say(words.by, summary.by);
  yield say(words.began, summary.began);
  yield say(words.ended, summary.ended);
  yield { cells: [] };
  yield say(words.unknownColumns, list(summary.unknownColumns));
  yield say(words.unrecordedColumns, list(summary.unrecordedColumns));
  yield say(words.hiddenRows, list(summary.hiddenRows));
  yield say(words.footRows, list(summary.footRows));
  yield { cells: [] };
  const { nearDuplicates } = summary;
  const count = nearDuplicates?.length ?? words.notLookedFor[language];
  yield { cells: [fill(words.nearDuplicates[language], { count })], mark: 'title' };
  if (!nearDuplicates?.length) return;
  yield { cells: words.nearColumns.map((column) => column[language]), mark: 'header' };
  for (const { row, name, birthDate, idNumber, others } of nearDuplicates)
    for (const { learnerId, studentNumbers } of others)
      yield {
        cells: [number(row), name, { kind: 'date', value: birthDate }, idNumber, [...studentNumbers, learnerId].join(' · ')],
        mark: 'noticed',
      };
}

/** As many as a cell holds. */
const listed = (items: readonly (string | number)[]): string => {
  const text = items.slice(0, 2000).join('，');
  return text.length <= limits.cell - 20 && items.length <= 2000
    ? text
    : `${text.slice(0, limits.cell - 20)}…（${items.length}）`;
};

const words = {
  sheet: { zh: '导入的表', en: 'Imported sheet' },
  summary: { zh: '导入汇总', en: 'Import summary' },
  title: { zh: '导入结果：{file}', en: 'Import result: {file}' },
  state: { zh: '状态', en: 'State' },
  states: {
    finished: {
      zh: '已完成。更正被拒行（已标记、排在最前）后，把本文件再次导入即可：已写入的行不会重复。',
      en: 'Finished. Correct the refused rows (marked, on top) and import this file again: no row is taken twice.',
    },
    stopped: {
      zh: '被拒行过多，已停止：其余行未处理。更正后把本文件再次导入即可。',
      en: 'Stopped, since too many rows were refused; the rest was not looked at. Correct them and import this file again.',
    },
    cancelled: {
      zh: '已取消：取消之前写入的行仍然有效，其余行未处理；把本文件再次导入即可继续。',
      en: 'Cancelled: what was taken before stays, the other rows were not looked at; import this file again to go on.',
    },
    rehearsed: { zh: '试运行：没有写入任何内容。', en: 'Dry run: nothing was written.' },
  },
  total: { zh: '合计', en: 'total' },
  file: { zh: '文件', en: 'File' },
  digest: { zh: '文件 SHA-256', en: 'SHA-256 of the file' },
  run: { zh: '导入批次', en: 'Import run' },
  by: { zh: '导入人', en: 'Imported by' },
  began: { zh: '开始', en: 'Began' },
  ended: { zh: '结束', en: 'Ended' },
  unknownColumns: { zh: '未识别的列（未读取）', en: 'Columns that are not known (not read)' },
  unrecordedColumns: { zh: '账本不记录的列', en: 'Columns of which nothing is recorded' },
  hiddenRows: { zh: '已读取的隐藏行', en: 'Hidden rows, which were read' },
  footRows: { zh: '表尾行（未读取）', en: 'Rows below the table (not read)' },
  nearDuplicates: {
    zh: '疑似重复（姓名和出生日期相同，证件号码不同）：{count}',
    en: 'Perhaps the same person (same name and birth date, another id number): {count}',
  },
  notLookedFor: { zh: '未查找', en: 'not looked for' },
  nearColumns: [
    { zh: '行', en: 'Row' },
    { zh: '姓名', en: 'Name' },
    { zh: '出生日期', en: 'Birth date' },
    { zh: '证件号码', en: 'Id number' },
    { zh: '账本中的另一人（学号 · 编号）', en: 'The other in the ledger (student number · id)' },
  ],
} as const;
