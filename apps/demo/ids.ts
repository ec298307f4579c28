import { attemptIdOf } from '../../libs/contexts/assessment/attempt.ts';
import { programIdOf } from '../../libs/contexts/curriculum/program.ts';
import { classIdOf } from '../../libs/contexts/enrollment/class.ts';
import { courseIdOf } from '../../libs/facts/curriculum.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { className, type ClassRef, type Life } from './lives.ts';
import { level, programs, type StoryCourse } from './programs.ts';
import { commandIdOf, type World } from './teller.ts';

/** Ids that more than one strand names. Those that commands mint are known beforehand, since the command's own id is. */

export const programIdAt = ({ institutionId }: World, program: number): string =>
  programIdOf(institutionId, programs[program]!.code, level);

export const courseIdAt = ({ institutionId }: World, { code }: StoryCourse): string => courseIdOf(institutionId, code);

/** Her enrollment is opened by the first command of her strand, which identifies her too. */
export const learnerIdOf = ({ seed }: World, { name }: Life): string => mintedId(commandIdOf(seed, name, 0), 'learner');
export const enrollmentIdOf = ({ seed }: World, { name }: Life): string => mintedId(commandIdOf(seed, name, 0), 'enrollment');

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
