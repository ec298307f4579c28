import type {
  Appended,
  Conflict,
  EventStore,
  ExpectedRevision,
  Filter,
  NewEvent,
  Page,
  StoredEvent,
} from '../../libs/ports/event-store.ts';

/** Streams whose ends are remembered: about a hundred bytes each. */
const rememberedStreams = 2_000_000;
const nothing: readonly StoredEvent[] = [];

/**
 * The store, counting what it took. It was empty, and nobody else writes it: so where a stream ends is known, and asking what came after
 * needs no read. Beyond what can be remembered the store is asked again.
 */
export class Tally implements EventStore {
  /** By type. */
  readonly counts = new Map<string, number>();
  events = 0;
  private readonly store: EventStore;
  private readonly ends = new Map<string, bigint>();
  private forgot = false;

  constructor(store: EventStore) {
    this.store = store;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended | Conflict> {
    const result = await this.store.append(stream, expected, events);
    if (result.outcome === 'appended' && !result.repeated) {
      this.events += events.length;
      for (const { type } of events) this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
      this.endsAt(stream, result.revision);
    }
    return result;
  }

  private endsAt(stream: string, revision: bigint): void {
    this.ends.set(stream, revision);
    if (this.ends.size <= rememberedStreams) return;
    this.forgot = true;
    this.ends.delete(this.ends.keys().next().value!);
  }

  async readStream(...asked: Parameters<EventStore['readStream']>): Promise<readonly StoredEvent[]> {
    const [stream, { from = 0n, backwards = false } = {}] = asked;
    const end = this.ends.get(stream) ?? (this.forgot ? undefined : -1n);
    return end !== undefined && !backwards && from > end ? nothing : this.store.readStream(...asked);
  }

  readAll(after: bigint, options?: Filter & { readonly limit?: number }): Promise<Page> {
    return this.store.readAll(after, options);
  }

  subscribe(...asked: Parameters<EventStore['subscribe']>): AsyncIterable<Page> {
    return this.store.subscribe(...asked);
  }

  head(): Promise<bigint> {
    return this.store.head();
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
