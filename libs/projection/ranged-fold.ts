import type { Timer } from '../ports/clock.ts';
import type { ReadStore, ReadWrites } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { backoff, isStoreFault } from './faults.ts';
import { finishRanges, foldedRanges, indexesOf, RangeTaken, recordRange, tableOf, type RebuildPlan } from './generations.ts';
import type { FoldFailure } from './range-fold.ts';

export interface RangeJob {
  /** Name of a `byStream` view. */
  readonly view: string;
  /** Whose rows they become: two may be folded at once. */
  readonly generation: number;
  /** Streams by number, `to` exclusive, and their events up to a position. */
  readonly from: number;
  readonly to: number;
  readonly upTo: bigint;
  /** Every stream as it was effective at this instant; as it was recorded where null. */
  readonly effectiveAsOf: string | null;
  /** Positions that are poisoned for practice. */
  readonly poisoned: readonly bigint[];
}

/** Folds ranges of streams elsewhere than in the thread that folds live: in threads of their own, or at once where there is one thread alone. */
export interface RangeFolder {
  /** How many ranges it folds side by side. */
  readonly width: number;
  /** Events that a range should hold: enough that its file is worth making, few enough that taking it over holds up nobody. */
  readonly rangeEvents: number;
  /** Number of the log's last stream. */
  lastStream(): Promise<number>;
  /** A file with the rows, in tables without a generation. Throws a StoreFault where disk or file failed. */
  fold(job: RangeJob): Promise<{ readonly file: string; readonly events: number } | FoldFailure>;
  /** The rows are taken over, or not wanted. */
  release(file: string): void;
}

/** Streams of a range that holds about so many events: of the log alone, so that every start cuts alike. */
export const rangeStreamsOf = (rangeEvents: number, events: bigint, lastStream: number): number =>
  Math.max(1, Math.ceil((rangeEvents * lastStream) / Math.max(1, Number(events))));

interface RangedFoldOptions {
  readonly view: View;
  readonly plan: RebuildPlan & { readonly upTo: bigint };
  /** As `RangeJob` has them. */
  readonly effectiveAsOf?: string;
  readonly poisoned?: () => Iterable<bigint>;
  readonly store: ReadStore;
  readonly folder: RangeFolder;
  readonly timer: Timer;
  readonly signal: AbortSignal;
  /** Resolves at once unless the rebuild is paused. */
  readonly goOn: () => Promise<void>;
  /** Streams and events folded so far. */
  readonly onRange: (streams: number, events: number) => void;
  readonly onFault: (fault: unknown) => void;
  /** Written with the note that all ranges are folded. */
  readonly onFolded?: (db: ReadWrites) => Promise<unknown>;
}

/**
 * The part of a rebuild that needs no order: every range of streams is folded by itself, side by side with others, and its rows are taken over in one
 * transaction with the note that they are. A crash goes on after the last range that was taken over. Indexes are made at the end, over rows that are
 * there already.
 */
export class RangedFold {
  readonly #o: RangedFoldOptions;
  #events = 0;
  #streams = 0;
  #failure: FoldFailure | null = null;

  constructor(options: RangedFoldOptions) {
    this.#o = options;
  }

  /** `stopped` where the signal came first. */
  async run(): Promise<FoldFailure | 'folded' | 'stopped'> {
    const { plan, store, folder, signal } = this.#o;
    const known = await this.#insist(() => store.snapshot((db) => foldedRanges(db, plan)));
    if (known === undefined) return 'stopped';
    const done = new Map(known.map(({ from, events }) => [from, events]));
    const open: number[] = [];
    for (let from = 1; from <= plan.lastStream; from += plan.rangeStreams) {
      const events = done.get(from);
      if (events === undefined) open.push(from);
      else this.#count(from, events);
    }
    const lane = async (): Promise<void> => {
      while (this.#failure === null) {
        await this.#o.goOn();
        const from = signal.aborted ? undefined : open.shift();
        if (from === undefined) return;
        await this.#range(from);
      }
    };
    await Promise.all(Array.from({ length: folder.width }, lane));
    if (this.#failure) return this.#failure;
    if (signal.aborted) return 'stopped';
    return (await this.#finish()) ? 'folded' : 'stopped';
  }

  async #range(from: number): Promise<void> {
    const { view, plan, store, folder, signal } = this.#o;
    const to = Math.min(plan.lastStream + 1, from + plan.rangeStreams);
    await this.#insist(async () => {
      const { upTo, generation } = plan;
      const effectiveAsOf = this.#o.effectiveAsOf ?? null;
      const poisoned = [...(this.#o.poisoned?.() ?? [])];
      const folded = await folder.fold({ view: view.name, generation, from, to, upTo, effectiveAsOf, poisoned });
      if (!('file' in folded)) {
        // Of several the first in the log, whichever thread met its own first.
        if (this.#failure === null || folded.position < this.#failure.position) this.#failure = folded;
        return;
      }
      try {
        if (signal.aborted) return;
        const tables = view.tables.map((table) => [table, tableOf(table, plan.generation)] as const);
        await store.absorb!(folded.file, tables, (db) => recordRange(db, plan, from, folded.events)).catch((error: unknown) => {
          if (!(error instanceof RangeTaken)) throw error;
        });
        this.#count(from, folded.events);
      } finally {
        folder.release(folded.file);
      }
    });
  }

  #count(from: number, events: number): void {
    const { plan } = this.#o;
    this.#streams += Math.min(plan.rangeStreams, plan.lastStream + 1 - from);
    this.#events += events;
    this.#o.onRange(this.#streams, this.#events);
  }

  /** One transaction an index: live folds go on between them. */
  async #finish(): Promise<boolean> {
    const { view, plan, store, signal } = this.#o;
    for (const ddl of indexesOf(view, plan.generation)) {
      await this.#o.goOn();
      if (signal.aborted) return false;
      await this.#insist(() => store.transaction((db) => db.run(ddl)));
    }
    await this.#insist(() =>
      store.transaction(async (db) => {
        await finishRanges(db, plan);
        await this.#o.onFolded?.(db);
      }),
    );
    return !signal.aborted;
  }

  /** Again and again where disk or file failed: a full disk ends no rebuild. Undefined where the signal came first. */
  async #insist<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { signal, timer, onFault } = this.#o;
    for (let faults = 1; !signal.aborted; faults++) {
      try {
        return await work();
      } catch (fault) {
        if (!isStoreFault(fault)) throw fault;
        onFault(fault);
        await timer.sleep(backoff(faults), signal);
      }
    }
    return undefined;
  }
}
