import type { Clock, Timer } from '../../libs/ports/clock.ts';
import type { EventStore } from '../../libs/ports/event-store.ts';
import { Bell, follow } from '../../libs/ports/follow.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import type { Dice } from './dice.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** What the adversary may do to one port call. 0 in the array of faults is none of them. */
export const faultKinds = [
  'crash-before',
  'crash-after',
  'answer-lost',
  'request-lost',
  'answer-late',
  'duplicate',
  'stalled',
  'clock-jump',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Milliseconds by which a clock is set, forward and back. */
const jumps = [40_000, -5_000, 700_000, -90_000, 3_000, -700_000];

export interface Adversary {
  readonly dice: Dice;
  /** False once faults ended. */
  active: boolean;
  readonly count: (kind: FaultKind) => void;
  readonly crash: (life: Life) => void;
  /** Sets a process's clock, or the store's. */
  readonly setClock: (life: Life, ms: number) => void;
}

/** Every port call of one life of one process goes through here: it waits to be picked, and the adversary may have its way with it. */
export class Wire {
  readonly #scheduler: Scheduler;
  readonly #adversary: Adversary;
  readonly life: Life;

  constructor(scheduler: Scheduler, adversary: Adversary, life: Life) {
    this.#scheduler = scheduler;
    this.#adversary = adversary;
    this.life = life;
  }

  /** `writes` may arrive after their sender died, or twice; a read that is late or repeated only tells the dead. */
  call<T>(label: () => string, effect: () => Promise<T>, writes = false): Promise<T> {
    const { life } = this;
    const scheduler = this.#scheduler;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answer = (result: Promise<T>): void => void result.then(resolve, reject);
    const broken = (): void => reject(new StoreFault('STORE_BROKEN', 'the connection broke'));
    if (!life.alive) return promise;

    scheduler.post(life, label, () => {
      const { kind, size } = this.#fault();
      const tell = (what: string): void => scheduler.watch?.(() => `  ⚡ ${what}`);
      switch (kind) {
        case 'crash-before':
          tell(`${life.name} dies before it`);
          // What was sent may still arrive when nobody is there to hear the answer.
          if (writes && size % 2 === 1)
            scheduler.after(
              45_000,
              null,
              () => `late from the dead ${life.name}: ${label()}`,
              () => void effect(),
            );
          this.#adversary.crash(life);
          return;
        case 'crash-after':
          tell(`${life.name} dies after it`);
          void effect().catch(() => {});
          this.#adversary.crash(life);
          return;
        case 'answer-lost':
          tell('done, but its answer is lost');
          void effect().then(broken, broken);
          return;
        case 'request-lost':
          tell('lost on its way');
          broken();
          return;
        case 'answer-late': {
          tell('done, its answer comes later');
          const result = effect();
          result.catch(() => {});
          scheduler.post(
            life,
            () => `answer to ${label()}`,
            () => answer(result),
          );
          return;
        }
        case 'duplicate':
          tell('it will arrive again');
          if (writes)
            scheduler.after(
              size * 20_000,
              null,
              () => `again: ${label()}`,
              () => void effect().catch(() => {}),
            );
          break;
        case 'stalled':
          tell('it is stalled');
          scheduler.after(
            31_000 + size * 15_000,
            writes ? null : life,
            () => `stalled: ${label()}`,
            () => {
              const result = effect();
              result.catch(() => {});
              if (life.alive) answer(result);
            },
          );
          return;
        case 'clock-jump':
          tell(`a clock is set by ${jumps[size % jumps.length]!} ms`);
          this.#adversary.setClock(life, jumps[size % jumps.length]!);
          break;
        case null:
          break;
        default:
          kind satisfies never;
      }
      answer(effect());
    });
    return promise;
  }

  #fault(): { readonly kind: FaultKind | null; readonly size: number } {
    const adversary = this.#adversary;
    const drawn = adversary.active ? adversary.dice.next() : 0;
    if (drawn === 0) return { kind: null, size: 0 };
    const kind = faultKinds[(drawn - 1) % faultKinds.length]!;
    adversary.count(kind);
    return { kind, size: Math.floor((drawn - 1) / faultKinds.length) };
  }
}

const short = (stream: string): string => (stream.startsWith('claim-') ? stream.slice(0, stream.lastIndexOf('-') + 7) : stream);

/** The durable store as one process sees it. */
export function wiredStore(inner: EventStore, wire: Wire, bell: Bell): EventStore {
  const store: EventStore = {
    append: (stream, expected, events) =>
      wire.call(
        () => `append ${short(stream)} at ${expected}: ${events.map((e) => e.type).join(', ')}`,
        () => inner.append(stream, expected, events),
        true,
      ),
    readStream: (stream, options) =>
      wire.call(
        () => `read ${short(stream)} from ${options?.from ?? 0n}`,
        () => inner.readStream(stream, options),
      ),
    readAll: (after, options) =>
      wire.call(
        () => `read the log after ${after}`,
        () => inner.readAll(after, options),
      ),
    subscribe: (after, options = {}) =>
      follow({ bell, closed: () => !wire.life.alive, readAll: (from) => store.readAll(from, options) }, after, options.signal),
    head: () =>
      wire.call(
        () => 'head of the log',
        () => inner.head(),
      ),
    close: () => Promise.resolve(),
  };
  return store;
}

export const wiredVault = (inner: KeyVault, wire: Wire): KeyVault => ({
  ...inner,
  obtain: (subjectId, purpose) =>
    wire.call(
      () => `key of ${subjectId} for ${purpose}`,
      () => inner.obtain(subjectId, purpose),
      true,
    ),
  shred: (subjectId, purposes) =>
    wire.call(
      () => `shred ${purposes.join(' and ')} of ${subjectId}`,
      () => inner.shred(subjectId, purposes),
      true,
    ),
});

export const wiredTimer = (scheduler: Scheduler, life: Life): Timer => ({
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (!life.alive) return;
      if (signal?.aborted) return resolve();
      // Who sleeps for ever is woken by the signal alone.
      if (ms === Infinity) return signal?.addEventListener('abort', () => resolve(), { once: true });
      const forget = scheduler.after(
        ms,
        life,
        () => `${life.name} slept ${Math.round(ms)} ms`,
        () => resolve(),
      );
      const wake = (): void => {
        forget();
        resolve();
      };
      signal?.addEventListener('abort', wake, { once: true });
    }),
});

export const wiredClock = (scheduler: Scheduler, offset: () => number): Clock => ({ now: () => scheduler.now + offset() });
