import type {
  ApprenticeshipPolicy,
  AssessmentPolicy,
  EnrollmentPolicy,
  FrameworkCategory,
  FrameworkEvent,
  Scheme,
} from '../../libs/events/catalog/curriculum.ts';
import { fourFourTwo } from '../../libs/contexts/curriculum/scheme.ts';
import { defaultApprenticeshipPolicy, defaultAssessmentPolicy, defaultPolicy } from '../../libs/facts/reference.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';

/** What the college rules: evaluation schemes, policies, and its qualifications framework. */

// ── schemes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const points = {
  rounding: { mode: 'half-up', unit: 100 },
  scale: 'points',
  gradesFrom: null,
  passMark: 6000,
  makeUpCap: 6000,
  dualAssessors: null,
} as const satisfies Partial<Scheme>;

/** 4-4-2 as the ledger ships it: both sides assess. */
export const dual: Scheme = fourFourTwo;

/** 4-4-2 for those who are nobody's apprentices: the same weights, the college alone. */
export const campus: Scheme = {
  ...points,
  code: '4-4-2-campus',
  name: { zh: '“4-4-2”综合评价（校内）', en: '4-4-2 comprehensive evaluation (on campus)' },
  components: fourFourTwo.components.map((component) => ({ ...component, side: 'school' })),
};

export const formative: Scheme = {
  ...points,
  code: 'formative-4-6',
  name: { zh: '过程性考核与期末考试', en: 'Formative assessment and examination' },
  components: [
    { code: 'formative', name: { zh: '过程性考核', en: 'Formative assessment' }, weight: 4000, kind: 'score', side: 'school' },
    { code: 'exam', name: { zh: '期末考试', en: 'Examination' }, weight: 6000, kind: 'score', side: 'school' },
  ],
};

export const improvement: Scheme = {
  ...points,
  code: 'improvement-6-4',
  name: { zh: '技能提升增值评价', en: 'Improvement of skills' },
  components: [
    { code: 'skill', name: { zh: '技能提升', en: 'Gain in skill' }, weight: 6000, kind: 'improvement', side: 'school' },
    { code: 'task', name: { zh: '综合任务', en: 'Comprehensive task' }, weight: 4000, kind: 'score', side: 'school' },
  ],
};

export const graded: Scheme = {
  ...points,
  code: 'five-grade',
  name: { zh: '五级制', en: 'Five grades' },
  components: [{ code: 'overall', name: { zh: '总评', en: 'Overall' }, weight: 10_000, kind: 'score', side: 'school' }],
  scale: 'five-grade',
  gradesFrom: { excellent: 9000, good: 8000, medium: 7000, pass: 6000 },
};

export const schemes: readonly Scheme[] = [dual, campus, formative, improvement, graded];

// ── policies ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const enrollmentPolicy: EnrollmentPolicy = defaultPolicy;

/** The college lets only double-qualified teachers mentor. */
export const apprenticeshipPolicy: ApprenticeshipPolicy = { ...defaultApprenticeshipPolicy, dualQualifiedMentor: true };

export const assessmentPolicy: AssessmentPolicy = defaultAssessmentPolicy;

// ── qualifications framework ───────────────────────────────────────────────────────────────────────────────────────────────

/** What grows from level to level, in words that every category can use. The college's own wording. */
const grades: readonly Bilingual[] = [
  { zh: '基础的、日常', en: 'basic, everyday' },
  { zh: '常用的、有指导', en: 'common, guided' },
  { zh: '较系统的、半独立', en: 'fairly systematic, partly independent' },
  { zh: '系统的、独立', en: 'systematic, independent' },
  { zh: '综合的、可指导他人', en: 'comprehensive, guiding others' },
  { zh: '深入的、可统筹项目', en: 'thorough, leading projects' },
  { zh: '前沿的、可引领行业', en: 'advanced, leading the trade' },
];

const categories: Readonly<Record<FrameworkCategory, (grade: Bilingual) => Bilingual>> = {
  'knowledge-and-skills': ({ zh, en }) => ({ zh: `掌握${zh}的专业知识与技能`, en: `Knowledge and skills: ${en}` }),
  process: ({ zh, en }) => ({ zh: `按${zh}的要求完成工作流程`, en: `Work processes: ${en}` }),
  'application-autonomy-accountability': ({ zh, en }) => ({
    zh: `在${zh}的情境中应用所学并承担责任`,
    en: `Application, autonomy and accountability: ${en}`,
  }),
  'communication-it-numeracy': ({ zh, en }) => ({
    zh: `具备${zh}的沟通、信息技术与运算能力`,
    en: `Communication, IT and numeracy: ${en}`,
  }),
};

const described = (grade: Bilingual): Readonly<Record<FrameworkCategory, Bilingual>> => ({
  'knowledge-and-skills': categories['knowledge-and-skills'](grade),
  process: categories.process(grade),
  'application-autonomy-accountability': categories['application-autonomy-accountability'](grade),
  'communication-it-numeracy': categories['communication-it-numeracy'](grade),
});

export const framework: FrameworkEvent['data'] = {
  name: { zh: '云溪职业技术学院资历框架', en: 'Qualifications framework of Yunxi Vocational College' },
  levels: grades.map((grade, index) => ({ level: index + 1, descriptors: described(grade) })),
};
