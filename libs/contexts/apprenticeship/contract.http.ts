import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, Plainly, Stated, type PerAttempt, type Told } from '../../edge/command.ts';
import { Code, Id, idPattern, ListOf, Nested, NestedList, OneOf, Shaped, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { contractParties, type ContractTerms, type Party } from '../../events/catalog/apprenticeship.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import { contractFact } from '../../facts/contract.ts';
import { apprenticeshipPolicyFact } from '../../facts/reference.ts';
import { selectionFact } from '../../facts/selection.ts';
import { mintedId } from '../../kernel/ids.ts';
import { isOpen } from '../../kernel/personal.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { Caller, isForeign, named, partyOf, PostName, Spanned } from './call.http.ts';
import type { ContractCommand } from './contract.ts';
import { isMinorOn, reaches, termsFrom } from './terms.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class LearningPlan {
  @Id({ description: 'Program in which she studies' })
  programId!: string;

  @Whole(1, 1000, { optional: true, example: 1, description: 'Version of its training program (人才培养方案)' })
  version?: number;

  @ListOf(idPattern, 100, { optional: true, description: 'Courses whose results the enterprise may see' })
  courseIds?: string[];
}

export class SectionText {
  @Code({ example: 'safety' })
  code!: string;

  @Text(20_000, {
    example: '学徒在岗期间遵守安全操作规程。',
    description: 'Sealed under the learner’s key; its digest is public',
  })
  text!: string;
}

export class TermsWorded extends Spanned {
  @Nested(PostName)
  post!: PostName;

  @Nested(LearningPlan)
  plan!: LearningPlan;

  @NestedList(SectionText, 50)
  sections!: SectionText[];
}

export class ContractDrafted extends TermsWorded {
  @Id({ description: 'The accepted offer on which it rests' })
  selectionId!: string;

  @Id({ optional: true, description: 'The terminated contract at another enterprise that it continues' })
  continuationOf?: string;
}

const digestShape = /^[0-9a-f]{64}$/;
const digestWords = { zh: '须为 64 位十六进制摘要。', en: 'must be a digest of 64 hexadecimal digits.' };
const digestExample = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
export const TermsDigest = (): PropertyDecorator =>
  Shaped(digestShape, digestWords, {
    example: digestExample,
    description: 'Of the terms that were read: other terms are not meant',
  });

export class Spoken extends Stated {
  @OneOf(contractParties, { optional: true, description: 'For whom; the caller’s own party where absent' })
  party?: Party;
}

export class SectionConfirmed extends Spoken {
  @Code({ example: 'safety' })
  section!: string;

  @Shaped(digestShape, digestWords, { example: digestExample, description: 'Of the section that was read' })
  digest!: string;
}

export class ContractSigned extends Spoken {
  @TermsDigest()
  termsDigest!: string;

  @OneOf({ electronic: 1, paper: 1 }, { optional: true, description: 'electronic where absent: with the party’s own token' })
  medium?: 'electronic' | 'paper';

  @Text(300, { optional: true, example: '档案 2026-114', description: 'Where the signed paper is kept; needed for paper' })
  evidence?: string;
}

export class InsuranceRecorded extends Spanned {
  @Text(200, { example: '平安财产保险' })
  insurer!: string;

  @Text(100, { example: 'SX2026-000123' })
  policy!: string;
}

export class MentorNamed extends Stated {
  @OneOf({ school: 1, enterprise: 1 })
  side!: Side;

  @Id({ description: 'As POST /v1/teachers answered' })
  teacherId!: string;
}

export class Grounded extends Stated {
  @Code({ example: 'illness' })
  ground!: string;
}

// ── terms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What was worded, in the contract's salt: a new one where it has none. */
export async function termsSaid(
  parts: Parts,
  body: TermsWorded,
  commandId: string,
  contractId: string | null,
): Promise<ContractTerms> {
  const { from, to, plan, sections } = body;
  const before = contractId === null ? null : (await parts.transactor.load(contractFact(contractId))).state.terms;
  const texts = parts.codec.reveal(before?.texts ?? null);
  const salt = isOpen(texts) ? texts.salt : parts.vault.hmac('contract-salt', commandId);
  const { programId } = plan;
  const learned = { programId, version: plan.version ?? null, courseIds: plan.courseIds ?? [] };
  return termsFrom({ from, to, post: named(body.post), plan: learned, sections }, salt);
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/contracts')
export class ContractController {
  private readonly parts: Parts;
  private readonly caller: Caller;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.parts = parts;
    this.caller = new Caller(bus, parts);
  }

  /** The answer names the digest that the parties sign. */
  @Post()
  async draftContract(@Req() request: EdgeRequest, @Body() body: ContractDrafted): Promise<Told | Refusal> {
    const { selectionId } = body;
    const continuationOf = body.continuationOf ?? null;
    const outcome = await this.send(request, body, null, async (commandId) => {
      const selection = await this.caller.ours(request, selectionFact(selectionId));
      if (!selection || isForeign(request, selection.organizationId)) return refuse('NOT_FOUND');
      const { learnerId, enrollmentId, organizationId } = selection;
      return {
        type: 'DraftContract',
        of: { learnerId, enrollmentId, organizationId },
        selectionId,
        terms: await termsSaid(this.parts, body, commandId, null),
        guardianNeeded: await this.isMinorOn(request, learnerId, body.from),
        continuationOf,
      };
    });
    if (isRefusal(outcome)) return outcome;
    const contractId = mintedId(outcome.commandId, 'contract');
    const ids = { contractId, ...(await this.digestOf(contractId)) };
    return answered(
      outcome,
      () => ids,
      () => `/v1/contracts/${contractId}`,
    );
  }

  @Post(':id/revise-terms')
  async reviseTerms(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: TermsWorded): Promise<Told | Refusal> {
    const outcome = await this.send(request, body, id, async (commandId) => {
      const contract = await this.caller.ours(request, contractFact(id));
      if (!contract?.of) return refuse('NOT_FOUND');
      return {
        type: 'ReviseTerms',
        terms: await termsSaid(this.parts, body, commandId, id),
        guardianNeeded: await this.isMinorOn(request, contract.of.learnerId, body.from),
      };
    });
    const ids = { contractId: id, ...(await this.digestOf(id)) };
    return answered(outcome, () => ids);
  }

  @Post(':id/confirm-section')
  confirmSection(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: SectionConfirmed): Promise<Told | Refusal> {
    const party = partyOf(request, body.party);
    const { section, digest } = body;
    return this.about(request, body, id, { type: 'ConfirmSection', party, section, digest }, party);
  }

  @Post(':id/sign')
  signContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ContractSigned): Promise<Told | Refusal> {
    const party = partyOf(request, body.party);
    const { termsDigest } = body;
    const [medium, evidence] = [body.medium ?? 'electronic', body.evidence ?? null];
    return this.about(request, body, id, { type: 'SignContract', party, termsDigest, medium, evidence }, party);
  }

  @Post(':id/record-insurance')
  recordInsurance(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: InsuranceRecorded,
  ): Promise<Told | Refusal> {
    const { from, to, insurer, policy } = body;
    return this.about(request, body, id, { type: 'RecordInsurance', insurance: { from, to, insurer, policy } });
  }

  @Post(':id/assign-mentor')
  assignMentor(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: MentorNamed): Promise<Told | Refusal> {
    const { side, teacherId } = body;
    return this.about(request, body, id, { type: 'AssignMentor', side, teacherId }, side);
  }

  @Post(':id/replace-mentor')
  replaceMentor(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: MentorNamed): Promise<Told | Refusal> {
    const { side, teacherId } = body;
    return this.about(request, body, id, { type: 'ReplaceMentor', side, teacherId }, side);
  }

  @Post(':id/start')
  startContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, async () => {
      const contract = await this.caller.ours(request, contractFact(id));
      if (!contract?.of) return refuse('NOT_FOUND');
      const birthDate = await this.caller.birthDateOf(request, contract.of.learnerId);
      return { type: 'StartContract', oldEnoughOn: reaches(birthDate, (await this.policy(request)).minimumAge) };
    });
  }

  @Post(':id/suspend')
  suspendContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Grounded): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'SuspendContract', ground: body.ground });
  }

  @Post(':id/resume')
  resumeContract(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ResumeContract' });
  }

  // ── helpers ──

  private send(
    request: EdgeRequest,
    body: Stated,
    id: string | null,
    command: PerAttempt<ContractCommand>,
    party?: Party,
  ): Promise<Answer | Refusal> {
    return this.caller.send(request, body, { on: 'contract', id, command }, party);
  }

  private async about(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: PerAttempt<ContractCommand>,
    party?: Party,
  ): Promise<Told | Refusal> {
    return answered(await this.send(request, body, id, command, party), () => ({ contractId: id }));
  }

  private async policy(request: EdgeRequest): Promise<{ readonly minimumAge: number; readonly adultAge: number }> {
    return (await this.parts.transactor.load(apprenticeshipPolicyFact(principalOf(request).institution))).state;
  }

  private async isMinorOn(request: EdgeRequest, learnerId: string, day: string): Promise<boolean> {
    const { adultAge } = await this.policy(request);
    return isMinorOn(await this.caller.birthDateOf(request, learnerId), day, adultAge);
  }

  /** What the parties sign now. */
  private async digestOf(contractId: string): Promise<{ termsDigest?: string }> {
    const { terms } = (await this.parts.transactor.load(contractFact(contractId))).state;
    return terms?.termsDigest ? { termsDigest: terms.termsDigest } : {};
  }
}
