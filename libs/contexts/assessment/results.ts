import type { Result } from '../../events/catalog/assessment.ts';
import type { Attempt, ImportedResult } from '../../facts/attempt.ts';
import { workingDaysAfter } from '../../facts/reference.ts';
import { isRefusal, refuse } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { saidResult, timely, type AttemptDecision, type K, type Said } from './guards.ts';

/** What becomes of a submitted result: moderated, published, final; or the attempt is voided. And results of before the ledger. */

export type ResultCommand =
  /** Null confirms what was submitted. `reasoned`: whether the command says why. */
  | { readonly type: 'ModerateResult'; readonly adjusted: Said | null; readonly reasoned: boolean }
  | { readonly type: 'PublishResult' }
  | { readonly type: 'FinalizeResult' }
  | { readonly type: 'VoidAttempt'; readonly ground: 'misconduct' | 'opened-in-error' };

/** Attested by sheet and person; the importer has looked up everything that it names. */
export interface ImportResult {
  readonly type: 'ImportResult';
  readonly content: ImportedResult;
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** By another person than submitted it; once more before the publication, if something was overlooked. */
function moderate(s: Attempt, c: Extract<ResultCommand, { type: 'ModerateResult' }>, k: K): AttemptDecision {
  const moderated = s.history.findLast((e) => e.type === 'ResultModerated');
  const confirmed = s.status === 'moderated' || s.status === 'submitted' ? s.result : (moderated?.data.result ?? null);
  const result = c.adjusted === null ? confirmed : saidResult(s, c.adjusted, k);
  if (isRefusal(result)) return result;
  if (moderated && result !== null && sameContent(moderated.data.result, result)) return [];
  if (result === null || (s.status !== 'submitted' && s.status !== 'moderated'))
    return refuse('RESULT_NOT_SUBMITTED', { status: s.status });
  if (s.submittedBy === k.actor.personId) return refuse('SAME_PERSON');
  if (!c.reasoned && !sameContent(s.result, result)) return refuse('REASON_NEEDED');
  return timely(s, k) ?? [{ type: 'ResultModerated', data: { result } }];
}

const creditsOf = (s: Attempt): number => s.opened!.credits;

/** The window begins on the day of recording: a publication stated for an earlier day would shorten it. */
function publish(s: Attempt, k: K): AttemptDecision {
  if (s.status === 'published' || s.status === 'final') return [];
  if (s.status !== 'moderated') return refuse('RESULT_NOT_MODERATED', { status: s.status });
  const appealUntil = workingDaysAfter(k.facts.calendar ?? null, k.today, k.facts.policy!.appealWorkingDays);
  return timely(s, k) ?? [{ type: 'ResultPublished', data: { result: s.result!, credits: creditsOf(s), appealUntil } }];
}

function finalize(s: Attempt, k: K): AttemptDecision {
  if (s.status === 'final') return [];
  if (s.status !== 'published') return refuse('RESULT_NOT_PUBLISHED', { status: s.status });
  if (s.appeal?.outcome === 'open') return refuse('APPEAL_OPEN', { appealId: s.appeal.appealId });
  if (k.effectiveOn <= s.appealUntil!) return refuse('APPEAL_WINDOW_OPEN', { until: s.appealUntil });
  return timely(s, k) ?? [{ type: 'ResultFinalized', data: { result: s.result!, credits: creditsOf(s) } }];
}

/** Until it is final; afterwards corrections only. */
function voidAttempt(s: Attempt, ground: 'misconduct' | 'opened-in-error', k: K): AttemptDecision {
  if (s.voided === ground) return [];
  if (s.voided !== null) return refuse('ATTEMPT_VOIDED', { ground: s.voided });
  if (s.status === 'final' || s.status === 'imported') return refuse('RESULT_FINAL');
  return timely(s, k) ?? [{ type: 'AttemptVoided', data: { ground } }];
}

export function decideResult(s: Attempt, c: ResultCommand, k: K): AttemptDecision {
  switch (c.type) {
    case 'ModerateResult':
      return moderate(s, c, k);
    case 'PublishResult':
      return publish(s, k);
    case 'FinalizeResult':
      return finalize(s, k);
    case 'VoidAttempt':
      return voidAttempt(s, c.ground, k);
    default:
      return c satisfies never;
  }
}

// ── imports ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Field by field: scores name nobody. Whether the ledger knows the course by now is nothing that a sheet says. */
function differences(recorded: ImportedResult, given: ImportedResult): readonly object[] {
  const flat = ({ source: _source, courseId: _known, result, ...rest }: ImportedResult): Readonly<Record<string, unknown>> => ({
    ...rest,
    ...result,
  });
  const [old, now] = [flat(recorded), flat(given)];
  return Object.keys(now)
    .filter((field) => !sameContent(old[field], now[field]))
    .map((field) => ({ field, old: old[field] ?? null, new: now[field] ?? null }));
}

/** The same row again says nothing new, nor does a row that says what a correction made of it. */
export function importResult(s: Attempt, { content }: ImportResult): AttemptDecision {
  if (s.status === 'none') return [{ type: 'ResultImported', data: content }];
  if (!s.imported) return refuse('ATTEMPT_EXISTS', { number: s.opened?.number ?? null, recorded: s.opened });
  const asRecorded = s.history.find((e) => e.type === 'ResultImported')?.data;
  const result: Result = s.result ?? s.imported.result;
  const different = differences({ ...s.imported, result }, content);
  const sameRow = asRecorded !== undefined && differences(asRecorded, content).length === 0;
  return sameRow || different.length === 0 ? [] : refuse('ROW_DIFFERS', { differences: different });
}
