import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  answered,
  commandContext,
  Evidence,
  GrantApproval,
  Plainly,
  RefuseApproval,
  Stated,
  type PerAttempt,
  type Told,
} from '../../edge/command.ts';
import { asOfInstant, Id, Moment, NestedList, OneOf, PlainDate, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { contractParties, terminationGrounds, type Party, type TerminationGround } from '../../events/catalog/apprenticeship.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import { contractFact } from '../../facts/contract.ts';
import { apprenticeshipPolicyFact } from '../../facts/reference.ts';
import { mintedId } from '../../kernel/ids.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { dateIn, instant } from '../../kernel/time.ts';
import type { Answer } from '../../runtime/transact.ts';
import { Caller, partyOf } from './call.http.ts';
import { Grounded, Spoken, TermsDigest, termsSaid, TermsWorded } from './contract.http.ts';
import type { ContractCommand } from './contract.ts';
import { isMinorOn } from './terms.ts';

/** What happens to a contract that has begun: amendments, logs, the gateway, and its end. */

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class AmendmentProposed extends TermsWorded {
  @OneOf(contractParties, { optional: true, description: 'Whose proposal; the caller’s own party where absent' })
  party?: Party;

  @Moment({ example: '2026-12-31', description: 'When it expires: an instant, or a day for its end' })
  expiresAt!: string;
}

export class AmendmentNamed extends Stated {
  @Id()
  amendmentId!: string;
}

export class AmendmentRejected extends Spoken {
  @Id()
  amendmentId!: string;
}

export class AmendmentConsented extends AmendmentRejected {
  @TermsDigest()
  termsDigest!: string;
}

export class WorkOrderBody {
  @Text(100, { optional: true, example: 'WO-2026-0917' })
  number?: string;

  @Text(500, { example: '双十一直播间排班' })
  task!: string;
}

export class WeekNamed extends Stated {
  @PlainDate({ example: '2026-09-07', description: 'Monday of the week' })
  week!: string;
}

export class LogRecorded extends WeekNamed {
  @Whole(0, 16_800, { example: 4000, description: 'Hundredths of an hour' })
  hours!: number;

  @NestedList(WorkOrderBody, 100, { description: 'Sealed under the learner’s key' })
  workOrders!: WorkOrderBody[];
}

export class LogConfirmed extends WeekNamed {
  @Id({ optional: true, description: 'The mentor whose paper a registrar enters; everybody else is known by the token' })
  teacherId?: string;
}

export class GatewaySigned extends Stated {
  @OneOf({ school: 1, enterprise: 1 }, { optional: true, description: 'The caller’s own side where absent' })
  party?: Side;
}

export class Terminated extends Stated {
  @OneOf(terminationGrounds)
  ground!: TerminationGround;

  @PlainDate({ example: '2026-11-20', description: 'Day of the written notice' })
  noticeGivenOn!: string;

  @Text(200, { example: '通知书 2026-31', description: 'Where the written notice is kept' })
  notice!: string;
}

export class ReversalRequested extends Stated {
  @Evidence()
  evidence?: string[];
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/contracts')
export class TrainingController {
  private readonly parts: Parts;
  private readonly caller: Caller;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.parts = parts;
    this.caller = new Caller(bus, parts);
  }

  /** The answer names the amendment and the digest to which the others consent. */
  @Post(':id/propose-amendment')
  async proposeAmendment(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: AmendmentProposed,
  ): Promise<Told | Refusal> {
    const { institution } = principalOf(request);
    const zone = this.parts.institutions.get(institution)!;
    const by = partyOf(request, body.party);
    let termsDigest = '';
    const outcome = await this.send(
      request,
      body,
      id,
      async (commandId) => {
        const contract = await this.caller.ours(request, contractFact(id));
        if (!contract?.of) return refuse('NOT_FOUND');
        const terms = await termsSaid(this.parts, body, commandId, id);
        ({ termsDigest } = terms);
        const { adultAge } = (await this.parts.transactor.load(apprenticeshipPolicyFact(institution))).state;
        const birthDate = await this.caller.birthDateOf(request, contract.of.learnerId);
        const today = dateIn(instant(this.parts.clock.now()), zone);
        return {
          type: 'ProposeAmendment',
          amendmentId: mintedId(commandId, 'amendment'),
          by,
          terms,
          guardianNeeded: isMinorOn(birthDate, today, adultAge),
          expiresAt: asOfInstant(body.expiresAt, zone),
        };
      },
      by,
    );
    return answered(outcome, ({ commandId }) => ({
      contractId: id,
      amendmentId: mintedId(commandId, 'amendment'),
      termsDigest,
    }));
  }

  @Post(':id/consent-amendment')
  consentAmendment(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: AmendmentConsented,
  ): Promise<Told | Refusal> {
    const party = partyOf(request, body.party);
    const { amendmentId, termsDigest } = body;
    return this.about(request, body, id, { type: 'ConsentAmendment', amendmentId, party, termsDigest }, party);
  }

  @Post(':id/reject-amendment')
  rejectAmendment(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: AmendmentRejected,
  ): Promise<Told | Refusal> {
    const party = partyOf(request, body.party);
    return this.about(request, body, id, { type: 'RejectAmendment', amendmentId: body.amendmentId, party }, party);
  }

  @Post(':id/cancel-amendment')
  cancelAmendment(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: AmendmentNamed): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'CancelAmendment', amendmentId: body.amendmentId });
  }

  @Post(':id/expire-amendment')
  expireAmendment(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: AmendmentNamed): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ExpireAmendment', amendmentId: body.amendmentId });
  }

  @Post(':id/record-log')
  recordTrainingLog(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: LogRecorded): Promise<Told | Refusal> {
    const { week, hours } = body;
    const workOrders = body.workOrders.map(({ number, task }) => ({ number: number ?? null, task }));
    return this.about(request, body, id, { type: 'RecordTrainingLog', week, hours, workOrders }, 'apprentice');
  }

  @Post(':id/confirm-log')
  confirmTrainingLog(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: LogConfirmed): Promise<Told | Refusal> {
    return this.about(request, body, id, {
      type: 'ConfirmTrainingLog',
      week: body.week,
      teacherId: body.teacherId ?? null,
    });
  }

  @Post(':id/sign-gateway')
  signGateway(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: GatewaySigned): Promise<Told | Refusal> {
    const party = partyOf(request, body.party) as Side;
    return this.about(request, body, id, { type: 'SignGateway', party }, party);
  }

  @Post(':id/cancel')
  cancelContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Grounded): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'CancelContract', ground: body.ground });
  }

  @Post(':id/terminate')
  terminateContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Terminated): Promise<Told | Refusal> {
    const { ground, noticeGivenOn, notice } = body;
    return this.about(request, body, id, { type: 'TerminateContract', ground, noticeGivenOn, notice });
  }

  @Post(':id/complete')
  completeContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'CompleteContract' });
  }

  /** A request's answer names what the second person must name. */
  @Post(':id/request-termination-reversal')
  async requestTerminationReversal(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ReversalRequested,
  ): Promise<Told | Refusal> {
    const { digest } = commandContext(this.parts, request, body);
    const outcome = await this.send(request, body, id, (commandId) => ({
      type: 'RequestTerminationReversal',
      requestId: mintedId(commandId, 'request'),
      evidence: body.evidence ?? [],
    }));
    return answered(outcome, ({ commandId }) => ({ contractId: id, requestId: mintedId(commandId, 'request'), digest }));
  }

  @Post(':id/grant-approval')
  grantContractApproval(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: GrantApproval,
  ): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'GrantApproval', requestId: body.requestId, digest: body.digest });
  }

  @Post(':id/refuse-approval')
  refuseContractApproval(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: RefuseApproval,
  ): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'RefuseApproval', requestId: body.requestId });
  }

  // ── helpers ──

  private send(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: PerAttempt<ContractCommand>,
    party?: Party,
  ): Promise<Answer | Refusal> {
    return this.caller.send(request, body, { on: 'contract', id, command }, party);
  }

  private async about(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: ContractCommand,
    party?: Party,
  ): Promise<Told | Refusal> {
    return answered(await this.send(request, body, id, command, party), () => ({ contractId: id }));
  }
}
