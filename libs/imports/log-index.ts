import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Recorded } from '../kernel/decider.ts';
import type { EventStore, Filter } from '../ports/event-store.ts';
import type { Codec } from '../runtime/codec.ts';

/** What is read from the log itself as it grows: an import must not depend on how far a view has come. */
export abstract class LogIndex<Event extends Recorded> {
  private readonly store: EventStore;
  private readonly codec: Codec;
  private readonly filter: Filter;
  private scannedTo = 0n;
  private refreshing: Promise<void> | null = null;

  constructor(store: EventStore, codec: Codec, filter: Filter) {
    this.store = store;
    this.codec = codec;
    this.filter = filter;
  }

  protected abstract note(event: Event): void;

  /** Reads what was appended since the last time. */
  refresh(): Promise<void> {
    this.refreshing ??= this.scan().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  private async scan(): Promise<void> {
    for (;;) {
      const page = await this.store.readAll(this.scannedTo, { ...this.filter, limit: 5000 });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the filter lets these types through alone
      for (const stored of page.events) this.note(this.codec.decode(stored) as Event);
      this.scannedTo = page.scannedTo;
      if (page.end) return;
      // A long log is many pages, and reading holds the thread: requests go on between them.
      await nextTurn();
    }
  }
}
