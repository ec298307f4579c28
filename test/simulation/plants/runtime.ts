import type { EventStore } from '../../../libs/ports/event-store.ts';
import type { ReadStore, ReadWrites, Value } from '../../../libs/ports/read-store.ts';
import { StoreFault } from '../../../libs/ports/store-fault.ts';
import { stepsOf, type Plant } from './plant.ts';

const taken = { decidedAt: '' };

/** Everything of a store but how it appends. */
const appending = (inner: EventStore, append: EventStore['append']): EventStore => ({
  append,
  readStream: (stream, options) => inner.readStream(stream, options),
  readAll: (after, options) => inner.readAll(after, options),
  subscribe: (after, options) => inner.subscribe(after, options),
  head: () => inner.head(),
  close: () => inner.close(),
});

const endOf = async (store: EventStore, stream: string): Promise<bigint | 'none'> =>
  (await store.readStream(stream, { backwards: true, limit: 1 }))[0]?.revision ?? 'none';

/** Runs what is to be written once to learn the checkpoints, commits them, and then writes the rows. */
export function checkpointFirst(inner: ReadStore): ReadStore {
  const isCheckpoint = (sql: string): boolean => sql.startsWith('UPDATE projection SET position');
  return {
    snapshot: (read) => inner.snapshot(read),
    scrub: () => inner.scrub(),
    close: () => inner.close(),
    ...(inner.absorb ? { absorb: (...range) => inner.absorb!(...range) } : {}),
    transaction: async (write) => {
      const checkpoints: { sql: string; params: readonly Value[] | undefined }[] = [];
      const learned = new Error('learned');
      const looking = inner.transaction(async (db) => {
        await write(instead(db, (sql, params) => void (isCheckpoint(sql) && checkpoints.push({ sql, params }))));
        throw learned;
      });
      await looking.catch((error: unknown) => {
        if (error !== learned) throw error;
      });
      if (checkpoints.length > 0)
        await inner.transaction(async (db) => {
          for (const { sql, params } of checkpoints) await db.run(sql, params);
        });
      return inner.transaction((db) => write(checkpoints.length > 0 ? instead(db, isCheckpoint) : db));
    },
  };
}

/** `run` does nothing and says that it changed a row where `is` says so. */
export const instead = (db: ReadWrites, is: (sql: string, params?: readonly Value[]) => unknown): ReadWrites => ({
  all: (sql, params) => db.all(sql, params),
  get: (sql, params) => db.get(sql, params),
  each: (sql, params, visit) => db.each(sql, params, visit),
  run: (sql, params) => (is(sql, params) === true ? Promise.resolve(1) : db.run(sql, params)),
  runMany: (sql, rows) => db.runMany(sql, rows),
});

/** Bugs of the runtime and its ports, in worlds of registrars. */
export const runtimePlants: readonly Plant[] = [
  {
    name: 'release-unfenced',
    bug: 'a gate is let go before its taker is fenced on the owner’s stream',
    world: 'enrollment',
    seed: 20,
    foundAs: ['gate-first', 'owner-holds', 'one-active', 'unique'],
    transactor: (transactor) => {
      stepsOf(transactor).fence = () => Promise.resolve(true);
    },
  },
  {
    name: 'release-anyhow',
    bug: 'a gate is let go at whatever revision it has by now',
    world: 'enrollment',
    foundAs: ['one-owner', 'exactly-once', 'owner-holds', 'legal-path', 'no-stuck-gate'],
    transactor: (transactor) => {
      const steps = stepsOf(transactor);
      const append = steps.append.bind(transactor);
      steps.append = async (at, events, by) => {
        if (!by.step.startsWith('release@')) return append(at, events, by);
        for (;;) {
          const end = await endOf(steps.runtime.store, at.stream);
          const result = await append({ ...at, revision: end === 'none' ? -1n : end }, events, by);
          if (result.outcome === 'appended') return result;
        }
      };
    },
  },
  {
    name: 'fresh-command-id',
    bug: 'a retry comes under a command id of its own',
    world: 'enrollment',
    foundAs: ['exactly-once', 'refusals', 'acknowledged'],
    commandId: (key, delivery) => (delivery === 0 ? key : `${key}again${delivery}`),
  },
  {
    name: 'torn-batch',
    bug: 'a store that breaks down in an append leaves part of it behind',
    world: 'enrollment',
    foundAs: ['whole-or-nothing', 'acknowledged'],
    store: (inner, { scheduler }) =>
      appending(inner, async (stream, expected, events) => {
        if (events.length > 1 && scheduler.steps % 13 === 0) {
          await inner.append(stream, expected, events.slice(0, 1));
          throw new StoreFault('STORE_BROKEN', 'the store broke down in the middle');
        }
        return inner.append(stream, expected, events);
      }),
  },
  {
    name: 'any-revision',
    bug: 'an append is taken whatever revision it expects',
    world: 'enrollment',
    foundAs: ['one-owner', 'exactly-once', 'legal-path', 'unique'],
    store: (inner) =>
      appending(inner, async (stream, _expected, events) => inner.append(stream, await endOf(inner, stream), events)),
  },
  {
    name: 'no-gate',
    bug: 'gates are not taken at all',
    world: 'enrollment',
    foundAs: ['gate-first'],
    transactor: (transactor) => {
      stepsOf(transactor).takeAll = () => Promise.resolve(taken);
    },
  },
  {
    name: 'own-first',
    bug: 'the own stream is written before the gates are taken',
    world: 'enrollment',
    foundAs: ['gate-first'],
    transactor: (transactor) => {
      const steps = stepsOf(transactor);
      const takeAll = steps.takeAll.bind(transactor);
      const append = steps.append.bind(transactor);
      const owed = new Map<unknown, readonly unknown[]>();
      steps.takeAll = (...args) => {
        owed.set((args[2] as { commandId: string }).commandId, args);
        return Promise.resolve(taken);
      };
      steps.append = async (at, events, by) => {
        const result = await append(at, events, by);
        const args = owed.get((by as unknown as { commandId: string }).commandId);
        if (by.step === 'own' && result.outcome === 'appended' && args) await takeAll(...args);
        return result;
      };
    },
  },
  {
    name: 'answer-before-commit',
    bug: 'an append is answered while it still waits to be written',
    world: 'enrollment',
    foundAs: ['acknowledged', 'gate-first', 'refusals'],
    store: (inner, { scheduler, life }) =>
      appending(inner, async (stream, expected, events) => {
        if ((await endOf(inner, stream)) !== expected) return inner.append(stream, expected, events);
        scheduler.after(
          5,
          life,
          () => `the write of ${stream} reaches the disk`,
          () => void inner.append(stream, expected, events),
        );
        const revision = (expected === 'none' ? -1n : expected) + BigInt(events.length);
        return { outcome: 'appended', revision, position: (await inner.head()) + BigInt(events.length), repeated: false };
      }),
  },
  {
    name: 'no-recovery',
    bug: 'what a crashed writer took is never looked for',
    world: 'enrollment',
    seed: 76,
    foundAs: ['no-stuck-gate'],
    noRecovery: true,
  },
  {
    name: 'stale-cache',
    bug: 'a stream that was read once is never read again before a decision',
    world: 'enrollment',
    foundAs: ['no-stuck-gate', 'refusals', 'liveness'],
    transactor: (transactor) => {
      const steps = stepsOf(transactor);
      const load = steps.load.bind(transactor);
      const fresh = new Map<string, Promise<{ readonly revision: bigint }>>();
      steps.load = (source) => {
        const known = fresh.get(source.stream) ?? load(source);
        if (source.stream.startsWith('learner-')) fresh.set(source.stream, known);
        return known;
      };
    },
  },
  {
    name: 'keeps-refused',
    bug: 'gates taken for a command that is then refused stay taken, and its abandoned attempts are not told apart',
    world: 'enrollment',
    seed: 68,
    foundAs: ['no-stuck-gate'],
    transactor: (transactor) => {
      stepsOf(transactor).undo = (_takes, _context, _commandId, outcome) => Promise.resolve(outcome);
    },
  },
  {
    name: 'checkpoint-first',
    bug: 'a checkpoint is committed before the rows that it stands for',
    world: 'enrollment',
    foundAs: ['views'],
    readStore: checkpointFirst,
  },
  {
    name: 'lost-wakeup',
    bug: 'a subscription misses a notification, and nobody looks without one',
    world: 'enrollment',
    seed: 58,
    foundAs: ['liveness'],
    deaf: true,
  },
];
