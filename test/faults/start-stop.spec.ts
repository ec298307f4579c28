import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { personWith, type Person } from '../journeys/client.ts';
import { builtLedger } from '../support/build.ts';
import { headOf, logOf } from '../support/log.ts';
import { personOf } from '../support/office.ts';
import { runCommand } from '../support/commands.ts';
import { eventually, startRefused, startServer, temporaryFolder, type Environment, type Server } from '../support/process.ts';

beforeAll(() => builtLedger(), 180_000);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => void (folder = await temporaryFolder()));
afterEach(async () => folder[Symbol.asyncDispose]());

/** One college's folder, and the server that the case before left running on it. */
let college: Awaited<ReturnType<typeof temporaryFolder>>;
let left: Server | undefined;
beforeAll(async () => void (college = await temporaryFolder()));
afterAll(async () => {
  await left?.[Symbol.asyncDispose]();
  await college[Symbol.asyncDispose]();
});
/** Whoever takes it disposes of it, or leaves one. */
async function taken(): Promise<Server> {
  const server = left ?? (await startServer(college.path));
  left = undefined;
  return server;
}

const registrarOf = async (server: Server): Promise<Person> => personWith(server.url, await server.token({ role: 'registrar' }));

const program = { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, level: 'junior-college' };

describe('a start', () => {
  it('prints where it listens and tokens that work, one per role and two registrars', async () => {
    const server = (left = await taken());
    await server.says(/export EVALUATOR='/);
    const lines = [...server.out().matchAll(/^export (\w+)='([\w.-]+)'$/gm)];
    expect(lines.map(([, name]) => name)).toEqual(
      'REGISTRAR REGISTRAR_2 TEACHER ENTERPRISE MENTOR LEARNER GUARDIAN ADMINISTRATOR AUDITOR EVALUATOR'.split(' '),
    );
    expect(server.out()).toContain(`API docs          ${server.url}/docs`);
    const statuses = await Promise.all(
      lines.map(async ([, , token]) => (await personWith(server.url, token!).get('/v1/nowhere')).status),
    );
    expect(new Set(statuses)).toEqual(new Set([404]));
    const [first, second] = lines.map(([, , token]) => personWith(server.url, token!));
    expect((await first!.post('/v1/programs', program)).status).toBe(201);
    expect((await second!.post('/v1/programs', program)).status).toBe(200);
  });

  it('serves the description of its routes, every class under its own name', async () => {
    const server = (left = await taken());
    const { paths, components } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      readonly paths: object;
      readonly components: { readonly schemas: object };
    };
    expect(Object.keys(paths).length).toBeGreaterThan(100);
    // In the one file that is started, a name that two modules have would go on with a number.
    expect(Object.keys(components.schemas).filter((name) => /\d$/.test(name))).toEqual([]);
    expect((await fetch(`${server.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
  });

  it('finds its data, its keys and its tokens again', async () => {
    let token: string;
    {
      await using server = await taken();
      token = await server.token({ role: 'registrar' });
      expect((await personWith(server.url, token).post('/v1/programs', { ...program, code: '530702' })).status).toBe(201);
      expect(await server.stop()).toMatchObject({ code: 0, err: '' });
    }
    expect(existsSync(join(college.path, 'server.json'))).toBe(false);
    const server = (left = await startServer(college.path));
    expect(await personWith(server.url, token).post('/v1/programs', { ...program, code: '530702' })).toMatchObject({
      status: 200,
      body: { events: [] },
    });
  });

  it('is refused while another process writes the folder, and says who', async () => {
    await using server = await taken();
    expect(await startRefused(college.path)).toMatchObject({
      code: 1,
      out: '',
      err: `ledger: another process is writing the ledger in ${college.path} (${server.url}, process ${server.pid}): stop it, or set LEDGER_DATA to another folder\n`,
    });
    await server.crash();
    left = await startServer(college.path);
    expect(left.url).toMatch(/^http:/);
  });

  it('is refused where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const port = String((other.address() as AddressInfo).port);
    await left?.stop();
    left = undefined;
    const refused = await startRefused(college.path, { PORT: port });
    other.close();
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`port ${port} on 127.0.0.1 is in use`) });
    // It let go of everything that it had opened by then.
    left = await startServer(college.path);
    expect(left.url).toMatch(/^http:/);
  });

  it('is refused where the clock would go back behind what is recorded', async () => {
    {
      await using server = await startServer(folder.path, { LEDGER_CLOCK: '2030-01-01T00:00:00Z' });
      const registrar = await registrarOf(server);
      expect((await registrar.post('/v1/programs', program)).status).toBe(201);
      await server.stop();
    }
    const [published] = await logOf(folder.path);
    expect(published!.recordedAt).toMatch(/^2030-01-01T00:00/);
    expect(await startRefused(folder.path, { LEDGER_CLOCK: '2029-12-31T23:59:59Z' })).toMatchObject({
      code: 1,
      out: '',
      err: `ledger: LEDGER_CLOCK=2029-12-31T23:59:59.000Z is before ${published!.recordedAt}, when the last event was recorded: start at that instant or later\n`,
    });
    await using server = await startServer(folder.path, { LEDGER_CLOCK: '2031-01-01T00:00:00Z' });
    const registrar = await registrarOf(server);
    expect((await registrar.post('/v1/programs', { ...program, code: '530702' })).status).toBe(201);
    expect((await logOf(folder.path)).at(-1)!.recordedAt).toMatch(/^2031-01-01T00:00/);
  });

  it('is refused with one sentence by settings that cannot be meant', async () => {
    const refused: [Environment, RegExp][] = [
      [{ HOST: '0.0.0.0' }, /^ledger: HOST=0\.0\.0\.0 can be reached from elsewhere.+set LEDGER_ISSUER and LEDGER_JWKS\n$/],
      [{ HOST: '0.0.0.0', LEDGER_ISSUER: 'https://id.example' }, /^ledger: set LEDGER_ISSUER and LEDGER_JWKS together/],
      [{ PORT: '99999' }, /^ledger: PORT=99999 is no port/],
      [{ LEDGER_CLOCK: 'yesterday' }, /^ledger: LEDGER_CLOCK=yesterday is no instant/],
      [{ LEDGER_INSTITUTIONS: 'college' }, /^ledger: LEDGER_INSTITUTIONS: .+ is no time zone; write college=Asia\/Shanghai\n$/],
      [{ LEDGER_INSTITUTIONS: 'My College=Asia/Shanghai' }, /is no id of an institution/],
      [{ LEDGER_MASTER_KEY: 'short' }, /^ledger: .*LEDGER_MASTER_KEY/],
    ];
    const answers = await Promise.all(refused.map(([env], i) => startRefused(join(folder.path, String(i)), env)));
    for (const [i, [, sentence]] of refused.entries()) {
      expect(answers[i]).toMatchObject({ code: 1, out: '', err: expect.stringMatching(sentence) });
    }
  });
});

describe('a stop', () => {
  it.each([
    ['SIGTERM', 'a', 0],
    ['SIGINT', 'b', 300],
  ] as const)('by %s answers what is under way, takes nothing new, and closes its files', async (signal, digest, first) => {
    await using server = await taken();
    const registrar = await registrarOf(server);
    await registrar.post('/v1/programs', program);
    const known = (await logOf(college.path)).length;
    const run = (await registrar.post('/v1/imports', { kind: 'roster', fileDigest: digest.repeat(64) })).body.runId as string;
    const rows = Array.from({ length: 300 }, (_, i) => ({
      row: i + 2,
      identity: { ...personOf(first + i), idType: 'resident-id' },
      program: { code: '530701' },
      entryDate: '2025-09-01',
    }));
    const before = await headOf(college.path);
    const importing = registrar.post(`/v1/imports/${run}/roster-rows`, { rows });
    await eventually(async () => (await headOf(college.path)) > before || undefined, 'the first row');
    server.kill(signal);
    const answer = await importing;
    expect(answer.status).toBe(200);
    const outcomes = (answer.body.answers as { outcome: string }[]).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(rows.map(() => 'admitted'));
    expect(await server.ended).toMatchObject({ code: 0, signal: null, err: '' });
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');

    expect(existsSync(join(college.path, 'server.json'))).toBe(false);
    const db = new DatabaseSync(join(college.path, 'log.db'), { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').all()).toMatchObject([{ integrity_check: 'ok' }]);
    db.close();
    const admitted = (await logOf(college.path)).slice(known).filter(({ type }) => type === 'LearnerAdmitted');
    expect(admitted).toHaveLength(300);
  });
});

describe('the command', () => {
  it('is refused by a folder that another process writes without a server', async () => {
    {
      await using server = await startServer(folder.path);
      await server.stop();
    }
    const token = (
      await runCommand(['token', '--sub', 'registrar-1', '--role', 'registrar'], { LEDGER_DATA: folder.path })
    ).out.trim();
    const store = await openSqliteEventStore({ path: join(folder.path, 'log.db'), clock: Date });
    const file = join(folder.path, 'programs.csv');
    writeFileSync(file, '专业代码,专业名称,层次\n530701,电子商务,专科\n');
    const env = { LEDGER_DATA: folder.path, LEDGER_TOKEN: token };
    expect(await runCommand(['import', 'programs', file], env)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^The ledger cannot be opened: another process is writing the ledger in .+\n$/),
    });
    await store.close();
    expect(await runCommand(['import', 'programs', file], env)).toMatchObject({ code: 0 });
  });
});
