import type {
  CalendarEvent,
  EnrollmentPolicy,
  PolicyEvent,
  ProgramEvent,
  AcademicYear,
  Term,
} from '../events/catalog/curriculum.ts';
import type { ClassEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

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
