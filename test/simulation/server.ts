import { takesOf as apprenticeshipTakes } from '../../libs/contexts/apprenticeship/gates.ts';
import { claimsOf, takesOf as enrollmentTakes } from '../../libs/contexts/enrollment/gates.ts';
import { takesOf as facultyTakes } from '../../libs/contexts/faculty/faculty.ts';
import type { Take } from '../../libs/kernel/plan.ts';
import type { Purpose } from '../../libs/kernel/purposes.ts';
import { isRefusal, type Refusal } from '../../libs/kernel/refusal.ts';
import type { EventStore, StoredEvent } from '../../libs/ports/event-store.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import { Recovery } from '../../libs/runtime/recovery.ts';
import { Transactor, abandonedAfterMs, type Answer, type CommandContext } from '../../libs/runtime/transact.ts';
import type { Folding } from './folding.ts';
import type { Ground, Ports, Process } from './ground.ts';
import type { Order } from './orders.ts';
import type { Life } from './scheduler.ts';
import { checkTruth } from './truth.ts';

export type Heard = { readonly answer: Answer | Refusal } | 'lost';

const recoveryEveryMs = 20_000;

/** A process that carries out commands, and now and then lets go of what crashed ones took. */
export class Server implements Process {
  readonly name: string;
  skew = 0;
  /** Set when the world is about to end: then recovery runs when it is told to. */
  closing = false;
  /** While the last recovery is under way, perhaps waiting for the views. */
  recovering = false;
  readonly #ground: Ground;
  readonly #folding: Folding | null;
  /** Requests under way, told that they were lost when it dies. */
  readonly #open = new Set<() => void>();
  #life!: Life;
  #ports!: Ports;
  #transactor!: Transactor;
  #recovery!: Recovery;

  constructor(name: string, ground: Ground, folding: Folding | null) {
    this.name = name;
    this.#ground = ground;
    this.#folding = folding;
  }

  boot(): void {
    const { life, ports } = this.#ground.live(this);
    const random = (): number => this.#ground.random() / 2 ** 32;
    this.#life = life;
    this.#ports = ports;
    this.#transactor = new Transactor({ ...ports, entropy: { random } }, 50);
    this.#ground.plant?.transactor?.(this.#transactor);
    this.#recovery = new Recovery({
      transactor: this.#transactor,
      pending: (before, after) => this.#folding!.unfinished(ports.wire, before, after),
      takesOf: (institutionId, event) => this.#takesOf(institutionId, event),
      zoneOf: () => 'Asia/Shanghai',
      clock: ports.clock,
      timer: ports.timer,
    });
    if (!this.closing) this.#recoverAgain(0);
  }

  died(): void {
    for (const lost of this.#open) lost();
    this.#open.clear();
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** `from` is the head of the log when the order was sent for the first time. */
  serve(order: Order, delivery: number, from: bigint, tell: (heard: Heard) => void): void {
    if (!this.#life.alive) return tell('lost');
    const life = this.#life;
    const began = this.#ground.books.head;
    let told = false;
    const once = (heard: Heard): void => {
      this.#open.delete(lost);
      if (!told) tell(heard);
      told = true;
    };
    const lost = (): void => once('lost');
    this.#open.add(lost);
    const work = async (): Promise<void> => {
      try {
        const answer = await this.#carryOut(order, delivery);
        if (!life.alive) return;
        this.#answered(order, answer, { from, began });
        once({ answer });
      } catch (error) {
        lost();
        throw error;
      }
    };
    this.#spawn(order.what, work());
  }

  async #carryOut(order: Order, delivery: number): Promise<Answer | Refusal> {
    const { codec, vault } = this.#ports;
    const desk = { transactor: this.#transactor, codec, hmac: (domain: string, text: string) => vault.hmac(domain, text) };
    const { personId, role, organizationId, institutionId } = order.by;
    const context: CommandContext = {
      commandId: this.#ground.plant?.commandId?.(order.key, delivery) ?? order.key,
      digest: this.#ground.hmac('command', JSON.stringify(order.says)),
      actor: { personId, role, organizationId },
      institutionId,
      zone: 'Asia/Shanghai',
      correlationId: order.key,
      causationId: order.key,
      ...(order.effectiveAt === undefined ? {} : { effectiveAt: order.effectiveAt }),
      ...(order.ifMatch === undefined ? {} : { ifMatch: order.ifMatch }),
      ...(order.reason ? { reason: order.reason } : {}),
      ...(order.onBehalfOf === undefined ? {} : { onBehalfOf: order.onBehalfOf }),
      ...(order.dryRun ? { dryRun: true } : {}),
    };
    const answer = await this.#transactor.transact(context, async (attempt) => {
      const plan = await order.plan(desk, attempt);
      return isRefusal(plan) ? plan : (this.#ground.plant?.plan?.(plan, order) ?? plan);
    });
    if (!isRefusal(answer) && answer.events.includes('PersonalDataErased')) {
      const learner = this.#ground.books.learners.get(answer.stream.slice('learner-'.length));
      if (learner) await vault.shred(learner.id, learner.erased.now as Purpose[]);
    }
    return answer;
  }

  /** Holds an answer against the log, in the moment in which it is given. */
  #answered(order: Order, answer: Answer | Refusal, window: { readonly from: bigint; readonly began: bigint }): void {
    const { tally, books } = this.#ground;
    if (isRefusal(answer)) tally.add(`refused ${answer.refused}`);
    else if (answer.events.length === 0) tally.add('nothing to do');
    else {
      tally.add(answer.repeated ? 'answered again' : 'done');
      if (answer.commandId !== order.key) tally.add('done in a later attempt');
    }
    try {
      checkTruth(books, order, answer, window);
    } catch (error) {
      this.#ground.fail(error as Error);
    }
  }

  // ── recovery ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #recoverAgain(ms: number): void {
    const life = this.#life;
    if (this.#ground.plant?.noRecovery) return;
    const work = async (): Promise<void> => {
      if (ms > 0) await this.#ports.timer.sleep(ms);
      if (this.closing) return;
      try {
        await this.recover();
      } finally {
        if (life.alive) this.#recoverAgain(recoveryEveryMs);
      }
    };
    this.#spawn('recovery', work());
  }

  /** One round, told to run when all else is over. */
  lastRecovery(): void {
    this.recovering = true;
    const work = this.recover().finally(() => {
      this.recovering = false;
    });
    this.#spawn('last recovery', work);
  }

  /** Shreds what was to be erased, and lets go of what crashed writers took: by the view that lists it, or by the log where nobody folds. */
  async recover(): Promise<void> {
    const { store, codec, vault, clock } = this.#ports;
    const { tally } = this.#ground;
    const erasures = await allOf(store, ['PersonalDataErased']);
    for (const stored of erasures) {
      const { purposes } = codec.decode(stored).data as { purposes: Purpose[] };
      await vault.shred(stored.stream.slice('learner-'.length), purposes);
    }
    if (this.#folding) {
      const { released } = await this.#recovery.round();
      return tally.add('released by recovery', released);
    }
    const before = clock.now() - abandonedAfterMs;
    const takes = new Map<string, { readonly institutionId: string; readonly take: Take }>();
    for (const stored of await allOf(store, ['ClaimTaken', 'EnrollmentOpened', 'EnrollmentClosing', 'PeriodHeld'])) {
      if (Date.parse(stored.recordedAt) > before) continue;
      const event = codec.decode(stored);
      for (const take of this.#takesOf(event.institutionId, event))
        takes.set(`${event.type} ${take.stream} ${take.owner.stream}`, { institutionId: event.institutionId, take });
    }
    for (const { institutionId, take } of takes.values()) {
      const released = await this.#transactor.release(take, systemContext(institutionId), 'recovery');
      if (released === 'released') tally.add('released by recovery');
    }
  }

  #takesOf(
    institutionId: string,
    event: { readonly type: string; readonly stream: string; readonly data: object },
  ): readonly Take[] {
    if (this.#ground.plant?.recovers?.(event) === false) return [];
    const claims = claimsOf(institutionId, (domain, text) => this.#ports.vault.hmac(domain, text));
    return [enrollmentTakes, facultyTakes, apprenticeshipTakes].flatMap((takesOf) => takesOf(claims, event));
  }

  /** Faults of its ports end what it does; anything else that is thrown is a finding. */
  #spawn(name: string, work: Promise<void>): void {
    const life = this.#life;
    void work.catch((error: unknown) => {
      const expected =
        (error instanceof StoreFault && error.code === 'STORE_BROKEN') ||
        (error instanceof Error && error.message.includes('recovery will release it'));
      if (!life.alive || expected) this.#ground.tell(() => `  ${this.name}: ${name} failed: ${(error as Error).message}`);
      else this.#ground.fail(error as Error);
    });
  }
}

const systemContext = (institutionId: string): CommandContext => ({
  commandId: 'recovery',
  digest: 'recovery',
  actor: { personId: 'ledger', role: 'system', organizationId: null },
  institutionId,
  zone: 'Asia/Shanghai',
  correlationId: 'recovery',
  causationId: 'recovery',
});

async function allOf(store: EventStore, types: readonly string[]): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let after = 0n, end = false; !end;) {
    const page = await store.readAll(after, { types, limit: 500 });
    found.push(...page.events);
    ({ scannedTo: after, end } = page);
  }
  return found;
}
