import type { Readable } from 'node:stream';
import { writeCsv } from '../intake/write-csv.ts';
import { writeXlsx, type OutCell, type OutRow, type OutSheet, type Properties } from '../intake/write-xlsx.ts';
import type { Bilingual } from '../kernel/bilingual.ts';

/** Tables as files for other programs. */

export type Format = 'csv' | 'xlsx';

export interface Column {
  readonly title: string;
  /** How a workbook stores what reads as one: YYYY-MM-DD, digits with at most one point. Text where absent, ids above all. */
  readonly kind?: 'date' | 'number';
}

export interface Table {
  /** Of the workbook's sheet. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Read once. */
  readonly rows: Iterable<readonly string[]> | AsyncIterable<readonly string[]>;
}

export interface Exported {
  readonly title: Bilingual;
  /** File name without the day and the ending. */
  readonly file: string;
  /** One at least, all of the same columns; a sheet each in a workbook, one after the other in csv. */
  readonly tables: readonly Table[];
  /** What the rows were narrowed to. */
  readonly filters: Readonly<Record<string, string | undefined>>;
}

/** As a file of this format. `properties` stand in a workbook alone: csv has no place for them. */
export const fileOf = (format: Format, { tables }: Exported, properties: Properties): Readable =>
  format === 'csv' ? writeCsv(lines(tables)) : writeXlsx(tables.map(sheetOf), properties);

async function* lines(tables: readonly Table[]): AsyncGenerator<readonly string[], void, undefined> {
  yield tables[0]!.columns.map(({ title }) => title);
  for (const { rows } of tables) yield* rows;
}

const sheetOf = ({ name, columns, rows }: Table): OutSheet => ({
  name,
  frozenRows: 1,
  columns: columns.map(({ title, kind }) => ({ width: Math.max(kind === 'date' ? 11 : 9, widthOf(title) + 2) })),
  rows: rowsOf(columns, rows),
});

/** Han characters are two wide. */
const widthOf = (text: string): number => Array.from(text, (char) => (char > '⺀' ? 2 : 1)).reduce<number>((a, b) => a + b, 0);

async function* rowsOf(columns: readonly Column[], rows: Table['rows']): AsyncGenerator<OutRow, void, undefined> {
  yield { cells: columns.map(({ title }) => title) };
  for await (const row of rows) yield { cells: row.map((text, at) => cellOf(text, columns[at]?.kind)) };
}

function cellOf(text: string, kind: Column['kind']): OutCell {
  if (kind === 'date' && /^\d{4}-\d\d-\d\d$/.test(text)) return { kind, value: text };
  if (kind === 'number' && /^-?\d{1,12}(?:\.\d{1,6})?$/.test(text)) return { kind, value: text };
  return text === '' ? undefined : text;
}

/** A sheet's name that spreadsheets take, and no two alike. */
export function sheetNames(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const plain = name.replaceAll(/[[\]:*?/\\']/g, ' ').trim() || '-';
    for (let n = 1; ; n++) {
      const tail = n === 1 ? '' : ` (${n})`;
      const candidate = `${Array.from(plain)
        .slice(0, 31 - tail.length)
        .join('')}${tail}`;
      if (taken.has(candidate.toLowerCase())) continue;
      taken.add(candidate.toLowerCase());
      return candidate;
    }
  };
}
