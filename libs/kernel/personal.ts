/** What the codec leaves where personal data stood: a token that only its subject's key opens. */
export type SealedText = `sealed.${string}`;

/** What stands where the key was shredded. */
export const erased = 'erased';

/** Personal data in an event: in the clear inside a decision, sealed in every store, `erased` after its key is gone. */
export type Personal<T> = T | SealedText | typeof erased;

export const isOpen = <T extends object>(value: Personal<T> | undefined | null): value is T =>
  typeof value === 'object' && value !== null;

/** Who somebody is. Purpose *identity*. Codes are those of kernel/codes.ts. */
export interface Identity {
  readonly name: string;
  readonly sex?: string;
  /** Plain date YYYY-MM-DD. */
  readonly birthDate?: string;
  readonly idType: string;
  readonly idNumber: string;
  /** 考生号, given by the examination authority. */
  readonly candidateNumber?: string;
  readonly politicalStatus?: string;
  readonly ethnicGroup?: string;
  readonly note?: string;
}

/** How to reach somebody. Purpose *contact*. */
export interface Contact {
  readonly phone?: string;
  readonly email?: string;
  readonly address?: string;
  readonly guardianName?: string;
  readonly guardianPhone?: string;
}

/** What was opened of an identity, as it reads now: after a correction the last word is sealed together with the one before. */
export const identityNow = (opened: unknown): Personal<Identity> | null =>
  (typeof opened === 'object' && opened !== null && 'new' in opened ? opened.new : opened) as Personal<Identity> | null;
