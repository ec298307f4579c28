import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldRangesHere } from '../../apps/ledger/range-folding.ts';
import { driven, project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { LedgerEvent } from '../events/events.ts';
import { StoreFault } from '../ports/store-fault.ts';
import type { View } from '../ports/view.ts';
import { RebuildCancelled, RebuildFailed, type Projection } from './engine.ts';
import type { RangeFolder, RangeJob } from './ranged-fold.ts';

let poisonAt: bigint | null = null;

/** Counts holds per learner. */
const view: View<LedgerEvent> = {
  name: 'a',
  version: 1,
  store: 'views',
  byStream: true,
  types: ['HoldPlaced', 'HoldLifted'],
  tables: ['a_row'],
  schema: [
    `CREATE TABLE a_row_$g (stream TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL)`,
    `CREATE INDEX a_row_by_n_$g ON a_row_$g (n)`,
  ],
  async fold(db, events) {
    for (const { stream, position } of events) {
      if (position === poisonAt) throw new Error('cannot be folded');
      await db.run(`INSERT INTO a_row_$g (stream, n) VALUES (?, 1) ON CONFLICT (stream) DO UPDATE SET n = a_row_$g.n + 1`, [
        stream,
      ]);
    }
  },
};

let folder: string;
let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
let folded: number[];
/** Called before a range is folded. */
let before: (job: RangeJob) => Promise<void> | void;

const hold = (learner: string): Promise<bigint> =>
  ledger.say(`learner-${learner}`, [{ type: 'HoldPlaced', data: { holdId: 'h', kind: 'discipline' } }]);
const rows = (): Promise<readonly { stream: string; n: number }[]> =>
  stores.read(view, (db) => db.all(`SELECT stream, n FROM a_row_$g ORDER BY stream`));
const made = (kind: string): Promise<readonly string[]> =>
  stores.views.snapshot(async (db) => {
    const found = await db.all<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = ? AND name LIKE 'a\\_row%' ESCAPE '\\' ORDER BY name`,
      [kind],
    );
    return found.map(({ name }) => name);
  });

async function start(): Promise<void> {
  const here = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views: [view], folder }, 128);
  const ranges: RangeFolder = {
    ...here,
    fold: async (job) => {
      await before(job);
      folded.push(job.from);
      return here.fold(job);
    },
  };
  projection = await project(ledger, stores, [view], { ranges });
}

/** Lets everything happen that waits for nothing outside. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(async () => {
  poisonAt = null;
  folded = [];
  before = () => {};
  folder = await mkdtemp(join(tmpdir(), 'ledger-ranges-'));
  ledger = new TestLedger();
  stores = new TestStores();
  for (let i = 0; i < 500; i++) await hold(String(i % 250).padStart(3, '0'));
  await start();
  await projection.catchUp();
});
afterEach(async () => {
  await projection.close();
  await stores.close();
  await rm(folder, { recursive: true });
});

describe('a rebuild by ranges of streams', () => {
  it('comes to the rows of the live fold, which goes on meanwhile', async () => {
    before = async () => {
      await hold('000');
      await projection.catchUp();
    };
    const seen: string[] = [];
    const rebuilt = await driven(
      projection,
      projection.rebuild('a', ({ phase, done, head, events }) => seen.push(`${phase} ${done}/${head} ${events}`), {
        compare: true,
      }),
    );
    expect(folded).toEqual([1, 65, 129, 193]);
    expect(seen.slice(0, 4)).toEqual(['ranges 128/500 128', 'ranges 256/500 256', 'ranges 384/500 384', 'ranges 500/500 500']);
    expect(seen.at(-1)).toBe('log 504/504 500');
    expect(rebuilt).toMatchObject({ generation: 2, position: 504n });
    expect(rebuilt.digests!.rebuilt).toBe(rebuilt.digests!.live);
    expect((await rows())[0]).toEqual({ stream: 'learner-000', n: 6 });
    await projection.catchUp();
    expect(await made('table')).toEqual(['a_row_g2']);
    expect(await made('index')).toEqual(['a_row_by_n_g2']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes on after a crash with the ranges that were not taken over', async () => {
    before = ({ from }) => {
      if (from === 129) stores.crash();
    };
    void projection.rebuild('a').catch(() => undefined);
    await settle();
    folded = [];
    before = () => {};
    await start();
    expect(await projection.status()).toMatchObject([{ generation: 1, rebuild: { generation: 2 } }]);
    await settle();
    await projection.catchUp();
    expect(folded).toEqual([129, 193]);
    expect(await projection.status()).toMatchObject([{ generation: 2, rebuild: null }]);
    expect((await rows()).every(({ n }) => n === 2)).toBe(true);
  });

  it('takes a range over once where the answer to its commit was lost', async () => {
    const { absorb } = stores.views;
    let lost = 0;
    stores.views.absorb = async (...args) => {
      await absorb.apply(stores.views, args);
      if ((lost += 1) === 2) throw new StoreFault('STORE_BROKEN', 'nobody knows');
    };
    const faults: unknown[] = [];
    const here = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views: [view], folder }, 128);
    const timer = { sleep: () => Promise.resolve() };
    projection = await project(ledger, stores, [view], { ranges: here, timer, onFault: (fault) => faults.push(fault) });
    const { digests } = await driven(projection, projection.rebuild('a', undefined, { compare: true }));
    expect(digests!.rebuilt).toBe(digests!.live);
    expect(faults).toHaveLength(1);
  });

  it('pauses, over a restart too, and resumes', async () => {
    before = ({ from }) => {
      if (from === 65) void projection.pause('a');
    };
    void projection.rebuild('a').catch(() => undefined);
    await settle();
    expect(folded).toEqual([1, 65]);
    expect(await projection.status()).toMatchObject([{ rebuild: { paused: true, phase: 'ranges', events: 256 } }]);

    await projection.close();
    folded = [];
    await start();
    await settle();
    expect(folded).toEqual([]);
    expect(await projection.status()).toMatchObject([{ generation: 1, rebuild: { paused: true } }]);
    // Once more is no more, and lets nothing through.
    expect(await projection.pause('a')).toBe(true);
    await settle();
    expect(folded).toEqual([]);
    expect(await projection.resume('a')).toBe(true);
    await settle();
    await projection.catchUp();
    expect(folded).toEqual([129, 193]);
    expect(await projection.status()).toMatchObject([{ generation: 2, rebuild: null }]);
    expect(await projection.pause('a')).toBe(false);
  });

  it('is cancelled, leaves nothing, and may begin again', async () => {
    const cancelled: boolean[] = [];
    before = async ({ from }) => {
      if (from === 65) cancelled.push(await projection.cancel('a'));
    };
    await expect(projection.rebuild('a')).rejects.toThrow(RebuildCancelled);
    await settle();
    await projection.catchUp();
    expect(folded).toEqual([1, 65]);
    expect(await projection.status()).toMatchObject([{ generation: 1, state: 'live', rebuild: null }]);
    expect(await made('table')).toEqual(['a_row_g1']);
    expect([...cancelled, await projection.cancel('a')]).toEqual([true, false]);
    before = () => {};
    expect(await driven(projection, projection.rebuild('a'))).toMatchObject({ generation: 3 });
    await projection.catchUp();
    expect(await made('table')).toEqual(['a_row_g3']);
  });

  it('fails at the event that cannot be folded, names it, and leaves the live rows', async () => {
    poisonAt = 400n;
    await expect(projection.rebuild('a')).rejects.toThrow('the rebuild of a failed at event 400 (HoldPlaced): Error at libs/');
    await projection.catchUp();
    expect(await projection.status()).toMatchObject([{ generation: 1, state: 'live', poison: null, rebuild: null }]);
    expect(await made('table')).toEqual(['a_row_g1']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('meets an event that is poisoned for practice too', async () => {
    await projection.practise('a', 300n, false);
    const failed = await projection.rebuild('a').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RebuildFailed);
    expect(failed).toMatchObject({ position: 300n, type: 'HoldPlaced', fault: expect.stringMatching(/^PoisonedForPractice /) });
    await projection.catchUp();
    await projection.practise('a', 300n, true);
    expect(await driven(projection, projection.rebuild('a'))).toMatchObject({ generation: 3 });
  });

  it('waits for a disk that fails and goes on', async () => {
    let faults = 0;
    before = ({ from }) => {
      if (from === 129 && (faults += 1) < 3) throw new StoreFault('STORE_FULL', 'no room');
    };
    const here = projection;
    await here.close();
    const timer = { sleep: () => Promise.resolve() };
    const folding = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views: [view], folder }, 128);
    const ranges: RangeFolder = {
      ...folding,
      fold: async (job) => {
        await before(job);
        return folding.fold(job);
      },
    };
    projection = await project(ledger, stores, [view], { ranges, timer, onFault: () => {} });
    const { digests } = await driven(projection, projection.rebuild('a', undefined, { compare: true }));
    expect(digests!.rebuilt).toBe(digests!.live);
    expect(faults).toBe(3);
  });
});

describe('a verification', () => {
  it('finds live and rebuilt equal and swaps nothing', async () => {
    const { digests, differing } = await driven(projection, projection.rebuild('a', undefined, { verify: true }));
    expect(digests!.rebuilt).toBe(digests!.live);
    expect(differing).toEqual([]);
    await projection.catchUp();
    expect(await projection.status()).toMatchObject([{ generation: 1, rebuild: null }]);
    expect(await made('table')).toEqual(['a_row_g1']);
  });

  it('waits for live rows that are still catching up', async () => {
    await stores.close();
    stores = new TestStores();
    const ranges = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views: [view], folder }, 128);
    projection = await project(ledger, stores, [view], { ranges, batch: 50 });
    const verified = projection.rebuild('a', undefined, { verify: true });
    for (;;) {
      const [status] = await projection.status();
      if (status!.rebuild?.phase === 'ranges' && status!.rebuild.done === 500n) break;
      await settle();
    }
    await settle();
    expect(await projection.status()).toMatchObject([{ position: 0n }]);
    const { digests, position } = await driven(projection, verified);
    expect(position).toBe(500n);
    expect(digests!.rebuilt).toBe(digests!.live);
  });

  it('shows the rows that differ, side by side', async () => {
    await stores.views.transaction(async (db) => {
      await db.run(`UPDATE a_row_g1 SET n = 7 WHERE stream = 'learner-007'`);
      await db.run(`DELETE FROM a_row_g1 WHERE stream = 'learner-100'`);
      await db.run(`INSERT INTO a_row_g1 (stream, n) VALUES ('learner-nobody', 1)`);
    });
    const { digests, differing } = await driven(projection, projection.rebuild('a', undefined, { verify: true }));
    expect(digests!.rebuilt).not.toBe(digests!.live);
    const row = (name: string, n: number): object => ({ stream: `learner-${name}`, n });
    expect(differing).toEqual([
      { table: 'a_row', live: row('007', 7), rebuilt: row('007', 2) },
      { table: 'a_row', live: row('nobody', 1), rebuilt: null },
      { table: 'a_row', live: null, rebuilt: row('100', 2) },
    ]);
  });
});
