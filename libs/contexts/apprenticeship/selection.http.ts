import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, Effective, Plainly, Stated, type Told } from '../../edge/command.ts';
import { asOfInstant, Flag, Id, idPattern, ListOf, Moment, Nested, OneOf, PlainDate, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import type { Party } from '../../events/catalog/apprenticeship.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import { mintedId } from '../../kernel/ids.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { fullScore } from '../../kernel/score.ts';
import type { Answer } from '../../runtime/transact.ts';
import { Caller, isForeign, named, partyOf, PostName, Spanned } from './call.http.ts';
import { selectionIdOf, type SelectionCommand } from './selection.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const sides = { school: 1, enterprise: 1 };

export class OpeningPublished extends Effective {
  @Id({ optional: true, description: 'The caller’s own where absent; a registrar names it' })
  organizationId?: string;

  @Nested(PostName)
  post!: PostName;

  @ListOf(idPattern, 50, { example: ['5q8m2c7h1v0n4k3d'], description: 'Whose students may apply' })
  programIds!: string[];

  @Whole(1, 10_000, { example: 12 })
  places!: number;

  @PlainDate({ description: 'First day of the apprenticeship' })
  from!: string;

  @PlainDate({ example: '2027-06-30' })
  to!: string;

  @PlainDate({ example: '2026-08-15', description: 'Last day of applications' })
  closesOn!: string;
}

export class OpeningClosed extends Effective {}

export class ApplicationSubmitted extends Stated {
  @Id()
  openingId!: string;

  @Id({ description: 'Her registered enrollment' })
  enrollmentId!: string;

  @Id({ optional: true, description: 'The caller herself where absent; a registrar names her' })
  learnerId?: string;

  @Text(2000, { optional: true, example: '愿意学习直播运营。', description: 'Sealed under her key' })
  statement?: string;
}

export class ApplicantAssessed extends Stated {
  @OneOf(sides, { optional: true, description: 'The caller’s own side where absent' })
  by?: Side;

  @Whole(0, fullScore, { optional: true, example: 8600, description: 'Hundredths of a point' })
  score?: number;

  @Flag({ example: true })
  recommended!: boolean;
}

export class OfferMade extends Spanned {
  @Nested(PostName)
  post!: PostName;

  @Moment({ example: '2026-08-25', description: 'When it expires: an instant, or a day for its end' })
  expiresAt!: string;
}

export class ApplicationRejected extends Stated {
  @OneOf(sides, { optional: true, description: 'The caller’s own side where absent' })
  by?: Side;
}

// ── openings ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/openings')
export class OpeningController {
  private readonly caller: Caller;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.caller = new Caller(bus, parts);
  }

  @Post()
  async publishOpening(@Req() request: EdgeRequest, @Body() body: OpeningPublished): Promise<Told | Refusal> {
    const organizationId = body.organizationId ?? principalOf(request).org ?? undefined;
    if (organizationId === undefined || isForeign(request, organizationId)) return refuse('NOT_FOUND');
    const { programIds, places, from, to, closesOn } = body;
    const opening = { organizationId, post: named(body.post), programIds, places, from, to, closesOn };
    const command = { type: 'PublishOpening', opening } as const;
    const outcome = await this.caller.send(request, body, { on: 'opening', id: null, command }, 'enterprise');
    const openingId = ({ commandId }: Answer): string => mintedId(commandId, 'opening');
    return answered(
      outcome,
      (answer) => ({ openingId: openingId(answer) }),
      () => '/v1/openings',
    );
  }

  @Post(':id/close')
  async closeOpening(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: OpeningClosed): Promise<Told | Refusal> {
    const command = { type: 'CloseOpening' } as const;
    return answered(await this.caller.send(request, body, { on: 'opening', id, command }, 'enterprise'), () => ({
      openingId: id,
    }));
  }
}

// ── selections ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/selections')
export class SelectionController {
  private readonly parts: Parts;
  private readonly caller: Caller;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.parts = parts;
    this.caller = new Caller(bus, parts);
  }

  @Post()
  async submitApplication(@Req() request: EdgeRequest, @Body() body: ApplicationSubmitted): Promise<Told | Refusal> {
    const { institution, role, learner } = principalOf(request);
    const learnerId = role === 'learner' ? learner : body.learnerId;
    const isAnother = role === 'learner' && body.learnerId !== undefined && body.learnerId !== learner;
    if (!learnerId || isAnother) return refuse('NOT_FOUND');
    const { openingId, enrollmentId } = body;
    const statement = body.statement ?? null;
    const command = { type: 'SubmitApplication', openingId, learnerId, enrollmentId, statement } as const;
    const selectionId = selectionIdOf(institution, openingId, learnerId);
    return answered(
      await this.caller.send(request, body, { on: 'selection', id: selectionId, command }, 'apprentice'),
      () => ({ selectionId }),
      () => '/v1/selections',
    );
  }

  @Post(':id/screen')
  screenApplication(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ScreenApplication' }, 'enterprise');
  }

  @Post(':id/assess')
  assessApplicant(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ApplicantAssessed,
  ): Promise<Told | Refusal> {
    const by = partyOf(request, body.by) as Side;
    const { recommended } = body;
    return this.about(request, body, id, { type: 'AssessApplicant', by, score: body.score ?? null, recommended }, by);
  }

  @Post(':id/make-offer')
  makeOffer(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: OfferMade): Promise<Told | Refusal> {
    const { from, to } = body;
    const zone = this.parts.institutions.get(principalOf(request).institution)!;
    const expiresAt = asOfInstant(body.expiresAt, zone);
    return this.about(request, body, id, { type: 'MakeOffer', from, to, post: named(body.post), expiresAt }, 'enterprise');
  }

  @Post(':id/accept')
  acceptOffer(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'AcceptOffer' }, 'apprentice');
  }

  @Post(':id/decline')
  declineOffer(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'DeclineOffer' }, 'apprentice');
  }

  @Post(':id/expire')
  expireOffer(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ExpireOffer' });
  }

  @Post(':id/reject')
  rejectApplication(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ApplicationRejected,
  ): Promise<Told | Refusal> {
    const by = partyOf(request, body.by) as Side;
    return this.about(request, body, id, { type: 'RejectApplication', by }, by);
  }

  @Post(':id/withdraw')
  withdrawApplication(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'WithdrawApplication' }, 'apprentice');
  }

  // ── helpers ──

  private async about(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: SelectionCommand,
    party?: Party,
  ): Promise<Told | Refusal> {
    return answered(await this.caller.send(request, body, { on: 'selection', id, command }, party), () => ({ selectionId: id }));
  }
}
