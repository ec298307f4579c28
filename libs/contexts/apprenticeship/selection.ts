import type { SelectionEvent, Span } from '../../events/catalog/apprenticeship.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import type { Enrollment } from '../../facts/enrollment.ts';
import type { Opening } from '../../facts/opening.ts';
import {
  evolveSelection,
  hasLapsed,
  initialSelection,
  isOpenSelection,
  sidesMissing,
  type Selection,
} from '../../facts/selection.ts';
import type { Bilingual } from '../../kernel/bilingual.ts';
import type { Circumstances, Decider, Decision } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { speaksFor, studentRefusal, timely, withinRefusal } from './guards.ts';

/** A selection (遴选): one learner and one opening, which are its key. Its state and fold are in facts, because views share them. */
export { selectionIdOf, selectionStream, type Selection } from '../../facts/selection.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SubmitApplication {
  readonly type: 'SubmitApplication';
  readonly openingId: string;
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly statement: string | null;
}

export type SelectionCommand =
  | SubmitApplication
  | { readonly type: 'ScreenApplication' }
  | { readonly type: 'AssessApplicant'; readonly by: Side; readonly score: number | null; readonly recommended: boolean }
  | ({ readonly type: 'MakeOffer'; readonly post: Bilingual; readonly expiresAt: string } & Span)
  | { readonly type: 'AcceptOffer' }
  | { readonly type: 'DeclineOffer' }
  | { readonly type: 'ExpireOffer' }
  | { readonly type: 'RejectApplication'; readonly by: Side }
  | { readonly type: 'WithdrawApplication' };

export interface SelectionFacts {
  readonly opening?: Opening;
  readonly enrollment?: Enrollment;
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

type SelectionDecision = Decision<SelectionEvent>;
type K = Circumstances<SelectionFacts>;

function submit(s: Selection, c: SubmitApplication, k: K): SelectionDecision {
  if (s.status !== 'none') return isOpenSelection(s) ? [] : refuse('APPLICATION_OVER', { status: s.status });
  const opening = k.facts.opening?.published;
  if (!opening) return refuse('OPENING_UNKNOWN');
  const { closesOn, organizationId, programIds } = opening;
  // Today, whatever day the application is stated for: nobody applies in the past.
  if (k.facts.opening?.closed || closesOn < k.today) return refuse('OPENING_CLOSED', { closesOn });
  const refused = studentRefusal(c.learnerId, k.facts.enrollment);
  if (refused) return refused;
  const { programId } = k.facts.enrollment!.admission!;
  if (!programIds.includes(programId)) return refuse('OPENING_OF_OTHER_PROGRAMS', { program: programId, accepted: programIds });
  const { type: _type, ...said } = c;
  return [{ type: 'ApplicationSubmitted', data: { ...said, organizationId } }];
}

function needs(s: Selection, k: K, status: Selection['status'], code: Refusal['refused']): Refusal | null {
  return s.status === status ? timely(s, k) : refuse(code, { status: s.status });
}

function screen(s: Selection, k: K): SelectionDecision {
  if (s.status === 'screened') return [];
  return needs(s, k, 'submitted', 'APPLICATION_NOT_SUBMITTED') ?? [{ type: 'ApplicationScreened', data: {} }];
}

/** A teacher speaks for the school here, as the registrar does. */
function sideRefusal(by: Side, k: K): Refusal | null {
  const { role } = k.actor;
  return speaksFor(role, by) || (role === 'teacher' && by === 'school') ? null : refuse('PARTY_NOT_YOURS', { party: by });
}

/** The last word of a side counts, until an offer is made. */
function assess(s: Selection, c: Extract<SelectionCommand, { type: 'AssessApplicant' }>, k: K): SelectionDecision {
  const { by, score, recommended } = c;
  const unheard = sideRefusal(by, k);
  if (unheard) return unheard;
  const said = s.assessed[by];
  if (said?.score === score && said.recommended === recommended) return [];
  const refused = needs(s, k, 'screened', 'APPLICATION_NOT_SCREENED');
  return refused ?? [{ type: 'ApplicantAssessed', data: { by, score, recommended } }];
}

function makeOffer(s: Selection, c: Extract<SelectionCommand, { type: 'MakeOffer' }>, k: K): SelectionDecision {
  const { type: _type, ...offer } = c;
  if (s.status === 'offered' && sameContent(s.offer, offer)) return [];
  const refused = needs(s, k, 'screened', 'APPLICATION_NOT_SCREENED');
  if (refused) return refused;
  const missing = sidesMissing(s);
  if (missing.length > 0) return refuse('ASSESSMENT_MISSING', { sides: missing });
  if (offer.expiresAt <= k.now) return refuse('EXPIRY_PASSED', { expiresAt: offer.expiresAt });
  return withinRefusal(offer, k.facts.opening!.published!) ?? [{ type: 'OfferMade', data: offer }];
}

/** Her days are taken on her gate before this is written: of two offers over the same days one is accepted. */
function accept(s: Selection, k: K): SelectionDecision {
  if (s.status === 'accepted') return [];
  const refused = needs(s, k, 'offered', 'OFFER_NOT_OPEN');
  if (refused) return refused;
  if (hasLapsed(s, k.now)) return refuse('OFFER_EXPIRED', { expiresAt: s.offer!.expiresAt });
  return studentRefusal(s.learnerId, k.facts.enrollment) ?? [{ type: 'OfferAccepted', data: {} }];
}

function expire(s: Selection, k: K): SelectionDecision {
  if (s.status === 'expired') return [];
  const refused = needs(s, k, 'offered', 'OFFER_NOT_OPEN');
  if (refused) return refused;
  return hasLapsed(s, k.now)
    ? [{ type: 'OfferExpired', data: {} }]
    : refuse('OFFER_NOT_EXPIRED', { expiresAt: s.offer!.expiresAt });
}

/** From any open state. An accepted offer is used up by it, as by a contract: whichever takes the offer's claim first. */
const endRefusal = (s: Selection, k: K): Refusal | null =>
  isOpenSelection(s) ? timely(s, k) : refuse('APPLICATION_OVER', { status: s.status });

function decide(s: Selection, c: SelectionCommand, k: K): SelectionDecision {
  if (c.type === 'SubmitApplication') return submit(s, c, k);
  if (s.status === 'none') return refuse('NOT_FOUND');
  switch (c.type) {
    case 'ScreenApplication':
      return screen(s, k);
    case 'AssessApplicant':
      return assess(s, c, k);
    case 'MakeOffer':
      return makeOffer(s, c, k);
    case 'AcceptOffer':
      return accept(s, k);
    case 'DeclineOffer':
      if (s.status === 'declined') return [];
      return needs(s, k, 'offered', 'OFFER_NOT_OPEN') ?? [{ type: 'OfferDeclined', data: {} }];
    case 'ExpireOffer':
      return expire(s, k);
    case 'RejectApplication':
      if (s.status === 'rejected' && s.rejectedBy === c.by) return [];
      return sideRefusal(c.by, k) ?? endRefusal(s, k) ?? [{ type: 'ApplicationRejected', data: { by: c.by } }];
    case 'WithdrawApplication':
      if (s.status === 'withdrawn') return [];
      return endRefusal(s, k) ?? [{ type: 'ApplicationWithdrawn', data: {} }];
    default:
      return c satisfies never;
  }
}

export const selection: Decider<Selection, SelectionCommand, SelectionEvent, SelectionFacts> = {
  initial: initialSelection,
  evolve: evolveSelection,
  decide,
};
