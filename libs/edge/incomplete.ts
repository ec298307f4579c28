import type { FastifyReply } from 'fastify';
import type { EdgeRequest, Parts, ViewStatus } from './parts.ts';

/** Rows of a view that lack something: keys whose fold stands still, or was let go on without an event. */
export interface Incomplete {
  readonly view: string;
  readonly keys: number;
}

/**
 * What an answer lacks, of the views that it is read from: of the own institution and, where one person's record is read, of hers and of what names
 * nobody. A moment of the past is folded by itself, and lacks nothing.
 */
export function incompleteOf({ policy, principal, subjectId, query }: EdgeRequest, parts: Parts): readonly Incomplete[] {
  if (policy?.view === undefined || !principal) return [];
  const { view, beside = [], recorded } = policy;
  const asked = (query ?? {}) as { recordedAsOf?: unknown; effectiveAsOf?: unknown };
  if (recorded !== 'person' && (asked.recordedAsOf !== undefined || asked.effectiveAsOf !== undefined)) return [];
  const person = recorded === 'person' ? (subjectId ?? principal.learner ?? null) : null;
  const lacks = ({ name, parked, incomplete }: ViewStatus): readonly Incomplete[] => {
    if (parked === 0) return [];
    const concerned = incomplete.filter(
      (one) => one.institutionId === principal.institution && (person === null || (one.subjectId ?? person) === person),
    ).length;
    // Of many, only the first are told apart.
    const keys = incomplete.length < parked ? parked : Math.min(parked, concerned);
    return keys > 0 ? [{ view: name, keys }] : [];
  };
  return parts.views.status().flatMap((status) => (status.name === view || beside.includes(status.name) ? lacks(status) : []));
}

/** Whoever reads them is told, in a header of every answer. */
export function tellIncomplete(request: EdgeRequest, reply: FastifyReply, parts: Parts): readonly Incomplete[] {
  const incomplete = incompleteOf(request, parts);
  if (incomplete.length > 0)
    reply.header('ledger-incomplete', incomplete.map(({ view, keys }) => `${view};keys=${keys}`).join(', '));
  return incomplete;
}
