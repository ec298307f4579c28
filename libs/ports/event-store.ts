/** What a writer hands over: stored as it is, byte for byte. */
export interface NewEvent {
  /** UUID in lower case; at one place in a stream, the same id is the same event. */
  readonly id: string;
  readonly type: string;
  /** The envelope as JSON. Readers, hashes and proofs use exactly the UTF-8 bytes of this text. */
  readonly json: string;
}

export interface StoredEvent extends NewEvent {
  readonly stream: string;
  /** Place in its stream, from 0n, dense. */
  readonly revision: bigint;
  /** Place in the log, from 1n; readers never see position n before everything below n is visible. */
  readonly position: bigint;
  /** ISO 8601 instant with milliseconds, stamped at commit, never decreasing with the position. */
  readonly recordedAt: string;
}

/** Revision of the stream's last event, or `none` for a stream that must not exist yet. */
export type ExpectedRevision = bigint | 'none';

export interface Appended {
  readonly outcome: 'appended';
  /** Revision of the last event written. */
  readonly revision: bigint;
  /** Position of the last event written. */
  readonly position: bigint;
  /** When the log recorded its events, as readers see it; absent where an engine does not tell without a read. */
  readonly recordedAt?: string;
  /** True where these ids were already there: this is the first append's result. */
  readonly repeated: boolean;
}

/** Somebody else appended first: an expected answer, not an exception. */
export interface Conflict {
  readonly outcome: 'conflict';
  /** The stream's last revision now, `none` if it does not exist. */
  readonly actual: ExpectedRevision;
}

/** Both filters apply where both are given. */
export interface Filter {
  /** Event types to keep; all types where absent. */
  readonly types?: readonly string[];
  /** Stream name prefixes to keep (any of them); all streams where absent. */
  readonly prefixes?: readonly string[];
}

export interface Page {
  readonly events: readonly StoredEvent[];
  /** Everything up to here was looked at: pass it as `after` for the next page. */
  readonly scannedTo: bigint;
  /** True where the end of the log was reached. */
  readonly end: boolean;
}

/** Streams by number, in order of their appearance: `from` inclusive, `to` exclusive, and their events up to a position. */
export interface StreamRange {
  readonly from: number;
  readonly to: number;
  readonly upTo: bigint;
}

/**
 * What a store offers beside the log's order where it keeps a stream's events together: whole streams, so that a rebuild can fold many side by
 * side and needs no memory of any. Not every engine can.
 */
export interface WholeStreams {
  /** Number of the stream that appeared last, 0 in an empty log. */
  lastStream(): Promise<number>;
  /** Pages of whole streams, each from its first event in order of revision; a page holds about a thousand events. Both filters apply. */
  readStreams(range: StreamRange, filter?: Filter): Iterable<readonly StoredEvent[]>;
}

/** The log. One contract suite (test/contract/event-store.contract.ts) holds every adapter to these sentences. */
export interface EventStore {
  /**
   * Writes all events or none, at exactly the expected revision, durably before it answers.
   * Repeating an append whose ids stand at that place already answers with the first result.
   * Throws a StoreFault on what append-rules.ts forbids, on a full disk, on a broken store, and after `close`;
   * never reports success for what is not stored.
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended | Conflict>;

  /** A stream's events from a revision on (inclusive), oldest first, or newest first when `backwards`. A missing stream is empty. */
  readStream(
    stream: string,
    options?: { readonly from?: bigint; readonly limit?: number; readonly backwards?: boolean },
  ): Promise<readonly StoredEvent[]>;

  /**
   * The log in order of position, after `after` (exclusive; 0n is the start). `limit` bounds the events returned (default 1,000).
   * A page may hold fewer, even none, before the end is reached: go on from `scannedTo` until `end`.
   */
  readAll(after: bigint, options?: Filter & { readonly limit?: number }): Promise<Page>;

  /**
   * Everything after `after`, then what is appended from now on: no gap, no repeat, in order of position.
   * Yields pages, so that a consumer can batch; a page may be empty of events while `scannedTo` moves on. Ends when the signal aborts or the store closes.
   */
  subscribe(after: bigint, options?: Filter & { readonly limit?: number; readonly signal?: AbortSignal }): AsyncIterable<Page>;

  /** Position of the last event, 0n for an empty log. */
  head(): Promise<bigint>;

  /** Waits for what is in flight, then lets go of every resource. */
  close(): Promise<void>;
}
