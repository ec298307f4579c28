import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import type { TokenClaims } from '../../libs/edge/auth.ts';
import { personOf, type Answer, type Person } from './client.ts';

/**
 * The register of 30 June, asked for in July: what was recorded later is not in it, what is known by now of that day is. The server is started again
 * between the months, and once more afterwards.
 */
let folder: string;
let ledger: Ledger;
const ids: Record<string, string> = {};

const open = async (clock: string): Promise<void> => {
  ledger = await startLedger({
    env: {
      LEDGER_DATA: folder,
      PORT: '0',
      LEDGER_CLOCK: clock,
      LEDGER_INSTITUTIONS: 'college=Asia/Shanghai,academy=Asia/Urumqi',
      LEDGER_AS_OF_KEPT: '6',
    },
    quiet: true,
  });
};
const as = (claims: Partial<TokenClaims> = {}): Promise<Person> => personOf(ledger, { role: 'registrar', ...claims });
const made = async (path: string, body: object, who?: Person): Promise<Record<string, string>> => {
  const answer = await (who ?? (await as())).post(path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const settled = async (): Promise<void> => {
  const head = await ledger.parts.store.head();
  for (const { name } of ledger.parts.views.status()) await ledger.parts.views.waitFor(name, head, 10_000);
};

async function enrolled(n: number): Promise<void> {
  const { learnerId } = await made('/v1/learners', { identity: { name: `学生${n}`, idType: 'other', idNumber: `N${n}00000` } });
  const { enrollmentId } = await made('/v1/enrollments', {
    learnerId,
    programId: ids['programId'],
    entryDate: '2026-03-01',
    effectiveAt: '2026-03-01',
  });
  await made(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: `S${n}`, effectiveAt: '2026-03-02' });
  Object.assign(ids, { [`l${n}`]: learnerId, [`e${n}`]: enrollmentId });
}

async function granted(path: string, request: string, body: object): Promise<void> {
  const { requestId, digest } = await made(`${path}/${request}`, body);
  await made(`${path}/grant-approval`, { requestId, digest }, await as({ sub: 'registrar-2' }));
}

/** Asks for it, and waits until it is there. */
async function built(asked: object, who?: Person): Promise<Answer['body']> {
  const asker = who ?? (await as());
  const { status, body, headers } = await asker.post('/v1/as-of', asked);
  expect([status, headers.get('location')]).toEqual([202, `/v1/as-of/${body.buildId}`]);
  for (;;) {
    const one = (await asker.get(`/v1/as-of/${body.buildId}`)).body;
    if (one.state.code === 'ready') return { ...one, isNew: body.isNew, dropped: body.dropped };
    await nextTurn();
  }
}

/** Of the register, by number: status and student number. */
const register = async (query: string): Promise<unknown> => {
  const { body } = await (await as()).get(`/v1/enrollments?sort=entryDate&${query}`);
  const items = body.items as { enrollmentId: string; status: { code: string }; studentNumber: string; name: string }[];
  const named = Object.entries(ids).filter(([key]) => /^e\d/.test(key));
  return Object.fromEntries(
    named.flatMap(([key, id]) => {
      const row = items.find(({ enrollmentId }) => enrollmentId === id);
      return row ? [[key, `${row.status.code} ${row.studentNumber} ${row.name}`]] : [];
    }),
  );
};

const june = 'recordedAsOf=2026-06-30';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-as-of-'));
  await open('2026-06-10T08:00:00+08:00');
  Object.assign(
    ids,
    await made('/v1/programs', { code: '530701', name: { zh: '电商', en: 'E-commerce' }, level: 'junior-college' }),
  );
  await enrolled(1);
  await enrolled(2);
  await ledger.close();

  await open('2026-07-05T08:00:00+08:00');
  await made(`/v1/enrollments/${ids['e1']}/suspend`, {
    ground: 'illness',
    until: '2027-03-01',
    effectiveAt: '2026-06-20',
    reason: { code: 'hospital', text: '住院' },
  });
  await granted(`/v1/enrollments/${ids['e2']}`, 'request-correction', {
    target: '1',
    field: 'studentNumber',
    value: 'S7',
    evidence: ['1'],
  });
  await granted(`/v1/learners/${ids['l2']}`, 'request-identity-correction', {
    identity: { name: '学生二', idType: 'other', idNumber: 'N200000' },
    evidence: ['1'],
  });
  await enrolled(3);
  await settled();
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

describe('the register of 30 June', () => {
  it('is refused until somebody asks for it, and says where', async () => {
    const answer = await (await as()).get(`/v1/enrollments?${june}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([409, '/v1/as-of']);
    expect(answer.body).toMatchObject({
      code: 'AS_OF_NOT_BUILT',
      facts: { ask: '/v1/as-of', views: ['enrollment-register'], recordedAsOf: '2026-06-30T15:59:59.999Z' },
    });
  });

  it('holds what was recorded by then, and about an earlier day what was effective by then', async () => {
    expect(await built({ report: 'enrollment', recordedAsOf: '2026-06-30' })).toMatchObject({
      isNew: true,
      dropped: [],
      views: ['enrollment-register'],
      recordedAsOf: '2026-06-30T15:59:59.999Z',
      effectiveAsOf: null,
      askedBy: 'registrar-1',
      progress: { permille: 1000 },
    });
    await built({ report: 'enrollment', effectiveAsOf: '2026-06-30' });
    await built({ report: 'enrollment', recordedAsOf: '2026-06-30', effectiveAsOf: '2026-06-30' });
    expect(await register(june)).toEqual({ e1: 'registered S1 学生1', e2: 'registered S2 学生2' });
    expect(await register('effectiveAsOf=2026-06-30')).toEqual({
      e1: 'suspended S1 学生1',
      e2: 'registered S7 学生二',
      e3: 'registered S3 学生3',
    });
    expect(await register(`${june}&effectiveAsOf=2026-06-30`)).toEqual({ e1: 'registered S1 学生1', e2: 'registered S2 学生2' });
    expect(await register('')).toEqual(await register('effectiveAsOf=2026-06-30'));
  });

  it('says of which moment it is, page by page', async () => {
    const registrar = await as();
    const first = await registrar.get(`/v1/enrollments?${june}&limit=1`);
    expect(first.body).toMatchObject({ total: 2, asOf: { recordedAsOf: '2026-06-30T15:59:59.999Z', build: expect.any(String) } });
    const second = await registrar.get(`/v1/enrollments?${june}&limit=1&cursor=${first.body.next}`);
    expect([second.body.items.length, second.body.next]).toEqual([1, null]);
    expect(first.headers.get('ledger-position')).toBe(second.headers.get('ledger-position'));
  });

  it('leaves as a sheet, and is counted', async () => {
    const registrar = await as();
    const sheet = await registrar.get(`/v1/exports/register?${june}&lang=en`);
    expect(sheet.headers.get('content-disposition')).toContain('register-full-2026-06-30.csv');
    const [header, ...rows] = (await all(readCsv(inChunks(Buffer.from(sheet.body))))).map(({ cells }) => cells);
    const column = (name: string): readonly (string | undefined)[] => rows.map((cells) => cells[header!.indexOf(name)]);
    expect([column('student number'), column('name')]).toEqual([
      ['S1', 'S2'],
      ['学生1', '学生2'],
    ]);
    const { body } = await registrar.get(`/v1/reports/counts?${june}`);
    expect(body).toMatchObject({ enrollments: [{ status: { code: 'registered' }, count: 2 }], events: null });
    expect((await registrar.get(`/v1/exports/transcripts?${june}`)).body.code).toBe('AS_OF_NOT_BUILT');
    // Entered in July, a student since March.
    const effective = await registrar.get('/v1/exports/register?effectiveAsOf=2026-06-30&lang=en');
    expect(effective.body).toContain('学生3');
    expect(effective.body).toContain('S7');
  });

  it('tells what changed since, and by which events', async () => {
    const now = await built({ views: ['enrollment-register'] });
    const { body } = await (await as()).get(`/v1/as-of/compare?view=enrollment-register&from=2026-06-30&to=${now.buildId}`);
    expect(body).toMatchObject({ counts: { added: 1, removed: 0, changed: 2 }, total: 3, next: null });
    const of = (key: string): Answer['body'] => body.items.find((item: { key: string }) => item.key === ids[key]);
    expect(of('e1')).toMatchObject({
      kind: { code: 'changed' },
      name: '学生1',
      changes: expect.arrayContaining([
        { field: 'status', old: 'registered', new: 'suspended' },
        { field: 'suspensionUntil', old: null, new: '2027-03-01' },
      ]),
      events: [
        {
          type: 'StudySuspended',
          actor: { personId: 'registrar-1' },
          reasonCode: 'hospital',
          effectiveAt: '2026-06-19T16:00:00.000Z',
        },
      ],
    });
    expect(of('e2')).toMatchObject({
      changes: [
        { field: 'studentNumber', old: 'S2', new: 'S7' },
        { field: 'identity', old: '学生2', new: '学生二' },
      ],
      events: [{ type: 'EnrollmentCorrected' }, { type: 'IdentityCorrected' }],
    });
    expect(of('e3')).toMatchObject({
      kind: { code: 'added' },
      events: [{ type: 'LearnerAdmitted' }, { type: 'StudentRegistered' }],
    });
    expect(JSON.stringify(body)).not.toContain('住院');

    const back = await (
      await as()
    ).get(`/v1/as-of/compare?view=enrollment-register&from=${now.buildId}&to=2026-06-30&kind=removed`);
    expect(back.body).toMatchObject({ total: 1, items: [{ key: ids['e3'], kind: { code: 'removed' } }] });
  });

  it('tells what was known of another day only later', async () => {
    const { body } = await (
      await as()
    ).get(`/v1/as-of/compare?view=enrollment-register&from=2026-06-30&to=2026-06-30&effectiveAsOf=2026-06-30`);
    expect(body.total).toBe(0);
  });

  it('stays over a restart', async () => {
    await ledger.close();
    await open('2026-07-06T08:00:00+08:00');
    expect(await register(june)).toEqual({ e1: 'registered S1 学生1', e2: 'registered S2 学生2' });
  });
});

describe('moments of the past', () => {
  it('are an institution’s own', async () => {
    const stranger = await as({ institution: 'academy' });
    const { items } = (await (await as()).get('/v1/as-of')).body;
    expect(items.length).toBeGreaterThan(2);
    expect((await stranger.get('/v1/as-of')).body.items).toEqual([]);
    const [{ buildId }] = items;
    expect((await stranger.get(`/v1/as-of/${buildId}`)).status).toBe(404);
    expect((await stranger.delete(`/v1/as-of/${buildId}`)).status).toBe(404);
    expect((await stranger.get(`/v1/enrollments?${june}`)).body.code).toBe('AS_OF_NOT_BUILT');
    await built({ report: 'enrollment', recordedAsOf: '2026-06-30T15:59:59.999Z' }, stranger);
    expect((await stranger.get(`/v1/enrollments?recordedAsOf=2026-06-30T15:59:59.999Z`)).body.total).toBe(0);
  });

  it('are built by administrators, who read figures and no person', async () => {
    const administrator = await as({ role: 'administrator' });
    await built({ report: 'enrollment', recordedAsOf: '2026-06-30' }, administrator);
    expect((await administrator.get(`/v1/reports/counts?${june}`)).status).toBe(200);
    expect((await administrator.get(`/v1/enrollments?${june}`)).status).toBe(403);
    expect((await administrator.get('/v1/as-of/compare')).status).toBe(403);
    const enterprise = await as({ role: 'enterprise', org: 'x' });
    expect((await enterprise.get(`/v1/tasks?${june}`)).body.code).toBe('ROLE_NOT_ALLOWED');
    expect((await enterprise.get('/v1/tasks')).status).toBe(200);
  });

  it('are read on record', async () => {
    const auditor = await as({ role: 'auditor' });
    await auditor.get(`/v1/enrollments?${june}`);
    await auditor.get('/v1/as-of/compare?view=enrollment-register&from=2026-06-30&to=2026-06-30');
    const log = (await auditor.get('/v1/events?types=RecordRead')).body as string;
    const reads = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data);
    const right = 'institution';
    expect(reads).toContainEqual({ route: 'listEnrollments', query: { recordedAsOf: '2026-06-30' }, subjects: 2, right });
    expect(reads).toContainEqual({
      right,
      route: 'compareAsOf',
      query: { view: 'enrollment-register', from: '2026-06-30', to: '2026-06-30' },
      subjects: 0,
    });
  });

  it('are refused for what has no past, and for days that are not over', async () => {
    const registrar = await as();
    const asked = async (body: object): Promise<unknown> => {
      const answer = await registrar.post('/v1/as-of', body);
      return [answer.status, answer.body.code];
    };
    expect(await asked({ views: ['ledger-stats'] })).toEqual([422, 'VIEW_HAS_NO_PAST']);
    expect(await asked({ views: ['directory'] })).toEqual([422, 'VIEW_HAS_NO_PAST']);
    expect(await asked({ views: ['nothing'] })).toEqual([404, 'VIEW_UNKNOWN']);
    expect(await asked({ recordedAsOf: '2026-07-06' })).toEqual([422, 'AS_OF_NOT_OVER']);
    expect(await asked({ report: 'everything' })).toEqual([422, 'VALIDATION_FAILED']);
    const compare = '/v1/as-of/compare?view=enrollment-register&from=2026-06-30';
    expect((await registrar.get(`${compare}&to=nonsense`)).status).toBe(422);
    expect((await registrar.get(`${compare}&to=2026-06-29`)).body).toMatchObject({
      code: 'AS_OF_NOT_BUILT',
      facts: { views: ['enrollment-register'], recordedAsOf: '2026-06-29T15:59:59.999Z' },
    });
  });

  it('are thrown away by hand, or for newer ones', async () => {
    const registrar = await as();
    const before = (await registrar.get('/v1/as-of')).body.items.map(({ buildId }: { buildId: string }) => buildId);
    const buildId = (await registrar.get(`/v1/enrollments?${june}&effectiveAsOf=2026-06-30`)).body.asOf.build;
    expect((await registrar.delete(`/v1/as-of/${buildId}`)).body).toEqual({ buildId, dropped: true });
    expect((await registrar.delete(`/v1/as-of/${buildId}`)).status).toBe(404);
    const dropped: string[] = [];
    for (const day of ['2026-06-25', '2026-06-26', '2026-06-27', '2026-06-28'])
      dropped.push(...(await built({ report: 'enrollment', recordedAsOf: day })).dropped);
    expect(dropped.length).toBeGreaterThan(0);
    expect(before).toEqual(expect.arrayContaining(dropped));
    expect((await registrar.get('/v1/as-of')).body.items).toHaveLength(6);
  });

  it('hold transcripts, contracts and what was due', async () => {
    const registrar = await as();
    for (const report of ['transcript', 'apprentice', 'tasks']) await built({ report, recordedAsOf: '2026-06-30' });
    for (const path of ['/v1/attempts', '/v1/contracts', '/v1/tasks', '/v1/tasks/counts', '/v1/exports/transcripts'])
      expect([path, (await registrar.get(`${path}?${june}`)).status]).toEqual([path, 200]);
    const rechecks = (await registrar.get(`/v1/tasks?${june}&kinds=recheck&horizonDays=365`)).body;
    expect(rechecks.total).toBe(2);
  });
});
