import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Clock } from '../../libs/ports/clock.ts';
import type {
  Appended,
  Conflict,
  EventStore,
  ExpectedRevision,
  Filter,
  NewEvent,
  Page,
  StoredEvent,
  WholeStreams,
} from '../../libs/ports/event-store.ts';
import { perform, predict, readEverything, step, uuid, type Model } from './event-store.model.ts';

/** One log for one test. */
export interface StoreUnderTest {
  readonly store: EventStore;
  /** The same log by streams, where the engine offers it. */
  readonly whole?: WholeStreams;
  /** Closes the store and opens the same log again; absent where nothing outlives the store. */
  readonly reopen?: () => Promise<EventStore>;
  /** Closes what is open and removes the log. */
  readonly dispose: () => Promise<void>;
}

export interface Engine {
  readonly open: (clock: Clock) => Promise<StoreUnderTest>;
  /** Positions have no gaps. False for engines that use byte offsets. */
  readonly densePositions: boolean;
  /** Hands out whole streams beside the log's order. */
  readonly wholeStreams: boolean;
  /** `recordedAt` comes from the given clock. False for servers with a clock of their own. */
  readonly stampsByClock: boolean;
}

const start = Date.UTC(2026, 8, 1, 8);
let minted = 0;
const event = (type = 'ModulePassed', data: object = {}): NewEvent => {
  const id = uuid((minted += 1));
  return { id, type, json: JSON.stringify({ id, type, data }) };
};
const eventsOf = (count: number, type?: string): NewEvent[] => Array.from({ length: count }, () => event(type));
const ids = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);
const revisions = (events: readonly StoredEvent[]): bigint[] => events.map(({ revision }) => revision);
const range = (from: number, to: number): bigint[] => Array.from({ length: to - from }, (_, i) => BigInt(from + i));

function appended(answer: Appended | Conflict): Appended {
  if (answer.outcome !== 'appended') throw new Error(`expected an append, got a conflict at ${answer.actual}`);
  return answer;
}

/** Takes pages until `enough` says so, then ends the subscription. */
async function collect(
  store: EventStore,
  after: bigint,
  enough: (seen: readonly StoredEvent[], page: Page) => boolean,
  options: Filter & { readonly limit?: number } = {},
): Promise<StoredEvent[]> {
  const seen: StoredEvent[] = [];
  for await (const page of store.subscribe(after, options)) {
    seen.push(...page.events);
    if (enough(seen, page)) break;
  }
  return seen;
}

/** The log holds these ids, each stream in this order, and nothing else. */
async function expectExactly(store: EventStore, engine: Engine, written: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const log = await readEverything(store);
  const streams: Record<string, string[]> = {};
  for (const stored of log) {
    const own = (streams[stored.stream] ??= []);
    expect(stored.revision).toBe(BigInt(own.length));
    own.push(stored.id);
  }
  expect(streams).toEqual(Object.fromEntries(written));
  const dense = range(1, log.length + 1);
  expect(engine.densePositions ? log.map(({ position }) => position) : dense).toEqual(dense);
}

/** Holds an adapter to every sentence of libs/ports/event-store.ts. */
export function eventStoreContract(name: string, engine: Engine): void {
  describe(`event store: ${name}`, () => {
    let now = start;
    let test: StoreUnderTest;
    let store: EventStore;

    beforeEach(async () => {
      now = start;
      test = await engine.open({ now: () => now });
      store = test.store;
    });
    afterEach(() => test.dispose());

    describe('append', () => {
      it('starts a stream that must not exist', async () => {
        const events = eventsOf(3);
        const answer = appended(await store.append('enrollment-1', 'none', events));
        expect(answer).toMatchObject({ outcome: 'appended', revision: 2n, repeated: false });
        const stored = await store.readStream('enrollment-1');
        expect(stored.map(({ id, type, json }) => ({ id, type, json }))).toEqual(events);
        expect(revisions(stored)).toEqual([0n, 1n, 2n]);
        expect(stored.every(({ stream }) => stream === 'enrollment-1')).toBe(true);
        expect(stored.at(-1)?.position).toBe(answer.position);
        expect(await store.head()).toBe(answer.position);
      });

      it('continues a stream at exactly its last revision', async () => {
        await store.append('enrollment-1', 'none', eventsOf(2));
        expect(await store.append('enrollment-1', 1n, eventsOf(2))).toMatchObject({ revision: 3n, repeated: false });
        expect(revisions(await store.readStream('enrollment-1'))).toEqual([0n, 1n, 2n, 3n]);
      });

      it.each<[string, ExpectedRevision]>([
        ['none', 'none'],
        ['a revision passed long ago', 0n],
        ['a revision to come', 3n],
        ['a revision beyond every number', 2n ** 70n],
      ])('answers %s with a conflict that names the actual revision, and writes nothing', async (_, expected) => {
        await store.append('enrollment-1', 'none', eventsOf(3));
        expect(await store.append('enrollment-1', expected, eventsOf(2))).toEqual({ outcome: 'conflict', actual: 2n });
        expect(await store.readStream('enrollment-1')).toHaveLength(3);
        expect((await store.readAll(0n)).events).toHaveLength(3);
      });

      it('answers a revision of a missing stream with a conflict at none', async () => {
        expect(await store.append('enrollment-1', 0n, eventsOf(1))).toEqual({ outcome: 'conflict', actual: 'none' });
        expect(await store.readStream('enrollment-1')).toEqual([]);
        expect(await store.append('enrollment-1', 'none', eventsOf(1))).toMatchObject({ revision: 0n, repeated: false });
      });

      it('stores text exactly, whatever its script and length', async () => {
        const texts = ['{"name":"王小明","note":"ε 𝄞 \u2028 \ud83d\ude80"}', '  { "spaces" :1 }\n', 'x'.repeat(300_000), ''];
        const events = texts.map((json) => ({ ...event(), json }));
        await store.append('enrollment-1', 'none', events);
        expect((await store.readStream('enrollment-1')).map(({ json }) => json)).toEqual(texts);
      });

      it('keeps what it was given when the caller changes its list afterwards', async () => {
        const events = eventsOf(2);
        const given = ids(events);
        const answer = store.append('enrollment-1', 'none', events);
        events.length = 0;
        await answer;
        expect(ids(await store.readStream('enrollment-1'))).toEqual(given);
      });

      it('assigns positions that grow', async () => {
        for (let i = 0; i < 5; i++) await store.append(`enrollment-${i}`, 'none', eventsOf(2));
        const positions = (await readEverything(store)).map(({ position }) => position);
        expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => (a < b ? -1 : 1)));
        expect(positions[0]).toBeGreaterThan(0n);
        expect(engine.densePositions ? positions : range(1, 11)).toEqual(range(1, 11));
      });
    });

    describe('a repeated append', () => {
      it('is answered with the first result, also after later appends', async () => {
        const [first, second, third] = [eventsOf(2), eventsOf(1), eventsOf(3)];
        const answers = [
          appended(await store.append('contract-1', 'none', first)),
          appended(await store.append('contract-1', 1n, second)),
        ];
        await store.append('contract-2', 'none', eventsOf(4));
        answers.push(appended(await store.append('contract-1', 2n, third)));
        const repeats = [
          await store.append('contract-1', 'none', first),
          await store.append('contract-1', 1n, second),
          await store.append('contract-1', 2n, third),
        ];
        expect(repeats).toEqual(answers.map((answer) => ({ ...answer, repeated: true })));
        expect(await store.readStream('contract-1')).toHaveLength(6);
      });

      it('is recognized while the first is still being written', async () => {
        const events = eventsOf(2);
        const [first, second] = await Promise.all([
          store.append('contract-1', 'none', events),
          store.append('contract-1', 'none', events),
        ]);
        expect(first).toMatchObject({ outcome: 'appended', revision: 1n, repeated: false });
        expect(second).toEqual({ ...first, repeated: true });
        expect(await store.readStream('contract-1')).toHaveLength(2);
      });

      it('is a conflict where only some of its ids stand there', async () => {
        const [a, b, c, d] = [event(), event(), event(), event()];
        await store.append('contract-1', 'none', [a, b, c]);
        const conflict = { outcome: 'conflict', actual: 2n };
        expect(await store.append('contract-1', 'none', [a, b, d])).toEqual(conflict);
        expect(await store.append('contract-1', 'none', [d, b, c])).toEqual(conflict);
        expect(await store.append('contract-1', 'none', [b, a])).toEqual(conflict);
        expect(await store.append('contract-1', 1n, [c, d])).toEqual(conflict);
        expect(await store.append('contract-1', 'none', [a, b, c, d])).toEqual(conflict);
        expect(await store.append('contract-1', 0n, [a])).toEqual(conflict);
        expect(ids(await store.readStream('contract-1'))).toEqual(ids([a, b, c]));
      });

      it('of the first part of a longer one counts as a repeat', async () => {
        const [a, b] = [event(), event()];
        await store.append('contract-1', 'none', [a, b]);
        expect(await store.append('contract-1', 'none', [a])).toMatchObject({ revision: 0n, repeated: true });
      });

      it('is another event in another stream', async () => {
        const events = eventsOf(1);
        await store.append('contract-1', 'none', events);
        expect(await store.append('contract-2', 'none', events)).toMatchObject({ revision: 0n, repeated: false });
      });

      it('is recognized after the store was opened again', async () => {
        const [first, second] = [eventsOf(2), eventsOf(2)];
        const answer = appended(await store.append('contract-1', 'none', first));
        await store.append('contract-1', 1n, second);
        store = (await test.reopen?.()) ?? store;
        expect(await store.append('contract-1', 'none', first)).toEqual({ ...answer, repeated: true });
        expect(await store.append('contract-1', 3n, eventsOf(1))).toMatchObject({ revision: 4n, repeated: false });
      });
    });

    describe('what it throws on', () => {
      const good = event();
      it.each<[string, string, ExpectedRevision, NewEvent[]]>([
        ['APPEND_EMPTY', 'offer-1', 'none', []],
        ['STREAM_NAME_INVALID', '', 'none', [good]],
        ['STREAM_NAME_INVALID', 'x'.repeat(256), 'none', [good]],
        ['STREAM_NAME_INVALID', 'offer-学', 'none', [good]],
        ['STREAM_NAME_INVALID', 'offer-1\n', 'none', [good]],
        ['STREAM_NAME_INVALID', 'offer\u0000', 'none', [good]],
        ['ARGUMENT_INVALID', 'offer-1', -1n, [good]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, id: '' }]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, id: good.id.toUpperCase().replace('0', 'A') }]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, type: '' }]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, type: '\ud800' }]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, json: '{"a":"\ud800"}' }]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, json: '{"a":"\udc00\ud800"}' }]],
        ['EVENT_INVALID', 'offer-1', 'none', [{ ...good, json: '{"a":"\u0000"}' }]],
        ['EVENT_INVALID', 'offer-1', 'none', [good, good]],
        ['EVENT_TOO_LARGE', 'offer-1', 'none', [{ ...good, json: 'x'.repeat(8 * 1024 * 1024 + 1) }]],
        ['EVENT_TOO_LARGE', 'offer-1', 'none', [event(), { ...good, json: '学'.repeat(3 * 1024 * 1024) }]],
      ])('%s (case %#) writes nothing', async (code, stream, expected, events) => {
        await expect(store.append(stream, expected, events)).rejects.toMatchObject({ name: 'StoreFault', code });
        expect(await store.head()).toBe(0n);
        expect(await store.append('offer-1', 'none', [good])).toMatchObject({ revision: 0n });
      });

      it('a limit or place out of range', async () => {
        const invalid = { code: 'ARGUMENT_INVALID' };
        await expect(store.readStream('offer-1', { limit: 0 })).rejects.toMatchObject(invalid);
        await expect(store.readStream('offer-1', { limit: 1.5 })).rejects.toMatchObject(invalid);
        await expect(store.readStream('offer-1', { from: -1n })).rejects.toMatchObject(invalid);
        await expect(store.readAll(-1n)).rejects.toMatchObject(invalid);
        await expect(store.readAll(0n, { limit: Number.NaN })).rejects.toMatchObject(invalid);
        await expect(collect(store, -1n, () => true)).rejects.toMatchObject(invalid);
      });

      it('everything after it was closed', async () => {
        await store.append('offer-1', 'none', eventsOf(1));
        await store.close();
        await store.close();
        const closed = { code: 'STORE_CLOSED' };
        await expect(store.append('offer-1', 0n, eventsOf(1))).rejects.toMatchObject(closed);
        await expect(store.readStream('offer-1')).rejects.toMatchObject(closed);
        await expect(store.readAll(0n)).rejects.toMatchObject(closed);
        await expect(store.head()).rejects.toMatchObject(closed);
      });

      it('nothing at the limits of what it takes', async () => {
        const stream = '~'.repeat(255);
        const largest = { ...event(), json: `"${'x'.repeat(8 * 1024 * 1024 - 2)}"` };
        expect(await store.append(stream, 'none', [largest])).toMatchObject({ revision: 0n });
        const [stored] = await store.readStream(stream);
        expect(stored?.json === largest.json).toBe(true);
      });
    });

    describe('close', () => {
      it('waits for what is in flight', async () => {
        const answers = Promise.all(Array.from({ length: 50 }, (_, i) => store.append(`offer-${i}`, 'none', eventsOf(1))));
        await store.close();
        expect((await answers).every(({ outcome }) => outcome === 'appended')).toBe(true);
        const kept = test.reopen && (await readEverything(await test.reopen())).length;
        expect(kept ?? 50).toBe(50);
      });
    });

    describe('readStream', () => {
      it.each<[string, { from?: bigint; limit?: number; backwards?: boolean }, bigint[]]>([
        ['all', {}, range(0, 10)],
        ['from a revision', { from: 7n }, [7n, 8n, 9n]],
        ['from a revision, limited', { from: 3n, limit: 2 }, [3n, 4n]],
        ['limited', { limit: 3 }, [0n, 1n, 2n]],
        ['beyond the end', { from: 10n }, []],
        ['far beyond the end', { from: 2n ** 80n }, []],
        ['backwards', { backwards: true }, range(0, 10).toReversed()],
        ['the last one', { backwards: true, limit: 1 }, [9n]],
        ['backwards from a revision', { backwards: true, from: 2n }, [2n, 1n, 0n]],
        ['backwards from a revision, limited', { backwards: true, from: 5n, limit: 2 }, [5n, 4n]],
        ['backwards from beyond the end', { backwards: true, from: 2n ** 80n, limit: 2 }, [9n, 8n]],
      ])('%s', async (_, options, expected) => {
        await store.append('learner-0', 'none', eventsOf(3));
        await store.append('learner-1', 'none', eventsOf(4));
        await store.append('learner-10', 'none', eventsOf(3));
        await store.append('learner-1', 3n, eventsOf(6));
        expect(revisions(await store.readStream('learner-1', options))).toEqual(expected);
      });

      it('is empty for a missing stream', async () => {
        expect(await store.readStream('learner-1')).toEqual([]);
        expect(await store.readStream('learner-1', { backwards: true, limit: 1 })).toEqual([]);
      });
    });

    describe('readAll', () => {
      const types = ['LearnerAdmitted', 'ModulePassed', 'ScoreLocked'];
      const streams = ['learner-1', 'learner-2', 'learning-1', 'score-1', 'learner', 'learner-'];
      let log: readonly StoredEvent[];

      beforeEach(async () => {
        const heads = new Map<string, bigint>();
        for (let i = 0; i < 60; i++) {
          const stream = streams[(i * 7) % streams.length]!;
          const batch = Array.from({ length: 1 + (i % 3) }, (_, k) => event(types[(i + k) % types.length]));
          heads.set(stream, appended(await store.append(stream, heads.get(stream) ?? 'none', batch)).revision);
        }
        log = await readEverything(store);
      });

      it('gives the log in order, page by page', async () => {
        expect(log).toHaveLength(120);
        expect(await readEverything(store, { limit: 7 })).toEqual(log);
        const page = await store.readAll(0n, { limit: 7 });
        expect(page).toEqual({ events: log.slice(0, 7), scannedTo: log[6]!.position, end: false });
      });

      it('starts after a position', async () => {
        expect((await store.readAll(log[99]!.position)).events).toEqual(log.slice(100));
      });

      it('says where the log ends', async () => {
        const head = await store.head();
        expect(head).toBe(log.at(-1)?.position);
        expect(await store.readAll(head)).toEqual({ events: [], scannedTo: head, end: true });
        expect(await store.readAll(head + 5n)).toEqual({ events: [], scannedTo: head + 5n, end: true });
        expect(await store.readAll(log[118]!.position, { limit: 1 })).toMatchObject({ scannedTo: head, end: true });
      });

      it.each<[string, Filter]>([
        ['types', { types: ['ModulePassed'] }],
        ['several types', { types: ['ModulePassed', 'ScoreLocked', 'Unheard'] }],
        ['a prefix', { prefixes: ['learner-'] }],
        ['several prefixes, one inside the other', { prefixes: ['learner-', 'learner-1', 'score-'] }],
        ['a prefix in the middle of a word', { prefixes: ['learn'] }],
        ['the empty prefix', { prefixes: [''] }],
        ['patterns of other languages', { prefixes: ['learner%', 'learner*', 'learner_', '学'] }],
        ['both', { types: ['LearnerAdmitted'], prefixes: ['learner-', 'score-'] }],
        ['no type', { types: [] }],
        ['no prefix', { prefixes: [], types: ['ModulePassed'] }],
      ])('filters by %s', async (_, filter) => {
        const expected = log.filter(
          ({ type, stream }) =>
            (filter.types?.includes(type) ?? true) && (filter.prefixes?.some((prefix) => stream.startsWith(prefix)) ?? true),
        );
        expect(await readEverything(store, filter)).toEqual(expected);
        expect(await readEverything(store, { ...filter, limit: 4 })).toEqual(expected);
        const seen = await collect(store, 0n, (_events, page) => page.end, { ...filter, limit: 5 });
        expect(seen).toEqual(expected);
      });

      it('moves on past what the filter leaves out', async () => {
        const page = await store.readAll(0n, { types: ['Unheard'] });
        expect(page).toEqual({ events: [], scannedTo: await store.head(), end: true });
      });

      it('is empty for an empty log', async () => {
        const empty = await engine.open({ now: () => now });
        expect(await empty.store.readAll(0n)).toEqual({ events: [], scannedTo: 0n, end: true });
        expect(await empty.store.head()).toBe(0n);
        await empty.dispose();
      });
    });

    const describeWhole = engine.wholeStreams ? describe : (): void => {};
    describeWhole('readStreams', () => {
      it('hands out whole streams, in ranges that leave nothing out and repeat nothing', async () => {
        const whole = test.whole!;
        expect(await whole.lastStream()).toBe(0);
        const names = Array.from({ length: 300 }, (_, i) => `${i % 3 === 0 ? 'ship' : 'boat'}-${i}`);
        for (const [i, stream] of names.entries()) await store.append(stream, 'none', eventsOf(1 + (i % 4)));
        for (const stream of names.toReversed()) {
          const at = (await store.readStream(stream)).length;
          await store.append(stream, BigInt(at - 1), eventsOf(5, 'Late'));
        }
        const last = await whole.lastStream();
        expect(last).toBe(300);
        const all = await readEverything(store);
        const upTo = all.at(-200)!.position;
        const found: StoredEvent[] = [];
        for (let from = 1; from <= last; from += 90) {
          for (const page of whole.readStreams({ from, to: Math.min(last + 1, from + 90), upTo })) {
            found.push(...page);
          }
        }
        const byPosition = found.toSorted((a, b) => (a.position < b.position ? -1 : 1));
        expect(byPosition).toEqual(all.filter(({ position }) => position <= upTo));
        // Each stream in one piece, from its beginning.
        const pieces = found.map(({ stream }) => stream).filter((stream, i, streams) => stream !== streams[i - 1]);
        expect(pieces).toEqual([...new Set(pieces)]);
        for (const [stream, events] of Map.groupBy(found, (one) => one.stream))
          expect([stream, revisions(events)]).toEqual([stream, range(0, events.length)]);
      });

      it('keeps to both filters', async () => {
        const whole = test.whole!;
        await store.append('ship-1', 'none', [...eventsOf(2, 'Sailed'), ...eventsOf(1, 'Sunk')]);
        await store.append('boat-1', 'none', eventsOf(2, 'Sunk'));
        const upTo = await store.head();
        const range3 = { from: 1, to: 3, upTo };
        const kept = (filter: Filter): string[] =>
          [...whole.readStreams(range3, filter)].flat().map(({ stream, type }) => `${stream} ${type}`);
        expect(kept({ prefixes: ['ship-'] })).toEqual(['ship-1 Sailed', 'ship-1 Sailed', 'ship-1 Sunk']);
        expect(kept({ types: ['Sunk'] })).toEqual(['ship-1 Sunk', 'boat-1 Sunk', 'boat-1 Sunk']);
        expect(kept({ types: ['Sunk'], prefixes: ['ship-'] })).toEqual(['ship-1 Sunk']);
        expect(kept({ prefixes: [] })).toEqual([]);
      });
    });

    describe('subscribe', () => {
      it('catches up from any position, then goes on with what is appended', async () => {
        await store.append('credit-1', 'none', eventsOf(20));
        const log = await readEverything(store);
        for (const from of [0, 1, 10, 19, 20]) {
          const after = from === 0 ? 0n : log[from - 1]!.position;
          const more = eventsOf(3);
          const wanted = [...ids(await readEverything(store)).slice(from), ...ids(more)];
          const seen = collect(store, after, (events) => events.length >= wanted.length, { limit: 6 });
          const [last] = await store.readStream('credit-1', { backwards: true, limit: 1 });
          await store.append('credit-1', last!.revision, more);
          expect(ids(await seen)).toEqual(wanted);
        }
      });

      it('has no gap and no repeat while writers are busy', async () => {
        const [writers, rounds] = [8, 25];
        const total = writers * rounds * 2;
        const subscribers = Array.from({ length: 4 }, (_, i) =>
          collect(store, 0n, (seen) => seen.length >= total, i % 2 === 0 ? {} : { limit: 3 }),
        );
        const late: Promise<StoredEvent[]>[] = [];
        await Promise.all(
          Array.from({ length: writers }, async (_, w) => {
            let at: ExpectedRevision = 'none';
            for (let i = 0; i < rounds; i++) {
              at = appended(await store.append(`credit-${w}`, at, eventsOf(2))).revision;
              if (w === 0 && i % 10 === 5) late.push(collect(store, 0n, (seen) => seen.length >= total));
            }
          }),
        );
        const log = await readEverything(store);
        expect(log).toHaveLength(total);
        expect(late).toHaveLength(2);
        for (const seen of [...subscribers, ...late]) expect(await seen).toEqual(log);
      });

      it('moves on past what the filter leaves out', async () => {
        const scanned = (async (): Promise<Page | undefined> => {
          for await (const page of store.subscribe(0n, { types: ['Wanted'] })) return page;
          return undefined;
        })();
        await store.append('credit-1', 'none', eventsOf(5, 'Unwanted'));
        const page = await scanned;
        expect(page?.events).toEqual([]);
        expect(page?.scannedTo).toBeGreaterThan(0n);
      });

      it('ends when its signal aborts: before, while waiting, and while being read', async () => {
        await store.append('credit-1', 'none', eventsOf(2));
        const follow = async (signal: AbortSignal, onEvents: (seen: number) => void = () => {}): Promise<number> => {
          let seen = 0;
          for await (const page of store.subscribe(0n, { signal, limit: 1 })) onEvents((seen += page.events.length));
          return seen;
        };
        expect(await follow(AbortSignal.abort())).toBe(0);

        const reading = new AbortController();
        expect(await follow(reading.signal, () => reading.abort())).toBe(1);

        const waiting = new AbortController();
        const caughtUp = Promise.withResolvers<void>();
        const followed = follow(waiting.signal, (seen) => seen === 2 && caughtUp.resolve());
        await caughtUp.promise;
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        waiting.abort();
        expect(await followed).toBe(2);
      });

      it('ends when the store closes', async () => {
        await store.append('credit-1', 'none', eventsOf(2));
        let seen = 0;
        const caughtUp = Promise.withResolvers<void>();
        const ended = (async () => {
          for await (const page of store.subscribe(0n)) {
            seen += page.events.length;
            if (seen === 2) caughtUp.resolve();
          }
        })();
        await caughtUp.promise;
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        await store.close();
        await ended;
        expect(seen).toBe(2);
      });
    });

    describe('recordedAt', () => {
      it('never decreases, also when the clock jumps back or the store is opened again', async () => {
        const instants = [start, start + 5, start - 3_600_000, start + 1, start + 10.7, 0];
        for (const [i, instant] of instants.entries()) {
          now = instant;
          await store.append(`term-${i}`, 'none', eventsOf(2));
        }
        store = (await test.reopen?.()) ?? store;
        now = start - 1;
        await store.append('term-again', 'none', eventsOf(1));
        const stamps = (await readEverything(store)).map(({ recordedAt }) => recordedAt);
        expect(stamps).toEqual(stamps.toSorted());
        for (const stamp of stamps) expect(new Date(stamp).toISOString()).toBe(stamp);
        const byClock = [0, 0, 5, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10].map((ms) => new Date(start + ms).toISOString());
        expect(engine.stampsByClock ? stamps : byClock).toEqual(byClock);
      });

      it('is one instant for one append', async () => {
        await store.append('term-1', 'none', eventsOf(30));
        expect(new Set((await store.readStream('term-1')).map(({ recordedAt }) => recordedAt)).size).toBe(1);
      });

      it('is never made up when the clock is broken', async () => {
        if (!engine.stampsByClock) return;
        now = Number.NaN;
        await expect(store.append('term-1', 'none', eventsOf(1))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
        now = start;
        expect(await store.append('term-1', 'none', eventsOf(1))).toMatchObject({ revision: 0n });
      });
    });

    describe('concurrent writers', () => {
      it.each([16, 512])('%i on streams of their own all get through', async (writers) => {
        const rounds = writers > 100 ? 3 : 20;
        const written = new Map<string, string[]>();
        await Promise.all(
          Array.from({ length: writers }, async (_, w) => {
            const stream = `lesson-${w}`;
            const own: string[] = [];
            written.set(stream, own);
            let at: ExpectedRevision = 'none';
            for (let i = 0; i < rounds; i++) {
              const events = eventsOf(1 + ((w + i) % 3));
              const answer = appended(await store.append(stream, at, events));
              expect(answer.repeated).toBe(false);
              own.push(...ids(events));
              expect(answer.revision).toBe(BigInt(own.length - 1));
              at = answer.revision;
            }
          }),
        );
        await expectExactly(store, engine, written);
      });

      it.each([16, 512])('%i on one stream: each round one wins, the others learn the actual revision', async (writers) => {
        const winners: string[] = [];
        for (let round = 0; round < 3; round++) {
          const at: ExpectedRevision = round === 0 ? 'none' : BigInt(winners.length - 1);
          const attempts = Array.from({ length: writers }, () => eventsOf(2));
          const answers = await Promise.all(attempts.map((events) => store.append('roster-1', at, events)));
          const won = answers.flatMap((answer, i) => (answer.outcome === 'appended' ? [i] : []));
          expect(won).toHaveLength(1);
          winners.push(...ids(attempts[won[0]!]!));
          const actual = BigInt(winners.length - 1);
          const lost = answers.filter(({ outcome }) => outcome === 'conflict');
          expect(lost).toEqual(Array.from({ length: writers - 1 }, () => ({ outcome: 'conflict', actual })));
        }
        await expectExactly(store, engine, new Map([['roster-1', winners]]));
      });

      it.each([16, 512])(
        '%i that reload after each conflict all get through, a conflict failing its own append alone',
        async (writers) => {
          const streams = writers > 100 ? 64 : 3;
          const written = new Map<string, Map<bigint, string>>();
          const heads = new Map<string, ExpectedRevision>();
          let conflicts = 0;
          await Promise.all(
            Array.from({ length: writers }, async (_, w) => {
              const stream = `roster-${w % streams}`;
              for (let i = 0; i < 2; i++) {
                const events = eventsOf(2);
                let answer = await store.append(stream, heads.get(stream) ?? 'none', events);
                while (answer.outcome === 'conflict') {
                  conflicts += 1;
                  heads.set(stream, answer.actual);
                  answer = await store.append(stream, answer.actual, events);
                }
                expect(answer.repeated).toBe(false);
                const own = written.get(stream) ?? new Map<bigint, string>();
                written.set(stream, own);
                events.forEach(({ id }, k) => own.set(answer.revision - BigInt(events.length - 1 - k), id));
              }
            }),
          );
          expect(conflicts).toBeGreaterThan(0);
          const inOrder = [...written].map(([stream, own]): [string, string[]] => [
            stream,
            [...own].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id),
          ]);
          expect(inOrder.flatMap(([, own]) => own)).toHaveLength(writers * 4);
          await expectExactly(store, engine, new Map(inOrder));
        },
      );
    });

    it('agrees with an array, whatever is done to it', async () => {
      const agreement = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const subject = await engine.open({ now: () => now });
        const model: Model = [];
        try {
          for (const action of steps) expect(await perform(subject.store, action)).toEqual(predict(model, action));
        } finally {
          await subject.dispose();
        }
      });
      await fc.assert(agreement, { numRuns: 40 });
    });
  });
}
