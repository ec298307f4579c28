import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { program as content } from '../../../test/support/histories.ts';
import type { CourseVersion } from '../../facts/curriculum.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { curriculumCommands } from './commands.ts';
import { course } from './course.ts';
import { planCurriculum } from './curriculum.ts';
import { program, type PlanFacts, type ProgramCommand, type VersionPlan } from './program.ts';

const introduction: CourseVersion = {
  version: 1,
  code: 'EC101',
  name: { zh: '电子商务基础', en: 'Introduction to E-commerce' },
  credits: 400,
  hours: 64,
  nature: 'compulsory',
  category: '专业基础课',
  module: '共享平台',
  frameworkLevel: 4,
};

const catalog: PlanFacts = { ec101: [introduction], ec205: [{ ...introduction, code: 'EC205' }], ghost: [] };
const programs = examples(program, catalog);
const courses = examples(course, {});

describe('a program', () => {
  const publish = { type: 'PublishProgram', ...content } as const;

  it('is published once; the order of fields says nothing', () => {
    const known = programs.given().when(publish).gives({ type: 'ProgramPublished', data: content });
    known.when({ ...publish, name: { en: content.name.en, zh: content.name.zh } }).givesNothing();
  });

  it('refuses other content under the same code and level, and shows both', () => {
    programs
      .given()
      .when(publish)
      .accepted()
      .when({ ...publish, lengthOfStudyMonths: 24 })
      .refuses('REFERENCE_EXISTS', { recorded: content, given: { ...content, lengthOfStudyMonths: 24 } });
  });

  it('has its code and level as its stream', () => {
    const stream = (code: string, level: string): string => planCurriculum({ ...publish, code, level }, 'college').own.stream;
    expect(new Set([stream('1', 'a'), stream('1', 'b'), stream('2', 'a')]).size).toBe(3);
    expect(stream('1', 'a')).toBe(stream('1', 'a'));
  });
});

describe('a training program', () => {
  const platform = {
    code: 'platform',
    name: { zh: '共享平台', en: 'Platform' },
    kind: 'shared',
    requiredCredits: 6000,
  } as const;
  const operations = {
    code: 'operations',
    name: { zh: '运营模块', en: 'Operations' },
    kind: 'specialized',
    requiredCredits: 8000,
  } as const;
  const plan = {
    entriesFrom: '2025-09-01',
    requiredCredits: 14_000,
    modules: [platform, operations],
    courses: [
      { courseId: 'ec101', module: 'platform', nature: 'compulsory' },
      { courseId: 'ec205', module: 'operations', nature: 'practice' },
    ],
  } as const satisfies Omit<VersionPlan, 'type'>;
  const version: ProgramCommand = { type: 'VersionPlan', ...plan };
  const published = programs
    .given()
    .when({ type: 'PublishProgram', ...content })
    .accepted();

  it('is versioned; the same content is no new version', () => {
    const first = published.when(version).gives({ type: 'PlanVersioned', data: { version: 1, ...plan } });
    const next = { ...plan, entriesFrom: '2026-09-01', requiredCredits: 14_400 };
    const second = first.when({ type: 'VersionPlan', ...next }).gives({ type: 'PlanVersioned', data: { version: 2, ...next } });
    second.when({ type: 'VersionPlan', ...next }).givesNothing();
    expect(second.state.plans.map(({ entriesFrom }) => entriesFrom)).toEqual(['2025-09-01', '2026-09-01']);
    // An error in it is mended by a version for the same entries.
    second.when({ type: 'VersionPlan', ...next, requiredCredits: 14_200 }).accepted();
    expect(planCurriculum({ ...version, programId: 'p1' }, 'college').own.stream).toBe('program-p1');
  });

  it('is not changed for students who entered under it', () => {
    published
      .when(version)
      .accepted()
      .when({ ...version, entriesFrom: '2025-08-31' })
      .refuses('PLAN_BEFORE_LAST', { entriesFrom: '2025-08-31', last: '2025-09-01' });
  });

  it('needs its program', () => {
    programs.given().when(version).refuses('NOT_FOUND');
  });

  it.each([
    ['a module twice', { modules: [platform, platform] }, 'PLAN_NAMES_TWICE', { entries: ['platform'] }],
    ['a course twice', { courses: [...plan.courses, plan.courses[0]] }, 'PLAN_NAMES_TWICE', { entries: ['ec101'] }],
    ['no platform', { modules: [operations] }, 'PLAN_WITHOUT_PLATFORM', {}],
    ['more in its modules than in all', { requiredCredits: 13_999 }, 'PLAN_CREDITS_EXCEEDED', { modules: 14_000 }],
    ['a course in no module', { modules: [platform] }, 'PLAN_MODULE_UNKNOWN', { modules: ['operations'] }],
    [
      'courses that nobody published',
      { courses: [...plan.courses, { courseId: 'ghost', module: 'platform', nature: 'elective' }] },
      'COURSE_UNKNOWN',
      { courses: ['ghost'] },
    ],
  ] as const)('refuses %s', (_, said, code, facts) => {
    published.when({ ...version, ...said }).refuses(code, facts);
  });
});

describe('a course', () => {
  const { version: _version, ...said } = introduction;
  const publish = { type: 'PublishCourse', ...said } as const;

  it('is published; other content under its code is a new version', () => {
    const first = courses.given().when(publish).gives({ type: 'CoursePublished', data: introduction });
    const second = first
      .when({ ...publish, credits: 300 })
      .gives({ type: 'CoursePublished', data: { ...introduction, version: 2, credits: 300 } });
    // What was said before the last word is a change again.
    second.when(publish).gives({ type: 'CoursePublished', data: { ...introduction, version: 3 } });
    expect(planCurriculum(publish, 'college').own.stream).not.toBe(planCurriculum(publish, 'academy').own.stream);
  });
});

it('the command table says what was seen', () => {
  const { PublishProgram, VersionPlan: versionPlan, PublishCourse } = curriculumCommands;
  const seen = new Map([...programs.seen, ...courses.seen]);
  expectTable({ PublishProgram, VersionPlan: versionPlan, PublishCourse }, seen, [], commonRefusals);
});
