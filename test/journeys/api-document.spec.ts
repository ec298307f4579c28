import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { described } from '../../apps/ledger/description.ts';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { fourFourTwo } from '../../libs/contexts/curriculum/scheme.ts';
import { OrNull } from '../../libs/edge/openapi.ts';
import { policies } from '../../libs/edge/policy.ts';
import { commonRefusals } from '../../libs/kernel/refusals.ts';
import { addDays } from '../../libs/kernel/time.ts';
import { endOf } from '../support/rebuilds.ts';
import { apprenticed } from '../support/training.ts';
import { personOf, type Person } from './client.ts';

/** Field types are annotated where they are checked (edge/fields.ts), so the document is the same with and without the build's plugin. */
// oxlint-disable-next-line typescript/no-explicit-any -- a JSON document
type Json = any;

let folder: string;
let ledger: Ledger;
let document: Json;
let operations: Json[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-api-'));
  ledger = await startLedger({ env: { LEDGER_DATA: folder, PORT: '0' }, quiet: true });
  document = await (await fetch(`${ledger.url}/openapi.json`)).json();
  operations = Object.values(document.paths).flatMap((methods) => Object.values(methods as object));
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

const codesOf = (operation: Json): string[] =>
  Object.values<Json>(operation.responses).flatMap(
    (response) => response.content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? [],
  );

describe('the API document', () => {
  it('is OpenAPI 3.1 and names every operation once, in both languages', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations.map(({ operationId }): string => operationId).toSorted()).toEqual(Object.keys(policies).toSorted());
    for (const { operationId, summary } of operations)
      expect([operationId, summary]).toEqual([operationId, expect.stringMatching(/\p{Script=Han}.* · \w/u)]);
  });

  it('lists for every command its events and every refusal, each with an example', () => {
    for (const operation of operations.filter(({ operationId }) => policies[operationId]!.command !== undefined)) {
      const facts = described.commands[operation.operationId]!;
      expect(operation['x-events'].map(({ type }: Json) => type)).toEqual(facts.events);
      const codes = codesOf(operation);
      for (const code of [
        ...facts.refusals,
        ...commonRefusals,
        'IDEMPOTENCY_KEY_MISSING',
        'VALIDATION_FAILED',
        'ROLE_NOT_ALLOWED',
      ])
        expect(codes).toContain(code);
      expect(operation.parameters.map(({ name }: Json) => name)).toEqual(expect.arrayContaining(['Idempotency-Key', 'If-Match']));
      for (const [status, response] of Object.entries<Json>(operation.responses).filter(([code]) => code >= '400')) {
        for (const { value } of Object.values<Json>(response.content['application/problem+json'].examples))
          expect(String(value.status)).toBe(status);
      }
    }
  });

  it('says of every operation who may, what it answers and what it looks like', () => {
    for (const operation of operations) {
      const policy = policies[operation.operationId]!;
      expect(operation['x-roles']).toEqual(policy.may);
      expect(operation.security).toEqual(policy.may === 'anyone' ? [] : [{ bearer: [] }]);
      const ok = operation.responses['200'] ?? operation.responses['201'] ?? operation.responses['202'];
      const [content] = Object.values<Json>(ok.content);
      expect([operation.operationId, content.example !== undefined, content.schema !== undefined]).toEqual([
        operation.operationId,
        true,
        true,
      ]);
    }
  });

  it('has no loose end: references resolve, and null is a type', () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      expect(document.components.schemas).toHaveProperty([name!]);
    expect(text).not.toContain('"nullable"');
    const described_ = operations.flatMap((operation) => (operation.requestBody ? [operation] : [])).length;
    expect(described_).toBe(
      operations.filter(({ operationId }) =>
        ledger.routes.some((route) => route.operation === operationId && route.method === 'POST'),
      ).length,
    );
  });

  it('stands on a page that needs no network', async () => {
    const page = await (await fetch(`${ledger.url}/docs`)).text();
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, asset]) => asset!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset).not.toMatch(/^(https?:)?\/\//);
      expect((await fetch(new URL(asset, `${ledger.url}/docs`))).status).toBe(200);
    }
  });
});

describe('real answers', () => {
  const here: Person[] = [];
  const ids: Record<string, string> = {};
  /** Two moments between which something was said. */
  let compared: string;

  type Make = (path: string, body: object) => Promise<void>;

  async function curriculumAndFaculty(made: Make): Promise<void> {
    const name = { zh: '名称', en: 'Name' };
    await made('/v1/courses', {
      code: 'EC101',
      name,
      credits: 400,
      hours: 64,
      nature: 'compulsory',
      category: '专业基础课',
      module: '共享平台',
      frameworkLevel: 4,
    });
    await made(`/v1/programs/${ids['programId']}/plans`, {
      entriesFrom: '2026-01-01',
      requiredCredits: 14_000,
      modules: [{ code: 'platform', name, kind: 'shared', requiredCredits: 6000 }],
      courses: [{ courseId: ids['courseId'], module: 'platform', nature: 'compulsory' }],
    });
    await made('/v1/schemes', fourFourTwo);
    const descriptors = {
      'knowledge-and-skills': name,
      process: name,
      'application-autonomy-accountability': name,
      'communication-it-numeracy': name,
    };
    await made('/v1/framework', { name, levels: [1, 2, 3, 4, 5, 6, 7].map((level) => ({ level, descriptors })) });
    await made('/v1/teachers', {
      side: 'enterprise',
      organizationId: ids['organizationId'],
      staffNumber: 'E0042',
      profile: { name: '周明', title: '仓储主管' },
      contact: { phone: '13900000000' },
    });
    await made(`/v1/teachers/${ids['teacherId']}/grant-dual-qualification`, { certificate: '高级', evidence: ['1'] });
    await made(`/v1/teachers/${ids['teacherId']}/record-practice`, {
      organizationId: ids['organizationId'],
      from: '2026-01-05',
      to: '2026-02-13',
      days: 30,
    });
  }

  async function results(made: Make): Promise<void> {
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    await made('/v1/attempts', {
      enrollmentId: ids['enrollmentId'],
      courseId: ids['courseId'],
      kind: 'first',
      schemeId: ids['schemeId'],
      academicYear: 'Y',
      term: 'T',
    });
    await apprenticed(
      async (path, body) => {
        await made(path, body);
        return ids;
      },
      {
        organizationId: ids['organizationId']!,
        programId: ids['programId']!,
        courseId: ids['courseId']!,
        learnerId: ids['learnerId']!,
        enrollmentId: ids['enrollmentId']!,
        from: addDays(today, 30),
        to: addDays(today, 300),
        closesOn: addDays(today, 10),
      },
    );
  }

  beforeAll(async () => {
    const registrar = await personOf(ledger, { role: 'registrar' });
    here.push(registrar, await personOf(ledger, { role: 'administrator' }));
    const made: Make = async (path, body) => void Object.assign(ids, (await registrar.post(path, body)).body);
    await made('/v1/programs', { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, level: 'junior-college' });
    await made('/v1/program-groups', { name: { zh: '商贸', en: 'Commerce' }, programIds: [ids['programId']] });
    await made('/v1/organizations', {
      creditCode: '91350100M000100Y43',
      name: { zh: '江南', en: 'Jiangnan' },
      kind: 'enterprise',
    });
    const year = {
      name: 'Y',
      from: '2026-01-01',
      to: '2026-12-31',
      terms: [{ name: 'T', from: '2026-01-01', to: '2026-06-30' }],
    };
    await made('/v1/calendar', {
      years: [year],
      holidays: [{ name: { zh: '国庆', en: 'National Day' }, from: '2026-10-01', to: '2026-10-07' }],
    });
    await curriculumAndFaculty(made);
    await made('/v1/classes', { kind: 'administrative', name: '电商2601', programId: ids['programId'] });
    await made(`/v1/classes/${ids['classId']}/assign-teacher`, { teacherId: 'teacher-1' });
    await made('/v1/learners', {
      identity: { name: '李小雨', idNumber: '11010519491231002X' },
      contact: { phone: '13800000000' },
    });
    await made(`/v1/learners/${ids['learnerId']}/link-guardian`, {
      guardianId: 'guardian-1',
      guardian: { name: '李大海', relation: '父亲' },
    });
    await made(`/v1/learners/${ids['learnerId']}/place-hold`, { kind: 'discipline' });
    await made('/v1/enrollments', { learnerId: ids['learnerId'], programId: ids['programId'], entryDate: '2026-01-01' });
    await made(`/v1/enrollments/${ids['enrollmentId']}/register`, { studentNumber: '1', classId: ids['classId'] });
    await results(made);
    const beforehand = new Date().toISOString();
    await made(`/v1/enrollments/${ids['enrollmentId']}/suspend`, { ground: 'illness', until: '2099-01-01' });
    await made(`/v1/enrollments/${ids['enrollmentId']}/request-revocation`, { ground: 'fraud', evidence: ['1'] });
    await made('/v1/imports', { kind: 'programs', fileDigest: 'a'.repeat(64) });
    const built = async (recordedAsOf?: string): Promise<string> => {
      await made('/v1/as-of', { report: 'enrollment', ...(recordedAsOf ? { recordedAsOf } : {}) });
      while ((await registrar.get(`/v1/as-of/${ids['buildId']}`)).body.state.code !== 'ready') await nextTurn();
      return ids['buildId']!;
    };
    const earlier = await built(beforehand);
    compared = `?view=enrollment-register&from=${earlier}&to=${await built()}`;
    await registrar.get(`/v1/learners/${ids['learnerId']}`);
    const head = await ledger.parts.store.head();
    for (const { name } of ledger.parts.views.status()) await ledger.parts.views.waitFor(name, head, 10_000);
  });

  /** What `:id` stands for. */
  const idOf = [
    ['/learners/', 'learnerId'],
    ['/classes/', 'classId'],
    ['/imports/', 'runId'],
    ['/programs/', 'programId'],
    ['/courses/', 'courseId'],
    ['/schemes/', 'schemeId'],
    ['/teachers/', 'teacherId'],
    ['/attempts/', 'attemptId'],
    ['/openings/', 'openingId'],
    ['/selections/', 'selectionId'],
    ['/placements/', 'placementId'],
    ['/contracts/', 'contractId'],
    ['/as-of/', 'buildId'],
  ] as const;

  /** Where a real answer and the example part, by path. */
  const differences = (example: unknown, answer: unknown, path = ''): string[] => {
    if (example instanceof OrNull) return answer === null ? [] : differences(example.value, answer, path);
    if (Array.isArray(example)) {
      if (!Array.isArray(answer)) return [`${path} is no list`];
      return answer.length === 0 || example.length === 0 ? [] : differences(example[0], answer[0], `${path}[]`);
    }
    if (typeof example !== 'object' || example === null)
      return typeof example === typeof answer ? [] : [`${path} is ${JSON.stringify(answer)}`];
    if (typeof answer !== 'object' || answer === null) return [`${path} is ${JSON.stringify(answer)}`];
    // Open records: what a request proposes, what an event says, what somebody chose to tell of herself.
    if (/\.(proposal|data|detail|about|asked|asOf|options|identity|contact|changes\[\])$/.test(path)) return [];
    const [wanted, found] = [Object.keys(example), Object.keys(answer)];
    const odd = [
      ...wanted.filter((key) => !found.includes(key)).map((key) => `${path}.${key} is missing`),
      ...found.filter((key) => !wanted.includes(key)).map((key) => `${path}.${key} is not described`),
    ];
    return [
      ...odd,
      ...wanted
        .filter((key) => found.includes(key))
        .flatMap((key) => differences((example as Json)[key], (answer as Json)[key], `${path}.${key}`)),
    ];
  };

  it('look as the document says', async () => {
    const [registrar, administrator] = here as [Person, Person];
    const read = ledger.routes.filter(
      ({ operation, method }) =>
        method === 'GET' &&
        !operation.startsWith('export') &&
        !['listEvents', 'followRebuild', 'followImport', 'readImportResult', 'metrics', 'healthLive'].includes(operation),
    );
    for (const { operation, path } of read) {
      const id = idOf.find(([part]) => path.includes(part))?.[1] ?? 'enrollmentId';
      const who =
        policies[operation]!.may === 'anyone' || 'registrar' in (policies[operation]!.may as object) ? registrar : administrator;
      const query = operation === 'compareAsOf' ? compared : '';
      const answer = await who.get(`${path.replace(':id', ids[id]!).replace(':name', 'tasks')}${query}`);
      expect([operation, answer.status, differences(described.queries[operation]!.example, answer.body)]).toEqual([
        operation,
        200,
        [],
      ]);
    }
    const found = await registrar.post('/v1/learners/search', { text: '李小雨' });
    expect(differences(described.queries['searchLearners']!.example, found.body)).toEqual([]);
    const reason = { code: 'check' };
    const all = await administrator.post('/v1/views/rebuild', { mode: 'verify', reason });
    expect([all.status, differences(described.queries['rebuildViews']!.example, all.body)]).toEqual([202, []]);
    const { digests } = await endOf(administrator, 'tasks');
    expect(digests.live).toBe(digests.rebuilt);
    const rebuilt = await administrator.post('/v1/views/tasks/rebuild', { reason });
    expect([rebuilt.status, differences(described.queries['rebuildView']!.example, rebuilt.body)]).toEqual([202, []]);
    const ended = await endOf(administrator, 'tasks');
    expect(ended).toMatchObject({ run: rebuilt.body.run, outcome: 'finished' });
    const { body } = await administrator.get('/v1/views/tasks/rebuild');
    expect(differences(described.queries['readRebuild']!.example, body)).toEqual([]);
    expect(body.ended).toHaveLength(2);
  });
});
