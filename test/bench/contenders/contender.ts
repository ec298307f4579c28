import type { Envelope, Recorded } from '../../../libs/kernel/decider.ts';
import type { NewEvent } from '../../../libs/ports/event-store.ts';
import type { ReadQueries } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';
import type { Corpus } from '../corpus.ts';

/** Where a contender keeps what it keeps: its own folder and, for who needs one, its own database. */
export interface Place {
  readonly folder: string;
  readonly database: string | null;
}

/** The same event for all: who stores JSON takes the text, who insists on objects takes the object. Both are made beforehand. */
export interface BenchEvent extends NewEvent {
  readonly envelope: Envelope;
}

/** A log as its users use it. */
export interface Log {
  /** At exactly this number of events in the stream; answers when they are on disk. Throws on a conflict. */
  append(stream: string, revision: number, events: readonly BenchEvent[]): Promise<void>;
  /** Reads a stream and folds it. */
  fold<S>(stream: string, initial: S, evolve: (state: S, event: Recorded) => S): Promise<S>;
  /** The whole log in its order, page by page. */
  read(visit: (event: Recorded) => void): Promise<void>;
  close(): Promise<void>;
}

/** One view, rebuilt from the log of a corpus. `seconds` from the order to rebuild until the rows can be read. */
export interface Rebuilt {
  readonly seconds: number;
  readonly peakMiB: number;
  /** Reads the rows, to be compared. */
  readonly rows: <T>(read: (db: ReadQueries) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** A view that is folded while events come. */
export interface Following {
  /** Durable when it answers. */
  readonly append: (stream: string, event: BenchEvent) => Promise<void>;
  /** Resolves as soon as a reader sees what the last append said. */
  readonly seen: (read: (db: ReadQueries) => Promise<boolean>) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Contender {
  readonly open: (place: Place) => Promise<Log>;
  /** Puts a corpus into its own store, with the same positions. Not measured. */
  readonly load?: (place: Place, corpus: Corpus) => Promise<void>;
  readonly rebuild: (place: Place, corpus: Corpus, view: View) => Promise<Rebuilt>;
  readonly follow: (place: Place, view: View) => Promise<Following>;
}
