// The ledger: its own store, its projector in a thread of its own, its readers.
import { join } from 'node:path';
import { createMemoryKeyVault } from '../../../libs/adapters/memory/key-vault.ts';
import { openSqliteEventStore } from '../../../libs/adapters/sqlite/event-store.ts';
import { openSqliteKeyVault } from '../../../libs/adapters/sqlite/key-vault.ts';
import { openSqliteReadStore } from '../../../libs/adapters/sqlite/read-store.ts';
import { ViewReader } from '../../../libs/projection/view-reader.ts';
import { Codec } from '../../../libs/runtime/codec.ts';
import { Projector } from '../../../apps/ledger/projector.ts';
import { openViews } from '../../../apps/ledger/views.ts';
import { caughtUp, masterKeyOf, projectorPaths } from '../corpus.ts';
import { peakMiB } from '../harness.ts';
import type { Contender } from './contender.ts';

export const ours: Contender = {
  open: async ({ folder }) => {
    const store = await openSqliteEventStore({ path: join(folder, 'log.db'), clock: Date });
    const codec = new Codec(createMemoryKeyVault({ seed: 'bench' }));
    return {
      append: async (stream, revision, events) => {
        const answer = await store.append(stream, revision === 0 ? 'none' : BigInt(revision - 1), events);
        if (answer.outcome !== 'appended' || answer.repeated) throw new Error(`${stream} at ${revision}: ${answer.outcome}`);
      },
      fold: async (stream, initial, evolve) =>
        (await store.readStream(stream)).reduce((state, stored) => evolve(state, codec.decode(stored)), initial),
      read: async (visit) => {
        for (let after = 0n, end = false; !end;) {
          const page = await store.readAll(after);
          for (const stored of page.events) visit(codec.decode(stored));
          ({ scannedTo: after, end } = page);
        }
      },
      close: () => store.close(),
    };
  },

  /** A new generation beside the live one, and the swap, as an administrator's rebuild does it. */
  rebuild: async (_place, { folder }, view) => {
    const paths = projectorPaths(folder);
    const projector = await Projector.start({ paths, masterKey: masterKeyOf(folder) });
    await caughtUp(projector, folder);
    const began = performance.now();
    await projector.rebuild(view.name);
    const seconds = (performance.now() - began) / 1000;
    const peak = peakMiB();
    const store = openSqliteReadStore({ path: paths[view.store], readOnly: true });
    return {
      seconds,
      peakMiB: peak,
      rows: (read) => new ViewReader(store).read(view, (db) => read(db)),
      close: async () => {
        await store.close();
        await projector.close();
      },
    };
  },

  /** All views are folded, as in the product; a reader waits for the position that its append was told (`Ledger-Wait-For`). */
  follow: async ({ folder }, view) => {
    const paths = projectorPaths(folder);
    const store = await openSqliteEventStore({ path: paths.log, clock: Date });
    const masterKey = masterKeyOf(folder);
    const vault = await openSqliteKeyVault({ path: paths.vault, masterKey, erasuresPath: join(folder, 'erasures.jsonl') });
    const views = await openViews({ folder, masterKey, clockShiftMs: 0, onFault: (message) => console.error(message) });
    let position = 0n;
    return {
      append: async (stream, event) => {
        const answer = await store.append(stream, 'none', [event]);
        if (answer.outcome !== 'appended') throw new Error(`${stream}: ${answer.outcome}`);
        ({ position } = answer);
        views.notify();
      },
      seen: async (read) => {
        if (!(await views.waitFor(view.name, position, 10_000))) throw new Error(`${view.name} did not reach ${position}`);
        if (!(await views.read(view, (db) => read(db)))) throw new Error(`${view.name} says it holds ${position} and does not`);
      },
      close: async () => {
        await views.close();
        await vault.close();
        await store.close();
      },
    };
  },
};
