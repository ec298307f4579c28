import type { SelectionEvent, SelectionStatus, Span } from '../events/catalog/apprenticeship.ts';
import type { Side } from '../events/catalog/faculty.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import type { Recorded } from '../kernel/decider.ts';
import { naturalId } from '../kernel/ids.ts';
import type { Personal } from '../kernel/personal.ts';
import { source, type Source } from '../kernel/plan.ts';

export { selectionStatuses, type SelectionStatus } from '../events/catalog/apprenticeship.ts';

/** A selection (遴选): one learner and one opening. One fold for decisions and for views. */
export const selectionStream = (selectionId: string): string => `selection-${selectionId}`;

/** One application of a learner to an opening: the stream itself is the uniqueness. */
export const selectionIdOf = (institutionId: string, openingId: string, learnerId: string): string =>
  naturalId(institutionId, 'selection', openingId, learnerId);

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Assessed {
  /** Hundredths of a point. */
  readonly score: number | null;
  readonly recommended: boolean;
  /** Instant. */
  readonly at: string;
}

export interface Offer extends Span {
  readonly post: Bilingual;
  /** Instant. */
  readonly expiresAt: string;
}

export interface Selection {
  readonly status: SelectionStatus | 'none';
  /** Instant at which that status became true. */
  readonly statusSince: string;
  readonly openingId: string;
  readonly organizationId: string;
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly statement: Personal<string> | null;
  /** The last word of each side. */
  readonly assessed: Readonly<Partial<Record<Side, Assessed>>>;
  readonly offer: Offer | null;
  /** The command that accepted: the offer's days are held in its name alone. */
  readonly acceptedBy: string | null;
  readonly rejectedBy: Side | null;
  readonly lastChangeAt: string;
}

export const initialSelection: Selection = {
  status: 'none',
  statusSince: '',
  openingId: '',
  organizationId: '',
  learnerId: '',
  enrollmentId: '',
  statement: null,
  assessed: {},
  offer: null,
  acceptedBy: null,
  rejectedBy: null,
  lastChangeAt: '',
};

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolveSelection(s: Selection, e: Recorded<SelectionEvent>): Selection {
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  const into = (status: SelectionStatus): Selection => ({ ...moved, status, statusSince: e.effectiveAt });
  switch (e.type) {
    case 'ApplicationSubmitted':
      return { ...into('submitted'), ...e.data };
    case 'ApplicationScreened':
      return into('screened');
    case 'ApplicantAssessed': {
      const { by, score, recommended } = e.data;
      return { ...moved, assessed: { ...s.assessed, [by]: { score, recommended, at: e.effectiveAt } } };
    }
    case 'OfferMade':
      return { ...into('offered'), offer: e.data };
    case 'OfferAccepted':
      return { ...into('accepted'), acceptedBy: e.commandId };
    case 'OfferDeclined':
      return into('declined');
    case 'OfferExpired':
      return into('expired');
    case 'ApplicationRejected':
      return { ...into('rejected'), rejectedBy: e.data.by };
    case 'ApplicationWithdrawn':
      return into('withdrawn');
    default:
      return e satisfies never;
  }
}

export const selectionFact = (selectionId: string): Source<Selection> =>
  source(selectionStream(selectionId), { initial: initialSelection, evolve: evolveSelection });

// ── what others ask ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Open applications can still be rejected or withdrawn; an accepted one until a contract rests on it. */
export const isOpenSelection = ({ status }: Selection): boolean =>
  status === 'submitted' || status === 'screened' || status === 'offered' || status === 'accepted';

/** Sides that have not assessed the applicant yet. */
export const sidesMissing = ({ assessed }: Selection): readonly Side[] =>
  (['school', 'enterprise'] as const).filter((side) => assessed[side] === undefined);

/** An offer that nobody answered in time, whether or not anybody recorded that it expired. */
export const hasLapsed = ({ status, offer }: Selection, now: string): boolean =>
  status === 'offered' && offer !== null && offer.expiresAt <= now;
