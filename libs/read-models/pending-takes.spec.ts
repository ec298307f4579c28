import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { admission, contact, identity } from '../../test/support/histories.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { Projection } from '../projection/engine.ts';
import { pendingTakes, takesPending, type PendingTake } from './pending-takes.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

beforeEach(async () => {
  ledger = new TestLedger('2025-08-01');
  stores = new TestStores();
  projection = await project(ledger, stores, [pendingTakes]);
});
afterEach(() => stores.close());

const pending = async (before = '9999'): Promise<readonly PendingTake[]> => {
  await projection.catchUp();
  return stores.read(pendingTakes, (db) => takesPending(db, before));
};
const open = async (): Promise<string[]> => (await pending()).map(({ kind, gate }) => `${kind} ${gate}`).toSorted();

const idClaim = 'claim-college-id-number-x';
const numberClaim = 'claim-college-student-number-x';
const claimTaken = (kind: string, owner: string, commandId: string): LedgerEvent => ({
  type: 'ClaimTaken',
  data: { kind, owner, commandId },
});
const released = (owner: string): LedgerEvent => ({ type: 'ClaimReleased', data: { owner } });
const opened = (commandId: string): LedgerEvent => ({
  type: 'EnrollmentOpened',
  data: { enrollmentId: 'e1', programId: 'ecommerce', entryDate: '2025-09-01', commandId },
});
const closed = (status: string): LedgerEvent => ({ type: 'EnrollmentClosed', data: { enrollmentId: 'e1', status } });
const closing = (commandId: string): LedgerEvent => ({ type: 'EnrollmentClosing', data: { enrollmentId: 'e1', commandId } });
const identified: LedgerEvent = { type: 'LearnerIdentified', data: { identity, contact, idClaim, source: null } };
const admitted: LedgerEvent = { type: 'LearnerAdmitted', data: { ...admission, learnerId: 'chen', source: null } };
const registered: LedgerEvent = {
  type: 'StudentRegistered',
  data: { studentNumber: '1', classId: null, recheckDueBy: '2025-12-01', source: null },
};

/** An admission with everything that it takes, by one command; stopped after so many appends. */
async function admission1(appends = 4, commandId = 'c1'): Promise<void> {
  const steps: (() => Promise<unknown>)[] = [
    () => ledger.say(idClaim, [claimTaken('id-number', 'learner-chen', commandId)], { commandId }),
    () => ledger.say('learner-chen', [identified, opened(commandId)], { commandId }),
    () => ledger.say(numberClaim, [claimTaken('student-number', 'enrollment-e1', commandId)], { commandId }),
    () => ledger.say('enrollment-e1', [admitted, registered], { commandId }),
  ];
  for (const step of steps.slice(0, appends)) await step();
}

describe('takes', () => {
  it('are pending until their owner shows that it holds the value, wherever the writer crashed', async () => {
    const expected = [
      [],
      [`id-number ${idClaim}`],
      ['enrollment learner-chen'],
      ['enrollment learner-chen', `student-number ${numberClaim}`],
      [],
    ];
    for (const [appends, wanted] of expected.entries()) {
      ledger = new TestLedger();
      stores = new TestStores();
      projection = await project(ledger, stores, [pendingTakes], { batch: 1 });
      await admission1(appends);
      expect(await open()).toEqual(wanted);
    }
  });

  it('tell recovery what was taken, by whom, since when', async () => {
    await admission1(2);
    const [take] = await pending();
    expect(take).toMatchObject({
      gate: 'learner-chen',
      owner: 'enrollment-e1',
      kind: 'enrollment',
      institutionId: 'college',
      event: { type: 'EnrollmentOpened', stream: 'learner-chen', data: { enrollmentId: 'e1', commandId: 'c1' } },
    });
    expect(await pending(take!.since)).toEqual([]);
  });

  it('end when they are released', async () => {
    await admission1(3);
    await ledger.say('enrollment-e1', [{ type: 'CommandAbandoned', data: { commandId: 'c1' } }], { commandId: 'fence-c1' });
    expect(await open()).toHaveLength(2);
    await ledger.say(numberClaim, [released('enrollment-e1')]);
    await ledger.say('learner-chen', [closed('abandoned')]);
    expect(await open()).toEqual([]);
  });

  it('of an owner that holds the value already are nothing to look at', async () => {
    await admission1();
    await ledger.say(numberClaim, [claimTaken('student-number', 'enrollment-e1', 'c2')], { commandId: 'c2' });
    expect(await open()).toEqual([]);
  });

  it('are as young as the last taker', async () => {
    await admission1(2);
    const [first] = await pending();
    await ledger.say('learner-chen', [opened('c1.2')], { commandId: 'c1.2' });
    const [again] = await pending();
    expect(again!.since > first!.since).toBe(true);
    await ledger.say('enrollment-e1', [admitted], { commandId: 'c1.2' });
    expect(await open()).toEqual([]);
  });

  it('come in pages', async () => {
    for (let i = 0; i < 5; i++)
      await ledger.say(`claim-college-id-number-${i}`, [claimTaken('id-number', `learner-${i}`, `c${i}`)]);
    await projection.catchUp();
    const seen: string[] = [];
    let after: PendingTake | undefined;
    for (;;) {
      const page = await stores.read(pendingTakes, (db) => takesPending(db, '9999', { limit: 2, ...(after ? { after } : {}) }));
      if (page.length === 0) break;
      seen.push(...page.map(({ owner }) => owner));
      after = page.at(-1);
    }
    expect(seen).toEqual(['learner-0', 'learner-1', 'learner-2', 'learner-3', 'learner-4']);
  });
});

describe('ends', () => {
  beforeEach(() => admission1());

  it('of an enrollment leave the gate open until it is closed', async () => {
    await ledger.say('enrollment-e1', [{ type: 'StudentWithdrawn', data: { ground: 'own-application' } }]);
    expect(await open()).toEqual(['enrollment learner-chen']);
    await ledger.say('learner-chen', [closed('withdrawn')]);
    expect(await open()).toEqual([]);
    // Reverting takes the gate first.
    await ledger.say('learner-chen', [opened('c9')], { commandId: 'c9' });
    expect(await open()).toEqual(['enrollment learner-chen']);
    await ledger.say('enrollment-e1', [{ type: 'WithdrawalReverted', data: { requestId: 'q', target: '2' } }], {
      commandId: 'c9',
    });
    expect(await open()).toEqual([]);
  });

  it('of a graduation are two words on the gate', async () => {
    await ledger.say('learner-chen', [closing('g')], { commandId: 'g' });
    expect(await open()).toEqual(['closing learner-chen']);
    await ledger.say('enrollment-e1', [{ type: 'StudentGraduated', data: { creditsAttested: true } }], { commandId: 'g' });
    expect(await open()).toEqual(['closing learner-chen', 'enrollment learner-chen']);
    await ledger.say('learner-chen', [closed('graduated')]);
    expect(await open()).toEqual([]);
  });

  it('of a completion close the gate, and a diploma later finds it closed', async () => {
    await ledger.say('enrollment-e1', [{ type: 'StudyCompleted', data: { convertibleUntil: '2028-01-01' } }]);
    await ledger.say('learner-chen', [closed('completed')]);
    await ledger.say('learner-chen', [closing('g')], { commandId: 'g' });
    await ledger.say('enrollment-e1', [{ type: 'StudentGraduated', data: { creditsAttested: true } }], { commandId: 'g' });
    expect(await open()).toEqual(['closing learner-chen']);
    await ledger.say('learner-chen', [closed('graduated')]);
    expect(await open()).toEqual([]);
  });

  it('of a student number leave its old claim to be released', async () => {
    const next = 'claim-college-student-number-y';
    await ledger.say(next, [claimTaken('student-number', 'enrollment-e1', 'k')], { commandId: 'k' });
    await ledger.say(
      'enrollment-e1',
      [{ type: 'EnrollmentCorrected', data: { requestId: 'q', target: '1', field: 'studentNumber', old: '1', new: '2' } }],
      { commandId: 'k' },
    );
    expect(await open()).toEqual([`student-number ${numberClaim}`]);
    await ledger.say(numberClaim, [released('enrollment-e1')]);
    expect(await open()).toEqual([]);
  });

  it('of a linked account leave its claim to be released once another is linked', async () => {
    const account = (n: number): string => `claim-college-teacher-account-${n}`;
    const link = async (n: number, appends = 2): Promise<void> => {
      const commandId = `link-${n}`;
      await ledger.say(account(n), [claimTaken('teacher-account', 'teacher-t1', commandId)], { commandId });
      const linked: LedgerEvent = { type: 'TeacherAccountLinked', data: { personId: `mentor-${n}` } };
      if (appends === 2) await ledger.say('teacher-t1', [linked], { commandId, subjectId: 't1' });
    };
    await link(1);
    expect(await open()).toEqual([]);
    await link(2, 1);
    expect(await open()).toEqual([`teacher-account ${account(2)}`]);
    await link(3);
    expect(await open()).toEqual([`teacher-account ${account(1)}`, `teacher-account ${account(2)}`]);
    await ledger.say(account(1), [released('teacher-t1')]);
    await ledger.say(account(2), [released('teacher-t1')]);
    expect(await open()).toEqual([]);
  });

  it('of an identity leave its claim to be released: corrected, erased or annulled', async () => {
    const next = 'claim-college-id-number-y';
    await ledger.say(next, [claimTaken('id-number', 'learner-chen', 'k')], { commandId: 'k' });
    await ledger.say('learner-chen', [
      {
        type: 'IdentityCorrected',
        data: { requestId: 'q', target: '0', change: { old: identity, new: identity }, idClaim: next },
      },
    ]);
    expect(await open()).toEqual([`id-number ${idClaim}`]);
    await ledger.say(idClaim, [released('learner-chen')]);
    expect(await open()).toEqual([]);
    await ledger.say('learner-chen', [
      { type: 'PersonalDataErased', data: { requestId: 'e', purposes: ['contact'], legalBasis: 'pipl-47' } },
    ]);
    expect(await open()).toEqual([]);
    await ledger.say('learner-chen', [
      { type: 'PersonalDataErased', data: { requestId: 'e', purposes: ['identity'], legalBasis: 'pipl-47' } },
    ]);
    expect(await open()).toEqual([`id-number ${next}`]);
  });
});
