import type { Books } from './books.ts';
import type { LearnerBook } from './learners.ts';
import { Timeline, Violation, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import { allowedWhenLocked, neverRegistered, occupies, transitions } from './student-table.ts';

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

/** Student status: every enrollment walks through its table, one is active at a time, and a number is one student's. */
export class Enrollments implements Chapter {
  readonly reads = ['enrollment'];
  readonly #books: Books;
  readonly #known = new Map<string, EnrollmentBook>();

  constructor(books: Books) {
    this.#books = books;
  }

  get(enrollmentId: string): EnrollmentBook | undefined {
    return this.#known.get(enrollmentId);
  }

  all(): readonly EnrollmentBook[] {
    return [...this.#known.values()];
  }

  #claimOf(institutionId: string, number: string): string {
    return this.#books.claims.streamOf(institutionId, 'student-number', number);
  }

  holds(owner: string, gate: string): boolean {
    const enrollment = this.get(idOf(owner));
    const number = enrollment ? this.numberOf(enrollment) : null;
    return number !== null && this.#claimOf(enrollment!.institutionId, number) === gate;
  }

  numberOf(enrollment: EnrollmentBook): string | null {
    return enrollment.numbers.at(-1)?.value ?? null;
  }

  take(event: LogEvent, fail: Fail): void {
    if (event.type === 'CommandAbandoned') return;
    const { position, data, effectiveAt } = event;
    const id = idOf(event.stream);
    const step = transitions[event.type];
    if (!step) return fail('legal-path', 'no such event in the table');
    let book = this.get(id);
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
      this.#known.set(id, book);
    }
    const learner = this.#books.learners.get(book.learnerId);
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
      const other = this.all().find((e) => e !== book && e.learnerId === book.learnerId && occupies(e.status.now));
      if (other) fail('one-active', `${book.learnerId} is also in ${other.id}`);
    }
    if (book.from !== null) book.to = occupies(to) ? null : (book.to ?? effectiveAt);
    this.#special(book, learner, event, fail, status);
    const number = this.numberOf(book);
    if (number !== null || ![...neverRegistered, 'none'].includes(book.status.now)) book.everRegistered = true;
    if (number === null) return;
    if (this.#books.claims.ownerOf(this.#claimOf(book.institutionId, number)) !== event.stream)
      fail('gate-first', `student number ${number} is not claimed`);
    for (const other of this.all()) {
      if (other !== book && other.institutionId === book.institutionId && this.numberOf(other) === number)
        fail('unique', `student number ${number} is also ${other.id}'s`);
    }
  }

  #special(book: EnrollmentBook, learner: LearnerBook, event: LogEvent, fail: Fail, before: string): void {
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
      case 'AdmissionAnnulled':
        if (data['run'] === undefined && !['admitted', 'place-retained'].includes(before))
          fail('legal-path', `annulled from ${before} without the undo of an import`);
        // What followed the opening never took effect: no number, no student.
        book.numbers.length = 0;
        book.everRegistered = false;
        break;
      case 'StatusChangeAnnulled': {
        const number = book.numbers.findIndex((said) => said.revision === data['target']);
        if (number >= 0) book.numbers.splice(number, 1);
        break;
      }
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

  settled(): void {
    for (const learner of this.#books.learners.all()) this.#overlaps(learner);
  }

  #overlaps(learner: LearnerBook): void {
    const periods = this.all()
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
