import type { ComponentResult, ResultCode } from '../../events/catalog/assessment.ts';
import type { SchemeComponent } from '../../events/catalog/curriculum.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import type { AssessorScore, Attempt } from '../../facts/attempt.ts';
import { mentorOf } from '../../facts/contract.ts';
import type { SchemeVersion } from '../../facts/curriculum.ts';
import { isServing } from '../../facts/teacher.ts';
import { isRefusal, refuse, type Refusal } from '../../kernel/refusal.ts';
import { averageScore, averagesDiffer, improvementScore, isScore, weightedTotal } from '../../kernel/score.ts';
import { codedResult, pinnedScheme, scoredResult, timely, type AttemptDecision, type K } from './guards.ts';

/** Scoring: who may score what, when two sides agree, and what it adds up to. */

type Part = AssessorScore['part'];

export interface ScoreComponent {
  readonly type: 'ScoreComponent';
  readonly component: string;
  readonly part: Part;
  /** Hundredths of a point. */
  readonly score: number;
  readonly third: boolean;
  /** `sub` of the assessor whose paper score a registrar enters; null where the assessor speaks herself. */
  readonly onBehalfOf: string | null;
}

export type ScoringCommand =
  | ScoreComponent
  /** With a code nothing was scored, or it no longer counts. */
  | { readonly type: 'SubmitResult'; readonly code: ResultCode | null };

// ── who assesses ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The enterprise mentor of now, where the contract's plan names the course and she still serves. */
function isMentor(s: Attempt, personId: string, k: K): boolean {
  const contract = k.facts.contract;
  if (!contract?.terms?.plan?.courseIds.includes(s.opened!.courseId)) return false;
  if (contract.status === 'terminated' || contract.status === 'cancelled') return false;
  const mentor = k.facts[`teacher-${mentorOf(contract, 'enterprise') ?? ''}`];
  return mentor !== undefined && isServing(mentor) && mentor.personId === personId;
}

/** For which side somebody assesses this attempt; null where she does not. Who is of both sides speaks for the side of her token's role. */
function sideOf(s: Attempt, assessor: string, k: K): Side | null {
  const teaches = k.facts.class?.teachers.includes(assessor) ?? false;
  if (teaches && k.actor.role !== 'mentor') return 'school';
  return k.actor.role !== 'teacher' && isMentor(s, assessor, k) ? 'enterprise' : null;
}

function assessorOf(c: ScoreComponent, k: K): string | Refusal {
  const { role, personId } = k.actor;
  if (c.onBehalfOf === null) return role === 'registrar' ? refuse('ASSESSOR_NOT_NAMED') : personId;
  return role === 'registrar' || c.onBehalfOf === personId
    ? c.onBehalfOf
    : refuse('ASSESSOR_NOT_ALLOWED', { assessor: c.onBehalfOf });
}

// ── one score ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const partsOf = ({ kind }: SchemeComponent): readonly Part[] => (kind === 'improvement' ? ['baseline', 'exit'] : ['score']);

const scoresFor = (s: Attempt, component: string, part: Part): readonly AssessorScore[] =>
  s.scores.filter((score) => score.component === component && score.part === part);

/** What both sides said of a part without the third marker, where each of them spoke. */
function sidesOf(scores: readonly AssessorScore[]): Readonly<Record<Side, readonly number[]>> | null {
  const of = (side: Side): readonly number[] => scores.filter((one) => one.side === side && !one.third).map(({ score }) => score);
  const sides = { school: of('school'), enterprise: of('enterprise') };
  return sides.school.length > 0 && sides.enterprise.length > 0 ? sides : null;
}

function diverge(scheme: SchemeVersion, scores: readonly AssessorScore[]): boolean {
  const sides = scheme.dualAssessors ? sidesOf(scores) : null;
  return sides !== null && averagesDiffer(sides.school, sides.enterprise, scheme.dualAssessors!.divergence);
}

/** A third marker settles what two sides could not: needed, one alone, and nobody who marked it before. */
function thirdRefusal(
  c: ScoreComponent,
  assessor: string,
  scheme: SchemeVersion,
  scores: readonly AssessorScore[],
): Refusal | null {
  const hers = scores.find((score) => score.assessor === assessor);
  if (!c.third) return hers?.third ? refuse('THIRD_MARKER_NOT_INDEPENDENT', { assessor }) : null;
  if (hers && !hers.third) return refuse('THIRD_MARKER_NOT_INDEPENDENT', { assessor });
  const other = scores.find((score) => score.third && score.assessor !== assessor);
  if (other) return refuse('THIRD_MARKER_GIVEN', { assessor: other.assessor });
  return diverge(scheme, scores) ? null : refuse('THIRD_MARKER_NOT_NEEDED', { component: c.component });
}

function scoreComponent(s: Attempt, c: ScoreComponent, k: K): AttemptDecision {
  const assessor = assessorOf(c, k);
  if (isRefusal(assessor)) return assessor;
  const { component, part, third } = c;
  const scores = scoresFor(s, component, part);
  if (scores.some((one) => one.assessor === assessor && one.score === c.score && one.third === third)) return [];
  if (s.status !== 'open') return refuse('ATTEMPT_NOT_OPEN', { status: s.status });
  const scheme = pinnedScheme(s, k)!;
  const known = scheme.components.find(({ code }) => code === component);
  if (!known) return refuse('COMPONENT_UNKNOWN', { component, known: scheme.components.map(({ code }) => code) });
  if (!partsOf(known).includes(part)) return refuse('PART_NOT_SCORED', { component, part, parts: partsOf(known) });
  if (!isScore(c.score)) return refuse('SCORE_OUT_OF_RANGE', { score: c.score });
  const side = sideOf(s, assessor, k);
  if (side === null) return refuse('ASSESSOR_NOT_ALLOWED', { assessor });
  if (known.side !== null && known.side !== side) return refuse('COMPONENT_OF_OTHER_SIDE', { component, side: known.side });
  const refused = thirdRefusal(c, assessor, scheme, scores) ?? timely(s, k);
  return refused ?? [{ type: 'ComponentScored', data: { component, part, score: c.score, assessor, side, third } }];
}

// ── what it adds up to ─────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A part's score: the average of its assessors, to a hundredth. Where both sides' averages differ by more than the scheme allows,
 * the third marker's score alone.
 */
function partScore(scheme: SchemeVersion, component: string, scores: readonly AssessorScore[]): number | Refusal {
  if (!diverge(scheme, scores)) {
    const counting = scores.filter(({ third }) => !third);
    return averageScore(
      counting.map((one) => one.score),
      scheme.rounding.mode,
    );
  }
  const third = scores.find((one) => one.third);
  return third ? third.score : refuse('THIRD_MARKER_NEEDED', { component, divergence: scheme.dualAssessors!.divergence });
}

function componentScore(s: Attempt, scheme: SchemeVersion, component: SchemeComponent): number | Refusal {
  const parts: number[] = [];
  for (const part of partsOf(component)) {
    const scored = partScore(scheme, component.code, scoresFor(s, component.code, part));
    if (isRefusal(scored)) return scored;
    parts.push(scored);
  }
  return component.kind === 'improvement' ? improvementScore(parts[0]!, parts[1]!, scheme.rounding.mode) : parts[0]!;
}

/** Every part of every component, by each side where the scheme wants both and the component is open to both. */
function missingScores(s: Attempt, scheme: SchemeVersion): Refusal | null {
  const missing = scheme.components.filter((component) =>
    partsOf(component).some((part) => !scoresFor(s, component.code, part).some(({ third }) => !third)),
  );
  if (missing.length > 0) return refuse('COMPONENTS_NOT_SCORED', { components: missing.map(({ code }) => code) });
  if (!scheme.dualAssessors) return null;
  const oneSided = scheme.components.filter(
    (component) =>
      component.side === null && partsOf(component).some((part) => sidesOf(scoresFor(s, component.code, part)) === null),
  );
  if (oneSided.length > 0) return refuse('BOTH_SIDES_NEEDED', { components: oneSided.map(({ code }) => code) });
  return null;
}

function submit(s: Attempt, code: ResultCode | null, k: K): AttemptDecision {
  const said = s.history.findLast((e) => e.type === 'ResultSubmitted');
  if (said && said.data.result.code === code) return [];
  if (s.status !== 'open') return refuse('ATTEMPT_NOT_OPEN', { status: s.status });
  const late = timely(s, k);
  if (late) return late;
  if (code !== null) return [{ type: 'ResultSubmitted', data: { result: codedResult(code), components: [] } }];
  const scheme = pinnedScheme(s, k)!;
  const refused = missingScores(s, scheme);
  if (refused) return refused;
  const components: ComponentResult[] = [];
  for (const component of scheme.components) {
    const scored = componentScore(s, scheme, component);
    if (isRefusal(scored)) return scored;
    components.push({ component: component.code, score: scored, weight: component.weight });
  }
  const result = scoredResult(scheme, s.opened!.kind, weightedTotal(components, scheme.rounding));
  return [{ type: 'ResultSubmitted', data: { result, components } }];
}

export function decideScoring(s: Attempt, c: ScoringCommand, k: K): AttemptDecision {
  // A result of before the ledger was scored before it.
  if (!s.opened) return refuse('ATTEMPT_NOT_OPEN', { status: s.status });
  return c.type === 'ScoreComponent' ? scoreComponent(s, c, k) : submit(s, c.code, k);
}
