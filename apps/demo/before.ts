import { importedAttemptIdOf } from '../../libs/contexts/assessment/attempt.ts';
import type { Result } from '../../libs/events/catalog/assessment.ts';
import type { ImportSource } from '../../libs/events/catalog/enrollment.ts';
import { importRunId, mintedId, shortHash } from '../../libs/kernel/ids.ts';
import { startOfDay } from '../../libs/kernel/time.ts';
import { termOf, workday } from './dates.ts';
import { Dice } from './dice.ts';
import { courseIdAt, enrollmentIdOf, learnerIdOf, studentNumberOf } from './ids.ts';
import { className, sizeOf, talentOf, type Life } from './lives.ts';
import { zhou } from './office.ts';
import { organizationIdAt, partners } from './partners.ts';
import { categoryOf, coursesIn, type StoryCourse } from './programs.ts';
import { anyMentor, staffIdOf, teacherAt } from './staff.ts';
import { years } from './status.ts';
import type { Saying, Step } from './step.ts';
import { admissionOf, Status } from './student.ts';
import { commandIdOf, Teller, type When, type World } from './teller.ts';

/** Those who were students before the ledger: what a sheet attests of them is imported, and says so wherever it shows. */

const kinds = ['roster', 'results', 'contracts'] as const;
type Kind = (typeof kinds)[number];

/** A sheet of each kind, read on a day of its own; contracts when the mentors that they name are known. */
const readOn: Readonly<Record<Kind, string>> = {
  roster: workday('2024-08-26'),
  results: workday('2024-08-27'),
  contracts: workday('2025-04-14'),
};

const digestOfFile = ({ seed, learners }: World, kind: Kind): string => shortHash(`demo\n${seed}\n${learners}\n${kind}`, 32);

const runIdOf = (world: World, kind: Kind): string =>
  importRunId(world.institutionId, kind, digestOfFile(world, kind), '{"formClasses":false}', 1);

/** Rows are counted through the cohort, so that nobody's row depends on another's. */
const sourceOf = (world: World, kind: Kind, row: number): ImportSource => ({
  run: runIdOf(world, kind),
  row,
  fileDigest: digestOfFile(world, kind),
  rowDigest: world.saltOf(`${kind}/${row}`),
});

/** The runs themselves: begun at dawn, rows all day, finished in the evening. */
export function* importStrand(world: World, kind: Kind): Generator<Step, void> {
  const tell = new Teller(world, `import/${kind}`);
  const id = runIdOf(world, kind);
  const rows = sizeOf(world, 2023) * { roster: 1, results: rowsOfResults, contracts: 1 }[kind];
  const began = {
    type: 'StartImport',
    kind,
    fileDigest: digestOfFile(world, kind),
    options: { formClasses: false },
    ordinal: 1,
  } as const;
  yield tell.step([readOn[kind], 'dawn'], zhou, { on: 'import', id, command: began });
  const over = { type: 'FinishImport', rows, taken: rows, unchanged: 0, refused: 0 } as const;
  yield tell.step([readOn[kind], 'evening'], zhou, { on: 'import', id, command: over });
}

export const importStrands = (world: World): readonly Iterator<Step>[] =>
  kinds.filter((kind) => kind !== 'contracts').map((kind) => importStrand(world, kind));

// ── a student of before ────────────────────────────────────────────────────────────────────────────────────────────────────

export function* beforeStrand(world: World, life: Life): Generator<Step, void> {
  const status = new Status(world, life);
  yield isImported(status);
  yield* results(world, life);
  yield* years(status);
}

function isImported(s: Status): Step {
  const { world, life } = s;
  const suspended = life.fate === 'suspended-before';
  const entered = '2023-09-04';
  const command = {
    type: 'ImportEnrollment',
    admission: { ...admissionOf(world, life), classId: null },
    status: suspended ? 'suspended' : 'registered',
    suspension: suspended ? 'suspension' : null,
    statusDate: suspended ? life.away!.from : entered,
    studentNumber: studentNumberOf(life),
    source: sourceOf(world, 'roster', life.index + 1),
  } as const;
  const past = { from: startOfDay(entered, world.zone), to: null, status: command.status };
  const saying = { ...s.of(command), opening: { ...s.opening(), past } } as Saying;
  return s.tell.step([readOn.roster, 'morning'], zhou, saying, { since: command.statusDate });
}

/** Courses of the first year. */
const firstYear = (life: Life): readonly StoryCourse[] => [
  ...coursesIn(life.home.program, 1),
  ...coursesIn(life.home.program, 2),
];
const rowsOfResults = 10;

function* results(world: World, life: Life): Generator<Step, void> {
  const tell = new Teller(world, `${life.name}/imported`);
  const dice = new Dice(world.seed, `imported/${life.name}`);
  for (const [index, course] of firstYear(life).entries()) {
    if (life.fate === 'suspended-before' && course.term === 2) continue;
    const score = (talentOf(world, life) + dice.between(-12, 9)) * 100;
    const term = termOf(2023, course.term)!;
    const result: Result = { score, grade: null, code: null, passed: score >= 6_000, capped: false };
    const of = {
      learnerId: learnerIdOf(world, life),
      courseCode: course.code,
      academicYear: term.year,
      term: term.name,
      kind: 'first',
      order: 1,
    } as const;
    yield tell.step(
      [readOn.results, 'morning'],
      zhou,
      {
        on: 'attempt',
        id: importedAttemptIdOf(world.institutionId, of),
        command: {
          type: 'ImportResult',
          content: {
            ...of,
            enrollmentId: enrollmentIdOf(world, life),
            courseId: courseIdAt(world, course),
            courseName: course.name,
            credits: course.credits,
            nature: '必修',
            category: categoryOf[course.module] ?? null,
            result,
            components: [
              { name: '平时成绩', score: Math.min(10_000, score + 300) },
              { name: '期末成绩', score: Math.max(0, score - 200) },
            ],
            voided: false,
            teachingClass: `${course.name.zh}-${className(life.home)}`,
            source: sourceOf(world, 'results', life.index * rowsOfResults + index + 1),
          },
        },
      },
      { since: term.to },
    );
  }
}

// ── contracts of before ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Two of them were apprentices already: one to the end, one whose contract the ledger completes. */
export function* importedContract(world: World, life: Life): Generator<Step, void> {
  if (life.index !== 0 && life.index !== 4) return;
  const name = `${life.name}/contract`;
  const tell = new Teller(world, name);
  const dice = new Dice(world.seed, name);
  const id = mintedId(commandIdOf(world.seed, name, 0), 'contract');
  const over = life.index === 4;
  const partner = partners[0]!;
  const when: When = [readOn.contracts, 'morning'];
  yield tell.step(
    when,
    zhou,
    {
      on: 'contract',
      id,
      command: {
        type: 'ImportContract',
        contract: {
          learnerId: learnerIdOf(world, life),
          enrollmentId: enrollmentIdOf(world, life),
          organizationId: organizationIdAt(world, 0),
          from: '2024-09-09',
          to: over ? '2025-01-10' : '2025-07-04',
          agreementNumber: `YX-2024-${String(life.index + 1).padStart(3, '0')}`,
          status: over ? 'completed' : 'live',
          post: partner.posts[life.home.program]!,
          signedOn: '2024-08-30',
          schoolMentorId: staffIdOf(world, teacherAt(0)),
          enterpriseMentorId: staffIdOf(world, anyMentor(world, dice, 0)),
          guardian: null,
          insurancePolicy: 'SX20240901',
          endedOn: over ? '2025-01-10' : null,
          endGround: null,
          source: sourceOf(world, 'contracts', life.index + 1),
        },
      },
    },
    { since: '2024-09-09' },
  );
  if (!over)
    yield tell.step([workday('2025-07-07'), 'morning'], zhou, { on: 'contract', id, command: { type: 'CompleteContract' } });
}
