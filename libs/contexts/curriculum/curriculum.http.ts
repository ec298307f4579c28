import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, commandContext, Effective, type Told } from '../../edge/command.ts';
import { Flag, idPattern, ListOf, Nested, NestedList, OneOf, PlainDate, Shaped, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { levels } from '../../kernel/codes.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import { groupIdOf, programIdOf, type CurriculumCommand } from './curriculum.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class BilingualBody {
  @Text(200, { example: '电子商务' })
  zh!: string;

  @Text(200, { example: 'E-commerce' })
  en!: string;
}

export class ProgramPublished extends Effective {
  @Shaped(/^[0-9A-Za-z-]{1,32}$/, { zh: '须为专业代码。', en: 'must be a program code.' }, { example: '530701' })
  code!: string;

  @Nested(BilingualBody)
  name!: BilingualBody;

  @OneOf(levels, { example: 'junior-college' })
  level!: string;

  @Whole(1, 120, { optional: true, example: 36 })
  lengthOfStudyMonths?: number;

  @Whole(0, 100_000, { optional: true, example: 42_000, description: 'Lowest entrance score admitted, hundredths of a point' })
  entranceScore?: number;
}

export class ProgramGroupFormed extends Effective {
  @Nested(BilingualBody)
  name!: BilingualBody;

  @ListOf(idPattern, 200, { description: 'Programs that it has, or that join it' })
  programIds!: string[];
}

export class TermBody {
  @Text(50, { example: '2026-2027-1' })
  name!: string;

  @PlainDate()
  from!: string;

  @PlainDate({ example: '2027-01-20' })
  to!: string;
}

export class YearBody extends TermBody {
  @NestedList(TermBody, 6)
  terms!: TermBody[];
}

export class HolidayBody {
  @Nested(BilingualBody)
  name!: BilingualBody;

  @PlainDate({ example: '2026-10-01' })
  from!: string;

  @PlainDate({ example: '2026-10-07' })
  to!: string;
}

export class CalendarPublished extends Effective {
  @NestedList(YearBody, 50)
  years!: YearBody[];

  @NestedList(HolidayBody, 500, { optional: true })
  holidays?: HolidayBody[];
}

export class EnrollmentPolicyAdopted extends Effective {
  @Whole(1, 24, { example: 3, description: 'The re-check of an admission is due this many months after registration' })
  recheckMonths!: number;

  @Whole(1, 120, { example: 24, description: 'A completion can become a diploma for this many months' })
  conversionMonths!: number;

  @ListOf(/^[a-z][a-z0-9-]{0,63}$/, 50, { example: ['illness', 'hardship', 'specialty'] })
  transferGrounds!: string[];

  @Flag({ example: false, description: 'Whether identities of people who were registered may be erased' })
  eraseRegisteredIdentities!: boolean;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The envelope on the command bus. */
export class CurriculumCall {
  readonly context: CommandContext;
  readonly command: CurriculumCommand;

  constructor(context: CommandContext, command: CurriculumCommand) {
    this.context = context;
    this.command = command;
  }
}

const bilingual = ({ zh, en }: BilingualBody): { zh: string; en: string } => ({ zh: zh.trim(), en: en.trim() });
const span = ({ name, from, to }: TermBody): { name: string; from: string; to: string } => ({ name, from, to });

@Controller('v1')
export class CurriculumController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  @Post('programs')
  publishProgram(@Req() request: EdgeRequest, @Body() body: ProgramPublished): Promise<Told | Refusal> {
    const { code, level, lengthOfStudyMonths, entranceScore } = body;
    const programId = programIdOf(principalOf(request).institution, code, level);
    return this.send(
      request,
      body,
      '/v1/programs',
      { programId },
      {
        type: 'PublishProgram',
        code,
        name: bilingual(body.name),
        level,
        lengthOfStudyMonths: lengthOfStudyMonths ?? null,
        entranceScore: entranceScore ?? null,
      },
    );
  }

  @Post('program-groups')
  formProgramGroup(@Req() request: EdgeRequest, @Body() body: ProgramGroupFormed): Promise<Told | Refusal> {
    const name = bilingual(body.name);
    const groupId = groupIdOf(principalOf(request).institution, name.zh);
    const command: CurriculumCommand = { type: 'FormProgramGroup', name, programIds: body.programIds };
    return this.send(request, body, '/v1/program-groups', { groupId }, command);
  }

  @Post('calendar')
  publishCalendar(@Req() request: EdgeRequest, @Body() body: CalendarPublished): Promise<Told | Refusal> {
    return this.send(
      request,
      body,
      '/v1/calendar',
      {},
      {
        type: 'PublishCalendar',
        years: body.years.map((year) => ({ ...span(year), terms: year.terms.map(span) })),
        holidays: (body.holidays ?? []).map(({ name, from, to }) => ({ name: bilingual(name), from, to })),
      },
    );
  }

  @Post('enrollment-policy')
  adoptEnrollmentPolicy(@Req() request: EdgeRequest, @Body() body: EnrollmentPolicyAdopted): Promise<Told | Refusal> {
    const { recheckMonths, conversionMonths, transferGrounds, eraseRegisteredIdentities } = body;
    return this.send(
      request,
      body,
      '/v1/enrollment-policy',
      {},
      {
        type: 'AdoptEnrollmentPolicy',
        recheckMonths,
        conversionMonths,
        transferGrounds,
        eraseRegisteredIdentities,
      },
    );
  }

  private async send(
    request: EdgeRequest,
    body: Effective,
    location: string,
    ids: Readonly<Record<string, string>>,
    command: CurriculumCommand,
  ): Promise<Told | Refusal> {
    const call = new CurriculumCall(commandContext(this.parts, request, body), command);
    const outcome = await this.bus.execute<CurriculumCall, Answer | Refusal>(call);
    return answered(
      outcome,
      () => ids,
      () => location,
    );
  }
}
