import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { project, TestStores, type TestLedger } from '../../test/support/events.ts';
import { admission, identity } from '../../test/support/histories.ts';
import { anyStep, live, newcomer, smallCollege } from '../../test/support/lives.ts';
import { enrollmentSource } from '../contexts/enrollment/gates.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { Projection } from '../projection/engine.ts';
import { countPending, pendingTakes, takesPending } from './pending-takes.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import {
  classMembers,
  enrollmentRow,
  identityOf,
  listEnrollments,
  type RegisterQuery,
  type RegisterRow,
} from './register-lists.ts';
import type { PageOf } from './paging.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

async function college(): Promise<void> {
  ledger = await smallCollege();
  stores = new TestStores();
  projection = await project(ledger, stores, [enrollmentRegister, pendingTakes]);
}

beforeEach(college);
afterEach(() => stores.close());

const list = async (query: Omit<RegisterQuery, 'institutionId'> = {}): Promise<PageOf<RegisterRow>> => {
  await projection.catchUp();
  const page = await stores.read(enrollmentRegister, (db) => listEnrollments(db, { institutionId: 'college', ...query }));
  if (isRefusal(page)) throw new Error(page.refused);
  return page;
};

const admit = (n: number, said: Partial<typeof admission> = {}, studentNumber: string | null = `2025${n}`) =>
  ledger.enroll(
    `e${n}`,
    {
      type: 'AdmitLearner',
      admission: { ...admission, learnerId: `l${n}`, ...said },
      source: null,
      ...(studentNumber === null ? {} : { register: { studentNumber, classId: 'class-a' } }),
    },
    { opening: newcomer(ledger, `id-${n}`) },
  );

describe('a row', () => {
  it('says what the stream says, with the identity sealed', async () => {
    await admit(1);
    const [row] = (await list()).rows;
    expect(row).toMatchObject({
      enrollmentId: 'e1',
      learnerId: 'l1',
      status: 'registered',
      programId: 'ecommerce',
      classId: 'class-a',
      cohortYear: 2025,
      studentNumber: '20251',
      recheckDueBy: '2025-11-01',
      recheckPassed: false,
      imported: false,
      locked: false,
      revision: 1n,
    });
    expect(JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))).not.toContain(identity.name);
    expect(identityOf(row!.identity, (token) => ledger.codec.reveal(token))).toMatchObject({ name: identity.name });
    await ledger.vault.shred('l1', ['identity']);
    expect(identityOf(row!.identity, (token) => ledger.codec.reveal(token))).toBe('erased');
  });

  it('shows the corrected identity', async () => {
    await admit(1);
    const corrected = { ...identity, idNumber: 'id-1', name: '陈小晓' };
    await ledger.about('l1', {
      type: 'RequestIdentityCorrection',
      requestId: 'q',
      old: { ...identity, idNumber: 'id-1' },
      new: corrected,
      idClaim: ledger.claims.streamOf('id-number', 'id-1'),
      evidence: [],
    });
    const stored = await ledger.store.readStream('learner-l1', { backwards: true, limit: 1 });
    const digest = ledger.codec.decode(stored[0]!).commandDigest;
    const opened = { old: { ...identity, idNumber: 'id-1' }, new: corrected };
    const granted = await ledger.about('l1', { type: 'GrantApproval', requestId: 'q', digest, opened }, { by: 'qian' });
    expect(granted).toMatchObject({ events: ['ApprovalGranted', 'IdentityCorrected'] });
    const [row] = (await list()).rows;
    expect(identityOf(row!.identity, (token) => ledger.codec.reveal(token))).toEqual(corrected);
  });

  it('keeps the revision of the stream for If-Match, approvals counted', async () => {
    await admit(1, {}, null);
    await ledger.enroll('e1', { type: 'RequestAdmissionAnnulment', requestId: 'q', evidence: [] });
    const row = await (await list(), stores.read(enrollmentRegister, (db) => enrollmentRow(db, 'college', 'e1')));
    expect(row).toMatchObject({ status: 'admitted', revision: 1n });
    expect(row!.updatedAt < (await ledger.store.readStream('enrollment-e1', { backwards: true }))[0]!.recordedAt).toBe(true);
    expect(await stores.read(enrollmentRegister, (db) => enrollmentRow(db, 'elsewhere', 'e1'))).toBeUndefined();
  });
});

describe('a long history', () => {
  /** The class that everybody comes to, term after term; somebody new in every second batch. */
  const moves = 53;
  const changeClasses = async (afterMove: () => Promise<unknown>): Promise<void> => {
    await admit(0);
    for (let n = 1; n <= moves; n++) {
      await ledger.enroll('e0', { type: 'ChangeClass', classId: n % 2 ? 'class-b' : 'class-a' });
      if (n % 2) await admit(n);
      await afterMove();
    }
  };

  it('is corrected whole, and no fact of it is written again with a later one', async () => {
    await changeClasses(() => projection.catchUp());
    const pages = await stores.read(enrollmentRegister, (db) =>
      db.all<{ page: number; said: string }>(`SELECT page, said FROM register_page_$g WHERE enrollment_id = 'e0' ORDER BY page`),
    );
    expect(pages.map(({ page, said }) => [page, said.split('\n').length - 1])).toEqual([
      [0, 16],
      [1, 16],
      [2, 16],
    ]);
    const requestId = 'q';
    const entryDate = { target: '0', field: 'entryDate', value: '2025-08-20' } as const;
    await ledger.enroll('e0', { type: 'RequestEnrollmentCorrection', requestId, ...entryDate, evidence: [] });
    const [asked] = await ledger.store.readStream('enrollment-e0', { backwards: true, limit: 1 });
    const digest = ledger.codec.decode(asked!).commandDigest;
    const granted = await ledger.enroll('e0', { type: 'GrantApproval', requestId, digest }, { by: 'qian' });
    expect(granted).toMatchObject({ events: ['ApprovalGranted', 'EnrollmentCorrected'] });
    const row = await (await list(), stores.read(enrollmentRegister, (db) => enrollmentRow(db, 'college', 'e0')));
    const { state } = await ledger.transactor.load(enrollmentSource('e0'));
    expect(row).toMatchObject({ entryDate: '2025-08-20', classId: state.classId, status: 'registered', studentNumber: '20250' });
  });

  it('leaves the same rows in whatever batches it comes', async () => {
    await changeClasses(() => projection.catchUp());
    const told = await projection.digest('enrollment-register');
    for (const batch of [1, 7, 31, 5_000]) {
      await stores.close();
      stores = new TestStores();
      projection = await project(ledger, stores, [enrollmentRegister], { batch });
      await projection.catchUp();
      expect({ batch, ...(await projection.digest('enrollment-register')) }).toEqual({ batch, ...told });
    }
  });
});

describe('the list', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 7; n++) {
      await admit(
        n,
        { entryDate: n < 4 ? '2024-09-01' : '2025-09-01', programId: n % 2 ? 'ecommerce' : 'logistics' },
        n === 7 ? null : `2025${n}`,
      );
    }
    await ledger.enroll('e3', { type: 'SuspendStudy', ground: 'illness', until: '2026-09-01', appliedOn: null });
  });

  const numbers = (page: PageOf<RegisterRow>): (string | null)[] => page.rows.map(({ studentNumber }) => studentNumber);

  it('pages by cursor in both directions and counts all', async () => {
    for (const order of ['asc', 'desc'] as const) {
      for (const sort of ['studentNumber', 'entryDate', 'updated', 'status'] as const) {
        const whole = await list({ sort, order });
        const pieces: string[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await list({ sort, order, limit: 3, ...(cursor ? { cursor } : {}) });
          pieces.push(...page.rows.map(({ enrollmentId }) => enrollmentId));
          expect(page.total).toBe(7);
          cursor = page.next;
        } while (cursor !== null);
        expect(pieces).toEqual(whole.rows.map(({ enrollmentId }) => enrollmentId));
        expect(pieces).toHaveLength(7);
      }
    }
    expect(numbers(await list({ order: 'desc', limit: 2 }))).toEqual(['20256', '20255']);
  });

  it('filters', async () => {
    expect(numbers(await list({ status: ['suspended'] }))).toEqual(['20253']);
    expect(numbers(await list({ cohortYear: 2024, programId: 'logistics' }))).toEqual(['20252']);
    expect(numbers(await list({ entryFrom: '2025-01-01', status: ['registered'] }))).toEqual(['20254', '20255', '20256']);
    expect(numbers(await list({ studentNumber: '20255' }))).toEqual(['20255']);
    expect(numbers(await list({ learnerIds: ['l1', 'l7'] }))).toEqual([null, '20251']);
    expect(numbers(await list({ learnerIds: [] }))).toEqual([]);
    expect((await list({ classId: 'class-a', imported: false })).total).toBe(6);
    expect((await list({ recheckOverdueOn: '2025-11-02' })).total).toBe(6);
    expect((await list({ recheckOverdueOn: '2025-11-01' })).total).toBe(0);
    await ledger.enroll('e1', { type: 'PassAdmissionRecheck' });
    expect((await list({ recheckOverdueOn: '2025-11-02' })).total).toBe(5);
    expect(await stores.read(enrollmentRegister, (db) => classMembers(db, 'college', 'class-a'))).toHaveLength(6);
  });

  it('refuses a cursor of another query', async () => {
    const { next } = await list({ limit: 2 });
    const read = (query: Omit<RegisterQuery, 'institutionId'>) =>
      stores.read(enrollmentRegister, (db) => listEnrollments(db, { institutionId: 'college', ...query }));
    expect(await read({ limit: 5, cursor: next! })).toMatchObject({ total: 7 });
    expect(await read({ cursor: next!, order: 'desc' })).toMatchObject({ refused: 'CURSOR_INVALID' });
    expect(await read({ cursor: next!, cohortYear: 2025 })).toMatchObject({ refused: 'CURSOR_INVALID' });
    expect(await read({ cursor: 'rubbish' })).toMatchObject({ refused: 'CURSOR_INVALID' });
  });
});

// ── any valid history ────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('for any valid history', () => {
  it('every row is the fold of its stream, and no gate is open that recovery would not look at', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        async (steps, batch) => {
          await stores.close();
          await college();
          projection = await project(ledger, stores, [enrollmentRegister, pendingTakes], { batch });
          await live(ledger, { which: 0, n: 1, e: 0 });
          for (const [i, step] of steps.entries()) {
            for (const ask of step) await live(ledger, ask);
            if (i % 3 === 0) await projection.turn();
          }
          for (const id of ['e0', 'e1']) {
            const { state, revision } = await ledger.transactor.load(enrollmentSource(id));
            await projection.catchUp();
            const row = await stores.read(enrollmentRegister, (db) => enrollmentRow(db, 'college', id));
            const says = expect.objectContaining({
              status: state.status,
              statusSince: state.statusSince,
              studentNumber: state.studentNumber,
              classId: state.classId,
              programId: state.admission?.programId,
              entryDate: state.admission?.entryDate,
              endedAt: state.endedAt,
              locked: state.locked,
              recheckDueBy: state.recheck?.dueBy ?? null,
              recheckPassed: state.recheck?.passed ?? null,
              suspensionUntil: state.status === 'suspended' ? state.suspension?.until : null,
              lastAnnualRegistration: state.academicYears.at(-1) ?? null,
              revision,
            });
            expect(row ?? null).toEqual(state.admission === null ? null : says);
          }
          // Nobody crashed, so every command finished and closed what it opened.
          const open = await stores.read(pendingTakes, (db) => takesPending(db, '9999'));
          const unfinished = open.filter(({ kind }) => kind !== 'student-number');
          expect(unfinished).toEqual([]);
          expect(await stores.read(pendingTakes, countPending)).toBe(open.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});
