import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  averageScore,
  averagesDiffer,
  formatHundredths,
  fullScore,
  fullWeight,
  gradeOf,
  improvementScore,
  isScore,
  parseHundredths,
  roundedRatio,
  underCap,
  weightedAverage,
  weightedTotal,
  type Rounding,
} from './score.ts';

const modes: readonly Rounding['mode'][] = ['half-up', 'half-even', 'down'];
const score = fc.integer({ min: 0, max: fullScore });
const mode = fc.constantFrom(...modes);
const rounding: fc.Arbitrary<Rounding> = fc.record({ mode, unit: fc.constantFrom(1, 10, 50, 100, 500) });

/** Weights in basis points that sum to the full weight, by cutting it. */
const weights = fc
  .uniqueArray(fc.integer({ min: 1, max: fullWeight - 1 }), { maxLength: 5 })
  .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), fullWeight])
  .map((edges) => edges.slice(1).map((edge, i) => edge - edges[i]!));
const components = weights.chain((list) => fc.tuple(...list.map((weight) => score.map((value) => ({ score: value, weight })))));

const check = <T>(values: fc.Arbitrary<T>, holds: (value: T) => void): void =>
  fc.assert(fc.property(values, holds), { numRuns: 500 });

/** Twice the distance between a rounded value and the exact ratio, in units of 1 / denominator. */
const distance = (rounded: number, numerator: bigint, denominator: bigint): bigint => {
  const gap = BigInt(rounded) * denominator - numerator;
  return (gap < 0n ? -gap : gap) * 2n;
};

describe('rounding', () => {
  it.each([
    [85n, 10n, 'half-up', 1, 9],
    [85n, 10n, 'half-even', 1, 8],
    [95n, 10n, 'half-even', 1, 10],
    [99n, 10n, 'down', 1, 9],
    [8549n, 1n, 'half-up', 100, 8500],
    [8550n, 1n, 'half-up', 100, 8600],
    [8450n, 1n, 'half-even', 100, 8400],
    [8550n, 1n, 'half-even', 100, 8600],
    [8599n, 1n, 'down', 100, 8500],
    [8525n, 1n, 'half-up', 50, 8550],
  ] as const)('%d / %d, %s to %d is %d', (numerator, denominator, by, unit, expected) => {
    expect(roundedRatio(numerator, denominator, { mode: by, unit })).toBe(expected);
  });

  it('gives a multiple of the unit, never further than half a unit, never up where it goes down', () => {
    const ratio = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.bigInt({ min: 1n, max: 10n ** 5n }), rounding);
    check(ratio, ([numerator, denominator, by]) => {
      const rounded = roundedRatio(numerator, denominator, by);
      const unit = BigInt(by.unit) * denominator;
      expect(rounded % by.unit).toBe(0);
      const below = numerator - BigInt(rounded) * denominator;
      const near = by.mode === 'down' ? below >= 0n && below < unit : distance(rounded, numerator, denominator) <= unit;
      expect(near).toBe(true);
    });
  });

  it('takes a half up, or to the even multiple', () => {
    check(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(2, 10, 100)), ([multiple, unit]) => {
      const half = BigInt(multiple * unit + unit / 2);
      const even = multiple % 2 === 0 ? multiple : multiple + 1;
      expect(roundedRatio(half, 1n, { mode: 'half-up', unit })).toBe((multiple + 1) * unit);
      expect(roundedRatio(half, 1n, { mode: 'half-even', unit })).toBe(even * unit);
    });
  });
});

describe('a weighted total', () => {
  it('of 4-4-2', () => {
    const marks = (exam: number, practice: number, defense: number): Parameters<typeof weightedTotal>[0] => [
      { score: exam, weight: 4000 },
      { score: practice, weight: 4000 },
      { score: defense, weight: 2000 },
    ];
    const toTenth: Rounding = { mode: 'half-up', unit: 10 };
    expect(weightedTotal(marks(8550, 9000, 7800), toTenth)).toBe(8580);
    expect(weightedTotal(marks(5999, 5999, 5999), toTenth)).toBe(6000);
    expect(weightedTotal(marks(5999, 5999, 5999), { mode: 'down', unit: 10 })).toBe(5990);
  });

  it('is rounded once, from the exact sum', () => {
    check(fc.tuple(components, rounding), ([list, by]) => {
      const exact = list.reduce((sum, { score: value, weight }) => sum + BigInt(value) * BigInt(weight), 0n);
      expect(weightedTotal(list, by)).toBe(Math.min(fullScore, roundedRatio(exact, BigInt(fullWeight), by)));
    });
  });

  it('lies between the lowest and the highest component, as far as they are multiples of the unit', () => {
    check(fc.tuple(components, rounding), ([list, by]) => {
      const total = weightedTotal(list, by);
      const floor = Math.min(...list.map((entry) => entry.score - (entry.score % by.unit)));
      const ceiling = Math.min(fullScore, Math.max(...list.map((entry) => entry.score + by.unit)));
      expect(total >= floor && total <= ceiling && isScore(total)).toBe(true);
    });
  });

  it('never falls where a component rises, and does not heed their order', () => {
    check(fc.tuple(components, rounding, fc.nat(), score), ([list, by, at, value]) => {
      const index = at % list.length;
      const raised = list.map((entry, i) => (i === index ? { ...entry, score: Math.max(entry.score, value) } : entry));
      expect(weightedTotal(raised, by)).toBeGreaterThanOrEqual(weightedTotal(list, by));
      expect(weightedTotal(list.toReversed(), by)).toBe(weightedTotal(list, by));
    });
  });

  it('never exceeds 100 points, whatever the unit', () => {
    expect(weightedTotal([{ score: 9_900, weight: fullWeight }], { mode: 'half-up', unit: 3_000 })).toBe(9_000);
    expect(weightedTotal([{ score: fullScore, weight: fullWeight }], { mode: 'half-up', unit: 4_000 })).toBe(fullScore);
  });
});

describe('a weighted average', () => {
  it('weighs by credits, and knows when there are none', () => {
    const by: Rounding = { mode: 'half-up', unit: 1 };
    expect(weightedAverage([], by)).toBeNull();
    expect(weightedAverage([{ score: 9000, weight: 0 }], by)).toBeNull();
    expect(
      weightedAverage(
        [
          { score: 9000, weight: 400 },
          { score: 6000, weight: 200 },
        ],
        by,
      ),
    ).toBe(8000);
  });

  it('of equal scores is that score, and does not change when all weights grow alike', () => {
    const entries = fc.array(fc.record({ score, weight: fc.integer({ min: 1, max: 1000 }) }), { minLength: 1, maxLength: 60 });
    check(fc.tuple(entries, rounding, fc.integer({ min: 1, max: 50 })), ([list, by, factor]) => {
      const grown = list.map((entry) => ({ ...entry, weight: entry.weight * factor }));
      expect(weightedAverage(grown, by)).toBe(weightedAverage(list, by));
      const same = list.map((entry) => ({ ...entry, score: 7500 }));
      expect(weightedAverage(same, { mode: by.mode, unit: 1 })).toBe(7500);
    });
  });
});

describe('an improvement', () => {
  it.each([
    [4000, 7000, 5000],
    [0, 10_000, 10_000],
    [10_000, 9000, 9000],
    [10_000, 10_000, 10_000],
    [7000, 6000, 0],
    [7000, 7000, 0],
    [7000, 8000, 3333],
  ])('from %d to %d counts %d', (baseline, exit, expected) => {
    expect(improvementScore(baseline, exit, 'down')).toBe(expected);
  });

  it('is a score, full where everything was gained, and never falls with the exit', () => {
    check(fc.tuple(score, score, score, mode), ([baseline, a, b, by]) => {
      const [low, high] = [improvementScore(baseline, Math.min(a, b), by), improvementScore(baseline, Math.max(a, b), by)];
      expect(isScore(low) && isScore(high)).toBe(true);
      expect(high).toBeGreaterThanOrEqual(low);
      expect(improvementScore(baseline, fullScore, by)).toBe(fullScore);
    });
  });
});

it('an average of assessors lies between them and is exact to half a hundredth', () => {
  expect(averageScore([8000, 8001], 'half-up')).toBe(8001);
  expect(averageScore([8000, 8001], 'half-even')).toBe(8000);
  check(fc.tuple(fc.array(score, { minLength: 1, maxLength: 6 }), mode), ([scores, by]) => {
    const average = averageScore(scores, by);
    expect(average >= Math.min(...scores) && average <= Math.max(...scores)).toBe(true);
    const sum = scores.reduce((total, value) => total + BigInt(value), 0n);
    const bound = BigInt(scores.length) * (by === 'down' ? 2n : 1n);
    expect(distance(average, sum, BigInt(scores.length)) <= bound).toBe(true);
  });
});

it('averages are compared as they are, not as they round', () => {
  expect(averagesDiffer([8000], [7000], 1000)).toBe(false);
  expect(averagesDiffer([7000], [8001], 1000)).toBe(true);
  // 8000.5 and 7000 are 1000.5 apart, which would round to 1000 or 1001.
  expect(averagesDiffer([8000, 8001], [7000], 1000)).toBe(true);
  expect(averagesDiffer([8000, 8001], [7000], 1001)).toBe(false);
});

it('a grade begins at its lowest score', () => {
  const from = { excellent: 9000, good: 8000, medium: 7000, pass: 6000 };
  const grades = [10_000, 9000, 8999, 8000, 7999, 7000, 6999, 6000, 5999, 0].map((value) => gradeOf(value, from));
  expect(grades).toEqual(['excellent', 'excellent', 'good', 'good', 'medium', 'medium', 'pass', 'pass', 'fail', 'fail']);
});

it('a cap lowers what is above it, and says so', () => {
  expect(underCap(8500, 6000)).toEqual({ score: 6000, capped: true });
  expect(underCap(6000, 6000)).toEqual({ score: 6000, capped: false });
  expect(underCap(8500, null)).toEqual({ score: 8500, capped: false });
});

describe('decimal text', () => {
  it.each([
    ['85.5', 8550],
    ['85', 8500],
    [' 100 ', 10_000],
    ['0.05', 5],
    ['85.50', 8550],
    ['85.5000', 8550],
    ['0', 0],
    ['085', 8500],
    ['85.555', null],
    ['85.', null],
    ['.5', null],
    ['-1', null],
    ['+1', null],
    ['1e2', null],
    ['８５', null],
    ['', null],
    ['优', null],
    ['85,5', null],
  ])('“%s” is %p', (text, expected) => {
    expect(parseHundredths(text)).toBe(expected);
  });

  it('parses back to the same hundredths', () => {
    check(fc.nat(10 ** 9), (hundredths) => expect(parseHundredths(formatHundredths(hundredths))).toBe(hundredths));
    expect([8550, 8500, 8505, 5, 0, 10_000].map(formatHundredths)).toEqual(['85.5', '85', '85.05', '0.05', '0', '100']);
  });
});
