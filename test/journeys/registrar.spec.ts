import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { personOf, type Answer, type Person } from './client.ts';

/** A student's way through the house, over HTTP and on disk. */
describe('a registrar walks a student through her status', () => {
  let folder: string;
  let ledger: Ledger;
  let registrar: Person;
  let second: Person;

  const start = async (clock: string): Promise<void> => {
    ledger = await startLedger({ env: { LEDGER_DATA: folder, PORT: '0', LEDGER_CLOCK: clock }, quiet: true });
    registrar = await personOf(ledger, { role: 'registrar' });
    second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-registrar-'));
    await start('2026-11-22T08:00:00+08:00');
  });
  afterAll(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  const done = (answer: Answer, ...events: string[]): Answer => {
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200, body: { events } });
    return answer;
  };

  const identity = { name: '李小雨', idNumber: '11010519491231002X' };
  let learnerId: string;
  let enrollmentId: string;
  let ecommerce: string;
  let logistics: string;

  it('publishes what an admission rests on', async () => {
    const program = (code: string, zh: string, en: string): Promise<Answer> =>
      registrar.post('/v1/programs', { code, name: { zh, en }, level: 'junior-college', lengthOfStudyMonths: 36 });
    const first = await program('530701', '电子商务', 'E-commerce');
    expect(first).toMatchObject({ status: 201, body: { events: ['ProgramPublished'] } });
    ecommerce = first.body.programId;
    logistics = (await program('530802', '现代物流管理', 'Logistics')).body.programId;
    expect((await program('530701', '电子商务', 'E-commerce')).status).toBe(200);
  });

  it('identifies and admits her', async () => {
    const identified = await registrar.post('/v1/learners', { identity, contact: { phone: '13800000000' } });
    expect(identified).toMatchObject({ status: 201, body: { events: ['LearnerIdentified'], revision: '0' } });
    learnerId = identified.body.learnerId;
    expect(identified.headers.get('location')).toBe(`/v1/learners/${learnerId}`);

    const again = await registrar.post('/v1/learners', { identity });
    expect(again).toMatchObject({ status: 409, body: { code: 'ID_NUMBER_TAKEN' } });

    const admitted = await registrar.post('/v1/enrollments', {
      learnerId,
      programId: ecommerce,
      entryDate: '2026-09-01',
      effectiveAt: '2026-09-01',
    });
    expect(admitted).toMatchObject({ status: 201, body: { events: ['LearnerAdmitted'] } });
    enrollmentId = admitted.body.enrollmentId;
  });

  const act = (name: string, body: object, headers?: Record<string, string>): Promise<Answer> =>
    registrar.post(`/v1/enrollments/${enrollmentId}/${name}`, body, headers);

  it('registers, suspends, resumes, changes the major', async () => {
    done(await act('register', { studentNumber: '2026010101', effectiveAt: '2026-09-02' }), 'StudentRegistered');
    done(await act('suspend', { ground: 'illness', until: '2099-09-01', effectiveAt: '2026-09-20' }), 'StudySuspended');
    expect(await act('change-major', { programId: logistics })).toMatchObject({
      status: 409,
      body: { code: 'ENROLLMENT_NOT_ACTIVE', facts: { status: 'suspended' } },
    });
    done(await act('resume', { appliedOn: '2026-10-01', reviewPassed: true, effectiveAt: '2026-10-02' }), 'StudyResumed');
    done(await act('change-major', { programId: logistics, effectiveAt: '2026-10-08' }), 'MajorChanged');
  });

  it('is told in her language why not', async () => {
    const zh = await act(
      'resume',
      { appliedOn: '2026-10-01', reviewPassed: true },
      { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' },
    );
    expect(zh.headers.get('content-type')).toContain('application/problem+json');
    expect(zh.body).toMatchObject({ status: 409, code: 'ENROLLMENT_NOT_SUSPENDED', detail: '须为休学或保留学籍，现为“在籍”。' });
    const en = await act('resume', { appliedOn: '2026-10-01', reviewPassed: true });
    expect(en.body.detail).toBe('The enrollment must be suspended; it is registered.');
  });

  it('withdraws, and a second registrar reverts it', async () => {
    done(
      await act('withdraw', {
        ground: 'own-application',
        effectiveAt: '2026-10-20',
        reason: { code: 'own-application', text: '回家创业' },
      }),
      'StudentWithdrawn',
    );
    const requested = done(await act('request-withdrawal-reversal', { reason: { code: 'error' } }), 'ApprovalRequested');
    const { requestId, digest } = requested.body;
    expect(await act('grant-approval', { requestId, digest })).toMatchObject({ status: 403, body: { code: 'SAME_PERSON' } });
    const granted = await second.post(`/v1/enrollments/${enrollmentId}/grant-approval`, { requestId, digest });
    done(granted, 'ApprovalGranted', 'WithdrawalReverted');
    done(await act('change-major', { programId: ecommerce, effectiveAt: '2026-10-25' }), 'MajorChanged');
  });

  it('corrects what was said, with a second person', async () => {
    const { requestId, digest } = done(
      await act('request-correction', { target: '2', field: 'ground', value: 'family' }),
      'ApprovalRequested',
    ).body;
    done(
      await second.post(`/v1/enrollments/${enrollmentId}/grant-approval`, { requestId, digest }),
      'ApprovalGranted',
      'EnrollmentCorrected',
    );

    const corrected = { ...identity, name: '李晓雨' };
    const asked = done(
      await registrar.post(`/v1/learners/${learnerId}/request-identity-correction`, { identity: corrected }),
      'ApprovalRequested',
    ).body;
    const answer = await second.post(`/v1/learners/${learnerId}/grant-approval`, {
      requestId: asked.requestId,
      digest: asked.digest,
    });
    expect(done(answer, 'ApprovalGranted', 'IdentityCorrected').body).toMatchObject({ learnerId, repeated: false });
  });

  it('finds every answer again after a restart', async () => {
    const headers = { 'idempotency-key': 'suspended-in-november' };
    const body = { ground: 'family', until: '2099-01-01', effectiveAt: '2026-11-01' };
    const first = done(await act('suspend', body, headers), 'StudySuspended');
    expect(first.headers.get('etag')).toBe(`"${first.body.revision}"`);
    await ledger.close();
    await start('2026-11-22T10:00:00+08:00');
    const again = await act('suspend', body, headers);
    expect(again.body).toEqual({ ...first.body, repeated: true });
    expect(await act('suspend', { ...body, until: '2098-01-01' }, headers)).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('acts on the revision that she saw, or not at all', async () => {
    const body = { appliedOn: '2026-11-02', reviewPassed: true };
    expect(await act('resume', body, { 'if-match': '"0"' })).toMatchObject({ status: 412, body: { code: 'REVISION_CHANGED' } });
    expect(await act('resume', body, { 'if-match': '0' })).toMatchObject({ status: 400, body: { code: 'IF_MATCH_INVALID' } });
    const { actual } = (await act('resume', body, { 'if-match': '"0"' })).body.facts;
    done(await act('resume', body, { 'if-match': `"${actual}"` }), 'StudyResumed');
  });

  it('reads her own write when she waits for it', async () => {
    const written = await act('record-annual-registration', { academicYear: '2026-2027' });
    expect(written).toMatchObject({ status: 409, body: { code: 'ACADEMIC_YEAR_UNKNOWN' } });
    const resumed = await registrar.get('/v1/enrollments?status=registered');
    const position = resumed.headers.get('ledger-position')!;
    const suspended = done(await act('suspend', { ground: 'illness', until: '2099-01-01' }), 'StudySuspended');
    expect(BigInt(suspended.headers.get('ledger-position')!)).toBeGreaterThan(BigInt(position) - 1n);
    const headers = { 'ledger-wait-for': suspended.headers.get('ledger-position')! };
    const list = await registrar.get('/v1/enrollments?status=suspended', headers);
    expect(list.body).toMatchObject({
      total: 1,
      items: [{ enrollmentId, name: '李晓雨', status: { code: 'suspended', zh: '休学或保留学籍' } }],
    });
    expect(await registrar.get('/v1/enrollments', { 'ledger-wait-for': 'soon' })).toMatchObject({
      status: 400,
      body: { code: 'WAIT_FOR_INVALID' },
    });
    const never = await registrar.get(`/v1/enrollments/${enrollmentId}`, { 'ledger-wait-for': '999999' });
    expect(never).toMatchObject({ status: 503, body: { code: 'VIEW_BEHIND', facts: { wanted: '999999' } } });
    expect(never.headers.get('retry-after')).toBe('1');
  });

  it('reads what was true on a day', async () => {
    const on = async (day: string): Promise<unknown> =>
      (await registrar.get(`/v1/enrollments/${enrollmentId}?effectiveAsOf=${day}`)).body;
    expect(await on('2026-08-31')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await on('2026-09-01')).toMatchObject({ status: { code: 'admitted' }, studentNumber: null });
    expect(await on('2026-09-10')).toMatchObject({ status: { code: 'registered' }, studentNumber: '2026010101' });
    // The ground was corrected later: history reads as if it had always said so.
    expect(await on('2026-09-25')).toMatchObject({ status: { code: 'suspended' }, suspension: { ground: { code: 'family' } } });
    expect(await on('2026-10-10')).toMatchObject({ status: { code: 'registered' }, program: { code: '530802' } });
    // The withdrawal was reverted: it never took effect.
    expect(await on('2026-10-21')).toMatchObject({ status: { code: 'registered' } });
    expect(await on('2026-02-30')).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'effectiveAsOf', code: 'MOMENT' }],
    });
  });

  it('reads what was believed before it was corrected', async () => {
    const { items } = (await registrar.get(`/v1/learners/${learnerId}/timeline?kinds=fact&sort=recorded`)).body;
    const at = (type: string): string => items.find((item: { type: string }) => item.type === type).recordedAt;
    const believed = new Date(Date.parse(at('StudentWithdrawn'))).toISOString();
    const then = await registrar.get(`/v1/learners/${learnerId}?recordedAsOf=${believed}`);
    expect(then.body).toMatchObject({
      identity: { name: '李小雨' },
      enrollments: [{ status: { code: 'withdrawn' }, endedAt: '2026-10-19T16:00:00.000Z' }],
    });
    const now = await registrar.get(`/v1/learners/${learnerId}`);
    expect(now.body).toMatchObject({
      identity: { name: '李晓雨' },
      contact: { phone: '13800000000' },
      enrollments: [{ status: { code: 'suspended' } }],
    });
    expect(now.headers.get('etag')).toBe(`"${now.body.revision}"`);
  });

  it('sees who said what, when and why, and on whose approval', async () => {
    const timeline = (await registrar.get(`/v1/learners/${learnerId}/timeline`)).body;
    const reverted = timeline.items.find((item: { type: string }) => item.type === 'WithdrawalReverted');
    expect(reverted).toMatchObject({
      title: { zh: '撤销退学' },
      actor: { personId: 'registrar-2', role: 'registrar' },
      approval: { requestedBy: 'registrar-1', settledBy: 'registrar-2', outcome: 'granted' },
    });
    const withdrawn = timeline.items.find((item: { type: string }) => item.type === 'StudentWithdrawn');
    expect(withdrawn.reason).toEqual({ code: 'own-application', text: '回家创业' });
    const renamed = timeline.items.find((item: { type: string }) => item.type === 'IdentityCorrected');
    expect(renamed.data.change).toMatchObject({ old: { name: '李小雨' }, new: { name: '李晓雨' } });
    const corrected = timeline.items.find((item: { type: string }) => item.type === 'EnrollmentCorrected');
    expect(corrected.changes).toEqual([{ field: 'ground', old: 'illness', new: 'family' }]);
  });

  it('finds her by name, and by number', async () => {
    for (const text of ['晓雨', '2026010101', '1101051949']) {
      const found = await registrar.post('/v1/learners/search', { text });
      expect(found).toMatchObject({ status: 200, body: { total: 1, items: [{ learnerId }] } });
    }
    expect((await registrar.post('/v1/learners/search', { text: '小雨' })).body.total).toBe(0);
  });

  it('gives out the log as JSON lines, sealed or open', async () => {
    const sealed = await registrar.get('/v1/events?types=LearnerIdentified,StudySuspended');
    expect(sealed.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (sealed.body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({
      type: 'LearnerIdentified',
      stream: `learner-${learnerId}`,
      revision: '0',
      institutionId: 'college',
    });
    expect(lines[0].data.identity).toMatch(/^sealed\./);
    expect(lines.map((line) => typeof line.position + typeof line.recordedAt)).toEqual(lines.map(() => 'stringstring'));
    const [first] = ((await registrar.get('/v1/events?types=LearnerIdentified&open=true&limit=1')).body as string)
      .trim()
      .split('\n');
    expect(JSON.parse(first!).data.identity.name).toBe('李小雨');
  });

  it('erases her contact for good, with a second person', async () => {
    const body = { purposes: ['contact'], legalBasis: 'PIPL art. 47' };
    const { requestId, digest } = done(
      await registrar.post(`/v1/learners/${learnerId}/request-erasure`, body),
      'ApprovalRequested',
    ).body;
    const pending = await registrar.get('/v1/approvals', { 'ledger-wait-for': String(await ledger.parts.store.head()) });
    expect(pending.body.items).toMatchObject([{ requestId, digest, act: 'ErasePersonalData', requestedBy: 'registrar-1' }]);
    done(
      await second.post(`/v1/learners/${learnerId}/grant-approval`, { requestId, digest }),
      'ApprovalGranted',
      'PersonalDataErased',
    );
    const { contact, identity: known, erased } = (await registrar.get(`/v1/learners/${learnerId}`)).body;
    expect({ contact, known, erased }).toMatchObject({ contact: 'erased', known: { name: '李晓雨' }, erased: ['contact'] });
    const refused = await registrar.post(`/v1/learners/${learnerId}/request-erasure`, { ...body, purposes: ['identity'] });
    expect(refused).toMatchObject({ status: 409, body: { code: 'RETENTION_APPLIES' } });
  });
});
