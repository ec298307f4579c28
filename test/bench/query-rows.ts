// Rows of the transcript view where a peer's driver finds them.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { peer } from './peers.ts';

/** The file of our views, and the table of attempts that is live there. */
export function entriesTable(folder: string): { readonly path: string; readonly table: string } {
  const path = join(folder, 'views.db');
  const db = new DatabaseSync(path, { readOnly: true });
  const live = db.prepare(`SELECT generation FROM projection WHERE view = 'transcript' AND state = 'live'`).get();
  db.close();
  return { path, table: `transcript_attempt_g${String(live?.['generation'])}` };
}

type Rows = (learnerId: string) => Promise<readonly { readonly entry: string }[]>;

interface EmmettSqlite {
  sqliteConnection(options: { readonly fileName: string }): {
    query(sql: string, values: readonly unknown[]): Promise<readonly { readonly entry: string }[]>;
  };
}

/** The same file through the driver that Emmett brings. */
export function rowsOverSqlite3(path: string, sql: string): Rows {
  const connection = peer<EmmettSqlite>('@event-driven-io/emmett-sqlite').sqliteConnection({ fileName: path });
  return (learnerId) => connection.query(sql, [learnerId]);
}

interface Pool {
  query(query: { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] }): Promise<{
    readonly rows: readonly { readonly entry: string }[];
  }>;
  end(): Promise<void>;
}
const poolOf = (connectionString: string): Pool =>
  new (peer<{ readonly Pool: new (options: { readonly connectionString: string }) => Pool }>('pg').Pool)({ connectionString });

export function rowsOverPostgres(database: string): Rows {
  const pool = poolOf(database);
  const text = `SELECT entry FROM transcript_attempt WHERE learner_id = $1 AND institution_id = 'college'`;
  return async (learnerId) => (await pool.query({ name: 'entries', text, values: [learnerId] })).rows;
}

/** The same rows, copied. */
export async function copyToPostgres(folder: string, database: string): Promise<void> {
  const { path, table } = entriesTable(folder);
  const db = new DatabaseSync(path, { readOnly: true });
  const pool = poolOf(database);
  await pool.query({
    text: `CREATE TABLE transcript_attempt (attempt_id TEXT PRIMARY KEY, learner_id TEXT, institution_id TEXT, entry TEXT)`,
  });
  const page = db.prepare(
    `SELECT attempt_id, learner_id, institution_id, entry FROM ${table} WHERE attempt_id > ? ORDER BY attempt_id LIMIT 2000`,
  );
  for (let after = ''; ;) {
    const rows = page.all(after);
    if (rows.length === 0) break;
    await pool.query({
      text: `INSERT INTO transcript_attempt SELECT * FROM jsonb_to_recordset($1::jsonb)
               AS told(attempt_id TEXT, learner_id TEXT, institution_id TEXT, entry TEXT)`,
      values: [JSON.stringify(rows)],
    });
    after = String(rows.at(-1)!['attempt_id']);
  }
  await pool.query({ text: 'CREATE INDEX transcript_by_learner ON transcript_attempt (learner_id)' });
  await pool.query({ text: 'ANALYZE transcript_attempt' });
  await pool.end();
  db.close();
}
