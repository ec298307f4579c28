import * as fc from 'fast-check';
import type { Appended, Conflict, EventStore, Filter, StoredEvent } from '../../libs/ports/event-store.ts';

export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** Every page that the filter lets through. Throws where a page does not move on. */
export async function readEverything(
  store: EventStore,
  options: Filter & { readonly limit?: number; readonly after?: bigint } = {},
): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (let after = options.after ?? 0n; ;) {
    const page = await store.readAll(after, options);
    if (page.events.length > (options.limit ?? 1000)) throw new Error(`a page of ${page.events.length} events`);
    all.push(...page.events);
    if (page.end) return all;
    if (page.scannedTo <= after) throw new Error(`a page after ${after} stands still at ${page.scannedTo}`);
    after = page.scannedTo;
  }
}

/** The log as the simplest thing that could be right. */
export type Model = { readonly stream: string; readonly id: string; readonly type: string }[];

const streams = ['a-1', 'a-2', 'b-1'];
const types = ['X', 'Y'];
const place = fc.option(fc.nat({ max: 6 }), { nil: undefined });

/** Something done to a store. Ids come from a small pool and places are mostly right, so that repeats and overlaps happen. */
export const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream: fc.constantFrom(...streams),
      next: fc.nat({ max: 6 }),
      atEnd: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.constant(false) }),
      pool: fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 }),
      type: fc.constantFrom(...types),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('readStream' as const),
      stream: fc.constantFrom(...streams),
      from: place,
      limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      backwards: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('readAll' as const),
      skip: fc.nat({ max: 12 }),
      limit: fc.integer({ min: 1, max: 5 }),
      types: fc.option(fc.subarray(types), { nil: undefined }),
      prefixes: fc.option(fc.subarray(['a-', 'b', 'a-2']), { nil: undefined }),
    }),
  },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a store answers, without what engines may assign differently. */
type Seen = Conflict | Omit<Appended, 'position'> | readonly { readonly stream: string; readonly id: string }[];

export async function perform(store: EventStore, action: Step): Promise<Seen> {
  switch (action.kind) {
    case 'append': {
      const next = action.atEnd ? (await store.readStream(action.stream)).length : action.next;
      const events = action.pool.map((n) => ({ id: uuid(n), type: action.type, json: `{"n":${n}}` }));
      const answer = await store.append(action.stream, next === 0 ? 'none' : BigInt(next - 1), events);
      if (answer.outcome === 'conflict') return answer;
      const [last] = await store.readStream(action.stream, { from: answer.revision, limit: 1 });
      if (last?.position !== answer.position) throw new Error(`position ${answer.position} answered, ${last?.position} read`);
      return { outcome: answer.outcome, revision: answer.revision, repeated: answer.repeated };
    }
    case 'readStream': {
      const { from, limit } = action;
      const found = await store.readStream(action.stream, {
        backwards: action.backwards,
        ...(from === undefined ? {} : { from: BigInt(from) }),
        ...(limit === undefined ? {} : { limit }),
      });
      return found.map(({ stream, id }) => ({ stream, id }));
    }
    case 'readAll': {
      const after = (await readEverything(store))[action.skip - 1]?.position ?? 0n;
      const found = await readEverything(store, {
        after,
        limit: action.limit,
        ...(action.types === undefined ? {} : { types: action.types }),
        ...(action.prefixes === undefined ? {} : { prefixes: action.prefixes }),
      });
      return found.map(({ stream, id }) => ({ stream, id }));
    }
    default:
      throw new Error(`unknown step ${String(action satisfies never)}`);
  }
}

/** The answer that `perform` must get, computed on the array, which grows with it. */
export function predict(log: Model, action: Step): Seen {
  switch (action.kind) {
    case 'append': {
      const { stream, type } = action;
      const own = log.filter((stored) => stored.stream === stream);
      const next = action.atEnd ? own.length : action.next;
      const given = action.pool.map(uuid);
      const revision = BigInt(next + given.length - 1);
      if (next === own.length) {
        log.push(...given.map((id) => ({ stream, id, type })));
        return { outcome: 'appended', revision, repeated: false };
      }
      if (given.every((id, i) => own[next + i]?.id === id)) return { outcome: 'appended', revision, repeated: true };
      return { outcome: 'conflict', actual: own.length === 0 ? 'none' : BigInt(own.length - 1) };
    }
    case 'readStream': {
      const { backwards, from, limit } = action;
      const own = log.filter(({ stream }) => stream === action.stream);
      const kept = own.filter((_, revision) => from === undefined || (backwards ? revision <= from : revision >= from));
      return (backwards ? kept.toReversed() : kept).slice(0, limit).map(({ stream, id }) => ({ stream, id }));
    }
    case 'readAll': {
      const skip = action.skip > log.length ? 0 : action.skip;
      return log
        .slice(skip)
        .filter(({ type }) => action.types?.includes(type) ?? true)
        .filter(({ stream }) => action.prefixes?.some((prefix) => stream.startsWith(prefix)) ?? true)
        .map(({ stream, id }) => ({ stream, id }));
    }
    default:
      throw new Error(`unknown step ${String(action satisfies never)}`);
  }
}
