import { attemptIdOf } from '../../libs/contexts/assessment/attempt.ts';
import { programIdOf } from '../../libs/contexts/curriculum/program.ts';
import { classIdOf } from '../../libs/contexts/enrollment/class.ts';
import type { Scheme } from '../../libs/events/catalog/curriculum.ts';
import { courseIdOf, schemeIdOf } from '../../libs/facts/curriculum.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { className, type ClassRef, type Life } from './lives.ts';
import { level, programs, type StoryCourse } from './programs.ts';
import { commandIdOf, type World } from './teller.ts';

/** Ids that more than one strand names. Those that commands mint are known beforehand, since the command's own id is. */

/** Ids of what the whole story names, by what names it: asked for with every step, and few. */
const known = new Map<string, string>();

function remembered(name: string, id: () => string): string {
  let there = known.get(name);
  if (there === undefined) known.set(name, (there = id()));
  return there;
}

export const programIdAt = ({ institutionId }: World, program: number): string =>
  remembered(`${institutionId} program ${program}`, () => programIdOf(institutionId, programs[program]!.code, level));

export const courseIdAt = ({ institutionId }: World, { code }: StoryCourse): string =>
  remembered(`${institutionId} course ${code}`, () => courseIdOf(institutionId, code));

export const schemeIdAt = ({ institutionId }: World, { code }: Scheme): string =>
  remembered(`${institutionId} scheme ${code}`, () => schemeIdOf(institutionId, code));

const firsts = new WeakMap<Life, string>();

/** The first command of her strand identifies her and opens her enrollment. */
function firstCommandOf({ seed }: World, life: Life): string {
  let first = firsts.get(life);
  if (first === undefined) firsts.set(life, (first = commandIdOf(seed, life.name, 0)));
  return first;
}

export const learnerIdOf = (world: World, life: Life): string => mintedId(firstCommandOf(world, life), 'learner');
export const enrollmentIdOf = (world: World, life: Life): string => mintedId(firstCommandOf(world, life), 'enrollment');

export const classIdAt = ({ institutionId }: World, which: ClassRef): string => classIdOf(institutionId, className(which));

export const teachingClassName = (which: ClassRef, course: StoryCourse, again: boolean): string =>
  `${course.name.zh}${again ? '（重修）' : ''}-${className(which)}`;

export const teachingClassIdAt = (
  { institutionId }: World,
  which: ClassRef,
  course: StoryCourse,
  term: string,
  again: boolean,
): string => classIdOf(institutionId, teachingClassName(which, course, again), term);

export const attemptIdAt = (world: World, life: Life, course: StoryCourse, number: number): string =>
  attemptIdOf(world.institutionId, learnerIdOf(world, life), courseIdAt(world, course), number);

/** Year of entry, program, place in the cohort: unique in the college. */
export const studentNumberOf = ({ cohort, index, home }: Life): string =>
  `${cohort}${home.five ? 5 : 3}${home.program + 1}${String(index + 1).padStart(5, '0')}`;

export const accountOf = (life: Life): string => `s${studentNumberOf(life)}`;
export const guardianAccountOf = (life: Life): string => `g${studentNumberOf(life)}`;
