import type { OpeningEvent } from '../events/catalog/apprenticeship.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

/** An opening (学徒岗位): what an enterprise offers to apprentices. One fold for decisions and for views. */
export const openingStream = (openingId: string): string => `opening-${openingId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Opening {
  readonly published: Extract<OpeningEvent, { type: 'OpeningPublished' }>['data'] | null;
  readonly closed: boolean;
  readonly lastChangeAt: string;
}

export const initialOpening: Opening = { published: null, closed: false, lastChangeAt: '' };

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolveOpening(s: Opening, e: Recorded<OpeningEvent>): Opening {
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  switch (e.type) {
    case 'OpeningPublished':
      return { ...moved, published: e.data };
    case 'OpeningClosed':
      return { ...moved, closed: true };
    default:
      return e satisfies never;
  }
}

export const openingFact = (openingId: string): Source<Opening> =>
  source(openingStream(openingId), { initial: initialOpening, evolve: evolveOpening });
