import type { StoreFaultCode } from '../../ports/store-fault.ts';

/** What the writer's thread is started with. */
export interface WriterOptions {
  readonly path: string;
  readonly maxBytes: number | undefined;
}

/** Appends of one turn of the event loop, as flat columns: cloning these between threads is what a batch costs. */
export interface Batch {
  readonly kind: 'batch';
  /** Milliseconds of the ledger's clock at dispatch. */
  now: number;
  /** Length of all `jsons` together. */
  chars: number;
  /** One of each per append: -1 expects no stream. */
  readonly streams: string[];
  readonly expected: number[];
  readonly counts: number[];
  /** One of each per event, in the order of the appends. */
  readonly ids: string[];
  readonly types: string[];
  readonly jsons: string[];
}

export type ToWriter = Batch | { readonly kind: 'settings' } | { readonly kind: 'close' };

/** Appends after which a batch is sent before its turn is over: the writer commits the first while the others are still decided. */
export const messageAppends = 64;
/** Bounds of one commit, past which no batch joins it (and characters past which a batch is sent): appends and characters of JSON. */
export const commitAppends = 512;
export const commitChars = 16 * 1024 * 1024;

/** Numbers per append in `Committed.answers`. */
export const answerWidth = 4;
export const appended = 0;
export const repeated = 1;
export const conflicted = 2;

/** Answers to the next `batches` in their order: outcome, revision (the actual one, -1 for none, in a conflict), position, milliseconds of the recording. */
export interface Committed {
  readonly kind: 'committed';
  readonly batches: number;
  readonly answers: Float64Array;
}

/** After STORE_FULL nothing of these batches can be read; after any other code nobody knows. */
export interface Failed {
  readonly kind: 'failed';
  readonly batches: number;
  readonly code: StoreFaultCode;
  readonly message: string;
}

/** Settings in force on the writing connection. */
export interface WriterSettings {
  readonly journalMode: string;
  /** 2 is FULL: every commit waits for the disk. */
  readonly synchronous: number;
}

/** Batches are answered in the order in which they were sent, several at once where they shared a commit. */
export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: StoreFaultCode; readonly message: string }
  | { readonly kind: 'settings'; readonly settings: WriterSettings }
  | Committed
  | Failed;
