import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

interface Row {
  readonly [column: string]: unknown;
}

/** Looks into `views.db`, or changes a row of it behind everybody's back. */
export function inViews<T>(folder: string, work: (db: DatabaseSync) => T, readOnly = true): T {
  const db = new DatabaseSync(join(folder, 'views.db'), { readOnly, timeout: 10_000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

export const liveTable = (folder: string, view: string, table: string): string =>
  inViews(folder, (db) => {
    const row = db.prepare(`SELECT generation FROM projection WHERE view = ? AND state = 'live'`).get(view) as Row | undefined;
    return `${table}_g${String(row?.['generation'])}`;
  });

/** What rebuilds left behind: tables of no live generation, generations that are not live, plans and ranges. */
export const leftInViews = (folder: string): readonly string[] =>
  inViews(folder, (db) => {
    const names = (sql: string): readonly string[] => (db.prepare(sql).all() as Row[]).map((row) => String(row['name']));
    const live = new Set(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine wrote it
      names(`SELECT tables AS name FROM projection WHERE state = 'live'`).flatMap((tables) => JSON.parse(tables) as string[]),
    );
    const tables = names(`SELECT name FROM sqlite_master WHERE type = 'table'`);
    return [
      ...tables.filter((name) => /_g\d+$/.test(name) && !live.has(name)),
      ...names(`SELECT view || ' ' || state AS name FROM projection WHERE state <> 'live'`),
      ...names(`SELECT 'plan of ' || view AS name FROM projection_rebuild`),
      ...names(`SELECT 'range of ' || view AS name FROM projection_range`),
    ];
  });
