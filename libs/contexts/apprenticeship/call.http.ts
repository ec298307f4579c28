import type { CommandBus } from '@nestjs/cqrs';
import { commandContext, Stated, type Effective, type PerAttempt } from '../../edge/command.ts';
import { PlainDate, Text } from '../../edge/fields.ts';
import { principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import type { Party } from '../../events/catalog/apprenticeship.ts';
import { learnerFact } from '../../facts/learner.ts';
import type { Bilingual } from '../../kernel/bilingual.ts';
import { identityNow, isOpen } from '../../kernel/personal.ts';
import type { Source } from '../../kernel/plan.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import type { ContractCommand } from './contract.ts';
import type { OpeningCommand } from './opening.ts';
import type { PlacementCommand } from './placement.ts';
import type { SelectionCommand } from './selection.ts';

// ── the envelope of this context ───────────────────────────────────────────────────────────────────────────────────────────

export type Commanded =
  | { readonly on: 'opening'; readonly id: string | null; readonly command: PerAttempt<OpeningCommand> }
  | { readonly on: 'selection'; readonly id: string; readonly command: PerAttempt<SelectionCommand> }
  | { readonly on: 'contract'; readonly id: string | null; readonly command: PerAttempt<ContractCommand> }
  | { readonly on: 'placement'; readonly id: string | null; readonly command: PerAttempt<PlacementCommand> };

/** The envelope on the command bus: who says it, about which record (null: the attempt mints a new one), and what. */
export class ApprenticeshipCall {
  readonly context: CommandContext;
  readonly commanded: Commanded;

  constructor(context: CommandContext, commanded: Commanded) {
    this.context = context;
    this.commanded = commanded;
  }
}

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A post's or a project's name. */
export class PostName {
  @Text(200, { example: '电商运营' })
  zh!: string;

  @Text(200, { example: 'E-commerce operations' })
  en!: string;
}

export const named = ({ zh, en }: PostName): Bilingual => ({ zh: zh.trim(), en: en.trim() });

/** Days, both inclusive. */
export class Spanned extends Stated {
  @PlainDate({ example: '2026-09-01' })
  from!: string;

  @PlainDate({ example: '2027-06-30' })
  to!: string;
}

// ── what the controllers of this context share ─────────────────────────────────────────────────────────────────────────────

/** Puts commands on the bus. A word that a registrar enters for somebody else names on whose behalf it was. */
export class Caller {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(bus: CommandBus, parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  send(request: EdgeRequest, body: Effective, commanded: Commanded, party?: Party): Promise<Answer | Refusal> {
    const context = commandContext(this.parts, request, body);
    const forAnother = party !== undefined && party !== 'school' && principalOf(request).role === 'registrar';
    const call = new ApprenticeshipCall(forAnother ? { ...context, onBehalfOf: party } : context, commanded);
    return this.bus.execute<ApprenticeshipCall, Answer | Refusal>(call);
  }

  /** A record of the caller's institution; another's reads as if it did not exist. */
  async ours<S>(request: EdgeRequest, source: Source<S>): Promise<S | null> {
    const { state, institutionId } = await this.parts.transactor.load(source);
    return institutionId === principalOf(request).institution ? state : null;
  }

  /** Opened for one decision about her age; it goes no further. Null where it is unknown. */
  async birthDateOf(request: EdgeRequest, learnerId: string): Promise<string | null> {
    const learner = await this.ours(request, learnerFact(learnerId));
    const identity = identityNow(this.parts.codec.reveal(learner?.identity ?? null));
    return isOpen(identity) ? (identity.birthDate ?? null) : null;
  }
}

/** Whether the caller speaks for an enterprise that is not this one: then it is as if the record did not exist. */
export function isForeign(request: EdgeRequest, organizationId: string | undefined): boolean {
  const { role, org } = principalOf(request);
  return role === 'enterprise' && (org === null || org !== organizationId);
}

/** For whom somebody speaks who does not say it. */
export function partyOf(request: EdgeRequest, said: Party | undefined): Party {
  const { role } = principalOf(request);
  if (said) return said;
  if (role === 'enterprise' || role === 'guardian') return role;
  return role === 'learner' ? 'apprentice' : 'school';
}
