import { createMemoryKeyVault, type DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import { claimsOf, takesOf } from '../../libs/contexts/enrollment/gates.ts';
import { catalog, type LedgerEventType } from '../../libs/events/events.ts';
import { eventId } from '../../libs/kernel/ids.ts';
import { isRefusal, type Refusal } from '../../libs/kernel/refusal.ts';
import type { Purpose } from '../../libs/kernel/purposes.ts';
import { Bell } from '../../libs/ports/follow.ts';
import type { EventStore, StoredEvent } from '../../libs/ports/event-store.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Transactor, abandonedAfterMs, type Answer, type CommandContext, type Runtime } from '../../libs/runtime/transact.ts';
import { Books, Violation } from './books.ts';
import { randomOf, type Dice } from './dice.ts';
import { Office, classIds, clerks, institutions, type Desk, type Intent, type Order } from './orders.ts';
import { Wire, faultKinds, wiredClock, wiredStore, wiredTimer, wiredVault, type Adversary, type FaultKind } from './ports.ts';
import type { Plant } from './plants.ts';
import { Scheduler, Stuck, type Life } from './scheduler.ts';
import { checkTruth } from './truth.ts';

/** One world: what the registrars mean to do, who goes next, and what goes wrong. The same plan is the same run. */
export interface WorldPlan {
  readonly script: readonly Intent[];
  readonly choices: Dice;
  readonly faults: Dice;
  readonly processes: number;
}

/** What happened, so that one sees whether worlds reach the places where things go wrong. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, n = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + n);
  }

  addAll(other: Tally): void {
    for (const [what, n] of other.counts) this.add(what, n);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}

export interface Options {
  readonly plant?: Plant | null;
  /** Keeps a readable story of every step. */
  readonly trace?: boolean;
}

export interface Outcome {
  readonly failure: { readonly rule: string; readonly message: string } | null;
  readonly tally: Tally;
  readonly story: readonly string[];
  readonly steps: number;
}

const start = Date.UTC(2026, 8, 1, 0, 0, 0);
/** Far more than any world needs: whoever goes on for longer turns in a circle. */
const maxSteps = 60_000;
const patienceMs = 25_000;

type Heard = { readonly answer: Answer | Refusal } | 'lost';

/** One process of the ledger. It can die at any port call; what it was doing then never goes on. */
class Server {
  readonly name: string;
  life: Life;
  transactor!: Transactor;
  codec!: Codec;
  vault!: KeyVault;
  /** Milliseconds by which its clock is off. */
  skew = 0;
  /** Requests under way, told that they were lost when it dies. */
  readonly open = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
    this.life = { name, alive: false };
  }
}

export class World {
  readonly #plan: WorldPlan;
  readonly #plant: Plant | null;
  readonly #scheduler: Scheduler;
  readonly #adversary: Adversary;
  readonly #tally = new Tally();
  readonly #story: string[] = [];
  readonly #servers: Server[];
  readonly #durable: EventStore;
  readonly #keys: DurableKeys = new Map();
  readonly #oracle: KeyVault;
  readonly #bell = new Bell();
  readonly #books: Books;
  readonly #office: Office;
  readonly #random: () => number;
  #read = 0n;
  #storeSkew = 0;
  #failure: Error | null = null;
  #clients = 0;
  #closing = false;

  constructor(plan: WorldPlan, options: Options = {}) {
    this.#plan = plan;
    this.#plant = options.plant ?? null;
    this.#scheduler = new Scheduler(plan.choices, start);
    this.#random = randomOf(7);
    this.#adversary = {
      dice: plan.faults,
      active: true,
      count: (kind: FaultKind) => this.#tally.add(`fault ${kind}`),
      crash: (life) => this.#crash(life),
      setClock: (life, ms) => this.#setClock(life, ms),
    };
    this.#durable = new MemoryEventStore({ now: () => this.#scheduler.now + this.#storeSkew });
    this.#oracle = this.#openVault();
    const hmac = (domain: string, text: string): string => this.#oracle.hmac(domain, text);
    this.#books = new Books((institutionId, value) => claimsOf(institutionId, hmac).streamOf('student-number', value));
    this.#office = new Office(this.#books, hmac, () => this.#scheduler.now);
    this.#servers = Array.from({ length: plan.processes }, (_, i) => new Server(`server ${i + 1}`));
    if (options.trace) {
      this.#scheduler.watch = (label) => {
        const seconds = ((this.#scheduler.now - start) / 1000).toFixed(2);
        this.#story.push(`${seconds.padStart(9)}s  ${label()}`);
      };
    }
  }

  #openVault(): KeyVault {
    return createMemoryKeyVault({ seed: 'world', durable: this.#keys });
  }

  #tell(label: () => string): void {
    this.#scheduler.watch?.(label);
  }

  async run(): Promise<Outcome> {
    try {
      await this.#live();
    } catch (error) {
      this.#fail(error as Error);
    }
    const failure = this.#failure && {
      rule: this.#failure instanceof Violation ? this.#failure.rule : this.#failure instanceof Stuck ? 'liveness' : 'crash',
      message: this.#failure instanceof Violation ? this.#failure.message : (this.#failure.stack ?? this.#failure.message),
    };
    for (const [type, n] of this.#books.counts) this.#tally.add(`event ${type}`, n);
    this.#tally.add('steps', this.#scheduler.steps);
    return { failure, tally: this.#tally, story: this.#story, steps: this.#scheduler.steps };
  }

  async #live(): Promise<void> {
    for (const event of referenceData()) await this.#durable.append(event.stream, 'none', [event]);
    await this.#audit();
    for (const server of this.#servers) this.#boot(server);
    clerks.forEach((clerk, who) => {
      const intents = this.#plan.script.filter(([by]) => by % clerks.length === who);
      if (intents.length > 0) this.#client(clerk.personId, who, intents);
    });

    // Faults end when the registrars are done; then all work must end.
    await this.#until(() => this.#clients === 0);
    this.#adversary.active = false;
    this.#closing = true;
    this.#storeSkew = 0;
    for (const server of this.#servers) {
      server.skew = 0;
      if (!server.life.alive) this.#boot(server);
    }
    await this.#until(() => this.#scheduler.idle);

    // Whoever stays alive cleans up behind herself; recovery is for the dead.
    if (this.#unharmed()) {
      this.#tally.add('worlds without a fault');
      this.#books.settled();
    }
    if (!this.#plant?.noRecovery) {
      // The log's clock may have run ahead of everybody's.
      this.#scheduler.now = Math.max(this.#scheduler.now, Date.parse(this.#books.recordedAt)) + abandonedAfterMs + 1000;
      for (const server of this.#servers) this.#spawn(server, 'last recovery', () => this.#recover(server));
      await this.#until(() => this.#scheduler.idle);
    }
    await this.#audit();
    this.#books.settled();
    this.#shredded();
  }

  #unharmed(): boolean {
    return [...this.#tally.counts.keys()].every((what) => !what.startsWith('fault ')) && this.#tally.of('retries') === 0;
  }

  async #until(done: () => boolean): Promise<void> {
    await this.#scheduler.run(maxSteps, () => this.#failure !== null || done());
    if (this.#failure) throw this.#failure;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Reads what the log gained, as soon as it is there. */
  async #audit(): Promise<void> {
    const { events, scannedTo } = await this.#durable.readAll(this.#read);
    this.#read = scannedTo;
    if (events.length === 0) return;
    for (const event of events) this.#tell(() => `  ✎ ${event.position} ${event.type} on ${event.stream}@${event.revision}`);
    this.#books.read(events);
  }

  #shredded(): void {
    for (const learner of this.#books.learners.values()) {
      for (const purpose of learner.erased.now) {
        const kept = [...this.#keys.values()].find((k) => k.subjectId === learner.id && k.purpose === purpose && k.key !== null);
        if (kept) throw new Violation('erasure', `the ${purpose} key of ${learner.id} outlived its erasure`);
      }
    }
  }

  // ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #boot(server: Server): void {
    server.life = { name: server.name, alive: true };
    const { life } = server;
    const wire = new Wire(this.#scheduler, this.#adversary, life);
    const engine = this.#plant?.store?.(this.#durable, { scheduler: this.#scheduler, life }) ?? this.#durable;
    const store = this.#noting(wiredStore(this.#audited(engine), wire, this.#bell));
    server.vault = wiredVault(this.#openVault(), wire);
    server.codec = new Codec(server.vault);
    const runtime: Runtime = {
      store,
      codec: server.codec,
      clock: wiredClock(this.#scheduler, () => server.skew),
      timer: wiredTimer(this.#scheduler, life),
      entropy: { random: () => this.#random() / 2 ** 32 },
    };
    server.transactor = new Transactor(runtime, 50);
    this.#plant?.transactor?.(server.transactor);
    if (this.#closing || this.#plant?.noRecovery) return;
    this.#spawn(server, 'recovery', async () => {
      for (;;) {
        await this.#recover(server);
        await runtime.timer.sleep(20_000);
        if (this.#closing) return;
      }
    });
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
        if (result.outcome === 'conflict') this.#tally.add('conflicts');
        else if (result.repeated) this.#tally.add('repeated appends');
        await this.#audit().catch((error: unknown) => this.#fail(error as Error));
        return result;
      },
    };
  }

  #noting(store: EventStore): EventStore {
    return {
      ...store,
      append: (stream, expected, events) => {
        this.#books.requested(events);
        return store.append(stream, expected, events);
      },
    };
  }

  #crash(life: Life): void {
    const server = this.#servers.find((s) => s.life === life);
    if (!server) return;
    this.#tally.add('crashes');
    life.alive = false;
    this.#scheduler.bury();
    for (const lost of server.open) lost();
    server.open.clear();
    this.#scheduler.after(
      500 + (this.#random() % 20_000),
      null,
      () => `${server.name} starts again`,
      () => {
        if (!server.life.alive) this.#boot(server);
      },
    );
  }

  #setClock(life: Life, ms: number): void {
    const server = this.#servers.find((s) => s.life === life);
    // Every third time it is the log's clock that moves.
    if (server && this.#random() % 3 !== 0) server.skew += ms;
    else this.#storeSkew += ms;
  }

  /** Runs something in a process. Faults of its ports end it; anything else that it throws is a finding. */
  #spawn(server: Server, name: string, work: () => Promise<void>): void {
    const { life } = server;
    void work().catch((error: unknown) => {
      if (!life.alive || this.#isFault(error)) this.#tell(() => `  ${server.name}: ${name} failed: ${(error as Error).message}`);
      else this.#fail(error as Error);
      if (name === 'recovery' && life.alive && !this.#closing)
        this.#scheduler.after(
          5_000,
          life,
          () => `${server.name} recovers again`,
          () => this.#spawn(server, name, () => this.#recoverForever(server)),
        );
    });
  }

  async #recoverForever(server: Server): Promise<void> {
    for (;;) {
      await this.#recover(server);
      await wiredTimer(this.#scheduler, server.life).sleep(20_000);
      if (this.#closing) return;
    }
  }

  #isFault(error: unknown): boolean {
    return (
      (error instanceof StoreFault && error.code === 'STORE_BROKEN') ||
      (error instanceof Error && error.message.includes('recovery will release it'))
    );
  }

  /** Lets go of what crashed writers took, and shreds what was to be erased. */
  async #recover(server: Server): Promise<void> {
    const { transactor, codec } = server;
    const wire = new Wire(this.#scheduler, this.#adversary, server.life);
    const store = this.#noting(
      wiredStore(
        this.#audited(this.#plant?.store?.(this.#durable, { scheduler: this.#scheduler, life: server.life }) ?? this.#durable),
        wire,
        this.#bell,
      ),
    );
    let after = 0n;
    const seen = new Set<string>();
    for (;;) {
      const page = await store.readAll(after, {
        types: ['ClaimTaken', 'EnrollmentOpened', 'EnrollmentClosing', 'PersonalDataErased'],
        limit: 500,
      });
      for (const stored of page.events) {
        const event = codec.decode(stored);
        if (event.type === 'PersonalDataErased') {
          await server.vault.shred(event.stream.slice('learner-'.length), (event.data as { purposes: Purpose[] }).purposes);
          continue;
        }
        if (Date.parse(event.recordedAt) + abandonedAfterMs > this.#scheduler.now + server.skew) continue;
        const claims = claimsOf(event.institutionId, (domain, text) => server.vault.hmac(domain, text));
        for (const take of takesOf(claims, event)) {
          const same = `${take.stream} ${take.owner.stream} ${String(take.holds)}`;
          if (seen.has(same)) continue;
          seen.add(same);
          const result = await transactor.release(take, this.#systemContext(event.institutionId), 'recovery');
          if (result === 'released') this.#tally.add('released by recovery');
        }
      }
      after = page.scannedTo;
      if (page.end) return;
    }
  }

  #systemContext(institutionId: string): CommandContext {
    return {
      commandId: 'recovery',
      digest: 'recovery',
      actor: { personId: 'ledger', role: 'system', organizationId: null },
      institutionId,
      zone: 'Asia/Shanghai',
      correlationId: 'recovery',
      causationId: 'recovery',
    };
  }

  // ── registrars ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  #client(name: string, who: number, intents: readonly Intent[]): void {
    this.#clients++;
    const life: Life = { name, alive: true };
    const timer = wiredTimer(this.#scheduler, life);
    const work = async (): Promise<void> => {
      for (const [index, intent] of intents.entries()) {
        const orders = this.#office.orders(`c${who}${String(index).padStart(3, '0')}`, intent);
        if (orders.length === 0) continue;
        await Promise.all(orders.map((order) => this.#pursue(order, life, intent)));
        await timer.sleep(intent[4] % 4 === 0 ? 4_000 : 40);
      }
    };
    void work()
      .catch((error: unknown) => this.#fail(error as Error))
      .finally(() => {
        this.#clients--;
      });
  }

  /** Sends an order until it is answered, or until its registrar has had enough and never learns what became of it. */
  async #pursue(order: Order, life: Life, intent: Intent): Promise<void> {
    this.#books.expect(order.key, order.about);
    this.#tally.add('commands');
    this.#tally.add(`order ${order.what}`);
    const givesUp = intent[4] % 9 === 8;
    const from = this.#books.head;
    const timer = wiredTimer(this.#scheduler, life);
    for (let delivery = 0; delivery < 40; delivery++) {
      if (delivery > 0) this.#tally.add('retries');
      const enough = new AbortController();
      const heard = await Promise.race([
        this.#send(order, delivery, from, life),
        timer.sleep(patienceMs * 2 ** Math.min(delivery, 6), enough.signal).then((): Heard => 'lost'),
      ]);
      enough.abort();
      if (heard !== 'lost') {
        const busy = isRefusal(heard.answer) && heard.answer.refused === 'TOO_BUSY';
        if (!busy) return;
      }
      if (givesUp && delivery > 0) {
        this.#tally.add('given up');
        return;
      }
      await timer.sleep(200 * 2 ** Math.min(delivery, 7));
    }
    throw new Stuck(`${order.what} under ${order.key} was sent 40 times and never answered`);
  }

  #send(order: Order, delivery: number, from: bigint, life: Life): Promise<Heard> {
    const { promise, resolve } = Promise.withResolvers<Heard>();
    const who = Number(order.key[1]) + delivery;
    const drawn = this.#adversary.active ? this.#adversary.dice.next() : 0;
    const fault = drawn === 0 ? null : faultKinds[(drawn - 1) % faultKinds.length]!;
    this.#scheduler.post(
      life,
      () => `${life.name} sends ${order.what} (${order.key}, delivery ${delivery + 1})`,
      () => {
        if (fault === 'request-lost') return resolve('lost');
        const deaf = fault === 'answer-lost';
        if (fault) this.#adversary.count(fault);
        if (deaf || fault === 'duplicate') this.#tally.add(deaf ? 'answers lost to clients' : 'duplicate deliveries');
        this.#serve(order, who, delivery, from, (heard) => {
          if (!deaf)
            this.#scheduler.post(
              life,
              () => `${life.name} hears of ${order.key}: ${told(heard)}`,
              () => resolve(heard),
            );
        });
        // The same request once more, at the same moment and wherever it may land.
        if (fault === 'duplicate') this.#serve(order, who + 1, delivery, from, () => {});
      },
    );
    return promise;
  }

  #serve(order: Order, who: number, delivery: number, from: bigint, tell: (heard: Heard) => void): void {
    const server = this.#servers[who % this.#servers.length]!;
    const { life } = server;
    if (!life.alive) return tell('lost');
    let told = false;
    const lost = (): void => {
      if (!told) tell('lost');
      told = true;
    };
    server.open.add(lost);
    const began = this.#books.head;
    const desk: Desk = {
      transactor: server.transactor,
      codec: server.codec,
      hmac: (domain, text) => server.vault.hmac(domain, text),
    };
    const commandId = this.#plant?.commandId?.(order.key, delivery) ?? order.key;
    const context: CommandContext = {
      commandId,
      digest: this.#office.digestOf(order),
      actor: { personId: order.clerk.personId, role: 'registrar', organizationId: null },
      institutionId: order.clerk.institutionId,
      zone: 'Asia/Shanghai',
      correlationId: order.key,
      causationId: order.key,
      ...(order.effectiveAt === undefined ? {} : { effectiveAt: order.effectiveAt }),
      ...(order.ifMatch === undefined ? {} : { ifMatch: order.ifMatch }),
      ...(order.dryRun ? { dryRun: true } : {}),
    };
    const work = async (): Promise<void> => {
      const answer = await server.transactor.transact(context, (attempt) => order.plan(desk, attempt));
      if (!isRefusal(answer) && answer.events.includes('PersonalDataErased')) await this.#shred(server, answer.stream);
      if (!life.alive) return;
      this.#answered(order, answer, { from, began });
      server.open.delete(lost);
      if (!told) tell({ answer });
      told = true;
    };
    this.#spawn(server, order.what, async () => {
      try {
        await work();
      } catch (error) {
        server.open.delete(lost);
        lost();
        throw error;
      }
    });
  }

  async #shred(server: Server, stream: string): Promise<void> {
    const learner = this.#books.learners.get(stream.slice('learner-'.length));
    if (learner) await server.vault.shred(learner.id, learner.erased.now as Purpose[]);
  }

  /** Holds an answer against the log, in the moment in which it is given. */
  #answered(order: Order, answer: Answer | Refusal, window: { readonly from: bigint; readonly began: bigint }): void {
    try {
      if (isRefusal(answer)) this.#tally.add(`refused ${answer.refused}`);
      else if (answer.events.length === 0) this.#tally.add('nothing to do');
      else {
        this.#tally.add(answer.repeated ? 'answered again' : 'done');
        if (answer.commandId !== order.key) this.#tally.add('done in a later attempt');
      }
      checkTruth(this.#books, order, answer, window);
    } catch (error) {
      this.#fail(error as Error);
    }
  }
}

const told = (heard: Heard): string => {
  if (heard === 'lost') return 'nothing';
  const { answer } = heard;
  return isRefusal(answer)
    ? `${answer.refused} ${JSON.stringify(answer.facts)}`
    : `${answer.events.join(', ') || 'nothing to do'}${answer.repeated ? ' (again)' : ''}`;
};

/** Programs, classes and calendars, as if recorded long ago. The same for every world. */
let reference: readonly StoredEvent[] | null = null;
function referenceData(): readonly StoredEvent[] {
  reference ??= institutions.flatMap((institutionId) => {
    const event = (stream: string, type: LedgerEventType, data: object): StoredEvent => {
      const id = eventId('reference', stream, 'own', 0);
      const at = new Date(start - 86_400_000).toISOString();
      const json = JSON.stringify({
        id,
        type,
        version: catalog[type].version,
        stream,
        effectiveAt: at,
        decidedAt: at,
        actor: { personId: 'ledger', role: 'system', organizationId: null },
        commandId: 'reference',
        commandDigest: 'reference',
        correlationId: 'reference',
        causationId: 'reference',
        institutionId,
        subjectId: null,
        basis: [],
        data,
      });
      return { id, type, json, stream, revision: 0n, position: 0n, recordedAt: at };
    };
    const name = { zh: '专业', en: 'program' };
    const plainClass = { kind: 'administrative', name: '', programId: null, course: null, term: null };
    const common = { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36, entranceScore: null };
    return [
      event(`calendar-${institutionId}`, 'CalendarPublished', {
        years: [
          {
            name: '2026-2027',
            from: '2026-09-01',
            to: '2027-08-31',
            terms: [{ name: '1', from: '2026-09-01', to: '2027-01-31' }],
          },
        ],
        holidays: [],
      }),
      event(`program-p1${institutionId}`, 'ProgramPublished', common),
      event(`program-p2${institutionId}`, 'ProgramPublished', { ...common, code: '530702' }),
      ...classIds(institutionId).map((id, i) =>
        event(
          `class-${id}`,
          'ClassFormed',
          i < 2 ? { ...plainClass, name: id } : { ...plainClass, kind: 'teaching', name: id, course: 'c@1', term: '1' },
        ),
      ),
    ];
  });
  return reference;
}
