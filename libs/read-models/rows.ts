import type { ReadQueries, Value } from '../ports/read-store.ts';

const chunk = 100;

/** Rows whose column is among many keys: `sql` has one `(?…)` for a hundred of them, so that one prepared statement serves any number. */
export async function rowsAmong<R extends object>(db: ReadQueries, sql: string, keys: Iterable<string>): Promise<R[]> {
  const placeholders = Array.from({ length: chunk }, () => '?').join(', ');
  const named = sql.replace('?…', placeholders);
  const found: R[] = [];
  const wanted = [...keys];
  for (let from = 0; from < wanted.length; from += chunk) {
    const some: Value[] = wanted.slice(from, from + chunk);
    while (some.length < chunk) some.push(null);
    found.push(...(await db.all<R>(named, some)));
  }
  return found;
}

/** JSON that a fold wrote into a column of its own table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- the view that reads it wrote it
export const parsed = <T>(json: string): T => JSON.parse(json) as T;
