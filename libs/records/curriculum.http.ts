import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { OneOf, PlainDate, Text } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { courseNatures, type CourseNature } from '../events/catalog/curriculum.ts';
import { courseFact, frameworkFact, latestOf, planFact, planFor, schemeFact, type PlanVersion } from '../facts/curriculum.ts';
import { apprenticeshipPolicyFact, assessmentPolicyFact, calendarFact, policyFact, programFact } from '../facts/reference.ts';
import type { Source } from '../kernel/plan.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { curriculum, listCourses, listSchemes, type CourseRow } from '../read-models/curriculum.ts';
import type { Loaded } from '../runtime/streams.ts';
import { given, pagingOf } from './asking.ts';
import { Named } from './reference.http.ts';
import { coded } from './shown.ts';

// ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export class CoursesAsked extends Named {
  @Text(32, { optional: true, example: 'EC101' })
  code?: string;

  @OneOf(courseNatures, { optional: true })
  nature?: CourseNature;
}

export class PlansAsked {
  @PlainDate({ optional: true, description: 'Day of entry: only the version in force for it' })
  entryDate?: string;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What decisions pin, and what is in force. It names no person, so every role of the institution may read it. */
@Controller('v1')
export class CurriculumRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get('courses')
  listCourses(@Req() request: EdgeRequest, @Query() asked: CoursesAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const { text, code, nature } = asked;
    const query = { institutionId, ...given({ text, code, nature }), ...pagingOf(asked) };
    return this.parts.views.read(curriculum, async (db, position) => {
      const page = await listCourses(db, query);
      if (isRefusal(page)) return page;
      const items = page.rows.map((row) => ({ courseId: row.id, ...courseShown(row, { zh: row.nameZh, en: row.nameEn }) }));
      return new Told({ items, next: page.next, total: page.total }, { position });
    });
  }

  /** The last version, and the ones before it. */
  @Get('courses/:id')
  async readCourse(@Req() request: EdgeRequest, @Param('id') courseId: string): Promise<Told | Refusal> {
    const position = await this.parts.store.head();
    const { state, revision } = await this.own(request, courseFact(courseId));
    const versions = state.map((course) => courseShown(course, course.name));
    const last = versions.at(-1);
    if (!last) return refuse('NOT_FOUND');
    return new Told({ courseId, ...last, versions, revision: revision.toString() }, { revision, position });
  }

  /** Versions of a program's training program (人才培养方案), or the one in force for a day of entry. */
  @Get('programs/:id/plans')
  async listPlans(
    @Req() request: EdgeRequest,
    @Param('id') programId: string,
    @Query() { entryDate }: PlansAsked,
  ): Promise<Told | Refusal> {
    const position = await this.parts.store.head();
    const program = await this.own(request, programFact(programId));
    if (program.state === null) return refuse('NOT_FOUND');
    const { state: plans } = await this.own(request, planFact(programId));
    const wanted = entryDate === undefined ? plans : [planFor(plans, entryDate)].filter((plan) => plan !== undefined);
    const items = await Promise.all(wanted.map((plan) => this.planShown(request, plan)));
    return new Told({ programId, items, next: null, total: items.length }, { position });
  }

  @Get('schemes')
  listSchemes(@Req() request: EdgeRequest, @Query() asked: Named): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const query = { institutionId, ...given({ text: asked.text }), ...pagingOf(asked) };
    return this.parts.views.read(curriculum, async (db, position) => {
      const page = await listSchemes(db, query);
      if (isRefusal(page)) return page;
      const items = page.rows.map(({ id, scheme }) => ({ schemeId: id, ...scheme }));
      return new Told({ items, next: page.next, total: page.total }, { position });
    });
  }

  /** The last version, and the ones before it. */
  @Get('schemes/:id')
  async readScheme(@Req() request: EdgeRequest, @Param('id') schemeId: string): Promise<Told | Refusal> {
    const position = await this.parts.store.head();
    const { state: versions, revision } = await this.own(request, schemeFact(schemeId));
    const last = latestOf(versions);
    if (!last) return refuse('NOT_FOUND');
    return new Told({ schemeId, ...last, versions, revision: revision.toString() }, { revision, position });
  }

  @Get('framework')
  readFramework(@Req() request: EdgeRequest): Promise<Told | Refusal> {
    return this.inForce(frameworkFact(principalOf(request).institution));
  }

  @Get('calendar')
  readCalendar(@Req() request: EdgeRequest): Promise<Told | Refusal> {
    return this.inForce(calendarFact(principalOf(request).institution));
  }

  /** Of all three policies the default one where none was adopted. */
  @Get('enrollment-policy')
  readEnrollmentPolicy(@Req() request: EdgeRequest): Promise<Told | Refusal> {
    return this.inForce(policyFact(principalOf(request).institution));
  }

  @Get('apprenticeship-policy')
  readApprenticeshipPolicy(@Req() request: EdgeRequest): Promise<Told | Refusal> {
    return this.inForce(apprenticeshipPolicyFact(principalOf(request).institution));
  }

  @Get('assessment-policy')
  readAssessmentPolicy(@Req() request: EdgeRequest): Promise<Told | Refusal> {
    return this.inForce(assessmentPolicyFact(principalOf(request).institution));
  }

  // ── helpers ──

  /** Another institution's reads as if it did not exist. */
  private async own<State>(request: EdgeRequest, source: Source<State>): Promise<Pick<Loaded<State>, 'state' | 'revision'>> {
    const loaded = await this.parts.transactor.load(source);
    return loaded.institutionId === principalOf(request).institution ? loaded : { state: source.initial, revision: -1n };
  }

  private async inForce(source: Source<object | null>): Promise<Told | Refusal> {
    const position = await this.parts.store.head();
    const { state, revision } = await this.parts.transactor.load(source);
    return state ? new Told({ ...state, revision: revision.toString() }, { revision, position }) : refuse('NOT_FOUND');
  }

  private async planShown(request: EdgeRequest, plan: PlanVersion): Promise<object> {
    const courses = plan.courses.map(async ({ courseId, module, nature }) => {
      const course = latestOf((await this.own(request, courseFact(courseId))).state);
      return {
        courseId,
        code: course?.code ?? null,
        name: course?.name ?? null,
        credits: course?.credits ?? null,
        module,
        nature: coded(nature, courseNatures),
      };
    });
    return { ...plan, courses: await Promise.all(courses) };
  }
}

const courseShown = (course: Omit<CourseRow, 'id' | 'nameZh' | 'nameEn'>, name: { zh: string; en: string }): object => ({
  version: course.version,
  code: course.code,
  name,
  credits: course.credits,
  hours: course.hours,
  nature: coded(course.nature, courseNatures),
  category: course.category,
  module: course.module,
  frameworkLevel: course.frameworkLevel,
});
