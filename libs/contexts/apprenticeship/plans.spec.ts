import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { days, of, opened, post, terms, worth } from '../../../test/support/apprentices.ts';
import { HeldTimer, project, TestLedger, TestStores } from '../../../test/support/events.ts';
import { admission, contact, identity, program, source } from '../../../test/support/histories.ts';
import type { Actor } from '../../kernel/decider.ts';
import type { Plan, Take } from '../../kernel/plan.ts';
import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import type { EventStore } from '../../ports/event-store.ts';
import { learnerFact } from '../../facts/learner.ts';
import { selectionFact } from '../../facts/selection.ts';
import { contractFact } from '../../facts/contract.ts';
import { countPending, pendingTakes, takesPending } from '../../read-models/pending-takes.ts';
import { Recovery } from '../../runtime/recovery.ts';
import { Transactor, type Answer, type CommandContext } from '../../runtime/transact.ts';
import type { ContractCommand } from './contract.ts';
import { takesOf } from './gates.ts';
import { planContract, planSelection } from './plans.ts';
import type { SelectionCommand } from './selection.ts';

/** Walks through gates: days that two enterprises want, an offer that two contracts want, and writers that die between. */

let ledger: TestLedger;
let keys: number;

/** Chen studies; two enterprises made her offers, s1 and s2, over the same days. */
beforeEach(async () => {
  keys = 0;
  ledger = new TestLedger('2026-01-01');
  await ledger.say('program-ecommerce', [{ type: 'ProgramPublished', data: program }]);
  await ledger.say('learner-chen', [{ type: 'LearnerIdentified', data: { identity, contact, idClaim: null, source: null } }]);
  const registered = { studentNumber: '1', classId: null, recheckDueBy: '2026-06-01', source: null };
  await ledger.say(
    'enrollment-e1',
    [
      { type: 'LearnerAdmitted', data: { ...admission, source: null } },
      { type: 'StudentRegistered', data: registered },
    ],
    { subjectId: 'chen' },
  );
  await offer('s1', 'jiangnan');
  await offer('s2', 'qiantang');
});

async function offer(selectionId: string, organizationId: string, span: { from: string; to: string } = days): Promise<void> {
  const openingId = `opening-of-${selectionId}`.replaceAll('-', '');
  await ledger.say(`opening-${openingId}`, [{ type: 'OpeningPublished', data: { ...opened, ...span, organizationId } }]);
  await ledger.say(
    `selection-${selectionId}`,
    [
      {
        type: 'ApplicationSubmitted',
        data: { openingId, organizationId, learnerId: 'chen', enrollmentId: 'e1', statement: null },
      },
      { type: 'ApplicationScreened', data: {} },
      { type: 'OfferMade', data: { ...span, post, expiresAt: '2027-01-01T00:00:00.000Z' } },
    ],
    { subjectId: 'chen' },
  );
}

const registrar: Actor = { personId: 'zhao', role: 'registrar', organizationId: null };

interface By {
  readonly key?: string;
  readonly actor?: Actor;
  readonly store?: EventStore;
  readonly on?: string;
}

async function walk(plan: Plan<never> | Plan, command: object, by: By = {}): Promise<Answer | Refusal> {
  const { codec, clock } = ledger;
  const timer = { sleep: () => Promise.resolve() };
  const writer = by.store
    ? new Transactor({ store: by.store, codec, clock, timer, entropy: { random: () => 0 } })
    : ledger.transactor;
  const commandId = by.key ?? `command-${(keys += 1)}`;
  const context: CommandContext = {
    commandId,
    digest: ledger.vault.hmac('command', JSON.stringify(command)),
    actor: by.actor ?? registrar,
    institutionId: 'college',
    zone: 'Asia/Shanghai',
    correlationId: commandId,
    causationId: commandId,
    ...(by.on === undefined ? {} : { effectiveAt: `${by.on}T00:00:00.000Z` }),
  };
  return writer.transact(context, () => plan);
}

const said = (answer: Answer | Refusal): string => (isRefusal(answer) ? answer.refused : answer.events.join());
const planning = () => ({ institutionId: 'college', claims: ledger.claims });
const select = async (id: string, command: SelectionCommand, by?: By) =>
  said(await walk(planSelection(id, command, planning()), command, by));
const contract = async (id: string, command: ContractCommand, by?: By) =>
  said(await walk(planContract(id, command, planning()), command, by));

const accept = (id: string, by?: By) => select(id, { type: 'AcceptOffer' }, by);
const draft = (
  id: string,
  selectionId: string,
  more: Partial<Extract<ContractCommand, { type: 'DraftContract' }>> = {},
  by?: By,
) => contract(id, { type: 'DraftContract', of, selectionId, terms, guardianNeeded: false, continuationOf: null, ...more }, by);

const held = async () => {
  const { periods } = (await ledger.transactor.load(learnerFact('chen'))).state;
  return Object.fromEntries(Object.entries(periods).map(([holder, { from, to }]) => [holder, `${from} ${to}`]));
};
const all = `${days.from} ${days.to}`;

/** Brings a contract on an accepted offer to life. */
async function live(id: string, on = '2026-03-02'): Promise<void> {
  await ledger.say(
    `contract-${id}`,
    [
      { type: 'ContractConcluded', data: {} },
      { type: 'ContractStarted', data: { startedOn: on } },
    ],
    { subjectId: 'chen', on },
  );
}
const terminate = (id: string, on: string) => {
  ledger.today = on;
  return contract(id, { type: 'TerminateContract', ground: 'transfer', noticeGivenOn: '2026-03-01', notice: 'file 1' });
};

/** A store on which something else happens just before the n-th append, or the writer dies there. */
const at = (n: number, then: () => Promise<unknown>): EventStore => {
  let appends = 0;
  const { store } = ledger;
  return {
    append: async (...args) => {
      if (appends++ === n) await then();
      return store.append(...args);
    },
    readStream: (...args) => store.readStream(...args),
    readAll: (...args) => store.readAll(...args),
    subscribe: (...args) => store.subscribe(...args),
    head: () => store.head(),
    close: () => store.close(),
  };
};
class Crash extends Error {}
const dead = (n: number): EventStore => at(n, () => Promise.reject(new Crash()));

// ── offers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('two enterprises over the same days', () => {
  it('at once: exactly one offer is accepted', async () => {
    expect((await Promise.all([accept('s1'), accept('s2')])).toSorted()).toEqual(['OfferAccepted', 'PERIODS_OVERLAP']);
    expect(Object.values(await held())).toEqual([all]);
  });

  it.each([0, 1, 2, 3])('the other one just before append %i: exactly one is accepted', async (n) => {
    let other = '';
    const mine = await accept('s1', {
      store: at(n, async () => {
        other = await accept('s2', { store: ledger.store });
      }),
    });
    const outcomes = [mine, other === '' ? await accept('s2') : other].toSorted();
    expect(outcomes).toEqual(['OfferAccepted', 'PERIODS_OVERLAP']);
    expect(Object.values(await held())).toEqual([all]);
  });

  it('beside each other where their days do not meet', async () => {
    await offer('s3', 'qiantang', { from: '2027-01-01', to: '2027-06-30' });
    expect(await accept('s1')).toBe('OfferAccepted');
    expect(await accept('s3')).toBe('OfferAccepted');
  });

  it('a writer that died after the gate leaves it to the other, and goes on as its next attempt', async () => {
    await expect(accept('s1', { key: 'mine', store: dead(1) })).rejects.toThrow(Crash);
    expect(await held()).toEqual({ 'selection-s1': all });
    expect(await accept('s2')).toBe('PERIODS_OVERLAP');
    ledger.clock.ms += 31_000;
    expect(await accept('s2')).toBe('OfferAccepted');
    expect(await held()).toEqual({ 'selection-s2': all });
    expect(await accept('s1', { key: 'mine' })).toBe('PERIODS_OVERLAP');
    await select('s2', { type: 'WithdrawApplication' });
    expect(await accept('s1', { key: 'mine' })).toBe('OfferAccepted');
  });

  it('an acceptance taken back frees the days, and uses up the offer', async () => {
    await accept('s1');
    expect(await select('s1', { type: 'WithdrawApplication' })).toBe('ApplicationWithdrawn');
    expect(await held()).toEqual({});
    expect(await draft('c1', 's1')).toBe('OFFER_NOT_ACCEPTED');
    expect(await accept('s2')).toBe('OfferAccepted');
  });

  it('an acceptance that slept through the contract takes no days for good', async () => {
    const meanwhile = async () => {
      await accept('s1');
      await draft('c1', 's1');
      await contract('c1', { type: 'CancelContract', ground: 'post-gone' });
    };
    expect(await accept('s1', { store: at(0, meanwhile) })).toBe('');
    expect(await held()).toEqual({});
    expect(await accept('s2')).toBe('OfferAccepted');
  });
});

// ── contracts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('one contract per offer', () => {
  beforeEach(() => accept('s1'));

  it('in a race of two drafts', async () => {
    expect((await Promise.all([draft('c1', 's1'), draft('c2', 's1')])).toSorted()).toEqual(['ContractDrafted', 'OFFER_USED']);
    const [holder] = Object.keys(await held()).filter((name) => name.startsWith('contract-'));
    expect(await held()).toEqual({ 'selection-s1': all, [holder!]: all });
  });

  it.each([0, 1, 2, 3])('a withdrawal just before append %i of a draft: one of them', async (n) => {
    let other = '';
    const mine = await draft(
      'c1',
      's1',
      {},
      {
        store: at(n, async () => {
          other = await select('s1', { type: 'WithdrawApplication' }, { store: ledger.store });
        }),
      },
    );
    if (other === '') other = await select('s1', { type: 'WithdrawApplication' });
    expect([
      ['ContractDrafted', 'OFFER_USED'],
      ['OFFER_USED', 'ApplicationWithdrawn'],
      ['OFFER_NOT_ACCEPTED', 'ApplicationWithdrawn'],
    ]).toContainEqual([mine, other]);
    expect(await held()).toEqual(mine === 'ContractDrafted' ? { 'selection-s1': all, 'contract-c1': all } : {});
  });

  it('not even after it was cancelled; its days go with its offer’s', async () => {
    await draft('c1', 's1');
    expect(await contract('c1', { type: 'CancelContract', ground: 'post-gone' })).toBe('ContractCancelled');
    expect(await held()).toEqual({});
    expect(await draft('c2', 's1')).toBe('OFFER_USED');
    expect(await accept('s2')).toBe('OfferAccepted');
  });
});

describe('the days of a contract', () => {
  beforeEach(async () => {
    await accept('s1');
    await draft('c1', 's1');
  });

  it('are those of its terms: a revision moves them', async () => {
    const shorter = worth({ from: '2026-04-01', to: '2026-06-30' });
    expect(await contract('c1', { type: 'ReviseTerms', terms: shorter, guardianNeeded: false })).toBe('ContractTermsRevised');
    expect(await held()).toEqual({ 'selection-s1': all, 'contract-c1': '2026-04-01 2026-06-30' });
    expect(await accept('s2')).toBe('PERIODS_OVERLAP');
  });

  it('are free from its end, and what it occupied stays occupied', async () => {
    await live('c1');
    expect(await terminate('c1', '2026-05-15')).toBe('ContractTerminated');
    expect(await held()).toEqual({});
    expect(await accept('s2')).toBe('PERIODS_OVERLAP');
    await offer('s3', 'qiantang', { from: '2026-05-15', to: '2026-12-31' });
    expect(await accept('s3')).toBe('OfferAccepted');
    const continued = { of: { ...of, organizationId: 'qiantang' }, terms: worth({ from: '2026-05-15' }), continuationOf: 'c1' };
    expect(await draft('c2', 's3', continued)).toBe('ContractDrafted,ContractContinued');
  });

  it('are taken again when a termination is reversed, unless somebody else has them or had them', async () => {
    await live('c1');
    await terminate('c1', '2026-05-15');
    const request = (requestId: string) => ({ type: 'RequestTerminationReversal', requestId, evidence: [] }) as const;
    const grant = (requestId: string) =>
      ({ type: 'GrantApproval', requestId, digest: ledger.vault.hmac('command', JSON.stringify(request(requestId))) }) as const;
    const other = { actor: { ...registrar, personId: 'qian' } };

    await contract('c1', request('q1'));
    await offer('s3', 'qiantang', { from: '2026-05-15', to: '2026-12-31' });
    await accept('s3');
    expect(await contract('c1', grant('q1'), other)).toBe('PERIODS_OVERLAP');

    await draft('c2', 's3', { of: { ...of, organizationId: 'qiantang' }, terms: worth({ from: '2026-05-15' }) });
    await live('c2', '2026-05-15');
    await terminate('c2', '2026-07-01');
    expect(await held()).toEqual({});
    expect(await contract('c1', grant('q1'), other)).toBe('PERIODS_OVERLAP');

    await contract('c2', request('q2'));
    expect(await contract('c2', grant('q2'), other)).toBe('ApprovalGranted,TerminationReversed');
    expect(await held()).toEqual({ 'contract-c2': '2026-05-15 2026-12-31' });
  });

  it('grow with an amendment only where they are free, and shrink with one', async () => {
    await live('c1');
    ledger.today = '2026-03-10';
    await offer('s3', 'qiantang', { from: '2027-01-01', to: '2027-06-30' });
    await accept('s3');
    const amend = async (amendmentId: string, to: string) => {
      const amended = worth({ to });
      const expiresAt = '2026-12-01T00:00:00.000Z';
      const proposal = {
        type: 'ProposeAmendment',
        amendmentId,
        by: 'school',
        terms: amended,
        guardianNeeded: false,
        expiresAt,
      } as const;
      expect(await contract('c1', proposal)).toBe('AmendmentProposed,AmendmentConsented');
      const consent = { type: 'ConsentAmendment', amendmentId, termsDigest: amended.termsDigest } as const;
      expect(await contract('c1', { ...consent, party: 'enterprise' })).toBe('AmendmentConsented');
      return () => contract('c1', { ...consent, party: 'apprentice' });
    };
    const approved = 'AmendmentConsented,AmendmentApproved';

    const longer = await amend('m1', '2027-03-31');
    expect(await longer()).toBe('PERIODS_OVERLAP');
    expect((await held())['contract-c1']).toBe(all);
    await select('s3', { type: 'WithdrawApplication' });
    expect(await longer()).toBe(approved);
    expect((await held())['contract-c1']).toBe('2026-03-02 2027-03-31');

    const shorter = await amend('m2', '2026-08-31');
    expect(await shorter()).toBe(approved);
    expect((await held())['contract-c1']).toBe('2026-03-02 2026-08-31');
  });

  it.each([0, 1, 2])('that an amendment brings are gone with a termination just before append %i', async (n) => {
    await live('c1');
    ledger.today = '2026-03-10';
    const amended = worth({ to: '2027-03-31' });
    const { termsDigest } = amended;
    const amendmentId = 'm1';
    const expiresAt = '2026-12-01T00:00:00.000Z';
    await contract('c1', {
      type: 'ProposeAmendment',
      amendmentId,
      by: 'school',
      terms: amended,
      guardianNeeded: false,
      expiresAt,
    });
    await contract('c1', { type: 'ConsentAmendment', amendmentId, party: 'enterprise', termsDigest });
    const notice = { type: 'TerminateContract', ground: 'mutual', noticeGivenOn: '2026-03-01', notice: 'file 1' } as const;
    const store = at(n, () => contract('c1', notice, { store: ledger.store }));
    const last = await contract('c1', { type: 'ConsentAmendment', amendmentId, party: 'apprentice', termsDigest }, { store });
    expect(['CONTRACT_NOT_RUNNING', 'AmendmentConsented,AmendmentApproved']).toContain(last);
    expect(await held()).toEqual({});
    expect((await ledger.transactor.load(contractFact('c1'))).state.status).toBe('terminated');
  });

  it('of before the ledger are held while it is live', async () => {
    await ledger.say('organization-qiantang', [
      { type: 'OrganizationRegistered', data: { creditCode: '91330100799655058B', name: post, kind: 'enterprise' } },
    ]);
    const imported = {
      ...of,
      organizationId: 'qiantang',
      agreementNumber: 'XT-31',
      status: 'live',
      post,
      signedOn: '2025-12-20',
      schoolMentorId: null,
      enterpriseMentorId: null,
      guardian: null,
      insurancePolicy: null,
      endedOn: null,
      endGround: null,
      source,
    } as const;
    const before = { from: '2025-09-01', to: '2026-02-28' };
    const importing = (id: string, more: object) =>
      contract(id, { type: 'ImportContract', contract: { ...imported, ...more } as typeof imported & typeof before });
    expect(await importing('c8', { ...before, to: '2026-03-31' })).toBe('PERIODS_OVERLAP');
    expect(await importing('c8', before)).toBe('ContractImported');
    expect((await held())['contract-c8']).toBe('2025-09-01 2026-02-28');
    expect(await importing('c9', { from: '2026-01-01', to: '2026-12-31', status: 'completed', endedOn: '2026-02-01' })).toBe(
      'ContractImported',
    );
  });
});

// ── recovery ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('recovery', () => {
  let stores: TestStores;
  let recovery: Recovery;
  let pending: () => Promise<number>;

  beforeEach(async () => {
    stores = new TestStores();
    const projection = await project(ledger, stores, [pendingTakes]);
    recovery = new Recovery({
      transactor: ledger.transactor,
      pending: async (before, after) => {
        await projection.catchUp();
        return stores.read(pendingTakes, (db) => takesPending(db, before, after ? { after } : {}));
      },
      takesOf: (_, event): readonly Take[] => takesOf(ledger.claims, event),
      zoneOf: () => 'Asia/Shanghai',
      clock: ledger.clock,
      timer: new HeldTimer(),
    });
    pending = async () => {
      await projection.catchUp();
      return stores.read(pendingTakes, (db) => countPending(db));
    };
  });
  afterEach(() => stores.close());

  const later = async () => {
    ledger.clock.ms += 31_000;
    return recovery.round();
  };

  it('has nothing to do where everything came through', async () => {
    await accept('s1');
    await draft('c1', 's1');
    await contract('c1', { type: 'ReviseTerms', terms: worth({ to: '2026-08-31' }), guardianNeeded: false });
    expect(await pending()).toBe(0);
    await contract('c1', { type: 'CancelContract', ground: 'post-gone' });
    expect(await pending()).toBe(0);
  });

  it('frees the days of an acceptance that never came', async () => {
    await expect(accept('s1', { store: dead(1) })).rejects.toThrow(Crash);
    expect(await later()).toMatchObject({ released: 1 });
    expect(await held()).toEqual({});
    expect((await ledger.transactor.load(selectionFact('s1'))).state.status).toBe('offered');
    expect(await pending()).toBe(0);
  });

  it.each([1, 2])('frees an offer and the days of a draft that died before append %i', async (n) => {
    await accept('s1');
    await expect(draft('c1', 's1', {}, { store: dead(n) })).rejects.toThrow(Crash);
    expect(await later()).toMatchObject({ released: n });
    expect(await held()).toEqual({ 'selection-s1': all });
    expect(await pending()).toBe(0);
    expect(await draft('c2', 's1')).toBe('ContractDrafted');
  });

  it.each([
    ['before it was revised', 1, all],
    ['before the rest was let go', 2, '2026-04-01 2026-06-30'],
  ])('keeps exactly the days of a contract whose writer died %s', async (_, n, left) => {
    await accept('s1');
    await draft('c1', 's1', { terms: worth({ to: '2026-12-31' }) });
    const revise = {
      type: 'ReviseTerms',
      terms: worth({ from: '2026-04-01', to: '2026-06-30' }),
      guardianNeeded: false,
    } as const;
    await expect(contract('c1', revise, { store: dead(n) })).rejects.toThrow(Crash);
    await later();
    expect((await held())['contract-c1']).toBe(left);
    expect(await pending()).toBe(0);
  });

  it('lets go of the days of a contract that is over, with its offer’s', async () => {
    await accept('s1');
    await draft('c1', 's1');
    await expect(contract('c1', { type: 'CancelContract', ground: 'post-gone' }, { store: dead(1) })).rejects.toThrow(Crash);
    expect((await ledger.transactor.load(contractFact('c1'))).state.status).toBe('cancelled');
    expect(await held()).toEqual({ 'selection-s1': all, 'contract-c1': all });
    expect(await later()).toMatchObject({ released: 1 });
    expect(await held()).toEqual({});
    expect(await pending()).toBe(0);
  });
});
