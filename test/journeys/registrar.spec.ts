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

  const start = async (): Promise<void> => {
    ledger = await startLedger({ env: { LEDGER_DATA: folder, PORT: '0' }, quiet: true });
    registrar = await personOf(ledger, { role: 'registrar' });
    second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-registrar-'));
    await start();
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
    await start();
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
});
