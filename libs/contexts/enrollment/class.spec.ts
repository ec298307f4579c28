import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { past } from '../../../test/support/past.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { classes, classIdOf, classStream } from './class.ts';
import { classCommands } from './commands.ts';

const { given, seen } = examples(classes, {}, classStream('c1'));

const formAdministrative = {
  type: 'FormClass',
  kind: 'administrative',
  name: '电商2501',
  programId: 'ecommerce',
  course: null,
  term: null,
} as const;
const formTeaching = {
  ...formAdministrative,
  kind: 'teaching',
  name: '统计基础',
  course: 'statistics@1',
  term: '2025-1',
} as const;

const { type: _a, ...administrativeData } = formAdministrative;
const { type: _t, ...teachingData } = formTeaching;
const administrative = past('2025-09-01', { type: 'ClassFormed', data: administrativeData } as const);
const teaching = past('2025-09-01', { type: 'ClassFormed', data: teachingData } as const);
const closed = past('2026-01-20', { type: 'ClassClosed', data: {} } as const);

describe('a class', () => {
  it('is formed once under its name', () => {
    given().when(formAdministrative).gives({ type: 'ClassFormed', data: administrativeData });
    given(administrative)
      .when({ ...formAdministrative, programId: 'logistics' })
      .refuses('CLASS_EXISTS', { name: '电商2501' });
    given(administrative, closed).when(formAdministrative).refuses('CLASS_NOT_OPEN', { class: '电商2501' });
  });

  it('is named once in an institution, a teaching class once a term', () => {
    const ids = [
      classIdOf('a', '电商2501'),
      classIdOf('b', '电商2501'),
      classIdOf('a', '统计基础', '2025-1'),
      classIdOf('a', '统计基础', '2025-2'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(classIdOf('a', '电商2501')).toBe(ids[0]);
  });

  it('has teachers', () => {
    given(administrative)
      .when({ type: 'AssignTeacher', teacherId: 'li' })
      .gives({ type: 'TeacherAssignedToClass', data: { teacherId: 'li' } })
      .when({ type: 'AssignTeacher', teacherId: 'wu' })
      .gives({ type: 'TeacherAssignedToClass', data: { teacherId: 'wu' } });
    given().when({ type: 'AssignTeacher', teacherId: 'li' }).refuses('NOT_FOUND');
    given(administrative, closed).when({ type: 'AssignTeacher', teacherId: 'li' }).refuses('CLASS_NOT_OPEN');
  });

  it('has a roster where it teaches: who is in an administrative one is said by the enrollments alone', () => {
    const changed = given(teaching)
      .when({ type: 'ChangeRoster', add: ['e1', 'e2', 'e1'], remove: [] })
      .gives({ type: 'RosterChanged', data: { added: ['e1', 'e2'], removed: [] } })
      .when({ type: 'ChangeRoster', add: ['e2', 'e3'], remove: ['e1', 'e9'] })
      .gives({ type: 'RosterChanged', data: { added: ['e3'], removed: ['e1'] } });
    expect(changed.state.roster).toEqual(['e2', 'e3']);
    changed.when({ type: 'ChangeRoster', add: ['e4'], remove: ['e4'] }).givesNothing();
    given(administrative)
      .when({ type: 'ChangeRoster', add: ['e1'], remove: [] })
      .refuses('CLASS_NOT_TEACHING');
    given(teaching, closed)
      .when({ type: 'ChangeRoster', add: ['e1'], remove: [] })
      .refuses('CLASS_NOT_OPEN');
  });

  it('is closed once', () => {
    given(teaching).when({ type: 'CloseClass' }).gives({ type: 'ClassClosed', data: {} });
    given().when({ type: 'CloseClass' }).refuses('NOT_FOUND');
  });
});

it('the command table says what was seen', () => {
  expectTable(classCommands, seen, [], commonRefusals);
});
