import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heldBytes } from '../../libs/intake/byte-source.ts';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { readSheets } from '../../libs/intake/read-sheet.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import { builtLedger } from '../support/build.ts';
import { counted, headOf, logOf } from '../support/log.ts';
import { personOf } from '../support/office.ts';
import { runCommand } from '../support/commands.ts';
import { startServer, temporaryFolder, type Ended, type Environment, type Server } from '../support/process.ts';
import { reordered, sheet, workbook as workbookOf, written, type SheetEncoding } from '../support/sheets.ts';

/** `ledger import`, as a registrar runs it, on sheets as offices save them. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let env: Environment;

const data = (): string => join(folder.path, 'data');
const ledger = (args: readonly string[], over: Environment = {}): Promise<Ended> => runCommand(args, { ...env, ...over });
const file = (name: string, content: Buffer | string): string => written(folder.path, name, content);
/** The counts of a report by their words. */
const countsOf = ({ out }: Ended): Record<string, number> =>
  Object.fromEntries([...out.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, count, word]) => [word!, Number(count)]));
const rowsOf = async (path: string): Promise<readonly (readonly string[])[]> =>
  (await all(readCsv(inChunks(readFileSync(path))))).map(({ cells }) => cells);

const programs = [
  ['专业代码', '专业名称', '英文名称', '层次', '学制', '专业群'],
  ['530701', '电子商务', 'E-commerce', '专科', '3', '电商群'],
  ['530802', '现代物流管理', 'Logistics', '专科', '3', '电商群'],
];

let people = 0;
const someone = (): { name: string; idNumber: string } => personOf(people++);
const header = ['学号', '姓名', '身份证号', '专业代码', '入学日期'];
const row = (number: string, entry = '2025-09-01'): string[] => {
  const { name, idNumber } = someone();
  return [number, name, idNumber, '530701', entry];
};

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  server = await startServer(data());
  const token = (await runCommand(['token', '--sub', 'registrar-1', '--role', 'registrar'], { LEDGER_DATA: data() })).out.trim();
  env = { LEDGER_DATA: data(), LEDGER_TOKEN: token };
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

it('a programs sheet is published, and said again it is unchanged; other content under the same code is refused', async () => {
  const path = file('programs.csv', sheet(programs));
  const published = await ledger(['import', 'programs', path]);
  expect(published).toMatchObject({ code: 0, err: '' });
  expect(countsOf(published)).toEqual({ 'programs published': 2, total: 2 });
  expect(countsOf(await ledger(['import', 'programs', path]))).toEqual({ unchanged: 2, total: 2 });
  const renamed = file('renamed.csv', sheet([programs[0]!, ['530701', '网络营销', '', '专科', '3', '']]));
  expect((await ledger(['import', 'programs', renamed])).code).toBe(2);
  expect((await rowsOf(`${renamed}.result.csv`))[1]!.slice(-2)).toEqual(['ROW_DIFFERS', expect.stringContaining('→')]);
});

describe('a roster', () => {
  const encodings: readonly SheetEncoding[] = ['utf-8', 'utf-8 with mark', 'utf-16', 'gb18030'];
  const headers = [
    ['学号', '姓名', '性别', '身份证号', '专业名称', '层次', '入学日期', '预计毕业日期', '联系电话'],
    ['XH', 'XM', 'XB', 'SFZH', 'ZYMC', 'CC', 'RXRQ', 'YJBYRQ', '联系电话（手机）'],
    ['Student Number*', 'Name', 'SEX', 'ID number', 'program', 'level', 'entry date', 'expected graduation', 'phone'],
    ['学 号', '＊姓名', 'XB', '证件号码', '专业', '培养层次', '入学年月', 'YJBYRQ', 'phone'],
  ];

  it.each(encodings.map((encoding, i) => [encoding, headers[i]!] as const))(
    'in %s under %j is taken',
    async (encoding, titles) => {
      const students = Array.from({ length: 3 }, (_, i) => {
        const { name, idNumber } = someone();
        const sex = Number(idNumber[16]) % 2 === 1 ? '男' : '女';
        const dates = [
          ['20250901', '2028-06-30'],
          ['2025/9/1', '2028.6.30'],
          ['2025年9月1日', '2028年6月30日'],
        ][i]!;
        return [`0${encoding.length}${people}`, name, sex, idNumber, '电子商务', '专科（高职）', ...dates, '13800000000'];
      });
      const order = [4, 2, 0, 8, 7, 1, 3, 6, 5];
      const content = [
        ['某某职业学院2025级新生名册'],
        ['填表说明：带*的为必填项'],
        [],
        ...reordered([titles, ...students], order),
        ['合计', '3人'],
        ['制表人：王老师'],
      ];
      const before = counted(await logOf(data()));
      const ran = await ledger(['import', 'roster', file(`${encoding}.csv`, sheet(content, encoding))]);
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(countsOf(ran)).toEqual({ registered: 3, total: 3 });
      expect(ran.out).toContain('Rows below the table (not read): 8, 9');
      const after = counted(await logOf(data()));
      expect(after['StudentRegistered']! - (before['StudentRegistered'] ?? 0)).toBe(3);
    },
  );

  it('is told in advance by a dry run, which leaves no trace', async () => {
    const path = file('dry.csv', sheet([header, row('D001'), row(''), [...row('D003').slice(0, 3), '999999', '2025-09-01']]));
    const before = await headOf(data());
    const dry = await ledger(['import', 'roster', path, '--dry-run']);
    expect(dry.code).toBe(2);
    expect(countsOf(dry)).toEqual({ registered: 1, admitted: 1, refused: 1, total: 3 });
    expect(dry.out).toContain('Dry run: nothing was written.');
    expect(await headOf(data())).toBe(before);
    const real = await ledger(['import', 'roster', path]);
    expect(countsOf(real)).toEqual(countsOf(dry));
  });

  it('forms classes where it is told to, and refuses the row else', async () => {
    const path = file(
      'classes.csv',
      sheet([
        [...header, '班级'],
        [...row('K001'), '2025级电商1班'],
        [...row('K002'), '2025级电商1班'],
      ]),
    );
    const refused = await ledger(['import', 'roster', path]);
    expect(refused.code).toBe(2);
    expect(countsOf(refused)).toEqual({ refused: 2, total: 2 });
    const taken = await ledger(['import', 'roster', path, '--form-classes']);
    expect(taken.code).toBe(0);
    expect(countsOf(taken)).toEqual({ registered: 2, total: 2 });
    expect(counted(await logOf(data()))['ClassFormed']).toBe(1);
  });

  it('gives back what it refused with row, code and reason, to be corrected and imported from there', async () => {
    const [first, second, third] = [row('R001'), row('R002'), row('R003')];
    const wrongDigit = second[2]!.slice(0, 17) + (second[2]!.endsWith('X') ? '0' : 'X');
    const content = [
      [...header, '备注', '=出席'],
      [...first, '', '是'],
      [second[0]!, second[1]!, wrongDigit, '530701', '2025-02-30', '"引号", 逗号', '否'],
      [third[0]!, '', third[2]!, '530701', '2025-09-01', '=1+1', ''],
    ];
    const path = file('wrong.csv', sheet(content, 'gb18030'));
    const result = join(folder.path, 'refused.csv');
    const ran = await ledger(['import', 'roster', path, '--result', result]);
    expect(ran.code).toBe(2);
    expect(countsOf(ran)).toEqual({ registered: 1, refused: 2, total: 3 });
    expect(ran.out).toContain('Columns that are not known (not read): =出席');
    expect(ran.out).toContain(`Refused rows are in ${result}`);
    expect(existsSync(`${path}.result.csv`)).toBe(false);

    const [titles, one, two, ...rest] = await rowsOf(result);
    expect(rest).toEqual([]);
    expect(titles!.slice(0, 6)).toEqual([...header, '备注']);
    expect(titles!.slice(-3)).toEqual(['row', 'code', 'reason']);
    expect(one!.slice(-3)).toEqual([
      '3',
      'ID_CHECK_DIGIT DATE_INVALID',
      'The check digit of “身份证号” is wrong; compare every digit. The date 2025-02-30 in “入学日期” does not exist.',
    ]);
    expect(two!.slice(-3)).toEqual(['4', 'VALUE_MISSING', '“姓名” is needed.']);
    // A cell that a spreadsheet would run is written as text.
    expect(two![5]).toBe("'=1+1");

    const inChinese = await ledger(['import', 'roster', path, '--result', result, '--lang', 'zh']);
    expect(countsOf(inChinese)).toEqual({ 无变化: 1, 被拒: 2, 合计: 3 });
    const [, 一] = await rowsOf(result);
    expect(一!.at(-1)).toBe('“身份证号”的校验码不对，请核对每一位。 “入学日期”的日期 2025-02-30 不存在。');

    const corrected = (await rowsOf(result)).map((cells) => [...cells]);
    corrected[1]![2] = second[2]!;
    corrected[1]![4] = '2025-09-01';
    corrected[2]![1] = third[1]!;
    const again = await ledger(['import', 'roster', file('corrected.csv', sheet(corrected))]);
    expect(again.code).toBe(0);
    expect(countsOf(again)).toEqual({ registered: 2, total: 2 });
    // Our own three columns are not told as unknown, and not added a second time.
    expect(again.out).toContain('Columns that are not known (not read): =出席\n');
    const still = file('still-wrong.csv', sheet([titles!, one!]));
    expect((await ledger(['import', 'roster', still, '--result', result])).code).toBe(2);
    expect((await rowsOf(result)).map((cells) => cells.length)).toEqual([titles!.length, titles!.length]);
  });

  it('that was taken already changes nothing: a new run, every row the same', async () => {
    const path = file('same.csv', sheet([header, row('S001'), row(''), row('S003')]));
    expect(countsOf(await ledger(['import', 'roster', path]))).toEqual({ registered: 2, admitted: 1, total: 3 });
    const before = counted(await logOf(data()));
    const again = await ledger(['import', 'roster', path]);
    expect(again.code).toBe(0);
    expect(countsOf(again)).toEqual({ unchanged: 3, total: 3 });
    const after = counted(await logOf(data()));
    expect(after).toEqual({
      ...before,
      ImportStarted: before['ImportStarted']! + 1,
      ImportFinished: before['ImportFinished']! + 1,
    });
  });

  it('that adds a student number registers her; one that says something else is refused, old and new shown', async () => {
    const [number, name, id] = row('');
    const admitted = sheet([
      [...header, '学院'],
      [number!, name!, id!, '530701', '2025-09-01', '商学院'],
    ]);
    expect(countsOf(await ledger(['import', 'roster', file('admitted.csv', admitted)]))).toEqual({ admitted: 1, total: 1 });
    const numbered = sheet([header, ['N001', name!, id!, '530701', '2025-09-01']]);
    expect(countsOf(await ledger(['import', 'roster', file('numbered.csv', numbered)]))).toEqual({ registered: 1, total: 1 });

    const different = sheet([
      [...header, '学院', '招生类型'],
      ['N002', `${name}某`, id!, '530701', '2025-09-01', '工学院', '定向'],
    ]);
    const path = file('different.csv', different);
    const refused = await ledger(['import', 'roster', path]);
    expect(refused.code).toBe(2);
    const reason = (await rowsOf(`${path}.result.csv`))[1]!.slice(-2);
    expect(reason[0]).toBe('ROW_DIFFERS');
    for (const difference of [
      `name: ${name} → ${name}某`,
      'faculty: 商学院 → 工学院',
      'intake: ordinary → directed',
      'student number: N001 → N002',
    ]) {
      expect(reason[1]).toContain(difference);
    }
    await ledger(['import', 'roster', path, '--lang', 'zh']);
    expect((await rowsOf(`${path}.result.csv`))[1]!.at(-1)).toContain('学号: N001 → N002');
  });

  it('of students who were there before is taken in every status', async () => {
    const statuses: readonly [string, string][] = [
      ['注册学籍', ''],
      ['在籍', ''],
      ['在读', '2025-09-01'],
      ['休学', '2025-10-01'],
      ['保留学籍', '2025-10-01'],
      ['保留入学资格', '2025-10-01'],
      ['退学', '2025-10-01'],
      ['转学', '2025-10-01'],
      ['转学（转出）', '2025-10-01'],
      ['开除', '2025-10-01'],
      ['死亡', '2025-10-01'],
      ['毕业', '2026-06-30'],
      ['结业', '2026-06-30'],
      ['肄业', '2026-06-30'],
    ];
    const rows = statuses.map(([status, date], i) => [...row(`B${100 + i}`, '2023-09-01'), status, date]);
    const odd = [
      [...row('B200'), '离校', '2025-10-01'],
      [...row('B201'), '毕业', ''],
      [...row('', '2023-09-01'), '在籍', ''],
    ];
    const path = file('before.csv', sheet([[...header, '学籍状态', '异动日期'], ...rows, ...odd]));
    const ran = await ledger(['import', 'roster', path]);
    expect(countsOf(ran)).toEqual({ 'students of before imported': statuses.length, refused: 3, total: statuses.length + 3 });
    const reasons = (await rowsOf(`${path}.result.csv`)).slice(1).map((cells) => cells.slice(-2));
    expect(reasons.map(([code]) => code)).toEqual(['VALUE_NOT_IN_LIST', 'STATUS_DATE_MISSING', 'STUDENT_NUMBER_MISSING']);
    expect(reasons[0]![1]).toContain('accepted: 注册学籍, 休学, 保留学籍, 保留入学资格, 退学');
  });
});

describe('a file that cannot be read', () => {
  const zip = Buffer.from('PK\u0003\u0004rest of a workbook', 'latin1');
  const xls = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  const text = sheet([header, row('U001'), row('U002')]);
  it.each([
    ['roster.xlsx', zip, 'FILE_TRUNCATED', /end is missing/],
    ['roster.xls', xls, 'FILE_IS_LEGACY_XLS', /save it as \.xlsx/],
    ['page.xls', Buffer.from('<html><body><table><tr><td>学号</td></tr></table></body></html>'), 'FILE_IS_WEB_PAGE', /web page/],
    ['empty.csv', Buffer.alloc(0), 'FILE_EMPTY', /^The file is empty/],
    ['mark.csv', Buffer.from('\uFEFF'), 'FILE_EMPTY', /^The file is empty/],
    ['nul.csv', Buffer.concat([text, Buffer.from('\0')]), 'FILE_NOT_TEXT', /binary content in row 4/],
    [
      'broken.csv',
      Buffer.concat([Buffer.from('\uFEFF'), text, Buffer.from([0xff, 0xff, 0x2c])]),
      'FILE_ENCODING_BROKEN',
      /Row 4 .+ utf-8/,
    ],
    ['quote.csv', Buffer.concat([text, Buffer.from('"never closed,\r\n')]), 'QUOTE_NOT_CLOSED', /row 4/],
    [
      'headless.csv',
      sheet([
        ['学号', '姓名'],
        ['1', '王芳'],
      ]),
      'HEADER_NOT_FOUND',
      /is missing/,
    ],
    [
      'twice.csv',
      sheet([
        [...header, 'XM'],
        [...row('U003'), '王芳'],
      ]),
      'HEADER_AMBIGUOUS',
      /姓名, XM/,
    ],
  ])('%s is named, ends with 1 and leaves no trace', async (name, content, code, sentence) => {
    const path = file(name, content);
    const before = await headOf(data());
    const ran = await ledger(['import', 'roster', path]);
    expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringMatching(sentence) });
    expect(ran.err).toContain(`(${code})`);
    expect(await headOf(data())).toBe(before);
    expect([`${path}.result.csv`, `${path}.result.csv.part`].filter((left) => existsSync(left))).toEqual([]);
  });

  it('is said to be none where it is a folder, or where the refused rows cannot be written', async () => {
    expect(await ledger(['import', 'roster', folder.path])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^This file cannot be read: .+\(EISDIR\)\n$/),
    });
    const path = file('nowhere-to-go.csv', sheet([header, row('')]));
    const result = join(folder.path, 'no', 'such', 'folder.csv');
    expect(await ledger(['import', 'roster', path, '--dry-run', '--result', result])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^.+folder\.csv cannot be written \(ENOENT\)\n$/),
    });
  });

  it('is said to be missing where there is none', async () => {
    expect(await ledger(['import', 'roster', 'nowhere.csv'])).toMatchObject({
      code: 1,
      err: 'There is no such file: nowhere.csv\n',
    });
    expect(await ledger(['import', 'roster', 'nowhere.csv', '--lang', 'zh'])).toMatchObject({
      code: 1,
      err: '没有这个文件：nowhere.csv\n',
    });
  });
});

describe('who may', () => {
  it('is asked of the token', async () => {
    const path = file('who.csv', sheet([header, row('W001')]));
    const before = await headOf(data());
    expect(await ledger(['import', 'roster', path], { LEDGER_TOKEN: '' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^A token is needed/),
    });
    expect(await ledger(['import', 'roster', path], { LEDGER_TOKEN: 'not-a-token' })).toMatchObject({
      code: 1,
      err: 'The token is not valid. (TOKEN_INVALID)\n',
    });
    const learner = (await ledger(['token', '--sub', 's1', '--role', 'learner', '--learner', 'l1'])).out.trim();
    expect(await ledger(['import', 'roster', path], { LEDGER_TOKEN: learner })).toMatchObject({
      code: 1,
      err: 'The role learner may not do this. (ROLE_NOT_ALLOWED)\n',
    });
    expect(await ledger(['import', 'roster', path, '--lang', 'zh'], { LEDGER_TOKEN: learner })).toMatchObject({
      code: 1,
      err: '角色“learner”不能进行此操作。 (ROLE_NOT_ALLOWED)\n',
    });
    expect(await headOf(data())).toBe(before);
  });

  it('mints no token without keys, for no role, or for one that nobody has', async () => {
    expect(await ledger(['token', '--sub', 'x', '--role', 'dean'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('registrar'),
    });
    expect(await ledger(['token', '--role', 'registrar'])).toMatchObject({ code: 1, err: expect.stringContaining('--sub') });
    const elsewhere = { LEDGER_DATA: join(folder.path, 'nothing') };
    expect(await ledger(['token', '--sub', 'x', '--role', 'registrar'], elsewhere)).toMatchObject({
      code: 1,
      err: expect.stringContaining('npm start'),
    });
  });
});

describe('a workbook', () => {
  /** Written by another program: see test/sheets. */
  const workbook = (name: string): string => file(name, readFileSync(join(import.meta.dirname, '../sheets/files', name)));

  it('is told by its bytes, its merged cells refused or filled down, its hidden rows told', async () => {
    const merged = workbook('merged.xlsx');
    const result = `${merged}.result.csv`;
    const refused = await ledger(['import', 'roster', merged, '--form-classes', '--result', result]);
    expect(countsOf(refused)).toEqual({ registered: 2, refused: 2, total: 4 });
    expect((await rowsOf(result)).slice(1).map((cells) => cells.slice(-3, -1))).toEqual([
      ['3', 'CELL_MERGED'],
      ['4', 'CELL_MERGED'],
    ]);
    const filled = await ledger(['import', 'roster', merged, '--form-classes', '--fill-down']);
    expect(countsOf(filled)).toEqual({ registered: 2, unchanged: 2, total: 4 });

    const hidden = file('named-otherwise.csv', readFileSync(workbook('hidden-rows-calc.xlsx')));
    const told = await ledger(['import', 'roster', hidden]);
    expect(countsOf(told)).toEqual({ unchanged: 3, refused: 1, total: 4 });
    expect(told.out).toContain('2 hidden rows were read: 3–4');
  });

  it('is read on the sheet that is asked for', async () => {
    const sheets = workbook('sheets.xlsx');
    const asked = await ledger(['import', 'roster', sheets, '--sheet', '往届', '--dry-run', '--form-classes']);
    expect(countsOf(asked)).toEqual({ registered: 1, total: 1 });
    expect(asked.out).toContain('Sheet 往届 was read; not read: 说明, 名册');
    const none = await ledger(['import', 'roster', sheets, '--sheet', '2025']);
    expect(none).toMatchObject({ code: 1, err: expect.stringMatching(/no sheet “2025”.+说明, 名册, 往届.+SHEET_UNKNOWN/) });
  });

  it('lists in its result who may be somebody on record already, for a person to look at', async () => {
    const [, name, idNumber] = row('');
    const birthDate = `${idNumber!.slice(6, 10)}-${idNumber!.slice(10, 12)}-${idNumber!.slice(12, 14)}`;
    const twice = await workbookOf([
      [...header, '身份证件类型', '出生日期'],
      ['ND01', name!, idNumber!, '530701', '2025-09-01', '', ''],
      ['ND02', name!, 'E12345678', '530701', '2025-09-01', '护照', birthDate],
    ]);
    const summaryOf = async (...args: string[]): Promise<readonly (readonly string[])[]> => {
      const path = file('near.xlsx', twice);
      expect((await ledger(['import', 'roster', path, '--result', `${path}.told.xlsx`, ...args])).err).toBe('');
      const [, summary] = await readSheets(heldBytes(readFileSync(`${path}.told.xlsx`)));
      const rows = (await all(summary!.rows())).map(({ cells }) => cells);
      return rows.slice(rows.findIndex(([word = '']) => word.startsWith('Perhaps the same person')));
    };
    const title = 'Perhaps the same person (same name and birth date, another id number)';
    expect(await summaryOf('--dry-run')).toEqual([[`${title}: not looked for`]]);
    const [first, , ...others] = await summaryOf();
    expect(first).toEqual([`${title}: 2`]);
    expect(others).toEqual([
      ['2', name, birthDate, idNumber, expect.stringMatching(/^ND02 · [0-9a-z]+$/)],
      ['3', name, birthDate, 'E12345678', expect.stringMatching(/^ND01 · [0-9a-z]+$/)],
    ]);
    // Nothing is refused, and it is kept all the same.
    const told = await ledger(['import', 'roster', file('near-again.xlsx', twice)]);
    expect(countsOf(told)).toEqual({ unchanged: 2, total: 2 });
    expect(told.out).toMatch(/under another id number: 2\. Look at them in the summary of .+near-again\.xlsx\.result\.xlsx/);
    expect(existsSync(join(folder.path, 'near-again.xlsx.result.xlsx'))).toBe(true);
  });

  it('is written empty as a template, which is taken as it is', async () => {
    const template = join(folder.path, 'template.xlsx');
    expect(await ledger(['import', 'roster', '--template', template])).toMatchObject({ code: 0, out: '' });
    const ran = await ledger(['import', 'roster', template, '--dry-run']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(countsOf(ran)).toEqual({ total: 0 });
  });
});

describe('columns that the sender names', () => {
  const named = ['编号', ...header.slice(1)];
  const one = (name: string, number: string): string => file(name, sheet([named, row(number)]));

  it('are read so, by the next import too, until it is told to forget', async () => {
    const given = await ledger(['import', 'roster', one('map-1.csv', 'M001'), '--map', '编号=学号']);
    expect(countsOf(given)).toEqual({ registered: 1, total: 1 });
    expect(given.out).toContain('Column 编号 was read as 学号');
    const remembered = await ledger(['import', 'roster', one('map-2.csv', 'M002')]);
    expect(countsOf(remembered)).toEqual({ registered: 1, total: 1 });
    const forgotten = await ledger(['import', 'roster', one('map-3.csv', 'M003'), '--map', '']);
    expect(countsOf(forgotten)).toEqual({ admitted: 1, total: 1 });
    const after = await ledger(['import', 'roster', one('map-4.csv', 'M004')]);
    expect(countsOf(after)).toEqual({ admitted: 1, total: 1 });
    expect(after.out).toContain('Columns that are not known (not read): 编号');
  });

  it('must be columns of ours', async () => {
    const ran = await ledger(['import', 'roster', one('map-5.csv', 'M005'), '--map', '编号=number']);
    expect(ran).toMatchObject({
      code: 1,
      err: expect.stringMatching(/There is no column number; there are candidate number, student number/),
    });
  });
});

it('stops where too many rows are refused, and goes on from there', async () => {
  const wrong = (number: string): string[] => [...row(number).slice(0, 3), '999999', '2025-09-01'];
  const path = file('limit.csv', sheet([header, row('L001'), wrong('L002'), wrong('L003'), row('L004')]));
  const stopped = await ledger(['import', 'roster', path, '--limit-errors', '1']);
  expect(stopped.code).toBe(2);
  expect(countsOf(stopped)).toEqual({ registered: 1, refused: 1, total: 2 });
  expect(stopped.out).toContain('Stopped after 1 refused rows: nothing after row 3 was read.');
  const whole = await ledger(['import', 'roster', path]);
  expect(whole.out).toContain('Going on with the unfinished run');
  expect(countsOf(whole)).toEqual({ registered: 2, refused: 2, total: 4 });
});

describe('the command', () => {
  it('helps in both languages, and says what is wrong with its arguments', async () => {
    expect(await ledger(['help'])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^Usage: .+import KIND FILE.+roster.+programs, courses/s),
    });
    expect(await ledger(['--help', '--lang', 'zh'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^用法：.+导入表格（xlsx 或 csv）.+学籍名册.+专业；课程/s),
    });
    expect(await ledger(['help'], { LANG: 'zh_CN.UTF-8' })).toMatchObject({ code: 0, out: expect.stringMatching(/^用法/) });
    expect(await ledger([])).toMatchObject({ code: 1 });
    expect(await ledger(['improt'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^There is no such command: improt/),
    });
    expect(await ledger(['import', 'roster'])).toMatchObject({ code: 1, err: expect.stringContaining('FILE') });
    expect(await ledger(['import', 'roster', 'x.csv', '--dryrun'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('--dryrun'),
    });
    for (const [args, why] of [
      [['import', 'rooster', 'x.csv'], 'rooster'],
      [['import', 'roster', 'a.csv', 'b.csv'], 'b.csv'],
      [['import', 'roster', '--template', 'empty.csv'], '--template FILE.xlsx'],
      [['batch', 'status-changes'], 'FILE'],
      [['verify', 'transcript', 'tasks'], 'tasks'],
      [['dev', 'toxin'], 'toxin'],
    ] as const) {
      const ran = await ledger([...args]);
      expect([ran.code, ran.out, ran.err.split('\n')[0]]).toEqual([1, '', `The arguments are wrong: ${why}`]);
    }
  });

  it('backs a running ledger up, and a restored one starts and answers', async () => {
    const to = join(folder.path, 'backup');
    expect(await ledger(['backup', to])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining(`position ${await headOf(data())}`),
    });
    expect(await ledger(['backup', to])).toMatchObject({ code: 1, out: '' });
    const restored = { LEDGER_DATA: join(folder.path, 'restored') };
    const args = ['restore', to, '--erasures', join(data(), 'erasures.jsonl'), '--master-key', join(data(), 'master.key')];
    expect(await ledger(['restore', to], restored)).toMatchObject({ code: 1, err: expect.stringContaining('--erasures') });
    expect(await ledger(args, restored)).toMatchObject({ code: 0, err: '' });
    expect(await ledger(args, restored)).toMatchObject({ code: 1, out: '' });
    await using copy = await startServer(restored.LEDGER_DATA);
    const token = await copy.token({ role: 'registrar' });
    const same = file('again.csv', sheet(programs));
    expect(countsOf(await ledger(['import', 'programs', same], { ...restored, LEDGER_TOKEN: token }))).toEqual({
      unchanged: 2,
      total: 2,
    });
  });
});

describe('without a server', () => {
  it('opens the folder itself, leaves it to the next one, and does the same', async () => {
    await using other = await temporaryFolder();
    await using first = await startServer(other.path);
    const own = { LEDGER_DATA: other.path, LEDGER_TOKEN: await first.token({ role: 'registrar' }) };
    await first.stop();
    const roster = file('alone.csv', sheet([header, row('A001'), row(''), ['A003', '', '', '530701', '2025-09-01']]));
    expect(await ledger(['import', 'programs', file('alone-programs.csv', sheet(programs, 'utf-16'))], own)).toMatchObject({
      code: 0,
      err: '',
    });
    const ran = await ledger(['import', 'roster', roster], own);
    expect(ran).toMatchObject({ code: 2, err: '' });
    expect(countsOf(ran)).toEqual({ registered: 1, admitted: 1, refused: 1, total: 3 });
    await using second = await startServer(other.path);
    expect(countsOf(await ledger(['import', 'roster', roster], own))).toEqual({ unchanged: 2, refused: 1, total: 3 });
    expect((await second.stop()).code).toBe(0);
  });
});

describe('a registrar’s year', () => {
  it('has lists in workbooks, whose days are counted as they count them, and whose classes that became dates are refused', async () => {
    const names = ['陈思远', '周子涵', '吴佳怡'];
    const students = names.map((name, i) => [`2619040${i + 1}`, name, someone().idNumber, '530701', '2025-09-01']);
    expect((await ledger(['import', 'roster', file('changed.csv', sheet([header, ...students]))])).code).toBe(0);
    const path = file('changes.xlsx', readFileSync(join(import.meta.dirname, '../sheets/files/changes-1904.xlsx')));
    const changed = await ledger(['batch', 'status-changes', path, '--result', `${path}.result.csv`]);
    expect(countsOf(changed)).toEqual({ 'status changes recorded': 2, refused: 1, total: 3 });
    expect((await rowsOf(`${path}.result.csv`))[1]!.slice(-2)).toEqual([
      'VALUE_BECAME_DATE',
      expect.stringContaining('转入班级'),
    ]);
    const suspended = (await logOf(data())).filter(({ type }) => type === 'StudySuspended').slice(-2);
    for (const { json } of suspended)
      expect(JSON.parse(json)).toMatchObject({
        effectiveAt: '2026-10-06T16:00:00.000Z',
        data: { until: '2027-09-01' },
      });
  });

  it('goes in as lists, by class where there is none, and out again where it was one too many', async () => {
    const inClass = [...header, '班级'];
    const admitted = Array.from({ length: 3 }, () => [...row(''), '电商2511']);
    expect((await ledger(['import', 'roster', file('cohort.csv', sheet([inClass, ...admitted])), '--form-classes'])).code).toBe(
      0,
    );
    const registered = await ledger([
      'batch',
      'registrations',
      '--class',
      '电商2511',
      '--numbers',
      '202511001',
      '--on',
      '2025-09-03',
    ]);
    expect(registered).toMatchObject({ code: 0, err: '' });
    expect(countsOf(registered)).toEqual({ registered: 3, total: 3 });

    const [one, two, three] = admitted.map(([, name]) => name!);
    const title = ['学号', '姓名', '异动类型', '异动日期', '异动原因', '期满日期', '班主任'];
    const path = file(
      'changes.csv',
      sheet([
        ['2025年10月学籍异动表'],
        title,
        ['202511001', one!, '休学', '2025-10-08', '因病', '2026-09-01', '李老师'],
        ['202511002', two!, '退学', '2025.10.8', '自愿退学', '', ''],
        ['202511003', three!, '退学', '2025-10-08', '不想上了', '', ''],
        ['制表人：王老师'],
      ]),
    );
    const changed = await ledger(['batch', 'status-changes', path]);
    expect(changed.code).toBe(2);
    expect(countsOf(changed)).toEqual({ 'status changes recorded': 2, refused: 1, total: 3 });
    expect(changed.out).toContain('Columns that are not known (not read): 班主任');
    const refused = await rowsOf(`${path}.result.csv`);
    expect(refused[1]).toEqual([
      '202511003',
      three,
      '退学',
      '2025-10-08',
      '不想上了',
      '',
      '',
      '5',
      'VALUE_NOT_IN_LIST',
      expect.stringContaining('本人申请'),
    ]);

    const runId = /^Run (\w+)/m.exec(changed.out)![1]!;
    const asked = await ledger(['undo', runId, '--lang', 'zh']);
    const requestId = /--grant (\w+)/.exec(asked.out)![1]!;
    expect(await ledger(['undo', runId, '--grant', requestId])).toMatchObject({
      code: 1,
      err: expect.stringContaining('SAME_PERSON'),
    });
    const second = await runCommand(['token', '--sub', 'registrar-2', '--role', 'registrar'], { LEDGER_DATA: data() });
    const granted = await ledger(['undo', runId, '--grant', requestId], { LEDGER_TOKEN: second.out.trim() });
    expect(granted).toMatchObject({ code: 0, err: '', out: '2 rows taken back, 0 left as they are.\n' });
    expect(counted(await logOf(data()))).toMatchObject({ StatusChangeAnnulled: 2, ImportUndone: 1, ImportUndoFinished: 1 });
  });
});

// Last: a list that is read leaves a word in the log, some time after its answer.
it('a sheet is in the lists when its command ends', async () => {
  for (const number of ['V001', 'V002', 'V003', 'V004', 'V005']) {
    expect((await ledger(['import', 'roster', file(`${number}.csv`, sheet([header, row(number)]))])).code).toBe(0);
    const headers = { authorization: `Bearer ${env['LEDGER_TOKEN']}` };
    const list = await fetch(`${server.url}/v1/enrollments?studentNumber=${number}`, { headers });
    expect(await list.json()).toMatchObject({ total: 1 });
  }
});
