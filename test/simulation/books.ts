import type { NewEvent, StoredEvent } from '../../libs/ports/event-store.ts';
import { allowedWhenLocked, neverRegistered, occupies, transitions } from './state-table.ts';

/** The ledger broke one of its promises. `rule` names the promise; the same rule is what a shrunk world must break too. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

/** What a value was at every position of the log. */
class Timeline<T> {
  readonly #values: { readonly from: bigint; readonly value: T }[];

  constructor(initial: T) {
    this.#values = [{ from: 0n, value: initial }];
  }

  get now(): T {
    return this.#values.at(-1)!.value;
  }

  set(from: bigint, value: T): void {
    this.#values.push({ from, value });
  }

  /** True where it held at some moment between two heads of the log, both included. */
  during(from: bigint, to: bigint, is: (value: T) => boolean): boolean {
    return this.#values.some(
      ({ from: since, value }, i) => since <= to && (this.#values[i + 1]?.from ?? to + 1n) > from && is(value),
    );
  }
}

export interface LogEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly commandId: string;
  readonly commandDigest: string;
  readonly correlationId: string;
  readonly institutionId: string;
  readonly actor: { readonly personId: string };
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EnrollmentBook {
  readonly id: string;
  readonly institutionId: string;
  readonly learnerId: string;
  readonly status: Timeline<string>;
  before: string;
  /** What each event said of the student number, corrections applied. The last one counts. */
  readonly numbers: { readonly revision: string; value: string | null }[];
  everRegistered: boolean;
  intake: string;
  programId: string;
  readonly years: Set<string>;
  locked: boolean;
  /** Instants by the enrollment's own events; null where a correction or an import moved them. */
  from: string | null;
  to: string | null;
}

export interface LearnerBook {
  readonly id: string;
  readonly institutionId: string;
  readonly known: Timeline<boolean>;
  readonly annulled: Timeline<boolean>;
  readonly idClaim: Timeline<string | null>;
  readonly holds: Timeline<readonly string[]>;
  /** Enrollments that the gate lets be open. */
  readonly open: Timeline<readonly string[]>;
  readonly slots: Map<string, { from: string; to: string | null }>;
  /** Commands that announced a graduation, by enrollment. */
  readonly closing: Map<string, readonly string[]>;
  readonly erased: Timeline<readonly string[]>;
}

export interface RequestBook {
  readonly requestId: string;
  readonly stream: string;
  readonly act: string;
  readonly by: string;
  readonly digest: string;
  readonly target: string | null;
  readonly proposal: Readonly<Record<string, unknown>>;
  readonly outcome: Timeline<string>;
}

/** Which act an approval must carry with it, in the same append. */
const actOf: Readonly<Record<string, string>> = {
  AnnulAdmission: 'AdmissionAnnulled',
  RevertWithdrawal: 'WithdrawalReverted',
  CorrectEnrollment: 'EnrollmentCorrected',
  RevokeRegistration: 'RegistrationRevoked',
  CorrectIdentity: 'IdentityCorrected',
  ErasePersonalData: 'PersonalDataErased',
};

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/**
 * The checkers' own reading of the log, event by event and from the beginning. It knows the specification and nothing of the deciders,
 * so that the code's opinion of itself is never asked.
 */
export class Books {
  readonly enrollments = new Map<string, EnrollmentBook>();
  readonly learners = new Map<string, LearnerBook>();
  readonly claims = new Map<string, { readonly owner: Timeline<string | null>; readonly institutionId: string }>();
  readonly requests = new Map<string, RequestBook>();
  readonly streams = new Map<string, LogEvent[]>();
  /** What each client's key did on the stream that its command is about. */
  readonly effects = new Map<string, LogEvent[]>();
  readonly counts = new Map<string, number>();
  head = 0n;
  readonly #abandoned = new Set<string>();
  readonly #ids = new Set<string>();
  /** Ids of an append that must stand together, by the JSON of the first: another decision of the same step shares its id. */
  readonly #batches = new Map<string, readonly string[]>();
  readonly #keys = new Map<string, 'enrollment' | 'learner'>();
  readonly numberStream: (institutionId: string, value: string) => string;
  #awaited: string[] = [];
  #grant: RequestBook | null = null;
  recordedAt = '';

  constructor(numberStream: (institutionId: string, value: string) => string) {
    this.numberStream = numberStream;
  }

  /** Somebody means to append these, all or none. */
  requested(events: readonly NewEvent[]): void {
    if (events.length > 1)
      this.#batches.set(
        events[0]!.json,
        events.map(({ id }) => id),
      );
  }

  /** A client's key, and the kind of stream that its command is about. */
  expect(key: string, about: 'enrollment' | 'learner'): void {
    this.#keys.set(key, about);
  }

  /** Takes in what the log gained in one step; a batch that is not whole by then never will be. */
  read(stored: readonly StoredEvent[]): void {
    for (const event of stored) this.#take(event);
    if (this.#awaited.length > 0)
      throw new Violation('whole-or-nothing', `an append is torn: ${this.#awaited.join(', ')} missing`);
    if (this.#grant) throw new Violation('four-eyes', `a grant stands without its act: ${this.#grant.act}`);
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
    const fail = (rule: string, message: string): never => {
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

    if (this.#grant) this.#produced(this.#grant, event, fail);
    if (event.type.startsWith('Approval')) this.#approval(event, fail);
    else if (event.stream.startsWith('claim-')) this.#claim(event, fail);
    else if (event.stream.startsWith('learner-')) this.#learner(event, fail);
    else if (event.stream.startsWith('enrollment-')) this.#enrollment(event, fail);
  }

  /** One key takes effect once, in one unbroken run of events by one attempt. */
  #effect(event: LogEvent, stream: readonly LogEvent[], fail: (rule: string, message: string) => never): void {
    const about = this.#keys.get(event.correlationId);
    if (!about || event.type === 'CommandAbandoned' || !event.stream.startsWith(`${about}-`)) return;
    const done = this.effects.get(event.correlationId);
    if (!done) {
      this.effects.set(event.correlationId, [event]);
      return;
    }
    const last = done.at(-1)!;
    if (last.commandId !== event.commandId || last !== stream.at(-1))
      fail('exactly-once', `key ${event.correlationId} takes effect a second time`);
    done.push(event);
  }

  // ── four-eyes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #approval(event: LogEvent, fail: (rule: string, message: string) => never): void {
    const requestId = event.data['requestId'] as string;
    if (event.type === 'ApprovalRequested') {
      if (this.requests.has(requestId)) fail('four-eyes', `request ${requestId} was made twice`);
      const { act, target, proposal } = event.data as { act: string; target: string | null; proposal: Record<string, unknown> };
      const outcome = new Timeline('none');
      outcome.set(event.position, 'pending');
      this.requests.set(requestId, {
        requestId,
        stream: event.stream,
        act,
        by: event.actor.personId,
        digest: event.commandDigest,
        target,
        proposal,
        outcome,
      });
      return;
    }
    const request = this.requests.get(requestId);
    if (!request || request.stream !== event.stream) return fail('four-eyes', `request ${requestId} was never made here`);
    if (request.outcome.now !== 'pending') fail('four-eyes', `request ${requestId} is settled twice`);
    request.outcome.set(event.position, event.type);
    if (event.type !== 'ApprovalGranted') return;
    if (request.by === event.actor.personId) fail('four-eyes', `${request.by} granted the own request`);
    if (event.data['digest'] !== request.digest) fail('four-eyes', 'the grant names another request');
    this.#grant = request;
  }

  #produced(request: RequestBook, event: LogEvent, fail: (rule: string, message: string) => never): void {
    const same = event.stream === request.stream && event.data['requestId'] === request.requestId;
    if (!same || event.type !== actOf[request.act]) fail('four-eyes', `a grant of ${request.act} is not followed by its act`);
    if ((event.data['target'] ?? null) !== request.target) fail('four-eyes', 'the act has another target than its request');
    this.#grant = null;
  }

  // ── claims ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  ownerOf(claimStream: string): string | null {
    return this.claims.get(claimStream)?.owner.now ?? null;
  }

  /** Does the stream hold the claimed value, by its own events? */
  holds(owner: string, claimStream: string): boolean {
    const learner = owner.startsWith('learner-') ? this.learners.get(idOf(owner)) : undefined;
    if (learner) return learner.idClaim.now === claimStream && !learner.annulled.now;
    const enrollment = this.enrollments.get(idOf(owner));
    const number = enrollment ? this.numberOf(enrollment) : null;
    return number !== null && this.numberStream(enrollment!.institutionId, number) === claimStream;
  }

  #claim(event: LogEvent, fail: (rule: string, message: string) => never): void {
    const claim = this.claims.get(event.stream) ?? {
      owner: new Timeline<string | null>(null),
      institutionId: event.institutionId,
    };
    this.claims.set(event.stream, claim);
    const owner = event.data['owner'] as string;
    if (event.type === 'ClaimTaken') {
      if (claim.owner.now !== null && claim.owner.now !== owner) fail('one-owner', `taken while ${claim.owner.now} has it`);
      claim.owner.set(event.position, owner);
    } else if (event.type === 'ClaimReleased') {
      if (claim.owner.now !== owner) fail('one-owner', `released by ${owner}, who does not have it`);
      if (this.holds(owner, event.stream)) fail('owner-holds', `released while ${owner} still holds the value`);
      claim.owner.set(event.position, null);
    }
  }

  // ── learners ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #learnerBook(event: LogEvent): LearnerBook {
    const id = idOf(event.stream);
    let book = this.learners.get(id);
    if (!book) {
      book = {
        id,
        institutionId: event.institutionId,
        known: new Timeline(false),
        annulled: new Timeline(false),
        idClaim: new Timeline<string | null>(null),
        holds: new Timeline<readonly string[]>([]),
        open: new Timeline<readonly string[]>([]),
        slots: new Map(),
        closing: new Map(),
        erased: new Timeline<readonly string[]>([]),
      };
      this.learners.set(id, book);
    }
    return book;
  }

  #learner(event: LogEvent, fail: (rule: string, message: string) => never): void {
    const learner = this.#learnerBook(event);
    const { position, data } = event;
    const enrollmentId = data['enrollmentId'] as string;
    const enrollment = this.enrollments.get(enrollmentId);
    const claimIs = (stream: string | null): void => {
      learner.idClaim.set(position, stream);
      if (stream !== null && this.ownerOf(stream) !== event.stream)
        fail('gate-first', 'an id number is stated that is not claimed');
      const twin = [...this.learners.values()].find(
        (l) => l !== learner && stream !== null && l.idClaim.now === stream && !l.annulled.now,
      );
      if (twin) fail('unique', `id number is ${twin.id}'s`);
    };
    if (learner.annulled.now && event.type !== 'CommandAbandoned' && event.type !== 'PersonalDataErased')
      fail('legal-path', 'said of an annulled learner');
    switch (event.type) {
      case 'LearnerIdentified':
        if (learner.known.now) fail('legal-path', 'identified twice');
        learner.known.set(position, true);
        claimIs(data['idClaim'] as string | null);
        break;
      case 'IdentityCorrected':
        if (learner.erased.now.includes('identity')) fail('erasure', 'an erased identity is corrected');
        claimIs(data['idClaim'] as string | null);
        break;
      case 'LearnerAnnulled':
        if (learner.slots.size > 0) fail('legal-path', 'annulled with enrollments');
        learner.annulled.set(position, true);
        break;
      case 'PersonalDataErased': {
        const purposes = data['purposes'] as string[];
        if (purposes.includes('identity')) {
          const kept = [...this.enrollments.values()].find(
            (e) => e.learnerId === learner.id && (e.everRegistered || occupies(e.status.now)),
          );
          if (kept) fail('retention', `identity erased although ${kept.id} needs it`);
          learner.idClaim.set(position, null);
        }
        learner.erased.set(position, [...learner.erased.now, ...purposes]);
        break;
      }
      case 'HoldPlaced':
        if (learner.holds.now.includes(data['holdId'] as string)) fail('legal-path', 'a hold is placed twice');
        learner.holds.set(position, [...learner.holds.now, data['holdId'] as string]);
        break;
      case 'HoldLifted':
        if (!learner.holds.now.includes(data['holdId'] as string)) fail('legal-path', 'no such hold');
        learner.holds.set(
          position,
          learner.holds.now.filter((id) => id !== data['holdId']),
        );
        break;
      case 'EnrollmentOpened': {
        if (learner.erased.now.includes('identity')) fail('erasure', 'an erased person is enrolled');
        const slot = learner.slots.get(enrollmentId);
        learner.slots.set(enrollmentId, { from: slot?.from ?? event.effectiveAt, to: null });
        learner.open.set(position, [...learner.open.now.filter((id) => id !== enrollmentId), enrollmentId]);
        break;
      }
      case 'EnrollmentClosing':
        if (learner.holds.now.length > 0) fail('holds', 'graduation is announced under a hold');
        learner.closing.set(enrollmentId, [...(learner.closing.get(enrollmentId) ?? []), data['commandId'] as string]);
        break;
      case 'EnrollmentClosingDropped':
        if (!learner.closing.has(enrollmentId)) fail('legal-path', 'nothing to drop');
        learner.closing.delete(enrollmentId);
        break;
      case 'EnrollmentClosed': {
        if (enrollment && occupies(enrollment.status.now))
          fail('owner-holds', `closed while ${enrollmentId} is ${enrollment.status.now}`);
        // It may have moved on since the gate's writer looked, but never to where it needs the gate again.
        if (
          data['status'] !== 'abandoned' &&
          enrollment &&
          !enrollment.status.during(0n, position, (was) => was === data['status'])
        )
          fail('owner-holds', `closed as ${String(data['status'])}, which ${enrollmentId} never was`);
        const slot = learner.slots.get(enrollmentId);
        if (data['status'] === 'abandoned' || data['status'] === 'annulled') learner.slots.delete(enrollmentId);
        else if (slot) slot.to ??= event.effectiveAt;
        // Who announced a graduation stays announced: a completion, say, closes the gate before it.
        if (data['status'] === 'graduated' || !learner.slots.has(enrollmentId)) learner.closing.delete(enrollmentId);
        learner.open.set(
          position,
          learner.open.now.filter((id) => id !== enrollmentId),
        );
        break;
      }
      default:
    }
  }

  // ── enrollments ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  numberOf(enrollment: EnrollmentBook): string | null {
    return enrollment.numbers.at(-1)?.value ?? null;
  }

  #enrollment(event: LogEvent, fail: (rule: string, message: string) => never): void {
    if (event.type === 'CommandAbandoned') return;
    const { position, data, effectiveAt } = event;
    const id = idOf(event.stream);
    const step = transitions[event.type];
    if (!step) return fail('legal-path', 'no such event in the table');
    let book = this.enrollments.get(id);
    const status = book?.status.now ?? 'none';
    if (!step.from.includes(status)) fail('legal-path', `not from ${status}`);
    if (book?.locked && !allowedWhenLocked.includes(event.type)) fail('legal-path', 'said of a locked record');
    if (!book) {
      book = {
        id,
        institutionId: event.institutionId,
        learnerId: data['learnerId'] as string,
        status: new Timeline('none'),
        before: 'none',
        numbers: [],
        everRegistered: false,
        intake: data['intake'] as string,
        programId: data['programId'] as string,
        years: new Set(),
        locked: false,
        from: event.type === 'EnrollmentImported' ? null : effectiveAt,
        to: null,
      };
      this.enrollments.set(id, book);
    }
    const learner = this.learners.get(book.learnerId);
    if (!learner || !learner.known.now) return fail('gate-first', 'nobody known is enrolled');
    if (learner.institutionId !== book.institutionId) fail('institution', 'a learner of another institution is enrolled');

    const to =
      step.to === 'same'
        ? status
        : step.to === 'stated'
          ? (data['status'] as string)
          : step.to === 'before'
            ? book.before
            : step.to;
    if (event.type === 'StudentWithdrawn') book.before = status;
    if (to !== status) book.status.set(position, to);
    if (learner.erased.now.includes('identity') && (status === 'none' || event.type === 'StudentRegistered'))
      fail('erasure', 'somebody erased becomes a student');
    if (occupies(to)) {
      if (!learner.open.now.includes(id)) fail('gate-first', `${to} although the gate is not open for it`);
      const other = [...this.enrollments.values()].find(
        (e) => e !== book && e.learnerId === book.learnerId && occupies(e.status.now),
      );
      if (other) fail('one-active', `${book.learnerId} is also in ${other.id}`);
    }
    if (book.from !== null) book.to = occupies(to) ? null : (book.to ?? effectiveAt);
    this.#special(book, learner, event, fail);
    const number = this.numberOf(book);
    if (number !== null || ![...neverRegistered, 'none'].includes(book.status.now)) book.everRegistered = true;
    if (number === null) return;
    if (this.ownerOf(this.numberStream(book.institutionId, number)) !== event.stream)
      fail('gate-first', `student number ${number} is not claimed`);
    for (const other of this.enrollments.values()) {
      if (other !== book && other.institutionId === book.institutionId && this.numberOf(other) === number)
        fail('unique', `student number ${number} is also ${other.id}'s`);
    }
  }

  #special(book: EnrollmentBook, learner: LearnerBook, event: LogEvent, fail: (rule: string, message: string) => never): void {
    const { data } = event;
    const revision = event.revision.toString();
    switch (event.type) {
      case 'EnrollmentImported':
      case 'StudentTransferredIn':
      case 'StudentRegistered':
        book.numbers.push({ revision, value: data['studentNumber'] as string | null });
        break;
      case 'EnrollmentCorrected': {
        if (data['field'] === 'effectiveAt') book.from = null;
        if (data['field'] !== 'studentNumber') break;
        const said = book.numbers.find((n) => n.revision === data['target']);
        if (!said || said.value !== data['old']) return fail('four-eyes', 'a correction of what was not said');
        said.value = data['new'] as string | null;
        break;
      }
      case 'AnnualRegistrationRecorded':
        if (book.years.has(data['academicYear'] as string)) fail('legal-path', 'the year was registered before');
        book.years.add(data['academicYear'] as string);
        break;
      case 'MajorChanged':
        if (book.intake === 'special' || book.intake === 'contracted')
          fail('legal-path', `major change of ${book.intake} intake`);
        book.programId = data['programId'] as string;
        break;
      case 'RegistrationRevoked':
        if (!book.everRegistered) fail('legal-path', 'never registered');
        break;
      // What was locked was an end; when that end is undone there is nothing left to lock.
      case 'WithdrawalReverted':
        book.locked = false;
        break;
      case 'RecordLocked':
        book.locked = true;
        break;
      case 'StudentGraduated':
        if (!learner.closing.get(book.id)?.includes(event.commandId))
          fail('holds', 'graduated without announcing itself on the gate');
        break;
      default:
    }
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** When all work has ended: nothing is held for nobody, and nobody holds what is not theirs. */
  settled(): void {
    for (const [stream, { owner }] of this.claims) {
      if (owner.now !== null && !this.holds(owner.now, stream))
        throw new Violation('no-stuck-gate', `${stream} is kept for ${owner.now}, who does not hold it`);
    }
    for (const learner of this.learners.values()) {
      for (const id of learner.open.now) {
        const status = this.enrollments.get(id)?.status.now ?? 'none';
        if (!occupies(status))
          throw new Violation('no-stuck-gate', `the gate of ${learner.id} stands open for ${id}, which is ${status}`);
      }
      for (const [id, slot] of learner.slots) {
        if (!this.enrollments.has(id))
          throw new Violation(
            'no-stuck-gate',
            `the gate of ${learner.id} keeps a time for ${id}, which does not exist: ${slot.from} to ${slot.to}`,
          );
      }
      for (const [id] of learner.closing)
        throw new Violation('no-stuck-gate', `the gate of ${learner.id} still announces the graduation of ${id}`);
      this.#overlaps(learner);
    }
  }

  #overlaps(learner: LearnerBook): void {
    const periods = [...this.enrollments.values()]
      .filter((e) => e.learnerId === learner.id && e.from !== null && e.status.now !== 'annulled')
      .toSorted((a, b) => (a.from! < b.from! ? -1 : 1));
    periods.forEach((period, i) => {
      const next = periods[i + 1];
      if (next && (period.to ?? '9') > next.from!)
        throw new Violation(
          'no-overlap',
          `${learner.id} is in ${period.id} until ${period.to} and in ${next.id} from ${next.from}`,
        );
    });
  }
}
