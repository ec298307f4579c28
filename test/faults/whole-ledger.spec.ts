import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { claimsOf } from '../../libs/contexts/enrollment/gates.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import { Books, type LogEvent } from '../simulation/books.ts';
import { randomOf } from '../simulation/dice.ts';
import { builtLedger } from '../support/build.ts';
import { logOf, vaultOf } from '../support/log.ts';
import { Clerk, personOf, Site, type Answer, type Order } from '../support/office.ts';
import { temporaryFolder } from '../support/process.ts';

const seed = Number(process.env['SEED'] ?? 20260901);
const rounds = 6;
/** Numbers for which registrars race; whoever comes second is refused. */
const contested = 40;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
}, 180_000);
afterAll(async () => folder[Symbol.asyncDispose]());

/** What an importer was told about one row. */
interface RowTold {
  readonly runId: string;
  readonly row: number;
  readonly outcome: string;
  readonly enrollmentId?: string;
  readonly code?: string;
}

describe(`a server that is killed at any moment, and asked again with the same keys (SEED=${seed})`, () => {
  it('does what it acknowledged exactly once, and leaves nothing stuck', async () => {
    const random = randomOf(seed);
    const below = (n: number): number => random() % n;
    const site = new Site(folder.path);
    const clerks: Clerk[] = [];
    const clerk = (sub: string): Clerk => {
      const one = new Clerk(site, sub);
      clerks.push(one);
      return one;
    };
    const told: RowTold[] = [];
    const forgotten: (() => Promise<unknown>)[] = [];
    let people = 0;
    const shift = new AbortController();
    const refusals = new Set<string>();

    const publishing = await clerk('dean').insist(
      '/v1/programs',
      { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, level: 'junior-college', lengthOfStudyMonths: 36 },
      null,
    );
    const programId = publishing.body.programId as string;

    const done = (answer: Answer, ...events: string[]): Answer => {
      expect(answer).toMatchObject({ body: { events } });
      return answer;
    };

    /** One student after the other: admitted, registered, suspended, resumed, withdrawn, and the withdrawal reverted by a second person. */
    async function registrar(sub: string): Promise<void> {
      const self = clerk(sub);
      const second = clerk(`${sub}-second`);
      while (!shift.signal.aborted) {
        const identified = await self.insist('/v1/learners', { identity: personOf(people++) }, 'learner');
        const { learnerId } = done(identified, 'LearnerIdentified').body;
        const admission = { learnerId, programId, entryDate: '2025-09-01' };
        const { enrollmentId } = done(await self.insist('/v1/enrollments', admission, 'enrollment'), 'LearnerAdmitted').body;
        const act = (name: string, body: object, by = self): Promise<Answer> =>
          by.insist(`/v1/enrollments/${enrollmentId}/${name}`, body, 'enrollment');

        const registered = await act('register', { studentNumber: `2025${String(below(contested)).padStart(4, '0')}` });
        if (registered.status !== 200) {
          refusals.add(registered.body.code);
          done(await act('decline-place', {}), 'PlaceDeclined');
          continue;
        }
        done(registered, 'StudentRegistered');
        done(await act('suspend', { ground: 'illness', until: '2099-09-01' }), 'StudySuspended');
        done(await act('resume', { appliedOn: '2025-10-01', reviewPassed: true }), 'StudyResumed');
        done(await act('withdraw', { ground: 'own-application' }), 'StudentWithdrawn');
        const { requestId, digest } = done(await act('request-withdrawal-reversal', {}), 'ApprovalRequested').body;
        const granted = await act('grant-approval', { requestId, digest }, second);
        done(granted, 'ApprovalGranted', 'WithdrawalReverted');
      }
    }

    /** Small sheets, one run each. Some of the people stand in the sheet of the other importer too, some numbers as well. */
    async function importer(sub: string, twins: readonly number[]): Promise<void> {
      const self = clerk(sub);
      while (!shift.signal.aborted) {
        const fileDigest = randomUUID().replaceAll('-', '').repeat(2);
        const { runId } = (await self.insist('/v1/imports', { kind: 'roster', fileDigest }, null)).body;
        const rows = Array.from({ length: 8 }, (_, i) => {
          const twin = i < 2 ? twins[below(twins.length)]! : null;
          const number = i === 2 ? `2025${String(below(contested)).padStart(4, '0')}` : `${runId}${i}`;
          return {
            row: i + 2,
            identity: { ...personOf(twin ?? people++), idType: 'resident-id' },
            program: { code: '530701' },
            entryDate: '2025-09-01',
            ...(twin === null && i < 6 ? { studentNumber: number } : {}),
          };
        });
        const sent = await self.insist(`/v1/imports/${runId}/roster-rows`, { rows }, null);
        expect(sent.status).toBe(200);
        const answers = sent.body.answers as Omit<RowTold, 'runId'>[];
        told.push(...answers.map((answer) => ({ ...answer, runId })));
        const count = (...outcomes: string[]): number => answers.filter(({ outcome }) => outcomes.includes(outcome)).length;
        const counts = {
          rows: 8,
          taken: count('admitted', 'registered'),
          unchanged: count('unchanged'),
          refused: count('refused'),
        };
        expect((await self.insist(`/v1/imports/${runId}/finish`, counts, null)).status).toBe(200);
      }
    }

    /** Sends once and never asks again: what a crash leaves of it is for the ledger to clean up. */
    async function forgetful(sub: string): Promise<void> {
      const self = clerk(sub);
      while (!shift.signal.aborted) {
        const identified = await self.insist('/v1/learners', { identity: personOf(people++) }, 'learner');
        const admit = self.order(
          '/v1/enrollments',
          { learnerId: identified.body.learnerId, programId, entryDate: '2025-09-01' },
          'enrollment',
        );
        forgotten.push(() => self.deliver(admit));
        const admitted = await self.deliver(admit);
        if (!admitted) continue;
        const { enrollmentId } = admitted.body;
        const number = `2025${String(below(contested)).padStart(4, '0')}`;
        const register = self.order(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: number }, 'enrollment');
        forgotten.push(() => self.deliver(register));
        await self.deliver(register);
      }
    }

    const twins = Array.from({ length: 30 }, (_, i) => 500_000 + i);
    const work = Promise.all([
      ...['zhao', 'qian', 'sun'].map(registrar),
      ...['li', 'zhou'].map((sub) => importer(sub, twins)),
      ...['wu', 'zheng', 'wang'].map(forgetful),
    ]);
    // Whoever fails first is told at once, not after the last crash.
    const failed = work.then(() => undefined);
    failed.catch(() => shift.abort());
    for (let round = 0; round < rounds && !shift.signal.aborted; round++) {
      await site.server;
      await wait(below(700));
      await site.crash(below(3) === 0 ? below(900) : null);
    }
    await wait(300);
    shift.abort();
    await work;
    expect([...refusals]).toEqual(['STUDENT_NUMBER_TAKEN']);
    for (const remember of forgotten) await remember();
    expect((await (await site.server).stop()).code).toBe(0);
    await check(clerks, told);
  }, 90_000);

  async function check(clerks: readonly Clerk[], told: readonly RowTold[]): Promise<void> {
    const log = await logOf(folder.path);
    const vault = await vaultOf(folder.path);
    const streamOf = claimsOf('college', (domain, text) => vault.hmac(domain, text)).streamOf;
    const books = new Books((_institution, number) => streamOf('student-number', number));
    const orders = clerks.flatMap((clerk) => clerk.orders);
    for (const { correlationId, about } of orders) if (about) books.expect(correlationId, about);
    try {
      // Legal paths, one owner for every claim, unique numbers, no key with two effects: the books throw.
      books.read(log);
      checkOrders(books, orders);
      checkRows(log, told);
      books.settled();
    } finally {
      await vault.close();
    }
  }
});

/** What was answered stands in the log, as it was answered; what nobody was told of stands there wholly or not at all. */
function checkOrders(books: Books, orders: readonly Order[]): void {
  let repeated = 0;
  for (const order of orders) {
    if (!order.about) continue;
    const effect = books.effects.get(order.correlationId)?.map(({ type }) => type) ?? [];
    const { path, deliveries, answer } = order;
    if (deliveries > 1) repeated++;
    if (!answer) expect({ path, whole: effect.length <= 1 }).toEqual({ path, whole: true });
    else if (answer.status >= 400) expect({ path, effect }).toEqual({ path, effect: [] });
    else {
      const last = books.effects.get(order.correlationId)?.at(-1);
      const { events, position } = answer.body;
      expect({ path, events, position }).toEqual({ path, events: effect, position: last?.position.toString() });
    }
  }
  // Otherwise the crashes hit nothing and this proves nothing.
  expect(repeated).toBeGreaterThan(rounds);
}

/** Rows that were told as taken stand once, those that were refused do not. */
function checkRows(log: readonly StoredEvent[], told: readonly RowTold[]): void {
  const standing = new Map<string, string[]>();
  for (const stored of log) {
    if (stored.type !== 'LearnerAdmitted' && stored.type !== 'StudentRegistered') continue;
    const { source } = (JSON.parse(stored.json) as LogEvent).data as { source: { run: string; row: number } | null };
    if (!source) continue;
    const key = `${source.run} ${source.row}`;
    standing.set(key, [...(standing.get(key) ?? []), `${stored.type} ${stored.stream}`]);
  }
  expect(told.length).toBeGreaterThan(rounds * 8);
  for (const { runId, row, outcome, enrollmentId, code } of told) {
    const stream = `enrollment-${enrollmentId}`;
    const expected =
      outcome === 'admitted'
        ? [`LearnerAdmitted ${stream}`]
        : outcome === 'registered'
          ? [`LearnerAdmitted ${stream}`, `StudentRegistered ${stream}`]
          : [];
    const stands = standing.get(`${runId} ${row}`) ?? [];
    expect({ row, outcome, code, stands }).toEqual({ row, outcome, code, stands: expected });
  }
}
