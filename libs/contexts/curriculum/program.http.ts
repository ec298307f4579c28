import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Effective, type Told } from '../../edge/command.ts';
import { Code, Id, Nested, NestedList, OneOf, PlainDate, Shaped, Text, Whole } from '../../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../../edge/parts.ts';
import { courseNatures, type CourseNature, type PlanModule } from '../../events/catalog/curriculum.ts';
import { levels } from '../../kernel/codes.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { courseIdOf } from './course.ts';
import { bilingual, BilingualBody, sender, type Send } from './curriculum.http.ts';
import { programIdOf } from './program.ts';

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

const moduleKinds = { shared: 1, specialized: 1, expansion: 1 };

export class PlanModuleBody {
  @Code({ example: 'platform' })
  code!: string;

  @Nested(BilingualBody)
  name!: BilingualBody;

  @OneOf(moduleKinds, { description: 'A plan stands on a shared platform; specialized and expansion modules stand on it' })
  kind!: PlanModule['kind'];

  @Whole(0, 100_000, { example: 4000, description: 'Hundredths of a credit that a student must earn in it' })
  requiredCredits!: number;
}

export class PlanCourseBody {
  @Id()
  courseId!: string;

  @Code({ example: 'platform', description: 'Code of the module in which it counts' })
  module!: string;

  @OneOf(courseNatures)
  nature!: CourseNature;
}

export class PlanVersioned extends Effective {
  @PlainDate({ description: 'For students whose entry is on it or later, up to the next version’s' })
  entriesFrom!: string;

  @Whole(1, 100_000, { example: 14_000, description: 'Hundredths of a credit' })
  requiredCredits!: number;

  @NestedList(PlanModuleBody, 50)
  modules!: PlanModuleBody[];

  @NestedList(PlanCourseBody, 500)
  courses!: PlanCourseBody[];
}

export class CoursePublished extends Effective {
  @Shaped(/^[0-9A-Za-z][\w.()-]{0,31}$/, { zh: '须为课程代码。', en: 'must be a course code.' }, { example: 'EC101' })
  code!: string;

  @Nested(BilingualBody)
  name!: BilingualBody;

  @Whole(0, 10_000, { example: 400, description: 'Hundredths of a credit' })
  credits!: number;

  @Whole(0, 10_000, { example: 64 })
  hours!: number;

  @OneOf(courseNatures)
  nature!: CourseNature;

  @Text(50, { optional: true, example: '专业基础课' })
  category?: string;

  @Text(50, { optional: true, example: '共享平台', description: 'The platform or a module, as the catalog of courses names it' })
  module?: string;

  @Whole(1, 7, { optional: true, example: 4, description: 'Level of the qualifications framework' })
  frameworkLevel?: number;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1')
export class ProgramController {
  private readonly send: Send;

  constructor(@Inject(CommandBus) bus: CommandBus, @Inject(PARTS) parts: Parts) {
    this.send = sender(bus, parts);
  }

  @Post('programs')
  publishProgram(@Req() request: EdgeRequest, @Body() body: ProgramPublished): Promise<Told | Refusal> {
    const { code, level, lengthOfStudyMonths = null, entranceScore = null } = body;
    const programId = programIdOf(principalOf(request).institution, code, level);
    const program = { code, name: bilingual(body.name), level, lengthOfStudyMonths, entranceScore };
    return this.send(request, body, '/v1/programs', { programId }, { type: 'PublishProgram', ...program });
  }

  @Post('programs/:id/plans')
  versionPlan(@Req() request: EdgeRequest, @Param('id') id: string, @Body() body: PlanVersioned): Promise<Told | Refusal> {
    const { entriesFrom, requiredCredits } = body;
    const modules = body.modules.map(({ code, name, kind, requiredCredits: needed }) => ({
      code,
      name: bilingual(name),
      kind,
      requiredCredits: needed,
    }));
    const courses = body.courses.map(({ courseId, module, nature }) => ({ courseId, module, nature }));
    const command = { type: 'VersionPlan', programId: id, entriesFrom, requiredCredits, modules, courses } as const;
    return this.send(request, body, `/v1/programs/${id}/plans`, { programId: id }, command);
  }

  @Post('courses')
  publishCourse(@Req() request: EdgeRequest, @Body() body: CoursePublished): Promise<Told | Refusal> {
    const { code, credits, hours, nature, category = null, module = null, frameworkLevel = null } = body;
    const courseId = courseIdOf(principalOf(request).institution, code);
    const course = { code, name: bilingual(body.name), credits, hours, nature, category, module, frameworkLevel };
    return this.send(request, body, '/v1/courses', { courseId }, { type: 'PublishCourse', ...course });
  }
}
