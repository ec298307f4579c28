import type { Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import type { ReadWrites } from '../ports/read-store.ts';
import type { View, ViewStore } from '../ports/view.ts';
import { faultText, isStoreFault } from './faults.ts';
import { advance, allGenerations, CheckpointMoved, oweScrub, writeNamed } from './generations.ts';
import { Decoded, keyOf, takeParked, unionFilter, ViewStopped, waits, type Follower, type Lanes, type Poison } from './lanes.ts';
import { park, parkedOf, standsParked, unpark, type Parked } from './parking.ts';
import { poisoned } from './practice.ts';

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
    if (together.some((one) => one.parkedInDoubt)) return this.#readAgain(store, together);
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
      // First, so that rows which are there already (a commit whose answer was lost) are told from an event that cannot be folded.
      await advance(
        db,
        together.map(({ view, generation }) => ({ view: view.name, generation })),
        together[0]!.position,
        to,
      );
      for (const follower of together) {
        const { view, takes } = follower;
        const own: Recorded[] = [];
        for (const event of events) if (takes(event.stored) && !waits(follower, event)) own.push(event.for(view));
        await this.#fold(follower, db, own);
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
    const fresh: Parked = { ...this.#waiting(follower, event), error: faultText(error), attempts: 1 };
    // What stands already stands at the earlier event, and meets this one again once it goes on.
    const parked = follower.parked.get(fresh.key) ?? fresh;
    await this.#lanes.store(store).transaction(async (db) => {
      await advance(db, [{ view: view.name, generation }], position, to);
      await park(db, { view: view.name, generation }, parked);
    });
    follower.position = to;
    follower.poison = null;
    follower.parked.set(parked.key, parked);
    this.#lanes.onMoved();
    this.#lanes.options.onFault?.(new ViewStopped(view.name, fresh));
  }

  /** A key at an event whose turn has not come yet. */
  #waiting({ view }: Follower, event: Decoded): Parked {
    const { position, id: eventId, type, institutionId, subjectId } = event.sealed();
    const now = this.#lanes.now();
    const at = { key: keyOf(view)!(event.sealed()), position, eventId, type, institutionId, subjectId };
    return { ...at, error: '', since: now, retryAt: this.#lanes.retryAt(1), attempts: 0, released: false };
  }

  /** Folds what a key missed, from the event at which it failed on. Where that fails again it waits longer. */
  async retryParked(follower: Follower, parked: Parked): Promise<void> {
    await this.#unlessMoved(follower, async () => {
      await this.#makeUp(follower, parked, await this.#missed(follower, parked), null);
    });
    this.#lanes.onMoved();
  }

  /** Lets a key go on without the event at which it failed, which stays on the list until a rebuild. */
  async release(follower: Follower, parked: Parked): Promise<void> {
    // Made whole, or rebuilt, since it was asked for.
    if (!this.#lanes.followers.includes(follower) || follower.parked.get(parked.key)?.position !== parked.position) return;
    const { view, generation } = follower;
    await this.#unlessMoved(follower, async () => {
      const missed = (await this.#missed(follower, parked)).filter(({ stored }) => stored.position > parked.position);
      const next = missed[0] && this.#waiting(follower, missed[0]);
      const leftOut: Parked = { ...parked, released: true };
      await this.#foldMissed(follower, parked, [], async (db) => {
        await park(db, { view: view.name, generation }, leftOut);
        if (next) await park(db, { view: view.name, generation }, next);
      });
      follower.leftOut.push(leftOut);
      follower.parked.delete(parked.key);
      if (!next) return;
      follower.parked.set(next.key, next);
      await this.#makeUp(follower, next, missed, null);
    });
    this.#lanes.onMoved();
  }

  /** Events of its key from the one at which it failed up to where the view is. */
  async #missed({ view, position, takes }: Follower, parked: Parked): Promise<readonly Decoded[]> {
    const { events, decoder } = this.#lanes.options;
    const missed: Decoded[] = [];
    const filter = unionFilter([{ view }]);
    for (let after = parked.position - 1n; after < position;) {
      const page = await events.readAll(after, { limit: this.#lanes.batch, ...filter });
      for (const stored of page.events) {
        if (stored.position > position || !takes(stored)) continue;
        const event = new Decoded(stored, decoder);
        if (keyOf(view)!(event.sealed()) === parked.key) missed.push(event);
      }
      after = page.scannedTo;
      if (page.end) break;
    }
    return missed;
  }

  /** All at once or, where that fails, by halves, so that the key stands before the very event that cannot be folded. False where it stands again. */
  async #makeUp(follower: Follower, parked: Parked, missed: readonly Decoded[], next: Decoded | null): Promise<boolean> {
    const of = { view: follower.view.name, generation: follower.generation };
    const then = next && this.#waiting(follower, next);
    try {
      await this.#foldMissed(follower, parked, missed, async (db) => {
        await unpark(db, of, parked);
        if (then) await park(db, of, then);
      });
    } catch (error) {
      if (isStoreFault(error) || error instanceof CheckpointMoved) throw error;
      if (missed.length > 1) {
        const half = missed.length >> 1;
        const first = await this.#makeUp(follower, parked, missed.slice(0, half), missed[half]!);
        return first && this.#makeUp(follower, follower.parked.get(parked.key)!, missed.slice(half), next);
      }
      const attempts = parked.attempts + 1;
      const again: Parked = { ...parked, attempts, error: faultText(error), retryAt: this.#lanes.retryAt(attempts) };
      await this.#lanes.store(follower.view.store).transaction((db) => park(db, of, again));
      follower.parked.set(parked.key, again);
      return false;
    }
    if (then) follower.parked.set(then.key, then);
    else follower.parked.delete(parked.key);
    return true;
  }

  async #foldMissed(
    follower: Follower,
    parked: Parked,
    missed: readonly Decoded[],
    alongside: (db: ReadWrites) => Promise<void>,
  ): Promise<void> {
    const { view, generation, position } = follower;
    const of = { view: view.name, generation };
    await this.#lanes.store(view.store).transaction(async (db) => {
      // Moves nothing, and fails where another process folds by now.
      await advance(db, [of], position, position);
      if (!(await standsParked(db, of, parked))) throw new CheckpointMoved(`${parked.key} of ${view.name} went on before`);
      const events = missed.map((event) => event.for(view));
      await this.#fold(follower, db, events);
      await this.#oweScrub(db, view, events);
      await alongside(db);
    });
  }

  async #unlessMoved(follower: Follower, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      follower.parkedInDoubt = true;
      if (!(error instanceof CheckpointMoved)) throw error;
      await this.#readAgain(follower.view.store, [follower]);
    }
  }

  async #fold({ view, naming }: Follower, db: ReadWrites, events: readonly Recorded[]): Promise<void> {
    if (events.length > 0) await poisoned(view, this.#lanes.practice.at(view.name)).fold(writeNamed(db, naming), events);
  }

  /** Another process moved a checkpoint, or an answer was lost; what the store says is true. */
  async #readAgain(store: ViewStore, together: readonly Follower[]): Promise<void> {
    const known = await this.#lanes.store(store).snapshot(async (db) => {
      const generations = await allGenerations(db);
      const parked = await Promise.all(together.map(({ view, generation }) => parkedOf(db, { view: view.name, generation })));
      return { generations, parked };
    });
    for (const [i, follower] of together.entries()) {
      // Whoever ends it takes care of it.
      if (follower.rebuild?.ending) continue;
      const now = known.generations.find((g) => g.view === follower.view.name && g.generation === follower.generation);
      if (now && now.state !== 'retired') {
        follower.position = now.position;
        takeParked(follower, known.parked[i]!);
      } else {
        this.#lanes.drop(follower);
        if (now) this.#lanes.retire(now);
        follower.rebuild?.over(new CheckpointMoved(`the rebuild of ${follower.view.name} was dropped by another process`));
      }
    }
  }

  /** A view without fold keys stops here, and a rebuild ends. */
  async #poisoned(follower: Follower, event: StoredEvent | undefined, error: unknown): Promise<void> {
    const now = this.#lanes.now();
    const before = follower.poison;
    const again = before !== null && before.eventId === event?.id;
    const attempts = again ? before.attempts + 1 : 1;
    const poison: Poison = {
      position: event?.position ?? follower.position,
      eventId: event?.id ?? '',
      type: event?.type ?? '',
      error: faultText(error),
      since: again ? before.since : now,
      attempts,
      retryAt: this.#lanes.retryAt(attempts),
    };
    await follower.rebuild?.failed(poison);
    follower.poison = poison;
    this.#lanes.onMoved();
    if (!again) this.#lanes.options.onFault?.(new ViewStopped(follower.view.name, poison));
  }
}
