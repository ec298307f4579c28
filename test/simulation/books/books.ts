import type { NewEvent, StoredEvent } from '../../../libs/ports/event-store.ts';
import { Approvals } from './approvals.ts';
import { Attempts } from './attempts.ts';
import { ClaimBooks } from './claims.ts';
import { Contracts } from './contracts.ts';
import { Days } from './days.ts';
import { Enrollments } from './enrollments.ts';
import { Faculty } from './faculty.ts';
import { Learners } from './learners.ts';
import { Violation, categoryOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import { Selections } from './selections.ts';

/**
 * The checkers' own reading of the log, event by event and from the beginning. It knows the specification and nothing of the deciders,
 * so that the code's opinion of itself is never asked.
 */
export class Books {
  readonly streams = new Map<string, LogEvent[]>();
  /** What each client's key did on the stream that its command is about. */
  readonly effects = new Map<string, LogEvent[]>();
  readonly counts = new Map<string, number>();
  readonly approvals = new Approvals(this.streams);
  readonly claims: ClaimBooks;
  readonly learners: Learners;
  readonly enrollments: Enrollments;
  readonly days: Days;
  readonly selections: Selections;
  readonly contracts: Contracts;
  readonly faculty: Faculty;
  readonly attempts: Attempts;
  /** Plain dates on which people come of age, where a world knows them. */
  readonly adultOn: ReadonlyMap<string, string>;
  head = 0n;
  recordedAt = '';
  readonly #chapters: readonly Chapter[];
  readonly #abandoned = new Set<string>();
  readonly #ids = new Set<string>();
  /** Ids of an append that must stand together, by the JSON of the first: another decision of the same step shares its id. */
  readonly #batches = new Map<string, readonly string[]>();
  /** The category of streams that a client's command is about, and the head of the log when it was first sent. */
  readonly #keys = new Map<string, { readonly about: string; readonly from: bigint }>();
  #awaited: string[] = [];

  constructor(claimStream: ClaimBooks['streamOf'], adultOn: ReadonlyMap<string, string>) {
    this.adultOn = adultOn;
    this.claims = new ClaimBooks(this, claimStream);
    this.learners = new Learners(this);
    this.enrollments = new Enrollments(this);
    this.days = new Days(this);
    this.selections = new Selections(this);
    this.contracts = new Contracts(this);
    this.faculty = new Faculty(this);
    this.attempts = new Attempts(this);
    this.#chapters = [
      this.claims,
      this.learners,
      this.enrollments,
      this.days,
      this.selections,
      this.contracts,
      this.faculty,
      this.attempts,
    ];
  }

  /** Somebody means to append these, all or none. */
  requested(events: readonly NewEvent[]): void {
    if (events.length > 1)
      this.#batches.set(
        events[0]!.json,
        events.map(({ id }) => id),
      );
  }

  /** A client's key, and the category of streams that its command is about. */
  expect(key: string, about: string): void {
    this.#keys.set(key, { about, from: this.head });
  }

  /** Whether a stream holds what a gate was taken for, by its own events. */
  holds(owner: string, gate: string): boolean {
    return this.#reading(owner).some((chapter) => chapter.holds?.(owner, gate) ?? false);
  }

  /** Position up to which a decision had read a stream, by its own word. */
  seen(event: LogEvent, stream: string, fail: Fail): bigint {
    const revision = event.basis.find((seen) => seen.stream === stream)?.revision;
    if (revision === undefined) return fail('basis', `it was decided without a look at ${stream}`);
    return this.streams.get(stream)![Number(revision)]!.position;
  }

  /** Takes in what the log gained in one step; a batch that is not whole by then never will be. */
  read(stored: readonly StoredEvent[]): void {
    for (const event of stored) this.#take(event);
    if (this.#awaited.length > 0)
      throw new Violation('whole-or-nothing', `an append is torn: ${this.#awaited.join(', ')} missing`);
    this.approvals.whole();
    for (const chapter of this.#chapters) chapter.whole?.();
  }

  /** When all work has ended. */
  settled(): void {
    for (const chapter of this.#chapters) chapter.settled?.();
  }

  #reading(stream: string): readonly Chapter[] {
    const category = categoryOf(stream);
    return this.#chapters.filter(({ reads }) => reads.includes(category));
  }

  #take(stored: StoredEvent): void {
    const event: LogEvent = {
      ...(JSON.parse(stored.json) as LogEvent),
      revision: stored.revision,
      position: stored.position,
      recordedAt: stored.recordedAt,
    };
    const stream = this.streams.get(stored.stream) ?? [];
    this.streams.set(stored.stream, stream);
    const where = `${event.type} on ${event.stream}@${event.revision}`;
    const fail: Fail = (rule, message) => {
      throw new Violation(rule, `${message} (${where}, position ${event.position})`);
    };

    if (event.position !== this.head + 1n || event.revision !== BigInt(stream.length)) fail('order', 'places are not dense');
    if (event.recordedAt < this.recordedAt) fail('order', 'recordedAt went back');
    if (this.#ids.has(event.id)) fail('exactly-once', `event id ${event.id} stands twice`);
    const inside = this.#awaited.length > 0;
    if (inside && this.#awaited.shift() !== event.id) fail('whole-or-nothing', 'another event stands inside an append');
    else if (this.#awaited.length === 0 && !inside) this.#awaited = this.#batches.get(stored.json)?.slice(1) ?? [];
    this.#ids.add(event.id);
    this.head = event.position;
    this.recordedAt = event.recordedAt;
    this.counts.set(event.type, (this.counts.get(event.type) ?? 0) + 1);

    const abandonment = `${event.stream} ${event.type === 'CommandAbandoned' ? (event.data['commandId'] as string) : event.commandId}`;
    if (event.type === 'CommandAbandoned') {
      if (stream.some((e) => e.commandId === event.data['commandId']))
        fail('abandoned-is-final', 'a command was abandoned after it acted');
      this.#abandoned.add(abandonment);
    } else if (this.#abandoned.has(abandonment)) fail('abandoned-is-final', 'an abandoned command acts');
    this.#effect(event, stream, fail);
    stream.push(event);

    this.approvals.take(event, fail);
    if (event.type.startsWith('Approval')) return;
    for (const chapter of this.#reading(event.stream)) chapter.take(event, fail);
  }

  /** One key takes effect once, in one unbroken run of events by one attempt. */
  #effect(event: LogEvent, stream: readonly LogEvent[], fail: Fail): void {
    const key = this.#keys.get(event.correlationId);
    if (!key || event.type === 'CommandAbandoned' || categoryOf(event.stream) !== key.about) return;
    const done = this.effects.get(event.correlationId);
    if (!done) {
      this.effects.set(event.correlationId, [event]);
      this.#fresh(event, key.from, fail);
      return;
    }
    const last = done.at(-1)!;
    if (last.commandId !== event.commandId || last !== stream.at(-1))
      fail('exactly-once', `key ${event.correlationId} takes effect a second time`);
    done.push(event);
  }

  /** What a decision rests on is no older than the moment at which its command was first sent, and nothing that is not there. */
  #fresh(event: LogEvent, from: bigint, fail: Fail): void {
    for (const { stream, revision } of event.basis) {
      const known = this.streams.get(stream) ?? [];
      if (BigInt(revision) >= known.length) fail('basis', `it rests on ${stream}@${revision}, which is not there`);
      if ((known.findLast(({ position }) => position <= from)?.revision ?? -1n) > BigInt(revision))
        fail('basis', `it rests on ${stream}@${revision}, which was old when it was asked for`);
    }
  }
}
