import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDesk, type Answer, type Desk } from '../../../test/support/desk.ts';
import type { TokenClaims } from '../../edge/auth.ts';
import { contractFact, contractStream } from '../../facts/contract.ts';
import { defaultApprenticeshipPolicy } from '../../facts/reference.ts';
import { CurriculumModule } from '../curriculum/curriculum.module.ts';
import { EnrollmentModule } from '../enrollment/enrollment.module.ts';
import { FacultyModule } from '../faculty/faculty.module.ts';
import { PartnershipModule } from '../partnership/partnership.module.ts';
import { ApprenticeshipModule } from './apprenticeship.module.ts';

/** Everybody with an own token: two enterprises, a learner who is a minor, her mother, mentors of both sides. */

const post = { zh: '电商运营', en: 'E-commerce operations' };
const span = { from: '2026-10-01', to: '2027-06-30' };
const { sections } = defaultApprenticeshipPolicy;

let desk: Desk;
let programId: string;
let jiangnan: string;
let qiantang: string;
let learnerId: string;
let enrollmentId: string;

type Speaker = Pick<Desk, 'post' | 'get'>;
const as = (role: TokenClaims['role'], more: Partial<TokenClaims> = {}): Promise<Speaker> =>
  desk.as({ sub: `${role}-1`, role, ...more });
const employer = (org = jiangnan): Promise<Speaker> => as('enterprise', { org });
const herself = (): Promise<Speaker> => as('learner', { learner: learnerId });
const mother = (): Promise<Speaker> => as('guardian', { sub: 'mother' });

const created = async (path: string, body: object, by: Speaker = desk): Promise<Answer['body']> => {
  const answer = await by.post(path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const code = (answer: Answer): string | number => answer.body.code ?? answer.status;

const student = async (
  n: number,
  birthDate: string | undefined,
): Promise<{ readonly learnerId: string; readonly enrollmentId: string }> => {
  const identity = { name: '陈晓', idType: 'other', idNumber: `ID000${n}`, ...(birthDate ? { birthDate } : {}) };
  const her = (await created('/v1/learners', { identity })).learnerId;
  const admission = { learnerId: her, programId, entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
  const hers = (await created('/v1/enrollments', admission)).enrollmentId;
  await created(`/v1/enrollments/${hers}/register`, { studentNumber: `2026${n}`, effectiveAt: '2026-09-02' });
  return { learnerId: her, enrollmentId: hers };
};

beforeEach(async () => {
  desk = await openDesk([EnrollmentModule, CurriculumModule, PartnershipModule, FacultyModule, ApprenticeshipModule]);
  const name = { zh: '电子商务', en: 'E-commerce' };
  const program = { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36 };
  ({ programId } = await created('/v1/programs', program));
  const organization = async (creditCode: string): Promise<string> =>
    (await created('/v1/organizations', { creditCode, name, kind: 'enterprise' })).organizationId;
  jiangnan = await organization('91350100M000100Y43');
  qiantang = await organization('91330100799655058B');
  ({ learnerId, enrollmentId } = await student(1, '2009-03-14'));
  const guardian = { name: '李芳', relation: '母亲' };
  await created(`/v1/learners/${learnerId}/link-guardian`, { guardianId: 'mother', guardian });
});

afterEach(() => desk.server.app.close());

const published = async (org = jiangnan): Promise<string> => {
  const opening = { post, programIds: [programId], places: 2, ...span, closesOn: '2026-12-31' };
  return (await created('/v1/openings', opening, await employer(org))).openingId;
};
const offered = async (org = jiangnan, who = { learnerId, enrollmentId }): Promise<string> => {
  const openingId = await published(org);
  const her = await as('learner', { learner: who.learnerId });
  const { selectionId } = await created('/v1/selections', { openingId, enrollmentId: who.enrollmentId }, her);
  const enterprise = await employer(org);
  await created(`/v1/selections/${selectionId}/screen`, {}, enterprise);
  await created(`/v1/selections/${selectionId}/assess`, { recommended: true }, enterprise);
  await created(`/v1/selections/${selectionId}/assess`, { recommended: true, score: 8600 });
  await created(`/v1/selections/${selectionId}/make-offer`, { post, ...span, expiresAt: '2026-10-31' }, enterprise);
  return selectionId;
};
const worded = (more: Readonly<Record<string, string>> = {}): object => ({
  post,
  ...span,
  plan: { programId },
  sections: sections.map((one) => ({ code: one, text: more[one] ?? `the words of ${one}` })),
});
const drafted = async (who = { learnerId, enrollmentId }): Promise<{ contractId: string; termsDigest: string }> => {
  const selectionId = await offered(jiangnan, who);
  await created(`/v1/selections/${selectionId}/accept`, {}, await as('learner', { learner: who.learnerId }));
  return created('/v1/contracts', { selectionId, ...worded() }, await employer());
};
const contract = async (id: string) => (await desk.parts.transactor.load(contractFact(id))).state;

/** Confirmed and signed by these, each with an own token. */
async function signed(contractId: string, speakers: readonly Speaker[]): Promise<readonly Answer[]> {
  const { terms } = await contract(contractId);
  for (const speaker of speakers) {
    for (const { code: section, digest } of terms!.sections) {
      await created(`/v1/contracts/${contractId}/confirm-section`, { section, digest }, speaker);
    }
  }
  const answers: Answer[] = [];
  for (const speaker of speakers) {
    answers.push(await speaker.post(`/v1/contracts/${contractId}/sign`, { termsDigest: terms!.termsDigest }));
  }
  return answers;
}

describe('selection', () => {
  it('an enterprise publishes for itself alone', async () => {
    const opening = { post, programIds: [programId], places: 2, ...span, closesOn: '2026-12-31' };
    const own = await employer();
    expect(code(await own.post('/v1/openings', { ...opening, organizationId: qiantang }))).toBe('NOT_FOUND');
    expect(code(await desk.post('/v1/openings', opening))).toBe('NOT_FOUND');
    expect((await desk.post('/v1/openings', { ...opening, organizationId: qiantang })).status).toBe(201);
    const openingId = await published();
    expect(code(await (await employer(qiantang)).post(`/v1/openings/${openingId}/close`, {}))).toBe('NOT_FOUND');
    expect((await own.post(`/v1/openings/${openingId}/close`, {})).body.events).toEqual(['OpeningClosed']);
  });

  it('a learner applies for herself alone, once', async () => {
    const openingId = await published();
    const other = await student(2, '2000-01-01');
    const her = await herself();
    expect(code(await her.post('/v1/selections', { openingId, enrollmentId, learnerId: other.learnerId }))).toBe('NOT_FOUND');
    expect(code(await her.post('/v1/selections', { openingId, enrollmentId: other.enrollmentId }))).toBe('ENROLLMENT_UNKNOWN');
    const first = await her.post('/v1/selections', { openingId, enrollmentId, statement: '愿意' });
    expect(first).toMatchObject({ status: 201, headers: { location: '/v1/selections' } });
    expect((await her.post('/v1/selections', { openingId, enrollmentId })).body).toMatchObject({ events: [] });
  });

  it('another enterprise, and another learner, find nothing', async () => {
    const selectionId = await offered();
    const stranger = await as('learner', { learner: (await student(2, '2000-01-01')).learnerId });
    expect(code(await stranger.post(`/v1/selections/${selectionId}/accept`, {}))).toBe('NOT_FOUND');
    expect(code(await (await employer(qiantang)).post(`/v1/selections/${selectionId}/reject`, {}))).toBe('NOT_FOUND');
    expect(code(await (await employer()).post(`/v1/selections/${selectionId}/accept`, {}))).toBe('ROLE_NOT_ALLOWED');
  });

  it('two enterprises’ offers accepted at once: one of them', async () => {
    const [one, two] = [await offered(jiangnan), await offered(qiantang)];
    const her = await herself();
    const answers = await Promise.all([one, two].map((id) => her.post(`/v1/selections/${id}/accept`, {})));
    expect(answers.map((answer) => String(code(answer))).toSorted()).toEqual(['200', 'PERIODS_OVERLAP']);
  });
});

describe('a contract of a minor', () => {
  it('is not concluded without her guardian, who signs with an own token', async () => {
    const { contractId, termsDigest } = await drafted();
    expect(await contract(contractId)).toMatchObject({ guardianNeeded: true, terms: { termsDigest } });
    const three = [desk, await employer(), await herself()];
    expect((await signed(contractId, three)).map(code)).toEqual(Array(3).fill('SECTIONS_UNCONFIRMED'));
    const all = await signed(contractId, [...three, await mother()]);
    expect(all.map(({ body }) => body.events.at(-1))).toEqual([
      'ContractSigned',
      'ContractSigned',
      'ContractSigned',
      'ContractConcluded',
    ]);
  });

  it('a stranger is no guardian, and a guardian speaks for nobody else', async () => {
    const { contractId, termsDigest } = await drafted();
    const stranger = await as('guardian', { sub: 'aunt' });
    expect(code(await stranger.post(`/v1/contracts/${contractId}/sign`, { termsDigest }))).toBe('NOT_FOUND');
    const said = await (await mother()).post(`/v1/contracts/${contractId}/sign`, { termsDigest, party: 'apprentice' });
    expect([said.status, said.body.code]).toEqual([403, 'PARTY_NOT_YOURS']);
  });

  it('an unknown birth date counts as minor; one who is grown up by the start signs alone', async () => {
    const unknown = await drafted(await student(2, undefined));
    expect((await contract(unknown.contractId)).guardianNeeded).toBe(true);
    const grown = await drafted(await student(3, '2008-10-01'));
    expect((await contract(grown.contractId)).guardianNeeded).toBe(false);
  });
});

describe('terms', () => {
  it('keep the digests of sections with the same words, and say nothing of them to a guesser', async () => {
    const { contractId, termsDigest } = await drafted();
    const before = (await contract(contractId)).terms!.sections;
    const revised = await created(`/v1/contracts/${contractId}/revise-terms`, worded({ pay: 'more pay' }), await employer());
    expect(revised.termsDigest).not.toBe(termsDigest);
    const after = (await contract(contractId)).terms!.sections;
    expect(after.filter(({ digest }, at) => digest !== before[at]!.digest).map((one) => one.code)).toEqual(['pay']);

    const other = await drafted(await student(2, '2000-01-01'));
    const elsewhere = (await contract(other.contractId)).terms!.sections;
    expect(elsewhere.filter(({ digest }) => before.some((one) => one.digest === digest))).toEqual([]);
  });

  it('changed after a signature are not what was signed', async () => {
    const { contractId, termsDigest } = await drafted(await student(2, '2000-01-01'));
    await signed(contractId, [desk]);
    await created(`/v1/contracts/${contractId}/revise-terms`, worded({ pay: 'less pay' }));
    expect(code(await desk.post(`/v1/contracts/${contractId}/sign`, { termsDigest }))).toBe('TERMS_CHANGED');
  });

  it('are drafted by the enterprise of the offer, or the registrar', async () => {
    const selectionId = await offered();
    await created(`/v1/selections/${selectionId}/accept`, {}, await herself());
    const stranger = await employer(qiantang);
    expect(code(await stranger.post('/v1/contracts', { selectionId, ...worded() }))).toBe('NOT_FOUND');
    expect((await desk.post('/v1/contracts', { selectionId, ...worded() })).status).toBe(201);
    expect(code(await desk.post('/v1/contracts', { selectionId, ...worded() }))).toBe('OFFER_USED');
  });
});

describe('paper', () => {
  it('is entered by the registrar on behalf of who signed it, with its evidence', async () => {
    const { contractId, termsDigest } = await drafted(await student(2, '2000-01-01'));
    await signed(contractId, [desk]);
    const { terms } = await contract(contractId);
    for (const party of ['enterprise', 'apprentice']) {
      for (const { code: section, digest } of terms!.sections) {
        await created(`/v1/contracts/${contractId}/confirm-section`, { party, section, digest });
      }
    }
    const paper = { party: 'apprentice', termsDigest, medium: 'paper' };
    expect(code(await desk.post(`/v1/contracts/${contractId}/sign`, paper))).toBe('EVIDENCE_MISSING');
    await created(`/v1/contracts/${contractId}/sign`, { ...paper, evidence: '档案 7' });
    const [last] = await desk.parts.store.readStream(contractStream(contractId), { limit: 1, backwards: true });
    expect(JSON.parse(last!.json)).toMatchObject({
      type: 'ContractSigned',
      onBehalfOf: 'apprentice',
      actor: { role: 'registrar' },
    });
  });
});

describe('training', () => {
  let contractId: string;
  let master: string;

  const adult = async (): Promise<{ readonly learnerId: string; readonly enrollmentId: string }> => student(2, '2000-01-01');
  beforeEach(async () => {
    ({ learnerId, enrollmentId } = await adult());
    ({ contractId } = await drafted());
    await signed(contractId, [desk, await employer(), await herself()]);
  });
  const on = (act: string): string => `/v1/contracts/${contractId}/${act}`;
  const teacher = async (side: string, sub: string): Promise<string> => {
    const profile = { name: '王师傅' };
    const organization = side === 'enterprise' ? { organizationId: jiangnan } : {};
    const { teacherId } = await created('/v1/teachers', { side, staffNumber: sub, profile, ...organization });
    await created(`/v1/teachers/${teacherId}/link-account`, { personId: sub });
    return teacherId;
  };
  const ready = async (): Promise<void> => {
    await created(on('record-insurance'), { ...span, insurer: 'PICC', policy: 'SX-1' });
    master = await teacher('enterprise', 'master');
    await created(on('assign-mentor'), { side: 'school', teacherId: await teacher('school', 'li') });
    await created(on('assign-mentor'), { side: 'enterprise', teacherId: master }, await employer());
  };

  it('begins with insurance, mentors and age; a mentor lost by then is no mentor', async () => {
    expect(code(await desk.post(on('start'), {}))).toBe('INSURANCE_MISSING');
    await ready();
    await created(`/v1/teachers/${master}/withdraw`, { ground: 'left' });
    expect(code(await desk.post(on('start'), {}))).toBe('TEACHER_NOT_SERVING');
    const next = await teacher('enterprise', 'next');
    await created(on('replace-mentor'), { side: 'enterprise', teacherId: next }, await employer());
    expect((await created(on('start'), {})).events).toEqual(['ContractStarted']);
  });

  it('begins at no age below the policy’s: today she is fifteen', async () => {
    const young = await student(4, '2010-10-02');
    ({ learnerId, enrollmentId } = young);
    ({ contractId } = await drafted(young));
    await created(`/v1/learners/${learnerId}/link-guardian`, {
      guardianId: 'mother',
      guardian: { name: '李芳', relation: '母亲' },
    });
    await signed(contractId, [desk, await employer(), await herself(), await mother()]);
    await ready();
    expect(code(await desk.post(on('start'), {}))).toBe('TOO_YOUNG');
    desk.clock.ms += 24 * 3_600_000;
    expect((await created(on('start'), {})).events).toEqual(['ContractStarted']);
  });

  it('is logged by her and confirmed by her mentor, with own tokens', async () => {
    await ready();
    await created(on('start'), {});
    const log = { week: '2026-09-28', hours: 1600, workOrders: [{ task: '直播间排班' }] };
    await created(on('record-log'), log, await herself());
    const mentor = await as('mentor', { sub: 'master', org: jiangnan });
    const stranger = await as('mentor', { sub: 'another', org: jiangnan });
    expect(code(await stranger.post(on('confirm-log'), { week: log.week }))).toBe('NOT_FOUND');
    expect((await created(on('confirm-log'), { week: log.week }, mentor)).events).toEqual(['TrainingLogConfirmed']);
    expect(code(await (await herself()).post(on('record-log'), { ...log, hours: 1700 }))).toBe('LOG_CONFIRMED');
    const school = await as('teacher', { sub: 'li' });
    expect((await created(on('confirm-log'), { week: log.week }, school)).events).toEqual(['TrainingLogConfirmed']);
  });

  it('is amended when everybody consents to the same words', async () => {
    await ready();
    await created(on('start'), {});
    const longer = { ...worded({ pay: 'more pay' }), to: '2027-08-31', expiresAt: '2026-12-31' };
    const { amendmentId, termsDigest } = await created(on('propose-amendment'), longer, await employer());
    await created(on('consent-amendment'), { amendmentId, termsDigest });
    const last = await created(on('consent-amendment'), { amendmentId, termsDigest }, await herself());
    expect(last.events).toEqual(['AmendmentConsented', 'AmendmentApproved']);
    expect((await contract(contractId)).terms).toMatchObject({ to: '2027-08-31', termsDigest });
  });

  it('ends with a written notice, and a termination is reversed by two people', async () => {
    await ready();
    await created(on('start'), {});
    await created(on('terminate'), { ground: 'mutual', noticeGivenOn: '2026-09-30', notice: '通知书 31' });
    const { requestId, digest } = await created(on('request-termination-reversal'), { evidence: ['file 9'] });
    expect(code(await desk.post(on('grant-approval'), { requestId, digest }))).toBe('SAME_PERSON');
    const other = await as('registrar', { sub: 'registrar-2' });
    expect((await created(on('grant-approval'), { requestId, digest }, other)).events).toEqual([
      'ApprovalGranted',
      'TerminationReversed',
    ]);
    expect((await contract(contractId)).status).toBe('live');
  });
});

describe('a batch', () => {
  it('is an enterprise’s own, and of students of the institution', async () => {
    const batch = { project: post, members: [enrollmentId], until: '2026-12-31' };
    const own = await employer();
    expect(code(await own.post('/v1/placements', { ...batch, organizationId: qiantang }))).toBe('NOT_FOUND');
    const { placementId } = await created('/v1/placements', batch, own);
    expect(code(await (await employer(qiantang)).post(`/v1/placements/${placementId}/end`, {}))).toBe('NOT_FOUND');
    expect(code(await own.post('/v1/placements', { ...batch, members: ['nobody'] }))).toBe('ENROLLMENT_UNKNOWN');
  });
});

describe('a body', () => {
  it('says in both languages what is wrong with each field', async () => {
    const answer = await desk.post('/v1/contracts', { selectionId: 'S 1', from: '2026-02-30', sections: [{ code: 'Pay' }] });
    expect(answer.status).toBe(422);
    const fields = answer.body.errors.map(({ field }: { field: string }) => field);
    expect(fields).toEqual(
      expect.arrayContaining(['selectionId', 'from', 'to', 'post', 'plan', 'sections.0.code', 'sections.0.text']),
    );
  });

  it.each(['hours', 'week'])('a log without %s is refused', async (field) => {
    const { [field]: _gone, ...rest } = { week: '2026-09-28', hours: 100, workOrders: [] } as Readonly<Record<string, unknown>>;
    expect(code(await desk.post('/v1/contracts/abc/record-log', rest))).toBe('VALIDATION_FAILED');
  });
});
