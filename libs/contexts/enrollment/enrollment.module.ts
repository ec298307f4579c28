import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { PARTS, type Parts } from '../../edge/parts.ts';
import { mintedId } from '../../kernel/ids.ts';
import type { Plan } from '../../kernel/plan.ts';
import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { EnrollmentCall, type Commanded, type PerAttempt } from './call.ts';
import { ClassController } from './class.http.ts';
import { EnrollmentController } from './enrollment.http.ts';
import { claimsOf } from './gates.ts';
import { LearnerController } from './learner.http.ts';
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
        return attempt(commanded.command, commandId, (command) => planLearner(id, command, institutionId) as Plan);
      case 'enrollment':
        return attempt(commanded.command, commandId, (command) => planEnrollment(id, command, { institutionId, claims }) as Plan);
      case 'class':
        return attempt(commanded.command, commandId, (command) => planClass(id, command));
      default:
        return commanded satisfies never;
    }
  }
}

function attempt<C extends object>(
  command: PerAttempt<C>,
  commandId: string,
  plan: (command: C) => Plan,
): Plan | Refusal | Promise<Plan | Refusal> {
  if (typeof command !== 'function') return plan(command);
  const said = command(commandId);
  const planned = (c: C | Refusal): Plan | Refusal => (isRefusal(c) ? c : plan(c));
  return said instanceof Promise ? said.then(planned) : planned(said);
}

@Module({
  imports: [CqrsModule],
  controllers: [LearnerController, EnrollmentController, ClassController],
  providers: [EnrollmentHandler],
})
export class EnrollmentModule {}
