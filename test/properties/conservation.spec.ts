import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import { enrollmentSource, idNumberValue } from '../../libs/contexts/enrollment/gates.ts';
import type { Opening } from '../../libs/contexts/enrollment/plans.ts';
import type { LearnerCommand } from '../../libs/contexts/enrollment/learner.ts';
import { isActive, type Enrollment } from '../../libs/facts/enrollment.ts';
import { claim, type ClaimEvent } from '../../libs/kernel/claim.ts';
import type { Recorded } from '../../libs/kernel/decider.ts';
import { pendingRequests } from '../../libs/kernel/four-eyes.ts';
import { source as sourceOf } from '../../libs/kernel/plan.ts';
import { isRefusal, type Refusal } from '../../libs/kernel/refusal.ts';
import type { EventStore } from '../../libs/ports/event-store.ts';
import type { Answer } from '../../libs/runtime/transact.ts';
import { admission as anyAdmission, contact, identity } from '../support/histories.ts';
import { ecommerce, World } from '../support/world.ts';
import { runs } from './lives.ts';

/** Few people, few enrollments, few numbers: they must meet. */
const learners = ['chen', 'wang', 'zhou'] as const;
/** Wang and Zhou are one person whom two clerks identify at once. */
const idNumbers = { chen: 'id-a', wang: 'id-b', zhou: 'id-b' } as const;
const enrollments = ['e1', 'e2', 'e3'] as const;
const numbers = ['20250101', '20250102'] as const;

type Order =
  | { readonly kind: 'learner'; readonly learnerId: (typeof learners)[number]; readonly command: LearnerCommand }
  | {
      readonly kind: 'enrollment';
      readonly enrollmentId: (typeof enrollments)[number];
      readonly command: EnrollmentCommand | { readonly type: 'GrantWhateverWaits' };
      readonly opening: Opening;
    };

const learnerId = fc.constantFrom(...learners);
const enrollmentId = fc.constantFrom(...enrollments);
const studentNumber = fc.constantFrom(...numbers);
const is = <T extends string>(type: T): fc.Arbitrary<T> => fc.constant(type);

const identityOf = (who: (typeof learners)[number]) => ({ ...identity, idNumber: idNumbers[who] });

/** Admits, identifying the learner in the same walk where somebody does not know her yet; two may do so with one id number. */
const admissions = (world: World): fc.Arbitrary<Order> =>
  fc
    .record({ learnerId, enrollmentId, studentNumber: fc.option(studentNumber) })
    .map(({ learnerId: who, enrollmentId: which, studentNumber: number }) => ({
      kind: 'enrollment',
      enrollmentId: which,
      command: {
        type: 'AdmitLearner',
        admission: { ...anyAdmission, learnerId: who, programId: ecommerce },
        source: null,
        ...(number === null ? {} : { register: { studentNumber: number, classId: null } }),
      },
      opening: {
        identify: {
          type: 'IdentifyLearner',
          identity: identityOf(who),
          contact,
          idClaim: world.claims.streamOf('id-number', idNumberValue(identityOf(who))),
          source: null,
        },
      },
    }));

const changes: fc.Arbitrary<Order> = fc.record({
  kind: is('enrollment'),
  enrollmentId,
  opening: fc.constant({}),
  command: fc.oneof<fc.Arbitrary<EnrollmentCommand | { readonly type: 'GrantWhateverWaits' }>[]>(
    fc.record({ type: is('RegisterStudent'), studentNumber, classId: fc.constant(null) }),
    fc.record({ type: is('WithdrawStudent'), ground: fc.constant('own-application' as const) }),
    fc.record({ type: is('RequestWithdrawalReversal'), requestId: is('reversal'), evidence: fc.constant([]) }),
    fc.record({ type: is('RequestAdmissionAnnulment'), requestId: is('annulment'), evidence: fc.constant([]) }),
    fc.record({
      type: is('RequestEnrollmentCorrection'),
      requestId: is('number'),
      target: fc.constant('1'),
      field: fc.constant('studentNumber'),
      value: studentNumber,
      evidence: fc.constant([]),
    }),
    fc.record({ type: is('GrantWhateverWaits') }),
    fc.record({ type: is('DeclinePlace') }),
    fc.record({ type: is('CompleteStudy') }),
    fc.record({ type: is('GraduateStudent'), creditsAttested: fc.constant(true as const) }),
  ),
});

const aboutHer: fc.Arbitrary<Order> = fc.record({
  kind: is('learner'),
  learnerId,
  command: fc.oneof<fc.Arbitrary<LearnerCommand>[]>(
    fc.record({ type: is('PlaceHold'), holdId: is('h'), kind: fc.constant('clawback' as const) }),
    fc.record({ type: is('LiftHold'), holdId: is('h') }),
    fc.record({ type: is('PlaceHold'), holdId: is('i'), kind: fc.constant('discipline' as const) }),
    fc.record({ type: is('AnnulLearner') }),
  ),
});

/** Puts off every call of the store by as many turns as drawn, so that walks interleave at every step. */
function slowed(store: EventStore, delays: readonly number[]): EventStore {
  let calls = 0;
  const turn = async (): Promise<void> => {
    const turns = delays.length === 0 ? 0 : delays[calls++ % delays.length]!;
    for (let i = 0; i < turns; i++) await Promise.resolve();
  };
  return {
    append: async (...args) => {
      await turn();
      const result = await store.append(...args);
      await turn();
      return result;
    },
    readStream: async (...args) => {
      await turn();
      return store.readStream(...args);
    },
    readAll: (...args) => store.readAll(...args),
    subscribe: (...args) => store.subscribe(...args),
    head: () => store.head(),
    close: () => store.close(),
  };
}

async function carryOut(world: World, order: Order, key: string): Promise<Answer | Refusal> {
  if (order.kind === 'learner') return world.learner(order.learnerId, order.command, { key });
  const { command } = order;
  if (command.type !== 'GrantWhateverWaits') return world.enrollment(order.enrollmentId, command, { key }, order.opening);
  const [request] = pendingRequests((await world.stateOfEnrollment(order.enrollmentId)).approvals);
  const { requestId = 'none', digest = '' } = request ?? {};
  return world.enrollment(order.enrollmentId, { type: 'GrantApproval', requestId, digest }, { key, by: 'qian' });
}

/** At no position of the log had a learner two active enrollments. */
function twiceActive(log: readonly Recorded[]): readonly string[] {
  const states = new Map<string, Enrollment>();
  const found: string[] = [];
  for (const event of log) {
    if (!event.stream.startsWith('enrollment-') || event.type === 'CommandAbandoned') continue;
    const folding = enrollmentSource(event.stream.slice('enrollment-'.length));
    states.set(event.stream, folding.evolve(states.get(event.stream) ?? folding.initial, event));
    for (const who of learners) {
      const active = [...states.values()].filter((s) => s.admission?.learnerId === who && isActive(s.status));
      if (active.length > 1) found.push(`${who} at ${event.position}`);
    }
  }
  return found;
}

/** When all is quiet, every claim is free or held by an owner that shows the value, and every gate is open exactly for what is active. */
async function strayGates(world: World, log: readonly Recorded[]): Promise<readonly string[]> {
  const found: string[] = [];
  const streams = new Set(log.map(({ stream }) => stream));
  for (const stream of streams) {
    if (!stream.startsWith('claim-')) continue;
    const { owner, kind } = (await world.transactor.load(sourceOf(stream, claim))).state;
    if (owner === null) continue;
    const id = owner.slice(owner.indexOf('-') + 1);
    const holds =
      kind === 'id-number'
        ? (await world.stateOfLearner(id)).idClaim === stream
        : world.claims.streamOf('student-number', (await world.stateOfEnrollment(id)).studentNumber ?? '') === stream;
    if (!holds) found.push(`${stream} is held by ${owner}, which does not show it`);
  }
  for (const who of learners) {
    const gate = await world.stateOfLearner(who);
    if (gate.known && !gate.annulled && gate.idClaim !== null) {
      const { owner } = (await world.transactor.load(sourceOf(gate.idClaim, claim))).state;
      if (owner !== `learner-${who}`) found.push(`${who} shows an id number that ${owner} holds`);
    }
    if (Object.keys(gate.closing).length > 0) found.push(`${who} is still closing`);
    for (const which of enrollments) {
      const { status, admission, studentNumber: number } = await world.stateOfEnrollment(which);
      const slot = gate.enrollments[which];
      const hers = admission?.learnerId === who;
      if ((slot?.to === null) !== (hers && isActive(status)))
        found.push(`gate of ${who}: ${which} is ${status}, slot ${slot?.to}`);
      if (!hers || number === null) continue;
      const { owner } = (await world.transactor.load(sourceOf(world.claims.streamOf('student-number', number), claim))).state;
      if (owner !== `enrollment-${which}`) found.push(`${which} shows a number that ${owner} holds`);
    }
  }
  return found;
}

const orders = (world: World, maxLength: number): fc.Arbitrary<readonly Order[]> =>
  fc.array(
    fc.oneof({ weight: 4, arbitrary: admissions(world) }, { weight: 6, arbitrary: changes }, { weight: 2, arbitrary: aboutHer }),
    { minLength: 2, maxLength, size: 'max' },
  );

describe('over the memory store', () => {
  it('a command repeated under its key takes effect exactly once, and answers the same', async () => {
    await fc.assert(
      fc.asyncProperty(orders(new World(), 14), async (list) => {
        const world = await World.ready();
        const answers: [unknown, unknown][] = [];
        const heads: [bigint, bigint][] = [];
        for (const [index, order] of list.entries()) {
          const key = `k${index}`;
          const first = await carryOut(world, order, key);
          const head = await world.store.head();
          // A grant of what waits finds something else waiting the second time: its words are others.
          if (isRefusal(first) || order.command.type === 'GrantWhateverWaits') continue;
          const again = await carryOut(world, order, key);
          // What wrote nothing left nothing to be recognized by: it is decided again, to the same answer.
          answers.push([{ ...first, repeated: first.events.length > 0 }, again]);
          heads.push([head, await world.store.head()]);
        }
        expect(answers.map(([, again]) => again)).toEqual(answers.map(([first]) => first));
        expect(heads.map(([, after]) => after)).toEqual(heads.map(([before]) => before));
      }),
      runs(100),
    );
  });

  it('however commands interleave, every claim and gate has one owner that holds it, or is free', async () => {
    const answered = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        orders(new World(), 24),
        fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 2, max: 6 }),
        async (list, delays, together) => {
          const world = await World.ready((store) => slowed(store, delays));
          const answers: (Answer | Refusal)[] = [];
          for (let from = 0; from < list.length; from += together) {
            const batch = list.slice(from, from + together);
            // Everything twice at once: the client that retries before it was answered.
            const twice = batch.flatMap((order, i) => [
              carryOut(world, order, `k${from + i}`),
              carryOut(world, order, `k${from + i}`),
            ]);
            answers.push(...(await Promise.all(twice)));
          }
          for (const answer of answers) {
            const name = isRefusal(answer) ? answer.refused : 'done';
            answered.set(name, (answered.get(name) ?? 0) + 1);
          }

          const log = await world.log();
          expect(twiceActive(log)).toEqual([]);
          expect(await strayGates(world, log)).toEqual([]);
          expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);

          const wrote = answers.filter((answer): answer is Answer => !isRefusal(answer) && answer.events.length > 0);
          for (const { commandId, stream, events } of wrote) {
            const there = log.filter((e) => e.stream === stream && e.commandId === commandId);
            expect(there.map(({ type }) => type)).toEqual(events);
          }
        },
      ),
      runs(250),
    );
    // Otherwise nobody met anybody.
    for (const met of ['done', 'ENROLLMENT_ACTIVE', 'STUDENT_NUMBER_TAKEN', 'ID_NUMBER_TAKEN', 'HOLD_PLACED']) {
      expect([met, (answered.get(met) ?? 0) > 0]).toEqual([met, true]);
    }
  });
});

/** One claim's events must say of themselves that nobody took what another held. */
it('a claim’s log never changes owner without a release', async () => {
  await fc.assert(
    fc.asyncProperty(orders(new World(), 20), async (list) => {
      const world = await World.ready();
      await Promise.all(list.map((order, i) => carryOut(world, order, `k${i}`)));
      const owners = new Map<string, string | null>();
      const strayed: unknown[] = [];
      for (const { type, stream, data } of (await world.log()) as readonly Recorded<ClaimEvent>[]) {
        if (type !== 'ClaimTaken' && type !== 'ClaimReleased') continue;
        const owner = owners.get(stream) ?? null;
        if (owner !== data.owner && (type === 'ClaimReleased' || owner !== null)) strayed.push({ stream, owner, type, data });
        owners.set(stream, type === 'ClaimTaken' ? data.owner : null);
      }
      expect(strayed).toEqual([]);
    }),
    runs(100),
  );
});
