import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Effective, type Told } from '../../edge/command.ts';
import { Flag, ListOf, Nested, OneOf, Whole } from '../../edge/fields.ts';
import { PARTS, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import type { AssessmentPolicy, FiveGrade } from '../../events/catalog/curriculum.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { sender, type Send } from './curriculum.http.ts';
import { RoundingBody } from './scheme.http.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

export class ApprenticeshipPolicyAdopted extends Effective {
  @Whole(14, 30, { example: 16, description: 'Years of age on the day on which a contract starts' })
  minimumAge!: number;

  @Whole(14, 30, { example: 18, description: 'Below this age on the start date a guardian signs' })
  adultAge!: number;

  @Flag({ example: true })
  insuranceRequired!: boolean;

  @Flag({ example: false, description: 'Whether the school mentor must be double-qualified (双师型)' })
  dualQualifiedMentor!: boolean;

  @ListOf(/^[a-z][a-z0-9-]{0,63}$/, 50, { example: ['training-plan', 'pay', 'safety'], description: 'What every contract has' })
  sections!: string[];
}

export class GradeScoresBody implements Record<FiveGrade, number> {
  @Whole(0, 10_000, { example: 9500 })
  excellent!: number;

  @Whole(0, 10_000, { example: 8500 })
  good!: number;

  @Whole(0, 10_000, { example: 7500 })
  medium!: number;

  @Whole(0, 10_000, { example: 6500 })
  pass!: number;

  @Whole(0, 10_000, { example: 5000 })
  fail!: number;
}

export class AverageBody {
  @OneOf({ best: 1, last: 1 }, { description: 'Which attempt of a course counts' })
  attempt!: AssessmentPolicy['average']['attempt'];

  @OneOf({ counted: 1, 'left-out': 1 }, { description: 'Whether courses failed so far weigh in, with their score' })
  failed!: AssessmentPolicy['average']['failed'];

  @Nested(GradeScoresBody, { description: 'Hundredths of a point that a grade counts as' })
  gradeScores!: GradeScoresBody;

  @Nested(RoundingBody)
  rounding!: RoundingBody;
}

export class AssessmentPolicyAdopted extends Effective {
  @Whole(0, 250, { example: 5, description: 'Working days after publication in which an appeal can be filed' })
  appealWorkingDays!: number;

  @Flag({ example: false, description: 'Whether a make-up may follow an attempt with cheating; a retake always may' })
  makeUpAfterCheating!: boolean;

  @Nested(AverageBody)
  average!: AverageBody;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1')
export class PolicyController {
  private readonly send: Send;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.send = sender(bus, parts);
  }

  @Post('enrollment-policy')
  adoptEnrollmentPolicy(@Req() request: EdgeRequest, @Body() body: EnrollmentPolicyAdopted): Promise<Told | Refusal> {
    const { recheckMonths, conversionMonths, transferGrounds, eraseRegisteredIdentities } = body;
    const policy = { recheckMonths, conversionMonths, transferGrounds, eraseRegisteredIdentities };
    return this.send(request, body, '/v1/enrollment-policy', {}, { type: 'AdoptEnrollmentPolicy', ...policy });
  }

  @Post('apprenticeship-policy')
  adoptApprenticeshipPolicy(@Req() request: EdgeRequest, @Body() body: ApprenticeshipPolicyAdopted): Promise<Told | Refusal> {
    const { minimumAge, adultAge, insuranceRequired, dualQualifiedMentor, sections } = body;
    const policy = { minimumAge, adultAge, insuranceRequired, dualQualifiedMentor, sections };
    return this.send(request, body, '/v1/apprenticeship-policy', {}, { type: 'AdoptApprenticeshipPolicy', ...policy });
  }

  @Post('assessment-policy')
  adoptAssessmentPolicy(@Req() request: EdgeRequest, @Body() body: AssessmentPolicyAdopted): Promise<Told | Refusal> {
    const { appealWorkingDays, makeUpAfterCheating, average } = body;
    const { excellent, good, medium, pass, fail } = average.gradeScores;
    const policy = {
      appealWorkingDays,
      makeUpAfterCheating,
      average: {
        attempt: average.attempt,
        failed: average.failed,
        gradeScores: { excellent, good, medium, pass, fail },
        rounding: { mode: average.rounding.mode, unit: average.rounding.unit },
      },
    };
    return this.send(request, body, '/v1/assessment-policy', {}, { type: 'AdoptAssessmentPolicy', ...policy });
  }
}
