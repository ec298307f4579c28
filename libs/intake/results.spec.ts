import { describe, expect, it } from '@jest/globals';
import { attemptKinds, resultCodes } from '../events/catalog/assessment.ts';
import { fiveGrades } from '../events/catalog/curriculum.ts';
import type { Mapped } from './map-row.ts';
import { problemText } from './problems.ts';
import { resultForm, resultMapper, type ResultRow } from './results.ts';
import { asRows, recordsOf } from './sheets.fixture.ts';
import { readTable } from './table.ts';

/** The system's own columns in its order. */
const header =
  '学年,学期,课程代码,课程名称,课程性质,学分,成绩,成绩备注,绩点,成绩性质,是否学位课程,开课学院,课程标记,课程类别,课程归属,教学班,任课教师,考核方式,学号,姓名,学生标记,是否成绩作废,学分绩点'.split(
    ',',
  );
const components = ['平时成绩', '实训成绩', '期末成绩', '答辩成绩', '总评成绩'];
const cells: Readonly<Record<string, string>> = {
  学年: '2025-2026',
  学期: '1',
  课程代码: 'DS101',
  课程名称: '网店运营',
  课程性质: '必修课',
  学分: '3.5',
  成绩: '85.5',
  绩点: '3.55',
  成绩性质: '正常考试',
  是否学位课程: '否',
  开课学院: '商学院',
  课程类别: '专业核心课',
  教学班: '(2025-2026-1)-DS101-1',
  任课教师: '赵敏',
  学号: '202500001',
  姓名: '林晓雨',
  是否成绩作废: '否',
  学分绩点: '12.43',
};
type Cells = Readonly<Record<string, string>>;
const mapAll = async (rows: readonly Cells[], titles: readonly string[] = [...header, ...components]) => {
  const sheet = [titles, ...rows.map((row) => titles.map((title) => ({ ...cells, ...row })[title] ?? ''))];
  return (await recordsOf(resultForm, sheet)).map(resultMapper());
};
const mapOne = async (row: Cells): Promise<Mapped<ResultRow>> => (await mapAll([row]))[0]!;
const stated = async (row: Cells) => {
  const mapped = await mapOne(row);
  return mapped.ok ? mapped.row.result : mapped.problems.map(({ field, code }) => `${field}: ${code}`);
};

describe('a result sheet', () => {
  it('is the system’s own export, unchanged', async () => {
    expect(resultForm.fields.slice(0, header.length).map(({ zh }) => zh[0])).toEqual(header);
    expect(await mapAll([{}], header)).toEqual([
      {
        ok: true,
        warnings: [],
        row: {
          row: 2,
          studentNumber: '202500001',
          name: '林晓雨',
          courseCode: 'DS101',
          courseName: '网店运营',
          credits: 350,
          nature: 'compulsory',
          category: '专业核心课',
          kind: 'first',
          order: 1,
          academicYear: '2025-2026',
          term: '1',
          result: { score: 8550 },
          components: [],
          voided: false,
          teachingClass: '(2025-2026-1)-DS101-1',
        },
      },
    ]);
  });

  it('says which of its columns are not recorded', async () => {
    const table = await readTable(asRows([[...header, '辅导员']]), resultForm);
    expect(table.unrecordedColumns).toEqual([
      '绩点',
      '是否学位课程',
      '开课学院',
      '课程标记',
      '课程归属',
      '任课教师',
      '考核方式',
      '学生标记',
      '学分绩点',
    ]);
    expect(table.unknownColumns).toEqual([{ column: header.length + 1, header: '辅导员' }]);
  });
});

describe('成绩', () => {
  it.each([
    ['60', { score: 6000 }],
    ['59.9', { score: 5990 }],
    ['92.25', { score: 9225 }],
    ['100.0', { score: 10_000 }],
    ['０', { score: 0 }],
    ['优秀', { grade: 'excellent' }],
    ['良', { grade: 'good' }],
    ['中等', { grade: 'medium' }],
    ['及格', { grade: 'pass' }],
    ['不及格', { grade: 'fail' }],
    ['合格', { verdict: 'passed' }],
    ['不合格', { verdict: 'failed' }],
    ['缓考', { code: 'deferred' }],
    ['缺考', { code: 'absent' }],
    ['旷考', { code: 'absent' }],
    ['作弊', { code: 'cheating' }],
    ['违纪', { code: 'cheating' }],
    ['免修', { code: 'exempted' }],
    ['取 消', { code: 'cancelled' }],
  ])('%s', async (成绩, result) => {
    expect(await stated({ 成绩 })).toEqual(result);
  });

  it.each([
    ['100.5', ['score: NUMBER_OUT_OF_RANGE']],
    ['-1', ['score: NUMBER_OUT_OF_RANGE']],
    ['85.123', ['score: DECIMAL_FORM']],
    ['8.5E+01', ['score: RESULT_UNKNOWN']],
    ['=A1', ['score: RESULT_UNKNOWN']],
    ['甲', ['score: RESULT_UNKNOWN']],
    ['', ['score: VALUE_MISSING']],
  ])('%s is refused', async (成绩, problems) => {
    expect(await stated({ 成绩 })).toEqual(problems);
  });

  it('is 总评成绩 where it is blank, and the code in 成绩备注 where nobody sat the examination', async () => {
    expect(await stated({ 成绩: '', 总评成绩: '77' })).toEqual({ score: 7700 });
    expect(await stated({ 成绩: '', 成绩备注: '缓考' })).toEqual({ code: 'deferred' });
    expect(await stated({ 成绩: '0', 成绩备注: '作弊' })).toEqual({ code: 'cheating' });
    expect(await stated({ 成绩: '缺考', 成绩备注: '缺考' })).toEqual({ code: 'absent' });
  });

  it('stands beside a remark that is told and not recorded', async () => {
    for (const 成绩备注 of ['缓考', '系统补录']) {
      expect(await mapOne({ 成绩备注 })).toMatchObject({
        row: { result: { score: 8550 } },
        warnings: [{ code: 'REMARK_NOT_RECORDED' }],
      });
    }
  });

  it('knows every code of the ledger', async () => {
    for (const { zh } of Object.values(resultCodes)) expect(await stated({ 成绩: zh })).toHaveProperty('code');
    for (const { zh } of Object.values(fiveGrades)) expect(await stated({ 成绩: zh })).toHaveProperty('grade');
    for (const [code, { zh }] of Object.entries(attemptKinds)) {
      expect(await mapOne({ 成绩性质: zh })).toMatchObject({ row: { kind: code } });
    }
  });
});

describe('学年 and 学期', () => {
  it.each(['1', '１', '1.0', '第一学期', '上', '秋', '秋季学期', '2025-2026-1', '2025-2026学年第一学期'])(
    '%s is the first term',
    async (学期) => {
      expect(await mapOne({ 学期 })).toMatchObject({ ok: true, row: { term: '1' } });
    },
  );
  it.each(['2', '第二学期', '下', '春', '下学期'])('%s is the second term', async (学期) => {
    expect(await mapOne({ 学期 })).toMatchObject({ ok: true, row: { term: '2' } });
  });
  it.each(['2025-2026学年', '2025/2026', '2025—2026', ' 2025 - 2026 ', '2025-26'])('%s is a year', async (学年) => {
    expect(await mapOne({ 学年 })).toMatchObject({ ok: true, row: { academicYear: '2025-2026' } });
  });
  it.each([
    ['学年', '2025', 'academicYear: ACADEMIC_YEAR_FORM'],
    ['学年', '2025-2027', 'academicYear: ACADEMIC_YEAR_FORM'],
    ['学期', '4', 'term: VALUE_NOT_IN_LIST'],
    ['成绩性质', '清考', 'kind: VALUE_NOT_IN_LIST'],
    ['学分', '三', 'credits: DECIMAL_FORM'],
    ['学号', '2.0261E+10', 'studentNumber: ID_DIGITS_LOST'],
    ['是否成绩作废', '也许', 'voided: VALUE_NOT_IN_LIST'],
  ])('%s %s is refused', async (column, value, problem) => {
    const mapped = await mapOne({ [column]: value });
    expect(!mapped.ok && mapped.problems.map(({ field, code }) => `${field}: ${code}`)).toEqual([problem]);
  });
});

it('components are read in points; a word among them is told and left out', async () => {
  const mapped = await mapOne({ 平时成绩: '90', 实训成绩: '优秀', 期末成绩: '81.5', 总评成绩: '85.5' });
  expect(mapped).toMatchObject({
    row: {
      components: [
        { name: '平时成绩', score: 9000 },
        { name: '期末成绩', score: 8150 },
        { name: '总评成绩', score: 8550 },
      ],
    },
    warnings: [{ code: 'COMPONENT_NOT_POINTS', field: 'training' }],
  });
  expect(await stated({ 期末成绩: '101' })).toEqual(['final: NUMBER_OUT_OF_RANGE']);
});

describe('attempts under one key', () => {
  const ordersOf = async (...rows: readonly Cells[]) =>
    (await mapAll(rows)).map((mapped) => (mapped.ok ? mapped.row.order : mapped.problems));

  it('are the same where the row is, wherever it stands', async () => {
    expect(await ordersOf({}, {}, { 成绩性质: '补考' }, {})).toEqual([1, 1, 1, 1]);
  });
  it('of a make-up and a retake are counted in the order of the sheet', async () => {
    for (const 成绩性质 of ['补考', '重修']) {
      expect(await ordersOf({ 成绩性质, 成绩: '50' }, { 成绩性质, 成绩: '62' }, { 成绩性质, 成绩: '50' })).toEqual([1, 2, 1]);
    }
  });
  it('follow one that was voided', async () => {
    expect(await ordersOf({ 成绩: '50', 是否成绩作废: '是' }, { 成绩: '62' })).toEqual([1, 2]);
  });
  it('are else the same attempt, said differently', async () => {
    expect(await ordersOf({ 成绩: '50' }, { 成绩: '62' }, { 成绩: '62', 学期: '2' })).toEqual([1, 1, 1]);
  });
  it('may be told by the sender', async () => {
    const titles = [...header, '考试次数'];
    const [second, wrong] = await mapAll([{ 考试次数: '2' }, { 考试次数: '0' }], titles);
    expect(second).toMatchObject({ row: { order: 2 } });
    expect(wrong).toMatchObject({ ok: false, problems: [{ code: 'NUMBER_OUT_OF_RANGE' }] });
  });
});

describe('hostile cells', () => {
  const long = '壹'.repeat(100_000);
  it.each([
    ['姓名', long, 'TEXT_TOO_LONG'],
    ['成绩', long, 'RESULT_UNKNOWN'],
    ['成绩', '9'.repeat(100_000), 'DECIMAL_FORM'],
    ['学号', '9'.repeat(100_000), 'TEXT_TOO_LONG'],
    ['学年', `2025${'-'.repeat(100_000)}`, 'ACADEMIC_YEAR_FORM'],
    ['学期', `${' '.repeat(100_000)}x`, 'VALUE_NOT_IN_LIST'],
    ['课程名称', '网店\u0000运营', 'CONTROL_CHARACTER'],
    ['平时成绩', '=1+1', 'DECIMAL_FORM'],
  ])('in %s are refused in a short sentence', async (column, value, code) => {
    const mapped = await mapOne({ [column]: value });
    expect(!mapped.ok && mapped.problems.map((problem) => problem.code)).toEqual([code]);
    for (const problem of mapped.ok ? [] : mapped.problems) expect(problemText(problem, 'zh').length).toBeLessThan(300);
  });
  it('are told shortened where they are only told', async () => {
    const mapped = await mapOne({ 成绩备注: long });
    for (const warning of mapped.ok ? mapped.warnings : []) expect(problemText(warning, 'en').length).toBeLessThan(300);
  });
});
