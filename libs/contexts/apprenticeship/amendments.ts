import type { ContractEvent, ContractTerms, Party } from '../../events/catalog/apprenticeship.ts';
import { lapsedAmendment, pendingAmendment, unconsented, type Amendment, type Contract } from '../../facts/contract.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import { entry } from '../../kernel/same.ts';
import { needsRunning, partyRefusal, speaksFor, timely, type ContractDecision, type K } from './guards.ts';
import { changedSections, termsRefusal } from './signing.ts';

/** Amendments (变更): one at a time, and in force when every party consented. */
export type AmendmentCommand =
  | {
      readonly type: 'ProposeAmendment';
      readonly amendmentId: string;
      readonly by: Party;
      readonly terms: ContractTerms;
      readonly guardianNeeded: boolean;
      /** Instant. */
      readonly expiresAt: string;
    }
  | { readonly type: 'ConsentAmendment'; readonly amendmentId: string; readonly party: Party; readonly termsDigest: string }
  | { readonly type: 'RejectAmendment'; readonly amendmentId: string; readonly party: Party }
  | { readonly type: 'CancelAmendment'; readonly amendmentId: string }
  | { readonly type: 'ExpireAmendment'; readonly amendmentId: string };

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whoever proposes consents. One whose time is over no longer stands in the way, and is said to have expired. */
function propose(s: Contract, c: Extract<AmendmentCommand, { type: 'ProposeAmendment' }>, k: K): ContractDecision {
  const { amendmentId, by, guardianNeeded, expiresAt } = c;
  if (entry(s.amendments, amendmentId)) return [];
  const { texts, ...terms } = c.terms;
  const refused = needsRunning(s, k) ?? partyRefusal({ guardianNeeded }, by, k);
  if (refused) return refused;
  const pending = pendingAmendment(s, k.now);
  if (pending) return refuse('AMENDMENT_PENDING', { amendmentId: pending.amendmentId });
  if (terms.termsDigest === s.terms?.termsDigest) return refuse('NOTHING_TO_AMEND');
  if (terms.from !== s.terms?.from) return refuse('AMENDMENT_MOVES_START', { from: s.terms?.from });
  if (expiresAt <= k.now) return refuse('EXPIRY_PASSED', { expiresAt });
  const unfit = termsRefusal(c.terms, null, k);
  if (unfit) return unfit;
  if (terms.to < k.effectiveOn) return refuse('EXPIRY_PASSED', { expiresAt: terms.to });
  const lapsed = lapsedAmendment(s, k.now);
  const changed = changedSections(s.terms, c.terms);
  return [
    ...(lapsed ? [{ type: 'AmendmentExpired', data: { amendmentId: lapsed.amendmentId } } as const] : []),
    { type: 'AmendmentProposed', data: { amendmentId, by, terms, texts, changed, guardianNeeded, expiresAt } },
    { type: 'AmendmentConsented', data: { amendmentId, party: by, termsDigest: terms.termsDigest } },
  ];
}

/** One that still waits for an answer, in its time. */
function open(s: Contract, amendmentId: string, k: K): Amendment | Refusal {
  const amendment = entry(s.amendments, amendmentId);
  if (!amendment) return refuse('AMENDMENT_UNKNOWN');
  const { outcome, expiresAt } = amendment;
  if (outcome !== 'pending') return refuse('AMENDMENT_SETTLED', { outcome });
  if (expiresAt <= k.now) return refuse('AMENDMENT_EXPIRED', { expiresAt });
  return needsRunning(s, k) ?? amendment;
}

/** The last consent brings it into force. Longer days are taken on her gate before this is written. */
function consent(s: Contract, c: Extract<AmendmentCommand, { type: 'ConsentAmendment' }>, k: K): ContractDecision {
  const { amendmentId, party, termsDigest } = c;
  const known = entry(s.amendments, amendmentId);
  const refused = known ? partyRefusal(known, party, k) : null;
  if (refused) return refused;
  if (known?.consents.includes(party) && known.terms.termsDigest === termsDigest) return [];
  const amendment = open(s, amendmentId, k);
  if (isRefusal(amendment)) return amendment;
  const current = amendment.terms.termsDigest;
  if (current !== termsDigest) return refuse('TERMS_CHANGED', { current });
  const consented: ContractEvent = { type: 'AmendmentConsented', data: { amendmentId, party, termsDigest } };
  return isLastConsent(amendment, party) ? [consented, { type: 'AmendmentApproved', data: { amendmentId } }] : [consented];
}

export const isLastConsent = (amendment: Amendment, party: Party): boolean =>
  unconsented(amendment).every((one) => one === party);

function reject(s: Contract, c: Extract<AmendmentCommand, { type: 'RejectAmendment' }>, k: K): ContractDecision {
  const { amendmentId, party } = c;
  const known = entry(s.amendments, amendmentId);
  const refused = known ? partyRefusal(known, party, k) : null;
  if (refused) return refused;
  if (known?.outcome === 'rejected') return [];
  const amendment = open(s, amendmentId, k);
  return isRefusal(amendment) ? amendment : [{ type: 'AmendmentRejected', data: { amendmentId, party } }];
}

/** By whoever proposed it. */
function cancel(s: Contract, amendmentId: string, k: K): ContractDecision {
  const known = entry(s.amendments, amendmentId);
  if (known && !speaksFor(k.actor.role, known.by)) return refuse('PARTY_NOT_YOURS', { party: known.by });
  if (known?.outcome === 'cancelled') return [];
  const amendment = open(s, amendmentId, k);
  return isRefusal(amendment) ? amendment : [{ type: 'AmendmentCancelled', data: { amendmentId } }];
}

/** Says what is so already: its time is over. */
function expire(s: Contract, amendmentId: string, k: K): ContractDecision {
  const amendment = entry(s.amendments, amendmentId);
  if (!amendment) return refuse('AMENDMENT_UNKNOWN');
  const { outcome, expiresAt } = amendment;
  if (outcome === 'expired') return [];
  if (outcome !== 'pending') return refuse('AMENDMENT_SETTLED', { outcome });
  if (expiresAt > k.now) return refuse('AMENDMENT_NOT_EXPIRED', { expiresAt });
  return timely(s, k) ?? [{ type: 'AmendmentExpired', data: { amendmentId } }];
}

export function decideAmendment(s: Contract, c: AmendmentCommand, k: K): ContractDecision {
  switch (c.type) {
    case 'ProposeAmendment':
      return propose(s, c, k);
    case 'ConsentAmendment':
      return consent(s, c, k);
    case 'RejectAmendment':
      return reject(s, c, k);
    case 'CancelAmendment':
      return cancel(s, c.amendmentId, k);
    case 'ExpireAmendment':
      return expire(s, c.amendmentId, k);
    default:
      return c satisfies never;
  }
}
