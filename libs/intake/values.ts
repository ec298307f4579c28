import { lookup, type CodeEntry, type IdType, type Sex } from '../kernel/codes.ts';
import { checkCreditCode, checkResidentId } from '../kernel/national-id.ts';
import { parseHundredths as hundredthsOf } from '../kernel/score.ts';
import { addDays, isPlainDate } from '../kernel/time.ts';
import { codePointName, mapPrivateUse, privateUseIn } from './private-use.ts';
import type { Finding, ProblemCode } from './problems.ts';

/** What a cell says, or what is wrong with it. The cell is never empty: who calls looks first with `isBlank`. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly warnings?: readonly Finding[] }
  | { readonly ok: false; readonly problem: Finding };

const wrong = (code: ProblemCode, facts: Finding['facts'] = {}): { ok: false; problem: Finding } => ({
  ok: false,
  problem: { code, facts },
});

const spaces = /[\s\u0085]+/g;
/** Marks that programs leave around copied numbers; none is part of a word in Chinese. */
const invisible = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/g;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F]/g;
/** What needs no cleaning: ASCII and the common Han characters, with single spaces inside. */
const clean = /^(?!')[\u0021-\u007E\u4E00-\u9FFF]+(?: [\u0021-\u007E\u4E00-\u9FFF]+)*$/;

export const isBlank = (cell: string): boolean => cell === '' || cleanText(cell) === '';

/** Takes the apostrophe away that marks a cell as text in a spreadsheet, or that our own writer put before a formula sign. */
export const unguard = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell);

/** A cell without leading apostrophe, invisible marks and runs of white space, private-use code points mapped. `lines` keeps line breaks. */
export const cleanText = (cell: string, lines = false): string => {
  if (clean.test(cell)) return cell;
  const visible = mapPrivateUse(unguard(cell).replaceAll(invisible, ''));
  if (!lines) return visible.replaceAll(spaces, ' ').trim();
  return visible
    .split(/\r\n?|\n/)
    .map((line) => line.replaceAll(spaces, ' ').trim())
    .join('\n')
    .trim();
};

/** Full-width letters and digits to half-width; punctuation stays, because it belongs to Chinese text. */
const halfWidthWords = (text: string): string => text.replaceAll(/[０-９Ａ-Ｚａ-ｚ]/g, toHalfWidth);
const halfWidth = (text: string): string => text.replaceAll(/[！-～]/g, toHalfWidth);
const toHalfWidth = (c: string): string => String.fromCharCode(c.charCodeAt(0) - 0xfee0);

/** A formula that a program wrote down as text: our own result of a workbook whose formula had no value, or a csv. A note may say anything. */
const formula = /^=[\w"'(+$@-]/;

const checkWord = (text: string, max: number): Parsed<string> =>
  formula.test(text) ? wrong('FORMULA_WITHOUT_VALUE') : checkCharacters(text, max);

const checkCharacters = (text: string, max: number): Parsed<string> => {
  if (text.length > max) {
    const length = Array.from(text).length;
    if (length > max) return wrong('TEXT_TOO_LONG', { length, max });
  }
  if (clean.test(text)) return { ok: true, value: text };
  const controls = text.match(control);
  if (controls) return wrong('CONTROL_CHARACTER', { characters: [...new Set(controls)].map(codePointName) });
  if (text.includes('\uFFFD')) return wrong('CHARACTER_LOST');
  const characters = privateUseIn(text);
  return characters.length > 0
    ? { ok: true, value: text, warnings: [{ code: 'PRIVATE_USE_CHARACTER', facts: { characters } }] }
    : { ok: true, value: text };
};

/** A short text: the name of a department, a class, a program. `max` counts characters. */
export const parseText = (cell: string, max = 100): Parsed<string> => {
  const text = restoreNumber(halfWidthWords(cleanText(cell)));
  return text === undefined ? wrong('ID_DIGITS_LOST') : checkWord(text, max);
};

/** Free text; line breaks and full-width forms stay. */
export const parseNote = (cell: string, max = 2000): Parsed<string> => checkCharacters(cleanText(cell, true), max);

const betweenHan = /(?<=[\p{Script=Han}\p{Co}]) (?=[\p{Script=Han}\p{Co}])/gu;
const middleDots = / ?[·•・‧･∙⋅] ?| ?(?<=[\p{Script=Han}\p{Co}] ?)．(?= ?[\p{Script=Han}\p{Co}]) ?/gu;

/** A person's name: padding between Han characters removed, one middle dot (U+00B7) for all its look-alikes, the full-width stop that some systems write among them. */
export const parseName = (cell: string): Parsed<string> => {
  const text = halfWidthWords(cleanText(cell)).replaceAll(betweenHan, '').replaceAll(middleDots, '·');
  const checked = checkWord(text, 50);
  return checked.ok && !/[\p{L}\p{Co}]/u.test(text) ? wrong('NAME_INVALID') : checked;
};

/**
 * A text that a spreadsheet may have taken for a number, as it was: `.0` and exponents away.
 * Undefined where digits can have been lost: a mantissa without all digits, or more digits than a number keeps (15).
 */
const restoreNumber = (text: string): string | undefined => {
  const last = text.charCodeAt(text.length - 1);
  if (last < 0x30 || last > 0x39) return text;
  const decimal = /^(\d+)\.0+$/.exec(text)?.[1];
  if (decimal !== undefined) return decimal.length > 15 ? undefined : decimal;
  const power = /^(\d)(?:\.(\d+))?E\+(\d{1,3})$/i.exec(text) ?? /^(\d)\.(\d+)E(\d{1,3})$/i.exec(text);
  if (!power) return text;
  const digits = `${power[1] ?? ''}${power[2] ?? ''}`;
  const length = Number(power[3]) + 1;
  if (digits.length < length || length > 15 || !/^0*$/.test(digits.slice(length))) return undefined;
  return digits.slice(0, length);
};

const numberText = (cell: string): string | undefined => restoreNumber(halfWidth(cleanText(cell)).replaceAll(' ', ''));

/** A number that is a name (student number, program code, phone): kept digit by digit, leading zeros included. */
export const parseNumber = (cell: string, max: number): Parsed<string> => {
  const text = numberText(cell);
  if (text === undefined) return wrong('ID_DIGITS_LOST');
  const checked = checkWord(text, max);
  if (!checked.ok) return checked;
  if (!/^[\p{L}\p{N}\-_./()+]+$/u.test(text)) return wrong('NUMBER_CHARACTERS');
  return /^\d{15}0+$/.test(text) ? { ok: true, value: text, warnings: [{ code: 'DIGITS_MAY_BE_LOST', facts: {} }] } : checked;
};

/**
 * A number of at most two decimals in hundredths, by its digits: no float ever stands for it. `max` is whole, and so is what is below 0 or
 * above it refused.
 */
export const parseHundredths = (cell: string, max: number): Parsed<number> => {
  const text = halfWidth(cleanText(cell)).replaceAll(' ', '');
  const value = hundredthsOf(text.replaceAll(/^\+|\.$/g, ''));
  if (value === null) {
    return /^-\d+(?:\.\d+)?$/.test(text)
      ? wrong('NUMBER_OUT_OF_RANGE', { value: shorten(text), min: 0, max })
      : wrong('DECIMAL_FORM', { value: shorten(text) });
  }
  return value > max * 100 ? wrong('NUMBER_OUT_OF_RANGE', { value: shorten(text), min: 0, max }) : { ok: true, value };
};

/** A whole number that counts something. */
export const parseWhole = (cell: string, min: number, max: number): Parsed<number> => {
  const text = halfWidth(cleanText(cell)).replace(/\.0+$/, '');
  if (!/^\d{1,9}$/.test(text)) return wrong('WHOLE_NUMBER_NEEDED', { value: shorten(text) });
  const value = Number(text);
  return value < min || value > max ? wrong('NUMBER_OUT_OF_RANGE', { value, min, max }) : { ok: true, value };
};

/** An academic year as 2025-2026, whatever stands between and behind its two years. */
export const parseAcademicYear = (cell: string): Parsed<string> => {
  const text = halfWidth(cleanText(cell)).replaceAll(' ', '');
  const [, from, to] = /^((?:19|20)\d\d)[-/~—–－至]+((?:19|20)?\d\d)(?:学年)?$/.exec(text) ?? [];
  const year = Number(from);
  return to !== undefined && (to === String(year + 1) || to === String(year + 1).slice(2))
    ? { ok: true, value: `${year}-${year + 1}` }
    : wrong('ACADEMIC_YEAR_FORM', { value: shorten(text) });
};

/** A unified social credit code in upper case, its check character right. */
export const parseCreditCode = (cell: string): Parsed<string> => {
  const text = halfWidth(cleanText(cell)).replaceAll(/[ -]/g, '');
  const checked = checkCreditCode(text);
  return checked.ok ? { ok: true, value: checked.code } : wrong('CREDIT_CODE_WRONG', { value: shorten(text) });
};

export interface IdNumber {
  readonly number: string;
  readonly birthDate?: string;
  readonly sex?: Sex;
}

/** An id number of a type. Birth date and sex come only out of a resident's number that is not temporary. */
export const parseIdNumber = (cell: string, type: IdType): Parsed<IdNumber> => {
  const text = numberText(cell);
  if (text === undefined) return wrong('ID_DIGITS_LOST');
  if (type !== 'resident-id' && type !== 'residence-permit') {
    const number = text.toUpperCase();
    if (!/^[0-9A-Z()/-]+$/.test(number)) return wrong('ID_CHARACTERS');
    return number.length < 4 || number.length > 30
      ? wrong('ID_LENGTH', { length: number.length })
      : { ok: true, value: { number } };
  }
  // A number cell keeps 15 digits: the other three read 000, and there is no way back.
  const rounded = /^\d{15}000$/.test(text);
  const id = checkResidentId(text);
  if (id.ok && id.temporary) return rounded ? wrong('ID_DIGITS_LOST') : { ok: true, value: { number: id.number } };
  if (id.ok) return { ok: true, value: { number: id.number, birthDate: id.birthDate, sex: id.sex } };
  if (id.reason === 'length') return wrong('ID_LENGTH', { length: text.length });
  if (id.reason === 'characters') return wrong('ID_CHARACTERS');
  return wrong(rounded ? 'ID_DIGITS_LOST' : id.reason === 'check-digit' ? 'ID_CHECK_DIGIT' : 'ID_BIRTH_DATE');
};

export interface DateForms {
  /** Whether a month stands for its first day. */
  readonly month: boolean;
  /** How a workbook counts days; csv comes from the 1900 system. */
  readonly system?: '1900' | '1904';
}

const dayForms = [/^(\d{4})(\d\d)(\d\d)(?:\.0+)?$/, /^(\d{4})([-/.])(\d\d?)\2(\d\d?)$/, /^(\d{4})年(\d\d?)月(\d\d?)[日号]?$/];
const monthForms = [/^(\d{4})[-/.](\d\d?)$/, /^(\d{4})(\d\d)(?:\.0+)?$/, /^(\d{4})年(\d\d?)月?份?$/];
/** 1927 to 2099: what a day number of five digits can mean in a roster. */
const firstSerial = 10_000;
const lastSerial = 73_050;

/** A plain date YYYY-MM-DD out of the forms that sheets hold, with or without a time of day. Years 1900 to 2099. */
export const parseDate = (cell: string, { month: monthAllowed, system = '1900' }: DateForms): Parsed<string> => {
  if (cell.length === 10 && /^(?:19|20)\d\d-/.test(cell) && isPlainDate(cell)) return { ok: true, value: cell };
  const value = shorten(halfWidth(cleanText(cell)));
  const text = value.replace(/[ T]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?$/, '').replaceAll(/ ?([-/.年月日号]) ?/g, '$1');

  for (const form of dayForms) {
    const parts = form
      .exec(text)
      ?.slice(1)
      .filter((part) => /^\d+$/.test(part));
    if (parts) return day(value, parts[0], parts[1], parts[2]);
  }
  for (const form of monthForms) {
    const [, year, month] = form.exec(text) ?? [];
    if (month === undefined) continue;
    if (!monthAllowed) return wrong('DATE_NEEDS_DAY', { value });
    const parsed = day(value, year, month, '1');
    // 2026.10 typed as a number shows as 2026.1.
    return parsed.ok && text.endsWith('.1') ? { ...parsed, warnings: [{ code: 'DATE_MONTH_UNSURE', facts: { value } }] } : parsed;
  }
  if (/^(?:19|20)\d\d[年级]?$/.test(text)) return wrong('DATE_NEEDS_MONTH', { value });
  const serial = /^(\d{5})(?:\.\d+)?$/.exec(text)?.[1];
  if (serial !== undefined) {
    const days = Number(serial) + (system === '1904' ? 1462 : 0);
    if (days >= firstSerial && days <= lastSerial) return { ok: true, value: addDays('1899-12-30', days) };
  }
  return wrong('DATE_FORM_UNKNOWN', {
    value,
    accepted: monthAllowed ? ['2026-09-01', '20260901', '2026-09'] : ['2026-09-01', '20260901'],
  });
};

const day = (value: string, year = '', month = '', date = ''): Parsed<string> => {
  const plain = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
  return /^(?:19|20)/.test(year) && isPlainDate(plain) ? { ok: true, value: plain } : wrong('DATE_INVALID', { value });
};

/** A value of a code list. The accepted ones in a refusal are the list's own words. */
export const parseCode = <E extends CodeEntry>(cell: string, list: readonly E[]): Parsed<E> => {
  const entry = lookup(list, cell) ?? lookup(list, cleanText(cell).replace(/^(\d+)\.0+$/, '$1'));
  return entry
    ? { ok: true, value: entry }
    : wrong('VALUE_NOT_IN_LIST', { value: shorten(cleanText(cell)), accepted: list.map(({ zh }) => zh) });
};

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
