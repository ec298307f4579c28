import { closeSync, existsSync, openSync, realpathSync } from 'node:fs';
import { setImmediate as onNextTurn } from 'node:timers';
import { checkAppend, checkInstant, checkLimit, checkPlace, checkStreamName } from '../../ports/append-rules.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Appended,
  Conflict,
  EventStore,
  ExpectedRevision,
  Filter,
  NewEvent,
  Page,
  StoredEvent,
  StreamRange,
  WholeStreams,
} from '../../ports/event-store.ts';
import { StoreFault } from '../../ports/store-fault.ts';
import { openSqliteEventReader, type SqliteEventReader } from './event-reader.ts';
import { asStoreFault } from './sqlite-fault.ts';
import { StreamEnds } from './stream-ends.ts';
import {
  answerWidth,
  commitChars,
  conflicted,
  messageAppends,
  repeated,
  type Batch,
  type WriterSettings,
} from './writer-protocol.ts';
import { WriterThread } from './writer-thread.ts';

export interface SqliteEventStoreOptions {
  /** The file; created where it is missing, in a folder that exists. `-wal`, `-shm` and `-lock` files stand beside it. */
  readonly path: string;
  readonly clock: Clock;
  /** Bytes beyond which the file may not grow: appends then throw STORE_FULL. */
  readonly maxBytes?: number;
}

export interface SqliteEventStore extends EventStore, WholeStreams {
  /** Asked of the writing connection itself. */
  writerSettings(): Promise<WriterSettings>;
  /** Drops the writer without waiting, as a crash would: what is in flight throws STORE_BROKEN, stored or not. */
  abandon(): Promise<void>;
}

/**
 * The embedded log: one file, one writer. Appends are committed in a thread of their own and answered when they are on disk;
 * reads run on the calling thread. Throws STORE_IN_USE where another writer, in whatever process, holds the file.
 */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<SqliteEventStore> {
  const path = realPath(options.path);
  const writer = await WriterThread.start({ path, maxBytes: options.maxBytes });
  try {
    return new Store(writer, openSqliteEventReader({ path, pollMs: 'never' }), options.clock);
  } catch (fault) {
    await writer.close();
    throw fault;
  }
}

/** One name for one file, since the lock stands beside it. A link to a missing file has a real path only once the file is there. */
function realPath(path: string): string {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a'));
    return realpathSync(path);
  } catch (error) {
    throw asStoreFault(error);
  }
}

interface Pending {
  readonly resolve: (answer: Appended | Conflict) => void;
  readonly reject: (fault: unknown) => void;
}

interface Queued {
  readonly batch: Batch;
  readonly pending: Pending[];
}

class Store implements SqliteEventStore {
  readonly #writer: WriterThread;
  readonly #reader: SqliteEventReader;
  readonly #ends: StreamEnds;
  readonly #clock: Clock;
  #queued: Queued | undefined;
  #inFlight = 0;
  #scheduled = false;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(writer: WriterThread, reader: SqliteEventReader, clock: Clock) {
    this.#writer = writer;
    this.#reader = reader;
    this.#ends = new StreamEnds(reader);
    this.#clock = clock;
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended | Conflict> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended | Conflict>();
    try {
      if (this.#closing) throw new StoreFault('STORE_CLOSED', 'the store was closed');
      checkAppend(stream, expected, events);
      this.#enqueue(stream, expected, events, { resolve, reject });
    } catch (fault) {
      reject(fault);
    }
    return promise;
  }

  async readStream(
    stream: string,
    options: { readonly from?: bigint; readonly limit?: number; readonly backwards?: boolean } = {},
  ): Promise<readonly StoredEvent[]> {
    if (options.backwards) return this.#reader.readStream(stream, options);
    checkStreamName(stream);
    if (options.limit !== undefined) checkLimit(options.limit);
    const from = checkPlace(options.from ?? 0n);
    if (this.#closing === undefined && this.#ends.nothingFrom(stream, from)) return [];
    // Read while this is called; what the writer answers comes in a later turn, so nothing is known better by then.
    const read = await this.#reader.readStream(stream, options);
    if (options.limit === undefined || read.length < options.limit) {
      this.#ends.saw(stream, read.length === 0 ? from : read.at(-1)!.revision + 1n);
    }
    return read;
  }

  readAll(after: bigint, options?: Filter & { readonly limit?: number }): Promise<Page> {
    return this.#reader.readAll(after, options);
  }

  subscribe(after: bigint, options?: Filter & { readonly limit?: number; readonly signal?: AbortSignal }): AsyncIterable<Page> {
    return this.#reader.subscribe(after, options);
  }

  lastStream(): Promise<number> {
    return this.#reader.lastStream();
  }

  readStreams(range: StreamRange, filter?: Filter): Iterable<readonly StoredEvent[]> {
    return this.#reader.readStreams(range, filter);
  }

  head(): Promise<bigint> {
    return this.#reader.head();
  }

  writerSettings(): Promise<WriterSettings> {
    return this.#writer.settings();
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain().then(() => this.#release());
    return this.#closing;
  }

  async abandon(): Promise<void> {
    this.#ends.close();
    this.#closing ??= this.#reader.close();
    await this.#writer.terminate();
    await this.#closing;
  }

  async #release(): Promise<void> {
    // The reader first: the last connection to close writes the log back and removes its files, which a reader cannot.
    this.#ends.close();
    await this.#reader.close();
    await this.#writer.close();
  }

  #drain(): Promise<void> {
    if (this.#inFlight === 0 && this.#queued === undefined) return Promise.resolve();
    return new Promise((drained) => (this.#drained = drained));
  }

  #enqueue(stream: string, expected: ExpectedRevision, events: readonly NewEvent[], pending: Pending): void {
    const { batch, pending: waiting } = (this.#queued ??= emptyBatch());
    batch.streams.push(stream);
    batch.expected.push(expected === 'none' ? -1 : Number(expected));
    batch.counts.push(events.length);
    for (const event of events) {
      batch.ids.push(event.id);
      batch.types.push(event.type);
      batch.jsons.push(event.json);
      batch.chars += event.json.length;
    }
    waiting.push(pending);
    this.#ends.begins(stream);
    if (waiting.length < messageAppends && batch.chars < commitChars) this.#schedule();
    else this.#send();
  }

  /** At the end of this turn of the event loop, so that all who append in it share a message. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    onNextTurn(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const queued = this.#queued;
    this.#queued = undefined;
    if (queued) void this.#dispatch(queued);
  }

  async #dispatch({ batch, pending }: Queued): Promise<void> {
    this.#inFlight += 1;
    const answers = await this.#commit(batch).catch((fault: unknown) => {
      for (const stream of batch.streams) this.#ends.ends(stream);
      for (const { reject } of pending) reject(fault);
    });
    if (answers) {
      this.#settle(batch, pending, answers);
      this.#reader.notify();
    }
    this.#inFlight -= 1;
    if (this.#inFlight === 0 && this.#queued === undefined) this.#drained?.();
  }

  async #commit(batch: Batch): Promise<Float64Array> {
    batch.now = checkInstant(this.#clock.now());
    return this.#writer.commit(batch);
  }

  #settle({ streams }: Batch, pending: readonly Pending[], answers: Float64Array): void {
    pending.forEach(({ resolve }, i) => {
      const outcome = answers[i * answerWidth];
      const revision = answers[i * answerWidth + 1]!;
      const position = answers[i * answerWidth + 2]!;
      // A repeat was stored some time ago: the stream may have gone on.
      this.#ends.ends(streams[i]!, outcome === repeated ? undefined : revision);
      if (outcome === conflicted) resolve({ outcome: 'conflict', actual: revision < 0 ? 'none' : BigInt(revision) });
      else {
        const recordedAt = isoOf(answers[i * answerWidth + 3]!);
        const again = outcome === repeated;
        resolve({ outcome: 'appended', revision: BigInt(revision), position: BigInt(position), recordedAt, repeated: again });
      }
    });
  }
}

function emptyBatch(): Queued {
  const batch: Batch = { kind: 'batch', now: 0, chars: 0, streams: [], expected: [], counts: [], ids: [], types: [], jsons: [] };
  return { batch, pending: [] };
}

/** A commit stamps all of its events alike. */
let stamped = { ms: 0, iso: new Date(0).toISOString() };
const isoOf = (ms: number): string => {
  if (stamped.ms !== ms) stamped = { ms, iso: new Date(ms).toISOString() };
  return stamped.iso;
};
