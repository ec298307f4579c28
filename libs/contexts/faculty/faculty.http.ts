import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, commandContext, Effective, Stated, type Told } from '../../edge/command.ts';
import { Code, Id, ListOf, Nested, OneOf, PersonId, PlainDate, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import { teacherIdOf, type FacultyCommand } from './faculty.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class ProfileBody {
  @Text(100, { example: '周明' })
  name!: string;

  @Text(100, { optional: true, example: '仓储主管', description: 'Professional title (职称) or post (岗位)' })
  title?: string;
}

export class TeacherContactBody {
  @Text(50, { example: '13900000000' })
  phone!: string;
}

export class TeacherRegistered extends Effective {
  @OneOf({ school: 1, enterprise: 1 }, { example: 'enterprise' })
  side!: Side;

  @Id({ optional: true, description: 'The enterprise; absent for the college’s own staff' })
  organizationId?: string;

  @Text(32, { example: 'E0042', description: 'Staff number (工号), unique in the organization' })
  staffNumber!: string;

  @Nested(ProfileBody)
  profile!: ProfileBody;

  @Nested(TeacherContactBody, { optional: true })
  contact?: TeacherContactBody;
}

export class TeacherAccountLinked extends Effective {
  @PersonId({ example: 'mentor-1', description: 'The `sub` of her tokens' })
  personId!: string;
}

export class DualQualificationGranted extends Stated {
  @Text(100, { example: '高级双师型 2026-17' })
  certificate!: string;

  @ListOf(200, 20, { example: ['闽教师〔2026〕8号'] })
  evidence!: string[];
}

export class EnterprisePracticeRecorded extends Stated {
  @Id()
  organizationId!: string;

  @PlainDate({ example: '2026-01-05' })
  from!: string;

  @PlainDate({ example: '2026-02-13' })
  to!: string;

  @Whole(1, 3660, { example: 30, description: 'Days of practice in that span' })
  days!: number;
}

export class ImprovementPlanned extends Stated {
  @PlainDate({ description: 'The last day of the improvement' })
  until!: string;
}

export class TeacherStatusChanged extends Stated {
  @Code({ example: 'appraisal-below-standard' })
  ground!: string;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The envelope on the command bus. */
export class FacultyCall {
  readonly context: CommandContext;
  readonly teacherId: string;
  readonly command: FacultyCommand;

  constructor(context: CommandContext, teacherId: string, command: FacultyCommand) {
    this.context = context;
    this.teacherId = teacherId;
    this.command = command;
  }
}

@Controller('v1/teachers')
export class FacultyController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  /** An enterprise registers mentors of its own; whatever else it names is not there for it. */
  @Post()
  registerTeacher(@Req() request: EdgeRequest, @Body() body: TeacherRegistered): Promise<Told | Refusal> {
    const { institution, role, org } = principalOf(request);
    const { side, organizationId = null } = body;
    const staffNumber = body.staffNumber.trim();
    if (role === 'enterprise' && (side !== 'enterprise' || organizationId === null || organizationId !== org)) {
      return Promise.resolve(refuse('NOT_FOUND'));
    }
    const { name, title } = body.profile;
    const teacherId = teacherIdOf(institution, organizationId, staffNumber);
    const command: FacultyCommand = {
      type: 'RegisterTeacher',
      side,
      organizationId,
      staffNumber,
      profile: { name: name.trim(), ...(title ? { title: title.trim() } : {}) },
      contact: body.contact ? { phone: body.contact.phone } : null,
      source: null,
    };
    return this.send(request, body, teacherId, command, `/v1/teachers/${teacherId}`);
  }

  @Post(':id/link-account')
  linkTeacherAccount(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: TeacherAccountLinked,
  ): Promise<Told | Refusal> {
    return this.send(request, body, id, { type: 'LinkTeacherAccount', personId: body.personId });
  }

  @Post(':id/grant-dual-qualification')
  grantDualQualification(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: DualQualificationGranted,
  ): Promise<Told | Refusal> {
    const { certificate, evidence } = body;
    return this.send(request, body, id, { type: 'GrantDualQualification', certificate, evidence });
  }

  @Post(':id/record-practice')
  recordEnterprisePractice(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: EnterprisePracticeRecorded,
  ): Promise<Told | Refusal> {
    const { organizationId, from, to, days } = body;
    return this.send(request, body, id, { type: 'RecordEnterprisePractice', organizationId, from, to, days });
  }

  @Post(':id/raise-warning')
  raiseEarlyWarning(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: TeacherStatusChanged,
  ): Promise<Told | Refusal> {
    return this.send(request, body, id, { type: 'RaiseEarlyWarning', ground: body.ground });
  }

  @Post(':id/plan-improvement')
  planImprovement(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ImprovementPlanned,
  ): Promise<Told | Refusal> {
    return this.send(request, body, id, { type: 'PlanImprovement', until: body.until });
  }

  @Post(':id/suspend')
  suspendTeacher(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: TeacherStatusChanged,
  ): Promise<Told | Refusal> {
    return this.send(request, body, id, { type: 'SuspendTeacher', ground: body.ground });
  }

  @Post(':id/withdraw')
  withdrawTeacher(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: TeacherStatusChanged,
  ): Promise<Told | Refusal> {
    return this.send(request, body, id, { type: 'WithdrawTeacher', ground: body.ground });
  }

  @Post(':id/reinstate')
  reinstateTeacher(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: TeacherStatusChanged,
  ): Promise<Told | Refusal> {
    return this.send(request, body, id, { type: 'ReinstateTeacher', ground: body.ground });
  }

  // ── helpers ──

  private async send(
    request: EdgeRequest,
    body: Effective | Stated,
    teacherId: string,
    command: FacultyCommand,
    created?: string,
  ): Promise<Told | Refusal> {
    const call = new FacultyCall(commandContext(this.parts, request, body), teacherId, command);
    const outcome = await this.bus.execute<FacultyCall, Answer | Refusal>(call);
    return answered(outcome, () => ({ teacherId }), created === undefined ? undefined : () => created);
  }
}
