import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import iconv from 'iconv-lite';
import { ethnicGroups, lengthsOfStudy, levels, sexes } from '../kernel/codes.ts';
import { addDays } from '../kernel/time.ts';
import { residentId } from './sheets.fixture.ts';
import {
  cleanText,
  isBlank,
  parseCode,
  parseDate,
  parseIdNumber,
  parseName,
  parseNote,
  parseNumber,
  parseText,
  type Parsed,
} from './values.ts';

const value = <T>(parsed: Parsed<T>): T | string => (parsed.ok ? parsed.value : parsed.problem.code);
const warned = (parsed: Parsed<unknown>): string[] => (parsed.ok ? (parsed.warnings ?? []).map(({ code }) => code) : []);

describe('text', () => {
  it.each([
    ['  电子 \u00A0 商务\t', '电子 商务'],
    ["'00123", '00123'],
    ["''quoted", "'quoted"],
    ['\u202D13800138000\u202C', '13800138000'],
    ['\uFEFF学号\u200B', '学号'],
    ['a\r\nb', 'a b'],
    ['　', ''],
  ])('cleans %j', (cell, text) => {
    expect(cleanText(cell)).toBe(text);
    expect(isBlank(cell)).toBe(text === '');
  });

  it('makes full-width letters and digits half-width and leaves punctuation', () => {
    expect(value(parseText('２６电商（ＶＩＰ）１班'))).toBe('26电商（VIP）1班');
  });

  it('keeps the lines of a note and its full-width forms', () => {
    expect(value(parseNote(' 第１行 \r\n  第2行 '))).toBe('第１行\n第2行');
  });

  it('names control characters, lost characters and what is too long', () => {
    expect(parseText('a\u0001b\u0001')).toEqual({
      ok: false,
      problem: { code: 'CONTROL_CHARACTER', facts: { characters: ['U+0001'] } },
    });
    expect(value(parseText('王\uFFFD'))).toBe('CHARACTER_LOST');
    expect(parseText('𠮷'.repeat(101))).toEqual({
      ok: false,
      problem: { code: 'TEXT_TOO_LONG', facts: { length: 101, max: 100 } },
    });
    expect(parseText('𠮷'.repeat(100)).ok).toBe(true);
  });

  it('is stable: what was cleaned needs no cleaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = cleanText(text);
        fc.pre(!once.startsWith("'"));
        expect(cleanText(once)).toBe(once);
      }),
    );
  });
});

describe('names', () => {
  it.each([
    ['王　芳', '王芳'],
    ['王  芳', '王芳'],
    ['欧阳\u3000\u3000娜 娜', '欧阳娜娜'],
    ['𠮷 野', '𠮷野'],
    ['阿依古丽•买买提', '阿依古丽·买买提'],
    ['阿依古丽・买买提', '阿依古丽·买买提'],
    ['阿依古丽‧买买提', '阿依古丽·买买提'],
    ['阿依古丽 · 买买提', '阿依古丽·买买提'],
    ['Ｊｏｈｎ  Smith', 'John Smith'],
    ['王\uE863', '王䶮'],
    ['\uE81E\uE855', '龴𤇾'],
    ['𬭚', '𬭚'],
  ])('reads %s as %s', (cell, name) => {
    expect(parseName(cell)).toEqual({ ok: true, value: name });
  });

  it('takes a full-width stop between Han characters for a middle dot', () => {
    expect(parseName('古丽．买买提')).toEqual({ ok: true, value: '古丽·买买提' });
    expect(parseName('古丽 ． 买买提')).toEqual({ ok: true, value: '古丽·买买提' });
    expect(parseName('J．Smith')).toEqual({ ok: true, value: 'J．Smith' });
  });

  it('keeps other private-use characters and says so', () => {
    expect(parseName('王\uE000\uE000')).toEqual({
      ok: true,
      value: '王\uE000\uE000',
      warnings: [{ code: 'PRIVATE_USE_CHARACTER', facts: { characters: ['U+E000'] } }],
    });
  });

  it.each(['=J2', '=1/0', '="2026"&"001"', '=VLOOKUP(A1,B:C,2,0)', '=-1', "'=J2"])('refuses the formula %s', (cell) => {
    const formula = 'FORMULA_WITHOUT_VALUE';
    expect([value(parseName(cell)), value(parseText(cell)), value(parseNumber(cell, 40))]).toEqual([formula, formula, formula]);
    expect(value(parseNote(cell))).toBe(cleanText(cell));
  });

  it('refuses what is no name', () => {
    for (const cell of ['123', '/', '——', '?']) expect(value(parseName(cell))).toBe('NAME_INVALID');
    expect(value(parseName('王\u0007'))).toBe('CONTROL_CHARACTER');
    expect(value(parseName('王'.repeat(51)))).toBe('TEXT_TOO_LONG');
  });

  it('maps what old software wrote for every character of GB 18030 at FE50–FEA0', () => {
    const decoder = new TextDecoder('gb18030');
    const bytes = Array.from({ length: 0x51 }, (_, at) => 0x50 + at).filter((byte) => byte !== 0x7f);
    const cleaned = bytes.map((_, at) => cleanText(String.fromCharCode(0xe815 + at)));
    // Decoders that follow the standard of 2005 keep some of these positions in private use.
    const decoded = bytes.map((byte, at) =>
      decoder.decode(Buffer.from([0xfe, byte])).replace(/[\uE000-\uF8FF]/, cleaned[at] ?? ''),
    );
    expect(cleaned).toEqual(decoded);
    expect(cleaned.join('')).not.toMatch(/[\uE000-\uF8FF]/);
    expect(cleanText('\uE816\uE817\uE818\uE831\uE83B\uE855')).toBe('\u{20087}\u{20089}\u{200CC}\u{215D7}\u{2298F}\u{241FE}');
    expect(cleanText('\uE78D\uE78E\uE78F\uE790\uE796\uE7C7\uE7C8')).toBe('\uFE10\uFE12\uFE11\uFE13\uFE19\u1E3F\u01F9');
    expect(cleanText(iconv.decode(Buffer.from([0xfe, 0x59]), 'gb18030'))).toBe('龴');
  });
});

describe('numbers that are names', () => {
  it.each([
    ['00012', '00012'],
    ["'20260101", '20260101'],
    ['20260101.0', '20260101'],
    ['２０２６０１０１', '20260101'],
    ['2026 0101', '20260101'],
    ['2.0260101E+7', '20260101'],
    ['2.0260101E7', '20260101'],
    ['1.3800138000e+10', '13800138000'],
    ['5E+0', '5'],
    ['2026-A/01', '2026-A/01'],
    ['2E3', '2E3'],
  ])('reads %s as %s', (cell, number) => {
    expect(parseNumber(cell, 32)).toEqual({ ok: true, value: number });
  });

  it.each([
    '2.0261E+10',
    '2.02601E+7',
    '4.40305E+17',
    '4.40305200801011E+17',
    '4.40305200801011234E+17',
    '1.38E10',
    '440305200801011234.0',
    '2.5E+0',
  ])('refuses %s: digits may be lost', (cell) => {
    expect(value(parseNumber(cell, 32))).toBe('ID_DIGITS_LOST');
    expect(value(parseText(cell))).toBe('ID_DIGITS_LOST');
    expect(value(parseIdNumber(cell, 'resident-id'))).toBe('ID_DIGITS_LOST');
  });

  it('gives back every number that a mantissa holds whole, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999_999_999 }), fc.integer({ min: 1, max: 15 }), (number, kept) => {
        const text = String(number);
        const shown = number.toExponential(kept - 1).toUpperCase();
        const read = value(parseNumber(shown, 32));
        expect(read).toBe(kept >= text.length ? text : 'ID_DIGITS_LOST');
      }),
    );
  });

  it('warns of long numbers that end in zeros', () => {
    expect(warned(parseNumber('20264403051100001', 18))).toEqual([]);
    expect(warned(parseNumber('202644030511234000', 18))).toEqual(['DIGITS_MAY_BE_LOST']);
    expect(value(parseNumber('2026440305112340001', 18))).toBe('TEXT_TOO_LONG');
    expect(value(parseNumber('2026#1', 18))).toBe('NUMBER_CHARACTERS');
  });
});

describe('id numbers', () => {
  it('cleans and checks a resident id', () => {
    const number = residentId('20080101', '002');
    const read = { ok: true, value: { number, birthDate: '2008-01-01', sex: 'female' } };
    for (const cell of [
      number,
      `'${number}`,
      ` ${number.slice(0, 6)} ${number.slice(6, 14)} ${number.slice(14)}`,
      `\u202D${number}\u202C`,
    ]) {
      expect(parseIdNumber(cell, 'resident-id')).toEqual(read);
    }
    expect(value(parseIdNumber('11010519491231002ｘ', 'resident-id'))).toMatchObject({ number: '11010519491231002X' });
  });

  it('names what is wrong, and tells a rounded number from a mistyped one', () => {
    expect(parseIdNumber('123', 'resident-id')).toEqual({ ok: false, problem: { code: 'ID_LENGTH', facts: { length: 3 } } });
    expect(value(parseIdNumber('44030520080101001A', 'resident-id'))).toBe('ID_CHARACTERS');
    expect(value(parseIdNumber('440305200801010013', 'resident-id'))).toBe('ID_CHECK_DIGIT');
    expect(value(parseIdNumber(residentId('20080231'), 'resident-id'))).toBe('ID_BIRTH_DATE');
    expect(value(parseIdNumber('440305200801010000', 'resident-id'))).toBe('ID_DIGITS_LOST');
    expect(value(parseIdNumber('999202600000012000', 'resident-id'))).toBe('ID_DIGITS_LOST');
  });

  it('takes a temporary number, and other documents as they are', () => {
    expect(parseIdNumber('999202600000012001', 'resident-id')).toEqual({ ok: true, value: { number: '999202600000012001' } });
    expect(parseIdNumber('e１２３４５６７８', 'passport')).toEqual({ ok: true, value: { number: 'E12345678' } });
    expect(parseIdNumber('H01234567(00)', 'hong-kong-macao-permit')).toEqual({ ok: true, value: { number: 'H01234567(00)' } });
    expect(value(parseIdNumber('E1', 'passport'))).toBe('ID_LENGTH');
    expect(value(parseIdNumber('护照', 'passport'))).toBe('ID_CHARACTERS');
    expect(value(parseIdNumber(residentId('20080101', '001', '810000'), 'residence-permit'))).toMatchObject({ sex: 'male' });
  });
});

const read = (cell: string): unknown => value(parseDate(cell, { month: true }));

describe('dates', () => {
  it.each([
    '20260901',
    '2026-09-01',
    '2026-9-1',
    '2026/9/1',
    '2026.9.1',
    '2026年9月1日',
    '2026年09月01号',
    '2026 年 9 月 1 日',
    '２０２６/９/１',
    '2026-09-01 00:00',
    '2026/9/1 8:05:30',
    '2026-09-01T00:00:00.000',
    '20260901.0',
    '46266',
    '46266.5',
    "'2026-09-01",
  ])('reads %s', (cell) => {
    expect(parseDate(cell, { month: false })).toEqual({ ok: true, value: '2026-09-01' });
  });

  it.each(['2026.9', '202609', '2026-09', '2026/9', '2026年9月', '2026年9月份', '202609.0'])(
    'reads the month %s where a month will do',
    (cell) => {
      expect(read(cell)).toBe('2026-09-01');
      expect(parseDate(cell, { month: false })).toEqual({
        ok: false,
        problem: { code: 'DATE_NEEDS_DAY', facts: { value: cell } },
      });
    },
  );

  it('warns where October may have lost its zero', () => {
    expect(parseDate('2026.1', { month: true })).toEqual({
      ok: true,
      value: '2026-01-01',
      warnings: [{ code: 'DATE_MONTH_UNSURE', facts: { value: '2026.1' } }],
    });
    expect(warned(parseDate('2026.10', { month: true }))).toEqual([]);
    expect(warned(parseDate('2026.01', { month: true }))).toEqual([]);
    expect(warned(parseDate('2026-1', { month: true }))).toEqual([]);
  });

  it('refuses days that do not exist', () => {
    for (const cell of [
      '20260231',
      '2026-02-31',
      '2026/2/30',
      '2025年2月29日',
      '2026.13.1',
      '202613',
      '02026-1-1',
      '1026-01-01',
      '2100-01-01',
    ]) {
      expect(['DATE_INVALID', 'DATE_FORM_UNKNOWN']).toContain(read(cell));
    }
    expect(parseDate('2026-02-31', { month: false })).toEqual({
      ok: false,
      problem: { code: 'DATE_INVALID', facts: { value: '2026-02-31' } },
    });
  });

  it('refuses what could mean several days, or none', () => {
    for (const cell of [
      '9/1/2026',
      '26-09-01',
      '2026-09/01',
      '九月一日',
      '9999',
      '123456',
      '2026-08-31T16:00:00.000Z',
      '46266x',
      '99999',
    ]) {
      expect(read(cell)).not.toMatch(/^\d{4}-/);
    }
    expect(read('2026')).toBe('DATE_NEEDS_MONTH');
    expect(read('2026级')).toBe('DATE_NEEDS_MONTH');
  });

  it('counts serials by the 1900 and the 1904 system', () => {
    expect(value(parseDate('44804', { month: false, system: '1904' }))).toBe('2026-09-01');
    expect(value(parseDate('25569', { month: false }))).toBe('1970-01-01');
  });

  it('reads every day in every form as that day', () => {
    const days = fc.integer({ min: 0, max: 73_048 }).map((n) => addDays('1900-01-01', n));
    fc.assert(
      fc.property(days, (day) => {
        const [y = '', m = '', d = ''] = day.split('-');
        const [month, date] = [String(Number(m)), String(Number(d))];
        const forms = [
          day,
          y + m + d,
          `${y}/${month}/${date}`,
          `${y}.${month}.${date}`,
          `${y}年${month}月${date}日`,
          `${y}/${m}/${d} 0:00`,
        ];
        for (const form of forms) expect(parseDate(form, { month: true })).toEqual({ ok: true, value: day });
      }),
    );
  });

  it('never makes a day of what is not one', () => {
    const text = fc.string({ unit: fc.constantFrom('0', '1', '2', '9', '-', '/', '.', '年', '月', '日', ' ', ':') });
    fc.assert(
      fc.property(text, (cell) => {
        const parsed = parseDate(cell, { month: true });
        fc.pre(parsed.ok);
        expect(addDays(value(parsed), 0)).toBe(value(parsed));
      }),
      { maxSkipsPerRun: 100_000, numRuns: 20 },
    );
  });
});

describe('codes', () => {
  it('finds an entry and names the accepted words otherwise', () => {
    expect(value(parseCode('1.0', sexes))).toMatchObject({ code: 'male' });
    expect(value(parseCode(' 汉 ', ethnicGroups))).toMatchObject({ code: '01' });
    expect(value(parseCode('3.0', lengthsOfStudy))).toMatchObject({ months: 36 });
    expect(value(parseCode("'专科（高职）", levels))).toMatchObject({ code: 'junior-college' });
    expect(parseCode('中性', sexes)).toEqual({
      ok: false,
      problem: { code: 'VALUE_NOT_IN_LIST', facts: { value: '中性', accepted: ['男', '女'] } },
    });
  });

  it('quotes no more of a cell than can be read', () => {
    expect(parseCode('x'.repeat(1000), sexes)).toMatchObject({ problem: { facts: { value: `${'x'.repeat(60)}…` } } });
  });
});
