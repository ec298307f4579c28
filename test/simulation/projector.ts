import { DatabaseSync } from 'node:sqlite';
import { sqliteReadStoreOver, type SqliteReadStore } from '../../libs/adapters/sqlite/read-store.ts';
import { Projection } from '../../libs/projection/engine.ts';
import { Naming, liveGeneration, readNamed } from '../../libs/projection/generations.ts';
import type { Clock, Timer } from '../../libs/ports/clock.ts';
import type { EventStore } from '../../libs/ports/event-store.ts';
import type { ReadQueries, ReadStore, ReadWrites } from '../../libs/ports/read-store.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import { viewStores, type EventDecoder, type View, type ViewStore } from '../../libs/ports/view.ts';
import type { RangeFolder } from '../../libs/projection/ranged-fold.ts';
import type { Wire } from './ports.ts';

/** Databases outlive the process that writes them: what it had not committed does not. */
export type Disks = Record<ViewStore, DatabaseSync>;
export const newDisks = (): Disks => ({ views: new DatabaseSync(':memory:'), directory: new DatabaseSync(':memory:') });

/** A read store as a process sees it: every transaction begins, writes and commits at steps of the scheduler. */
export function wiredReadStore(inner: Required<ReadStore>, wire: Wire, name: string): Required<ReadStore> {
  const done = async (): Promise<void> => {};
  return {
    snapshot: (read) =>
      wire.call(
        () => `${name}: a look at the rows`,
        () => inner.snapshot(read),
      ),
    transaction: async (write) => {
      await wire.call(() => `${name}: begin`, done);
      const result = await inner.transaction(async (db) => {
        const written = await write(stepwise(db, wire, name));
        await wire.call(() => `${name}: commit`, done);
        return written;
      });
      // A crash may come after the commit, and a commit may succeed and say that it failed.
      await wire.call(() => `${name}: committed`, done);
      return result;
    },
    absorb: async (file, tables, alongside) => {
      await wire.call(() => `${name}: begin to take over a range`, done);
      await inner.absorb(file, tables, async (db) => {
        await alongside(stepwise(db, wire, name));
        await wire.call(() => `${name}: commit the range`, done);
      });
      await wire.call(() => `${name}: committed the range`, done);
    },
    scrub: () =>
      wire.call(
        () => `${name}: scrub`,
        () => inner.scrub(),
      ),
    close: () => inner.close(),
  };
}

const watched = (inner: Required<ReadStore>, onCommit: () => void, onScrub: () => void): Required<ReadStore> => ({
  snapshot: (read) => inner.snapshot(read),
  transaction: async (write) => {
    const result = await inner.transaction(write);
    onCommit();
    return result;
  },
  absorb: async (...taken) => {
    await inner.absorb(...taken);
    onCommit();
  },
  scrub: async () => {
    const scrubbed = await inner.scrub();
    if (scrubbed) onScrub();
    return scrubbed;
  },
  close: () => inner.close(),
});

const verb = (sql: string): string => /^\s*\w+(?: \w+)? \w+/.exec(sql)?.[0] ?? sql;

function stepwise(db: ReadWrites, wire: Wire, name: string): ReadWrites {
  return {
    all: (sql, params) => db.all(sql, params),
    get: (sql, params) => db.get(sql, params),
    each: (sql, params, visit) => db.each(sql, params, visit),
    // Making a table is no place where worlds differ; filling it is.
    run: (sql, params) =>
      sql.startsWith('CREATE')
        ? db.run(sql, params)
        : wire.call(
            () => `${name}: ${verb(sql)}`,
            () => db.run(sql, params),
          ),
    runMany: (sql, rows) =>
      wire.call(
        () => `${name}: ${verb(sql)} × ${rows.length}`,
        () => db.runMany(sql, rows),
      ),
  };
}

export interface ProjectorPorts {
  readonly views: readonly View[];
  readonly events: Pick<EventStore, 'readAll' | 'head'>;
  readonly decoder: EventDecoder;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly wire: Wire;
  readonly wrap?: (store: ReadStore, name: ViewStore) => ReadStore;
  readonly ranges?: RangeFolder;
  readonly batch?: number;
  /** Whether the directory's file is written anew wherever something is deleted: far the slowest of all that a world does. */
  readonly clearText?: boolean;
  readonly pollMs: number;
  /** In the moment of a commit, whether or not its answer arrives. */
  readonly onCommit?: (store: ViewStore) => void;
  readonly onScrub?: (store: ViewStore) => void;
  readonly onFault: (fault: unknown) => void;
}

/** One life of the process that folds. */
export class Projector {
  readonly projection: Projection;
  readonly #stores: Record<ViewStore, SqliteReadStore>;
  readonly #died = Promise.withResolvers<never>();

  constructor(disks: Disks, ports: ProjectorPorts) {
    this.#died.promise.catch(() => {});
    this.#stores = {
      views: sqliteReadStoreOver(disks.views),
      directory: sqliteReadStoreOver(disks.directory, { clearText: ports.clearText ?? true }),
    };
    const wired = (name: ViewStore): ReadStore => {
      const inner = watched(
        this.#stores[name],
        () => ports.onCommit?.(name),
        () => ports.onScrub?.(name),
      );
      const store = wiredReadStore(inner, ports.wire, name);
      return ports.wrap?.(store, name) ?? store;
    };
    this.projection = new Projection({
      events: ports.events,
      decoder: ports.decoder,
      stores: { views: wired('views'), directory: wired('directory') },
      views: ports.views,
      ...(ports.ranges ? { ranges: ports.ranges } : {}),
      clock: ports.clock,
      timer: ports.timer,
      batch: ports.batch ?? 7,
      pollMs: ports.pollMs,
      onFault: ports.onFault,
    });
  }

  /** Asks the rows; rejects when the process dies meanwhile. */
  read<T>(ask: (db: ReadQueries) => Promise<T>, store: ViewStore = 'views'): Promise<T> {
    return Promise.race([this.#stores[store].snapshot(ask), this.#died.promise]);
  }

  /** Drops everything that is open, as a crash does. */
  die(): void {
    for (const name of viewStores) this.#stores[name].abandon();
    this.#died.reject(new StoreFault('STORE_BROKEN', 'the projector died'));
  }
}

/** Position of the hindmost live view; -1n while something is being written, which may yet be lost. */
export function hindmost(disks: Disks): bigint {
  if (viewStores.some((name) => disks[name].isTransaction)) return -1n;
  const positions = viewStores.map((name) => {
    const statement = disks[name].prepare("SELECT min(position) AS position FROM projection WHERE state = 'live'");
    statement.setReadBigInts(true);
    return statement.get()?.['position'] as bigint | null;
  });
  return positions.reduce<bigint>((least, position) => (position !== null && position < least ? position : least), 2n ** 62n);
}

/** Over the databases as they are, with nothing in between. */
const plainly = (disks: Disks, views: readonly View[], events: EventStore, decoder: EventDecoder): Projection =>
  new Projection({
    events,
    decoder,
    stores: { views: sqliteReadStoreOver(disks.views), directory: sqliteReadStoreOver(disks.directory, { clearText: true }) },
    views,
    clock: { now: () => 0 },
    timer: { sleep: () => Promise.resolve() },
    batch: 1000,
  });

/** Reads the live rows, with nothing in between. */
export function reading(disks: Disks, views: readonly View[], read: (db: ReadQueries) => Promise<void>): Promise<void> {
  return sqliteReadStoreOver(disks.views).snapshot(async (db) => {
    const named: [View, number][] = [];
    for (const view of views) {
      const live = await liveGeneration(db, view.name);
      if (live) named.push([view, live.generation]);
    }
    await read(readNamed(db, new Naming(named)));
  });
}

/** Digests of the rows on these disks, and of the same views folded from zero with nothing in the way. */
export async function digestsOf(
  disks: Disks,
  views: readonly View[],
  events: EventStore,
  decoder: EventDecoder,
): Promise<readonly { readonly view: string; readonly live: string; readonly anew: string }[]> {
  const live = plainly(disks, views, events, decoder);
  const emptyDisks = newDisks();
  const anew = plainly(emptyDisks, views, events, decoder);
  await anew.prepare();
  await anew.catchUp();
  const digests = [];
  for (const { name } of views)
    digests.push({ view: name, live: (await live.digest(name)).digest, anew: (await anew.digest(name)).digest });
  for (const name of viewStores) emptyDisks[name].close();
  return digests;
}
