import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { builtLedger } from '../support/build.ts';
import { crowd } from '../support/crowd.ts';
import { logOf } from '../support/log.ts';
import { personOf as somebody } from '../support/office.ts';
import { runCommand } from '../support/commands.ts';
import {
  eventually,
  startCommand,
  startServer,
  temporaryFolder,
  type Ended,
  type Environment,
  type Server,
} from '../support/process.ts';
import { endOf, follow, pausedRebuild, rebuilt } from '../support/rebuilds.ts';
import { inViews, leftInViews, liveTable } from '../support/view-tables.ts';
import { personWith, type Person } from './client.ts';

/** Administrators rebuild views of a college at work: whoever reads goes on reading, what is wrong is found, and everything is on record. */
const students = 900;
/** People at work, not a siege: a rebuild takes what they leave, and who leaves nothing waits for its end. */
const pauseMs = 10;
const view = 'enrollment-register';
const path = `/v1/views/${view}/rebuild`;
const reason = { code: 'check', ticket: 'OPS-7' };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let env: Environment;
let administrator: Person;
let registrar: Person;

const ledger = (...args: readonly string[]): Promise<Ended> => runCommand(args, env);
const start = async (): Promise<void> => {
  server = await startServer(folder.path);
  const token = await server.token({ role: 'administrator' });
  administrator = personWith(server.url, token);
  registrar = personWith(server.url, await server.token({ role: 'registrar' }));
  env = { LEDGER_DATA: folder.path, LEDGER_TOKEN: token };
};
const caughtUp = (): Promise<unknown> =>
  eventually(async () => {
    const { items } = (await administrator.get('/v1/views')).body;
    return items.every(({ lagEvents, state }: Record<string, string>) => lagEvents === '0' && state === 'live') || undefined;
  }, 'all views');

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  await crowd(folder.path, students);
  await start();
  await caughtUp();
}, 240_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe('while views are rebuilt', () => {
  it('readers meet no error, no mixture and no step back, and writers go on', async () => {
    const { programId } = (
      await registrar.post('/v1/programs', {
        code: '530701',
        name: { zh: '电子商务', en: 'E-commerce' },
        level: 'junior-college',
      })
    ).body;
    const over = new AbortController();
    const wrong: string[] = [];
    let reads = 0;
    const reading = async (): Promise<void> => {
      let [total, position] = [students, 0n];
      while (!over.signal.aborted) {
        const { status, headers, body } = await registrar.get('/v1/enrollments?limit=3');
        const at = BigInt(headers.get('ledger-position') ?? '0');
        if (status !== 200 || body.items.length !== 3) wrong.push(`answered ${status} with ${body.items?.length} rows`);
        else if (body.total < total) wrong.push(`${total} students, then ${body.total}`);
        else if (at < position) wrong.push(`position ${position}, then ${at}`);
        else [total, position] = [body.total, at];
        reads += 1;
        await wait(pauseMs);
      }
    };
    let admitted = 0;
    const writing = async (): Promise<void> => {
      for (; !over.signal.aborted; admitted++) {
        const { name, idNumber } = somebody(admitted);
        const { learnerId } = (await registrar.post('/v1/learners', { identity: { name, idNumber } })).body;
        const { status } = await registrar.post('/v1/enrollments', { learnerId, programId, entryDate: '2026-09-01' });
        if (status !== 201) wrong.push(`an admission was answered ${status}`);
        await wait(pauseMs);
      }
    };
    const atWork = [reading(), reading(), writing()];
    for (let round = 0; round < 3; round++) {
      const { items } = (await administrator.post('/v1/views/rebuild', { reason })).body;
      for (const { view: name, run } of items as { view: string; run: string }[])
        expect(await endOf(administrator, name, run)).toMatchObject({ outcome: 'finished', reason: 'check', ticket: 'OPS-7' });
    }
    over.abort();
    await Promise.all(atWork);
    expect(wrong).toEqual([]);
    expect(reads).toBeGreaterThan(10);
    expect(admitted).toBeGreaterThan(3);
    await caughtUp();
    expect((await registrar.get('/v1/enrollments?limit=1')).body.total).toBe(students + admitted);
  }, 120_000);

  it('what they did is what a fold from zero gives', async () => {
    const verified = await ledger('verify', '--all', '--reason', 'nightly');
    expect(verified.code).toBe(0);
    const views = (await administrator.get('/v1/views')).body.items.length;
    expect(verified.out.match(/^View [a-z-]+ is what its events say: position \d+, digest [0-9a-f]+\.$/gm)).toHaveLength(views);
    await eventually(async () => (leftInViews(folder.path).length === 0 ? true : undefined), 'an end of old generations');
  }, 180_000);
});

describe('a row that somebody changed behind the ledger’s back', () => {
  it('is found by a verification, which changes nothing, and mended by a rebuild', async () => {
    const table = liveTable(folder.path, view, 'register_enrollment');
    inViews(folder.path, (db) => db.exec(`UPDATE ${table} SET department = '机电系' WHERE enrollment_id = 'crowd7'`), false);

    const found = await ledger('verify', view);
    expect(found.code).toBe(2);
    expect(found.out).toMatch(/^View enrollment-register is not what its events say: position \d+, live [0-9a-f]+, rebuilt /);
    expect(found.out).toMatch(/^ {2}register_enrollment differs: \w+=\S+ \(department: "机电系" → "商贸学院"\)$/m);
    expect(await ledger('rebuild', view, '--verify')).toMatchObject({ code: 2 });
    expect(liveTable(folder.path, view, 'register_enrollment')).toBe(table);
    expect((await administrator.get(`${path}/differences`)).body.items).toMatchObject([
      { table: 'register_enrollment', kind: 'changed', live: { department: '机电系' }, rebuilt: { department: '商贸学院' } },
    ]);
    const academic = personWith(server.url, await server.token({ role: 'registrar' }));
    expect((await academic.get(`${path}/differences`)).body.code).toBe('ROLE_NOT_ALLOWED');

    expect(await ledger('rebuild', view)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^View enrollment-register is rebuilt: /),
    });
    expect(await ledger('verify', view)).toMatchObject({ code: 0 });
  }, 180_000);
});

describe('a rebuild that takes its time', () => {
  it('is one for two administrators, is watched by both, and goes on when one stops watching', async () => {
    const run = await pausedRebuild(administrator, view);
    const colleague = personWith(server.url, await server.token({ role: 'administrator', sub: 'administrator-2' }));
    expect(await colleague.post(path, { reason })).toMatchObject({ status: 202, body: { run, events: [] } });
    const { run: shown, state } = (await colleague.get(path)).body;
    expect([shown.run, shown.by.personId, state]).toEqual([run, 'administrator-1', 'paused']);

    await using watching = await startCommand(['rebuild', view], env);
    await watching.says(/is paused at \d+ %/);
    watching.kill('SIGINT');
    expect(await watching.ended).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\nNo longer watching; the rebuild of enrollment-register goes on in the server/),
    });
    expect((await administrator.get(path)).body).toMatchObject({ state: 'paused', run: { run } });

    const [told, resumed] = await Promise.all([endOf(colleague, view, run), ledger('rebuild', view, '--resume')]);
    expect(resumed).toMatchObject({ code: 0, out: 'The rebuild of enrollment-register goes on.\n' });
    expect(told).toMatchObject({ run, outcome: 'finished' });
  }, 180_000);

  it('is cancelled, and the live rows stay', async () => {
    const before = liveTable(folder.path, view, 'register_enrollment');
    const run = await pausedRebuild(administrator, view);
    const following = endOf(administrator, view, run);
    expect(await ledger('rebuild', view, '--cancel', '--reason', 'not-needed')).toMatchObject({ code: 0 });
    expect(await following).toMatchObject({ run, outcome: 'cancelled' });
    expect(await ledger('rebuild', view, '--pause')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(REBUILD_NOT_RUNNING)'),
    });
    expect(liveTable(folder.path, view, 'register_enrollment')).not.toBe('');
    expect([before, (await registrar.get('/v1/enrollments?limit=1')).status]).toEqual([before, 200]);
  }, 180_000);

  it('stays paused through a restart; whoever follows it is told nothing more, and holds up nobody', async () => {
    const run = await pausedRebuild(administrator, view);
    const following = await follow(server.url, administrator, `${path}/events?run=${run}`);
    expect((await following.next()).value).toMatchObject({ event: 'progress', data: { state: 'paused' } });
    expect((await server.stop()).code).toBe(0);
    expect((await following.next()).done).toBe(true);
    await start();
    expect((await administrator.get(path)).body).toMatchObject({ state: 'paused', run: { run } });
    await administrator.post(`${path}/resume`, {});
    expect(await endOf(administrator, view, run)).toMatchObject({ outcome: 'finished' });
  }, 180_000);

  it('is watched by whoever likes: hanging up costs the server nothing', async () => {
    const run = await pausedRebuild(administrator, view);
    for (let i = 0; i < 20; i++) {
      const following = await follow(server.url, administrator, `${path}/events`);
      expect((await following.next()).value).toMatchObject({ id: `${run}.1`, event: 'progress' });
      await following.return();
    }
    await administrator.post(`${path}/cancel`, { reason });
    expect(await endOf(administrator, view, run)).toMatchObject({ outcome: 'cancelled' });
  }, 180_000);
});

describe('a rebuild of all views', () => {
  it('tells of every one, also where the first of them fails', async () => {
    const admitted = (await logOf(folder.path)).find(({ json }) => JSON.parse(json).type === 'LearnerAdmitted')!;
    const position = String(admitted.position);
    await ledger('dev', 'poison', view, position);
    const ran = await ledger('rebuild', '--all');
    const views = (await administrator.get('/v1/views')).body.items.length;
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(`The rebuild of ${view} failed at position ${position}, event `);
    expect(ran.out.match(/^View [a-z-]+ is rebuilt: /gm)?.length).toBeGreaterThanOrEqual(views - 2);
    expect(ran.out).toContain('View directory is rebuilt: ');
    await ledger('dev', 'poison', view, position, '--lift');
    expect(await ledger('rebuild', view, '--retry')).toMatchObject({ code: 0 });
    expect(await ledger('verify', '--all')).toMatchObject({ code: 0, err: '' });
  }, 180_000);
});

describe('without a server', () => {
  it('views are rebuilt and verified by the command itself', async () => {
    expect((await server.stop()).code).toBe(0);
    expect(await ledger('rebuild', view)).toMatchObject({ code: 0 });
    expect(await ledger('verify', view)).toMatchObject({ code: 0 });
    await start();
  }, 180_000);
});

describe('on record', () => {
  it('stands who asked and why, what became of it, and no row', async () => {
    await rebuilt(administrator, view, { mode: 'verify', reason });
    const events = (await logOf(folder.path))
      .filter(({ stream }) => stream === `rebuild-${view}`)
      .map(({ json }) => JSON.parse(json));
    const said = (...types: readonly string[]): typeof events => events.filter(({ type }) => types.includes(type));
    expect(events.filter(({ subjectId, institutionId }) => subjectId !== null || institutionId !== 'college')).toEqual([]);
    expect(said('RebuildStarted', 'RebuildCancelled').filter(({ reason: why }) => !why?.code)).toEqual([]);
    expect(said('RebuildFinished').filter(({ actor }) => actor.role !== 'system')).toEqual([]);
    const byThem = events.filter(({ type }) => type !== 'RebuildFinished' && type !== 'RebuildFailed');
    expect(byThem.filter(({ actor }) => !actor.personId.startsWith('administrator-'))).toEqual([]);
    const ends = said('RebuildFinished', 'RebuildFailed', 'RebuildCancelled').map(({ data }) => data.run);
    expect(ends).toEqual(said('RebuildStarted').map(({ data }) => data.run));
    expect(JSON.stringify(events)).not.toContain('机电系');
    const answers = (await administrator.get(path)).body;
    expect(answers.ended[0]).toMatchObject({ mode: { code: 'verify' }, outcome: 'finished', differing: 0, ticket: 'OPS-7' });
  });
});
