/**
 * What scores add up to, computed a second time and differently: fractions are carried to the end and rounded once, where the specification
 * rounds. Scores are hundredths of a point, weights basis points.
 */
interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

export interface SchemeTerms {
  readonly components: readonly {
    readonly code: string;
    readonly weight: number;
    readonly kind: string;
    readonly side: string | null;
  }[];
  readonly rounding: { readonly mode: string; readonly unit: number };
  readonly scale: string;
  readonly gradesFrom: Readonly<Record<string, number>> | null;
  readonly passMark: number;
  readonly makeUpCap: number | null;
  readonly dualAssessors: { readonly divergence: number } | null;
}

export interface Score {
  readonly component: string;
  readonly part: string;
  readonly score: number;
  readonly assessor: string;
  readonly side: string;
  readonly third: boolean;
}

export interface ResultTerms {
  readonly score: number | null;
  readonly grade: string | null;
  readonly code: string | null;
  readonly passed: boolean;
  readonly capped: boolean;
}

const fraction = (n: number | bigint, d: number | bigint = 1n): Fraction => ({ n: BigInt(n), d: BigInt(d) });
const minus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d });
const plus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
const times = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d });
const over = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d, d: a.d * b.n });
const size = (a: Fraction): Fraction => ({ n: a.n < 0n ? -a.n : a.n, d: a.d });
const isMore = (a: Fraction, b: Fraction): boolean => minus(a, b).n > 0n;

const mean = (scores: readonly Score[]): Fraction =>
  fraction(
    scores.reduce((sum, { score }) => sum + score, 0),
    scores.length,
  );

/** The nearest multiple of `unit`: a half goes up, to the even one, or nothing goes up at all. */
function rounded(value: Fraction, mode: string, unit: number): number {
  const lower = value.n / (value.d * BigInt(unit));
  const rest = minus(value, fraction(lower * BigInt(unit)));
  const half = fraction(unit, 2);
  const isHalf = minus(rest, half).n === 0n;
  const up = mode !== 'down' && (isMore(rest, half) || (isHalf && (mode === 'half-up' || lower % 2n !== 0n)));
  return Number((up ? lower + 1n : lower) * BigInt(unit));
}

/** By how far both sides are apart without the third marker; null where one has not spoken. */
export function apart(scores: readonly Score[]): Fraction | null {
  const of = (side: string): readonly Score[] => scores.filter((score) => score.side === side && !score.third);
  const [school, enterprise] = [of('school'), of('enterprise')];
  return school.length === 0 || enterprise.length === 0 ? null : size(minus(mean(school), mean(enterprise)));
}

/** Whether a third marker is needed for what these say. */
export function isDivergent(scheme: SchemeTerms, scores: readonly Score[]): boolean {
  const gap = scheme.dualAssessors ? apart(scores) : null;
  return gap !== null && isMore(gap, fraction(scheme.dualAssessors!.divergence));
}

export const partsOf = (kind: string): readonly string[] => (kind === 'improvement' ? ['baseline', 'exit'] : ['score']);

/** What a component counts for, or in words why it cannot be said yet. */
function componentOf(scheme: SchemeTerms, code: string, scores: readonly Score[]): number | string {
  const { kind, side } = scheme.components.find((one) => one.code === code)!;
  const { mode } = scheme.rounding;
  const parts: number[] = [];
  for (const part of partsOf(kind)) {
    const said = scores.filter((score) => score.component === code && score.part === part);
    const ordinary = said.filter(({ third }) => !third);
    if (ordinary.length === 0) return `${code} is not scored`;
    if (scheme.dualAssessors && side === null && apart(said) === null) return `${code} is scored by one side alone`;
    const third = said.find((score) => score.third);
    if (isDivergent(scheme, said) && !third) return `${code} needs a third marker`;
    parts.push(isDivergent(scheme, said) ? third!.score : rounded(mean(ordinary), mode, 1));
  }
  const [first, exit] = parts as [number, number?];
  if (exit === undefined) return first;
  if (first === 10_000) return exit;
  const gained = times(over(fraction(exit - first), fraction(10_000 - first)), fraction(10_000));
  return exit <= first ? 0 : rounded(gained, mode, 1);
}

/** A score by the scheme: capped where it is a make-up, with its grade. */
export function resultOf(scheme: SchemeTerms, kind: string, score: number): ResultTerms {
  const capped = kind === 'make-up' && scheme.makeUpCap !== null && score > scheme.makeUpCap;
  const counts = capped ? scheme.makeUpCap : score;
  const grades = Object.entries(scheme.gradesFrom ?? {}).toSorted(([, a], [, b]) => b - a);
  const grade = scheme.scale === 'five-grade' ? (grades.find(([, from]) => counts >= from)?.[0] ?? 'fail') : null;
  return { score: counts, grade, code: null, passed: counts >= scheme.passMark, capped };
}

/** What an attempt's scores come to by its scheme, or in words why they come to nothing. */
export function submission(
  scheme: SchemeTerms,
  kind: string,
  scores: readonly Score[],
):
  | { readonly result: ResultTerms; readonly components: readonly { component: string; score: number; weight: number }[] }
  | string {
  const components: { component: string; score: number; weight: number }[] = [];
  let sum = fraction(0);
  for (const { code, weight } of scheme.components) {
    const counts = componentOf(scheme, code, scores);
    if (typeof counts === 'string') return counts;
    components.push({ component: code, score: counts, weight });
    sum = plus(sum, times(fraction(counts), fraction(weight, 10_000)));
  }
  const total = Math.min(10_000, rounded(sum, scheme.rounding.mode, scheme.rounding.unit));
  return { result: resultOf(scheme, kind, total), components };
}

/** Average weighed by credits; null where nothing weighs in. */
export function average(
  entries: readonly { readonly score: number; readonly weight: number }[],
  { mode, unit }: SchemeTerms['rounding'],
): number | null {
  const weight = entries.reduce((sum, entry) => sum + entry.weight, 0);
  const sum = entries.reduce((all, entry) => plus(all, times(fraction(entry.score), fraction(entry.weight))), fraction(0));
  return weight === 0 ? null : rounded(over(sum, fraction(weight)), mode, unit);
}

/** Whoever was exempted has what the course teaches. */
export const codedResult = (code: string): ResultTerms => ({
  score: null,
  grade: null,
  code,
  passed: code === 'exempted',
  capped: false,
});

export const sameResult = (a: ResultTerms | null, b: ResultTerms | null): boolean =>
  a?.score === b?.score && a?.grade === b?.grade && a?.code === b?.code && a?.passed === b?.passed && a?.capped === b?.capped;
