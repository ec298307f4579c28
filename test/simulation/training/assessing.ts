import { attemptIdOf, importedAttemptIdOf } from '../../../libs/contexts/assessment/attempt.ts';
import type { Said } from '../../../libs/contexts/assessment/guards.ts';
import type { AttemptKind, ResultCode } from '../../../libs/events/catalog/assessment.ts';
import { isDivergent, partsOf, submission } from '../books/arithmetic.ts';
import type { AttemptBook } from '../books/attempts.ts';
import type { Books } from '../books/books.ts';
import { at, type Caller, type Order } from '../orders.ts';
import { apprentice, apprentices, classId, classTeachers, college, courses, registrars, schemes, teacher, term } from './cast.ts';
import type { TrainingOrders } from './orders.ts';

const [zhang, li, wang] = registrars as [Caller, Caller, Caller];
const codes: readonly ResultCode[] = ['absent', 'cheating', 'deferred', 'exempted', 'absent'];

const score = (value: number): Said => ({ score: value, grade: null, code: null, passed: null });

/** What people do about attempts: opened, scored by two sides, moderated by another, published, appealed, corrected by two. */
export class Assessing {
  readonly #books: Books;
  readonly #orders: TrainingOrders;

  constructor(books: Books, orders: TrainingOrders) {
    this.#books = books;
    this.#orders = orders;
  }

  /** The next attempt of somebody at something, or one that is there already. */
  open(key: string, a: number, b: number, c: number): readonly Order[] {
    const { learnerId, enrollmentId } = at(apprentices, a);
    const { courseId } = b % 5 === 4 ? courses[1]! : courses[0]!;
    const last = this.#books.attempts
      .all()
      .filter(({ terms }) => terms.learnerId === learnerId && terms.courseId === courseId && terms.number !== undefined)
      .at(-1);
    if (last && c % 6 !== 5 && ['open', 'submitted', 'moderated'].includes(last.status.now)) return this.advance(key, last, b, c);
    const again = c % 7 === 6;
    const follows = last && !again ? last : null;
    const number = (follows?.terms.number ?? 0) + 1;
    const taught = courseId === courses[0]!.courseId;
    const contract = this.#books.contracts
      .all()
      .findLast((one) => one.learnerId === learnerId && ['live', 'suspended', 'completed'].includes(one.status.now));
    const contractId = taught && contract && c % 6 !== 5 ? contract.id : null;
    const kind: AttemptKind = follows ? this.#kindAfter(follows, c) : 'first';
    const opening = {
      type: 'OpenAttempt',
      learnerId,
      enrollmentId,
      courseId,
      kind,
      number,
      follows: follows?.id ?? null,
      // Two sides can only score where there is a contract.
      schemeId: (contractId !== null && c % 4 !== 3 ? schemes[0]! : schemes[1]!).schemeId,
      schemeVersion: null,
      ...term,
      classId: taught ? classId : null,
      contractId,
      final: contractId !== null && c % 8 === 0,
      mode: 'in-person',
    } as const;
    const id = attemptIdOf(college, learnerId, courseId, number);
    const by = b % 2 === 0 && taught ? teacher(classTeachers[0]) : zhang;
    const other = { ...opening, schemeId: schemes[1]!.schemeId };
    // Now and then two desks open the same attempt, and not always in the same words.
    return [
      this.#orders.attempt(key, by, id, opening),
      ...(c % 5 === 0 ? [this.#orders.attempt(`${key}x`, li, id, c % 2 === 0 ? opening : other)] : []),
    ];
  }

  #kindAfter({ status, result }: AttemptBook, c: number): AttemptKind {
    if (c % 9 === 8) return 'make-up';
    if (status.now === 'voided') return 'retake';
    const code = result.now?.code;
    return code === 'deferred' ? 'deferred' : code === 'cheating' ? 'retake' : at(['make-up', 'retake'] as const, c);
  }

  /** What one would do with an attempt in this state, and now and then what one would not. */
  advance(key: string, attempt: AttemptBook, b: number, c: number): readonly Order[] {
    const moves: Readonly<Record<string, readonly string[]>> = {
      open: ['next', 'next', 'next', 'sheet', 'next', 'next', 'submit', 'next', 'code', 'next', 'next', 'void'],
      submitted: ['moderate', 'moderate', 'moderate', 'race', 'moderate', 'moderate', 'submit', 'moderate', 'void'],
      moderated: ['publish', 'publish', 'publish', 'race', 'publish', 'publish', 'void', 'sheet'],
      published: ['appeal', 'finalize', 'settle', 'finalize', 'correct', 'appeal', 'finalize', 'settle', 'finalize', 'void'],
      final: ['correct', 'correct', 'follow', 'finalize', 'void'],
      imported: ['correct', 'correct', 'follow'],
      voided: ['follow', 'void', 'publish'],
    };
    const wanted =
      c % 13 === 12 ? at(['submit', 'publish', 'finalize', 'correct'], b) : at(moves[attempt.status.now] ?? ['submit'], b);
    // Scored as far as it is needed, it is submitted; an appeal that waits is settled.
    const isScored =
      attempt.scheme !== null && typeof submission(attempt.scheme, attempt.terms.kind, attempt.scores) !== 'string';
    const next = isScored ? 'submit' : 'sheet';
    const waits = attempt.appeal?.outcome === 'open' && wanted === 'finalize' && c % 3 > 0;
    const move = wanted === 'next' ? next : waits ? 'settle' : wanted;
    const { id } = attempt;
    const say = (by: Caller, command: Parameters<TrainingOrders['attempt']>[3], suffix = ''): Order =>
      this.#orders.attempt(`${key}${suffix}`, by, id, command, {
        ...(c % 11 === 3 ? this.#orders.seen(`attempt-${id}`) : {}),
        // Free text about a person is sealed under her key.
        ...(command.type === 'ModerateResult' && command.reasoned
          ? { reason: { code: 'recount', text: 'a page was missed' } }
          : {}),
        ...(c % 23 === 5 ? { dryRun: true } : {}),
      });
    const marks = 4000 + ((b * 977 + c * 131) % 6000);
    switch (move) {
      case 'sheet':
        return this.#sheet(key, attempt, b, c);
      case 'submit':
        return [say(at([zhang, teacher('sub-tan')], c), { type: 'SubmitResult', code: null })];
      case 'code':
        return [say(zhang, { type: 'SubmitResult', code: at(codes, c) })];
      case 'moderate':
        return [say(at([li, wang, zhang], c), this.#moderation(c % 4 === 0 ? marks : null))];
      case 'race':
        // Two moderate at once, one of them to another score.
        return [say(li, this.#moderation(null)), say(wang, this.#moderation(marks), 'x')];
      case 'publish':
        return [say(zhang, { type: 'PublishResult' }), ...(c % 3 === 0 ? [say(li, this.#moderation(marks), 'x')] : [])];
      case 'finalize':
        return [
          say(zhang, { type: 'FinalizeResult' }),
          ...(c % 3 === 0 ? [this.#correction(`${key}x`, attempt, li, marks)] : []),
        ];
      case 'appeal':
        return [
          this.#orders.attempt(
            key,
            apprentice(attempt.terms.learnerId),
            id,
            { type: 'FileAppeal', appealId: '' },
            {},
            'appealId',
          ),
          ...(c % 4 === 0 ? [say(zhang, { type: 'FinalizeResult' }, 'x')] : []),
        ];
      case 'settle': {
        const appealId = attempt.appeal?.id ?? 'none';
        const [uphold, dismiss] = [
          { type: 'UpholdAppeal', appealId, result: score(marks) },
          { type: 'DismissAppeal', appealId },
        ] as const;
        if (c % 3 === 0) return [say(zhang, uphold), say(wang, dismiss, 'x')];
        return [say(at([wang, zhang, li], b), c % 3 === 1 ? uphold : dismiss)];
      }
      case 'correct':
        return [
          this.#correction(key, attempt, at([zhang, li], c), marks),
          ...(c % 5 === 0 ? [this.#correction(`${key}x`, attempt, wang, marks + 100)] : []),
        ];
      case 'follow':
        return this.open(
          key,
          apprentices.findIndex(({ learnerId }) => learnerId === attempt.terms.learnerId),
          0,
          c,
        );
      default:
        return [say(zhang, { type: 'VoidAttempt', ground: c % 3 === 0 ? 'opened-in-error' : 'misconduct' })];
    }
  }

  #moderation(adjusted: number | null): Parameters<TrainingOrders['attempt']>[3] {
    return { type: 'ModerateResult', adjusted: adjusted === null ? null : score(adjusted), reasoned: adjusted !== null };
  }

  #correction(key: string, attempt: AttemptBook, by: Caller, marks: number): Order {
    const imported = attempt.scheme === null;
    const result: Said = imported ? { ...score(marks), passed: marks % 2 === 0 } : score(marks);
    const command = { type: 'RequestGradeCorrection', requestId: '', result, evidence: ['file 3'] } as const;
    return this.#orders.attempt(key, by, attempt.id, command, {}, 'requestId');
  }

  /** Everybody who can score does so at the same moment; where they differ too much, a third marker comes next. */
  #sheet(key: string, attempt: AttemptBook, b: number, c: number): readonly Order[] {
    const orders: Order[] = [];
    const put = (
      component: string,
      part: string,
      by: Caller,
      value: number,
      third = false,
      onBehalfOf: string | null = null,
    ): void => {
      const scored = { component, part: part as 'score', score: value, third, onBehalfOf };
      const more = onBehalfOf === null ? {} : { onBehalfOf };
      orders.push(this.#orders.attempt(`${key}m${orders.length}`, by, attempt.id, { type: 'ScoreComponent', ...scored }, more));
    };
    const mentor = this.#mentorOf(attempt);
    attempt.scheme?.components.forEach(({ code, kind, side }, i) => {
      for (const part of partsOf(kind)) {
        const same = attempt.scores.filter((one) => one.component === code && one.part === part);
        const marks = 3500 + ((b * 613 + i * 1700 + c * 89 + (part === 'exit' ? 1500 : 0)) % 6500);
        if (isDivergent(attempt.scheme!, same) && !same.some(({ third }) => third) && c % 7 !== 6) {
          put(code, part, teacher('sub-wen'), marks, true);
          continue;
        }
        if (side !== 'enterprise' && (!same.some((one) => one.side === 'school') || c % 5 === 1))
          put(code, part, teacher('sub-tan'), marks);
        if (side !== 'school' && mentor !== null && (!same.some((one) => one.side === 'enterprise') || c % 5 === 2)) {
          const theirs = Math.min(10_000, marks + ((b + i) % 3 === 0 ? 1700 : 300));
          // Her own token, or her paper before a registrar.
          if (c % 4 === 0) put(code, part, zhang, theirs, false, mentor.account);
          else put(code, part, mentor.by, theirs);
        }
      }
    });
    return orders.length > 0 ? orders : [this.#orders.attempt(key, zhang, attempt.id, { type: 'SubmitResult', code: null })];
  }

  #mentorOf({ terms }: AttemptBook): { readonly account: string; readonly by: Caller } | null {
    const contract = terms.contractId ? this.#books.contracts.get(terms.contractId) : undefined;
    const teacherId = contract?.mentors.now['enterprise'];
    const known = teacherId === undefined ? undefined : this.#books.faculty.get(teacherId);
    const account = known?.account.now ?? null;
    if (!known || account === null) return null;
    return { account, by: { personId: account, role: 'mentor', organizationId: known.organizationId, institutionId: college } };
  }

  /** A result of before the ledger; the same row comes again, and not always with the same words. */
  import(key: string, a: number, b: number, c: number): readonly Order[] {
    const { learnerId, enrollmentId } = at(apprentices, a);
    const passed = b % 3 !== 0;
    const of = { learnerId, courseCode: `OLD${b % 2}`, academicYear: '2025-2026', term: '2', kind: 'first', order: 1 } as const;
    const content = {
      learnerId,
      enrollmentId,
      courseId: null,
      courseCode: of.courseCode,
      courseName: { zh: '旧课', en: 'Old course' },
      credits: 200,
      nature: null,
      category: null,
      kind: of.kind,
      order: of.order,
      academicYear: of.academicYear,
      term: of.term,
      result: { score: passed ? 7500 : 4500, grade: null, code: null, passed, capped: false },
      components: [],
      voided: c % 9 === 8,
      teachingClass: null,
      source: { run: 'sheet', row: a, fileDigest: 'digest', rowDigest: `row ${a}` },
    };
    return [this.#orders.attempt(key, zhang, importedAttemptIdOf(college, of), { type: 'ImportResult', content })];
  }
}
