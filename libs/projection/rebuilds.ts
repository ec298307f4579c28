import type { View } from '../ports/view.ts';
import { differingRows, digestOf, type DifferingRow } from './digest.ts';
import {
  allGenerations,
  createGeneration,
  forgetPlan,
  readNamed,
  savePlan,
  setPaused,
  swap,
  type Generation,
  type RebuildPlan,
} from './generations.ts';
import { asGeneration, followerOf, ViewStopped, type Follower, type Lanes, type Poison } from './lanes.ts';
import { RangedFold, rangeStreamsOf } from './ranged-fold.ts';

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

/** One generation on its way to become the live one, or to be compared with it. */
export interface Rebuild {
  readonly view: View;
  readonly generation: Generation;
  readonly plan: RebuildPlan;
  readonly done: Promise<Rebuilt>;
  readonly resolve: (rebuilt: Rebuilt) => void;
  readonly listeners: ((progress: RebuildProgress) => void)[];
  compare: boolean;
  /** Resolves when it may go on; null while it may. */
  paused: PromiseWithResolvers<void> | null;
  /** Set while its rows may already be the live ones: it folds no further, and nobody can call it off, before that is known. */
  swapping: { readonly follower: Follower; readonly rebuilt: Rebuilt } | null;
  readonly stop: AbortController;
  /** Settled once no range is on its way any more. */
  ranging: Promise<void>;
  progress: RebuildProgress;
  /** Settles it for everybody who waits. */
  readonly over: (error: unknown) => void;
  /** It ends at an event that cannot be folded; the live rows stay. */
  readonly failed: (poison: Poison, cause: unknown) => void;
}

/** Somebody called it off: the live rows stay. */
export class RebuildCancelled extends Error {
  override readonly name = 'RebuildCancelled';

  constructor(view: string) {
    super(`the rebuild of ${view} was cancelled`);
  }
}

/**
 * Rebuilds of views: ranges of streams first, side by side, where a view's streams fold by themselves; then in order of the log, up to where the live
 * rows are; then a swap in one transaction, or a comparison. One for a view at a time.
 */
export class Rebuilds {
  readonly #lanes: Lanes;
  readonly #under = new Set<Rebuild>();
  readonly #starting = new Map<string, Promise<Rebuild>>();
  /** Views of which a rebuild may have begun although whoever asked for it heard of a fault. */
  readonly #unsure = new Set<View>();

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  of(view: string): Rebuild | undefined {
    return [...this.#under].find((one) => one.view.name === view);
  }

  /** The one that is on its way, else a new one. */
  async start(view: View, verify: boolean): Promise<Rebuild> {
    const under = this.of(view.name);
    if (under) return under;
    const starting = this.#starting.get(view.name) ?? this.#begin(view, verify);
    this.#starting.set(view.name, starting);
    try {
      return await starting;
    } catch (fault) {
      this.#unsure.add(view);
      throw fault;
    } finally {
      this.#starting.delete(view.name);
    }
  }

  async #begin(view: View, verify: boolean): Promise<Rebuild> {
    const { ranges, events } = this.#lanes.options;
    const upTo = ranges && this.canRange(view) ? await events.head() : null;
    // After the head: a stream that appears in between is looked at in vain, one that were missed would be missing.
    const lastStream = upTo === null ? 0 : await ranges!.lastStream();
    const rangeStreams = upTo === null ? 0 : rangeStreamsOf(ranges!.rangeEvents, upTo, lastStream);
    const [generation, plan] = await this.#lanes.store(view.store).transaction(async (db) => {
      const building = await createGeneration(db, view, 'building', upTo === null, this.#lanes.highest(view.name));
      const terms = { verify, paused: false, upTo, lastStream, rangeStreams };
      const planned: RebuildPlan = { view: view.name, generation: building.generation, ...terms };
      await savePlan(db, planned);
      return [building, planned] as const;
    });
    return this.goOn(view, generation, plan);
  }

  /** What is opened stays in the thread that holds the keys. */
  canRange({ byStream, opened, store }: View): boolean {
    return (
      byStream === true && !opened && this.#lanes.options.ranges !== undefined && this.#lanes.store(store).absorb !== undefined
    );
  }

  /** From where its plan and its checkpoint are. */
  goOn(view: View, generation: Generation, plan: RebuildPlan): Rebuild {
    const { promise: done, resolve, reject } = Promise.withResolvers<Rebuilt>();
    // Whoever asked for it hears of a failure; after a restart nobody does.
    done.catch(() => undefined);
    const rebuild: Rebuild = {
      view,
      generation,
      plan,
      done,
      resolve,
      listeners: [],
      compare: plan.verify,
      paused: plan.paused ? Promise.withResolvers<void>() : null,
      swapping: null,
      stop: new AbortController(),
      ranging: Promise.resolve(),
      progress: { view: view.name, phase: 'log', done: generation.position, head: plan.upTo ?? 0n, events: 0 },
      over: (error) => {
        this.#under.delete(rebuild);
        reject(error);
      },
      failed: (poison, cause) => {
        this.#lanes.retire(generation);
        const live = this.#lanes.live(view);
        if (live?.outdated) live.poison = poison;
        const message = `the rebuild of ${view.name} failed at event ${poison.position}: ${poison.error}`;
        rebuild.over(new Error(message, { cause }));
      },
    };
    this.#under.add(rebuild);
    if (plan.upTo === null || generation.position > 0n) this.#lanes.followers.push(followerOf(view, generation, false, rebuild));
    else rebuild.ranging = this.#range(rebuild, plan.upTo);
    return rebuild;
  }

  /** Ranges of streams first; from the position to which they go the generation follows the log. */
  async #range(rebuild: Rebuild, upTo: bigint): Promise<void> {
    const { view, generation, plan, stop } = rebuild;
    const { ranges, timer, onFault } = this.#lanes.options;
    const ranged = new RangedFold({
      view,
      plan: { ...plan, upTo },
      store: this.#lanes.store(view.store),
      folder: ranges!,
      timer,
      signal: stop.signal,
      goOn: async () => {
        while (rebuild.paused) await rebuild.paused.promise;
      },
      onRange: (streams, events) => {
        const done = (upTo * BigInt(streams)) / BigInt(Math.max(1, plan.lastStream));
        tell(rebuild, { view: view.name, phase: 'ranges', done, head: upTo, events });
      },
      onFault: (fault) => onFault?.(fault),
    });
    try {
      const outcome = await ranged.run();
      if (outcome === 'folded') {
        this.#lanes.followers.push(followerOf(view, { ...generation, position: upTo }, false, rebuild));
      } else if (outcome !== 'stopped') {
        const cause = new Error(outcome.error);
        const poison: Poison = { ...outcome, since: this.#lanes.now(), attempts: 1, retryAt: this.#lanes.retryAt(1) };
        onFault?.(new ViewStopped(view.name, poison, cause));
        rebuild.failed(poison, cause);
      }
    } catch (fault) {
      onFault?.(fault);
      this.#lanes.retire(generation);
      rebuild.over(fault);
    }
    this.#lanes.bell.ring();
  }

  /** Takes no further range and no further page until it is resumed, a restart included. False where nothing is rebuilt. */
  async setPaused(view: string, paused: boolean): Promise<boolean> {
    const rebuild = this.of(view);
    if (!rebuild) return false;
    await this.#lanes.store(rebuild.view.store).transaction((db) => setPaused(db, rebuild.plan, paused));
    if (paused) rebuild.paused ??= Promise.withResolvers<void>();
    else letGoOn(rebuild);
    this.#lanes.bell.ring();
    return true;
  }

  /** Throws away what was rebuilt so far, a restart included; whoever waits for it hears RebuildCancelled. False where nothing is rebuilt (any more). */
  async cancel(view: string): Promise<boolean> {
    const rebuild = this.of(view);
    if (!rebuild || rebuild.swapping) return false;
    await this.#lanes.store(rebuild.view.store).transaction((db) => forgetPlan(db, rebuild.plan));
    if (!this.#under.has(rebuild) || rebuild.swapping) return false;
    halt(rebuild);
    this.#lanes.followers = this.#lanes.followers.filter((one) => one.rebuild !== rebuild);
    rebuild.over(new RebuildCancelled(view));
    // Not while a range is being taken over: what is dropped must stay dropped.
    void rebuild.ranging.finally(() => {
      this.#lanes.retire(rebuild.generation);
      this.#lanes.bell.ring();
    });
    return true;
  }

  /** What is folded so far stays, for the next start. */
  async close(): Promise<void> {
    const under = [...this.#under];
    for (const rebuild of under) halt(rebuild);
    await Promise.all(under.map(({ ranging }) => ranging));
  }

  /** After a page in order of the log. `head` is the end of the log where this page reached it, else null. */
  async after(follower: Follower, rebuild: Rebuild, head: bigint | null): Promise<void> {
    const { view, position } = follower;
    if (follower.poison !== null || !this.#under.has(rebuild)) return;
    const live = this.#lanes.live(view);
    const end = head ?? (await this.#lanes.options.events.head());
    tell(rebuild, { ...rebuild.progress, phase: 'log', done: position, head: end });
    // A live generation that stopped, or that nobody folds any more, is overtaken.
    const caughtUp = head !== null && position === head && (!live || position >= live.position);
    if (!caughtUp) return;
    const rebuilt = await this.#compared(follower, rebuild, live);
    if (!this.#under.has(rebuild)) return;
    if (rebuild.plan.verify) {
      this.#lanes.drop(follower);
      this.#lanes.retire(asGeneration(follower));
      this.#over(rebuild, rebuilt);
    } else await this.#swap(follower, rebuild, rebuilt);
  }

  async #compared(follower: Follower, rebuild: Rebuild, live: Follower | undefined): Promise<Rebuilt> {
    const { view, generation, position } = follower;
    const same = { view: view.name, generation, position };
    if (!rebuild.compare || !live || live.outdated || live.position !== position)
      return { ...same, digests: null, differing: [] };
    const digests = { live: await this.#digestOf(live), rebuilt: await this.#digestOf(follower) };
    const differ = rebuild.plan.verify && digests.live !== digests.rebuilt;
    const rows = (): Promise<readonly DifferingRow[]> =>
      this.#lanes.store(view.store).snapshot((db) => differingRows(db, view, live.generation, generation));
    return { ...same, digests, differing: differ ? await rows() : [] };
  }

  async #swap(follower: Follower, rebuild: Rebuild, rebuilt: Rebuilt): Promise<void> {
    const { view, generation, position } = follower;
    rebuild.swapping = { follower, rebuilt };
    await this.#lanes.store(view.store).transaction((db) => swap(db, { view: view.name, generation, position }));
    this.#swapped(follower, rebuild, rebuilt);
  }

  #swapped(follower: Follower, rebuild: Rebuild, rebuilt: Rebuilt): void {
    const { view } = follower;
    const live = this.#lanes.live(view);
    if (live) this.#lanes.retire(asGeneration(live));
    const { rebuild: _built, ...swapped } = follower;
    this.#lanes.followers = [...this.#lanes.followers.filter((one) => one !== live && one !== follower), swapped];
    this.#over(rebuild, rebuilt);
    this.#lanes.onMoved();
  }

  #over(rebuild: Rebuild, rebuilt: Rebuilt): void {
    this.#under.delete(rebuild);
    rebuild.resolve(rebuilt);
  }

  /** Views of which a lost answer left unknown which rows are live, or whether a rebuild began that nobody waits for. */
  get unsettled(): readonly View[] {
    const swapping = [...this.#under].filter((one) => one.swapping).map(({ view }) => view);
    return [...swapping, ...[...this.#unsure].filter(({ name }) => !this.#starting.has(name))];
  }

  async settle(view: View): Promise<void> {
    const known = await this.#lanes.store(view.store).snapshot(allGenerations);
    const own = known.filter((generation) => generation.view === view.name);
    const rebuild = this.of(view.name);
    if (rebuild?.swapping) {
      const { follower, rebuilt } = rebuild.swapping;
      const live = own.some(({ generation, state }) => generation === follower.generation && state === 'live');
      if (live) this.#swapped(follower, rebuild, rebuilt);
      else rebuild.swapping = null;
    }
    if (!this.#starting.has(view.name) && this.#unsure.delete(view)) {
      for (const left of own)
        if (left.state === 'building' && left.generation !== rebuild?.generation.generation) this.#lanes.retire(left);
    }
  }

  #digestOf({ view, naming }: Follower): Promise<string> {
    return this.#lanes.store(view.store).snapshot((db) => digestOf(readNamed(db, naming), view));
  }
}

function tell(rebuild: Rebuild, progress: RebuildProgress): void {
  rebuild.progress = progress;
  for (const listener of rebuild.listeners) listener(progress);
}

/** Nothing holds it up any more, and it takes up nothing new. */
function halt(rebuild: Rebuild): void {
  rebuild.stop.abort();
  letGoOn(rebuild);
}

function letGoOn(rebuild: Rebuild): void {
  rebuild.paused?.resolve();
  rebuild.paused = null;
}
