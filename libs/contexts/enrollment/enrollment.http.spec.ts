import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDesk, type Answer, type Desk } from '../../../test/support/desk.ts';
import { CurriculumModule } from '../curriculum/curriculum.module.ts';
import { EnrollmentModule } from './enrollment.module.ts';

let desk: Desk;
let programId: string;
beforeAll(async () => {
  desk = await openDesk([EnrollmentModule, CurriculumModule]);
  const program = {
    code: '530701',
    name: { zh: '电子商务', en: 'E-commerce' },
    level: 'junior-college',
    lengthOfStudyMonths: 36,
  };
  ({ programId } = (await desk.post('/v1/programs', program)).body);
});
afterAll(() => desk.server.app.close());

let people = 0;
const identity = (): { name: string; idType: string; idNumber: string } => ({
  name: '李小雨',
  idType: 'other',
  idNumber: `PERSON${(people += 1)}`,
});
const identified = async (): Promise<string> => (await desk.post('/v1/learners', { identity: identity() })).body.learnerId;
const admitted = async (): Promise<string> => {
  const body = { learnerId: await identified(), programId, entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
  return (await desk.post('/v1/enrollments', body)).body.enrollmentId;
};
let numbers = 0;
const registered = async (): Promise<string> => {
  const enrollmentId = await admitted();
  await desk.post(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: `N${(numbers += 1)}`, effectiveAt: '2026-09-02' });
  return enrollmentId;
};
const fieldsOf = ({ body }: Answer): readonly string[] =>
  body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`);

describe('who somebody is', () => {
  const identify = (over: object): Promise<Answer> =>
    desk.post('/v1/learners', { identity: { name: '李小雨', idNumber: '11010519491231002X', ...over } });

  it('is checked against the id number, and every flaw is named in both languages', async () => {
    expect(fieldsOf(await identify({ idNumber: '110105194912310021' }))).toEqual(['identity.idNumber ID_NUMBER']);
    expect(fieldsOf(await identify({ sex: 'male' }))).toEqual(['identity.sex SEX_DISAGREES']);
    expect(fieldsOf(await identify({ birthDate: '1950-01-01' }))).toEqual(['identity.birthDate BIRTH_DATE_DISAGREES']);
    expect(fieldsOf(await identify({ name: ' ', ethnicGroup: '99', politicalStatus: 1 })).toSorted()).toEqual([
      'identity.ethnicGroup ONE_OF',
      'identity.name TEXT',
      'identity.politicalStatus ONE_OF',
    ]);
    const answer = await desk.post(
      '/v1/learners',
      { identity: { idNumber: 5 }, contact: [], nickname: '雨' },
      { 'accept-language': 'zh' },
    );
    expect(answer).toMatchObject({ status: 422, body: { code: 'VALIDATION_FAILED', title: '内容不合要求' } });
    expect(fieldsOf(answer).toSorted()).toEqual([
      'contact OBJECT',
      'identity.idNumber ID_NUMBER',
      'identity.idNumber SHAPE',
      'identity.name REQUIRED',
      'nickname UNKNOWN_FIELD',
    ]);
    for (const { zh, en } of answer.body.errors) expect([zh, en].every((words) => words.length > 3)).toBe(true);
  });

  it('never comes back in an error', async () => {
    const answer = await identify({ idNumber: 'SECRET-NUMBER-1', name: '\u0001秘密' });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).not.toMatch(/SECRET|秘密/);
    expect(desk.log.join('')).not.toMatch(/SECRET|秘密|李小雨/);
  });

  it('takes from a resident id what was left out, and a temporary number as it is', async () => {
    expect((await identify({})).status).toBe(201);
    expect((await identify({ idNumber: '999000012' })).status).toBe(201);
    expect(await identify({ idNumber: '11010519491231002x' })).toMatchObject({ status: 409, body: { code: 'ID_NUMBER_TAKEN' } });
  });
});

describe('a command', () => {
  it('needs an Idempotency-Key, and takes effect once under it', async () => {
    const body = { identity: identity() };
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const [first, again] = [await desk.post('/v1/learners', body, headers), await desk.post('/v1/learners', body, headers)];
    expect(first).toMatchObject({ status: 201, body: { repeated: false, events: ['LearnerIdentified'] } });
    expect(again).toMatchObject({ status: 201, body: { ...first.body, repeated: true } });
    // The same words in another order are the same command.
    const { name, idType, idNumber } = body.identity;
    expect((await desk.post('/v1/learners', { identity: { idNumber, idType, name } }, headers)).body.repeated).toBe(true);
    expect(await desk.post('/v1/learners', { identity: identity() }, headers)).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    // Another person's key is another key.
    const second = await desk.as({ sub: 'registrar-2' });
    expect((await second.post('/v1/learners', { identity: identity() }, headers)).body.repeated).toBe(false);
    const missing = await desk.post('/v1/learners', body, { 'idempotency-key': '' });
    expect(missing).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_KEY_INVALID' } });
    expect(await desk.post('/v1/learners', body, { 'idempotency-key': '短短短短短短短短' })).toMatchObject({ status: 400 });
  });

  it('is refused in the words of whoever asks, with the facts', async () => {
    const enrollmentId = await admitted();
    const path = `/v1/enrollments/${enrollmentId}/suspend`;
    const body = { ground: 'illness', until: '2027-09-01' };
    const [zh, en, other] = [
      await desk.post(path, body, { 'accept-language': 'zh-Hans-CN' }),
      await desk.post(path, body, { 'accept-language': 'en-GB,zh;q=0.3' }),
      await desk.post(path, body, { 'accept-language': 'fr' }),
    ];
    expect(zh.body).toMatchObject({
      status: 409,
      code: 'ENROLLMENT_NOT_ACTIVE',
      detail: '须为在籍（已注册），现为“已录取”。',
      facts: { status: 'admitted' },
    });
    expect(en.body.detail).toBe('The enrollment must be registered; it is admitted.');
    expect(other.headers['content-language']).toBe('zh');
    expect(zh.headers['content-type']).toContain('application/problem+json');
    expect(zh.body).toMatchObject({
      type: 'urn:ledger:problem:ENROLLMENT_NOT_ACTIVE',
      instance: path,
      correlationId: zh.headers['x-correlation-id'],
    });
  });

  it('says when: an instant, or a day for its start in the institution’s zone; never in the future', async () => {
    const enrollmentId = await registered();
    const suspend = (effectiveAt: unknown): Promise<Answer> =>
      desk.post(`/v1/enrollments/${enrollmentId}/suspend`, { ground: 'illness', until: '2027-09-01', effectiveAt });
    expect(await suspend('2026-10-02')).toMatchObject({
      status: 422,
      body: { code: 'EFFECTIVE_IN_FUTURE', facts: { effectiveAt: '2026-10-01T16:00:00.000Z' } },
    });
    for (const bad of ['2026-02-30', '2026-09-10T08:00', 'yesterday', 20260910])
      expect(fieldsOf(await suspend(bad))).toEqual(['effectiveAt MOMENT']);
    expect(await suspend('2026-08-01')).toMatchObject({ status: 409, body: { code: 'EFFECTIVE_BEFORE_LAST_CHANGE' } });
    expect((await suspend('2026-09-10T08:00:00+08:00')).status).toBe(200);
    const { events } = await desk.parts.store.readAll(0n, { types: ['StudySuspended'] });
    expect(JSON.parse(events.at(-1)!.json)).toMatchObject({
      effectiveAt: '2026-09-10T00:00:00.000Z',
      actor: { personId: 'registrar-1', role: 'registrar' },
    });
  });

  it('carries on its correlation, and answers where it stands', async () => {
    const correlation = '2f1f4d3e-8a37-4a0e-9a53-1d1f6c1b2a90';
    const answer = await desk.post('/v1/learners', { identity: identity() }, { 'x-correlation-id': correlation });
    expect(answer.headers).toMatchObject({
      etag: '"0"',
      'ledger-position': answer.body.position,
      'x-correlation-id': correlation,
      location: `/v1/learners/${answer.body.learnerId}`,
    });
    const [stored] = await desk.parts.store.readStream(`learner-${answer.body.learnerId}`);
    expect(JSON.parse(stored!.json).correlationId).toBe(correlation);
    // What could be a person's number is not taken.
    const other = await desk.post('/v1/learners', { identity: identity() }, { 'x-correlation-id': '110105194912310021' });
    expect(other.headers['x-correlation-id']).not.toBe('110105194912310021');
    const trace = await desk.post(
      '/v1/learners',
      { identity: identity() },
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    );
    expect(trace.headers['x-correlation-id']).toBe('0af7651916cd43dd8448eb211c80319c');
  });

  it('is told about an id that no record has as about one that is somebody else’s', async () => {
    const academy = await desk.as({ institution: 'academy' });
    const enrollmentId = await registered();
    const body = { ground: 'own-application' };
    const [stranger, nowhere, odd] = [
      await academy.post(`/v1/enrollments/${enrollmentId}/withdraw`, body),
      await desk.post('/v1/enrollments/0000/withdraw', body),
      await desk.post('/v1/enrollments/..%2F..%2Fx/withdraw', body),
    ];
    for (const answer of [stranger, nowhere, odd]) expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('four eyes', () => {
  it('needs a second person, who names what she read', async () => {
    const enrollmentId = await admitted();
    const asked = await desk.post(`/v1/enrollments/${enrollmentId}/request-admission-annulment`, {
      evidence: ['file 1'],
      reason: { code: 'error' },
    });
    expect(asked).toMatchObject({ status: 200, body: { events: ['ApprovalRequested'] } });
    const { requestId, digest } = asked.body;
    const grant = { requestId, digest };
    const path = `/v1/enrollments/${enrollmentId}/grant-approval`;
    expect(await desk.post(path, grant)).toMatchObject({ status: 403, body: { code: 'SAME_PERSON' } });
    const second = await desk.as({ sub: 'registrar-2' });
    expect(await second.post(path, { ...grant, digest: 'x'.repeat(32) })).toMatchObject({
      status: 409,
      body: { code: 'REQUEST_DIGEST_DIFFERS' },
    });
    expect(await second.post(path, grant)).toMatchObject({
      status: 200,
      body: { events: ['ApprovalGranted', 'AdmissionAnnulled'] },
    });
    expect(await second.post(path, grant)).toMatchObject({ status: 200, body: { events: [] } });
  });

  it('corrects an identity, old and new sealed, and moves the claim on the number', async () => {
    const before = identity();
    const { learnerId } = (await desk.post('/v1/learners', { identity: before })).body;
    const after = { ...before, name: '李晓雨', idNumber: `${before.idNumber}B` };
    const path = `/v1/learners/${learnerId}`;
    const { requestId, digest } = (await desk.post(`${path}/request-identity-correction`, { identity: after })).body;
    expect(await desk.post(`${path}/request-identity-correction`, { identity: before })).toMatchObject({
      status: 409,
      body: { code: 'NOTHING_TO_CORRECT' },
    });
    const second = await desk.as({ sub: 'registrar-2' });
    expect(await second.post(`${path}/grant-approval`, { requestId, digest })).toMatchObject({ status: 200 });
    expect((await desk.post('/v1/learners', { identity: before })).status).toBe(201);
    expect(await desk.post('/v1/learners', { identity: after })).toMatchObject({
      status: 409,
      body: { code: 'ID_NUMBER_TAKEN' },
    });
    const { events } = await desk.parts.store.readAll(0n);
    const said = events.map(({ json }) => json).join('');
    expect(said).not.toMatch(/李小雨|李晓雨|PERSON\d/);
    const corrected = events.find(({ type }) => type === 'IdentityCorrected')!;
    expect(desk.parts.codec.decodeOpen(corrected).data).toMatchObject({
      change: { old: { name: '李小雨' }, new: { name: '李晓雨' } },
    });
  });

  it('tells the erasing process once an erasure is granted', async () => {
    let told = 0;
    const own = await openDesk([EnrollmentModule], { parts: { erased: async () => void (told += 1) } });
    const { learnerId } = (await own.post('/v1/learners', { identity: identity(), contact: { phone: '13800000000' } })).body;
    const body = { purposes: ['contact'], legalBasis: 'PIPL 47' };
    expect(fieldsOf(await own.post(`/v1/learners/${learnerId}/request-erasure`, { ...body, purposes: [] }))).toEqual([
      'purposes REQUIRED',
    ]);
    expect(fieldsOf(await own.post(`/v1/learners/${learnerId}/request-erasure`, { ...body, purposes: ['photo'] }))).toEqual([
      'purposes LIST',
    ]);
    const { requestId, digest } = (await own.post(`/v1/learners/${learnerId}/request-erasure`, body)).body;
    await (await own.as({ sub: 'registrar-2' })).post(`/v1/learners/${learnerId}/grant-approval`, { requestId, digest });
    expect(told).toBe(1);
    await own.server.app.close();
  });
});

describe('a class', () => {
  it('is formed once, pinned by a registration, and still takes a teacher after that', async () => {
    const formed = await desk.post('/v1/classes', { kind: 'administrative', name: '电商2601', programId });
    expect(formed.status).toBe(201);
    const { classId } = formed.body;
    expect(await desk.post('/v1/classes', { kind: 'administrative', name: '电商2601', programId })).toMatchObject({
      status: 200,
      body: { classId, events: [] },
    });
    expect(await desk.post('/v1/classes', { kind: 'teaching', name: '电商2601' })).toMatchObject({
      status: 409,
      body: { code: 'CLASS_EXISTS' },
    });
    const enrollmentId = await admitted();
    expect((await desk.post(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: 'C1', classId })).status).toBe(200);
    // The enrollment pinned another fold of the same stream: both must be remembered as what they are.
    expect(await desk.post(`/v1/classes/${classId}/assign-teacher`, { teacherId: 'teacher-1' })).toMatchObject({ status: 200 });
    expect((await desk.post(`/v1/enrollments/${await admitted()}/register`, { studentNumber: 'C2', classId })).status).toBe(200);
    expect(await desk.post(`/v1/classes/${classId}/change-roster`, { add: [enrollmentId] })).toMatchObject({
      status: 409,
      body: { code: 'CLASS_NOT_TEACHING' },
    });
  });

  it('takes nobody on its roster whom the institution does not know', async () => {
    const { classId } = (
      await desk.post('/v1/classes', { kind: 'teaching', name: '网络营销', course: 'EC101@1', term: '2026-2027-1' })
    ).body;
    const path = `/v1/classes/${classId}/change-roster`;
    expect(await desk.post(path, { add: ['nobody'] })).toMatchObject({ status: 404, body: { code: 'ENROLLMENT_UNKNOWN' } });
    expect(await desk.post(path, { add: [await registered()] })).toMatchObject({
      status: 200,
      body: { events: ['RosterChanged'] },
    });
    expect(await desk.post('/v1/classes', { kind: 'teaching', name: '无此专业', programId: 'nowhere' })).toMatchObject({
      status: 409,
      body: { code: 'PROGRAM_UNKNOWN' },
    });
  });
});
