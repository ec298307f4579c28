import { residentCheckDigit } from '../kernel/national-id.ts';
import { readCsv } from './read-csv.ts';
import type { SheetRow } from './sheet-row.ts';
import { readTable, type SheetForm, type TableRecord } from './table.ts';

/** Bytes as a stream of chunks. */
export async function* inChunks(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array, void, undefined> {
  for (let from = 0; from < bytes.length; from += size) yield await Promise.resolve(bytes.subarray(from, from + size));
}

export const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

export const rowsOf = (file: string | Uint8Array, chunk?: number): Promise<SheetRow[]> =>
  all(readCsv(inChunks(typeof file === 'string' ? Buffer.from(file) : file, chunk)));

export const cellsOf = async (file: string | Uint8Array, chunk?: number): Promise<(readonly string[])[]> =>
  (await rowsOf(file, chunk)).map(({ cells }) => cells);

/** Rows counted from 1. */
export async function* asRows(rows: readonly (readonly string[])[]): AsyncGenerator<SheetRow, void, undefined> {
  for (const [at, cells] of rows.entries()) yield await Promise.resolve({ row: at + 1, cells });
}

export const recordsOf = async <F extends string>(
  form: SheetForm<F>,
  rows: readonly (readonly string[])[],
): Promise<TableRecord<F>[]> => all((await readTable(asRows(rows), form)).records);

/** A resident id with its check digit out of area, birth date (YYYYMMDD) and order. */
export const residentId = (birth: string, order = '001', area = '440305'): string =>
  `${area}${birth}${order}${residentCheckDigit(`${area}${birth}${order}`)}`;
