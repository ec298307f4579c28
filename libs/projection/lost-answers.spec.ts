import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { ReadStore } from '../ports/read-store.ts';
import { StoreFault } from '../ports/store-fault.ts';
import type { View, ViewStore } from '../ports/view.ts';
import type { Projection } from './engine.ts';

/** A commit took effect, and whoever wrote it heard of a fault: nothing may be folded twice, forgotten or left behind. */

let poisonAt: Set<bigint>;
let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
/** Which commit's answer is lost, by what was written in it; none where null. */
let losing: RegExp | null;
/** Called before a commit that writes such a statement. */
let before: { readonly writes: RegExp; readonly run: () => void } | null;

/** Events of every learner in the order in which they were folded; in the clear where it is opened, and erased with her hold. */
const tellingView = (name: string, more: Partial<View<LedgerEvent>> = {}): View<LedgerEvent> => ({
  name,
  version: 1,
  readableFrom: 1,
  store: 'views',
  keyOf: ({ stream }) => stream,
  types: ['HoldPlaced', 'HoldLifted'],
  tables: [`${name}_row`],
  schema: [`CREATE TABLE ${name}_row_$g (stream TEXT NOT NULL PRIMARY KEY, told TEXT NOT NULL)`],
  async fold(db, events) {
    for (const { stream, type, position } of events) {
      if (poisonAt.has(position)) throw new Error('cannot be folded');
      if (type === 'HoldLifted') await db.run(`DELETE FROM ${name}_row_$g WHERE stream = ?`, [stream]);
      else
        await db.run(
          `INSERT INTO ${name}_row_$g (stream, told) VALUES (?, ?)
           ON CONFLICT (stream) DO UPDATE SET told = ${name}_row_$g.told || ' ' || excluded.told`,
          [stream, position.toString()],
        );
    }
  },
  erases: (events) => events.some(({ type }) => type === 'HoldLifted'),
  ...more,
});
const view = tellingView('a');

const hold = (learner: string): Promise<bigint> =>
  ledger.say(`learner-${learner}`, [{ type: 'HoldPlaced', data: { holdId: 'h', kind: 'discipline' } }]);
const lift = (learner: string): Promise<bigint> =>
  ledger.say(`learner-${learner}`, [{ type: 'HoldLifted', data: { holdId: 'h' } }]);
const told = async (of: View = view): Promise<readonly string[]> => {
  const rows = await stores.read(of, (db) =>
    db.all<{ stream: string; told: string }>(`SELECT stream, told FROM ${of.name}_row_$g ORDER BY stream`),
  );
  return rows.map((row) => `${row.stream.slice('learner-'.length)} ${row.told}`);
};
const tables = async (name: ViewStore = 'views'): Promise<readonly string[]> =>
  (
    await stores[name].snapshot((db) =>
      db.all<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%row%' ORDER BY name`),
    )
  ).map((table) => table.name);
const status = async (): Promise<Awaited<ReturnType<Projection['status']>>[number]> => (await projection.status())[0]!;

function flawed(name: ViewStore): ReadStore {
  const store = (): ReadStore => stores[name];
  return {
    snapshot: (read) => store().snapshot(read),
    transaction: async (write) => {
      const written: string[] = [];
      const result = await store().transaction(async (db) => {
        const done = await write({
          all: (sql, params) => db.all(sql, params),
          get: (sql, params) => db.get(sql, params),
          each: (sql, params, visit) => db.each(sql, params, visit),
          runMany: (sql, rows) => db.runMany(sql, rows),
          run: (sql, params) => {
            written.push(sql);
            return db.run(sql, params);
          },
        });
        if (before && written.some((sql) => before!.writes.test(sql))) before.run();
        return done;
      });
      if (losing === null || !written.some((sql) => losing!.test(sql))) return result;
      losing = null;
      throw new StoreFault('STORE_BROKEN', 'nobody knows');
    },
    scrub: () => store().scrub(),
    close: () => store().close(),
  };
}

const start = async (views: readonly View[] = [view]): Promise<void> => {
  projection = await project(ledger, { views: flawed('views'), directory: flawed('directory') }, views, {
    onFault: () => {},
    batch: 2,
  });
};
/** Until nothing is left to do, beyond every rest of a store that failed. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await projection.catchUp();
    ledger.clock.ms += 2_000;
  }
};
/** Asks for a rebuild and lets it begin; answers how it ended, once it has. */
const rebuild = async (): Promise<{ readonly ended: Promise<unknown> }> => {
  const ended = projection.rebuild('a').catch((error: unknown) => String(error));
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return { ended };
};

beforeEach(async () => {
  poisonAt = new Set();
  losing = null;
  before = null;
  ledger = new TestLedger();
  stores = new TestStores();
  for (let i = 0; i < 3; i++) for (const who of ['chen', 'li']) await hold(who);
});
afterEach(() => stores.close());

describe('of a parked key', () => {
  it('is no second fold of what it missed', async () => {
    poisonAt.add(3n);
    await start();
    await settle();
    poisonAt.clear();
    losing = /DELETE FROM projection_parked/;
    projection.retry('a');
    await settle();
    await settle();
    expect(await told()).toEqual(['chen 1 3 5', 'li 2 4 6']);
    expect(await status()).toMatchObject({ parked: 0, position: 6n });
  });

  it('leaves out nothing that comes before anybody knows that it goes on', async () => {
    poisonAt.add(3n);
    await start();
    await settle();
    losing = /DELETE FROM projection_parked/;
    projection.release('a', 'learner-chen');
    await hold('chen');
    await projection.turn();
    await projection.catchUp();
    await settle();
    expect(losing).toBe(null);
    expect(await told()).toContain('chen 1 5 7');
  });

  it('does not forget that it is parked', async () => {
    poisonAt.add(3n);
    losing = /INTO projection_parked/;
    await start();
    await settle();
    expect(await told()).toEqual(['chen 1', 'li 2 4 6']);
    expect(await status()).toMatchObject({ parkedKeys: [{ key: 'learner-chen', position: 3n }] });
  });

  it('lets it go once, however often that is asked', async () => {
    poisonAt.add(3n);
    await start();
    await settle();
    losing = /INTO projection_parked/;
    expect(projection.release('a', 'learner-chen')).toBe(true);
    expect(projection.release('a', 'learner-chen')).toBe(true);
    await settle();
    expect(await told()).toEqual(['chen 1 5', 'li 2 4 6']);
    expect(await status()).toMatchObject({ parkedKeys: [{ released: true }] });
  });
});

describe('a key that was let go', () => {
  it('stays marked where it stands still again and goes on', async () => {
    poisonAt.add(1n).add(5n);
    await start();
    await settle();
    poisonAt.delete(5n);
    projection.release('a', 'learner-chen');
    await settle();
    poisonAt.add(7n);
    await hold('chen');
    await settle();
    expect(await told()).toContain('chen 3 5');
    expect(await status()).toMatchObject({
      parkedKeys: [
        { position: 1n, released: true },
        { position: 7n, released: false },
      ],
    });
    poisonAt.delete(7n);
    stores.crash();
    await start();
    await settle();
    ledger.clock.ms += 60_000;
    await settle();
    expect(await told()).toContain('chen 3 5 7');
    expect(await status()).toMatchObject({ parked: 1, parkedKeys: [{ position: 1n, released: true }] });
  });
});

describe('an erasure that cannot be folded', () => {
  it('waits behind what its key missed before, and is scrubbed when it comes through', async () => {
    const clear = tellingView('clear', { store: 'directory', opened: true });
    poisonAt.add(3n).add(7n);
    await start([clear]);
    await lift('chen');
    await hold('chen');
    await settle();
    expect(await told(clear)).toEqual(['chen 1', 'li 2 4 6']);
    let scrubs = 0;
    const { scrub } = stores.directory;
    stores.directory.scrub = () => {
      scrubs += 1;
      return scrub.call(stores.directory);
    };
    poisonAt.clear();
    ledger.clock.ms += 60_000;
    await settle();
    expect(await told(clear)).toEqual(['chen 8', 'li 2 4 6']);
    expect(scrubs).toBeGreaterThan(0);
  });

  it('owes a scrub whatever was heard of its commit', async () => {
    const clear = tellingView('clear', { store: 'directory', opened: true });
    await start([clear]);
    await settle();
    await lift('chen');
    losing = /INTO projection_scrub/;
    await settle();
    await settle();
    expect(await stores.directory.snapshot((db) => db.all('SELECT due FROM projection_scrub'))).toEqual([]);
  });
});

describe('of a rebuild', () => {
  it('that began leaves nothing where its asker heard of a fault', async () => {
    await start();
    await settle();
    losing = /INTO projection_rebuild/;
    const { ended } = await rebuild();
    await settle();
    expect(await ended).toContain('nobody knows');
    expect(await tables()).toEqual(['a_row_g1']);
  });

  it('that was swapped in is the swap, and cannot be called off any more', async () => {
    await start();
    await settle();
    losing = /SET state = 'live'/;
    await rebuild();
    await projection.catchUp();
    expect(await projection.cancel('a')).toBe(false);
    await hold('chen');
    await settle();
    expect(await status()).toMatchObject({ generation: 2, position: 7n, rebuild: null });
    expect(await told()).toEqual(['chen 1 3 5 7', 'li 2 4 6']);
    expect(await tables()).toEqual(['a_row_g2']);
  });

  it('that is dropped again never drops the next one', async () => {
    await start();
    await settle();
    await rebuild();
    await projection.cancel('a');
    losing = /DROP TABLE/;
    await projection.turn();
    expect(await tables()).toEqual(['a_row_g1']);
    await rebuild();
    await settle();
    expect(await status()).toMatchObject({ generation: 3, rebuild: null });
    expect(await told()).toEqual(['chen 1 3 5', 'li 2 4 6']);
  });
});

describe('a rebuild that is called off', () => {
  it('while it is swapped in is swapped in, and readers have their rows', async () => {
    await start();
    await settle();
    const cancelled: Promise<boolean>[] = [];
    before = { writes: /SET state = 'live'/, run: () => void cancelled.push(projection.cancel('a')) };
    await rebuild();
    await settle();
    expect(await Promise.all(cancelled)).toEqual([false]);
    expect(await told()).toEqual(['chen 1 3 5', 'li 2 4 6']);
    expect(await status()).toMatchObject({ generation: 2, state: 'live' });
  });

  it('is called off after a restart too', async () => {
    await start();
    await settle();
    await rebuild();
    await projection.turn();
    expect(await projection.cancel('a')).toBe(true);
    stores.crash();
    await start();
    await settle();
    expect(await status()).toMatchObject({ generation: 1, rebuild: null });
    expect(await tables()).toEqual(['a_row_g1']);
  });
});

it('rows of another release take no event of this one, parked keys neither', async () => {
  poisonAt.add(3n);
  await start();
  await settle();
  stores.crash();
  const next = tellingView('a', { version: 2 });
  await start([next]);
  ledger.clock.ms += 60_000;
  poisonAt.clear();
  expect(projection.release('a', 'learner-chen')).toBe(false);
  projection.retry('a');
  await projection.turn();
  expect(await told(next)).toEqual(['chen 1', 'li 2 4 6']);
  await settle();
  expect(await told(next)).toEqual(['chen 1 3 5', 'li 2 4 6']);
  expect(await status()).toMatchObject({ generation: 2, version: 2, parked: 0 });
});
