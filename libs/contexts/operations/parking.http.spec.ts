import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDesk, type Desk } from '../../../test/support/desk.ts';
import type { ParkedKey, Parts } from '../../edge/parts.ts';
import type { Practised } from '../../projection/engine.ts';
import { RecordsModule } from '../../records/records.module.ts';
import { EnrollmentModule } from '../enrollment/enrollment.module.ts';
import { OperationsModule } from './operations.module.ts';

const at = '2026-10-01T00:00:00.000Z';
const standing = (key: string, position: bigint, more: Partial<ParkedKey> = {}): ParkedKey => ({
  view: 'transcript',
  generation: 2,
  key,
  position,
  eventId: `event-${position}`,
  type: 'ResultFinalized',
  institutionId: 'college',
  subjectId: 'chen',
  error: 'TypeError at libs/read-models/transcript.ts:87',
  since: at,
  retryAt: at,
  attempts: 1,
  released: false,
  ...more,
});

let desk: Desk;
let administrator: Pick<Desk, 'post' | 'get'>;
let keys: ParkedKey[];
let practised: Practised;
let said: unknown[];
let loopback: boolean;

async function open(): Promise<void> {
  const views: Parts['views'] = {
    waitFor: () => Promise.resolve(true),
    notify: () => undefined,
    status: () =>
      ['transcript', 'tasks', 'enrollment-register', 'audit-timeline'].map((name) => ({
        name,
        state: 'live',
        parked: name === 'tasks' ? 0 : keys.length,
        incomplete: name === 'tasks' ? [] : keys.slice(0, 100),
        position: 0n,
        generation: 2,
        version: 1,
      })),
    read: (_views, query) =>
      query({ all: () => Promise.resolve([]), get: () => Promise.resolve(undefined), each: () => Promise.resolve() }, 0n),
    parked: (view, limit) => {
      const of = keys.filter((one) => view === null || one.view === view);
      return Promise.resolve({ total: of.length, items: of.slice(0, limit) });
    },
    details: () => Promise.resolve([{ name: 'transcript', stoppedAt: null, parkedKeys: keys }]),
    retry: (...asked) => {
      said.push(asked);
      return Promise.resolve(keys.length > 0);
    },
    practise: (...asked) => {
      said.push(asked);
      return Promise.resolve(practised);
    },
  };
  desk = await openDesk([OperationsModule, EnrollmentModule, RecordsModule], {
    parts: { views, releases: { carryOut: (view) => said.push(view) }, loopback },
  });
  administrator = await desk.as({ role: 'administrator', sub: 'administrator-1' });
}

beforeEach(async () => {
  keys = [standing('attempt-a', 41n), standing('attempt-b', 43n, { institutionId: 'academy', subjectId: 'li' })];
  practised = { outcome: 'lifted' };
  said = [];
  loopback = true;
  await open();
});
afterEach(() => desk.server.app.close());

describe('the list of parked keys', () => {
  it('names event and error; which record of another institution stands it does not', async () => {
    const { status, body } = await administrator.get('/v1/views/parked');
    expect([status, body.total]).toEqual([200, 2]);
    expect(body.items[0]).toEqual({
      view: 'transcript',
      key: 'attempt-a',
      position: '41',
      eventId: 'event-41',
      type: 'ResultFinalized',
      title: expect.objectContaining({ en: expect.any(String), zh: expect.any(String) }),
      error: 'TypeError at libs/read-models/transcript.ts:87',
      since: at,
      attempts: 1,
      retryAt: at,
      released: false,
    });
    expect(body.items[1]).toMatchObject({ key: null, position: '43' });
    expect(JSON.stringify(body)).not.toMatch(/attempt-b|chen|li"/);
    expect((await administrator.get('/v1/views')).body.items[0].parkedKeys).toEqual(body.items);
    expect((await administrator.get('/v1/views/parked?view=transcript&limit=1')).body).toMatchObject({ total: 2, items: [{}] });
    expect((await administrator.get('/v1/views/parked?view=none')).body.code).toBe('VIEW_UNKNOWN');
    expect((await (await desk.as({ role: 'auditor' })).get('/v1/views/parked')).status).toBe(200);
    expect((await desk.get('/v1/views/parked')).body.code).toBe('ROLE_NOT_ALLOWED');
  });

  it('is in the metrics, with the first event of each kind and the error', async () => {
    keys.push(standing('attempt-c', 50n), standing('attempt-d', 12n, { released: true }));
    const { body } = await administrator.get('/metrics');
    const labels = `type="ResultFinalized",error="TypeError at libs/read-models/transcript.ts:87"`;
    expect(body).toContain(`ledger_view_failing_position{view="transcript",${labels},released="false"} 41`);
    expect(body).toContain(`ledger_view_failing_position{view="transcript",${labels},released="true"} 12`);
    expect(body).toContain('ledger_view_parked_keys{view="transcript"} 4');
    expect(body).not.toMatch(/attempt-|event-4|"chen"/);
  });
});

describe('a retry', () => {
  it('is of a view or of one key', async () => {
    expect(await administrator.post('/v1/views/transcript/parked/retry', {})).toMatchObject({
      status: 202,
      headers: { location: '/v1/views/parked?view=transcript' },
      body: { view: 'transcript', key: null, tried: true },
    });
    await administrator.post('/v1/views/transcript/parked/retry', { key: 'attempt-a' });
    expect(said).toEqual([
      ['transcript', null],
      ['transcript', 'attempt-a'],
    ]);
    keys = [];
    expect((await administrator.post('/v1/views/transcript/parked/retry', {})).body.tried).toBe(false);
    expect((await administrator.post('/v1/views/none/parked/retry', {})).body.code).toBe('VIEW_UNKNOWN');
    expect((await desk.post('/v1/views/transcript/parked/retry', {})).body.code).toBe('ROLE_NOT_ALLOWED');
  });
});

describe('a release', () => {
  const to = '/v1/views/transcript/parked/release';
  const reason = { code: 'bad-event', ticket: 'OPS-7' };

  it('is on record with who let it go and why, once', async () => {
    const released = await administrator.post(to, { key: 'attempt-a', reason });
    expect(released).toMatchObject({
      status: 200,
      body: { view: 'transcript', key: 'attempt-a', released: '41', events: ['ParkedKeyReleased'] },
    });
    expect(said).toEqual(['transcript']);
    const [event] = (await desk.parts.store.readAll(0n)).events;
    expect(JSON.parse(event!.json)).toMatchObject({
      stream: 'parking-transcript',
      subjectId: null,
      institutionId: 'college',
      actor: { personId: 'administrator-1', role: 'administrator' },
      reason: { code: 'bad-event' },
      data: {
        key: 'attempt-a',
        generation: 2,
        position: '41',
        eventId: 'event-41',
        eventType: 'ResultFinalized',
        ticket: 'OPS-7',
      },
    });
    keys[0] = { ...keys[0]!, released: true };
    expect((await administrator.post(to, { key: 'attempt-a', reason })).body).toMatchObject({ released: '41', events: [] });
    expect(await desk.parts.store.head()).toBe(1n);
  });

  it('needs a key of the own institution that stands, and a reason without words about anybody', async () => {
    for (const key of ['attempt-b', 'attempt-z'])
      expect((await administrator.post(to, { key, reason })).body.code).toBe('KEY_NOT_PARKED');
    const codes = async (body: object): Promise<string[]> =>
      (await administrator.post(to, body)).body.errors.map(({ field, code }: Record<string, string>) => `${field} ${code}`);
    expect(await codes({ key: 'attempt-a' })).toEqual(['reason REQUIRED']);
    expect(await codes({ key: '李小雨', reason: { code: 'x', text: '李小雨' } })).toEqual([
      'key SHAPE',
      'reason.text UNKNOWN_FIELD',
    ]);
    expect((await desk.post(to, { key: 'attempt-a', reason })).body.code).toBe('ROLE_NOT_ALLOWED');
    expect(await desk.parts.store.head()).toBe(0n);
  });
});

describe('practice', () => {
  const to = '/v1/views/transcript/poison';

  it('says what was poisoned, or why nothing was', async () => {
    practised = { outcome: 'poisoned', eventId: 'e', type: 'X', folded: true };
    expect((await administrator.post(to, { position: '41' })).body).toEqual({
      view: 'transcript',
      position: '41',
      poisoned: true,
      eventId: 'e',
      type: 'X',
      folded: true,
    });
    practised = { outcome: 'no-event', head: 40n };
    expect(await administrator.post(to, { position: '9041' })).toMatchObject({
      status: 422,
      body: { code: 'POSITION_EMPTY', detail: 'There is no event at position 9041; the log ends at 40.' },
    });
    practised = { outcome: 'not-folded', type: 'X' };
    expect((await administrator.post(to, { position: '41' })).body).toMatchObject({
      code: 'POSITION_NOT_FOLDED',
      detail: 'The view transcript does not fold the event at position 41 (X).',
    });
    practised = { outcome: 'lifted' };
    expect((await administrator.post(to, { position: '41', lift: true })).body).toMatchObject({ poisoned: false });
    expect(said.at(-1)).toEqual(['transcript', 41n, true]);
    for (const position of ['0', '-1', 'x', 41]) expect((await administrator.post(to, { position })).status).toBe(422);
  });

  it('is refused where others could reach the server', async () => {
    await desk.server.app.close();
    loopback = false;
    await open();
    expect((await administrator.post(to, { position: '41' })).body).toMatchObject({ status: 403, code: 'LOOPBACK_ALONE' });
    expect(said).toEqual([]);
  });
});

describe('whoever reads rows that lack something', () => {
  it('is told so in header and body, of her own institution’s alone', async () => {
    const lacks = await desk.get('/v1/enrollments');
    expect(lacks.headers['ledger-incomplete']).toBe('enrollment-register;keys=1');
    expect(lacks.body.incomplete).toEqual([{ view: 'enrollment-register', keys: 1 }]);
    // What it is read from beside its own view counts too.
    expect((await desk.get('/v1/tasks')).body.incomplete).toEqual([
      { view: 'transcript', keys: 1 },
      { view: 'enrollment-register', keys: 1 },
    ]);
    keys = [keys[1]!];
    const whole = await desk.get('/v1/enrollments');
    expect([whole.status, whole.headers['ledger-incomplete'], whole.body.incomplete]).toEqual([200, undefined, undefined]);
    const other = await desk.as({ institution: 'academy' });
    expect((await other.get('/v1/enrollments')).body.incomplete).toEqual([{ view: 'enrollment-register', keys: 1 }]);
  });

  it('of one person’s record is told of hers, and of what names nobody', async () => {
    const identity = { name: '李小雨', idType: 'other', idNumber: 'XIAOYU1' };
    const { learnerId } = (await desk.post('/v1/learners', { identity })).body;
    const lacks = async (subjectId: string | null): Promise<unknown> => {
      keys = [standing('learner-x', 3n, { subjectId })];
      const { status, body } = await desk.get(`/v1/learners/${learnerId}/timeline`);
      return [status, body.incomplete];
    };
    const told = [200, [{ view: 'audit-timeline', keys: 1 }]];
    expect([await lacks(learnerId), await lacks(null), await lacks('chen')]).toEqual([told, told, [200, undefined]]);
  });

  it('is told of all of them where there are too many to tell apart', async () => {
    keys = Array.from({ length: 150 }, (_, i) => standing(`attempt-${i}`, BigInt(i), { institutionId: 'academy' }));
    expect((await desk.get('/v1/enrollments')).body.incomplete).toEqual([{ view: 'enrollment-register', keys: 150 }]);
  });
});
