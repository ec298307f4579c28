import type { CurriculumCommand } from '../../libs/contexts/curriculum/curriculum.ts';
import { courseIdOf } from '../../libs/facts/curriculum.ts';
import { calendar, storyBegins, workday } from './dates.ts';
import { programIdAt } from './ids.ts';
import { he, zhou } from './office.ts';
import {
  allCourses,
  categoryOf,
  coursesOf,
  level,
  modules,
  programs,
  requiredCredits,
  revised,
  type StoryCourse,
} from './programs.ts';
import { apprenticeshipPolicy, assessmentPolicy, enrollmentPolicy, framework, schemes } from './rules.ts';
import type { Step } from './step.ts';
import { Teller, type World } from './teller.ts';

/** What the college publishes before the first student comes, and what it revises later. */
export function* referenceStrand(world: World): Generator<Step, void> {
  const tell = new Teller(world, 'reference');
  const on = (day: string, command: CurriculumCommand): Step =>
    tell.step([workday(day), 'dawn'], zhou, { on: 'curriculum', command });

  yield on(storyBegins, { type: 'PublishCalendar', ...calendar });
  yield on(storyBegins, { type: 'AdoptEnrollmentPolicy', ...enrollmentPolicy });
  yield on(storyBegins, { type: 'AdoptApprenticeshipPolicy', ...apprenticeshipPolicy });
  yield on(storyBegins, { type: 'AdoptAssessmentPolicy', ...assessmentPolicy });
  yield on(storyBegins, { type: 'PublishFramework', ...framework });
  for (const scheme of schemes) yield on(storyBegins, { type: 'AdoptEvaluationScheme', ...scheme });
  for (const { code, name } of programs) {
    yield on('2024-07-09', { type: 'PublishProgram', code, name, level, lengthOfStudyMonths: 36, entranceScore: 30_000 });
  }
  const name = { zh: '数字商贸专业群', en: 'Digital Commerce Program Group' };
  const ids = programs.map((_, program) => programIdAt(world, program));
  // Big data joined last, when the four of commerce were a group already.
  yield on('2024-07-09', { type: 'FormProgramGroup', name, programIds: ids.filter((_, program) => program !== 3) });
  for (const course of allCourses) yield on('2024-07-10', published(course));
  for (const program of programs.keys()) yield on('2024-07-12', plan(world, program));
  yield tell.step([workday('2024-07-15'), 'dawn'], he, {
    on: 'curriculum',
    command: { type: 'FormProgramGroup', name, programIds: [ids[3]!] },
  });
  const course = allCourses.find(({ code }) => code === revised.code)!;
  yield on(revised.on, { ...published(course), hours: revised.hours });
}

const published = ({
  code,
  name,
  credits,
  hours,
  nature,
  module,
  term,
}: StoryCourse): Extract<CurriculumCommand, { type: 'PublishCourse' }> => ({
  type: 'PublishCourse',
  code,
  name,
  credits,
  hours,
  nature,
  category: categoryOf[module] ?? null,
  module,
  frameworkLevel: term < 3 ? 4 : 5,
});

const plan = (world: World, program: number): CurriculumCommand => ({
  type: 'VersionPlan',
  programId: programIdAt(world, program),
  entriesFrom: '2023-09-01',
  requiredCredits,
  modules,
  courses: coursesOf(program).map(({ code, module, nature }) => ({
    courseId: courseIdOf(world.institutionId, code),
    module,
    nature,
  })),
});
