let lastMs = Number.NaN;
let lastText = '';

/** Instants are ISO 8601 UTC with milliseconds, so that their text order is their time order. Plain dates are YYYY-MM-DD. */
export const instant = (ms: number): string => {
  // Under load many commands share a millisecond, and each asks several times.
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
};

export const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text)) && instant(Date.parse(text)) === text;

const daysOf = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that exists: 31 February does not. */
export const isPlainDate = (text: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8));
  const leaps = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day > 0 && day <= (daysOf[month - 1] ?? 0) + (leaps ? 1 : 0);
};

const formats = new Map<string, Intl.DateTimeFormat>();
const formatIn = (zone: string): Intl.DateTimeFormat => {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format;
};

/** Throws a RangeError for a zone that does not exist. */
export const assertZone = (zone: string): void => void formatIn(zone);

const wallClock = (ms: number, zone: string): number => {
  const part: Record<string, string> = {};
  for (const { type, value } of formatIn(zone).formatToParts(ms)) part[type] = value;
  return Date.parse(`${part['year']}-${part['month']}-${part['day']}T${part['hour']}:${part['minute']}:${part['second']}.000Z`);
};

/** Days by zone and quarter of an hour: no zone changes its day inside one, and formatting costs microseconds. Bounded. */
const dayOf = new Map<string, string>();

let lastDay = { at: '', zone: '', day: '' };

/** The calendar day of an instant in a time zone. */
export const dateIn = (at: string, zone: string): string => {
  // A command asks for now and for when it is effective, which mostly is now.
  if (lastDay.at !== at || lastDay.zone !== zone) lastDay = { at, zone, day: dayIn(at, zone) };
  return lastDay.day;
};

const dayIn = (at: string, zone: string): string => {
  const ms = Date.parse(at);
  const key = `${zone}${Math.floor(ms / 900_000)}`;
  let day = dayOf.get(key);
  if (day === undefined) {
    day = instant(wallClock(ms, zone)).slice(0, 10);
    if (dayOf.size >= 1000) dayOf.clear();
    dayOf.set(key, day);
  }
  return day;
};

/** Date and time of an instant on a wall in a time zone, to the minute: `2026-09-01 08:00`. */
export const timeIn = (at: string, zone: string): string =>
  instant(wallClock(Date.parse(at), zone))
    .slice(0, 16)
    .replace('T', ' ');

const startOfDayMs = (date: string, zone: string): number => {
  const wanted = Date.parse(`${date}T00:00:00.000Z`);
  let guess = wanted;
  // Two rounds settle the offset; a third would only chase a midnight that a clock change removed.
  for (let round = 0; round < 2; round++) guess += wanted - wallClock(guess, zone);
  return guess;
};

const starts = new Map<string, string>();

/** First instant of a day in a zone: when a fact stated by date becomes effective. */
export const startOfDay = (date: string, zone: string): string => {
  const key = `${zone}${date}`;
  let start = starts.get(key);
  if (start === undefined) {
    start = instant(startOfDayMs(date, zone));
    if (starts.size >= 1000) starts.clear();
    starts.set(key, start);
  }
  return start;
};

/** Last instant of a day in a zone: what an as-of question by date means. */
export const endOfDay = (date: string, zone: string): string => instant(startOfDayMs(addDays(date, 1), zone) - 1);

export const addDays = (date: string, days: number): string =>
  instant(Date.parse(`${date}T00:00:00.000Z`) + days * 86_400_000).slice(0, 10);

const weekday = (date: string): number => new Date(`${date}T00:00:00.000Z`).getUTCDay();

/** Saturdays and Sundays. */
export const isWeekend = (date: string): boolean => [0, 6].includes(weekday(date));

export const isMonday = (date: string): boolean => weekday(date) === 1;

/** The same day months later, or the last day of a shorter month. */
export const addMonths = (date: string, months: number): string => {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return instant(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(day, last))).slice(0, 10);
};
