import { hash } from 'node:crypto';
import { canonical } from '../../libs/kernel/canonical.ts';
import type { ReadQueries, Value } from '../../libs/ports/read-store.ts';
import type { View } from '../../libs/ports/view.ts';

/**
 * Of all rows of a view, in no order: the sum of the rows' hashes. JSON in a column, whole or line by line, counts by what it says, since
 * PostgreSQL's jsonb gives keys back in an order of its own.
 */
export async function digestOf(db: ReadQueries, view: View): Promise<string> {
  let sum = 0n;
  for (const table of view.tables) {
    await db.each(`SELECT * FROM ${table}_$g`, [], (row) => {
      const told = [table, ...Object.values(row).map(valueOf)].join('\n');
      sum += hash('sha256', told, 'buffer').readBigUInt64BE();
    });
  }
  return BigInt.asUintN(64, sum).toString(16);
}

function valueOf(value: Value): string {
  const text = String(value);
  if (typeof value !== 'string') return text;
  if (!/^[[{]/.test(text)) return JSON.stringify(text);
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : canonical(JSON.parse(line))))
    .join('\n');
}
