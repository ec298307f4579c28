import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldRangesHere } from '../../apps/ledger/range-folding.ts';
import { HeldTimer, TestLedger, TestStores } from '../../test/support/events.ts';
import { admission } from '../../test/support/histories.ts';
import { anyStep, live, newcomer, smallCollege } from '../../test/support/lives.ts';
import type { AsOf } from '../kernel/as-of.ts';
import { endOfDay } from '../kernel/time.ts';
import { StoreFault } from '../ports/store-fault.ts';
import type { View } from '../ports/view.ts';
import { enrollmentAsOf } from '../read-models/as-of.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import { listEnrollments, type RegisterRow } from '../read-models/register-lists.ts';
import { ledgerStats } from '../read-models/ledger-stats.ts';
import { listTasks, taskViews } from '../read-models/tasks.ts';
import { entriesOf, entryOf, transcript } from '../read-models/transcript.ts';
import { historyAsOf } from '../read-models/as-of.ts';
import { attemptStream } from '../facts/attempt.ts';
import type { AttemptEvent, Result } from '../events/catalog/assessment.ts';
import { AsOfBuilds, lastRecordedBy, type AsOfAnswer, type AsOfBuild } from './as-of-builds.ts';
import { createCheckpoints } from './generations.ts';
import { KeptReader, MomentNotBuilt } from './kept-builds.ts';
import type { RangeFolder, RangeJob } from './ranged-fold.ts';

const zone = 'Asia/Shanghai';
const views: readonly View[] = [...taskViews, ledgerStats];

let folder: string;
let ledger: TestLedger;
let stores: TestStores;
let builds: AsOfBuilds;
let folded: string[];
/** Called before a range is folded. */
let before: (job: RangeJob) => Promise<void> | void;

async function start({ kept = 3, rangeEvents = 20_000, all = views } = {}): Promise<void> {
  const here = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views: all, folder }, rangeEvents);
  const ranges: RangeFolder = {
    ...here,
    fold: async (job) => {
      await before(job);
      folded.push(`${job.view} ${job.from}`);
      return here.fold(job);
    },
  };
  await createCheckpoints(stores.views);
  const { store: events, clock } = ledger;
  builds = new AsOfBuilds({ events, store: stores.views, views: all, ranges, clock, timer: new HeldTimer(), kept });
  await builds.prepare();
  builds.start();
}

/** Lets everything happen that waits for nothing outside. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
};

const asked = (when: AsOf, of: readonly View[] = [enrollmentRegister], institutionId = 'college'): Promise<AsOfAnswer> =>
  builds.ask({ institutionId, views: of.map(({ name }) => name), askedBy: 'zhao', ...when });

async function built(when: AsOf, of: readonly View[] = [enrollmentRegister]): Promise<AsOfBuild> {
  const answer = await asked(when, of);
  if ('refused' in answer) throw new Error(answer.refused);
  for (;;) {
    const one = builds.list('college').find(({ id }) => id === answer.build.id);
    if (!one || one.state === 'ready' || one.state === 'failed') return one!;
    await settle();
  }
}

const reader = (): KeptReader => new KeptReader(stores.views);
const register = async (when: AsOf): Promise<readonly RegisterRow[]> => {
  const page = await reader().read([enrollmentRegister], { institutionId: 'college', ...when }, (db) =>
    listEnrollments(db, { institutionId: 'college', sort: 'entryDate', limit: 500 }),
  );
  if (!('rows' in page)) throw new Error(page.refused);
  return page.rows;
};
const statuses = async (when: AsOf): Promise<readonly string[]> => {
  await built(when);
  return (await register(when)).map(({ status }) => status);
};
const made = (): Promise<readonly string[]> =>
  stores.views.snapshot(async (db) => {
    const found = await db.all<{ name: string }>(`SELECT name FROM sqlite_schema WHERE name LIKE '%\\_g1%' ESCAPE '\\'`);
    return found.map(({ name }) => name);
  });
const recorded = (day: string): AsOf => ({ recordedAsOf: endOfDay(day, zone) });
const effective = (day: string): AsOf => ({ effectiveAsOf: endOfDay(day, zone) });

beforeEach(async () => {
  folded = [];
  before = () => {};
  folder = await mkdtemp(join(tmpdir(), 'ledger-as-of-'));
  stores = new TestStores();
  ledger = await smallCollege();
});
afterEach(async () => {
  await builds.close();
  await stores.close();
  await rm(folder, { recursive: true });
});

async function admitted(): Promise<void> {
  ledger.today = '2025-08-20';
  const opening = newcomer(ledger, 'id-1');
  await ledger.enroll('e1', { type: 'AdmitLearner', admission: { ...admission, learnerId: 'chen' }, source: null }, { opening });
  ledger.today = '2025-09-01';
  await ledger.enroll('e1', { type: 'RegisterStudent', studentNumber: '1', classId: 'class-a' });
}

describe('the register of a day', () => {
  it('does not know what was recorded after it, and knows what became effective before it', async () => {
    await admitted();
    ledger.today = '2025-10-20';
    await ledger.enroll(
      'e1',
      { type: 'SuspendStudy', ground: 'illness', until: '2026-09-01', appliedOn: null },
      { on: '2025-10-10' },
    );
    ledger.today = '2025-11-01';
    await start({ kept: 9 });
    expect(await statuses(recorded('2025-08-19'))).toEqual([]);
    expect(await statuses(recorded('2025-08-31'))).toEqual(['admitted']);
    expect(await statuses(recorded('2025-10-15'))).toEqual(['registered']);
    expect(await statuses(effective('2025-10-15'))).toEqual(['suspended']);
    expect(await statuses({ ...recorded('2025-10-15'), ...effective('2025-10-15') })).toEqual(['registered']);
    expect(await statuses({ ...recorded('2025-10-20'), ...effective('2025-10-09') })).toEqual(['registered']);
  });

  it('does not show a correction that was recorded later', async () => {
    await admitted();
    ledger.today = '2025-11-01';
    const said = {
      type: 'RequestEnrollmentCorrection',
      requestId: 'c',
      target: '1',
      field: 'studentNumber',
      value: '7',
    } as const;
    await ledger.enroll('e1', { ...said, evidence: [] });
    ledger.today = '2025-11-10';
    await live(ledger, { which: 20, n: 0, e: 1 });
    ledger.today = '2025-12-01';
    await start();
    const number = async (when: AsOf): Promise<string | null> => {
      await built(when);
      return (await register(when))[0]!.studentNumber;
    };
    expect(await number(recorded('2025-11-09'))).toBe('1');
    expect(await number(recorded('2025-11-30'))).toBe('7');
    expect(await number({ ...recorded('2025-11-30'), ...effective('2025-09-15') })).toBe('7');
  });

  it('tells of what waited for a second person then, not of what was granted for an earlier day', async () => {
    await admitted();
    ledger.today = '2025-11-01';
    const said = {
      type: 'RequestEnrollmentCorrection',
      requestId: 'c',
      target: '1',
      field: 'studentNumber',
      value: '7',
    } as const;
    await ledger.enroll('e1', { ...said, evidence: [] });
    ledger.today = '2025-11-10';
    await ledger.say('enrollment-e1', [{ type: 'ApprovalRefused', data: { requestId: 'c' } }], { on: '2025-10-01' });
    ledger.today = '2025-12-01';
    await start();
    const waiting = async (when: AsOf): Promise<number> => {
      await built(when, taskViews);
      const query = { institutionId: 'college', today: '2025-12-01', kinds: ['approval'] as const };
      const page = await reader().read(taskViews, { institutionId: 'college', ...when }, (db) => listTasks(db, query));
      return 'total' in page ? page.total : -1;
    };
    expect(await waiting(recorded('2025-11-09'))).toBe(1);
    expect(await waiting(recorded('2025-11-30'))).toBe(0);
    expect(await waiting(effective('2025-11-30'))).toBe(0);
  });

  it('is, for any valid history, record by record what the record itself was then', async () => {
    const moment = fc.record({ recorded: fc.nat(40), effective: fc.option(fc.nat(60)) });
    await start({ kept: 100 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 4, maxLength: 25 }),
        fc.array(moment, { minLength: 1, maxLength: 4 }),
        async (steps, asks) => {
          await builds.close();
          await stores.close();
          stores = new TestStores();
          ledger = await smallCollege();
          const began = ledger.clock.ms;
          for (const ask of [{ which: 0, n: 1, e: 0 }, ...steps.flat()]) await live(ledger, ask);
          await start({ kept: 100 });
          const day = (n: number): string => new Date(Math.min(ledger.clock.ms, began + n * 86_400_000)).toISOString();
          for (const { recorded: r, effective: t } of asks) {
            const when: AsOf = {
              recordedAsOf: day(r),
              ...(t === null ? {} : { effectiveAsOf: new Date(began + t * 86_400_000 - 20 * 86_400_000).toISOString() }),
            };
            expect(await built(when)).toMatchObject({ state: 'ready' });
            const rows = new Map((await register(when)).map((row) => [row.enrollmentId, row]));
            for (const enrollmentId of ['e0', 'e1']) {
              const then = await enrollmentAsOf(
                { store: ledger.store, decoder: ledger.codec },
                { institutionId: 'college', enrollmentId },
                when,
              );
              const row = rows.get(enrollmentId);
              expect(row === undefined).toBe(then === null);
              if (!row || !then) continue;
              expect(told(row)).toEqual({
                status: then.status,
                statusSince: then.statusSince,
                studentNumber: then.studentNumber,
                classId: then.classId,
                programId: then.admission!.programId,
                entryDate: then.admission!.entryDate,
                registeredAt: then.registeredAt,
                endedAt: then.endedAt,
                recheckPassed: then.recheck?.passed ?? null,
                locked: then.locked,
                convertibleUntil: then.status === 'completed' ? then.convertibleUntil : null,
                suspensionUntil: then.status === 'suspended' ? (then.suspension?.until ?? null) : null,
              });
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

const told = (row: RegisterRow): Partial<RegisterRow> => {
  const { status, statusSince, studentNumber, classId, programId, entryDate, registeredAt, endedAt, recheckPassed, locked } = row;
  const { convertibleUntil, suspensionUntil } = row;
  const state = { status, statusSince, studentNumber, classId, programId, entryDate, registeredAt, endedAt };
  return { ...state, recheckPassed, locked, convertibleUntil, suspensionUntil };
};

describe('a transcript of a day', () => {
  const points = (score: number): Result => ({ score, grade: null, code: null, passed: score >= 6000, capped: false });
  const said: readonly AttemptEvent[] = [
    {
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
    },
    { type: 'ResultSubmitted', data: { result: points(7000), components: [] } },
    { type: 'ResultPublished', data: { result: points(7000), credits: 400, appealUntil: '2026-01-20' } },
  ];
  const corrected = (from: number, to: number): AttemptEvent => ({
    type: 'GradeCorrected',
    data: { requestId: 'q', target: '2', field: 'result', old: points(from), new: points(to), consequence: 'changes-grade' },
  });

  it('has the corrections that were known then, the last of them last', async () => {
    ledger.today = '2025-12-01';
    for (const event of said) await ledger.say(attemptStream('a1'), [event], { subjectId: 'l1' });
    ledger.today = '2026-01-10';
    await ledger.say(attemptStream('a1'), [corrected(7000, 8000)], { subjectId: 'l1', on: '2025-12-20' });
    ledger.today = '2026-02-10';
    // Effective before the correction that it follows.
    await ledger.say(attemptStream('a1'), [corrected(8000, 9000)], { subjectId: 'l1', on: '2025-12-10' });
    ledger.today = '2026-03-01';
    await start({ kept: 9 });
    for (const when of [recorded('2026-01-09'), recorded('2026-01-31'), recorded('2026-02-28'), effective('2026-02-28')]) {
      await built(when, [transcript]);
      const entries = await reader().read([transcript], { institutionId: 'college', ...when }, (db) =>
        entriesOf(db, 'college', ['l1']),
      );
      const log = { store: ledger.store, decoder: ledger.codec };
      const then = entryOf('a1', await historyAsOf<AttemptEvent>(log, 'college', attemptStream('a1'), when));
      expect(entries.get('l1')).toEqual([then]);
    }
    const now = await reader().read([transcript], { institutionId: 'college', ...effective('2026-02-28') }, (db) =>
      entriesOf(db, 'college', ['l1']),
    );
    expect(now.get('l1')![0]!.result).toMatchObject({ score: 9000 });
  });

  it('is, whatever was corrected in whatever order, what the attempt itself was then', async () => {
    const step = fc.record({
      target: fc.nat(2),
      from: fc.nat(9),
      to: fc.nat(9),
      on: fc.nat(60),
      field: fc.constantFrom('result', 'effectiveAt'),
    });
    const moment = fc.record({ recorded: fc.nat(12), effective: fc.option(fc.nat(80)) });
    await start();
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 8 }),
        fc.array(moment, { minLength: 1, maxLength: 4 }),
        async (steps, asks) => {
          await builds.close();
          await stores.close();
          stores = new TestStores();
          ledger = new TestLedger('2026-03-01');
          const began = Date.parse('2026-01-01T00:00:00Z');
          const day = (n: number): string => new Date(began + n * 86_400_000).toISOString();
          const said_ = async (event: AttemptEvent, on: number): Promise<void> => {
            ledger.clock.ms += 86_400_000;
            await ledger.say(attemptStream('a1'), [event], { subjectId: 'l1', on: day(on).slice(0, 10) });
          };
          for (const [n, event] of said.entries()) await said_(event, 20 * n);
          for (const { target, from, to, on, field } of steps) {
            const correction = corrected(from * 1000, to * 1000);
            const data = {
              ...correction.data,
              target: String(target),
              field,
              ...(field === 'effectiveAt' ? { new: day(to * 8) } : {}),
            };
            await said_({ type: 'GradeCorrected', data } as AttemptEvent, on);
          }
          await start({ kept: 100 });
          const log = { store: ledger.store, decoder: ledger.codec };
          for (const { recorded: r, effective: t } of asks) {
            const recordedAsOf = new Date(
              Math.min(ledger.clock.ms, Date.parse('2026-03-01T00:00:00Z') + r * 86_400_000),
            ).toISOString();
            const when: AsOf = { recordedAsOf, ...(t === null ? {} : { effectiveAsOf: day(t) }) };
            await built(when, [transcript]);
            const entries = await reader().read([transcript], { institutionId: 'college', ...when }, (db) =>
              entriesOf(db, 'college', ['l1']),
            );
            const then = entryOf('a1', await historyAsOf<AttemptEvent>(log, 'college', attemptStream('a1'), when));
            expect(entries.get('l1') ?? []).toEqual(then === null ? [] : [then]);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a build', () => {
  beforeEach(admitted);

  it('is one however often it is asked for, and of one institution alone', async () => {
    await start();
    const [one, two] = await Promise.all([asked(recorded('2025-08-31')), asked(recorded('2025-08-31'))]);
    expect([one, two]).toMatchObject([{ isNew: true }, { isNew: false }]);
    await settle();
    expect(builds.list('college')).toMatchObject([{ state: 'ready', done: 1000, askedBy: 'zhao', position: 9n }]);
    expect(await asked(recorded('2025-08-31'))).toMatchObject({ isNew: false, build: { state: 'ready' } });
    expect(folded).toEqual(['enrollment-register 1']);
    expect(builds.list('academy')).toEqual([]);
    expect(await builds.drop('academy', builds.list('college')[0]!.id)).toBe(false);
    const elsewhere = reader().read([enrollmentRegister], { institutionId: 'academy', ...recorded('2025-08-31') }, async () => 1);
    await expect(elsewhere).rejects.toThrow(MomentNotBuilt);
  });

  it('is refused for views without a past, and for days that are not over', async () => {
    await start();
    expect(await asked({}, [ledgerStats])).toMatchObject({ refused: 'VIEW_HAS_NO_PAST', facts: { view: 'ledger-stats' } });
    expect(await asked({}, [{ ...ledgerStats, name: 'none' }])).toMatchObject({ refused: 'VIEW_UNKNOWN' });
    expect(await asked(recorded('2025-09-01'))).toMatchObject({ refused: 'AS_OF_NOT_OVER' });
    expect(await made()).toEqual([]);
  });

  it('goes on after a crash with the ranges that were not taken over', async () => {
    before = ({ from }) => {
      if (from === 7) stores.crash();
    };
    await start({ rangeEvents: 4 });
    await asked(recorded('2025-08-31'));
    await settle();
    const done = [...folded];
    expect(done).toContain('enrollment-register 1');
    folded = [];
    before = () => {};
    await start({ rangeEvents: 4 });
    await settle();
    expect(folded.filter((one) => done.slice(0, -1).includes(one))).toEqual([]);
    expect(builds.list('college')).toMatchObject([{ state: 'ready' }]);
    expect(await statuses(recorded('2025-08-31'))).toEqual(['admitted']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is cancelled in the middle and leaves nothing', async () => {
    const dropped: Promise<boolean>[] = [];
    before = ({ from }) => {
      if (from > 1 && dropped.length === 0) dropped.push(builds.drop('college', builds.list('college')[0]!.id));
    };
    await start({ rangeEvents: 2 });
    await asked(recorded('2025-08-31'));
    await settle();
    expect(await dropped[0]).toBe(true);
    expect(builds.list('college')).toEqual([]);
    expect(await made()).toEqual([]);
    expect(await statuses(recorded('2025-08-31'))).toEqual(['admitted']);
  });

  it('waits for a disk that fails', async () => {
    let faults = 0;
    before = () => {
      if ((faults += 1) < 3) throw new StoreFault('STORE_FULL', 'no room');
    };
    const here = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views, folder });
    const ranges: RangeFolder = { ...here, fold: async (job) => (await before(job), here.fold(job)) };
    await createCheckpoints(stores.views);
    const timer = { sleep: () => Promise.resolve() };
    builds = new AsOfBuilds({
      events: ledger.store,
      store: stores.views,
      views,
      ranges,
      clock: ledger.clock,
      timer,
      kept: 3,
    });
    await builds.prepare();
    expect(await statuses(recorded('2025-08-31'))).toEqual(['admitted']);
    expect(faults).toBe(3);
  });

  it('makes room by throwing away what was used the longest ago', async () => {
    await start({ kept: 2 });
    const [a, b] = [await built(recorded('2025-08-20')), await built(recorded('2025-08-21'))];
    ledger.clock.ms += 1000;
    await builds.used(a.id);
    expect(await asked(recorded('2025-08-22'))).toMatchObject({ isNew: true, dropped: [b.id] });
    await settle();
    expect(builds.list('college').map(({ id }) => id)).toContain(a.id);
    before = () => new Promise(() => {});
    await asked(recorded('2025-08-23'));
    await asked(recorded('2025-08-24'));
    expect(await asked(recorded('2025-08-25'))).toMatchObject({ refused: 'AS_OF_FULL', facts: { kept: 2 } });
    before = () => {};
    // What hangs there hangs for good: nobody waits for it.
    builds = new AsOfBuilds({
      events: ledger.store,
      store: stores.views,
      views,
      ranges: foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views, folder }),
      clock: ledger.clock,
      timer: new HeldTimer(),
      kept: 2,
    });
    await builds.prepare();
  });

  it('names the event that cannot be folded, and tries again when it is asked for again', async () => {
    let poison = true;
    const fold: View['fold'] = async (db, events) => {
      if (poison && events.some(({ type }) => type === 'LearnerAdmitted')) throw new Error('cannot be folded');
      await enrollmentRegister.fold(db, events as never);
    };
    await start({ all: [{ ...enrollmentRegister, fold }] });
    expect(await built(recorded('2025-08-31'))).toMatchObject({
      state: 'failed',
      failed: { view: 'enrollment-register', type: 'LearnerAdmitted', position: '9' },
    });
    poison = false;
    expect(await built(recorded('2025-08-31'))).toMatchObject({ state: 'ready', failed: null });
  });

  it('is folded again where a release folds otherwise', async () => {
    await start();
    await built(recorded('2025-08-31'));
    await builds.close();
    folded = [];
    await start({ all: [{ ...enrollmentRegister, version: 99 }] });
    await settle();
    expect(folded).toEqual(['enrollment-register 1']);
    expect(builds.list('college')).toMatchObject([{ state: 'ready' }]);
    expect((await made()).filter((name) => name.startsWith('register_learner'))).toHaveLength(1);
  });
});

describe('the last event recorded by an instant', () => {
  it('is found in a log of any length', async () => {
    await admitted();
    await start();
    const { events } = await ledger.store.readAll(0n, { limit: 1000 });
    for (const [at, { recordedAt }] of events.entries()) {
      const last = events.findLastIndex((one) => one.recordedAt === recordedAt) + 1;
      expect([at, await lastRecordedBy(ledger.store, recordedAt)]).toEqual([at, BigInt(last)]);
    }
    expect(await lastRecordedBy(ledger.store, '2000-01-01T00:00:00.000Z')).toBe(0n);
    expect(await lastRecordedBy(new TestLedger().store, '2030-01-01T00:00:00.000Z')).toBe(0n);
  });
});
