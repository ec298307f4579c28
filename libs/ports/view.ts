import type { DomainEvent, Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from './event-store.ts';
import type { ReadWrites } from './read-store.ts';

/** Stores of views: the directory alone holds personal data in the clear, so it has a file of its own. */
export const viewStores = ['views', 'directory'] as const;
export type ViewStore = (typeof viewStores)[number];

/**
 * One read model. Its fold is deterministic (no clock, no random, nothing but its own tables), takes events once each in order of position,
 * and never throws on an order that a decider would refuse. In SQL every table name ends in `_$g`: a rebuild fills tables of its own.
 */
export interface View<E extends DomainEvent = DomainEvent> {
  readonly name: string;
  /** Raise it whenever tables or fold change: the view is then rebuilt at the next start. */
  readonly version: number;
  /** Oldest version whose rows the present queries can still read while a rebuild runs; `version` where absent. */
  readonly readableFrom?: number;
  readonly store: ViewStore;
  /** Gets events with personal parts opened, and holds them in the clear: what it deletes is scrubbed from the disk. The directory alone. */
  readonly opened?: true;
  /** Event types to keep; all where absent. */
  readonly types?: readonly E['type'][];
  /** Stream name prefixes to keep; all where absent. */
  readonly prefixes?: readonly string[];
  /**
   * Rows follow from each stream by itself: streams fold in any order, and one that is folded from its first event on needs nothing that the
   * tables hold. A rebuild then folds ranges of streams side by side.
   */
  readonly byStream?: true;
  /**
   * What events have in common that must be folded in order: one that cannot be folded parks its key, and all others go on. The stream where the
   * view is `byStream`; without any key the whole view stops.
   */
  keyOf?(event: Recorded<E>): string;
  /** Names without `_$g`. */
  readonly tables: readonly string[];
  /** DDL of these tables and their indexes. */
  readonly schema: readonly string[];
  fold(db: ReadWrites, events: readonly Recorded<E>[]): Promise<void>;
  /** Whether these events delete rows that must leave no trace on disk; asked of an `opened` view. */
  erases?(events: readonly Recorded<E>[]): boolean;
}

/** From stored bytes to what folds take; runtime/codec.ts is one. */
export interface EventDecoder {
  /** Personal parts still sealed. */
  decode(stored: StoredEvent): Recorded;
  /** Personal parts opened, `erased` where the key is gone. */
  decodeOpen(stored: StoredEvent): Recorded;
}
