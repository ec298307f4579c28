import type { ReadQueries, ReadStore, ReadWrites, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { outcomeTables } from './outcomes.ts';
import { parkedTable } from './parking.ts';

/**
 * Every view has its tables once per generation, `<table>_g<generation>`, and one row here per generation: how far it is folded, and which
 * one readers use. A rebuild fills the next generation beside the live one; a swap is two updates.
 *
 * `live`: what readers use · `building`: a rebuild on its way · `retired`: to be dropped.
 */
export interface Generation {
  readonly view: string;
  readonly generation: number;
  readonly version: number;
  readonly state: 'live' | 'building' | 'retired';
  /** Everything up to here is folded. */
  readonly position: bigint;
  /** JSON: names of its tables as they are in the store; a later release may not know them any more. */
  readonly tables: string;
}

/** Somebody else folded meanwhile: what was about to be written is not. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

const columns = 'view, generation, version, state, position, tables';

export const createCheckpoints = (store: ReadStore): Promise<void> =>
  store.transaction(async (db) => {
    await db.run(
      `CREATE TABLE IF NOT EXISTS projection (
        view TEXT NOT NULL,
        generation INTEGER NOT NULL,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        position BIGINT NOT NULL,
        tables TEXT NOT NULL,
        PRIMARY KEY (view, generation)
      )`,
    );
    await db.run('CREATE TABLE IF NOT EXISTS projection_scrub (due INTEGER NOT NULL)');
    for (const ddl of [parkedTable, ...outcomeTables]) await db.run(ddl);
    await db.run(
      `CREATE TABLE IF NOT EXISTS projection_rebuild (
        view TEXT NOT NULL,
        generation INTEGER NOT NULL,
        verify INTEGER NOT NULL,
        paused INTEGER NOT NULL,
        up_to BIGINT,
        last_stream INTEGER NOT NULL,
        range_streams INTEGER NOT NULL,
        PRIMARY KEY (view, generation)
      )`,
    );
    await db.run(
      `CREATE TABLE IF NOT EXISTS projection_range (
        view TEXT NOT NULL,
        generation INTEGER NOT NULL,
        from_stream INTEGER NOT NULL,
        events INTEGER NOT NULL,
        PRIMARY KEY (view, generation, from_stream)
      )`,
    );
  });

// ── rebuilds ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A rebuild on its way, so that a restart goes on with it. */
export interface RebuildPlan {
  readonly view: string;
  readonly generation: number;
  /** Compares with the live rows and swaps nothing. */
  readonly verify: boolean;
  readonly paused: boolean;
  /** Streams are folded by ranges up to this position, and only then in order of the log; in that order from the start where null. */
  readonly upTo: bigint | null;
  readonly lastStream: number;
  /** Streams of one range. */
  readonly rangeStreams: number;
}

type Built = Pick<Generation, 'view' | 'generation'>;

export const savePlan = (db: ReadWrites, plan: RebuildPlan): Promise<number> =>
  db.run(
    'INSERT INTO projection_rebuild (view, generation, verify, paused, up_to, last_stream, range_streams) VALUES (?, ?, ?, ?, ?, ?, ?)',
    [plan.view, plan.generation, Number(plan.verify), Number(plan.paused), plan.upTo, plan.lastStream, plan.rangeStreams],
  );

export async function allPlans(db: ReadQueries): Promise<readonly RebuildPlan[]> {
  const rows = await db.all<Omit<RebuildPlan, 'verify' | 'paused'> & { verify: number; paused: number }>(
    `SELECT view, generation, verify, paused, up_to AS "upTo", last_stream AS "lastStream", range_streams AS "rangeStreams"
     FROM projection_rebuild`,
  );
  return rows.map((row) => ({ ...row, verify: row.verify === 1, paused: row.paused === 1 }));
}

export const setPaused = (db: ReadWrites, { view, generation }: Built, paused: boolean): Promise<number> =>
  db.run('UPDATE projection_rebuild SET paused = ? WHERE view = ? AND generation = ?', [Number(paused), view, generation]);

export const foldedRanges = (
  db: ReadQueries,
  { view, generation }: Built,
): Promise<readonly { readonly from: number; readonly events: number }[]> =>
  db.all('SELECT from_stream AS "from", events FROM projection_range WHERE view = ? AND generation = ?', [view, generation]);

/** Throws RangeTaken where its rows are there already: a commit whose answer was lost. */
export async function recordRange(db: ReadWrites, { view, generation }: Built, from: number, events: number): Promise<void> {
  const recorded = await db.run(
    `INSERT INTO projection_range (view, generation, from_stream, events) VALUES (?, ?, ?, ?)
     ON CONFLICT (view, generation, from_stream) DO NOTHING`,
    [view, generation, from, events],
  );
  if (recorded === 0) throw new RangeTaken(`range ${from} of ${view} was taken over before`);
}

export class RangeTaken extends Error {
  override readonly name = 'RangeTaken';
}

/** From here on it follows the log as any other generation. */
export async function finishRanges(db: ReadWrites, { view, generation, upTo }: RebuildPlan): Promise<void> {
  await db.run('UPDATE projection SET position = ? WHERE view = ? AND generation = ? AND position = 0', [upTo, view, generation]);
  await db.run('DELETE FROM projection_range WHERE view = ? AND generation = ?', [view, generation]);
}

// ── generations ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Said in the transaction that deletes, unsaid after the scrubbing: a crash between them is made up for at the next start. */
export const oweScrub = (db: ReadWrites): Promise<number> => db.run('INSERT INTO projection_scrub (due) VALUES (1)');
export const settleScrub = (db: ReadWrites): Promise<number> => db.run('DELETE FROM projection_scrub');
export const owesScrub = async (db: ReadQueries): Promise<boolean> =>
  (await db.get('SELECT due FROM projection_scrub LIMIT 1')) !== undefined;

export const allGenerations = (db: ReadQueries): Promise<readonly Generation[]> =>
  db.all(`SELECT ${columns} FROM projection ORDER BY view, generation`);

export const liveGeneration = (db: ReadQueries, view: string): Promise<Generation | undefined> =>
  db.get(`SELECT ${columns} FROM projection WHERE view = ? AND state = 'live'`, [view]);

export const tableOf = (table: string, generation: number): string => `${table}_g${generation}`;

export const isIndex = (ddl: string): boolean => /^\s*CREATE (UNIQUE )?INDEX/.test(ddl);

/** Tables alone, as files of ranges have them: without a generation. */
export const bareTables = (view: View): readonly string[] =>
  view.schema.filter((ddl) => !isIndex(ddl)).map((ddl) => ddl.replaceAll('_$g', ''));

export const indexesOf = (view: View, generation: number): readonly string[] =>
  view.schema.filter(isIndex).map((ddl) => ddl.replace(/INDEX/, 'INDEX IF NOT EXISTS').replaceAll('_$g', `_g${generation}`));

/**
 * Without indexes where rows come in bulk: `indexesOf` makes them afterwards. Its number is past `above` and past whatever is there: one that is still
 * to be dropped must not meet another of its number.
 */
export async function createGeneration(
  db: ReadWrites,
  view: View,
  state: 'live' | 'building',
  indexed = true,
  above = 0,
): Promise<Generation> {
  const last = await db.get<{ generation: number }>(
    'SELECT generation FROM projection WHERE view = ? ORDER BY generation DESC LIMIT 1',
    [view.name],
  );
  const generation = Math.max(last?.generation ?? 0, above) + 1;
  for (const ddl of view.schema) if (indexed || !isIndex(ddl)) await db.run(ddl.replaceAll('_$g', `_g${generation}`));
  const tables = JSON.stringify(view.tables.map((table) => tableOf(table, generation)));
  await db.run(`INSERT INTO projection (${columns}) VALUES (?, ?, ?, ?, 0, ?)`, [
    view.name,
    generation,
    view.version,
    state,
    tables,
  ]);
  return { view: view.name, generation, version: view.version, state, position: 0n, tables };
}

/**
 * Moves checkpoints that stand at one position, in the transaction of their rows. Throws CheckpointMoved where one of them is not where it was read.
 */
export async function advance(
  db: ReadWrites,
  those: readonly Pick<Generation, 'view' | 'generation'>[],
  from: bigint,
  to: bigint,
): Promise<void> {
  const moved = await db.run(
    `UPDATE projection SET position = ? WHERE position = ? AND state <> 'retired'
     AND (view, generation) IN (VALUES ${those.map(() => '(?, ?)').join(', ')})`,
    [to, from, ...those.flatMap(({ view, generation }) => [view, generation])],
  );
  if (moved !== those.length) throw new CheckpointMoved(`${those.map(({ view }) => view).join(', ')}: no longer at ${from}`);
}

/** Readers see the rebuilt generation from this commit on. */
export async function swap(db: ReadWrites, built: Pick<Generation, 'view' | 'generation' | 'position'>): Promise<void> {
  await db.run(`UPDATE projection SET state = 'retired' WHERE view = ? AND state = 'live' AND generation <> ?`, [
    built.view,
    built.generation,
  ]);
  // Live already where the answer to an earlier swap was lost: the same swap again is the same.
  const moved = await db.run(
    `UPDATE projection SET state = 'live' WHERE view = ? AND generation = ? AND position = ? AND state IN ('building', 'live')`,
    [built.view, built.generation, built.position],
  );
  if (moved !== 1) throw new CheckpointMoved(`the rebuild of ${built.view} is no longer at ${built.position}`);
  await dropPlan(db, built);
}

/** The rebuild comes to its end without a swap, and no start goes on with it. Throws CheckpointMoved where it was over already. */
export async function retire(db: ReadWrites, built: Built): Promise<void> {
  const retired = await db.run(
    `UPDATE projection SET state = 'retired' WHERE view = ? AND generation = ? AND state = 'building'`,
    [built.view, built.generation],
  );
  if (retired !== 1) throw new CheckpointMoved(`the rebuild of ${built.view} is over`);
  await dropPlan(db, built);
}

async function dropPlan(db: ReadWrites, { view, generation }: Built): Promise<void> {
  for (const table of ['projection_rebuild', 'projection_run'])
    await db.run(`DELETE FROM ${table} WHERE view = ? AND generation = ?`, [view, generation]);
}

/** Never what readers use. */
export async function dropGeneration(db: ReadWrites, dropped: Pick<Generation, 'view' | 'generation' | 'tables'>): Promise<void> {
  const there = await db.run(`DELETE FROM projection WHERE view = ? AND generation = ? AND state <> 'live'`, [
    dropped.view,
    dropped.generation,
  ]);
  if (there === 0) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- createGeneration wrote it
  for (const table of JSON.parse(dropped.tables) as string[]) await db.run(`DROP TABLE IF EXISTS ${table}`);
  for (const table of ['projection_rebuild', 'projection_run', 'projection_range', 'projection_parked_event'])
    await db.run(`DELETE FROM ${table} WHERE view = ? AND generation = ?`, [dropped.view, dropped.generation]);
}

/** Fills in which generation of each table a statement means. Remembers every text that it has seen. */
export class Naming {
  readonly #generationOf: ReadonlyMap<string, number>;
  readonly #known = new Map<string, string>();

  constructor(generations: readonly (readonly [view: View, generation: number])[]) {
    this.#generationOf = new Map(
      generations.flatMap(([view, generation]) => view.tables.map((table) => [table, generation] as const)),
    );
  }

  name(sql: string): string {
    let named = this.#known.get(sql);
    if (named === undefined) {
      named = sql.replaceAll(/\b([a-z_]+)_\$g/g, (_, table: string) => {
        const generation = this.#generationOf.get(table);
        if (generation === undefined) throw new Error(`no view that was asked for has a table ${table}`);
        return tableOf(table, generation);
      });
      if (this.#known.size >= 500) this.#known.clear();
      this.#known.set(sql, named);
    }
    return named;
  }
}

export const readNamed = (db: ReadQueries, naming: Naming): ReadQueries => ({
  all: (sql, params) => db.all(naming.name(sql), params),
  get: (sql, params) => db.get(naming.name(sql), params),
  each: (sql, params, visit) => db.each(naming.name(sql), params, visit),
});

export const writeNamed = (db: ReadWrites, naming: Naming): ReadWrites => ({
  ...readNamed(db, naming),
  run: (sql: string, params?: readonly Value[]) => db.run(naming.name(sql), params),
  runMany: (sql: string, rows: readonly (readonly Value[])[]) =>
    rows.length === 0 ? Promise.resolve(0) : db.runMany(naming.name(sql), rows),
});
