import type { EventStore, Page } from '../../../libs/ports/event-store.ts';
import type { ReadQueries, ReadStore, Value } from '../../../libs/ports/read-store.ts';
import { StoreFault } from '../../../libs/ports/store-fault.ts';
import { Lanes } from '../../../libs/projection/lanes.ts';
import type { Plant } from './plant.ts';
import { checkpointFirst, instead } from './runtime.ts';

/** Everything of a log but the pages that it gives. */
const paging = (inner: EventStore, changed: (page: Page) => Page): EventStore => ({
  append: (stream, expected, events) => inner.append(stream, expected, events),
  readStream: (stream, options) => inner.readStream(stream, options),
  readAll: async (after, options) => changed(await inner.readAll(after, options)),
  subscribe: (after, options) => inner.subscribe(after, options),
  head: () => inner.head(),
  close: () => inner.close(),
});

type Change = Partial<Pick<Required<ReadStore>, 'absorb' | 'snapshot' | 'transaction'>>;
const changed = (inner: ReadStore, change: Change): ReadStore => ({
  snapshot: (read) => inner.snapshot(read),
  transaction: (write) => inner.transaction(write),
  absorb: (...taken) => inner.absorb!(...taken),
  scrub: () => inner.scrub(),
  close: () => inner.close(),
  ...change,
});

type Rows = readonly object[];

/** Answers other rows where `rows` does so. */
const answering = (db: ReadQueries, rows: (sql: string, found: Rows) => Rows): ReadQueries => ({
  all: async <R extends object>(sql: string, params?: readonly Value[]) => rows(sql, await db.all(sql, params)) as readonly R[],
  get: (sql, params) => db.get(sql, params),
  each: (sql, params, visit) => db.each(sql, params, visit),
});

const isUnparking = (sql: string): boolean =>
  sql.startsWith('DELETE FROM projection_parked_event') && sql.endsWith(' AND position = ?');

/** Bugs of the engine that folds and rebuilds views. */
export const projectionPlants: readonly Plant[] = [
  {
    name: 'skipped-at-catch-up',
    bug: 'whoever catches up misses the last event of a page that is not the last one',
    world: 'rebuilding',
    foundAs: ['views'],
    store: (inner) =>
      paging(inner, (page) => (page.end || page.events.length < 2 ? page : { ...page, events: page.events.slice(0, -1) })),
  },
  {
    name: 'early-swap',
    bug: 'a rebuild is swapped in before its last page, wherever the live rows stand',
    world: 'rebuilding',
    foundAs: ['step-back'],
    store: (inner) => paging(inner, (page) => ({ ...page, end: true })),
    patch: () => {
      const live = Object.getOwnPropertyDescriptor(Lanes.prototype, 'live')!;
      Lanes.prototype.live = () => undefined;
      return () => void Object.defineProperty(Lanes.prototype, 'live', live);
    },
  },
  {
    name: 'checkpoint-ahead',
    bug: 'a checkpoint is committed before the rows that it stands for, of a rebuild too',
    world: 'rebuilding',
    foundAs: ['views'],
    readStore: checkpointFirst,
  },
  {
    name: 'range-ahead',
    bug: 'a range is noted as folded before its rows are taken over',
    world: 'rebuilding',
    foundAs: ['views'],
    readStore: (inner) =>
      changed(inner, {
        absorb: async (file, tables, alongside) => {
          await inner.transaction(alongside);
          await inner.absorb!(file, tables, () => Promise.resolve());
        },
      }),
  },
  {
    name: 'range-unnoted',
    bug: 'a range is taken over and not noted, and folded again after a restart',
    world: 'rebuilding',
    foundAs: ['crash', 'rebuilds'],
    readStore: (inner) =>
      changed(inner, {
        absorb: (file, tables, alongside) =>
          inner.absorb!(file, tables, (db) => alongside(instead(db, (sql) => sql.startsWith('INSERT INTO projection_range')))),
      }),
  },
  {
    name: 'last-stream',
    bug: 'streams are counted before the head of the log is read: one that appears in between is in no range',
    world: 'rebuilding',
    foundAs: ['views'],
    ranges: (inner) => ({ ...inner, lastStream: async () => Math.max(0, (await inner.lastStream()) - 1) }),
  },
  {
    name: 'parked-forgotten',
    bug: 'a restart does not know which keys are parked',
    world: 'rebuilding',
    foundAs: ['views', 'liveness'],
    readStore: (inner) =>
      changed(inner, {
        snapshot: (read) =>
          inner.snapshot((db) => read(answering(db, (sql, found) => (sql.includes('FROM projection_parked') ? [] : found)))),
      }),
  },
  {
    name: 'retried-twice',
    bug: 'a parked key that went on already is folded again where the answer was lost, as the first is',
    world: 'rebuilding',
    foundAs: ['views'],
    readStore: (inner) => {
      let lost = false;
      return changed(inner, {
        transaction: async (write) => {
          let wentOn = false;
          const result = await inner.transaction((db) =>
            write({
              ...db,
              run: (sql, params) => {
                wentOn ||= isUnparking(sql);
                return db.run(sql, params);
              },
              get: async <R extends object>(sql: string, params?: readonly Value[]) =>
                sql.startsWith('SELECT position FROM projection_parked') ? ({ position: 0n } as R) : db.get<R>(sql, params),
            }),
          );
          if (wentOn && !lost) {
            lost = true;
            throw new StoreFault('STORE_BROKEN', 'nobody knows');
          }
          return result;
        },
      });
    },
  },
  {
    name: 'mark-forgotten',
    bug: 'a key that was let go once and stood still again goes on as if nothing were missing',
    world: 'rebuilding',
    foundAs: ['poison'],
    readStore: (inner) =>
      changed(inner, {
        transaction: (write) =>
          inner.transaction((db) =>
            write({
              ...db,
              run: (sql, values = []) =>
                isUnparking(sql) ? db.run(sql.slice(0, -' AND position = ?'.length), values.slice(0, -1)) : db.run(sql, values),
            }),
          ),
      }),
  },
  {
    name: 'pause-forgotten',
    bug: 'a rebuild that was paused goes on after a restart',
    world: 'rebuilding',
    seed: 19,
    foundAs: ['rebuilds'],
    readStore: (inner) =>
      changed(inner, {
        snapshot: (read) =>
          inner.snapshot((db) =>
            read(
              answering(db, (sql, found) =>
                sql.includes('FROM projection_rebuild') ? found.map((row) => ({ ...row, paused: 0 })) : found,
              ),
            ),
          ),
      }),
  },
  {
    name: 'verification-swaps',
    bug: 'a verification that goes on after a restart is swapped in',
    world: 'rebuilding',
    foundAs: ['rebuilds'],
    readStore: (inner) =>
      changed(inner, {
        snapshot: (read) =>
          inner.snapshot((db) =>
            read(
              answering(db, (sql, found) =>
                sql.includes('FROM projection_rebuild') ? found.map((row) => ({ ...row, verify: 0 })) : found,
              ),
            ),
          ),
      }),
  },
  {
    name: 'erased-stays',
    bug: 'an erasure waits with the parked key of whoever is erased',
    world: 'rebuilding',
    foundAs: ['views', 'liveness'],
    view: (view) => ({ ...view, erases: () => false }),
  },
  {
    name: 'never-scrubbed',
    bug: 'what is deleted in the clear is not destroyed on disk',
    world: 'rebuilding',
    foundAs: ['liveness'],
    readStore: (inner) => ({ ...changed(inner, {}), scrub: () => Promise.resolve(true) }),
  },
];
