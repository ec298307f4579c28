import type { View } from '../ports/view.ts';
import { differingRows, digestOf, type DifferingRow } from './digest.ts';
import { backoff, isStoreFault } from './faults.ts';
import {
  allGenerations,
  CheckpointMoved,
  createGeneration,
  readNamed,
  retire,
  savePlan,
  setPaused,
  swap,
  type Generation,
  type RebuildPlan,
} from './generations.ts';
import { asGeneration, followerOf, ViewStopped, type Follower, type Lanes, type Poison } from './lanes.ts';
import { outcomeOf, saveOutcome, saveRun, type RebuildOutcome } from './outcomes.ts';
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
  /** Where a verification found the digests to differ: the first rows that do. Not known any more of a run that was over before it was asked for. */
  readonly differing: readonly DifferingRow[];
  /** How many of them there are. */
  readonly differs: number;
}

/** What is asked of a rebuild. */
export interface RebuildAsked {
  /** Digests of both rows before a swap. */
  readonly compare?: boolean;
  /** Compares alone, and swaps nothing. */
  readonly verify?: boolean;
  /** For whom, so that its outcome is found again: the same run is not begun a second time once it came to its end. */
  readonly run?: string;
}

/** One generation on its way to become the live one, or to be compared with it. */
export interface Rebuild {
  readonly view: View;
  readonly generation: Generation;
  readonly plan: RebuildPlan;
  run: string | null;
  readonly done: Promise<Rebuilt>;
  readonly resolve: (rebuilt: Rebuilt) => void;
  readonly listeners: ((progress: RebuildProgress) => void)[];
  compare: boolean;
  /** Resolves when it may go on; null while it may. */
  paused: PromiseWithResolvers<void> | null;
  /** Set while it may be over already: it folds no further, and nobody can call it off, before that is known. */
  ending: Ending | null;
  readonly stop: AbortController;
  /** Settled once no range is on its way any more. */
  ranging: Promise<void>;
  progress: RebuildProgress;
  /** Settles it for everybody who waits. */
  readonly over: (error: unknown) => void;
  /** It ends at an event that cannot be folded; the live rows stay. */
  readonly failed: (poison: Poison) => Promise<void>;
}

interface Ending {
  readonly outcome: RebuildOutcome;
  /** What follows from it, once it is so. */
  readonly afterwards: () => void;
  /** The answer of its commit was lost: the store knows. */
  inDoubt: boolean;
}

/** A rebuild met an event that cannot be folded: the live rows stay. */
export class RebuildFailed extends Error {
  override readonly name = 'RebuildFailed';
  readonly view: string;
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  /** As `faultText` has it. */
  readonly fault: string;

  constructor(view: string, { position, eventId, type, error }: Pick<Poison, 'position' | 'eventId' | 'type' | 'error'>) {
    super(`the rebuild of ${view} failed at event ${position} (${type}): ${error}`);
    this.view = view;
    this.position = position;
    this.eventId = eventId;
    this.type = type;
    this.fault = error;
  }
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
  /** How the last one of each view ended, as its store has it. */
  readonly last = new Map<string, RebuildOutcome>();

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  of(view: string): Rebuild | undefined {
    return [...this.#under].find((one) => one.view.name === view);
  }

  /** The one that is on its way, else a new one. */
  async start(view: View, { verify = false, run }: RebuildAsked): Promise<Rebuild> {
    const rebuild = this.of(view.name) ?? (await this.#started(view, verify, run ?? null));
    if (run !== undefined && rebuild.run !== run) {
      rebuild.run = run;
      await this.#lanes.store(view.store).transaction((db) => saveRun(db, rebuild.generation, run));
    }
    return rebuild;
  }

  async #started(view: View, verify: boolean, run: string | null): Promise<Rebuild> {
    const starting = this.#starting.get(view.name) ?? this.#begin(view, verify, run);
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

  async #begin(view: View, verify: boolean, run: string | null): Promise<Rebuild> {
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
      if (run !== null) await saveRun(db, building, run);
      return [building, planned] as const;
    });
    return this.goOn(view, generation, plan, run);
  }

  /** What is opened stays in the thread that holds the keys. */
  canRange({ byStream, opened, store }: View): boolean {
    return (
      byStream === true && !opened && this.#lanes.options.ranges !== undefined && this.#lanes.store(store).absorb !== undefined
    );
  }

  /** From where its plan and its checkpoint are. */
  goOn(view: View, generation: Generation, plan: RebuildPlan, run: string | null): Rebuild {
    const { promise: done, resolve, reject } = Promise.withResolvers<Rebuilt>();
    // Whoever asked for it hears of a failure; after a restart nobody does.
    done.catch(() => undefined);
    const rebuild: Rebuild = {
      view,
      generation,
      plan,
      run,
      done,
      resolve,
      listeners: [],
      compare: plan.verify,
      paused: plan.paused ? Promise.withResolvers<void>() : null,
      ending: null,
      stop: new AbortController(),
      ranging: Promise.resolve(),
      progress: { view: view.name, phase: 'log', done: generation.position, head: plan.upTo ?? 0n, events: 0 },
      over: (error) => {
        this.#under.delete(rebuild);
        reject(error);
      },
      failed: async (poison) => {
        const { position, eventId, type: eventType, error } = poison;
        await this.#end(rebuild, { outcome: 'failed', position, eventId, eventType, error }, () => {
          this.#lanes.followers = this.#lanes.followers.filter((one) => one.rebuild !== rebuild);
          this.#lanes.retire(generation);
          const live = this.#lanes.live(view);
          if (live?.outdated) live.poison = poison;
          rebuild.over(new RebuildFailed(view.name, poison));
        });
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
      poisoned: () => this.#lanes.practice.at(view.name),
      onRange: (streams, events) => {
        const done = (upTo * BigInt(streams)) / BigInt(Math.max(1, plan.lastStream));
        tell(rebuild, { view: view.name, phase: 'ranges', done, head: upTo, events });
      },
      onFault: (fault) => onFault?.(fault),
    });
    try {
      const outcome = await ranged.run();
      if (outcome === 'folded') {
        if (this.#under.has(rebuild))
          this.#lanes.followers.push(followerOf(view, { ...generation, position: upTo }, false, rebuild));
      } else if (outcome !== 'stopped') {
        const poison: Poison = { ...outcome, since: this.#lanes.now(), attempts: 1, retryAt: this.#lanes.retryAt(1) };
        onFault?.(new ViewStopped(view.name, poison));
        await this.#failAtLast(rebuild, poison);
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
    if (!rebuild) return false;
    return this.#end(rebuild, { outcome: 'cancelled' }, () => {
      halt(rebuild);
      this.#lanes.followers = this.#lanes.followers.filter((one) => one.rebuild !== rebuild);
      rebuild.over(new RebuildCancelled(view));
      // Not while a range is being taken over: what is dropped must stay dropped.
      void rebuild.ranging.finally(() => {
        this.#lanes.retire(rebuild.generation);
        this.#lanes.bell.ring();
      });
    });
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
    if (follower.poison !== null || rebuild.ending || !this.#under.has(rebuild)) return;
    const live = this.#lanes.live(view);
    const end = head ?? (await this.#lanes.options.events.head());
    tell(rebuild, { ...rebuild.progress, phase: 'log', done: position, head: end });
    // A live generation that stopped, or that nobody folds any more, is overtaken.
    const caughtUp = head !== null && position === head && (!live || position >= live.position);
    if (!caughtUp) return;
    // Ranges are at the end long before live rows are that still catch up: a verification waits for them, while they move.
    if (rebuild.plan.verify && live && !live.outdated && live.poison === null && live.position < position) return;
    const rebuilt = await this.#compared(follower, rebuild, live);
    const { digests, differs } = rebuilt;
    if (rebuild.plan.verify) {
      const outcome = digests === null ? 'not-compared' : digests.live === digests.rebuilt ? 'equal' : 'different';
      await this.#end(rebuild, { outcome, position, digests, differing: differs }, () => {
        this.#lanes.drop(follower);
        this.#lanes.retire(asGeneration(follower));
        rebuild.resolve(rebuilt);
      });
    } else {
      await this.#end(rebuild, { outcome: 'swapped', position, digests }, () => {
        this.#swapped(follower);
        rebuild.resolve(rebuilt);
      });
    }
  }

  async #compared(follower: Follower, rebuild: Rebuild, live: Follower | undefined): Promise<Rebuilt> {
    const { view, generation, position } = follower;
    const same = { view: view.name, generation, position };
    if (!rebuild.compare || !live || live.outdated || live.position !== position)
      return { ...same, digests: null, differing: [], differs: 0 };
    const digests = { live: await this.#digestOf(live), rebuilt: await this.#digestOf(follower) };
    const differ = rebuild.plan.verify && digests.live !== digests.rebuilt;
    const rows = (): Promise<readonly DifferingRow[]> =>
      this.#lanes.store(view.store).snapshot((db) => differingRows(db, view, live.generation, generation));
    const differing = differ ? await rows() : [];
    return { ...same, digests, differing, differs: differing.length };
  }

  #swapped(follower: Follower): void {
    const live = this.#lanes.live(follower.view);
    if (live) this.#lanes.retire(asGeneration(live));
    const { rebuild: _built, ...swapped } = follower;
    this.#lanes.followers = [...this.#lanes.followers.filter((one) => one !== live && one !== follower), swapped];
    this.#lanes.onMoved();
  }

  // ── how it ends ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** In one transaction with the word of how: from there on no start goes on with it. False where it is over, or may be, already. */
  async #end(
    rebuild: Rebuild,
    how: Pick<RebuildOutcome, 'outcome'> & Partial<RebuildOutcome>,
    afterwards: () => void,
  ): Promise<boolean> {
    if (rebuild.ending || !this.#under.has(rebuild)) return false;
    const outcome = this.#outcomeOf(rebuild, how);
    const { view, generation } = outcome;
    const ending: Ending = { outcome, afterwards, inDoubt: false };
    rebuild.ending = ending;
    try {
      await this.#lanes.store(rebuild.view.store).transaction(async (db) => {
        if (outcome.outcome === 'swapped') await swap(db, { view, generation, position: outcome.position! });
        else await retire(db, { view, generation });
        await saveOutcome(db, outcome);
      });
    } catch (fault) {
      ending.inDoubt = true;
      this.#lanes.bell.ring();
      if (fault instanceof CheckpointMoved) return false;
      throw fault;
    }
    this.#isOver(rebuild, ending);
    return true;
  }

  #isOver(rebuild: Rebuild, { outcome, afterwards }: Ending): void {
    this.last.set(outcome.view, outcome);
    this.#under.delete(rebuild);
    afterwards();
  }

  #outcomeOf(
    { run, generation: { view, generation } }: Rebuild,
    how: Pick<RebuildOutcome, 'outcome'> & Partial<RebuildOutcome>,
  ): RebuildOutcome {
    const nothing = { position: null, digests: null, differing: 0, eventId: null, eventType: null, error: null };
    return { view, run, generation, at: this.#lanes.now(), ...nothing, ...how };
  }

  /** Again where disk or file failed, or where somebody who called it off was not heard, until it is over. */
  async #failAtLast(rebuild: Rebuild, poison: Poison): Promise<void> {
    const { timer, onFault } = this.#lanes.options;
    const { signal } = rebuild.stop;
    for (let times = 1; !signal.aborted; times++) {
      try {
        await rebuild.failed(poison);
      } catch (fault) {
        if (!isStoreFault(fault)) throw fault;
        onFault?.(fault);
      }
      if (!this.#under.has(rebuild)) return;
      await timer.sleep(backoff(times), signal);
    }
  }

  /** Views of which a lost answer left unknown how a rebuild ended, or whether one began that nobody waits for. */
  get unsettled(): readonly View[] {
    const ending = [...this.#under].filter((one) => one.ending?.inDoubt).map(({ view }) => view);
    return [...ending, ...[...this.#unsure].filter(({ name }) => !this.#starting.has(name))];
  }

  async settle(view: View): Promise<void> {
    const [known, last] = await this.#lanes
      .store(view.store)
      .snapshot(async (db) => [await allGenerations(db), await outcomeOf(db, view.name)] as const);
    const own = known.filter((generation) => generation.view === view.name);
    const rebuild = this.of(view.name);
    if (rebuild?.ending?.inDoubt) this.#resolve(rebuild, rebuild.ending, own, last);
    if (!this.#starting.has(view.name) && this.#unsure.delete(view)) {
      for (const left of own)
        if (left.state === 'building' && left.generation !== rebuild?.generation.generation) this.#lanes.retire(left);
    }
  }

  #resolve(rebuild: Rebuild, ending: Ending, own: readonly Generation[], last: RebuildOutcome | undefined): void {
    const { view, generation, outcome } = ending.outcome;
    const at = own.find((one) => one.generation === generation);
    if (last?.generation === generation && last.outcome === outcome) this.#isOver(rebuild, ending);
    else if (at?.state === 'building') rebuild.ending = null;
    else {
      halt(rebuild);
      this.#lanes.followers = this.#lanes.followers.filter((one) => one.rebuild !== rebuild);
      if (at?.state === 'retired') this.#lanes.retire(at);
      rebuild.over(new CheckpointMoved(`the rebuild of ${view} was ended by another process`));
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
