import type { ReadQueries, ReadStore, ReadWrites } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { isIndex, Naming, readNamed, tableOf } from './generations.ts';

/**
 * Generations that hold a moment of the past: what was believed at one instant, of what was effective at another. One row here per build (some views
 * at one moment), one per view in it. They follow no log, so the checkpoints of `projection` know nothing of them.
 *
 * `waiting` · `building` · `ready`: readable · `failed`: an event could not be folded.
 */
export interface Build {
  readonly id: string;
  readonly institutionId: string;
  readonly views: readonly string[];
  /** Instant. */
  readonly recordedAsOf: string;
  /** Nobody named the instant: it is when this was asked for. */
  readonly recordedNow: boolean;
  /** Instant; the order of recording where null. */
  readonly effectiveAsOf: string | null;
  /** Of the last event that was recorded by then. */
  readonly position: bigint;
  readonly lastStream: number;
  readonly rangeStreams: number;
  readonly state: 'waiting' | 'building' | 'ready' | 'failed';
  /** The event that could not be folded. */
  readonly failed: FailedAt | null;
  /** `sub` of whom asked first. */
  readonly askedBy: string;
  readonly askedAt: string;
  readonly usedAt: string;
}

export interface FailedAt {
  readonly view: string;
  readonly position: string;
  readonly type: string;
}

/** A moment as a question names it. Where `recordedAsOf` is absent, the last one that was built without naming it. */
export interface Moment {
  readonly institutionId: string;
  readonly recordedAsOf?: string;
  readonly effectiveAsOf?: string;
}

/** Nothing of these views is kept of that moment. */
export class MomentNotBuilt extends Error {
  override readonly name = 'MomentNotBuilt';
  readonly views: readonly string[];
  readonly moment: Moment;

  constructor(views: readonly View[], moment: Moment) {
    super(`nothing is kept of ${views.map(({ name }) => name).join(', ')} at that moment`);
    this.views = views.map(({ name }) => name);
    this.moment = moment;
  }
}

export const createKept = (store: ReadStore): Promise<void> =>
  store.transaction(async (db) => {
    await db.run(
      `CREATE TABLE IF NOT EXISTS kept_build (
        id TEXT NOT NULL PRIMARY KEY,
        institution_id TEXT NOT NULL,
        views TEXT NOT NULL,
        recorded_as_of TEXT NOT NULL,
        recorded_now INTEGER NOT NULL,
        effective_as_of TEXT,
        position BIGINT NOT NULL,
        last_stream INTEGER NOT NULL,
        range_streams INTEGER NOT NULL,
        state TEXT NOT NULL,
        failed TEXT,
        asked_by TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        used_at TEXT NOT NULL
      )`,
    );
    await db.run(
      `CREATE TABLE IF NOT EXISTS kept_generation (
        build TEXT NOT NULL,
        view TEXT NOT NULL,
        generation INTEGER NOT NULL,
        version INTEGER NOT NULL,
        ready INTEGER NOT NULL,
        tables TEXT NOT NULL,
        PRIMARY KEY (view, generation)
      )`,
    );
  });

// ── builds ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Row = Omit<Build, 'views' | 'recordedNow' | 'failed'> & { views: string; recordedNow: number; failed: string | null };

const selected = `id, institution_id AS "institutionId", views, recorded_as_of AS "recordedAsOf", recorded_now AS "recordedNow",
  effective_as_of AS "effectiveAsOf", position, last_stream AS "lastStream", range_streams AS "rangeStreams", state, failed,
  asked_by AS "askedBy", asked_at AS "askedAt", used_at AS "usedAt"`;

/* oxlint-disable typescript/no-unsafe-type-assertion -- written here */
const buildOf = (row: Row): Build => ({
  ...row,
  views: JSON.parse(row.views) as string[],
  recordedNow: row.recordedNow === 1,
  failed: row.failed === null ? null : (JSON.parse(row.failed) as FailedAt),
});
/* oxlint-enable typescript/no-unsafe-type-assertion */

/** In the order in which they were asked for. */
export async function allBuilds(db: ReadQueries): Promise<readonly Build[]> {
  return (await db.all<Row>(`SELECT ${selected} FROM kept_build ORDER BY asked_at, id`)).map(buildOf);
}

export const saveBuild = (db: ReadWrites, build: Build): Promise<number> =>
  db.run(
    `INSERT INTO kept_build (id, institution_id, views, recorded_as_of, recorded_now, effective_as_of, position, last_stream, range_streams,
       state, failed, asked_by, asked_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, failed = excluded.failed, used_at = excluded.used_at`,
    [
      build.id,
      build.institutionId,
      JSON.stringify(build.views),
      build.recordedAsOf,
      Number(build.recordedNow),
      build.effectiveAsOf,
      build.position,
      build.lastStream,
      build.rangeStreams,
      build.state,
      build.failed && JSON.stringify(build.failed),
      build.askedBy,
      build.askedAt,
      build.usedAt,
    ],
  );

export const forgetBuild = (db: ReadWrites, id: string): Promise<number> => db.run('DELETE FROM kept_build WHERE id = ?', [id]);

// ── their generations ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface KeptGeneration {
  readonly view: string;
  readonly generation: number;
  readonly version: number;
  readonly ready: boolean;
  /** JSON: names of its tables. */
  readonly tables: string;
}

/** Rebuilds count from 1 and never come here: both have their tables, and the notes of their ranges, in one store. */
const firstGeneration = 1_000_001;

export async function generationsOf(db: ReadQueries, build: string): Promise<readonly KeptGeneration[]> {
  const rows = await db.all<Omit<KeptGeneration, 'ready'> & { ready: number }>(
    'SELECT view, generation, version, ready, tables FROM kept_generation WHERE build = ?',
    [build],
  );
  return rows.map((row) => ({ ...row, ready: row.ready === 1 }));
}

/** Tables without indexes: rows come in bulk. */
export async function createKeptGeneration(db: ReadWrites, build: string, view: View): Promise<KeptGeneration> {
  const last = await db.get<{ generation: number }>(
    'SELECT generation FROM kept_generation WHERE view = ? ORDER BY generation DESC LIMIT 1',
    [view.name],
  );
  const generation = (last?.generation ?? firstGeneration - 1) + 1;
  for (const ddl of view.schema) if (!isIndex(ddl)) await db.run(ddl.replaceAll('_$g', `_g${generation}`));
  const tables = JSON.stringify(view.tables.map((table) => tableOf(table, generation)));
  await db.run('INSERT INTO kept_generation (build, view, generation, version, ready, tables) VALUES (?, ?, ?, ?, 0, ?)', [
    build,
    view.name,
    generation,
    view.version,
    tables,
  ]);
  return { view: view.name, generation, version: view.version, ready: false, tables };
}

export const markReady = (db: ReadWrites, { view, generation }: KeptGeneration): Promise<number> =>
  db.run('UPDATE kept_generation SET ready = 1 WHERE view = ? AND generation = ?', [view, generation]);

export async function dropKeptGeneration(db: ReadWrites, { view, generation, tables }: KeptGeneration): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- createKeptGeneration wrote it
  for (const table of JSON.parse(tables) as string[]) await db.run(`DROP TABLE IF EXISTS ${table}`);
  await db.run('DELETE FROM projection_range WHERE view = ? AND generation = ?', [view, generation]);
  await db.run('DELETE FROM kept_generation WHERE view = ? AND generation = ?', [view, generation]);
}

// ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Queries over what is kept of moments of the past. */
export class KeptReader {
  readonly #store: ReadStore;

  constructor(store: ReadStore) {
    this.#store = store;
  }

  /** All reads of one query see the same build. Throws MomentNotBuilt. */
  read<T>(views: readonly View[], moment: Moment, query: (db: ReadQueries, build: Build) => Promise<T>): Promise<T> {
    return this.#store.snapshot(async (db) => {
      const found = await this.#find(db, views, moment);
      return query(readNamed(db, new Naming(found.generations)), found.build);
    });
  }

  /** Two moments of one view side by side: in `sql` its tables end in `_$from` and `_$to`. Throws MomentNotBuilt. */
  readBoth<T>(
    view: View,
    moments: { readonly from: Moment; readonly to: Moment },
    query: (db: ReadQueries, builds: { readonly from: Build; readonly to: Build }) => Promise<T>,
  ): Promise<T> {
    return this.#store.snapshot(async (db) => {
      const from = await this.#find(db, [view], moments.from);
      const to = await this.#find(db, [view], moments.to);
      const generation = { from: from.generations[0]![1], to: to.generations[0]![1] };
      const name = (sql: string): string =>
        sql.replaceAll(/\b([a-z_]+)_\$(from|to)/g, (_, table: string, side: 'from' | 'to') => tableOf(table, generation[side]));
      const named: ReadQueries = {
        all: (sql, params) => db.all(name(sql), params),
        get: (sql, params) => db.get(name(sql), params),
        each: (sql, params, visit) => db.each(name(sql), params, visit),
      };
      return query(named, { from: from.build, to: to.build });
    });
  }

  async #find(
    db: ReadQueries,
    views: readonly View[],
    moment: Moment,
  ): Promise<{ readonly build: Build; readonly generations: readonly (readonly [View, number])[] }> {
    const { institutionId, recordedAsOf, effectiveAsOf } = moment;
    const of = await db.all<Row>(
      `SELECT ${selected} FROM kept_build WHERE institution_id = ? AND state = 'ready'
       AND ${recordedAsOf === undefined ? 'recorded_now = 1' : 'recorded_as_of = ?'}
       AND ${effectiveAsOf === undefined ? 'effective_as_of IS NULL' : 'effective_as_of = ?'} ORDER BY asked_at DESC`,
      [
        institutionId,
        ...(recordedAsOf === undefined ? [] : [recordedAsOf]),
        ...(effectiveAsOf === undefined ? [] : [effectiveAsOf]),
      ],
    );
    for (const build of of.map(buildOf)) {
      if (!views.every(({ name }) => build.views.includes(name))) continue;
      const kept = await generationsOf(db, build.id);
      const generations = views.flatMap((view) => {
        const own = kept.find((one) => one.view === view.name && one.ready && one.version === view.version);
        return own ? [[view, own.generation] as const] : [];
      });
      if (generations.length === views.length) return { build, generations };
    }
    throw new MomentNotBuilt(views, moment);
  }
}
