import type { AttemptEvent, Result } from '../../events/catalog/assessment.ts';
import { isPublic, type Attempt } from '../../facts/attempt.ts';
import { effective } from '../../kernel/decider.ts';
import { requestApproval, settleApproval, type ApprovalRequest, type SettleCommand } from '../../kernel/four-eyes.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { saidResult, type AttemptDecision, type K, type Said } from './guards.ts';

/** A grade correction (成绩更正): two people, at any time after the publication. */

export type CorrectionCommand =
  | {
      readonly type: 'RequestGradeCorrection';
      readonly requestId: string;
      readonly result: Said;
      readonly evidence: readonly string[];
    }
  | SettleCommand;

type Corrected = Extract<AttemptEvent, { type: 'GradeCorrected' }>['data'];

/** What follows for the credit. */
export function consequenceOf(old: Result, now: Result): Corrected['consequence'] {
  if (old.passed !== now.passed) return now.passed ? 'deposits-credit' : 'reverses-credit';
  return now.passed ? 'changes-grade' : 'none';
}

/** What the request would change, as it stands now: a result that was said anew makes the request stale. */
const against = (s: Attempt): string => `result@${s.resultRevision ?? '-'}:${JSON.stringify(s.result)}`;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function request(s: Attempt, c: Extract<CorrectionCommand, { type: 'RequestGradeCorrection' }>, k: K): AttemptDecision {
  if (!isPublic(s)) return refuse('RESULT_NOT_PUBLISHED', { status: s.status });
  const now = saidResult(s, c.result, k);
  if (isRefusal(now)) return now;
  if (sameContent(s.result, now)) return refuse('NOTHING_TO_CORRECT');
  const target = s.history.find(({ revision }) => revision === s.resultRevision)!;
  return requestApproval(s.approvals, {
    requestId: c.requestId,
    act: 'CorrectGrade',
    against: against(s),
    target: target.revision.toString(),
    targetEffectiveAt: target.effectiveAt,
    proposal: { field: 'result', old: s.result, new: now },
    personal: null,
    evidence: c.evidence,
  });
}

function settle(s: Attempt, c: SettleCommand, k: K): AttemptDecision {
  const produce = (r: ApprovalRequest): readonly AttemptEvent[] | Refusal => {
    const { old, new: now } = r.proposal as { readonly old: Result; readonly new: Result };
    const { requestId, target } = r;
    return [
      effective(r.targetEffectiveAt!, {
        type: 'GradeCorrected',
        data: { requestId, target: target!, field: 'result', old, new: now, consequence: consequenceOf(old, now) },
      }),
    ];
  };
  return settleApproval<AttemptEvent>(s.approvals, c, k, () => (isPublic(s) ? against(s) : s.status), produce);
}

export function decideCorrection(s: Attempt, c: CorrectionCommand, k: K): AttemptDecision {
  return c.type === 'RequestGradeCorrection' ? request(s, c, k) : settle(s, c, k);
}
