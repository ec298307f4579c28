import type {
  CalendarEvent,
  EnrollmentPolicy,
  PolicyEvent,
  ProgramEvent,
  ProgramGroupEvent,
  Term,
} from '../../events/catalog/curriculum.ts';
import type { Bilingual } from '../../kernel/bilingual.ts';
import type { Decider, Decision, DomainEvent, Recorded } from '../../kernel/decider.ts';
import { naturalId } from '../../kernel/ids.ts';
import { leg, type Plan } from '../../kernel/plan.ts';
import { refuse } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';

/** Reference data that decisions pin: programs, program groups, the calendar, the enrollment policy. A natural key is the stream. */
export const programIdOf = (institutionId: string, code: string, level: string): string =>
  naturalId(institutionId, 'program', code, level);
export const programStream = (programId: string): string => `program-${programId}`;
export const groupIdOf = (institutionId: string, nameZh: string): string => naturalId(institutionId, 'group', nameZh);
export const groupStream = (groupId: string): string => `group-${groupId}`;
export const calendarStream = (institutionId: string): string => `calendar-${institutionId}`;
export const policyStream = (institutionId: string): string => `policy-${institutionId}`;

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Content<E extends DomainEvent, T extends E['type']> = Extract<E, { type: T }>['data'];

export type CurriculumCommand =
  | ({ readonly type: 'PublishProgram' } & Content<ProgramEvent, 'ProgramPublished'>)
  | { readonly type: 'FormProgramGroup'; readonly name: Bilingual; readonly programIds: readonly string[] }
  | ({ readonly type: 'PublishCalendar' } & Content<CalendarEvent, 'CalendarPublished'>)
  | ({ readonly type: 'AdoptEnrollmentPolicy' } & EnrollmentPolicy);

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Program = Content<ProgramEvent, 'ProgramPublished'> | null;

/** Key: code and level. Other content under the same key is refused, never silently taken: pinned decisions rest on it. */
export const program: Decider<Program, Extract<CurriculumCommand, { type: 'PublishProgram' }>, ProgramEvent> = {
  initial: null,
  evolve: (s, event) => (event.type === 'ProgramPublished' ? event.data : s),
  decide: (s, { type: _type, ...data }) => {
    if (s && !sameContent(s, data)) return refuse('REFERENCE_EXISTS', { what: `program ${data.code}`, recorded: s, given: data });
    return s ? [] : [{ type: 'ProgramPublished', data }];
  },
};

export interface ProgramGroup {
  readonly name: Bilingual | null;
  readonly programIds: readonly string[];
}

/** Programs join a group; naming one that is in it already is no event. */
export const programGroup: Decider<ProgramGroup, Extract<CurriculumCommand, { type: 'FormProgramGroup' }>, ProgramGroupEvent> = {
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

export type Calendar = Content<CalendarEvent, 'CalendarPublished'> | null;

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

function publishCalendar(
  s: Calendar,
  { type: _type, ...data }: Extract<CurriculumCommand, { type: 'PublishCalendar' }>,
): Decision<CalendarEvent> {
  const entries = [...misplaced(data.years), ...data.years.flatMap((year) => misplaced(year.terms, year))];
  if (entries.length > 0) return refuse('CALENDAR_OVERLAPS', { entries });
  return sameContent(s, data) ? [] : [{ type: 'CalendarPublished', data }];
}

/** The last one published is in force; earlier ones stay readable in its stream. */
export const calendar: Decider<Calendar, Extract<CurriculumCommand, { type: 'PublishCalendar' }>, CalendarEvent> = {
  initial: null,
  evolve: (_, event) => event.data,
  decide: publishCalendar,
};

export const policy: Decider<
  EnrollmentPolicy | null,
  Extract<CurriculumCommand, { type: 'AdoptEnrollmentPolicy' }>,
  PolicyEvent
> = {
  initial: null,
  evolve: (s, event) => (event.type === 'EnrollmentPolicyAdopted' ? event.data : s),
  decide: (s, { type: _type, ...data }) => (sameContent(s, data) ? [] : [{ type: 'EnrollmentPolicyAdopted', data }]),
};

// ── plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const aboutNobody = (): null => null;

export function planCurriculum(command: CurriculumCommand, institutionId: string): Plan {
  switch (command.type) {
    case 'PublishProgram':
      return {
        own: leg(programStream(programIdOf(institutionId, command.code, command.level)), program, command),
        subjectId: aboutNobody,
      };
    case 'FormProgramGroup':
      return { own: leg(groupStream(groupIdOf(institutionId, command.name.zh)), programGroup, command), subjectId: aboutNobody };
    case 'PublishCalendar':
      return { own: leg(calendarStream(institutionId), calendar, command), subjectId: aboutNobody };
    case 'AdoptEnrollmentPolicy':
      return { own: leg(policyStream(institutionId), policy, command), subjectId: aboutNobody };
    default:
      return command satisfies never;
  }
}
