import { Body, Controller, Get, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { AnyOf, Moment, OneOf, Shaped, Text, Whole } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import type { AccessEvent } from '../events/catalog/access.ts';
import { catalog, eventTypes, type LedgerEvent } from '../events/events.ts';
import { learnerStream } from '../facts/learner.ts';
import type { HistoricRecord } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { Purpose } from '../kernel/purposes.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { personAsOf, type Log } from '../read-models/as-of.ts';
import { auditTimeline, changesOf, personTimeline, timelineKinds, type TimelineKind } from '../read-models/audit-timeline.ts';
import { directory, searchDirectory, type DirectoryRow } from '../read-models/directory.ts';
import { Asked, asOfOf, given, Paged, pagingOf } from './asking.ts';
import { enrollmentShown, learnerShown, Names } from './shown.ts';

// ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** In a body, since names and numbers must not stand in addresses, which proxies log. */
export class SearchBody {
  @Text(100, { example: '李小雨', description: 'Parts of a name, or a number: id, candidate, student or phone number' })
  text!: string;

  @Whole(1, 500, { optional: true, example: 50 })
  limit?: number;

  @Shaped(
    /^[\w-]{1,400}$/,
    { zh: '须为上一页给出的游标。', en: 'must be the cursor that the page before gave.' },
    { optional: true },
  )
  cursor?: string;
}

const kindsByName = Object.fromEntries(timelineKinds.map((kind) => [kind, 1]));
const typesByName = Object.fromEntries(eventTypes.map((type) => [type, 1]));

export class TimelineAsked extends Paged {
  @Moment({ optional: true, description: 'What was believed then: an instant, or a day for its end' })
  recordedAsOf?: string;

  @Moment({ optional: true, description: 'What was true then: an instant, or a day for its end' })
  effectiveAsOf?: string;

  @AnyOf(kindsByName, { optional: true, example: 'fact,approval', description: 'Facts and approvals where absent' })
  kinds?: string;

  @AnyOf(typesByName, { optional: true, example: 'StudySuspended' })
  types?: string;

  @OneOf({ recorded: 1, effective: 1 }, { optional: true })
  sort?: 'recorded' | 'effective';

  @OneOf({ asc: 1, desc: 1 }, { optional: true })
  order?: 'asc' | 'desc';
}

// ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

@Controller('v1/learners')
export class LearnerRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Post('search')
  async searchLearners(@Req() request: EdgeRequest, @Body() { text, limit, cursor }: SearchBody): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const query = { institutionId, text, ...(limit ? { limit } : {}), ...(cursor ? { cursor } : {}) };
    return this.parts.views.read(directory, async (db, position) => {
      const page = await searchDirectory(db, query);
      if (isRefusal(page)) return page;
      const items = (await Promise.all(page.rows.map((row) => this.stillTold(row)))).filter((row) => row !== null);
      const total = page.total - (page.rows.length - items.length);
      return new Told({ items, next: page.next, total }, { position, subjects: items.length });
    });
  }

  @Get(':id')
  async readLearner(@Req() request: EdgeRequest, @Param('id') learnerId: string, @Query() asked: Asked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const position = await this.parts.store.head();
    const { learner, enrollments } = await personAsOf(this.log(), { institutionId, learnerId }, when);
    if (!learner) return refuse('NOT_FOUND');
    const names = new Names(this.parts);
    const [revision] = await this.revisionOf(learnerStream(learnerId));
    const body = {
      ...learnerShown(learnerId, learner, (value) => this.parts.codec.reveal(value)),
      enrollments: await Promise.all(
        enrollments.map(({ enrollmentId, enrollment }) => enrollmentShown(enrollmentId, enrollment, names)),
      ),
      revision: revision.toString(),
      asOf: when,
    };
    return new Told(body, { revision, position });
  }

  @Get(':id/timeline')
  async readTimeline(
    @Req() request: EdgeRequest,
    @Param('id') learnerId: string,
    @Query() asked: TimelineAsked,
  ): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const types = asked.types?.split(',');
    const kinds = asked.kinds?.split(',') as TimelineKind[] | undefined;
    if (when.recordedAsOf !== undefined || when.effectiveAsOf !== undefined) {
      const position = await this.parts.store.head();
      const { timeline } = await personAsOf(this.log(), { institutionId, learnerId }, when);
      const items = timeline
        .filter(({ type }) => (types?.includes(type) ?? true) && (kinds?.includes(historicKind(type)) ?? true))
        .map((event) => this.historic(event));
      // A person's history is a page by itself; as-of questions order it as they mean it.
      return new Told({ items, next: null, total: items.length, asOf: when }, { position });
    }
    const { sort, order } = asked;
    const query = { institutionId, subjectId: learnerId, ...given({ sort, order, types, kinds }), ...pagingOf(asked) };
    return this.parts.views.read(auditTimeline, async (db, position) => {
      const page = await personTimeline(db, query);
      if (isRefusal(page)) return page;
      const items = page.rows.map(({ position: place, revision, data, reason, ...row }) => ({
        ...row,
        position: place.toString(),
        revision: revision.toString(),
        data: this.opened(data),
        reason: reason && { code: reason.code, text: this.parts.codec.reveal(reason.text) },
      }));
      return new Told({ items, next: page.next, total: page.total, asOf: when }, { position });
    });
  }

  @Get(':id/accesses')
  async listAccesses(@Param('id') learnerId: string, @Query() paging: Paged): Promise<Told | Refusal> {
    const limit = Number(paging.limit ?? 50);
    const stream = `access-${learnerId}`;
    const from = paging.cursor === undefined ? undefined : cursorRevision(paging.cursor);
    if (from === null) return refuse('CURSOR_INVALID');
    const position = await this.parts.store.head();
    const [last] = await this.revisionOf(stream);
    const read = await this.parts.store.readStream(stream, {
      backwards: true,
      limit: limit + 1,
      ...(from === undefined ? {} : { from }),
    });
    const items = read.slice(0, limit).map((stored) => {
      const { actor, data, recordedAt, revision } = this.parts.codec.decode(stored) as Recorded<AccessEvent>;
      const { route: operation, query: asked, right } = data;
      return { at: recordedAt, by: actor, right, operation, asked, revision: revision.toString() };
    });
    const next = read[limit]?.revision.toString() ?? null;
    return new Told({ items, next, total: Number(last + 1n) }, { position });
  }

  // ── helpers ──

  /** Keys go first, and a directory that lags or stands still has not purged her yet: what it still holds is not told. */
  private async stillTold(row: DirectoryRow): Promise<DirectoryRow | null> {
    const isGone = async (purpose: Purpose): Promise<boolean> =>
      (await this.parts.vault.obtain(row.learnerId, purpose)) === 'erased';
    if (row.identity && (await isGone('identity'))) return null;
    const reached = row.contact !== null || row.guardians.length > 0;
    if (!reached || !(await isGone('contact'))) return row;
    return { ...row, contact: null, guardians: [], erased: [...row.erased, 'contact'] };
  }

  private log(): Log {
    return { store: this.parts.store, decoder: this.parts.codec };
  }

  private async revisionOf(stream: string): Promise<readonly [revision: bigint]> {
    const [last] = await this.parts.store.readStream(stream, { backwards: true, limit: 1 });
    return [last?.revision ?? -1n];
  }

  private opened(data: Readonly<Record<string, unknown>>): object {
    return Object.fromEntries(Object.entries(data).map(([field, value]) => [field, this.parts.codec.reveal(value)]));
  }

  private historic(event: HistoricRecord<LedgerEvent>): object {
    const { type, stream, revision, position, effectiveAt, recordedAt, actor, onBehalfOf, reason, basis } = event;
    const data = event.data as unknown as Readonly<Record<string, unknown>>;
    return {
      position: position.toString(),
      eventId: event.id,
      stream,
      revision: revision.toString(),
      type,
      title: catalog[type].title,
      kind: historicKind(type),
      effectiveAt,
      recordedAt,
      actor,
      onBehalfOf: onBehalfOf ?? null,
      reason: reason ? { code: reason.code, text: this.parts.codec.reveal(reason.text ?? null) } : null,
      commandId: event.commandId,
      causationId: event.causationId,
      basis,
      data: this.opened(data),
      changes: changesOf(type, data),
      annulled: event.annulled ?? false,
    };
  }
}

const historicKind = (type: string): TimelineKind => (type.startsWith('Approval') ? 'approval' : 'fact');

const cursorRevision = (cursor: string): bigint | null => (/^\d{1,18}$/.test(cursor) ? BigInt(cursor) : null);
