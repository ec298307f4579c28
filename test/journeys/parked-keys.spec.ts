import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addDays } from '../../libs/kernel/time.ts';
import { builtLedger } from '../support/build.ts';
import { logOf } from '../support/log.ts';
import { runCommand } from '../support/commands.ts';
import { eventually, startServer, temporaryFolder, type Ended, type Environment, type Server } from '../support/process.ts';
import { endOf } from '../support/rebuilds.ts';
import { personWith, type Person } from './client.ts';

/** An administrator practises: an event cannot be folded, one student's rows stand still and say so, and are made whole again. */
const view = 'enrollment-register';
const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let env: Environment;
let administrator: Person;
let registrar: Person;
const students: Record<'chen' | 'li', { learnerId: string; enrollmentId: string; key: string }> = {} as never;

const ledger = (...args: readonly string[]): Promise<Ended> => runCommand(args, env);
const must = async (path: string, body: object): Promise<Record<string, string>> => {
  const answer = await registrar.post(path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
/** One event on the enrollment's own stream, and none beside it. */
const suspend = (who: keyof typeof students): Promise<Record<string, string>> =>
  must(`/v1/enrollments/${students[who].enrollmentId}/suspend`, { ground: 'illness', until: addDays(today, 90) });
const resume = (who: keyof typeof students): Promise<Record<string, string>> =>
  must(`/v1/enrollments/${students[who].enrollmentId}/resume`, { appliedOn: today, reviewPassed: true });
/** As the register has them, once it holds everything up to a position. */
async function statuses(
  position: string,
): Promise<{ readonly found: Record<string, string>; readonly incomplete: unknown; readonly header: string | null }> {
  const { body, headers } = await registrar.get('/v1/enrollments', { 'ledger-wait-for': position });
  const found = (body.items as { enrollmentId: string; status: { code: string } }[]).map(({ enrollmentId, status }) => [
    Object.entries(students).find(([, one]) => one.enrollmentId === enrollmentId)![0],
    status.code,
  ]);
  return { found: Object.fromEntries(found), incomplete: body.incomplete ?? null, header: headers.get('ledger-incomplete') };
}
const headNow = async (): Promise<bigint> => BigInt((await administrator.get('/v1/views')).body.head);
const parkedNow = async (): Promise<Record<string, unknown>[]> =>
  (await administrator.get(`/v1/views/parked?view=${view}`)).body.items;

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  server = await startServer(folder.path);
  const token = await server.token({ role: 'administrator' });
  administrator = personWith(server.url, token);
  registrar = personWith(server.url, await server.token({ role: 'registrar' }));
  env = { LEDGER_DATA: folder.path, LEDGER_TOKEN: token };
  const { programId } = await must('/v1/programs', {
    code: '530701',
    name: { zh: '电子商务', en: 'E-commerce' },
    level: 'junior-college',
  });
  for (const [n, who] of (['chen', 'li'] as const).entries()) {
    const { learnerId } = await must('/v1/learners', { identity: { name: `学生${n}`, idType: 'other', idNumber: `PARKED${n}` } });
    const { enrollmentId } = await must('/v1/enrollments', { learnerId, programId, entryDate: addDays(today, -200) });
    await must(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: `P${n}` });
    students[who] = { learnerId: learnerId!, enrollmentId: enrollmentId!, key: `enrollment-${enrollmentId}` };
  }
}, 240_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Poisons what comes next for the register, and says it of one student. Answers its position. */
async function poisonNext(who: keyof typeof students, act: typeof suspend): Promise<string> {
  const position = String((await headNow()) + 1n);
  expect(await ledger('dev', 'poison', view, position)).toMatchObject({
    code: 0,
    out: `Position ${position} has no event yet; ${view} will not fold what comes there.\n`,
  });
  expect((await act(who))['position']).toBe(position);
  return position;
}

it('is refused at a position without an event, and at one that the view does not fold', async () => {
  const refused = async (position: string, code: string): Promise<void> =>
    expect(await ledger('dev', 'poison', view, position)).toMatchObject({ code: 1, err: expect.stringContaining(`(${code})`) });
  await refused('999999', 'POSITION_EMPTY');
  await refused('1', 'POSITION_NOT_FOLDED');
  expect(await ledger('parked')).toMatchObject({ code: 0, out: 'Nothing is parked.\n' });
});

it('parks one student’s rows while others go on, is named everywhere, fails a rebuild, and is made up for', async () => {
  const position = await poisonNext('chen', suspend);
  const { key } = students.chen;
  const { position: later } = await suspend('li');

  // Readers are told; others' rows go on, and so does the view.
  expect(await statuses(later!)).toEqual({
    found: { chen: 'registered', li: 'suspended' },
    incomplete: [{ view, keys: 1 }],
    header: `${view};keys=1`,
  });
  const sheet = await registrar.get('/v1/exports/register');
  expect([sheet.status, sheet.headers.get('ledger-incomplete')]).toEqual([200, `${view};keys=1`]);
  expect((await registrar.get(`/v1/enrollments/${students.chen.enrollmentId}`)).body.status.code).toBe('suspended');

  // Named in HTTP, on the command line and in metrics.
  const event = (await logOf(folder.path)).find((one) => String(one.position) === position)!;
  const [parked] = await parkedNow();
  const error = expect.stringMatching(/^PoisonedForPractice at libs\/projection\/practice\.js:\d+$/);
  expect(parked).toMatchObject({ view, key, position, eventId: event.id, type: 'StudySuspended', error, released: false });
  const listed = await ledger('parked', view);
  expect(listed.code).toBe(2);
  for (const part of [view, key, `position ${position},`, event.id, 'StudySuspended', 'PoisonedForPractice at libs/'])
    expect(listed.out).toContain(part);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain(`ledger_view_parked_keys{view="${view}"} 1`);
  expect(metrics).toMatch(
    new RegExp(
      `ledger_view_failing_position\\{view="${view}",type="StudySuspended",error="PoisonedForPractice at [^"]*",released="false"\\} ${position}\\n`,
    ),
  );

  // It stands again where it is tried, and a rebuild fails at it.
  expect(await ledger('retry', view, key)).toMatchObject({ code: 2, out: expect.stringContaining(`position ${position},`) });
  const failed = await ledger('rebuild', view);
  expect(failed.code).toBe(1);
  expect(failed.err).toContain(
    `failed at position ${position}, event ${event.id} (StudySuspended): PoisonedForPractice at libs/`,
  );
  const standing = (await administrator.get('/v1/views')).body.items.find(({ name }: { name: string }) => name === view);
  expect(standing.lastRebuild).toMatchObject({ outcome: 'failed', position, eventId: event.id, error });
  expect(standing.practised).toEqual([position]);

  // Lifted, it is made up for in order.
  const { position: last } = await resume('chen');
  expect((await statuses(last!)).found).toEqual({ chen: 'registered', li: 'suspended' });
  expect(await ledger('dev', 'poison', view, position, '--lift')).toMatchObject({ code: 0 });
  expect((await ledger('retry', view)).code).toBe(0);
  await eventually(async () => ((await parkedNow()).length === 0 ? true : undefined), 'rows that are whole');
  expect(await statuses(last!)).toEqual({ found: { chen: 'registered', li: 'suspended' }, incomplete: null, header: null });
  expect(await ledger('verify', view)).toMatchObject({ code: 0, out: expect.stringContaining('is what its events say') });
}, 180_000);

it('is left out where an administrator releases the key, on record with why, until a rebuild', async () => {
  const position = await poisonNext('chen', suspend);
  const { key } = students.chen;
  const { position: last } = await resume('chen');
  await eventually(async () => ((await parkedNow()).length === 1 ? true : undefined), 'a parked key');
  const released = await ledger('release', view, key, '--reason', 'bad-event', '--ticket', 'OPS-9');
  expect(released).toMatchObject({ code: 0, out: expect.stringContaining(`${key} goes on without position ${position}`) });
  expect(await parkedNow()).toMatchObject([{ key, position, released: true, retryAt: null }]);
  expect(await statuses(last!)).toMatchObject({ found: { chen: 'registered' }, incomplete: [{ view, keys: 1 }] });
  const said = (await logOf(folder.path))
    .filter(({ stream }) => stream === `parking-${view}`)
    .map(({ json }) => JSON.parse(json));
  expect(said).toMatchObject([
    {
      type: 'ParkedKeyReleased',
      actor: { personId: 'administrator-1', role: 'administrator' },
      reason: { code: 'bad-event' },
      data: { key, position, ticket: 'OPS-9' },
    },
  ]);

  // The mark outlives a crash; a rebuild alone takes it away.
  await server.crash();
  server = await startServer(folder.path);
  administrator = personWith(server.url, env['LEDGER_TOKEN']!);
  registrar = personWith(server.url, await server.token({ role: 'registrar' }));
  expect(await ledger('parked')).toMatchObject({ code: 2, out: expect.stringContaining('incomplete until a rebuild') });
  expect(await ledger('rebuild', view)).toMatchObject({ code: 0 });
  expect(await endOf(administrator, view)).toMatchObject({ outcome: 'finished' });
  expect(await parkedNow()).toEqual([]);
  expect(await statuses(last!)).toMatchObject({ incomplete: null, header: null });
}, 180_000);
