import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, commandContext, Effective, type PerAttempt, type Told } from '../../edge/command.ts';
import { Id, idPattern, ListOf, OneOf, PersonId, Text } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { programFact } from '../../facts/reference.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import type { Answer } from '../../runtime/transact.ts';
import { classIdOf, type ClassCommand } from './class.ts';
import { enrollmentSource } from './gates.ts';
import { EnrollmentCall } from './learner.http.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class ClassFormed extends Effective {
  @OneOf(
    { administrative: 1, teaching: 1 },
    { description: 'Who is in an administrative class (行政班) is said by the enrollments alone' },
  )
  kind!: 'administrative' | 'teaching';

  @Text(100, { example: '电商2601' })
  name!: string;

  @Id({ optional: true })
  programId?: string;

  @Text(100, { optional: true, example: 'EC101@1', description: 'course@version of a teaching class' })
  course?: string;

  @Text(50, { optional: true, example: '2026-2027-1', description: 'Term of a teaching class' })
  term?: string;
}

export class TeacherAssigned extends Effective {
  @PersonId({ example: 'teacher-1', description: 'The `sub` of the teacher’s token' })
  teacherId!: string;
}

export class RosterChanged extends Effective {
  @ListOf(idPattern, 500, { optional: true, description: 'Enrollment ids' })
  add?: string[];

  @ListOf(idPattern, 500, { optional: true, description: 'Enrollment ids' })
  remove?: string[];
}

export class ClassClosed extends Effective {}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/classes')
export class ClassController {
  private readonly bus: CommandBus;
  private readonly parts: Parts;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.bus = bus;
    this.parts = parts;
  }

  @Post()
  async formClass(@Req() request: EdgeRequest, @Body() body: ClassFormed): Promise<Told | Refusal> {
    const { institution } = principalOf(request);
    const { kind, name, programId, course, term } = body;
    const classId = classIdOf(institution, name, term ?? null);
    const outcome = await this.send(request, body, classId, async () => {
      if (programId && !(await this.isOurs(request, programFact(programId))))
        return refuse('PROGRAM_UNKNOWN', { program: programId });
      return { type: 'FormClass', kind, name, programId: programId ?? null, course: course ?? null, term: term ?? null };
    });
    return answered(
      outcome,
      () => ({ classId }),
      () => `/v1/classes/${classId}`,
    );
  }

  @Post(':id/assign-teacher')
  assignTeacher(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: TeacherAssigned): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'AssignTeacher', teacherId: body.teacherId });
  }

  @Post(':id/change-roster')
  changeRoster(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: RosterChanged): Promise<Told | Refusal> {
    const add = body.add ?? [];
    return this.about(request, body, id, async () => {
      for (const enrollmentId of add) {
        if (!(await this.isOurs(request, enrollmentSource(enrollmentId)))) return refuse('ENROLLMENT_UNKNOWN', { enrollmentId });
      }
      return { type: 'ChangeRoster', add, remove: body.remove ?? [] };
    });
  }

  @Post(':id/close')
  closeClass(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: ClassClosed): Promise<Told | Refusal> {
    return this.about(request, body, id, { type: 'CloseClass' });
  }

  // ── helpers ──

  private send(request: EdgeRequest, body: Effective, id: string, command: PerAttempt<ClassCommand>): Promise<Answer | Refusal> {
    const context = commandContext(this.parts, request, body);
    return this.bus.execute<EnrollmentCall, Answer | Refusal>(new EnrollmentCall(context, { on: 'class', id, command }));
  }

  private async about(
    request: EdgeRequest,
    body: Effective,
    id: string,
    command: PerAttempt<ClassCommand>,
  ): Promise<Told | Refusal> {
    return answered(await this.send(request, body, id, command), () => ({ classId: id }));
  }

  /** A record of the caller's institution; another's reads as if it did not exist. */
  private async isOurs(request: EdgeRequest, source: Parameters<Parts['transactor']['load']>[0]): Promise<boolean> {
    return (await this.parts.transactor.load(source)).institutionId === principalOf(request).institution;
  }
}
