import type { Recorded } from '../kernel/decider.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { EventStore, Filter, Page, StoredEvent } from '../ports/event-store.ts';
import { Bell } from '../ports/follow.ts';
import type { ReadStore } from '../ports/read-store.ts';
import { viewStores, type EventDecoder, type View, type ViewStore } from '../ports/view.ts';
import { differingRows, digestOf, type DifferingRow } from './digest.ts';
import { backoff, isStoreFault, lastRetryMs, messageOf } from './faults.ts';
import {
  advance,
  allGenerations,
  allPlans,
  CheckpointMoved,
  createCheckpoints,
  createGeneration,
  dropGeneration,
  liveGeneration,
  Naming,
  oweScrub,
  owesScrub,
  readNamed,
  savePlan,
  setPaused,
  settleScrub,
  swap,
  writeNamed,
  type Generation,
  type RebuildPlan,
} from './generations.ts';
import { park, parkedOf, unpark, type Parked } from './parking.ts';
import { RangedFold, rangeStreamsOf, type RangeFolder } from './ranged-fold.ts';

export interface ProjectionOptions {
  readonly events: Pick<EventStore, 'readAll' | 'head'>;
  readonly decoder: EventDecoder;
  readonly stores: Readonly<Record<ViewStore, ReadStore>>;
  readonly views: readonly View[];
  /** Rebuilds `byStream` views by ranges of streams; in order of the log, as everything else, where absent. */
  readonly ranges?: RangeFolder;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Events folded in memory before rows are written. */
  readonly batch?: number;
  /** Milliseconds after which the log is looked at without a wake-up. */
  readonly pollMs?: number;
  /** Hears of faults that the engine retries, and of a view that stops (`ViewStopped`); what stopped it stands in `status`. */
  readonly onFault?: (fault: unknown) => void;
  /** Called when views moved, stopped or were swapped. */
  readonly onMoved?: (standing: readonly Standing[]) => void;
}

/** Where a view's live rows stand. */
export interface Standing {
  readonly view: string;
  readonly position: bigint;
  readonly generation: number;
  readonly state: 'live' | 'stopped' | 'outdated';
  /** Fold keys whose rows are incomplete. */
  readonly parked: number;
}

/** A fold that failed in a view without fold keys: it stands before this event until a retry succeeds, the others go on. */
export interface Poison {
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  readonly error: string;
  readonly since: string;
  readonly attempts: number;
  readonly retryAt: string;
}

export interface RebuildProgress {
  readonly view: string;
  /** Folds ranges of streams, or follows the log from the position that they were folded to. */
  readonly phase: 'ranges' | 'log';
  /** Of `head` positions; in ranges, the share of the streams. */
  readonly done: bigint;
  readonly head: bigint;
  /** Folded so far. */
  readonly events: number;
}

export interface Rebuilt {
  readonly view: string;
  readonly generation: number;
  readonly position: bigint;
  /** Digests at one position, where they were asked for and the live rows were of the same version and not stopped. */
  readonly digests: { readonly live: string; readonly rebuilt: string } | null;
  /** Where a verification found the digests to differ: the first rows that do. */
  readonly differing: readonly DifferingRow[];
}

export interface ViewStatus extends Standing {
  readonly version: number;
  readonly head: bigint;
  readonly lagEvents: bigint;
  /** Age of the oldest event that is not folded. */
  readonly lagMs: number;
  readonly poison: Poison | null;
  /** Fold keys at whose events the fold failed. */
  readonly parkedKeys: readonly Parked[];
  readonly rebuild:
    (RebuildProgress & { readonly generation: number; readonly paused: boolean; readonly verify: boolean }) | null;
}

/** One generation of one view on its way through the log. */
interface Follower {
  readonly view: View;
  readonly generation: number;
  readonly tables: string;
  readonly naming: Naming;
  readonly takes: (event: StoredEvent) => boolean;
  position: bigint;
  /** Absent for a live generation. */
  readonly rebuild?: Rebuild;
  /** Rows of another release: readers may use them, nothing is folded into them. */
  readonly outdated: boolean;
  poison: Poison | null;
  /** By fold key. Always empty in a rebuild, which fails instead. */
  readonly parked: Map<string, Parked>;
}

interface Rebuild {
  readonly view: View;
  readonly generation: Generation;
  readonly plan: RebuildPlan;
  readonly done: Promise<Rebuilt>;
  readonly resolve: (rebuilt: Rebuilt) => void;
  readonly reject: (error: unknown) => void;
  readonly listeners: ((progress: RebuildProgress) => void)[];
  compare: boolean;
  /** Resolves when it may go on; null while it may. */
  paused: PromiseWithResolvers<void> | null;
  readonly stop: AbortController;
  /** Settled once no range is on its way any more. */
  ranging: Promise<void>;
  progress: RebuildProgress;
}

interface Waiter {
  readonly reached: () => boolean;
  readonly resolve: () => void;
}

/** How every sealed value begins (SealedText): where there is none, there is nothing to open. */
const sealed = '"sealed.';

/** An event as a page brings it, decoded at most once for all views that take it. */
class Decoded {
  readonly stored: StoredEvent;
  readonly #decoder: EventDecoder;
  #sealed: Recorded | undefined;

  constructor(stored: StoredEvent, decoder: EventDecoder) {
    this.stored = stored;
    this.#decoder = decoder;
  }

  for(view: View): Recorded {
    const opened = view.opened && this.stored.json.includes(sealed);
    return opened ? this.#decoder.decodeOpen(this.stored) : this.sealed();
  }

  sealed(): Recorded {
    return (this.#sealed ??= this.#decoder.decode(this.stored));
  }
}

/**
 * Folds the log into views. One pull loop serves all of them: followers that stand at the same position share a page and its decoding, and
 * whoever lags (a rebuild, a stopped view) reads pages of its own until it has caught up. Rows and checkpoint of a page commit together, per store.
 * What wakes it is a hint; what it has done is what the stores say.
 */
export class Projection {
  readonly #o: ProjectionOptions;
  readonly #batch: number;
  readonly #bell = new Bell();
  readonly #waiters = new Set<Waiter>();
  readonly #toScrub = new Set<ViewStore>();
  /** Stores whose disk or file failed, and when they are tried again: the others go on. */
  readonly #resting = new Map<ViewStore, { readonly faults: number; readonly until: number }>();
  readonly #stop = new AbortController();
  #followers: Follower[] = [];
  readonly #toRelease: { readonly follower: Follower; readonly parked: Parked }[] = [];
  #retired: Generation[] = [];
  /** On their way, whether their rows come from ranges of streams or from the log. */
  readonly #rebuilds = new Set<Rebuild>();
  #running: Promise<void> | undefined;
  /** Whether the last turn left the end of the log unreached. */
  #more = false;

  constructor(options: ProjectionOptions) {
    this.#o = options;
    this.#batch = options.batch ?? 2_000;
  }

  /** Finds where every view stands, makes tables for new ones, and goes on with a rebuild that a crash interrupted. */
  async prepare(): Promise<void> {
    for (const name of viewStores) {
      const store = this.#o.stores[name];
      await createCheckpoints(store);
      const known = await store.snapshot(allGenerations);
      const plans = await store.snapshot(allPlans);
      for (const view of this.#o.views.filter((v) => v.store === name)) {
        await this.#adopt(
          view,
          known.filter((generation) => generation.view === view.name),
          plans,
        );
      }
      if (await store.snapshot(owesScrub)) this.#toScrub.add(name);
    }
  }

  async #adopt(view: View, known: readonly Generation[], plans: readonly RebuildPlan[]): Promise<void> {
    const store = this.#o.stores[view.store];
    const live = known.find((g) => g.state === 'live') ?? (await store.transaction((db) => createGeneration(db, view, 'live')));
    const outdated = live.version !== view.version;
    const follower = this.#follower(view, live, outdated);
    for (const parked of await store.snapshot((db) => parkedOf(db, live))) follower.parked.set(parked.key, parked);
    this.#followers.push(follower);
    for (const generation of known) {
      if (generation.state === 'live') continue;
      const plan = plans.find((one) => one.view === view.name && one.generation === generation.generation);
      const goesOn = generation.state === 'building' && generation.version === view.version;
      if (goesOn && plan && (plan.upTo === null || this.#canRange(view))) this.#goOn(view, generation, plan);
      else this.#retired.push(generation);
    }
    // Nobody waits for this one: its failure is in the status.
    if (outdated) this.rebuild(view.name).catch(() => undefined);
  }

  #follower(view: View, at: Generation, outdated: boolean, rebuild?: Rebuild): Follower {
    const types = view.types === undefined ? undefined : new Set<string>(view.types);
    const { prefixes } = view;
    return {
      view,
      generation: at.generation,
      tables: at.tables,
      position: at.position,
      naming: new Naming([[view, at.generation]]),
      takes: (event) =>
        (types === undefined || types.has(event.type)) &&
        (prefixes === undefined || prefixes.some((prefix) => event.stream.startsWith(prefix))),
      outdated,
      poison: null,
      parked: new Map(),
      ...(rebuild ? { rebuild } : {}),
    };
  }

  // ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const rebuilds = [...this.#rebuilds];
    for (const rebuild of rebuilds) halt(rebuild);
    this.#bell.ring();
    await this.#running;
    await Promise.all(rebuilds.map(({ ranging }) => ranging));
  }

  /** Something was appended: look at once. Only a hint, so that losing one costs a poll. */
  notify(): void {
    this.#bell.ring();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let faults = 0;
    while (!signal.aborted) {
      const known = this.#bell.rings;
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

  async #rest(known: number): Promise<void> {
    const awake = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, awake.signal]);
    await Promise.race([this.#bell.past(known, signal), this.#o.timer.sleep(this.#o.pollMs ?? 1_000, signal)]);
    awake.abort();
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
    const ready = this.#followers.filter(
      (one) => !one.outdated && !one.rebuild?.paused && one.position > after && !this.#waits(one) && !this.#rests(one.view.store),
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
    let page = await this.#o.events.readAll(from, { limit: this.#batch, ...unionFilter(lane) });
    // Not past the next follower: meeting it there, they share pages from then on.
    const meeting = this.#hindmost(from)[0]?.position;
    if (meeting !== undefined && meeting < page.scannedTo) page = until(page, meeting);

    const moved = page.scannedTo > from;
    if (!page.end) this.#more = true;
    if (moved) {
      const events = page.events.map((stored) => new Decoded(stored, this.#o.decoder));
      for (const store of viewStores) {
        const together = lane.filter(({ view }) => view.store === store);
        if (together.length > 0) await this.#withStore(store, () => this.#fold(store, together, events, page.scannedTo));
      }
      this.#moved();
    }
    const head = page.end ? page.scannedTo : null;
    for (const follower of lane) {
      const { rebuild, view } = follower;
      if (rebuild) await this.#withStore(view.store, () => this.#progress(follower, rebuild, head));
    }
    return moved;
  }

  /** All views of a store in one transaction. If it fails, each by itself: a poison event stops the view that it poisons, no other. */
  async #fold(store: ViewStore, together: readonly Follower[], events: readonly Decoded[], to: bigint): Promise<void> {
    try {
      await this.#commit(store, together, events, to);
    } catch (error) {
      if (isStoreFault(error)) throw error;
      if (error instanceof CheckpointMoved) return this.#readAgain(store, together);
      if (together.length > 1) {
        for (const follower of together) await this.#fold(store, [follower], events, to);
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
      await this.#fold(store, together, before, middle - 1n);
      if (follower.poison === null && follower.position === middle - 1n) {
        await this.#fold(
          store,
          together,
          own.filter(({ stored }) => stored.position >= middle),
          to,
        );
      }
    }
  }

  async #commit(store: ViewStore, together: readonly Follower[], events: readonly Decoded[], to: bigint): Promise<void> {
    let erased = false;
    await this.#o.stores[store].transaction(async (db) => {
      for (const follower of together) {
        const { view, generation, position, naming, takes } = follower;
        // First, so that rows which are there already (a commit whose answer was lost) are told from an event that cannot be folded.
        await advance(db, { view: view.name, generation, position }, to);
        const own: Recorded[] = [];
        for (const event of events) if (takes(event.stored) && !waits(follower, event)) own.push(event.for(view));
        this.#assertFoldable(view, own);
        if (own.length > 0) await view.fold(writeNamed(db, naming), own);
        if (view.opened && view.erases?.(own)) erased = true;
      }
      if (erased) await oweScrub(db);
    });
    for (const follower of together) {
      follower.position = to;
      follower.poison = null;
    }
    if (erased) this.#toScrub.add(store);
  }

  /** The event's key stands still from here on; the view goes on without it. */
  async #park(store: ViewStore, follower: Follower, event: Decoded, error: unknown, to: bigint): Promise<void> {
    const { view, generation, position } = follower;
    const told = event.sealed();
    const parked: Parked = {
      key: keyOf(view)!(told),
      position: told.position,
      eventId: told.id,
      type: told.type,
      subjectId: told.subjectId,
      error: messageOf(error),
      since: this.#now(),
      retryAt: this.#after(backoff(1)),
      attempts: 1,
      released: false,
    };
    await this.#o.stores[store].transaction(async (db) => {
      await advance(db, { view: view.name, generation, position }, to);
      await park(db, { view: view.name, generation }, parked);
    });
    follower.position = to;
    follower.poison = null;
    follower.parked.set(parked.key, parked);
    this.#moved();
    this.#o.onFault?.(new ViewStopped(view.name, parked, error));
  }

  /** Folds what a key missed, from the event at which it failed on. Where that fails again it waits longer. */
  async #retryParked(follower: Follower, parked: Parked, without: bigint | null): Promise<void> {
    const { view, generation, position, takes, naming } = follower;
    const of = { view: view.name, generation };
    const missed: Recorded[] = [];
    const filter = unionFilter([follower]);
    for (let after = parked.position - 1n; after < position;) {
      const page = await this.#o.events.readAll(after, { limit: this.#batch, ...filter });
      for (const stored of page.events) {
        if (stored.position > position || stored.position === without || !takes(stored)) continue;
        const event = new Decoded(stored, this.#o.decoder);
        if (keyOf(view)!(event.sealed()) === parked.key) missed.push(event.for(view));
      }
      after = page.scannedTo;
      if (page.end) break;
    }
    const store = this.#o.stores[view.store];
    try {
      await store.transaction(async (db) => {
        // Moves nothing, and fails where another process folds by now.
        await advance(db, { ...of, position }, position);
        this.#assertFoldable(view, missed);
        await view.fold(writeNamed(db, naming), missed);
        if (without === null) await unpark(db, of, parked.key);
        else await park(db, of, { ...parked, released: true });
      });
      if (without === null) follower.parked.delete(parked.key);
      else follower.parked.set(parked.key, { ...parked, released: true });
    } catch (error) {
      if (isStoreFault(error)) throw error;
      if (error instanceof CheckpointMoved) return this.#readAgain(view.store, [follower]);
      const attempts = parked.attempts + 1;
      const again: Parked = { ...parked, attempts, error: messageOf(error), retryAt: this.#after(backoff(attempts)) };
      await store.transaction((db) => park(db, of, again));
      follower.parked.set(parked.key, again);
    }
    this.#moved();
  }

  /** Events that an administrator poisoned for practice. */
  readonly #practised = new Map<string, Set<bigint>>();

  /** From now on this view cannot fold the event at this position, until it is lifted: so that anyone can see what happens then. */
  practise(view: string, position: bigint, lift: boolean): void {
    const poisoned = this.#practised.get(view) ?? new Set();
    if (lift) poisoned.delete(position);
    else poisoned.add(position);
    this.#practised.set(view, poisoned);
    if (lift) this.retry(view);
  }

  #assertFoldable(view: View, events: readonly Recorded[]): void {
    const poisoned = this.#practised.get(view.name);
    if (poisoned && events.some(({ position }) => poisoned.has(position))) throw new Error('poisoned for practice');
  }

  /** Another process moved a checkpoint; what the store says is true. */
  async #readAgain(store: ViewStore, together: readonly Follower[]): Promise<void> {
    const known = await this.#o.stores[store].snapshot(allGenerations);
    for (const follower of together) {
      const now = known.find((g) => g.view === follower.view.name && g.generation === follower.generation);
      if (now && now.state !== 'retired') follower.position = now.position;
      else {
        this.#followers = this.#followers.filter((one) => one !== follower);
        if (follower.rebuild)
          this.#over(
            follower.rebuild,
            new CheckpointMoved(`the rebuild of ${follower.view.name} was dropped by another process`),
          );
      }
    }
  }

  /** A view without fold keys stops here, and a rebuild ends. */
  #poisoned(follower: Follower, event: StoredEvent | undefined, error: unknown): void {
    const now = this.#now();
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
      retryAt: this.#after(backoff(attempts)),
    };
    this.#moved();
    if (!again) this.#o.onFault?.(new ViewStopped(follower.view.name, follower.poison, error));
    if (follower.rebuild) {
      this.#followers = this.#followers.filter((one) => one !== follower);
      this.#failed(follower.rebuild, follower.poison, error);
    }
  }

  /** A rebuild ends at an event that cannot be folded; the live rows stay. */
  #failed(rebuild: Rebuild, poison: Poison, cause: unknown): void {
    const { view, generation } = rebuild;
    this.#retired.push({ ...generation, state: 'retired' });
    const live = this.#followers.find((one) => one.view === view && !one.rebuild);
    if (live?.outdated) live.poison = poison;
    this.#over(rebuild, new Error(`the rebuild of ${view.name} failed at event ${poison.position}: ${poison.error}`, { cause }));
  }

  /** Drops what was replaced and scrubs what was deleted: after the commit that readers wait for, and again where a reader was in the way. */
  async #housekeeping(): Promise<void> {
    const dropped = this.#retired;
    this.#retired = [];
    for (const generation of dropped) {
      const view = this.#o.views.find(({ name }) => name === generation.view)!;
      const done = await this.#withStore(view.store, async () => {
        await this.#o.stores[view.store].transaction(async (db) => {
          await dropGeneration(db, generation);
          if (view.opened) await oweScrub(db);
        });
        if (view.opened) this.#toScrub.add(view.store);
      });
      if (!done) this.#retired.push(generation);
    }
    for (const { follower, parked } of this.#toRelease.splice(0))
      await this.#withStore(follower.view.store, () => this.#retryParked(follower, parked, parked.position));
    for (const name of this.#toScrub) {
      await this.#withStore(name, async () => {
        const store = this.#o.stores[name];
        if (!(await store.scrub())) return;
        await store.transaction(settleScrub);
        this.#toScrub.delete(name);
      });
    }
    for (const follower of this.#followers) {
      for (const parked of follower.parked.values()) {
        if (parked.released || this.#isAhead(Date.parse(parked.retryAt))) continue;
        await this.#withStore(follower.view.store, () => this.#retryParked(follower, parked, null));
      }
      if (!follower.outdated || this.#rebuilding(follower.view.name) || this.#waits(follower)) continue;
      this.rebuild(follower.view.name).catch(() => undefined);
    }
  }

  // ── rebuilding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #rebuilding(view: string): Rebuild | undefined {
    return [...this.#rebuilds].find((one) => one.view.name === view);
  }

  readonly #starting = new Map<string, Promise<Rebuild>>();

  /**
   * Folds a view from the beginning into tables beside the live ones, and swaps when it has caught up; with `verify` it compares and swaps nothing.
   * Two at once are one. Rejects where an event poisons it and where it is cancelled; the live generation then stays.
   */
  async rebuild(
    view: string,
    onProgress?: (progress: RebuildProgress) => void,
    options: { readonly compare?: boolean; readonly verify?: boolean } = {},
  ): Promise<Rebuilt> {
    let rebuild = this.#rebuilding(view);
    if (!rebuild) {
      const starting = this.#starting.get(view) ?? this.#beginRebuild(view, options.verify ?? false);
      this.#starting.set(view, starting);
      try {
        rebuild = await starting;
      } finally {
        this.#starting.delete(view);
      }
    }
    if (onProgress) rebuild.listeners.push(onProgress);
    if (options.compare) rebuild.compare = true;
    this.#bell.ring();
    return rebuild.done;
  }

  async #beginRebuild(name: string, verify: boolean): Promise<Rebuild> {
    const view = this.#o.views.find((one) => one.name === name);
    if (!view) throw new Error(`there is no view ${name}`);
    const { ranges, events } = this.#o;
    const upTo = ranges && this.#canRange(view) ? await events.head() : null;
    // After the head: a stream that appears in between is looked at in vain, one that were missed would be missing.
    const lastStream = upTo === null ? 0 : await ranges!.lastStream();
    const rangeStreams = upTo === null ? 0 : rangeStreamsOf(ranges!.rangeEvents, upTo, lastStream);
    return this.#o.stores[view.store]
      .transaction(async (db) => {
        const generation = await createGeneration(db, view, 'building', upTo === null);
        const plan = { view: name, generation: generation.generation, verify, paused: false, upTo, lastStream, rangeStreams };
        await savePlan(db, plan);
        return [generation, plan] as const;
      })
      .then(([generation, plan]) => this.#goOn(view, generation, plan));
  }

  /** What is opened stays in the thread that holds the keys. */
  #canRange({ byStream, opened, store }: View): boolean {
    return byStream === true && !opened && this.#o.ranges !== undefined && this.#o.stores[store].absorb !== undefined;
  }

  #goOn(view: View, generation: Generation, plan: RebuildPlan): Rebuild {
    const { promise: done, resolve, reject } = Promise.withResolvers<Rebuilt>();
    // Whoever asked for it hears of a failure; after a restart nobody does.
    done.catch(() => undefined);
    const rebuild: Rebuild = {
      view,
      generation,
      plan,
      done,
      resolve,
      reject,
      listeners: [],
      compare: plan.verify,
      paused: plan.paused ? Promise.withResolvers<void>() : null,
      stop: new AbortController(),
      ranging: Promise.resolve(),
      progress: { view: view.name, phase: 'log', done: generation.position, head: plan.upTo ?? 0n, events: 0 },
    };
    this.#rebuilds.add(rebuild);
    if (plan.upTo === null || generation.position > 0n) this.#followers.push(this.#follower(view, generation, false, rebuild));
    else rebuild.ranging = this.#range(rebuild, plan.upTo);
    return rebuild;
  }

  /** Ranges of streams first; from the position to which they go the generation follows the log. */
  async #range(rebuild: Rebuild, upTo: bigint): Promise<void> {
    const { view, generation, plan, stop } = rebuild;
    const ranged = new RangedFold({
      view,
      plan: { ...plan, upTo },
      store: this.#o.stores[view.store],
      folder: this.#o.ranges!,
      timer: this.#o.timer,
      signal: stop.signal,
      goOn: async () => rebuild.paused?.promise,
      onRange: (streams, events) => {
        const done = (upTo * BigInt(streams)) / BigInt(Math.max(1, plan.lastStream));
        this.#tell(rebuild, { view: view.name, phase: 'ranges', done, head: upTo, events });
      },
      onFault: (fault) => this.#o.onFault?.(fault),
    });
    try {
      const outcome = await ranged.run();
      if (outcome === 'folded') {
        this.#followers.push(this.#follower(view, { ...generation, position: upTo }, false, rebuild));
        this.#bell.ring();
      } else if (outcome !== 'stopped') {
        const now = this.#now();
        const poison: Poison = {
          ...outcome,
          since: now,
          attempts: 1,
          retryAt: this.#after(backoff(1)),
        };
        this.#o.onFault?.(new ViewStopped(view.name, poison, new Error(outcome.error)));
        this.#failed(rebuild, poison, new Error(outcome.error));
        this.#bell.ring();
      }
    } catch (fault) {
      this.#retired.push({ ...generation, state: 'retired' });
      this.#over(rebuild, fault);
    }
  }

  #tell(rebuild: Rebuild, progress: RebuildProgress): void {
    rebuild.progress = progress;
    for (const listener of rebuild.listeners) listener(progress);
  }

  /** Settles it for everybody who waits; with an error where one is given. */
  #over(rebuild: Rebuild, error: unknown): void {
    this.#rebuilds.delete(rebuild);
    rebuild.reject(error);
  }

  /** Takes no further range and no further page until it is resumed, a restart included. False where nothing is rebuilt. */
  pause(view: string): Promise<boolean> {
    return this.#setPaused(view, true);
  }

  resume(view: string): Promise<boolean> {
    return this.#setPaused(view, false);
  }

  async #setPaused(view: string, paused: boolean): Promise<boolean> {
    const rebuild = this.#rebuilding(view);
    if (!rebuild) return false;
    await this.#o.stores[rebuild.view.store].transaction((db) => setPaused(db, rebuild.plan, paused));
    rebuild.paused?.resolve();
    rebuild.paused = paused ? Promise.withResolvers<void>() : null;
    this.#bell.ring();
    return true;
  }

  /** Throws away what was rebuilt so far; whoever waits for it hears RebuildCancelled. False where nothing is rebuilt. */
  cancel(view: string): boolean {
    const rebuild = this.#rebuilding(view);
    if (!rebuild) return false;
    halt(rebuild);
    this.#followers = this.#followers.filter((one) => one.rebuild !== rebuild);
    this.#over(rebuild, new RebuildCancelled(view));
    const retired: Generation = { ...rebuild.generation, state: 'retired' };
    // Not while a range is being taken over: what is dropped must stay dropped.
    void rebuild.ranging.finally(() => {
      this.#retired.push(retired);
      this.#bell.ring();
    });
    return true;
  }

  /** `head` is the end of the log where this page reached it, else null. */
  async #progress(follower: Follower, rebuild: Rebuild, head: bigint | null): Promise<void> {
    const { view, generation, position } = follower;
    if (follower.poison !== null || !this.#rebuilds.has(rebuild)) return;
    const live = this.#followers.find((one) => one.view === view && !one.rebuild);
    // A live generation that stopped, or that nobody folds any more, is overtaken.
    const caughtUp = head !== null && position === head && (!live || position >= live.position);
    const end = head ?? (await this.#o.events.head());
    this.#tell(rebuild, { ...rebuild.progress, phase: 'log', done: position, head: end });
    if (!caughtUp) return;

    const comparable = rebuild.compare && live && !live.outdated && live.position === position;
    const digests = comparable ? { live: await this.#digestOf(live), rebuilt: await this.#digestOf(follower) } : null;
    const differing =
      digests && rebuild.plan.verify && live && digests.live !== digests.rebuilt
        ? await this.#o.stores[view.store].snapshot((db) => differingRows(db, view, live.generation, generation))
        : [];
    const rebuilt: Rebuilt = { view: view.name, generation, position, digests, differing };
    if (rebuild.plan.verify) {
      this.#followers = this.#followers.filter((one) => one !== follower);
      this.#retired.push(asGeneration(follower));
    } else {
      await this.#o.stores[view.store].transaction((db) => swap(db, { view: view.name, generation, position }));
      if (live) this.#retired.push(asGeneration(live));
      const { rebuild: _built, ...swapped } = follower;
      this.#followers = [...this.#followers.filter((one) => one !== live && one !== follower), swapped];
      this.#moved();
    }
    this.#rebuilds.delete(rebuild);
    rebuild.resolve(rebuilt);
  }

  #digestOf(follower: Follower): Promise<string> {
    return this.#o.stores[follower.view.store].snapshot((db) => digestOf(readNamed(db, follower.naming), follower.view));
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tries a stopped view and its parked keys again now, or one key alone. False where nothing was stopped or parked. */
  retry(view: string, key?: string): boolean {
    let stopped = false;
    for (const follower of this.#followers) {
      if (follower.view.name !== view) continue;
      if (follower.poison !== null && key === undefined) {
        follower.poison = { ...follower.poison, retryAt: this.#now() };
        stopped = true;
      }
      for (const parked of follower.parked.values()) {
        // What a released key folded since cannot be folded again: a rebuild alone makes it whole.
        if (parked.released || (key !== undefined && parked.key !== key)) continue;
        follower.parked.set(parked.key, { ...parked, retryAt: this.#now() });
        stopped = true;
      }
    }
    if (stopped) this.#bell.ring();
    return stopped;
  }

  /** Lets a parked key go on without the event at which it failed: its rows stay marked as incomplete until a rebuild. False where it is not parked. */
  release(view: string, key: string): boolean {
    const follower = this.#followers.find((one) => one.view.name === view && !one.rebuild);
    const parked = follower?.parked.get(key);
    if (!follower || !parked || parked.released) return false;
    this.#toRelease.push({ follower, parked });
    this.#bell.ring();
    return true;
  }

  /** Digest of a view's live rows and the position at which they stand. */
  async digest(view: string): Promise<{ readonly position: bigint; readonly digest: string }> {
    const found = this.#o.views.find(({ name }) => name === view);
    if (!found) throw new Error(`there is no view ${view}`);
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
    for (const follower of this.#followers.filter((one) => !one.rebuild)) {
      const { view, generation, position, poison } = follower;
      if (position < head && !ages.has(position)) {
        const [next] = (await this.#o.events.readAll(position, { limit: 1 })).events;
        ages.set(position, next ? Math.max(0, this.#o.clock.now() - Date.parse(next.recordedAt)) : 0);
      }
      const rebuild = this.#rebuilding(view.name);
      answers.push({
        view: view.name,
        version: view.version,
        generation,
        state: stateOf(follower),
        position,
        head,
        lagEvents: head > position ? head - position : 0n,
        lagMs: ages.get(position) ?? 0,
        poison,
        parked: follower.parked.size,
        parkedKeys: [...follower.parked.values()],
        rebuild: rebuild
          ? {
              ...rebuild.progress,
              generation: rebuild.generation.generation,
              paused: rebuild.paused !== null,
              verify: rebuild.plan.verify,
            }
          : null,
      });
    }
    return answers.toSorted((a, b) => (a.view < b.view ? -1 : 1));
  }

  /** Until the view (all that are not stopped, where none is named) has folded everything up to a position. False after the time. */
  async waitFor(position: bigint, timeoutMs: number, view?: string): Promise<boolean> {
    const reached = (): boolean =>
      this.#followers.every(
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
    this.#bell.ring();
    await Promise.race([promise, this.#o.timer.sleep(timeoutMs, AbortSignal.any([over.signal, this.#stop.signal]))]);
    over.abort();
    this.#waiters.delete(waiter);
    return reached();
  }

  /** As `status`, as far as it needs no look at the log. */
  standing(): readonly Standing[] {
    return this.#followers
      .filter((one) => !one.rebuild)
      .map((one) => ({
        view: one.view.name,
        position: one.position,
        generation: one.generation,
        state: stateOf(one),
        parked: one.parked.size,
      }));
  }

  #moved(): void {
    this.#o.onMoved?.(this.standing());
    for (const waiter of this.#waiters) if (waiter.reached()) waiter.resolve();
  }

  #now(): string {
    return this.#after(0);
  }

  #after(ms: number): string {
    return new Date(this.#o.clock.now() + ms).toISOString();
  }
}

const stateOf = ({ outdated, poison }: Follower): Standing['state'] => (outdated ? 'outdated' : poison ? 'stopped' : 'live');

function keyOf(view: View): ((event: Recorded) => string) | undefined {
  if (view.keyOf) return (event) => view.keyOf!(event);
  return view.byStream ? ({ stream }) => stream : undefined;
}

/** An event whose key is parked waits, but for one that takes something away: nobody's data stay because a fold failed. */
function waits({ view, parked }: Follower, event: Decoded): boolean {
  if (parked.size === 0) return false;
  const told = event.sealed();
  const at = parked.get(keyOf(view)!(told));
  return at !== undefined && !at.released && !(view.erases?.([told]) ?? false);
}

/** Nothing holds it up any more, and it takes up nothing new. */
function halt(rebuild: Rebuild): void {
  rebuild.stop.abort();
  rebuild.paused?.resolve();
}

/** Somebody called it off: the live rows stay. */
export class RebuildCancelled extends Error {
  override readonly name = 'RebuildCancelled';

  constructor(view: string) {
    super(`the rebuild of ${view} was cancelled`);
  }
}

/** A view stands before an event that it cannot fold. Names no content: what a fold says of its failure may quote what it read. */
export class ViewStopped extends Error {
  constructor(view: string, { position, type }: Pick<Poison, 'position' | 'type'>, error: unknown) {
    super(
      `${view} stands before event ${position} (${type}): ${error instanceof Object && 'name' in error ? String(error.name) : 'fault'}`,
    );
    this.name = 'ViewStopped';
  }
}

const asGeneration = ({ view, generation, position, tables }: Follower): Generation => ({
  view: view.name,
  generation,
  version: view.version,
  state: 'retired',
  position,
  tables,
});

/** All names, or none where somebody takes everything. */
function union(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const given = lists.filter((list) => list !== undefined);
  return given.length === lists.length ? [...new Set(given.flat())] : undefined;
}

/** What any of them takes; each picks its own from the page. */
function unionFilter(lane: readonly Follower[]): Filter {
  const types = union(lane.map(({ view }) => view.types));
  const prefixes = union(lane.map(({ view }) => view.prefixes));
  return { ...(types ? { types } : {}), ...(prefixes ? { prefixes } : {}) };
}

const until = (page: Page, position: bigint): Page => ({
  events: page.events.filter((event) => event.position <= position),
  scannedTo: position,
  end: false,
});
