import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { resultForm } from '../../libs/intake/results.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import { builtLedger } from '../support/build.ts';
import { counted, headOf, logOf } from '../support/log.ts';
import { runCommand } from '../support/commands.ts';
import { startServer, temporaryFolder, type Ended, type Environment, type Server } from '../support/process.ts';
import { reordered, sheet, written } from '../support/sheets.ts';

/** `ledger import` of reference sheets, contracts and results: the samples that ship, and what offices make of such sheets. */
const samples = join(import.meta.dirname, '../../infra/samples');
const clock = '2026-11-22T09:00:00+08:00';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let env: Environment;

const data = (): string => join(folder.path, 'data');
const ledger = (args: readonly string[], over: Environment = {}): Promise<Ended> => runCommand(args, { ...env, ...over });
const file = (name: string, content: Buffer | string): string => written(folder.path, name, content);
const rowsOf = async (path: string): Promise<readonly (readonly string[])[]> =>
  (await all(readCsv(inChunks(readFileSync(path))))).map(({ cells }) => cells);
/** A sample in the folder, so that its refused rows are written there. */
const sample = (name: string): string => file(name, readFileSync(join(samples, name)));
/** The counts of a report by their words. */
const countsOf = ({ out }: Ended): Record<string, number> =>
  Object.fromEntries([...out.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, count, word]) => [word!, Number(count)]));

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  server = await startServer(data(), { LEDGER_CLOCK: clock });
  env = { LEDGER_DATA: data(), LEDGER_TOKEN: await server.token({ role: 'registrar' }) };
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

it('the samples go in as they are, each after what it names', async () => {
  const taken = async (kind: string, name: string, ...options: string[]): Promise<Record<string, number>> => {
    const ran = await ledger(['import', kind, sample(name), ...options]);
    expect(ran.err).toBe('');
    return countsOf(ran);
  };
  expect(await taken('programs', 'programs.csv')).toEqual({ 'programs published': 3, total: 3 });
  expect(await taken('roster', 'roster-2026.csv', '--form-classes')).toEqual({ registered: 10, refused: 2, total: 12 });
  expect(await taken('courses', 'courses.csv')).toEqual({ 'courses published': 6, total: 6 });
  expect(await taken('organizations', 'organizations.csv')).toEqual({ 'organizations registered': 3, total: 3 });
  expect(await taken('mentors', 'mentors.csv')).toEqual({ 'teachers and mentors registered': 5, total: 5 });
  expect(await taken('contracts', 'contracts.csv')).toEqual({ 'contracts of before imported': 5, total: 5 });
  expect(await taken('results', 'results-2026.csv')).toEqual({ 'results of before imported': 16, total: 16 });
  const counts = counted(await logOf(data()));
  expect(counts).toMatchObject({
    CoursePublished: 6,
    OrganizationRegistered: 3,
    TeacherRegistered: 5,
    DualQualificationGranted: 2,
    ContractImported: 5,
    PeriodHeld: 3,
    ResultImported: 16,
  });

  for (const kind of ['courses', 'organizations', 'mentors', 'contracts']) {
    const rows = Object.values(await taken(kind, `${kind}.csv`)).at(-1);
    expect(await taken(kind, `${kind}.csv`)).toEqual({ unchanged: rows, total: rows });
  }
  expect(await taken('results', 'results-2026.csv')).toEqual({ unchanged: 16, total: 16 });
  const again = counted(await logOf(data()));
  expect({ ...again, ImportStarted: 0, ImportFinished: 0 }).toEqual({ ...counts, ImportStarted: 0, ImportFinished: 0 });
}, 180_000);

describe('results', () => {
  const [titles, ...lines] = [
    ['学号', '姓名', '课程代码', '课程名称', '学年', '学期', '学分', '成绩', '成绩性质'],
    ['202600001', '林晓雨', 'WL101', '仓储与配送管理', '2026-2027', '秋', '3', '88', ''],
    ['202600002', '陈 思远', 'WL101', '仓储与配送管理', '2026-2027学年', '上', '3.0', '90.5', '正常考试'],
  ] as const;

  it.each([
    ['Chinese', titles, 'utf-8 with mark', 'gb18030'],
    ['the system’s codes', ['XH', 'XM', 'KCDM', 'KCMC', 'XN', 'XQ', 'XF', 'CJ', 'CJXZ'], 'utf-16', 'utf-8'],
    [
      'English',
      ['Student Number*', 'name', 'course code', 'Course', 'academic year', 'Term（1/2）', 'credits', 'SCORE', 'attempt'],
      'utf-8',
      'utf-16',
    ],
  ] as const)('under %s headers in any order are the same rows', async (_what, header, encoding, other) => {
    const order = [7, 0, 1, 3, 2, 6, 5, 4, 8];
    const content = [
      ['2026—2027学年第一学期成绩'],
      [],
      ...reordered([header, ...lines], order),
      ['合计', '2'],
      ['制表人：教务处'],
    ];
    const first = await ledger(['import', 'results', file(`results-${encoding}.csv`, sheet(content, encoding))]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('Rows below the table (not read): 6, 7');
    const again = await ledger(['import', 'results', file(`results-${other}.csv`, sheet(content, other))]);
    expect(countsOf(again)).toEqual({ unchanged: 2, total: 2 });
  });

  it('say which columns are not recorded, and which are not known', async () => {
    const system = resultForm.fields.slice(0, 23).map(({ zh }) => zh[0]);
    const row = '2026-2027,1,DS102,直播电商实务,选修,2,75,,2.5,正常考试,否,商学院,,,,,赵敏,考试,202600001,林晓雨,,否,5'.split(
      ',',
    );
    const content = sheet([
      [...system, '辅导员'],
      [...row, '钱老师'],
    ]);
    const ran = await ledger(['import', 'results', file('system.csv', content)]);
    expect(countsOf(ran)).toEqual({ 'results of before imported': 1, total: 1 });
    expect(ran.out).toContain('Columns of which nothing is recorded: 绩点, 是否学位课程, 开课学院');
    expect(ran.out).toContain('Columns that are not known (not read): 辅导员');
  });

  it('come back with row, code and reason in the user’s language, to be corrected and imported from there', async () => {
    const wrong = [
      titles,
      ['202600003', '黄嘉怡', 'WL101', '仓储与配送管理', '2026-2027', '1', '3', '91', ''],
      ['202600003', '黄嘉仪', 'YX101', '市场调查与分析', '2026-2027', '1', '2.5', '91', ''],
      ['209900003', '黄嘉怡', 'YX101', '市场调查与分析', '2026-2027', '1', '2.5', '91', ''],
      ['202600003', '黄嘉怡', 'YX101', '市场调查与分析', '2026-2027', '1', '4', '91', ''],
      ['202600003', '黄嘉怡', 'YX101', '市场调查与分析', '2026', '4', '2.5', '101', ''],
      ['202600001', '林晓雨', 'WL101', '仓储与配送管理', '2026-2027', '1', '3', '89.5', ''],
    ];
    const path = file('wrong.csv', sheet(wrong));
    const ran = await ledger(['import', 'results', path]);
    expect(ran.code).toBe(2);
    expect(countsOf(ran)).toEqual({ 'results of before imported': 1, refused: 5, total: 6 });
    const refused = (await rowsOf(`${path}.result.csv`)).slice(1).map((cells) => cells.slice(-3));
    expect(refused).toEqual([
      ['3', 'NAME_DIFFERS', 'Student number 202600003 is on record under another name: check number and name.'],
      ['4', 'STUDENT_NUMBER_UNKNOWN', 'There is no student number 209900003.'],
      ['5', 'COURSE_CREDITS_DIFFER', 'Course YX101 has 2.5 credits on record; the sheet says 4.'],
      ['6', 'ACADEMIC_YEAR_FORM VALUE_NOT_IN_LIST NUMBER_OUT_OF_RANGE', expect.stringContaining('write it like 2025-2026')],
      ['7', 'ROW_DIFFERS', expect.stringContaining('score: 88 → 89.5')],
    ]);

    await ledger(['import', 'results', path, '--lang', 'zh']);
    const inChinese = (await rowsOf(`${path}.result.csv`)).map((cells) => [...cells]);
    expect(inChinese.at(-1)!.at(-1)).toBe('与已有记录不同：成绩: 88 → 89.5。更正请走更正流程。');
    inChinese[1]![1] = '黄嘉怡';
    const corrected = await ledger(['import', 'results', file('corrected.csv', sheet(inChinese.slice(0, 2)))]);
    expect(corrected).toMatchObject({ code: 0 });
    expect(countsOf(corrected)).toEqual({ 'results of before imported': 1, total: 1 });
  });

  it('are told in advance by a dry run, which leaves no trace', async () => {
    const rows = [
      titles,
      ['202600004', '吴浩然', 'WL101', '仓储', '2026-2027', '1', '3', '缓考', ''],
      ['1', '李', 'X', 'Y', '2026-2027', '1', '3', '1', ''],
    ];
    const path = file('dry.csv', sheet(rows));
    const before = await headOf(data());
    const dry = await ledger(['import', 'results', path, '--dry-run']);
    expect(countsOf(dry)).toEqual({ 'results of before imported': 1, refused: 1, total: 2 });
    expect(await headOf(data())).toBe(before);
    expect(countsOf(await ledger(['import', 'results', path]))).toEqual(countsOf(dry));
  });

  it('with hostile cells are refused row by row, or as a file, and the rest is taken', async () => {
    const long = '壹'.repeat(32_000);
    const good = ['202600006', '何子轩', 'WL101', '仓储与配送管理', '2026-2027', '1', '3', '70', ''];
    const of = (over: Readonly<Record<number, string>>): string[] => good.map((cell, at) => over[at] ?? cell);
    const rows = [titles, of({ 7: '=HYPERLINK("http://x","85")' }), of({ 1: long }), of({ 7: long }), of({ 3: '=1+1' }), good];
    const path = file('hostile.csv', sheet(rows));
    const ran = await ledger(['import', 'results', path]);
    expect(ran.code).toBe(2);
    const codes = (await rowsOf(`${path}.result.csv`)).slice(1).map((cells) => cells.at(-2));
    expect(codes.slice(0, 3)).toEqual(['RESULT_UNKNOWN', 'TEXT_TOO_LONG', 'RESULT_UNKNOWN']);
    const again = file('again.csv', sheet([titles, good]));
    expect((await ledger(['import', 'results', again])).out).not.toContain('results of before imported');

    const before = await headOf(data());
    const nul = file('nul.csv', Buffer.concat([sheet(rows), Buffer.from('\0')]));
    expect(await ledger(['import', 'results', nul])).toMatchObject({ code: 1, err: expect.stringContaining('FILE_NOT_TEXT') });
    const doubled = file(
      'doubled.csv',
      sheet([
        [...titles, 'XM'],
        [...good, '何子轩'],
      ]),
    );
    expect(await ledger(['import', 'results', doubled])).toMatchObject({
      code: 1,
      err: expect.stringContaining('HEADER_AMBIGUOUS'),
    });
    const headless = file('headless.csv', sheet([titles.slice(0, 5), good.slice(0, 5)]));
    expect(await ledger(['import', 'results', headless])).toMatchObject({
      code: 1,
      err: expect.stringContaining('HEADER_NOT_FOUND'),
    });
    const endless = file('endless.csv', sheet([titles, of({ 1: '壹'.repeat(100_000) })]));
    expect(await ledger(['import', 'results', endless])).toMatchObject({ code: 1, err: expect.stringContaining('ROW_TOO_LONG') });
    expect(await headOf(data())).toBe(before);
  });
});

it('a courses sheet with other content makes new versions, and says how many', async () => {
  const changed = (await rowsOf(join(samples, 'courses.csv'))).map((cells) => cells.map((cell) => (cell === '3.5' ? '4' : cell)));
  const ran = await ledger(['import', 'courses', file('courses-2.csv', sheet(changed))]);
  expect(countsOf(ran)).toEqual({ 'new versions of courses': 1, unchanged: 5, total: 6 });
  const doubled = file(
    'courses-3.csv',
    sheet([changed[0]!, changed[1]!, changed[1]!.map((cell) => (cell === '4' ? '5' : cell))]),
  );
  expect(countsOf(await ledger(['import', 'courses', doubled]))).toEqual({ unchanged: 1, refused: 1, total: 2 });
  expect((await rowsOf(`${doubled}.result.csv`))[1]!.at(-1)).toContain('credits: 4 → 5');
});

it('organizations and mentors that say something else are refused with old and new', async () => {
  const organizations = file(
    'organizations-2.csv',
    sheet([
      ['类型', 'credit code', '单位名称'],
      ['学校', '91330100MA00000A1R', '江南电子商务有限公司'],
      ['企业', '91330100MA00000A1X', '别的公司'],
    ]),
  );
  expect((await ledger(['import', 'organizations', organizations])).code).toBe(2);
  const [one, two] = (await rowsOf(`${organizations}.result.csv`)).slice(1).map((cells) => cells.slice(-2));
  expect(one).toEqual(['ROW_DIFFERS', expect.stringContaining('kind: enterprise → school')]);
  expect(two).toEqual(['CREDIT_CODE_WRONG', expect.stringContaining('compare each')]);

  const mentors = file(
    'mentors-2.csv',
    sheet([
      ['工号', '姓名', '侧', '单位'],
      ['E0101', '周刚', '企业', '江南电子商务有限公司'],
      ['E0109', '周某', '企业', '某某协会'],
    ]),
  );
  await ledger(['import', 'mentors', mentors, '--lang', 'zh']);
  const [differs, unknown] = (await rowsOf(`${mentors}.result.csv`)).slice(1).map((cells) => cells.slice(-2));
  expect(differs).toEqual(['ROW_DIFFERS', expect.stringContaining('姓名: 周强 → 周刚')]);
  expect(unknown).toEqual(['ORGANIZATION_UNKNOWN', '没有登记这个单位：某某协会。']);
});

it('contracts that overlap, of minors without a guardian, and with wrong dates are refused', async () => {
  const header = ['协议编号', '学号', '姓名', '企业', '岗位', '签订日期', '开始日期', '结束日期', '状态'];
  const days = ['2026-10-08', '2026-10-12', '2027-06-30'];
  const path = file(
    'contracts-2.csv',
    sheet([
      header,
      ['XTZ-9', '202600001', '林晓雨', '湾区云仓物流有限公司', '拣货', ...days, '履行中'],
      ['XTZ-10', '202600011', '曾伟', '湾区云仓物流有限公司', '拣货', '2026-10-01', '2026-10-08', '2027-06-30', '履行中'],
      ['XTZ-11', '202600009', '马文博', '湾区云仓物流有限公司', '拣货', '2026-10-08', '2027-06-30', '2026-10-12', '履行中'],
      ['XTZ-12', '202600009', '马文博', '湾区云仓物流有限公司', '拣货', '2026-10-20', '2026-10-12', '2027-06-30', '履行中'],
    ]),
  );
  const ran = await ledger(['import', 'contracts', path]);
  expect(countsOf(ran)).toEqual({ 'contracts of before imported': 1, refused: 3, total: 4 });
  expect(ran.out).toContain('Row 5: “签订日期” 2026-10-20 is after the start date 2026-10-12');
  const refused = (await rowsOf(`${path}.result.csv`)).slice(1).map((cells) => cells.slice(-2));
  expect(refused).toEqual([
    ['PERIODS_OVERLAP', 'It overlaps XTZ-2026-001 (2026-09-21 to 2027-06-30).'],
    ['GUARDIAN_SIGNATURE_MISSING', expect.stringContaining('a minor on 2026-10-08')],
    ['ENDS_BEFORE_START', expect.stringContaining('2026-10-12 is before the start date 2027-06-30')],
  ]);
});

describe('the command', () => {
  it('is refused to whoever is no registrar', async () => {
    const before = await headOf(data());
    const teacher = await server.token({ role: 'teacher' });
    for (const kind of ['courses', 'organizations', 'mentors', 'contracts']) {
      expect(await ledger(['import', kind, sample(`${kind}.csv`)], { LEDGER_TOKEN: teacher })).toMatchObject({
        code: 1,
        err: 'The role teacher may not do this. (ROLE_NOT_ALLOWED)\n',
      });
    }
    expect(await headOf(data())).toBe(before);
  });

  it('takes no other kind, and names those that it takes', async () => {
    expect(await ledger(['import', 'constructor', 'x.csv'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/courses.+organizations, mentors.+contracts.+results/s),
    });
  });

  it('opens the folder itself where no server runs, and does the same', async () => {
    await server.stop();
    // A clock that is set never goes back before the last event.
    const later = (hour: number): Environment => ({ LEDGER_CLOCK: `2026-11-22T${hour}:00:00+08:00` });
    const ran = await ledger(['import', 'results', sample('results-2026.csv')], later(10));
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(countsOf(ran)).toEqual({ unchanged: 16, total: 16 });
    const fresh = file(
      'fresh.csv',
      sheet([
        ['课程代码', '课程名称', '学分', '学时', '课程性质'],
        ['ZZ1', '新课', '1', '16', '选修'],
      ]),
    );
    expect(countsOf(await ledger(['import', 'courses', fresh], later(11)))).toEqual({ 'courses published': 1, total: 1 });
  });
});
