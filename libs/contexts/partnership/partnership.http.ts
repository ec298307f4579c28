import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, commandContext, Effective, type Told } from '../../edge/command.ts';
import { Agrees, Nested, OneOf, Text } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { checkCreditCode } from '../../kernel/national-id.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import { organizationIdOf, type PartnershipCommand } from './partnership.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class OrganizationName {
  @Text(200, { example: '江南电子商务有限公司' })
  zh!: string;

  @Text(200, { example: 'Jiangnan E-commerce Ltd.' })
  en!: string;
}

export class OrganizationRegistered extends Effective {
  @Agrees<OrganizationRegistered>(
    {
      code: 'CREDIT_CODE',
      zh: '统一社会信用代码的校验不对。',
      en: 'is no unified social credit code: its check character is wrong.',
    },
    ({ creditCode }) => typeof creditCode === 'string' && checkCreditCode(creditCode).ok,
  )
  @Text(18, { example: '91350100M000100Y43', description: 'Unified social credit code (GB 32100)' })
  creditCode!: string;

  @Nested(OrganizationName)
  name!: OrganizationName;

  @OneOf({ school: 1, enterprise: 1, government: 1, association: 1 }, { example: 'enterprise' })
  kind!: 'school' | 'enterprise' | 'government' | 'association';
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The envelope on the command bus. */
export class PartnershipCall {
  readonly context: CommandContext;
  readonly command: PartnershipCommand;

  constructor(context: CommandContext, command: PartnershipCommand) {
    this.context = context;
    this.command = command;
  }
}

@Controller('v1/organizations')
export class PartnershipController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  @Post()
  async registerOrganization(@Req() request: EdgeRequest, @Body() body: OrganizationRegistered): Promise<Told | Refusal> {
    const creditCode = body.creditCode.toUpperCase();
    const name = { zh: body.name.zh.trim(), en: body.name.en.trim() };
    const context = commandContext(this.parts, request, body);
    const call = new PartnershipCall(context, { type: 'RegisterOrganization', creditCode, name, kind: body.kind });
    const outcome = await this.bus.execute<PartnershipCall, Answer | Refusal>(call);
    const organizationId = organizationIdOf(principalOf(request).institution, creditCode);
    return answered(
      outcome,
      () => ({ organizationId }),
      () => '/v1/organizations',
    );
  }
}
