import type { CommandFacts } from '../../kernel/commands.ts';
import type { CurriculumCommand } from './curriculum.ts';

export const curriculumCommands = {
  PublishProgram: {
    title: { zh: '发布专业', en: 'Publish a program' },
    events: ['ProgramPublished'],
    refusals: ['REFERENCE_EXISTS'],
  },
  VersionPlan: {
    title: { zh: '发布人才培养方案', en: 'Version a training program' },
    events: ['PlanVersioned'],
    refusals: [
      'PLAN_BEFORE_LAST',
      'PLAN_NAMES_TWICE',
      'PLAN_WITHOUT_PLATFORM',
      'PLAN_CREDITS_EXCEEDED',
      'PLAN_MODULE_UNKNOWN',
      'COURSE_UNKNOWN',
    ],
  },
  FormProgramGroup: {
    title: { zh: '组建专业群', en: 'Form a program group' },
    events: ['ProgramGroupFormed', 'ProgramJoinedGroup'],
    refusals: ['PROGRAM_UNKNOWN'],
  },
  PublishCourse: {
    title: { zh: '发布课程', en: 'Publish a course' },
    events: ['CoursePublished'],
    refusals: [],
  },
  AdoptEvaluationScheme: {
    title: { zh: '采用评价方案', en: 'Adopt an evaluation scheme' },
    events: ['EvaluationSchemeAdopted'],
    refusals: [
      'SCHEME_COMPONENT_TWICE',
      'SCHEME_WEIGHTS_WRONG',
      'SCHEME_GRADES_WRONG',
      'SCHEME_SIDE_WITHOUT_COMPONENT',
      'SCHEME_ROUNDING_WRONG',
      'SCHEME_CAP_BELOW_PASS_MARK',
    ],
  },
  PublishFramework: {
    title: { zh: '发布资历框架', en: 'Publish the qualifications framework' },
    events: ['FrameworkPublished'],
    refusals: ['FRAMEWORK_LEVELS_WRONG', 'FRAMEWORK_DESCRIPTORS_MISSING'],
  },
  PublishCalendar: {
    title: { zh: '发布校历', en: 'Publish the calendar' },
    events: ['CalendarPublished'],
    refusals: ['CALENDAR_OVERLAPS'],
  },
  AdoptEnrollmentPolicy: {
    title: { zh: '采用学籍政策', en: 'Adopt the enrollment policy' },
    events: ['EnrollmentPolicyAdopted'],
    refusals: [],
  },
  AdoptApprenticeshipPolicy: {
    title: { zh: '采用学徒培养政策', en: 'Adopt the apprenticeship policy' },
    events: ['ApprenticeshipPolicyAdopted'],
    refusals: ['POLICY_CONTRADICTS_ITSELF'],
  },
  AdoptAssessmentPolicy: {
    title: { zh: '采用成绩政策', en: 'Adopt the assessment policy' },
    events: ['AssessmentPolicyAdopted'],
    refusals: ['POLICY_CONTRADICTS_ITSELF'],
  },
} as const satisfies Record<CurriculumCommand['type'], CommandFacts>;
