import type { CommandFacts } from '../../kernel/commands.ts';
import type { CurriculumCommand } from './curriculum.ts';

export const curriculumCommands = {
  PublishProgram: {
    title: { zh: '发布专业', en: 'Publish a program' },
    events: ['ProgramPublished'],
    refusals: ['REFERENCE_EXISTS'],
  },
  FormProgramGroup: {
    title: { zh: '组建专业群', en: 'Form a program group' },
    events: ['ProgramGroupFormed', 'ProgramJoinedGroup'],
    refusals: [],
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
} as const satisfies Record<CurriculumCommand['type'], CommandFacts>;
