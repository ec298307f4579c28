import type { ContractEvent } from '../../../libs/events/catalog/apprenticeship.ts';
import { contractStream, type Contract } from '../../../libs/facts/contract.ts';
import type { SchemeFact } from '../../../libs/facts/curriculum.ts';
import { learnerStream, type Learner } from '../../../libs/facts/learner.ts';
import { periods } from '../../../libs/facts/periods.ts';
import type { Circumstances, Decision, Recorded } from '../../../libs/kernel/decider.ts';
import type { History } from '../../../libs/kernel/history.ts';
import { leg, type Plan, type Take } from '../../../libs/kernel/plan.ts';
import { isRefusal } from '../../../libs/kernel/refusal.ts';
import { stepsOf, type Plant } from './plant.ts';

type Decide = Plan['own']['decide'];
type Facts = Readonly<Record<string, unknown>>;

/** The same plan, deciding otherwise on its own stream. */
const deciding = (plan: Plan, decide: (original: Decide) => Decide): Plan => ({
  ...plan,
  own: { ...plan.own, decide: decide((state, k) => plan.own.decide(state, k)) },
});

/** The same plan, folding its own stream otherwise; `fold` answers null where it folds as ever. */
const folding = (plan: Plan, fold: (state: unknown, event: Recorded) => unknown): Plan => ({
  ...plan,
  own: { ...plan.own, evolve: (state, event) => fold(state, event) ?? plan.own.evolve(state, event) },
});

/** The same plan, taking otherwise before it writes. */
const taking = (plan: Plan, takes: (takes: readonly Take[], own: unknown) => readonly Take[]): Plan => ({
  ...plan,
  takes: (own) => takes(plan.takes?.(own) ?? [], own),
});

const withFacts = (k: Circumstances, change: (facts: Facts) => Facts): Circumstances => ({
  ...k,
  facts: { ...(k.facts as Facts), ...change(k.facts as Facts) },
});

const says = (order: { readonly says: object }): string => (order.says as { type: string }).type;

/** Bugs of rules and gates, in worlds of a college, two enterprises and their apprentices. */
export const trainingPlants: readonly Plant[] = [
  {
    name: 'overlap-unchecked',
    bug: 'a learner’s days are taken whoever holds them',
    world: 'training',
    foundAs: ['no-overlap'],
    plan: (plan) =>
      taking(plan, (takes) =>
        takes.map((take) => ({
          ...take,
          decide: (state, k) => take.decide(take.stream.startsWith('learner-') ? blindTo(take, state as Learner) : state, k),
        })),
      ),
  },
  {
    name: 'offer-unclaimed',
    bug: 'a contract is drafted without the claim on its offer',
    world: 'training',
    foundAs: ['gate-first', 'one-owner', 'no-overlap'],
    plan: (plan) => taking(plan, (takes) => takes.filter(({ stream }) => !stream.includes('-offer-'))),
  },
  {
    name: 'release-first',
    bug: 'a contract’s days are let go before its end is written',
    world: 'training',
    foundAs: ['owner-holds', 'gate-first'],
    plan: (plan, order) =>
      ['TerminateContract', 'CompleteContract', 'CancelContract'].includes(says(order))
        ? taking(plan, (takes, own) => [...takes, ...letGo(plan, own as Contract)])
        : plan,
  },
  {
    name: 'signatures-kept',
    bug: 'signatures stand for terms that were revised after them',
    world: 'training',
    seed: 93,
    foundAs: ['signatures'],
    plan: (plan) =>
      folding(plan, (state, event) => {
        if (event.type !== 'ContractTermsRevised') return null;
        const { signatures } = state as Contract;
        const revised = plan.own.evolve(state, event) as Contract;
        const { termsDigest } = revised.terms!;
        const kept = Object.entries(signatures).map(([party, signature]) => [party, { ...signature, termsDigest: termsDigest! }]);
        return { ...revised, signatures: Object.fromEntries(kept) };
      }),
  },
  {
    name: 'consent-twice',
    bug: 'a consent that is repeated is written again',
    world: 'training',
    seed: 11,
    foundAs: ['amendments'],
    plan: (plan, order) =>
      deciding(plan, (decide) => (state, k) => {
        const decision = decide(state, k);
        if (says(order) !== 'ConsentAmendment' || !isNothing(decision)) return decision;
        const { amendmentId, party, termsDigest } = order.says as { amendmentId: string; party: 'school'; termsDigest: string };
        return [{ type: 'AmendmentConsented', data: { amendmentId, party, termsDigest } } satisfies ContractEvent];
      }),
  },
  {
    name: 'late-acceptance',
    bug: 'an offer is accepted after it expired, as long as nobody said that it had',
    world: 'training',
    foundAs: ['legal-path'],
    plan: (plan, order) =>
      says(order) === 'AcceptOffer' ? deciding(plan, (decide) => (state, k) => decide(state, { ...k, now: '' })) : plan,
  },
  {
    name: 'mentor-unasked',
    bug: 'nobody asks whether a mentor still serves',
    world: 'training',
    seed: 16,
    foundAs: ['mentors', 'assessors'],
    plan: (plan) =>
      deciding(
        plan,
        (decide) => (state, k) =>
          decide(
            state,
            withFacts(k, (facts) =>
              Object.fromEntries(
                Object.entries(facts)
                  .filter(([, fact]) => typeof fact === 'object' && fact !== null && 'staffNumber' in fact)
                  .map(([name, teacher]) => [name, { ...(teacher as object), status: 'active' }]),
              ),
            ),
          ),
      ),
  },
  {
    name: 'number-not-unique',
    bug: 'every desk opens an attempt on a stream of its own',
    world: 'training',
    foundAs: ['unique'],
    plan: (plan, order) =>
      says(order) === 'OpenAttempt' ? { ...plan, own: { ...plan.own, stream: `attempt-${order.key}` } } : plan,
  },
  {
    name: 'third-marker-dropped',
    bug: 'two sides that are far apart are averaged',
    world: 'training',
    foundAs: ['third-marker', 'arithmetic'],
    plan: (plan, order) =>
      says(order) === 'SubmitResult'
        ? deciding(
            plan,
            (decide) => (state, k) =>
              decide(
                state,
                withFacts(k, ({ scheme }) => ({
                  scheme: ((scheme ?? []) as SchemeFact).map((one) => ({ ...one, dualAssessors: { divergence: 10_000 } })),
                })),
              ),
          )
        : plan,
  },
  {
    name: 'correction-unseen',
    bug: 'a correction is written and never read, so that the next one has the same consequence again',
    world: 'training',
    seed: 24,
    foundAs: ['correction', 'credits', 'arithmetic'],
    plan: (plan) =>
      folding(plan, (state, event) =>
        event.type === 'GradeCorrected'
          ? { ...(state as object), history: (state as { history: History }).history.with(event) }
          : null,
      ),
  },
  {
    name: 'two-eyes',
    bug: 'whoever asked for a second person may be that person',
    world: 'training',
    seed: 69,
    foundAs: ['four-eyes', 'two-people'],
    plan: (plan) =>
      deciding(
        plan,
        (decide) => (state, k) => decide(state, { ...k, actor: { ...k.actor, personId: `${k.actor.personId}’s twin` } }),
      ),
  },
  {
    name: 'old-facts',
    bug: 'what a decision rests on is read once and then remembered',
    world: 'training',
    seed: 25,
    foundAs: ['basis'],
    transactor: (transactor) => {
      const steps = stepsOf(transactor);
      const loadFacts = steps.loadFacts.bind(transactor);
      const remembered = new Map<string, Promise<unknown>>();
      steps.loadFacts = (sources, institutionId) => {
        const key = sources.map(([name, { stream }]) => `${name} ${stream}`).join();
        const known = remembered.get(key) ?? loadFacts(sources, institutionId);
        remembered.set(key, known);
        // A fault of the store is no fact.
        known.catch(() => remembered.delete(key));
        return known;
      };
    },
  },
  {
    name: 'minor-alone',
    bug: 'nobody asks for the guardian of a minor',
    world: 'training',
    foundAs: ['guardian'],
    plan: (plan, order) =>
      says(order) === 'DraftContract'
        ? deciding(plan, (decide) => (state, k) => {
            const decision = decide(state, k);
            return isRefusal(decision)
              ? decision
              : decision.map((event) =>
                  event.type === 'ContractDrafted' ? { ...event, data: { ...event.data, guardianNeeded: false } } : event,
                );
          })
        : plan,
  },
  {
    name: 'gap-unseen',
    bug: 'the apprentice record does not hear of mentors who are lost, so that no gap becomes a task',
    world: 'training',
    seed: 18,
    foundAs: ['reading'],
    view: (view) =>
      view.name === 'apprentice-record'
        ? {
            ...view,
            fold: (db, events) =>
              view.fold(
                db,
                events.filter(({ type }) => !isLoss(type)),
              ),
          }
        : view,
  },
  {
    name: 'gates-forgotten',
    bug: 'recovery does not look at days and offers that a crashed writer took',
    world: 'training',
    seed: 14,
    foundAs: ['no-stuck-gate'],
    recovers: ({ type, stream }) => type !== 'PeriodHeld' && !stream.includes('-offer-'),
  },
];

/** The gate as if nobody else held anything. */
function blindTo({ owner }: Take, state: Learner): Learner {
  const mine = state.periods[owner.stream];
  return { ...state, periods: mine ? { [owner.stream]: mine } : {}, pastPeriods: {} };
}

/** A take that lets go instead. */
function letGo(plan: Plan, { of, status }: Contract): readonly Take[] {
  if (!of || !['draft', 'concluded', 'live', 'suspended'].includes(status)) return [];
  const holder = plan.own.stream;
  if (!holder.startsWith(contractStream(''))) return [];
  const release = leg(learnerStream(of.learnerId), periods, { type: 'ReleasePeriod', holder });
  return [{ ...release, owner: plan.own, holds: () => true, takers: () => [], drop: () => release, rivals: () => [] }];
}

const isLoss = (type: string): boolean => type === 'TeacherSuspended' || type === 'TeacherWithdrawn';

const isNothing = (decision: Decision): boolean => !isRefusal(decision) && decision.length === 0;
