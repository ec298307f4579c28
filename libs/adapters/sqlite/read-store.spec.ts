import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '../../ports/read-store.ts';
import { openSqliteReadStore, sqliteReadStoreOver } from './read-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-views-'));
});
afterEach(() => rm(folder, { recursive: true }));

const create = (store: ReadStore): Promise<number> =>
  store.transaction((db) => db.run('CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, position BIGINT NOT NULL, n INTEGER)'));

describe('the read store', () => {
  it('reads BIGINT as bigint, INTEGER and what is counted as number', async () => {
    const store = openSqliteReadStore({ path: ':memory:' });
    await create(store);
    const big = 2n ** 60n + 1n;
    await store.transaction((db) =>
      db.runMany('INSERT INTO t VALUES (?, ?, ?)', [
        ['a', big, 7],
        ['b', 1n, null],
      ]),
    );
    const rows = await store.snapshot((db) =>
      db.all('SELECT id, position, n, CAST(n * 2 AS INTEGER) AS twice FROM t ORDER BY id'),
    );
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { id: 'a', position: big, n: 7, twice: 14 },
      { id: 'b', position: 1n, n: null, twice: null },
    ]);
    expect(await store.snapshot((db) => db.get('SELECT CAST(count(*) AS INTEGER) AS n FROM t'))).toEqual({ n: 2 });
    await store.close();
  });

  it('keeps all of a transaction or nothing, one at a time', async () => {
    const store = openSqliteReadStore({ path: ':memory:' });
    await create(store);
    const failed = store.transaction(async (db) => {
      await db.run('INSERT INTO t VALUES (?, ?, ?)', ['a', 1n, 1]);
      await Promise.resolve();
      throw new Error('no');
    });
    const meanwhile = store.snapshot((db) => db.all('SELECT * FROM t'));
    await expect(failed).rejects.toThrow('no');
    expect(await meanwhile).toEqual([]);
    await store.close();
  });

  it('lets nobody use a transaction that has ended', async () => {
    const store = openSqliteReadStore({ path: ':memory:' });
    const kept = await store.transaction((db) => Promise.resolve(db));
    await expect(kept.run('SELECT 1')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await store.close();
  });

  it('tells a fault of the store from what a statement got wrong', async () => {
    const path = join(folder, 'views.db');
    const [one, other] = [openSqliteReadStore({ path }), new DatabaseSync(path)];
    await create(one);
    await expect(one.transaction((db) => db.run('INSERT INTO t VALUES (?, ?, ?)', ['a', null, 1]))).rejects.not.toMatchObject({
      name: 'StoreFault',
    });
    other.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE');
    await expect(sqliteReadStoreOver(other).transaction((db) => db.run('DELETE FROM t'))).resolves.toBe(0);
    expect(() => openSqliteReadStore({ path: join(folder, 'nowhere.db'), readOnly: true })).toThrow('there are no views');
    await one.close();
    other.close();
  });

  it('a reader on another connection sees one moment throughout', async () => {
    const path = join(folder, 'views.db');
    const writer = openSqliteReadStore({ path });
    await create(writer);
    const reader = openSqliteReadStore({ path, readOnly: true });
    await reader.snapshot(async (db) => {
      expect(await db.all('SELECT * FROM t')).toEqual([]);
      await writer.transaction((w) => w.run('INSERT INTO t VALUES (?, ?, ?)', ['a', 1n, 1]));
      await writer.transaction((w) => w.run('DROP TABLE t'));
      expect(await db.all('SELECT * FROM t')).toEqual([]);
    });
    await expect(reader.snapshot((db) => db.all('SELECT * FROM t'))).rejects.toThrow('no such table');
    await reader.close();
    await writer.close();
  });

  it('abandons what a crashed process had open, and keeps what it had committed', async () => {
    const store = sqliteReadStoreOver(new DatabaseSync(':memory:'));
    await create(store);
    const { promise: never } = Promise.withResolvers<void>();
    void store.transaction(async (db) => {
      await db.run('INSERT INTO t VALUES (?, ?, ?)', ['a', 1n, 1]);
      await never;
    });
    await Promise.resolve();
    const again = sqliteReadStoreOver(store.abandon());
    expect(await again.snapshot((db) => db.all('SELECT * FROM t'))).toEqual([]);
    await expect(store.snapshot((db) => db.all('SELECT * FROM t'))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await again.close();
  }, 5_000);
});

describe('scrubbing', () => {
  const hashed = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
  const size = (text: string, most: number): number => Number.parseInt(hashed(text).slice(0, 4), 16) % most;

  /** Rows in no order, lengthened and carried into the file between commits, so that pages split; then a seventh of them is deleted. */
  async function fillAndDelete(store: ReadStore): Promise<string[]> {
    await store.transaction(async (db) => {
      await db.run('CREATE TABLE p (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, note TEXT)');
      await db.run('CREATE INDEX p_name ON p (name)');
    });
    const names: string[] = [];
    for (let batch = 0; batch < 60; batch++) {
      const people = Array.from({ length: 500 }, (_, i) => `${batch}-${i}`);
      names.push(...people.map((who) => `NAME${hashed(who)}`));
      await store.transaction(async (db) => {
        await db.runMany(
          'INSERT INTO p VALUES (?, ?, ?)',
          people.map((who) => [hashed(`id${who}`), `NAME${hashed(who)}`, 'x'.repeat(size(who, 250))]),
        );
        const longer = people.slice(0, 200).map((who) => ['y'.repeat(size(`${who}!`, 900)), hashed(`id${who}`)]);
        await db.runMany('UPDATE p SET note = ? WHERE id = ?', longer);
      });
    }
    const gone = names.filter((_, i) => i % 7 === 0);
    await store.transaction((db) =>
      db.runMany(
        'DELETE FROM p WHERE name = ?',
        gone.map((name) => [name]),
      ),
    );
    return gone;
  }

  const left = async (path: string, gone: readonly string[]): Promise<number> => {
    const bytes = (await readFile(path)).toString('latin1') + (await readFile(`${path}-wal`)).toString('latin1');
    const seen = new Set(bytes.match(/NAME[0-9a-f]{12}/g));
    return gone.filter((name) => seen.has(name)).length;
  };

  it('destroys what secure_delete alone leaves behind', async () => {
    const path = join(folder, 'clear.db');
    const db = new DatabaseSync(path);
    const store = sqliteReadStoreOver(db, { clearText: true });
    const gone = await fillAndDelete(store);
    db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    expect(await left(path, gone)).toBeGreaterThan(0);
    expect(await store.scrub()).toBe(true);
    expect(await left(path, gone)).toBe(0);
    await store.close();
  });

  it('says where a reader is in the way, at once, and succeeds when it is gone', async () => {
    const path = join(folder, 'clear.db');
    const store = openSqliteReadStore({ path, clearText: true });
    await create(store);
    const reader = openSqliteReadStore({ path, readOnly: true });
    await reader.snapshot(async (db) => {
      await db.all('SELECT * FROM t');
      await store.transaction((w) => w.run('INSERT INTO t VALUES (?, ?, ?)', ['a', 1n, 1]));
      const began = performance.now();
      expect(await store.scrub()).toBe(false);
      expect(performance.now() - began).toBeLessThan(1_000);
    });
    expect(await store.scrub()).toBe(true);
    await reader.close();
    await store.close();
  });
});
