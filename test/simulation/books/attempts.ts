import {
  codedResult,
  isDivergent,
  partsOf,
  resultOf,
  sameResult,
  submission,
  type ResultTerms,
  type SchemeTerms,
  type Score,
} from './arithmetic.ts';
import type { Books } from './books.ts';
import { Timeline, Violation, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import { attemptTable, serves } from './training-tables.ts';

interface Terms {
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly courseId: string | null;
  /** Of an imported result. */
  readonly courseCode?: string;
  /** Hundredths. */
  readonly credits: number;
  readonly kind: string;
  readonly number?: number;
  readonly follows?: string | null;
  readonly schemeId?: string;
  readonly schemeVersion?: number;
  readonly classId?: string | null;
  readonly contractId?: string | null;
  readonly final?: boolean;
}

export interface AttemptBook {
  readonly id: string;
  readonly terms: Terms;
  readonly scheme: SchemeTerms | null;
  readonly status: Timeline<string>;
  /** What came of it by the last word, corrections applied. */
  readonly result: Timeline<ResultTerms | null>;
  /** Revision of that word. */
  resultRevision: bigint;
  /** Last word of each assessor on each part. */
  scores: readonly Score[];
  submittedBy: string | null;
  moderatedBy: string | null;
  appealUntil: string;
  appeal: { readonly id: string; outcome: string } | null;
  /** How often the credit was given, less how often it was taken back. */
  credit: number;
  voided: string | null;
}

/** What is said of an attempt after its result is there, and must say the same result. */
const repeats = ['ResultPublished', 'ResultFinalized'];
const final = ['final', 'imported'];

/** Attempts: each a number of its own, scored by whoever may, adding up to what the scheme says, and corrected by two. */
export class Attempts implements Chapter {
  readonly reads = ['attempt'];
  readonly #books: Books;
  readonly #known = new Map<string, AttemptBook>();

  constructor(books: Books) {
    this.#books = books;
  }

  get(attemptId: string): AttemptBook | undefined {
    return this.#known.get(attemptId);
  }

  all(): readonly AttemptBook[] {
    return [...this.#known.values()];
  }

  take(event: LogEvent, fail: Fail): void {
    if (event.type === 'CommandAbandoned') return;
    const id = idOf(event.stream);
    const step = attemptTable[event.type];
    if (!step) return fail('legal-path', 'no such event in the table');
    const known = this.get(id);
    const status = known?.status.now ?? 'none';
    if (!step.from.includes(status)) fail('legal-path', `not from ${status}`);
    const attempt = known ?? this.#begin(id, event, fail);
    const stated = event.data['voided'] === true ? 'voided' : 'imported';
    if (step.to !== 'same') attempt.status.set(event.position, step.to === 'stated' ? stated : step.to);
    this.#said(attempt, event, fail);
  }

  // ── how it begins ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(id: string, event: LogEvent, fail: Fail): AttemptBook {
    const terms = event.data as unknown as Terms;
    const scheme = event.type === 'AttemptOpened' ? this.#schemeOf(terms, event, fail) : null;
    const attempt: AttemptBook = {
      id,
      terms,
      scheme,
      status: new Timeline('none'),
      result: new Timeline<ResultTerms | null>(null),
      resultRevision: -1n,
      scores: [],
      submittedBy: null,
      moderatedBy: null,
      appealUntil: '',
      appeal: null,
      credit: 0,
      voided: null,
    };
    if (event.type === 'AttemptOpened') this.#opened(attempt, event, fail);
    this.#known.set(id, attempt);
    return attempt;
  }

  #schemeOf({ schemeId, schemeVersion }: Terms, event: LogEvent, fail: Fail): SchemeTerms {
    const versions = this.#books.streams.get(`scheme-${schemeId}`) ?? [];
    const adopted = versions.find(({ data }) => data['version'] === schemeVersion);
    if (!adopted || adopted.position > event.position) fail('basis', `there is no version ${schemeVersion} of its scheme`);
    return adopted.data as unknown as SchemeTerms;
  }

  #opened({ id, terms }: AttemptBook, event: LogEvent, fail: Fail): void {
    const { learnerId, courseId, number, follows } = terms;
    const twin = this.all().find(
      ({ terms: other }) => other.learnerId === learnerId && other.courseId === courseId && other.number === number,
    );
    if (twin) fail('unique', `attempt ${number} of ${learnerId} at ${courseId} is also ${twin.id}`);
    const enrollment = this.#books.enrollments.get(terms.enrollmentId);
    const at = this.#books.seen(event, `enrollment-${terms.enrollmentId}`, fail);
    if (enrollment?.learnerId !== learnerId || enrollment.status.at(at) !== 'registered')
      fail('legal-path', 'opened for somebody who is no student');
    if (follows !== null && follows !== undefined) this.#follows(terms, follows, event, fail);
    else if (number !== 1 || terms.kind !== 'first') fail('legal-path', `number ${number} follows nothing (${id})`);
    if (terms.contractId) {
      const seen = this.#books.seen(event, `contract-${terms.contractId}`, fail);
      const contract = this.#books.contracts.get(terms.contractId);
      if (!contract || !['live', 'suspended', 'completed'].includes(contract.status.at(seen)))
        fail('legal-path', 'opened under a contract that does not train');
      if (terms.final && contract.gateway.at(seen).length < 2) fail('gateway', 'a final assessment before both sides signed');
    }
  }

  /** The attempt before, as it stood when it was looked at: decided, not passed, and the one before. */
  #follows(terms: Terms, follows: string, event: LogEvent, fail: Fail): void {
    const at = this.#books.seen(event, `attempt-${follows}`, fail);
    const before = this.get(follows);
    if (!before || before.terms.learnerId !== terms.learnerId || before.terms.courseId !== terms.courseId)
      return fail('legal-path', 'it follows an attempt at something else');
    if ((before.terms.number ?? 1) + 1 !== terms.number) fail('legal-path', `${terms.number} is not the next number`);
    const status = before.status.at(at);
    if (!['published', 'voided', ...final].includes(status)) fail('legal-path', `it follows an attempt that is ${status}`);
    if (status !== 'voided' && before.result.at(at)?.passed) fail('credits', 'it follows an attempt that was passed');
  }

  // ── what is said of it ───────────────────────────────────────────────────────────────────────────────────────────────────

  #said(attempt: AttemptBook, event: LogEvent, fail: Fail): void {
    const { data, actor } = event;
    const result = data['result'] as ResultTerms;
    const before = attempt.result.now;
    if (repeats.includes(event.type) && !sameResult(before, result))
      fail('arithmetic', `it says ${JSON.stringify(result)} where ${JSON.stringify(before)} was decided`);
    switch (event.type) {
      case 'ComponentScored':
        return this.#scored(attempt, event, fail);
      case 'ResultSubmitted':
        this.#submitted(attempt, event, fail);
        attempt.submittedBy = actor.personId;
        break;
      case 'ResultModerated':
        if (actor.personId === attempt.submittedBy) fail('two-people', `${actor.personId} moderates what she submitted`);
        this.#byScheme(attempt, result, fail);
        attempt.moderatedBy = actor.personId;
        break;
      case 'ResultPublished':
        attempt.appealUntil = data['appealUntil'] as string;
        break;
      case 'AppealFiled':
        if (attempt.appeal) fail('legal-path', 'a second appeal');
        if (dayOf(event.recordedAt) > attempt.appealUntil && dayOf(event.decidedAt) > attempt.appealUntil)
          fail('legal-path', `an appeal after ${attempt.appealUntil}`);
        attempt.appeal = { id: data['appealId'] as string, outcome: 'open' };
        return;
      case 'AppealUpheld':
      case 'AppealDismissed':
        if (attempt.appeal?.outcome !== 'open' || attempt.appeal.id !== data['appealId'])
          fail('legal-path', 'no such appeal is open');
        if (actor.personId === attempt.moderatedBy) fail('two-people', `${actor.personId} settles an appeal against herself`);
        attempt.appeal.outcome = event.type;
        if (event.type === 'AppealDismissed') return;
        this.#byScheme(attempt, result, fail);
        break;
      case 'ResultFinalized':
        if (attempt.appeal?.outcome === 'open') fail('legal-path', 'final under an open appeal');
        if (dayOf(event.effectiveAt) <= attempt.appealUntil) fail('legal-path', `final within the appeal window`);
        this.#post(attempt, result.passed ? 1 : 0, fail);
        break;
      case 'AttemptVoided':
        attempt.voided = data['ground'] as string;
        return;
      case 'GradeCorrected':
        return this.#corrected(attempt, event, fail);
      case 'ResultImported':
        if (data['voided'] !== true) this.#post(attempt, result.passed ? 1 : 0, fail);
        break;
      default:
        return;
    }
    attempt.result.set(event.position, result);
    attempt.resultRevision = event.revision;
  }

  #scored(attempt: AttemptBook, event: LogEvent, fail: Fail): void {
    const said = event.data as unknown as Score;
    const component = attempt.scheme?.components.find(({ code }) => code === said.component);
    if (!component || !partsOf(component.kind).includes(said.part))
      return fail('arithmetic', 'scored is what the scheme does not have');
    if (!Number.isInteger(said.score) || said.score < 0 || said.score > 10_000) fail('arithmetic', `${said.score} is no score`);
    if (component.side !== null && component.side !== said.side)
      fail('assessors', `${component.code} is for the ${component.side}`);
    if (!this.#assesses(attempt, said, event, fail)) fail('assessors', `${said.assessor} does not assess for the ${said.side}`);
    const same = attempt.scores.filter(({ component: code, part }) => code === said.component && part === said.part);
    if (said.third) {
      if (!isDivergent(attempt.scheme!, same)) fail('third-marker', 'a third marker is not needed');
      if (same.some(({ assessor, third }) => third !== (assessor === said.assessor)))
        fail('third-marker', 'the third marker is not independent, or not the only one');
    } else if (same.some(({ assessor, third }) => third && assessor === said.assessor))
      fail('third-marker', 'the third marker speaks as another');
    const others = attempt.scores.filter((score) => !same.includes(score) || score.assessor !== said.assessor);
    attempt.scores = [...others, said];
  }

  /** A teacher of the class, or the enterprise's mentor of the contract who serves: as they stood when it was decided. */
  #assesses(attempt: AttemptBook, { assessor, side }: Score, event: LogEvent, fail: Fail): boolean {
    const { classId, contractId } = attempt.terms;
    if (side === 'school') {
      if (!classId) return false;
      const at = this.#books.seen(event, `class-${classId}`, fail);
      return this.#books.faculty.teachersOf(classId).at(at).includes(assessor);
    }
    const contract = contractId ? this.#books.contracts.get(contractId) : undefined;
    if (!contract) return false;
    const mentor = contract.mentors.at(this.#books.seen(event, `contract-${contractId}`, fail))['enterprise'];
    if (mentor === undefined) return false;
    const at = this.#books.seen(event, `teacher-${mentor}`, fail);
    const teacher = this.#books.faculty.get(mentor)!;
    return teacher.account.at(at) === assessor && serves(teacher.status.at(at));
  }

  #submitted(attempt: AttemptBook, event: LogEvent, fail: Fail): void {
    const said = event.data as unknown as { result: ResultTerms; components: { component: string; score: number }[] };
    if (said.result.code !== null) {
      if (!sameResult(said.result, codedResult(said.result.code))) fail('arithmetic', 'a code beside something else');
      return;
    }
    const mine = submission(attempt.scheme!, attempt.terms.kind, attempt.scores);
    if (typeof mine === 'string')
      return fail(mine.includes('third') ? 'third-marker' : 'arithmetic', `submitted although ${mine}`);
    const [theirs, ours] = [said.components, mine.components].map((list) =>
      JSON.stringify(list.map((c) => [c.component, c.score])),
    );
    if (theirs !== ours || !sameResult(said.result, mine.result))
      fail(
        'arithmetic',
        `${theirs} and ${JSON.stringify(said.result)} where the scheme gives ${ours} and ${JSON.stringify(mine.result)}`,
      );
  }

  /** A result that somebody says is on the scheme's scale and under its cap all the same. */
  #byScheme(attempt: AttemptBook, result: ResultTerms, fail: Fail): void {
    const capped = attempt.scheme?.makeUpCap ?? 0;
    const score = result.capped ? capped + 1 : result.score;
    const fits =
      result.code !== null
        ? codedResult(result.code)
        : score !== null && attempt.scheme
          ? resultOf(attempt.scheme, attempt.terms.kind, score)
          : result;
    if (!sameResult(result, fits)) fail('arithmetic', `${JSON.stringify(result)} is not what the scheme makes of it`);
  }

  // ── corrections ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #corrected(attempt: AttemptBook, event: LogEvent, fail: Fail): void {
    const {
      old,
      new: now,
      consequence,
      target,
    } = event.data as unknown as {
      old: ResultTerms;
      new: ResultTerms;
      consequence: string;
      target: string;
    };
    if (!sameResult(attempt.result.now, old)) fail('correction', `it corrects ${JSON.stringify(old)}, which is not what stood`);
    if (target !== attempt.resultRevision.toString()) fail('correction', 'it corrects another event than the one that said so');
    this.#byScheme(attempt, now, fail);
    const follows =
      old.passed === now.passed ? (now.passed ? 'changes-grade' : 'none') : now.passed ? 'deposits-credit' : 'reverses-credit';
    if (consequence !== follows) fail('credits', `${consequence} is said to follow where ${follows} does`);
    // Before it is final nothing was given for it.
    if (final.includes(attempt.status.now))
      this.#post(attempt, consequence === 'deposits-credit' ? 1 : consequence === 'reverses-credit' ? -1 : 0, fail);
    attempt.result.set(event.position, now);
  }

  #post(attempt: AttemptBook, credits: number, fail: Fail): void {
    attempt.credit += credits;
    if (attempt.credit < 0 || attempt.credit > 1) fail('credits', `the credit of ${attempt.id} is given ${attempt.credit} times`);
  }

  settled(): void {
    for (const { id, credit, status, result } of this.all()) {
      const earned = final.includes(status.now) && result.now?.passed ? 1 : 0;
      if (credit !== earned)
        throw new Violation('credits', `the credit of ${id} was given ${credit} times, it is due ${earned} times`);
    }
  }
}

/** Of an instant in the institution's zone, eight hours ahead all year. */
export const dayOf = (instant: string): string => new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 10);
