/**
 * Scores, credits and weights are integers: scores and credits hundredths, weights basis points. Every division is done here, on BigInt,
 * which holds no fraction: nothing can be lost on the way, and a replay on any machine gives the same score.
 */

/** The highest score: 100 points. */
export const fullScore = 10_000;

/** The weights of everything that is weighed together sum to this. */
export const fullWeight = 10_000;

export const isScore = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= fullScore;

/** To a multiple of `unit` hundredths. `half-even` takes a half to the even multiple, `down` towards zero. */
export interface Rounding {
  readonly mode: 'half-up' | 'half-even' | 'down';
  readonly unit: number;
}

const isUp = (mode: Rounding['mode'], quotient: bigint, twiceRest: bigint, divisor: bigint): boolean => {
  switch (mode) {
    case 'half-up':
      return twiceRest >= divisor;
    case 'half-even':
      return twiceRest > divisor || (twiceRest === divisor && quotient % 2n === 1n);
    case 'down':
      return false;
    default:
      return mode satisfies never;
  }
};

/** `numerator / denominator`, neither of them negative, rounded once. Throws a RangeError for what is no whole number. */
export function roundedRatio(numerator: bigint, denominator: bigint, { mode, unit }: Rounding): number {
  const divisor = denominator * BigInt(unit);
  const quotient = numerator / divisor;
  const up = isUp(mode, quotient, (numerator % divisor) * 2n, divisor);
  return Number((up ? quotient + 1n : quotient) * BigInt(unit));
}

const sumOf = (scores: readonly number[]): bigint => scores.reduce((sum, score) => sum + BigInt(score), 0n);

interface Weighed {
  readonly score: number;
  readonly weight: number;
}

const weigh = (entries: readonly Weighed[]): bigint =>
  entries.reduce((sum, { score, weight }) => sum + BigInt(score) * BigInt(weight), 0n);

/** What components whose weights sum to `fullWeight` add up to: rounded once, after weighing. A coarse unit never rounds past 100 points. */
export const weightedTotal = (components: readonly Weighed[], rounding: Rounding): number =>
  Math.min(fullScore, roundedRatio(weigh(components), BigInt(fullWeight), rounding));

/** Average weighed by any weights (credits), rounded once; null where they weigh nothing. */
export function weightedAverage(entries: readonly Weighed[], rounding: Rounding): number | null {
  const weight = entries.reduce((sum, entry) => sum + BigInt(entry.weight), 0n);
  return weight === 0n ? null : roundedRatio(weigh(entries), weight, rounding);
}

/** Of at least one score, to a hundredth: a component is recorded in hundredths, and only the total is rounded to the scheme's unit. */
export const averageScore = (scores: readonly number[], mode: Rounding['mode']): number =>
  roundedRatio(sumOf(scores), BigInt(scores.length), { mode, unit: 1 });

/** Whether the averages of two lists, neither of them empty, are more than `threshold` hundredths apart: compared exactly, not as rounded. */
export function averagesDiffer(a: readonly number[], b: readonly number[], threshold: number): boolean {
  const [ofA, ofB] = [BigInt(a.length), BigInt(b.length)];
  const gap = sumOf(a) * ofB - sumOf(b) * ofA;
  return (gap < 0n ? -gap : gap) > BigInt(threshold) * ofA * ofB;
}

/**
 * What an improvement counts for: the share of what was missing at the baseline that was gained by the exit, of 100 points, to a hundredth.
 * Nothing where it went down; the exit itself where nothing was missing.
 */
export function improvementScore(baseline: number, exit: number, mode: Rounding['mode']): number {
  if (baseline === fullScore) return exit;
  if (exit <= baseline) return 0;
  return roundedRatio(BigInt(exit - baseline) * BigInt(fullScore), BigInt(fullScore - baseline), { mode, unit: 1 });
}

/** Lowest score of each grade above `fail` (五级制). */
export interface GradesFrom {
  readonly excellent: number;
  readonly good: number;
  readonly medium: number;
  readonly pass: number;
}

export function gradeOf(score: number, from: GradesFrom): keyof GradesFrom | 'fail' {
  if (score >= from.excellent) return 'excellent';
  if (score >= from.good) return 'good';
  if (score >= from.medium) return 'medium';
  return score >= from.pass ? 'pass' : 'fail';
}

/** A score under a bound, and whether the bound lowered it. No bound where null. */
export const underCap = (score: number, cap: number | null): { readonly score: number; readonly capped: boolean } =>
  cap !== null && score > cap ? { score: cap, capped: true } : { score, capped: false };

const decimal = /^(\d{1,9})(?:\.(\d+))?$/;

/** Hundredths of a decimal text such as `85.5`, digit by digit. Null for anything else, and for what hundredths cannot say exactly. */
export function parseHundredths(text: string): number | null {
  const [, whole, part = ''] = decimal.exec(text.trim()) ?? [];
  if (whole === undefined) return null;
  const fraction = part.replace(/0+$/, '');
  return fraction.length > 2 ? null : Number(`${whole}${fraction.padEnd(2, '0')}`);
}

/** `8550` as `85.5`: the shortest text that parses back to it. */
export function formatHundredths(hundredths: number): string {
  const digits = String(hundredths).padStart(3, '0');
  const fraction = digits.slice(-2).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -2) : `${digits.slice(0, -2)}.${fraction}`;
}
