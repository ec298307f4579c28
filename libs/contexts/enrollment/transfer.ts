import type { Admission } from '../../events/catalog/enrollment.ts';
import type { EnrollmentPolicy } from '../../events/catalog/curriculum.ts';
import { firstTermFrom, type CalendarFact } from '../../facts/reference.ts';
import type { Level } from '../../kernel/codes.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { addMonths } from '../../kernel/time.ts';

/** What the two schools say of a transfer (转学). Scores are hundredths of a point; null where it is not known or does not apply. */
export interface TransferTerms {
  readonly ground: string;
  readonly fromLevel: string | null;
  readonly toLevel: string | null;
  /** Lowest entrance score of the receiving program in the student's year. */
  readonly requiredScore: number | null;
}

/** Levels of education (层次): a vocational bachelor, a bachelor and a top-up stand on the same one. */
const ranks: Readonly<Record<Level, number>> = {
  'secondary-vocational': 1,
  'junior-college': 2,
  'vocational-bachelor': 3,
  bachelor: 3,
  'bachelor-top-up': 3,
  'second-bachelor': 3,
  master: 4,
  doctor: 5,
};
const rank = (level: string | null): number => ranks[level as Level] ?? 0;

/**
 * The five cases in which the regulation forbids a school transfer, and the reason that it demands. Both directions ask the same:
 * the first semester and the final year are counted from the student's entry, in the institution's own calendar.
 */
export function transferRefusal(
  admission: Admission,
  terms: TransferTerms,
  calendar: CalendarFact,
  policy: EnrollmentPolicy,
  on: string,
): Refusal | null {
  if (!policy.transferGrounds.includes(terms.ground))
    return refuse('TRANSFER_WITHOUT_REASON', { accepted: policy.transferGrounds });
  if (admission.intake === 'directed') return refuse('TRANSFER_DIRECTED_INTAKE');

  const firstTerm = firstTermFrom(calendar, admission.entryDate);
  if (!firstTerm) return refuse('CALENDAR_UNKNOWN', { date: admission.entryDate });
  if (on <= firstTerm.to) return refuse('TRANSFER_IN_FIRST_SEMESTER', { until: firstTerm.to });

  const { lengthOfStudyMonths, entryDate } = admission;
  const expectedGraduation =
    admission.expectedGraduation ?? (lengthOfStudyMonths === null ? null : addMonths(entryDate, lengthOfStudyMonths));
  if (expectedGraduation === null) return refuse('TRANSFER_DATES_UNKNOWN');
  if (on >= addMonths(expectedGraduation, -12)) return refuse('TRANSFER_IN_FINAL_YEAR', { expectedGraduation });

  if (terms.requiredScore !== null && (admission.entranceScore ?? 0) < terms.requiredScore) {
    return refuse('TRANSFER_SCORE_TOO_LOW', { score: admission.entranceScore, required: terms.requiredScore });
  }
  if (terms.fromLevel !== null && rank(terms.toLevel) > rank(terms.fromLevel)) {
    return refuse('TRANSFER_TO_HIGHER_LEVEL', { from: terms.fromLevel, to: terms.toLevel });
  }
  return null;
}
