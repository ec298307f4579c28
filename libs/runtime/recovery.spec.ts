import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeldTimer, project, TestStores, type TestLedger } from '../../test/support/events.ts';
import { admission } from '../../test/support/histories.ts';
import { newcomer, smallCollege } from '../../test/support/lives.ts';
import { enrollmentSource, learnerSource, takesOf } from '../contexts/enrollment/gates.ts';
import { planEnrollment } from '../contexts/enrollment/plans.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Projection } from '../projection/engine.ts';
import { countPending, pendingTakes, takesPending } from '../read-models/pending-takes.ts';
import { Recovery, type RecoveryOptions, type Unfinished } from './recovery.ts';
import { Transactor, type CommandContext } from './transact.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
let faults: (Unfinished | null)[];

const recoveryWith = (more: Partial<RecoveryOptions> = {}): Recovery =>
  new Recovery({
    transactor: ledger.transactor,
    pending: async (before, after) => {
      await projection.catchUp();
      return stores.read(pendingTakes, (db) => takesPending(db, before, { limit: 2, ...(after ? { after } : {}) }));
    },
    takesOf: (_, event) => takesOf(ledger.claims, event),
    zoneOf: () => 'Asia/Shanghai',
    clock: ledger.clock,
    timer: new HeldTimer(),
    onFault: (_, of) => faults.push(of),
    ...more,
  });

beforeEach(async () => {
  ledger = await smallCollege();
  stores = new TestStores();
  projection = await project(ledger, stores, [pendingTakes]);
  faults = [];
});
afterEach(() => stores.close());

class Crash extends Error {}

/** A writer of its own that dies at its n-th append. */
async function crashing(n: number, command: Parameters<typeof planEnrollment>[1], commandId: string): Promise<void> {
  let appends = 0;
  const store: EventStore = {
    append: (...args) => (appends++ >= n ? Promise.reject(new Crash()) : ledger.store.append(...args)),
    readStream: (...args) => ledger.store.readStream(...args),
    readAll: (...args) => ledger.store.readAll(...args),
    subscribe: (...args) => ledger.store.subscribe(...args),
    head: () => ledger.store.head(),
    close: () => ledger.store.close(),
  };
  const timer = { sleep: () => Promise.resolve() };
  const writer = new Transactor({ store, codec: ledger.codec, clock: ledger.clock, timer, entropy: { random: () => 0 } });
  const opening = command.type === 'AdmitLearner' ? newcomer(ledger, 'id-1') : {};
  await writer
    .transact(contextOf(commandId), () =>
      planEnrollment('e1', command, { institutionId: 'college', claims: ledger.claims }, opening),
    )
    .catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
}

const contextOf = (commandId: string): CommandContext => ({
  commandId,
  digest: commandId,
  actor: { personId: 'zhao', role: 'registrar', organizationId: null },
  institutionId: 'college',
  zone: 'Asia/Shanghai',
  correlationId: commandId,
  causationId: commandId,
});

const admit = {
  type: 'AdmitLearner',
  admission: { ...admission, learnerId: 'chen' },
  source: null,
  register: { studentNumber: '20250101', classId: 'class-a' },
} as const;

const pending = async (): Promise<number> => {
  await projection.catchUp();
  return stores.read(pendingTakes, countPending);
};

describe('recovery', () => {
  it('frees everything that a crashed admission took, wherever it crashed, and the same person can be admitted', async () => {
    for (let n = 0; n <= 4; n++) {
      ledger = await smallCollege();
      stores = new TestStores();
      projection = await project(ledger, stores, [pendingTakes]);
      await crashing(n, admit, 'c1');
      const recovery = recoveryWith();
      expect((await recovery.round()).released).toBe(0);
      ledger.clock.ms += 31_000;
      const wanted = await pending();
      expect(wanted).toBe([0, 1, 1, 2, 0][n]);
      // An id number stays with whom it identified.
      await recovery.round();
      expect(await pending()).toBe(0);
      const answer = await ledger.enroll(
        'e2',
        { ...admit, admission: { ...admit.admission, learnerId: n === 4 ? 'li' : 'chen' } },
        {
          opening: newcomer(ledger, n === 4 ? 'id-2' : 'id-1'),
        },
      );
      expect(isRefusal(answer) ? answer.refused : 'done').toBe(n === 4 ? 'STUDENT_NUMBER_TAKEN' : 'done');
      expect(faults).toEqual([]);
    }
  });

  it('closes the gate of a withdrawal whose writer crashed before it did, and of a graduation', async () => {
    for (const command of [
      { type: 'WithdrawStudent', ground: 'own-application' },
      { type: 'GraduateStudent', creditsAttested: true },
    ] as const) {
      for (let n = 1; n <= 3; n++) {
        ledger = await smallCollege();
        stores = new TestStores();
        projection = await project(ledger, stores, [pendingTakes]);
        await ledger.enroll('e1', admit, { opening: newcomer(ledger, 'id-1') });
        ledger.clock.ms += 1000;
        await crashing(n, command, 'c2');
        ledger.clock.ms += 31_000;
        await recoveryWith().round();
        expect(await pending()).toBe(0);
        const { state } = await ledger.transactor.load(learnerSource('chen'));
        const { status } = (await ledger.transactor.load(enrollmentSource('e1'))).state;
        expect(state.closing).toEqual({});
        expect(state.enrollments['e1']?.to === null).toBe(status === 'registered');
      }
    }
  });

  it('lets a living writer finish', async () => {
    await crashing(2, admit, 'c1');
    expect(await recoveryWith().round()).toEqual({ looked: 0, released: 0, failed: 0 });
    const answer = await ledger.enroll('e1', admit, { opening: newcomer(ledger, 'id-1'), commandId: 'c1' });
    expect(answer).toMatchObject({ events: ['LearnerAdmitted', 'StudentRegistered'] });
    expect(await pending()).toBe(0);
  });

  it('looks once at what is in order, again when something happens there, and tries again what failed', async () => {
    await crashing(2, admit, 'c1');
    ledger.clock.ms += 31_000;
    const outcomes: ('held' | 'throw' | 'released')[] = ['throw', 'held', 'released'];
    const recovery = recoveryWith({
      transactor: {
        release: () => {
          const outcome = outcomes.shift() ?? 'held';
          return outcome === 'throw' ? Promise.reject(new Error('no')) : Promise.resolve(outcome);
        },
      },
    });
    expect(await recovery.round()).toEqual({ looked: 1, released: 0, failed: 1 });
    expect(faults).toMatchObject([{ gate: 'learner-chen', owner: 'enrollment-e1' }]);
    expect(await recovery.round()).toEqual({ looked: 1, released: 0, failed: 0 });
    expect(await recovery.round()).toEqual({ looked: 0, released: 0, failed: 0 });
    await ledger.say('learner-chen', [
      { type: 'EnrollmentOpened', data: { enrollmentId: 'e1', programId: 'p', entryDate: '2025-09-01', commandId: 'c9' } },
    ]);
    ledger.clock.ms += 31_000;
    expect(await recovery.round()).toEqual({ looked: 1, released: 1, failed: 0 });
  });

  it('runs at start, then every so often, also after a round that could not read', async () => {
    const timer = new HeldTimer();
    let rounds = 0;
    const recovery = recoveryWith({
      timer,
      everyMs: 20_000,
      pending: () => {
        rounds += 1;
        return rounds === 1 ? Promise.reject(new Error('not ready')) : Promise.resolve([]);
      },
    });
    recovery.start();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    expect(rounds).toBe(1);
    expect(faults).toEqual([null]);
    timer.pass(20_000);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    expect(rounds).toBe(2);
    await recovery.close();
  });
});
