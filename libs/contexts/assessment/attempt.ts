import type { AttemptEvent, AttemptKind, AttemptOutcome } from '../../events/catalog/assessment.ts';
import {
  courseOf,
  evolveAttempt,
  initialAttempt,
  isPublic,
  learnerOf,
  numberOf,
  type Attempt,
  type AttemptTerms,
} from '../../facts/attempt.ts';
import { latestOf, versionOf, type CourseVersion } from '../../facts/curriculum.ts';
import { academicYear } from '../../facts/reference.ts';
import type { Decider } from '../../kernel/decider.ts';
import { naturalId } from '../../kernel/ids.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { decideAppeal, type AppealCommand } from './appeals.ts';
import { decideCorrection, type CorrectionCommand } from './corrections.ts';
import type { AssessmentFacts, AttemptDecision, K } from './guards.ts';
import { decideResult, importResult, type ImportResult, type ResultCommand } from './results.ts';
import { decideScoring, type ScoringCommand } from './scoring.ts';

/** An attempt: one learner, one course, one try, never overwritten. Its state and fold are in facts, because the transcript shares them. */
export { attemptStream, type Attempt } from '../../facts/attempt.ts';

/** The stream is the uniqueness of learner, course and number: nobody can open the same attempt twice. */
export const attemptIdOf = (institutionId: string, learnerId: string, courseId: string, number: number): string =>
  naturalId(institutionId, 'attempt', learnerId, courseId, String(number));

/** A result of before the ledger: `order` counts those of one kind in one term, from 1. */
export const importedAttemptIdOf = (
  institutionId: string,
  of: { learnerId: string; courseCode: string; academicYear: string; term: string; kind: AttemptKind; order: number },
): string =>
  naturalId(institutionId, 'attempt', of.learnerId, of.courseCode, of.academicYear, of.term, of.kind, String(of.order));

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Versions are the latest where null; a teaching class says that of its course. */
export interface OpenAttempt extends Omit<AttemptTerms, 'courseVersion' | 'schemeVersion' | 'credits'> {
  readonly type: 'OpenAttempt';
  readonly schemeVersion: number | null;
}

export type AttemptCommand = OpenAttempt | ScoringCommand | ResultCommand | AppealCommand | CorrectionCommand | ImportResult;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Cheating and a voided sheet weigh alike. */
function outcomeOf(s: Attempt): AttemptOutcome {
  if (s.voided !== null) return s.voided === 'opened-in-error' ? 'opened-in-error' : 'misconduct';
  if (!isPublic(s) || !s.result) return 'undecided';
  if (s.result.passed) return 'passed';
  switch (s.result.code) {
    case 'deferred':
    case 'cancelled':
      return s.result.code;
    case 'cheating':
      return 'misconduct';
    case 'absent':
    case 'exempted':
    case null:
      return 'failed';
    default:
      return s.result.code satisfies never;
  }
}

/** After which outcomes an attempt of a kind may come. What was opened in error may come again as it was. */
const mayFollow: Readonly<Record<AttemptKind, readonly AttemptOutcome[]>> = {
  first: [],
  deferred: ['deferred'],
  'make-up': ['failed'],
  retake: ['failed', 'deferred', 'misconduct', 'cancelled', 'opened-in-error'],
};

function followRefusal(c: OpenAttempt, course: CourseVersion, k: K): Refusal | null {
  if (c.follows === null) return c.kind === 'first' ? null : refuse('ATTEMPT_FOLLOWS_NONE', { attemptKind: c.kind });
  const before = k.facts.follows;
  const sameCourse = before && (courseOf(before) === c.courseId || before.imported?.courseCode === course.code);
  if (!before || !sameCourse || learnerOf(before) !== c.learnerId || numberOf(before) + 1 !== c.number)
    return refuse('ATTEMPT_UNKNOWN', { attempt: c.follows });
  const outcome = outcomeOf(before);
  if (outcome === 'undecided') return refuse('ATTEMPT_UNDECIDED', { status: before.status });
  if (outcome === 'passed') return refuse('ATTEMPT_PASSED');
  if (mayFollow[c.kind].includes(outcome)) return null;
  if (outcome === 'opened-in-error' && before.opened?.kind === c.kind) return null;
  if (c.kind !== 'make-up' || outcome !== 'misconduct')
    return refuse('ATTEMPT_KIND_NOT_ALLOWED', { attemptKind: c.kind, attemptOutcome: outcome, allowed: kindsAfter(outcome) });
  return k.facts.policy!.makeUpAfterCheating ? null : refuse('MAKE_UP_AFTER_CHEATING');
}

const kindsAfter = (outcome: AttemptOutcome): readonly string[] =>
  Object.entries(mayFollow)
    .filter(([, outcomes]) => outcomes.includes(outcome))
    .map(([kind]) => kind);

function classRefusal(c: OpenAttempt, course: CourseVersion, k: K): Refusal | null {
  if (c.classId === null) return null;
  const formed = k.facts.class?.formed;
  if (!formed) return refuse('CLASS_UNKNOWN', { class: c.classId });
  if (formed.kind !== 'teaching') return refuse('CLASS_IS_ADMINISTRATIVE', { class: formed.name });
  if (k.facts.class?.closed) return refuse('CLASS_NOT_OPEN', { class: formed.name });
  const taught = `${course.code}@${course.version}`;
  if (formed.course !== taught)
    return refuse('CLASS_OF_OTHER_COURSE', { class: formed.name, course: formed.course, wanted: taught });
  return k.facts.class?.roster.includes(c.enrollmentId) ? null : refuse('NOT_ON_ROSTER', { class: formed.name });
}

const bothSides = ['school', 'enterprise'] as const;

/** Whose assessors may score for the enterprise; a final assessment only behind a gateway that both sides signed. */
function contractRefusal(c: OpenAttempt, k: K): Refusal | null {
  if (c.contractId === null) return c.final ? refuse('FINAL_WITHOUT_CONTRACT') : null;
  const contract = k.facts.contract;
  if (!contract || contract.of?.enrollmentId !== c.enrollmentId) return refuse('CONTRACT_UNKNOWN', { contract: c.contractId });
  if (contract.status !== 'live' && contract.status !== 'suspended' && contract.status !== 'completed')
    return refuse('CONTRACT_NOT_TRAINING', { status: contract.status });
  const missing = bothSides.filter((side) => !contract.gateway.includes(side));
  return c.final && missing.length > 0 ? refuse('GATEWAY_NOT_SIGNED', { sides: missing }) : null;
}

/** A class pins the version that it teaches; otherwise the latest is taken. */
function courseVersion(c: OpenAttempt, k: K): CourseVersion | undefined {
  const versions = k.facts.course ?? [];
  const taught = /@(\d+)$/.exec(k.facts.class?.formed?.course ?? '')?.[1];
  return (c.classId !== null && taught !== undefined ? versionOf(versions, Number(taught)) : undefined) ?? latestOf(versions);
}

function open(s: Attempt, c: OpenAttempt, k: K): AttemptDecision {
  if (s.opened) return openedAgain(s, s.opened, c);
  if (s.imported) return refuse('ATTEMPT_EXISTS', { number: 1 });
  const { enrollment, calendar } = k.facts;
  const { type: _type, schemeVersion, ...said } = c;
  if (!enrollment?.admission || enrollment.admission.learnerId !== c.learnerId)
    return refuse('ENROLLMENT_UNKNOWN', { enrollmentId: c.enrollmentId });
  if (enrollment.status !== 'registered') return refuse('ENROLLMENT_NOT_ACTIVE', { status: enrollment.status });
  const course = courseVersion(c, k);
  if (!course) return refuse('COURSE_UNKNOWN', { courses: [c.courseId] });
  const schemes = k.facts.scheme ?? [];
  const scheme = schemeVersion === null ? latestOf(schemes) : versionOf(schemes, schemeVersion);
  if (!scheme) return refuse('SCHEME_UNKNOWN', { scheme: c.schemeId, version: schemeVersion });
  if (!academicYear(calendar ?? null, c.academicYear)?.terms.some(({ name }) => name === c.term))
    return refuse('TERM_UNKNOWN', { academicYear: c.academicYear, term: c.term });
  const refused = followRefusal(c, course, k) ?? classRefusal(c, course, k) ?? contractRefusal(c, k);
  return (
    refused ?? [
      {
        type: 'AttemptOpened',
        data: { ...said, courseVersion: course.version, credits: course.credits, schemeVersion: scheme.version },
      },
    ]
  );
}

function openedAgain(s: Attempt, opened: AttemptTerms, c: OpenAttempt): AttemptDecision {
  const { type: _type, schemeVersion, ...said } = c;
  const same =
    (schemeVersion === null || schemeVersion === opened.schemeVersion) &&
    Object.entries(said).every(([field, value]) => opened[field as keyof AttemptTerms] === value);
  if (!same) return refuse('ATTEMPT_EXISTS', { number: c.number, recorded: opened });
  return s.voided === null ? [] : refuse('ATTEMPT_VOIDED', { ground: s.voided });
}

function decide(s: Attempt, c: AttemptCommand, k: K): AttemptDecision {
  if (c.type === 'OpenAttempt') return open(s, c, k);
  if (c.type === 'ImportResult') return importResult(s, c);
  if (s.status === 'none') return refuse('NOT_FOUND');
  switch (c.type) {
    case 'ScoreComponent':
    case 'SubmitResult':
      return decideScoring(s, c, k);
    case 'ModerateResult':
    case 'PublishResult':
    case 'FinalizeResult':
    case 'VoidAttempt':
      return decideResult(s, c, k);
    case 'FileAppeal':
    case 'UpholdAppeal':
    case 'DismissAppeal':
      return decideAppeal(s, c, k);
    case 'RequestGradeCorrection':
    case 'GrantApproval':
    case 'RefuseApproval':
      return decideCorrection(s, c, k);
    default:
      return c satisfies never;
  }
}

export const attempts: Decider<Attempt, AttemptCommand, AttemptEvent, AssessmentFacts> = {
  initial: initialAttempt,
  evolve: evolveAttempt,
  decide,
};
