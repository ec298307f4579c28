import { DatabaseSync } from 'node:sqlite';
import { createMemoryKeyVault, type DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import { sqliteReadStoreOver, type SqliteReadStore } from '../../libs/adapters/sqlite/read-store.ts';
import type { EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import { claimsOf } from '../../libs/contexts/enrollment/gates.ts';
import { planEnrollment, planLearner, type Opening } from '../../libs/contexts/enrollment/plans.ts';
import type { LearnerCommand } from '../../libs/contexts/enrollment/learner.ts';
import { catalog, type LedgerEvent } from '../../libs/events/events.ts';
import { effectiveOf } from '../../libs/kernel/decider.ts';
import { eventId } from '../../libs/kernel/ids.ts';
import type { Refusal } from '../../libs/kernel/refusal.ts';
import { startOfDay } from '../../libs/kernel/time.ts';
import type { Timer } from '../../libs/ports/clock.ts';
import type { EventStore, WholeStreams } from '../../libs/ports/event-store.ts';
import type { ReadQueries, ReadStore } from '../../libs/ports/read-store.ts';
import type { View, ViewStore } from '../../libs/ports/view.ts';
import { Projection, type ProjectionOptions } from '../../libs/projection/engine.ts';
import { ViewReader } from '../../libs/projection/view-reader.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Transactor, type Answer } from '../../libs/runtime/transact.ts';

export const zone = 'Asia/Shanghai';

/** A clock that stands still until told otherwise. */
export class StillClock {
  ms: number;

  constructor(date: string) {
    this.ms = Date.parse(startOfDay(date, zone));
  }

  now(): number {
    return this.ms;
  }
}

/** Sleeps end when the test says so. */
export class HeldTimer implements Timer {
  readonly #sleeping = new Set<{ ms: number; wake: () => void }>();

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms === 0 || signal?.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = {
      ms,
      wake: () => {
        this.#sleeping.delete(sleeper);
        resolve();
      },
    };
    this.#sleeping.add(sleeper);
    signal?.addEventListener('abort', sleeper.wake, { once: true });
    return promise;
  }

  /** Ends every sleep of at most so many milliseconds. */
  pass(ms = Infinity): void {
    for (const sleeper of this.#sleeping) if (sleeper.ms <= ms) sleeper.wake();
  }
}

export interface Said {
  readonly subjectId?: string | null;
  readonly institutionId?: string;
  readonly commandId?: string;
  readonly by?: string;
  /** Plain date; today where absent. */
  readonly on?: string;
  readonly reason?: { readonly code: string; readonly text?: string };
}

let commands = 0;

/** A ledger in memory: events put on it as they are, or through the contexts' own decisions. */
export class TestLedger {
  readonly clock: StillClock;
  readonly keys: DurableKeys = new Map();
  readonly vault = createMemoryKeyVault({ seed: 'test', durable: this.keys });
  readonly codec = new Codec(this.vault);
  readonly store: EventStore & WholeStreams;
  readonly claims = claimsOf('college', (domain, text) => this.vault.hmac(domain, text));
  readonly transactor: Transactor;

  constructor(today = '2025-08-01', store?: EventStore & WholeStreams) {
    this.clock = new StillClock(today);
    this.store = store ?? new MemoryEventStore(this.clock);
    const { codec, clock } = this;
    const timer = { sleep: () => Promise.resolve() };
    this.transactor = new Transactor({ store: this.store, codec, clock, timer, entropy: { random: () => 0 } });
  }

  /** The day that it is. */
  set today(date: string) {
    this.clock.ms = Math.max(this.clock.ms + 1000, Date.parse(startOfDay(date, zone)));
  }

  /** Puts events on a stream, undecided. Answers the position of the last. */
  async say(stream: string, events: readonly LedgerEvent[], said: Said = {}): Promise<bigint> {
    this.clock.ms += 1000;
    const now = new Date(this.clock.ms).toISOString();
    const commandId = said.commandId ?? `said-${(commands += 1)}`;
    const there = await this.store.readStream(stream, { backwards: true, limit: 1 });
    const subjectId =
      said.subjectId === undefined ? (stream.startsWith('learner-') ? stream.slice('learner-'.length) : null) : said.subjectId;
    const encoded = await Promise.all(
      events.map((event, index) =>
        this.codec.encode({
          id: eventId(commandId, stream, `own-${there[0]?.revision ?? -1n}`, index),
          type: event.type,
          version: catalog[event.type].version,
          stream,
          effectiveAt: effectiveOf(event) ?? (said.on === undefined ? now : startOfDay(said.on, zone)),
          decidedAt: now,
          actor: { personId: said.by ?? 'zhao', role: 'registrar', organizationId: null },
          ...(said.reason ? { reason: said.reason } : {}),
          commandId,
          commandDigest: `digest-${commandId}`,
          correlationId: commandId,
          causationId: commandId,
          institutionId: said.institutionId ?? 'college',
          subjectId,
          basis: [],
          data: event.data,
        }),
      ),
    );
    const appended = await this.store.append(stream, there[0]?.revision ?? 'none', encoded);
    if (appended.outcome === 'conflict') throw new Error(`somebody else wrote to ${stream}`);
    return appended.position;
  }

  /** Lets the context decide about an enrollment. */
  enroll(
    enrollmentId: string,
    command: EnrollmentCommand,
    said: Said & { readonly opening?: Opening } = {},
  ): Promise<Answer | Refusal> {
    const context = { institutionId: said.institutionId ?? 'college', claims: this.claims };
    return this.transactor.transact(this.#context(said), () => planEnrollment(enrollmentId, command, context, said.opening));
  }

  /** Lets the context decide about a learner. */
  about(learnerId: string, command: LearnerCommand, said: Said = {}): Promise<Answer | Refusal> {
    return this.transactor.transact(this.#context(said), () => planLearner(learnerId, command, said.institutionId ?? 'college'));
  }

  #context(said: Said): Parameters<Transactor['transact']>[0] {
    this.clock.ms += 1000;
    const commandId = said.commandId ?? `command-${(commands += 1)}`;
    return {
      commandId,
      digest: `digest-${commandId}`,
      actor: { personId: said.by ?? 'zhao', role: 'registrar', organizationId: null },
      institutionId: said.institutionId ?? 'college',
      zone,
      ...(said.on === undefined ? {} : { effectiveAt: startOfDay(said.on, zone) }),
      ...(said.reason ? { reason: said.reason } : {}),
      correlationId: commandId,
      causationId: commandId,
    };
  }
}

/** Read stores in memory whose databases outlive a simulated crash. */
export class TestStores implements Record<ViewStore, SqliteReadStore> {
  views = sqliteReadStoreOver(new DatabaseSync(':memory:'));
  directory = sqliteReadStoreOver(new DatabaseSync(':memory:'), { clearText: true });

  /** What a process had open is gone; what it had committed is there. */
  crash(): void {
    this.views = sqliteReadStoreOver(this.views.abandon());
    this.directory = sqliteReadStoreOver(this.directory.abandon(), { clearText: true });
  }

  async close(): Promise<void> {
    await this.views.close();
    await this.directory.close();
  }

  read<T>(views: View | readonly View[], query: (db: ReadQueries) => Promise<T>): Promise<T> {
    const store = ('name' in views ? views : views[0]!).store;
    return new ViewReader(this[store]).read(views, query);
  }
}

/** The engine over a ledger in memory, prepared and not running: tests turn it themselves. */
export async function project(
  ledger: TestLedger,
  stores: Readonly<Record<ViewStore, ReadStore>>,
  views: readonly View[],
  more: Partial<ProjectionOptions> = {},
): Promise<Projection> {
  const { store: events, codec: decoder, clock } = ledger;
  const projection = new Projection({ events, decoder, stores, views, clock, timer: new HeldTimer(), ...more });
  await projection.prepare();
  return projection;
}

/** Turns a projection that nobody started until something of it is done. */
export async function driven<T>(projection: Projection, work: Promise<T>): Promise<T> {
  const state = { over: false };
  const settled = work.finally(() => (state.over = true));
  settled.catch(() => undefined);
  while (!state.over) {
    await projection.catchUp();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}
