import { describe, expect, it } from '@jest/globals';
import { admission, calendar } from '../../../test/support/histories.ts';
import { defaultPolicy } from '../../facts/reference.ts';
import type { Level } from '../../kernel/codes.ts';
import { transferRefusal, type TransferTerms } from './transfer.ts';

const terms: TransferTerms = {
  ground: 'illness',
  fromLevel: 'junior-college',
  toLevel: 'junior-college',
  requiredScore: 45_000,
};

const refusal = (
  change: {
    admission?: Partial<typeof admission>;
    terms?: Partial<TransferTerms>;
    on?: string;
    calendar?: typeof calendar | null;
  } = {},
) =>
  transferRefusal(
    { ...admission, ...change.admission },
    { ...terms, ...change.terms },
    change.calendar === undefined ? calendar : change.calendar,
    defaultPolicy,
    change.on ?? '2026-03-01',
  );

describe('a school transfer', () => {
  it('is possible after the first semester, with a reason and the score', () => {
    expect(refusal()).toBeNull();
  });

  it.each(defaultPolicy.transferGrounds)('takes the ground %s', (ground) => {
    expect(refusal({ terms: { ground } })).toBeNull();
  });

  it('needs one of the grounds that the policy accepts', () => {
    expect(refusal({ terms: { ground: 'own-application' } })).toEqual({
      refused: 'TRANSFER_WITHOUT_REASON',
      facts: { accepted: defaultPolicy.transferGrounds },
    });
  });

  it('is not for directed intake', () => {
    expect(refusal({ admission: { intake: 'directed' } })?.refused).toBe('TRANSFER_DIRECTED_INTAKE');
  });

  it.each([
    ['2026-01-18', 'TRANSFER_IN_FIRST_SEMESTER'],
    ['2026-01-19', undefined],
  ])('waits until the first semester is over: on %s', (on, expected) => {
    expect(refusal({ on })?.refused).toBe(expected);
  });

  it('counts the semester in which she entered, also between two terms', () => {
    const midyear = { entryDate: '2026-02-01' };
    expect(refusal({ admission: midyear, on: '2026-07-10' })?.refused).toBe('TRANSFER_IN_FIRST_SEMESTER');
    expect(refusal({ admission: midyear, on: '2026-07-11' })).toBeNull();
  });

  it.each([
    ['no calendar', null],
    ['one that starts after she entered', { ...calendar, years: calendar.years.slice(1) }],
    ['one that ended before she entered', { ...calendar, years: [] }],
  ])('cannot be judged with %s', (_, other) => {
    expect(refusal({ calendar: other })).toEqual({ refused: 'CALENDAR_UNKNOWN', facts: { date: '2025-09-01' } });
  });

  it.each([
    ['2027-06-30', undefined],
    ['2027-07-01', 'TRANSFER_IN_FINAL_YEAR'],
  ])('is not for the final year: on %s', (on, expected) => {
    expect(refusal({ on })?.refused).toBe(expected);
  });

  it('counts the final year from entry and length where no graduation is expected', () => {
    const unsaid = { expectedGraduation: null };
    expect(refusal({ admission: unsaid, on: '2027-09-01' })).toEqual({
      refused: 'TRANSFER_IN_FINAL_YEAR',
      facts: { expectedGraduation: '2028-09-01' },
    });
    expect(refusal({ admission: { ...unsaid, lengthOfStudyMonths: null } })?.refused).toBe('TRANSFER_DATES_UNKNOWN');
  });

  it.each([
    [45_000, 45_000, undefined],
    [44_999, 45_000, 'TRANSFER_SCORE_TOO_LOW'],
    [null, 45_000, 'TRANSFER_SCORE_TOO_LOW'],
    [null, null, undefined],
  ])('compares the score %s with the required %s', (entranceScore, requiredScore, expected) => {
    expect(refusal({ admission: { entranceScore }, terms: { requiredScore } })?.refused).toBe(expected);
  });

  it.each<[Level | null, Level | null, string | undefined]>([
    ['secondary-vocational', 'junior-college', 'TRANSFER_TO_HIGHER_LEVEL'],
    ['junior-college', 'vocational-bachelor', 'TRANSFER_TO_HIGHER_LEVEL'],
    ['junior-college', 'bachelor', 'TRANSFER_TO_HIGHER_LEVEL'],
    ['vocational-bachelor', 'bachelor', undefined],
    ['bachelor', 'bachelor-top-up', undefined],
    ['bachelor', 'junior-college', undefined],
    [null, 'bachelor', undefined],
    ['junior-college', null, undefined],
  ])('does not lead higher: from %s to %s', (fromLevel, toLevel, expected) => {
    expect(refusal({ terms: { fromLevel, toLevel } })?.refused).toBe(expected);
  });
});
