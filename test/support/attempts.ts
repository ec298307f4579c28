import type { AssessmentFacts } from '../../libs/contexts/assessment/guards.ts';
import { fourFourTwo } from '../../libs/contexts/curriculum/scheme.ts';
import type { AttemptEvent, Result, ResultCode } from '../../libs/events/catalog/assessment.ts';
import { evolveAttempt, initialAttempt, type Attempt, type AttemptTerms, type ImportedResult } from '../../libs/facts/attempt.ts';
import { initialClass, type Class } from '../../libs/facts/class.ts';
import { initialContract, type Contract } from '../../libs/facts/contract.ts';
import type { CourseVersion, SchemeVersion } from '../../libs/facts/curriculum.ts';
import { evolveEnrollment, initialEnrollment } from '../../libs/facts/enrollment.ts';
import { defaultAssessmentPolicy } from '../../libs/facts/reference.ts';
import { initialTeacher } from '../../libs/facts/teacher.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import { calendar, registered, source } from './histories.ts';
import { past, recordedOf, type Past } from './past.ts';

/** One learner's attempts at a course, as the past of an example: an apprentice in a teaching class, scored by both sides. */
export const teacher = (personId: string): Actor => ({ personId, role: 'teacher', organizationId: null });
export const mentor = (personId: string): Actor => ({ personId, role: 'mentor', organizationId: 'o1' });
export const herself: Actor = { personId: 'sub-of-chen', role: 'learner', organizationId: null };

// ── what decisions pin ─────────────────────────────────────────────────────────────────────────────────────────────────────

export const course: CourseVersion = {
  version: 2,
  code: 'EC101',
  name: { zh: '网店运营', en: 'Online shop operation' },
  credits: 400,
  hours: 64,
  nature: 'compulsory',
  category: null,
  module: null,
  frameworkLevel: null,
};

export const scheme: SchemeVersion = { ...fourFourTwo, version: 1 };

/** One assessor is enough, and how far she got counts for half. */
export const improvementScheme: SchemeVersion = {
  ...scheme,
  version: 2,
  components: [
    { code: 'exam', name: scheme.components[0]!.name, weight: 5000, kind: 'score', side: null },
    { code: 'progress', name: { zh: '过程性提升', en: 'Progress' }, weight: 5000, kind: 'improvement', side: null },
  ],
  dualAssessors: null,
};

export const fiveGradeScheme: SchemeVersion = {
  ...scheme,
  version: 3,
  components: [{ code: 'exam', name: scheme.components[0]!.name, weight: 10_000, kind: 'score', side: null }],
  scale: 'five-grade',
  gradesFrom: { excellent: 9000, good: 8000, medium: 7000, pass: 6000 },
  dualAssessors: null,
};

export const teachingClass: Class = {
  ...initialClass,
  formed: { kind: 'teaching', name: '网店运营1班', programId: null, course: 'EC101@2', term: '2025-1' },
  teachers: ['li', 'wu', 'sun'],
  roster: ['e1'],
};

export const contract: Contract = {
  ...initialContract,
  status: 'live',
  of: { learnerId: 'chen', enrollmentId: 'e1', organizationId: 'o1' },
  terms: {
    from: '2025-09-01',
    to: '2027-08-31',
    post: { zh: '运营学徒', en: 'Apprentice in operations' },
    plan: { programId: 'ecommerce', version: 1, courseIds: ['shop'] },
    sections: [],
    termsDigest: null,
    texts: null,
  },
  mentors: [{ side: 'enterprise', teacherId: 't1', from: '', to: null }],
  gateway: ['school', 'enterprise'],
};

export const enrolled = recordedOf(registered(), 'enrollment-e1').reduce(evolveEnrollment, initialEnrollment);

export const facts: AssessmentFacts = {
  enrollment: enrolled,
  course: [{ ...course, version: 1, credits: 300 }, course],
  scheme: [scheme, improvementScheme, fiveGradeScheme],
  calendar,
  policy: defaultAssessmentPolicy,
  class: teachingClass,
  contract,
  'teacher-t1': { ...initialTeacher, status: 'active', side: 'enterprise', organizationId: 'o1', personId: 'zhou' },
};

// ── an attempt's lives, state by state ─────────────────────────────────────────────────────────────────────────────────────

export const terms: AttemptTerms = {
  learnerId: 'chen',
  enrollmentId: 'e1',
  courseId: 'shop',
  courseVersion: 2,
  credits: 400,
  kind: 'first',
  number: 1,
  follows: null,
  schemeId: '442',
  schemeVersion: 1,
  academicYear: '2025-2026',
  term: '2025-1',
  classId: 'c1',
  contractId: 'k1',
  final: false,
  mode: 'in-person',
};

type History = readonly Past<AttemptEvent>[];

export const scored = (score: number, passed = score >= 6000): Result => ({
  score,
  grade: null,
  code: null,
  passed,
  capped: false,
});
export const coded = (code: ResultCode): Result => ({
  score: null,
  grade: null,
  code,
  passed: code === 'exempted',
  capped: false,
});

export const opened = (said: Partial<AttemptTerms> = {}): History => [
  past('2026-01-05', { type: 'AttemptOpened', data: { ...terms, ...said } }),
];

/** A score of both sides wherever both may score. */
export const marked = (score = 8000, said: Partial<AttemptTerms> = {}): History => [
  ...opened(said),
  ...(['exam', 'practical-training', 'defense'] as const).flatMap((component) =>
    (component === 'exam' ? (['school'] as const) : (['school', 'enterprise'] as const)).map((side) =>
      past('2026-01-12', {
        type: 'ComponentScored',
        data: { component, part: 'score', score, assessor: side === 'school' ? 'li' : 'zhou', side, third: false },
      } as const),
    ),
  ),
];

export const submitted = (result: Result = scored(8000), said: Partial<AttemptTerms> = {}): History => [
  ...opened(said),
  past('2026-01-13', { type: 'ResultSubmitted', data: { result, components: [] } }, { by: 'li' }),
];
export const moderated = (result?: Result, said?: Partial<AttemptTerms>): History => [
  ...submitted(result, said),
  past('2026-01-14', { type: 'ResultModerated', data: { result: result ?? scored(8000) } }, { by: 'qian' }),
];
/** On a Friday, and appeals are taken until the next. */
export const published = (result?: Result, said?: Partial<AttemptTerms>): History => [
  ...moderated(result, said),
  past('2026-03-06', {
    type: 'ResultPublished',
    data: { result: result ?? scored(8000), credits: 400, appealUntil: '2026-03-13' },
  }),
];
export const appealed = (result?: Result): History => [
  ...published(result),
  past('2026-03-09', { type: 'AppealFiled', data: { appealId: 'a1' } }, { by: herself.personId }),
];
export const upheld = (result = scored(9000)): History => [
  ...appealed(),
  past('2026-03-10', { type: 'AppealUpheld', data: { appealId: 'a1', result } }),
];
export const dismissed = (): History => [
  ...appealed(),
  past('2026-03-10', { type: 'AppealDismissed', data: { appealId: 'a1' } }),
];
export const finalized = (result?: Result, said?: Partial<AttemptTerms>): History => [
  ...published(result, said),
  past('2026-03-14', { type: 'ResultFinalized', data: { result: result ?? scored(8000), credits: 400 } }),
];
export const voided = (ground: 'misconduct' | 'opened-in-error' = 'misconduct', said: Partial<AttemptTerms> = {}): History => [
  ...opened(said),
  past('2026-01-06', { type: 'AttemptVoided', data: { ground } }),
];

export const importedResult: ImportedResult = {
  learnerId: 'chen',
  enrollmentId: 'e1',
  courseId: 'shop',
  courseCode: 'EC101',
  courseName: course.name,
  credits: 400,
  nature: '必修',
  category: null,
  kind: 'first',
  order: 1,
  academicYear: '2024-2025',
  term: '1',
  result: scored(5500),
  components: [{ name: '平时成绩', score: 7000 }],
  voided: false,
  teachingClass: '网店运营1班',
  source,
};
export const imported = (said: Partial<ImportedResult> = {}): History => [
  past('2025-01-20', { type: 'ResultImported', data: { ...importedResult, ...said } }),
];

/** One history for each state that an attempt can be in. */
export const histories: Readonly<Record<Exclude<Attempt['status'], 'none'>, () => History>> = {
  open: opened,
  submitted,
  moderated,
  published,
  final: finalized,
  imported,
  voided,
};

export const attemptOf = (history: History): Attempt => recordedOf(history, 'attempt-a').reduce(evolveAttempt, initialAttempt);
