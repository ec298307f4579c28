import { hash } from 'node:crypto';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';

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
