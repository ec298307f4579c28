import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { calendar as published } from '../../../test/support/histories.ts';
import { defaultPolicy } from '../../facts/reference.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { curriculumCommands } from './commands.ts';
import { calendar, planCurriculum, policy, program, programGroup } from './curriculum.ts';

const programs = examples(program, {});
const groups = examples(programGroup, {});
const calendars = examples(calendar, {});
const policies = examples(policy, {});

describe('a program', () => {
  const name = { zh: '电子商务', en: 'E-commerce' };
  const content = { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36, entranceScore: null };
  const publish = { type: 'PublishProgram', ...content } as const;

  it('is published once; the order of fields says nothing', () => {
    const known = programs.given().when(publish).gives({ type: 'ProgramPublished', data: content });
    known.when({ ...publish, name: { en: name.en, zh: name.zh } }).givesNothing();
  });

  it('refuses other content under the same code and level, and shows both', () => {
    programs
      .given()
      .when(publish)
      .accepted()
      .when({ ...publish, lengthOfStudyMonths: 24 })
      .refuses('REFERENCE_EXISTS', { recorded: content, given: { ...content, lengthOfStudyMonths: 24 } });
  });

  it('has its code and level as its stream', () => {
    const stream = (code: string, level: string): string => planCurriculum({ ...publish, code, level }, 'college').own.stream;
    expect(new Set([stream('1', 'a'), stream('1', 'b'), stream('2', 'a')]).size).toBe(3);
    expect(stream('1', 'a')).toBe(stream('1', 'a'));
  });
});

describe('a program group', () => {
  const name = { zh: '电商专业群', en: 'E-commerce group' };

  it('is formed, and programs join it once', () => {
    const formed = groups
      .given()
      .when({ type: 'FormProgramGroup', name, programIds: ['p1', 'p2', 'p1'] })
      .gives({ type: 'ProgramGroupFormed', data: { name, programIds: ['p1', 'p2'] } });
    const joined = formed
      .when({ type: 'FormProgramGroup', name, programIds: ['p2', 'p3', 'p3'] })
      .gives({ type: 'ProgramJoinedGroup', data: { programId: 'p3' } });
    expect(joined.state.programIds).toEqual(['p1', 'p2', 'p3']);
    expect(planCurriculum({ type: 'FormProgramGroup', name, programIds: [] }, 'college').own.stream).toMatch(/^group-/);
  });
});

describe('the calendar', () => {
  const publish = { type: 'PublishCalendar', ...published } as const;
  const [first, second] = published.years as [(typeof published.years)[number], (typeof published.years)[number]];

  it('is published, and published anew where it changed', () => {
    const known = calendars.given().when(publish).gives({ type: 'CalendarPublished', data: published });
    const holiday = { name: { zh: '国庆节', en: 'National Day' }, from: '2025-10-01', to: '2025-10-07' };
    known
      .when({ ...publish, holidays: [holiday] })
      .gives({ type: 'CalendarPublished', data: { ...published, holidays: [holiday] } });
    expect(planCurriculum(publish, 'college').own.stream).toBe('calendar-college');
  });

  it.each([
    ['years in disorder', [second, first], [first.name]],
    ['years that overlap', [first, { ...second, from: first.to }], [second.name]],
    ['a year that runs backwards', [{ ...first, to: '2025-08-31', terms: [] }], [first.name]],
    ['terms that overlap', [{ ...first, terms: [first.terms[0]!, { ...first.terms[1]!, from: '2026-01-18' }] }], ['2025-2']],
    ['a term outside its year', [{ ...first, terms: [{ ...first.terms[0]!, from: '2025-08-31' }] }], ['2025-1']],
  ])('refuses %s', (_, years, entries) => {
    calendars.given().when({ type: 'PublishCalendar', years, holidays: [] }).refuses('CALENDAR_OVERLAPS', { entries });
  });
});

describe('the enrollment policy', () => {
  it('is adopted, and adopted anew where it changed', () => {
    const adopt = { type: 'AdoptEnrollmentPolicy', ...defaultPolicy } as const;
    policies
      .given()
      .when(adopt)
      .gives({ type: 'EnrollmentPolicyAdopted', data: defaultPolicy })
      .when({ ...adopt, recheckMonths: 2 })
      .gives({ type: 'EnrollmentPolicyAdopted', data: { ...defaultPolicy, recheckMonths: 2 } });
    expect(planCurriculum(adopt, 'college').own.stream).toBe('policy-college');
  });
});

it('the command table says what was seen', () => {
  const seen = new Map([programs, groups, calendars, policies].flatMap((each) => [...each.seen]));
  expectTable(curriculumCommands, seen, [], commonRefusals);
});
