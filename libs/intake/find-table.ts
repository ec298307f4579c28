import type { Sheet } from './sheet-row.ts';
import { readTable, type SheetForm, type Table, type TableOptions } from './table.ts';
import { UnreadableFile } from './unreadable-file.ts';

export interface FindOptions<F extends string = string> extends Pick<TableOptions<F>, 'columns' | 'fillDown'> {
  /** Name or number (from 1) of the sheet that is to be read; else the first one with a header is, hidden ones last. */
  readonly sheet?: string | undefined;
}

export interface FoundTable<F extends string = string> extends Table<F> {
  readonly sheet: Sheet;
  /** The names of the others, of which nothing is read. */
  readonly otherSheets: readonly string[];
}

/** The table of a file: on the sheet that was asked for, or on the first one with a header, hidden ones last. Throws `UnreadableFile` where there is none. */
export const findTable = async <F extends string>(
  sheets: readonly Sheet[],
  form: SheetForm<F>,
  { sheet: asked, columns, fillDown = false }: FindOptions<F> = {},
): Promise<FoundTable<F>> => {
  // What she sees comes before what somebody hid: last year's list, most often.
  const among = asked === undefined ? sheets.toSorted((a, b) => Number(a.hidden) - Number(b.hidden)) : [named(sheets, asked)];
  let nearest: UnreadableFile | undefined;
  for (const sheet of among) {
    const { merges, dateSystem } = sheet;
    try {
      const table = await readTable(sheet.rows(), form, { merges, dateSystem, fillDown, ...(columns && { columns }) });
      return { ...table, sheet, otherSheets: sheets.flatMap((other) => (other === sheet ? [] : (other.name ?? []))) };
    } catch (error) {
      if (!(error instanceof UnreadableFile) || (error.code !== 'HEADER_NOT_FOUND' && error.code !== 'FILE_EMPTY')) throw error;
      const told =
        sheets.length > 1 && error.code === 'HEADER_NOT_FOUND'
          ? new UnreadableFile('HEADER_ON_NO_SHEET', { ...error.facts, sheet: sheet.name, sheets: among.map(({ name }) => name) })
          : error;
      if (!nearest || missing(told) < missing(nearest)) nearest = told;
    }
  }
  throw nearest ?? new UnreadableFile('FILE_EMPTY');
};

const missing = ({ facts }: UnreadableFile): number => (facts['missing'] as readonly string[] | undefined)?.length ?? Infinity;

/** A name comes before a number, which a sheet may be called. */
const named = (sheets: readonly Sheet[], asked: string): Sheet => {
  const wanted = asked.trim();
  const found =
    sheets.find(({ name }) => name?.trim() === wanted) ?? (/^\d{1,4}$/.test(wanted) ? sheets[Number(wanted) - 1] : undefined);
  if (!found)
    throw new UnreadableFile('SHEET_UNKNOWN', { sheet: asked, sheets: sheets.map(({ name }, at) => name ?? String(at + 1)) });
  return found;
};
