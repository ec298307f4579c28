import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDesk, type Answer, type Desk } from '../../../test/support/desk.ts';
import type { ContractEvent } from '../../events/catalog/apprenticeship.ts';
import { contractStream, evolveContract, initialContract } from '../../facts/contract.ts';
import { leg } from '../../kernel/plan.ts';
import { CurriculumModule } from '../curriculum/curriculum.module.ts';
import { EnrollmentModule } from '../enrollment/enrollment.module.ts';
import { FacultyModule } from '../faculty/faculty.module.ts';
import { PartnershipModule } from '../partnership/partnership.module.ts';
import { AssessmentModule } from './assessment.module.ts';

type Person = Pick<Desk, 'post' | 'get'>;

let desk: Desk;
const ids: Record<string, string> = {};
let li: Person;
let zhou: Person;
let qian: Person;

/** A contract whose plan names the course, and its mentor, as the apprenticeship context would have written it. */
async function contracted(contractId: string, learnerId: string, enrollmentId: string): Promise<void> {
  const data = {
    learnerId,
    enrollmentId,
    organizationId: ids['organizationId']!,
    selectionId: 's1',
    guardianNeeded: false,
    from: '2026-09-01',
    to: '2027-08-31',
    post: { zh: '学徒', en: 'Apprentice' },
    plan: { programId: ids['programId']!, version: 1, courseIds: [ids['courseId']!] },
    sections: [],
    termsDigest: 'x',
    texts: { salt: 's', sections: {} },
  };
  const events: readonly ContractEvent[] = [
    { type: 'ContractDrafted', data },
    { type: 'MentorAssigned', data: { side: 'enterprise', teacherId: ids['teacherId']! } },
    { type: 'ContractStarted', data: { startedOn: '2026-09-01' } },
  ];
  const writer = { initial: initialContract, evolve: evolveContract, decide: () => events };
  await desk.parts.transactor.transact(
    {
      commandId: `contract${contractId}`,
      digest: 'digest',
      actor: { personId: 'registrar-1', role: 'registrar', organizationId: null },
      institutionId: 'college',
      zone: 'Asia/Shanghai',
      correlationId: 'c',
      causationId: 'c',
    },
    () => ({ own: leg(contractStream(contractId), writer, {}), subjectId: () => learnerId }),
  );
}

beforeAll(async () => {
  desk = await openDesk([EnrollmentModule, CurriculumModule, PartnershipModule, FacultyModule, AssessmentModule]);
  const made = async (path: string, body: object): Promise<void> => {
    const answer = await desk.post(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    Object.assign(ids, answer.body);
  };
  const name = { zh: '名称', en: 'Name' };
  const terms = [{ name: '2026-1', from: '2026-09-01', to: '2027-01-20' }];
  await made('/v1/programs', { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36 });
  await made('/v1/calendar', { years: [{ name: '2026-2027', from: '2026-08-20', to: '2027-08-19', terms }] });
  await made('/v1/courses', { code: 'EC101', name, credits: 400, hours: 64, nature: 'compulsory' });
  await made('/v1/schemes', (await desk.get('/v1/scheme-templates')).body.items[0]);
  await made('/v1/organizations', { creditCode: '91350100M000100Y43', name, kind: 'enterprise' });
  await made('/v1/teachers', {
    side: 'enterprise',
    organizationId: ids['organizationId'],
    staffNumber: 'E1',
    profile: { name: '周明' },
  });
  await made(`/v1/teachers/${ids['teacherId']}/link-account`, { personId: 'zhou' });
  await made('/v1/classes', { kind: 'teaching', name: '网店运营1班', course: 'EC101@1', term: '2026-1' });
  await made(`/v1/classes/${ids['classId']}/assign-teacher`, { teacherId: 'li' });
  li = await desk.as({ role: 'teacher', sub: 'li' });
  zhou = await desk.as({ role: 'mentor', sub: 'zhou', org: ids['organizationId']! });
  qian = await desk.as({ sub: 'qian' });
});
afterAll(() => desk.server.app.close());

let people = 0;
interface Student {
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly contractId: string;
}
async function student(): Promise<Student> {
  people += 1;
  const identity = { name: '李小雨', idType: 'other', idNumber: `PERSON${people}` };
  const { learnerId } = (await desk.post('/v1/learners', { identity })).body;
  const admission = { learnerId, programId: ids['programId'], entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
  const { enrollmentId } = (await desk.post('/v1/enrollments', admission)).body;
  await desk.post(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: `N${people}`, effectiveAt: '2026-09-02' });
  await desk.post(`/v1/classes/${ids['classId']}/change-roster`, { add: [enrollmentId] });
  const contractId = `k${people}`;
  await contracted(contractId, learnerId, enrollmentId);
  return { learnerId, enrollmentId, contractId };
}

const opening = ({ enrollmentId, contractId }: Student, more: object = {}): object => ({
  enrollmentId,
  courseId: ids['courseId'],
  kind: 'first',
  schemeId: ids['schemeId'],
  academicYear: '2026-2027',
  term: '2026-1',
  classId: ids['classId'],
  contractId,
  ...more,
});

async function marked(who: Student): Promise<string> {
  const { attemptId } = (await li.post('/v1/attempts', opening(who))).body;
  const score = (person: Person, component: string, points: number): Promise<Answer> =>
    person.post(`/v1/attempts/${attemptId}/score-component`, { component, score: points });
  for (const component of ['exam', 'practical-training', 'defense']) await score(li, component, 8000);
  for (const component of ['practical-training', 'defense']) await score(zhou, component, 9000);
  return attemptId;
}

async function published(who: Student): Promise<string> {
  const attemptId = await marked(who);
  await li.post(`/v1/attempts/${attemptId}/submit`, {});
  await qian.post(`/v1/attempts/${attemptId}/moderate`, {});
  await desk.post(`/v1/attempts/${attemptId}/publish`, {});
  return attemptId;
}

const told = ({ status, body }: Answer): readonly unknown[] => [status, body.code ?? body.events];

it('opens an attempt once, whoever asks again', async () => {
  const who = await student();
  const first = await li.post('/v1/attempts', opening(who));
  expect(first).toMatchObject({ status: 201, body: { events: ['AttemptOpened'], learnerId: who.learnerId } });
  expect(first.headers['location']).toBe(`/v1/attempts/${first.body.attemptId}`);
  expect(await desk.post('/v1/attempts', opening(who))).toMatchObject({
    status: 200,
    body: { attemptId: first.body.attemptId, events: [] },
  });
  expect(told(await desk.post('/v1/attempts', opening(who, { mode: 'online' })))).toEqual([409, 'ATTEMPT_EXISTS']);
});

it('is opened by a teacher in classes that are hers alone', async () => {
  const who = await student();
  const wu = await desk.as({ role: 'teacher', sub: 'wu' });
  expect(told(await wu.post('/v1/attempts', opening(who)))).toEqual([404, 'NOT_FOUND']);
  expect(told(await li.post('/v1/attempts', opening(who, { classId: null })))).toEqual([404, 'NOT_FOUND']);
  expect(told(await zhou.post('/v1/attempts', opening(who)))).toEqual([403, 'ROLE_NOT_ALLOWED']);
  const academy = await desk.as({ institution: 'academy' });
  expect(told(await academy.post('/v1/attempts', opening(who)))).toEqual([404, 'ENROLLMENT_UNKNOWN']);
});

it('names what an opening needs', async () => {
  const bad = await desk.post('/v1/attempts', { kind: 'second', term: '', mode: 'by post' });
  expect(bad.body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`).toSorted()).toEqual([
    'academicYear REQUIRED',
    'courseId REQUIRED',
    'enrollmentId REQUIRED',
    'kind ONE_OF',
    'mode ONE_OF',
    'schemeId REQUIRED',
    'term TEXT',
  ]);
  expect(told(await desk.post('/v1/attempts', opening(await student(), { kind: 'make-up', follows: 'nowhere' })))).toEqual([
    409,
    'ATTEMPT_UNKNOWN',
  ]);
});

it('goes from the scores of both sides to a final result', async () => {
  const who = await student();
  const attemptId = await published(who);
  const at = (step: string, body: object = {}): Promise<Answer> => desk.post(`/v1/attempts/${attemptId}/${step}`, body);
  expect(told(await at('finalize'))).toEqual([409, 'APPEAL_WINDOW_OPEN']);

  const herself = await desk.as({ role: 'learner', sub: 'her', learner: who.learnerId });
  const another = await desk.as({ role: 'learner', sub: 'him', learner: 'somebodyelse' });
  expect(told(await another.post(`/v1/attempts/${attemptId}/file-appeal`, {}))).toEqual([404, 'NOT_FOUND']);
  const filed = await herself.post(`/v1/attempts/${attemptId}/file-appeal`, { reason: { code: 'other', text: '漏加分' } });
  expect(told(filed)).toEqual([200, ['AppealFiled']]);
  const again = await herself.post(`/v1/attempts/${attemptId}/file-appeal`, {});
  expect(again.body).toMatchObject({ events: [], appealId: filed.body.appealId });
  const uphold = { appealId: filed.body.appealId, result: { score: 9000 } };
  expect(told(await qian.post(`/v1/attempts/${attemptId}/uphold-appeal`, uphold))).toEqual([403, 'SAME_PERSON']);
  expect(told(await at('uphold-appeal', uphold))).toEqual([200, ['AppealUpheld']]);

  desk.clock.ms += 30 * 86_400_000;
  expect(told(await at('finalize'))).toEqual([200, ['ResultFinalized']]);
  expect(told(await at('void', { ground: 'misconduct' }))).toEqual([409, 'RESULT_FINAL']);

  const requested = await at('request-correction', { result: { score: 5900 }, evidence: ['file 1'] });
  const grant = { requestId: requested.body.requestId, digest: requested.body.digest };
  expect(told(await at('grant-approval', grant))).toEqual([403, 'SAME_PERSON']);
  expect(told(await qian.post(`/v1/attempts/${attemptId}/grant-approval`, grant))).toEqual([
    200,
    ['ApprovalGranted', 'GradeCorrected'],
  ]);
  expect(told(await at('request-correction', { result: { score: 5900 } }))).toEqual([409, 'NOTHING_TO_CORRECT']);

  const makeUp = opening(who, { kind: 'make-up', follows: attemptId });
  expect(told(await li.post('/v1/attempts', makeUp))).toEqual([201, ['AttemptOpened']]);
});

it('rests on what was pinned: every decision names the streams and revisions that it read', async () => {
  const attemptId = await published(await student());
  const events = await desk.parts.store.readStream(`attempt-${attemptId}`, { from: 0n, limit: 20 });
  const basisOf = (type: string): readonly string[] => {
    const { basis } = JSON.parse(events.find((event) => event.type === type)!.json);
    return basis.map(({ stream }: { stream: string }) => stream.slice(0, stream.indexOf('-'))).toSorted();
  };
  expect(basisOf('AttemptOpened')).toEqual(['calendar', 'class', 'contract', 'course', 'enrollment', 'scheme']);
  expect(basisOf('ComponentScored')).toEqual(['class', 'contract', 'scheme', 'teacher']);
  expect(basisOf('ResultSubmitted')).toEqual(['scheme']);
  expect(basisOf('ResultPublished')).toEqual(['calendar']);
});

describe('scoring', () => {
  it('is for the teachers of the class and the mentor of the contract', async () => {
    const { attemptId } = (await li.post('/v1/attempts', opening(await student()))).body;
    const at = (person: Person, body: object): Promise<Answer> => person.post(`/v1/attempts/${attemptId}/score-component`, body);
    const body = { component: 'defense', score: 8000 };
    expect(told(await at(await desk.as({ role: 'teacher', sub: 'wu' }), body))).toEqual([404, 'NOT_FOUND']);
    expect(told(await at(await desk.as({ role: 'mentor', sub: 'wang' }), body))).toEqual([404, 'NOT_FOUND']);
    expect(told(await at(await desk.as({ role: 'enterprise', org: ids['organizationId']! }), body))).toEqual([
      403,
      'ROLE_NOT_ALLOWED',
    ]);
    expect(told(await at(zhou, { component: 'exam', score: 8000 }))).toEqual([409, 'COMPONENT_OF_OTHER_SIDE']);
    expect(told(await at(zhou, body))).toEqual([200, ['ComponentScored']]);
    expect(told(await at(zhou, body))).toEqual([200, []]);
    expect(told(await at(desk, body))).toEqual([422, 'ASSESSOR_NOT_NAMED']);
    expect(told(await at(desk, { ...body, onBehalfOf: 'li' }))).toEqual([200, ['ComponentScored']]);
    expect(told(await at(desk, { ...body, onBehalfOf: 'wu' }))).toEqual([403, 'ASSESSOR_NOT_ALLOWED']);
    for (const score of [10_001, -1, 80.5, '80']) expect((await at(li, { ...body, score })).body.code).toBe('VALIDATION_FAILED');
  });

  it('records on whose behalf a paper score was entered', async () => {
    const { attemptId } = (await li.post('/v1/attempts', opening(await student()))).body;
    await desk.post(`/v1/attempts/${attemptId}/score-component`, { component: 'exam', score: 8000, onBehalfOf: 'li' });
    const [, scored] = await desk.parts.store.readStream(`attempt-${attemptId}`, { from: 0n, limit: 10 });
    expect(JSON.parse(scored!.json)).toMatchObject({
      actor: { personId: 'registrar-1' },
      onBehalfOf: 'li',
      data: { assessor: 'li' },
    });
  });

  it('ends for a mentor whom the contract no longer names', async () => {
    const who = await student();
    const { attemptId } = (await li.post('/v1/attempts', opening(who))).body;
    await desk.post(`/v1/teachers/${ids['teacherId']}/suspend`, { ground: 'under-investigation' });
    const body = { component: 'defense', score: 8000 };
    expect(told(await zhou.post(`/v1/attempts/${attemptId}/score-component`, body))).toEqual([403, 'ASSESSOR_NOT_ALLOWED']);
    await desk.post(`/v1/teachers/${ids['teacherId']}/reinstate`, { ground: 'came-back' });
    expect(told(await zhou.post(`/v1/attempts/${attemptId}/score-component`, body))).toEqual([200, ['ComponentScored']]);
  });
});

it('says every refusal in both languages, with the words for its codes', async () => {
  const attemptId = await published(await student());
  const say = async (language: string): Promise<string> =>
    (await desk.post(`/v1/attempts/${attemptId}/submit`, { code: 'absent' }, { 'accept-language': language })).body.detail;
  expect(await say('zh')).toBe('评分已结束，现为“已公布”。');
  expect(await say('en')).toBe('Scoring is over: the attempt is published.');
});
