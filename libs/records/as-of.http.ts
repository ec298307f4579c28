import { Body, Controller, Delete, Get, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { asOfInstant, isMoment, ListOf, Moment, OneOf, Shaped } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { Problem } from '../edge/problem.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { AsOfBuild } from '../projection/as-of-builds.ts';
import { MomentNotBuilt, type Moment as PastMoment } from '../projection/kept-builds.ts';
import {
  comparisons,
  differenceKinds,
  listDifferences,
  type ComparedView,
  type Difference,
  type DifferenceKind,
} from '../read-models/compare.ts';
import { learnerAsOf } from '../read-models/as-of.ts';
import { identityOf } from '../read-models/register-lists.ts';
import { asOfOf, given, Paged, pagingOf, zoneOf } from './asking.ts';
import { eventsBetween, type Between } from './between.ts';
import { notBuilt, reports, type Report } from './past.ts';
import { coded } from './shown.ts';

const states = {
  waiting: { zh: '排队', en: 'waiting' },
  building: { zh: '建立中', en: 'being built' },
  ready: { zh: '可查询', en: 'ready' },
  failed: { zh: '失败', en: 'failed' },
} as const;

// ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export class AskAsOf {
  @OneOf(reports, { optional: true, description: 'A report: its lists answer once it is built' })
  report?: Report;

  @ListOf(/^[a-z-]{1,40}$/, 20, {
    optional: true,
    example: ['enrollment-register'],
    description: 'Views by name, instead of a report',
  })
  views?: string[];

  @Moment({
    optional: true,
    example: '2026-06-30',
    description: 'What was believed then: an instant, or a day for its end; now where absent',
  })
  recordedAsOf?: string;

  @Moment({ optional: true, example: '2026-06-30', description: 'What was true then: an instant, or a day for its end' })
  effectiveAsOf?: string;
}

const oneEnd = (what: string): PropertyDecorator =>
  Shaped(
    /^(?:[0-9a-z]{16}|\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?)$/,
    { zh: '须为已建立时点的编号或日期。', en: 'must be the id of what was built, or a day.' },
    { example: '2026-06-30', description: what },
  );

export class CompareAsked extends Paged {
  @OneOf(comparisons)
  view!: ComparedView;

  @oneEnd('The one moment: a build’s id, or what was recorded by the end of a day')
  from!: string;

  @oneEnd('The other moment')
  to!: string;

  @Moment({ optional: true, description: 'Of both moments, where they are given as days' })
  effectiveAsOf?: string;

  @OneOf(differenceKinds, { optional: true })
  kind?: DifferenceKind;
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Views and reports as they were at a moment of the past: built in the background, kept, compared and thrown away. */
@Controller('v1/as-of')
export class AsOfRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  /** Two who ask for the same get one; what failed is tried again. */
  @Post()
  async askAsOf(@Req() request: EdgeRequest, @Body() { report, views, ...asked }: AskAsOf): Promise<Told> {
    const { institution, sub } = principalOf(request);
    const wanted = views ?? reports[report ?? 'enrollment'].views.map(({ name }) => name);
    const when = asOfOf(this.parts, request, asked);
    const answer = await this.parts.past.ask({ institutionId: institution, askedBy: sub, views: wanted, ...when });
    if ('refused' in answer) throw new Problem(answer.refused, answer.facts);
    const { build, isNew, dropped } = answer;
    return new Told({ ...buildShown(build), isNew, dropped }, { accepted: `/v1/as-of/${build.id}` });
  }

  @Get()
  async listAsOf(@Req() request: EdgeRequest): Promise<Told> {
    const builds = await this.parts.past.list(principalOf(request).institution);
    return new Told({ items: builds.map(buildShown) });
  }

  /** Rows of the view that are not the same at two moments, with what was recorded, or became effective, in between. */
  @Get('compare')
  async compareAsOf(@Req() request: EdgeRequest, @Query() asked: CompareAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const compared = comparisons[asked.view];
    const moments = { from: await this.endOf(request, asked, 'from'), to: await this.endOf(request, asked, 'to') };
    try {
      const { page, builds } = await this.parts.past.readBoth(compared.view, moments, async (db, both) => ({
        page: await listDifferences(db, {
          institutionId,
          view: asked.view,
          from: both.from.id,
          to: both.to.id,
          ...given({ kind: asked.kind }),
          ...pagingOf(asked),
        }),
        builds: both,
      }));
      if (isRefusal(page)) return page;
      const items = [];
      for (const row of page.rows) items.push(await this.differenceShown(row, asked.view, { institutionId, ...builds }));
      const body = {
        view: asked.view,
        from: buildShown({ ...builds.from, done: 1000, events: 0 }),
        to: buildShown({ ...builds.to, done: 1000, events: 0 }),
        counts: page.counts,
        items,
        next: page.next,
        total: page.total,
      };
      return new Told(body, { subjects: items.length });
    } catch (error) {
      if (error instanceof MomentNotBuilt) throw notBuilt(error);
      throw error;
    }
  }

  @Get(':id')
  async readAsOf(@Req() request: EdgeRequest, @Param('id') id: string): Promise<Told | Refusal> {
    const build = await this.find(request, id);
    return build ? new Told(buildShown(build)) : refuse('NOT_FOUND');
  }

  /** Cancels it where it is being built. */
  @Delete(':id')
  async dropAsOf(@Req() request: EdgeRequest, @Param('id') id: string): Promise<Told | Refusal> {
    const dropped = await this.parts.past.drop(principalOf(request).institution, id);
    return dropped ? new Told({ buildId: id, dropped }) : refuse('NOT_FOUND');
  }

  // ── helpers ──

  private async find(request: EdgeRequest, id: string): Promise<AsOfBuild | undefined> {
    const builds = await this.parts.past.list(principalOf(request).institution);
    return builds.find((build) => build.id === id);
  }

  private async endOf(request: EdgeRequest, asked: CompareAsked, end: 'from' | 'to'): Promise<PastMoment> {
    const { institution: institutionId } = principalOf(request);
    const named = asked[end];
    const zone = zoneOf(this.parts, request);
    if (isMoment(named)) {
      const effective = asked.effectiveAsOf ? { effectiveAsOf: asOfInstant(asked.effectiveAsOf, zone) } : {};
      return { institutionId, recordedAsOf: asOfInstant(named, zone), ...effective };
    }
    const build = await this.find(request, named);
    if (!build) throw new Problem('NOT_FOUND');
    const { recordedAsOf, effectiveAsOf } = build;
    return { institutionId, recordedAsOf, ...(effectiveAsOf === null ? {} : { effectiveAsOf }) };
  }

  /** The register's readers may read names; what else is sealed stays so. */
  private async differenceShown(row: Difference, view: ComparedView, between: Between): Promise<object> {
    const nameOf = (sealed: string | null): unknown => {
      const identity = identityOf(sealed, (token) => this.parts.codec.reveal(token));
      return typeof identity === 'object' && identity !== null ? identity.name : identity;
    };
    const [old, now] = [nameOf(row.person.old), nameOf(row.person.new)];
    const corrected = row.kind === 'changed' && row.person.old !== row.person.new;
    const log = { store: this.parts.store, decoder: this.parts.codec };
    const { institutionId, to } = between;
    const known = await learnerAsOf(log, { institutionId, learnerId: row.learnerId }, { recordedAsOf: to.recordedAsOf });
    const named = typeof known?.identity === 'string' ? nameOf(known.identity) : null;
    return {
      key: row.key,
      kind: coded(row.kind, differenceKinds),
      learnerId: row.learnerId,
      name: now ?? old ?? named,
      changes: corrected ? [...row.changes, { field: 'identity', old, new: now }] : row.changes,
      events: await eventsBetween(log, comparisons[view].stream(row.key), corrected ? row.learnerId : null, between),
    };
  }
}

const buildShown = (build: AsOfBuild): object => ({
  buildId: build.id,
  views: build.views,
  recordedAsOf: build.recordedAsOf,
  effectiveAsOf: build.effectiveAsOf,
  position: build.position.toString(),
  state: coded(build.state, states),
  progress: { permille: build.done, events: build.events },
  failed: build.failed,
  askedBy: build.askedBy,
  askedAt: build.askedAt,
  usedAt: build.usedAt,
});
