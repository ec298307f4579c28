import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';

/** What a spreadsheet takes for the beginning of a formula, in half and full width, and an apostrophe, which reading takes away. */
const needsGuard = /^[=+\-@\t\r\n'＝＋－＠]/;
const runsAsFormula = /^[=+\-@\t\r\n＝＋－＠]/;

/** A value as a cell that no spreadsheet runs; `cleanText` and `unguard` give the value back. */
export const guard = (value: string): string => (needsGuard.test(value) ? `'${value}` : value);

/** As `guard` for a cell that was read from a sheet and goes back as it stood: an apostrophe of the sender's is not doubled. */
const guardSent = (cell: string): string => (runsAsFormula.test(cell) ? `'${cell}` : cell);

export interface CsvOptions {
  /** `values` (default): our own values, read back exactly. `as-sent`: a sender's cells, so that the file can be corrected and sent again. */
  readonly cells?: 'values' | 'as-sent';
}

/**
 * Writes rows as csv that Excel opens as it should: UTF-8 with a mark, CRLF, commas, no cell that runs as a formula.
 * Streams with backpressure; an error of `rows` destroys the stream with it.
 */
export const writeCsv = (
  rows: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
  { cells = 'values' }: CsvOptions = {},
): Readable => {
  // csv-stringify quotes its own delimiters only: a lone LF would cut a row, a semicolon could mislead who detects the delimiter.
  const csv = stringify({
    quoted_match: /[\r\n;\t]/,
    bom: true,
    record_delimiter: 'windows',
    cast: { string: cells === 'values' ? guard : guardSent },
  });
  return pipeline(Readable.from(rows), csv, () => {
    // Whoever reads the stream gets its error; here it has nobody to go to.
  });
};
