import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import { builtLedger } from '../support/build.ts';
import { logOf } from '../support/log.ts';
import { personOf } from '../support/office.ts';
import { runCommand, startServer, temporaryFolder, type Ended, type Environment, type Server } from '../support/process.ts';
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
    '班长，=值日',
  ]);
  const roster = sheet([['学号', '姓名', '身份证号', '专业代码', '入学日期', '预计毕业日期', '备注'], ...rows], 'gb18030');
  await ledger(['import', 'programs', written(folder.path, 'programs.csv', programs)]);
  await ledger(['import', 'roster', written(folder.path, 'roster.csv', roster)]);
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

describe('the events', () => {
  const parsed = (text: string): Record<string, unknown>[] =>
    text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));

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
