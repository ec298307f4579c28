import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Value } from '../../ports/read-store.ts';
import { asStoreFault } from './sqlite-fault.ts';

export interface RangeFile {
  /** Rows for a statement that names tables without a generation. */
  readonly write: (sql: string, rows: readonly (readonly Value[])[]) => void;
  /** The rows are in the file from here on; it holds them until it is absorbed or removed. */
  readonly finish: () => void;
  readonly abandon: () => void;
}

/**
 * Rows of one range of a rebuild, in a file of their own, so that threads that fold ranges side by side do not wait for each other's commits.
 * Nothing in it is durable before the read store has absorbed it: a crash folds the range again.
 */
export function createRangeFile(path: string, schema: readonly string[]): RangeFile {
  for (const file of [path, `${path}-journal`]) rmSync(file, { force: true });
  const db = new DatabaseSync(path);
  const statements = new Map<string, StatementSync>();
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw asStoreFault(error);
    }
  };
  guarded(() => {
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY');
    for (const ddl of schema) db.exec(ddl);
    db.exec('BEGIN');
  });
  return {
    write: (sql, rows) =>
      guarded(() => {
        let statement = statements.get(sql);
        if (statement === undefined) statements.set(sql, (statement = db.prepare(sql)));
        for (const row of rows) statement.run(...row);
      }),
    finish: () =>
      guarded(() => {
        db.exec('COMMIT');
        db.close();
      }),
    abandon: () => {
      db.close();
      rmSync(path, { force: true });
    },
  };
}
