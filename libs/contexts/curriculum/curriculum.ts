import type { CalendarEvent, ProgramGroupEvent, Term } from '../../events/catalog/curriculum.ts';
import { courseFact } from '../../facts/curriculum.ts';
import type { Bilingual } from '../../kernel/bilingual.ts';
import type { Decider, Decision, Recorded } from '../../kernel/decider.ts';
import { naturalId } from '../../kernel/ids.ts';
import { leg, type Plan } from '../../kernel/plan.ts';
import { refuse } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { course, courseIdOf, courseStream, type PublishCourse } from './course.ts';
import { framework, frameworkStream, type PublishFramework } from './framework.ts';
import { policy, policyStream, type PolicyCommand } from './policy.ts';
import { program, programIdOf, programStream, type ProgramCommand, type VersionPlan } from './program.ts';
import { scheme, schemeIdOf, schemeStream, type AdoptEvaluationScheme } from './scheme.ts';

/** Reference data that decisions pin, each kind in a file of its own; program groups and the calendar here. A natural key is the stream. */
export const groupIdOf = (institutionId: string, nameZh: string): string => naturalId(institutionId, 'group', nameZh);
export const groupStream = (groupId: string): string => `group-${groupId}`;
export const calendarStream = (institutionId: string): string => `calendar-${institutionId}`;

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface FormProgramGroup {
  readonly type: 'FormProgramGroup';
  readonly name: Bilingual;
  readonly programIds: readonly string[];
}

export type PublishCalendar = { readonly type: 'PublishCalendar' } & CalendarEvent['data'];

/** A plan is versioned on a program that is there; everything else names its own key. */
export type CurriculumCommand =
  | Exclude<ProgramCommand, VersionPlan>
  | (VersionPlan & { readonly programId: string })
  | FormProgramGroup
  | PublishCourse
  | AdoptEvaluationScheme
  | PublishFramework
  | PublishCalendar
  | PolicyCommand;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ProgramGroup {
  readonly name: Bilingual | null;
  readonly programIds: readonly string[];
}

/** Programs join a group; naming one that is in it already is no event. */
export const programGroup: Decider<ProgramGroup, FormProgramGroup, ProgramGroupEvent> = {
  initial: { name: null, programIds: [] },
  evolve: (s, event: Recorded<ProgramGroupEvent>) => {
    switch (event.type) {
      case 'ProgramGroupFormed':
        return event.data;
      case 'ProgramJoinedGroup':
        return { ...s, programIds: [...s.programIds, event.data.programId] };
      default:
        return event satisfies never;
    }
  },
  decide: (s, c) => {
    if (s.name === null) return [{ type: 'ProgramGroupFormed', data: { name: c.name, programIds: [...new Set(c.programIds)] } }];
    const joining = [...new Set(c.programIds)].filter((id) => !s.programIds.includes(id));
    return joining.map((programId) => ({ type: 'ProgramJoinedGroup', data: { programId } }));
  },
};

export type Calendar = CalendarEvent['data'] | null;

/** Spans that overlap or run backwards, by name. */
const misplaced = (spans: readonly Term[], within?: Term): readonly string[] =>
  spans
    .filter(
      (span, i) =>
        span.from > span.to ||
        (i > 0 && span.from <= spans[i - 1]!.to) ||
        (within && (span.from < within.from || span.to > within.to)),
    )
    .map((span) => span.name);

function publishCalendar(s: Calendar, { type: _type, ...data }: PublishCalendar): Decision<CalendarEvent> {
  const entries = [...misplaced(data.years), ...data.years.flatMap((year) => misplaced(year.terms, year))];
  if (entries.length > 0) return refuse('CALENDAR_OVERLAPS', { entries });
  return sameContent(s, data) ? [] : [{ type: 'CalendarPublished', data }];
}

/** The last one published is in force; earlier ones stay readable in its stream. */
export const calendar: Decider<Calendar, PublishCalendar, CalendarEvent> = {
  initial: null,
  evolve: (_, event) => event.data,
  decide: publishCalendar,
};

// ── plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const about = (own: Plan['own'], facts?: Plan['facts']): Plan => ({
  own,
  subjectId: () => null,
  ...(facts ? { facts } : {}),
});

export function planCurriculum(command: CurriculumCommand, institutionId: string): Plan {
  switch (command.type) {
    case 'PublishProgram':
      return about(leg(programStream(programIdOf(institutionId, command.code, command.level)), program, command));
    case 'VersionPlan': {
      const { programId, ...said } = command;
      const courses = command.courses.map(({ courseId }) => [courseId, courseFact(courseId)] as const);
      return about(leg(programStream(programId), program, said), () => Object.fromEntries(courses));
    }
    case 'FormProgramGroup':
      return about(leg(groupStream(groupIdOf(institutionId, command.name.zh)), programGroup, command));
    case 'PublishCourse':
      return about(leg(courseStream(courseIdOf(institutionId, command.code)), course, command));
    case 'AdoptEvaluationScheme':
      return about(leg(schemeStream(schemeIdOf(institutionId, command.code)), scheme, command));
    case 'PublishFramework':
      return about(leg(frameworkStream(institutionId), framework, command));
    case 'PublishCalendar':
      return about(leg(calendarStream(institutionId), calendar, command));
    case 'AdoptEnrollmentPolicy':
    case 'AdoptApprenticeshipPolicy':
    case 'AdoptAssessmentPolicy':
      return about(leg(policyStream(institutionId), policy, command));
    default:
      return command satisfies never;
  }
}
