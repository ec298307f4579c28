import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Filter, NewEvent, Page } from '../../ports/event-store.ts';
import { openSqliteEventReader, type SqliteEventReader } from './event-reader.ts';
import { openSqliteEventStore, type SqliteEventStore } from './event-store.ts';

const clock = { now: () => Date.UTC(2026, 8, 1) };
let minted = 0;
const event = (json = '{}', type = 'LessonTaught'): NewEvent => ({
  id: `00000000-0000-4000-8000-${(minted += 1).toString(16).padStart(12, '0')}`,
  type,
  json,
});

let folder: string;
let path: string;
const opened: { close(): Promise<void> }[] = [];

async function open(options: { maxBytes?: number; path?: string } = {}): Promise<SqliteEventStore> {
  const store = await openSqliteEventStore({ path, clock, ...options });
  opened.push(store);
  return store;
}

function read(pollMs?: number): SqliteEventReader {
  const reader = openSqliteEventReader({ path, pollMs: pollMs ?? 'never' });
  opened.push(reader);
  return reader;
}

async function firstPage(pages: AsyncIterable<Page>): Promise<Page | undefined> {
  for await (const page of pages) return page;
  return undefined;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-sqlite-'));
  path = join(folder, 'log.db');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  await rm(folder, { recursive: true });
});

describe('the writing connection', () => {
  it('runs WAL and waits for the disk at every commit', async () => {
    const store = await open();
    expect(await store.writerSettings()).toEqual({ journalMode: 'wal', synchronous: 2 });
    await store.close();
    expect(await (await open()).writerSettings()).toEqual({ journalMode: 'wal', synchronous: 2 });
  });
});

describe('one writer per file', () => {
  it('refuses a second one until the first has closed', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ name: 'StoreFault', code: 'STORE_IN_USE' });
    expect(await first.append('lesson-1', 'none', [event()])).toMatchObject({ revision: 0n });
    await first.close();
    expect(await (await open()).append('lesson-1', 0n, [event()])).toMatchObject({ revision: 1n });
  });

  it('refuses it under another name of the file', async () => {
    const other = join(folder, 'other.db');
    await symlink(path, other);
    await open({ path: other });
    await expect(open()).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await expect(open({ path: other })).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  });

  it('lets go when it is abandoned', async () => {
    await (await open()).abandon();
    expect(await (await open()).head()).toBe(0n);
  });
});

describe('what it refuses to open', () => {
  it('a file of a newer release, untouched', async () => {
    await (await open()).close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 2');
    db.close();
    await expect(open()).rejects.toMatchObject({ code: 'STORE_NEWER' });
    expect(() => read()).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }));
  });

  it('a database of something else', async () => {
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE recipe (name TEXT)');
    db.close();
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    expect(() => read()).toThrow(expect.objectContaining({ code: 'STORE_FOREIGN' }));
  });

  it('a file that is no database', async () => {
    await writeFile(path, 'name,score\n'.repeat(1000));
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    expect(() => read()).toThrow(expect.objectContaining({ code: 'STORE_FOREIGN' }));
  });

  it('a folder that is not there', async () => {
    await expect(open({ path: join(folder, 'missing', 'log.db') })).rejects.toMatchObject({ code: 'STORE_BROKEN' });
    expect(() => read()).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }));
  });
});

describe('when the writer fails', () => {
  it('says STORE_FULL where there is no room, keeps what is there, and goes on where there is room again', async () => {
    const full = await open({ maxBytes: 256 * 1024 });
    const first = event();
    await full.append('lesson-1', 'none', [first]);
    const large = [event(), event('x'.repeat(512 * 1024))];
    const answers = await Promise.allSettled([full.append('lesson-1', 0n, large), full.append('lesson-2', 'none', [event()])]);
    // One commit: the full disk fails all that share it.
    expect(answers).toMatchObject([{ reason: { code: 'STORE_FULL' } }, { reason: { code: 'STORE_FULL' } }]);
    expect((await full.readAll(0n)).events.map(({ id }) => id)).toEqual([first.id]);
    expect(await full.append('lesson-2', 'none', [event()])).toMatchObject({ revision: 0n, position: 2n });
    await full.close();
    expect(await (await open()).append('lesson-1', 0n, large)).toMatchObject({ revision: 2n, repeated: false });
  });

  it('throws STORE_BROKEN on what is in flight and hangs nowhere', async () => {
    const store = await open();
    const given = Array.from({ length: 1200 }, (_, i) => store.append(`lesson-${i}`, 'none', [event('x'.repeat(1000))]));
    await given[0];
    const waiting = (async () => {
      for await (const page of store.subscribe(1200n)) throw new Error(`nothing can come, but ${page.scannedTo} did`);
    })();
    await store.abandon();
    await waiting;
    const answers = await Promise.allSettled(given);
    const broken = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
    expect(new Set(broken)).toEqual(new Set(['STORE_BROKEN']));
    await expect(store.append('lesson-0', 0n, [event()])).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    const stored = new Set((await (await open()).readAll(0n, { limit: 2000 })).events.map(({ stream }) => stream));
    const acknowledged = answers.flatMap((answer, i) => (answer.status === 'fulfilled' ? [`lesson-${i}`] : []));
    expect(acknowledged.filter((stream) => !stored.has(stream))).toEqual([]);
  });
});

describe('the reader', () => {
  it('sees the log while it is written and after the writer is gone', async () => {
    const store = await open();
    await store.append('lesson-1', 'none', [event(), event()]);
    const reader = read();
    expect(await reader.head()).toBe(2n);
    expect(await reader.readStream('lesson-1')).toEqual(await store.readStream('lesson-1'));
    await store.append('lesson-1', 1n, [event()]);
    expect(await reader.readAll(0n)).toEqual(await store.readAll(0n));
    await store.close();
    expect(await reader.head()).toBe(3n);
    await reader.close();
    expect(await read().head()).toBe(3n);
    await expect(reader.head()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('follows by notification', async () => {
    const store = await open();
    const reader = read();
    const next = firstPage(reader.subscribe(0n));
    await store.append('lesson-1', 'none', [event()]);
    reader.notify();
    expect((await next)?.scannedTo).toBe(1n);
  });

  it('follows by looking now and then where nobody notifies', async () => {
    const store = await open();
    const next = firstPage(read(5).subscribe(0n));
    await store.append('lesson-1', 'none', [event()]);
    expect((await next)?.scannedTo).toBe(1n);
  });

  it('bounds what one page looks at and what it holds', async () => {
    const store = await open();
    await store.append(
      'lesson-1',
      'none',
      Array.from({ length: 12_000 }, () => event()),
    );
    await store.append('lesson-2', 'none', [event('{}', 'Wanted')]);
    const sparse = await store.readAll(0n, { types: ['Wanted'] });
    expect(sparse).toMatchObject({ events: [], end: false });
    expect(sparse.scannedTo).toBeLessThan(12_000n);
    const found: Page[] = [];
    for (let after = 0n; found.at(-1)?.end !== true; after = found.at(-1)?.scannedTo ?? 0n) {
      found.push(await store.readAll(after, { types: ['Wanted'] }));
    }
    expect(found.flatMap(({ events }) => events.map(({ position }) => position))).toEqual([12_001n]);

    const head = await store.head();
    await store.append(
      'lesson-3',
      'none',
      Array.from({ length: 4 }, () => event('x'.repeat(6 * 1024 * 1024))),
    );
    const heavy = await store.readAll(head);
    expect(heavy.events).toHaveLength(3);
    expect(heavy).toMatchObject({ scannedTo: head + 3n, end: false });
    expect((await store.readAll(heavy.scannedTo)).events).toHaveLength(1);
  });
});

describe('a page of some streams of a long log', () => {
  const every = async (store: SqliteEventStore, filter: Filter, limit: number): Promise<readonly bigint[]> => {
    const found: bigint[] = [];
    for (let after = 0n; ;) {
      const page = await store.readAll(after, { ...filter, limit });
      found.push(...page.events.map(({ position }) => position));
      if (page.end) return found;
      after = page.scannedTo;
    }
  };

  it('is the same whether those streams are few, and looked up, or many, and met in a scan', async () => {
    const store = await open();
    const expected = { program: [] as bigint[], claim: [] as bigint[] };
    const revisions = new Map<string, bigint>();
    const batch: Promise<unknown>[] = [];
    // Positions are given in the order of the calls.
    for (let position = 1n; position <= 7000n; position++) {
      const kind = position % 700n === 0n ? 'program' : position % 3n === 0n ? 'claim' : 'learner';
      const stream = kind === 'program' ? `program-${position % 3n}` : kind === 'claim' ? `claim-${position}` : 'learner-1';
      const type = position % 2n === 0n ? 'LessonTaught' : 'LessonMoved';
      if (kind !== 'learner' && type === 'LessonTaught') expected[kind].push(position);
      const revision = revisions.get(stream);
      revisions.set(stream, (revision ?? -1n) + 1n);
      batch.push(store.append(stream, revision ?? 'none', [event('{}', type)]));
    }
    await Promise.all(batch);
    for (const limit of [1, 3, 5000]) {
      expect(await every(store, { prefixes: ['program-'], types: ['LessonTaught'] }, limit)).toEqual(expected.program);
    }
    expect(await every(store, { prefixes: ['claim-'], types: ['LessonTaught'] }, 500)).toEqual(expected.claim);
    expect(await every(store, { prefixes: ['claim-', 'program-'], types: ['LessonTaught'] }, 500)).toEqual(
      [...expected.claim, ...expected.program].toSorted((a, b) => Number(a - b)),
    );
    expect(await every(store, { prefixes: ['group-'] }, 500)).toEqual([]);
    expect(await store.readAll(6999n, { prefixes: ['program-'] })).toMatchObject({ events: [{ position: 7000n }], end: true });
  });
});
