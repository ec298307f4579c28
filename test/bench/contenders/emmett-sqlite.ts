// @event-driven-io/emmett-sqlite over the sqlite3 driver. Its pool opens a connection per operation, and concurrent writers meet SQLITE_BUSY;
// on a shared connection concurrent transactions run into one another. So it is given one connection and a queue before it, which is its best.
import { join } from 'node:path';
import { openSqliteEventReader } from '../../../libs/adapters/sqlite/event-reader.ts';
import type { Envelope } from '../../../libs/kernel/decider.ts';
import type { ReadWrites, Value } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';
import { peakMiB } from '../harness.ts';
import { peer } from '../peers.ts';
import type { Contender, Place } from './contender.ts';
import {
  messageOf,
  projectionOf,
  queue,
  recordedOf,
  untilSeen,
  writesThrough,
  type EmmettProjection,
  type EmmettRead,
  type EmmettStore,
} from './emmett.ts';
import { readsOf, schemaOf, tablesOf } from './tables.ts';

interface Connection {
  readonly close: () => void;
  readonly command: (sql: string, values?: readonly unknown[]) => Promise<{ readonly changes: number }>;
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<readonly object[]>;
  readonly withTransaction: <T>(work: () => Promise<T>) => Promise<T>;
}

type Projected = EmmettProjection<{ readonly connection: Connection }>;

interface SqliteStore extends EmmettStore {
  readonly schema: { migrate(): Promise<void> };
  consumer(options: { readonly pulling: { readonly batchSize: number; readonly pullingFrequencyInMs: number } }): {
    processor(options: {
      readonly processorId: string;
      readonly startFrom: 'BEGINNING';
      readonly projection: Projected;
      readonly stopAfter?: (message: EmmettRead) => boolean;
    }): unknown;
    start(): Promise<void>;
    close(): Promise<void>;
  };
}

interface EmmettSqlite {
  readonly sqliteConnection: (options: { readonly fileName: string }) => Connection;
  readonly SQLiteConnectionPool: (options: object) => object;
  readonly getSQLiteEventStore: (options: object) => SqliteStore;
  readonly readMessagesBatch: (
    connection: Connection,
    options: { readonly after: bigint; readonly batchSize: number },
  ) => Promise<{ readonly messages: readonly EmmettRead[]; readonly currentGlobalPosition: bigint }>;
}

const emmett = (): EmmettSqlite => peer<EmmettSqlite>('@event-driven-io/emmett-sqlite');
const fileOf = ({ folder }: Place): string => join(folder, 'emmett.db');
const batch = { batchSize: 5000, pullingFrequencyInMs: 0 };

/** The driver binds no bigints. */
const bound = (params: readonly Value[]): readonly Value[] =>
  params.map((value) => (typeof value === 'bigint' ? Number(value) : value));
const over = (connection: Connection): ReadWrites =>
  writesThrough(
    (sql, params) => connection.query(sql, bound(params)),
    async (sql, params) => (await connection.command(sql, bound(params))).changes,
  );

/** Its own connection, WAL by itself; `FULL` is the driver's default, said here all the same. */
async function connected(place: Place, synchronous: 'FULL' | 'NORMAL'): Promise<{ connection: Connection; store: SqliteStore }> {
  const { sqliteConnection, SQLiteConnectionPool, getSQLiteEventStore } = emmett();
  const fileName = fileOf(place);
  const connection = sqliteConnection({ fileName });
  await connection.command('PRAGMA busy_timeout = 10000');
  await connection.command(`PRAGMA synchronous = ${synchronous}`);
  const pool = SQLiteConnectionPool({ fileName, connectionOptions: { singleton: true, connection } });
  const store = getSQLiteEventStore({ fileName, pool });
  await store.schema.migrate();
  return { connection, store };
}

async function makeTables(connection: Connection, view: View): Promise<void> {
  for (const table of tablesOf(view)) await connection.command(`DROP TABLE IF EXISTS ${table}`);
  for (const ddl of schemaOf(view)) await connection.command(ddl);
  await connection.command('DELETE FROM emt_processors');
}

export const openStore = connected;

export const emmettSqlite: Contender = {
  open: async (place) => {
    const { connection, store } = await connected(place, 'FULL');
    const alone = queue();
    return {
      append: (stream, revision, events) =>
        alone(async () => {
          const messages = events.map((event) => messageOf(event));
          await store.appendToStream(stream, messages, { expectedStreamVersion: BigInt(revision) });
        }),
      fold: async (stream, initial, evolve) => {
        const options = {
          initialState: () => initial,
          evolve: (state: typeof initial, event: EmmettRead) => evolve(state, recordedOf(event)),
        };
        return (await alone(() => store.aggregateStream(stream, options))).state;
      },
      read: async (visit) => {
        for (let after = 0n; ;) {
          const page = await emmett().readMessagesBatch(connection, { after, batchSize: 1000 });
          if (page.messages.length === 0) return;
          for (const message of page.messages) visit(recordedOf(message));
          after = page.currentGlobalPosition;
        }
      },
      close: async () => connection.close(),
    };
  },

  load: async (place, { folder }) => {
    const { connection } = await connected(place, 'NORMAL');
    const log = openSqliteEventReader({ path: join(folder, 'log.db'), pollMs: 'never' });
    for (let after = 0n, end = false; !end;) {
      const page = await log.readAll(after, { limit: 1000 });
      const values = page.events.flatMap(({ id, type, json, stream, revision, position, recordedAt }) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from an envelope
        const envelope = JSON.parse(json) as Envelope;
        const { data, metadata } = messageOf({ id, type, json, envelope }, recordedAt);
        return [stream, Number(revision) + 1, JSON.stringify(data), JSON.stringify(metadata), type, id, Number(position)];
      });
      const marks = page.events.map(() => `(?, ?, 'emt:default', 'E', ?, ?, '1', ?, ?, FALSE, ?)`).join(', ');
      if (page.events.length > 0) {
        await connection.command(
          `INSERT INTO emt_messages (stream_id, stream_position, partition, message_kind, message_data, message_metadata,
             message_schema_version, message_type, message_id, is_archived, global_position) VALUES ${marks}`,
          values,
        );
      }
      ({ scannedTo: after, end } = page);
    }
    await log.close();
    connection.close();
  },

  /** A consumer with one projection from the beginning: what its documentation calls a rebuild. Larger pages and no pause, which is its best. */
  rebuild: async (place, { folder: _folder, events }, view) => {
    const { connection, store } = await connected(place, 'NORMAL');
    await makeTables(connection, view);
    const began = performance.now();
    const consumer = store.consumer({ pulling: batch });
    consumer.processor({
      processorId: 'bench',
      startFrom: 'BEGINNING',
      projection: projectionOf(view, (context) => over(context.connection)),
      stopAfter: ({ metadata }) => metadata.globalPosition >= BigInt(events),
    });
    await consumer.start();
    const seconds = (performance.now() - began) / 1000;
    return {
      seconds,
      peakMiB: peakMiB(),
      rows: (read) => read(readsOf(over(connection), view)),
      close: async () => connection.close(),
    };
  },

  /** A running consumer, which polls; how long it rests once it found nothing (100 ms, doubling to 1 s) cannot be set. */
  follow: async (place, view) => {
    const writing = await connected(place, 'FULL');
    const folding = await connected(place, 'NORMAL');
    const reading = await connected(place, 'NORMAL');
    await makeTables(folding.connection, view);
    const consumer = folding.store.consumer({ pulling: { batchSize: 100, pullingFrequencyInMs: 1 } });
    consumer.processor({
      processorId: 'bench',
      startFrom: 'BEGINNING',
      projection: projectionOf(view, (context) => over(context.connection)),
    });
    void consumer.start();
    return {
      append: async (stream, event) => {
        await writing.store.appendToStream(stream, [messageOf(event)], { expectedStreamVersion: 0n });
      },
      seen: (read) => untilSeen(() => read(readsOf(over(reading.connection), view))),
      close: async () => {
        await consumer.close();
        for (const { connection } of [writing, folding, reading]) connection.close();
      },
    };
  },
};
