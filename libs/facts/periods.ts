import type { Span } from '../events/catalog/apprenticeship.ts';
import type { LearnerEvent } from '../events/catalog/enrollment.ts';
import type { Circumstances, Decider, Decision } from '../kernel/decider.ts';
import { leg, type Source, type Take } from '../kernel/plan.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import { evolveLearner, initialLearner, learnerStream, type Learner } from './learner.ts';

/**
 * The learner's days: whom she trains with in a span of plain dates, held on her own stream so that no two overlap.
 * A holder is the stream that holds them: `selection-…` for an accepted offer, `contract-…` for a contract.
 */

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface HoldPeriod extends Span {
  readonly type: 'HoldPeriod';
  readonly holder: string;
  /** Another holder beside whom it may lie: a contract beside the offer that it rests on. */
  readonly beside?: string;
}

export interface ReleasePeriod {
  readonly type: 'ReleasePeriod';
  readonly holder: string;
  /** Plain date from which it no longer did; absent where it never began. */
  readonly until?: string;
  /** A holder that goes with it: the offer that a contract rested on. */
  readonly also?: string;
  /** The command whose take came through: while that is among the takers, nothing is let go. */
  readonly takenBy?: string;
  /** The days that it still holds, in the name of its first taker: the rest is let go. */
  readonly keeping?: Span;
}

export type PeriodCommand = HoldPeriod | ReleasePeriod;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An enterprise is not told with whom else she trains, nor when. */
const overlap = (holder: string, from: string, to: string, k: Circumstances): Refusal =>
  refuse('PERIODS_OVERLAP', k.actor.role === 'enterprise' ? {} : { with: holder, from, to });

function hold(s: Learner, c: HoldPeriod, k: Circumstances): Decision<LearnerEvent> {
  if (!s.known) return refuse('NOT_FOUND');
  if (s.annulled) return refuse('LEARNER_ANNULLED');
  if (s.periods[c.holder]?.takers.includes(k.commandId)) return [];
  for (const [holder, period] of Object.entries(s.periods)) {
    if (holder === c.holder || holder === c.beside) continue;
    if (period.from <= c.to && c.from <= period.to) return overlap(holder, period.from, period.to, k);
  }
  // What is over occupied its days too: nothing is put in its place afterwards.
  for (const [holder, period] of Object.entries(s.pastPeriods)) {
    if (holder !== c.holder && period.from <= c.to && c.from < period.until) return overlap(holder, period.from, period.until, k);
  }
  return [{ type: 'PeriodHeld', data: { holder: c.holder, from: c.from, to: c.to, commandId: k.commandId } }];
}

function release(s: Learner, c: ReleasePeriod): Decision<LearnerEvent> {
  const held = s.periods[c.holder];
  if (!held) return [];
  const { holder, until, also, takenBy, keeping } = c;
  if (takenBy !== undefined && held.takers.includes(takenBy)) return [];
  if (keeping && held.takers.length === 1 && held.from === keeping.from && held.to === keeping.to) return [];
  const released: LearnerEvent[] = [{ type: 'PeriodReleased', data: { holder, ...(until === undefined ? {} : { until }) } }];
  if (also !== undefined && s.periods[also]) released.push({ type: 'PeriodReleased', data: { holder: also } });
  if (keeping) {
    const { from, to } = keeping;
    released.push({ type: 'PeriodHeld', data: { holder, from, to, commandId: held.takers[0]! } });
  }
  return released;
}

export function decidePeriod(s: Learner, c: PeriodCommand, k: Circumstances): Decision<LearnerEvent> {
  switch (c.type) {
    case 'HoldPeriod':
      return hold(s, c, k);
    case 'ReleasePeriod':
      return release(s, c);
    default:
      return c satisfies never;
  }
}

/** The learner's gate as far as it is about her days: the same fold as everywhere, so it is remembered once. */
export const periods: Decider<Learner, PeriodCommand, LearnerEvent> = {
  initial: initialLearner,
  evolve: evolveLearner,
  decide: decidePeriod,
};

// ── gate ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface PeriodTerms extends Span {
  readonly learnerId: string;
  /** Who will hold them, and how to see in its state that nothing is to be let go. */
  readonly owner: Source;
  readonly holds: (owner: unknown) => boolean;
  /** What is let go and what stays, seeing the owner. */
  readonly leaves: (owner: unknown) => Omit<ReleasePeriod, 'type' | 'holder'>;
  readonly beside?: string;
  /** How to look at another holder, whose take may be a crashed writer's. */
  readonly ownerOf: (holder: string, span: Span) => readonly Take[];
}

/** Taking a span of a learner's days for an owner, gate first. */
export const heldPeriod = ({ learnerId, owner, from, to, beside, holds, leaves, ownerOf }: PeriodTerms): Take => {
  const holder = owner.stream;
  const hers = learnerStream(learnerId);
  return {
    ...leg(hers, periods, { type: 'HoldPeriod', holder, from, to, ...(beside === undefined ? {} : { beside }) }),
    owner,
    holds,
    takers: (gate) => (gate as Learner).periods[holder]?.takers ?? [],
    drop: (state) => leg(hers, periods, { type: 'ReleasePeriod', holder, ...leaves(state) }),
    rivals: (gate) =>
      Object.entries((gate as Learner).periods)
        .filter(([other, { takers }]) => other !== holder && other !== beside && takers.length > 0)
        .flatMap(([other, span]) => ownerOf(other, span)),
  };
};
