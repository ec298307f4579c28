import type { EnrollmentEvent, LearnerEvent } from '../events/catalog/enrollment.ts';
import { effectOf, type LedgerEvent } from '../events/events.ts';
import { enrollmentStream, foldEnrollment, type Enrollment } from '../facts/enrollment.ts';
import { evolveLearner, initialLearner, learnerStream, type Learner } from '../facts/learner.ts';
import { asOf, type AsOf, type HistoricRecord } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { Source } from '../kernel/plan.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { EventDecoder } from '../ports/view.ts';

/**
 * What was believed at one instant about another, read from the log itself: a view holds only what is believed now.
 * Instants are ISO 8601; a date in a question means its last instant (kernel/time.ts, `endOfDay`).
 */

/** The log, and how it is read: personal parts stay sealed. */
export interface Log {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly decoder: Pick<EventDecoder, 'decode'>;
}

export interface Person {
  readonly institutionId: string;
  readonly learnerId: string;
}

export interface EnrollmentAsOf {
  readonly enrollmentId: string;
  readonly enrollment: Enrollment;
}

export interface PersonAsOf {
  /** Null where she was not known yet. */
  readonly learner: Learner | null;
  /** Those that were known then, in the order in which they were opened. */
  readonly enrollments: readonly EnrollmentAsOf[];
  /** What the answers rest on, corrections applied: in order of effect where an effective instant was asked for, else of recording. */
  readonly timeline: readonly HistoricRecord<LedgerEvent>[];
}

type Event = Recorded<LedgerEvent>;

const pageSize = 500;

/** A stream of an institution; empty where it is another one's. */
async function readAll({ store, decoder }: Log, stream: string, institutionId: string): Promise<Event[]> {
  const events: Event[] = [];
  for (let from = 0n; ;) {
    const page = await store.readStream(stream, { from, limit: pageSize });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the decoder throws for types that the catalog does not hold
    for (const stored of page) events.push(decoder.decode(stored) as Event);
    if (page.length < pageSize) break;
    from += BigInt(page.length);
  }
  return events[0]?.institutionId === institutionId ? events : [];
}

/** An attempt that was given up says nothing of the world. */
const said = (events: readonly Event[]): Event[] => events.filter(({ type }) => type !== 'CommandAbandoned');

/** Facts, corrections and approvals; gates keep the ledger's own order and are no part of a person's history. */
const isHistory = ({ type }: Event): boolean => effectOf(type) !== 'machinery' || type.startsWith('Approval');

/** An enrollment as of then; null where nothing was known of it, or nothing had become effective. */
export function enrollmentFrom(events: readonly Event[], when: AsOf): Enrollment | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of an enrollment's stream
  const history = asOf(said(events) as Recorded<EnrollmentEvent>[], effectOf, when);
  const state = foldEnrollment(history);
  return state.admission === null ? null : state;
}

/** A learner as of then; null where she was not known. */
export function learnerFrom(events: readonly Event[], when: AsOf): Learner | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a learner's stream
  const history = asOf(said(events) as Recorded<LearnerEvent>[], effectOf, when);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a fold reads historic events as any other
  const state = (history as readonly Recorded<LearnerEvent>[]).reduce(evolveLearner, initialLearner);
  return state.known ? state : null;
}

/** One enrollment and the person whose it is; null where the institution has no such record. */
export async function enrollmentAsOf(
  log: Log,
  at: { readonly institutionId: string; readonly enrollmentId: string },
  when: AsOf,
): Promise<Enrollment | null> {
  return enrollmentFrom(await readAll(log, enrollmentStream(at.enrollmentId), at.institutionId), when);
}

/** Who she was said to be; null where she was not known. */
export async function learnerAsOf(log: Log, { institutionId, learnerId }: Person, when: AsOf): Promise<Learner | null> {
  return learnerFrom(await readAll(log, learnerStream(learnerId), institutionId), when);
}

/**
 * Everything about a person. Which enrollments are hers stands on her own stream, the gate that each of them took first, so this needs no view;
 * `streams` (of the subject index) adds what else speaks of her to the timeline.
 */
export async function personAsOf(log: Log, person: Person, when: AsOf, streams: readonly string[] = []): Promise<PersonAsOf> {
  const { institutionId, learnerId } = person;
  const own = learnerStream(learnerId);
  const learnerEvents = await readAll(log, own, institutionId);
  const opened = learnerEvents.flatMap((event) => (event.type === 'EnrollmentOpened' ? [event.data.enrollmentId] : []));
  const histories: Event[][] = [learnerEvents];
  const enrollments: EnrollmentAsOf[] = [];
  for (const enrollmentId of new Set(opened)) {
    const events = await readAll(log, enrollmentStream(enrollmentId), institutionId);
    histories.push(events);
    const enrollment = enrollmentFrom(events, when);
    if (enrollment) enrollments.push({ enrollmentId, enrollment });
  }
  const known = new Set([own, ...opened.map(enrollmentStream)]);
  for (const stream of streams) {
    if (!known.has(stream) && !stream.startsWith('claim-')) histories.push(await readAll(log, stream, institutionId));
  }
  return { learner: learnerFrom(learnerEvents, when), enrollments, timeline: timelineFrom(histories, when) };
}

/** What a record pins (a course, a plan, a policy) as of then. */
export async function factAsOf<State>(log: Log, institutionId: string, fact: Source<State>, when: AsOf): Promise<State> {
  const history = asOf(said(await readAll(log, fact.stream, institutionId)), effectOf, when);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a fold reads historic events as any other
  return (history as readonly Event[]).reduce((state, event) => fact.evolve(state, event), fact.initial);
}

/** What one stream said by then, corrections not yet applied: what became effective later is left out once they are. */
export async function historyAsOf<E extends LedgerEvent>(
  log: Log,
  institutionId: string,
  stream: string,
  when: AsOf,
): Promise<readonly HistoricRecord<E>[]> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a stream of these events
  const events = said(await readAll(log, stream, institutionId)) as Recorded<E>[];
  return asOf(events, effectOf, when);
}

/** A correction names its target within its own stream, so each is corrected by itself before they are put in one order. */
function timelineFrom(histories: readonly (readonly Event[])[], when: AsOf): readonly HistoricRecord<LedgerEvent>[] {
  const all = histories.flatMap((events) => asOf(events.filter(isHistory), effectOf, when));
  const byEffect = when.effectiveAsOf !== undefined;
  return all.toSorted((a, b) => {
    if (byEffect && a.effectiveAt !== b.effectiveAt) return a.effectiveAt < b.effectiveAt ? -1 : 1;
    return a.position < b.position ? -1 : 1;
  });
}
