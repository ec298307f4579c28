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

/** The store, counting what it took. */
export class Tally implements EventStore {
  /** By type. */
  readonly counts = new Map<string, number>();
  events = 0;
  private readonly store: EventStore;

  constructor(store: EventStore) {
    this.store = store;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended | Conflict> {
    const result = await this.store.append(stream, expected, events);
    if (result.outcome === 'appended' && !result.repeated) {
      this.events += events.length;
      for (const { type } of events) this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    }
    return result;
  }

  readStream(...asked: Parameters<EventStore['readStream']>): Promise<readonly StoredEvent[]> {
    return this.store.readStream(...asked);
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
