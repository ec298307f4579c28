import type { Recorded } from '../kernel/decider.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { EventStore, Filter, StoredEvent } from '../ports/event-store.ts';
import { Bell } from '../ports/follow.ts';
import type { ReadStore } from '../ports/read-store.ts';
import type { EventDecoder, View, ViewStore } from '../ports/view.ts';
import { backoff } from './faults.ts';
import { Naming, type Generation } from './generations.ts';
import type { Parked } from './parking.ts';
import { Practice } from './practice.ts';
import type { RangeFolder } from './ranged-fold.ts';
import type { Rebuild } from './rebuilds.ts';

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
  /** Whom they are about, one for each event that is missing; the first of them where there are many. */
  readonly incomplete: readonly Pick<Parked, 'institutionId' | 'subjectId'>[];
}

/** A fold that failed in a view without fold keys: it stands before this event until a retry succeeds, the others go on. */
export interface Poison {
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  /** As `faultText` has it. */
  readonly error: string;
  readonly since: string;
  readonly attempts: number;
  readonly retryAt: string;
}

/** One generation of one view on its way through the log. */
export interface Follower {
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
  /** By fold key: those that wait. Always empty in a rebuild, which fails instead. */
  readonly parked: Map<string, Parked>;
  /** Events that a release left out. */
  readonly leftOut: Parked[];
  /** The answer to what changed these was lost: nothing is folded before the store has said which keys wait. */
  parkedInDoubt: boolean;
}

export function followerOf(view: View, at: Generation, outdated: boolean, rebuild?: Rebuild): Follower {
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
    leftOut: [],
    parkedInDoubt: false,
    ...(rebuild ? { rebuild } : {}),
  };
}

/** As its store has them. */
export function takeParked(follower: Follower, known: readonly Parked[]): void {
  const { parked, leftOut } = follower;
  follower.parkedInDoubt = false;
  parked.clear();
  leftOut.length = 0;
  for (const one of known) {
    if (one.released) leftOut.push(one);
    else parked.set(one.key, one);
  }
}

export const stateOf = ({ outdated, poison }: Follower): Standing['state'] =>
  outdated ? 'outdated' : poison ? 'stopped' : 'live';

/** Everything that its rows lack, in order of the log. */
export const lacking = ({ parked, leftOut }: Follower): readonly Parked[] =>
  [...leftOut, ...parked.values()].toSorted((a, b) => (a.position < b.position ? -1 : 1));

/** As many as are told wherever views are told of. */
export const toldOf = 100;

export function standingOf(follower: Follower): Standing {
  const { view, position, generation, parked, leftOut } = follower;
  return {
    view: view.name,
    position,
    generation,
    state: stateOf(follower),
    parked: new Set([...parked.keys(), ...leftOut.map(({ key }) => key)]).size,
    incomplete: [...leftOut, ...parked.values()]
      .slice(0, toldOf)
      .map(({ institutionId, subjectId }) => ({ institutionId, subjectId })),
  };
}

export const asGeneration = ({ view, generation, position, tables }: Follower): Generation => ({
  view: view.name,
  generation,
  version: view.version,
  state: 'retired',
  position,
  tables,
});

export function keyOf(view: View): ((event: Recorded) => string) | undefined {
  if (view.keyOf) return (event) => view.keyOf!(event);
  return view.byStream ? ({ stream }) => stream : undefined;
}

/** An event whose key is parked waits, but for one that takes something away: nobody's data stay because a fold failed. */
export function waits({ view, parked }: Follower, event: Decoded): boolean {
  if (parked.size === 0) return false;
  const told = event.sealed();
  const at = parked.get(keyOf(view)!(told));
  return at !== undefined && !(view.erases?.([told]) ?? false);
}

/** All names, or none where somebody takes everything. */
function union(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const given = lists.filter((list) => list !== undefined);
  return given.length === lists.length ? [...new Set(given.flat())] : undefined;
}

/** What any of them takes; each picks its own from the page. */
export function unionFilter(lane: readonly Pick<Follower, 'view'>[]): Filter {
  const types = union(lane.map(({ view }) => view.types));
  const prefixes = union(lane.map(({ view }) => view.prefixes));
  return { ...(types ? { types } : {}), ...(prefixes ? { prefixes } : {}) };
}

/** How every sealed value begins (SealedText): where there is none, there is nothing to open. */
const sealed = '"sealed.';

/** An event as a page brings it, decoded at most once for all views that take it. */
export class Decoded {
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

/** Where every view stands, as all that fold share it. */
export class Lanes {
  readonly options: ProjectionOptions;
  readonly batch: number;
  readonly bell = new Bell();
  readonly practice = new Practice();
  followers: Follower[] = [];
  /** To be dropped once nobody waits for a commit. */
  retired: Generation[] = [];
  readonly #highest = new Map<string, number>();
  /** Stores from which something was deleted that must leave no trace. */
  readonly toScrub = new Set<ViewStore>();
  onMoved: () => void = () => {};

  constructor(options: ProjectionOptions) {
    this.options = options;
    this.batch = options.batch ?? 8_000;
  }

  live(view: View): Follower | undefined {
    return this.followers.find((one) => one.view === view && !one.rebuild);
  }

  drop(follower: Follower): void {
    this.followers = this.followers.filter((one) => one !== follower);
  }

  retire(generation: Generation): void {
    this.retired.push({ ...generation, state: 'retired' });
    this.#highest.set(generation.view, Math.max(generation.generation, this.highest(generation.view)));
  }

  /** Number of the last generation of a view that was given up since the start. */
  highest(view: string): number {
    return this.#highest.get(view) ?? 0;
  }

  store(name: ViewStore): ReadStore {
    return this.options.stores[name];
  }

  now(): string {
    return this.after(0);
  }

  after(ms: number): string {
    return new Date(this.options.clock.now() + ms).toISOString();
  }

  /** When a fold that failed so many times is tried again. */
  retryAt(attempts: number): string {
    return this.after(backoff(attempts));
  }
}

/** A view, or a key of it, stands before an event that it cannot fold. */
export class ViewStopped extends Error {
  override readonly name = 'ViewStopped';

  constructor(view: string, { position, type, error }: Pick<Poison, 'position' | 'type' | 'error'>) {
    super(`${view} stands before event ${position} (${type}): ${error}`);
  }
}
