import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { defaultApprenticeshipPolicy } from '../../libs/facts/reference.ts';
import { personOf, type Answer, type Person } from './client.ts';

/**
 * A learner's life over HTTP, in both languages and with everybody's own token: from admission through selection, a contract signed by every party and
 * a term's work to a published, appealed, corrected and final grade on a transcript. Around it what goes wrong in other lives.
 */

let folder: string;
let ledger: Ledger;
let registrar: Person;
let second: Person;
let teacher: Person;
let mentor: Person;
let enterprise: Person;
let rival: Person;

const name = (zh: string, en: string): { zh: string; en: string } => ({ zh, en });
const post = name('直播运营', 'Live-stream operations');
const span = { from: '2026-10-01', to: '2027-01-31' };
const { sections } = defaultApprenticeshipPolicy;
const ids: Record<string, string> = {};
let head = '0';

/** Time goes on between two runs of the ledger, as over a night. */
async function goOnAt(clock: string): Promise<void> {
  await ledger?.close();
  ledger = await startLedger({ env: { LEDGER_DATA: folder, PORT: '0', LEDGER_CLOCK: clock }, quiet: true });
  registrar = await personOf(ledger, { role: 'registrar' });
  second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
  teacher = await personOf(ledger, { role: 'teacher' });
  if (!ids['jiangnan']) return;
  mentor = await personOf(ledger, { role: 'mentor', org: ids['jiangnan'] });
  enterprise = await personOf(ledger, { role: 'enterprise', org: ids['jiangnan'] });
  rival = await personOf(ledger, { role: 'enterprise', sub: 'enterprise-2', org: ids['qiantang']! });
}

const learner = (who: string): Promise<Person> => personOf(ledger, { role: 'learner', sub: who, learner: ids[who]! });
const guardian = (): Promise<Person> => personOf(ledger, { role: 'guardian', sub: 'mother' });

/** What came of it, by its events or by the code of the refusal. */
const outcome = ({ status, body, headers }: Answer): readonly string[] | string => {
  head = headers.get('ledger-position') ?? head;
  return body.events ?? body.code ?? String(status);
};
const does = async (by: Person, path: string, body: object = {}): Promise<readonly string[] | string> =>
  outcome(await by.post(path, body));
const made = async (path: string, body: object, by: Person = registrar): Promise<Answer['body']> => {
  const answer = await by.post(path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  outcome(answer);
  return answer.body;
};
const read = async (by: Person, path: string, headers: Record<string, string> = {}): Promise<Answer['body']> => {
  const answer = await by.get(path, { 'ledger-wait-for': head, ...headers });
  expect({ path, status: answer.status, body: answer.status === 200 ? null : answer.body }).toMatchObject({ status: 200 });
  return answer.body;
};

/** Admitted and registered in September. */
async function student(who: string, number: number, birthDate: string): Promise<void> {
  const identity = {
    name: { xiaoyu: '李小雨', daming: '赵大明', erni: '古丽·买买提' }[who] ?? who,
    idType: 'other',
    idNumber: `ID000${number}`,
    birthDate,
  };
  ids[who] = (await made('/v1/learners', { identity })).learnerId;
  const admission = { learnerId: ids[who], programId: ids['ecommerce'], entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
  ids[`${who}@`] = (await made('/v1/enrollments', admission)).enrollmentId;
  await made(`/v1/enrollments/${ids[`${who}@`]}/register`, { studentNumber: `20260101${number}`, effectiveAt: '2026-09-02' });
}

/** From the application to an offer of one enterprise. */
async function offered(who: string, openingId: string, by: Person): Promise<string> {
  const her = await learner(who);
  const { selectionId } = await made(
    '/v1/selections',
    { openingId, enrollmentId: ids[`${who}@`], statement: '我想学直播运营。' },
    her,
  );
  await made(`/v1/selections/${selectionId}/screen`, {}, by);
  expect(await does(by, `/v1/selections/${selectionId}/make-offer`, { post, ...span, expiresAt: '2027-01-25' })).toBe(
    'ASSESSMENT_MISSING',
  );
  await made(`/v1/selections/${selectionId}/assess`, { recommended: true, score: 8800 }, by);
  await made(`/v1/selections/${selectionId}/assess`, { recommended: true }, registrar);
  await made(`/v1/selections/${selectionId}/make-offer`, { post, ...span, expiresAt: '2027-01-25' }, by);
  return selectionId;
}

const terms = (more: Readonly<Record<string, string>> = {}): object => ({
  post,
  ...span,
  plan: { programId: ids['ecommerce'], version: 1, courseIds: [ids['practice']] },
  sections: sections.map((code) => ({ code, text: more[code] ?? `「${code}」条款正文。` })),
});

/** Reads the terms and confirms every section. */
async function confirms(by: Person, contractId: string): Promise<void> {
  const { sections: worded } = await read(by, `/v1/contracts/${contractId}`);
  for (const { code, digest } of worded) await made(`/v1/contracts/${contractId}/confirm-section`, { section: code, digest }, by);
}

/** Signs the terms as they read now. */
const signs = async (by: Person, contractId: string): Promise<readonly string[] | string> => {
  const { termsDigest } = await read(by, `/v1/contracts/${contractId}`);
  return does(by, `/v1/contracts/${contractId}/sign`, { termsDigest });
};

/** A contract from its draft to its start. */
async function training(who: string, parties: readonly Person[]): Promise<string> {
  const selectionId = await offered(who, ids['opening']!, enterprise);
  await made(`/v1/selections/${selectionId}/accept`, {}, await learner(who));
  const { contractId } = await made('/v1/contracts', { selectionId, ...terms() }, enterprise);
  for (const party of parties) await confirms(party, contractId);
  for (const party of parties) await signs(party, contractId);
  for (const [side, teacherId] of [
    ['school', ids['zhou']],
    ['enterprise', ids['wu']],
  ])
    await made(`/v1/contracts/${contractId}/assign-mentor`, { side, teacherId });
  const insurance = { insurer: '平安财产保险', policy: 'SX2026-1', from: '2026-09-15', to: '2027-08-31' };
  await made(`/v1/contracts/${contractId}/record-insurance`, insurance);
  await made(`/v1/contracts/${contractId}/start`, {});
  return contractId;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-life-'));
  await goOnAt('2026-10-08T08:00:00+08:00');
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

describe('a learner’s life', () => {
  it('rests on programs, courses, a plan, the 4-4-2 scheme, the calendar, organizations and mentors', async () => {
    ids['ecommerce'] = (
      await made('/v1/programs', {
        code: '530701',
        name: name('电子商务', 'E-commerce'),
        level: 'junior-college',
        lengthOfStudyMonths: 36,
      })
    ).programId;
    const course = async (code: string, zh: string, en: string, credits: number): Promise<string> =>
      (await made('/v1/courses', { code, name: name(zh, en), credits, hours: 64, nature: 'compulsory' })).courseId;
    ids['marketing'] = await course('EC101', '网络营销', 'Internet marketing', 400);
    ids['practice'] = await course('EC201', '直播运营实训', 'Live-stream practice', 600);
    await made(`/v1/programs/${ids['ecommerce']}/plans`, {
      entriesFrom: '2026-01-01',
      requiredCredits: 1000,
      modules: [
        { code: 'platform', name: name('共享平台', 'Shared platform'), kind: 'shared', requiredCredits: 400 },
        { code: 'live', name: name('直播模块', 'Live-stream module'), kind: 'specialized', requiredCredits: 600 },
      ],
      courses: [
        { courseId: ids['marketing'], module: 'platform', nature: 'compulsory' },
        { courseId: ids['practice'], module: 'live', nature: 'practice' },
      ],
    });
    const templates = await read(registrar, '/v1/scheme-templates');
    const scheme = templates.items.find(({ code }: { code: string }) => code === '4-4-2');
    expect(scheme.components.map(({ weight }: { weight: number }) => weight)).toEqual([4000, 4000, 2000]);
    ids['scheme'] = (await made('/v1/schemes', scheme)).schemeId;
    await made('/v1/calendar', {
      years: [
        {
          name: '2026-2027',
          from: '2026-09-01',
          to: '2027-07-15',
          terms: [
            { name: '2026-2027-1', from: '2026-09-01', to: '2027-01-31' },
            { name: '2026-2027-2', from: '2027-02-22', to: '2027-07-15' },
          ],
        },
      ],
      holidays: [{ name: name('元旦', 'New Year'), from: '2027-01-01', to: '2027-01-03' }],
    });
    const organization = async (creditCode: string, zh: string, en: string): Promise<string> =>
      (await made('/v1/organizations', { creditCode, name: name(zh, en), kind: 'enterprise' })).organizationId;
    ids['jiangnan'] = await organization('91350100M000100Y43', '江南电商', 'Jiangnan E-commerce');
    ids['qiantang'] = await organization('91330100799655058B', '钱塘物流', 'Qiantang Logistics');
    await goOnAt('2026-10-08T08:30:00+08:00');
    const staff = async (side: string, staffNumber: string, who: string, more: object): Promise<string> =>
      (await made('/v1/teachers', { side, staffNumber, profile: { name: who }, ...more })).teacherId;
    ids['zhou'] = await staff('school', 'T01', '周老师', {});
    ids['wu'] = await staff('enterprise', 'E01', '吴师傅', { organizationId: ids['jiangnan'] });
    ids['qian'] = await staff('enterprise', 'E02', '钱师傅', { organizationId: ids['jiangnan'] });
    await made(`/v1/teachers/${ids['zhou']}/link-account`, { personId: 'teacher-1' });
    await made(`/v1/teachers/${ids['wu']}/link-account`, { personId: 'mentor-1' });
    for (const [org, by] of [
      ['jiangnan', enterprise],
      ['qiantang', rival],
    ] as const) {
      const opening = { post, programIds: [ids['ecommerce']], places: 5, ...span, closesOn: '2027-01-25' };
      ids[org === 'jiangnan' ? 'opening' : 'rivalOpening'] = (await made('/v1/openings', opening, by)).openingId;
    }
    await student('xiaoyu', 1, '2009-06-01');
    await student('daming', 2, '2005-06-01');
    await student('erni', 3, '2006-06-01');
  });

  it('is a minor’s: without her guardian no contract comes about, in either language', async () => {
    const selectionId = await offered('xiaoyu', ids['opening']!, enterprise);
    expect(await does(await learner('xiaoyu'), `/v1/selections/${selectionId}/accept`)).toEqual(['OfferAccepted']);
    const { contractId } = await made('/v1/contracts', { selectionId, ...terms() }, enterprise);
    ids['contract'] = contractId;
    for (const party of [enterprise, registrar, await learner('xiaoyu')]) await confirms(party, contractId);
    const { termsDigest } = await read(enterprise, `/v1/contracts/${contractId}`);
    const unsigned = (language: string): Promise<Answer> =>
      enterprise.post(`/v1/contracts/${contractId}/sign`, { termsDigest }, { 'accept-language': language });
    const [zh, en] = [await unsigned('zh'), await unsigned('en')];
    expect([zh.body.code, en.body.code]).toEqual(['SECTIONS_UNCONFIRMED', 'SECTIONS_UNCONFIRMED']);
    expect(JSON.stringify(zh.body.facts)).toContain('guardian');
    expect(zh.body.detail).toMatch(/[\u4e00-\u9fff]/);
    expect(en.body.detail).not.toMatch(/[\u4e00-\u9fff]/);

    // Nobody is her guardian before she is linked.
    expect((await (await guardian()).get(`/v1/contracts/${contractId}`)).status).toBe(404);
    const linked = { guardianId: 'mother', guardian: { name: '王芳', relation: 'mother' } };
    await made(`/v1/learners/${ids['xiaoyu']}/link-guardian`, linked);
    await confirms(await guardian(), contractId);
    expect(await signs(enterprise, contractId)).toEqual(['ContractSigned']);
    expect(await signs(await guardian(), contractId)).toEqual(['ContractSigned']);
    expect(await does(registrar, `/v1/contracts/${contractId}/start`)).toBe('CONTRACT_NOT_CONCLUDED');
  });

  it('sees the terms changed after a signature: every signature is void, and the old terms cannot be signed', async () => {
    const before = await read(registrar, `/v1/contracts/${ids['contract']}`);
    const revised = await made(
      `/v1/contracts/${ids['contract']}/revise-terms`,
      terms({ pay: '每月实习津贴三千元。' }),
      enterprise,
    );
    expect(revised.termsDigest).not.toBe(before.termsDigest);
    expect(await does(await guardian(), `/v1/contracts/${ids['contract']}/sign`, { termsDigest: before.termsDigest })).toBe(
      'TERMS_CHANGED',
    );
    expect(
      await does(await learner('xiaoyu'), `/v1/contracts/${ids['contract']}/sign`, { termsDigest: revised.termsDigest }),
    ).toBe('SECTIONS_UNCONFIRMED');
    const parties = [enterprise, registrar, await learner('xiaoyu'), await guardian()];
    for (const party of parties) await confirms(party, ids['contract']!);
    for (const party of parties.slice(0, 3)) expect(await signs(party, ids['contract']!)).toEqual(['ContractSigned']);
    expect(await signs(await guardian(), ids['contract']!)).toEqual(['ContractSigned', 'ContractConcluded']);
    expect(await signs(await guardian(), ids['contract']!)).toEqual([]);
  });

  it('starts with insurance and two mentors, not before', async () => {
    const contract = `/v1/contracts/${ids['contract']}`;
    expect(await does(registrar, `${contract}/start`)).toBe('INSURANCE_MISSING');
    await made(`${contract}/record-insurance`, {
      insurer: '平安财产保险',
      policy: 'SX2026-1',
      from: '2026-09-15',
      to: '2027-08-31',
    });
    expect(await does(registrar, `${contract}/start`)).toBe('MENTOR_MISSING');
    await made(`${contract}/assign-mentor`, { side: 'school', teacherId: ids['zhou'] });
    expect(await does(enterprise, `${contract}/assign-mentor`, { side: 'enterprise', teacherId: ids['zhou'] })).toBe(
      'TEACHER_OF_OTHER_SIDE',
    );
    await made(`${contract}/assign-mentor`, { side: 'enterprise', teacherId: ids['wu'] }, enterprise);
    expect(await does(registrar, `${contract}/start`)).toEqual(['ContractStarted']);
  });

  it('loses a mentor mid-contract: a dated gap and a task, never silence', async () => {
    await made(`/v1/teachers/${ids['wu']}/suspend`, { ground: 'appraisal-below-standard' });
    const tasks = await read(enterprise, '/v1/tasks');
    expect(tasks.items.map(({ kind }: { kind: string }) => kind)).toContain('mentor-missing');
    await made(`/v1/contracts/${ids['contract']}/replace-mentor`, { side: 'enterprise', teacherId: ids['qian'] }, enterprise);
    const record = await read(await learner('xiaoyu'), `/v1/learners/${ids['xiaoyu']}/apprenticeship`);
    expect(JSON.stringify(record)).toContain('"gaps":[{');
    await made(`/v1/teachers/${ids['wu']}/reinstate`, { ground: 'improved' });
    await made(`/v1/contracts/${ids['contract']}/replace-mentor`, { side: 'enterprise', teacherId: ids['wu'] }, enterprise);
  });

  it('goes on week by week: logs recorded by her, confirmed by her mentor', async () => {
    await goOnAt('2026-10-20T18:00:00+08:00');
    const contract = `/v1/contracts/${ids['contract']}`;
    const her = await learner('xiaoyu');
    const log = { week: '2026-10-12', hours: 3850, workOrders: [{ number: 'WO-1', task: '直播间排班' }] };
    expect(await does(her, `${contract}/record-log`, log)).toEqual(['TrainingLogRecorded']);
    expect(await does(rival, `${contract}/confirm-log`, { week: log.week })).toBe('ROLE_NOT_ALLOWED');
    expect(await does(mentor, `${contract}/confirm-log`, { week: log.week })).toEqual(['TrainingLogConfirmed']);
    expect(await does(her, `${contract}/record-log`, { ...log, hours: 6000 })).toBe('LOG_CONFIRMED');
    const logs = await read(mentor, `${contract}/logs`);
    expect(logs.items).toMatchObject([{ week: '2026-10-12', hours: 3850, workOrders: [{ task: '直播间排班' }] }]);
  });

  it('is examined by school and enterprise, who differ: a third marker settles it', async () => {
    await goOnAt('2027-01-11T09:00:00+08:00');
    const classId = (
      await made('/v1/classes', { kind: 'teaching', name: '直播运营实训1班', course: 'EC201@1', term: '2026-2027-1' })
    ).classId;
    await made(`/v1/classes/${classId}/assign-teacher`, { teacherId: 'teacher-1' });
    await made(`/v1/classes/${classId}/change-roster`, { add: [ids['xiaoyu@']] });
    const open = {
      enrollmentId: ids['xiaoyu@'],
      courseId: ids['practice'],
      kind: 'first',
      schemeId: ids['scheme'],
      academicYear: '2026-2027',
      term: '2026-2027-1',
      classId,
      contractId: ids['contract'],
      final: true,
    };
    expect(await does(registrar, '/v1/attempts', open)).toBe('GATEWAY_NOT_SIGNED');
    for (const party of [registrar, enterprise]) await made(`/v1/contracts/${ids['contract']}/sign-gateway`, {}, party);
    ids['attempt'] = (await made('/v1/attempts', open, teacher)).attemptId;
    const attempt = `/v1/attempts/${ids['attempt']}`;
    const score = (by: Person, component: string, points: number, more: object = {}): Promise<readonly string[] | string> =>
      does(by, `${attempt}/score-component`, { component, score: points, ...more });
    const other = await personOf(ledger, { role: 'teacher', sub: 'teacher-9' });
    expect(await score(other, 'exam', 9000)).toBe('NOT_FOUND');
    expect(await score(teacher, 'exam', 8000)).toEqual(['ComponentScored']);
    expect(await score(teacher, 'practical-training', 9000)).toEqual(['ComponentScored']);
    expect(await score(mentor, 'practical-training', 6500)).toEqual(['ComponentScored']);
    expect(await score(teacher, 'defense', 8000)).toEqual(['ComponentScored']);
    expect(await score(mentor, 'defense', 7000)).toEqual(['ComponentScored']);
    expect(await does(teacher, `${attempt}/submit`)).toBe('THIRD_MARKER_NEEDED');
    await made(`/v1/classes/${classId}/assign-teacher`, { teacherId: 'teacher-9' });
    expect(await score(other, 'practical-training', 7000, { third: true })).toEqual(['ComponentScored']);
    expect(await does(teacher, `${attempt}/submit`)).toEqual(['ResultSubmitted']);
  });

  it('has her result moderated, published, appealed, upheld and final', async () => {
    const attempt = `/v1/attempts/${ids['attempt']}`;
    const her = await learner('xiaoyu');
    const unpublished = await read(her, `/v1/learners/${ids['xiaoyu']}/transcript`);
    expect(unpublished.enrollments[0]).toMatchObject({ attempts: [], credits: { earned: 0 }, average: { score: null } });
    expect(await does(registrar, `${attempt}/publish`)).toBe('RESULT_NOT_MODERATED');
    expect(await does(second, `${attempt}/moderate`)).toEqual(['ResultModerated']);
    expect(await does(registrar, `${attempt}/publish`)).toEqual(['ResultPublished']);
    // 40 % of 80, 40 % of 70, 20 % of 75: 75 points.
    const published = await read(her, attempt);
    expect(published.result).toMatchObject({ score: 7500, passed: true });
    expect(await does(registrar, `${attempt}/finalize`)).toBe('APPEAL_WINDOW_OPEN');
    const { appealId } = await made(`${attempt}/file-appeal`, { reason: { code: 'recount', text: '答辩得分有误。' } }, her);
    expect(await does(second, `${attempt}/uphold-appeal`, { appealId, result: { score: 7800 } })).toBe('SAME_PERSON');
    expect(
      await does(registrar, `${attempt}/uphold-appeal`, { appealId, result: { score: 7800 }, reason: { code: 'recounted' } }),
    ).toEqual(['AppealUpheld']);
    await goOnAt('2027-01-19T09:00:00+08:00');
    expect(await does(registrar, `${attempt}/finalize`)).toEqual(['ResultFinalized']);
    expect(await does(await learner('xiaoyu'), `${attempt}/file-appeal`)).not.toEqual(['AppealFiled']);
  });

  it('has it corrected after finalization by two people, and what was believed before stays readable', async () => {
    const attempt = `/v1/attempts/${ids['attempt']}`;
    const asked = await made(`${attempt}/request-correction`, {
      result: { score: 8100 },
      evidence: ['试卷复核单 2027-3'],
      reason: { code: 'marking-error' },
    });
    const grant = { requestId: asked.requestId, digest: asked.digest };
    expect(await does(registrar, `${attempt}/grant-approval`, grant)).toBe('SAME_PERSON');
    expect(await does(second, `${attempt}/grant-approval`, grant)).toEqual(['ApprovalGranted', 'GradeCorrected']);
    const path = `/v1/learners/${ids['xiaoyu']}/transcript`;
    const [now, then] = [await read(registrar, path), await read(registrar, `${path}?recordedAsOf=2027-01-18`)];
    const scores = (body: object): readonly string[] =>
      [...JSON.stringify(body).matchAll(/"result":\{"score":(\d+)/g)].map(([, points]) => points!);
    expect([scores(now), scores(then)]).toEqual([['8100'], ['7800']]);
  });

  it('ends on a transcript: credits, average and progress, as JSON, csv and paper in both languages', async () => {
    const path = `/v1/learners/${ids['xiaoyu']}/transcript`;
    const told = await read(await learner('xiaoyu'), path);
    const [enrollment] = told.enrollments;
    expect(enrollment.credits).toMatchObject({ earned: 600 });
    expect(enrollment.average).toMatchObject({ score: 8100 });
    expect(enrollment.progress).toMatchObject({ required: 1000, earned: 600, missing: 400 });
    const csv = await read(registrar, `${path}?format=csv&language=en`);
    expect(csv).toContain('Live-stream practice');
    for (const language of ['zh', 'en']) {
      const paper = await registrar.get(`${path}?format=pdf&language=${language}`);
      expect([paper.status, paper.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      expect(String(paper.body).slice(0, 5)).toBe('%PDF-');
    }
  });

  it('is seen by her enterprise as far as the contract goes, and by another not at all', async () => {
    const record = await read(enterprise, `/v1/learners/${ids['xiaoyu']}/apprenticeship`);
    const text = JSON.stringify(record);
    expect(text).toContain('李小雨');
    expect(text).not.toContain('ID0001');
    expect((await rival.get(`/v1/learners/${ids['xiaoyu']}/apprenticeship`)).status).toBe(404);
    expect((await rival.get(`/v1/contracts/${ids['contract']}`)).status).toBe(404);
    expect((await rival.get(`/v1/attempts/${ids['attempt']}`)).status).toBe(404);
    expect((await enterprise.get(`/v1/learners/${ids['xiaoyu']}/transcript`)).status).toBe(403);
    expect(await read(rival, '/v1/contracts')).toMatchObject({ items: [], total: 0 });
  });
});

describe('other lives', () => {
  it('two enterprises are accepted at once: one of them is', async () => {
    const his = await learner('daming');
    const [one, two] = [
      await offered('daming', ids['opening']!, enterprise),
      await offered('daming', ids['rivalOpening']!, rival),
    ].map((selectionId) => `/v1/selections/${selectionId}/accept`);
    const answers = await Promise.all([does(his, one!), does(his, two!)]);
    expect(answers.map(String).toSorted()).toEqual(['OfferAccepted', 'PERIODS_OVERLAP']);
  });

  it('a status lost mid-contract shows a task and ends nothing by itself', async () => {
    const her = await learner('erni');
    const contractId = await training('erni', [enterprise, registrar, her]);
    await made(`/v1/enrollments/${ids['erni@']}/withdraw`, { ground: 'own-application', reason: { code: 'own-application' } });
    const tasks = await read(registrar, '/v1/tasks');
    expect(tasks.items).toContainEqual(expect.objectContaining({ kind: 'contract-status-lost' }));
    expect(await read(registrar, `/v1/contracts/${contractId}`)).toMatchObject({ status: { code: 'live' } });
    const terminated = { ground: 'status-lost', noticeGivenOn: '2027-01-19', notice: '通知书 2027-1' };
    expect(await does(registrar, `/v1/contracts/${contractId}/terminate`, terminated)).toEqual(['ContractTerminated']);
    expect((await read(registrar, '/v1/tasks')).items.map(({ kind }: { kind: string }) => kind)).not.toContain(
      'contract-status-lost',
    );
  });

  it('cheating is followed by a retake, not by a make-up', async () => {
    const open = {
      enrollmentId: ids['daming@'],
      courseId: ids['marketing'],
      kind: 'first',
      schemeId: ids['scheme'],
      academicYear: '2026-2027',
      term: '2026-2027-1',
    };
    const first = (await made('/v1/attempts', open)).attemptId;
    await made(`/v1/attempts/${first}/submit`, { code: 'cheating', reason: { code: 'cheating' } });
    await made(`/v1/attempts/${first}/moderate`, {}, second);
    await made(`/v1/attempts/${first}/publish`, {});
    const again = { ...open, follows: first };
    expect(await does(registrar, '/v1/attempts', { ...again, kind: 'make-up' })).toBe('MAKE_UP_AFTER_CHEATING');
    const retake = (await made('/v1/attempts', { ...again, kind: 'retake' })).attemptId;
    expect(retake).not.toBe(first);
    const told = await read(await learner('daming'), `/v1/learners/${ids['daming']}/transcript`);
    expect(JSON.stringify(told)).toContain('cheating');
  });
});
