import { orNull, type Answered } from '../edge/openapi.ts';
import { at, coded, id, importedFrom, page } from './example-parts.ts';

/** How answers about reference data look, and about teachers. A spec holds real answers to these shapes. */

const name = { zh: '电子商务', en: 'E-commerce' };

const course = {
  version: 1,
  code: 'EC101',
  name: { zh: '电子商务基础', en: 'Introduction to E-commerce' },
  credits: 400,
  hours: 64,
  nature: coded('compulsory', '必修', 'compulsory'),
  category: orNull('专业基础课'),
  module: orNull('共享平台'),
  frameworkLevel: orNull(4),
};

const rounding = { mode: 'half-up', unit: 100 };
const scheme = {
  version: 1,
  code: '4-4-2',
  name: { zh: '“4-4-2”综合评价', en: '4-4-2 comprehensive evaluation' },
  components: [
    {
      code: 'exam',
      name: { zh: '理论考试', en: 'Examination' },
      weight: 4000,
      kind: 'score',
      side: orNull('school'),
    },
  ],
  rounding,
  scale: 'points',
  gradesFrom: orNull({ excellent: 9000, good: 8000, medium: 7000, pass: 6000 }),
  passMark: 6000,
  makeUpCap: orNull(6000),
  dualAssessors: orNull({ divergence: 1500 }),
};

const descriptor = { zh: '掌握岗位所需的基础知识与技能', en: 'Has the basic knowledge and skills that the post asks for' };

const teacher = {
  teacherId: id,
  side: coded('enterprise', '企业', 'enterprise'),
  organizationId: orNull(id),
  staffNumber: 'E0042',
  profile: { name: '周明', title: '仓储主管' },
  contact: orNull({ phone: '13900000000' }),
  personId: orNull('mentor-1'),
  status: coded('active', '在岗', 'active'),
  statusSince: at,
  improveUntil: orNull('2026-12-31'),
  dualQualified: true,
  certificates: ['高级双师型 2026-17'],
  practice: [{ organizationId: id, from: '2026-01-05', to: '2026-02-13', days: 30 }],
  practiceDays: 30,
  importedFrom,
  revision: '4',
};

export const referenceAnswers: Readonly<Record<string, Answered>> = {
  listPrograms: {
    title: { zh: '专业', en: 'Programs' },
    example: page({
      programId: id,
      code: '530701',
      name,
      level: coded('junior-college', '专科(高职)', 'junior college'),
      lengthOfStudyMonths: orNull(36),
      entranceScore: orNull(42_000),
    }),
    refusals: ['CURSOR_INVALID'],
  },
  listProgramGroups: {
    title: { zh: '专业群', en: 'Program groups' },
    example: page({ groupId: id, name, programIds: [id] }),
    refusals: ['CURSOR_INVALID'],
  },
  listOrganizations: {
    title: { zh: '单位', en: 'Organizations' },
    example: page({
      organizationId: id,
      creditCode: '91350100M000100Y43',
      name: { zh: '江南电子商务有限公司', en: 'Jiangnan E-commerce Ltd.' },
      kind: coded('enterprise', '企业', 'enterprise'),
    }),
    refusals: ['CURSOR_INVALID'],
  },
  readCalendar: {
    title: { zh: '校历', en: 'The calendar in force' },
    example: {
      years: [
        {
          name: '2026-2027',
          from: '2026-09-01',
          to: '2027-08-31',
          terms: [{ name: '2026-2027-1', from: '2026-09-01', to: '2027-01-20' }],
        },
      ],
      holidays: [{ name: { zh: '国庆节', en: 'National Day' }, from: '2026-10-01', to: '2026-10-07' }],
      revision: '0',
    },
    refusals: ['NOT_FOUND'],
  },
  readEnrollmentPolicy: {
    title: { zh: '学籍政策', en: 'The enrollment policy in force' },
    example: {
      recheckMonths: 3,
      conversionMonths: 24,
      transferGrounds: ['illness'],
      eraseRegisteredIdentities: false,
      revision: '-1',
    },
  },
  listCourses: {
    title: { zh: '课程', en: 'Courses' },
    example: page({ courseId: id, ...course }),
    refusals: ['CURSOR_INVALID'],
  },
  readCourse: {
    title: { zh: '课程及其各版本', en: 'A course and its versions' },
    example: { courseId: id, ...course, versions: [course], revision: '0' },
    refusals: ['NOT_FOUND'],
  },
  listPlans: {
    title: { zh: '人才培养方案', en: 'Versions of a training program' },
    example: {
      programId: id,
      ...page({
        version: 1,
        entriesFrom: '2026-09-01',
        requiredCredits: 14_000,
        modules: [{ code: 'platform', name: { zh: '共享平台', en: 'Platform' }, kind: 'shared', requiredCredits: 6000 }],
        courses: [
          {
            courseId: id,
            code: orNull('EC101'),
            name: orNull(course.name),
            credits: orNull(400),
            module: 'platform',
            nature: course.nature,
          },
        ],
      }),
    },
    refusals: ['NOT_FOUND'],
  },
  listSchemes: {
    title: { zh: '评价方案', en: 'Evaluation schemes' },
    example: page({ schemeId: id, ...scheme }),
    refusals: ['CURSOR_INVALID'],
  },
  readScheme: {
    title: { zh: '评价方案及其各版本', en: 'An evaluation scheme and its versions' },
    example: { schemeId: id, ...scheme, versions: [scheme], revision: '0' },
    refusals: ['NOT_FOUND'],
  },
  readFramework: {
    title: { zh: '资历框架', en: 'The qualifications framework in force' },
    example: {
      name: { zh: '资历框架', en: 'Qualifications framework' },
      levels: [
        {
          level: 1,
          descriptors: {
            'knowledge-and-skills': descriptor,
            process: descriptor,
            'application-autonomy-accountability': descriptor,
            'communication-it-numeracy': descriptor,
          },
        },
      ],
      revision: '0',
    },
    refusals: ['NOT_FOUND'],
  },
  readApprenticeshipPolicy: {
    title: { zh: '学徒培养政策', en: 'The apprenticeship policy in force' },
    example: {
      minimumAge: 16,
      adultAge: 18,
      insuranceRequired: true,
      dualQualifiedMentor: false,
      sections: ['training-plan', 'pay', 'safety'],
      revision: '-1',
    },
  },
  readAssessmentPolicy: {
    title: { zh: '成绩政策', en: 'The assessment policy in force' },
    example: {
      appealWorkingDays: 5,
      makeUpAfterCheating: false,
      average: {
        attempt: 'best',
        failed: 'counted',
        gradeScores: { excellent: 9500, good: 8500, medium: 7500, pass: 6500, fail: 5000 },
        rounding,
      },
      revision: '-1',
    },
  },
  listTeachers: {
    title: { zh: '教师和导师', en: 'Teachers and mentors' },
    example: page(teacher),
    refusals: ['CURSOR_INVALID'],
  },
  readTeacher: {
    title: { zh: '教师或导师', en: 'A teacher or mentor' },
    example: teacher,
  },
};
