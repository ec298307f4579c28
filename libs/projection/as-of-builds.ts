import { shortHash } from '../kernel/ids.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { ReadStore } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { backoff, isStoreFault } from './faults.ts';
import {
  allBuilds,
  createKept,
  createKeptGeneration,
  dropKeptGeneration,
  forgetBuild,
  generationsOf,
  markReady,
  saveBuild,
  type Build,
  type KeptGeneration,
  type Moment,
} from './kept-builds.ts';
import { RangedFold, rangeStreamsOf, type RangeFolder } from './ranged-fold.ts';

export interface AsOfOptions {
  readonly events: Pick<EventStore, 'readAll' | 'head'>;
  readonly store: ReadStore;
  readonly views: readonly View[];
  readonly ranges: RangeFolder;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Builds that an institution keeps; the one that was used the longest ago is thrown away for a new one. */
  readonly kept: number;
  /** Hears of faults that are retried. */
  readonly onFault?: (fault: unknown) => void;
}

export interface AsOfAsked extends Moment {
  readonly views: readonly string[];
  readonly askedBy: string;
}

/** A build, and how far it is. */
export interface AsOfBuild extends Build {
  /** Parts in a thousand. */
  readonly done: number;
  /** Folded so far in the view that is being folded. */
  readonly events: number;
}

export type AsOfAnswer =
  | {
      readonly build: AsOfBuild;
      /** False where it was asked for before. */
      readonly isNew: boolean;
      /** Builds that were thrown away for it. */
      readonly dropped: readonly string[];
    }
  /** `view`: which of them cannot be built; `views`: those that there are · `latest`: the instant that was asked for is later · `kept`: all of so many are being built. */
  | {
      readonly refused: 'VIEW_UNKNOWN' | 'VIEW_HAS_NO_PAST';
      readonly facts: { readonly view: string; readonly views?: readonly string[] };
    }
  | { readonly refused: 'AS_OF_NOT_OVER'; readonly facts: { readonly latest: string } }
  | { readonly refused: 'AS_OF_FULL'; readonly facts: { readonly kept: number } };

interface Running {
  readonly build: Build;
  readonly stop: AbortController;
  readonly over: Promise<void>;
  done: number;
  events: number;
}

/**
 * Builds views as they were at a moment of the past, one after another, each by ranges of streams, and keeps them until they are thrown away. A restart
 * goes on after the last range that was taken over.
 *
 * A view has a past where its rows follow from each stream by itself: then every stream can be folded up to a position, or as it was effective at an
 * instant, without regard to the others.
 */
export class AsOfBuilds {
  readonly #o: AsOfOptions;
  readonly #builds = new Map<string, Build>();
  readonly #stop = new AbortController();
  #running: Running | undefined;
  /** Questions are answered one after another, so that two who ask the same find each other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: AsOfOptions) {
    this.#o = options;
  }

  /** Finds what is kept and what a restart interrupted. Rows of another release are folded again. */
  async prepare(): Promise<void> {
    const { store } = this.#o;
    await createKept(store);
    for (const build of await store.snapshot(allBuilds)) {
      const generations = await store.snapshot((db) => generationsOf(db, build.id));
      const outdated = generations.filter(({ view, version }) => this.#viewOf(view)?.version !== version);
      const known = build.views.every((name) => this.#viewOf(name) !== undefined);
      const next: Build = outdated.length > 0 && build.state === 'ready' ? { ...build, state: 'waiting' } : build;
      await store.transaction(async (db) => {
        for (const one of known ? outdated : generations) await dropKeptGeneration(db, one);
        await (known ? saveBuild(db, next) : forgetBuild(db, build.id));
      });
      if (known) this.#builds.set(build.id, next);
    }
  }

  start(): void {
    this.#next();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#running?.stop.abort();
    await this.#turn;
    await this.#running?.over;
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Two who ask for the same get one; what failed is tried again. */
  ask(asked: AsOfAsked): Promise<AsOfAnswer> {
    return this.#inTurn(() => this.#ask(asked));
  }

  async #ask({ institutionId, recordedAsOf, effectiveAsOf, askedBy, views: asked }: AsOfAsked): Promise<AsOfAnswer> {
    const views = [...new Set(asked)].toSorted();
    for (const name of views) {
      const view = this.#viewOf(name);
      if (!view)
        return { refused: 'VIEW_UNKNOWN', facts: { view: name, views: this.#o.views.map((one) => one.name).toSorted() } };
      if (!hasPast(view)) return { refused: 'VIEW_HAS_NO_PAST', facts: { view: name } };
    }
    const now = new Date(this.#o.clock.now()).toISOString();
    // What is recorded by an instant to come may still grow.
    if (recordedAsOf !== undefined && recordedAsOf > now) return { refused: 'AS_OF_NOT_OVER', facts: { latest: now } };
    const same = this.#of(institutionId).findLast(
      (one) =>
        one.views.join() === views.join() &&
        one.effectiveAsOf === (effectiveAsOf ?? null) &&
        (recordedAsOf === undefined ? one.recordedNow && one.state !== 'ready' : one.recordedAsOf === recordedAsOf),
    );
    if (same) {
      if (same.state === 'failed') await this.#save({ ...same, state: 'waiting', failed: null });
      this.#next();
      return { build: this.#shown(this.#builds.get(same.id)!), isNew: false, dropped: [] };
    }
    const room = this.#roomFor(institutionId);
    if (room === null) return { refused: 'AS_OF_FULL', facts: { kept: this.#o.kept } };
    const build = await this.#planned(now, { institutionId, askedBy, views, recordedAsOf, effectiveAsOf });
    await this.#save(build);
    for (const { id } of room) await this.#drop(id);
    this.#next();
    return { build: this.#shown(build), isNew: true, dropped: room.map(({ id }) => id) };
  }

  async #planned(
    now: string,
    asked: Pick<AsOfAsked, 'institutionId' | 'askedBy' | 'views'> & {
      readonly recordedAsOf: string | undefined;
      readonly effectiveAsOf: string | undefined;
    },
  ): Promise<Build> {
    const { institutionId, askedBy, views, effectiveAsOf } = asked;
    const recordedAsOf = asked.recordedAsOf ?? now;
    const position = await lastRecordedBy(this.#o.events, recordedAsOf);
    const lastStream = await this.#o.ranges.lastStream();
    return {
      id: shortHash(['as-of', institutionId, views.join(), recordedAsOf, effectiveAsOf ?? '', now].join('\n'), 16),
      institutionId,
      views,
      recordedAsOf,
      recordedNow: asked.recordedAsOf === undefined,
      effectiveAsOf: effectiveAsOf ?? null,
      position,
      lastStream,
      rangeStreams: rangeStreamsOf(this.#o.ranges.rangeEvents, await this.#o.events.head(), lastStream),
      state: 'waiting',
      failed: null,
      askedBy,
      askedAt: now,
      usedAt: now,
    };
  }

  /** Which builds make room for one more; null where all of them are being built. */
  #roomFor(institutionId: string): readonly Build[] | null {
    const kept = this.#of(institutionId);
    const over = Math.max(0, kept.length + 1 - this.#o.kept);
    const idle = kept.filter(({ state }) => state === 'ready' || state === 'failed');
    if (idle.length < over) return null;
    return idle.toSorted((a, b) => (a.usedAt < b.usedAt ? -1 : 1)).slice(0, over);
  }

  /** What an institution asked for, in that order. */
  list(institutionId: string): readonly AsOfBuild[] {
    return this.#of(institutionId).map((build) => this.#shown(build));
  }

  /** Cancels what is being built and throws away what is there. False where the institution has no such build. */
  drop(institutionId: string, id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#builds.get(id)?.institutionId !== institutionId) return false;
      await this.#drop(id);
      return true;
    });
  }

  async #drop(id: string): Promise<void> {
    this.#builds.delete(id);
    const running = this.#running?.build.id === id ? this.#running : undefined;
    running?.stop.abort();
    // Not while a range is being taken over: what is dropped must stay dropped.
    await running?.over;
    // Its last word may have come in between.
    this.#builds.delete(id);
    await this.#o.store.transaction(async (db) => {
      for (const generation of await generationsOf(db, id)) await dropKeptGeneration(db, generation);
      await forgetBuild(db, id);
    });
  }

  /** Somebody read it. */
  used(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const build = this.#builds.get(id);
      if (build) await this.#save({ ...build, usedAt: new Date(this.#o.clock.now()).toISOString() });
    });
  }

  // ── building ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #next(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const build = [...this.#builds.values()].find(({ state }) => state === 'waiting' || state === 'building');
    if (!build) return;
    const stop = new AbortController();
    const over = this.#build(build, stop.signal)
      .catch((fault: unknown) => this.#o.onFault?.(fault))
      .finally(() => {
        this.#running = undefined;
        this.#next();
      });
    this.#running = { build, stop, over, done: 0, events: 0 };
  }

  async #build(build: Build, signal: AbortSignal): Promise<void> {
    for (let faults = 1; !signal.aborted; faults++) {
      try {
        await this.#update(build.id, { state: 'building' });
        for (const [at, name] of build.views.entries()) {
          if (!(await this.#fold(build, this.#viewOf(name)!, at, signal))) return;
        }
        await this.#update(build.id, { state: 'ready' });
        return;
      } catch (fault) {
        if (!isStoreFault(fault)) {
          await this.#update(build.id, { state: 'failed' });
          throw fault;
        }
        this.#o.onFault?.(fault);
        await this.#o.timer.sleep(backoff(faults), signal);
      }
    }
  }

  /** One view of a build. False where it was called off or failed. */
  async #fold(build: Build, view: View, at: number, signal: AbortSignal): Promise<boolean> {
    const { store, ranges, timer } = this.#o;
    const own = await this.#generationFor(build, view);
    if (own.ready) return !signal.aborted;
    const { generation } = own;
    const { position: upTo, lastStream, rangeStreams, effectiveAsOf } = build;
    const outcome = await new RangedFold({
      view,
      plan: { view: view.name, generation, verify: false, paused: false, upTo, lastStream, rangeStreams },
      ...(effectiveAsOf === null ? {} : { effectiveAsOf }),
      store,
      folder: ranges,
      timer,
      signal,
      goOn: () => Promise.resolve(),
      onRange: (streams, events) => {
        if (this.#running?.build.id !== build.id) return;
        this.#running.done = Math.floor((1000 * (at + streams / Math.max(1, lastStream))) / build.views.length);
        this.#running.events = events;
      },
      onFault: (fault) => this.#o.onFault?.(fault),
      onFolded: (db) => markReady(db, own),
    }).run();
    if (outcome === 'folded') return true;
    if (outcome !== 'stopped') {
      const { position, type } = outcome;
      await this.#update(build.id, { state: 'failed', failed: { view: view.name, position: position.toString(), type } });
    }
    return false;
  }

  async #generationFor(build: Build, view: View): Promise<KeptGeneration> {
    const { store } = this.#o;
    const known = await store.snapshot((db) => generationsOf(db, build.id));
    return (
      known.find((one) => one.view === view.name) ?? (await store.transaction((db) => createKeptGeneration(db, build.id, view)))
    );
  }

  // ── helpers ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #viewOf(name: string): View | undefined {
    return this.#o.views.find((view) => view.name === name);
  }

  #of(institutionId: string): readonly Build[] {
    return [...this.#builds.values()].filter((build) => build.institutionId === institutionId);
  }

  #shown(build: Build): AsOfBuild {
    const running = this.#running?.build.id === build.id ? this.#running : undefined;
    return { ...build, done: build.state === 'ready' ? 1000 : (running?.done ?? 0), events: running?.events ?? 0 };
  }

  /** Nothing where it was thrown away meanwhile. */
  async #update(id: string, changed: Partial<Build>): Promise<void> {
    const build = this.#builds.get(id);
    if (build) await this.#save({ ...build, ...changed });
  }

  async #save(build: Build): Promise<void> {
    await this.#o.store.transaction((db) => saveBuild(db, build));
    this.#builds.set(build.id, build);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** What is opened would be kept in the clear beside the live rows, out of reach of an erasure. */
export const hasPast = ({ byStream, opened, store }: View): boolean => byStream === true && !opened && store === 'views';

/** Position of the last event recorded by an instant, 0n where there is none: recordedAt never decreases with the position. */
export async function lastRecordedBy(events: AsOfOptions['events'], recordedAsOf: string): Promise<bigint> {
  let [recorded, later] = [0n, (await events.head()) + 1n];
  while (later - recorded > 1n) {
    const middle = (recorded + later) / 2n;
    const [event] = (await events.readAll(middle - 1n, { limit: 1 })).events;
    if (event && event.recordedAt <= recordedAsOf) recorded = middle;
    else later = middle;
  }
  return recorded;
}
