import type { CourseNature, PlanModule } from '../../libs/events/catalog/curriculum.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';

/** The program group of five, its courses, and where each stands in the training program: one shared platform and six modules. */
export interface StoryProgram {
  /** National code of the program. */
  readonly code: string;
  readonly name: Bilingual;
  /** How its classes are called. */
  readonly short: string;
  readonly department: string;
  /** Prefix of the codes of its own courses. */
  readonly letters: string;
}

const commerce = '商贸学院';
const technology = '数字技术学院';

export const programs: readonly StoryProgram[] = [
  { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, short: '电商', department: commerce, letters: 'EC' },
  {
    code: '530802',
    name: { zh: '现代物流管理', en: 'Modern Logistics Management' },
    short: '物流',
    department: commerce,
    letters: 'LM',
  },
  { code: '530605', name: { zh: '市场营销', en: 'Marketing' }, short: '营销', department: commerce, letters: 'MK' },
  {
    code: '510205',
    name: { zh: '大数据技术', en: 'Big Data Technology' },
    short: '大数据',
    department: technology,
    letters: 'BD',
  },
  {
    code: '530601',
    name: { zh: '工商企业管理', en: 'Business Administration' },
    short: '工管',
    department: commerce,
    letters: 'BA',
  },
];

export const level = 'junior-college';

// ── modules ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const module = (code: string, zh: string, en: string, kind: PlanModule['kind'], requiredCredits: number): PlanModule => ({
  code,
  name: { zh, en },
  kind,
  requiredCredits,
});

export const modules: readonly PlanModule[] = [
  module('PLATFORM', '专业群共享平台', 'Shared platform of the group', 'shared', 2400),
  module('CORE', '专业核心模块', 'Core of the program', 'specialized', 2000),
  module('SKILL', '技能实训模块', 'Skills training', 'specialized', 600),
  module('POST', '岗位实践模块', 'Practice at a post', 'specialized', 1600),
  module('CROSS', '跨界融合模块', 'Across programs', 'expansion', 300),
  module('VENTURE', '创新创业模块', 'Innovation and entrepreneurship', 'expansion', 200),
  module('QUALITY', '职业素养模块', 'Professional conduct', 'expansion', 200),
];

export const requiredCredits = 7600;

/** What transcripts call the courses of a module (课程类别). */
export const categoryOf: Readonly<Record<string, string>> = {
  PLATFORM: '公共基础课',
  CORE: '专业核心课',
  SKILL: '实践课',
  POST: '实践课',
  CROSS: '拓展课',
  VENTURE: '拓展课',
  QUALITY: '拓展课',
};

// ── courses ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * How a course is evaluated: `formative` process and examination · `comprehensive` 4-4-2, with the enterprise where the student is its apprentice ·
 * `improvement` from baseline to exit · `graded` on the five-grade scale.
 */
export type Evaluation = 'formative' | 'comprehensive' | 'improvement' | 'graded';

export interface StoryCourse {
  readonly code: string;
  readonly name: Bilingual;
  /** Hundredths. */
  readonly credits: number;
  readonly hours: number;
  readonly nature: CourseNature;
  readonly module: string;
  /** From 1, counted from the entry of the class. */
  readonly term: number;
  readonly evaluation: Evaluation;
  /** Closes the apprenticeship: its attempt is opened behind the gateway. */
  readonly closing: boolean;
  /** Taught in the first half of its term. */
  readonly half: boolean;
}

const course = (
  code: string,
  [zh, en]: readonly [string, string],
  [credits, hours]: readonly [number, number],
  moduleCode: string,
  term: number,
  evaluation: Evaluation = 'formative',
  more: Partial<StoryCourse> = {},
): StoryCourse => ({
  code,
  name: { zh, en },
  credits,
  hours,
  nature: 'compulsory',
  module: moduleCode,
  term,
  evaluation,
  closing: false,
  half: false,
  ...more,
});

/** What all five programs share. */
export const sharedCourses: readonly StoryCourse[] = [
  course('GP101', ['思想道德与法治', 'Ethics and the Rule of Law'], [300, 48], 'PLATFORM', 1),
  course('GP102', ['大学英语', 'College English'], [400, 64], 'PLATFORM', 1),
  course('GP103', ['经济数学', 'Mathematics for Economics'], [300, 48], 'PLATFORM', 1),
  course('GP104', ['体育', 'Physical Education'], [200, 32], 'PLATFORM', 1, 'graded'),
  course('GP105', ['信息技术', 'Information Technology'], [300, 48], 'PLATFORM', 2),
  course('GP106', ['商务数据基础', 'Foundations of Business Data'], [400, 64], 'PLATFORM', 2),
  course('GP107', ['劳动教育', 'Labour Education'], [200, 32], 'PLATFORM', 2, 'graded', { nature: 'practice' }),
  course('GP108', ['平台经济概论', 'Introduction to the Platform Economy'], [300, 48], 'PLATFORM', 3),
  course('GX301', ['跨境电商基础', 'Cross-border E-commerce'], [300, 48], 'CROSS', 3, 'formative', { nature: 'elective' }),
  course('GX302', ['创新创业实践', 'Innovation and Entrepreneurship in Practice'], [200, 32], 'VENTURE', 4, 'graded', {
    nature: 'practice',
  }),
  course('GX303', ['直播运营', 'Live-stream Operations'], [200, 32], 'CROSS', 5, 'formative', { nature: 'elective', half: true }),
  course('GX304', ['职场沟通与礼仪', 'Communication and Etiquette at Work'], [200, 32], 'QUALITY', 5, 'graded', {
    nature: 'elective',
  }),
  course('GP501', ['岗位实习', 'Internship at a Post'], [1000, 480], 'POST', 6, 'graded', { nature: 'practice' }),
  course('GP502', ['综合实践报告', 'Comprehensive Practice Report'], [400, 64], 'POST', 6, 'comprehensive', {
    nature: 'practice',
  }),
];

/** Eight of each program's own, in the order of the terms below. */
const own: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  EC: [
    ['电子商务基础', 'Fundamentals of E-commerce'],
    ['网店视觉设计', 'Visual Design of Online Stores'],
    ['客户服务与管理', 'Customer Service and its Management'],
    ['网店运营', 'Online Store Operations'],
    ['搜索引擎营销', 'Search Engine Marketing'],
    ['电商供应链管理', 'Supply Chains of E-commerce'],
    ['网店运营技能实训', 'Store Operations: Skills Training'],
    ['电商岗位综合考核', 'E-commerce: Comprehensive Assessment at the Post'],
  ],
  LM: [
    ['现代物流概论', 'Introduction to Modern Logistics'],
    ['仓储管理实务', 'Warehouse Management in Practice'],
    ['运输管理实务', 'Transport Management in Practice'],
    ['配送中心运营', 'Distribution Centre Operations'],
    ['供应链管理基础', 'Fundamentals of Supply Chain Management'],
    ['智慧物流技术', 'Smart Logistics Technology'],
    ['仓储作业技能实训', 'Warehouse Work: Skills Training'],
    ['物流岗位综合考核', 'Logistics: Comprehensive Assessment at the Post'],
  ],
  MK: [
    ['市场营销基础', 'Fundamentals of Marketing'],
    ['消费者行为分析', 'Analysis of Consumer Behaviour'],
    ['市场调查与预测', 'Market Research and Forecasting'],
    ['新媒体营销', 'New Media Marketing'],
    ['销售管理实务', 'Sales Management in Practice'],
    ['品牌策划', 'Brand Planning'],
    ['营销技能实训', 'Marketing: Skills Training'],
    ['营销岗位综合考核', 'Marketing: Comprehensive Assessment at the Post'],
  ],
  BD: [
    ['大数据技术导论', 'Introduction to Big Data Technology'],
    ['Python 程序设计', 'Programming in Python'],
    ['数据库应用', 'Applied Databases'],
    ['数据采集与预处理', 'Data Acquisition and Preparation'],
    ['商务数据分析', 'Business Data Analysis'],
    ['数据可视化', 'Data Visualization'],
    ['数据分析技能实训', 'Data Analysis: Skills Training'],
    ['数据岗位综合考核', 'Data: Comprehensive Assessment at the Post'],
  ],
  BA: [
    ['管理学基础', 'Fundamentals of Management'],
    ['企业经营统计', 'Business Statistics'],
    ['财务管理基础', 'Fundamentals of Financial Management'],
    ['人力资源管理实务', 'Human Resources in Practice'],
    ['生产运作管理', 'Operations Management'],
    ['连锁经营管理', 'Chain Store Management'],
    ['企业经营模拟实训', 'Business Simulation: Skills Training'],
    ['管理岗位综合考核', 'Management: Comprehensive Assessment at the Post'],
  ],
};

const ownCourses = ({ letters }: StoryProgram): readonly StoryCourse[] => {
  const [n1, n2, n3, n4, n5, n6, n7, n8] = own[letters] as readonly (readonly [string, string])[];
  return [
    course(`${letters}101`, n1!, [400, 64], 'CORE', 1),
    course(`${letters}102`, n2!, [300, 48], 'CORE', 2),
    course(`${letters}103`, n3!, [300, 48], 'CORE', 2),
    course(`${letters}204`, n4!, [400, 64], 'CORE', 3, 'comprehensive'),
    course(`${letters}205`, n5!, [400, 64], 'CORE', 3, 'comprehensive'),
    course(`${letters}206`, n6!, [400, 64], 'CORE', 4, 'comprehensive'),
    course(`${letters}207`, n7!, [600, 120], 'SKILL', 4, 'improvement', { nature: 'practice' }),
    course(`${letters}208`, n8!, [400, 60], 'POST', 4, 'comprehensive', { nature: 'practice', closing: true }),
  ];
};

const byProgram: readonly (readonly StoryCourse[])[] = programs.map((program) => [...sharedCourses, ...ownCourses(program)]);

export const coursesOf = (program: number): readonly StoryCourse[] => byProgram[program]!;

export const allCourses: readonly StoryCourse[] = [...sharedCourses, ...programs.flatMap(ownCourses)];

/** Those that the plan has in a term of the class, from 1. */
export const coursesIn = (program: number, term: number): readonly StoryCourse[] =>
  coursesOf(program).filter((one) => one.term === term);

/** A course that was revised, so that there are two versions: its hours grew before the autumn of 2025. */
export const revised = { code: 'GX301', hours: 56, on: '2025-07-14' } as const;

export const versionOn = (code: string, day: string): number => (code === revised.code && day > revised.on ? 2 : 1);
