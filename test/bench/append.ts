// Appends as a server sees them: 64 clients at once, one event each, against a raw group commit of the same rows.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { tables } from '../../libs/adapters/sqlite/event-schema.ts';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import type { NewEvent } from '../../libs/ports/event-store.ts';

const clients = 64;
const eventsPerStream = 8;

interface Contender {
  readonly append: (stream: string, revision: number, event: NewEvent) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function ours(path: string): Promise<Contender> {
  const store = await openSqliteEventStore({ path, clock: Date });
  return {
    append: async (stream, revision, event) => {
      const answer = await store.append(stream, revision === 0 ? 'none' : BigInt(revision - 1), [event]);
      if (answer.outcome !== 'appended' || answer.repeated) throw new Error(`${stream} at ${revision}: ${answer.outcome}`);
    },
    close: () => store.close(),
  };
}

/** The same rows in one table, as one would write it down first. */
const plainTable = {
  schema: `CREATE TABLE event (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, recorded_at TEXT NOT NULL, json TEXT NOT NULL, UNIQUE (stream, revision)
  ) STRICT`,
  insert: (db: DatabaseSync): InsertRow => {
    const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)');
    return (position, stream, revision, at, { id, type, json }) => insert.run(position, stream, revision, id, type, at, json);
  },
};

/** The same rows in the tables that our store uses: what is left of the difference is what our store does besides inserting. */
const ourTables = {
  schema: tables,
  insert: (db: DatabaseSync): InsertRow => {
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

type InsertRow = (position: number, stream: string, revision: number, recordedAt: string, event: NewEvent) => unknown;

/** Inserts on the calling thread, with the same durability and nothing else. Whatever queued, at most 64, shares a commit. */
const raw =
  (layout: { schema: string; insert: (db: DatabaseSync) => InsertRow }) =>
  async (path: string): Promise<Contender> => {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${layout.schema}`);
    const insert = layout.insert(db);
    const begin = db.prepare('BEGIN IMMEDIATE');
    const commit = db.prepare('COMMIT');
    const queue: { stream: string; revision: number; event: NewEvent; done: () => void }[] = [];
    let position = 0;
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
    return {
      append: (stream, revision, event) =>
        new Promise<void>((done) => {
          queue.push({ stream, revision, event, done });
          if (scheduled) return;
          scheduled = true;
          setImmediate(flush);
        }),
      close: async () => db.close(),
    };
  };

/** Envelopes made beforehand, so that a round measures the store. About 700 bytes, as most are. */
const envelopes = Array.from({ length: 1024 }, (_, i) =>
  JSON.stringify({
    id: randomUUID(),
    type: 'ModulePassed',
    version: 1,
    stream: `enrollment-${randomUUID()}`,
    effectiveAt: '2026-09-01T08:00:00.000Z',
    decidedAt: '2026-09-01T08:00:00.000Z',
    actor: { personId: randomUUID(), role: 'teacher', organizationId: randomUUID() },
    commandId: randomUUID(),
    commandDigest: randomUUID().replaceAll('-', '').repeat(2),
    correlationId: randomUUID(),
    causationId: randomUUID(),
    institutionId: randomUUID(),
    subjectId: randomUUID(),
    basis: [{ stream: `program-${i}`, revision: '7' }],
    data: { module: `M-${i}`, credits: 2, score: 60 + (i % 40) },
  }),
);

/** Events per second, answered. */
async function round(open: (path: string) => Promise<Contender>, seconds: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
  try {
    const contender = await open(join(folder, 'log.db'));
    const phase = { counting: false, over: false };
    let answered = 0;
    const work = Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        let stream = '';
        for (let n = 0; !phase.over; n++) {
          const revision = n % eventsPerStream;
          if (revision === 0) stream = `enrollment-${randomUUID()}`;
          const json = envelopes[(n * clients + client) % envelopes.length]!;
          await contender.append(stream, revision, { id: randomUUID(), type: 'ModulePassed', json });
          if (phase.counting) answered += 1;
        }
      }),
    );
    await pause(300);
    phase.counting = true;
    const from = performance.now();
    await pause(seconds * 1000);
    phase.counting = false;
    const took = performance.now() - from;
    phase.over = true;
    await work;
    await contender.close();
    return (answered * 1000) / took;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * Rounds alternate, so that a noisy neighbour meets all. `ratio` is against the plain table, `ratioOurTables` against
 * a raw group commit that was handed our layout.
 */
export async function benchAppend(rounds = 5, seconds = 2): Promise<object> {
  const contenders = { ours, raw: raw(plainTable), rawOurTables: raw(ourTables) };
  const rates = { ours: [] as number[], raw: [] as number[], rawOurTables: [] as number[] };
  for (let i = 0; i < rounds; i++) {
    for (const name of ['ours', 'raw', 'rawOurTables'] as const) rates[name].push(await round(contenders[name], seconds));
    const line = Object.entries(rates).map(([name, values]) => `${name} ${values[i]?.toFixed(0)}/s`);
    console.log(`append, round ${i + 1}: ${line.join(', ')}`);
  }
  const [us, plain, same] = [median(rates.ours), median(rates.raw), median(rates.rawOurTables)];
  return {
    task: 'append',
    ours: Math.round(us),
    raw: Math.round(plain),
    ratio: Number((us / plain).toFixed(3)),
    rawOurTables: Math.round(same),
    ratioOurTables: Number((us / same).toFixed(3)),
  };
}
