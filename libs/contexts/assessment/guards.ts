import type { AttemptEvent, AttemptKind, Result, ResultCode } from '../../events/catalog/assessment.ts';
import type { AssessmentPolicy, FiveGrade } from '../../events/catalog/curriculum.ts';
import type { Attempt } from '../../facts/attempt.ts';
import type { Class } from '../../facts/class.ts';
import type { Contract } from '../../facts/contract.ts';
import { versionOf, type CourseFact, type SchemeFact, type SchemeVersion } from '../../facts/curriculum.ts';
import type { Enrollment } from '../../facts/enrollment.ts';
import type { CalendarFact } from '../../facts/reference.ts';
import type { Teacher } from '../../facts/teacher.ts';
import type { Circumstances, Decision } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { gradeOf, isScore, underCap } from '../../kernel/score.ts';

/** What every decision about an attempt shares: the facts that it may rest on, and what more than one of them asks. */
export interface AssessmentFacts {
  readonly enrollment?: Enrollment;
  readonly course?: CourseFact;
  readonly scheme?: SchemeFact;
  readonly calendar?: CalendarFact;
  readonly policy?: AssessmentPolicy;
  readonly class?: Class;
  readonly contract?: Contract;
  /** The attempt that a new one follows. */
  readonly follows?: Attempt;
  /** The contract's enterprise mentor, by her stream. */
  readonly [teacherStream: `teacher-${string}`]: Teacher | undefined;
}

export type AttemptDecision = Decision<AttemptEvent>;
export type K = Circumstances<AssessmentFacts>;

/** What every new fact needs: not before the last change. */
export function timely(s: Attempt, k: K): Refusal | null {
  if (k.effectiveAt >= s.lastChangeAt) return null;
  return refuse('EFFECTIVE_BEFORE_LAST_CHANGE', { effectiveAt: k.effectiveAt, lastChangeAt: s.lastChangeAt });
}

/** The scheme as it was pinned when the attempt was opened; undefined for a result of before the ledger. */
export const pinnedScheme = ({ opened }: Attempt, k: K): SchemeVersion | undefined =>
  opened ? versionOf(k.facts.scheme ?? [], opened.schemeVersion) : undefined;

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What somebody says came of an attempt: exactly one of the first three. `passed` only where no scheme tells. */
export interface Said {
  /** Hundredths of a point, before any cap. */
  readonly score: number | null;
  readonly grade: FiveGrade | null;
  readonly code: ResultCode | null;
  readonly passed: boolean | null;
}

/** Whoever was exempted has what the course teaches. */
export const codedResult = (code: ResultCode): Result => ({
  score: null,
  grade: null,
  code,
  passed: code === 'exempted',
  capped: false,
});

/** A score by the scheme: under the make-up's cap, on its scale. */
export function scoredResult(scheme: SchemeVersion, kind: AttemptKind, score: number): Result {
  const bounded = underCap(score, kind === 'make-up' ? scheme.makeUpCap : null);
  const grade = scheme.scale === 'five-grade' && scheme.gradesFrom ? gradeOf(bounded.score, scheme.gradesFrom) : null;
  return { ...bounded, grade, code: null, passed: bounded.score >= scheme.passMark };
}

/** The result that was said, by the pinned scheme; without one it is taken as it is said. */
export function saidResult(s: Attempt, said: Said, k: K): Result | Refusal {
  const { score, grade, code, passed } = said;
  if ([score, grade, code].filter((value) => value !== null).length !== 1)
    return refuse('VALUE_NOT_ACCEPTED', { field: 'result', expected: 'score | grade | code' });
  if (score !== null && !isScore(score)) return refuse('SCORE_OUT_OF_RANGE', { score });
  const result = code === null ? uncodedResult(s, said, k) : codedResult(code);
  const disagrees = passed !== null && 'passed' in result && result.passed !== passed;
  return disagrees ? refuse('VALUE_NOT_ACCEPTED', { field: 'passed', expected: String(result.passed) }) : result;
}

function uncodedResult(s: Attempt, { score, grade, passed }: Said, k: K): Result | Refusal {
  const scheme = pinnedScheme(s, k);
  if (scheme) {
    // A grade follows from the score wherever the scheme has grades.
    if (score === null) return refuse('VALUE_NOT_ACCEPTED', { field: 'grade', expected: 'score' });
    return scoredResult(scheme, s.opened!.kind, score);
  }
  if (grade !== null) return { score: null, grade, code: null, passed: grade !== 'fail', capped: false };
  // Where the ledger has no pass mark, nobody but the caller knows it.
  if (passed === null) return refuse('VALUE_NOT_ACCEPTED', { field: 'passed', expected: 'true | false' });
  return { score, grade: null, code: null, passed, capped: false };
}
