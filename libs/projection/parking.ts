import type { ReadQueries, ReadStore, ReadWrites } from '../ports/read-store.ts';
import type { Generation } from './generations.ts';

/**
 * A fold key of a view at whose event the fold failed. Its rows stand as they were before, its later events wait, all other keys go on. A key that
 * was released goes on without that event: the mark stays until a rebuild, beside another one where the key fails again.
 */
export interface Parked {
  readonly key: string;
  /** Of the event that cannot be folded. */
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  readonly institutionId: string;
  /** The person whom it is about. */
  readonly subjectId: string | null;
  /** As `faultText` has it; empty where its turn has not come yet. */
  readonly error: string;
  /** Instants. */
  readonly since: string;
  readonly retryAt: string;
  readonly attempts: number;
  readonly released: boolean;
}

/** What rows lack, in order of the log; `total` where not all of it is told. */
export interface ParkedList {
  readonly total: number;
  readonly items: readonly (Parked & { readonly view: string; readonly generation: number })[];
}

type Of = Pick<Generation, 'view' | 'generation'>;

export const parkedTable = `CREATE TABLE IF NOT EXISTS projection_parked_event (
  view TEXT NOT NULL,
  generation INTEGER NOT NULL,
  key TEXT NOT NULL,
  position BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  institution_id TEXT NOT NULL,
  subject_id TEXT,
  error TEXT NOT NULL,
  since TEXT NOT NULL,
  retry_at TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  released INTEGER NOT NULL,
  PRIMARY KEY (view, generation, key, position)
)`;

export const park = (db: ReadWrites, { view, generation }: Of, parked: Parked): Promise<number> =>
  db.run(
    `INSERT INTO projection_parked_event
       (view, generation, key, position, event_id, type, institution_id, subject_id, error, since, retry_at, attempts, released)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (view, generation, key, position) DO UPDATE SET
       error = excluded.error, retry_at = excluded.retry_at, attempts = excluded.attempts, released = excluded.released`,
    [
      view,
      generation,
      parked.key,
      parked.position,
      parked.eventId,
      parked.type,
      parked.institutionId,
      parked.subjectId,
      parked.error,
      parked.since,
      parked.retryAt,
      parked.attempts,
      Number(parked.released),
    ],
  );

/** Whether it still stands as it is remembered: what is made up for, and its answer lost, must not be folded again. */
export async function standsParked(db: ReadQueries, { view, generation }: Of, { key, position }: Parked): Promise<boolean> {
  const row = await db.get(
    'SELECT position FROM projection_parked_event WHERE view = ? AND generation = ? AND key = ? AND position = ? AND released = 0',
    [view, generation, key, position],
  );
  return row !== undefined;
}

export const unpark = (db: ReadWrites, { view, generation }: Of, { key, position }: Parked): Promise<number> =>
  db.run('DELETE FROM projection_parked_event WHERE view = ? AND generation = ? AND key = ? AND position = ?', [
    view,
    generation,
    key,
    position,
  ]);

export async function parkedOf(db: ReadQueries, { view, generation }: Of): Promise<readonly Parked[]> {
  const rows = await db.all<Omit<Parked, 'released'> & { released: number }>(
    `SELECT key, position, event_id AS "eventId", type, institution_id AS "institutionId", subject_id AS "subjectId", error, since,
       retry_at AS "retryAt", attempts, released
     FROM projection_parked_event WHERE view = ? AND generation = ? ORDER BY position`,
    [view, generation],
  );
  return rows.map((row) => ({ ...row, released: row.released === 1 }));
}

type RowBefore = Omit<Parked, 'institutionId' | 'error' | 'released'> & {
  readonly view: string;
  readonly generation: number;
  readonly released: number;
};

/**
 * Keys that a release parked which had one row for a key: they stay parked, and are tried at once. What it said of a failure may quote what it read, and
 * is not taken over. `institutionAt` answers of whose event at a position is.
 */
export async function takeOverParked(
  store: ReadStore,
  now: string,
  institutionAt: (position: bigint) => Promise<string>,
): Promise<void> {
  const rows = await store.snapshot(async (db) => {
    const table = await db.get(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'projection_parked'`);
    if (!table) return null;
    return db.all<RowBefore>(
      `SELECT view, generation, key, position, event_id AS "eventId", type, subject_id AS "subjectId", since, retry_at AS "retryAt", attempts,
         released
       FROM projection_parked`,
    );
  });
  if (rows === null) return;
  const parked: (readonly [RowBefore, string])[] = [];
  for (const row of rows) parked.push([row, await institutionAt(row.position)]);
  await store.transaction(async (db) => {
    for (const [row, institutionId] of parked)
      await park(db, row, { ...row, institutionId, error: '', attempts: 0, retryAt: now, released: row.released === 1 });
    await db.run('DROP TABLE projection_parked');
  });
}
