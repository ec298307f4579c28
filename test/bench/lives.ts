// What happens to a learner, told as the contexts' own events: generated, the same from the same seed.
import { fourFourTwo } from '../../libs/contexts/curriculum/scheme.ts';
import { idNumberValue } from '../../libs/contexts/enrollment/gates.ts';
import type { Result } from '../../libs/events/catalog/assessment.ts';
import type { LedgerEvent } from '../../libs/events/events.ts';
import type { Claims } from '../../libs/kernel/claim.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import { shortHash } from '../../libs/kernel/ids.ts';
import { residentCheckDigit } from '../../libs/kernel/national-id.ts';

export const institutionId = 'college';
export const attemptsPerLife = 20;
export const eventsBesideAttempts = 7;
export const eventsPerAttempt = 9;
export const terms = 6;

/** One event, where it stands and who says it. */
export interface Told {
  readonly stream: string;
  readonly subjectId: string | null;
  readonly by: Actor;
  readonly event: LedgerEvent;
  readonly basis?: readonly string[];
}

/** Mulberry32: the same lives from the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

// ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const registrar: Actor = { personId: 'zhao.registrar', role: 'registrar', organizationId: null };
const teacherOf = (course: number): Actor => ({ personId: `li.${course}`, role: 'teacher', organizationId: null });
const mentorOf = (course: number): Actor => ({ personId: `zhou.${course}`, role: 'mentor', organizationId: 'enterprise-1' });

const courseIds = Array.from({ length: attemptsPerLife }, (_, n) => shortHash(`course ${n}`, 16));
const programId = shortHash('program', 16);
const schemeId = shortHash('scheme', 16);
const classId = shortHash('class', 16);

/** What all lives rest on. */
export function college(): Told[] {
  const said = (stream: string, event: LedgerEvent): Told => ({ stream, subjectId: null, by: registrar, event });
  const year = (
    from: number,
  ): { name: string; from: string; to: string; terms: { name: string; from: string; to: string }[] } => ({
    name: `${from}-${from + 1}`,
    from: `${from}-09-01`,
    to: `${from + 1}-08-31`,
    terms: [
      { name: `${from}-1`, from: `${from}-09-01`, to: `${from + 1}-01-18` },
      { name: `${from}-2`, from: `${from + 1}-02-23`, to: `${from + 1}-07-10` },
    ],
  });
  return [
    said(`calendar-${institutionId}`, {
      type: 'CalendarPublished',
      data: { years: [2025, 2026, 2027].map(year), holidays: [] },
    }),
    said(`program-${programId}`, {
      type: 'ProgramPublished',
      data: {
        code: '530701',
        name: { zh: '电子商务', en: 'E-commerce' },
        level: 'junior-college',
        lengthOfStudyMonths: 36,
        entranceScore: null,
      },
    }),
    said(`scheme-${schemeId}`, { type: 'EvaluationSchemeAdopted', data: { version: 1, ...fourFourTwo } }),
    said(`class-${classId}`, {
      type: 'ClassFormed',
      data: { kind: 'administrative', name: '电商2501', programId, course: null, term: null },
    }),
    ...courseIds.map((courseId, n) =>
      said(`course-${courseId}`, {
        type: 'CoursePublished',
        data: {
          version: 1,
          code: `EC${100 + n}`,
          name: { zh: `专业课程${n + 1}`, en: `Course ${n + 1}` },
          credits: 400,
          hours: 64,
          nature: 'compulsory',
          category: '专业基础课',
          module: null,
          frameworkLevel: null,
        },
      }),
    ),
  ];
}

const surnames = '王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗'.split('');
const given = '伟芳娜敏静丽强磊洋艳勇军杰娟涛明超霞平刚桂英华玉兰'.split('');

export class Life {
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly #n: number;
  readonly #claims: Claims;
  readonly #random: () => number;
  readonly #marks = new Map<number, readonly number[]>();

  constructor(seed: number, n: number, claims: Claims, random: () => number) {
    this.#n = n;
    this.#claims = claims;
    this.#random = random;
    this.learnerId = `${shortHash(`learner ${seed} ${n}`, 22)}l`;
    this.enrollmentId = `${shortHash(`learner ${seed} ${n}`, 22)}e`;
  }

  begins(): Told[] {
    const { learnerId, enrollmentId } = this;
    const n = this.#n;
    const first17 = `440305200${7 + (n % 2)}${String(1 + (n % 12)).padStart(2, '0')}${String(1 + (n % 28)).padStart(2, '0')}${String(n % 1000).padStart(3, '0')}`;
    const idNumber = `${first17}${residentCheckDigit(first17)}`;
    const name = `${this.#one(surnames)}${this.#one(given)}${this.#one(given)}`;
    const studentNumber = String(2_025_000_000 + n);
    const idClaim = this.#claims.streamOf('id-number', idNumberValue({ idType: 'resident-id', idNumber: `${idNumber}.${n}` }));
    const numberClaim = this.#claims.streamOf('student-number', studentNumber);
    const said = (stream: string, event: LedgerEvent, basis?: readonly string[]): Told => ({
      stream,
      subjectId: learnerId,
      by: registrar,
      event,
      ...(basis ? { basis } : {}),
    });
    const learner = `learner-${learnerId}`;
    const enrollment = `enrollment-${enrollmentId}`;
    const commandId = shortHash(learnerId, 24);
    return [
      said(idClaim, { type: 'ClaimTaken', data: { kind: 'id-number', owner: learner, commandId } }),
      said(learner, {
        type: 'LearnerIdentified',
        data: {
          identity: { name, sex: n % 2 ? 'female' : 'male', birthDate: '2007-03-14', idType: 'resident-id', idNumber },
          contact: { phone: `138${String(n).padStart(8, '0')}` },
          idClaim,
          source: null,
        },
      }),
      said(learner, { type: 'EnrollmentOpened', data: { enrollmentId, programId, entryDate: '2025-09-01', commandId } }),
      said(
        enrollment,
        {
          type: 'LearnerAdmitted',
          data: {
            learnerId,
            programId,
            entryDate: '2025-09-01',
            intake: 'ordinary',
            level: 'junior-college',
            lengthOfStudyMonths: 36,
            studyForm: 'full-time',
            branch: null,
            department: '商贸学院',
            classId: null,
            expectedGraduation: '2028-07-01',
            entranceScore: 30_000 + Math.floor(this.#random() * 30_000),
            source: null,
          },
        },
        [learner, `program-${programId}`],
      ),
      said(numberClaim, { type: 'ClaimTaken', data: { kind: 'student-number', owner: enrollment, commandId } }),
      said(
        enrollment,
        { type: 'StudentRegistered', data: { studentNumber, classId, recheckDueBy: '2025-12-01', source: null } },
        [numberClaim, `class-${classId}`],
      ),
      said(enrollment, { type: 'AdmissionRecheckPassed', data: {} }),
    ];
  }

  attempt(course: number, by: Actor, event: LedgerEvent): Told {
    const stream = `attempt-${this.enrollmentId.slice(0, 20)}${course}`;
    const basis = [`enrollment-${this.enrollmentId}`, `course-${courseIds[course]!}`, `scheme-${schemeId}`];
    return { stream, subjectId: this.learnerId, by, event, basis };
  }

  /** Hundredths of a point: exam, practical training of school and enterprise, defense of both. */
  marks(course: number): readonly number[] {
    let marks = this.#marks.get(course);
    if (marks === undefined) {
      const level = 5000 + this.#random() * 4000;
      marks = Array.from({ length: 5 }, () => Math.min(10_000, Math.round(level + this.#random() * 1000)));
      this.#marks.set(course, marks);
    }
    return marks;
  }

  result(course: number): Result {
    const [exam = 0, practiceA = 0, practiceB = 0, defenseA = 0, defenseB = 0] = this.marks(course);
    const sum = exam * 40 + (practiceA + practiceB) * 20 + (defenseA + defenseB) * 10;
    const score = Math.round(sum / 10_000) * 100;
    return { score, grade: null, code: null, passed: score >= 6000, capped: false };
  }

  #one(of: readonly string[]): string {
    return of[Math.floor(this.#random() * of.length)]!;
  }
}

/** An attempt comes step by step, each step for a whole cohort before the next: 9 events in all. */
export const stages: readonly ((life: Life, course: number, term: number) => Told[])[] = [
  (life, course, term) => [
    life.attempt(course, registrar, {
      type: 'AttemptOpened',
      data: {
        learnerId: life.learnerId,
        enrollmentId: life.enrollmentId,
        courseId: courseIds[course]!,
        courseVersion: 1,
        credits: 400,
        kind: 'first',
        number: 1,
        follows: null,
        schemeId,
        schemeVersion: 1,
        academicYear: `${2025 + (term >> 1)}-${2026 + (term >> 1)}`,
        term: `${2025 + (term >> 1)}-${1 + (term % 2)}`,
        classId: shortHash(`teaching class ${course}`, 16),
        contractId: null,
        final: false,
        mode: 'in-person',
      },
    }),
  ],
  (life, course) => [scored(life, course, 'exam', 'school', 0)],
  (life, course) => [
    scored(life, course, 'practical-training', 'school', 1),
    scored(life, course, 'practical-training', 'enterprise', 2),
  ],
  (life, course) => [scored(life, course, 'defense', 'school', 3), scored(life, course, 'defense', 'enterprise', 4)],
  (life, course) => {
    const [exam = 0, practiceA = 0, practiceB = 0, defenseA = 0, defenseB = 0] = life.marks(course);
    const half = (a: number, b: number): number => Math.round((a + b) / 2);
    const components = [
      { component: 'exam', score: exam, weight: 4000 },
      { component: 'practical-training', score: half(practiceA, practiceB), weight: 4000 },
      { component: 'defense', score: half(defenseA, defenseB), weight: 2000 },
    ];
    return [
      life.attempt(course, teacherOf(course), { type: 'ResultSubmitted', data: { result: life.result(course), components } }),
    ];
  },
  (life, course) => [
    life.attempt(course, registrar, { type: 'ResultModerated', data: { result: life.result(course) } }),
    life.attempt(course, registrar, {
      type: 'ResultPublished',
      data: { result: life.result(course), credits: life.result(course).passed ? 400 : 0, appealUntil: '2026-02-01' },
    }),
  ],
];

function scored(life: Life, course: number, component: string, side: 'school' | 'enterprise', mark: number): Told {
  const by = side === 'school' ? teacherOf(course) : mentorOf(course);
  const score = life.marks(course)[mark]!;
  return life.attempt(course, by, {
    type: 'ComponentScored',
    data: { component, part: 'score', score, assessor: by.personId, side, third: false },
  });
}
