import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { claimsOf } from '../../libs/contexts/enrollment/gates.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import { Books } from '../simulation/books/books.ts';
import { Violation, type LogEvent } from '../simulation/books/log.ts';
import { randomOf } from '../simulation/dice.ts';
import { builtLedger } from '../support/build.ts';
import { logOf, vaultOf } from '../support/log.ts';
import { Clerk, personOf, Site, type Answer, type Order } from '../support/office.ts';
import { eventually, startServer, temporaryFolder } from '../support/process.ts';

const seed = Number(process.env['SEED'] ?? 20260901);
const rounds = 4;
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
        const admitted = await self.deliver(admit);
        if (!admitted) continue;
        const { enrollmentId } = admitted.body;
        const number = `2025${String(below(contested)).padStart(4, '0')}`;
        const register = self.order(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: number }, 'enrollment');
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
    expect((await (await site.server).stop()).code).toBe(0);

    const vault = await vaultOf(folder.path);
    const streamOf = claimsOf('college', (domain, text) => vault.hmac(domain, text)).streamOf;
    const orders = clerks.flatMap((one) => one.orders);
    const claimOf = new Map<string, string>();
    const claimOfNumber = (number: string): string => {
      const known = claimOf.get(number) ?? streamOf('student-number', number);
      claimOf.set(number, known);
      return known;
    };
    const booksNow = async (): Promise<Books> => {
      const books = new Books((_institution, _kind, number) => claimOfNumber(number), new Map());
      for (const { correlationId, about } of orders) if (about) books.expect(correlationId, about);
      // Legal paths, one owner for every claim, unique numbers, no key with two effects: the books throw.
      books.read(await logOf(folder.path));
      return books;
    };
    expectOrders(await booksNow(), orders);
    expectRows(await logOf(folder.path), told);
    // The server needs the vault for itself; every number has been looked up by now.
    await vault.close();

    // What nobody asked for again is given back as soon as no writer can still be about it; an hour later, say.
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await using server = await startServer(folder.path, { LEDGER_CLOCK: later });
    const settled = async (): Promise<true | undefined> => {
      try {
        (await booksNow()).settled();
        return true;
      } catch (error) {
        if (error instanceof Violation && error.rule === 'no-stuck-gate') return undefined;
        throw error;
      }
    };
    await eventually(settled, 'an end of all that was begun', 40_000);
    expectOrders(await booksNow(), orders);
    expect((await server.stop()).code).toBe(0);
  }, 120_000);
});

/** What was answered stands in the log, as it was answered; what nobody was told of stands there wholly or not at all. */
function expectOrders(books: Books, orders: readonly Order[]): void {
  const wrong = orders.flatMap(({ path, about, correlationId, answer }) => {
    if (!about) return [];
    const effect = books.effects.get(correlationId) ?? [];
    const stands = effect.map(({ type }) => type).join(', ');
    if (!answer) return effect.length > 1 ? [`${path} was never answered and did ${stands}`] : [];
    if (answer.status >= 400) return effect.length > 0 ? [`${path} was refused and did ${stands}`] : [];
    const { events, position } = answer.body as { events: string[]; position: string };
    const same = events.join(', ') === stands && position === effect.at(-1)?.position.toString();
    return same ? [] : [`${path} was answered ${events.join(', ')} at ${position}; the log says ${stands}`];
  });
  expect(wrong).toEqual([]);
  // Otherwise the crashes hit nothing and this proves nothing.
  expect(orders.filter(({ deliveries }) => deliveries > 1).length).toBeGreaterThan(rounds);
}

/** Rows that were told as taken stand once, those that were refused do not. */
function expectRows(log: readonly StoredEvent[], told: readonly RowTold[]): void {
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
