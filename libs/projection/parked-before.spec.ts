import { afterEach, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { View } from '../ports/view.ts';

const stores = new TestStores();
const ledger = new TestLedger();
let broken = true;
const view: View<LedgerEvent> = {
  name: 'a',
  version: 1,
  store: 'views',
  byStream: true,
  tables: ['a_row'],
  schema: ['CREATE TABLE a_row_$g (position BIGINT NOT NULL)'],
  async fold(db, events) {
    if (broken && events.some(({ stream }) => stream === 'learner-chen')) throw new Error('cannot be folded');
    for (const { position } of events) await db.run('INSERT INTO a_row_$g (position) VALUES (?)', [position]);
  },
};
afterEach(() => stores.close());

it('what an older release parked is known, and what it let go is marked', async () => {
  const hold = (who: string): Promise<bigint> =>
    ledger.say(`learner-${who}`, [{ type: 'HoldPlaced', data: { holdId: 'h', kind: 'discipline' } }]);
  for (const who of ['chen', 'li', 'chen', 'li']) await hold(who);
  await (await project(ledger, stores, [view])).catchUp();
  // As it was then.
  await stores.views.transaction(async (db) => {
    await db.run(
      `CREATE TABLE projection_parked (view TEXT NOT NULL, generation INTEGER NOT NULL, key TEXT NOT NULL, position BIGINT NOT NULL,
         event_id TEXT NOT NULL, type TEXT NOT NULL, subject_id TEXT, error TEXT NOT NULL, since TEXT NOT NULL, retry_at TEXT NOT NULL,
         attempts INTEGER NOT NULL, released INTEGER NOT NULL, PRIMARY KEY (view, generation, key))`,
    );
    await db.run(
      `INSERT INTO projection_parked SELECT view, generation, key, position, event_id, type, subject_id, 'quotes Chen', since, retry_at,
         attempts, 0 FROM projection_parked_event`,
    );
    await db.run(
      `INSERT INTO projection_parked SELECT view, generation, 'learner-li', 2, event_id, type, 'li', error, since, retry_at, attempts, 1
       FROM projection_parked_event`,
    );
    await db.run('DELETE FROM projection_parked_event');
  });

  stores.crash();
  const projection = await project(ledger, stores, [view]);
  const [chen, li] = [
    { key: 'learner-chen', position: 1n, institutionId: 'college', subjectId: 'chen', error: '', released: false },
    { key: 'learner-li', position: 2n, institutionId: 'college', subjectId: 'li', error: '', released: true },
  ];
  expect(projection.parked('a', 9)).toMatchObject({ total: 2, items: [chen, li] });
  broken = false;
  await projection.catchUp();
  expect(projection.parked('a', 9)).toMatchObject({ total: 1, items: [li] });
  expect(await stores.read(view, (db) => db.all('SELECT position FROM a_row_$g ORDER BY position'))).toHaveLength(4);

  stores.crash();
  expect((await project(ledger, stores, [view])).parked('a', 9)).toMatchObject({ total: 1, items: [li] });
});
