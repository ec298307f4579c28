import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { HeldTimer, project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { ReadWrites } from '../ports/read-store.ts';
import { StoreFault } from '../ports/store-fault.ts';
import type { View } from '../ports/view.ts';
import { RebuildFailed, type Projection } from './engine.ts';
import { ViewNotReady } from './view-reader.ts';

/** Counts holds per learner, and fails where told to: a small view that shows what the engine does. */
const counting = (name: string, more: Partial<View<LedgerEvent>> = {}): View<LedgerEvent> => ({
  name,
  version: 1,
  store: 'views',
  types: ['HoldPlaced', 'HoldLifted'],
  tables: [`${name}_row`],
  schema: [`CREATE TABLE ${name}_row_$g (stream TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL)`],
  async fold(db, events) {
    for (const { stream } of events) {
      await db.run(
        `INSERT INTO ${name}_row_$g (stream, n) VALUES (?, 1) ON CONFLICT (stream) DO UPDATE SET n = ${name}_row_$g.n + 1`,
        [stream],
      );
    }
  },
  ...more,
});

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

const hold = (learner = 'chen'): Promise<bigint> =>
  ledger.say(`learner-${learner}`, [{ type: 'HoldPlaced', data: { holdId: 'h', kind: 'discipline' } }]);
const rows = (view: View): Promise<readonly object[]> =>
  stores.read(view, (db) => db.all(`SELECT stream, n FROM ${view.name}_row_$g ORDER BY stream`));
const start = async (views: readonly View[], more: Parameters<typeof project>[3] = {}): Promise<Projection> =>
  (projection = await project(ledger, stores, views, more));

beforeEach(() => {
  ledger = new TestLedger();
  stores = new TestStores();
});
afterEach(async () => {
  await stores.close();
});

describe('folding', () => {
  const view = counting('a');

  it('commits rows and checkpoint together: a failure between them leaves neither', async () => {
    await hold();
    let fail = true;
    const failing = counting('a', {
      async fold(db, events) {
        await view.fold(db, events);
        if (fail) throw new StoreFault('STORE_FULL', 'no room');
      },
    });
    await start([failing], { onFault: () => {} });
    await projection.catchUp();
    expect(await rows(failing)).toEqual([]);
    expect((await projection.status())[0]).toMatchObject({ position: 0n, poison: null, lagEvents: 1n });

    fail = false;
    await projection.catchUp();
    expect(await rows(failing)).toEqual([]);
    ledger.clock.ms += 2_000;
    await projection.catchUp();
    expect(await rows(failing)).toEqual([{ stream: 'learner-chen', n: 1 }]);
  });

  it('aborts where somebody else moved the checkpoint, and goes on from there', async () => {
    await hold();
    await start([view]);
    const other = await project(ledger, stores, [view]);
    await projection.catchUp();
    await other.catchUp();
    expect(await rows(view)).toEqual([{ stream: 'learner-chen', n: 1 }]);
    await hold();
    await other.catchUp();
    await projection.catchUp();
    expect(await rows(view)).toEqual([{ stream: 'learner-chen', n: 2 }]);
  });

  it('counts every event once whatever crashes, at every point', async () => {
    for (let i = 0; i < 7; i++) await hold(`l${i % 3}`);
    const { rowsAfter: whole } = await crashing(Infinity);
    for (let point = 0; ; point++) {
      const { rowsAfter, crashed } = await crashing(point);
      expect(rowsAfter).toEqual(whole);
      if (!crashed) break;
    }
  });

  /** Folds with a process that dies at its n-th statement, then with one that lives. */
  async function crashing(point: number): Promise<{ rowsAfter: readonly object[]; crashed: boolean }> {
    const mine = new TestStores();
    let calls = 0;
    const dying = counting('a', {
      async fold(db, events) {
        const counted: ReadWrites = {
          ...db,
          run: async (sql, params) => {
            if (calls++ === point) throw new Crash();
            return db.run(sql, params);
          },
        };
        await view.fold(counted, events);
      },
    });
    const first = await project(ledger, mine, [dying], { batch: 3 });
    await first.turn().catch(() => undefined);
    const crashed = calls > point;
    mine.crash();
    const second = await project(ledger, mine, [view], { batch: 2 });
    await second.catchUp();
    const rowsAfter = await mine.read(view, (db) => db.all('SELECT stream, n FROM a_row_$g ORDER BY stream'));
    await mine.close();
    return { rowsAfter, crashed };
  }

  it('runs on its own, wakes by notify and polls where a notice was lost', async () => {
    const timer = new HeldTimer();
    await start([view], { timer });
    projection.start();
    const noticed = projection.waitFor(await hold(), 1_000);
    projection.notify();
    expect(await noticed).toBe(true);

    const polled = projection.waitFor(await hold(), 60_000);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    timer.pass(1_000);
    expect(await polled).toBe(true);

    const never = projection.waitFor(1_000n, 500);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    timer.pass(500);
    expect(await never).toBe(false);
    await projection.close();
  });

  it('shows how far it is and how old what it lacks is', async () => {
    await start([view]);
    await hold();
    ledger.clock.ms += 5_000;
    expect(await projection.status()).toMatchObject([
      { view: 'a', state: 'live', generation: 1, position: 0n, head: 1n, lagEvents: 1n, lagMs: 5_000, rebuild: null },
    ]);
    await projection.catchUp();
    expect(await projection.status()).toMatchObject([{ position: 1n, lagEvents: 0n, lagMs: 0 }]);
  });
});

class Crash extends StoreFault {
  constructor() {
    super('STORE_BROKEN', 'crash');
  }
}

describe('a poison event', () => {
  let poisonous = true;
  const sick = counting('sick', {
    async fold(db, events) {
      if (poisonous && events.some(({ position }) => position === 4n)) throw new Error('cannot read this');
      await counting('sick').fold(db, events);
    },
  });
  const healthy = counting('healthy');

  it('stops its own view before it, tells where, and is retried with backoff and on demand', async () => {
    poisonous = true;
    for (let i = 0; i < 9; i++) await hold();
    await start([sick, healthy]);
    await projection.catchUp();
    expect(await rows(healthy)).toEqual([{ stream: 'learner-chen', n: 9 }]);
    expect(await rows(sick)).toEqual([{ stream: 'learner-chen', n: 3 }]);
    const status = (await projection.status()).find(({ view }) => view === 'sick');
    expect(status).toMatchObject({ state: 'stopped', position: 3n, lagEvents: 6n });
    expect(status?.poison).toMatchObject({
      position: 4n,
      type: 'HoldPlaced',
      error: expect.stringMatching(/^Error at libs\/projection\/engine\.spec\.ts:\d+$/),
      attempts: 1,
    });
    expect(status?.poison?.eventId).toMatch(/^[0-9a-f-]{36}$/);

    ledger.clock.ms += 1_001;
    await projection.catchUp();
    expect((await projection.status()).find(({ view }) => view === 'sick')?.poison).toMatchObject({ attempts: 2 });

    // Others do not wait for it, nor does who waits for all views.
    const last = await hold();
    await projection.catchUp();
    expect(await projection.waitFor(last, 1_000)).toBe(true);

    poisonous = false;
    expect(projection.retry('sick')).toBe(true);
    expect(projection.retry('healthy')).toBe(false);
    await projection.catchUp();
    expect(await rows(sick)).toEqual([{ stream: 'learner-chen', n: 10 }]);
    expect((await projection.status()).every(({ state, lagEvents }) => state === 'live' && lagEvents === 0n)).toBe(true);
  });

  it('fails a rebuild and leaves the live rows', async () => {
    poisonous = false;
    for (let i = 0; i < 6; i++) await hold();
    await start([sick]);
    await projection.catchUp();
    poisonous = true;
    const failed = projection.rebuild('sick').catch((error: unknown) => error);
    await settle();
    await projection.catchUp();
    expect(await failed).toBeInstanceOf(RebuildFailed);
    expect(await failed).toMatchObject({
      view: 'sick',
      position: 4n,
      eventId: (await ledger.store.readAll(3n, { limit: 1 })).events[0]!.id,
      type: 'HoldPlaced',
      fault: expect.stringMatching(/^Error at /),
    });
    expect(String(await failed)).not.toContain('cannot read this');
    expect(await rows(sick)).toEqual([{ stream: 'learner-chen', n: 6 }]);
    expect(await projection.status()).toMatchObject([{ state: 'live', generation: 1, rebuild: null }]);
    expect(await tables()).toEqual(['sick_row_g1']);
  });
});

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const tables = async (): Promise<readonly string[]> => {
  const found = await stores.views.snapshot((db) =>
    db.all<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_row\\_%' ESCAPE '\\' ORDER BY name`,
    ),
  );
  return found.map(({ name }) => name);
};

describe('a rebuild', () => {
  const view = counting('a');

  it('fills tables beside the live ones while folding and queries go on, then swaps and drops', async () => {
    for (let i = 0; i < 10; i++) await hold(`l${i % 4}`);
    await start([view], { batch: 2 });
    await projection.catchUp();
    const progress: string[] = [];
    const rebuilt = projection.rebuild('a', ({ done, head }) => progress.push(`${done}/${head}`), { compare: true });
    const same = projection.rebuild('a');
    await settle();
    for (let i = 0; i < 4; i++) {
      await hold('l9');
      await projection.turn();
      expect(await rows(view)).toContainEqual({ stream: 'learner-l9', n: i + 1 });
    }
    await projection.catchUp();
    const { digests, generation, position } = await rebuilt;
    expect(digests?.rebuilt).toBe(digests?.live);
    expect({ generation, position }).toEqual({ generation: 2, position: 14n });
    expect(await same).toMatchObject({ generation: 2 });
    expect(progress[0]).toBe('2/11');
    expect(progress.at(-1)).toBe('14/14');
    expect(await tables()).toEqual(['a_row_g2']);
    await hold('l9');
    await projection.catchUp();
    expect(await rows(view)).toContainEqual({ stream: 'learner-l9', n: 5 });
  });

  it('never fails a reader, whenever it asks', async () => {
    for (let i = 0; i < 10; i++) await hold(`l${i % 4}`);
    await start([view], { batch: 3 });
    await projection.catchUp();
    const ends = new AbortController();
    let asked = 0;
    const reader = (async () => {
      while (!ends.signal.aborted) {
        expect(await rows(view)).toHaveLength(4);
        asked += 1;
      }
    })();
    for (let i = 0; i < 3; i++) {
      const rebuilt = projection.rebuild('a');
      await settle();
      await projection.catchUp();
      await rebuilt;
    }
    ends.abort();
    await reader;
    expect(asked).toBeGreaterThan(10);
  });

  it('goes on after a crash where it was', async () => {
    for (let i = 0; i < 9; i++) await hold();
    await start([view], { batch: 2 });
    await projection.catchUp();
    void projection.rebuild('a');
    await settle();
    await projection.turn();
    stores.crash();
    await start([view], { batch: 2 });
    expect(await projection.status()).toMatchObject([{ generation: 1, rebuild: { generation: 2, done: 2n } }]);
    await projection.catchUp();
    expect(await projection.status()).toMatchObject([{ generation: 2, rebuild: null }]);
    expect(await rows(view)).toEqual([{ stream: 'learner-chen', n: 9 }]);
    expect(await tables()).toEqual(['a_row_g2']);
  });

  it('begins by itself where the code is newer than the rows, and drops what another version left unfinished', async () => {
    for (let i = 0; i < 5; i++) await hold();
    await start([view], { batch: 2 });
    await projection.catchUp();
    void projection.rebuild('a');
    await settle();
    await projection.turn();
    stores.crash();

    const twice = counting('a', {
      version: 2,
      async fold(db, events) {
        await view.fold(db, events);
        await view.fold(db, events);
      },
    });
    const readable: View = { ...twice, readableFrom: 1 };
    await start([twice], { batch: 2 });
    await settle();
    await projection.turn();
    expect(await projection.status()).toMatchObject([{ state: 'outdated', generation: 1 }]);
    await expect(rows(twice)).rejects.toThrow(ViewNotReady);
    expect(await rows(readable)).toEqual([{ stream: 'learner-chen', n: 5 }]);
    await projection.catchUp();
    expect(await projection.status()).toMatchObject([{ state: 'live', generation: 3, version: 2, position: 5n }]);
    expect(await rows(twice)).toEqual([{ stream: 'learner-chen', n: 10 }]);
    expect(await tables()).toEqual(['a_row_g3']);
  });

  it('overtakes a live view that is stopped', async () => {
    let poisonous = true;
    const sick = counting('a', {
      async fold(db, events) {
        if (poisonous && events.some(({ position }) => position === 3n)) throw new Error('bad');
        await view.fold(db, events);
      },
    });
    for (let i = 0; i < 5; i++) await hold();
    await start([sick]);
    await projection.catchUp();
    poisonous = false;
    const rebuilt = projection.rebuild('a', undefined, { compare: true });
    await settle();
    await projection.catchUp();
    expect(await rebuilt).toMatchObject({ position: 5n });
    expect(await projection.status()).toMatchObject([{ state: 'live', generation: 2, position: 5n }]);
  });

  it('equals the live rows for any interleaving of appends, turns and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(3), fc.constantFrom('turn', 'rebuild', 'crash')), { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, batch) => {
          ledger = new TestLedger();
          stores = new TestStores();
          await start([view], { batch });
          const expected = new Map<string, number>();
          for (const step of steps) {
            if (typeof step === 'number') {
              await hold(`l${step}`);
              expected.set(`learner-l${step}`, (expected.get(`learner-l${step}`) ?? 0) + 1);
            } else if (step === 'turn') await projection.turn();
            else if (step === 'rebuild') {
              void projection.rebuild('a').catch(() => undefined);
              await settle();
            } else {
              stores.crash();
              await start([view], { batch });
            }
          }
          await projection.catchUp();
          expect(await rows(view)).toEqual(
            [...expected].map(([stream, n]) => ({ stream, n })).toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
          );
          expect((await projection.status())[0]).toMatchObject({ state: 'live', lagEvents: 0n, rebuild: null });
        },
      ),
      { numRuns: 60 },
    );
  });
});
