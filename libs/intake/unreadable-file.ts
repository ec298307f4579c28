import { fill, type Language } from '../kernel/bilingual.ts';
import { fileErrorTexts, type FileErrorCode } from '../kernel/file-errors.ts';

/** A file that cannot be taken as it is. `facts` hold rows, limits and headers, never what a person's cell says. */
export class UnreadableFile extends Error {
  readonly code: FileErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: FileErrorCode, facts: Readonly<Record<string, unknown>> = {}) {
    super(fill(fileErrorTexts[code].en, facts));
    this.name = 'UnreadableFile';
    this.code = code;
    this.facts = facts;
  }
}

export const fileErrorText = (error: UnreadableFile, language: Language): string =>
  fill(fileErrorTexts[error.code][language], error.facts);
