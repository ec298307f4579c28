// What one would write down first: node:sqlite, one thread, nothing around it. The limit beside which all others are measured.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { tables } from '../../../libs/adapters/sqlite/event-schema.ts';
import { openSqliteReadStore, type SqliteReadStore } from '../../../libs/adapters/sqlite/read-store.ts';
import type { Envelope, Recorded } from '../../../libs/kernel/decider.ts';
import type { View } from '../../../libs/ports/view.ts';
import { peakMiB } from '../harness.ts';
import type { BenchEvent, Contender, Log } from './contender.ts';
import { readsOf, schemaOf, writesOf } from './tables.ts';

type InsertRow = (position: number, stream: string, revision: number, recordedAt: string, event: BenchEvent) => unknown;

interface Layout {
  readonly schema: string;
  readonly insert: (db: DatabaseSync) => InsertRow;
}

/** The same rows in one table, as one would write it down first. */
export const plainTable: Layout = {
  schema: `CREATE TABLE event (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, recorded_at TEXT NOT NULL, json TEXT NOT NULL, UNIQUE (stream, revision)
  ) STRICT`,
  insert: (db) => {
    const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)');
    return (position, stream, revision, at, { id, type, json }) => insert.run(position, stream, revision, id, type, at, json);
  },
};

/** The same rows in the tables that our store uses: what is left of the difference is what our store does besides inserting. */
export const ourTables: Layout = {
  schema: tables,
  insert: (db) => {
    const insertStream = db.prepare('INSERT INTO stream VALUES (?, ?)');
    const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)');
    const numbers = new Map<string, number>();
    return (position, stream, revision, at, { id, type, json }) => {
      let number = numbers.get(stream);
      if (number === undefined) {
        number = numbers.size + 1;
        numbers.set(stream, number);
        insertStream.run(number, stream);
      }
      insert.run(position, number, revision, id, type, at, json);
    };
  },
};

/** Inserts on the calling thread, with the same durability and nothing else. Whatever queued, at most 64, shares a commit. */
export const rawLog =
  (layout: Layout) =>
  async ({ folder }: { readonly folder: string }): Promise<Log> => {
    const db = new DatabaseSync(join(folder, 'raw.db'));
    const isNew = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0;
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${isNew ? layout.schema : ''}`);
    const insert = layout.insert(db);
    const begin = db.prepare('BEGIN IMMEDIATE');
    const commit = db.prepare('COMMIT');
    const queue: { stream: string; revision: number; event: BenchEvent; done: () => void }[] = [];
    let position = Number(db.prepare('SELECT max(position) AS head FROM event').get()?.['head'] ?? 0);
    let scheduled = false;
    const flush = (): void => {
      const batch = queue.splice(0, 64);
      const recordedAt = new Date().toISOString();
      begin.run();
      for (const { stream, revision, event } of batch) insert((position += 1), stream, revision, recordedAt, event);
      commit.run();
      for (const { done } of batch) done();
      scheduled = queue.length > 0;
      if (scheduled) setImmediate(flush);
    };
    const named = layout === plainTable;
    const one = named
      ? db.prepare('SELECT position, revision, recorded_at, json FROM event WHERE stream = ? ORDER BY revision')
      : db.prepare(
          `SELECT position, revision, recorded_at, json FROM event
           WHERE stream = (SELECT number FROM stream WHERE name = ?) ORDER BY revision`,
        );
    const page = db.prepare(
      'SELECT position, revision, recorded_at, json FROM event WHERE position > ? ORDER BY position LIMIT 1000',
    );
    for (const statement of [one, page]) statement.setReturnArrays(true);
    return {
      append: async (stream, revision, events) => {
        await Promise.all(
          events.map(
            (event, index) =>
              new Promise<void>((done) => {
                queue.push({ stream, revision: revision + index, event, done });
                if (scheduled) return;
                scheduled = true;
                setImmediate(flush);
              }),
          ),
        );
      },
      fold: async (stream, initial, evolve) =>
        rowsOf(one.all(stream)).reduce((state, row) => evolve(state, parsed(row)), initial),
      read: async (visit) => {
        let after = 0;
        for (;;) {
          const rows = rowsOf(page.all(after));
          if (rows.length === 0) return;
          for (const row of rows) visit(parsed(row));
          after = rows.at(-1)![0];
        }
      },
      close: async () => db.close(),
    };
  };

export type Row = readonly [position: number, revision: number, recordedAt: string, json: string];
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the statements list them, as arrays, which the typings do not know
const rowsOf = (found: unknown): readonly Row[] => found as Row[];

export const parsed = ([position, revision, recordedAt, json]: Row | ScannedRow): Recorded =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from an envelope
  Object.assign(JSON.parse(json) as Envelope, { position: BigInt(position), revision: BigInt(revision), recordedAt });

// ── a view ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type ScannedRow = readonly [...Row, stream: number];

/** Rows of the log as they come out of the file, page by page in its order. Answers how many. */
export function scan(folder: string, visit: (row: ScannedRow) => void): number {
  const log = new DatabaseSync(join(folder, 'log.db'), { readOnly: true });
  const page = log.prepare(
    'SELECT position, revision, recorded_at, json, stream FROM event WHERE position > ? ORDER BY position LIMIT 10000',
  );
  page.setReturnArrays(true);
  let seen = 0;
  for (let after = 0; ;) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the SELECT lists them
    const rows = page.all(after) as unknown as readonly ScannedRow[];
    for (const row of rows) visit(row);
    seen += rows.length;
    if (rows.length === 0) break;
    [after] = rows.at(-1)!;
  }
  log.close();
  return seen;
}

/** Everything that the view takes, in memory by stream. */
function byStream(folder: string, { prefixes = [''], types }: View): Map<number, Recorded[]> {
  const log = new DatabaseSync(join(folder, 'log.db'), { readOnly: true });
  const streams = new Map<number, Recorded[]>();
  for (const { number, name } of log.prepare('SELECT number, name FROM stream').iterate())
    if (prefixes.some((prefix) => String(name).startsWith(prefix))) streams.set(Number(number), []);
  log.close();
  scan(folder, (row) => {
    const told = streams.get(row[4]);
    if (told === undefined) return;
    const event = parsed(row);
    if (types === undefined || types.includes(event.type)) told.push(event);
  });
  return streams;
}

/** Each stream is told whole, so nothing that was folded before is ever asked for. */
async function foldWhole(store: SqliteReadStore, view: View, streams: ReadonlyMap<number, readonly Recorded[]>): Promise<void> {
  await store.transaction(async (db) => {
    for (const ddl of schemaOf(view)) await db.run(ddl);
    const writes = { ...writesOf(db, view), all: async () => [], get: async () => undefined };
    let some: Recorded[] = [];
    for (const events of streams.values()) {
      some.push(...events);
      if (some.length < 2000) continue;
      await view.fold(writes, some);
      some = [];
    }
    await view.fold(writes, some);
  });
}

export const raw: Contender = {
  open: rawLog(plainTable),

  /**
   * SELECT, JSON.parse, everything in memory by stream, the view's own fold once per stream, bulk insert in one transaction. For views whose rows
   * belong to one stream each. Memory grows with the log, as a first version's does.
   */
  rebuild: async ({ folder }, corpus, view) => {
    const path = join(folder, 'raw-view.db');
    await Promise.all(['', '-wal', '-shm'].map((suffix) => rm(`${path}${suffix}`, { force: true })));
    const began = performance.now();
    const store = openSqliteReadStore({ path });
    await foldWhole(store, view, byStream(corpus.folder, view));
    const seconds = (performance.now() - began) / 1000;
    return {
      seconds,
      peakMiB: peakMiB(),
      rows: (read) => store.snapshot((db) => read(readsOf(db, view))),
      close: () => store.close(),
    };
  },

  /** A writer that notifies, a thread that reads, folds and commits, a reader that is told: the shape of ours with nothing in it. */
  follow: async (place, view) => {
    const log = await rawLog(plainTable)(place);
    const path = join(place.folder, 'raw-view.db');
    const made = openSqliteReadStore({ path });
    await made.transaction(async (db) => {
      for (const ddl of schemaOf(view)) await db.run(ddl);
    });
    const workerData = { log: join(place.folder, 'raw.db'), view: view.name, path } satisfies FollowerData;
    const worker = new Worker(new URL('raw-follower.ts', import.meta.url), { workerData });
    const told = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
    await told();
    const store = openSqliteReadStore({ path, readOnly: true });
    return {
      append: async (stream, event) => {
        await log.append(stream, 0, [event]);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage('appended');
      },
      seen: async (read) => {
        for (;;) {
          const next = told();
          if (await store.snapshot((db) => read(readsOf(db, view)))) return;
          await next;
        }
      },
      close: async () => {
        await worker.terminate();
        await store.close();
        await made.close();
        await log.close();
      },
    };
  },
};

/** What raw-follower.ts is started with. */
export interface FollowerData {
  readonly log: string;
  readonly view: string;
  readonly path: string;
}
