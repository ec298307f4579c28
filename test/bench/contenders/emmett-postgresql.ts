// @event-driven-io/emmett-postgresql over pg, with its own pool.
import { join } from 'node:path';
import { openSqliteEventReader } from '../../../libs/adapters/sqlite/event-reader.ts';
import type { Envelope } from '../../../libs/kernel/decider.ts';
import type { ReadWrites } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';
import { peakMiB } from '../harness.ts';
import { peer } from '../peers.ts';
import type { Contender, Place } from './contender.ts';
import {
  messageOf,
  projectionOf,
  recordedOf,
  untilSeen,
  writesThrough,
  type EmmettProjection,
  type EmmettRead,
  type EmmettStore,
} from './emmett.ts';
import { readsOf, schemaOf, tablesOf } from './tables.ts';

interface Client {
  connect(): Promise<unknown>;
  query(query: {
    readonly text: string;
    readonly values?: readonly unknown[];
    readonly types?: object;
  }): Promise<{ readonly rows: readonly object[]; readonly rowCount: number | null }>;
  end(): Promise<void>;
}

interface Pg {
  readonly Client: new (options: { readonly connectionString: string }) => Client;
  readonly types: { readonly getTypeParser: (oid: number, format?: string) => (text: string) => unknown };
}

type Projected = EmmettProjection<{ readonly connection: { readonly client: Client } }>;
type Pulling = { readonly batchSize: number; readonly pullingFrequencyInMs: number };

interface Consumer {
  projector(options: { readonly processorId: string; readonly projection: Projected }): unknown;
  start(): Promise<void>;
  close(): Promise<void>;
}

interface PostgresStore extends EmmettStore {
  readonly schema: { migrate(): Promise<unknown> };
  consumer(options: { readonly pulling: Pulling }): Consumer;
  close(): Promise<void>;
}

interface EmmettPostgres {
  readonly getPostgreSQLEventStore: (connectionString: string) => PostgresStore;
  readonly postgreSQLProjection: (definition: Projected) => Projected;
  readonly rebuildPostgreSQLProjections: (options: {
    readonly connectionString: string;
    readonly projections: readonly Projected[];
    readonly pulling: Pulling;
  }) => Consumer;
}

const emmett = (): EmmettPostgres => peer<EmmettPostgres>('@event-driven-io/emmett-postgresql');
const pg = (): Pg => peer<Pg>('pg');

const urlOf = ({ database }: Place): string => {
  if (database === null) throw new Error('no PostgreSQL');
  return database;
};

/** As durable as a view must be: rows and checkpoint roll back together. */
const viewUrlOf = (place: Place): string => `${urlOf(place)}?options=-c%20synchronous_commit%3Doff`;

async function client(url: string): Promise<Client> {
  const opened = new (pg().Client)({ connectionString: url });
  await opened.connect();
  return opened;
}

const int8 = 20;
/** Bigint where the column is, as views expect it; Emmett's own queries are left as they are. */
const types = {
  getTypeParser: (oid: number, format?: string): unknown => (oid === int8 ? BigInt : pg().types.getTypeParser(oid, format)),
};
const numbered = new Map<string, string>();
const textOf = (sql: string): string => {
  let text = numbered.get(sql);
  if (text === undefined) {
    let n = 0;
    numbered.set(sql, (text = sql.replaceAll('?', () => `$${(n += 1)}`)));
  }
  return text;
};
const over = (on: Client): ReadWrites =>
  writesThrough(
    async (sql, values) => (await on.query({ text: textOf(sql), values, types })).rows,
    async (sql, values) => (await on.query({ text: textOf(sql), values, types })).rowCount ?? 0,
  );

async function makeTables(on: Client, view: View): Promise<void> {
  for (const table of tablesOf(view)) await on.query({ text: `DROP TABLE IF EXISTS ${table}` });
  for (const ddl of schemaOf(view)) await on.query({ text: ddl });
  await on.query({ text: 'DELETE FROM emt_processors' });
}

/** Its own batch of messages, in its own order; the function that it exports for this wants its own pool. */
const pageText = `SELECT stream_id, stream_position, global_position, message_data, message_metadata, message_type, message_id
  FROM emt_messages WHERE partition = 'emt:default' AND is_archived = FALSE
    AND transaction_id < pg_snapshot_xmin(pg_current_snapshot()) AND global_position > $1
  ORDER BY transaction_id, global_position LIMIT 1000`;

interface PageRow {
  readonly stream_id: string;
  readonly stream_position: bigint;
  readonly global_position: bigint;
  readonly message_data: object;
  readonly message_metadata: object;
  readonly message_type: string;
  readonly message_id: string;
}

const readOf = (row: PageRow): EmmettRead & { readonly metadata: { readonly messageId: string } } => ({
  type: row.message_type,
  data: row.message_data,
  metadata: {
    ...row.message_metadata,
    messageId: row.message_id,
    streamName: row.stream_id,
    streamPosition: row.stream_position,
    globalPosition: row.global_position,
  },
});

export const openStore = async (place: Place): Promise<PostgresStore> => {
  const store = emmett().getPostgreSQLEventStore(urlOf(place));
  await store.schema.migrate();
  return store;
};

export const emmettPostgresql: Contender = {
  open: async (place) => {
    const store = await openStore(place);
    const reading = await client(urlOf(place));
    return {
      append: async (stream, revision, events) => {
        const messages = events.map((event) => messageOf(event));
        await store.appendToStream(stream, messages, { expectedStreamVersion: BigInt(revision) });
      },
      fold: async (stream, initial, evolve) => {
        const options = {
          initialState: () => initial,
          evolve: (state: typeof initial, event: EmmettRead) => evolve(state, recordedOf(event)),
        };
        return (await store.aggregateStream(stream, options)).state;
      },
      read: async (visit) => {
        for (let after = 0n; ;) {
          const { rows } = await reading.query({ text: pageText, values: [after], types });
          if (rows.length === 0) return;
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the SELECT lists them
          for (const row of rows as readonly PageRow[]) visit(recordedOf(readOf(row)));
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
          after = (rows.at(-1) as PageRow).global_position;
        }
      },
      close: async () => {
        await reading.end();
        await store.close();
      },
    };
  },

  load: async (place, { folder }) => {
    const store = await openStore(place);
    const on = await client(viewUrlOf(place));
    const log = openSqliteEventReader({ path: join(folder, 'log.db'), pollMs: 'never' });
    for (let after = 0n, end = false; !end;) {
      const page = await log.readAll(after, { limit: 2000 });
      const rows = page.events.map(({ id, type, json, stream, revision, position, recordedAt }) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from an envelope
        const { data, metadata } = messageOf({ id, type, json, envelope: JSON.parse(json) as Envelope }, recordedAt);
        return { id, type, stream, revision: Number(revision) + 1, position: Number(position), data, metadata };
      });
      await on.query({
        text: `INSERT INTO emt_messages (stream_id, stream_position, partition, message_kind, message_data, message_metadata,
                 message_schema_version, message_type, message_id, is_archived, global_position, transaction_id)
               SELECT stream, revision, 'emt:default', 'E', data, metadata, '1', type, id, FALSE, position, pg_current_xact_id()
               FROM jsonb_to_recordset($1::jsonb)
                 AS told(id TEXT, type TEXT, stream TEXT, revision BIGINT, position BIGINT, data JSONB, metadata JSONB)`,
        values: [JSON.stringify(rows)],
      });
      ({ scannedTo: after, end } = page);
    }
    await on.query({ text: 'ANALYZE emt_messages' });
    await log.close();
    await on.end();
    await store.close();
  },

  /** Its own rebuild, with larger pages and no pause, which is its best. */
  rebuild: async (place, _corpus, view) => {
    const url = viewUrlOf(place);
    const reading = await client(url);
    await makeTables(reading, view);
    const { postgreSQLProjection, rebuildPostgreSQLProjections } = emmett();
    const began = performance.now();
    const projection = postgreSQLProjection(projectionOf(view, (context) => over(context.connection.client)));
    const consumer = rebuildPostgreSQLProjections({
      connectionString: url,
      projections: [projection],
      pulling: { batchSize: 5000, pullingFrequencyInMs: 0 },
    });
    await consumer.start();
    const seconds = (performance.now() - began) / 1000;
    return {
      seconds,
      peakMiB: peakMiB(),
      rows: (read) => read(readsOf(over(reading), view)),
      close: async () => {
        await consumer.close();
        await reading.end();
      },
    };
  },

  /** A running consumer, which polls; how long it rests once it found nothing (100 ms, doubling to 1 s) cannot be set. */
  follow: async (place, view) => {
    const store = await openStore(place);
    const reading = await client(urlOf(place));
    await makeTables(reading, view);
    const consumer = store.consumer({ pulling: { batchSize: 100, pullingFrequencyInMs: 1 } });
    const projection = emmett().postgreSQLProjection(projectionOf(view, (context) => over(context.connection.client)));
    consumer.projector({ processorId: 'bench', projection });
    void consumer.start();
    return {
      append: async (stream, event) => {
        await store.appendToStream(stream, [messageOf(event)], { expectedStreamVersion: 0n });
      },
      seen: (read) => untilSeen(() => read(readsOf(over(reading), view))),
      close: async () => {
        await consumer.close();
        await reading.end();
        await store.close();
      },
    };
  },
};
