import type {
  AcademicYear,
  ApprenticeshipPolicy,
  AssessmentPolicy,
  CalendarEvent,
  EnrollmentPolicy,
  PolicyEvent,
  ProgramEvent,
  Term,
} from '../events/catalog/curriculum.ts';
import type { ClassEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';
import { addDays, isWeekend } from '../kernel/time.ts';

/** Small folds over what decisions pin. A decision loads them before it decides and records their revisions as its basis. */
export type ProgramFact = Extract<ProgramEvent, { readonly type: 'ProgramPublished' }>['data'] | null;

export const programFact = (programId: string): Source<ProgramFact> =>
  source(`program-${programId}`, {
    initial: null as ProgramFact,
    evolve: (state, event: Recorded<ProgramEvent>): ProgramFact => (event.type === 'ProgramPublished' ? event.data : state),
  });

export interface ClassFact {
  readonly kind: 'administrative' | 'teaching';
  readonly name: string;
  readonly closed: boolean;
}

export const classFact = (classId: string): Source<ClassFact | null> =>
  source(`class-${classId}`, {
    initial: null as ClassFact | null,
    evolve: (state, event: Recorded<ClassEvent>): ClassFact | null => {
      if (event.type === 'ClassFormed') return { kind: event.data.kind, name: event.data.name, closed: false };
      return event.type === 'ClassClosed' && state ? { ...state, closed: true } : state;
    },
  });

export type CalendarFact = Extract<CalendarEvent, { type: 'CalendarPublished' }>['data'] | null;

export const calendarFact = (institutionId: string): Source<CalendarFact> =>
  source(`calendar-${institutionId}`, {
    initial: null as CalendarFact,
    evolve: (_, event: Recorded<CalendarEvent>): CalendarFact => event.data,
  });

export const academicYear = (calendar: CalendarFact, name: string): AcademicYear | undefined =>
  calendar?.years.find((year) => year.name === name);

/**
 * The first term that ends on or after a date: the one that a student who enters then begins with.
 * Undefined where the calendar starts later than the date: its first term would be taken for hers.
 */
export const firstTermFrom = (calendar: CalendarFact, date: string): Term | undefined =>
  calendar?.years.some((year) => year.from <= date) ? firstTermAfter(calendar.years, date) : undefined;

const firstTermAfter = (years: readonly AcademicYear[], date: string): Term | undefined =>
  years
    .flatMap((year) => year.terms)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
    .find((term) => term.to >= date);

/** The n-th working day after a date: neither a weekend nor a holiday of the calendar; without a calendar only weekends are known. */
export function workingDaysAfter(calendar: CalendarFact, date: string, n: number): string {
  const holidays = calendar?.holidays ?? [];
  let day = date;
  for (let left = n; left > 0;) {
    day = addDays(day, 1);
    const holiday = holidays.find(({ from, to }) => from <= day && day <= to);
    if (holiday) day = holiday.to;
    else if (!isWeekend(day)) left--;
  }
  return day;
}

/** In force until a college adopts a policy of its own. */
export const defaultPolicy: EnrollmentPolicy = {
  recheckMonths: 3,
  conversionMonths: 24,
  transferGrounds: ['illness', 'hardship', 'specialty'],
  eraseRegisteredIdentities: false,
};

export const policyFact = (institutionId: string): Source<EnrollmentPolicy> =>
  source(`policy-${institutionId}`, {
    initial: defaultPolicy,
    evolve: (state, event: Recorded<PolicyEvent>): EnrollmentPolicy =>
      event.type === 'EnrollmentPolicyAdopted' ? event.data : state,
  });

/** In force until a college adopts one of its own: the ages of the law, insurance as the law demands it, the sections of the model agreement. */
export const defaultApprenticeshipPolicy: ApprenticeshipPolicy = {
  minimumAge: 16,
  adultAge: 18,
  insuranceRequired: true,
  dualQualifiedMentor: false,
  sections: ['training-plan', 'duties', 'hours-and-rest', 'pay', 'safety', 'assessment'],
};

export const apprenticeshipPolicyFact = (institutionId: string): Source<ApprenticeshipPolicy> =>
  source(`policy-${institutionId}`, {
    initial: defaultApprenticeshipPolicy,
    evolve: (state, event: Recorded<PolicyEvent>): ApprenticeshipPolicy =>
      event.type === 'ApprenticeshipPolicyAdopted' ? event.data : state,
  });

/** In force until a college adopts one of its own: the best attempt counts, what was failed weighs in, a grade counts as the middle of its range. */
export const defaultAssessmentPolicy: AssessmentPolicy = {
  appealWorkingDays: 5,
  makeUpAfterCheating: false,
  average: {
    attempt: 'best',
    failed: 'counted',
    gradeScores: { excellent: 9500, good: 8500, medium: 7500, pass: 6500, fail: 5000 },
    rounding: { mode: 'half-up', unit: 1 },
  },
};

export const assessmentPolicyFact = (institutionId: string): Source<AssessmentPolicy> =>
  source(`policy-${institutionId}`, {
    initial: defaultAssessmentPolicy,
    evolve: (state, event: Recorded<PolicyEvent>): AssessmentPolicy =>
      event.type === 'AssessmentPolicyAdopted' ? event.data : state,
  });
