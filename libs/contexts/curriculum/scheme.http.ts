import { Body, Controller, Get, Inject, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Effective, Told } from '../../edge/command.ts';
import { Code, Nested, NestedList, OneOf, Shaped, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import type { Scheme, SchemeComponent } from '../../events/catalog/curriculum.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { bilingual, BilingualBody, sender, type Send } from './curriculum.http.ts';
import { schemeIdOf, schemeTemplates } from './scheme.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class ComponentBody {
  @Code({ example: 'exam' })
  code!: string;

  @Nested(BilingualBody)
  name!: BilingualBody;

  @Whole(1, 10_000, { example: 4000, description: 'Basis points; those of a scheme sum to exactly 10 000' })
  weight!: number;

  @OneOf(
    { score: 1, improvement: 1 },
    { description: 'One score, or a baseline and an exit score of which the improvement counts' },
  )
  kind!: SchemeComponent['kind'];

  @OneOf({ school: 1, enterprise: 1 }, { optional: true, description: 'Who may score it; either where absent' })
  side?: Side;
}

export class RoundingBody {
  @OneOf({ 'half-up': 1, 'half-even': 1, down: 1 })
  mode!: Scheme['rounding']['mode'];

  @Whole(1, 10_000, {
    example: 100,
    description: 'Rounded once, to a multiple of this many hundredths of a point; it divides 10 000',
  })
  unit!: number;
}

export class GradesFromBody {
  @Whole(1, 10_000, { example: 9000, description: 'Lowest score of the grade, hundredths of a point' })
  excellent!: number;

  @Whole(1, 10_000, { example: 8000 })
  good!: number;

  @Whole(1, 10_000, { example: 7000 })
  medium!: number;

  @Whole(1, 10_000, { example: 6000, description: 'Is the pass mark' })
  pass!: number;
}

export class DualAssessorsBody {
  @Whole(0, 10_000, {
    example: 1500,
    description: 'Where the sides differ by more, a third marker is needed; hundredths of a point',
  })
  divergence!: number;
}

export class EvaluationSchemeAdopted extends Effective {
  @Shaped(/^[0-9A-Za-z][\w-]{0,31}$/, { zh: '须为方案代码。', en: 'must be the code of a scheme.' }, { example: '4-4-2' })
  code!: string;

  @Nested(BilingualBody)
  name!: BilingualBody;

  @NestedList(ComponentBody, 20)
  components!: ComponentBody[];

  @Nested(RoundingBody)
  rounding!: RoundingBody;

  @OneOf({ points: 1, 'five-grade': 1, 'pass-fail': 1 })
  scale!: Scheme['scale'];

  @Nested(GradesFromBody, { optional: true, description: 'Of the five-grade scale alone' })
  gradesFrom?: GradesFromBody;

  @Whole(1, 10_000, { example: 6000, description: 'Hundredths of a point' })
  passMark!: number;

  @Whole(1, 10_000, { optional: true, example: 6000, description: 'Highest score that a make-up can bring' })
  makeUpCap?: number;

  @Nested(DualAssessorsBody, { optional: true })
  dualAssessors?: DualAssessorsBody;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1')
export class SchemeController {
  private readonly send: Send;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.send = sender(bus, parts);
  }

  @Post('schemes')
  adoptEvaluationScheme(@Req() request: EdgeRequest, @Body() body: EvaluationSchemeAdopted): Promise<Told | Refusal> {
    const schemeId = schemeIdOf(principalOf(request).institution, body.code);
    return this.send(request, body, '/v1/schemes', { schemeId }, { type: 'AdoptEvaluationScheme', ...schemeOf(body) });
  }

  /** Each of them is a body for `POST /v1/schemes`. */
  @Get('scheme-templates')
  listSchemeTemplates(): Told {
    return new Told({ items: schemeTemplates });
  }
}

function schemeOf(body: EvaluationSchemeAdopted): Scheme {
  const { code, scale, passMark, makeUpCap = null, gradesFrom, dualAssessors, rounding } = body;
  return {
    code,
    name: bilingual(body.name),
    components: body.components.map((component) => ({
      code: component.code,
      name: bilingual(component.name),
      weight: component.weight,
      kind: component.kind,
      side: component.side ?? null,
    })),
    rounding: { mode: rounding.mode, unit: rounding.unit },
    scale,
    gradesFrom: gradesFrom
      ? { excellent: gradesFrom.excellent, good: gradesFrom.good, medium: gradesFrom.medium, pass: gradesFrom.pass }
      : null,
    passMark,
    makeUpCap,
    dualAssessors: dualAssessors ? { divergence: dualAssessors.divergence } : null,
  };
}
