import type { Attempt } from '../../facts/attempt.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { saidResult, timely, type AttemptDecision, type K, type Said } from './guards.ts';

/** An appeal (申诉): once, by the learner, within the window; settled by somebody who did not moderate. */

export type AppealCommand =
  | { readonly type: 'FileAppeal'; readonly appealId: string }
  | { readonly type: 'UpholdAppeal'; readonly appealId: string; readonly result: Said }
  | { readonly type: 'DismissAppeal'; readonly appealId: string };

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Today decides, not the day that she says: the window is over when it is over. */
function file(s: Attempt, appealId: string, k: K): AttemptDecision {
  if (s.appeal?.outcome === 'open') return [];
  if (s.status !== 'published') return refuse('RESULT_NOT_PUBLISHED', { status: s.status });
  if (s.appeal) return refuse('APPEAL_SETTLED', { outcome: s.appeal.outcome });
  if (k.today > s.appealUntil!) return refuse('APPEAL_TOO_LATE', { until: s.appealUntil });
  return timely(s, k) ?? [{ type: 'AppealFiled', data: { appealId } }];
}

/** Why this person cannot settle this appeal now. */
function settleRefusal(s: Attempt, appealId: string, k: K): Refusal | null {
  if (s.appeal?.appealId !== appealId) return refuse('APPEAL_UNKNOWN', { appealId });
  if (s.appeal.outcome !== 'open') return refuse('APPEAL_SETTLED', { outcome: s.appeal.outcome });
  if (s.status !== 'published') return refuse('RESULT_NOT_PUBLISHED', { status: s.status });
  if (s.moderatedBy === k.actor.personId) return refuse('SAME_PERSON');
  return timely(s, k);
}

function uphold(s: Attempt, c: Extract<AppealCommand, { type: 'UpholdAppeal' }>, k: K): AttemptDecision {
  const result = saidResult(s, c.result, k);
  if (isRefusal(result)) return result;
  const said = s.history.findLast((e) => e.type === 'AppealUpheld');
  if (said?.data.appealId === c.appealId && sameContent(said.data.result, result)) return [];
  const refused = settleRefusal(s, c.appealId, k);
  if (refused) return refused;
  // What upholds an appeal changes something: otherwise it is dismissed.
  if (sameContent(s.result, result)) return refuse('NOTHING_TO_CORRECT');
  return [{ type: 'AppealUpheld', data: { appealId: c.appealId, result } }];
}

function dismiss(s: Attempt, appealId: string, k: K): AttemptDecision {
  if (s.appeal?.appealId === appealId && s.appeal.outcome === 'dismissed') return [];
  return settleRefusal(s, appealId, k) ?? [{ type: 'AppealDismissed', data: { appealId } }];
}

export function decideAppeal(s: Attempt, c: AppealCommand, k: K): AttemptDecision {
  switch (c.type) {
    case 'FileAppeal':
      return file(s, c.appealId, k);
    case 'UpholdAppeal':
      return uphold(s, c, k);
    case 'DismissAppeal':
      return dismiss(s, c.appealId, k);
    default:
      return c satisfies never;
  }
}
