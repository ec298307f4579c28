import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import type { ClassCommand } from '../../libs/contexts/enrollment/class.ts';
import { planCurriculum, type CurriculumCommand } from '../../libs/contexts/curriculum/curriculum.ts';
import { programIdOf } from '../../libs/contexts/curriculum/program.ts';
import type { EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import { claimsOf, enrollmentSource, learnerSource, type Claims } from '../../libs/contexts/enrollment/gates.ts';
import { planClass, planEnrollment, planLearner, type Opening } from '../../libs/contexts/enrollment/plans.ts';
import type { LearnerCommand } from '../../libs/contexts/enrollment/learner.ts';
import type { Enrollment } from '../../libs/facts/enrollment.ts';
import type { Learner } from '../../libs/facts/learner.ts';
import type { Recorded } from '../../libs/kernel/decider.ts';
import type { Plan } from '../../libs/kernel/plan.ts';
import type { Refusal } from '../../libs/kernel/refusal.ts';
import type { EventStore } from '../../libs/ports/event-store.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Transactor, type Answer, type CommandContext } from '../../libs/runtime/transact.ts';
import { calendar, program } from './histories.ts';
import { day, institutionId, registrar, zone } from './past.ts';

/** How one call differs from the ordinary. */
export interface Call {
  readonly key?: string;
  readonly by?: string;
  /** Plain date on which it became true. */
  readonly on?: string;
  readonly reasonText?: string;
  readonly institution?: string;
  readonly ifMatch?: bigint;
}

export const ecommerce = programIdOf(institutionId, program.code, program.level);

/** A whole ledger over the memory store: commands walk through gates and claims as they do behind HTTP. */
export class World {
  readonly clock = { ms: Date.parse(day('2026-03-10')), now: (): number => this.clock.ms };
  readonly store: EventStore;
  readonly vault = createMemoryKeyVault({ seed: 'world' });
  readonly codec = new Codec(this.vault);
  readonly transactor: Transactor;
  readonly claims: Claims = claimsOf(institutionId, (domain, text) => this.vault.hmac(domain, text));
  #keys = 0;

  /** `through` stands between the transactor and the store. */
  constructor(through: (store: EventStore) => EventStore = (store) => store) {
    this.store = through(new MemoryEventStore(this.clock));
    this.transactor = new Transactor({
      store: this.store,
      codec: this.codec,
      clock: this.clock,
      timer: { sleep: () => Promise.resolve() },
      entropy: { random: () => 0.5 },
    });
  }

  /** A world with a program, a calendar and a class. */
  static async ready(through?: (store: EventStore) => EventStore): Promise<World> {
    const world = new World(through);
    await world.publish({ type: 'PublishProgram', ...program });
    await world.publish({ type: 'PublishCalendar', ...calendar });
    await world.class('class-a', {
      type: 'FormClass',
      kind: 'administrative',
      name: '电商2501',
      programId: ecommerce,
      course: null,
      term: null,
    });
    return world;
  }

  /** The digest that a grant must name. */
  digest(command: object): string {
    return this.vault.hmac('command', JSON.stringify(command));
  }

  learner(learnerId: string, command: LearnerCommand, call: Call = {}): Promise<Answer | Refusal> {
    return this.#transact(command, call, planLearner(learnerId, command, call.institution ?? institutionId));
  }

  enrollment(
    enrollmentId: string,
    command: EnrollmentCommand,
    call: Call = {},
    opening: Opening = {},
  ): Promise<Answer | Refusal> {
    const plan = planEnrollment(enrollmentId, command, { institutionId, claims: this.claims }, opening);
    return this.#transact(command, call, plan);
  }

  class(classId: string, command: ClassCommand, call: Call = {}): Promise<Answer | Refusal> {
    return this.#transact(command, call, planClass(classId, command));
  }

  publish(command: CurriculumCommand, call: Call = {}): Promise<Answer | Refusal> {
    return this.#transact(command, call, planCurriculum(command, institutionId));
  }

  async stateOfLearner(learnerId: string): Promise<Learner> {
    return (await this.transactor.load(learnerSource(learnerId))).state;
  }

  async stateOfEnrollment(enrollmentId: string): Promise<Enrollment> {
    return (await this.transactor.load(enrollmentSource(enrollmentId))).state;
  }

  async log(): Promise<readonly Recorded[]> {
    const { events } = await this.store.readAll(0n, { limit: 100_000 });
    return events.map((stored) => this.codec.decode(stored));
  }

  #transact(command: object, call: Call, plan: Plan<never> | Plan): Promise<Answer | Refusal> {
    const commandId = call.key ?? `command-${(this.#keys += 1)}`;
    const context: CommandContext = {
      commandId,
      digest: this.digest(command),
      actor: registrar(call.by ?? 'zhao'),
      institutionId: call.institution ?? institutionId,
      zone,
      correlationId: commandId,
      causationId: commandId,
      ...(call.on === undefined ? {} : { effectiveAt: day(call.on) }),
      ...(call.reasonText === undefined ? {} : { reason: { code: 'other', text: call.reasonText } }),
      ...(call.ifMatch === undefined ? {} : { ifMatch: call.ifMatch }),
    };
    return this.transactor.transact(context, () => plan);
  }
}
