import { createHash } from 'node:crypto';
import type { ReadQueries } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';

/** A number that two sets of rows share when they are equal, in whatever order they were written: the sum of the rows' hashes. */
export async function digestOf(db: ReadQueries, view: View): Promise<string> {
  let sum = 0n;
  for (const table of view.tables) {
    await db.each(`SELECT * FROM ${table}_$g`, [], (row) => {
      const text = JSON.stringify([table, row], (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
      sum += createHash('sha256').update(text).digest().readBigUInt64BE();
    });
  }
  return sum.toString(16);
}
