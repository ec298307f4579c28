import type { ParkedKey } from '../edge/parts.ts';
import { catalog, type LedgerEventType } from '../events/events.ts';
import { entry } from '../kernel/same.ts';

/** Views are one for all institutions: which record of another one stands is not told, and what a fold says of its failure never is. */
export const parkedShown = (
  { view, key, position, eventId, type, institutionId, error, since, attempts, retryAt, released }: ParkedKey,
  institution: string,
): object => ({
  view,
  key: institutionId === institution ? key : null,
  position: position.toString(),
  eventId,
  type,
  title: entry(catalog, type as LedgerEventType)?.title ?? null,
  error,
  since,
  attempts,
  retryAt: released ? null : retryAt,
  released,
});
