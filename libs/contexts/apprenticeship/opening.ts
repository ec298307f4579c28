import type { OpeningEvent } from '../../events/catalog/apprenticeship.ts';
import { evolveOpening, initialOpening, type Opening } from '../../facts/opening.ts';
import type { OrganizationFact } from '../../facts/organization.ts';
import type { Circumstances, Decider, Decision } from '../../kernel/decider.ts';
import { refuse } from '../../kernel/refusal.ts';
import { enterpriseRefusal, orderRefusal, timely } from './guards.ts';

/** An opening (学徒岗位): what an enterprise offers to apprentices. Its state and fold are in facts, because views share them. */
export { openingStream, type Opening } from '../../facts/opening.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Published = Extract<OpeningEvent, { type: 'OpeningPublished' }>['data'];

export type OpeningCommand = { readonly type: 'PublishOpening'; readonly opening: Published } | { readonly type: 'CloseOpening' };

/** The programs by their streams: null where there is no such program. */
export interface OpeningFacts {
  readonly organization?: OrganizationFact;
  readonly [programStream: `program-${string}`]: object | null;
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function publish(s: Opening, opening: Published, k: Circumstances<OpeningFacts>): Decision<OpeningEvent> {
  if (s.published) return [];
  const refused = enterpriseRefusal(opening.organizationId, k.facts.organization) ?? orderRefusal(opening);
  if (refused) return refused;
  const unknown = opening.programIds.find((id) => !k.facts[`program-${id}`]);
  if (unknown !== undefined) return refuse('PROGRAM_UNKNOWN', { program: unknown });
  if (opening.closesOn < k.effectiveOn) return refuse('EXPIRY_PASSED', { expiresAt: opening.closesOn });
  return [{ type: 'OpeningPublished', data: opening }];
}

function decide(s: Opening, c: OpeningCommand, k: Circumstances<OpeningFacts>): Decision<OpeningEvent> {
  if (c.type === 'PublishOpening') return publish(s, c.opening, k);
  if (!s.published) return refuse('NOT_FOUND');
  switch (c.type) {
    case 'CloseOpening':
      return s.closed ? [] : (timely(s, k) ?? [{ type: 'OpeningClosed', data: {} }]);
    default:
      return c satisfies never;
  }
}

export const opening: Decider<Opening, OpeningCommand, OpeningEvent, OpeningFacts> = {
  initial: initialOpening,
  evolve: evolveOpening,
  decide,
};
