import type { Span } from '../../events/catalog/apprenticeship.ts';
import { contractFact, contractStream, isOpenContract, type Contract } from '../../facts/contract.ts';
import { heldPeriod } from '../../facts/periods.ts';
import { selectionFact, selectionStream, type Selection } from '../../facts/selection.ts';
import { takeClaim, type Claims } from '../../kernel/claim.ts';
import type { Source, Take } from '../../kernel/plan.ts';

/** What must be exclusive in this context, and how to see who holds it: an offer that is used once, and the learner's days. */
export { claimsOf, type Claims } from '../../kernel/claim.ts';

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

const ownerOf = (stream: string): Source =>
  stream.startsWith('contract-') ? contractFact(idOf(stream)) : selectionFact(idOf(stream));

/** A contract uses its offer for good, whatever becomes of it; a selection that ends after the acceptance uses it up itself. */
const usesOffer = (owner: unknown): boolean =>
  'terms' in (owner as Contract | Selection)
    ? (owner as Contract).status !== 'none'
    : ['rejected', 'withdrawn'].includes((owner as Selection).status);

/** One contract per accepted offer. `owner` is the stream that uses it. */
export const offerClaim = (stream: string, owner: string): Take =>
  takeClaim({ stream, kind: 'offer', owner: ownerOf(owner), holds: usesOffer, otherwise: 'OFFER_USED', ownerOf });

/**
 * The days of an accepted offer: held in the name of its acceptance until its contract is over, or that is taken back. An acceptance that comes
 * too late holds nothing, not even where the contract let go of the days meanwhile.
 */
export const selectionPeriod = (learnerId: string, selectionId: string, { from, to }: Span): Take =>
  heldPeriod({
    learnerId,
    owner: selectionFact(selectionId),
    from,
    to,
    holds: () => false,
    leaves: (owner) => {
      const { status, acceptedBy } = owner as Selection;
      return status === 'accepted' && acceptedBy !== null ? { takenBy: acceptedBy } : {};
    },
    ownerOf: (holder, span) => periodOf(learnerId, holder, span),
  });

/**
 * The days of a contract, beside those of its own offer. Whoever lets go sees what it is now: open, so that exactly its days stay; over, so that
 * they go together with its offer's, and what it occupied is remembered; or never drafted.
 */
export const contractPeriod = (learnerId: string, contractId: string, { from, to }: Span, selectionId: string | null): Take =>
  heldPeriod({
    learnerId,
    owner: contractFact(contractId),
    from,
    to,
    ...(selectionId === null ? {} : { beside: selectionStream(selectionId) }),
    holds: () => false,
    leaves: (owner) => {
      const state = owner as Contract;
      if (isOpenContract(state)) return { keeping: { from: state.terms!.from, to: state.terms!.to } };
      return {
        ...(state.endedOn === null ? {} : { until: state.endedOn }),
        ...(state.selectionId === null ? {} : { also: selectionStream(state.selectionId) }),
      };
    },
    ownerOf: (holder, span) => periodOf(learnerId, holder, span),
  });

/** The take of a holder that the gate names. Days that nobody here holds stay as they are. */
function periodOf(learnerId: string, holder: string, span: Span): readonly Take[] {
  if (holder.startsWith('selection-')) return [selectionPeriod(learnerId, idOf(holder), span)];
  return holder.startsWith(contractStream('')) ? [contractPeriod(learnerId, idOf(holder), span, null)] : [];
}

/** The takes that an event opened on a gate of this context, for recovery. Empty for events that take nothing. */
export function takesOf(
  _claims: Claims,
  event: { readonly type: string; readonly stream: string; readonly data: object },
): readonly Take[] {
  const data = event.data as { owner?: string; kind?: string; holder?: string } & Span;
  switch (event.type) {
    case 'ClaimTaken':
      return data.kind === 'offer' ? [offerClaim(event.stream, data.owner!)] : [];
    case 'PeriodHeld':
      return periodOf(idOf(event.stream), data.holder!, data);
    default:
      return [];
  }
}
