import { catalog, effectOf, type LedgerEvent } from '../events/events.ts';
import { learnerStream } from '../facts/learner.ts';
import type { Build } from '../projection/kept-builds.ts';
import { historyAsOf, type Log } from '../read-models/as-of.ts';

/** Two moments of one institution. */
export interface Between {
  readonly institutionId: string;
  readonly from: Build;
  readonly to: Build;
}

/**
 * Events that one of two moments knew and the other did not: recorded in between or, where the moments are about different days, effective in between.
 * Who said them, when and why; what they say of a person stays in the timeline. `learnerId` where her identity changed too.
 */
export async function eventsBetween(
  log: Log,
  stream: string,
  learnerId: string | null,
  { institutionId, from, to }: Between,
): Promise<readonly object[]> {
  const own = await historyAsOf<LedgerEvent>(log, institutionId, stream, {});
  const hers = learnerId === null ? [] : await historyAsOf<LedgerEvent>(log, institutionId, learnerStream(learnerId), {});
  const said = [
    ...own.filter(({ type }) => effectOf(type) !== 'machinery'),
    ...hers.filter(({ type }) => type === 'LearnerIdentified' || type === 'IdentityCorrected'),
  ];
  const knows = ({ position, effectiveAt }: (typeof said)[number], at: Build): boolean =>
    position <= at.position && (at.effectiveAsOf === null || effectiveAt <= at.effectiveAsOf);
  return said
    .filter((event) => knows(event, from) !== knows(event, to))
    .toSorted((a, b) => (a.position < b.position ? -1 : 1))
    .map(({ position, id, type, effectiveAt, recordedAt, actor, reason, stream: of }) => ({
      position: position.toString(),
      eventId: id,
      stream: of,
      type,
      title: catalog[type].title,
      effectiveAt,
      recordedAt,
      actor,
      reasonCode: reason?.code ?? null,
    }));
}
