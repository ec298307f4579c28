import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { View } from '../ports/view.ts';
import { directory, searchDirectory } from '../read-models/directory.ts';
import type { Projection } from './engine.ts';

let poisonAt: Set<bigint>;

/** Holds of every learner, in the order in which they were folded. */
const view: View<LedgerEvent> = {
  name: 'a',
  version: 1,
  store: 'views',
  byStream: true,
  types: ['HoldPlaced', 'HoldLifted'],
  tables: ['a_row'],
  schema: [`CREATE TABLE a_row_$g (stream TEXT NOT NULL PRIMARY KEY, told TEXT NOT NULL)`],
  async fold(db, events) {
    for (const { stream, position } of events) {
      if (poisonAt.has(position)) throw new Error('cannot be folded');
      await db.run(
        `INSERT INTO a_row_$g (stream, told) VALUES (?, ?)
         ON CONFLICT (stream) DO UPDATE SET told = a_row_$g.told || ' ' || excluded.told`,
        [stream, position.toString()],
      );
    }
  },
};

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
const faults: unknown[] = [];

const place = expect.stringMatching(/^Error at libs\/projection\/parking\.spec\.ts:\d+$/);
const hold = (learner: string): Promise<bigint> =>
  ledger.say(`learner-${learner}`, [{ type: 'HoldPlaced', data: { holdId: 'h', kind: 'discipline' } }]);
const told = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await stores.read(view, (db) => db.all<{ stream: string; told: string }>('SELECT stream, told FROM a_row_$g'))).map(
      (row) => [row.stream.slice('learner-'.length), row.told],
    ),
  );
const start = async (batch = 100): Promise<void> => {
  projection = await project(ledger, stores, [view], { batch, onFault: (fault) => faults.push(fault) });
};
const status = async (): Promise<Awaited<ReturnType<Projection['status']>>[number]> => (await projection.status())[0]!;

beforeEach(async () => {
  poisonAt = new Set();
  faults.length = 0;
  ledger = new TestLedger();
  stores = new TestStores();
});
afterEach(() => stores.close());

describe('an event that cannot be folded', () => {
  beforeEach(async () => {
    // chen 1, li 2, chen 3, li 4, chen 5, li 6
    for (let i = 0; i < 3; i++) for (const who of ['chen', 'li']) await hold(who);
    poisonAt.add(3n);
  });

  it('parks its key: later events of that key wait, all others go on, and it is named', async () => {
    await start();
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1', li: '2 4 6' });
    expect(await status()).toMatchObject({
      state: 'live',
      position: 6n,
      poison: null,
      parked: 1,
      parkedKeys: [
        {
          key: 'learner-chen',
          position: 3n,
          type: 'HoldPlaced',
          institutionId: 'college',
          subjectId: 'chen',
          error: place,
          attempts: 1,
          released: false,
        },
      ],
    });
    expect(faults).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^a stands before event 3 \(HoldPlaced\): Error at \S+$/) }),
    ]);
    await hold('chen');
    await hold('li');
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1', li: '2 4 6 8' });
  });

  it('is tried again by itself, ever later, over a restart too; once it works the key catches up in order', async () => {
    await start();
    await projection.catchUp();
    ledger.clock.ms += 1_000;
    await projection.catchUp();
    expect(await status()).toMatchObject({ parkedKeys: [{ attempts: 2 }] });
    ledger.clock.ms += 1_000;
    await projection.catchUp();
    expect(await status()).toMatchObject({ parkedKeys: [{ attempts: 2 }] });

    stores.crash();
    await start(2);
    await hold('chen');
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1', li: '2 4 6' });
    poisonAt.clear();
    ledger.clock.ms += 60_000;
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 3 5 7', li: '2 4 6' });
    expect(await status()).toMatchObject({ parked: 0, parkedKeys: [] });
    await hold('chen');
    await projection.catchUp();
    expect(await told()).toMatchObject({ chen: '1 3 5 7 8' });
  });

  it('is tried again at once where an administrator says so, one key or all', async () => {
    poisonAt.add(2n);
    await start();
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1' });
    poisonAt.clear();
    expect(projection.retry('a', 'learner-li')).toBe(true);
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1', li: '2 4 6' });
    expect(projection.retry('a')).toBe(true);
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 3 5', li: '2 4 6' });
    expect(projection.retry('a')).toBe(false);
  });

  it('is left out where an administrator releases its key, which stays marked until a rebuild', async () => {
    await start();
    await projection.catchUp();
    expect(projection.release('a', 'learner-chen')).toBe(true);
    await projection.catchUp();
    await hold('chen');
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 5 7', li: '2 4 6' });
    expect(await status()).toMatchObject({ parked: 1, parkedKeys: [{ key: 'learner-chen', released: true }] });
    expect(projection.release('a', 'learner-chen')).toBe(false);
    expect(projection.retry('a')).toBe(false);

    poisonAt.clear();
    const rebuilt = projection.rebuild('a');
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await projection.catchUp();
    await rebuilt;
    expect(await told()).toEqual({ chen: '1 3 5 7', li: '2 4 6' });
    expect(await status()).toMatchObject({ parked: 0, generation: 2 });
  });

  it('may come again on another key and on the same', async () => {
    poisonAt.add(4n).add(5n);
    await start(1);
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1', li: '2' });
    poisonAt.delete(3n);
    expect(projection.retry('a', 'learner-chen')).toBe(true);
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 3', li: '2' });
    // It is named where it stands now.
    expect(await status()).toMatchObject({
      parkedKeys: [
        { key: 'learner-li', position: 4n },
        { key: 'learner-chen', position: 5n, attempts: 1, error: place },
      ],
    });
    poisonAt.clear();
    ledger.clock.ms += 60_000;
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 3 5', li: '2 4 6' });
  });

  it('is missing for good once it was left out: what fails after it and is made up for takes no mark away', async () => {
    poisonAt.add(7n);
    await hold('chen');
    await start();
    await projection.catchUp();
    expect(projection.release('a', 'learner-chen', 5n)).toBe(false);
    expect(projection.release('a', 'learner-chen', 3n)).toBe(true);
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 5', li: '2 4 6' });
    const marks = [
      { position: 3n, released: true },
      { position: 7n, released: false, error: place },
    ];
    expect(await status()).toMatchObject({ parked: 1, parkedKeys: marks });

    stores.crash();
    await start();
    expect(await status()).toMatchObject({ parked: 1, parkedKeys: marks });
    poisonAt.delete(7n);
    await hold('chen');
    expect(projection.retry('a', 'learner-chen')).toBe(true);
    await projection.catchUp();
    expect(await told()).toEqual({ chen: '1 5 7 8', li: '2 4 6' });
    expect(await status()).toMatchObject({ parked: 1, parkedKeys: [marks[0]] });
    expect(projection.parked(null, 1)).toMatchObject({ total: 1, items: [{ view: 'a', position: 3n }] });
  });

  it('is a bound list, however many keys stand', async () => {
    poisonAt.clear();
    for (let i = 0; i < 150; i++) poisonAt.add(await hold(`l${i}`));
    await start(1_000);
    await projection.catchUp();
    const { parked, parkedKeys } = await status();
    expect([parked, parkedKeys.length, projection.standing()[0]!.incomplete.length]).toEqual([150, 100, 100]);
    const all = projection.parked('a', 120);
    expect([all.total, all.items.length, all.items[0]!.key]).toEqual([150, 120, 'learner-l0']);
  });
});

it('can be poisoned for practice, and lifted', async () => {
  await start();
  await projection.practise('a', 1n, false);
  await hold('chen');
  await hold('li');
  await projection.catchUp();
  expect(await told()).toEqual({ li: '2' });
  expect(await status()).toMatchObject({
    parkedKeys: [{ key: 'learner-chen', error: expect.stringMatching(/^PoisonedForPractice at /) }],
  });
  await projection.practise('a', 1n, true);
  await projection.catchUp();
  expect(await told()).toEqual({ chen: '1', li: '2' });
});

it('keeps nobody in the directory whose data were erased meanwhile', async () => {
  const identity = { name: '陈晓', idType: 'other', idNumber: 'X1' } as const;
  let sick = false;
  const ill: View<LedgerEvent> = {
    ...directory,
    async fold(db, events) {
      if (sick && events.some(({ type }) => type === 'ContactChanged')) throw new Error('cannot be folded');
      await directory.fold(db, events);
    },
  };
  projection = await project(ledger, stores, [ill], { onFault: () => {} });
  await ledger.say('learner-chen', [
    { type: 'LearnerIdentified', data: { identity, contact: null, idClaim: null, source: null } },
  ]);
  sick = true;
  await ledger.say('learner-chen', [{ type: 'ContactChanged', data: { contact: { phone: '13800000000' } } }]);
  await projection.catchUp();
  const found = (): Promise<unknown> => stores.read(ill, (db) => searchDirectory(db, { institutionId: 'college', text: '陈晓' }));
  expect(await found()).toMatchObject({ total: 1 });
  await ledger.say('learner-chen', [
    { type: 'PersonalDataErased', data: { requestId: 'q', purposes: ['identity', 'contact'], legalBasis: 'x' } },
  ]);
  await ledger.vault.shred('chen', ['identity', 'contact']);
  await projection.catchUp();
  expect((await projection.status())[0]).toMatchObject({ parked: 1 });
  expect(await found()).toMatchObject({ total: 0 });
});
