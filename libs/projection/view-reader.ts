import type { ReadQueries, ReadStore } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { liveGeneration, Naming, readNamed } from './generations.ts';

/** The view was never folded, or its rows are of a release whose tables these queries cannot read; a rebuild is on its way. */
export class ViewNotReady extends Error {
  override readonly name = 'ViewNotReady';
  readonly view: string;

  constructor(view: string) {
    super(`the view ${view} is not ready`);
    this.view = view;
  }
}

/** Queries over views, whichever generation is live. */
export class ViewReader {
  readonly #store: ReadStore;
  readonly #namings = new Map<string, Naming>();

  constructor(store: ReadStore) {
    this.#store = store;
  }

  /** All reads of one query see one moment of all these views, and a swap or a rebuild disturbs none. Throws ViewNotReady. */
  read<T>(views: View | readonly View[], query: (db: ReadQueries, position: bigint) => Promise<T>): Promise<T> {
    const wanted = 'name' in views ? [views] : views;
    return this.#store.snapshot(async (db) => {
      const generations: (readonly [View, number])[] = [];
      let position: bigint | null = null;
      for (const view of wanted) {
        const live = await liveGeneration(db, view.name);
        if (live === undefined || live.version < (view.readableFrom ?? view.version) || live.version > view.version) {
          throw new ViewNotReady(view.name);
        }
        generations.push([view, live.generation]);
        if (position === null || live.position < position) position = live.position;
      }
      return query(readNamed(db, this.#naming(generations)), position ?? 0n);
    });
  }

  #naming(generations: readonly (readonly [View, number])[]): Naming {
    const key = generations.map(([view, generation]) => `${view.name}@${generation}`).join();
    let naming = this.#namings.get(key);
    if (naming === undefined) {
      naming = new Naming(generations);
      if (this.#namings.size >= 50) this.#namings.clear();
      this.#namings.set(key, naming);
    }
    return naming;
  }
}
