import { describe, expect, it } from '@jest/globals';
import { workingDaysAfter, type CalendarFact } from './reference.ts';

const calendar: CalendarFact = {
  years: [],
  holidays: [{ name: { zh: '国庆节', en: 'National Day' }, from: '2026-10-01', to: '2026-10-07' }],
};

describe('working days after a date', () => {
  it('are neither weekends nor holidays', () => {
    // 2026-09-25 is a Friday.
    expect(workingDaysAfter(calendar, '2026-09-25', 1)).toBe('2026-09-28');
    expect(workingDaysAfter(calendar, '2026-09-25', 3)).toBe('2026-09-30');
    expect(workingDaysAfter(calendar, '2026-09-25', 4)).toBe('2026-10-08');
    expect(workingDaysAfter(calendar, '2026-10-03', 1)).toBe('2026-10-08');
  });

  it('are all weekdays where no calendar is published', () => {
    expect(workingDaysAfter(null, '2026-09-25', 4)).toBe('2026-10-01');
    expect(workingDaysAfter(null, '2026-09-26', 5)).toBe('2026-10-02');
    expect(workingDaysAfter(null, '2026-09-25', 0)).toBe('2026-09-25');
  });
});
