import type { ContractTerms, Span } from '../../events/catalog/apprenticeship.ts';
import type { Bilingual } from '../../kernel/bilingual.ts';
import { digestOf, saltedDigest } from '../../kernel/canonical.ts';
import { addMonths } from '../../kernel/time.ts';

/** Terms as a party words them. */
export interface WordedTerms extends Span {
  readonly post: Bilingual;
  readonly plan: ContractTerms['plan'];
  readonly sections: readonly { readonly code: string; readonly text: string }[];
}

/**
 * Terms as they are signed: digests of the sections' texts, and one over everything public. A contract keeps its salt when its terms change,
 * so that a section with the same words keeps its digest, and with it what was confirmed.
 */
export function termsFrom({ from, to, post, plan, sections: worded }: WordedTerms, salt: string): ContractTerms {
  const sections = worded.map(({ code, text }) => ({ code, digest: saltedDigest(salt, text) }));
  const open = { from, to, post, plan, sections };
  const texts = { salt, sections: Object.fromEntries(worded.map(({ code, text }) => [code, text])) };
  return { ...open, termsDigest: digestOf(open), texts };
}

/** Plain date on which somebody reaches an age in years; null where her birth date is unknown. */
export const reaches = (birthDate: string | null, years: number): string | null =>
  birthDate === null ? null : addMonths(birthDate, 12 * years);

/** An unknown birth date counts as minor: it protects. */
export function isMinorOn(birthDate: string | null, day: string, adultAge: number): boolean {
  const adultOn = reaches(birthDate, adultAge);
  return adultOn === null || day < adultOn;
}
