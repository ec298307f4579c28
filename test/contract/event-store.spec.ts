import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { eventStoreContract } from './event-store.contract.ts';

eventStoreContract('memory', {
  densePositions: true,
  wholeStreams: true,
  stampsByClock: true,
  open: async (clock) => {
    const store = new MemoryEventStore(clock);
    return { store, whole: store, dispose: () => store.close() };
  },
});

eventStoreContract('sqlite', {
  densePositions: true,
  wholeStreams: true,
  stampsByClock: true,
  open: async (clock) => {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-store-'));
    const path = join(folder, 'log.db');
    let store = await openSqliteEventStore({ path, clock });
    return {
      store,
      whole: store,
      reopen: async () => {
        await store.close();
        store = await openSqliteEventStore({ path, clock });
        return store;
      },
      dispose: async () => {
        await store.close();
        await rm(folder, { recursive: true });
      },
    };
  },
});
