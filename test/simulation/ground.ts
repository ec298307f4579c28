import { createMemoryKeyVault, type DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import { claimsOf, type ClaimKind } from '../../libs/kernel/claim.ts';
import type { Clock, Timer } from '../../libs/ports/clock.ts';
import type { EventStore, WholeStreams } from '../../libs/ports/event-store.ts';
import { Bell } from '../../libs/ports/follow.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Books } from './books/books.ts';
import { randomOf, type Dice } from './dice.ts';
import type { Plant } from './plants/plant.ts';
import { Wire, wiredClock, wiredStore, wiredTimer, wiredVault, type Adversary } from './ports.ts';
import { start, type Past, type Realm } from './realms.ts';
import { Scheduler, type Life } from './scheduler.ts';
import { Tally } from './tally.ts';

/** Something that lives, may die at any port call, and starts again from what is durable. */
export interface Process {
  readonly name: string;
  /** Milliseconds by which its clock is off. */
  skew: number;
  boot(): void;
  /** What it awaited will never come: the ground sees to that before it asks. */
  died(): void;
}

export interface Ports {
  readonly store: EventStore;
  readonly vault: KeyVault;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly wire: Wire;
}

/** What a world stands on: time, what is durable, the adversary, and the checkers' books. Processes come and go on it. */
export class Ground {
  readonly scheduler: Scheduler;
  readonly adversary: Adversary;
  readonly tally = new Tally();
  readonly story: string[] = [];
  readonly durable: EventStore & WholeStreams;
  readonly keys: DurableKeys;
  readonly books: Books;
  readonly realm: Realm;
  readonly plant: Plant | null;
  /** For what no choice is drawn for: jitter, and how long a restart takes. */
  readonly random = randomOf(7);
  readonly hmac: (domain: string, text: string) => string;
  /** Hears of every append that took effect. */
  readonly onAppend = new Set<() => void>();
  failure: Error | null = null;
  storeSkew = 0;
  readonly #living = new Map<Life, Process>();

  constructor(realm: Realm, past: Past, choices: Dice, faults: Dice, plant: Plant | null, trace: boolean) {
    this.realm = realm;
    this.plant = plant;
    this.keys = new Map(past.keys);
    this.scheduler = new Scheduler(choices, start);
    this.durable = new MemoryEventStore({ now: () => this.scheduler.now + this.storeSkew });
    const oracle = this.openVault();
    this.hmac = (domain, text) => oracle.hmac(domain, text);
    this.books = new Books(
      (institutionId, kind, value) => claimsOf(institutionId, this.hmac).streamOf(kind as ClaimKind, value),
      past.adultOn,
    );
    this.adversary = {
      dice: faults,
      active: true,
      count: (kind) => this.tally.add(`fault ${kind}`),
      crash: (life) => this.#crash(life),
      setClock: (life, ms) => this.#setClock(life, ms),
    };
    if (trace) {
      this.scheduler.watch = (label) => {
        const seconds = ((this.scheduler.now - start) / 1000).toFixed(2);
        this.story.push(`${seconds.padStart(9)}s  ${label()}`);
      };
    }
  }

  openVault(): KeyVault {
    return createMemoryKeyVault({ seed: 'world', durable: this.keys });
  }

  tell(label: () => string): void {
    this.scheduler.watch?.(label);
  }

  fail(error: Error): void {
    this.failure ??= error;
  }

  /** Steps until `done`; throws what went wrong meanwhile. */
  async until(done: () => boolean, limit: number): Promise<void> {
    await this.scheduler.run(limit, () => this.failure !== null || done());
    if (this.failure) throw this.failure;
  }

  /** Reads what the log gained, as soon as it is there. */
  async audit(): Promise<void> {
    const page = await this.durable.readAll(this.books.head);
    // Two appends of one tick look at the same moment: the first tells of both.
    const events = page.events.filter(({ position }) => position > this.books.head);
    if (events.length === 0) return;
    for (const event of events) this.tell(() => `  ✎ ${event.position} ${event.type} on ${event.stream}@${event.revision}`);
    this.books.read(events);
    for (const hear of this.onAppend) hear();
  }

  // ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A new life for a process, with ports of its own. */
  live(process: Process): { readonly life: Life; readonly ports: Ports } {
    const life: Life = { name: process.name, alive: true };
    this.#living.set(life, process);
    const wire = new Wire(this.scheduler, this.adversary, life);
    const engine = this.plant?.store?.(this.durable, { scheduler: this.scheduler, life }) ?? this.durable;
    const vault = wiredVault(this.openVault(), wire);
    const ports: Ports = {
      store: this.#noted(wiredStore(this.#audited(engine), wire, new Bell())),
      vault,
      codec: new Codec(vault),
      clock: wiredClock(this.scheduler, () => process.skew),
      timer: wiredTimer(this.scheduler, life),
      wire,
    };
    return { life, ports };
  }

  #crash(life: Life): void {
    const process = this.#living.get(life);
    if (!process || !life.alive) return;
    this.tally.add('crashes');
    this.tally.add(`crashes of ${process.name.split(' ')[0]}s`);
    life.alive = false;
    this.#living.delete(life);
    this.scheduler.bury();
    process.died();
    this.scheduler.after(
      500 + (this.random() % 20_000),
      null,
      () => `${process.name} starts again`,
      () => {
        if (![...this.#living.values()].includes(process)) process.boot();
      },
    );
  }

  #setClock(life: Life, ms: number): void {
    const process = this.#living.get(life);
    // Every third time it is the log's clock that moves.
    if (process && this.random() % 3 !== 0) process.skew += ms;
    else this.storeSkew += ms;
  }

  /** Faults end: clocks agree again and whoever is dead starts. */
  heal(processes: readonly Process[]): void {
    this.adversary.active = false;
    this.storeSkew = 0;
    const living = [...this.#living.values()];
    for (const process of processes) {
      process.skew = 0;
      if (!living.includes(process)) process.boot();
    }
  }

  /** The checkers see every event in the step that wrote it, whoever wrote it. */
  #audited(engine: EventStore): EventStore {
    return {
      readStream: (stream, options) => engine.readStream(stream, options),
      readAll: (after, options) => engine.readAll(after, options),
      subscribe: (after, options) => engine.subscribe(after, options),
      head: () => engine.head(),
      close: () => engine.close(),
      append: async (stream, expected, events) => {
        const result = await engine.append(stream, expected, events);
        if (result.outcome === 'conflict') this.tally.add('conflicts');
        else if (result.repeated) this.tally.add('repeated appends');
        await this.audit().catch((error: unknown) => this.fail(error as Error));
        return result;
      },
    };
  }

  /** What somebody means to append stands in the books before it is sent. */
  #noted(store: EventStore): EventStore {
    return {
      ...store,
      append: (stream, expected, events) => {
        this.books.requested(events);
        return store.append(stream, expected, events);
      },
    };
  }
}
