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
import { Bell, follow } from '../../ports/follow.ts';
import { StoreFault } from '../../ports/store-fault.ts';

/**
 * The log in memory, for the simulator and for specs. Deterministic: an append takes effect in the call itself,
 * subscribers wake by promise resolution, and time comes from the clock alone.
 */
export class MemoryEventStore implements EventStore, WholeStreams {
  readonly #clock: Clock;
  readonly #log: StoredEvent[] = [];
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #bell = new Bell();
  #recordedAt = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended | Conflict> {
    this.#assertOpen();
    checkAppend(stream, expected, events);
    const existing = this.#streams.get(stream) ?? [];
    const next = expected === 'none' ? 0 : Number(expected) + 1;
    if (existing.length !== next) return repeatOrConflict(existing, next, events);

    this.#recordedAt = Math.max(this.#recordedAt, checkInstant(this.#clock.now()));
    const recordedAt = new Date(this.#recordedAt).toISOString();
    for (const { id, type, json } of events) {
      const revision = BigInt(existing.length);
      const stored = Object.freeze({ id, type, json, stream, revision, position: BigInt(this.#log.length + 1), recordedAt });
      existing.push(stored);
      this.#log.push(stored);
    }
    this.#streams.set(stream, existing);
    this.#bell.ring();
    const [revision, position] = [BigInt(existing.length - 1), BigInt(this.#log.length)];
    return { outcome: 'appended', revision, position, recordedAt, repeated: false };
  }

  async readStream(
    stream: string,
    options: { readonly from?: bigint; readonly limit?: number; readonly backwards?: boolean } = {},
  ): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    checkStreamName(stream);
    const limit = options.limit === undefined ? Infinity : checkLimit(options.limit);
    const from = options.from === undefined ? undefined : Number(checkPlace(options.from));
    const existing = this.#streams.get(stream) ?? [];
    if (!options.backwards) return existing.slice(from ?? 0, (from ?? 0) + limit);
    return existing
      .slice(0, (from ?? existing.length) + 1)
      .toReversed()
      .slice(0, limit);
  }

  async readAll(after: bigint, options: Filter & { readonly limit?: number } = {}): Promise<Page> {
    this.#assertOpen();
    checkPlace(after);
    const limit = checkLimit(options.limit ?? 1000);
    const events: StoredEvent[] = [];
    let place = Number(after);
    while (place < this.#log.length && events.length < limit) {
      const event = this.#log[place++]!;
      if (passes(event, options)) events.push(event);
    }
    return { events, scannedTo: BigInt(place), end: place >= this.#log.length };
  }

  async lastStream(): Promise<number> {
    this.#assertOpen();
    return this.#streams.size;
  }

  *readStreams({ from, to, upTo }: StreamRange, filter: Filter = {}): Iterable<readonly StoredEvent[]> {
    this.#assertOpen();
    for (const events of [...this.#streams.values()].slice(from - 1, to - 1)) {
      const wanted = events.filter((event) => event.position <= upTo && passes(event, filter));
      if (wanted.length > 0) yield wanted;
    }
  }

  subscribe(
    after: bigint,
    options: Filter & { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterable<Page> {
    const readAll = (from: bigint): Promise<Page> => this.readAll(from, options);
    return follow({ bell: this.#bell, closed: () => this.#closed, readAll }, after, options.signal);
  }

  async head(): Promise<bigint> {
    this.#assertOpen();
    return BigInt(this.#log.length);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#bell.ring();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreFault('STORE_CLOSED', 'the store was closed');
  }
}

/** The same ids at the expected place are the same append; anything else there is somebody else's. */
function repeatOrConflict(existing: readonly StoredEvent[], next: number, events: readonly NewEvent[]): Appended | Conflict {
  const there = existing.slice(next, next + events.length);
  const last = there.at(-1);
  if (last !== undefined && there.length === events.length && there.every((event, i) => event.id === events[i]?.id)) {
    const { revision, position, recordedAt } = last;
    return { outcome: 'appended', revision, position, recordedAt, repeated: true };
  }
  return { outcome: 'conflict', actual: existing.at(-1)?.revision ?? 'none' };
}

function passes(event: StoredEvent, { types, prefixes }: Filter): boolean {
  if (types !== undefined && !types.includes(event.type)) return false;
  return prefixes === undefined || prefixes.some((prefix) => event.stream.startsWith(prefix));
}
