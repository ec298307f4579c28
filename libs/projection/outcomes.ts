import type { ReadQueries, ReadWrites } from '../ports/read-store.ts';
import type { Generation } from './generations.ts';
import type { Rebuilt } from './rebuilds.ts';

/**
 * How the last rebuild of a view ended, written in the transaction that ends it: whoever puts it on record elsewhere and crashes before that finds it
 * here again.
 */
export interface RebuildOutcome {
  readonly view: string;
  /** For whom it was: an id of whoever asked. Null where the engine began it by itself and nobody joined. */
  readonly run: string | null;
  /** That was built. */
  readonly generation: number;
  readonly outcome: 'swapped' | 'equal' | 'different' | 'not-compared' | 'failed' | 'cancelled';
  /** Instant. */
  readonly at: string;
  /** Up to where the rows held the log, or of the event that could not be folded; null where neither is known. */
  readonly position: bigint | null;
  readonly digests: { readonly live: string; readonly rebuilt: string } | null;
  /** Rows that a verification found to differ, as far as they are shown. */
  readonly differing: number;
  /** Of the event that could not be folded. */
  readonly eventId: string | null;
  readonly eventType: string | null;
  /** As `faultText` has it. */
  readonly error: string | null;
}

export const outcomeTables = [
  `CREATE TABLE IF NOT EXISTS projection_outcome (
    view TEXT NOT NULL PRIMARY KEY,
    run TEXT,
    generation INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    at TEXT NOT NULL,
    position BIGINT,
    live_digest TEXT,
    rebuilt_digest TEXT,
    differing INTEGER NOT NULL,
    event_id TEXT,
    event_type TEXT,
    error TEXT
  )`,
  `CREATE TABLE IF NOT EXISTS projection_run (
    view TEXT NOT NULL,
    generation INTEGER NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (view, generation)
  )`,
];

/** Says for whom a generation is built; the last who asked. */
export const saveRun = (
  db: ReadWrites,
  { view, generation }: Pick<Generation, 'view' | 'generation'>,
  run: string,
): Promise<number> =>
  db.run(
    `INSERT INTO projection_run (view, generation, run) VALUES (?, ?, ?)
     ON CONFLICT (view, generation) DO UPDATE SET run = excluded.run`,
    [view, generation, run],
  );

export const allRuns = (
  db: ReadQueries,
): Promise<readonly { readonly view: string; readonly generation: number; readonly run: string }[]> =>
  db.all('SELECT view, generation, run FROM projection_run');

export const saveOutcome = (db: ReadWrites, o: RebuildOutcome): Promise<number> =>
  db.run(
    `INSERT INTO projection_outcome
       (view, run, generation, outcome, at, position, live_digest, rebuilt_digest, differing, event_id, event_type, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (view) DO UPDATE SET run = excluded.run, generation = excluded.generation, outcome = excluded.outcome, at = excluded.at,
       position = excluded.position, live_digest = excluded.live_digest, rebuilt_digest = excluded.rebuilt_digest,
       differing = excluded.differing, event_id = excluded.event_id, event_type = excluded.event_type, error = excluded.error`,
    [
      o.view,
      o.run,
      o.generation,
      o.outcome,
      o.at,
      o.position,
      o.digests?.live ?? null,
      o.digests?.rebuilt ?? null,
      o.differing,
      o.eventId,
      o.eventType,
      o.error,
    ],
  );

export const outcomeOf = async (db: ReadQueries, view: string): Promise<RebuildOutcome | undefined> =>
  (await allOutcomes(db)).find((one) => one.view === view);

export async function allOutcomes(db: ReadQueries): Promise<readonly RebuildOutcome[]> {
  const rows = await db.all<Omit<RebuildOutcome, 'digests'> & { live: string | null; rebuilt: string | null }>(
    `SELECT view, run, generation, outcome, at, position, live_digest AS "live", rebuilt_digest AS "rebuilt", differing,
       event_id AS "eventId", event_type AS "eventType", error
     FROM projection_outcome`,
  );
  return rows.map(({ live, rebuilt, ...row }) => ({
    ...row,
    digests: live === null || rebuilt === null ? null : { live, rebuilt },
  }));
}

/** What a run came to that is over already; null where it may begin once more. */
export function rebuiltBefore({
  view,
  generation,
  outcome,
  position,
  digests,
  differing: differs,
}: RebuildOutcome): Rebuilt | null {
  if (outcome === 'failed' || outcome === 'cancelled') return null;
  return { view, generation, position: position ?? 0n, digests, differing: [], differs };
}
