import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { randomOf } from '../simulation/dice.ts';
import { builtLedger } from '../support/build.ts';
import { counted, headOf, logOf } from '../support/log.ts';
import { personOf } from '../support/office.ts';
import { runCommand } from '../support/commands.ts';
import { eventually, startCommand, startServer, temporaryFolder, type Environment, type Server } from '../support/process.ts';
import { sheet, written } from '../support/sheets.ts';

const seed = Number(process.env['SEED'] ?? 20260901);
const students = 600;
/** Two claims, two events on the learner, two on the enrollment. */
const eventsPerStudent = 6;

let prepared: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let token: string;
let random: () => number;
let roster: string;
let env: Environment;

beforeAll(async () => {
  await builtLedger();
  prepared = await temporaryFolder();
  await using server = await startServer(prepared.path);
  token = await server.token({ role: 'registrar' });
  const programs = sheet([
    ['专业代码', '专业名称', '层次'],
    ['530701', '电子商务', '专科'],
  ]);
  const file = written(prepared.path, 'programs.csv', programs);
  await runCommand(['import', 'programs', file], { LEDGER_DATA: prepared.path, LEDGER_TOKEN: token });
  await server.stop();
}, 180_000);
afterAll(async () => prepared[Symbol.asyncDispose]());

beforeEach(async () => {
  random = randomOf(seed);
  folder = await temporaryFolder();
  await cp(prepared.path, folder.path, { recursive: true });
  const rows = Array.from({ length: students }, (_, i) => {
    const { name, idNumber } = personOf(i);
    return [`2025${String(i).padStart(6, '0')}`, name, idNumber, '530701', '2025-09-01'];
  });
  roster = written(folder.path, 'roster.csv', sheet([['学号', '姓名', '身份证号', '专业代码', '入学日期'], ...rows], 'gb18030'));
  env = { LEDGER_DATA: folder.path, LEDGER_TOKEN: token };
});
afterEach(async () => folder[Symbol.asyncDispose]());

/** Resolves once the log has grown by a seeded share of the whole import, small enough to come about twice. */
const amidst = async (): Promise<unknown> => {
  const goal = (await headOf(folder.path)) + BigInt(300 + (random() % ((students * eventsPerStudent) / 10)));
  return eventually(async () => (await headOf(folder.path)) > goal || undefined, `position ${goal}`);
};

const importing = () => startCommand(['import', 'roster', roster], env);

/** Rows in, events out, whatever happened in between; then once more, which changes nothing. */
async function expectWhole(): Promise<void> {
  const last = await runCommand(['import', 'roster', roster], env);
  expect(last).toMatchObject({ code: 0, err: '' });
  expect(last.out).toContain('Going on with the unfinished run (number 1).');
  expect(last.out).toMatch(new RegExp(`^ +${students}  registered\\n +${students}  total$`, 'm'));
  const counts = counted(await logOf(folder.path));
  expect(counts).toMatchObject({
    LearnerIdentified: students,
    EnrollmentOpened: students,
    LearnerAdmitted: students,
    StudentRegistered: students,
    ClaimTaken: 2 * students,
    ImportStarted: 2,
    ImportFinished: 2,
  });
  const again = await runCommand(['import', 'roster', roster], env);
  expect(again).toMatchObject({ code: 0, err: '', out: expect.stringMatching(new RegExp(`^ +${students}  unchanged\\n`)) });
  expect(counted(await logOf(folder.path))).toEqual({ ...counts, ImportStarted: 3, ImportFinished: 3 });
}

it(`an import whose command is killed goes on where it was, beside a server (SEED=${seed})`, async () => {
  await using server = await startServer(folder.path);
  await using command = await importing();
  await amidst();
  command.kill('SIGKILL');
  // The server may still be at the rows that it was sent, while the next run sends them again.
  await expectWhole();
  expect((await server.stop()).code).toBe(0);
}, 90_000);

it(`an import whose server is killed says so, and goes on with the next one (SEED=${seed})`, async () => {
  let server: Server = await startServer(folder.path);
  try {
    for (let kill = 0; kill < 2; kill++) {
      await using command = await importing();
      await amidst();
      await server.crash();
      expect(await command.ended).toMatchObject({
        code: 1,
        out: expect.not.stringContaining('total'),
        err: expect.stringMatching(
          /^The server at http:\S+ cannot be reached: .+\nThe import is not finished: run the same command again/,
        ),
      });
      expect(existsSync(`${roster}.result.csv.part`)).toBe(false);
      server = await startServer(folder.path);
    }
    await expectWhole();
  } finally {
    await server[Symbol.asyncDispose]();
  }
}, 90_000);

it(`an import that is interrupted says how to go on, and leaves no half file behind (SEED=${seed})`, async () => {
  await using server = await startServer(folder.path);
  await using command = await importing();
  await amidst();
  command.kill('SIGINT');
  expect(await command.ended).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^Interrupted\.\nThe import is not finished/),
  });
  expect(existsSync(`${roster}.result.csv.part`)).toBe(false);
  await expectWhole();
  expect((await server.stop()).code).toBe(0);
}, 90_000);

it(`an import that is killed with the ledger inside it goes on by itself (SEED=${seed})`, async () => {
  await using command = await importing();
  await amidst();
  command.kill('SIGKILL');
  await command.ended;
  await expectWhole();
}, 90_000);

it(`an import of results goes on after its command and its server were killed, one attempt for each row (SEED=${seed})`, async () => {
  const courses = 8;
  const rows = students * courses;
  const header = ['学年', '学期', '课程代码', '课程名称', '学分', '成绩', '学号', '姓名'];
  const lines = Array.from({ length: rows }, (_, i) => {
    const student = i % students;
    const course = `DS${100 + Math.floor(i / students)}`;
    const number = `2025${String(student).padStart(6, '0')}`;
    return ['2025-2026', '1', course, course, '3', String(40 + (i % 61)), number, personOf(student).name];
  });
  const results = written(folder.path, 'results.csv', sheet([header, ...lines]));
  const imports = () => startCommand(['import', 'results', results], env);
  const reached = async (count: number): Promise<unknown> => {
    const goal = (await headOf(folder.path)) + BigInt(count);
    return eventually(async () => (await headOf(folder.path)) > goal || undefined, `position ${goal}`);
  };

  let server: Server = await startServer(folder.path);
  try {
    expect((await runCommand(['import', 'roster', roster], env)).code).toBe(0);
    await using first = await imports();
    await reached(1 + (random() % 200));
    first.kill('SIGKILL');
    await using second = await imports();
    // The server may still be at the rows that it was sent before.
    await second.says(/Going on/);
    await reached(1 + (random() % 200));
    await server.crash();
    expect(await second.ended).toMatchObject({ code: 1, err: expect.stringContaining('The import is not finished') });
    server = await startServer(folder.path);

    const last = await runCommand(['import', 'results', results], env);
    expect(last).toMatchObject({ code: 0, err: '' });
    expect(last.out).toContain('Going on with the unfinished run (number 1).');
    expect(last.out).toMatch(new RegExp(`^ +${rows}  results of before imported\\n +${rows}  total$`, 'm'));
    const again = await runCommand(['import', 'results', results], env);
    expect(again.out).toMatch(new RegExp(`^ +${rows}  unchanged\\n`));
    expect(counted(await logOf(folder.path))).toMatchObject({ ResultImported: rows, ImportStarted: 4, ImportFinished: 4 });
  } finally {
    await server[Symbol.asyncDispose]();
  }
}, 120_000);
