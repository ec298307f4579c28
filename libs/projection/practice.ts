import type { EventStore } from '../ports/event-store.ts';
import type { View } from '../ports/view.ts';
import type { Follower } from './lanes.ts';

/** Events that an administrator poisoned, by view, so that anyone can see what happens then. Gone with the process. */
export class Practice {
  readonly #poisoned = new Map<string, Set<bigint>>();

  poison(view: string, position: bigint): void {
    this.#poisoned.set(view, this.at(view).add(position));
  }

  lift(view: string, position: bigint): void {
    this.#poisoned.get(view)?.delete(position);
  }

  at(view: string): Set<bigint> {
    return this.#poisoned.get(view) ?? new Set();
  }
}

/** The same view, which cannot fold the events at these positions. */
export const poisoned = (view: View, positions: ReadonlySet<bigint>): View =>
  positions.size === 0
    ? view
    : {
        ...view,
        fold: (db, events) => {
          if (events.some(({ position }) => positions.has(position))) throw new PoisonedForPractice(view.name);
          return view.fold(db, events);
        },
      };

/** An administrator wanted to see what happens. */
export class PoisonedForPractice extends Error {
  override readonly name = 'PoisonedForPractice';

  constructor(view: string) {
    super(`an event of ${view} is poisoned for practice`);
  }
}

/** What became of an event that was to be poisoned, or lifted. */
export type Practised =
  | { readonly outcome: 'lifted' }
  /** `folded`: it stands in the live rows already, so that a rebuild alone meets it. */
  | { readonly outcome: 'poisoned'; readonly eventId: string; readonly type: string; readonly folded: boolean }
  /** The log does not reach so far yet: whatever comes there. */
  | { readonly outcome: 'ahead'; readonly head: bigint }
  | { readonly outcome: 'no-event'; readonly head: bigint }
  | { readonly outcome: 'not-folded'; readonly type: string };

/** Events ahead of the log's end that may be poisoned: further off it is a mistake. */
const aheadAtMost = 1_000n;

/** Poisons an event that the view folds, or whatever comes at a position shortly beyond the end of the log. */
export async function poisonAt(
  practice: Practice,
  events: Pick<EventStore, 'readAll' | 'head'>,
  { view, takes, position: at }: Follower,
  position: bigint,
): Promise<Practised> {
  const head = await events.head();
  const [event] = position > 0n ? (await events.readAll(position - 1n, { limit: 1 })).events : [];
  if (event?.position !== position) {
    if (position <= head || position > head + aheadAtMost) return { outcome: 'no-event', head };
    practice.poison(view.name, position);
    return { outcome: 'ahead', head };
  }
  if (!takes(event)) return { outcome: 'not-folded', type: event.type };
  practice.poison(view.name, position);
  return { outcome: 'poisoned', eventId: event.id, type: event.type, folded: at >= position };
}
