import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { commandContext, Told } from '../../edge/command.ts';
import { Code, Flag, Nested, OneOf, Shaped } from '../../edge/fields.ts';
import { viewNamed } from '../../edge/guard.ts';
import { PARTS, type EdgeRequest, type Parts, type ViewStatus } from '../../edge/parts.ts';
import { rebuildModes, type RebuildMode } from '../../events/catalog/operations.ts';
import { rebuildingOf } from '../../facts/rebuild.ts';
import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import type { RebuildCommand } from './rebuild.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Nobody is the subject of a rebuild, so nothing said about it could be sealed: a code and a number take no words about a person. */
export class RebuildReason {
  @Code({ example: 'report-differs', description: 'Short code of the reason' })
  code!: string;

  @Shaped(
    /^[A-Za-z]{1,16}[-#/]?\d{1,8}$/,
    { zh: '须为工单号，如 OPS-1234。', en: 'must be the number of a ticket, such as OPS-1234.' },
    { optional: true, example: 'OPS-1234', description: 'Ticket in which it is told at length' },
  )
  ticket?: string;
}

export class RebuildAsked {
  @OneOf(rebuildModes, {
    optional: true,
    example: 'swap',
    description: 'swap: the rebuilt rows take the place of the live ones; verify: they are compared row by row and thrown away',
  })
  mode?: RebuildMode;

  @Flag({ optional: true, description: 'Also take digests of the live and the rebuilt rows before a swap' })
  compare?: boolean;

  @Nested(RebuildReason)
  reason!: RebuildReason;
}

export class RebuildStopped {
  @Nested(RebuildReason)
  reason!: RebuildReason;
}

export class RebuildMoved {
  @Nested(RebuildReason, { optional: true })
  reason?: RebuildReason;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The envelope on the command bus. */
export class RebuildCall {
  readonly context: CommandContext;
  readonly view: string;
  readonly command: RebuildCommand;

  constructor(context: CommandContext, view: string, command: RebuildCommand) {
    this.context = context;
    this.view = view;
    this.command = command;
  }
}

/** What is asked for here is put on record and answered at once; the projector carries it out. */
@Controller('v1/views')
export class RebuildController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  /** Every view, each a run of its own under one id. One that is being rebuilt otherwise at the moment says so in its place. */
  @Post('rebuild')
  async rebuildViews(@Req() request: EdgeRequest, @Body() body: RebuildAsked): Promise<Told> {
    const context = commandContext(this.parts, request, body);
    const items: object[] = [];
    for (const view of this.parts.views.status()) {
      const answer = await this.say(view, context, starting(body, view));
      items.push(isRefusal(answer) ? { view: view.name, run: null, code: answer.refused } : { ...answer.ids, code: null });
    }
    return new Told({ items }, { accepted: '/v1/views' });
  }

  @Post(':name/rebuild')
  async rebuildView(
    @Req() request: EdgeRequest,
    @Param('name') name: string,
    @Body() body: RebuildAsked,
  ): Promise<Told | Refusal> {
    const view = viewNamed(this.parts, name);
    return this.accepted(await this.say(view, commandContext(this.parts, request, body), starting(body, view)));
  }

  @Post(':name/rebuild/pause')
  pauseRebuild(@Req() request: EdgeRequest, @Param('name') name: string, @Body() body: RebuildMoved): Promise<Told | Refusal> {
    return this.moved(request, name, body, () => ({ type: 'PauseRebuild' }));
  }

  @Post(':name/rebuild/resume')
  resumeRebuild(@Req() request: EdgeRequest, @Param('name') name: string, @Body() body: RebuildMoved): Promise<Told | Refusal> {
    return this.moved(request, name, body, () => ({ type: 'ResumeRebuild' }));
  }

  @Post(':name/rebuild/cancel')
  cancelRebuild(@Req() request: EdgeRequest, @Param('name') name: string, @Body() body: RebuildStopped): Promise<Told | Refusal> {
    const ticket = body.reason.ticket ?? null;
    return this.moved(request, name, body, ({ state }) => ({ type: 'CancelRebuild', ticket, outdated: state === 'outdated' }));
  }

  @Post(':name/rebuild/retry')
  async retryRebuild(
    @Req() request: EdgeRequest,
    @Param('name') name: string,
    @Body() body: RebuildMoved,
  ): Promise<Told | Refusal> {
    const view = viewNamed(this.parts, name);
    const { version, generation: live } = view;
    const command = { type: 'RetryRebuild', version, live } as const;
    return this.accepted(await this.say(view, commandContext(this.parts, request, body), command));
  }

  private async moved(
    request: EdgeRequest,
    name: string,
    body: RebuildMoved,
    command: (view: ViewStatus) => RebuildCommand,
  ): Promise<Told | Refusal> {
    const view = viewNamed(this.parts, name);
    const said = await this.say(view, commandContext(this.parts, request, body), command(view));
    return isRefusal(said) ? said : new Told({ ...said.ids, ...told(said.answer) }, said.answer);
  }

  private accepted(said: Said | Refusal): Told | Refusal {
    if (isRefusal(said)) return said;
    const { answer, ids } = said;
    return new Told({ ...ids, ...told(answer) }, { ...answer, accepted: `/v1/views/${ids.view}/rebuild` });
  }

  /** Puts it on record, hints at it, and tells of which run it was. */
  private async say({ name }: ViewStatus, context: CommandContext, command: RebuildCommand): Promise<Said | Refusal> {
    const answer = await this.bus.execute<RebuildCall, Answer | Refusal>(new RebuildCall(context, name, command));
    if (isRefusal(answer)) return answer;
    this.parts.rebuilds.carryOut(name);
    if (answer.events.includes('RebuildStarted')) return { answer, ids: { view: name, run: answer.commandId } };
    const { state } = await this.parts.transactor.load(rebuildingOf(name));
    return { answer, ids: { view: name, run: (state.run ?? state.ended[0]!.run).run } };
  }
}

interface Said {
  readonly answer: Answer;
  readonly ids: { readonly view: string; readonly run: string };
}

const starting = (
  { mode = 'swap', compare, reason }: RebuildAsked,
  { version, generation: live }: ViewStatus,
): RebuildCommand => ({
  type: 'StartRebuild',
  mode,
  compare: compare ?? mode === 'verify',
  ticket: reason.ticket ?? null,
  version,
  live,
});

const told = ({ revision, position, events, repeated }: Answer): object => ({
  revision: revision.toString(),
  position: position.toString(),
  events,
  repeated,
});
