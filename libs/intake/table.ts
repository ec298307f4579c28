import type { Problem, ProblemCode } from './problems.ts';
import type { CodeList } from '../kernel/codes.ts';
import { MergedCells } from './merged-cells.ts';
import type { DateSystem, Merge, SheetRow, StoredCell } from './sheet-row.ts';
import { UnreadableFile } from './unreadable-file.ts';
import { cleanText, isBlank } from './values.ts';

/** A column that an importer knows. Its header may be any of these; the first Chinese and the first English one are what we write. */
export interface Field<F extends string = string> {
  readonly field: F;
  readonly zh: readonly [string, ...string[]];
  readonly en: readonly [string, ...string[]];
  /** The national register's field code. */
  readonly code?: string;
  /** What its cells may say. */
  readonly list?: CodeList;
  /** Its cells hold dates: days, or days and months. */
  readonly dates?: 'day' | 'month';
  /** Known, so that nobody takes it for a mistyped header, but nothing of it is recorded: the report says so. */
  readonly unrecorded?: true;
}

export interface SheetForm<F extends string = string> {
  readonly fields: readonly Field<F>[];
  /** A header row has one of each. */
  readonly needed: readonly (readonly F[])[];
}

/** A row under the header. */
export interface TableRecord<F extends string = string> {
  readonly row: number;
  /** The text of the recognized columns as it stood, blank cells left out. */
  readonly values: Readonly<Partial<Record<F, string>>>;
  /** The headers of the recognized columns as the sender wrote them; one object for the whole table. */
  readonly headers: Readonly<Partial<Record<F, string>>>;
  /** The sender's own cells, and beside them what a workbook stores where that is not plain text. */
  readonly raw: readonly string[];
  readonly stored?: readonly (StoredCell | undefined)[];
  /** What the values are that a workbook does not store as text. */
  readonly kinds?: Readonly<Partial<Record<F, StoredCell['kind']>>>;
  readonly dateSystem?: DateSystem;
  /** Why the row as a whole cannot be taken. */
  readonly problems: readonly Problem[];
  /** Cells that hold something and have no value: errors, formulas that nobody calculated, merged cells. */
  readonly faults?: readonly Problem[];
}

export interface TableOptions<F extends string = string> {
  /** Headers of the sender's own, each with our field; null for a column that is not to be read. */
  readonly columns?: ReadonlyMap<string, F | null>;
  /** Repeats what stands in merged cells in each of their rows; else such a row is refused. */
  readonly fillDown?: boolean;
  /** Asked for once the header is found. */
  readonly merges?: () => Promise<readonly Merge[]>;
  readonly dateSystem?: DateSystem;
}

export interface UnknownColumn {
  /** From 1. */
  readonly column: number;
  /** Empty where there are values under no header. */
  readonly header: string;
}

export interface Table<F extends string = string> {
  readonly headerRow: number;
  /** The header row's cells as they stood. */
  readonly header: readonly string[];
  /** The headers of the recognized columns by field. */
  readonly headers: Readonly<Partial<Record<F, string>>>;
  /** The headers of recognized columns of which nothing is recorded. */
  readonly unrecordedColumns: readonly string[];
  /** Columns whose values go nowhere. Those without a header are added while records are read. */
  readonly unknownColumns: readonly UnknownColumn[];
  /** Rows left out as the foot of the table; added while records are read. */
  readonly footRows: readonly number[];
  /** Rows that were read although the sheet does not show them; added while records are read. */
  readonly hiddenRows: readonly number[];
  /** To be read once, to the end or until a `break`: either closes the file. Blank rows are left out. */
  readonly records: AsyncGenerator<TableRecord<F>, void, undefined>;
}

/** Titles and notes above the header end within this many rows. */
const headerWithin = 50;

/**
 * Finds the header and hands out the records below it. Throws `UnreadableFile` where there is no header, or where two columns say the same;
 * what the rows throw goes through.
 */
export const readTable = async <F extends string>(
  rows: AsyncIterable<SheetRow>,
  form: SheetForm<F>,
  options: TableOptions<F> = {},
): Promise<Table<F>> => {
  const iterator = rows[Symbol.asyncIterator]();
  try {
    return await findTable(iterator, form, options);
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
};

const findTable = async <F extends string>(
  rows: AsyncIterator<SheetRow>,
  form: SheetForm<F>,
  options: TableOptions<F>,
): Promise<Table<F>> => {
  const fieldOf = fieldsByHeader(form, options.columns);
  const missingIn = (found: ReadonlySet<F>): readonly (readonly F[])[] =>
    form.needed.filter((oneOf) => !oneOf.some((field) => found.has(field)));
  const above: SheetRow[] = [];
  let nearest: { row: number; missing: string[]; recognized: number } | undefined;
  let searched = 0;
  while (searched < headerWithin) {
    const next = await rows.next();
    if (next.done) break;
    const { row, cells } = next.value;
    searched = row;
    above.push(next.value);
    const found = fieldsIn(cells, fieldOf);
    if (missingIn(found).length === 0) {
      const lower = await lowerHeader(next.value, above, rows, fieldOf, options);
      const [header, ahead] =
        lower && fieldsIn(lower.cells, fieldOf).size >= found.size && missingIn(fieldsIn(lower.cells, fieldOf)).length === 0
          ? [lower, []]
          : [{ row, cells }, above.filter((one) => one.row > row)];
      return tableUnder(
        header.row,
        header.cells,
        header.cells.map(fieldOf),
        form,
        ahead.length === 0 ? rows : resumed(ahead, rows),
        options,
      );
    }
    // A header of two rows has its words in the upper one where that is merged downward.
    const within = found.size === 0 ? cells : await withMerged(next.value, above, options);
    const both = within === cells ? found : fieldsIn(within, fieldOf);
    const missing = missingIn(both);
    if (missing.length === 0) return tableUnder(row, within, within.map(fieldOf), form, rows, options);
    if (!nearest || both.size > nearest.recognized) {
      nearest = { row, missing: missing.map((oneOf) => titleOf(form, oneOf)), recognized: both.size };
    }
  }
  if (!nearest) throw new UnreadableFile('FILE_EMPTY');
  throw new UnreadableFile('HEADER_NOT_FOUND', { searched, row: nearest.row, missing: nearest.missing });
};

const fieldsIn = <F extends string>(cells: readonly string[], fieldOf: (cell: string) => F | undefined): ReadonlySet<F> =>
  new Set(cells.map(fieldOf).filter((field) => field !== undefined));

/** The cells of a row, blank ones that are merged with a cell above as that one says. */
const withMerged = async (
  { row, cells }: SheetRow,
  above: readonly SheetRow[],
  { merges }: Pick<TableOptions, 'merges'>,
): Promise<readonly string[]> => {
  const filled = [...cells];
  for (const { fromRow, toRow, fromColumn } of (await merges?.()) ?? []) {
    if (fromRow >= row || toRow < row || !isBlank(filled[fromColumn - 1] ?? '')) continue;
    while (filled.length < fromColumn) filled.push('');
    filled[fromColumn - 1] = above.find((one) => one.row === fromRow)?.cells[fromColumn - 1] ?? '';
  }
  return filled;
};

/** The last of the rows into which a header's own cells are merged downward; `above` gets what is read on the way. */
const lowerHeader = async (
  { row, cells }: SheetRow,
  above: SheetRow[],
  rows: AsyncIterator<SheetRow>,
  fieldOf: (cell: string) => string | undefined,
  options: Pick<TableOptions, 'merges'>,
): Promise<Pick<SheetRow, 'row' | 'cells'> | undefined> => {
  const below = ((await options.merges?.()) ?? []).filter(
    ({ fromRow, toRow, fromColumn }) => fromRow === row && toRow <= row + 2 && fieldOf(cells[fromColumn - 1] ?? '') !== undefined,
  );
  const last = Math.max(row, ...below.map(({ toRow }) => toRow));
  let found: SheetRow | undefined;
  for (let at = row; at < last; at = found.row) {
    const next = await rows.next();
    if (next.done) break;
    found = next.value;
    above.push(found);
  }
  return found?.row === last ? { row: last, cells: await withMerged(found, above, options) } : undefined;
};

/** Rows that were read ahead, then the others. */
async function* resumed(ahead: readonly SheetRow[], rows: AsyncIterator<SheetRow>): AsyncGenerator<SheetRow, void, undefined> {
  try {
    yield* ahead;
    for (let next = await rows.next(); !next.done; next = await rows.next()) yield next.value;
  } finally {
    await rows.return?.();
  }
}

/** Case, spaces, full-width forms, notes in brackets and an asterisk do not matter. */
const headerWord = (cell: string): string =>
  cleanText(cell)
    .replaceAll(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replaceAll(/\([^()]*\)/g, '')
    .replaceAll(/\s/g, '')
    .replaceAll(/^\*+|\*+$/g, '')
    .toLowerCase();

/** A header that the sender named counts as it stands before it counts by its word. */
const fieldsByHeader = <F extends string>(
  form: SheetForm<F>,
  columns: ReadonlyMap<string, F | null> = new Map<string, F | null>(),
): ((cell: string) => F | undefined) => {
  const known = headersOf(form);
  const named = new Map([...columns].map(([header, field]) => [plainHeader(header), field]));
  return (cell) => {
    const own = named.get(plainHeader(cell));
    return own === undefined ? known.get(headerWord(cell)) : (own ?? undefined);
  };
};

const plainHeader = (cell: string): string => cleanText(cell).normalize('NFKC').replaceAll(/\s/g, '').toLowerCase();

/** The field that a header, a code or the field's own name means. */
export const fieldNamed = <F extends string>(form: SheetForm<F>, name: string): F | undefined =>
  headersOf(form).get(headerWord(name)) ?? form.fields.find(({ field }) => field === name)?.field;

const headersByForm = new WeakMap<SheetForm, ReadonlyMap<string, string>>();

const headersOf = <F extends string>(form: SheetForm<F>): ReadonlyMap<string, F> => {
  const before = headersByForm.get(form);
  if (before) return before as ReadonlyMap<string, F>;
  const fields = new Map<string, F>();
  headersByForm.set(form, fields);
  for (const { field, zh, en, code } of form.fields) {
    for (const header of [...zh, ...en, ...(code === undefined ? [] : [code])]) fields.set(headerWord(header), field);
  }
  return fields;
};

/**
 * One row that came without a table: cells by their headers, or by our own names of the fields. `unknown` are the headers whose cells go
 * nowhere.
 */
export const recordOf = <F extends string>(
  form: SheetForm<F>,
  row: number,
  cells: Readonly<Record<string, string>>,
): { readonly record: TableRecord<F>; readonly unknown: readonly string[] } => {
  const fieldByHeader = headersOf(form);
  const named = new Map<string, F>(form.fields.map(({ field }) => [field, field]));
  const values: Partial<Record<F, string>> = {};
  const headers: Partial<Record<F, string>> = {};
  const unknown: string[] = [];
  const problems: Problem[] = [];
  for (const [header, cell] of Object.entries(cells)) {
    if (isBlank(cell)) continue;
    const field = named.get(header) ?? fieldByHeader.get(headerWord(header));
    const before = field && headers[field];
    if (field === undefined) unknown.push(header);
    else if (before !== undefined)
      problems.push({ code: 'COLUMN_TWICE', column: header, field, facts: { columns: [before, header] } });
    else [values[field], headers[field]] = [cell, header];
  }
  return { record: { row, values, headers, raw: Object.values(cells), problems }, unknown };
};

const titleOf = <F extends string>(form: SheetForm<F>, oneOf: readonly F[]): string =>
  oneOf.map((field) => form.fields.find((known) => known.field === field)?.zh[0] ?? field).join(' / ');

const tableUnder = async <F extends string>(
  headerRow: number,
  header: readonly string[],
  fields: readonly (F | undefined)[],
  form: SheetForm<F>,
  rows: AsyncIterator<SheetRow>,
  options: TableOptions<F>,
): Promise<Table<F>> => {
  const headers: Partial<Record<F, string>> = {};
  const unknownColumns: UnknownColumn[] = [];
  const columns = new Map<F, number>();
  const doubled = new Set<F>();
  header.forEach((cell, at) => {
    const field = fields[at];
    if (field === undefined) {
      if (!isBlank(cell)) unknownColumns.push({ column: at + 1, header: cleanText(cell) });
    } else if (columns.has(field)) {
      doubled.add(field);
    } else {
      columns.set(field, at);
      headers[field] = cleanText(cell);
    }
  });
  if (doubled.size > 0) {
    const claiming = header.filter((_, at) => fields[at] !== undefined && doubled.has(fields[at]));
    throw new UnreadableFile('HEADER_AMBIGUOUS', {
      row: headerRow,
      fields: [...doubled],
      columns: claiming.map((cell) => cleanText(cell)),
    });
  }
  const footRows: number[] = [];
  const hiddenRows: number[] = [];
  const merges = options.merges ? await options.merges() : [];
  const layout: Layout<F> = {
    columns: [...columns],
    headers,
    width: header.findLastIndex((cell) => !isBlank(cell)) + 1,
    nameless: new Set(header.flatMap((cell, at) => (isBlank(cell) ? [at] : []))),
    needed: form.needed.map((oneOf) => oneOf.flatMap((field) => columns.get(field) ?? [])),
    merged: new MergedCells(merges, columns.values(), headerRow),
    fillDown: options.fillDown ?? false,
    ...(options.dateSystem === '1904' && { dateSystem: options.dateSystem }),
  };
  const unrecordedColumns = form.fields.flatMap(({ field, unrecorded }) => (unrecorded ? (headers[field] ?? []) : []));
  const records = recordsUnder(layout, rows, { unknownColumns, footRows, hiddenRows });
  return { headerRow, header, headers, unrecordedColumns, unknownColumns, footRows, hiddenRows, records };
};

interface Layout<F extends string> {
  readonly columns: readonly (readonly [F, number])[];
  readonly headers: Readonly<Partial<Record<F, string>>>;
  readonly width: number;
  /** Columns within the table that have no header and no value so far. */
  readonly nameless: Set<number>;
  readonly needed: readonly (readonly number[])[];
  readonly merged: MergedCells;
  readonly fillDown: boolean;
  readonly dateSystem?: DateSystem;
}

/** What is met on the way down and told at the end. */
interface Met {
  readonly unknownColumns: UnknownColumn[];
  readonly footRows: number[];
  readonly hiddenRows: number[];
}

async function* recordsUnder<F extends string>(
  layout: Layout<F>,
  rows: AsyncIterator<SheetRow>,
  { unknownColumns, footRows, hiddenRows }: Met,
): AsyncGenerator<TableRecord<F>, void, undefined> {
  const { width, nameless, needed, merged } = layout;
  try {
    for (let next = await rows.next(); !next.done; next = await rows.next()) {
      const { row, cells, stored, hidden } = next.value;
      merged.enter(row, cells, stored);
      const firstFilled = cells.findIndex((cell) => !isBlank(cell));
      if (firstFilled < 0) continue;
      if (merged.isHeader(row, cells)) continue;
      if (isFoot(cells, firstFilled, needed)) {
        footRows.push(row);
        continue;
      }
      for (const at of nameless) {
        if (at >= width || isBlank(cells[at] ?? '')) continue;
        nameless.delete(at);
        unknownColumns.push({ column: at + 1, header: '' });
      }
      if (hidden) hiddenRows.push(row);
      const beyond = cells.length > width ? cells.findIndex((cell, at) => at >= width && !isBlank(cell)) : -1;
      const problems: Problem[] =
        beyond < 0 ? [] : [{ code: 'COLUMNS_SHIFTED', column: '', field: '', facts: { columns: width, at: beyond + 1 } }];
      yield { ...readRow(layout, next.value), problems };
    }
  } finally {
    await rows.return?.();
  }
}

/** An error of a spreadsheet as a csv has it, or a column that was too narrow for its dates when it was saved. */
const errorText = /^\s*'?#(?:N\/A|REF!|DIV\/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#{2,})\s*$/i;

/** The values of a row, and of its cells what keeps them from being one. */
const readRow = <F extends string>(
  { columns, headers, merged, fillDown, dateSystem }: Layout<F>,
  { row, cells, stored }: SheetRow,
): Omit<TableRecord<F>, 'problems'> => {
  const values: Partial<Record<F, string>> = {};
  const kinds: Partial<Record<F, StoredCell['kind']>> = {};
  const faults: Problem[] = [];
  const fault = (field: F, code: ProblemCode, facts: Problem['facts']): void => {
    faults.push({ code, column: headers[field] ?? field, field, facts });
  };
  for (const [field, at] of columns) {
    let text = cells[at] ?? '';
    let kind = stored?.[at]?.kind;
    if (isBlank(text)) {
      const first = merged.firstOf(row, at);
      if (!first || isBlank(first.text)) continue;
      if (!fillDown) {
        fault(field, 'CELL_MERGED', { from: first.row });
        continue;
      }
      text = first.text;
      kind = first.stored?.kind;
    }
    if (kind === 'error' || (kind === undefined && errorText.test(text))) fault(field, 'CELL_ERROR', { value: text });
    else if (kind === 'uncalculated') fault(field, 'FORMULA_WITHOUT_VALUE', {});
    else {
      values[field] = text;
      if (kind !== undefined) kinds[field] = kind;
    }
  }
  return {
    row,
    values,
    headers,
    raw: cells,
    ...(stored && { stored, kinds }),
    ...(dateSystem && { dateSystem }),
    ...(faults.length > 0 && { faults }),
  };
};

const footWords =
  /^(?:合计|总计|共计|小计|总人数|人数|(?:制表|填表|填报|审核|审批|复核|校对|经办|负责|联系)人|(?:制表|填表|填报|打印|导出|审核)(?:日期|时间|单位)?(?=[:：\s]|$)|注(?=[:：\d一二三]|$)|备注(?=[:：]|$)|说明(?=[:：]|$)|附注|total\b|note:|prepared by)/i;

const totalWords = /^(?:合计|总计|共计|小计|总人数|人数|total\b)/i;

/** Neither blank nor another word of the foot: 制表人：…, then 审核人：… under some column. */
const isValue = (cell: string): boolean => !isBlank(cell) && !/^[^:：]{1,8}[:：]/.test(cleanText(cell));

/**
 * A row of 合计, 制表人 or 注 below the table: it begins so, and where a record would have its needed values it has none.
 * A total may have a count under one of them (合计, 40人).
 */
const isFoot = (cells: readonly string[], firstFilled: number, needed: readonly (readonly number[])[]): boolean => {
  const first = cleanText(cells[firstFilled] ?? '');
  if (!footWords.test(first)) return false;
  const filled = needed.filter((columns) => columns.some((at) => at !== firstFilled && isValue(cells[at] ?? ''))).length;
  return totalWords.test(first) ? filled * 2 < needed.length : filled === 0;
};
