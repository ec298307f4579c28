import type { EnrollmentEvent } from '../../events/catalog/enrollment.ts';
import type { Enrollment } from '../../facts/enrollment.ts';
import type { Historic } from '../../kernel/as-of.ts';
import { effective } from '../../kernel/decider.ts';
import { requestApproval, settleApproval, type ApprovalRequest, type SettleCommand } from '../../kernel/four-eyes.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { correctionRefusal } from './corrections.ts';
import { classRefusal, correctedHistory, timely, type EnrollmentDecision, type K } from './guards.ts';

/** What it takes two people to do to an enrollment: annul an admission, revoke a registration, revert a withdrawal, correct a word. */
export type ApprovalCommand =
  | { readonly type: 'RequestAdmissionAnnulment'; readonly requestId: string; readonly evidence: readonly string[] }
  | {
      readonly type: 'RequestRevocation';
      readonly requestId: string;
      readonly ground: 'recheck-failed' | 'fraud';
      readonly evidence: readonly string[];
    }
  | { readonly type: 'RequestWithdrawalReversal'; readonly requestId: string; readonly evidence: readonly string[] }
  | {
      readonly type: 'RequestEnrollmentCorrection';
      readonly requestId: string;
      /** Revision of the event to correct. */
      readonly target: string;
      readonly field: string;
      readonly value: unknown;
      readonly evidence: readonly string[];
    }
  | SettleCommand;

const valueOf = (event: Historic<EnrollmentEvent>, field: string): unknown =>
  field === 'effectiveAt' ? event.effectiveAt : (event.data as Readonly<Record<string, unknown>>)[field];

/** What a request would change, as it stands now: a status, target or value that moved makes the request stale. */
function against(s: Enrollment, act: string, target: string | null, proposal: Readonly<Record<string, unknown>>): string {
  if (act !== 'CorrectEnrollment') {
    const moved = s.history.findLast((e) => e.type === 'EnrollmentCorrected' && e.data.target === target);
    return `status:${s.status}@${target ?? '-'}${moved ? `~${moved.revision}` : ''}`;
  }
  const field = proposal['field'] as string;
  const event = correctedHistory(s).find((e) => e.revision.toString() === target);
  return `${field}:${!event || event.annulled ? 'annulled' : JSON.stringify(valueOf(event, field) ?? null)}`;
}

const opening = (s: Enrollment): Historic<EnrollmentEvent> | undefined =>
  s.history.find((e) => e.type === 'LearnerAdmitted' || e.type === 'EnrollmentImported' || e.type === 'StudentTransferredIn');

function request(
  s: Enrollment,
  by: { requestId: string; evidence: readonly string[] },
  act: string,
  target: Historic<EnrollmentEvent> | undefined,
  proposal: Readonly<Record<string, unknown>>,
): EnrollmentDecision {
  const revision = target ? target.revision.toString() : null;
  return requestApproval(s.approvals, {
    requestId: by.requestId,
    act,
    against: against(s, act, revision, proposal),
    target: revision,
    targetEffectiveAt: target?.effectiveAt ?? null,
    proposal,
    personal: null,
    evidence: by.evidence,
  });
}

function requestAnnulment(s: Enrollment, c: Extract<ApprovalCommand, { type: 'RequestAdmissionAnnulment' }>): EnrollmentDecision {
  if (s.status !== 'admitted' && s.status !== 'place-retained') return refuse('ENROLLMENT_NOT_ADMITTED', { status: s.status });
  return request(s, c, 'AnnulAdmission', opening(s), {});
}

/** At any time after registration, graduation included: fraud may be found late. */
function requestRevocation(s: Enrollment, c: Extract<ApprovalCommand, { type: 'RequestRevocation' }>): EnrollmentDecision {
  if (!s.everRegistered || s.status === 'revoked') return refuse('ENROLLMENT_NEVER_REGISTERED', { status: s.status });
  return request(s, c, 'RevokeRegistration', undefined, { ground: c.ground });
}

function requestReversal(s: Enrollment, c: Extract<ApprovalCommand, { type: 'RequestWithdrawalReversal' }>): EnrollmentDecision {
  const withdrawal = correctedHistory(s).findLast((e) => e.type === 'StudentWithdrawn' && !e.annulled);
  if (s.status !== 'withdrawn' || !withdrawal) return refuse('ENROLLMENT_NOT_WITHDRAWN', { status: s.status });
  return request(s, c, 'RevertWithdrawal', withdrawal, {});
}

function requestCorrection(
  s: Enrollment,
  c: Extract<ApprovalCommand, { type: 'RequestEnrollmentCorrection' }>,
  k: K,
): EnrollmentDecision {
  const target = correctedHistory(s).find((e) => e.revision.toString() === c.target);
  if (!target || target.annulled) return refuse('TARGET_UNKNOWN', { revision: c.target });
  const refused = correctionRefusal(target, c.field, c.value, k.now);
  if (refused) return refused;
  const old = valueOf(target, c.field) ?? null;
  if (old === c.value) return refuse('NOTHING_TO_CORRECT');
  const unfit = c.field === 'classId' ? classRefusal(c.value as string | null, k.facts.class) : null;
  if (unfit) return unfit;
  return request(s, c, 'CorrectEnrollment', target, { field: c.field, old, new: c.value });
}

function settle(s: Enrollment, c: SettleCommand, k: K): EnrollmentDecision {
  const produce = (r: ApprovalRequest): readonly EnrollmentEvent[] | Refusal => {
    const { requestId, target } = r;
    switch (r.act) {
      case 'AnnulAdmission':
        return [effective(r.targetEffectiveAt!, { type: 'AdmissionAnnulled', data: { requestId, target: target! } })];
      case 'RevertWithdrawal':
        return [effective(r.targetEffectiveAt!, { type: 'WithdrawalReverted', data: { requestId, target: target! } })];
      case 'CorrectEnrollment': {
        const { field, old, new: value } = r.proposal as { field: string; old: unknown; new: unknown };
        return [
          effective(r.targetEffectiveAt!, {
            type: 'EnrollmentCorrected',
            data: { requestId, target: target!, field, old, new: value },
          }),
        ];
      }
      default:
        // A new fact, and the one that a locked record takes: fraud may be found at any time.
        return timely(s, k) ?? [{ type: 'RegistrationRevoked', data: { requestId, ground: r.proposal['ground'] as 'fraud' } }];
    }
  };
  return settleApproval<EnrollmentEvent>(s.approvals, c, k, (r) => against(s, r.act, r.target, r.proposal), produce);
}

export function decideApproval(s: Enrollment, c: ApprovalCommand, k: K): EnrollmentDecision {
  switch (c.type) {
    case 'RequestAdmissionAnnulment':
      return requestAnnulment(s, c);
    case 'RequestRevocation':
      return requestRevocation(s, c);
    case 'RequestWithdrawalReversal':
      return requestReversal(s, c);
    case 'RequestEnrollmentCorrection':
      return requestCorrection(s, c, k);
    case 'GrantApproval':
    case 'RefuseApproval':
      return settle(s, c, k);
    default:
      return c satisfies never;
  }
}
