import { addDays } from '../../kernel/time.ts';
import type { DateSystem, StoredCell } from '../sheet-row.ts';

/** How a number shows: as a date or time, with zeros up to a width behind a prefix, in hundredths of one, or as a number. */
export interface CellFormat {
  readonly shows: 'number' | 'date' | 'padded' | 'percent';
  /** Of `padded`. */
  readonly width: number;
  readonly prefix?: string;
  /** Undefined for the general format. */
  readonly code?: string;
}

export const general: CellFormat = { shows: 'number', width: 0 };

/** Formats that files name by number alone; those from 27 on are dates of Chinese, Japanese and Korean programs. */
const builtIn: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  11: '0.00E+00',
  14: 'yyyy/m/d',
  15: 'd-mmm-yy',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm AM/PM',
  19: 'h:mm:ss AM/PM',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'yyyy/m/d h:mm',
  49: '@',
  ...Object.fromEntries([27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58].map((id) => [id, 'yyyy"年"m"月"d"日"'])),
  ...Object.fromEntries([32, 33, 34, 35, 55, 56].map((id) => [id, 'h"时"mm"分"'])),
};

export const formatOf = (id: number, codes: ReadonlyMap<number, string>): CellFormat => {
  const code = codes.get(id) ?? builtIn[id];
  if (code === undefined || /^general$/i.test(code)) return general;
  const [, before = '', zeros = ''] = /^((?:"[^"]*"|\\.)*)(0+)(?:"[^"]*"|\\.)*$/.exec(code) ?? [];
  const prefix = before.replaceAll(/"([^"]*)"|\\(.)/g, '$1$2');
  if (zeros.length > 1 || prefix !== '') return { shows: 'padded', width: zeros.length, prefix, code };
  if (isDateCode(code)) return { shows: 'date', width: 0, code };
  return { shows: /%/.test(code.replaceAll(/"[^"]*"|\\./g, '')) ? 'percent' : 'number', width: 0, code };
};

/** Letters of a date outside quotes, escapes, brackets and the sign of an exponent. Elapsed time ([h]:mm) is a number. */
const isDateCode = (code: string): boolean => {
  const [first = ''] = code.split(';');
  if (/\[(?:h+|m+|s+)\]/i.test(first)) return false;
  return /[ymdhs]/i.test(first.replaceAll(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|e[+-]|general/gi, ''));
};

/** A number cell: how it reads, and what it is. */
export const readNumber = (raw: string, format: CellFormat, system: DateSystem): { text: string; stored: StoredCell } => {
  if (format === general && digits.test(raw)) return { text: raw, stored: { kind: 'number', value: raw } };
  const code = format.code === undefined ? {} : { format: format.code };
  const value = Number(raw);
  if (!Number.isFinite(value)) return { text: raw, stored: { kind: 'error', value: raw } };
  if (format.shows === 'date') {
    const moment = momentOf(value, system);
    if (moment) return { text: moment.value, stored: { ...moment, ...code } };
  }
  const plain = plainNumber(raw, value);
  let text = plain;
  // What the sender sees is what she means: 0012 may be stored as 12, 85% as 0.85.
  if (format.shows === 'padded' && /^\d+$/.test(plain)) text = `${format.prefix}${plain.padStart(format.width, '0')}`;
  if (format.shows === 'percent') text = `${Number((value * 100).toPrecision(15))}%`;
  return { text, stored: { kind: 'number', value: raw, ...code } };
};

const digits = /^[1-9]\d{0,14}$/;

/**
 * A number in the digits that a spreadsheet keeps (15), without the noise of binary fractions. What has more whole digits than that keeps its
 * exponent, so that nobody takes the lost digits for zeros.
 */
const plainNumber = (raw: string, value: number): string => {
  if (raw.length <= 15 && /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/.test(raw)) return raw;
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(14).toUpperCase();
  if (size !== 0 && size < 1e-6) return value.toFixed(20).replace(/0+$/, '');
  return String(Number(value.toPrecision(15)));
};

const secondsOfDay = 86_400;
/** 31 December 9999. */
const lastDay = 2_958_465;

/** The moment that a day number means, or the time of day where it is less than a day. Undefined where it means neither. */
const momentOf = (serial: number, system: DateSystem): { kind: 'date' | 'time'; value: string } | undefined => {
  const shifted = system === '1904' ? serial + 1462 : serial;
  let day = Math.floor(shifted);
  let seconds = Math.round((shifted - day) * secondsOfDay);
  if (seconds === secondsOfDay) {
    day++;
    seconds = 0;
  }
  if (serial < 0 || day > lastDay) return undefined;
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
  if (serial < 1 && (serial > 0 || system === '1900')) return { kind: 'time', value: time };
  return { kind: 'date', value: seconds === 0 ? dayOf(day) : `${dayOf(day)} ${time}` };
};

/** The 1900 system has a 29 February 1900, so days before it count from one day later. */
const dayOf = (serial: number): string => {
  if (serial === 60) return '1900-02-29';
  return addDays(serial < 60 ? '1899-12-31' : '1899-12-30', serial);
};

/** The day number of a date or moment in the 1900 system; undefined for what is none. */
export const serialOf = (moment: string): number | undefined => {
  const [, day, hours = '0', minutes = '0', seconds = '0'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(moment) ?? [];
  const days = (Date.parse(`${day}T00:00:00Z`) - Date.UTC(1899, 11, 30)) / 86_400_000;
  if (!Number.isFinite(days) || days < 61) return undefined;
  return days + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) / secondsOfDay;
};
