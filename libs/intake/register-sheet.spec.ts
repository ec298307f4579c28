import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ethnicGroups, intakes, lengthsOfStudy, levels, politicalStatuses, rosterStatuses, studyForms } from '../kernel/codes.ts';
import { addDays } from '../kernel/time.ts';
import { readCsv } from './read-csv.ts';
import { registerCells, registerHeader, sheetCells, sheetHeader, type SheetStudent } from './register-sheet.ts';
import { mapRosterRow, rosterForm } from './roster.ts';
import { all, residentId } from './sheets.fixture.ts';
import { readTable } from './table.ts';
import { writeCsv } from './write-csv.ts';

const wang: SheetStudent = {
  studentNumber: '00261',
  identity: {
    name: '王芳',
    sex: 'female',
    birthDate: '2008-01-05',
    idType: 'resident-id',
    idNumber: residentId('20080105', '002'),
    candidateNumber: '26440305110001',
    politicalStatus: '03',
    ethnicGroup: '01',
    note: '=免体育',
  },
  contact: { phone: '+8613800138000', guardianName: '王建国', guardianPhone: '13900139000' },
  program: { code: '530701', name: '电子商务' },
  level: 'junior-college',
  lengthOfStudyMonths: 30,
  studyForm: 'full-time',
  entryDate: '2026-09-01',
  branch: '商学院',
  department: '电子商务系',
  className: '26电商1班',
  expectedGraduation: '2029-06-30',
  intake: 'contracted',
  status: 'transferred-out',
  statusDate: '2027-03-01',
};

/** A student as the importer reads her from the csv of these cells. */
const throughCsv = async (header: readonly string[], students: readonly (readonly string[])[]): Promise<unknown[]> => {
  const table = await readTable(readCsv(writeCsv([header, ...students])), rosterForm);
  expect(table.unknownColumns).toEqual([]);
  return (await all(table.records)).map((record) => {
    const mapped = mapRosterRow(record);
    if (!mapped.ok) return mapped.problems;
    const { row: _, ...student } = mapped.row;
    return student;
  });
};

const codesOf = <C extends string>(list: readonly { readonly code: C }[]) => fc.constantFrom(...list.map(({ code }) => code));
// What reads as a formula is taken for one that lost its value.
const text = fc
  .string({ unit: fc.constantFrom('电', '子', '𠮷', 'A', '1', '（', '-', '=', ','), minLength: 1, maxLength: 10 })
  .filter((said) => !/^=[A1-]/.test(said));
const number = fc.stringMatching(/^[0-9A-Z][0-9A-Z-]{1,12}[A-Z]$/);
const dates = (from: string, days: number) => fc.integer({ min: 0, max: days }).map((n) => addDays(from, n));
const name = fc
  .string({ unit: fc.constantFrom('王', '芳', '·', '𬭚', '䶮'), minLength: 1, maxLength: 8 })
  .filter((n) => /^[^·]/.test(n));

const identities = fc
  .tuple(
    dates('1990-01-01', 7000),
    fc.stringMatching(/^[0-9]{3}$/),
    fc.record(
      { name, candidateNumber: number, politicalStatus: codesOf(politicalStatuses), ethnicGroup: codesOf(ethnicGroups) },
      { requiredKeys: ['name'] },
    ),
  )
  .map(([birthDate, order, known]) => ({
    ...known,
    sex: Number(order) % 2 === 1 ? 'male' : 'female',
    birthDate,
    idType: 'resident-id',
    idNumber: residentId(birthDate.replaceAll('-', ''), order),
  }));

const students: fc.Arbitrary<SheetStudent> = fc.record(
  {
    studentNumber: number,
    identity: identities,
    program: fc.record({ code: number, name: text }, { requiredKeys: ['code'] }),
    level: codesOf(levels),
    lengthOfStudyMonths: fc.constantFrom(...lengthsOfStudy.map(({ months }) => months)),
    studyForm: codesOf(studyForms),
    entryDate: dates('2020-01-01', 2000),
    branch: text,
    department: text,
    className: text,
    expectedGraduation: dates('2030-01-01', 2000),
  },
  { requiredKeys: ['identity', 'program', 'entryDate'] },
);

const phone = fc.stringMatching(/^\+?[0-9]{8,11}$/);
const studentsInFull: fc.Arbitrary<SheetStudent> = fc
  .tuple(
    students,
    fc.record({ note: text }, { requiredKeys: [] }),
    fc.record(
      {
        contact: fc.record({ phone, guardianName: name, guardianPhone: phone }, { requiredKeys: ['phone'] }),
        intake: codesOf(intakes),
      },
      { requiredKeys: [] },
    ),
    fc.oneof(fc.constant({}), fc.record({ status: codesOf(rosterStatuses), statusDate: dates('2027-01-01', 500) })),
  )
  .map(([student, note, more, status]) => ({ ...student, ...more, ...status, identity: { ...student.identity, ...note } }));

describe('the register’s sheet', () => {
  it('has the 18 fields in the register’s order', () => {
    expect(registerHeader.join(' ')).toBe('KSH XH XM XB CSRQ SFZH ZZMM MZ ZYDM ZYMC CC XZ XXXS RXRQ FY XSH BH YJBYRQ');
  });

  it('says a student in the register’s words', () => {
    expect(registerCells(wang)).toEqual([
      '26440305110001',
      '00261',
      '王芳',
      '女',
      '20080105',
      wang.identity.idNumber,
      '共青团员',
      '汉族',
      '530701',
      '电子商务',
      '专科(高职)',
      '2.5',
      '普通全日制',
      '20260901',
      '商学院',
      '电子商务系',
      '26电商1班',
      '20290630',
    ]);
  });

  it('comes back as it went out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(students, { minLength: 1, maxLength: 5 }), async (cohort) => {
        const cells = cohort.map((student) => registerCells(student));
        expect(await throughCsv(registerHeader, cells)).toEqual(cohort);
      }),
    );
  });
});

describe('the full sheet', () => {
  it('says a student in the language of its header', () => {
    expect(sheetHeader('zh').slice(0, 7)).toEqual(['考生号', '学号', '姓名', '性别', '出生日期', '身份证件类型', '身份证号']);
    expect(sheetCells(wang, 'en').slice(2, 9)).toEqual([
      '王芳',
      'female',
      '2008-01-05',
      'resident id',
      wang.identity.idNumber,
      'member of the Communist Youth League',
      'Han',
    ]);
    expect(sheetCells(wang, 'zh').slice(18)).toEqual([
      '2029-06-30',
      '委托培养',
      '转学(转出)',
      '2027-03-01',
      '+8613800138000',
      '王建国',
      '13900139000',
      '=免体育',
    ]);
  });

  it.each(['zh', 'en'] as const)('comes back as it went out (%s)', async (language) => {
    expect(await throughCsv(sheetHeader(language), [sheetCells(wang, language)])).toEqual([wang]);
    await fc.assert(
      fc.asyncProperty(fc.array(studentsInFull, { minLength: 1, maxLength: 5 }), async (cohort) => {
        const cells = cohort.map((student) => sheetCells(student, language));
        expect(await throughCsv(sheetHeader(language), cells)).toEqual(cohort);
      }),
    );
  });

  it('is blank where nothing is known, and shows a code that no list has', () => {
    const unknown = { ...wang, identity: { ...wang.identity, ethnicGroup: 'XX' } };
    expect(sheetCells(unknown, 'zh')[8]).toBe('XX');
    const { studentNumber: _, contact: __, ...least } = wang;
    expect(sheetCells(least, 'zh')[1]).toBe('');
  });
});
