import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { planAttempted } from '../../edge/command.ts';
import { PARTS, type Finders, type Parts, type RecordFacts } from '../../edge/parts.ts';
import { mintedId } from '../../kernel/ids.ts';
import type { Identity } from '../../kernel/personal.ts';
import { source, type Plan } from '../../kernel/plan.ts';
import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import { addMonths } from '../../kernel/time.ts';
import type { Codec } from '../../runtime/codec.ts';
import type { Loaded } from '../../runtime/streams.ts';
import type { Answer, Transactor } from '../../runtime/transact.ts';
import { classes, classStream } from './class.ts';
import { ClassController } from './class.http.ts';
import { EnrollmentController } from './enrollment.http.ts';
import { claimsOf, enrollmentSource, learnerSource } from './gates.ts';
import type { Learner } from './learner.ts';
import { EnrollmentCall, LearnerController, type Commanded } from './learner.http.ts';
import { planClass, planEnrollment, planLearner } from './plans.ts';

@CommandHandler(EnrollmentCall)
export class EnrollmentHandler implements ICommandHandler<EnrollmentCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  async execute({ context, commanded }: EnrollmentCall): Promise<Answer | Refusal> {
    const outcome = await this.parts.transactor.transact(context, (commandId) =>
      this.plan(commanded, commandId, context.institutionId),
    );
    // The answer means that it is gone.
    if (!isRefusal(outcome) && outcome.events.includes('PersonalDataErased')) await this.parts.erased();
    return outcome;
  }

  private plan(commanded: Commanded, commandId: string, institutionId: string): Plan | Refusal | Promise<Plan | Refusal> {
    const id = commanded.id ?? mintedId(commandId, commanded.on);
    const claims = claimsOf(institutionId, (domain, text) => this.parts.vault.hmac(domain, text));
    switch (commanded.on) {
      case 'learner':
        return planAttempted(commanded.command, commandId, (command) => planLearner(id, command, institutionId) as Plan);
      case 'enrollment':
        return planAttempted(
          commanded.command,
          commandId,
          (command) => planEnrollment(id, command, { institutionId, claims }) as Plan,
        );
      case 'class':
        return planAttempted(commanded.command, commandId, (command) => planClass(id, command));
      default:
        return commanded satisfies never;
    }
  }
}

// ── whose a record is ──────────────────────────────────────────────────────────────────────────────────────────────────────

const adultAtMonths = 18 * 12;
const nobody = (): boolean => false;

/** Whose the records of this context are, folded from the log at the moment of asking. */
export function enrollmentFinders(transactor: Transactor, codec: Codec): Finders & Required<Pick<Finders, 'learner'>> {
  const learner = async (id: string): Promise<RecordFacts | null> => {
    const { state, institutionId }: Loaded<Learner> = await transactor.load(learnerSource(id));
    if (institutionId === null || !state.known) return null;
    const isWardOf = (personId: string, today: string): boolean =>
      Object.hasOwn(state.guardians, personId) && isMinor(codec, state, today);
    return { institutionId, learnerId: id, isWardOf, teachers: [] };
  };
  return {
    learner,
    enrollment: async (id) => {
      const { state, institutionId } = await transactor.load(enrollmentSource(id));
      const person = state.admission ? await learner(state.admission.learnerId) : null;
      return person && institutionId === person.institutionId ? person : null;
    },
    class: async (id) => {
      const { state, institutionId } = await transactor.load(source(classStream(id), classes));
      return institutionId === null ? null : { institutionId, learnerId: null, isWardOf: nobody, teachers: state.teachers };
    },
  };
}

/** An unknown birth date counts as adult here: to count it as minor would show something. */
function isMinor(codec: Codec, state: Learner, today: string): boolean {
  const opened: unknown = codec.reveal(state.identity);
  if (typeof opened !== 'object' || opened === null) return false;
  const { birthDate } = 'new' in opened ? (opened.new as Identity) : (opened as Identity);
  return birthDate !== undefined && today < addMonths(birthDate, adultAtMonths);
}

@Module({
  imports: [CqrsModule],
  controllers: [LearnerController, EnrollmentController, ClassController],
  providers: [EnrollmentHandler],
})
export class EnrollmentModule {}
