import { beforeEach, describe, expect, it } from '@jest/globals';
import { planClass } from '../contexts/enrollment/plans.ts';
import { classIdOf } from '../contexts/enrollment/class.ts';
import { enrollmentSource } from '../contexts/enrollment/gates.ts';
import { batchSheets, type BatchKind } from '../intake/batch-sheets.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { Batches, type Asked, type Batch } from './batches.ts';
import { by, outcomes, student, world } from './imports.fixture.ts';
import { importContext, type RowAnswer, type RowsOf } from './importing.ts';

let here: ReturnType<typeof world>;
let batches: Batches;
let keys = 0;
const asked = (over: Partial<Asked> = {}): Asked => {
  keys += 1;
  return { by, commandId: `key${keys}`, digest: `digest${keys}`, dryRun: false, ...over };
};
const readRows = <K extends BatchKind>(kind: K, rows: readonly Record<string, string>[]): RowsOf[K][] =>
  rows.map((cells, at) => {
    const { mapped } = batchSheets[kind].read(at + 1, cells);
    if (!mapped.ok) throw new Error(JSON.stringify(mapped.problems));
    return mapped.row as RowsOf[K];
  });
const run = async (kind: BatchKind, rows: readonly Record<string, string>[], as: Asked = asked()): Promise<Batch> => {
  const batch = await batches.list(as, kind, readRows(kind, rows));
  if (isRefusal(batch)) throw new Error(batch.refused);
  return batch;
};
const told = async (kind: BatchKind, rows: readonly Record<string, string>[], as?: Asked): Promise<readonly string[]> =>
  outcomes((await run(kind, rows, as)).answers);
const stateOf = async ({ enrollmentId }: RowAnswer) => (await here.transactor.load(enrollmentSource(enrollmentId!))).state;
const names = ['王芳', '李明', '张三', '赵六', '孙七', '周八', '吴九', '郑十', '冯一', '陈二', '褚五', '卫四'];
const idOf = (n: number): string => `E${String(n).padStart(8, '0')}`;
const newcomer = (n: number, over = {}) =>
  student(
    { row: n + 2, entryDate: '2025-09-01', className: '电商2501', ...over },
    {
      name: names[n]!,
      idType: 'passport',
      idNumber: idOf(n),
    },
  );
const whom = (n: number): Record<string, string> => ({ 学号: `25${String(n).padStart(3, '0')}`, 姓名: names[n]! });
const document = (n: number): Record<string, string> => ({ 证件类型: '护照', 身份证号: idOf(n), 姓名: names[n]! });
const registered = async (count: number): Promise<readonly RowAnswer[]> =>
  here.roster(Array.from({ length: count }, (_, n) => newcomer(n, { studentNumber: whom(n)['学号'] })));

beforeEach(async () => {
  here = world();
  batches = new Batches(here, here.imports);
  await here.program();
  await here.program('530802', '现代物流管理');
  for (const name of ['电商2501', '物流2501']) {
    const command = { type: 'FormClass', kind: 'administrative', name, programId: null, course: null, term: null } as const;
    await here.transactor.transact(importContext(here, by, `form-${name}`, command), () =>
      planClass(classIdOf('college', name), command),
    );
  }
});

describe('a list of registrations', () => {
  const rows = [{ ...document(0), 学号: '25000', 班级: '物流2501', 注册日期: '2025-09-05' }];

  it('gives numbers to people whom their documents name, in the class that it says', async () => {
    const [admitted] = await here.roster([newcomer(0)]);
    const { answers } = await run('registrations', rows);
    expect(outcomes(answers)).toEqual(['registered']);
    expect(await stateOf(admitted!)).toMatchObject({
      status: 'registered',
      studentNumber: '25000',
      classId: classIdOf('college', '物流2501'),
      registeredAt: '2025-09-04T16:00:00.000Z',
    });
  });

  it('says of each other row why not', async () => {
    await here.roster([newcomer(0), newcomer(1), newcomer(2)]);
    await run('registrations', rows);
    expect(
      await told('registrations', [
        ...rows,
        { ...document(1), 学号: '25000' },
        { ...document(1), 姓名: '别人', 学号: '25001' },
        { ...document(5), 学号: '25001' },
        { ...document(2), 学号: '25002', 班级: '没有这个班' },
        { ...document(2), 学号: '25002', 注册日期: '2026-12-01' },
      ]),
    ).toEqual([
      'unchanged',
      'STUDENT_NUMBER_TAKEN',
      'ID_NAME_DIFFERS',
      'ID_NUMBER_UNKNOWN',
      'CLASS_UNKNOWN',
      'EFFECTIVE_IN_FUTURE',
    ]);
  });
});

describe('a list of status changes', () => {
  const on = { 异动日期: '2026-09-20' };

  it('records every kind that one registrar may record', async () => {
    const students = await registered(11);
    const [retained, declined] = await here.roster(
      [newcomer(11), student({ row: 3 }, { name: '新生', idType: 'passport', idNumber: 'N00001' })],
      'file-2',
    );
    const past = (n: number, 异动类型: string, more = {}): Record<string, string> => ({ ...whom(n), ...on, 异动类型, ...more });
    const { answers } = await run('status-changes', [
      past(0, '休学', { 异动原因: 'illness', 期满日期: '2027-09-01', 备注: '骨折' }),
      past(1, '保留学籍', { 异动原因: '参军', 期满日期: '2028-09-01' }),
      past(2, 'major change', { 转入专业: '现代物流管理' }),
      past(3, '转班', { 转入班级: '物流2501' }),
      past(5, '退学', { 异动原因: 'did not register in time' }),
      past(6, '开除', { 文号: '教〔2026〕12 号' }),
      past(7, '死亡'),
      past(8, '毕业', { 毕业审核: '合格' }),
      past(9, '结业'),
      past(10, '肄业'),
      { ...document(11), ...on, 异动类型: '保留入学资格', 期满日期: '2027-09-01' },
      { 证件类型: '护照', 身份证号: 'N00001', 姓名: '新生', ...on, 异动类型: '放弃入学资格' },
      { ...whom(0), 异动类型: '复学', 异动日期: '2026-09-30', 复学审核: '合格', 转入班级: '物流2501' },
    ]);
    expect(new Set(outcomes(answers))).toEqual(new Set(['recorded']));
    const states = await Promise.all([...students, retained!, declined!].map(stateOf));
    expect(states.map(({ status }) => status)).toEqual([
      'registered',
      'suspended',
      'registered',
      'registered',
      'registered',
      'withdrawn',
      'expelled',
      'deceased',
      'graduated',
      'completed',
      'incomplete',
      'place-retained',
      'place-declined',
    ]);
    const [suspended] = (await here.store.readAll(0n, { types: ['StudySuspended'] })).events;
    expect(JSON.parse(suspended!.json)).toMatchObject({
      reason: { code: 'note', text: expect.stringMatching(/^sealed\./) },
      data: { ground: 'illness' },
    });
    expect([states[0]!.classId, states[3]!.classId]).toEqual(Array(2).fill(classIdOf('college', '物流2501')));
  });

  it('sent again changes nothing, though later changes have followed those that it says', async () => {
    const [first] = await registered(2);
    const rows = [
      { ...whom(0), 异动类型: '休学', 异动日期: '2026-09-10', 异动原因: 'illness', 期满日期: '2027-09-01' },
      { ...whom(0), 异动类型: '复学', 异动日期: '2026-09-15', 复学审核: '合格' },
      { ...whom(1), 异动类型: '休学', 异动日期: '2026-09-10', 异动原因: 'illness', 期满日期: '2027-09-01' },
      { ...whom(1), 异动类型: '复学', 异动日期: '2026-09-10', 复学审核: '合格' },
    ];
    expect(await told('status-changes', [...rows, rows[0]!])).toEqual([...Array<string>(4).fill('recorded'), 'unchanged']);
    const { history } = await stateOf(first!);
    for (const dryRun of [true, false])
      expect(await told('status-changes', rows, asked({ dryRun }))).toEqual(Array(4).fill('unchanged'));
    expect((await stateOf(first!)).history).toEqual(history);
    // Other content, or another day, is another change.
    expect(
      await told('status-changes', [
        { ...rows[0], 期满日期: '2027-03-01' },
        { ...rows[0], 异动日期: '2026-09-20' },
      ]),
    ).toEqual(['EFFECTIVE_BEFORE_LAST_CHANGE', 'recorded']);
  });

  it('lets a transfer out through where the regulation does', async () => {
    await registered(1);
    const calendar = {
      years: [
        { name: '2025-2026', from: '2025-09-01', to: '2026-07-31', terms: [{ name: '1', from: '2025-09-01', to: '2026-01-20' }] },
      ],
      holidays: [],
    };
    const row = { ...whom(0), ...on, 异动类型: '转学', 异动原因: '特殊困难', 转入学校: '江南职业学院' };
    expect(await told('status-changes', [row])).toEqual(['CALENDAR_UNKNOWN']);
    await here.say('calendar-college', { type: 'CalendarPublished', data: calendar });
    expect(await told('status-changes', [row, { ...row, 异动原因: 'dislike' }])).toEqual(['recorded', 'ENROLLMENT_NOT_ACTIVE']);
  });

  it('refuses what needs a second person with the way to it, and what the record stands against', async () => {
    const [one] = await registered(2);
    const { answers } = await run('status-changes', [
      { ...whom(0), ...on, 异动类型: '取消学籍' },
      { ...whom(0), ...on, 异动类型: '录取作废' },
      { ...whom(0), ...on, 异动类型: '撤销退学' },
      { ...whom(0), ...on, 异动类型: '转入' },
      { ...whom(1), ...on, 异动类型: '毕业', 毕业审核: '不合格' },
      { ...whom(1), ...on, 异动类型: '复学', 复学审核: '合格' },
      { ...whom(1), 姓名: '别人', ...on, 异动类型: '死亡' },
      { 学号: '0', 姓名: '王芳', ...on, 异动类型: '死亡' },
      { ...whom(1), 异动日期: '2025-08-01', 异动类型: '死亡' },
    ]);
    expect(outcomes(answers)).toEqual([
      'SECOND_PERSON_NEEDED',
      'SECOND_PERSON_NEEDED',
      'SECOND_PERSON_NEEDED',
      'TRANSFER_IN_NOT_LISTED',
      'CREDITS_NOT_ATTESTED',
      'ENROLLMENT_NOT_SUSPENDED',
      'NAME_DIFFERS',
      'STUDENT_NUMBER_UNKNOWN',
      'EFFECTIVE_BEFORE_LAST_CHANGE',
    ]);
    expect(answers[0]!.refusal!.facts).toMatchObject({ how: `POST /v1/enrollments/${one!.enrollmentId}/request-revocation` });
  });

  it('on the day of the last change follows it, since sheets say no hours', async () => {
    const [one] = await registered(1);
    here.time.ms += 86_400_000;
    const day = { 异动日期: '2026-10-02' };
    const suspension = { ...whom(0), ...day, 异动类型: '休学', 异动原因: '其他', 期满日期: '2027-09-01' };
    await run('rechecks', [{ ...whom(0), 复查结果: '合格' }]);
    expect(await told('status-changes', [suspension])).toEqual(['recorded']);
    const [recheck, suspended] = (await stateOf(one!)).history.all().slice(-2);
    expect(suspended!.effectiveAt).toBe(recheck!.effectiveAt);
  });
});

describe('the other lists', () => {
  it('register for the year, once', async () => {
    await registered(2);
    await here.say('calendar-college', {
      type: 'CalendarPublished',
      data: { years: [{ name: '2026-2027', from: '2026-09-01', to: '2027-07-31', terms: [] }], holidays: [] },
    });
    const year = (n: number, 学年 = '2026—2027学年') => ({ ...whom(n), 学年 });
    expect(await told('annual-registrations', [year(0), year(1), year(0), year(1, '2030-2031')])).toEqual([
      'recorded',
      'recorded',
      'unchanged',
      'ACADEMIC_YEAR_UNKNOWN',
    ]);
  });

  it('move people between classes, from where the sheet believes them', async () => {
    await registered(3);
    const move = (n: number, more = {}) => ({ ...whom(n), 原班级: '电商2501', 新班级: '物流2501', ...more });
    expect(await told('class-changes', [move(0), move(0), move(1, { 原班级: '物流2502' }), move(2, { 新班级: '没有' })])).toEqual(
      ['recorded', 'unchanged', 'CLASS_DIFFERS', 'CLASS_UNKNOWN'],
    );
  });

  it('record passed re-checks; a failed one is for two', async () => {
    await registered(2);
    const check = (n: number, 复查结果: string) => ({ ...whom(n), 复查结果, 复查日期: '2026-09-10' });
    expect(await told('rechecks', [check(0, '合格'), check(1, '不合格')])).toEqual(['recorded', 'SECOND_PERSON_NEEDED']);
  });
});

describe('a run', () => {
  const rows = [0, 1].map((n) => ({ ...whom(n), 复查结果: '合格' }));

  it('sent again answers the same and writes nothing', async () => {
    await registered(2);
    const as = asked();
    const first = await run('rechecks', [...rows, { ...whom(5), 复查结果: '合格' }], as);
    const head = await here.store.head();
    const again = await run('rechecks', [...rows, { ...whom(5), 复查结果: '合格' }], as);
    expect(outcomes(first.answers)).toEqual(['recorded', 'recorded', 'STUDENT_NUMBER_UNKNOWN']);
    expect([again.runId, outcomes(again.answers)]).toEqual([first.runId, outcomes(first.answers)]);
    expect(await here.store.head()).toBe(head);
  });

  it('that is finished leaves to another run what would go through by now', async () => {
    await registered(1);
    const as = asked();
    expect(await told('rechecks', rows, as)).toEqual(['recorded', 'STUDENT_NUMBER_UNKNOWN']);
    await here.roster([newcomer(1, { studentNumber: '25001' })], 'file-2');
    const head = await here.store.head();
    expect(await told('rechecks', rows, as)).toEqual(['recorded', 'RUN_FINISHED']);
    expect(await here.store.head()).toBe(head);
    expect(await told('rechecks', rows)).toEqual(['unchanged', 'recorded']);
  });

  it('goes on where it was cut off, with the counts of the whole', async () => {
    await registered(2);
    const as = asked();
    const append = here.store.append.bind(here.store);
    let left = 2;
    here.store.append = (...args) => (left-- > 0 ? append(...args) : Promise.reject(new Error('killed')));
    await expect(run('rechecks', rows, as)).rejects.toThrow('killed');
    here.store.append = append;
    const { runId, answers } = await run('rechecks', rows, as);
    expect(outcomes(answers)).toEqual(['recorded', 'recorded']);
    const passed = await here.store.readAll(0n, { types: ['AdmissionRecheckPassed'] });
    expect(passed.events).toHaveLength(2);
    const [, finished] = await here.store.readStream(`import-${runId}`);
    expect(JSON.parse(finished!.json)).toMatchObject({ data: { rows: 2, taken: 2, unchanged: 0, refused: 0 } });
  });

  it('under a key that said something else is refused', async () => {
    await registered(2);
    const as = asked();
    await run('rechecks', rows, as);
    expect(await batches.list({ ...as, digest: 'other' }, 'rechecks', readRows('rechecks', rows))).toMatchObject({
      refused: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('that is rehearsed tells what would happen and writes nothing', async () => {
    await registered(2);
    const head = await here.store.head();
    expect(await told('rechecks', [...rows, ...rows], asked({ dryRun: true }))).toEqual([
      'recorded',
      'recorded',
      'unchanged',
      'unchanged',
    ]);
    expect(await here.store.head()).toBe(head);
  });

  it('without a list is about the people who were chosen when it began', async () => {
    const admitted = await here.roster([newcomer(0), newcomer(1)]);
    const as = asked();
    const numbers = { prefix: '2025010', from: 9, digits: 2 };
    const cohort = (members: readonly RowAnswer[]) => () =>
      Promise.resolve({ members: members.map(({ enrollmentId }) => enrollmentId!), on: null, academicYear: null, numbers });
    const first = await batches.cohort(as, 'registrations', cohort(admitted));
    expect(isRefusal(first) || outcomes(first.answers)).toEqual(['registered', 'registered']);
    expect(await Promise.all(admitted.map(async (one) => (await stateOf(one)).studentNumber))).toEqual([
      '202501009',
      '202501010',
    ]);
    expect(await batches.cohort(as, 'registrations', cohort([]))).toMatchObject({
      answers: [{ outcome: 'registered' }, { outcome: 'registered' }],
    });
  });
});
