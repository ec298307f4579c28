import { Inject, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { PARTS, type Parts } from '../../edge/parts.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { ParkingCall, ParkingController } from './parking.http.ts';
import { planParking } from './parking.ts';
import { RebuildCall, RebuildController } from './rebuild.http.ts';
import { planRebuild } from './rebuild.ts';

@CommandHandler(RebuildCall)
export class RebuildHandler implements ICommandHandler<RebuildCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, view, command }: RebuildCall): Promise<Answer | Refusal> {
    return this.parts.transactor.transact(context, () => planRebuild(view, command));
  }
}

@CommandHandler(ParkingCall)
export class ParkingHandler implements ICommandHandler<ParkingCall> {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  execute({ context, view, command }: ParkingCall): Promise<Answer | Refusal> {
    return this.parts.transactor.transact(context, () => planParking(view, command));
  }
}

@Module({
  imports: [CqrsModule],
  controllers: [RebuildController, ParkingController],
  providers: [RebuildHandler, ParkingHandler],
})
export class OperationsModule {}
