import type { ReadStore } from '../ports/read-store.ts';
import { park, type Parked } from './parking.ts';

type Row = Omit<Parked, 'institutionId' | 'error' | 'released'> & {
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
    return db.all<Row>(
      `SELECT view, generation, key, position, event_id AS "eventId", type, subject_id AS "subjectId", since, retry_at AS "retryAt", attempts,
         released
       FROM projection_parked`,
    );
  });
  if (rows === null) return;
  const parked: (readonly [Row, string])[] = [];
  for (const row of rows) parked.push([row, await institutionAt(row.position)]);
  await store.transaction(async (db) => {
    for (const [row, institutionId] of parked)
      await park(db, row, { ...row, institutionId, error: '', attempts: 0, retryAt: now, released: row.released === 1 });
    await db.run('DROP TABLE projection_parked');
  });
}
