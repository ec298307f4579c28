import type { PlacementEvent } from '../events/catalog/apprenticeship.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

/** A batch of a project placement (批次实习). One fold for decisions and for views. */
export const placementStream = (placementId: string): string => `placement-${placementId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Placement {
  readonly started: Extract<PlacementEvent, { type: 'BatchStarted' }>['data'] | null;
  /** Instants. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** The next batch, to which this one says that it handed over. */
  readonly handedTo: string | null;
  /** The other batches of handovers that this one acknowledged. */
  readonly acknowledged: readonly string[];
  readonly lastChangeAt: string;
}

export const initialPlacement: Placement = {
  started: null,
  startedAt: '',
  endedAt: null,
  handedTo: null,
  acknowledged: [],
  lastChangeAt: '',
};

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolvePlacement(s: Placement, e: Recorded<PlacementEvent>): Placement {
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  switch (e.type) {
    case 'BatchStarted':
      return { ...moved, started: e.data, startedAt: e.effectiveAt };
    case 'HandoverGiven':
      return { ...moved, handedTo: e.data.to };
    case 'HandoverAcknowledged':
      return { ...moved, acknowledged: [...s.acknowledged, e.data.other] };
    case 'BatchEnded':
      return { ...moved, endedAt: e.effectiveAt };
    default:
      return e satisfies never;
  }
}

export const placementFact = (placementId: string): Source<Placement> =>
  source(placementStream(placementId), { initial: initialPlacement, evolve: evolvePlacement });

// ── what others ask ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether two batches that follow each other said so on both sides: given by the first, acknowledged by both. */
export const isHandedOver = (
  before: { readonly id: string; readonly state: Placement },
  after: { readonly id: string; readonly state: Placement },
): boolean =>
  before.state.handedTo === after.id &&
  before.state.acknowledged.includes(after.id) &&
  after.state.acknowledged.includes(before.id);
