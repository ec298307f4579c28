import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, commandContext, Effective, type Told } from '../../edge/command.ts';
import { idPattern, ListOf, Nested, NestedList, PlainDate, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import type { FrameworkCategory } from '../../events/catalog/curriculum.ts';
import type { Bilingual } from '../../kernel/bilingual.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import { groupIdOf, type CurriculumCommand } from './curriculum.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class BilingualBody {
  @Text(200, { example: '电子商务' })
  zh!: string;

  @Text(200, { example: 'E-commerce' })
  en!: string;
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

export class DescriptorBody {
  @Text(2000, { example: '掌握岗位所需的基础知识与技能' })
  zh!: string;

  @Text(2000, { example: 'Has the basic knowledge and skills that the post asks for' })
  en!: string;
}

export class DescriptorsBody implements Record<FrameworkCategory, DescriptorBody> {
  @Nested(DescriptorBody)
  'knowledge-and-skills'!: DescriptorBody;

  @Nested(DescriptorBody)
  process!: DescriptorBody;

  @Nested(DescriptorBody)
  'application-autonomy-accountability'!: DescriptorBody;

  @Nested(DescriptorBody)
  'communication-it-numeracy'!: DescriptorBody;
}

export class FrameworkLevelBody {
  @Whole(1, 7, { example: 4 })
  level!: number;

  @Nested(DescriptorsBody)
  descriptors!: DescriptorsBody;
}

export class FrameworkPublished extends Effective {
  @Nested(BilingualBody)
  name!: BilingualBody;

  @NestedList(FrameworkLevelBody, 7, { description: 'Exactly the levels 1 to 7' })
  levels!: FrameworkLevelBody[];
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

export const bilingual = ({ zh, en }: BilingualBody): Bilingual => ({ zh: zh.trim(), en: en.trim() });
const span = ({ name, from, to }: TermBody): { name: string; from: string; to: string } => ({ name, from, to });

/** Says a command, and answers with the ids that it is about and where it is read. */
export type Send = (
  request: EdgeRequest,
  body: Effective,
  location: string,
  ids: Readonly<Record<string, string>>,
  command: CurriculumCommand,
) => Promise<Told | Refusal>;

export const sender =
  (bus: CommandBus, parts: Parts): Send =>
  async (request, body, location, ids, command) => {
    const call = new CurriculumCall(commandContext(parts, request, body), command);
    const outcome = await bus.execute<CurriculumCall, Answer | Refusal>(call);
    return answered(
      outcome,
      () => ids,
      () => location,
    );
  };

@Controller('v1')
export class CurriculumController {
  private readonly send: Send;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.send = sender(bus, parts);
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
    const years = body.years.map((year) => ({ ...span(year), terms: year.terms.map(span) }));
    const holidays = (body.holidays ?? []).map(({ name, from, to }) => ({ name: bilingual(name), from, to }));
    return this.send(request, body, '/v1/calendar', {}, { type: 'PublishCalendar', years, holidays });
  }

  @Post('framework')
  publishFramework(@Req() request: EdgeRequest, @Body() body: FrameworkPublished): Promise<Told | Refusal> {
    const levels = body.levels.map(({ level, descriptors }) => ({
      level,
      descriptors: {
        'knowledge-and-skills': bilingual(descriptors['knowledge-and-skills']),
        process: bilingual(descriptors.process),
        'application-autonomy-accountability': bilingual(descriptors['application-autonomy-accountability']),
        'communication-it-numeracy': bilingual(descriptors['communication-it-numeracy']),
      },
    }));
    const command: CurriculumCommand = { type: 'PublishFramework', name: bilingual(body.name), levels };
    return this.send(request, body, '/v1/framework', {}, command);
  }
}
