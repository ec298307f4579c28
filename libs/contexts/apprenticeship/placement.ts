import type { PlacementEvent } from '../../events/catalog/apprenticeship.ts';
import type { Enrollment } from '../../facts/enrollment.ts';
import type { OrganizationFact } from '../../facts/organization.ts';
import { evolvePlacement, initialPlacement, type Placement } from '../../facts/placement.ts';
import type { Circumstances, Decider, Decision } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';
import { enterpriseRefusal, timely } from './guards.ts';

/** A batch of a project placement (批次实习). Its state and fold are in facts, because views share them. */
export { placementStream, type Placement } from '../../facts/placement.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Batch = Extract<PlacementEvent, { type: 'BatchStarted' }>['data'];

/** Commands name their own batch, since a handover is said of two. */
export type PlacementCommand =
  | { readonly type: 'StartBatch'; readonly batch: Batch }
  | { readonly type: 'GiveHandover'; readonly placementId: string; readonly to: string }
  | { readonly type: 'AcknowledgeHandover'; readonly placementId: string; readonly other: string }
  | { readonly type: 'EndBatch' };

/** The members by their streams. */
export interface PlacementFacts {
  readonly organization?: OrganizationFact;
  /** The other batch: the one before, or the other side of a handover. */
  readonly other?: Placement;
  readonly [enrollmentStream: `enrollment-${string}`]: Enrollment;
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

type PlacementDecision = Decision<PlacementEvent>;
type K = Circumstances<PlacementFacts>;

function memberRefusal(members: readonly string[], k: K): Refusal | null {
  for (const enrollmentId of members) {
    const status = k.facts[`enrollment-${enrollmentId}`]?.status ?? 'none';
    if (status === 'none') return refuse('ENROLLMENT_UNKNOWN', { enrollmentId });
    if (status !== 'registered') return refuse('ENROLLMENT_NOT_ACTIVE', { enrollmentId, status });
  }
  return null;
}

function followsRefusal(batch: Batch, before: Placement | undefined): Refusal | null {
  if (batch.follows === null) return null;
  if (!before?.started) return refuse('PLACEMENT_UNKNOWN');
  const { organizationId, project } = before.started;
  const same = organizationId === batch.organizationId && sameContent(project, batch.project);
  return same ? null : refuse('BATCH_OF_OTHER_PROJECT');
}

function start(s: Placement, given: Batch, k: K): PlacementDecision {
  if (s.started) return [];
  const batch = { ...given, members: [...new Set(given.members)] };
  const refused =
    enterpriseRefusal(batch.organizationId, k.facts.organization) ??
    followsRefusal(batch, k.facts.other) ??
    memberRefusal(batch.members, k);
  if (refused) return refused;
  if (batch.until <= k.effectiveOn) return refuse('BATCH_ENDS_BEFORE', { until: batch.until });
  return [{ type: 'BatchStarted', data: batch }];
}

/** Given by the outgoing batch, also after its end: a handover that comes late is still one. */
function give(s: Placement, c: Extract<PlacementCommand, { type: 'GiveHandover' }>, k: K): PlacementDecision {
  if (s.handedTo === c.to) return [];
  const next = k.facts.other?.started;
  if (!next) return refuse('PLACEMENT_UNKNOWN');
  if (next.follows !== c.placementId) return refuse('BATCH_DOES_NOT_FOLLOW');
  return timely(s, k) ?? [{ type: 'HandoverGiven', data: { to: c.to } }];
}

/** Each batch acknowledges for itself, once the outgoing one has given. */
function acknowledge(s: Placement, c: Extract<PlacementCommand, { type: 'AcknowledgeHandover' }>, k: K): PlacementDecision {
  if (s.acknowledged.includes(c.other)) return [];
  const { other } = k.facts;
  if (!other?.started) return refuse('PLACEMENT_UNKNOWN');
  const given = s.handedTo === c.other || other.handedTo === c.placementId;
  if (!given) return refuse('HANDOVER_NOT_GIVEN');
  return timely(s, k) ?? [{ type: 'HandoverAcknowledged', data: { other: c.other } }];
}

function decide(s: Placement, c: PlacementCommand, k: K): PlacementDecision {
  if (c.type === 'StartBatch') return start(s, c.batch, k);
  if (!s.started) return refuse('NOT_FOUND');
  switch (c.type) {
    case 'GiveHandover':
      return give(s, c, k);
    case 'AcknowledgeHandover':
      return acknowledge(s, c, k);
    case 'EndBatch':
      return s.endedAt !== null ? [] : (timely(s, k) ?? [{ type: 'BatchEnded', data: {} }]);
    default:
      return c satisfies never;
  }
}

export const placement: Decider<Placement, PlacementCommand, PlacementEvent, PlacementFacts> = {
  initial: initialPlacement,
  evolve: evolvePlacement,
  decide,
};
