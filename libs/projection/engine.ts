import type { Page } from '../ports/event-store.ts';
import { viewStores, type View, type ViewStore } from '../ports/view.ts';
import { digestOf } from './digest.ts';
import { backoff, isStoreFault, lastRetryMs } from './faults.ts';
import { Folder } from './folder.ts';
import {
  allGenerations,
  allPlans,
  createCheckpoints,
  createGeneration,
  dropGeneration,
  liveGeneration,
  Naming,
  oweScrub,
  owesScrub,
  readNamed,
  settleScrub,
  type Generation,
  type RebuildPlan,
} from './generations.ts';
import {
  Decoded,
  followerOf,
  lacking,
  Lanes,
  standingOf,
  takeParked,
  toldOf,
  unionFilter,
  type Follower,
  type Poison,
  type ProjectionOptions,
  type Standing,
} from './lanes.ts';
import { allOutcomes, allRuns, rebuiltBefore, type RebuildOutcome } from './outcomes.ts';
import { parkedOf, takeOverParked, type Parked, type ParkedList } from './parking.ts';
import { poisonAt, type Practised } from './practice.ts';
import { Rebuilds, type RebuildAsked, type RebuildProgress, type Rebuilt } from './rebuilds.ts';

export type { ParkedList } from './parking.ts';
export type { Practised } from './practice.ts';
export { ViewStopped, type Poison, type ProjectionOptions, type Standing } from './lanes.ts';
export { RebuildCancelled, RebuildFailed, type RebuildAsked, type RebuildProgress, type Rebuilt } from './rebuilds.ts';

export interface ViewStatus extends Standing {
  readonly version: number;
  readonly head: bigint;
  readonly lagEvents: bigint;
  /** Age of the oldest event that is not folded. */
  readonly lagMs: number;
  readonly poison: Poison | null;
  /** Events at which the fold of a key failed, the first of them where there are many: `parked` tells of all. */
  readonly parkedKeys: readonly Parked[];
  /** Positions that are poisoned for practice. */
  readonly practised: readonly bigint[];
  readonly rebuild:
    (RebuildProgress & { readonly generation: number; readonly paused: boolean; readonly verify: boolean }) | null;
  /** How the last rebuild ended. */
  readonly lastRebuild: RebuildOutcome | null;
}

interface Waiter {
  readonly reached: () => boolean;
  readonly resolve: () => void;
}

/**
 * Folds the log into views. One pull loop serves all of them: followers that stand at the same position share a page and its decoding, and
 * whoever lags (a rebuild, a stopped view) reads pages of its own until it has caught up. Rows and checkpoint of a page commit together, per store.
 * What wakes it is a hint; what it has done is what the stores say.
 */
export class Projection {
  readonly #o: ProjectionOptions;
  readonly #waiters = new Set<Waiter>();
  /** Stores whose disk or file failed, and when they are tried again: the others go on. */
  readonly #resting = new Map<ViewStore, { readonly faults: number; readonly until: number }>();
  readonly #stop = new AbortController();
  readonly #lanes: Lanes;
  readonly #folder: Folder;
  readonly #rebuilds: Rebuilds;
  readonly #toRelease: { readonly follower: Follower; readonly parked: Parked }[] = [];
  #running: Promise<void> | undefined;
  #polling = false;
  /** Whether the last turn left the end of the log unreached. */
  #more = false;

  constructor(options: ProjectionOptions) {
    this.#o = options;
    this.#lanes = new Lanes(options);
    this.#lanes.onMoved = () => this.#moved();
    this.#folder = new Folder(this.#lanes);
    this.#rebuilds = new Rebuilds(this.#lanes);
  }

  /** Finds where every view stands, makes tables for new ones, and goes on with a rebuild that a crash interrupted. */
  async prepare(): Promise<void> {
    for (const name of viewStores) {
      const store = this.#o.stores[name];
      await createCheckpoints(store);
      await takeOverParked(store, this.#lanes.now(), (position) => this.#institutionAt(position));
      const known = await store.snapshot(allGenerations);
      const plans = await store.snapshot(allPlans);
      const runs = await store.snapshot(allRuns);
      for (const outcome of await store.snapshot(allOutcomes)) this.#rebuilds.last.set(outcome.view, outcome);
      for (const view of this.#o.views.filter((v) => v.store === name)) {
        await this.#adopt(
          view,
          known.filter((generation) => generation.view === view.name),
          plans,
          runs,
        );
      }
      if (await store.snapshot(owesScrub)) this.#lanes.toScrub.add(name);
    }
  }

  async #institutionAt(position: bigint): Promise<string> {
    const [event] = (await this.#o.events.readAll(position - 1n, { limit: 1 })).events;
    return event ? this.#o.decoder.decode(event).institutionId : '';
  }

  async #adopt(
    view: View,
    known: readonly Generation[],
    plans: readonly RebuildPlan[],
    runs: Awaited<ReturnType<typeof allRuns>>,
  ): Promise<void> {
    const store = this.#o.stores[view.store];
    const live = known.find((g) => g.state === 'live') ?? (await store.transaction((db) => createGeneration(db, view, 'live')));
    const outdated = live.version !== view.version;
    const follower = followerOf(view, live, outdated);
    takeParked(follower, await store.snapshot((db) => parkedOf(db, live)));
    this.#lanes.followers.push(follower);
    for (const generation of known) {
      if (generation.state === 'live') continue;
      const plan = plans.find((one) => one.view === view.name && one.generation === generation.generation);
      const goesOn = generation.state === 'building' && generation.version === view.version;
      if (goesOn && plan && (plan.upTo === null || this.#rebuilds.canRange(view))) {
        const asked = runs.find((one) => one.view === view.name && one.generation === generation.generation);
        this.#rebuilds.goOn(view, generation, plan, asked?.run ?? null);
      } else this.#lanes.retire(generation);
    }
    // Nobody waits for this one: its failure is in the status.
    if (outdated) this.rebuild(view.name).catch(() => undefined);
  }

  // ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#lanes.bell.ring();
    const closed = this.#rebuilds.close();
    await this.#running;
    await closed;
  }

  /** Something was appended: look at once. Only a hint, so that losing one costs a poll. */
  notify(): void {
    this.#lanes.bell.ring();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let faults = 0;
    while (!signal.aborted) {
      const known = this.#lanes.bell.rings;
      let moved = false;
      try {
        moved = await this.turn();
        faults = 0;
      } catch (fault) {
        faults += 1;
        this.#o.onFault?.(fault);
        await this.#o.timer.sleep(backoff(faults), signal);
      }
      // A moment for messages, where reading and folding hold the thread. At the end of the log it waits for the next hint:
      // chasing every append on its heels, each page would hold a handful of events and cost as much as a full one.
      if (moved && this.#more) await this.#o.timer.sleep(0, signal);
      else if (faults === 0) await this.#rest(known);
    }
  }

  /** Until somebody rings; a poll rings too, since a ring may be lost. */
  #rest(known: number): Promise<void> {
    if (!this.#polling) void this.#poll();
    return this.#lanes.bell.past(known);
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    await this.#o.timer.sleep(this.#o.pollMs ?? 1_000, this.#stop.signal);
    this.#polling = false;
    this.#lanes.bell.ring();
  }

  /** One page for every position at which a follower stands, the hindmost first. False where there was nothing to do. */
  async turn(): Promise<boolean> {
    this.#more = false;
    await this.#housekeeping();
    let moved = false;
    const stepped = new Set<Follower>();
    for (;;) {
      const lane = this.#hindmost(-1n, stepped);
      if (lane.length === 0) return moved;
      for (const follower of lane) stepped.add(follower);
      if (await this.#step(lane)) moved = true;
    }
  }

  /** Turns until nothing is left to do: for tests and for tools that want all of it at once. */
  async catchUp(): Promise<void> {
    while (await this.turn());
  }

  /** Those who stand where the hindmost stands that is past `after` and has not had its page yet. */
  #hindmost(after: bigint, stepped?: ReadonlySet<Follower>): Follower[] {
    const ready = this.#lanes.followers.filter(
      (one) =>
        !one.outdated &&
        !one.rebuild?.paused &&
        !one.rebuild?.ending &&
        one.position > after &&
        !this.#waits(one) &&
        !this.#rests(one.view.store),
    );
    let hindmost: bigint | undefined;
    for (const follower of ready) {
      if (!stepped?.has(follower) && (hindmost === undefined || follower.position < hindmost)) hindmost = follower.position;
    }
    return hindmost === undefined ? [] : ready.filter(({ position }) => position === hindmost);
  }

  #rests(store: ViewStore): boolean {
    return this.#isAhead(this.#resting.get(store)?.until ?? 0);
  }

  /** A time to wait for. One further ahead than any backoff was set by a clock that has gone back since. */
  #isAhead(ms: number): boolean {
    const wait = ms - this.#o.clock.now();
    return wait > 0 && wait <= lastRetryMs;
  }

  #waits({ poison }: Follower): boolean {
    return poison !== null && this.#isAhead(Date.parse(poison.retryAt));
  }

  /** True where it worked; a fault of this store lets its views rest and is no fault of theirs. */
  async #withStore(store: ViewStore, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#resting.delete(store);
      return true;
    } catch (fault) {
      if (!isStoreFault(fault)) throw fault;
      const faults = (this.#resting.get(store)?.faults ?? 0) + 1;
      this.#resting.set(store, { faults, until: this.#o.clock.now() + backoff(faults) });
      this.#o.onFault?.(fault);
      return false;
    }
  }

  async #step(lane: readonly Follower[]): Promise<boolean> {
    const from = lane[0]!.position;
    let page = await this.#o.events.readAll(from, { limit: this.#lanes.batch, ...unionFilter(lane) });
    // Not past the next follower: meeting it there, they share pages from then on.
    const meeting = this.#hindmost(from)[0]?.position;
    if (meeting !== undefined && meeting < page.scannedTo) page = until(page, meeting);

    const moved = page.scannedTo > from;
    if (!page.end) this.#more = true;
    if (moved) {
      const events = page.events.map((stored) => new Decoded(stored, this.#o.decoder));
      for (const store of viewStores) {
        const together = lane.filter(({ view }) => view.store === store);
        if (together.length === 0) continue;
        await this.#withStore(store, () => this.#folder.fold(store, together, events, page.scannedTo));
        // Who waits for a view of this store need not wait for the next store's commit.
        this.#moved();
      }
    }
    const head = page.end ? page.scannedTo : null;
    for (const follower of lane) {
      const { rebuild, view } = follower;
      if (rebuild) await this.#withStore(view.store, () => this.#rebuilds.after(follower, rebuild, head));
    }
    return moved;
  }

  /** Drops what was replaced and scrubs what was deleted: after the commit that readers wait for, and again where a reader was in the way. */
  async #housekeeping(): Promise<void> {
    for (const view of this.#rebuilds.unsettled) await this.#withStore(view.store, () => this.#rebuilds.settle(view));
    const dropped = this.#lanes.retired;
    this.#lanes.retired = [];
    for (const generation of dropped) {
      const view = this.#o.views.find(({ name }) => name === generation.view)!;
      const done = await this.#withStore(view.store, async () => {
        if (view.opened) this.#lanes.toScrub.add(view.store);
        await this.#o.stores[view.store].transaction(async (db) => {
          await dropGeneration(db, generation);
          if (view.opened) await oweScrub(db);
        });
      });
      if (!done) this.#lanes.retired.push(generation);
    }
    for (const asked of this.#toRelease.splice(0)) {
      const { follower, parked } = asked;
      const done = await this.#withStore(follower.view.store, () => this.#folder.release(follower, parked));
      if (!done) this.#toRelease.push(asked);
    }
    for (const name of this.#lanes.toScrub) {
      await this.#withStore(name, async () => {
        const store = this.#o.stores[name];
        if (!(await store.scrub())) return;
        await store.transaction(settleScrub);
        this.#lanes.toScrub.delete(name);
      });
    }
    for (const follower of this.#lanes.followers) {
      for (const parked of follower.parked.values()) {
        // Rows of another release are made whole by their rebuild: this one's fold would make a mix of them.
        if (follower.outdated || this.#isAhead(Date.parse(parked.retryAt))) continue;
        await this.#withStore(follower.view.store, () => this.#folder.retryParked(follower, parked));
      }
      if (!follower.outdated || this.#rebuilds.of(follower.view.name) || this.#waits(follower)) continue;
      this.rebuild(follower.view.name).catch(() => undefined);
    }
  }

  // ── rebuilding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Folds a view from the beginning into tables beside the live ones, and swaps when it has caught up; with `verify` it compares and swaps nothing.
   * Two at once are one. Rejects where an event poisons it (RebuildFailed) and where it is cancelled; the live generation then stays.
   */
  async rebuild(view: string, onProgress?: (progress: RebuildProgress) => void, asked: RebuildAsked = {}): Promise<Rebuilt> {
    const over = this.#rebuilds.last.get(view);
    if (asked.run !== undefined && over?.run === asked.run && !this.#rebuilds.of(view)) {
      const known = rebuiltBefore(over);
      if (known) return known;
    }
    const rebuild = await this.#rebuilds.start(this.#viewOf(view), asked);
    if (onProgress) rebuild.listeners.push(onProgress);
    if (asked.compare) rebuild.compare = true;
    this.#lanes.bell.ring();
    return rebuild.done;
  }

  /** Takes no further range and no further page until it is resumed, a restart included. False where nothing is rebuilt. */
  pause(view: string): Promise<boolean> {
    return this.#rebuilds.setPaused(view, true);
  }

  resume(view: string): Promise<boolean> {
    return this.#rebuilds.setPaused(view, false);
  }

  /** Throws away what was rebuilt so far; whoever waits for it hears RebuildCancelled. False where nothing is rebuilt (any more). */
  cancel(view: string): Promise<boolean> {
    return this.#rebuilds.cancel(view);
  }

  /** From now on this view cannot fold the event at this position, until it is lifted or the process ends: so that anyone can see what happens then. */
  async practise(name: string, position: bigint, lift: boolean): Promise<Practised> {
    const { practice } = this.#lanes;
    if (lift) {
      practice.lift(name, position);
      this.retry(name);
      return { outcome: 'lifted' };
    }
    // Whichever rows are live, where the answer to a swap was lost: each takes the same events.
    const follower = this.#lanes.followers.find((one) => one.view === this.#viewOf(name))!;
    return poisonAt(practice, this.#o.events, follower, position);
  }

  #viewOf(name: string): View {
    const view = this.#o.views.find((one) => one.name === name);
    if (!view) throw new Error(`there is no view ${name}`);
    return view;
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tries a stopped view and its parked keys again now, or one key alone. False where nothing was stopped or parked. */
  retry(view: string, key?: string): boolean {
    let stopped = false;
    for (const follower of this.#lanes.followers) {
      if (follower.view.name !== view) continue;
      if (follower.poison !== null && key === undefined) {
        follower.poison = { ...follower.poison, retryAt: this.#lanes.now() };
        stopped = true;
      }
      for (const parked of follower.parked.values()) {
        if (key !== undefined && parked.key !== key) continue;
        follower.parked.set(parked.key, { ...parked, retryAt: this.#lanes.now() });
        stopped = true;
      }
    }
    if (stopped) this.#lanes.bell.ring();
    return stopped;
  }

  /**
   * Lets a parked key go on without the event at which it failed (at this position, where one is named): its rows stay marked as incomplete until a
   * rebuild. False where it is not parked there.
   */
  release(view: string, key: string, position?: bigint): boolean {
    const follower = this.#lanes.followers.find((one) => one.view.name === view && !one.rebuild && !one.outdated);
    const parked = follower?.parked.get(key);
    if (!follower || !parked || (position !== undefined && parked.position !== position)) return false;
    this.#toRelease.push({ follower, parked });
    this.#lanes.bell.ring();
    return true;
  }

  /** What the rows of a view lack, or those of all views; at most so many, the first in the log first. */
  parked(view: string | null, limit: number): ParkedList {
    const all = this.#lanes.followers
      .filter((one) => !one.rebuild && (view === null || one.view.name === view))
      .flatMap((one) => lacking(one).map((parked) => ({ view: one.view.name, generation: one.generation, ...parked })));
    return { total: all.length, items: all.slice(0, limit) };
  }

  /** Digest of a view's live rows and the position at which they stand. */
  async digest(view: string): Promise<{ readonly position: bigint; readonly digest: string }> {
    const found = this.#viewOf(view);
    return this.#o.stores[found.store].snapshot(async (db) => {
      const live = await liveGeneration(db, view);
      if (!live) throw new Error(`the view ${view} has no rows yet`);
      const digest = await digestOf(readNamed(db, new Naming([[found, live.generation]])), found);
      return { position: live.position, digest };
    });
  }

  async status(): Promise<readonly ViewStatus[]> {
    const head = await this.#o.events.head();
    const ages = new Map<bigint, number>();
    const answers: ViewStatus[] = [];
    for (const follower of this.#lanes.followers.filter((one) => !one.rebuild)) {
      const { view, position, poison } = follower;
      if (position < head && !ages.has(position)) {
        const [next] = (await this.#o.events.readAll(position, { limit: 1 })).events;
        ages.set(position, next ? Math.max(0, this.#o.clock.now() - Date.parse(next.recordedAt)) : 0);
      }
      const rebuild = this.#rebuilds.of(view.name);
      answers.push({
        ...standingOf(follower),
        version: view.version,
        head,
        lagEvents: head > position ? head - position : 0n,
        lagMs: ages.get(position) ?? 0,
        poison,
        parkedKeys: lacking(follower).slice(0, toldOf),
        practised: [...this.#lanes.practice.at(view.name)],
        rebuild: rebuild
          ? {
              ...rebuild.progress,
              generation: rebuild.generation.generation,
              paused: rebuild.paused !== null,
              verify: rebuild.plan.verify,
            }
          : null,
        lastRebuild: this.#rebuilds.last.get(view.name) ?? null,
      });
    }
    return answers.toSorted((a, b) => (a.view < b.view ? -1 : 1));
  }

  /** Until the view (all that are not stopped, where none is named) has folded everything up to a position. False after the time. */
  async waitFor(position: bigint, timeoutMs: number, view?: string): Promise<boolean> {
    const reached = (): boolean =>
      this.#lanes.followers.every(
        (one) =>
          one.rebuild !== undefined ||
          (view === undefined ? one.poison !== null || one.outdated : one.view.name !== view) ||
          one.position >= position,
      );
    if (reached()) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { reached, resolve };
    const over = new AbortController();
    this.#waiters.add(waiter);
    this.#lanes.bell.ring();
    await Promise.race([promise, this.#o.timer.sleep(timeoutMs, AbortSignal.any([over.signal, this.#stop.signal]))]);
    over.abort();
    this.#waiters.delete(waiter);
    return reached();
  }

  /** As `status`, as far as it needs no look at the log. */
  standing(): readonly Standing[] {
    return this.#lanes.followers.filter((one) => !one.rebuild).map(standingOf);
  }

  #moved(): void {
    this.#o.onMoved?.(this.standing());
    for (const waiter of this.#waiters) if (waiter.reached()) waiter.resolve();
  }
}

const until = (page: Page, position: bigint): Page => ({
  events: page.events.filter((event) => event.position <= position),
  scannedTo: position,
  end: false,
});
