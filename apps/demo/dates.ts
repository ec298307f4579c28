import type { AcademicYear, CalendarEvent, Term } from '../../libs/events/catalog/curriculum.ts';
import { workingDaysAfter } from '../../libs/facts/reference.ts';
import { addDays, isWeekend, startOfDay } from '../../libs/kernel/time.ts';

/** The days of the story. Fixed, so that the same seed tells the same story on any day; the last one lies in the past of every reader. */
export const storyBegins = '2024-07-08';
export const storyEnds = '2026-11-20';

const year = (first: number, terms: readonly (readonly [string, string])[]): AcademicYear => {
  const name = `${first}-${first + 1}`;
  const named = terms.map(([from, to], index): Term => ({ name: `${name}-${index + 1}`, from, to }));
  return { name, from: `${first}-09-01`, to: `${first + 1}-08-31`, terms: named };
};

const holiday = (zh: string, en: string, from: string, to: string): CalendarEvent['data']['holidays'][number] => ({
  name: { zh, en },
  from,
  to,
});

/** Terms are the college's own; the holidays are those that the State Council announced. */
export const calendar: CalendarEvent['data'] = {
  years: [
    year(2023, [
      ['2023-09-04', '2024-01-19'],
      ['2024-02-26', '2024-07-05'],
    ]),
    year(2024, [
      ['2024-09-02', '2025-01-17'],
      ['2025-02-17', '2025-07-04'],
    ]),
    year(2025, [
      ['2025-09-01', '2026-01-23'],
      ['2026-03-02', '2026-07-10'],
    ]),
    year(2026, [
      ['2026-09-01', '2027-01-22'],
      ['2027-02-22', '2027-07-09'],
    ]),
  ],
  holidays: [
    holiday('中秋节', 'Mid-Autumn Festival', '2024-09-15', '2024-09-17'),
    holiday('国庆节', 'National Day', '2024-10-01', '2024-10-07'),
    holiday('元旦', 'New Year', '2025-01-01', '2025-01-01'),
    holiday('春节', 'Spring Festival', '2025-01-28', '2025-02-04'),
    holiday('清明节', 'Qingming Festival', '2025-04-04', '2025-04-06'),
    holiday('劳动节', 'Labour Day', '2025-05-01', '2025-05-05'),
    holiday('端午节', 'Dragon Boat Festival', '2025-05-31', '2025-06-02'),
    holiday('国庆节、中秋节', 'National Day and Mid-Autumn Festival', '2025-10-01', '2025-10-08'),
    holiday('元旦', 'New Year', '2026-01-01', '2026-01-03'),
    holiday('春节', 'Spring Festival', '2026-02-15', '2026-02-23'),
    holiday('清明节', 'Qingming Festival', '2026-04-04', '2026-04-06'),
    holiday('劳动节', 'Labour Day', '2026-05-01', '2026-05-05'),
    holiday('端午节', 'Dragon Boat Festival', '2026-06-19', '2026-06-21'),
    holiday('中秋节', 'Mid-Autumn Festival', '2026-09-25', '2026-09-27'),
    holiday('国庆节', 'National Day', '2026-10-01', '2026-10-07'),
  ],
};

// ── terms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const terms = calendar.years.flatMap((one) => one.terms.map((term) => ({ ...term, year: one.name })));

export type StoryTerm = (typeof terms)[number];

/** The n-th term, from 1, of those who entered in a year; undefined where the calendar does not reach. */
export const termOf = (cohort: number, n: number): StoryTerm | undefined => terms[(cohort - 2023) * 2 + n - 1];

export const academicYearOf = (cohort: number, n: number): string => `${cohort + n - 1}-${cohort + n}`;

// ── days and hours ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const isHoliday = (day: string): boolean => calendar.holidays.some(({ from, to }) => from <= day && day <= to);

/** What is asked again for every learner, answered once: there are no more days than the story has. */
function remembered<T>(answer: (day: string, n: number) => T): (day: string, n: number) => T {
  const answers = new Map<string, Map<number, T>>();
  return (day, n) => {
    let ofDay = answers.get(day);
    if (!ofDay) answers.set(day, (ofDay = new Map<number, T>()));
    let known = ofDay.get(n);
    if (known === undefined) ofDay.set(n, (known = answer(day, n)));
    return known;
  };
}

/** So many days later, or the next day on which an office is open. */
export const daysAfter = remembered((date, days) => {
  let day = addDays(date, days);
  while (isWeekend(day) || isHoliday(day)) day = addDays(day, 1);
  return day;
});

export const workday = (date: string): string => daysAfter(date, 0);

/** As appeals are counted: neither weekends nor holidays. */
export const workingDaysFrom = remembered((date, days) => workingDaysAfter(calendar, date, days));

/** The Monday on the day or after it. */
export function mondayFrom(date: string): string {
  let day = date;
  while (new Date(`${day}T00:00:00.000Z`).getUTCDay() !== 1) day = addDays(day, 1);
  return day;
}

/**
 * Hours at which something happens, in their order. Whatever others read is written at `dawn`, where nobody decides about a learner:
 * so no decision of an hour depends on who comes first in it.
 */
export const hours = { dawn: 8, morning: 9, noon: 11, afternoon: 14, evening: 20 } as const;
export type Hour = keyof typeof hours;

const minutes = remembered((day, hour) =>
  Array.from(day).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 3_000, hour),
);

/** An instant of the story. Nobody works to the second, so the minutes of every hour are its own. */
export const momentOf = (day: string, hour: Hour, zone: string): number =>
  startOf(day, zone) + hours[hour] * 3_600_000 + minutes(day, hours[hour]) * 1_000;

const starts = new Map<string, number>();

function startOf(day: string, zone: string): number {
  let start = starts.get(day);
  if (start === undefined) starts.set(day, (start = Date.parse(startOfDay(day, zone))));
  return start;
}
