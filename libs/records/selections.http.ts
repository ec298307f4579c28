import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { AnyOf, Id, Switch } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { selectionStatuses, type SelectionStatus } from '../facts/selection.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { dateIn, instant } from '../kernel/time.ts';
import {
  apprenticeViews,
  listOpenings,
  listSelections,
  type OpeningRow,
  type SelectionRow,
} from '../read-models/apprentice-lists.ts';
import { apprenticeRecord } from '../read-models/apprentice-record.ts';
import { identityOf } from '../read-models/register-lists.ts';
import type { Reach } from '../read-models/reach.ts';
import { ApprenticeNames, selectionShown } from './apprentice-shown.ts';
import { Ordered } from './apprenticeship.http.ts';
import { given, pagingOf, zoneOf } from './asking.ts';
import { reachOf } from './reaching.ts';

export class OpeningsAsked extends Ordered {
  @Switch({ optional: true, description: 'Neither closed nor past its last day' })
  open?: string;
}

export class SelectionsAsked extends Ordered {
  @Id({ optional: true, description: 'A guardian must name her ward' })
  learnerId?: string;

  @Id({ optional: true })
  openingId?: string;

  @AnyOf(selectionStatuses, { optional: true, example: 'submitted,offered' })
  status?: string;
}

/** Openings and who applied to them: whose they are is a condition of every list. */
@Controller('v1')
export class SelectionRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get('openings')
  async listOpenings(@Req() request: EdgeRequest, @Query() asked: OpeningsAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const reach = await reachOf(this.parts, request);
    const today = dateIn(instant(this.parts.clock.now()), zoneOf(this.parts, request));
    const { order, organizationId, open } = asked;
    const query = {
      institutionId,
      reach,
      ...given({ order, organizationId, openOn: open === 'true' ? today : undefined }),
      ...pagingOf(asked),
    };
    return this.parts.views.read(apprenticeRecord, async (db, position) => {
      const page = await listOpenings(db, query);
      if (isRefusal(page)) return page;
      const names = new ApprenticeNames(this.parts);
      const items = await Promise.all(page.rows.map((row) => openingShown(row, names, reach)));
      return new Told({ items, next: page.next, total: page.total }, { position });
    });
  }

  @Get('selections')
  async listSelections(@Req() request: EdgeRequest, @Query() asked: SelectionsAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const { order, organizationId, learnerId, openingId, status } = asked;
    const reach = await reachOf(this.parts, request, learnerId);
    const query = {
      institutionId,
      reach,
      ...given({ order, organizationId, learnerId, openingId, status: status?.split(',') as SelectionStatus[] | undefined }),
      ...pagingOf(asked),
    };
    return this.parts.views.read(apprenticeViews, async (db, position) => {
      const page = await listSelections(db, query);
      if (isRefusal(page)) return page;
      const names = new ApprenticeNames(this.parts);
      const items = await Promise.all(page.rows.map((row) => this.shown(row, names, reach)));
      return new Told({ items, next: page.next, total: page.total }, { position, subjects: items.length });
    });
  }

  @Get('openings/:id')
  async readOpening(@Req() request: EdgeRequest, @Param('id') openingId: string): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const reach = await reachOf(this.parts, request);
    return this.parts.views.read(apprenticeRecord, async (db, position) => {
      const page = await listOpenings(db, { institutionId, reach, openingIds: [openingId] });
      if (isRefusal(page)) return page;
      const [row] = page.rows;
      if (!row) return refuse('NOT_FOUND');
      return new Told(await openingShown(row, new ApprenticeNames(this.parts), reach), { revision: row.revision, position });
    });
  }

  @Get('selections/:id')
  async readSelection(@Req() request: EdgeRequest, @Param('id') selectionId: string): Promise<Told | Refusal> {
    const { institution: institutionId, role } = principalOf(request);
    const { learnerId } = (await this.parts.records.find('selection', selectionId)) ?? { learnerId: null };
    const reach = await reachOf(this.parts, request, learnerId ?? undefined);
    return this.parts.views.read(apprenticeViews, async (db, position) => {
      const page = await listSelections(db, { institutionId, reach, selectionId });
      if (isRefusal(page)) return page;
      const [row] = page.rows;
      if (!row) return refuse('NOT_FOUND');
      // Her own reads are nobody's to look up.
      if (role !== 'learner') request.subjectId = learnerId;
      return new Told(await this.shown(row, new ApprenticeNames(this.parts), reach), { revision: row.revision, position });
    });
  }

  // ── helpers ──

  private async shown(
    { id, state, identity: sealed, programId, classId, revision }: SelectionRow,
    names: ApprenticeNames,
    reach: Reach,
  ): Promise<object> {
    const reveal = <T>(value: T): T => this.parts.codec.reveal(value);
    const identity = identityOf(sealed, reveal);
    return {
      ...(await selectionShown(id, state, names, { reach, reveal })),
      name: typeof identity === 'object' && identity !== null ? identity.name : identity,
      program: await names.program(programId),
      class: await names.class(classId),
      revision: revision.toString(),
    };
  }
}

/** How many others applied is for those who choose. */
async function openingShown(
  { id, state, applications, accepted, revision }: OpeningRow,
  names: ApprenticeNames,
  { to }: Reach,
): Promise<object> {
  const { organizationId, post, from, to: until, programIds, places, closesOn } = state.published!;
  const counts = to === 'institution' || to === 'enterprise';
  return {
    openingId: id,
    organization: await names.organization(organizationId),
    post,
    from,
    to: until,
    programs: await Promise.all(programIds.map((programId) => names.program(programId))),
    places,
    closesOn,
    closed: state.closed,
    applications: counts ? applications : null,
    accepted: counts ? accepted : null,
    revision: revision.toString(),
  };
}
