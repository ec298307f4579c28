import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { personOf as somebody } from '../support/office.ts';
import { personOf, type Answer, type Person } from './client.ts';

/** A registrar's year in lists, over HTTP: a cohort registered, years, changes, classes, re-checks, and one list too many taken back. */
let folder: string;
let ledger: Ledger;
let registrar: Person;
let second: Person;
let auditor: Person;
const people = Array.from({ length: 6 }, (_, n) => somebody(n));
const chinese = { 'accept-language': 'zh-CN' };

const made = async (path: string, body: object, by = registrar): Promise<Answer['body']> => {
  const answer = await by.post(path, body);
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};
const outcomesOf = ({ body }: Answer): readonly string[] =>
  body.answers.map(({ outcome, code }: { outcome: string; code?: string }) => code ?? outcome);
const numberOf = (n: number): string => `2026010${n + 1}`;
const whom = (n: number): object => ({ 学号: numberOf(n), 姓名: people[n]!.name });
let programId: string;
let classId: string;
let admission: string;
const enrollments: string[] = [];
const statusOf = async (n: number): Promise<string> =>
  (await registrar.get(`/v1/enrollments/${enrollments[n]!}`)).body.status.code;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-batches-'));
  const env = { LEDGER_DATA: folder, PORT: '0', LEDGER_CLOCK: '2026-10-08T09:00:00+08:00' };
  ledger = await startLedger({ env, quiet: true });
  registrar = await personOf(ledger, { role: 'registrar' });
  second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
  auditor = await personOf(ledger, { role: 'auditor' });
  ({ programId } = await made('/v1/programs', {
    code: '530701',
    name: { zh: '电子商务', en: 'E-commerce' },
    level: 'junior-college',
  }));
  ({ classId } = await made('/v1/classes', { kind: 'administrative', name: '电商2601', programId }));
  await made('/v1/classes', { kind: 'administrative', name: '电商2602', programId });
  await made('/v1/calendar', {
    years: [
      { name: '2026-2027', from: '2026-09-01', to: '2027-07-31', terms: [{ name: '1', from: '2026-09-01', to: '2027-01-20' }] },
    ],
    holidays: [],
  });
  const run = await made('/v1/imports', { kind: 'roster', fileDigest: 'a'.repeat(64) });
  admission = run.runId;
  const rows = people.map(({ name, idNumber }, n) => ({
    row: n + 2,
    identity: { name, idType: 'resident-id', idNumber },
    program: { code: '530701' },
    entryDate: '2026-09-01',
    className: '电商2601',
  }));
  const { answers } = await made(`/v1/imports/${admission}/roster-rows`, { rows });
  enrollments.push(...answers.map(({ enrollmentId }: { enrollmentId: string }) => enrollmentId));
  await made(`/v1/imports/${admission}/finish`, { rows: 6, taken: 6, unchanged: 0, refused: 0 });
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

describe('a cohort', () => {
  const cohort = {
    kind: 'registrations',
    className: '电商2601',
    cohort: 2026,
    on: '2026-09-05',
    numbers: { prefix: '2026010', from: 1, digits: 1 },
  };

  it('is registered by its class, without a list, and once under one key', async () => {
    const rehearsed = await registrar.post('/v1/batches/cohort', { ...cohort, dryRun: true });
    expect([rehearsed.status, rehearsed.body.taken]).toEqual([200, 6]);
    expect(await statusOf(0)).toBe('admitted');
    const key = { 'idempotency-key': randomUUID() };
    const first = await registrar.post('/v1/batches/cohort', cohort, key);
    expect([outcomesOf(first), first.body.taken]).toEqual([Array(6).fill('registered'), 6]);
    const head = await ledger.parts.store.head();
    const again = await registrar.post('/v1/batches/cohort', cohort, key);
    expect(again.body).toEqual(first.body);
    expect(await ledger.parts.store.head()).toBe(head);
    const other = await registrar.post('/v1/batches/cohort', { ...cohort, cohort: 2025 }, key);
    expect([other.status, other.body.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
    const read = await registrar.get(`/v1/enrollments/${enrollments[2]!}`);
    expect(read.body).toMatchObject({ status: { code: 'registered' }, studentNumber: numberOf(2), class: { name: '电商2601' } });
    const { body } = await auditor.get(`/v1/imports/${first.body.runId}`);
    expect(body).toMatchObject({ kind: 'registrations', finished: { rows: 6, taken: 6, refused: 0 }, undo: { state: 'none' } });
  });

  it('must be told, and its numbers too', async () => {
    const nobody = await registrar.post('/v1/batches/cohort', { kind: 'rechecks' });
    expect([nobody.status, nobody.body.code]).toEqual([422, 'BATCH_INCOMPLETE']);
    const unknown = await registrar.post('/v1/batches/cohort', { kind: 'rechecks', className: '没有' });
    expect(unknown.body.code).toBe('CLASS_UNKNOWN');
    const numbers = await registrar.post('/v1/batches/cohort', { kind: 'registrations', classId });
    expect(numbers.body.facts).toEqual({ missing: 'numbers' });
  });

  it('registers for the year', async () => {
    const year = await registrar.post('/v1/batches/cohort', {
      kind: 'annual-registrations',
      programId,
      academicYear: '2026-2027',
      on: '2026-09-10',
    });
    expect(outcomesOf(year)).toEqual(Array(6).fill('recorded'));
  });
});

describe('a list', () => {
  const list = {
    kind: 'status-changes',
    rows: [
      { ...whom(0), 异动类型: '休学', 异动日期: '2026-10-07', 异动原因: '因病', 期满日期: '2027-09-01', 班主任: '李老师' },
      { ...whom(1), 异动类型: '退学', 异动日期: 20261007, 异动原因: '本人申请' },
      { ...whom(2), 异动类型: '休学', 异动日期: '2026-10-07', 异动原因: '不想上了', 期满日期: '2027-09-01' },
      { ...whom(3), 异动类型: '取消学籍', 异动日期: '2026-10-07' },
      { ...whom(4), 姓名: '别人', 异动类型: '死亡', 异动日期: '2026-10-07' },
      { ...whom(1), 异动类型: '复学', 异动日期: '2026-10-08', 复学审核: '合格' },
    ],
  };

  it('has one answer for each row, in the language asked for', async () => {
    const key = randomUUID();
    const first = await registrar.post('/v1/batches', list, { 'idempotency-key': key });
    expect(outcomesOf(first)).toEqual([
      'recorded',
      'recorded',
      'VALUE_NOT_IN_LIST',
      'SECOND_PERSON_NEEDED',
      'NAME_DIFFERS',
      'ENROLLMENT_NOT_SUSPENDED',
    ]);
    expect(first.body).toMatchObject({ rows: 6, taken: 2, unchanged: 0, refused: 4, unknownColumns: ['班主任'] });
    const head = await ledger.parts.store.head();
    const inChinese = await registrar.post('/v1/batches', list, { ...chinese, 'idempotency-key': key });
    expect(await ledger.parts.store.head()).toBe(head);
    const reasons = ({ body }: Answer): readonly string[] => body.answers.map(({ reason }: { reason?: string }) => reason ?? '');
    expect(reasons(inChinese).slice(2)).toEqual([
      '“异动原因”的“不想上了”不在代码表中；可填：因病, 生育, 创业, 家庭原因, 其他。',
      `“取消学籍”须双人复核，不能按名单办理：由一人提交申请（POST /v1/enrollments/${enrollments[3]}/request-revocation），另一人复核。`,
      `学号 ${numberOf(4)} 登记的是另一个姓名，请核对学号和姓名。`,
      '须为休学或保留学籍，现为“退学”。',
    ]);
    expect(reasons(first)[3]).toBe(
      `revocation: two people are needed, so no list does it. One requests it (POST /v1/enrollments/${enrollments[3]}/request-revocation), another grants it.`,
    );
    expect([await statusOf(0), await statusOf(1), await statusOf(3)]).toEqual(['suspended', 'withdrawn', 'registered']);
  });

  it('of more than 1,000 rows is not taken', async () => {
    const rows = Array.from({ length: 1001 }, () => list.rows[0]);
    const answer = await registrar.post('/v1/batches', { kind: 'status-changes', rows });
    expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('moves classes, and passes re-checks', async () => {
    const moved = { kind: 'class-changes', rows: [3, 4].map((n) => ({ ...whom(n), 新班级: '电商2602' })) };
    expect(outcomesOf(await registrar.post('/v1/batches', moved))).toEqual(['recorded', 'recorded']);
    const checked = {
      kind: 'rechecks',
      rows: [
        { ...whom(5), 复查结果: '合格' },
        { ...whom(4), 复查结果: '不合格' },
      ],
    };
    expect(outcomesOf(await registrar.post('/v1/batches', checked))).toEqual(['recorded', 'SECOND_PERSON_NEEDED']);
  });
});

describe('a run too many', () => {
  it('is taken back by two, row by row, and says what it leaves', async () => {
    const wrong = {
      kind: 'status-changes',
      rows: [3, 4, 5].map((n) => ({ ...whom(n), 异动类型: '退学', 异动日期: '2026-10-08', 异动原因: '逾期未注册' })),
    };
    const { runId } = await made('/v1/batches', wrong);
    await made(`/v1/enrollments/${enrollments[5]}/lock`, {});
    const asked = await made(`/v1/imports/${runId}/request-undo`, { evidence: ['教务〔2026〕9 号'] });
    expect(asked).toMatchObject({ runId, state: 'requested', events: ['ApprovalRequested'] });
    const { requestId, digest } = asked;
    const alone = await registrar.post(`/v1/imports/${runId}/grant-undo`, { requestId, digest });
    expect(alone.body.code).toBe('SAME_PERSON');
    const head = await ledger.parts.store.head();
    const waiting = await second.get('/v1/approvals', { 'ledger-wait-for': head.toString() });
    expect(waiting.body.items).toMatchObject([{ act: 'UndoImport', stream: `import-${runId}`, requestId, digest }]);

    const granted = await made(`/v1/imports/${runId}/grant-undo`, { requestId, digest }, second);
    expect(granted).toMatchObject({ state: 'finished', takenBack: 2, kept: 1 });
    expect(await Promise.all([3, 4, 5].map(statusOf))).toEqual(['registered', 'registered', 'withdrawn']);
    const told = await registrar.get(`/v1/imports/${runId}/undo`, chinese);
    expect(told.body.rows).toEqual([
      { row: 1, outcome: 'taken-back', code: null, reason: null, since: [] },
      { row: 2, outcome: 'taken-back', code: null, reason: null, since: [] },
      {
        row: 3,
        outcome: 'kept',
        code: 'CHANGED_SINCE',
        reason: '此后又有：记录锁定。未撤销。',
        since: [{ type: 'RecordLocked', zh: '记录锁定', en: 'Record locked' }],
      },
    ]);
    const second_ = await registrar.get(`/v1/imports/${runId}/undo?after=1&limit=1`);
    expect(second_.body).toMatchObject({ rows: [{ row: 2 }], next: '2' });
    // What everybody sees of her agrees.
    const seen = await registrar.get(`/v1/enrollments?studentNumber=${numberOf(3)}`, {
      'ledger-wait-for': (await ledger.parts.store.head()).toString(),
    });
    expect(seen.body.items).toMatchObject([{ enrollmentId: enrollments[3], status: { code: 'registered' } }]);
  });

  it('is left alone where people lived on, and is taken back whole where nobody did', async () => {
    const undo = async (runId: string): Promise<Answer['body']> => {
      const { requestId, digest } = await made(`/v1/imports/${runId}/request-undo`, {});
      return made(`/v1/imports/${runId}/grant-undo`, { requestId, digest }, second);
    };
    expect(await undo(admission)).toMatchObject({ takenBack: 0, kept: 6 });
    const { runId } = await made('/v1/imports', { kind: 'roster', fileDigest: 'b'.repeat(64) });
    const { name, idNumber } = somebody(77);
    const row = {
      row: 2,
      identity: { name, idType: 'resident-id', idNumber },
      program: { code: '530701' },
      entryDate: '2026-09-01',
    };
    const { answers } = await made(`/v1/imports/${runId}/roster-rows`, { rows: [row] });
    await made(`/v1/imports/${runId}/finish`, { rows: 1, taken: 1, unchanged: 0, refused: 0 });
    expect(await undo(runId)).toMatchObject({ takenBack: 1, kept: 0 });
    const { learnerId } = answers[0];
    expect((await registrar.get(`/v1/learners/${learnerId}`)).body).toMatchObject({ annulled: true });
    const again = await registrar.post(`/v1/imports/${runId}/roster-rows`, { rows: [row] });
    expect(again.body.code).toBe('RUN_UNDONE');
    const timeline = await registrar.get(`/v1/learners/${learnerId}/timeline`, {
      'ledger-wait-for': (await ledger.parts.store.head()).toString(),
    });
    const annulled = timeline.body.items.find(({ type }: { type: string }) => type === 'AdmissionAnnulled');
    expect(annulled).toMatchObject({
      actor: { personId: 'registrar-2' },
      reason: { code: 'import-undone' },
      data: { run: runId },
      basis: [expect.objectContaining({ stream: `import-${runId}` })],
    });
  });
});
