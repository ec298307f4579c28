import type { DomainEvent, Recorded } from './decider.ts';
import type { Remembered } from './history.ts';

/** How an event type treats history; see the catalog. */
export type EffectOnHistory = 'fact' | 'replaces' | 'annuls' | 'machinery';

/** What corrections make of an event. */
export interface Corrected {
  readonly annulled?: true;
  /** Of a correction: its target reads so already, wherever in the order it stands. */
  readonly applied?: true;
}

/** An event as history reads it once corrections are applied. */
export type Historic<E extends DomainEvent> = Remembered<E> & Corrected;
/** The same with its whole envelope, as audit shows it. */
export type HistoricRecord<E extends DomainEvent> = Recorded<E> & Corrected;

/** What history says of an event beside the event itself, for folds that keep what was said and read it again. */
export type HistoryMark = 'annulled' | 'applied';
/** As the end of a tuple: nothing where there is nothing to say. */
export const markOf = ({ annulled, applied }: { readonly type: string } & Corrected): readonly [HistoryMark?] =>
  annulled ? ['annulled'] : applied ? ['applied'] : [];
export const marked = (mark?: HistoryMark): Corrected =>
  mark === undefined ? {} : mark === 'annulled' ? { annulled: true } : { applied: true };

export interface AsOf {
  /** What was believed at this instant; now where absent. */
  readonly recordedAsOf?: string;
  /** What was true at this instant; the order of recording where absent. */
  readonly effectiveAsOf?: string;
}

interface CorrectionData {
  readonly target: string;
  readonly field?: string;
  readonly new?: unknown;
  readonly change?: unknown;
}

export const isCorrection = ({ type }: { readonly type: string }, effectOf: (type: string) => EffectOnHistory): boolean => {
  const effect = effectOf(type);
  return effect === 'replaces' || effect === 'annuls';
};

/** A correction that is still to be applied to its target. */
export const corrects = (event: { readonly type: string } & Corrected, effectOf: (type: string) => EffectOnHistory): boolean =>
  isCorrection(event, effectOf) && !event.applied;

/**
 * Applies the corrections among a stream's events to their targets: *replaces* gives the target the new value (`field: new`, or the new
 * identity), *annuls* marks it. The corrections stay in place, since audit shows them; folds pass over them.
 */
export const applyCorrections = <E extends Remembered>(
  events: readonly E[],
  effectOf: (type: string) => EffectOnHistory,
): readonly (E & Corrected)[] => {
  if (!events.some((event) => corrects(event, effectOf))) return events;
  const history: (E & Corrected)[] = [...events];
  const indexOf = new Map(history.map((event, index) => [`${event.stream}@${event.revision}`, index]));
  for (const event of events) {
    if (!corrects(event, effectOf)) continue;
    const effect = effectOf(event.type);
    const correction = event.data as unknown as CorrectionData;
    const index = indexOf.get(`${event.stream}@${correction.target}`);
    if (index === undefined) continue;
    const target = history[index]!;
    if (effect === 'annuls') history[index] = { ...target, annulled: true };
    else if (correction.field === 'effectiveAt') history[index] = { ...target, effectiveAt: correction.new as string };
    else if (correction.field !== undefined)
      history[index] = { ...target, data: { ...target.data, [correction.field]: correction.new } };
    else if (typeof correction.change === 'object' && correction.change !== null) {
      history[index] = { ...target, data: { ...target.data, identity: (correction.change as { new: unknown }).new } };
    } else {
      // Sealed or erased: the new value stands in the correction, and is opened there.
      history[index] = { ...target, data: { ...target.data, identity: correction.change } };
    }
  }
  return history;
};

/**
 * The events to fold for an as-of question. `recordedAsOf` takes the longest prefix recorded by then; `effectiveAsOf` applies that
 * prefix's corrections, drops what became effective later and orders by effective time, then position (domain.md, rule 1).
 */
export const asOf = <E extends Remembered>(
  events: readonly E[],
  effectOf: (type: string) => EffectOnHistory,
  when: AsOf,
): readonly (E & Corrected)[] => {
  const { recordedAsOf, effectiveAsOf } = when;
  const cut = recordedAsOf === undefined ? -1 : events.findIndex((event) => event.recordedAt > recordedAsOf);
  const prefix = cut === -1 ? events : events.slice(0, cut);
  const corrected = applyCorrections(prefix, effectOf);
  if (effectiveAsOf === undefined) return corrected;
  // In that order a later correction of one target may come before an earlier one: whoever applied them again would end with the earlier.
  return corrected
    .filter((event) => event.effectiveAt <= effectiveAsOf)
    .map((event) => (isCorrection(event, effectOf) ? { ...event, applied: true as const } : event))
    .toSorted((a, b) =>
      a.effectiveAt === b.effectiveAt ? (a.position < b.position ? -1 : 1) : a.effectiveAt < b.effectiveAt ? -1 : 1,
    );
};
