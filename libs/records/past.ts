import { principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { Problem } from '../edge/problem.ts';
import type { AsOf } from '../kernel/as-of.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { dateIn, instant } from '../kernel/time.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { type Build, MomentNotBuilt } from '../projection/kept-builds.ts';
import { apprenticeViews } from '../read-models/apprentice-lists.ts';
import { learnerAsOf } from '../read-models/as-of.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import { taskViews } from '../read-models/tasks.ts';
import { attemptViews } from '../read-models/transcript.ts';
import { asOfOf, zoneOf, type Asked } from './asking.ts';

/** Lists as they were at a moment of the past: read from what was built for it, which is asked for first (as-of.http.ts). */

/** What can be asked for by name, with the views that its lists are read from. */
export const reports = {
  enrollment: { title: { zh: '学籍', en: 'student register' }, views: [enrollmentRegister] },
  transcript: { title: { zh: '成绩', en: 'attempts and transcripts' }, views: attemptViews },
  apprentice: { title: { zh: '学徒档案', en: 'contracts of apprentices' }, views: apprenticeViews },
  tasks: { title: { zh: '待办', en: 'what is due' }, views: taskViews },
} as const satisfies Record<string, { readonly title: Bilingual; readonly views: readonly View[] }>;
export type Report = keyof typeof reports;

/** The moment of an answer; both absent where it is about now. */
export interface Then {
  readonly asOf: AsOf & { readonly build?: string };
  /** Of the last event that it rests on. */
  readonly position: bigint;
  /** Plain date: the day of that moment. */
  readonly today: string;
}

export const isPast = ({ recordedAsOf, effectiveAsOf }: Asked): boolean =>
  recordedAsOf !== undefined || effectiveAsOf !== undefined;

/** The moment of a build as questions about single records take it. */
export const momentOf = ({ recordedAsOf, effectiveAsOf }: Build): AsOf => ({
  recordedAsOf,
  ...(effectiveAsOf === null ? {} : { effectiveAsOf }),
});

/**
 * Live rows or, where a moment is asked about, what is kept of it. Of the past the whole institution's readers ask alone: whose record it is today
 * is judged today, and the rows of that day know nothing of it. Throws AS_OF_NOT_BUILT, which says what to ask for.
 */
export async function readThen<T>(
  parts: Parts,
  request: EdgeRequest,
  asked: Asked,
  views: readonly View[],
  query: (db: ReadQueries, then: Then) => Promise<T>,
): Promise<T> {
  const zone = zoneOf(parts, request);
  if (!isPast(asked)) {
    const today = dateIn(instant(parts.clock.now()), zone);
    return parts.views.read(views, (db, position) => query(db, { asOf: {}, position, today }));
  }
  const { institution, role } = principalOf(request);
  const scope = request.policy?.may === 'anyone' ? undefined : request.policy?.may[role];
  if (scope !== 'institution' && scope !== 'operations') throw new Problem('ROLE_NOT_ALLOWED', { role });
  const when = asOfOf(parts, request, asked);
  try {
    return await parts.past.read(views, { institutionId: institution, ...when }, (db, build) => {
      const moment = momentOf(build);
      const today = dateIn(moment.effectiveAsOf ?? build.recordedAsOf, zone);
      return query(db, { asOf: { ...moment, build: build.id }, position: build.position, today });
    });
  } catch (error) {
    if (error instanceof MomentNotBuilt) throw notBuilt(error);
    throw error;
  }
}

/** Says what to POST where. */
export const notBuilt = ({ views, moment: { institutionId: _own, ...when } }: MomentNotBuilt): Problem =>
  new Problem('AS_OF_NOT_BUILT', { ask: '/v1/as-of', views, ...when });

/**
 * Rows with the identities that were on record by then. Who somebody is has no day from which it is so: whoever was entered after the day that is asked
 * about, and known by the moment of the question, is named.
 */
export async function named<R extends { readonly identity: string | null }>(
  parts: Parts,
  request: EdgeRequest,
  { asOf: { recordedAsOf, effectiveAsOf } }: Then,
  rows: readonly R[],
  learnerOf: (row: R) => string | undefined,
): Promise<readonly R[]> {
  if (effectiveAsOf === undefined || rows.every(({ identity }) => identity !== null)) return rows;
  const { institution: institutionId } = principalOf(request);
  const log = { store: parts.store, decoder: parts.codec };
  return Promise.all(
    rows.map(async (row) => {
      const learnerId = learnerOf(row);
      if (row.identity !== null || learnerId === undefined) return row;
      const learner = await learnerAsOf(log, { institutionId, learnerId }, recordedAsOf === undefined ? {} : { recordedAsOf });
      return { ...row, identity: typeof learner?.identity === 'string' ? learner.identity : null };
    }),
  );
}
