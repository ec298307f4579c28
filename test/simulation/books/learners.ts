import type { Books } from './books.ts';
import { Timeline, Violation, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import { occupies } from './student-table.ts';

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

/** People, and the gate that guards what is unique about each. */
export class Learners implements Chapter {
  readonly reads = ['learner'];
  readonly #books: Books;
  readonly #known = new Map<string, LearnerBook>();

  constructor(books: Books) {
    this.#books = books;
  }

  get(learnerId: string): LearnerBook | undefined {
    return this.#known.get(learnerId);
  }

  all(): readonly LearnerBook[] {
    return [...this.#known.values()];
  }

  holds(owner: string, gate: string): boolean {
    const learner = this.get(idOf(owner));
    return learner !== undefined && learner.idClaim.now === gate && !learner.annulled.now;
  }

  #bookOf(event: LogEvent): LearnerBook {
    const id = idOf(event.stream);
    let book = this.get(id);
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
      this.#known.set(id, book);
    }
    return book;
  }

  take(event: LogEvent, fail: Fail): void {
    const learner = this.#bookOf(event);
    const { position, data } = event;
    const enrollmentId = data['enrollmentId'] as string;
    const enrollment = this.#books.enrollments.get(enrollmentId);
    const claimIs = (stream: string | null): void => {
      learner.idClaim.set(position, stream);
      if (stream !== null && this.#books.claims.ownerOf(stream) !== event.stream)
        fail('gate-first', 'an id number is stated that is not claimed');
      const twin = this.all().find((l) => l !== learner && stream !== null && l.idClaim.now === stream && !l.annulled.now);
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
          const kept = this.#books.enrollments
            .all()
            .find((e) => e.learnerId === learner.id && (e.everRegistered || occupies(e.status.now)));
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

  settled(): void {
    for (const learner of this.all()) {
      for (const id of learner.open.now) {
        const status = this.#books.enrollments.get(id)?.status.now ?? 'none';
        if (!occupies(status))
          throw new Violation('no-stuck-gate', `the gate of ${learner.id} stands open for ${id}, which is ${status}`);
      }
      for (const [id, slot] of learner.slots) {
        if (!this.#books.enrollments.get(id))
          throw new Violation(
            'no-stuck-gate',
            `the gate of ${learner.id} keeps a time for ${id}, which does not exist: ${slot.from} to ${slot.to}`,
          );
      }
      for (const [id] of learner.closing)
        throw new Violation('no-stuck-gate', `the gate of ${learner.id} still announces the graduation of ${id}`);
    }
  }
}
