import type { Books } from './books.ts';
import { Timeline, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import { openingTable, placementTable, selectionTable } from './training-tables.ts';

/** Plain dates, both inclusive. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface SelectionBook {
  readonly id: string;
  readonly institutionId: string;
  readonly openingId: string;
  readonly organizationId: string;
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly status: Timeline<string>;
  readonly assessed: Set<string>;
  offer: (Span & { readonly expiresAt: string }) | null;
}

export interface OpeningBook extends Span {
  readonly id: string;
  readonly organizationId: string;
  readonly status: Timeline<string>;
}

export interface PlacementBook {
  readonly id: string;
  readonly follows: string | null;
  readonly status: Timeline<string>;
  handedTo: string | null;
  /** Batches whose handover it acknowledged. */
  readonly acknowledged: Set<string>;
}

/** Openings, applications and their offers; and batches that hand over to each other. */
export class Selections implements Chapter {
  readonly reads = ['selection', 'opening', 'placement'];
  readonly openings = new Map<string, OpeningBook>();
  readonly placements = new Map<string, PlacementBook>();
  readonly #books: Books;
  readonly #known = new Map<string, SelectionBook>();

  constructor(books: Books) {
    this.#books = books;
  }

  get(selectionId: string): SelectionBook | undefined {
    return this.#known.get(selectionId);
  }

  all(): readonly SelectionBook[] {
    return [...this.#known.values()];
  }

  /** What guards that an offer is used once. */
  claimOf({ institutionId, id }: SelectionBook): string {
    return this.#books.claims.streamOf(institutionId, 'offer', id);
  }

  /** One that ended after it was offered uses the offer up itself. */
  holds(owner: string, gate: string): boolean {
    const selection = this.get(idOf(owner));
    return (
      selection !== undefined && ['rejected', 'withdrawn'].includes(selection.status.now) && this.claimOf(selection) === gate
    );
  }

  take(event: LogEvent, fail: Fail): void {
    if (event.type === 'CommandAbandoned') return;
    const tables = { selection: selectionTable, opening: openingTable, placement: placementTable };
    const category = event.stream.slice(0, event.stream.indexOf('-')) as keyof typeof tables;
    const step = tables[category][event.type];
    if (!step) return fail('legal-path', 'no such event in the table');
    const book = this.#bookOf(category, event);
    if (!step.from.includes(book.status.now)) fail('legal-path', `not from ${book.status.now}`);
    if (step.to !== 'same') book.status.set(event.position, step.to);
    if (category === 'selection') this.#selected(book as SelectionBook, event, fail);
    if (category === 'placement') this.#placed(book as PlacementBook, event, fail);
  }

  #bookOf(category: string, event: LogEvent): SelectionBook | OpeningBook | PlacementBook {
    const books: Map<string, SelectionBook | OpeningBook | PlacementBook> =
      category === 'selection' ? this.#known : category === 'opening' ? this.openings : this.placements;
    const id = idOf(event.stream);
    const known = books.get(id);
    if (known) return known;
    const { institutionId, data } = event;
    const begun = { ...data, id, institutionId, status: new Timeline('none') };
    const book = {
      ...begun,
      assessed: new Set<string>(),
      offer: null,
      handedTo: null,
      acknowledged: new Set<string>(),
    } as unknown as SelectionBook;
    books.set(id, book);
    return book;
  }

  #selected(selection: SelectionBook, event: LogEvent, fail: Fail): void {
    const { learnerId, enrollmentId, openingId } = selection;
    const isStudent = (): boolean => {
      const at = this.#books.seen(event, `enrollment-${enrollmentId}`, fail);
      const enrollment = this.#books.enrollments.get(enrollmentId);
      return enrollment?.learnerId === learnerId && enrollment.status.at(at) === 'registered';
    };
    switch (event.type) {
      case 'ApplicationSubmitted': {
        const twin = this.all().find((s) => s !== selection && s.openingId === openingId && s.learnerId === learnerId);
        if (twin) fail('unique', `${learnerId} applied to ${openingId} before: ${twin.id}`);
        if (!isStudent()) fail('legal-path', 'applied before she was a student');
        return;
      }
      case 'ApplicantAssessed':
        selection.assessed.add(event.data['by'] as string);
        return;
      case 'OfferMade':
        if (selection.assessed.size < 2) fail('legal-path', 'an offer before both sides assessed');
        selection.offer = event.data as unknown as SelectionBook['offer'];
        return;
      case 'OfferAccepted':
        if (event.decidedAt >= selection.offer!.expiresAt) fail('legal-path', `accepted after ${selection.offer!.expiresAt}`);
        if (!isStudent()) fail('legal-path', 'accepted after her status was lost');
        if (!this.#books.days.covers(learnerId, event.stream, selection.offer!)) fail('gate-first', 'accepted without her days');
        return;
      case 'OfferExpired':
        if (event.decidedAt < selection.offer!.expiresAt) fail('legal-path', 'it has not expired');
        return;
      case 'ApplicationRejected':
      case 'ApplicationWithdrawn': {
        const contract = this.#books.contracts.all().find(({ selectionId }) => selectionId === selection.id);
        if (contract) fail('one-owner', `taken back although ${contract.id} rests on it`);
        return;
      }
      default:
    }
  }

  #placed(placement: PlacementBook, event: LogEvent, fail: Fail): void {
    const { data } = event;
    if (event.type === 'HandoverGiven') {
      const next = this.placements.get(data['to'] as string);
      if (next?.follows !== placement.id) fail('legal-path', 'handed over to a batch that does not follow');
      if (placement.handedTo !== null && placement.handedTo === data['to']) fail('exactly-once', 'handed over twice');
      placement.handedTo = data['to'] as string;
    }
    if (event.type === 'HandoverAcknowledged') {
      const other = data['other'] as string;
      const given = placement.handedTo === other || this.placements.get(other)?.handedTo === placement.id;
      if (!given) fail('legal-path', 'acknowledged is what was not given');
      placement.acknowledged.add(other);
    }
  }
}
