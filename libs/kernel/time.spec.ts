import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { addDays, addMonths, assertZone, dateIn, endOfDay, instant, isInstant, isPlainDate, startOfDay } from './time.ts';

const shanghai = 'Asia/Shanghai';

describe('instants and dates', () => {
  it.each([
    ['2026-03-01T00:00:00.000Z', true],
    ['2026-02-29T00:00:00.000Z', false],
    ['2026-03-01T24:00:00.000Z', false],
    ['2026-03-01T00:00:00Z', false],
    ['2026-03-01T08:00:00.000+08:00', false],
    ['2026-03-01', false],
    ['', false],
  ])('%s is an instant: %s', (text, expected) => {
    expect(isInstant(text)).toBe(expected);
  });

  it.each([
    ['2024-02-29', true],
    ['2026-02-29', false],
    ['2026-02-31', false],
    ['2026-13-01', false],
    ['2026-1-1', false],
    ['2026-01-01T00:00:00.000Z', false],
  ])('%s is a date: %s', (text, expected) => {
    expect(isPlainDate(text)).toBe(expected);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => assertZone('Asia/Nowhere')).toThrow(RangeError);
    expect(() => assertZone(shanghai)).not.toThrow();
  });
});

describe('days in a zone', () => {
  it('begin and end at its own midnight', () => {
    expect(startOfDay('2026-03-01', shanghai)).toBe('2026-02-28T16:00:00.000Z');
    expect(endOfDay('2026-03-01', shanghai)).toBe('2026-03-01T15:59:59.999Z');
    expect(dateIn('2026-02-28T16:00:00.000Z', shanghai)).toBe('2026-03-01');
    expect(dateIn('2026-02-28T15:59:59.999Z', shanghai)).toBe('2026-02-28');
  });

  it('have 23 or 25 hours where clocks change', () => {
    const hours = (date: string): number =>
      (Date.parse(endOfDay(date, 'Europe/Berlin')) + 1 - Date.parse(startOfDay(date, 'Europe/Berlin'))) / 3_600_000;
    expect([hours('2026-03-28'), hours('2026-03-29'), hours('2026-10-25')]).toEqual([24, 23, 25]);
  });

  it('every instant lies within the day that it is on', () => {
    const moments = fc.integer({ min: Date.parse('1990-01-01T00:00:00Z'), max: Date.parse('2099-12-31T00:00:00Z') });
    const zones = fc.constantFrom(shanghai, 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'UTC');
    fc.assert(
      fc.property(moments, zones, (ms, zone) => {
        const at = instant(ms);
        const date = dateIn(at, zone);
        expect(startOfDay(date, zone) <= at && at <= endOfDay(date, zone)).toBe(true);
        expect(dateIn(startOfDay(date, zone), zone)).toBe(date);
        expect(dateIn(endOfDay(date, zone), zone)).toBe(date);
      }),
      { numRuns: 300 },
    );
  });
});

describe('calendar arithmetic', () => {
  it('adds days over months and leap days', () => {
    expect([addDays('2024-02-28', 1), addDays('2024-02-28', 2), addDays('2026-01-01', -1)]).toEqual([
      '2024-02-29',
      '2024-03-01',
      '2025-12-31',
    ]);
  });

  it('adds months, ending on the last day of a shorter one', () => {
    expect([
      addMonths('2025-11-30', 3),
      addMonths('2024-01-31', 1),
      addMonths('2026-03-31', -1),
      addMonths('2025-12-15', 13),
    ]).toEqual(['2026-02-28', '2024-02-29', '2026-02-28', '2027-01-15']);
  });
});
