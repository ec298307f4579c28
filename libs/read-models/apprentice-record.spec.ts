import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { admission } from '../../test/support/histories.ts';
import type { ContractEvent, PlacementEvent, SelectionEvent } from '../events/catalog/apprenticeship.ts';
import type { EnrollmentEvent } from '../events/catalog/enrollment.ts';
import type { TeacherEvent } from '../events/catalog/faculty.ts';
import { contractStream } from '../facts/contract.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { Projection } from '../projection/engine.ts';
import {
  apprenticeViews,
  listContracts,
  listLogs,
  listPlacements,
  listSelections,
  teacherStories,
  type ContractRow,
} from './apprentice-lists.ts';
import { apprenticeRecord } from './apprentice-record.ts';
import { gapsOf, type Gap } from './apprentice-seams.ts';
import type { PageOf } from './paging.ts';
import type { Reach } from './reach.ts';
import { countTasks, listTasks, taskViews, type TaskQuery } from './tasks.ts';
import { attemptViews, listAttempts } from './transcript.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

const views = [...new Set([...apprenticeViews, ...taskViews, ...attemptViews])];

beforeEach(async () => {
  ledger = new TestLedger('2026-01-10');
  stores = new TestStores();
  projection = await project(ledger, stores, views);
});
afterEach(() => stores.close());

// ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const post = { zh: '仓储', en: 'Warehouse' };
const span = { from: '2026-03-01', to: '2026-12-31' };
const institution: Reach = { to: 'institution' };

type Drafted = Extract<ContractEvent, { type: 'ContractDrafted' }>['data'];
const drafted = (learner: number, more: Partial<Drafted> = {}): ContractEvent => ({
  type: 'ContractDrafted',
  data: {
    learnerId: `l${learner}`,
    enrollmentId: `e${learner}`,
    organizationId: 'jiangnan',
    selectionId: `s${learner}`,
    guardianNeeded: false,
    ...span,
    post,
    plan: { programId: 'ecommerce', version: 1, courseIds: ['marketing'] },
    sections: [{ code: 'duties', digest: 'd1' }],
    termsDigest: 't1',
    texts: { salt: 'x', sections: { duties: '守则' } },
    ...more,
  },
});
const mentor = (side: 'school' | 'enterprise', teacherId: string): ContractEvent => ({
  type: 'MentorAssigned',
  data: { side, teacherId },
});
const concluded: ContractEvent = { type: 'ContractConcluded', data: {} };
const started: ContractEvent = { type: 'ContractStarted', data: { startedOn: '2026-03-01' } };
const insured = (to: string): ContractEvent => ({
  type: 'InternshipInsuranceRecorded',
  data: { from: '2026-03-01', to, insurer: '平安', policy: 'P1' },
});
const registered = (side: 'school' | 'enterprise', personId: string): readonly TeacherEvent[] => [
  {
    type: 'TeacherRegistered',
    data: {
      side,
      organizationId: side === 'school' ? null : 'jiangnan',
      staffNumber: personId,
      profile: { name: '周明' },
      contact: null,
      source: null,
    },
  },
  { type: 'TeacherAccountLinked', data: { personId } },
];

const contract = (id: string, learner: number, on: string, ...events: readonly ContractEvent[]): Promise<bigint> =>
  ledger.say(contractStream(id), events, { subjectId: `l${learner}`, on });
const teacher = (id: string, on: string, ...events: readonly TeacherEvent[]): Promise<bigint> =>
  ledger.say(`teacher-${id}`, events, { subjectId: id, on });
const enrolled = (learner: number, ...more: readonly EnrollmentEvent[]): Promise<bigint> =>
  ledger.say(
    `enrollment-e${learner}`,
    [
      { type: 'LearnerAdmitted', data: { ...admission, learnerId: `l${learner}`, source: null } },
      {
        type: 'StudentRegistered',
        data: { studentNumber: `${learner}`, classId: 'class-a', recheckDueBy: '2030-01-01', source: null },
      },
      ...more,
    ],
    { subjectId: `l${learner}` },
  );

/** A contract that runs, with a mentor on each side. */
async function live(): Promise<void> {
  await enrolled(1);
  await teacher('lin', '2025-09-01', ...registered('school', 'lin-1'));
  await teacher('zhou', '2025-09-01', ...registered('enterprise', 'zhou-1'));
  await contract('k', 1, '2026-02-01', drafted(1), mentor('school', 'lin'), mentor('enterprise', 'zhou'), concluded);
  await contract('k', 1, '2026-02-10', insured('2026-12-31'));
  await contract('k', 1, '2026-03-01', started);
}

const read = async <T>(query: (db: ReadQueries) => Promise<T | Refusal>): Promise<T> => {
  await projection.catchUp();
  const answer = await stores.read(views, query);
  if (isRefusal(answer)) throw new Error(answer.refused);
  return answer;
};
const contracts = (reach: Reach = institution): Promise<PageOf<ContractRow>> =>
  read((db) => listContracts(db, { institutionId: 'college', reach }));
const gaps = (): Promise<readonly Gap[]> =>
  read(async (db) => {
    const page = await listContracts(db, { institutionId: 'college', reach: institution });
    if (isRefusal(page)) return page;
    const { state } = page.rows[0]!;
    const stories = await teacherStories(db, ['lin', 'zhou', 'wang']);
    return gapsOf(state.state, state.training, new Map([...stories].map(([id, { standing }]) => [id, standing])));
  });
const due = async (today: string, more: Partial<TaskQuery> = {}): Promise<string[]> => {
  const page = await read((db) => listTasks(db, { institutionId: 'college', today, ...more }));
  return page.rows.map(({ kind, key, dueOn, overdue }) => `${kind} ${key} ${dueOn ?? '-'}${overdue ? ' overdue' : ''}`);
};
const start = (day: string): string => new Date(Date.parse(`${day}T00:00:00+08:00`)).toISOString();

// ── the record ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a contract', () => {
  it('says what its stream says, with its steps, and its texts sealed', async () => {
    await live();
    await contract('k', 1, '2026-05-01', {
      type: 'ContractTerminated',
      data: { ground: 'mutual', noticeGivenOn: '2026-04-20', notice: 'N1', endedOn: '2026-05-01' },
    });
    let [row] = (await contracts()).rows;
    expect(row!.state).toMatchObject({
      state: { status: 'terminated' },
      training: { from: start('2026-03-01'), to: start('2026-05-01') },
    });
    await contract('k', 1, '2026-05-01', { type: 'TerminationReversed', data: { requestId: 'q', target: '6' } });
    [row] = (await contracts()).rows;
    expect(row!.state).toMatchObject({ state: { status: 'live', termination: null }, training: { to: null } });
    expect(row!.state.steps.map(({ type, annulled }) => [type, annulled])).toEqual([
      ['ContractDrafted', false],
      ['MentorAssigned', false],
      ['MentorAssigned', false],
      ['ContractConcluded', false],
      ['InternshipInsuranceRecorded', false],
      ['ContractStarted', false],
      ['ContractTerminated', true],
      ['TerminationReversed', false],
    ]);
    expect(JSON.stringify(row!.state)).not.toContain('守则');
  });

  it('counts hours recorded and confirmed, each week once', async () => {
    await live();
    const week = (day: string, hours: number): ContractEvent => ({
      type: 'TrainingLogRecorded',
      data: { week: day, hours, workOrders: [{ number: 'WO1', task: '入库' }] },
    });
    await contract('k', 1, '2026-03-09', week('2026-03-02', 4000), week('2026-03-09', 3000));
    await projection.catchUp();
    await contract('k', 1, '2026-03-10', { type: 'TrainingLogConfirmed', data: { week: '2026-03-02', teacherId: 'zhou' } });
    const [row] = (await contracts()).rows;
    expect(row).toMatchObject({ hoursRecorded: 7000, hoursConfirmed: 4000 });
    const logs = await read((db) => listLogs(db, { contractId: 'k' }));
    expect(logs.rows.map(({ week: monday, confirmedBy }) => [monday, confirmedBy])).toEqual([
      ['2026-03-02', 'zhou'],
      ['2026-03-09', null],
    ]);
    expect(JSON.stringify(logs.rows)).not.toContain('入库');
    expect((await read((db) => listLogs(db, { contractId: 'k', confirmed: false }))).total).toBe(1);
  });

  it('has no gap while both mentors serve, and a dated one where one was lost', async () => {
    await live();
    expect(await gaps()).toEqual([]);
    await teacher('zhou', '2026-04-01', { type: 'TeacherSuspended', data: { ground: 'complaint' } });
    const open = { side: 'enterprise', from: start('2026-04-01'), teacherId: 'zhou', why: 'suspended' };
    expect(await gaps()).toEqual([{ ...open, to: null }]);
    await teacher('zhou', '2026-04-11', { type: 'TeacherReinstated', data: { ground: 'cleared' } });
    expect(await gaps()).toEqual([{ ...open, to: start('2026-04-11') }]);
    await teacher('zhou', '2026-05-01', { type: 'TeacherWithdrawn', data: { ground: 'left' } });
    await teacher('wang', '2025-09-01', ...registered('enterprise', 'wang-1'));
    await contract('k', 1, '2026-05-05', {
      type: 'MentorReplaced',
      data: { side: 'enterprise', oldTeacherId: 'zhou', teacherId: 'wang' },
    });
    expect(await gaps()).toEqual([
      { ...open, to: start('2026-04-11') },
      { side: 'enterprise', from: start('2026-05-01'), to: start('2026-05-05'), teacherId: 'zhou', why: 'withdrawn' },
    ]);
  });

  it('is seen by those whom it concerns, and counted for nobody else', async () => {
    await live();
    await contract('other', 2, '2026-02-01', drafted(2, { organizationId: 'elsewhere' }));
    const total = async (reach: Reach): Promise<number> => (await contracts(reach)).total;
    expect(await total(institution)).toBe(2);
    expect(await total({ to: 'enterprise', organizationId: 'jiangnan' })).toBe(1);
    expect(await total({ to: 'learner', learnerId: 'l2' })).toBe(1);
    expect(await total({ to: 'mentor', personId: 'zhou-1' })).toBe(1);
    expect(await total({ to: 'teacher', personId: 'lin-1' })).toBe(1);
    expect(await total({ to: 'mentor', personId: 'stranger' })).toBe(0);
    await teacher('zhou', '2026-04-01', { type: 'TeacherWithdrawn', data: { ground: 'left' } });
    expect(await total({ to: 'mentor', personId: 'zhou-1' })).toBe(0);
  });

  it('opens the published results of the courses that it names, while it stands', async () => {
    await live();
    const attempt = (id: string, courseId: string, published: boolean): Promise<bigint> => {
      const result = { score: 8000, grade: null, code: null, passed: true, capped: false };
      const terms = { courseVersion: 1, credits: 400, kind: 'first', number: 1, follows: null, schemeId: 'x' } as const;
      const when = { schemeVersion: 1, academicYear: 'Y', term: 'T', classId: null, contractId: null, final: false } as const;
      return ledger.say(
        `attempt-${id}`,
        [
          {
            type: 'AttemptOpened',
            data: { learnerId: 'l1', enrollmentId: 'e1', courseId, ...terms, ...when, mode: 'in-person' },
          },
          ...(published
            ? ([{ type: 'ResultPublished', data: { result, credits: 400, appealUntil: '2026-04-01' } }] as const)
            : []),
        ],
        { subjectId: 'l1' },
      );
    };
    await attempt('named', 'marketing', true);
    await attempt('unpublished', 'marketing', false);
    await attempt('unnamed', 'english', true);
    const seen = (reach: Reach): Promise<string[]> =>
      read(async (db) => {
        const page = await listAttempts(db, { institutionId: 'college', reach });
        return isRefusal(page) ? page : page.rows.map(({ entry }) => entry.attemptId);
      });
    const jiangnan: Reach = { to: 'enterprise', organizationId: 'jiangnan' };
    expect(await seen(jiangnan)).toEqual(['named']);
    expect(await seen({ to: 'mentor', personId: 'zhou-1' })).toEqual(['named']);
    expect(await seen({ to: 'enterprise', organizationId: 'elsewhere' })).toEqual([]);
    await contract('k', 1, '2026-05-01', {
      type: 'ContractTerminated',
      data: { ground: 'mutual', noticeGivenOn: '2026-04-20', notice: 'N1', endedOn: '2026-05-01' },
    });
    expect(await seen(jiangnan)).toEqual([]);
  });
});

const applied = (learner: number): SelectionEvent => ({
  type: 'ApplicationSubmitted',
  data: { openingId: 'o', organizationId: 'jiangnan', learnerId: `l${learner}`, enrollmentId: `e${learner}`, statement: '自荐' },
});
const offered = (expiresAt: string): SelectionEvent => ({ type: 'OfferMade', data: { ...span, post, expiresAt } });
const started_ = (follows: string | null): PlacementEvent => ({
  type: 'BatchStarted',
  data: { organizationId: 'jiangnan', project: post, members: ['e1'], follows, until: '2026-11-20' },
});

describe('a placement', () => {
  it('shows the seam to the batch before until both have acknowledged', async () => {
    await enrolled(1);
    await ledger.say('placement-a', [started_(null)]);
    await ledger.say('placement-b', [started_('a')]);
    const without = (reach: Reach = institution): Promise<string[]> =>
      read(async (db) => {
        const page = await listPlacements(db, { institutionId: 'college', reach, withoutHandover: true });
        return isRefusal(page) ? page : page.rows.map(({ id, seams }) => `${id} ${seams.filter((s) => !s.handedOver).length}`);
      });
    expect(await without()).toEqual(['a 1', 'b 1']);
    expect(await without({ to: 'learner', learnerId: 'l1' })).toEqual(['a 1', 'b 1']);
    expect(await without({ to: 'enterprise', organizationId: 'elsewhere' })).toEqual([]);
    await ledger.say('placement-a', [
      { type: 'HandoverGiven', data: { to: 'b' } },
      { type: 'HandoverAcknowledged', data: { other: 'b' } },
    ]);
    expect(await due('2026-05-01')).toEqual(['handover a/b -']);
    await ledger.say('placement-b', [{ type: 'HandoverAcknowledged', data: { other: 'a' } }]);
    expect(await without()).toEqual([]);
    expect(await due('2026-05-01')).toEqual([]);
  });
});

// ── what is due ────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('tasks of apprenticeships', () => {
  it('a contract on its way: signatures, start, mentors, insurance', async () => {
    await enrolled(1);
    await contract('k', 1, '2026-02-01', drafted(1));
    expect(await due('2026-02-02')).toEqual(['contract-unsigned k 2026-03-01']);
    await contract('k', 1, '2026-02-03', mentor('school', 'lin'), concluded);
    await teacher('lin', '2025-09-01', ...registered('school', 'lin-1'));
    expect(await due('2026-02-10')).toEqual([
      'contract-start k 2026-03-01',
      'insurance-ending k 2026-03-01',
      'mentor-missing k/enterprise 2026-03-01',
    ]);
    await contract('k', 1, '2026-02-11', insured('2026-06-30'), mentor('enterprise', 'zhou'));
    await teacher('zhou', '2025-09-01', ...registered('enterprise', 'zhou-1'));
    expect(await due('2026-02-12')).toEqual(['contract-start k 2026-03-01']);
    await contract('k', 1, '2026-03-01', started);
    expect(await due('2026-03-02')).toEqual([]);
    expect(await due('2026-06-15')).toEqual(['insurance-ending k 2026-06-30']);
    expect(await due('2026-07-01', { overdueOnly: true })).toEqual(['insurance-ending k 2026-06-30 overdue']);
  });

  it('a mentor who was lost, since that day', async () => {
    await live();
    expect(await due('2026-03-10')).toEqual([]);
    await teacher('zhou', '2026-04-01', { type: 'TeacherSuspended', data: { ground: 'complaint' } });
    const page = await read((db) => listTasks(db, { institutionId: 'college', today: '2026-04-02' }));
    expect(page.rows).toMatchObject([
      { kind: 'mentor-missing', key: 'k/enterprise', since: start('2026-04-01'), organizationId: 'jiangnan', learnerId: 'l1' },
    ]);
  });

  it('a contract whose student is none any more, or is suspended', async () => {
    await live();
    await ledger.say(
      'enrollment-e1',
      [{ type: 'StudySuspended', data: { ground: 'illness', until: '2030-09-01', appliedOn: null } }],
      {
        subjectId: 'l1',
      },
    );
    expect(await due('2026-04-02')).toEqual(['contract-status-suspended k -']);
    await ledger.say('enrollment-e1', [{ type: 'StudentWithdrawn', data: { ground: 'own-application' } }], { subjectId: 'l1' });
    expect(await due('2026-04-02')).toEqual(['contract-status-lost k -']);
    const counts = await read((db) => countTasks(db, { institutionId: 'college', today: '2026-04-02' }));
    expect(counts['contract-status-lost']).toEqual({ all: 1, overdue: 0 });
    await contract('k', 1, '2026-05-01', {
      type: 'ContractTerminated',
      data: { ground: 'status-lost', noticeGivenOn: '2026-04-20', notice: 'N1', endedOn: '2026-05-01' },
    });
    expect(await due('2026-05-02')).toEqual([]);
  });

  it('offers that nobody answered, until they expire', async () => {
    await ledger.say('selection-s1', [applied(1), offered('2026-02-20T15:59:59.999Z')], { subjectId: 'l1' });
    expect(await due('2026-02-10')).toEqual(['offer-expiring s1 2026-02-20']);
    expect(await due('2026-02-21')).toEqual([]);
    await ledger.say('selection-s1', [{ type: 'OfferAccepted', data: {} }], { subjectId: 'l1' });
    expect(await due('2026-02-10')).toEqual([]);
    const page = await read((db) => listSelections(db, { institutionId: 'college', reach: institution }));
    expect(page.rows[0]!.state.state).toMatchObject({ status: 'accepted', offer: { expiresAt: '2026-02-20T15:59:59.999Z' } });
  });

  it('an enterprise has its own, and none of the college’s', async () => {
    await live();
    await contract('other', 2, '2026-02-01', drafted(2, { organizationId: 'elsewhere' }));
    await teacher('zhou', '2026-04-01', { type: 'TeacherSuspended', data: { ground: 'complaint' } });
    expect(await due('2026-04-02', { organizationId: 'jiangnan' })).toEqual(['mentor-missing k/enterprise -']);
    expect(await due('2026-04-02', { organizationId: 'elsewhere' })).toEqual(['contract-unsigned other 2026-03-01 overdue']);
    expect(await due('2030-01-01', { organizationId: 'jiangnan', kinds: ['recheck'] })).toEqual([]);
    const counts = await read((db) => countTasks(db, { institutionId: 'college', today: '2030-01-01', organizationId: '' }));
    expect(Object.values(counts).reduce((sum, { all }) => sum + all, 0)).toBe(0);
  });
});

describe('the view', () => {
  it('is the same whether the log is folded at once or event by event, and after a rebuild', async () => {
    await live();
    await projection.catchUp();
    await ledger.say('selection-s1', [applied(1), offered('2026-02-20T15:59:59.999Z')], { subjectId: 'l1' });
    await ledger.say('placement-a', [started_(null)]);
    const piecewise = await project(ledger, stores, [apprenticeRecord], { batch: 1 });
    await projection.catchUp();
    const rebuilding = piecewise.rebuild('apprentice-record', undefined, { compare: true });
    for (let i = 0; i < 200; i++) await Promise.resolve();
    await piecewise.catchUp();
    const { digests } = await rebuilding;
    expect(digests?.rebuilt).toBe(digests?.live);
  });
});
