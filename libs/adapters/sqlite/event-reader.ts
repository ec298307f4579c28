import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkLimit, checkPlace, checkStreamName } from '../../ports/append-rules.ts';
import type { EventStore, Filter, Page, StoredEvent, StreamRange, WholeStreams } from '../../ports/event-store.ts';
import { Bell, follow } from '../../ports/follow.ts';
import { StoreFault } from '../../ports/store-fault.ts';
import { checkSchema } from './event-schema.ts';
import { asStoreFault, sqliteCode } from './sqlite-fault.ts';

export interface SqliteEventReader
  extends Pick<EventStore, 'readStream' | 'readAll' | 'subscribe' | 'head' | 'close'>, WholeStreams {
  /** Says that something was appended, so that subscriptions look at once. */
  notify(): void;
  /** Names of streams numbered above this, at most so many: streams are numbered from 1 without gaps, and none goes away. */
  namesAfter(number: number, limit: number): readonly string[];
}

export interface SqliteEventReaderOptions {
  readonly path: string;
  /** Milliseconds after which subscriptions look without being notified; `never` where every append notifies. Default 250. */
  readonly pollMs?: number | 'never';
}

/** Rows looked at, and JSON characters returned, by one page: reading holds the calling thread. */
const scanRows = 5000n;
const pageChars = 16 * 1024 * 1024;
/** Streams of which the events are looked up instead of found in a scan. */
const fewStreams = 1000;
/** Streams asked for at once, and events after which a page of whole streams ends. */
const pageStreams = 128;
const pageEvents = 1000;

type Row = [position: bigint, stream: string, revision: bigint, id: string, type: string, recordedAt: string, json: string];

/**
 * The read side alone, for another thread or process than the writer's. Sees what is committed and on disk.
 * Throws STORE_MISSING, STORE_NEWER or STORE_FOREIGN.
 */
export function openSqliteEventReader({ path, pollMs = 250 }: SqliteEventReaderOptions): SqliteEventReader {
  return new Reader(openReadOnly(path), pollMs === 'never' ? undefined : pollMs);
}

class Reader implements SqliteEventReader {
  readonly #db: DatabaseSync;
  readonly #pollMs: number | undefined;
  readonly #bell = new Bell();
  readonly #statements = new Map<string, StatementSync>();
  #closed = false;

  constructor(db: DatabaseSync, pollMs: number | undefined) {
    this.#db = db;
    this.#pollMs = pollMs;
  }

  async readStream(
    stream: string,
    options: { readonly from?: bigint; readonly limit?: number; readonly backwards?: boolean } = {},
  ): Promise<readonly StoredEvent[]> {
    checkStreamName(stream);
    const limit = options.limit === undefined ? -1 : checkLimit(options.limit);
    const from = checkPlace(options.from ?? (options.backwards ? largest : 0n));
    const [bound, order] = options.backwards ? ['<=', 'DESC'] : ['>=', 'ASC'];
    const statement = this.#prepare(
      `SELECT position, ?1, revision, id, type, recorded_at, json FROM event
       WHERE stream = (SELECT number FROM stream WHERE name = ?1) AND revision ${bound} ?2 ORDER BY revision ${order} LIMIT ?3`,
    );
    return Array.from(rows(statement.all(stream, atMost(from), limit)), toEvent);
  }

  async readAll(after: bigint, options: Filter & { readonly limit?: number } = {}): Promise<Page> {
    checkPlace(after);
    const limit = checkLimit(options.limit ?? 1000);
    const head = this.#head();
    if (after >= head) return { events: [], scannedTo: after, end: true };

    const led = options.prefixes !== undefined && head - after > scanRows && this.#areFew(options.prefixes);
    const last = !led && after + scanRows < head ? after + scanRows : head;
    const { sql, values } = where(options);
    const statement = this.#prepare(
      led
        ? // A few streams in a long log: only theirs is read, and their positions are sorted.
          `WITH found (at) AS (
             SELECT position FROM stream CROSS JOIN event ON stream = number
             WHERE position > ? AND position <= ?${sql} ORDER BY position LIMIT ?
           )
           SELECT position, name, revision, id, type, recorded_at, json
           FROM found CROSS JOIN event ON position = at CROSS JOIN stream ON number = stream ORDER BY position`
        : // CROSS JOIN and NOT INDEXED keep the scan in order of position; led by the streams of a prefix it would sort the whole log.
          `SELECT position, name, revision, id, type, recorded_at, json
           FROM event NOT INDEXED CROSS JOIN stream ON number = stream
           WHERE position > ? AND position <= ?${sql} ORDER BY position LIMIT ?`,
    );
    const events: StoredEvent[] = [];
    let chars = 0;
    for (const row of rows(statement.iterate(after, last, ...values, limit))) {
      const event = toEvent(row);
      events.push(event);
      chars += event.json.length;
      if (chars >= pageChars) break;
    }
    const cut = events.length === limit || chars >= pageChars;
    const scannedTo = cut ? events.at(-1)!.position : last;
    return { events, scannedTo, end: scannedTo === head };
  }

  async lastStream(): Promise<number> {
    const [row] = rows<[bigint | null]>(this.#prepare('SELECT max(number) FROM stream').all());
    return Number(row?.[0] ?? 0n);
  }

  namesAfter(number: number, limit: number): readonly string[] {
    const statement = this.#prepare('SELECT name FROM stream WHERE number > ? ORDER BY number LIMIT ?');
    return Array.from(rows<[string]>(statement.all(number, limit)), ([name]) => name);
  }

  *readStreams({ from, to, upTo }: StreamRange, filter: Filter = {}): Iterable<readonly StoredEvent[]> {
    const { sql, values } = where(filter);
    // Streams lead: their events lie side by side in the index of (stream, revision).
    const statement = this.#prepare(
      `SELECT position, name, revision, id, type, recorded_at, json FROM stream CROSS JOIN event ON stream = number
       WHERE number >= ? AND number < ? AND position <= ?${sql} ORDER BY number, revision`,
    );
    let page: StoredEvent[] = [];
    for (let at = from; at < to; at += pageStreams) {
      for (const row of rows(statement.all(at, Math.min(to, at + pageStreams), atMost(upTo), ...values))) {
        if (page.length >= pageEvents && row[1] !== page.at(-1)!.stream) {
          yield page;
          page = [];
        }
        page.push(toEvent(row));
      }
    }
    if (page.length > 0) yield page;
  }

  subscribe(
    after: bigint,
    options: Filter & { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterable<Page> {
    const source = {
      bell: this.#bell,
      closed: () => this.#closed,
      readAll: (from: bigint) => this.readAll(from, options),
      breathe: () => nextTurn(),
      ...(this.#pollMs === undefined ? {} : { pollMs: this.#pollMs }),
    };
    return follow(source, after, options.signal);
  }

  async head(): Promise<bigint> {
    return this.#head();
  }

  notify(): void {
    this.#bell.ring();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#bell.ring();
    this.#statements.clear();
    this.#db.close();
  }

  #head(): bigint {
    const [row] = rows<[bigint | null]>(this.#prepare('SELECT max(position) FROM event').all());
    return row?.[0] ?? 0n;
  }

  #areFew(prefixes: readonly string[]): boolean {
    const { sql, values } = where({ prefixes });
    const count = this.#prepare(`SELECT count(*) FROM (SELECT 1 FROM stream WHERE TRUE${sql} LIMIT ?)`);
    const [row] = rows<[bigint]>(count.all(...values, fewStreams + 1));
    return Number(row![0]) <= fewStreams;
  }

  #prepare(sql: string): StatementSync {
    if (this.#closed) throw new StoreFault('STORE_CLOSED', 'the store was closed');
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      if (this.#statements.size >= 100) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const cannotOpen = 14;

function openReadOnly(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    checkSchema(db);
    return db;
  } catch (error) {
    db?.close();
    if (sqliteCode(error) !== cannotOpen) throw asStoreFault(error);
    throw new StoreFault('STORE_MISSING', `there is no store at ${path}`, { cause: error });
  }
}

/** Conditions for a filter. Stream names are printable ASCII, so every name with a prefix lies between it and it + DEL. */
function where({ types, prefixes }: Filter): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  let sql = '';
  const values: SQLInputValue[] = [];
  if (types !== undefined) {
    sql += ` AND type IN (${types.map(() => '?').join(', ')})`;
    values.push(...types);
  }
  if (prefixes !== undefined) {
    sql += ` AND (${prefixes.map(() => '(name >= ? AND name < ?)').join(' OR ') || 'FALSE'})`;
    values.push(...prefixes.flatMap((prefix) => [prefix, `${prefix}\x7f`]));
  }
  return { sql, values };
}

const largest = 2n ** 63n - 1n;
const atMost = (place: bigint): bigint => (place > largest ? largest : place);

/** With setReturnArrays rows are tuples, which the typings do not know. */
const rows = <T = Row>(found: Iterable<unknown>): Iterable<T> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every caller names what its SELECT lists
  found as Iterable<T>;

const toEvent = ([position, stream, revision, id, type, recordedAt, json]: Row): StoredEvent => ({
  position,
  stream,
  revision,
  id,
  type,
  recordedAt,
  json,
});
