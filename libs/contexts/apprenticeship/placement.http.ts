import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, Effective, type Told } from '../../edge/command.ts';
import { Id, idPattern, ListOf, Nested, PlainDate } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { mintedId } from '../../kernel/ids.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { Caller, isForeign, named, PostName } from './call.http.ts';
import type { PlacementCommand } from './placement.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class BatchStarted extends Effective {
  @Id({ optional: true, description: 'The caller’s own where absent; a registrar names it' })
  organizationId?: string;

  @Nested(PostName)
  project!: PostName;

  @ListOf(idPattern, 500, { description: 'Enrollment ids' })
  members!: string[];

  @Id({ optional: true, description: 'The batch before in the same project' })
  follows?: string;

  @PlainDate({ example: '2026-12-31', description: 'Day on which it is to end' })
  until!: string;
}

export class HandoverGiven extends Effective {
  @Id({ description: 'The batch that follows' })
  to!: string;
}

export class HandoverAcknowledged extends Effective {
  @Id({ description: 'The other batch of the handover' })
  other!: string;
}

export class BatchEnded extends Effective {}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/placements')
export class PlacementController {
  private readonly caller: Caller;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.caller = new Caller(bus, parts);
  }

  @Post()
  async startBatch(@Req() request: EdgeRequest, @Body() body: BatchStarted): Promise<Told | Refusal> {
    const organizationId = body.organizationId ?? principalOf(request).org ?? undefined;
    if (organizationId === undefined || isForeign(request, organizationId)) return refuse('NOT_FOUND');
    const { members, until } = body;
    const batch = { organizationId, project: named(body.project), members, follows: body.follows ?? null, until };
    const command = { type: 'StartBatch', batch } as const;
    const outcome = await this.caller.send(request, body, { on: 'placement', id: null, command }, 'enterprise');
    const placementId = ({ commandId }: Answer): string => mintedId(commandId, 'placement');
    return answered(
      outcome,
      (answer) => ({ placementId: placementId(answer) }),
      () => '/v1/placements',
    );
  }

  @Post(':id/give-handover')
  giveHandover(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: HandoverGiven): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'GiveHandover', placementId: id, to: body.to });
  }

  @Post(':id/acknowledge-handover')
  acknowledgeHandover(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: HandoverAcknowledged,
  ): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'AcknowledgeHandover', placementId: id, other: body.other });
  }

  @Post(':id/end')
  endBatch(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: BatchEnded): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'EndBatch' });
  }

  // ── helpers ──

  private async about(request: EdgeRequest, body: Effective, id: string, command: PlacementCommand): Promise<Told | Refusal> {
    return answered(await this.caller.send(request, body, { on: 'placement', id, command }, 'enterprise'), () => ({
      placementId: id,
    }));
  }
}
