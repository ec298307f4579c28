import type { AttemptEvent, AttemptStatus, ComponentResult, Result } from '../events/catalog/assessment.ts';
import { effectOf } from '../events/events.ts';
import { applyCorrections, type Historic } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import { evolveApprovals, type Approvals } from '../kernel/four-eyes.ts';
import { History } from '../kernel/history.ts';
import { source, type Source } from '../kernel/plan.ts';

export { attemptStatuses, type AttemptStatus } from '../events/catalog/assessment.ts';

/** What an attempt's events add up to: one fold for decisions, for the transcript and for as-of questions. */
export const attemptStream = (attemptId: string): string => `attempt-${attemptId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Said<T extends AttemptEvent['type']> = Extract<AttemptEvent, { readonly type: T }>['data'];

export type AttemptTerms = Said<'AttemptOpened'>;
export type ImportedResult = Said<'ResultImported'>;
export type AssessorScore = Said<'ComponentScored'>;

export interface Appeal {
  readonly appealId: string;
  /** Instant. */
  readonly filedAt: string;
  readonly outcome: 'open' | 'upheld' | 'dismissed';
}

export interface Attempt {
  readonly status: AttemptStatus | 'none';
  /** Instant at which that status became true. */
  readonly statusSince: string;
  /** Of an attempt that was opened here; null for a result of before the ledger, and the other way round. */
  readonly opened: AttemptTerms | null;
  readonly imported: ImportedResult | null;
  /** The last word of each assessor on each part, in the order in which they first spoke. */
  readonly scores: readonly AssessorScore[];
  /** What the scores came to when the result was submitted. */
  readonly components: readonly ComponentResult[];
  /** What was said last, corrections applied; null until it is submitted. Nobody outside sees it before `publishedAt`. */
  readonly result: Result | null;
  /** Revision of the event that said it: what a correction replaces. */
  readonly resultRevision: bigint | null;
  readonly submittedBy: string | null;
  readonly moderatedBy: string | null;
  /** Instant; null before the publication. An imported result was public from the start. */
  readonly publishedAt: string | null;
  /** Plain date, the last day on which an appeal can be filed. */
  readonly appealUntil: string | null;
  readonly appeal: Appeal | null;
  /** Null where it stands; `unknown` where a sheet of before the ledger says no more than that it was voided. */
  readonly voided: Said<'AttemptVoided'>['ground'] | 'unknown' | null;
  readonly lastChangeAt: string;
  readonly approvals: Approvals;
  /** All events: a correction changes what an earlier one said, so the state is folded again. */
  readonly history: History<AttemptEvent>;
}

export const initialAttempt: Attempt = {
  status: 'none',
  statusSince: '',
  opened: null,
  imported: null,
  scores: [],
  components: [],
  result: null,
  resultRevision: null,
  submittedBy: null,
  moderatedBy: null,
  publishedAt: null,
  appealUntil: null,
  appeal: null,
  voided: null,
  lastChangeAt: '',
  approvals: {},
  history: History.none,
};

/** Whether there is a result that the learner may see. */
export const isPublic = ({ publishedAt, status }: Attempt): boolean => publishedAt !== null && status !== 'voided';

/** From 1. A result of before the ledger has no number: whatever follows it is the second. */
export const numberOf = ({ opened }: Attempt): number => opened?.number ?? 1;

export const learnerOf = ({ opened, imported }: Attempt): string | null => opened?.learnerId ?? imported?.learnerId ?? null;

/** Null for a result whose course the ledger does not know. */
export const courseOf = ({ opened, imported }: Attempt): string | null => opened?.courseId ?? imported?.courseId ?? null;

const samePart = (a: AssessorScore, b: AssessorScore): boolean =>
  a.component === b.component && a.part === b.part && a.assessor === b.assessor;

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One event, as history reads it. Passes over corrections, which were applied to their targets, and takes events in any order. */
export function applyAttemptEvent(s: Attempt, e: Historic<AttemptEvent>): Attempt {
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  const into = (status: AttemptStatus): Attempt => ({ ...moved, status, statusSince: e.effectiveAt });
  const saying = (state: Attempt, result: Result): Attempt => ({ ...state, result, resultRevision: e.revision });
  const settled = (appealId: string, outcome: Appeal['outcome']): Appeal => ({
    appealId,
    filedAt: s.appeal?.filedAt ?? e.effectiveAt,
    outcome,
  });
  switch (e.type) {
    case 'AttemptOpened':
      return { ...into('open'), opened: e.data };
    case 'ResultImported':
      return {
        ...saying(into(e.data.voided ? 'voided' : 'imported'), e.data.result),
        imported: e.data,
        publishedAt: e.effectiveAt,
        voided: e.data.voided ? 'unknown' : null,
      };
    case 'ComponentScored': {
      const known = s.scores.some((score) => samePart(score, e.data));
      const scores = known ? s.scores.map((score) => (samePart(score, e.data) ? e.data : score)) : [...s.scores, e.data];
      return { ...moved, scores };
    }
    case 'ResultSubmitted':
      return {
        ...saying(into('submitted'), e.data.result),
        components: e.data.components,
        submittedBy: e.actor.personId,
      };
    case 'ResultModerated':
      return { ...saying(into('moderated'), e.data.result), moderatedBy: e.actor.personId };
    case 'ResultPublished':
      return {
        ...saying(into('published'), e.data.result),
        publishedAt: e.effectiveAt,
        appealUntil: e.data.appealUntil,
      };
    case 'AppealFiled':
      return { ...moved, appeal: { appealId: e.data.appealId, filedAt: e.effectiveAt, outcome: 'open' } };
    case 'AppealUpheld':
      return { ...saying(moved, e.data.result), appeal: settled(e.data.appealId, 'upheld') };
    case 'AppealDismissed':
      return { ...moved, appeal: settled(e.data.appealId, 'dismissed') };
    case 'ResultFinalized':
      return saying(into('final'), e.data.result);
    case 'AttemptVoided':
      return { ...into('voided'), voided: e.data.ground };
    case 'ApprovalRequested':
    case 'ApprovalGranted':
    case 'ApprovalRefused':
    case 'ApprovalStale':
      return { ...s, approvals: evolveApprovals(s.approvals, e) };
    case 'GradeCorrected':
      return s;
    default:
      return e satisfies never;
  }
}

export const foldAttempt = (history: readonly Historic<AttemptEvent>[]): Attempt =>
  history.reduce(applyAttemptEvent, initialAttempt);

export function evolveAttempt(s: Attempt, e: Recorded<AttemptEvent>): Attempt {
  const history = s.history.with(e);
  const state = e.type === 'GradeCorrected' ? foldAttempt(applyCorrections(history.all(), effectOf)) : applyAttemptEvent(s, e);
  return { ...state, history };
}

/** Folded from an already corrected or cut history it reads the same: `initialAttempt` where there is no such attempt. */
export const attemptFact = (attemptId: string): Source<Attempt> =>
  source(attemptStream(attemptId), { initial: initialAttempt, evolve: evolveAttempt });
