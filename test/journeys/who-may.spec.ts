import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { developmentIssuer, type TokenClaims } from '../../libs/edge/auth.ts';
import { policies, type Policy, type TokenRole } from '../../libs/edge/policy.ts';
import { assertGuarded, type Route } from '../../libs/edge/routes.ts';
import { roles } from '../../libs/kernel/decider.ts';
import { creditCheckCharacter } from '../../libs/kernel/national-id.ts';
import { Examples, type ApiDocument } from '../support/examples.ts';
import { apprenticed } from '../support/training.ts';
import { personWith, type Answer, type Person } from './client.ts';

/**
 * Who may (domain.md), generated from the policy table and the router: every route as every role, without a token, with bad ones, and with those of
 * another institution, organization and learner. What is planted in the college must never be seen outside of it.
 */
let folder: string;
let ledger: Ledger;
let examples: Examples;
let routes: readonly Route[];

const college = 'college';
const academy = 'academy';

/** Distinctive words of one institution's people and things. */
interface Planted {
  readonly institution: string;
  readonly personal: readonly string[];
  readonly public: readonly string[];
  readonly ids: Readonly<
    Record<
      | 'learnerId'
      | 'otherLearnerId'
      | 'enrollmentId'
      | 'otherEnrollmentId'
      | 'classId'
      | 'otherClassId'
      | 'programId'
      | 'courseId'
      | 'schemeId'
      | 'organizationId'
      | 'teacherId'
      | 'attemptId'
      | 'openingId'
      | 'selectionId'
      | 'contractId'
      | 'placementId'
      | 'runId'
      | 'buildId'
      | 'otherBuildId',
      string
    >
  >;
}
let ours: Planted;
let theirs: Planted;

const tokenOf = (claims: Partial<TokenClaims> & Pick<TokenClaims, 'role'>): Promise<string> =>
  ledger.mint({ sub: `${claims.role}-1`, institution: college, ...claims });
const person = async (claims: Partial<TokenClaims> & Pick<TokenClaims, 'role'>): Promise<Person> =>
  personWith(ledger.url, await tokenOf(claims));

/** Long enough that no id or time holds it by chance. */
const phoneOf = (prefix: string, mark: string): string => `${prefix}${mark.charCodeAt(0)}00000`;

async function plant(institution: string, mark: string): Promise<Planted> {
  const registrar = await person({ role: 'registrar', institution });
  const made = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await registrar.post(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const { programId } = await made('/v1/programs', {
    code: `P${mark}`,
    name: { zh: `专业${mark}`, en: `Program ${mark}` },
    level: 'junior-college',
    lengthOfStudyMonths: 36,
  });
  await made('/v1/program-groups', { name: { zh: `专业群${mark}`, en: `Group ${mark}` }, programIds: [programId] });
  await made('/v1/calendar', {
    years: [
      {
        name: `Y${mark}`,
        from: '2026-09-01',
        to: '2027-08-31',
        terms: [{ name: `T${mark}`, from: '2026-09-01', to: '2027-01-20' }],
      },
    ],
  });
  const first17 = mark === 'QX' ? '91350100M000100Y4' : '12100000400006268';
  const creditCode = `${first17}${creditCheckCharacter(first17)!}`;
  const { organizationId } = await made('/v1/organizations', {
    creditCode,
    name: { zh: `单位${mark}`, en: `Organization ${mark}` },
    kind: 'enterprise',
  });
  const words = (what: string): { zh: string; en: string } => ({ zh: `${what}${mark}`, en: `${what} ${mark}` });
  const { courseId } = await made('/v1/courses', {
    code: `C${mark}`,
    name: words('课程'),
    credits: 400,
    hours: 64,
    nature: 'compulsory',
  });
  await made(`/v1/programs/${programId}/plans`, {
    entriesFrom: '2026-09-01',
    requiredCredits: 14_000,
    modules: [{ code: 'platform', name: words('平台'), kind: 'shared', requiredCredits: 6000 }],
    courses: [{ courseId, module: 'platform', nature: 'compulsory' }],
  });
  const [template] = (await registrar.get('/v1/scheme-templates')).body.items;
  const { schemeId } = await made('/v1/schemes', { ...template, code: `S${mark}`, name: words('评价') });
  const descriptors = {
    'knowledge-and-skills': words('描述'),
    process: words('描述'),
    'application-autonomy-accountability': words('描述'),
    'communication-it-numeracy': words('描述'),
  };
  await made('/v1/framework', { name: words('框架'), levels: [1, 2, 3, 4, 5, 6, 7].map((level) => ({ level, descriptors })) });
  const { teacherId } = await made('/v1/teachers', {
    side: 'enterprise',
    organizationId,
    staffNumber: `工号${mark}`,
    profile: { name: `导师${mark}`, title: `职称${mark}` },
    contact: { phone: phoneOf('138', mark) },
  });
  await made(`/v1/teachers/${teacherId}/link-account`, { personId: `mentor-${mark}` });
  const { classId } = await made('/v1/classes', { kind: 'administrative', name: `班级${mark}`, programId });
  const { classId: otherClassId } = await made('/v1/classes', { kind: 'teaching', name: `课程班${mark}`, term: `T${mark}` });
  await made(`/v1/classes/${classId}/assign-teacher`, { teacherId: 'teacher-1' });

  const enrolled = async (n: number, birthDate: string): Promise<{ learnerId: string; enrollmentId: string }> => {
    const identity = {
      name: `姓名${mark}${n}`,
      idType: 'other',
      idNumber: `ID${mark}${n}0000`,
      birthDate,
      note: `备注${mark}${n}`,
    };
    const { learnerId } = await made('/v1/learners', {
      identity,
      contact: { phone: phoneOf(`139${n}`, mark), address: `地址${mark}${n}` },
    });
    await made(`/v1/learners/${learnerId}/link-guardian`, {
      guardianId: `guardian-${n}`,
      guardian: { name: `监护人${mark}${n}`, relation: '母亲' },
    });
    const { enrollmentId } = await made('/v1/enrollments', {
      learnerId,
      programId,
      entryDate: '2026-09-01',
      effectiveAt: '2026-09-01',
    });
    await made(`/v1/enrollments/${enrollmentId}/register`, {
      studentNumber: `SN${mark}${n}`,
      classId,
      effectiveAt: '2026-09-02',
      reason: { code: 'checked', text: `理由${mark}${n}` },
    });
    return { learnerId: learnerId!, enrollmentId: enrollmentId! };
  };
  // One is a minor, the other long grown up.
  const first = await enrolled(1, '2010-05-05');
  const second = await enrolled(2, '1990-05-05');
  await made(`/v1/classes/${otherClassId}/change-roster`, { add: [second.enrollmentId] });
  await made(`/v1/enrollments/${first.enrollmentId}/request-correction`, {
    target: '1',
    field: 'studentNumber',
    value: `SN${mark}9`,
    evidence: [`证据${mark}`],
  });
  const { attemptId } = await made('/v1/attempts', {
    enrollmentId: first.enrollmentId,
    courseId,
    kind: 'first',
    schemeId,
    academicYear: `Y${mark}`,
    term: `T${mark}`,
    reason: { code: 'other', text: `理由${mark}` },
  });
  const trained = await apprenticed(made, {
    ...first,
    organizationId: organizationId!,
    programId: programId!,
    courseId: courseId!,
    from: '2027-03-01',
    to: '2028-02-28',
    closesOn: '2026-12-31',
    mark,
  });
  const { runId } = await made('/v1/imports', { kind: 'programs', fileDigest: mark.charCodeAt(0).toString(16).repeat(32) });

  const { buildId } = await made('/v1/as-of', { report: 'enrollment', recordedAsOf: '2026-09-30' });
  while ((await registrar.get(`/v1/as-of/${buildId}`)).body.state.code !== 'ready') await nextTurn();
  const { buildId: otherBuildId } = await made('/v1/as-of', { report: 'tasks', recordedAsOf: '2026-09-30' });

  return {
    institution,
    personal: ['自荐', '条款', '姓名', '导师', '职称', '备注', '地址', '监护人', '理由', 'SN', 'ID']
      .map((word) => `${word}${mark}`)
      .concat(...['1391', '1392', '138'].map((prefix) => phoneOf(prefix, mark)), `证据${mark}`),
    public: ['课程', '平台', '评价', '框架', '描述', '工号']
      .map((word) => `${word}${mark}`)
      .concat(`专业${mark}`, `Program ${mark}`, `专业群${mark}`, `单位${mark}`, `班级${mark}`, `课程班${mark}`, `Y${mark}`),
    ids: {
      learnerId: first.learnerId,
      otherLearnerId: second.learnerId,
      enrollmentId: first.enrollmentId,
      otherEnrollmentId: second.enrollmentId,
      classId: classId!,
      otherClassId: otherClassId!,
      programId: programId!,
      courseId: courseId!,
      schemeId: schemeId!,
      organizationId: organizationId!,
      teacherId: teacherId!,
      attemptId: attemptId!,
      ...trained,
      runId: runId!,
      buildId: buildId!,
      otherBuildId: otherBuildId!,
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-who-may-'));
  ledger = await startLedger({
    env: {
      LEDGER_DATA: folder,
      PORT: '0',
      LEDGER_INSTITUTIONS: 'college=Asia/Shanghai,academy=Asia/Urumqi',
      LEDGER_CLOCK: '2026-10-01T08:00:00+08:00',
    },
    quiet: true,
  });
  routes = ledger.routes;
  examples = new Examples((await (await fetch(`${ledger.url}/openapi.json`)).json()) as ApiDocument);
  ours = await plant(college, 'QX');
  theirs = await plant(academy, 'WZ');
  for (const { name } of ledger.parts.views.status())
    await ledger.parts.views.waitFor(name, await ledger.parts.store.head(), 10_000);
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

// ── calling a route ────────────────────────────────────────────────────────────────────────────────────────────────────────

const policyOf = ({ operation }: Route): Policy => policies[operation]!;

/** The record of an institution that `:id` may stand for, by what the path begins with. */
function pathOf({ path, method, operation }: Route, { ids }: Planted): string {
  if (operation === 'compareAsOf') return `${path}?view=enrollment-register&from=${ids.buildId}&to=${ids.buildId}`;
  const records: Readonly<Record<string, string>> = {
    enrollments: ids.enrollmentId,
    classes: ids.classId,
    imports: ids.runId,
    programs: ids.programId,
    courses: ids.courseId,
    schemes: ids.schemeId,
    teachers: ids.teacherId,
    attempts: ids.attemptId,
    openings: ids.openingId,
    selections: ids.selectionId,
    contracts: ids.contractId,
    placements: ids.placementId,
    // What one role throws away the next still reads.
    'as-of': method === 'DELETE' ? ids.otherBuildId : ids.buildId,
  };
  const [, , kind = ''] = path.split('/');
  return path.replace(':id', records[kind] ?? ids.learnerId).replace(':name', 'tasks');
}

/** The example's body about an institution's records. */
function bodyOf(route: Route, { ids }: Planted, all = false): object {
  const body = examples.body(route.path, route.method, all);
  const known: Record<string, unknown> = {
    learnerId: ids.learnerId,
    programId: ids.programId,
    classId: ids.classId,
    programIds: [ids.programId],
    add: [ids.enrollmentId],
    remove: [ids.enrollmentId],
    enrollmentId: ids.enrollmentId,
    courseId: ids.courseId,
    schemeId: ids.schemeId,
  };
  for (const key of Object.keys(body)) if (key in known) body[key] = known[key];
  return body;
}

const call = (who: Person, route: Route, about: Planted, query = ''): Promise<Answer> => {
  if (route.method === 'GET') return who.get(`${pathOf(route, about)}${query}`);
  return route.method === 'DELETE' ? who.delete(pathOf(route, about)) : who.post(pathOf(route, about), bodyOf(route, about));
};

/** What a response says, without what the request itself said: problems name the path that was asked for. */
const saidBy = ({ body, headers }: Answer): string =>
  `${typeof body === 'string' ? body : JSON.stringify({ ...body, instance: undefined })}${JSON.stringify([...headers])}`;

/** A build's id is a few digits: only as a word of its own is it that, and not a part of somebody's correlation id. */
const marksIn = (answer: Answer, marks: readonly string[]): readonly string[] => {
  const said = saidBy(answer);
  return marks.filter((mark) =>
    /^\d+$/.test(mark) ? new RegExp(`(?<![\\w-])${mark}(?![\\w-])`).test(said) : said.includes(mark),
  );
};

const guarded = (): readonly Route[] => routes.filter((route) => policyOf(route).may !== 'anyone');
const allowed = (route: Route): Readonly<Partial<Record<TokenRole, string>>> => policyOf(route).may as never;

describe('the table', () => {
  it('names every route, and no route twice', () => {
    expect(routes.map(({ operation }) => operation).toSorted()).toEqual(Object.keys(policies).toSorted());
  });

  it('lets nothing start that it does not name', () => {
    expect(() => assertGuarded([{ operation: 'readEverything', method: 'GET', path: '/v1/everything' }])).toThrow(
      'has no policy',
    );
    expect(() => assertGuarded([routes[0]!, routes[0]!])).toThrow('two routes');
    expect(() => assertGuarded([{ operation: 'constructor', method: 'GET', path: '/v1/x' }])).toThrow('has no policy');
  });

  it('opens to nobody in particular what is nobody’s', () => {
    const open = routes.filter((route) => policyOf(route).may === 'anyone').map(({ path }) => path);
    expect(open.toSorted()).toEqual(['/health/live', '/health/ready', '/metrics']);
  });
});

describe('a token', () => {
  it('is needed for every other route', async () => {
    const nobody = personWith(ledger.url, 'x');
    const statuses = await Promise.all(
      guarded().map(async (route) => {
        const missing = await fetch(`${ledger.url}${pathOf(route, ours)}`, {
          method: route.method,
          ...(route.method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } }),
        });
        expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="ledger"');
        return [missing.status, (await call(nobody, route, ours)).body.code];
      }),
    );
    expect(new Set(statuses.map(String))).toEqual(new Set(['401,TOKEN_INVALID']));
  });

  it('must be signed by the issuer, for now, and by an algorithm that proves it', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const claims = { role: 'registrar', institution: college };
    const signed = (
      alg: string,
      key: Parameters<SignJWT['sign']>[0],
      exp: number | null,
      issuer = developmentIssuer,
    ): Promise<string> => {
      const jwt = new SignJWT(claims).setProtectedHeader({ alg }).setSubject('registrar-1').setIssuer(issuer);
      return (exp === null ? jwt : jwt.setExpirationTime(exp)).sign(key);
    };
    const now = Math.floor(Date.now() / 1000);
    const jwks = JSON.parse(await readFile(join(folder, 'jwks.json'), 'utf8'));
    const own = JSON.parse(await readFile(join(folder, 'development-key.json'), 'utf8'));
    const publicPem = createPublicKey({ key: jwks.keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${part({ alg: 'none' })}.${part({ ...claims, sub: 'registrar-1', iss: developmentIssuer, exp: now + 60 })}.`;
    const good = await tokenOf({ role: 'registrar' });
    const bad: Record<string, string> = {
      forged: await signed('EdDSA', privateKey, now + 60),
      'with the public key as a secret': await signed('HS256', Buffer.from(publicPem), now + 60),
      'without a signature': none,
      'by another issuer': await signed('EdDSA', own, now + 60, 'https://elsewhere.example'),
      'without an end': await signed('EdDSA', own, null),
      altered: good.replace(/\.(.)/, (_, first: string) => `.${first === 'e' ? 'f' : 'e'}`),
    };
    for (const [what, token] of Object.entries(bad)) {
      expect([what, (await personWith(ledger.url, token).get('/v1/programs')).status]).toEqual([what, 401]);
    }
    const expired = await personWith(ledger.url, await signed('EdDSA', own, now - 60)).get('/v1/programs');
    expect(expired).toMatchObject({ status: 401, body: { code: 'TOKEN_EXPIRED' } });
    const elsewhere = await personWith(ledger.url, await tokenOf({ role: 'registrar', institution: 'nowhere' })).get(
      '/v1/programs',
    );
    expect(elsewhere).toMatchObject({ status: 403, body: { code: 'INSTITUTION_UNKNOWN' } });
  });
});

describe('a role that the table does not name', () => {
  it.each(roles)('%s is refused, and told nothing', async (role) => {
    const who = await person({ role, org: 'enterprise-1', learner: ours.ids.learnerId });
    for (const route of guarded().filter((one) => !(role in allowed(one)))) {
      const answer = await call(who, route, ours);
      expect([route.operation, answer.status, answer.body.code]).toEqual([route.operation, 403, 'ROLE_NOT_ALLOWED']);
      expect(marksIn(answer, [...ours.personal, ...ours.public])).toEqual([]);
    }
  });
});

describe('another institution', () => {
  it.each(roles)('sees and changes nothing of ours as %s', async (role) => {
    const stranger = await person({
      role,
      institution: academy,
      org: 'enterprise-1',
      learner: ours.ids.learnerId,
      sub: `${role}-of-academy`,
    });
    const before = await eventsOf(college);
    for (const route of guarded().filter((one) => role in allowed(one))) {
      const answer = await call(stranger, route, ours);
      // What she named herself may be named back to her.
      const sent = `${pathOf(route, ours)}${JSON.stringify(bodyOf(route, ours))}`;
      const ids = Object.values(ours.ids).filter((id) => !sent.includes(id));
      expect([route.operation, marksIn(answer, [...ours.personal, ...ours.public, ...ids])]).toEqual([route.operation, []]);
      expect([route.operation, !route.path.includes(':id') || answer.status === 404]).toEqual([route.operation, true]);
    }
    expect(await eventsOf(college)).toBe(before);
  });

  it('counts its own alone, whatever it filters by', async () => {
    const stranger = await person({ role: 'registrar', institution: academy });
    const totals = async (path: string): Promise<number> => (await stranger.get(path)).body.total;
    expect(await totals('/v1/enrollments')).toBe(2);
    expect(await totals(`/v1/enrollments?programId=${ours.ids.programId}`)).toBe(0);
    expect(await totals(`/v1/enrollments?classId=${ours.ids.classId}`)).toBe(0);
    expect(await totals('/v1/enrollments?studentNumber=SNQX1')).toBe(0);
    expect(await totals(`/v1/tasks?learnerId=${ours.ids.learnerId}`)).toBe(0);
    expect(await totals(`/v1/classes?programId=${ours.ids.programId}`)).toBe(0);
    expect(await totals('/v1/approvals')).toBe(1);
    for (const text of ['姓名QX', 'SNQX1', 'IDQX10000', '姓名']) {
      const found = await stranger.post('/v1/learners/search', { text });
      expect(marksIn(found, ours.personal)).toEqual([]);
      expect(found.body.total).toBe(text === '姓名' ? 2 : 0);
    }
  });

  it('cannot go on from our cursor', async () => {
    const registrar = await person({ role: 'registrar' });
    const stranger = await person({ role: 'registrar', institution: academy });
    for (const path of ['/v1/enrollments', '/v1/tasks', '/v1/classes']) {
      const { next } = (await registrar.get(`${path}?limit=1`)).body;
      if (next === null) continue;
      expect(await stranger.get(`${path}?limit=1&cursor=${next}`)).toMatchObject({
        status: 422,
        body: { code: 'CURSOR_INVALID' },
      });
    }
    const { next } = (await registrar.post('/v1/learners/search', { text: '姓名', limit: 1 })).body;
    expect((await stranger.post('/v1/learners/search', { text: '姓名', limit: 1, cursor: next })).body.code).toBe(
      'CURSOR_INVALID',
    );
  });

  it.each(['2026-09-30', '2026-09-01', '2026-10-01T00:00:00Z'])('cannot ask about any past moment: %s', async (moment) => {
    const stranger = await person({ role: 'auditor', institution: academy });
    const own = await person({ role: 'auditor' });
    for (const path of [
      `/v1/learners/${ours.ids.learnerId}`,
      `/v1/learners/${ours.ids.learnerId}/timeline`,
      `/v1/enrollments/${ours.ids.enrollmentId}`,
    ]) {
      for (const question of ['recordedAsOf', 'effectiveAsOf']) {
        expect((await stranger.get(`${path}?${question}=${moment}`)).status).toBe(404);
        expect([200, 404]).toContain((await own.get(`${path}?${question}=${moment}`)).status);
      }
    }
  });

  it('gets its own events alone', async () => {
    const auditor = await person({ role: 'auditor', institution: academy });
    for (const query of ['', '?open=true', '?types=LearnerIdentified', '?after=3&limit=100000']) {
      const answer = await auditor.get(`/v1/events${query}`);
      expect(marksIn(answer, [...ours.personal, ...ours.public])).toEqual([]);
      const lines = (answer.body as string)
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      expect(new Set(lines.map((line) => line.institutionId))).toEqual(new Set([academy]));
      // Filters that she asked with herself stand in the record of her reads.
      const said = JSON.stringify(lines.filter((line) => line.type !== 'RecordRead'));
      expect(Object.values(ours.ids).filter((id) => said.includes(id))).toEqual([]);
    }
  });

  it('takes nothing of ours into its own records', async () => {
    const registrar = await person({ role: 'registrar', institution: academy });
    const { learnerId, programId, classId, enrollmentId } = theirs.ids;
    const mixed: [string, object][] = [
      ['/v1/enrollments', { learnerId: ours.ids.otherLearnerId, programId, entryDate: '2026-09-01' }],
      ['/v1/enrollments', { learnerId, programId: ours.ids.programId, entryDate: '2026-09-01' }],
      ['/v1/enrollments', { learnerId, programId, classId: ours.ids.classId, entryDate: '2026-09-01' }],
      [`/v1/enrollments/${enrollmentId}/change-class`, { classId: ours.ids.classId }],
      [`/v1/enrollments/${enrollmentId}/change-major`, { programId: ours.ids.programId }],
      [`/v1/classes/${theirs.ids.otherClassId}/change-roster`, { add: [ours.ids.enrollmentId] }],
      ['/v1/classes', { kind: 'administrative', name: '借来的班', programId: ours.ids.programId }],
      ['/v1/program-groups', { name: { zh: '借来的群', en: 'Borrowed' }, programIds: [ours.ids.programId] }],
    ];
    for (const [path, body] of mixed) {
      const answer = await registrar.post(path, body);
      expect([path, answer.status >= 400]).toEqual([path, true]);
      expect(marksIn(answer, [...ours.personal, ...ours.public])).toEqual([]);
    }
    // The same number may belong to one person here and to another there.
    const identity = { name: '同号', idType: 'other', idNumber: 'IDQX10000' };
    expect((await registrar.post('/v1/learners', { identity })).status).toBe(201);
    expect(classId).not.toBe(ours.ids.classId);
  });
});

describe('a learner', () => {
  it('sees herself, and nobody else', async () => {
    const { learnerId, otherLearnerId, enrollmentId, otherEnrollmentId } = ours.ids;
    const learner = await person({ role: 'learner', learner: learnerId });
    for (const route of guarded().filter((one) => policyOf(one).reads && 'learner' in allowed(one))) {
      const path = (id: string): string => route.path.replace(':id', id);
      const { attemptId, contractId } = ours.ids;
      const own = { learner: learnerId, enrollment: enrollmentId, attempt: attemptId, contract: contractId }[
        policyOf(route).reads as 'learner'
      ];
      const other = policyOf(route).reads === 'learner' ? otherLearnerId : otherEnrollmentId;
      for (const query of ['', '?recordedAsOf=2026-10-01', '?effectiveAsOf=2026-10-01']) {
        if (query !== '' && route.operation === 'listAccesses') continue;
        expect([route.operation, (await learner.get(`${path(own)}${query}`)).status]).toEqual([route.operation, 200]);
        const answer = await learner.get(`${path(other)}${query}`);
        expect([route.operation, answer.status, marksIn(answer, ours.personal)]).toEqual([route.operation, 404, []]);
      }
    }
    const unbound = await person({ role: 'learner' });
    expect((await unbound.get(`/v1/learners/${learnerId}`)).status).toBe(404);
  });

  it('sees who looked at her record, but leaves no trace of herself', async () => {
    const { learnerId } = ours.ids;
    const learner = await person({ role: 'learner', learner: learnerId });
    const before = (await learner.get(`/v1/learners/${learnerId}/accesses`)).body.total;
    await learner.get(`/v1/learners/${learnerId}`);
    expect((await learner.get(`/v1/learners/${learnerId}/accesses`)).body.total).toBe(before);
    const auditor = await person({ role: 'auditor' });
    await auditor.get(`/v1/learners/${learnerId}?effectiveAsOf=2026-10-01`);
    const { total, items } = (await learner.get(`/v1/learners/${learnerId}/accesses`)).body;
    expect(total).toBe(before + 1);
    expect(items[0]).toMatchObject({
      by: { personId: 'auditor-1', role: 'auditor' },
      operation: 'readLearner',
      asked: { effectiveAsOf: '2026-10-01' },
    });
  });
});

describe('a guardian', () => {
  it('sees her ward while a minor, and nobody else', async () => {
    const { learnerId, otherLearnerId } = ours.ids;
    const mother = await person({ role: 'guardian', sub: 'guardian-1' });
    expect((await mother.get(`/v1/learners/${learnerId}`)).status).toBe(200);
    expect((await mother.get(`/v1/learners/${otherLearnerId}`)).status).toBe(404);
    // Linked, but her ward is of age.
    const other = await person({ role: 'guardian', sub: 'guardian-2' });
    expect((await other.get(`/v1/learners/${otherLearnerId}`)).status).toBe(404);
    expect((await other.get(`/v1/learners/${otherLearnerId}?recordedAsOf=2026-10-01`)).status).toBe(404);
  });

  it('finds in lists what is her ward’s, if she names her', async () => {
    const { learnerId, otherLearnerId, contractId, selectionId } = ours.ids;
    const mother = await person({ role: 'guardian', sub: 'guardian-1' });
    const list = async (path: string): Promise<Answer> => mother.get(path);
    expect((await list(`/v1/contracts?learnerId=${learnerId}`)).body.items).toMatchObject([{ contractId }]);
    expect((await list(`/v1/selections?learnerId=${learnerId}`)).body.items).toMatchObject([{ selectionId }]);
    expect((await list(`/v1/learners/${learnerId}/apprenticeship`)).body.contracts).toMatchObject([{ contractId }]);
    for (const path of ['/v1/contracts', '/v1/selections', '/v1/attempts', '/v1/placements']) {
      expect([path, (await list(path)).body.total]).toEqual([path, 0]);
      expect([path, (await list(`${path}?learnerId=${otherLearnerId}`)).body.total]).toEqual([path, 0]);
    }
    expect((await list(`/v1/learners/${otherLearnerId}/apprenticeship`)).status).toBe(404);
  });

  it('sees nothing once she is unlinked, as-of questions included', async () => {
    const registrar = await person({ role: 'registrar' });
    const { otherLearnerId: learnerId } = theirs.ids;
    const { learnerId: minor } = ours.ids;
    await registrar.post(`/v1/learners/${minor}/link-guardian`, {
      guardianId: 'aunt-1',
      guardian: { name: '姨妈', relation: '姨妈' },
    });
    const aunt = await person({ role: 'guardian', sub: 'aunt-1' });
    expect((await aunt.get(`/v1/learners/${minor}`)).status).toBe(200);
    await registrar.post(`/v1/learners/${minor}/unlink-guardian`, { guardianId: 'aunt-1' });
    for (const query of ['', '?recordedAsOf=2026-10-01', '?effectiveAsOf=2026-09-30'])
      expect((await aunt.get(`/v1/learners/${minor}${query}`)).status).toBe(404);
    expect((await aunt.get(`/v1/learners/${learnerId}`)).status).toBe(404);
  });

  it('sees nothing of somebody whose birth date nobody knows', async () => {
    const registrar = await person({ role: 'registrar' });
    const { learnerId } = (
      await registrar.post('/v1/learners', { identity: { name: '无日期', idType: 'other', idNumber: 'NODATE1' } })
    ).body;
    await registrar.post(`/v1/learners/${learnerId}/link-guardian`, {
      guardianId: 'guardian-9',
      guardian: { name: '某', relation: '父亲' },
    });
    expect((await (await person({ role: 'guardian', sub: 'guardian-9' })).get(`/v1/learners/${learnerId}`)).status).toBe(404);
  });
});

describe('a teacher', () => {
  it('sees the classes that are hers, and names alone', async () => {
    const teacher = await person({ role: 'teacher', sub: 'teacher-1' });
    const { classId, otherClassId } = ours.ids;
    expect((await teacher.get('/v1/classes')).body).toMatchObject({ total: 1, items: [{ classId }] });
    const members = await teacher.get(`/v1/classes/${classId}/members`);
    expect(members.body.items.map((member: object) => Object.keys(member).toSorted())).toEqual([
      ['enrollmentId', 'name'],
      ['enrollmentId', 'name'],
    ]);
    for (const path of [`/v1/classes/${otherClassId}`, `/v1/classes/${otherClassId}/members`]) {
      const answer = await teacher.get(path);
      expect([answer.status, marksIn(answer, ours.personal)]).toEqual([404, []]);
    }
    const other = await person({ role: 'teacher', sub: 'teacher-2' });
    expect((await other.get('/v1/classes')).body.total).toBe(0);
  });
});

describe('an enterprise', () => {
  it('sees its own apprentices, neither their numbers nor how to reach them, and nobody else’s', async () => {
    const { learnerId, otherLearnerId, contractId, selectionId, organizationId } = ours.ids;
    const own = await person({ role: 'enterprise', org: organizationId });
    const never = ours.personal.filter((mark) => !/^(姓名|自荐|条款|导师)/.test(mark));
    for (const [path, total] of [
      ['/v1/openings', 1],
      ['/v1/selections', 1],
      ['/v1/contracts', 1],
      ['/v1/placements', 1],
      ['/v1/attempts', 0],
    ] as const) {
      const answer = await own.get(path);
      expect([path, answer.body.total, marksIn(answer, never)]).toEqual([path, total, []]);
      const other = await (await person({ role: 'enterprise', org: theirs.ids.organizationId })).get(path);
      expect([path, other.body.total, marksIn(other, ours.personal)]).toEqual([path, 0, []]);
    }
    for (const path of [`/v1/learners/${learnerId}/apprenticeship`, `/v1/contracts/${contractId}`]) {
      const answer = await own.get(path);
      expect([path, answer.status, marksIn(answer, never)]).toEqual([path, 200, []]);
    }
    for (const path of [
      `/v1/learners/${otherLearnerId}/apprenticeship`,
      `/v1/learners/${learnerId}`,
      `/v1/learners/${learnerId}/transcript`,
    ])
      expect([path, (await own.get(path)).status >= 400]).toEqual([path, true]);
    expect((await own.get(`/v1/selections?learnerId=${otherLearnerId}`)).body.total).toBe(0);
    expect((await own.get('/v1/selections')).body.items[0]).toMatchObject({ selectionId, name: '姓名QX1' });
  });

  const enterprise = (org: string | undefined, sub = 'enterprise-1'): Promise<Person> =>
    person({ role: 'enterprise', sub, ...(org === undefined ? {} : { org }) });
  const mentor = (organizationId: string, staffNumber: string): object => ({
    side: 'enterprise',
    organizationId,
    staffNumber,
    profile: { name: '自家导师' },
  });

  it('sees the mentors of its own, and no others', async () => {
    const { organizationId, teacherId } = ours.ids;
    const own = await enterprise(organizationId);
    expect((await own.get('/v1/teachers')).body).toMatchObject({ total: 1, items: [{ teacherId }] });
    expect((await own.get(`/v1/teachers?organizationId=${organizationId}`)).body.total).toBe(1);
    expect((await own.get(`/v1/teachers?organizationId=${theirs.ids.organizationId}`)).body.total).toBe(0);
    expect((await own.get(`/v1/teachers/${teacherId}`)).status).toBe(200);
    for (const other of [await enterprise('5q8m2c7h1v0n4k3d'), await enterprise(undefined)]) {
      expect((await other.get('/v1/teachers')).body.total).toBe(0);
      expect((await other.get(`/v1/teachers?organizationId=${organizationId}`)).body.total).toBe(0);
      const answer = await other.get(`/v1/teachers/${teacherId}`);
      expect([answer.status, marksIn(answer, ours.personal)]).toEqual([404, []]);
    }
  });

  it('registers mentors of its own and links their accounts, and does nothing to others', async () => {
    const { organizationId, teacherId } = ours.ids;
    const own = await enterprise(organizationId);
    const registered = await own.post('/v1/teachers', mentor(organizationId, '自家1'));
    expect(registered.status).toBe(201);
    const link = `/v1/teachers/${registered.body.teacherId}/link-account`;
    expect((await own.post(link, { personId: 'mentor-QX' })).body.code).toBe('ACCOUNT_TAKEN');
    expect((await own.post(link, { personId: 'mentor-of-its-own' })).status).toBe(200);

    const other = await enterprise('5q8m2c7h1v0n4k3d');
    expect((await other.post('/v1/teachers', mentor(organizationId, '别家1'))).status).toBe(404);
    expect((await other.post(`/v1/teachers/${teacherId}/link-account`, { personId: 'mentor-x' })).status).toBe(404);
    const staff = { side: 'school', staffNumber: '别家2', profile: { name: '校内教师' } };
    expect((await own.post('/v1/teachers', staff)).status).toBe(404);
    expect((await own.post(`/v1/teachers/${teacherId}/suspend`, { ground: 'x' })).body.code).toBe('ROLE_NOT_ALLOWED');
  });
});

describe('an administrator', () => {
  it('sees no personal data in the clear', async () => {
    const administrator = await person({ role: 'administrator' });
    for (const route of guarded().filter((one) => 'administrator' in allowed(one))) {
      const answer = await call(administrator, route, ours);
      // What was asked for may be over by then: nothing to pause, nothing to try again; and no key is parked, no such event folded.
      const idle = ['REBUILD_NOT_RUNNING', 'REBUILD_NOT_FAILED', 'KEY_NOT_PARKED', 'POSITION_NOT_FOLDED'].includes(
        answer.body.code,
      );
      const acts = /^((pause|resume|cancel|retry)Rebuild|releaseParked|practisePoison)$/;
      const taken = answer.status < 300 || (idle && acts.test(route.operation));
      expect([route.operation, taken, marksIn(answer, ours.personal)]).toEqual([route.operation, true, []]);
    }
  });
});

describe('an auditor', () => {
  it('reads everything of her institution, and every read of a person is on record before she sees it', async () => {
    const auditor = await person({ role: 'auditor' });
    // Nobody sent a file here: the journey of uploads asks for these.
    const ofUploads = ['followImport', 'readImportResult'];
    for (const route of guarded().filter((one) => 'auditor' in allowed(one) && !ofUploads.includes(one.operation))) {
      const before = await readsOf('auditor-1');
      const answer = await call(auditor, route, ours);
      expect([route.operation, answer.status < 300]).toEqual([route.operation, true]);
      const recorded = policyOf(route).recorded !== undefined;
      expect([route.operation, (await readsOf('auditor-1')) - before]).toEqual([route.operation, recorded ? 1 : 0]);
    }
  });

  it('leaves no word of what she searched for', async () => {
    const auditor = await person({ role: 'auditor' });
    await auditor.post('/v1/learners/search', { text: '姓名QX1' });
    const reads = (await auditor.get('/v1/events?types=RecordRead')).body as string;
    expect(reads).toContain('searchLearners');
    expect(ours.personal.filter((mark) => reads.includes(mark))).toEqual([]);
  });
});

describe('the examples of the API document', () => {
  it('are taken as they stand by every command', async () => {
    const registrar = await person({ role: 'registrar' });
    for (const route of guarded().filter((one) => one.method === 'POST' && 'registrar' in allowed(one))) {
      for (const all of [false, true]) {
        const answer = await registrar.post(pathOf(route, ours), bodyOf(route, ours, all));
        expect([
          route.operation,
          answer.body.code === 'VALIDATION_FAILED' ? answer.body.errors : 'valid',
          answer.status < 500,
        ]).toEqual([route.operation, 'valid', true]);
      }
    }
  });
});

// ── what the log says ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function linesOf(): Promise<{ institutionId: string; type: string; actor: { personId: string } }[]> {
  const { events } = await ledger.parts.store.readAll(0n, { limit: 100_000 });
  return events.map(({ json }) => JSON.parse(json));
}

const eventsOf = async (institution: string): Promise<number> =>
  (await linesOf()).filter(({ institutionId }) => institutionId === institution).length;

const readsOf = async (personId: string): Promise<number> =>
  (await linesOf()).filter(({ type, actor }) => type === 'RecordRead' && actor.personId === personId).length;
