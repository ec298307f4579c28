import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { enrollmentStream } from '../facts/enrollment.ts';
import type { AsOf } from '../kernel/as-of.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import { enrollmentAsOf, personAsOf } from '../read-models/as-of.ts';
import { listContracts, listPlacements, listSelections } from '../read-models/apprentice-lists.ts';
import { seamOf, type Batch } from '../read-models/apprentice-seams.ts';
import type { Reach } from '../read-models/reach.ts';
import { attemptViews, listAttempts } from '../read-models/transcript.ts';
import { ApprenticeNames, contractShown, selectionShown } from './apprentice-shown.ts';
import { placementShown } from './apprenticeship.http.ts';
import { Apprentices } from './apprentices.ts';
import { Asked, asOfOf } from './asking.ts';
import { reachOf } from './reaching.ts';
import { identityIn } from './shown.ts';
import { lineShown } from './transcript-shown.ts';
import { studiesOf, Transcripts } from './transcripts.ts';

/** What of a learner's record somebody reaches now; asked about any moment, rights are those of the request. */
interface Reached {
  /** Enrollments that those are about. */
  readonly enrollmentIds: ReadonlySet<string>;
  readonly selectionIds: readonly string[];
  readonly contractIds: readonly string[];
  readonly placementIds: readonly string[];
  /** Attempts whose results contracts name. */
  readonly attemptIds: readonly string[];
  readonly position: bigint;
}

@Controller('v1/learners')
export class ApprenticeRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  /** An enterprise and a mentor see their own apprentice: name, program, class, their contracts, and results that those name. */
  @Get(':id/apprenticeship')
  async readApprenticeship(
    @Req() request: EdgeRequest,
    @Param('id') learnerId: string,
    @Query() asked: Asked,
  ): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const reach = await reachOf(this.parts, request, learnerId);
    if (reach.to === 'nobody' || (reach.to === 'learner' && reach.learnerId !== learnerId)) return refuse('NOT_FOUND');
    const reached = await this.parts.views.read(attemptViews, (db, position) =>
      reachedBy(db, { institutionId, learnerId, reach }, position),
    );
    if (isRefusal(reached)) return reached;
    const sees = reach.to === 'institution' || reach.to === 'learner';
    // Of whom they train nobody, others cannot tell whether she is here.
    if (!sees && reached.selectionIds.length + reached.contractIds.length + reached.placementIds.length === 0) {
      return refuse('NOT_FOUND');
    }
    const log = { store: this.parts.store, decoder: this.parts.codec };
    const { learner, enrollments } = await personAsOf(log, { institutionId, learnerId }, when);
    if (!learner) return refuse('NOT_FOUND');
    // Her own reads are nobody's to look up.
    if (principalOf(request).role !== 'learner') request.subjectId = learnerId;

    const names = new ApprenticeNames(this.parts);
    const identity = identityIn(this.parts.codec.reveal(learner.identity));
    const body = {
      learnerId,
      name: typeof identity === 'object' && identity !== null ? identity.name : identity,
      enrollments: await Promise.all(
        // What else she studied, or did before, is not theirs to know.
        enrollments
          .filter(({ enrollmentId }) => sees || reached.enrollmentIds.has(enrollmentId))
          .map(async ({ enrollmentId, enrollment }) => ({
            enrollmentId,
            program: await names.program(enrollment.admission?.programId ?? null),
            class: await names.class(enrollment.classId),
          })),
      ),
      ...(await this.recordOf(reached, { institutionId, when, reach, names })),
      results: await this.resultsOf(reached.attemptIds, institutionId, when),
      asOf: when,
    };
    return new Told(body, { position: reached.position });
  }

  // ── helpers ──

  private async recordOf(
    { selectionIds, contractIds, placementIds }: Reached,
    {
      institutionId,
      when,
      reach,
      names,
    }: {
      readonly institutionId: string;
      readonly when: AsOf;
      readonly reach: Reach;
      readonly names: ApprenticeNames;
    },
  ): Promise<object> {
    const then = new Apprentices(this.parts, institutionId, when);
    const reveal = <T>(value: T): T => this.parts.codec.reveal(value);
    const selections: object[] = [];
    for (const id of selectionIds) {
      const story = await then.selection(id);
      if (story) selections.push(await selectionShown(id, story, names, { reach, reveal }));
    }
    const contracts: object[] = [];
    for (const id of contractIds) {
      const contract = await then.contract(id);
      if (!contract) continue;
      const { story, gaps, hours } = contract;
      const logs = Object.entries(contract.logs).toSorted(([a], [b]) => (a < b ? -1 : 1));
      contracts.push({
        ...(await contractShown(id, story, names, { gaps, hours, reach })),
        logs: logs.map(([week, log]) => ({
          week,
          hours: log.hours,
          workOrders: reveal(log.workOrders),
          recordedAt: log.recordedAt,
          confirmations: log.confirmations,
        })),
      });
    }
    const placements: object[] = [];
    for (const id of placementIds) {
      const batch = await then.batch(id);
      if (!batch) continue;
      const before = batch.state.started?.follows ? await then.batch(batch.state.started.follows) : null;
      const after = batch.state.handedTo === null ? null : await then.batch(batch.state.handedTo);
      const seams = [...(before ? [seamOf(before, batch)] : []), ...(after ? [seamOf(batch, after)] : [])];
      placements.push(await placementShown({ ...(batch satisfies Batch), seams }, names, reach.to === 'learner'));
    }
    return { selections, contracts, placements };
  }

  /** Each as its transcript tells it, without what the whole of her studies would add. */
  private async resultsOf(attemptIds: readonly string[], institutionId: string, when: AsOf): Promise<readonly object[]> {
    const transcripts = new Transcripts(this.parts, institutionId, when);
    const entries = (await transcripts.entriesThen(attemptIds)).filter(({ told }) => told);
    const log = { store: this.parts.store, decoder: this.parts.codec };
    const results: object[] = [];
    for (const [enrollmentId, own] of Map.groupBy(entries, (entry) => entry.enrollmentId)) {
      const enrollment = await enrollmentAsOf(log, { institutionId, enrollmentId }, when);
      if (!enrollment) throw new Error(`${enrollmentStream(enrollmentId)} has attempts and no admission`);
      const { lines } = await transcripts.of(studiesOf(enrollmentId, enrollment), own);
      for (const line of lines) {
        const { earned: _earned, weighed: _weighed, ...result } = lineShown(line) as Record<string, unknown>;
        results.push(result);
      }
    }
    return results;
  }
}

async function reachedBy(
  db: ReadQueries,
  query: { readonly institutionId: string; readonly learnerId: string; readonly reach: Reach },
  position: bigint,
): Promise<Reached | Refusal> {
  const limit = 500;
  const selections = await listSelections(db, { ...query, limit });
  if (isRefusal(selections)) return selections;
  const contracts = await listContracts(db, { ...query, limit });
  if (isRefusal(contracts)) return contracts;
  const placementIds: string[] = [];
  const members = new Set<string>();
  const courses = new Set(contracts.rows.flatMap(({ state }) => state.state.terms?.plan?.courseIds ?? []));
  const attempts = await listAttempts(db, { ...query, limit });
  if (isRefusal(attempts)) return attempts;
  const hers: Reach = { to: 'learner', learnerId: query.learnerId };
  const placements = await listPlacements(db, { institutionId: query.institutionId, reach: hers, limit });
  if (isRefusal(placements)) return placements;
  const { reach } = query;
  for (const { id, state } of placements.rows) {
    const organizationId = state.started?.organizationId;
    const isTheirs = reach.to === 'enterprise' && reach.organizationId === organizationId;
    if (!isTheirs && reach.to !== 'institution' && reach.to !== 'learner') continue;
    placementIds.push(id);
    for (const member of state.started?.members ?? []) members.add(member);
  }
  const about = [...selections.rows.map(({ state }) => state.state), ...contracts.rows.map(({ state }) => state.state.of)];
  return {
    enrollmentIds: new Set([...about.flatMap((of) => of?.enrollmentId ?? []), ...members]),
    selectionIds: selections.rows.map(({ id }) => id),
    contractIds: contracts.rows.map(({ id }) => id),
    placementIds,
    attemptIds: attempts.rows.flatMap(({ entry }) =>
      entry.told && entry.courseId !== null && courses.has(entry.courseId) ? [entry.attemptId] : [],
    ),
    position,
  };
}
