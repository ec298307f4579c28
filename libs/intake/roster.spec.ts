import { describe, expect, it } from '@jest/globals';
import { problemText } from './problems.ts';
import { mapRosterRow, rosterForm, type RosterField } from './roster.ts';
import { recordsOf, residentId } from './sheets.fixture.ts';

const id = residentId('20080105', '002');
const least: Partial<Record<RosterField, string>> = {
  name: '王芳',
  idNumber: id,
  programCode: '530701',
  entryDate: '2026-09-01',
};

/** Maps one row of a sheet with Chinese headers; the row is row 2. */
const map = async (cells: Partial<Record<RosterField, string>>, headers: Partial<Record<RosterField, string>> = {}) => {
  const fields = rosterForm.fields.filter(({ field }) => cells[field] !== undefined || least[field] !== undefined);
  const [record] = await recordsOf(rosterForm, [
    fields.map(({ field, zh }) => headers[field] ?? zh[0]),
    fields.map(({ field }) => cells[field] ?? ''),
  ]);
  if (!record) throw new Error('no record');
  return mapRosterRow(record);
};

const problemsOf = async (cells: Partial<Record<RosterField, string>>) => {
  const mapped = await map(cells);
  const problems = mapped.ok ? [] : mapped.problems;
  for (const problem of problems) {
    expect(problemText(problem, 'zh')).not.toMatch(/[{}–]/);
    expect(problemText(problem, 'en')).not.toMatch(/[{}–]/);
  }
  return problems.map(({ field, code }) => `${field}: ${code}`);
};

describe('mapRosterRow', () => {
  it('reads a full row', async () => {
    const mapped = await map({
      ...least,
      candidateNumber: '26440305110001',
      studentNumber: '００20260101.0',
      sex: '女',
      birthDate: '2008年1月5日',
      idType: '身份证',
      politicalStatus: '共青团员',
      ethnicGroup: '壮',
      programName: '电子商务',
      level: '专科（高职）',
      lengthOfStudy: '3年',
      studyForm: '普通全日制',
      entryDate: '202609',
      branch: '商学院',
      department: '电子商务系',
      className: '２６电商１班',
      expectedGraduation: '2029.6',
      intake: '单独招生',
      status: '在读',
      phone: '1.3800138000E+10',
      guardianName: '王　建国',
      guardianPhone: '13900139000',
      note: '有\n听力障碍',
    });
    expect(mapped).toEqual({
      ok: true,
      warnings: [],
      row: {
        row: 2,
        studentNumber: '0020260101',
        identity: {
          name: '王芳',
          sex: 'female',
          birthDate: '2008-01-05',
          idType: 'resident-id',
          idNumber: id,
          candidateNumber: '26440305110001',
          politicalStatus: '03',
          ethnicGroup: '08',
          note: '有\n听力障碍',
        },
        contact: { phone: '13800138000', guardianName: '王建国', guardianPhone: '13900139000' },
        program: { code: '530701', name: '电子商务' },
        level: 'junior-college',
        lengthOfStudyMonths: 36,
        studyForm: 'full-time',
        entryDate: '2026-09-01',
        branch: '商学院',
        department: '电子商务系',
        className: '26电商1班',
        expectedGraduation: '2029-06-01',
        intake: 'special',
        status: 'registered',
      },
    });
  });

  it('has only the keys that the row fills, and takes sex and birth date from the id', async () => {
    expect(await map({ ...least, studentNumber: '', phone: '  ' })).toEqual({
      ok: true,
      warnings: [],
      row: {
        row: 2,
        identity: { name: '王芳', sex: 'female', birthDate: '2008-01-05', idType: 'resident-id', idNumber: id },
        program: { code: '530701' },
        entryDate: '2026-09-01',
      },
    });
  });

  it('concludes nothing from other documents and temporary numbers', async () => {
    expect(await map({ ...least, idType: '护照', idNumber: 'e12345678', sex: 'M' })).toMatchObject({
      ok: true,
      row: { identity: { name: '王芳', sex: 'male', idType: 'passport', idNumber: 'E12345678' } },
    });
    const temporary = await map({ ...least, idNumber: '9992026001' });
    expect(temporary).toMatchObject({ ok: true, row: { identity: { idType: 'resident-id', idNumber: '9992026001' } } });
    expect(temporary.ok && Object.keys(temporary.row.identity)).toEqual(['name', 'idType', 'idNumber']);
  });

  it('reports every problem of a row, under the header that the sender wrote', async () => {
    const mapped = await map(
      {
        ...least,
        name: '',
        sex: '中',
        idNumber: '440305200801050011',
        level: '初中',
        entryDate: '2026-02-31',
        lengthOfStudy: '9',
      },
      { level: '层次 *' },
    );
    expect(mapped).toMatchObject({ ok: false });
    expect(mapped.ok ? [] : mapped.problems.map(({ code, column, field }) => [code, column, field])).toEqual([
      ['VALUE_MISSING', '姓名', 'name'],
      ['VALUE_NOT_IN_LIST', '性别', 'sex'],
      ['ID_CHECK_DIGIT', '身份证号', 'idNumber'],
      ['VALUE_NOT_IN_LIST', '层次 *', 'level'],
      ['VALUE_NOT_IN_LIST', '学制', 'lengthOfStudy'],
      ['DATE_INVALID', '入学日期', 'entryDate'],
    ]);
  });

  it.each<[string, Partial<Record<RosterField, string>>, string[]]>([
    [
      'needed cells',
      { studentNumber: '1', name: '', idNumber: '', programCode: '', entryDate: '' },
      ['name: VALUE_MISSING', 'idNumber: VALUE_MISSING', 'entryDate: VALUE_MISSING', 'programCode: PROGRAM_MISSING'],
    ],
    ['the sex', { sex: '1' }, ['sex: SEX_DISAGREES_WITH_ID']],
    ['the birth date', { birthDate: '20080106' }, ['birthDate: BIRTH_DATE_DISAGREES_WITH_ID']],
    ['a month as birth date', { birthDate: '200801' }, ['birthDate: DATE_NEEDS_DAY']],
    ['a year as entry', { entryDate: '2026' }, ['entryDate: DATE_NEEDS_MONTH']],
    ['an unknown document', { idType: '军官证' }, ['idType: VALUE_NOT_IN_LIST']],
    ['a rounded id', { idNumber: '4.40305E+17' }, ['idNumber: ID_DIGITS_LOST']],
    ['a rounded student number', { studentNumber: '2.0261E+10' }, ['studentNumber: ID_DIGITS_LOST']],
    ['a candidate number', { candidateNumber: '1234567890123456789' }, ['candidateNumber: TEXT_TOO_LONG']],
    ['a control character', { name: '王\u0001芳', note: 'a\u0002' }, ['name: CONTROL_CHARACTER', 'note: CONTROL_CHARACTER']],
    ['graduation on the day of entry', { expectedGraduation: '2026-09-01' }, ['expectedGraduation: GRADUATION_NOT_AFTER_ENTRY']],
    ['a status that nobody knows', { status: '留级' }, ['status: VALUE_NOT_IN_LIST']],
    ['an end without its date', { status: '退学' }, ['statusDate: STATUS_DATE_MISSING']],
    ['an end before entry', { status: '毕业', statusDate: '2020-06-30' }, ['statusDate: STATUS_DATE_BEFORE_ENTRY']],
    ['a date that cannot be read, once', { status: '毕业', statusDate: '去年' }, ['statusDate: DATE_FORM_UNKNOWN']],
    ['a date without its status', { statusDate: '2026-10-01' }, ['status: STATUS_MISSING']],
  ])('refuses %s', async (_, cells, problems) => {
    expect(await problemsOf({ ...least, ...cells })).toEqual(problems);
  });

  it.each(['退学', '转学', '转出', '开除', '死亡', '毕业', '结业', '肄业'])(
    'takes the status %s with its date',
    async (status) => {
      const mapped = await map({ ...least, status, statusDate: '2027/3/1' });
      expect(mapped).toMatchObject({ ok: true, row: { statusDate: '2027-03-01' } });
    },
  );

  it.each(['注册学籍', '在籍', '休学', '保留学籍', '保留入学资格'])('takes the status %s without a date', async (status) => {
    expect(await map({ ...least, status })).toMatchObject({ ok: true });
  });

  it('gives the accepted words of a code list', async () => {
    const mapped = await map({ ...least, studyForm: '走读' });
    expect(mapped.ok ? undefined : mapped.problems[0]?.facts).toEqual({
      value: '走读',
      accepted: ['普通全日制', '非全日制', '脱产', '夜大学', '业余', '函授', '网络教育', '开放教育', '自学考试'],
    });
  });

  it('says nothing else of a shifted row', async () => {
    const fields = rosterForm.fields.slice(0, 15);
    const [record] = await recordsOf(rosterForm, [fields.map(({ zh }) => zh[0]), Array.from({ length: 17 }, () => 'x')]);
    const mapped = record && mapRosterRow(record);
    expect(mapped?.ok === false && mapped.problems.map(({ code }) => code)).toEqual(['COLUMNS_SHIFTED']);
  });

  it('passes warnings on with a row that it takes', async () => {
    const mapped = await map({ ...least, name: '王\uE000', studentNumber: '202600000000001000', expectedGraduation: '2029.1' });
    expect(mapped.ok && mapped.warnings.map(({ field, code }) => [field, code])).toEqual([
      ['studentNumber', 'DIGITS_MAY_BE_LOST'],
      ['name', 'PRIVATE_USE_CHARACTER'],
      ['expectedGraduation', 'DATE_MONTH_UNSURE'],
    ]);
  });

  it('quotes neither a name nor an id number in its facts', async () => {
    const rows = [
      { idNumber: '440305200801050011' },
      { name: '王\u0001芳' },
      { sex: '男' },
      { idNumber: `${id}1` },
      { idNumber: '护照X' },
    ];
    for (const cells of rows) {
      const mapped = await map({ ...least, ...cells });
      const facts = mapped.ok ? '' : JSON.stringify(mapped.problems.map((problem) => problem.facts));
      expect(facts).not.toMatch(/王|芳|4403052008|护照/);
    }
  });
});
