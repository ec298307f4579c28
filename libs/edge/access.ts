import { randomUUID } from 'node:crypto';
import { accessCatalog, type AccessEvent } from '../events/catalog/access.ts';
import { eventId } from '../kernel/ids.ts';
import { dateIn, instant } from '../kernel/time.ts';
import type { NewEvent } from '../ports/event-store.ts';
import { actorOf } from './auth.ts';
import { principalOf, type EdgeRequest, type Parts } from './parts.ts';
import { rightOf } from './policy.ts';

/**
 * Query parameters that say what was looked at and name no person. A search text is personal, so it is never kept;
 * that there was one is.
 */
const kept = new Set(
  'recordedAsOf effectiveAsOf view from to status cohort sort limit open types format form lang kinds overdueOnly'.split(' '),
);

interface Waiting {
  readonly event: NewEvent;
  readonly written: () => void;
  readonly failed: (fault: unknown) => void;
}

/** Filters by a record: kept where it is an id of ours, since anything may be typed there, an id number too. */
const keptIds = new Set(['programId', 'classId']);
const naturalIdShape = /^(?=.*[a-z])[0-9a-z]{16}$/;

/** Most events of one append. */
const batch = 200;
/** Streams whose head is remembered. */
const heads = 10_000;

/**
 * Who read what about whom: `RecordRead` on `access-<learner>`, and for lists on `access-<institution>.<day>`.
 * Reads of the same stream that come together share an append, so that a busy day's stream is no queue of conflicts.
 */
export class AccessLog {
  private readonly parts: Parts;
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly heads = new Map<string, bigint | 'none'>();
  private readonly flights = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Resolves when the record of the read is durable. `subjects` is how many people a list named. */
  record(request: EdgeRequest, subjects: number | null): Promise<void> {
    const { clock, institutions } = this.parts;
    const principal = principalOf(request);
    const now = instant(clock.now());
    const day = dateIn(now, institutions.get(principal.institution)!);
    const stream = request.subjectId === null ? `access-${principal.institution}.${day}` : `access-${request.subjectId}`;
    const commandId = `read-${randomUUID()}`;
    const data: AccessEvent['data'] = {
      route: request.operation!,
      query: whatWasAsked(request),
      subjects,
      right: rightOf(request.policy, principal.role),
    };
    const envelope = {
      id: eventId(commandId, stream, 'own', 0),
      type: 'RecordRead',
      version: accessCatalog.RecordRead.version,
      stream,
      effectiveAt: now,
      decidedAt: now,
      actor: actorOf(principal),
      commandId,
      commandDigest: '',
      correlationId: request.id,
      causationId: request.id,
      institutionId: principal.institution,
      subjectId: request.subjectId,
      basis: [],
      data,
    };
    const event = { id: envelope.id, type: envelope.type, json: JSON.stringify(envelope) };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queue = this.waiting.get(stream);
    if (queue) queue.push({ event, written: resolve, failed: reject });
    else {
      this.waiting.set(stream, [{ event, written: resolve, failed: reject }]);
      const flight = this.flush(stream).finally(() => this.flights.delete(flight));
      this.flights.add(flight);
    }
    return promise;
  }

  /** Waits for what is being written. */
  async drain(): Promise<void> {
    await Promise.all(this.flights);
  }

  private async flush(stream: string): Promise<void> {
    const queue = this.waiting.get(stream)!;
    while (queue.length > 0) {
      const taken = queue.splice(0, batch);
      try {
        await this.append(
          stream,
          taken.map(({ event }) => event),
        );
        for (const { written } of taken) written();
      } catch (fault) {
        for (const { failed } of taken) failed(fault);
      }
    }
    this.waiting.delete(stream);
  }

  private async append(stream: string, events: readonly NewEvent[]): Promise<void> {
    for (;;) {
      const result = await this.parts.store.append(stream, this.heads.get(stream) ?? 'none', events);
      this.heads.delete(stream);
      this.heads.set(stream, result.outcome === 'appended' ? result.revision : result.actual);
      if (this.heads.size > heads) this.heads.delete(this.heads.keys().next().value!);
      if (result.outcome === 'appended') return;
    }
  }
}

function whatWasAsked(request: EdgeRequest): Readonly<Record<string, string>> {
  const asked: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    if (name === 'search') asked['search'] = 'yes';
    else if (typeof value !== 'string') continue;
    else if (kept.has(name)) asked[name] = value.slice(0, 200);
    else if (keptIds.has(name)) asked[name] = naturalIdShape.test(value) ? value : 'other';
  }
  const { id } = request.params as { id?: string };
  return id !== undefined && id !== request.subjectId ? { id, ...asked } : asked;
}
