import type { ContractEvent, TerminationGround } from '../../events/catalog/apprenticeship.ts';
import type { Contract } from '../../facts/contract.ts';
import { effective } from '../../kernel/decider.ts';
import { requestApproval, settleApproval, type SettleCommand } from '../../kernel/four-eyes.ts';
import { refuse } from '../../kernel/refusal.ts';
import { needs, needsLive, needsRunning, type ContractDecision, type K } from './guards.ts';

/** How a contract ends, and how a termination is reversed: that takes two people. */
export type EndingCommand =
  | { readonly type: 'CancelContract'; readonly ground: string }
  | {
      readonly type: 'TerminateContract';
      readonly ground: TerminationGround;
      /** Plain date of the written notice, and where it is kept. */
      readonly noticeGivenOn: string;
      readonly notice: string;
    }
  | { readonly type: 'CompleteContract' }
  | { readonly type: 'RequestTerminationReversal'; readonly requestId: string; readonly evidence: readonly string[] }
  | SettleCommand;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function terminate(s: Contract, c: Extract<EndingCommand, { type: 'TerminateContract' }>, k: K): ContractDecision {
  const { ground, noticeGivenOn, notice } = c;
  const said = s.status === 'terminated' ? s.termination : null;
  if (said?.ground === ground && said.noticeGivenOn === noticeGivenOn && said.notice === notice) return [];
  const refused = needsRunning(s, k);
  if (refused) return refused;
  const endedOn = k.effectiveOn;
  if (noticeGivenOn > endedOn) return refuse('NOTICE_AFTER_END', { noticeGivenOn, endedOn });
  return [{ type: 'ContractTerminated', data: { ground, noticeGivenOn, notice, endedOn } }];
}

function complete(s: Contract, k: K): ContractDecision {
  if (s.status === 'completed') return [];
  const refused = needsLive(s, k);
  if (refused) return refused;
  const { to } = s.terms!;
  const passed = s.gateway.includes('school') && s.gateway.includes('enterprise');
  if (k.effectiveOn < to && !passed) return refuse('CONTRACT_NOT_DUE', { to });
  return [{ type: 'ContractCompleted', data: { endedOn: k.effectiveOn } }];
}

/** What a reversal would change, as it stands now. */
const against = (s: Contract): string => `status:${s.status}@${s.termination?.revision.toString() ?? '-'}`;

function requestReversal(s: Contract, c: Extract<EndingCommand, { type: 'RequestTerminationReversal' }>): ContractDecision {
  const { requestId, evidence } = c;
  if (s.status !== 'terminated' || !s.termination) return refuse('CONTRACT_NOT_TERMINATED', { status: s.status });
  const target = s.termination.revision;
  const targetEffectiveAt = s.history.find((e) => e.revision === target)!.effectiveAt;
  return requestApproval(s.approvals, {
    requestId,
    act: 'ReverseTermination',
    against: against(s),
    target: target.toString(),
    targetEffectiveAt,
    proposal: {},
    personal: null,
    evidence,
  });
}

/** Live or suspended, as it was. Her days are taken again before this is written. */
const settle = (s: Contract, c: SettleCommand, k: K): ContractDecision =>
  settleApproval<ContractEvent>(
    s.approvals,
    c,
    k,
    () => against(s),
    ({ requestId, target, targetEffectiveAt }) => [
      effective(targetEffectiveAt!, { type: 'TerminationReversed', data: { requestId, target: target! } }),
    ],
  );

export function decideEnding(s: Contract, c: EndingCommand, k: K): ContractDecision {
  switch (c.type) {
    case 'CancelContract':
      if (s.status === 'cancelled') return [];
      return needs(s, k, ['draft', 'concluded'], 'CONTRACT_BEGUN') ?? [{ type: 'ContractCancelled', data: { ground: c.ground } }];
    case 'TerminateContract':
      return terminate(s, c, k);
    case 'CompleteContract':
      return complete(s, k);
    case 'RequestTerminationReversal':
      return requestReversal(s, c);
    case 'GrantApproval':
    case 'RefuseApproval':
      return settle(s, c, k);
    default:
      return c satisfies never;
  }
}
