import type { Bilingual } from '../../kernel/bilingual.ts';
import type { CatalogOf } from './catalog.ts';

/** A module of a training program (人才培养方案): one shared platform and the modules that stand on it. */
export interface PlanModule {
  readonly code: string;
  readonly name: Bilingual;
  readonly kind: 'shared' | 'specialized' | 'expansion';
  /** Hundredths of a credit that a student must earn in it. */
  readonly requiredCredits: number;
}

export interface PlanCourse {
  readonly courseId: string;
  /** Code of the plan's module in which it counts. */
  readonly module: string;
  readonly nature: CourseNature;
}

/** `program-<id>`; key: code and level. Versions of its training program (人才培养方案) stand on it. */
export type ProgramEvent =
  | {
      type: 'ProgramPublished';
      data: {
        code: string;
        name: Bilingual;
        level: string;
        lengthOfStudyMonths: number | null;
        /** Lowest entrance score admitted, hundredths of a point; school transfers are measured against it. */
        entranceScore: number | null;
      };
    }
  | {
      type: 'PlanVersioned';
      data: {
        /** From 1; other content is a new version. */
        version: number;
        /** Plain date: for students whose entry is on it or later, up to the next version's. */
        entriesFrom: string;
        /** Hundredths of a credit. */
        requiredCredits: number;
        modules: readonly PlanModule[];
        courses: readonly PlanCourse[];
      };
    };

export const courseNatures = {
  compulsory: { zh: '必修', en: 'compulsory' },
  elective: { zh: '选修', en: 'elective' },
  practice: { zh: '实践', en: 'practice' },
} as const;
export type CourseNature = keyof typeof courseNatures;

/** `course-<id>`; key: code. Other content is a new version; attempts pin the one they were opened on. */
export type CourseEvent = {
  type: 'CoursePublished';
  data: {
    /** From 1. */
    version: number;
    code: string;
    name: Bilingual;
    /** Hundredths. */
    credits: number;
    /** Whole hours. */
    hours: number;
    nature: CourseNature;
    category: string | null;
    module: string | null;
    /** Level of the qualifications framework, 1 to 7. */
    frameworkLevel: number | null;
  };
};

export const fiveGrades = {
  excellent: { zh: '优', en: 'excellent' },
  good: { zh: '良', en: 'good' },
  medium: { zh: '中', en: 'medium' },
  pass: { zh: '及格', en: 'pass' },
  fail: { zh: '不及格', en: 'fail' },
} as const;
export type FiveGrade = keyof typeof fiveGrades;

export interface SchemeComponent {
  readonly code: string;
  readonly name: Bilingual;
  /** Basis points; those of a scheme sum to exactly 10 000. */
  readonly weight: number;
  /**
   * `score`: one score. `improvement`: a baseline and an exit score, and what counts is the share of what was missing that was gained,
   * (exit − baseline) / (10 000 − baseline) of 10 000, never below 0; the exit itself where nothing was missing.
   */
  readonly kind: 'score' | 'improvement';
  /** Who may score it; either where null. */
  readonly side: 'school' | 'enterprise' | null;
}

/** An evaluation scheme. All scores are hundredths of a point, from 0 to 10 000. */
export interface Scheme {
  readonly code: string;
  readonly name: Bilingual;
  readonly components: readonly SchemeComponent[];
  /** The total is rounded once, to a multiple of `unit`, after weighing. */
  readonly rounding: { readonly mode: 'half-up' | 'half-even' | 'down'; readonly unit: number };
  /** How the result is shown: points, the five-grade scale, or passed and failed alone. */
  readonly scale: 'points' | 'five-grade' | 'pass-fail';
  /** Lowest score of each grade above `fail`; present where the scale is `five-grade`. */
  readonly gradesFrom: Readonly<Record<Exclude<FiveGrade, 'fail'>, number>> | null;
  readonly passMark: number;
  /** Highest score that a make-up can bring; no bound where null. */
  readonly makeUpCap: number | null;
  /** A result needs an assessor of each side; where they differ by more than `divergence`, a third marker is needed. */
  readonly dualAssessors: { readonly divergence: number } | null;
}

/** `scheme-<id>`; key: code. Other content is a new version. */
export type SchemeEvent = { type: 'EvaluationSchemeAdopted'; data: Scheme & { version: number } };

export const frameworkCategories = {
  'knowledge-and-skills': { zh: '知识与技能', en: 'knowledge and skills' },
  process: { zh: '过程', en: 'process' },
  'application-autonomy-accountability': { zh: '应用、自主与责任', en: 'application, autonomy and accountability' },
  'communication-it-numeracy': { zh: '沟通、信息技术与运算', en: 'communication, IT and numeracy' },
} as const;
export type FrameworkCategory = keyof typeof frameworkCategories;

/** `framework-<institution>`: the qualifications framework (资历框架), seven levels by four categories. The last one published is in force. */
export type FrameworkEvent = {
  type: 'FrameworkPublished';
  data: {
    name: Bilingual;
    levels: readonly { level: number; descriptors: Readonly<Record<FrameworkCategory, Bilingual>> }[];
  };
};

/** `group-<id>`: a program group (专业群). */
export type ProgramGroupEvent =
  | { type: 'ProgramGroupFormed'; data: { name: Bilingual; programIds: readonly string[] } }
  | { type: 'ProgramJoinedGroup'; data: { programId: string } };

export interface Term {
  readonly name: string;
  /** Plain dates, both inclusive. */
  readonly from: string;
  readonly to: string;
}

export interface AcademicYear extends Term {
  readonly terms: readonly Term[];
}

/** `calendar-<institution>`. The last one published is in force. */
export type CalendarEvent = {
  type: 'CalendarPublished';
  data: { years: readonly AcademicYear[]; holidays: readonly { name: Bilingual; from: string; to: string }[] };
};

/** What differs between colleges in student status, as data. */
export interface EnrollmentPolicy {
  /** Re-check of the admission is due this many months after registration. */
  readonly recheckMonths: number;
  /** A completion can become a diploma for this many months. */
  readonly conversionMonths: number;
  /** Grounds that count as a proper reason for a school transfer. */
  readonly transferGrounds: readonly string[];
  /** Whether identities of people who were registered may be erased. */
  readonly eraseRegisteredIdentities: boolean;
}

/** What differs between colleges in apprenticeships. Ages are years. */
export interface ApprenticeshipPolicy {
  readonly minimumAge: number;
  /** Below this age on the start date a guardian signs. */
  readonly adultAge: number;
  readonly insuranceRequired: boolean;
  /** Whether the school mentor must be double-qualified (双师型). */
  readonly dualQualifiedMentor: boolean;
  /** Sections that every contract has, by code. */
  readonly sections: readonly string[];
}

/** What differs between colleges in results. */
export interface AssessmentPolicy {
  /** Working days of the calendar after publication in which an appeal can be filed. */
  readonly appealWorkingDays: number;
  /** Whether a make-up may follow an attempt that was voided or coded as cheating; a retake always may. */
  readonly makeUpAfterCheating: boolean;
  readonly average: {
    /** Which attempt of a course counts. */
    readonly attempt: 'best' | 'last';
    /** Whether courses failed so far weigh in, with their score. */
    readonly failed: 'counted' | 'left-out';
    /** Hundredths of a point that a grade counts as. */
    readonly gradeScores: Readonly<Record<FiveGrade, number>>;
    readonly rounding: Scheme['rounding'];
  };
}

/** `policy-<institution>`. The last one of each type is in force. */
export type PolicyEvent =
  | { type: 'EnrollmentPolicyAdopted'; data: EnrollmentPolicy }
  | { type: 'ApprenticeshipPolicyAdopted'; data: ApprenticeshipPolicy }
  | { type: 'AssessmentPolicyAdopted'; data: AssessmentPolicy };

type Own = ProgramEvent | ProgramGroupEvent | CourseEvent | SchemeEvent | FrameworkEvent | CalendarEvent | PolicyEvent;

export const curriculumCatalog = {
  ProgramPublished: { version: 1, title: { zh: '发布专业', en: 'Program published' } },
  ProgramGroupFormed: { version: 1, title: { zh: '组建专业群', en: 'Program group formed' } },
  ProgramJoinedGroup: { version: 1, title: { zh: '专业加入专业群', en: 'Program joined group' } },
  CalendarPublished: { version: 1, title: { zh: '发布校历', en: 'Calendar published' } },
  PlanVersioned: { version: 1, title: { zh: '发布人才培养方案', en: 'Training program versioned' } },
  CoursePublished: { version: 1, title: { zh: '发布课程', en: 'Course published' } },
  EvaluationSchemeAdopted: { version: 1, title: { zh: '采用评价方案', en: 'Evaluation scheme adopted' } },
  FrameworkPublished: { version: 1, title: { zh: '发布资历框架', en: 'Qualifications framework published' } },
  EnrollmentPolicyAdopted: { version: 1, title: { zh: '采用学籍政策', en: 'Enrollment policy adopted' } },
  ApprenticeshipPolicyAdopted: { version: 1, title: { zh: '采用学徒培养政策', en: 'Apprenticeship policy adopted' } },
  AssessmentPolicyAdopted: { version: 1, title: { zh: '采用成绩政策', en: 'Assessment policy adopted' } },
} as const satisfies CatalogOf<Own>;
