import type { Refusal } from '../../kernel/refusal.ts';
import type { CommandContext } from '../../runtime/transact.ts';
import type { ClassCommand } from './class.ts';
import type { EnrollmentCommand } from './enrollment.ts';
import type { LearnerCommand } from './learner.ts';

/** A command that may depend on its attempt: ids that it mints derive from the attempt's id, and what it reads is read anew. */
export type PerAttempt<C> = C | ((commandId: string) => C | Refusal | Promise<C | Refusal>);

export type Commanded =
  | { readonly on: 'learner'; readonly id: string | null; readonly command: PerAttempt<LearnerCommand> }
  | { readonly on: 'enrollment'; readonly id: string | null; readonly command: PerAttempt<EnrollmentCommand> }
  | { readonly on: 'class'; readonly id: string | null; readonly command: PerAttempt<ClassCommand> };

/** The envelope on the command bus: who says it, about which record (null: the attempt mints a new one), and what. */
export class EnrollmentCall {
  readonly context: CommandContext;
  readonly commanded: Commanded;

  constructor(context: CommandContext, commanded: Commanded) {
    this.context = context;
    this.commanded = commanded;
  }
}
