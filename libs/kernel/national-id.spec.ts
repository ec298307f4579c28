import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { addDays } from './time.ts';
import { checkCreditCode, checkResidentId, creditCheckCharacter, residentCheckDigit } from './national-id.ts';

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const birthDates = fc.integer({ min: 0, max: 60_000 }).map((days) => addDays('1900-01-01', days));
const areas = fc.stringMatching(/^[1-8][0-9]{5}$/);
const residentIds = fc.tuple(areas, birthDates, digits(3)).map(([area, birth, order]) => {
  const first17 = `${area}${birth.replaceAll('-', '')}${order}`;
  return { number: first17 + residentCheckDigit(first17), birth, male: Number(order.charAt(2)) % 2 === 1 };
});

describe('checkResidentId', () => {
  it('takes the example of GB 11643', () => {
    expect(checkResidentId('11010519491231002X')).toEqual({
      ok: true,
      temporary: false,
      number: '11010519491231002X',
      birthDate: '1949-12-31',
      sex: 'female',
    });
    expect(checkResidentId('440524188001010014')).toMatchObject({ ok: true, birthDate: '1880-01-01', sex: 'male' });
  });

  it('takes a lower-case x', () => {
    expect(checkResidentId('11010519491231002x')).toMatchObject({ ok: true, number: '11010519491231002X' });
  });

  it.each([
    ['', 'length'],
    ['11010519491231002', 'length'],
    ['110105491231002', 'length'],
    ['1101051949123100211', 'length'],
    ['1101051949123100X2', 'characters'],
    ['11010519491231O02X', 'characters'],
    ['110105194912310021', 'check-digit'],
  ])('refuses %s for its %s', (text, reason) => {
    expect(checkResidentId(text)).toEqual({ ok: false, reason });
  });

  it('refuses a birth date that does not exist', () => {
    for (const birth of ['20230229', '20230431', '20231301', '20230100', '00000000', '17000101']) {
      const first17 = `440305${birth}001`;
      expect(checkResidentId(first17 + residentCheckDigit(first17))).toEqual({ ok: false, reason: 'birth-date' });
    }
  });

  it('concludes nothing from a temporary number', () => {
    expect(checkResidentId('999202600000000012')).toEqual({ ok: true, temporary: true, number: '999202600000000012' });
    expect(checkResidentId('9992026001')).toEqual({ ok: true, temporary: true, number: '9992026001' });
    expect(checkResidentId('999')).toEqual({ ok: false, reason: 'length' });
    expect(checkResidentId('9992026000000000123')).toEqual({ ok: false, reason: 'length' });
    expect(checkResidentId('999-2026')).toEqual({ ok: false, reason: 'characters' });
  });

  it('reads birth date and sex out of every right number', () => {
    fc.assert(
      fc.property(residentIds, ({ number, birth, male }) => {
        expect(checkResidentId(number)).toEqual({
          ok: true,
          temporary: false,
          number,
          birthDate: birth,
          sex: male ? 'male' : 'female',
        });
      }),
    );
  });

  it('sees every single wrong digit', () => {
    fc.assert(
      fc.property(residentIds, fc.nat(16), fc.integer({ min: 1, max: 9 }), ({ number }, at, by) => {
        const wrong = number.slice(0, at) + String((Number(number.charAt(at)) + by) % 10) + number.slice(at + 1);
        fc.pre(!wrong.startsWith('999'));
        expect(checkResidentId(wrong)).toEqual({ ok: false, reason: 'check-digit' });
      }),
    );
  });

  it('sees every swap of neighboring digits', () => {
    fc.assert(
      fc.property(residentIds, fc.nat(15), ({ number }, at) => {
        const [a, b] = [number.charAt(at), number.charAt(at + 1)];
        const swapped = number.slice(0, at) + b + a + number.slice(at + 2);
        fc.pre(a !== b && !swapped.startsWith('999'));
        expect(checkResidentId(swapped)).toEqual({ ok: false, reason: 'check-digit' });
      }),
    );
  });
});

describe('checkCreditCode', () => {
  it('takes published codes', () => {
    for (const code of ['914403001922038216', '9144030071526726XG', '91330100799655058B', '91350100M000100Y43']) {
      expect(checkCreditCode(code)).toEqual({ ok: true, code });
    }
    expect(checkCreditCode('91330100799655058b')).toEqual({ ok: true, code: '91330100799655058B' });
  });

  it('names what is wrong', () => {
    expect(checkCreditCode('91330100799655058')).toEqual({ ok: false, reason: 'length' });
    expect(checkCreditCode('9133010079965505OB')).toEqual({ ok: false, reason: 'characters' });
    expect(checkCreditCode('91330100799655058A')).toEqual({ ok: false, reason: 'check-digit' });
    expect(creditCheckCharacter('9133010079965505I')).toBeUndefined();
  });

  it('sees every single wrong character', () => {
    const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
    const character = fc.constantFrom(...Array.from(alphabet));
    fc.assert(
      fc.property(fc.array(character, { minLength: 17, maxLength: 17 }), fc.nat(16), character, (chars, at, other) => {
        const first17 = chars.join('');
        const code = `${first17}${creditCheckCharacter(first17)}`;
        expect(checkCreditCode(code)).toEqual({ ok: true, code });
        if (other === code.charAt(at)) return;
        expect(checkCreditCode(code.slice(0, at) + other + code.slice(at + 1))).toEqual({ ok: false, reason: 'check-digit' });
      }),
    );
  });
});
