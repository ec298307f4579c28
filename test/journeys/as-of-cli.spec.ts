import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import { builtLedger } from '../support/build.ts';
import { personOf } from '../support/office.ts';
import { runCommand } from '../support/commands.ts';
import { startServer, temporaryFolder, type Ended, type Environment, type Server } from '../support/process.ts';
import { sheet, written } from '../support/sheets.ts';
import { personWith } from './client.ts';

/** `ledger as-of`: a roster comes in in June, one more student in July. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let token: string;

const june = '2026-06-10T08:00:00+08:00';
const july = '2026-07-05T08:00:00+08:00';
const data = (): string => join(folder.path, 'data');
const env = (): Environment => ({ LEDGER_DATA: data(), LEDGER_TOKEN: token });
const ledger = (...args: readonly string[]): Promise<Ended> => runCommand(args, env());
const cellsOf = async (csv: string | Buffer): Promise<readonly (readonly string[])[]> =>
  (await all(readCsv(inChunks(Buffer.from(csv))))).map(({ cells }) => cells);

const roster = (from: number, to: number): string =>
  written(
    folder.path,
    `roster-${from}.csv`,
    sheet([
      ['学号', '姓名', '身份证号', '专业代码', '入学日期', '预计毕业日期'],
      ...Array.from({ length: to - from }, (_, i) => personOf(from + i)).map(({ name, idNumber }, i) => [
        `000${from + i}`,
        name,
        idNumber,
        '530701',
        '2025-09-01',
        '2028-06-30',
      ]),
    ]),
  );

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  server = await startServer(data(), { LEDGER_CLOCK: june });
  token = await server.token({ role: 'registrar' });
  const programs = sheet([
    ['专业代码', '专业名称', '层次', '学制'],
    ['530701', '电子商务', '专科', '3'],
  ]);
  await ledger('import', 'programs', written(folder.path, 'programs.csv', programs));
  await ledger('import', 'roster', roster(0, 3));
  await server.stop();
  server = await startServer(data(), { LEDGER_CLOCK: july });
  await ledger('import', 'roster', roster(3, 4));
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe('ledger as-of', () => {
  it('goes on with a build after kill -9', async () => {
    const registrar = personWith(server.url, token);
    const { body } = await registrar.post('/v1/as-of', { report: 'transcript', recordedAsOf: '2026-06-30' });
    await server.crash();
    server = await startServer(data(), { LEDGER_CLOCK: '2026-07-06T08:00:00+08:00' });
    expect(await ledger('as-of', '--recorded', '2026-06-30', 'report', 'transcript')).toMatchObject({ code: 0, err: '' });
    const { items } = (await personWith(server.url, token).get('/v1/as-of')).body;
    expect(items).toMatchObject([{ buildId: body.buildId, state: { code: 'ready' } }]);
  });

  it('writes the register of a day', async () => {
    const out = join(folder.path, 'june.csv');
    expect(await ledger('as-of', '--recorded', '2026-06-30', 'report', 'enrollment', '--out', out)).toMatchObject({ code: 0 });
    const [header, ...rows] = await cellsOf(readFileSync(out));
    expect(rows.map((cells) => cells[header!.indexOf('student number')])).toEqual(['0000', '0001', '0002']);
    const coded = await ledger('as-of', '--effective', '2026-06-30', 'report', 'enrollment', '--form', 'coded');
    expect(coded).toMatchObject({ code: 0, err: '' });
    expect(await cellsOf(coded.out)).toHaveLength(5);
    const tasks = await ledger('as-of', '--recorded', '2026-06-30', 'report', 'tasks');
    expect(tasks).toMatchObject({ code: 0, err: '' });
  });

  it('tells what changed between two days: exit code 2 where something did', async () => {
    const compared = await ledger('as-of', 'compare', '--from', '2026-06-30', '--to', '2026-07-04');
    expect(compared).toMatchObject({ code: 0, err: '0 records differ.\n' });
    const now = await personWith(server.url, token).post('/v1/as-of', { views: ['enrollment-register'] });
    const later = await ledger('as-of', 'compare', 'enrollment-register', '--from', '2026-06-30', '--to', now.body.buildId);
    expect(later).toMatchObject({ code: 2, err: '1 records differ.\n' });
    const [header, ...rows] = await cellsOf(later.out);
    expect(header).toEqual(['id', 'name', 'change', 'field', 'old', 'new', 'events']);
    expect(rows.find((cells) => cells[3] === 'studentNumber')?.slice(1, 6)).toEqual([
      personOf(3).name,
      'added',
      'studentNumber',
      '',
      '0003',
    ]);
  });

  it('lists what is kept and throws it away', async () => {
    const kept = await ledger('as-of', 'list');
    const lines = kept.out.trim().split('\n');
    expect(lines.length).toBeGreaterThan(3);
    const [id] = lines[0]!.split('  ');
    expect(await ledger('as-of', 'drop', id!)).toMatchObject({ code: 0, out: `${id} is thrown away.\n` });
    expect((await ledger('as-of', 'list')).out.trim().split('\n')).toHaveLength(lines.length - 1);
    expect(await ledger('as-of', 'drop', id!)).toMatchObject({ code: 1, err: expect.stringContaining('NOT_FOUND') });
  });

  it('says in a sentence what cannot be', async () => {
    expect(await ledger('as-of', 'report', 'nothing')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^There is no report nothing/),
    });
    expect(await ledger('as-of', '--recorded', '2099-01-01', 'report', 'tasks')).toMatchObject({
      code: 1,
      err: expect.stringContaining('AS_OF_NOT_OVER'),
    });
    expect(await ledger('as-of', 'view', 'ledger-stats')).toMatchObject({
      code: 1,
      err: expect.stringContaining('VIEW_HAS_NO_PAST'),
    });
    expect(await ledger('as-of', 'compare')).toMatchObject({ code: 1, err: expect.stringContaining('--from') });
    const compared = ['as-of', 'compare', 'enrollment-register', '--from', '2026-06-30'];
    expect(await ledger(...compared)).toMatchObject({ code: 1, err: expect.stringContaining('--to') });
    const administrator = { ...env(), LEDGER_TOKEN: await server.token({ role: 'administrator' }) };
    expect(await runCommand([...compared, '--to', '2026-07-04'], administrator)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('ROLE_NOT_ALLOWED'),
    });
  });
});
