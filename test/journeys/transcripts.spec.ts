import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { all, inChunks } from '../../libs/intake/sheets.fixture.ts';
import { canonical } from '../../libs/kernel/canonical.ts';
import { upToNow } from '../support/deeds.ts';
import { apprenticed, type Trained } from '../support/training.ts';
import { personOf, type Answer, type Person } from './client.ts';

/** Transcripts and apprentice records over HTTP: what each reader sees, as of any moment, as JSON, sheet and paper. */
let folder: string;
let ledger: Ledger;
let registrar: Person;
let second: Person;
let teacher: Person;
let learner: Person;
let enterprise: Person;
let stranger: Person;
const ids: Record<string, string> = {};
let trained: Trained;
/** Before the correction, and after it. */
const moments: string[] = [];

const name = { zh: '电子商务', en: 'E-commerce' };

async function made(path: string, body: object, who: Person = registrar): Promise<Record<string, string>> {
  const answer = await who.post(path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  Object.assign(ids, answer.body);
  return answer.body;
}

/** One attempt from its opening to its publication. */
async function published(course: string, score: number, more: object = {}): Promise<string> {
  const { attemptId } = await made('/v1/attempts', {
    enrollmentId: ids['enrollmentId'],
    courseId: ids[course],
    kind: 'first',
    schemeId: ids['schemeId'],
    academicYear: '2026-2027',
    term: '2026-2027-1',
    classId: ids[`class-${course}`],
    ...more,
  });
  const on = (act: string, body: object, who: Person): Promise<unknown> => made(`/v1/attempts/${attemptId}/${act}`, body, who);
  await on('score-component', { component: 'exam', score }, teacher);
  await on('submit', {}, teacher);
  await on('moderate', {}, registrar);
  await on('publish', {}, registrar);
  return attemptId!;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-transcripts-'));
  const names = 'college=江南职业技术学院|Jiangnan Vocational College';
  const env = { LEDGER_DATA: folder, PORT: '0', LEDGER_CLOCK: '2026-10-01T08:00:00+08:00', LEDGER_INSTITUTION_NAMES: names };
  ledger = await startLedger({ env, quiet: true });
  registrar = await personOf(ledger, { role: 'registrar' });
  second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
  teacher = await personOf(ledger, { role: 'teacher' });

  await made('/v1/programs', { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36 });
  const terms = [{ name: '2026-2027-1', from: '2026-09-01', to: '2027-01-20' }];
  await made('/v1/calendar', { years: [{ name: '2026-2027', from: '2026-09-01', to: '2027-08-31', terms }] });
  await made('/v1/organizations', { creditCode: '91350100M000100Y43', name: { zh: '江南', en: 'Jiangnan' }, kind: 'enterprise' });
  for (const [code, credits] of [
    ['EC101', 400],
    ['EC102', 200],
    ['EC103', 300],
  ] as const) {
    const { courseId } = await made('/v1/courses', {
      code,
      name: { zh: `课程${code}`, en: code },
      credits,
      hours: 64,
      nature: 'compulsory',
    });
    ids[code] = courseId!;
  }
  const courses = ['EC101', 'EC102', 'EC103'].map((code) => ({ courseId: ids[code], module: 'platform', nature: 'compulsory' }));
  await made(`/v1/programs/${ids['programId']}/plans`, {
    entriesFrom: '2026-09-01',
    requiredCredits: 900,
    modules: [{ code: 'platform', name: { zh: '公共平台', en: 'Platform' }, kind: 'shared', requiredCredits: 900 }],
    courses,
  });
  await made('/v1/schemes', {
    code: 'exam',
    name,
    components: [{ code: 'exam', name: { zh: '考试', en: 'exam' }, weight: 10_000, kind: 'score' }],
    rounding: { mode: 'half-up', unit: 10 },
    scale: 'points',
    passMark: 6000,
    makeUpCap: 6000,
  });
  await made('/v1/learners', {
    identity: { name: '𠮷丽·买买提', idType: 'other', idNumber: 'P1234567', birthDate: '2005-05-05' },
    effectiveAt: '2026-08-20',
  });
  await made('/v1/enrollments', {
    learnerId: ids['learnerId'],
    programId: ids['programId'],
    entryDate: '2026-09-01',
    effectiveAt: '2026-09-01',
  });
  await made(`/v1/enrollments/${ids['enrollmentId']}/register`, { studentNumber: '2026010101', effectiveAt: '2026-09-02' });
  for (const code of ['EC101', 'EC102', 'EC103']) {
    const { classId } = await made('/v1/classes', { kind: 'teaching', name: code, course: `${code}@1`, term: '2026-2027-1' });
    ids[`class-${code}`] = classId!;
    await made(`/v1/classes/${classId}/assign-teacher`, { teacherId: 'teacher-1' });
    await made(`/v1/classes/${classId}/change-roster`, { add: [ids['enrollmentId']] });
  }
  learner = await personOf(ledger, { role: 'learner', learner: ids['learnerId']! });
  enterprise = await personOf(ledger, { role: 'enterprise', org: ids['organizationId']! });
  stranger = await personOf(ledger, { role: 'enterprise', org: 'elsewhere' });

  ids['failed'] = await published('EC101', 5500);
  await published('EC101', 7800, { kind: 'make-up', follows: ids['failed'] });
  ids['corrected'] = await published('EC102', 8000);
  const { attemptId } = await made('/v1/attempts', {
    enrollmentId: ids['enrollmentId'],
    courseId: ids['EC103'],
    kind: 'first',
    schemeId: ids['schemeId'],
    academicYear: '2026-2027',
    term: '2026-2027-1',
    classId: ids['class-EC103'],
  });
  ids['open'] = attemptId!;
  await made(`/v1/attempts/${attemptId}/score-component`, { component: 'exam', score: 9100 }, teacher);
  moments.push(new Date(ledger.parts.clock.now()).toISOString());
  const { requestId, digest } = await made(`/v1/attempts/${ids['corrected']}/request-correction`, {
    result: { score: 9000 },
    reason: { code: 'error', text: '漏登' },
  });
  await made(`/v1/attempts/${ids['corrected']}/grant-approval`, { requestId, digest }, second);
  trained = await apprenticed(made, {
    organizationId: ids['organizationId']!,
    programId: ids['programId']!,
    courseId: ids['EC101']!,
    learnerId: ids['learnerId']!,
    enrollmentId: ids['enrollmentId']!,
    from: '2027-03-01',
    to: '2028-02-28',
    closesOn: '2026-12-31',
  });
}, 180_000);
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

const read = async (who: Person, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  who.get(path, { ...(await upToNow(ledger)), ...headers });
const transcript = (who: Person, query = '', headers: Record<string, string> = {}): Promise<Answer> =>
  read(who, `/v1/learners/${ids['learnerId']}/transcript${query}`, headers);

interface Told {
  readonly course: { readonly code: string };
  readonly kind: { readonly code: string };
  readonly status: { readonly code: string };
  readonly result: { readonly score: number } | null;
  readonly earned: boolean;
}
const linesOf = ({ body }: Answer): string[] =>
  (body.enrollments[0].attempts as Told[]).map(
    ({ course, kind, status, result, earned }) =>
      `${course.code} ${kind.code} ${status.code} ${result?.score ?? '-'}${earned ? ' earned' : ''}`,
  );

describe('a transcript', () => {
  it('shows the registry every attempt, resits beside what they follow, and marks what is not published', async () => {
    const answer = await transcript(registrar);
    expect(linesOf(answer)).toEqual([
      'EC101 first published 5500',
      'EC101 make-up published 6000 earned',
      'EC102 first published 9000 earned',
      'EC103 first open -',
    ]);
    const [enrollment] = answer.body.enrollments;
    expect(enrollment.attempts[1]).toMatchObject({ number: 2, follows: ids['failed'], result: { capped: true }, weighed: true });
    expect(enrollment.attempts[2]).toMatchObject({ corrected: true, components: [{ code: 'exam', zh: '考试', weight: 10_000 }] });
    expect(enrollment).toMatchObject({
      studentNumber: '2026010101',
      credits: { earned: 600, byModule: [{ module: 'platform', earned: 600 }] },
      // (6000 · 400 + 9000 · 200) / 600
      average: { score: 7000, courses: 2, credits: 600, policy: { attempt: 'best', failed: 'counted' } },
      progress: { version: 1, required: 900, earned: 600, missing: 300, notPassed: [{ code: 'EC103', attempted: false }] },
    });
  });

  it('shows the learner what was told her, and tells nothing of the rest', async () => {
    const answer = await transcript(learner);
    expect(linesOf(answer)).toHaveLength(3);
    expect(JSON.stringify(answer.body)).not.toContain(ids['open']);
    expect(JSON.stringify(answer.body)).not.toContain('9100');
    const open = await learner.get(`/v1/attempts/${ids['open']}`);
    expect(open).toMatchObject({ status: 200, body: { status: { code: 'open' }, result: null, marks: [], scores: [] } });
    const list = await read(learner, '/v1/attempts');
    expect(list.body.total).toBe(3);
    expect((await read(learner, '/v1/attempts?status=open')).body.total).toBe(0);
    expect((await read(teacher, `/v1/attempts?classId=${ids['class-EC103']}`)).body).toMatchObject({
      total: 1,
      items: [{ name: '𠮷丽·买买提', status: { code: 'open' } }],
    });
    expect((await read(stranger, '/v1/attempts')).body.total).toBe(0);
  });

  it('reads as it was believed before the correction, and as it was true on a day', async () => {
    const before = await transcript(registrar, `?recordedAsOf=${moments[0]}`);
    expect(linesOf(before)[2]).toBe('EC102 first published 8000 earned');
    expect(before.body.enrollments[0]).toMatchObject({ average: { score: 6667 }, attempts: { 2: { corrected: false } } });
    // What is true of that moment by everything known since: the correction carries the time of what it corrects.
    expect(linesOf(await transcript(registrar, `?effectiveAsOf=${moments[0]}`))[2]).toBe('EC102 first published 9000 earned');
    expect(linesOf(await transcript(registrar, '?effectiveAsOf=2026-09-15'))).toEqual([]);
    expect((await transcript(registrar, '?recordedAsOf=2026-09-15')).status).toBe(404);
    const now = await transcript(registrar, `?recordedAsOf=2099-01-01`);
    expect(now.body.enrollments).toEqual((await transcript(registrar)).body.enrollments);
  });

  it('leaves as a sheet and as a PDF, by parameter or by Accept, on record before its first byte', async () => {
    const accesses = async (): Promise<number> => (await registrar.get(`/v1/learners/${ids['learnerId']}/accesses`)).body.total;
    for (const [query, headers] of [
      ['?format=csv&language=zh', {}],
      ['?language=zh', { accept: 'text/csv' }],
    ] as const) {
      const csv = await transcript(registrar, query, headers);
      expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
      const [header, ...rows] = (await all(readCsv(inChunks(Buffer.from(csv.body))))).map(({ cells }) => cells);
      expect(header!.slice(0, 2)).toEqual(['学号', '姓名']);
      expect(rows.map((cells) => [cells[header!.indexOf('课程代码')], cells[header!.indexOf('成绩')]])).toEqual([
        ['EC101', '55'],
        ['EC101', '60'],
        ['EC102', '90'],
      ]);
    }
    await transcript(registrar, '?format=pdf');
    const before = await accesses();
    const response = await fetch(`${ledger.url}/v1/learners/${ids['learnerId']}/transcript?language=en`, {
      headers: { authorization: `Bearer ${registrar.token}`, accept: 'application/pdf' },
    });
    expect(response.headers.get('content-type')).toBe('application/pdf');
    // 𠮷 is not in the font: drawn as its code point, and told.
    expect(response.headers.get('ledger-missing-glyphs')).toBe('20bb7');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    // The read of the accesses is one more.
    expect(await accesses()).toBe(before + 2);
  });

  it('carries the digest of what the learner reads', async () => {
    const { body } = await transcript(learner);
    const fingerprint = createHash('sha256').update(canonical(body)).digest('hex');
    expect((await transcript(learner, '?format=pdf')).headers.get('ledger-fingerprint')).toBe(fingerprint);
  });

  it('is nobody’s who may not read it', async () => {
    for (const who of [teacher, enterprise]) expect((await transcript(who)).status).toBe(403);
    const another = await personOf(ledger, { role: 'learner', learner: 'another' });
    expect((await transcript(another)).status).toBe(404);
    expect((await transcript(registrar, '?format=xlsx')).status).toBe(422);
  });

  it('leaves with those of the cohort', async () => {
    const csv = await read(registrar, '/v1/exports/transcripts?lang=en&cohort=2026');
    const rows = (await all(readCsv(inChunks(Buffer.from(csv.body))))).map(({ cells }) => cells);
    expect(rows).toHaveLength(4);
    expect(rows[0]!.slice(0, 2)).toEqual(['student number', 'name']);
    const none = await read(registrar, '/v1/exports/transcripts?lang=en&cohort=2020');
    expect(await all(readCsv(inChunks(Buffer.from(none.body))))).toHaveLength(1);
  });
});

describe('an apprentice record', () => {
  const record = (who: Person, query = ''): Promise<Answer> =>
    read(who, `/v1/learners/${ids['learnerId']}/apprenticeship${query}`);

  it('shows the learner everything of hers', async () => {
    expect((await record(learner)).body).toMatchObject({
      selections: [{ selectionId: trained.selectionId, statement: '自荐', status: { code: 'accepted' } }],
      contracts: [
        { contractId: trained.contractId, status: { code: 'draft' }, unsigned: ['school', 'enterprise', 'apprentice'] },
      ],
      placements: [{ placementId: trained.placementId, members: null, size: 1 }],
    });
    expect((await record(registrar)).body.results).toHaveLength(2);
  });

  it('shows the enterprise its own apprentice: no number, no contact, no result before the contract stands', async () => {
    const answer = await record(enterprise);
    expect(answer).toMatchObject({
      status: 200,
      body: { name: '𠮷丽·买买提', contracts: [{ contractId: trained.contractId }], results: [] },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/P1234567|identity|contact/);
    expect((await record(stranger)).status).toBe(404);
    for (const path of ['/v1/contracts', '/v1/selections', '/v1/placements', '/v1/openings']) {
      expect([path, (await read(enterprise, path)).body.total]).toEqual([path, 1]);
      expect([path, (await read(stranger, path)).body.total]).toEqual([path, 0]);
    }
  });

  it('opens the terms to the parties alone', async () => {
    const path = `/v1/contracts/${trained.contractId}`;
    for (const who of [registrar, learner, enterprise]) {
      expect((await who.get(path)).body.texts.sections).toContainEqual({ code: 'safety', text: '条款safety' });
    }
    expect((await stranger.get(path)).status).toBe(404);
    expect((await read(learner, '/v1/contracts')).body.items[0].texts).toBeUndefined();
  });

  it('reads as of before there was one', async () => {
    expect((await record(learner, `?recordedAsOf=${moments[0]}`)).body).toMatchObject({ selections: [], contracts: [] });
    expect((await registrar.get(`/v1/contracts/${trained.contractId}?recordedAsOf=${moments[0]}`)).status).toBe(404);
    expect((await registrar.get(`/v1/contracts/${trained.contractId}/logs?effectiveAsOf=2026-10-02`)).body.total).toBe(0);
  });

  it('gives the enterprise tasks of its own', async () => {
    expect((await read(enterprise, '/v1/tasks?horizonDays=365')).body.items).toMatchObject([
      {
        kind: 'contract-unsigned',
        key: trained.contractId,
        dueOn: '2027-03-01',
        detail: { unsigned: 'school,enterprise,apprentice' },
      },
    ]);
    expect((await read(stranger, '/v1/tasks?horizonDays=365')).body.total).toBe(0);
  });
});
