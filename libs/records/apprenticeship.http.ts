import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { AnyOf, Id, Moment, OneOf, Switch } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { contractStatuses, contractStream, type ContractStatus } from '../facts/contract.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import {
  apprenticeViews,
  listContracts,
  listLogs,
  listPlacements,
  teacherStories,
  type ContractRow,
  type LogRow,
  type PlacementRow,
} from '../read-models/apprentice-lists.ts';
import { apprenticeRecord } from '../read-models/apprentice-record.ts';
import { gapsOf, type Standing } from '../read-models/apprentice-seams.ts';
import { identityOf } from '../read-models/register-lists.ts';
import type { PageOf } from '../read-models/paging.ts';
import type { Reach } from '../read-models/reach.ts';
import { ApprenticeNames, contractShown, textsShown } from './apprentice-shown.ts';
import { Apprentices } from './apprentices.ts';
import { Asked, asOfOf, given, Paged, pagingOf } from './asking.ts';
import { named, readThen } from './past.ts';
import { reachOf } from './reaching.ts';
import { approvalsShown } from './shown.ts';

// ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export class Ordered extends Paged {
  @OneOf({ asc: 1, desc: 1 }, { optional: true })
  order?: 'asc' | 'desc';

  @Id({ optional: true })
  organizationId?: string;
}

export class ContractsAsked extends Ordered {
  @Moment({
    optional: true,
    description: 'What was believed then (an instant, or a day for its end): ask for it at /v1/as-of first',
  })
  recordedAsOf?: string;

  @Moment({ optional: true, description: 'What was true then (an instant, or a day for its end): ask for it at /v1/as-of first' })
  effectiveAsOf?: string;

  @Id({ optional: true, description: 'A guardian must name her ward' })
  learnerId?: string;

  @Id({ optional: true })
  enrollmentId?: string;

  @AnyOf(contractStatuses, { optional: true, example: 'concluded,live' })
  status?: string;

  @OneOf({ start: 1, end: 1, updated: 1, status: 1 }, { optional: true })
  sort?: 'start' | 'end' | 'updated' | 'status';
}

export class LogsAsked extends Paged {
  @Moment({ optional: true, description: 'What was believed then: an instant, or a day for its end' })
  recordedAsOf?: string;

  @Moment({ optional: true, description: 'What was true then: an instant, or a day for its end' })
  effectiveAsOf?: string;

  @Switch({ optional: true, description: 'Confirmed by a mentor, or not yet' })
  confirmed?: string;
}

export class PlacementsAsked extends Ordered {
  @Id({ optional: true, description: 'A guardian must name her ward' })
  learnerId?: string;

  @Id({ optional: true })
  enrollmentId?: string;

  @Switch({ optional: true, description: 'Beside another batch without a handover that both acknowledged' })
  withoutHandover?: string;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Contracts and placements: whose they are is a condition of every list. */
@Controller('v1')
export class ApprenticeshipRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get('contracts')
  async listContracts(@Req() request: EdgeRequest, @Query() asked: ContractsAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const { order, organizationId, learnerId, enrollmentId, status, sort } = asked;
    const reach = await reachOf(this.parts, request, learnerId);
    const query = {
      institutionId,
      reach,
      ...given({ order, organizationId, learnerId, enrollmentId, sort }),
      ...given({ status: status?.split(',') as ContractStatus[] | undefined }),
      ...pagingOf(asked),
    };
    return readThen(this.parts, request, asked, apprenticeViews, async (db, then) => {
      const { asOf, position } = then;
      const page = await listContracts(db, query);
      if (isRefusal(page)) return page;
      const teacherIds = page.rows.flatMap(({ state }) => state.state.mentors.map(({ teacherId }) => teacherId));
      const stories = await teacherStories(db, teacherIds);
      const standings = new Map([...stories].map(([id, { standing }]) => [id, standing]));
      const names = new ApprenticeNames(this.parts);
      const rows = await named(this.parts, request, then, page.rows, ({ state }) => state.state.of?.learnerId);
      const items = await Promise.all(rows.map((row) => this.contractRow(row, names, { standings, reach })));
      return new Told({ items, next: page.next, total: page.total, asOf }, { position, subjects: items.length });
    });
  }

  /** With the terms' texts for those who agree on them: the parties, and the auditor. */
  @Get('contracts/:id')
  async readContract(
    @Req() request: EdgeRequest,
    @Param('id') contractId: string,
    @Query() asked: Asked,
  ): Promise<Told | Refusal> {
    const { institution: institutionId, role } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const position = await this.parts.store.head();
    const then = await new Apprentices(this.parts, institutionId, when).contract(contractId);
    if (!then) return refuse('NOT_FOUND');
    const { story, gaps, hours } = then;
    const reach = await reachOf(this.parts, request, story.state.of?.learnerId);
    const [last] = await this.parts.store.readStream(contractStream(contractId), { backwards: true, limit: 1 });
    const revision = last!.revision;
    const mayRead = role !== 'mentor' && role !== 'teacher';
    const body = {
      ...(await contractShown(contractId, story, new ApprenticeNames(this.parts), { gaps, hours, reach })),
      texts: mayRead ? textsShown(this.parts.codec.reveal(then.texts)) : null,
      approvals: reach.to === 'institution' ? approvalsShown(then.approvals) : [],
      revision: revision.toString(),
      asOf: when,
    };
    return new Told(body, { revision, position });
  }

  @Get('contracts/:id/logs')
  async listTrainingLogs(
    @Req() request: EdgeRequest,
    @Param('id') contractId: string,
    @Query() asked: LogsAsked,
  ): Promise<Told | Refusal> {
    const { confirmed } = asked;
    const when = asOfOf(this.parts, request, asked);
    if (when.recordedAsOf !== undefined || when.effectiveAsOf !== undefined) return this.logsThen(request, contractId, asked);
    const query = {
      contractId,
      ...given({ confirmed: confirmed === undefined ? undefined : confirmed === 'true' }),
      ...pagingOf(asked),
    };
    return this.parts.views.read(apprenticeRecord, async (db, position) => {
      const page = await listLogs(db, query);
      if (isRefusal(page)) return page;
      const names = new ApprenticeNames(this.parts);
      const items = await Promise.all(page.rows.map((row) => this.logShown(row, names)));
      return new Told({ items, next: page.next, total: page.total }, { position });
    });
  }

  /** Batches with their seams: where one follows another, who handed over and who acknowledged. */
  @Get('placements')
  async listPlacements(@Req() request: EdgeRequest, @Query() asked: PlacementsAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const { order, organizationId, learnerId, enrollmentId, withoutHandover } = asked;
    const own = await reachOf(this.parts, request, learnerId);
    const reach: Reach = own.to === 'institution' && learnerId !== undefined ? { to: 'learner', learnerId } : own;
    const query = {
      institutionId,
      reach,
      ...given({ order, organizationId, enrollmentId }),
      ...given({ withoutHandover: withoutHandover === undefined ? undefined : withoutHandover === 'true' }),
      ...pagingOf(asked),
    };
    return this.parts.views.read(apprenticeViews, async (db, position) => {
      const page: PageOf<PlacementRow> | Refusal = await listPlacements(db, query);
      if (isRefusal(page)) return page;
      const names = new ApprenticeNames(this.parts);
      // Who else is in a batch is no learner's to know.
      const items = await Promise.all(page.rows.map((row) => placementShown(row, names, own.to === 'learner')));
      return new Told({ items, next: page.next, total: page.total }, { position, subjects: items.length });
    });
  }

  @Get('placements/:id')
  async readPlacement(@Req() request: EdgeRequest, @Param('id') placementId: string): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const reach = await reachOf(this.parts, request);
    return this.parts.views.read(apprenticeViews, async (db, position) => {
      const page = await listPlacements(db, { institutionId, reach, placementId });
      if (isRefusal(page)) return page;
      const [row] = page.rows;
      if (!row) return refuse('NOT_FOUND');
      const body = await placementShown(row, new ApprenticeNames(this.parts), reach.to === 'learner');
      return new Told(body, { revision: row.revision, position, subjects: row.state.started!.members.length });
    });
  }

  // ── helpers ──

  private nameIn(sealed: string | null): string | null {
    const identity = identityOf(sealed, (token) => this.parts.codec.reveal(token));
    return typeof identity === 'object' && identity !== null ? identity.name : identity;
  }

  private async contractRow(
    { id, state, identity, programId, classId, hoursRecorded, hoursConfirmed, revision, updatedAt }: ContractRow,
    names: ApprenticeNames,
    { standings, reach }: { readonly standings: ReadonlyMap<string, readonly Standing[]>; readonly reach: Reach },
  ): Promise<object> {
    const gaps = gapsOf(state.state, state.training, standings);
    const hours = { recorded: hoursRecorded, confirmed: hoursConfirmed };
    return {
      ...(await contractShown(id, state, names, { gaps, hours, reach })),
      name: this.nameIn(identity),
      program: await names.program(programId),
      class: await names.class(classId),
      updatedAt,
      revision: revision.toString(),
    };
  }

  /** A contract's logs are a page by themselves: as-of questions read them from the log. */
  private async logsThen(request: EdgeRequest, contractId: string, asked: LogsAsked): Promise<Told | Refusal> {
    const position = await this.parts.store.head();
    const when = asOfOf(this.parts, request, asked);
    const then = await new Apprentices(this.parts, principalOf(request).institution, when).contract(contractId);
    const names = new ApprenticeNames(this.parts);
    const rows = Object.entries(then?.logs ?? {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([
          week,
          {
            hours,
            workOrders,
            recordedAt,
            confirmations: [first],
          },
        ]) => ({
          week,
          hours,
          recordedAt,
          confirmedBy: first?.teacherId ?? null,
          confirmedAt: first?.at ?? null,
          workOrders: typeof workOrders === 'string' ? workOrders : null,
        }),
      )
      .filter(({ confirmedAt }) => asked.confirmed === undefined || (confirmedAt !== null) === (asked.confirmed === 'true'));
    const items = await Promise.all(rows.map((row) => this.logShown(row, names)));
    return new Told({ items, next: null, total: items.length }, { position });
  }

  private async logShown(row: LogRow, names: ApprenticeNames): Promise<object> {
    return {
      week: row.week,
      hours: row.hours,
      workOrders: this.parts.codec.reveal<unknown>(row.workOrders),
      recordedAt: row.recordedAt,
      confirmedBy: row.confirmedBy === null ? null : await names.teacher(row.confirmedBy),
      confirmedAt: row.confirmedAt,
    };
  }
}

export async function placementShown(
  { id, state, seams, revision }: Pick<PlacementRow, 'id' | 'state' | 'seams'> & { readonly revision?: bigint },
  names: ApprenticeNames,
  withoutMembers: boolean,
): Promise<object> {
  const { organizationId, project, members, follows, until } = state.started!;
  return {
    placementId: id,
    organization: await names.organization(organizationId),
    project,
    members: withoutMembers ? null : members,
    size: members.length,
    follows,
    until,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    seams,
    revision: revision === undefined ? null : revision.toString(),
  };
}
