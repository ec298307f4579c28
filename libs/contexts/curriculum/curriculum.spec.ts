import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { calendar as published } from '../../../test/support/histories.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { curriculumCommands } from './commands.ts';
import { calendar, planCurriculum, programGroup } from './curriculum.ts';
import { framework } from './framework.ts';

const groups = examples(programGroup, {});
const calendars = examples(calendar, {});
const frameworks = examples(framework, {});

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

describe('the qualifications framework', () => {
  const text = { zh: '能……', en: 'Can …' };
  const descriptors = {
    'knowledge-and-skills': text,
    process: text,
    'application-autonomy-accountability': text,
    'communication-it-numeracy': text,
  };
  const levels = [1, 2, 3, 4, 5, 6, 7].map((level) => ({ level, descriptors }));
  const data = { name: { zh: '资历框架', en: 'Qualifications framework' }, levels };
  const publish = { type: 'PublishFramework', ...data } as const;

  it('is published with its levels in order, and published anew where it changed', () => {
    const known = frameworks
      .given()
      .when({ ...publish, levels: levels.toReversed() })
      .gives({ type: 'FrameworkPublished', data });
    known.when(publish).givesNothing();
    const other = { ...data, name: { ...data.name, en: 'National qualifications framework' } };
    known.when({ ...publish, ...other }).gives({ type: 'FrameworkPublished', data: other });
    expect(planCurriculum(publish, 'college').own.stream).toBe('framework-college');
  });

  it.each([
    ['a level missing', levels.slice(1), [2, 3, 4, 5, 6, 7]],
    ['a level twice', [...levels.slice(1), levels[6]!], [2, 3, 4, 5, 6, 7, 7]],
    ['a level too many', [...levels, { level: 8, descriptors }], [1, 2, 3, 4, 5, 6, 7, 8]],
  ])('refuses %s', (_, given, found) => {
    frameworks
      .given()
      .when({ ...publish, levels: given })
      .refuses('FRAMEWORK_LEVELS_WRONG', { levels: found });
  });

  it('refuses a level that leaves a category out', () => {
    const { process: _process, ...three } = descriptors;
    frameworks
      .given()
      .when({ ...publish, levels: levels.with(2, { level: 3, descriptors: three as typeof descriptors }) })
      .refuses('FRAMEWORK_DESCRIPTORS_MISSING', { missing: ['3 process'] });
  });
});

it('the command table says what was seen', () => {
  const { FormProgramGroup, PublishCalendar, PublishFramework } = curriculumCommands;
  const seen = new Map([groups, calendars, frameworks].flatMap((each) => [...each.seen]));
  // Whether the programs are there is asked before the plan is made.
  expectTable({ FormProgramGroup, PublishCalendar, PublishFramework }, seen, ['PROGRAM_UNKNOWN'], commonRefusals);
});
