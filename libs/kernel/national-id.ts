import type { Sex } from './codes.ts';
import { isPlainDate } from './time.ts';

export type ResidentId =
  /** A resident id whose check digit and birth date are right. `number` has an upper-case X, `birthDate` is YYYY-MM-DD. */
  | { readonly ok: true; readonly temporary: false; readonly number: string; readonly birthDate: string; readonly sex: Sex }
  /** A school's temporary number: nothing can be concluded from it. */
  | { readonly ok: true; readonly temporary: true; readonly number: string }
  | { readonly ok: false; readonly reason: 'length' | 'characters' | 'check-digit' | 'birth-date' };

const residentWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;

/** The 18th character for the first 17 digits: ISO 7064 MOD 11-2, X for ten. */
export const residentCheckDigit = (first17: string): string => {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (residentWeights[i] ?? 0) * (first17.charCodeAt(i) - 48);
  return '10X98765432'.charAt(sum % 11);
};

/**
 * Checks a resident id (GB 11643): 17 digits and a check digit. A temporary number starts with 999, has 4 to 18 digits or letters and carries no check.
 * The text must be without spaces and full-width forms; a lower-case x is taken.
 */
export const checkResidentId = (text: string): ResidentId => {
  const number = text.toUpperCase();
  if (number.startsWith('999')) {
    if (number.length < 4 || number.length > 18) return { ok: false, reason: 'length' };
    return /^[0-9A-Z]+$/.test(number) ? { ok: true, temporary: true, number } : { ok: false, reason: 'characters' };
  }
  if (!/^\d*[\dX]?$/.test(number)) return { ok: false, reason: 'characters' };
  if (number.length !== 18) return { ok: false, reason: 'length' };
  if (residentCheckDigit(number) !== number.charAt(17)) return { ok: false, reason: 'check-digit' };
  const birthDate = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  const century = number.slice(6, 8);
  if ((century !== '18' && century !== '19' && century !== '20') || !isPlainDate(birthDate))
    return { ok: false, reason: 'birth-date' };
  return { ok: true, temporary: false, number, birthDate, sex: Number(number.charAt(16)) % 2 === 1 ? 'male' : 'female' };
};

const creditAlphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const creditWeights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const;

/** The 18th character of a unified social credit code: GB 32100, MOD 31. Undefined where a character is not of its alphabet. */
export const creditCheckCharacter = (first17: string): string | undefined => {
  let sum = 0;
  for (let i = 0; i < 17; i++) {
    const value = creditAlphabet.indexOf(first17.charAt(i));
    if (value < 0) return undefined;
    sum += value * (creditWeights[i] ?? 0);
  }
  return creditAlphabet.charAt((31 - (sum % 31)) % 31);
};

export type CreditCode =
  { readonly ok: true; readonly code: string } | { readonly ok: false; readonly reason: 'length' | 'characters' | 'check-digit' };

/** Checks a unified social credit code (GB 32100): 18 characters without I, O, S, V and Z; lower case is taken. */
export const checkCreditCode = (text: string): CreditCode => {
  const code = text.toUpperCase();
  if (!/^[0-9A-HJ-NPQRTUWXY]*$/.test(code)) return { ok: false, reason: 'characters' };
  if (code.length !== 18) return { ok: false, reason: 'length' };
  return creditCheckCharacter(code) === code.charAt(17) ? { ok: true, code } : { ok: false, reason: 'check-digit' };
};
