import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { ReadStore, ReadWrites } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { RebuildCancelled, RebuildFailed, type Projection, type Rebuilt } from './engine.ts';
import { outcomeOf, type RebuildOutcome } from './outcomes.ts';

const view: View<LedgerEvent> = {
  name: 'a',
  version: 1,
  store: 'views',
  types: ['HoldPlaced'],
  tables: ['a_row'],
  schema: [`CREATE TABLE a_row_$g (stream TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL)`],
  keyOf: ({ stream }) => stream,
  async fold(db, events) {
    for (const { stream } of events)
      await db.run(`INSERT INTO a_row_$g (stream, n) VALUES (?, 1) ON CONFLICT (stream) DO UPDATE SET n = a_row_$g.n + 1`, [
        stream,
      ]);
  },
};

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
/** Called after every commit of the views' store. */
let committed: () => unknown;
/** Whether the process ends with a commit, seeing what it left. */
let dies: (outcome: RebuildOutcome | undefined) => boolean | undefined;

const hold = (learner: string): Promise<bigint> =>
  ledger.say(`learner-${learner}`, [{ type: 'HoldPlaced', data: { holdId: 'h', kind: 'discipline' } }]);

const start = async (): Promise<void> => {
  const watched: ReadStore = {
    snapshot: (read) => stores.views.snapshot(read),
    transaction: async <T>(write: (db: ReadWrites) => Promise<T>) => {
      const answer = await stores.views.transaction(write);
      if (dies(await stores.views.snapshot((db) => outcomeOf(db, 'a')))) return new Promise<never>(() => {});
      committed();
      return answer;
    },
    scrub: () => stores.views.scrub(),
    close: () => stores.views.close(),
  };
  projection = await project(ledger, { views: watched, directory: stores.directory }, [view]);
};
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};
const last = async (): Promise<RebuildOutcome | null> => (await projection.status())[0]!.lastRebuild;
const generation = async (): Promise<number> => (await projection.status())[0]!.generation;

/** To its end, one way or another. */
async function ended(rebuilt: Promise<Rebuilt>): Promise<Rebuilt | Error> {
  const end = rebuilt.catch((error: unknown) => error as Error);
  await settle();
  await projection.catchUp();
  return end;
}

beforeEach(async () => {
  committed = () => {};
  dies = () => false;
  ledger = new TestLedger();
  stores = new TestStores();
  for (const who of ['chen', 'li', 'chen']) await hold(who);
  await start();
  await projection.catchUp();
});
afterEach(() => stores.close());

describe('how a rebuild ended', () => {
  it('is in the swap’s own transaction: what dies right after it is neither lost nor begun again', async () => {
    let heard = false;
    void projection.rebuild('a', undefined, { run: 'r1', compare: true }).then(() => (heard = true));
    await settle();
    const swapped = new Promise<void>((resolve) => {
      // The process ends with the commit that swaps: what it awaited never goes on.
      dies = (outcome) => outcome?.run === 'r1' && (resolve(), true);
    });
    void projection.catchUp();
    await swapped;
    stores.crash();
    dies = () => false;
    await start();
    expect(heard).toBe(false);
    const known = await last();
    expect(known).toMatchObject({ run: 'r1', generation: 2, outcome: 'swapped', position: 3n, differing: 0, error: null });
    expect(known!.digests!.live).toBe(known!.digests!.rebuilt);
    expect(Date.parse(known!.at)).toBe(ledger.clock.ms);

    await hold('li');
    await projection.catchUp();
    const again = await projection.rebuild('a', undefined, { run: 'r1' });
    expect(again).toEqual({ view: 'a', generation: 2, position: 3n, digests: known!.digests, differing: [], differs: 0 });
    expect(await generation()).toBe(2);
    expect(await ended(projection.rebuild('a', undefined, { run: 'r2' }))).toMatchObject({ generation: 3, position: 4n });
    expect(await last()).toMatchObject({ run: 'r2', generation: 3 });
  });

  it('is kept of a verification, and of what differed', async () => {
    await ended(projection.rebuild('a', undefined, { run: 'v1', verify: true }));
    expect(await last()).toMatchObject({ run: 'v1', outcome: 'equal', position: 3n, differing: 0 });
    await stores.views.transaction((db) => db.run(`UPDATE a_row_g1 SET n = 7 WHERE stream = 'learner-li'`));
    await ended(projection.rebuild('a', undefined, { run: 'v2', verify: true }));
    stores.crash();
    await start();
    expect(await last()).toMatchObject({ run: 'v2', outcome: 'different', differing: 1 });
    expect(await generation()).toBe(1);
    expect(await projection.rebuild('a', undefined, { run: 'v2', verify: true })).toMatchObject({ differs: 1, differing: [] });
  });

  it('is kept of a failure with its event, and the run may be tried again', async () => {
    await projection.practise('a', 2n, false);
    const failed = await ended(projection.rebuild('a', undefined, { run: 'r1' }));
    expect(failed).toBeInstanceOf(RebuildFailed);
    const { eventId } = failed as RebuildFailed;
    const outcome = { run: 'r1', outcome: 'failed', position: 2n, eventId, eventType: 'HoldPlaced', digests: null };
    expect(await last()).toMatchObject({ ...outcome, error: expect.stringMatching(/^PoisonedForPractice at /) });
    stores.crash();
    await start();
    expect(await last()).toMatchObject(outcome);
    // What was poisoned for practice went with the process.
    expect(await ended(projection.rebuild('a', undefined, { run: 'r1' }))).toMatchObject({ generation: 2 });
  });

  it('is kept of a cancellation, also over a crash: nothing goes on with it', async () => {
    void projection.rebuild('a', undefined, { run: 'r1' }).catch(() => undefined);
    await settle();
    expect(await projection.cancel('a')).toBe(true);
    await settle();
    stores.crash();
    await start();
    expect(await projection.status()).toMatchObject([{ generation: 1, rebuild: null, lastRebuild: { outcome: 'cancelled' } }]);
  });

  it.each([
    [1, 'cancelled'],
    [2, 'swapped'],
  ])('is one of both where it is called off after commit %d, and the live rows stay: %s', async (nth, expected) => {
    const rebuilt = projection.rebuild('a', undefined, { run: 'r1' });
    await settle();
    const outcomes: unknown[] = [];
    const end = rebuilt.then(
      () => outcomes.push('swapped'),
      (error: unknown) => outcomes.push(error instanceof RebuildCancelled ? 'cancelled' : error),
    );
    let commits = 0;
    committed = () => (commits += 1) === nth && projection.cancel('a');
    await projection.catchUp();
    committed = () => {};
    await settle();
    await projection.catchUp();
    await end;
    const known = await last();
    expect([outcomes, known!.outcome]).toEqual([[expected], expected]);
    expect(await generation()).toBe(known!.outcome === 'swapped' ? 2 : 1);
    await hold('li');
    await projection.catchUp();
    expect(await stores.read(view, (db) => db.all('SELECT stream, n FROM a_row_$g ORDER BY stream'))).toEqual([
      { stream: 'learner-chen', n: 2 },
      { stream: 'learner-li', n: 2 },
    ]);
  });

  it('belongs to whoever joined last', async () => {
    const first = projection.rebuild('a');
    await settle();
    expect(await ended(projection.rebuild('a', undefined, { run: 'r9' }))).toMatchObject({ generation: 2 });
    await first;
    stores.crash();
    await start();
    expect(await last()).toMatchObject({ run: 'r9' });
  });
});

describe('practice', () => {
  it('takes an event that the view folds, or one that is yet to come', async () => {
    await ledger.say('learner-chen', [{ type: 'HoldLifted', data: { holdId: 'h' } }]);
    await projection.catchUp();
    expect(await projection.practise('a', 2n, false)).toMatchObject({ outcome: 'poisoned', type: 'HoldPlaced', folded: true });
    expect(await projection.practise('a', 4n, false)).toEqual({ outcome: 'not-folded', type: 'HoldLifted' });
    for (const position of [0n, 4_000n])
      expect(await projection.practise('a', position, false)).toEqual({ outcome: 'no-event', head: 4n });
    expect(await projection.practise('a', 5n, false)).toEqual({ outcome: 'ahead', head: 4n });
    expect(await projection.status()).toMatchObject([{ practised: [2n, 5n] }]);
    await hold('li');
    await projection.catchUp();
    expect(projection.parked(null, 9)).toMatchObject({
      total: 1,
      items: [{ view: 'a', generation: 1, key: 'learner-li', position: 5n }],
    });
    expect(await projection.practise('a', 5n, true)).toEqual({ outcome: 'lifted' });
    await projection.catchUp();
    expect(projection.parked('a', 9)).toEqual({ total: 0, items: [] });
  });
});
