import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Allow } from 'class-validator';
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
import {
  Documented,
  effectiveInstant,
  Flag,
  Id,
  isMoment,
  OneOf,
  PlainDate,
  Shaped,
  Text,
  Whole,
  Yes,
} from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import {
  retentionGrounds,
  suspensionGrounds,
  withdrawalGrounds,
  type Admission,
  type RetentionGround,
  type SuspensionGround,
  type WithdrawalGround,
} from '../../events/catalog/enrollment.ts';
import { programFact } from '../../facts/reference.ts';
import { intakes, lengthsOfStudy, levels, studyForms } from '../../kernel/codes.ts';
import { mintedId } from '../../kernel/ids.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import type { EnrollmentCommand } from './enrollment.ts';
import { EnrollmentCall } from './learner.http.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const studentNumberShape = /^[0-9A-Za-z-]{1,32}$/;
const studentNumberWords = { zh: '须为至多 32 位字母、数字或连字符。', en: 'must have at most 32 letters, digits or hyphens.' };
const StudentNumber = (): PropertyDecorator => Shaped(studentNumberShape, studentNumberWords, { example: '2026010101' });

const months: readonly number[] = lengthsOfStudy.map((length) => length.months);

export class Admitted extends Stated {
  @Id({ description: 'Whom: as POST /v1/learners answered' })
  learnerId!: string;

  @Id({ description: 'Into which program' })
  programId!: string;

  @PlainDate()
  entryDate!: string;

  @OneOf(intakes, { optional: true, description: 'ordinary where absent; guards of major change and transfer read it' })
  intake?: string;

  @OneOf(levels, { optional: true, example: 'junior-college', description: 'The program’s where absent' })
  level?: string;

  @Whole(Math.min(...months), Math.max(...months), { optional: true, example: 36, description: 'The program’s where absent' })
  lengthOfStudyMonths?: number;

  @OneOf(studyForms, { optional: true })
  studyForm?: string;

  @Text(100, { optional: true, example: '经济管理分院' })
  branch?: string;

  @Text(100, { optional: true, example: '电子商务系' })
  department?: string;

  @Id({ optional: true })
  classId?: string;

  @PlainDate({ optional: true, example: '2029-06-30' })
  expectedGraduation?: string;

  @Whole(0, 100_000, { optional: true, example: 45_250, description: 'Hundredths of a point' })
  entranceScore?: number;
}

export class TransferredIn extends Admitted {
  @Text(200, { example: '江南职业学院' })
  fromSchool!: string;

  @OneOf(levels, { example: 'junior-college' })
  fromLevel!: string;

  @Shaped(/^[a-z][a-z0-9-]{0,63}$/, { zh: '须为转学理由的代码。', en: 'must be the code of a ground.' }, { example: 'illness' })
  ground!: string;

  @StudentNumber()
  studentNumber!: string;
}

export class Registered extends Stated {
  @StudentNumber()
  studentNumber!: string;

  @Id({ optional: true })
  classId?: string;
}

export class Until extends Stated {
  @PlainDate({ example: '2027-09-01' })
  until!: string;
}

export class AnnuallyRegistered extends Stated {
  @Text(50, { example: '2026-2027' })
  academicYear!: string;
}

export class Suspended extends Until {
  @OneOf(suspensionGrounds)
  ground!: SuspensionGround;

  @PlainDate({ optional: true })
  appliedOn?: string;
}

export class StatusRetained extends Until {
  @OneOf(retentionGrounds)
  ground!: RetentionGround;
}

export class Resumed extends Stated {
  @PlainDate()
  appliedOn!: string;

  @Flag({ example: true })
  reviewPassed!: boolean;

  @Id({ optional: true })
  classId?: string;
}

export class MajorChanged extends Stated {
  @Id()
  programId!: string;

  @Id({ optional: true })
  classId?: string;
}

export class ClassChanged extends Stated {
  @Id()
  classId!: string;
}

export class TransferredOut extends Stated {
  @Text(200, { example: '江南职业学院' })
  toSchool!: string;

  @Shaped(/^[a-z][a-z0-9-]{0,63}$/, { zh: '须为转学理由的代码。', en: 'must be the code of a ground.' }, { example: 'illness' })
  ground!: string;

  @OneOf(levels, { optional: true, description: 'Level of the receiving program' })
  toLevel?: string;

  @Whole(0, 100_000, { optional: true, description: 'Lowest entrance score of the receiving program, hundredths of a point' })
  requiredScore?: number;
}

export class Withdrawn extends Stated {
  @OneOf(withdrawalGrounds)
  ground!: WithdrawalGround;
}

export class Expelled extends Stated {
  @Text(100, { example: '教〔2026〕12 号' })
  decisionNumber!: string;
}

export class Graduated extends Stated {
  @Yes({ description: 'The registrar attests that the plan’s credits are complete' })
  creditsAttested!: true;
}

export class Requested extends Stated {
  @Evidence()
  evidence?: string[];
}

export class RevocationRequested extends Requested {
  @OneOf({ 'recheck-failed': 1, fraud: 1 })
  ground!: 'recheck-failed' | 'fraud';
}

export class CorrectionRequested extends Requested {
  @Shaped(
    /^\d{1,9}$/,
    { zh: '须为版本号。', en: 'must be a revision.' },
    { example: '1', description: 'Revision of the event to correct' },
  )
  target!: string;

  @Text(64, { example: 'ground', description: 'Field of that event, or effectiveAt' })
  field!: string;

  @Documented({
    description: 'What it should have said; for effectiveAt an instant or a day',
    example: 'illness',
    oneOf: [{ type: 'string', maxLength: 200 }, { type: 'integer' }, { type: 'null' }],
  })
  @Allow()
  value!: unknown;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/enrollments')
export class EnrollmentController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  @Post()
  async admitLearner(@Req() request: EdgeRequest, @Body() body: Admitted): Promise<Told | Refusal> {
    return this.opened(request, body, (admission) => ({ type: 'AdmitLearner', admission, source: null }));
  }

  @Post('transfer-in')
  transferStudentIn(@Req() request: EdgeRequest, @Body() body: TransferredIn): Promise<Told | Refusal> {
    const { fromSchool, fromLevel, ground, studentNumber } = body;
    return this.opened(request, body, (admission) => ({
      type: 'TransferStudentIn',
      admission,
      fromSchool,
      fromLevel,
      ground,
      studentNumber,
    }));
  }

  @Post(':id/register')
  registerStudent(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Registered): Promise<Told | Refusal> {
    const { studentNumber, classId } = body;
    return this.about(request, body, id, { type: 'RegisterStudent', studentNumber, classId: classId ?? null });
  }

  @Post(':id/decline-place')
  declinePlace(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'DeclinePlace' });
  }

  @Post(':id/retain-place')
  retainPlace(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Until): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'RetainPlace', until: body.until });
  }

  @Post(':id/pass-recheck')
  passAdmissionRecheck(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'PassAdmissionRecheck' });
  }

  @Post(':id/record-annual-registration')
  recordAnnualRegistration(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: AnnuallyRegistered,
  ): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'RecordAnnualRegistration', academicYear: body.academicYear });
  }

  @Post(':id/suspend')
  suspendStudy(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Suspended): Promise<Told | Refusal> {
    const { ground, until, appliedOn } = body;
    return this.about(request, body, id, { type: 'SuspendStudy', ground, until, appliedOn: appliedOn ?? null });
  }

  @Post(':id/retain-status')
  retainStatus(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: StatusRetained): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'RetainStatus', ground: body.ground, until: body.until });
  }

  @Post(':id/resume')
  resumeStudy(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Resumed): Promise<Told | Refusal> {
    const { appliedOn, reviewPassed, classId } = body;
    return this.about(request, body, id, { type: 'ResumeStudy', appliedOn, reviewPassed, classId: classId ?? null });
  }

  @Post(':id/change-major')
  changeMajor(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: MajorChanged): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ChangeMajor', programId: body.programId, classId: body.classId ?? null });
  }

  @Post(':id/change-class')
  changeClass(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ClassChanged): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ChangeClass', classId: body.classId });
  }

  @Post(':id/transfer-out')
  transferStudentOut(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: TransferredOut,
  ): Promise<Told | Refusal> {
    const { toSchool, ground, toLevel, requiredScore } = body;
    return this.about(request, body, id, {
      type: 'TransferStudentOut',
      toSchool,
      ground,
      fromLevel: null,
      toLevel: toLevel ?? null,
      requiredScore: requiredScore ?? null,
    });
  }

  @Post(':id/withdraw')
  withdrawStudent(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Withdrawn): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'WithdrawStudent', ground: body.ground });
  }

  @Post(':id/expel')
  expelStudent(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Expelled): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'ExpelStudent', decisionNumber: body.decisionNumber });
  }

  @Post(':id/record-death')
  recordDeath(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'RecordDeath' });
  }

  @Post(':id/graduate')
  graduateStudent(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Graduated): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'GraduateStudent', creditsAttested: body.creditsAttested });
  }

  @Post(':id/leave-incomplete')
  leaveIncomplete(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'LeaveIncomplete' });
  }

  @Post(':id/complete')
  completeStudy(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'CompleteStudy' });
  }

  @Post(':id/lock')
  lockRecord(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: Plainly): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'LockRecord' });
  }

  @Post(':id/request-admission-annulment')
  requestAdmissionAnnulment(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: Requested,
  ): Promise<Told | Refusal> {
    return this.requested(request, body, id, (requestId) => ({
      type: 'RequestAdmissionAnnulment',
      requestId,
      evidence: body.evidence ?? [],
    }));
  }

  @Post(':id/request-revocation')
  requestRevocation(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: RevocationRequested,
  ): Promise<Told | Refusal> {
    return this.requested(request, body, id, (requestId) => ({
      type: 'RequestRevocation',
      requestId,
      ground: body.ground,
      evidence: body.evidence ?? [],
    }));
  }

  @Post(':id/request-withdrawal-reversal')
  requestWithdrawalReversal(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: Requested,
  ): Promise<Told | Refusal> {
    return this.requested(request, body, id, (requestId) => ({
      type: 'RequestWithdrawalReversal',
      requestId,
      evidence: body.evidence ?? [],
    }));
  }

  @Post(':id/request-correction')
  requestEnrollmentCorrection(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: CorrectionRequested,
  ): Promise<Told | Refusal> {
    const { target, field } = body;
    const zone = this.parts.institutions.get(principalOf(request).institution)!;
    const value = field === 'effectiveAt' && isMoment(body.value) ? effectiveInstant(body.value, zone) : (body.value ?? null);
    return this.requested(request, body, id, (requestId) => ({
      type: 'RequestEnrollmentCorrection',
      requestId,
      target,
      field,
      value,
      evidence: body.evidence ?? [],
    }));
  }

  @Post(':id/grant-approval')
  grantEnrollmentApproval(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: GrantApproval,
  ): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'GrantApproval', requestId: body.requestId, digest: body.digest });
  }

  @Post(':id/refuse-approval')
  refuseEnrollmentApproval(
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
    command: PerAttempt<EnrollmentCommand>,
  ): Promise<Answer | Refusal> {
    const context = commandContext(this.parts, request, body);
    return this.bus.execute<EnrollmentCall, Answer | Refusal>(new EnrollmentCall(context, { on: 'enrollment', id, command }));
  }

  private async about(request: EdgeRequest, body: Stated, id: string, command: EnrollmentCommand): Promise<Told | Refusal> {
    return answered(await this.send(request, body, id, command), () => ({ enrollmentId: id }));
  }

  private async opened(
    request: EdgeRequest,
    body: Admitted,
    command: (admission: Admission) => EnrollmentCommand,
  ): Promise<Told | Refusal> {
    const outcome = await this.send(request, body, null, async () => command(await this.admission(request, body)));
    const enrollmentId = ({ commandId }: Answer): string => mintedId(commandId, 'enrollment');
    return answered(
      outcome,
      (answer) => ({ enrollmentId: enrollmentId(answer), learnerId: body.learnerId }),
      (answer) => `/v1/enrollments/${enrollmentId(answer)}`,
    );
  }

  /** A request's answer names what the second person must name. */
  private async requested(
    request: EdgeRequest,
    body: Stated,
    id: string,
    command: (requestId: string) => EnrollmentCommand,
  ): Promise<Told | Refusal> {
    const { digest } = commandContext(this.parts, request, body);
    const outcome = await this.send(request, body, id, (commandId) => command(mintedId(commandId, 'request')));
    return answered(outcome, ({ commandId }) => ({ enrollmentId: id, requestId: mintedId(commandId, 'request'), digest }));
  }

  /** What the program says is taken where the admission does not say otherwise. Another institution's program says nothing. */
  private async admission(request: EdgeRequest, body: Admitted): Promise<Admission> {
    const { state, institutionId } = await this.parts.transactor.load(programFact(body.programId));
    const program = institutionId === principalOf(request).institution ? state : null;
    return {
      learnerId: body.learnerId,
      programId: body.programId,
      entryDate: body.entryDate,
      intake: body.intake ?? 'ordinary',
      level: body.level ?? program?.level ?? null,
      lengthOfStudyMonths: body.lengthOfStudyMonths ?? program?.lengthOfStudyMonths ?? null,
      studyForm: body.studyForm ?? null,
      branch: body.branch ?? null,
      department: body.department ?? null,
      classId: body.classId ?? null,
      expectedGraduation: body.expectedGraduation ?? null,
      entranceScore: body.entranceScore ?? null,
    };
  }
}
