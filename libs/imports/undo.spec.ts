import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../adapters/memory/event-store.ts';
import { enrollmentSource, learnerSource } from '../contexts/enrollment/gates.ts';
import { planEnrollment, planLearner } from '../contexts/enrollment/plans.ts';
import { claimsOf } from '../contexts/enrollment/gates.ts';
import { batchSheets, type BatchKind } from '../intake/batch-sheets.ts';
import { claim } from '../kernel/claim.ts';
import { source, type Plan } from '../kernel/plan.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { Transactor } from '../runtime/transact.ts';
import { Batches } from './batches.ts';
import { by, outcomes, student, world } from './imports.fixture.ts';
import { importContext, type RowAnswer } from './importing.ts';
import { planImport, runSource, type ImportRun } from './run.ts';
import { Undoing } from './undo.ts';

let here: ReturnType<typeof world>;
const names = ['王芳', '李明', '张三', '赵六'];
const newcomer = (n: number, over = {}) =>
  student({ row: n + 2, entryDate: '2025-09-01', ...over }, { name: names[n]!, idType: 'passport', idNumber: `E0000${n}` });
const numberOf = (n: number): string => `2500${n}`;

/** As a process that starts on this log. */
const undoing = (store = here.store): Undoing => {
  const { codec, clock, vault } = here;
  const runtime = { store, codec, clock, timer: { sleep: () => Promise.resolve() }, entropy: { random: () => 0.5 } };
  return new Undoing({
    store,
    codec,
    clock,
    vault,
    transactor: new Transactor(runtime),
    zoneOf: () => by.zone,
    caughtUp: () => Promise.resolve(),
    streamsAbout: async (_institution, learnerId) => {
      const { events } = await store.readAll(0n, { limit: 10_000 });
      return [...new Set(events.filter(({ json }) => json.includes(`"subjectId":"${learnerId}"`)).map(({ stream }) => stream))];
    },
    settled: (runId) => here.imports.settled(runId),
  });
};

let commands = 0;
const say = async (plan: Plan, actor = by.actor): Promise<void> => {
  commands += 1;
  const context = { ...importContext(here, by, `command${commands}`, { commands }), actor };
  const answer = await here.transactor.transact(context, () => plan);
  if (isRefusal(answer)) throw new Error(`${answer.refused} ${JSON.stringify(answer.facts)}`);
};
const granted = async (runId: string, requestId = 'q1'): Promise<void> => {
  await say(planImport(runId, { type: 'RequestUndo', requestId, evidence: [] }));
  const { approvals } = (await here.transactor.load(runSource(runId))).state;
  const grant = { type: 'GrantApproval', requestId, digest: approvals[requestId]!.digest } as const;
  await say(planImport(runId, grant), { ...by.actor, personId: 'r2' });
};
const runOf = async (runId: string): Promise<ImportRun> => (await here.transactor.load(runSource(runId))).state;
/** Requests, grants and carries out; what became of each row. */
const undone = (runId: string): Promise<Record<number, string>> => undoneAs(runId, 'q1');
const undoneAs = async (runId: string, requestId: string): Promise<Record<number, string>> => {
  await granted(runId, requestId);
  await undoing().carryOut(runId);
  const { undo } = await runOf(runId);
  expect(undo!.finishedAt).not.toBeNull();
  return {
    ...Object.fromEntries([...undo!.takenBack].map((row) => [row, 'taken back'])),
    ...Object.fromEntries([...undo!.kept.values()].map(({ row, code, since }) => [row, `${code} ${since.join()}`])),
  };
};
const enrollmentOf = async ({ enrollmentId }: RowAnswer) => (await here.transactor.load(enrollmentSource(enrollmentId!))).state;
const learnerOf = async ({ learnerId }: RowAnswer) => (await here.transactor.load(learnerSource(learnerId!))).state;
const claims = () => claimsOf('college', (domain, text) => here.vault.hmac(domain, text));
const ownerOf = async (kind: 'id-number' | 'student-number', value: string): Promise<string | null> =>
  (await here.transactor.load(source(claims().streamOf(kind, value), claim))).state.owner;
const aboutEnrollment = ({ enrollmentId }: RowAnswer, command: Parameters<typeof planEnrollment>[1]) =>
  planEnrollment(enrollmentId!, command, { institutionId: 'college', claims: claims() });

const imported = async (rows: Parameters<typeof here.roster>[0], digest = 'file-1') => {
  const { runId } = await here.start('roster', digest);
  const answers = await here.imports.rows('roster', by, runId, rows, false);
  if (isRefusal(answers)) throw new Error(answers.refused);
  await here.imports.finish(by, runId, { rows: rows.length, taken: rows.length, unchanged: 0, refused: 0 });
  return { runId, answers };
};
const batch = async (kind: BatchKind, cells: readonly Record<string, string>[]) => {
  commands += 1;
  const rows = cells.map((row, at) => {
    const { mapped } = batchSheets[kind].read(at + 1, row);
    if (!mapped.ok) throw new Error(JSON.stringify(mapped.problems));
    return mapped.row;
  });
  const said = { by, commandId: `batch${commands}`, digest: 'd', dryRun: false };
  const done = await new Batches(here, here.imports).list(said, kind, rows);
  if (isRefusal(done)) throw new Error(done.refused);
  return done;
};

beforeEach(async () => {
  here = world();
  await here.program();
  await here.program('530802', '现代物流管理');
});

describe('a roster', () => {
  const rows = [
    newcomer(0, { studentNumber: numberOf(0) }),
    newcomer(1),
    newcomer(2, { status: 'graduated', statusDate: '2026-06-30', studentNumber: numberOf(2) }),
    newcomer(3, { status: 'suspended', statusDate: '2026-06-30', studentNumber: numberOf(3) }),
  ];

  it('is taken back whole: admissions, people, gates, numbers', async () => {
    const { runId, answers } = await imported(rows);
    expect(await undone(runId)).toEqual({ 2: 'taken back', 3: 'taken back', 4: 'taken back', 5: 'taken back' });
    for (const [n, answer] of answers.entries()) {
      expect(await enrollmentOf(answer)).toMatchObject({ status: 'annulled', studentNumber: null, everRegistered: false });
      expect(await learnerOf(answer)).toMatchObject({ annulled: true, enrollments: {} });
      expect([await ownerOf('id-number', `passport:E0000${n}`), await ownerOf('student-number', numberOf(n))]).toEqual([
        null,
        null,
      ]);
    }
    // Corrected, the same people come again under the same numbers.
    const again = await imported(
      rows.map((row) => ({ ...row, program: { code: '530802' } })),
      'file-2',
    );
    expect(outcomes(again.answers)).toEqual(['registered', 'admitted', 'imported', 'imported']);
    // And the very same file is another run.
    expect((await here.start('roster', 'file-1')).ordinal).toBe(2);
  });

  it('says of what happened since which rows it leaves, and what that was', async () => {
    const { runId, answers } = await imported(rows);
    const [one, two, three] = answers;
    await say(planLearner(one!.learnerId!, { type: 'ChangeContact', contact: { phone: '13800000000' } }, 'college'));
    await say(aboutEnrollment(two!, { type: 'RetainPlace', until: '2027-09-01' }));
    await here.say(
      'attempt-a1',
      {
        type: 'ResultFinalized',
        data: {},
      },
      three!.learnerId,
    );
    expect(await undone(runId)).toEqual({
      2: 'CHANGED_SINCE ContactChanged',
      3: 'CHANGED_SINCE PlaceRetained',
      4: 'CHANGED_SINCE ResultFinalized',
      5: 'taken back',
    });
    expect([(await enrollmentOf(one!)).status, (await enrollmentOf(three!)).status]).toEqual(['registered', 'graduated']);
    expect((await learnerOf(one!)).annulled).toBe(false);
  });

  it('leaves a person who was there before, and her other enrollments', async () => {
    const before = newcomer(0, { status: 'graduated', statusDate: '2026-06-30', studentNumber: numberOf(0) });
    const first = await imported([before]);
    const second = await imported([newcomer(0, { entryDate: '2026-09-01', program: { code: '530802' } })], 'file-2');
    expect(await undone(first.runId)).toEqual({ 2: 'CHANGED_SINCE EnrollmentOpened,LearnerAdmitted' });
    expect(await enrollmentOf(second.answers[0]!)).toMatchObject({ status: 'admitted' });
    const third = await undoneAs(second.runId, 'q2');
    expect(third).toEqual({ 2: 'taken back' });
    expect(await learnerOf(first.answers[0]!)).toMatchObject({
      annulled: false,
      enrollments: { [first.answers[0]!.enrollmentId!]: { to: expect.any(String) } },
    });
  });
});

describe('a batch', () => {
  const whom = (n: number) => ({ 学号: numberOf(n), 姓名: names[n]! });
  const on = { 异动日期: '2026-09-20' };
  const rows = [0, 1, 2, 3].map((n) => newcomer(n, { studentNumber: numberOf(n) }));

  it('of status changes is taken back change by change, ends included', async () => {
    const { answers } = await imported(rows);
    const changes = [
      { ...whom(0), ...on, 异动类型: '休学', 异动原因: '因病', 期满日期: '2027-09-01' },
      { ...whom(1), ...on, 异动类型: '退学', 异动原因: '自愿退学' },
      { ...whom(2), ...on, 异动类型: '毕业', 毕业审核: '合格' },
      { ...whom(3), ...on, 异动类型: '死亡' },
    ];
    const { runId } = await batch('status-changes', changes);
    await say(aboutEnrollment(answers[3]!, { type: 'LockRecord' }));
    expect(await undone(runId)).toEqual({
      1: 'taken back',
      2: 'taken back',
      3: 'taken back',
      4: 'CHANGED_SINCE RecordLocked',
    });
    const states = await Promise.all(answers.map(enrollmentOf));
    expect(states.map(({ status }) => status)).toEqual(['registered', 'registered', 'registered', 'deceased']);
    const slots = await Promise.all(answers.map(async (one) => Object.values((await learnerOf(one)).enrollments)[0]!.to));
    expect(slots).toEqual([null, null, null, expect.any(String)]);
    // The same rows come again; what was not taken back stands.
    expect(outcomes((await batch('status-changes', changes)).answers)).toEqual(['recorded', 'recorded', 'recorded', 'unchanged']);
  });

  it('of registrations gives the numbers back, unless something rests on one', async () => {
    const { answers } = await imported([newcomer(0), newcomer(1)]);
    const passport = (n: number) => ({ 证件类型: '护照', 身份证号: `E0000${n}`, 姓名: names[n]!, 学号: numberOf(n) });
    const { runId } = await batch('registrations', [passport(0), passport(1)]);
    await here.say('selection-s1', { type: 'ApplicationWithdrawn', data: {} }, answers[1]!.learnerId);
    expect(await undone(runId)).toEqual({ 1: 'taken back', 2: 'CHANGED_SINCE ApplicationWithdrawn' });
    expect(await enrollmentOf(answers[0]!)).toMatchObject({ status: 'admitted', studentNumber: null });
    expect([await ownerOf('student-number', numberOf(0)), await ownerOf('student-number', numberOf(1))]).toEqual([
      null,
      `enrollment-${answers[1]!.enrollmentId}`,
    ]);
    expect((await learnerOf(answers[0]!)).annulled).toBe(false);
  });

  it('takes no rows once it is undone, under its own key either', async () => {
    await imported(rows);
    const cells = [{ ...whom(0), 复查结果: '合格' }];
    const { runId } = await batch('rechecks', cells);
    await undone(runId);
    expect(await here.imports.rows('rechecks', by, runId, [], false)).toMatchObject({ refused: 'RUN_UNDONE' });
  });
});

describe('cut off at any append', () => {
  /** What every stream says, without what differs between two runs of the same. */
  const told = async (store: MemoryEventStore): Promise<readonly string[]> => {
    const { events } = await store.readAll(0n, { limit: 10_000 });
    const saidBy = (json: string): string =>
      JSON.stringify((JSON.parse(json) as { data: object }).data).replaceAll(/"sealed[^"]*"/g, '…');
    return events.map(({ stream, type, json }) => `${stream} ${type} ${saidBy(json)}`).toSorted();
  };
  const rows = [newcomer(0, { studentNumber: numberOf(0) }), newcomer(1), newcomer(2, { studentNumber: numberOf(2) })];
  const prepared = async (): Promise<string> => {
    here = world();
    await here.program();
    const { runId, answers } = await imported(rows);
    commands = 1000;
    await say(planLearner(answers[2]!.learnerId!, { type: 'ChangeContact', contact: { phone: '1' } }, 'college'));
    await granted(runId);
    return runId;
  };

  it('goes on at the next start, and ends as it would have', async () => {
    const whole = await prepared();
    await undoing().resume();
    const expected = await told(here.store);
    const withoutPages = (lines: readonly string[]) => lines.filter((line) => !line.includes('ImportRowsUndone'));
    let cuts = 0;
    for (let until = 0; ; until++) {
      const runId = await prepared();
      expect(runId).toBe(whole);
      const append = here.store.append.bind(here.store);
      let left = until;
      here.store.append = (...args) => (left-- > 0 ? append(...args) : Promise.reject(new Error('killed')));
      const ended = await undoing()
        .carryOut(runId)
        .then(
          () => true,
          () => false,
        );
      here.store.append = append;
      if (ended) break;
      cuts += 1;
      await undoing().resume();
      expect(withoutPages(await told(here.store))).toEqual(withoutPages(expected));
      const { undo } = await runOf(runId);
      expect([undo!.takenBack, [...undo!.kept.keys()]]).toEqual([new Set([2, 3]), [4]]);
      // A third start finds nothing to do.
      const head = await here.store.head();
      await undoing().resume();
      await undoing().carryOut(runId);
      expect(await here.store.head()).toBe(head);
    }
    expect(cuts).toBeGreaterThan(8);
  });
});
