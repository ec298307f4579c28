import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { admission } from '../../test/support/histories.ts';
import type { AttemptEvent } from '../events/catalog/assessment.ts';
import type { EnrollmentEvent } from '../events/catalog/enrollment.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { Projection } from '../projection/engine.ts';
import type { PageOf } from './paging.ts';
import { countTasks, listTasks, taskViews, type Task, type TaskQuery } from './tasks.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

beforeEach(async () => {
  ledger = new TestLedger('2025-08-20');
  stores = new TestStores();
  projection = await project(ledger, stores, taskViews);
});
afterEach(() => stores.close());

const on = (n: number, ...events: readonly EnrollmentEvent[]): Promise<bigint> =>
  ledger.say(`enrollment-e${n}`, events, { subjectId: `l${n}` });
const admitted = (n: number): EnrollmentEvent => ({
  type: 'LearnerAdmitted',
  data: { ...admission, learnerId: `l${n}`, source: null },
});
const registered = (n: number, recheckDueBy = '2025-12-01'): EnrollmentEvent => ({
  type: 'StudentRegistered',
  data: { studentNumber: `${n}`, classId: null, recheckDueBy, source: null },
});
const passed: EnrollmentEvent = { type: 'AdmissionRecheckPassed', data: {} };
const suspended = (until: string): EnrollmentEvent => ({
  type: 'StudySuspended',
  data: { ground: 'illness', until, appliedOn: null },
});

const due = async (today: string, more: Partial<TaskQuery> = {}): Promise<PageOf<Task>> => {
  await projection.catchUp();
  const page = await stores.read(taskViews, (db) => listTasks(db, { institutionId: 'college', today, ...more }));
  if (isRefusal(page)) throw new Error(page.refused);
  return page;
};
const brief = (page: PageOf<Task>): string[] =>
  page.rows.map(
    ({ kind, enrollmentId, dueOn, overdue }) => `${kind} ${enrollmentId ?? '-'} ${dueOn ?? '-'}${overdue ? ' overdue' : ''}`,
  );

describe('tasks of results', () => {
  const attempt = (...events: readonly AttemptEvent[]): Promise<bigint> => ledger.say('attempt-a', events, { subjectId: 'l1' });
  const opened: AttemptEvent = {
    type: 'AttemptOpened',
    data: {
      learnerId: 'l1',
      enrollmentId: 'e1',
      courseId: 'marketing',
      courseVersion: 1,
      credits: 400,
      kind: 'first',
      number: 1,
      follows: null,
      schemeId: '442',
      schemeVersion: 1,
      academicYear: '2025-2026',
      term: '2025-2026-1',
      classId: null,
      contractId: null,
      final: false,
      mode: 'in-person',
    },
  };
  const scored = (side: 'school' | 'enterprise', assessor: string, score: number, third = false): AttemptEvent => ({
    type: 'ComponentScored',
    data: { component: 'exam', part: 'score', score, assessor, side, third },
  });
  const result = { score: 8000, grade: null, code: null, passed: true, capped: false };

  it('a third marker where both sides differ by more than the scheme allows', async () => {
    await ledger.say('scheme-442', [
      {
        type: 'EvaluationSchemeAdopted',
        data: {
          version: 1,
          code: '442',
          name: { zh: '4-4-2', en: '4-4-2' },
          components: [{ code: 'exam', name: { zh: '考试', en: 'exam' }, weight: 10_000, kind: 'score', side: null }],
          rounding: { mode: 'half-up', unit: 10 },
          scale: 'points',
          gradesFrom: null,
          passMark: 6000,
          makeUpCap: null,
          dualAssessors: { divergence: 1500 },
        },
      },
    ]);
    await attempt(opened, scored('school', 'lin', 9000), scored('enterprise', 'zhou', 7500));
    expect(brief(await due('2025-12-02'))).toEqual([]);
    // The school's average is now 9000.5: more than 1500 away.
    await attempt(scored('school', 'wu', 9001));
    expect((await due('2025-12-02')).rows).toMatchObject([
      { kind: 'third-marker', key: 'a', enrollmentId: 'e1', detail: { apart: '1501', divergence: '1500' } },
    ]);
    await attempt(scored('school', 'sun', 8000, true));
    expect(brief(await due('2025-12-02'))).toEqual([]);
  });

  it('results whose appeal window is over, and appeals that wait', async () => {
    await attempt(opened, { type: 'ResultPublished', data: { result, credits: 400, appealUntil: '2026-01-10' } });
    expect(brief(await due('2026-01-10'))).toEqual([]);
    expect(brief(await due('2026-01-11'))).toEqual(['result-to-finalize e1 2026-01-10 overdue']);
    await attempt({ type: 'AppealFiled', data: { appealId: 'p' } });
    expect(brief(await due('2026-01-11'))).toEqual(['appeal e1 -']);
    await attempt({ type: 'AppealDismissed', data: { appealId: 'p' } });
    expect(brief(await due('2026-01-11'))).toEqual(['result-to-finalize e1 2026-01-10 overdue']);
    await attempt({ type: 'ResultFinalized', data: { result, credits: 400 } });
    expect(brief(await due('2026-01-11'))).toEqual([]);
  });
});

describe('tasks', () => {
  it('re-checks: due within the horizon, overdue after their day, gone when passed or ended', async () => {
    await on(1, admitted(1), registered(1));
    expect(brief(await due('2025-10-31'))).toEqual([]);
    expect(brief(await due('2025-11-01'))).toEqual(['recheck e1 2025-12-01']);
    expect(brief(await due('2025-12-01'))).toEqual(['recheck e1 2025-12-01']);
    expect(brief(await due('2025-12-02'))).toEqual(['recheck e1 2025-12-01 overdue']);
    expect((await due('2025-12-02')).rows[0]).toMatchObject({
      key: 'e1',
      learnerId: 'l1',
      why: { zh: '入学资格复查应于 2025-12-01 前完成。', en: 'The re-check of the admission is due by 2025-12-01.' },
    });
    expect((await due('2025-12-02')).rows[0]!.since).toMatch(/^2025-08-/);
    await on(1, passed);
    expect(brief(await due('2025-12-02'))).toEqual([]);
    await on(2, admitted(2), registered(2), { type: 'StudentWithdrawn', data: { ground: 'own-application' } });
    expect(brief(await due('2025-12-02'))).toEqual([]);
  });

  it('suspensions that end without a resumption, and places retained', async () => {
    await on(1, admitted(1), registered(1), passed, suspended('2026-03-01'));
    await on(2, admitted(2), { type: 'PlaceRetained', data: { until: '2026-02-20' } });
    expect(brief(await due('2026-02-25'))).toEqual(['retained-place e2 2026-02-20 overdue', 'suspension e1 2026-03-01']);
    expect(brief(await due('2026-02-25', { overdueOnly: true }))).toEqual(['retained-place e2 2026-02-20 overdue']);
    await on(1, { type: 'StudyResumed', data: { appliedOn: '2026-02-01', classId: null } });
    await on(2, registered(2, '2026-12-01'));
    expect(brief(await due('2026-02-25'))).toEqual([]);
  });

  it('follows corrections of the day', async () => {
    await on(1, admitted(1), registered(1), passed, suspended('2026-03-01'));
    await on(1, {
      type: 'EnrollmentCorrected',
      data: { requestId: 'q', target: '3', field: 'until', old: '2026-03-01', new: '2027-03-01' },
    });
    expect(brief(await due('2026-02-25'))).toEqual([]);
    expect(brief(await due('2027-02-25'))).toEqual(['suspension e1 2027-03-01']);
  });

  it('completions until the day on which they can no longer become a diploma', async () => {
    await on(1, admitted(1), registered(1), passed, { type: 'StudyCompleted', data: { convertibleUntil: '2027-07-01' } });
    expect(brief(await due('2027-06-15'))).toEqual(['conversion e1 2027-07-01']);
    expect(brief(await due('2027-07-01'))).toEqual(['conversion e1 2027-07-01']);
    expect(brief(await due('2027-07-02'))).toEqual([]);
  });

  it('requests that wait for a second person, with what a grant must name', async () => {
    await on(1, admitted(1));
    await ledger.say(
      'enrollment-e1',
      [
        {
          type: 'ApprovalRequested',
          data: {
            requestId: 'q"1',
            act: 'AnnulAdmission',
            against: 'x',
            target: '0',
            targetEffectiveAt: null,
            proposal: {},
            personal: null,
            evidence: ['file 7'],
          },
        },
      ],
      { subjectId: 'l1', by: `o'brien "zhao"`, commandId: 'ask' },
    );
    const [task] = (await due('2025-09-01')).rows;
    expect(task).toMatchObject({
      kind: 'approval',
      learnerId: 'l1',
      enrollmentId: 'e1',
      dueOn: null,
      overdue: false,
      detail: {
        stream: 'enrollment-e1',
        requestId: 'q"1',
        act: 'AnnulAdmission',
        requestedBy: `o'brien "zhao"`,
        digest: 'digest-ask',
        request: { target: '0', evidence: ['file 7'] },
      },
    });
    await on(1, { type: 'ApprovalStale', data: { requestId: 'q"1', now: 'y' } });
    expect(brief(await due('2025-09-01'))).toEqual([]);
  });

  it('holds placed after a graduation was cleared, not those before, until they are lifted', async () => {
    await on(1, admitted(1), registered(1), passed);
    const hold = (holdId: string) => ledger.say('learner-l1', [{ type: 'HoldPlaced', data: { holdId, kind: 'clawback' } }]);
    await hold('early');
    await ledger.say('learner-l1', [{ type: 'EnrollmentClosing', data: { enrollmentId: 'e1', commandId: 'g' } }]);
    expect(brief(await due('2026-07-01'))).toEqual([]);
    await hold('late');
    expect(brief(await due('2026-07-01'))).toEqual(['hold-after-clearance e1 -']);
    expect((await due('2026-07-01')).rows[0]).toMatchObject({
      learnerId: 'l1',
      detail: { holdId: 'late', holdKind: 'clawback' },
    });
    await ledger.say('learner-l1', [{ type: 'HoldLifted', data: { holdId: 'late' } }]);
    expect(brief(await due('2026-07-01'))).toEqual([]);
    await hold('again');
    await ledger.say('learner-l1', [{ type: 'EnrollmentClosingDropped', data: { enrollmentId: 'e1' } }]);
    expect(brief(await due('2026-07-01'))).toEqual([]);
  });

  it('filters, pages and counts', async () => {
    for (let n = 1; n <= 5; n++) await on(n, admitted(n), registered(n, `2025-12-0${n}`));
    await on(6, admitted(6), { type: 'PlaceRetained', data: { until: '2025-12-03' } });
    for (const query of [{}, { order: 'desc' }, { sort: 'since' }] as const) {
      const keys: string[] = [];
      let cursor: string | null = null;
      do {
        const page: PageOf<Task> = await due('2025-12-03', { ...query, limit: 4, ...(cursor ? { cursor } : {}) });
        expect(page.total).toBe(6);
        keys.push(...page.rows.map(({ key }) => key));
        cursor = page.next;
      } while (cursor !== null);
      expect(keys).toEqual((await due('2025-12-03', query)).rows.map(({ key }) => key));
      expect(new Set(keys).size).toBe(6);
    }
    expect((await due('2025-12-03', { kinds: ['retained-place'] })).total).toBe(1);
    expect((await due('2025-12-03', { kinds: [] })).total).toBe(0);
    expect((await due('2025-12-03', { enrollmentId: 'e2' })).total).toBe(1);
    const counts = await stores.read(taskViews, (db) => countTasks(db, { institutionId: 'college', today: '2025-12-03' }));
    expect(counts).toMatchObject({
      recheck: { all: 5, overdue: 2 },
      'retained-place': { all: 1, overdue: 0 },
      approval: { all: 0, overdue: 0 },
    });
    expect((await due('2025-12-03', { institutionId: 'elsewhere' })).total).toBe(0);
  });
});
