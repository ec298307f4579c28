import type { ReadQueries, ReadWrites } from '../ports/read-store.ts';
import type { Generation } from './generations.ts';

/** A fold key of a view at whose event the fold failed. Its rows stand as they were before; its later events wait, all other keys go on. */
export interface Parked {
  readonly key: string;
  /** Of the event that cannot be folded. */
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  /** The person whom it is about. */
  readonly subjectId: string | null;
  readonly error: string;
  /** Instants. */
  readonly since: string;
  readonly retryAt: string;
  readonly attempts: number;
  /** An administrator let the key go on without that event: its rows stay incomplete until a rebuild. */
  readonly released: boolean;
  /** It was released before, and stands still again: its rows stay incomplete even where it can go on. */
  readonly again: boolean;
}

type Of = Pick<Generation, 'view' | 'generation'>;

export const parkedTable = `CREATE TABLE IF NOT EXISTS projection_parked (
  view TEXT NOT NULL,
  generation INTEGER NOT NULL,
  key TEXT NOT NULL,
  position BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  subject_id TEXT,
  error TEXT NOT NULL,
  since TEXT NOT NULL,
  retry_at TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  released INTEGER NOT NULL,
  PRIMARY KEY (view, generation, key)
)`;

export const park = (db: ReadWrites, { view, generation }: Of, parked: Parked): Promise<number> =>
  db.run(
    `INSERT INTO projection_parked
       (view, generation, key, position, event_id, type, subject_id, error, since, retry_at, attempts, released)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (view, generation, key) DO UPDATE SET position = excluded.position, event_id = excluded.event_id, type = excluded.type,
       subject_id = excluded.subject_id, error = excluded.error, retry_at = excluded.retry_at, attempts = excluded.attempts,
       released = excluded.released`,
    [
      view,
      generation,
      parked.key,
      parked.position,
      parked.eventId,
      parked.type,
      parked.subjectId,
      parked.error,
      parked.since,
      parked.retryAt,
      parked.attempts,
      parked.released ? 1 : parked.again ? 2 : 0,
    ],
  );

/** Whether it still stands as it is remembered: a retry whose answer was lost must not fold the same events again. */
export async function standsParked(db: ReadQueries, { view, generation }: Of, { key, position }: Parked): Promise<boolean> {
  const row = await db.get<{ released: number }>(
    'SELECT released FROM projection_parked WHERE view = ? AND generation = ? AND key = ? AND position = ?',
    [view, generation, key, position],
  );
  return row !== undefined && row.released !== 1;
}

export const unpark = (db: ReadWrites, { view, generation }: Of, key: string): Promise<number> =>
  db.run('DELETE FROM projection_parked WHERE view = ? AND generation = ? AND key = ?', [view, generation, key]);

export async function parkedOf(db: ReadQueries, { view, generation }: Of): Promise<readonly Parked[]> {
  const rows = await db.all<Omit<Parked, 'released' | 'again'> & { released: number }>(
    `SELECT key, position, event_id AS "eventId", type, subject_id AS "subjectId", error, since, retry_at AS "retryAt", attempts, released
     FROM projection_parked WHERE view = ? AND generation = ? ORDER BY position`,
    [view, generation],
  );
  return rows.map((row) => ({ ...row, released: row.released === 1, again: row.released === 2 }));
}
