import type { Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import type { ReadWrites, Value } from '../ports/read-store.ts';
import type { EventDecoder, View } from '../ports/view.ts';
import { isStoreFault, messageOf } from './faults.ts';

/** Where rows go while a range of streams is folded; `sql` names tables with `_$g`. */
export type RowSink = (sql: string, rows: readonly (readonly Value[])[]) => void;

/** A fold that failed at an event. */
export interface FoldFailure {
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  readonly error: string;
}

/**
 * Folds whole streams of a `byStream` view into rows. Streams begin with their first event, so nothing that the fold looks for can be there yet:
 * its reads find nothing, and its writes go to the sink in their order. Answers how many events it folded, or the event at which it failed.
 */
export async function foldRange(
  view: View,
  pages: Iterable<readonly StoredEvent[]>,
  decoder: EventDecoder,
  sink: RowSink,
): Promise<number | FoldFailure> {
  const types = view.types === undefined ? undefined : new Set<string>(view.types);
  const { prefixes } = view;
  const takes = ({ type, stream }: StoredEvent): boolean =>
    (types === undefined || types.has(type)) && (prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix)));
  let folded = 0;
  for (const page of pages) {
    const stored = page.filter(takes);
    if (stored.length === 0) continue;
    try {
      const events = stored.map((event) => decoder.decode(event));
      await view.fold(intoSink(sink), events);
      folded += events.length;
    } catch (error) {
      if (isStoreFault(error)) throw error;
      return failure(view, stored, decoder, error);
    }
  }
  return folded;
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
async function failure(view: View, page: readonly StoredEvent[], decoder: EventDecoder, error: unknown): Promise<FoldFailure> {
  const failures: FoldFailure[] = [];
  for (const stream of Map.groupBy(page, (event) => event.stream).values()) {
    const events: Recorded[] = [];
    for (const stored of stream) {
      try {
        events.push(decoder.decode(stored));
        await view.fold(
          intoSink(() => {}),
          events,
        );
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
  error: messageOf(error),
});
