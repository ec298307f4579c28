import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AttemptKind, Result } from '../events/catalog/assessment.ts';
import type { AssessmentPolicy, FiveGrade } from '../events/catalog/curriculum.ts';
import type { CourseFact, PlanVersion } from '../facts/curriculum.ts';
import { defaultAssessmentPolicy } from '../facts/reference.ts';
import { transcriptOf, type Entry, type Pinned, type Transcript } from './transcript-record.ts';

const course = (code: string, credits: number, version = 1): CourseFact[number] => ({
  version,
  code,
  name: { zh: `课程${code}`, en: `Course ${code}` },
  credits,
  hours: 32,
  nature: 'compulsory',
  category: '专业课',
  module: null,
  frameworkLevel: null,
});
const courses = new Map<string, CourseFact>([
  ['a', [course('A1', 400), course('A1', 300, 2)]],
  ['b', [course('B1', 200)]],
  ['c', [course('C1', 100)]],
]);
const module = (code: string, requiredCredits: number): PlanVersion['modules'][number] => ({
  code,
  name: { zh: code, en: code },
  kind: 'shared',
  requiredCredits,
});
const plan: PlanVersion = {
  version: 2,
  entriesFrom: '2025-09-01',
  requiredCredits: 1000,
  modules: [module('platform', 500), module('core', 500)],
  courses: [
    { courseId: 'a', module: 'platform', nature: 'compulsory' },
    { courseId: 'b', module: 'core', nature: 'elective' },
  ],
};
const policy = (average: Partial<AssessmentPolicy['average']> = {}): AssessmentPolicy => ({
  ...defaultAssessmentPolicy,
  average: { ...defaultAssessmentPolicy.average, ...average },
});

let made = 0;
const points = (score: number): Result => ({ score, grade: null, code: null, passed: score >= 6000, capped: false });
const graded = (grade: FiveGrade): Result => ({ score: null, grade, code: null, passed: grade !== 'fail', capped: false });
const coded = (code: NonNullable<Result['code']>, passed = false): Result => ({
  score: null,
  grade: null,
  code,
  passed,
  capped: false,
});
const entry = (courseId: string, result: Result | null, more: Partial<Entry> = {}): Entry => ({
  attemptId: `t${(made += 1)}`,
  learnerId: 'l',
  enrollmentId: 'e',
  courseId,
  courseVersion: 1,
  said: null,
  credits: courses.get(courseId)?.[0]?.credits ?? 300,
  kind: 'first',
  number: 1,
  follows: null,
  schemeId: null,
  schemeVersion: null,
  academicYear: '2025-2026',
  term: '2025-2026-1',
  classId: null,
  contractId: null,
  status: 'final',
  result,
  components: [],
  importedComponents: [],
  marks: [],
  corrected: false,
  told: true,
  voided: null,
  appealUntil: null,
  source: null,
  ...more,
});
const again = (kind: AttemptKind, number: number): Partial<Entry> => ({ kind, number });
const of = (entries: readonly Entry[], pinned: Partial<Pinned> = {}): Transcript =>
  transcriptOf(entries, { courses, schemes: new Map(), plan, policy: policy(), ...pinned });

describe('credits', () => {
  it('are earned once however many times a course was passed, by the first pass', () => {
    const first = entry('a', points(6000));
    const told = of([entry('a', points(9000), again('retake', 2)), first, entry('b', points(5000))]);
    expect(told.credits).toMatchObject({ earned: 400, byNature: [{ nature: 'compulsory', earned: 400 }] });
    expect(told.lines.filter(({ earned }) => earned).map((line) => line.entry)).toEqual([first]);
  });

  it('count by the plan’s module and nature, and beside the plan where it names no such course', () => {
    const told = of([entry('a', points(7000)), entry('b', graded('good')), entry('c', points(7000))]);
    expect(told.credits).toEqual({
      earned: 700,
      byNature: [
        { nature: 'compulsory', earned: 500 },
        { nature: 'elective', earned: 200 },
      ],
      byModule: [
        { module: 'platform', earned: 400 },
        { module: 'core', earned: 200 },
        { module: null, earned: 100 },
      ],
    });
  });

  it('come from exemptions too, and from nothing that is not published or was voided', () => {
    expect(of([entry('a', coded('exempted', true))]).credits.earned).toBe(400);
    for (const status of ['open', 'submitted', 'moderated', 'voided'] as const)
      expect(of([entry('a', points(9000), { status })])).toMatchObject({ credits: { earned: 0 }, average: { score: null } });
    for (const status of ['published', 'appealed', 'final', 'imported'] as const)
      expect(of([entry('a', points(9000), { status })]).credits.earned).toBe(400);
  });

  it('know an imported course by its code', () => {
    const said = { code: 'B1', name: { zh: '旧名', en: 'Old name' }, nature: null, category: '旧类', teachingClass: null };
    const source = { run: 'r', row: 2, fileDigest: 'd', by: 'zhao' };
    const imported = entry('b', points(6500), {
      courseId: null,
      courseVersion: null,
      credits: 200,
      said,
      source,
      status: 'imported',
    });
    const told = of([imported, entry('b', points(8000), again('retake', 2))]);
    expect(told.lines[0]).toMatchObject({
      course: { code: 'B1', name: { zh: '旧名' } },
      module: 'core',
      nature: 'elective',
      category: '旧类',
    });
    expect(told.credits.earned).toBe(200);
    expect(told.progress?.notPassed.map(({ code }) => code)).toEqual(['A1']);
  });
});

describe('the average', () => {
  it('is weighed by credits and rounded once, by the policy', () => {
    const attempts = [entry('a', points(8000)), entry('b', points(7001)), entry('c', points(9999))];
    // (8000·400 + 7001·200 + 9999·100) / 700 = 8000.142…
    expect(of(attempts).average).toMatchObject({ score: 8000, courses: 3, credits: 700 });
    const coarse = policy({ rounding: { mode: 'half-up', unit: 100 } });
    expect(of([entry('a', points(7950))], { policy: coarse }).average.score).toBe(8000);
    expect(of([entry('a', points(7950))], { policy: policy({ rounding: { mode: 'down', unit: 100 } }) }).average.score).toBe(
      7900,
    );
  });

  it('takes the best attempt or the last', () => {
    const attempts = [entry('a', points(9000)), entry('a', points(6000), again('retake', 2))];
    expect(of(attempts).average.score).toBe(9000);
    expect(of(attempts, { policy: policy({ attempt: 'last' }) }).average.score).toBe(6000);
  });

  it('weighs failed courses in or leaves them out; who was absent or cheated has nothing', () => {
    const attempts = [entry('a', points(8000)), entry('b', points(4000))];
    expect(of(attempts).average).toMatchObject({ score: 6667, courses: 2 });
    expect(of(attempts, { policy: policy({ failed: 'left-out' }) }).average).toMatchObject({ score: 8000, courses: 1 });
    expect(of([entry('b', coded('cheating'))]).average).toMatchObject({ score: 0, credits: 200 });
    expect(of([entry('b', coded('absent')), entry('b', points(7000), again('make-up', 2))]).average.score).toBe(7000);
    for (const code of ['deferred', 'cancelled'] as const) expect(of([entry('b', coded(code))]).average.score).toBeNull();
    expect(of([entry('b', coded('exempted', true))]).average.score).toBeNull();
  });

  it('reads grades as the policy says', () => {
    expect(of([entry('a', graded('good')), entry('b', graded('fail'))]).average.score).toBe(7333);
    const gradeScores = { ...defaultAssessmentPolicy.average.gradeScores, good: 8000 };
    expect(of([entry('a', graded('good'))], { policy: policy({ gradeScores }) }).average.score).toBe(8000);
  });

  it('lies between the least and the greatest that weighs in, for any results', () => {
    const results = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(10_000), fc.integer({ min: 1, max: 4 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(results, (all) => {
        const told = of(all.map(([id, score, number]) => entry(id, points(score), { number })));
        const weighed = told.lines.filter((line) => line.weighed).map((line) => line.entry.result!.score!);
        expect(weighed).toHaveLength(new Set(all.map(([id]) => id)).size);
        const { score } = told.average;
        const within = score === null ? weighed.length === 0 : Math.min(...weighed) <= score && score <= Math.max(...weighed);
        expect([weighed, score, within]).toEqual([weighed, score, true]);
        // A course earns once, and every credit stands in one nature and one module.
        const sum = (parts: readonly { readonly earned: number }[]): number =>
          parts.reduce((total, { earned }) => total + earned, 0);
        expect(sum(told.credits.byNature)).toBe(told.credits.earned);
        expect(sum(told.credits.byModule)).toBe(told.credits.earned);
      }),
    );
  });
});

describe('progress', () => {
  it('stands against the plan of the entry, module by module, and names what is not passed', () => {
    const told = of([entry('a', points(7000)), entry('b', points(5000)), entry('c', points(9000))]);
    expect(told.progress).toMatchObject({
      version: 2,
      required: 1000,
      earned: 400,
      missing: 600,
      modules: [
        { earned: 400, missing: 100 },
        { earned: 0, missing: 500 },
      ],
      notPassed: [{ code: 'B1', module: 'core', attempted: true }],
    });
    expect(of([entry('a', points(7000))], { plan: null }).progress).toBeNull();
  });

  it('pins the course as it was when the attempt was opened', () => {
    const told = of([entry('a', points(7000), { courseVersion: 2, credits: 300 })]);
    expect(told.lines[0]).toMatchObject({ course: { version: 2, code: 'A1' }, entry: { credits: 300 } });
    expect(of([entry('z', points(7000))]).lines[0]!.course).toMatchObject({ courseId: 'z', code: 'z' });
  });

  it('orders lines by year, term and course, resits after what they follow', () => {
    const told = of([
      entry('b', points(7000), { term: '2025-2026-2' }),
      entry('a', points(7000), again('make-up', 2)),
      entry('a', points(5000)),
      entry('c', points(7000), { academicYear: '2024-2025', term: '2024-2025-2' }),
    ]);
    expect(told.lines.map(({ course: { code }, entry: { kind } }) => `${code} ${kind}`)).toEqual([
      'C1 first',
      'A1 first',
      'A1 make-up',
      'B1 first',
    ]);
  });
});
