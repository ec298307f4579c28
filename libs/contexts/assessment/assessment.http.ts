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
import { Code, Flag, Id, Nested, OneOf, PersonId, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { attemptKinds, resultCodes, type AttemptKind, type ResultCode } from '../../events/catalog/assessment.ts';
import { fiveGrades, type FiveGrade } from '../../events/catalog/curriculum.ts';
import { attemptFact, numberOf } from '../../facts/attempt.ts';
import { teachingClassFact } from '../../facts/class.ts';
import { enrollmentFact } from '../../facts/enrollment.ts';
import { mintedId } from '../../kernel/ids.ts';
import type { Source } from '../../kernel/plan.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import { fullScore } from '../../kernel/score.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import { attemptIdOf, type AttemptCommand } from './attempt.ts';
import type { Said } from './guards.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class AttemptOpened extends Stated {
  @Id({ description: 'Of the student who is examined' })
  enrollmentId!: string;

  @Id()
  courseId!: string;

  @OneOf(attemptKinds)
  kind!: AttemptKind;

  @Id({ optional: true, description: 'The attempt before, for everything but a first one' })
  follows?: string;

  @Id({ description: 'How it is evaluated' })
  schemeId!: string;

  @Whole(1, 1000, { optional: true, example: 1, description: 'The latest version where absent' })
  schemeVersion?: number;

  @Text(50, { example: '2026-2027' })
  academicYear!: string;

  @Text(50, { example: '2026-2027-1' })
  term!: string;

  @Id({ optional: true, description: 'Teaching class whose teachers score; it says the version of the course' })
  classId?: string;

  @Id({ optional: true, description: 'Contract whose mentor scores for the enterprise' })
  contractId?: string;

  @Flag({ optional: true, example: false, description: 'The final apprenticeship assessment, behind the signed gateway' })
  final?: boolean;

  @OneOf({ 'in-person': 1, online: 1 }, { optional: true, description: 'in-person where absent' })
  mode?: 'in-person' | 'online';
}

export class ComponentScored extends Stated {
  @Code({ example: 'exam', description: 'Of the scheme’s component' })
  component!: string;

  @OneOf({ score: 1, baseline: 1, exit: 1 }, { optional: true, description: 'baseline and exit of an improvement' })
  part?: 'score' | 'baseline' | 'exit';

  @Whole(0, fullScore, { example: 8550, description: 'Hundredths of a point' })
  score!: number;

  @Flag({ optional: true, example: false, description: 'Settles what the two sides differ about' })
  third?: boolean;

  @PersonId({
    optional: true,
    example: 'teacher-1',
    description: 'Whose paper score a registrar enters: the `sub` of her tokens',
  })
  onBehalfOf?: string;
}

export class ResultSubmitted extends Stated {
  @OneOf(resultCodes, { optional: true, example: 'absent', description: 'Instead of what was scored' })
  code?: ResultCode;
}

/** What came of it: a score, or a code, or for a result of before the ledger a grade. */
export class ResultBody {
  @Whole(0, fullScore, { optional: true, example: 7800, description: 'Hundredths of a point, before any cap' })
  score?: number;

  @OneOf(fiveGrades, { optional: true, example: 'good', description: 'Of an imported result that has no score' })
  grade?: FiveGrade;

  @OneOf(resultCodes, { optional: true, example: 'absent' })
  code?: ResultCode;

  @Flag({ optional: true, example: true, description: 'Of an imported score: no scheme of the ledger tells' })
  passed?: boolean;
}

export class ResultModerated extends Stated {
  @Nested(ResultBody, { optional: true, description: 'Where it is changed, with its reason; the submitted result where absent' })
  result?: ResultBody;
}

export class AttemptVoided extends Stated {
  @OneOf({ misconduct: 1, 'opened-in-error': 1 })
  ground!: 'misconduct' | 'opened-in-error';
}

export class AppealDismissed extends Stated {
  @Id()
  appealId!: string;
}

export class AppealUpheld extends AppealDismissed {
  @Nested(ResultBody)
  result!: ResultBody;
}

export class GradeCorrectionRequested extends Stated {
  @Nested(ResultBody, { description: 'As it should have read' })
  result!: ResultBody;

  @Evidence()
  evidence?: string[];
}

const said = ({ score, grade, code, passed }: ResultBody): Said => ({
  score: score ?? null,
  grade: grade ?? null,
  code: code ?? null,
  passed: passed ?? null,
});

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The envelope on the command bus: who says it, about which attempt, and what. */
export class AssessmentCall {
  readonly context: CommandContext;
  readonly attemptId: string;
  readonly command: PerAttempt<AttemptCommand>;

  constructor(context: CommandContext, attemptId: string, command: PerAttempt<AttemptCommand>) {
    this.context = context;
    this.attemptId = attemptId;
    this.command = command;
  }
}

@Controller('v1/attempts')
export class AttemptController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  @Post()
  async openAttempt(@Req() request: EdgeRequest, @Body() body: AttemptOpened): Promise<Told | Refusal> {
    const opening = await this.opening(request, body);
    if (isRefusal(opening)) return opening;
    const { institution } = principalOf(request);
    const attemptId = attemptIdOf(institution, opening.learnerId, opening.courseId, opening.number);
    return answered(
      await this.send(request, body, attemptId, opening),
      () => ({ attemptId, learnerId: opening.learnerId }),
      () => `/v1/attempts/${attemptId}`,
    );
  }

  @Post(':id/score-component')
  scoreComponent(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ComponentScored): Promise<Told | Refusal> {
    const { component, score } = body;
    const onBehalfOf = body.onBehalfOf ?? null;
    const command = { type: 'ScoreComponent', component, part: body.part ?? 'score', score, third: body.third ?? false } as const;
    return this.about(request, body, id, { ...command, onBehalfOf }, onBehalfOf);
  }

  @Post(':id/submit')
  submitResult(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ResultSubmitted): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'SubmitResult', code: body.code ?? null });
  }

  @Post(':id/moderate')
  moderateResult(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ResultModerated): Promise<Told | Refusal> {
    const adjusted = body.result ? said(body.result) : null;
    return this.about(request, body, id, { type: 'ModerateResult', adjusted, reasoned: Boolean(body.reason) });
  }

  @Post(':id/publish')
  publishResult(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'PublishResult' });
  }

  @Post(':id/finalize')
  finalizeResult(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'FinalizeResult' });
  }

  @Post(':id/void')
  voidAttempt(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: AttemptVoided): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'VoidAttempt', ground: body.ground });
  }

  /** A learner who files again is told of the appeal that waits. */
  @Post(':id/file-appeal')
  async fileAppeal(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    const outcome = await this.send(request, body, id, (commandId) => ({
      type: 'FileAppeal',
      appealId: mintedId(commandId, 'appeal'),
    }));
    const appeal = isRefusal(outcome) ? null : (await this.parts.transactor.load(attemptFact(id))).state.appeal;
    return answered(outcome, ({ commandId }) => ({
      attemptId: id,
      appealId: appeal?.appealId ?? mintedId(commandId, 'appeal'),
    }));
  }

  @Post(':id/uphold-appeal')
  upholdAppeal(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: AppealUpheld): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'UpholdAppeal', appealId: body.appealId, result: said(body.result) });
  }

  @Post(':id/dismiss-appeal')
  dismissAppeal(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: AppealDismissed): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'DismissAppeal', appealId: body.appealId });
  }

  /** A request's answer names what the second person must name. */
  @Post(':id/request-correction')
  async requestGradeCorrection(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: GradeCorrectionRequested,
  ): Promise<Told | Refusal> {
    const { digest } = commandContext(this.parts, request, body);
    const outcome = await this.send(request, body, id, (commandId) => ({
      type: 'RequestGradeCorrection',
      requestId: mintedId(commandId, 'request'),
      result: said(body.result),
      evidence: body.evidence ?? [],
    }));
    return answered(outcome, ({ commandId }) => ({ attemptId: id, requestId: mintedId(commandId, 'request'), digest }));
  }

  @Post(':id/grant-approval')
  grantAttemptApproval(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: GrantApproval,
  ): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'GrantApproval', requestId: body.requestId, digest: body.digest });
  }

  @Post(':id/refuse-approval')
  refuseAttemptApproval(
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
    command: PerAttempt<AttemptCommand>,
    onBehalfOf: string | null = null,
  ): Promise<Answer | Refusal> {
    const context = commandContext(this.parts, request, body);
    const call = new AssessmentCall(onBehalfOf === null ? context : { ...context, onBehalfOf }, id, command);
    return this.bus.execute<AssessmentCall, Answer | Refusal>(call);
  }

  private async about(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: AttemptCommand,
    onBehalfOf: string | null = null,
  ): Promise<Told | Refusal> {
    return answered(await this.send(request, body, id, command, onBehalfOf), () => ({ attemptId: id }));
  }

  /** The learner and the number follow from what the body names; a teacher opens in classes that are hers. */
  private async opening(
    request: EdgeRequest,
    body: AttemptOpened,
  ): Promise<Extract<AttemptCommand, { type: 'OpenAttempt' }> | Refusal> {
    const { sub, role } = principalOf(request);
    const { enrollmentId, courseId, kind, schemeId, academicYear, term } = body;
    if (role === 'teacher') {
      const hers = body.classId ? await this.ours(request, teachingClassFact(body.classId)) : null;
      if (!hers?.teachers.includes(sub)) return refuse('NOT_FOUND');
    }
    const enrollment = await this.ours(request, enrollmentFact(enrollmentId));
    if (!enrollment?.admission) return refuse('ENROLLMENT_UNKNOWN', { enrollmentId });
    const before = body.follows ? await this.ours(request, attemptFact(body.follows)) : null;
    if (body.follows && !before) return refuse('ATTEMPT_UNKNOWN', { attempt: body.follows });
    return {
      type: 'OpenAttempt',
      learnerId: enrollment.admission.learnerId,
      enrollmentId,
      courseId,
      kind,
      number: before ? numberOf(before) + 1 : 1,
      follows: body.follows ?? null,
      schemeId,
      schemeVersion: body.schemeVersion ?? null,
      academicYear,
      term,
      classId: body.classId ?? null,
      contractId: body.contractId ?? null,
      final: body.final ?? false,
      mode: body.mode ?? 'in-person',
    };
  }

  /** A record of the caller's institution; another's reads as if it did not exist. */
  private async ours<S>(request: EdgeRequest, source: Source<S>): Promise<S | null> {
    const { state, institutionId } = await this.parts.transactor.load(source);
    return institutionId === principalOf(request).institution ? state : null;
  }
}
