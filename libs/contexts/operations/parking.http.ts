import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, commandContext, Told } from '../../edge/command.ts';
import { Flag, Nested, Shaped } from '../../edge/fields.ts';
import { viewNamed } from '../../edge/guard.ts';
import { PARTS, principalOf, type EdgeRequest, type ParkedKey, type Parts } from '../../edge/parts.ts';
import { Problem } from '../../edge/problem.ts';
import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import type { ParkingCommand } from './parking.ts';
import { RebuildReason } from './rebuild.http.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const keyShape = /^[\w. -]{1,200}$/;
const keyWords = { zh: '须为停放列表给出的键。', en: 'must be a key as the list of parked keys gives it.' };
const keyExample = 'enrollment-5q8m2c7h1v0n4k3d';

export class ParkedRetried {
  @Shaped(keyShape, keyWords, { optional: true, example: keyExample, description: 'One key; all of the view where absent' })
  key?: string;
}

export class ParkedReleased {
  @Shaped(keyShape, keyWords, { example: keyExample, description: 'It goes on without the event at which it stands' })
  key!: string;

  @Nested(RebuildReason)
  reason!: RebuildReason;
}

export class Poisoned {
  @Shaped(
    /^[1-9]\d{0,17}$/,
    { zh: '须为日志位置。', en: 'must be a position of the log.' },
    { example: '42', description: 'Of the event; of one that is yet to come where it is beyond the end of the log' },
  )
  position!: string;

  @Flag({ optional: true, description: 'It can be folded again' })
  lift?: boolean;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The envelope on the command bus. */
export class ParkingCall {
  readonly context: CommandContext;
  readonly view: string;
  readonly command: ParkingCommand;

  constructor(context: CommandContext, view: string, command: ParkingCommand) {
    this.context = context;
    this.view = view;
    this.command = command;
  }
}

/** Fold keys that stand before an event that cannot be folded: tried again, or let go on without it. */
@Controller('v1/views')
export class ParkingController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  /** They are tried by themselves, ever later; this is for whoever mended the cause. Nothing of it is on record, and nothing is tried where nothing stands. */
  @Post(':name/parked/retry')
  async retryParked(@Req() _request: EdgeRequest, @Param('name') name: string, @Body() { key }: ParkedRetried): Promise<Told> {
    viewNamed(this.parts, name);
    const tried = await this.parts.views.retry(name, key ?? null);
    return new Told({ view: name, key: key ?? null, tried }, { accepted: `/v1/views/parked?view=${name}` });
  }

  /** It stays marked as incomplete until a rebuild. Who let it go, and why, is put on record; the projector carries it out. */
  @Post(':name/parked/release')
  async releaseParked(
    @Req() request: EdgeRequest,
    @Param('name') name: string,
    @Body() body: ParkedReleased,
  ): Promise<Told | Refusal> {
    viewNamed(this.parts, name);
    const context = commandContext(this.parts, request, body);
    const parked = await this.keyOf(name, body.key, principalOf(request).institution);
    const { key, generation, position, eventId, type: eventType } = parked;
    const ticket = body.reason.ticket ?? null;
    const data = { key, generation, position: position.toString(), eventId, eventType, ticket };
    const answer = await this.bus.execute<ParkingCall, Answer | Refusal>(
      new ParkingCall(context, name, { type: 'ReleaseParkedKey', ...data }),
    );
    if (!isRefusal(answer)) this.parts.releases.carryOut(name);
    return answered(answer, () => ({ view: name, key, released: position.toString() }));
  }

  /** The fold throws there from now on, live and in rebuilds, until it is lifted or the server ends. On loopback alone. */
  @Post(':name/poison')
  async practisePoison(
    @Req() _request: EdgeRequest,
    @Param('name') name: string,
    @Body() { position, lift = false }: Poisoned,
  ): Promise<Told> {
    if (!this.parts.loopback) throw new Problem('LOOPBACK_ALONE');
    viewNamed(this.parts, name);
    const practised = await this.parts.views.practise(name, BigInt(position), lift);
    const facts = { view: name, position };
    switch (practised.outcome) {
      case 'no-event':
        throw new Problem('POSITION_EMPTY', { ...facts, head: practised.head.toString() });
      case 'not-folded':
        throw new Problem('POSITION_NOT_FOLDED', { ...facts, type: practised.type });
      case 'lifted':
      case 'ahead':
        return new Told({ ...facts, poisoned: !lift, eventId: null, type: null, folded: false });
      case 'poisoned': {
        const { eventId, type, folded } = practised;
        return new Told({ ...facts, poisoned: true, eventId, type, folded });
      }
      default:
        return practised satisfies never;
    }
  }

  /** Where it stands; another institution's stands for its own administrators alone. One that was released a moment ago is released once more in vain. */
  private async keyOf(view: string, key: string, institution: string): Promise<ParkedKey> {
    const { items } = await this.parts.views.parked(view, Infinity);
    const own = items.filter((one) => one.key === key && one.institutionId === institution);
    const parked = own.find(({ released }) => !released) ?? own.at(-1);
    if (!parked) throw new Problem('KEY_NOT_PARKED', { view });
    return parked;
  }
}
