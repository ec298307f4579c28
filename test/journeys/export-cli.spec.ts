import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heldBytes } from '../../libs/intake/byte-source.ts';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { readSheets } from '../../libs/intake/read-sheet.ts';
import type { Sheet } from '../../libs/intake/sheet-row.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import { openZip } from '../../libs/intake/xlsx/read-zip.ts';
import { builtLedger } from '../support/build.ts';
import { logOf } from '../support/log.ts';
import { personOf } from '../support/office.ts';
import { runCommand } from '../support/commands.ts';
import { startServer, temporaryFolder, type Ended, type Environment, type Server } from '../support/process.ts';
import { sheet, written } from '../support/sheets.ts';

/** `ledger export` and `ledger rebuild`, beside a server and without one. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let env: Environment;

const students = Array.from({ length: 4 }, (_, i) => personOf(i));
const data = (): string => join(folder.path, 'data');
const ledger = (args: readonly string[], over: Environment = {}): Promise<Ended> => runCommand(args, { ...env, ...over });
const cellsOf = async (csv: string | Buffer): Promise<readonly (readonly string[])[]> =>
  (await all(readCsv(inChunks(Buffer.from(csv))))).map(({ cells }) => cells);

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  server = await startServer(data());
  env = { LEDGER_DATA: data(), LEDGER_TOKEN: await server.token({ role: 'registrar' }) };
  const programs = sheet([
    ['专业代码', '专业名称', '层次', '学制'],
    ['530701', '电子商务', '专科', '3'],
  ]);
  const rows = students.map(({ name, idNumber }, i) => [
    `000${i}`,
    name,
    idNumber,
    '530701',
    '2025-09-01',
    '2028-06-30',
    i < 3 ? '电商2501' : '电商/2502',
    '班长，=值日',
  ]);
  const roster = sheet(
    [['学号', '姓名', '身份证号', '专业代码', '入学日期', '预计毕业日期', '班级', '备注'], ...rows],
    'gb18030',
  );
  await ledger(['import', 'programs', written(folder.path, 'programs.csv', programs)]);
  await ledger(['import', 'roster', '--form-classes', written(folder.path, 'roster.csv', roster)]);
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe('the register', () => {
  it.each(['zh', 'en'])('leaves as a full sheet in %s, which imports again without a change', async (language) => {
    const out = join(folder.path, `register-${language}.csv`);
    expect(await ledger(['export', 'register', '--out', out, '--lang', language])).toMatchObject({ code: 0, out: '' });
    const [header, ...rows] = await cellsOf(readFileSync(out));
    expect(header!.slice(0, 3)).toEqual(
      language === 'zh' ? ['考生号', '学号', '姓名'] : ['candidate number', 'student number', 'name'],
    );
    expect(rows.map((cells) => cells.slice(1, 3))).toEqual(students.map(({ name }, i) => [`000${i}`, name]));
    const again = await ledger(['import', 'roster', out]);
    expect(again).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^ +4 {2}unchanged\n +4 {2}total\n/) });
  });

  it('leaves as the national register’s 18 coded fields, level and length of the program included', async () => {
    const coded = await ledger(['export', 'register', '--form', 'coded']);
    expect(coded).toMatchObject({ code: 0, err: '' });
    const [header, first] = await cellsOf(coded.out);
    expect(header!.join(' ')).toBe('KSH XH XM XB CSRQ SFZH ZZMM MZ ZYDM ZYMC CC XZ XXXS RXRQ FY XSH BH YJBYRQ');
    expect(first![header!.indexOf('XH')]).toBe('0000');
    expect(first![header!.indexOf('CC')]).toMatch(/专科/);
    expect(first![header!.indexOf('XZ')]).toBe('3');
    expect(first![header!.indexOf('RXRQ')]).toBe('20250901');
  });

  it('leaves for nobody who may not read it, nor into a folder that is not there', async () => {
    const administrator = await server.token({ role: 'administrator' });
    expect(await ledger(['export', 'register'], { LEDGER_TOKEN: administrator })).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('(ROLE_NOT_ALLOWED)'),
    });
    const out = join(folder.path, 'no', 'register.csv');
    expect(await ledger(['export', 'register', '--out', out])).toMatchObject({
      code: 1,
      out: '',
      err: `${out} cannot be written (ENOENT)\n`,
    });
    expect(await ledger(['export', 'register', '--form', 'short'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('full, coded'),
    });
    expect(await ledger(['export'])).toMatchObject({ code: 1, err: expect.stringMatching(/^Usage/) });
  });
});

describe('the transcripts', () => {
  it.each(['zh', 'en'])('leave as a sheet in %s, a row for each result that was told', async (language) => {
    const out = join(folder.path, `transcripts-${language}.csv`);
    expect(await ledger(['export', 'transcripts', '--cohort', '2025', '--out', out, '--lang', language])).toMatchObject({
      code: 0,
      out: '',
    });
    const [header, ...rows] = await cellsOf(readFileSync(out));
    expect(header!.slice(0, 2)).toEqual(language === 'zh' ? ['学号', '姓名'] : ['student number', 'name']);
    expect(rows).toEqual([]);
    expect(await ledger(['export', 'transcripts', '--cohort', 'last'])).toMatchObject({ code: 1 });
  });
});

describe('a workbook', () => {
  const exported = async (...args: readonly string[]): Promise<readonly Sheet[]> => {
    const out = join(folder.path, `${args[0]}.xlsx`);
    expect(await ledger(['export', ...args, '--out', out])).toMatchObject({ code: 0, out: '' });
    return readSheets(heldBytes(readFileSync(out)));
  };
  const cells = async (of: Sheet): Promise<readonly (readonly string[])[]> => (await all(of.rows())).map((row) => row.cells);

  it('is the register with its dates as dates and its ids as text', async () => {
    const [register] = await exported('register', '--lang', 'en');
    const [header, first] = await all(register!.rows());
    const at = (name: string): number => header!.cells.indexOf(name);
    expect(first!.cells[at('id number')]).toBe(students[0]!.idNumber);
    expect(first!.stored?.[at('id number')]).toBeUndefined();
    expect(first!.stored?.[at('entry date')]).toMatchObject({ kind: 'date', value: '2025-09-01' });
    expect(first!.cells[at('note')]).toBe('班长，=值日');
  });

  it('has a sheet for each class', async () => {
    const lists = await exported('class-lists', '--cohort', '2025', '--lang', 'zh');
    expect(lists.map(({ name }) => name)).toEqual(['电商 2502', '电商2501']);
    const [header, ...rows] = await cells(lists[1]!);
    expect(header).toEqual(['班级', '序号', '学号', '姓名', '性别', '学籍状态', '入学日期']);
    expect(rows.map((row) => row.slice(0, 4))).toEqual(
      students.slice(0, 3).map(({ name }, i) => ['电商2501', String(i + 1), `000${i}`, name]),
    );
  });

  it('tells what is due, whose it is, and every word about a learner', async () => {
    const [tasks] = await exported('tasks', '--lang', 'zh');
    const due = await cells(tasks!);
    expect(due[0]!.slice(0, 2)).toEqual(['事项', '截止日期']);
    const [contracts] = await exported('contracts', '--lang', 'en');
    expect(await cells(contracts!)).toHaveLength(1);
    const found = parsed((await ledger(['export', 'events', '--open'])).out).find(({ type }) => type === 'LearnerIdentified')!;
    const [timeline] = await exported('timeline', String(found['subjectId']), '--lang', 'en');
    const [header, ...events] = await cells(timeline!);
    const types = events.map((row) => row[header!.indexOf('type')]);
    expect(types).toEqual(['LearnerIdentified', 'LearnerAdmitted', 'StudentRegistered']);
    expect(events[0]![header!.indexOf('content')]).toContain(students[0]!.name);
    expect(await ledger(['export', 'timeline'])).toMatchObject({ code: 1, err: expect.stringMatching(/^Usage/) });
  });

  it('says who exported it, when, as of which moment and by what right; so does the record of the read', async () => {
    await exported('transcripts', '--cohort', '2025', '--lang', 'en');
    const zip = await openZip(heldBytes(readFileSync(join(folder.path, 'transcripts.xlsx'))));
    const custom = (await zip.whole('docProps/custom.xml', 100_000)).toString();
    for (const said of ['Exported by', 'registrar', 'Right', 'institution', 'Recorded as of', 'Position', 'Cohort', '2025'])
      expect(custom).toContain(said);
    const reads = parsed((await ledger(['export', 'events'])).out).filter(({ type }) => type === 'RecordRead');
    expect(reads.at(-1)).toMatchObject({
      data: { route: 'exportTranscripts', query: { cohort: '2025', format: 'xlsx', lang: 'en' }, right: 'institution' },
    });
  });
});

const parsed = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));

describe('the events', () => {
  it('leave as JSON lines in their order, every one of them, sealed unless they are asked for open', async () => {
    const head = (await logOf(data())).length;
    const sealed = parsed((await ledger(['export', 'events'])).out);
    const log = await logOf(data());
    expect(sealed.slice(0, head).map(({ position, id }) => [position, id])).toEqual(
      log.slice(0, head).map(({ position, id }) => [position.toString(), id]),
    );
    expect(JSON.stringify(sealed)).not.toContain(students[0]!.idNumber);
    const open = parsed((await ledger(['export', 'events', '--open'])).out).filter(({ type }) => type === 'LearnerIdentified');
    expect(open.map(({ data: said }) => (said as { identity: { idNumber: string } }).identity.idNumber).toSorted()).toEqual(
      students.map(({ idNumber }) => idNumber).toSorted(),
    );
    const rest = parsed((await ledger(['export', 'events', '--after', String(head - 2)])).out);
    expect(rest.slice(0, 2).map(({ position }) => position)).toEqual([String(head - 1), String(head)]);
  });
});

describe('an admission that was annulled', () => {
  it('stands in the full sheet with its state, and not among the coded fields, which tell none', async () => {
    const { name, idNumber } = personOf(9);
    const mistaken = written(
      folder.path,
      'mistaken.csv',
      sheet([
        ['学号', '姓名', '身份证号', '专业代码', '入学日期'],
        ['0009', name, idNumber, '530701', '2025-09-01'],
      ]),
    );
    const [, run] = /^Run (\w+) /m.exec((await ledger(['import', 'roster', mistaken])).out) ?? [];
    const [, request] = /--grant (\w+)/.exec((await ledger(['undo', run!])).out) ?? [];
    const second = { LEDGER_TOKEN: await server.token({ role: 'registrar', sub: 'registrar-2' }) };
    expect(await ledger(['undo', run!, '--grant', request!], second)).toMatchObject({ code: 0 });
    expect((await ledger(['export', 'register', '--lang', 'zh'])).out).toMatch(new RegExp(`${idNumber}.*录取作废`));
    expect((await ledger(['export', 'register', '--form', 'coded'])).out).not.toContain(idNumber);
  });
});

describe('what was imported a moment ago', () => {
  it('stands in an export, also where the views are still behind', async () => {
    const many = Array.from({ length: 300 }, (_, n) => personOf(100 + n));
    const rows = many.map(({ name, idNumber }, n) => [`1${String(n).padStart(3, '0')}`, name, idNumber, '530701', '2024-09-01']);
    const file = sheet([['学号', '姓名', '身份证号', '专业代码', '入学日期'], ...rows]);
    await ledger(['import', 'roster', written(folder.path, 'many.csv', file)]);
    const { out } = await ledger(['export', 'register', '--cohort', '2024']);
    expect((await cellsOf(out)).slice(1).map(([, studentNumber]) => studentNumber)).toEqual(rows.map(([number]) => number));
  });
});

describe('a view', () => {
  it('is rebuilt by an administrator and reads the same', async () => {
    const before = (await ledger(['export', 'register'])).out;
    const administrator = { LEDGER_TOKEN: await server.token({ role: 'administrator' }) };
    expect(await ledger(['rebuild', 'enrollment-register'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('(ROLE_NOT_ALLOWED)'),
    });
    expect(await ledger(['rebuild', 'nothing'], administrator)).toMatchObject({
      code: 1,
      err: expect.stringContaining('(VIEW_UNKNOWN)'),
    });
    expect(await ledger(['rebuild', 'enrollment-register'], administrator)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^View enrollment-register is rebuilt: \d+ events in [\d.]+ s\.\n$/),
    });
    expect((await ledger(['export', 'register'])).out).toBe(before);
  });

  it('is rebuilt and exported without a server too', async () => {
    const before = (await ledger(['export', 'register'])).out;
    const administrator = { LEDGER_TOKEN: await server.token({ role: 'administrator' }) };
    expect((await server.stop()).code).toBe(0);
    expect(await ledger(['rebuild', 'directory'], administrator)).toMatchObject({ code: 0 });
    expect(await ledger(['export', 'register'])).toMatchObject({ code: 0, out: before, err: '' });
  });
});
