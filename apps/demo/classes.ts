import { retakesIn, rosterDay } from './career.ts';
import { daysAfter, storyEnds, termOf, workday, type StoryTerm } from './dates.ts';
import { classIdAt, enrollmentIdOf, programIdAt, teachingClassIdAt, teachingClassName } from './ids.ts';
import { className, membersAt, type ClassRef, type Life } from './lives.ts';
import { zhou } from './office.ts';
import { coursesIn, versionOn, type StoryCourse } from './programs.ts';
import type { Saying, Step } from './step.ts';
import { teachersOf } from './teaching.ts';
import { Teller, type World } from './teller.ts';

/** A class and what is taught to it: an administrative one for all years, teaching classes term by term. */
export function* classStrand(world: World, which: ClassRef): Generator<Step, void> {
  const tell = new Teller(world, `class/${which.cohort}/${className(which)}`);
  const formed = workday(which.cohort === 2023 ? '2024-08-22' : `${which.cohort}-08-24`);
  const say = (id: string, command: Extract<Saying, { on: 'class' }>['command']): Saying => ({ on: 'class', id, command });
  yield tell.step(
    [formed, 'dawn'],
    zhou,
    say(classIdAt(world, which), {
      type: 'FormClass',
      kind: 'administrative',
      name: className(which),
      programId: programIdAt(world, which.program),
      course: null,
      term: null,
    }),
  );

  let before: readonly string[] = [];
  for (let n = which.cohort === 2023 ? 3 : 1; n <= 6; n++) {
    const term = termOf(which.cohort, n);
    if (!term || term.from > storyEnds) return;
    const taught = [...ownTeaching(world, which, term, n), ...retakes(world, which, term, n)];
    for (const { id, course, name, roster } of taught) {
      const day = rosterDay(term);
      const formedAs = `${course.code}@${versionOn(course.code, day)}`;
      const form = { type: 'FormClass', kind: 'teaching', name, programId: programIdAt(world, which.program) } as const;
      yield tell.step([day, 'dawn'], zhou, say(id, { ...form, course: formedAs, term: term.name }));
      for (const { account } of teachersOf(world, id)) {
        yield tell.step([day, 'dawn'], zhou, say(id, { type: 'AssignTeacher', teacherId: account }));
      }
      yield tell.step([day, 'dawn'], zhou, say(id, { type: 'ChangeRoster', add: roster, remove: [] }));
    }
    // Make-ups are held in the class that taught the course, so it closes in the middle of the next term.
    for (const id of before) yield tell.step([daysAfter(term.from, 56), 'dawn'], zhou, say(id, { type: 'CloseClass' }));
    before = taught.map(({ id }) => id);
  }
}

interface Teaching {
  readonly id: string;
  readonly course: StoryCourse;
  readonly name: string;
  readonly roster: readonly string[];
}

function teaching(
  world: World,
  which: ClassRef,
  course: StoryCourse,
  term: StoryTerm,
  again: boolean,
  members: readonly Life[],
): Teaching {
  return {
    id: teachingClassIdAt(world, which, course, term.name, again),
    course,
    name: teachingClassName(which, course, again),
    roster: members.map((life) => enrollmentIdOf(world, life)),
  };
}

function ownTeaching(world: World, which: ClassRef, term: StoryTerm, n: number): readonly Teaching[] {
  const members = membersAt(world, which, rosterDay(term));
  if (members.length === 0) return [];
  return coursesIn(which.program, n).map((course) => teaching(world, which, course, term, false, members));
}

/** Formed for those of the class who failed a year ago, and failed again or may not sit a make-up. */
function retakes(world: World, which: ClassRef, term: StoryTerm, n: number): readonly Teaching[] {
  const then = n > 2 ? termOf(which.cohort, n - 2) : undefined;
  if (!then) return [];
  const byCourse = new Map<string, { course: StoryCourse; members: Life[] }>();
  for (const life of membersAt(world, which, rosterDay(then))) {
    for (const { course, classId } of retakesIn(world, life, term)) {
      if (classId !== teachingClassIdAt(world, which, course, term.name, true)) continue;
      const entry = byCourse.get(course.code) ?? { course, members: [] };
      entry.members.push(life);
      byCourse.set(course.code, entry);
    }
  }
  return [...byCourse.values()].map(({ course, members }) => teaching(world, which, course, term, true, members));
}
