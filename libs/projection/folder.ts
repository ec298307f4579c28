import type { Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import type { ReadWrites } from '../ports/read-store.ts';
import type { View, ViewStore } from '../ports/view.ts';
import { isStoreFault, messageOf } from './faults.ts';
import { advance, allGenerations, CheckpointMoved, oweScrub, writeNamed } from './generations.ts';
import { Decoded, keyOf, unionFilter, ViewStopped, waits, type Follower, type Lanes } from './lanes.ts';
import { park, parkedOf, standsParked, unpark, type Parked } from './parking.ts';

/**
 * Folds pages of events into rows, rows and checkpoint in one transaction. What cannot be folded is found by halving: then its fold key is parked,
 * or the view stands still, or the rebuild ends, and nobody else is held up.
 */
export class Folder {
  readonly #lanes: Lanes;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  /** All views of a store in one transaction. If it fails, each by itself: a poison event stops the view that it poisons, no other. */
  async fold(store: ViewStore, together: readonly Follower[], events: readonly Decoded[], to: bigint): Promise<void> {
    try {
      await this.#commit(store, together, events, to);
    } catch (error) {
      if (isStoreFault(error)) throw error;
      if (error instanceof CheckpointMoved) return this.#readAgain(store, together);
      if (together.length > 1) {
        for (const follower of together) await this.fold(store, [follower], events, to);
        return;
      }
      const follower = together[0]!;
      const own = events.filter(({ stored }) => follower.takes(stored));
      if (own.length <= 1) {
        const event = own[0];
        if (event && !follower.rebuild && keyOf(follower.view)) return this.#park(store, follower, event, error, to);
        return this.#poisoned(follower, event?.stored, error);
      }
      const middle = own[own.length >> 1]!.stored.position;
      // The half before is committed by itself; if it stops there, the half after waits.
      const before = own.filter(({ stored }) => stored.position < middle);
      await this.fold(store, together, before, middle - 1n);
      if (follower.poison === null && follower.position === middle - 1n) {
        await this.fold(
          store,
          together,
          own.filter(({ stored }) => stored.position >= middle),
          to,
        );
      }
    }
  }

  async #commit(store: ViewStore, together: readonly Follower[], events: readonly Decoded[], to: bigint): Promise<void> {
    await this.#lanes.store(store).transaction(async (db) => {
      for (const follower of together) {
        const { view, generation, position, naming, takes } = follower;
        // First, so that rows which are there already (a commit whose answer was lost) are told from an event that cannot be folded.
        await advance(db, { view: view.name, generation, position }, to);
        const own: Recorded[] = [];
        for (const event of events) if (takes(event.stored) && !waits(follower, event)) own.push(event.for(view));
        this.#assertFoldable(view, own);
        if (own.length > 0) await view.fold(writeNamed(db, naming), own);
        await this.#oweScrub(db, view, own);
      }
    });
    for (const follower of together) {
      follower.position = to;
      follower.poison = null;
    }
  }

  /** Noted in the transaction that deletes, and remembered whether or not its answer arrives. */
  async #oweScrub(db: ReadWrites, view: View, folded: readonly Recorded[]): Promise<void> {
    if (!view.opened || !view.erases?.(folded)) return;
    await oweScrub(db);
    this.#lanes.toScrub.add(view.store);
  }

  /** The event's key stands still from here on, or from where it does already; the view goes on without it. */
  async #park(store: ViewStore, follower: Follower, event: Decoded, error: unknown, to: bigint): Promise<void> {
    const { view, generation, position } = follower;
    const told = event.sealed();
    const key = keyOf(view)!(told);
    const before = follower.parked.get(key);
    const fresh: Parked = {
      key,
      position: told.position,
      eventId: told.id,
      type: told.type,
      subjectId: told.subjectId,
      error: messageOf(error),
      since: this.#lanes.now(),
      retryAt: this.#lanes.retryAt(1),
      attempts: 1,
      released: false,
      again: before?.released ?? false,
    };
    const parked = before && !before.released ? before : fresh;
    await this.#lanes.store(store).transaction(async (db) => {
      await advance(db, { view: view.name, generation, position }, to);
      await park(db, { view: view.name, generation }, parked);
    });
    follower.position = to;
    follower.poison = null;
    follower.parked.set(parked.key, parked);
    this.#lanes.onMoved();
    this.#lanes.options.onFault?.(new ViewStopped(view.name, fresh, error));
  }

  /** Folds what a key missed, from the event at which it failed on. Where that fails again it waits longer. */
  async retryParked(follower: Follower, parked: Parked, without: bigint | null): Promise<void> {
    const { view, generation, position, takes, naming } = follower;
    const of = { view: view.name, generation };
    const missed: Recorded[] = [];
    const filter = unionFilter([follower]);
    for (let after = parked.position - 1n; after < position;) {
      const page = await this.#lanes.options.events.readAll(after, { limit: this.#lanes.batch, ...filter });
      for (const stored of page.events) {
        if (stored.position > position || stored.position === without || !takes(stored)) continue;
        const event = new Decoded(stored, this.#lanes.options.decoder);
        if (keyOf(view)!(event.sealed()) === parked.key) missed.push(event.for(view));
      }
      after = page.scannedTo;
      if (page.end) break;
    }
    const store = this.#lanes.store(view.store);
    const incomplete = without !== null || parked.again;
    try {
      await store.transaction(async (db) => {
        // Moves nothing, and fails where another process folds by now.
        await advance(db, { ...of, position }, position);
        if (!(await standsParked(db, of, parked))) throw new CheckpointMoved(`${parked.key} of ${view.name} went on before`);
        this.#assertFoldable(view, missed);
        await view.fold(writeNamed(db, naming), missed);
        await this.#oweScrub(db, view, missed);
        if (incomplete) await park(db, of, { ...parked, released: true });
        else await unpark(db, of, parked.key);
      });
      if (incomplete) follower.parked.set(parked.key, { ...parked, released: true });
      else follower.parked.delete(parked.key);
    } catch (error) {
      if (isStoreFault(error)) throw error;
      if (error instanceof CheckpointMoved) return this.#readAgain(view.store, [follower]);
      const attempts = parked.attempts + 1;
      const again: Parked = { ...parked, attempts, error: messageOf(error), retryAt: this.#lanes.retryAt(attempts) };
      await store.transaction((db) => park(db, of, again));
      follower.parked.set(parked.key, again);
    }
    this.#lanes.onMoved();
  }

  /** Events that an administrator poisoned for practice. */
  readonly #practised = new Map<string, Set<bigint>>();

  /** From now on this view cannot fold the event at this position, until it is lifted: so that anyone can see what happens then. */
  practise(view: string, position: bigint, lift: boolean): void {
    const poisoned = this.#practised.get(view) ?? new Set();
    if (lift) poisoned.delete(position);
    else poisoned.add(position);
    this.#practised.set(view, poisoned);
  }

  #assertFoldable(view: View, events: readonly Recorded[]): void {
    const poisoned = this.#practised.get(view.name);
    if (poisoned && events.some(({ position }) => poisoned.has(position))) throw new Error('poisoned for practice');
  }

  /** Another process moved a checkpoint, or an answer was lost; what the store says is true. */
  async #readAgain(store: ViewStore, together: readonly Follower[]): Promise<void> {
    const known = await this.#lanes.store(store).snapshot(async (db) => {
      const generations = await allGenerations(db);
      const parked = await Promise.all(together.map(({ view, generation }) => parkedOf(db, { view: view.name, generation })));
      return { generations, parked };
    });
    for (const [i, follower] of together.entries()) {
      const now = known.generations.find((g) => g.view === follower.view.name && g.generation === follower.generation);
      if (now && now.state !== 'retired') {
        follower.position = now.position;
        follower.parked.clear();
        for (const parked of known.parked[i]!) follower.parked.set(parked.key, parked);
      } else {
        this.#lanes.drop(follower);
        if (now) this.#lanes.retire(now);
        follower.rebuild?.over(new CheckpointMoved(`the rebuild of ${follower.view.name} was dropped by another process`));
      }
    }
  }

  /** A view without fold keys stops here, and a rebuild ends. */
  #poisoned(follower: Follower, event: StoredEvent | undefined, error: unknown): void {
    const now = this.#lanes.now();
    const before = follower.poison;
    const again = before !== null && before.eventId === event?.id;
    const attempts = again ? before.attempts + 1 : 1;
    follower.poison = {
      position: event?.position ?? follower.position,
      eventId: event?.id ?? '',
      type: event?.type ?? '',
      error: messageOf(error),
      since: again ? before.since : now,
      attempts,
      retryAt: this.#lanes.retryAt(attempts),
    };
    this.#lanes.onMoved();
    if (!again) this.#lanes.options.onFault?.(new ViewStopped(follower.view.name, follower.poison, error));
    if (follower.rebuild) {
      this.#lanes.drop(follower);
      follower.rebuild.failed(follower.poison, error);
    }
  }
}
