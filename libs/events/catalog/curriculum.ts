import type { Bilingual } from '../../kernel/bilingual.ts';
import type { CatalogOf } from './catalog.ts';

/** `program-<id>`; key: code and level. */
export type ProgramEvent = {
  type: 'ProgramPublished';
  data: {
    code: string;
    name: Bilingual;
    level: string;
    lengthOfStudyMonths: number | null;
    /** Lowest entrance score admitted, hundredths of a point; school transfers are measured against it. */
    entranceScore: number | null;
  };
};

/** `group-<id>`: a program group (专业群). */
export type ProgramGroupEvent =
  | { type: 'ProgramGroupFormed'; data: { name: Bilingual; programIds: readonly string[] } }
  | { type: 'ProgramJoinedGroup'; data: { programId: string } };

export interface Term {
  readonly name: string;
  /** Plain dates, both inclusive. */
  readonly from: string;
  readonly to: string;
}

export interface AcademicYear extends Term {
  readonly terms: readonly Term[];
}

/** `calendar-<institution>`. The last one published is in force. */
export type CalendarEvent = {
  type: 'CalendarPublished';
  data: { years: readonly AcademicYear[]; holidays: readonly { name: Bilingual; from: string; to: string }[] };
};

/** What differs between colleges in student status, as data. */
export interface EnrollmentPolicy {
  /** Re-check of the admission is due this many months after registration. */
  readonly recheckMonths: number;
  /** A completion can become a diploma for this many months. */
  readonly conversionMonths: number;
  /** Grounds that count as a proper reason for a school transfer. */
  readonly transferGrounds: readonly string[];
  /** Whether identities of people who were registered may be erased. */
  readonly eraseRegisteredIdentities: boolean;
}

/** `policy-<institution>`. */
export type PolicyEvent = { type: 'EnrollmentPolicyAdopted'; data: EnrollmentPolicy };

type Own = ProgramEvent | ProgramGroupEvent | CalendarEvent | PolicyEvent;

export const curriculumCatalog = {
  ProgramPublished: { version: 1, title: { zh: '发布专业', en: 'Program published' } },
  ProgramGroupFormed: { version: 1, title: { zh: '组建专业群', en: 'Program group formed' } },
  ProgramJoinedGroup: { version: 1, title: { zh: '专业加入专业群', en: 'Program joined group' } },
  CalendarPublished: { version: 1, title: { zh: '发布校历', en: 'Calendar published' } },
  EnrollmentPolicyAdopted: { version: 1, title: { zh: '采用学籍政策', en: 'Enrollment policy adopted' } },
} as const satisfies CatalogOf<Own>;
