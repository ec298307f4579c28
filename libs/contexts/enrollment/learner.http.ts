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
import { Agrees, failed, Id, ListOf, Nested, OneOf, PersonId, PlainDate, Shaped, Text } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { ethnicGroups, idTypes, politicalStatuses, sexes } from '../../kernel/codes.ts';
import { mintedId } from '../../kernel/ids.ts';
import { checkResidentId } from '../../kernel/national-id.ts';
import { isOpen, type Identity } from '../../kernel/personal.ts';
import { purposes, type Purpose } from '../../kernel/purposes.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import type { ClassCommand } from './class.ts';
import type { EnrollmentCommand } from './enrollment.ts';
import { claimsOf, idNumberValue, learnerSource } from './gates.ts';
import type { Learner, LearnerCommand } from './learner.ts';

// ── the envelope of this context ───────────────────────────────────────────────────────────────────────────────────────────

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

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const numbersOfResidents = ['resident-id', 'residence-permit'];
const hasCheckDigit = (identity: IdentityBody): boolean => numbersOfResidents.includes(identity.idType ?? 'resident-id');
const residentId = ({ idNumber }: IdentityBody): ReturnType<typeof checkResidentId> =>
  checkResidentId(typeof idNumber === 'string' ? idNumber : '');

const agreesWithNumber = (identity: IdentityBody, field: 'sex' | 'birthDate'): boolean => {
  const checked = residentId(identity);
  return !hasCheckDigit(identity) || !checked.ok || checked.temporary || checked[field] === identity[field];
};

/** Who somebody is. Sealed under her own key before any store sees it. */
export class IdentityBody {
  @Text(100, { example: '李小雨' })
  name!: string;

  @OneOf(idTypes, { optional: true, description: 'resident-id where absent' })
  idType?: string;

  @Agrees<IdentityBody>(
    {
      code: 'ID_NUMBER',
      zh: '证件号码的长度、出生日期或校验码不对；没有证件号码的用 999 开头的临时号码。',
      en: 'its length, birth date or check digit is wrong; who has no number gets a temporary one that starts with 999.',
    },
    (identity) => !hasCheckDigit(identity) || residentId(identity).ok,
  )
  @Shaped(
    /^[0-9A-Za-z()/-]{4,30}$/,
    { zh: '须为 4 至 30 位字母或数字。', en: 'must have 4 to 30 letters or digits.' },
    { example: '11010519491231002X' },
  )
  idNumber!: string;

  @Agrees<IdentityBody>({ code: 'SEX_DISAGREES', zh: '与证件号码不符。', en: 'disagrees with the id number.' }, (identity) =>
    agreesWithNumber(identity, 'sex'),
  )
  @OneOf(sexes, { optional: true, example: 'female', description: 'Taken from a resident id where absent' })
  sex?: string;

  @Agrees<IdentityBody>(
    { code: 'BIRTH_DATE_DISAGREES', zh: '与证件号码不符。', en: 'disagrees with the id number.' },
    (identity) => agreesWithNumber(identity, 'birthDate'),
  )
  @PlainDate({ optional: true, example: '1949-12-31', description: 'Taken from a resident id where absent' })
  birthDate?: string;

  @Shaped(
    /^[0-9A-Za-z]{1,18}$/,
    { zh: '须为至多 18 位字母或数字。', en: 'must have at most 18 letters or digits.' },
    { optional: true, example: '26320100110001', description: 'Candidate number (考生号)' },
  )
  candidateNumber?: string;

  @OneOf(politicalStatuses, { optional: true, description: 'GB/T 4762' })
  politicalStatus?: string;

  @OneOf(ethnicGroups, { optional: true, description: 'GB/T 3304' })
  ethnicGroup?: string;

  @Text(2000, { optional: true })
  note?: string;
}

const phone = /^\+?[0-9 ()-]{5,25}$/;
const phoneWords = { zh: '须为电话号码。', en: 'must be a phone number.' };

/** How to reach somebody. Sealed under a key of its own, so that it can go while the identity stays. */
export class ContactBody {
  @Shaped(phone, phoneWords, { optional: true, example: '13800000000' })
  phone?: string;

  @Shaped(
    /^[^\s@]{1,64}@[^\s@]{1,190}$/,
    { zh: '须为电子邮箱。', en: 'must be an e-mail address.' },
    { optional: true, example: 'xiaoyu@example.edu' },
  )
  email?: string;

  @Text(300, { optional: true })
  address?: string;

  @Text(100, { optional: true })
  guardianName?: string;

  @Shaped(phone, phoneWords, { optional: true, example: '13900000000' })
  guardianPhone?: string;
}

export class IdentifyLearner extends Stated {
  @Nested(IdentityBody)
  identity!: IdentityBody;

  @Nested(ContactBody, { optional: true })
  contact?: ContactBody;
}

export class ChangeContact extends Stated {
  @Nested(ContactBody)
  contact!: ContactBody;
}

export class GuardianBody {
  @Text(100, { example: '李大海' })
  name!: string;

  @Text(50, { example: '父亲' })
  relation!: string;

  @Shaped(phone, phoneWords, { optional: true, example: '13900000000' })
  phone?: string;
}

export class LinkGuardian extends Stated {
  @PersonId({ example: 'guardian-1', description: 'The `sub` of the guardian’s token' })
  guardianId!: string;

  @Nested(GuardianBody)
  guardian!: GuardianBody;
}

export class UnlinkGuardian extends Stated {
  @PersonId({ example: 'guardian-1' })
  guardianId!: string;
}

export class PlaceHold extends Stated {
  @OneOf({ clawback: 1, discipline: 1 })
  kind!: 'clawback' | 'discipline';
}

export class LiftHold extends Stated {
  @Id()
  holdId!: string;
}

export class RequestIdentityCorrection extends Stated {
  @Nested(IdentityBody, { description: 'The whole identity as it should have read' })
  identity!: IdentityBody;

  @Evidence()
  evidence?: string[];
}

export class RequestErasure extends Stated {
  @ListOf(purposes, purposes.length, { example: ['contact'] })
  purposes!: Purpose[];

  @Text(300, { example: 'PIPL art. 47 (1) 4: consent withdrawn' })
  legalBasis!: string;

  @Evidence()
  evidence?: string[];
}

/** Codes and numbers in the form in which they are stored; what a resident id says need not be said twice. */
export function identityOf(body: IdentityBody): Identity {
  const { name, sex, birthDate, candidateNumber, politicalStatus, ethnicGroup, note } = body;
  const idType = body.idType ?? 'resident-id';
  const checked = hasCheckDigit(body) ? residentId(body) : null;
  const known = checked?.ok && !checked.temporary ? { sex: checked.sex, birthDate: checked.birthDate } : {};
  return {
    name: name.trim(),
    ...known,
    ...present({ sex, birthDate }),
    idType,
    idNumber: body.idNumber.toUpperCase(),
    ...present({ candidateNumber, politicalStatus, ethnicGroup, note }),
  };
}

/** Without what was left out. */
const present = <T extends object>(values: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null)) as never;

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/learners')
export class LearnerController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  @Post()
  async identifyLearner(@Req() request: EdgeRequest, @Body() body: IdentifyLearner): Promise<Told | Refusal> {
    const identity = identityOf(body.identity);
    const contact = body.contact ? present(body.contact) : null;
    const idClaim = this.idClaim(request, identity);
    const command: LearnerCommand = { type: 'IdentifyLearner', identity, contact, idClaim, source: null };
    const outcome = await this.send(request, body, null, command);
    const learnerId = ({ commandId }: Answer): string => mintedId(commandId, 'learner');
    return answered(
      outcome,
      (answer) => ({ learnerId: learnerId(answer) }),
      (answer) => `/v1/learners/${learnerId(answer)}`,
    );
  }

  @Post(':id/change-contact')
  changeContact(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ChangeContact): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ChangeContact', contact: present(body.contact) });
  }

  @Post(':id/link-guardian')
  linkGuardian(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: LinkGuardian): Promise<Told | Refusal> {
    const guardian = present(body.guardian);
    return this.about(request, body, id, { type: 'LinkGuardian', guardianId: body.guardianId, guardian });
  }

  @Post(':id/unlink-guardian')
  unlinkGuardian(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: UnlinkGuardian): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'UnlinkGuardian', guardianId: body.guardianId });
  }

  @Post(':id/place-hold')
  async placeHold(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: PlaceHold): Promise<Told | Refusal> {
    const holdId = (commandId: string): string => mintedId(commandId, 'hold');
    const outcome = await this.send(request, body, id, (commandId) => ({
      type: 'PlaceHold',
      holdId: holdId(commandId),
      kind: body.kind,
    }));
    return answered(outcome, ({ commandId }) => ({ learnerId: id, holdId: holdId(commandId) }));
  }

  @Post(':id/lift-hold')
  liftHold(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: LiftHold): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'LiftHold', holdId: body.holdId });
  }

  @Post(':id/annul')
  annulLearner(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'AnnulLearner' });
  }

  @Post(':id/request-identity-correction')
  requestIdentityCorrection(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: RequestIdentityCorrection,
  ): Promise<Told | Refusal> {
    return this.requested(request, body, id, async (commandId) => {
      const old = await this.identityNow(request, id);
      if (!old) return refuse('NOT_FOUND');
      if (old === 'erased') return refuse('LEARNER_ERASED');
      const wanted = identityOf(body.identity);
      return {
        type: 'RequestIdentityCorrection',
        requestId: mintedId(commandId, 'request'),
        old,
        new: wanted,
        idClaim: this.idClaim(request, wanted),
        evidence: body.evidence ?? [],
      };
    });
  }

  @Post(':id/request-erasure')
  requestErasure(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: RequestErasure): Promise<Told | Refusal> {
    if (body.purposes.length === 0) throw failed([{ field: 'purposes', code: 'REQUIRED', zh: '须填写。', en: 'is needed.' }]);
    return this.requested(request, body, id, (commandId) => ({
      type: 'RequestErasure',
      requestId: mintedId(commandId, 'request'),
      purposes: purposes.filter((purpose) => body.purposes.includes(purpose)),
      legalBasis: body.legalBasis,
      evidence: body.evidence ?? [],
    }));
  }

  @Post(':id/grant-approval')
  grantLearnerApproval(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: GrantApproval,
  ): Promise<Told | Refusal> {
    const { requestId, digest } = body;
    return this.about(request, body, id, async () => {
      // What the request keeps sealed goes into the act's own event, sealed anew.
      const { state } = await this.parts.transactor.load(learnerSource(id));
      const opened = this.parts.codec.reveal(state.approvals[requestId]?.personal ?? null);
      return { type: 'GrantApproval', requestId, digest, ...(isOpen(opened) ? { opened } : {}) };
    });
  }

  @Post(':id/refuse-approval')
  refuseLearnerApproval(
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
    id: string | null,
    command: PerAttempt<LearnerCommand>,
  ): Promise<Answer | Refusal> {
    const context = commandContext(this.parts, request, body);
    return this.bus.execute<EnrollmentCall, Answer | Refusal>(new EnrollmentCall(context, { on: 'learner', id, command }));
  }

  private async about(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: PerAttempt<LearnerCommand>,
  ): Promise<Told | Refusal> {
    return answered(await this.send(request, body, id, command), () => ({ learnerId: id }));
  }

  /** A request's answer names what the second person must name. */
  private async requested(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: PerAttempt<LearnerCommand>,
  ): Promise<Told | Refusal> {
    const { digest } = commandContext(this.parts, request, body);
    const outcome = await this.send(request, body, id, command);
    return answered(outcome, ({ commandId }) => ({ learnerId: id, requestId: mintedId(commandId, 'request'), digest }));
  }

  private idClaim(request: EdgeRequest, identity: Identity): string {
    const { institution } = principalOf(request);
    const claims = claimsOf(institution, (domain, text) => this.parts.vault.hmac(domain, text));
    return claims.streamOf('id-number', idNumberValue(identity));
  }

  private async identityNow(request: EdgeRequest, id: string): Promise<Identity | 'erased' | null> {
    const { state, institutionId } = await this.parts.transactor.load<Learner>(learnerSource(id));
    if (!state.identity || institutionId !== principalOf(request).institution) return null;
    const opened: unknown = this.parts.codec.reveal(state.identity);
    if (typeof opened !== 'object' || opened === null) return 'erased';
    // After a correction the last word is sealed together with the one before.
    return 'new' in opened ? (opened.new as Identity) : (opened as Identity);
  }
}
