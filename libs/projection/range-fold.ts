import { effectOf } from '../events/events.ts';
import { asOf } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import type { ReadWrites, Value } from '../ports/read-store.ts';
import type { EventDecoder, View } from '../ports/view.ts';
import { faultText, isStoreFault } from './faults.ts';

/** Where rows go while a range of streams is folded; `sql` names tables with `_$g`. */
export type RowSink = (sql: string, rows: readonly (readonly Value[])[]) => void;

/** A fold that failed at an event. */
export interface FoldFailure {
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  /** As `faultText` has it. */
  readonly error: string;
}

/**
 * Folds whole streams of a `byStream` view into rows. Streams begin with their first event, so nothing that the fold looks for can be there yet:
 * its reads find nothing, and its writes go to the sink in their order. Answers how many events it folded, or the event at which it failed.
 * With `effectiveAsOf` every stream is folded as it was effective at that instant; pages then hold its events of all types, since a correction may
 * be of a type that the view does not take.
 */
export async function foldRange(
  view: View,
  pages: Iterable<readonly StoredEvent[]>,
  decoder: EventDecoder,
  sink: RowSink,
  effectiveAsOf: string | null = null,
): Promise<number | FoldFailure> {
  const heard = hearing(view, decoder, effectiveAsOf);
  let folded = 0;
  for (const page of pages) {
    try {
      const events = heard(page);
      if (events.length === 0) continue;
      await view.fold(intoSink(sink), events);
      folded += events.length;
    } catch (error) {
      if (isStoreFault(error)) throw error;
      return failure(view, page, heard, error);
    }
  }
  return folded;
}

/** What the view folds of whole streams, in the order in which it does. */
type Hearing = (streams: readonly StoredEvent[]) => readonly Recorded[];

function hearing({ types: wanted, prefixes }: View, decoder: EventDecoder, effectiveAsOf: string | null): Hearing {
  const types = wanted === undefined ? undefined : new Set<string>(wanted);
  const isOfType = ({ type }: { readonly type: string }): boolean => types === undefined || types.has(type);
  const isOfStream = ({ stream }: StoredEvent): boolean =>
    prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix));
  if (effectiveAsOf === null)
    return (streams) =>
      streams.filter((stored) => isOfType(stored) && isOfStream(stored)).map((stored) => decoder.decode(stored));
  return (streams) => {
    const events = streams.filter(isOfStream).map((stored) => decoder.decode(stored));
    return [...Map.groupBy(events, ({ stream }) => stream).values()].flatMap((history) =>
      asOf(history, effectOf, { effectiveAsOf }).filter(isOfType),
    );
  };
}

const nothing: readonly never[] = [];

const intoSink = (sink: RowSink): ReadWrites => ({
  all: async () => nothing,
  get: async () => undefined,
  each: async () => {},
  run: async (sql, params = []) => {
    sink(sql, [params]);
    return 1;
  },
  runMany: async (sql, rows) => {
    if (rows.length > 0) sink(sql, rows);
    return rows.length;
  },
});

/** The first event, in order of position, at which a stream of this page cannot be folded by itself. */
async function failure(view: View, page: readonly StoredEvent[], heard: Hearing, error: unknown): Promise<FoldFailure> {
  const failures: FoldFailure[] = [];
  const nowhere = intoSink(() => {});
  for (const stream of Map.groupBy(page, (event) => event.stream).values()) {
    for (const [at, stored] of stream.entries()) {
      try {
        await view.fold(nowhere, heard(stream.slice(0, at + 1)));
      } catch (cause) {
        failures.push(failedAt(stored, cause));
        break;
      }
    }
  }
  return failures.toSorted((a, b) => (a.position < b.position ? -1 : 1))[0] ?? failedAt(page[0]!, error);
}

const failedAt = ({ position, id, type }: StoredEvent, error: unknown): FoldFailure => ({
  position,
  eventId: id,
  type,
  error: faultText(error),
});
