import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccessLog } from '../edge/access.ts';
import { Told } from '../edge/command.ts';
import { AnyOf, Digits, Shaped, Switch } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { catalog, eventTypes, type LedgerEventType } from '../events/events.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import { enrollmentStatuses } from '../events/catalog/enrollment.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import { enrollmentCounts, eventCounts, ledgerStats } from '../read-models/ledger-stats.ts';
import { Asked } from './asking.ts';
import { parkedShown } from './parked-shown.ts';
import { isPast, readThen } from './past.ts';
import { coded, Names } from './shown.ts';

const types = Object.fromEntries(eventTypes.map((type) => [type, 1]));

export class EventsAsked {
  @Shaped(
    /^\d{1,18}$/,
    { zh: '须为日志位置。', en: 'must be a position of the log.' },
    { optional: true, example: '0', description: 'Position after which to begin; the start where absent' },
  )
  after?: string;

  @Digits(1, 1_000_000_000, { optional: true, example: '1000', description: 'Lines at most; all there are by now where absent' })
  limit?: string;

  @AnyOf(types, { optional: true, example: 'StudySuspended,StudyResumed' })
  types?: string;

  @Switch({ optional: true, description: 'Opens personal fields' })
  open?: string;
}

/** The log itself, its views, and how much there is of what. */
@Controller('v1')
export class LedgerRecords {
  private readonly parts: Parts;
  private readonly access: AccessLog;

  constructor(@Inject(PARTS) parts: Parts, @Inject(AccessLog) access: AccessLog) {
    this.parts = parts;
    this.access = access;
  }

  /** JSON lines, one event each, of the own institution alone; ends at what was the end of the log when it was asked. */
  @Get('events')
  async listEvents(@Req() request: EdgeRequest, @Res() reply: FastifyReply, @Query() asked: EventsAsked): Promise<void> {
    const head = await this.parts.store.head();
    // An export is on record before its first line leaves.
    await this.access.record(request, null);
    await reply
      .header('content-type', 'application/x-ndjson; charset=utf-8')
      .header('ledger-position', head.toString())
      .header('x-correlation-id', request.id)
      .send(Readable.from(this.lines(principalOf(request).institution, asked, head), { objectMode: false }));
  }

  private async *lines(institutionId: string, asked: EventsAsked, head: bigint): AsyncGenerator<string, void, undefined> {
    const { parts } = this;
    const open = asked.open === 'true';
    const filter = asked.types ? { types: asked.types.split(',') } : {};
    let left = Number(asked.limit ?? Infinity);
    for (let after = BigInt(asked.after ?? 0); after < head && left > 0;) {
      const page = await parts.store.readAll(after, { ...filter, limit: 500 });
      let text = '';
      for (const stored of page.events) {
        if (stored.position > head || left === 0) break;
        if (!isOf(institutionId, stored)) continue;
        text += open ? `${JSON.stringify(opened(parts, stored))}\n` : asStored(stored);
        left -= 1;
      }
      if (text !== '') yield text;
      after = page.scannedTo;
      if (page.end) return;
      await nextTurn();
    }
  }

  @Get('views')
  async listViews(@Req() request: EdgeRequest): Promise<Told> {
    const { institution } = principalOf(request);
    const head = await this.parts.store.head();
    const items = (await this.parts.views.details()).map((view) => ({
      ...view,
      parkedKeys: view.parkedKeys.map((one) => parkedShown(one, institution)),
    }));
    return new Told({ head: head.toString(), items }, { position: head });
  }

  /** Figures without persons. */
  @Get('reports/counts')
  countEnrollments(@Req() request: EdgeRequest, @Query() asked: Asked): Promise<Told> {
    const { institution } = principalOf(request);
    // How much was said of what is counted as it is said: of a moment of the past there are the enrollments alone.
    const views = isPast(asked) ? [enrollmentRegister] : [enrollmentRegister, ledgerStats];
    return readThen(this.parts, request, asked, views, async (db, { asOf, position }) => {
      const names = new Names(this.parts);
      const counts = await enrollmentCounts(db, institution);
      const enrollments = await Promise.all(
        counts.map(async ({ cohortYear, programId, status, n }) => ({
          cohort: cohortYear,
          program: await names.program(programId),
          status: coded(status, enrollmentStatuses),
          count: n,
        })),
      );
      const counted = isPast(asked) ? null : await eventCounts(db, institution);
      const events = counted?.map(({ type, n, lastRecordedAt }) => ({
        type,
        title: catalog[type as LedgerEventType].title,
        count: n,
        lastRecordedAt,
      }));
      return new Told({ enrollments, events: events ?? null, asOf }, { position });
    });
  }
}

const isOf = (institutionId: string, { json }: StoredEvent): boolean =>
  (JSON.parse(json) as { institutionId: string }).institutionId === institutionId;

/** The writer's bytes with what the log assigned behind them. */
const asStored = ({ json, revision, position, recordedAt }: StoredEvent): string =>
  `${json.slice(0, -1)},"revision":"${revision}","position":"${position}","recordedAt":"${recordedAt}"}\n`;

const opened = (parts: Parts, stored: StoredEvent): object => {
  const { revision, position, ...event } = parts.codec.decodeOpen(stored);
  return { ...event, revision: revision.toString(), position: position.toString() };
};
