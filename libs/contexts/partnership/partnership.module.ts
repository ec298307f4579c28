import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { PARTS, type Parts } from '../../edge/parts.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { planPartnership } from './partnership.ts';
import { PartnershipCall, PartnershipController } from './partnership.http.ts';

@CommandHandler(PartnershipCall)
export class PartnershipHandler implements ICommandHandler<PartnershipCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, command }: PartnershipCall): Promise<Answer | Refusal> {
    return this.parts.transactor.transact(context, () => planPartnership(command, context.institutionId));
  }
}

@Module({ imports: [CqrsModule], controllers: [PartnershipController], providers: [PartnershipHandler] })
export class PartnershipModule {}
