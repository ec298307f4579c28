import { hash } from 'node:crypto';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { tableOf } from './generations.ts';

/** A number that two sets of rows share when they are equal, in whatever order they were written: the sum of the rows' hashes. */
export async function digestOf(db: ReadQueries, view: View): Promise<string> {
  let sum = 0n;
  for (const table of view.tables) {
    await db.each(`SELECT * FROM ${table}_$g`, [], (row) => {
      let text = table;
      for (const value of Object.values(row)) text += told(value);
      sum += hash('sha256', text, 'buffer').readBigUInt64BE();
    });
  }
  return sum.toString(16);
}

/** With its length, so that no two rows tell the same text. */
function told(value: Value): string {
  if (value === null) return '|-';
  return typeof value === 'string' ? `|${value.length}:${value}` : `|${value}`;
}

/** A row that two generations tell differently, or that one of them alone has (null in the other). */
export interface DifferingRow {
  readonly table: string;
  readonly live: Readonly<Record<string, Value>> | null;
  readonly rebuilt: Readonly<Record<string, Value>> | null;
}

const shownRows = 20;

/**
 * The first rows of each table that are not the same in both generations, told side by side where their first column agrees. Of a view that holds
 * personal data in the clear only the first column is told.
 */
export async function differingRows(
  db: ReadQueries,
  view: View,
  live: number,
  rebuilt: number,
): Promise<readonly DifferingRow[]> {
  const differing: DifferingRow[] = [];
  for (const table of view.tables) {
    const only = (in1: number, notIn: number): Promise<readonly Readonly<Record<string, Value>>[]> =>
      db.all(`SELECT * FROM ${tableOf(table, in1)} EXCEPT SELECT * FROM ${tableOf(table, notIn)} LIMIT ${shownRows}`);
    const shown = (row: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
      view.opened ? Object.fromEntries(Object.entries(row).slice(0, 1)) : row;
    const [inLive, inRebuilt] = [await only(live, rebuilt), [...(await only(rebuilt, live))]];
    for (const row of inLive) {
      const at = inRebuilt.findIndex((other) => Object.values(other)[0] === Object.values(row)[0]);
      const [other] = at < 0 ? [null] : inRebuilt.splice(at, 1);
      differing.push({ table, live: shown(row), rebuilt: other ? shown(other) : null });
    }
    for (const row of inRebuilt) differing.push({ table, live: null, rebuilt: shown(row) });
  }
  return differing;
}
