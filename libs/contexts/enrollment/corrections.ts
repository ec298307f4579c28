import { retentionGrounds, suspensionGrounds, withdrawalGrounds, type EnrollmentEvent } from '../../events/catalog/enrollment.ts';
import { intakes, levels, studyForms } from '../../kernel/codes.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { isInstant, isPlainDate } from '../../kernel/time.ts';

/** What a field takes. A correction's value passes no type: what is accepted here is read as if it had always stood there. */
interface Accepted {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const text: Accepted = { expected: 'text', accepts: (value) => typeof value === 'string' && value.trim() !== '' };
const date: Accepted = { expected: 'YYYY-MM-DD', accepts: (value) => typeof value === 'string' && isPlainDate(value) };
const instant: Accepted = {
  expected: 'an ISO 8601 instant in UTC with milliseconds',
  accepts: (value) => typeof value === 'string' && isInstant(value),
};
const whole: Accepted = {
  expected: 'a whole number from 0 up',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};
const oneOf = (codes: readonly string[]): Accepted => ({
  expected: codes.join(' | '),
  accepts: (value) => typeof value === 'string' && codes.includes(value),
});
const orNull = ({ expected, accepts }: Accepted): Accepted => ({
  expected: `${expected} | null`,
  accepts: (value) => value === null || accepts(value),
});
const codesOf = (list: readonly { readonly code: string }[]): readonly string[] => list.map(({ code }) => code);

const admissionFields = {
  entryDate: date,
  intake: oneOf(codesOf(intakes)),
  level: orNull(oneOf(codesOf(levels))),
  lengthOfStudyMonths: orNull(whole),
  studyForm: orNull(oneOf(codesOf(studyForms))),
  branch: orNull(text),
  department: orNull(text),
  expectedGraduation: orNull(date),
  entranceScore: orNull(whole),
};

/** Fields that a correction may change, by the event that said them. `effectiveAt` of any of these may be corrected too, of no other. */
const correctable: Readonly<Partial<Record<EnrollmentEvent['type'], Readonly<Record<string, Accepted>>>>> = {
  LearnerAdmitted: admissionFields,
  EnrollmentImported: { ...admissionFields, studentNumber: text, classId: orNull(text), convertibleUntil: date },
  StudentTransferredIn: { ...admissionFields, fromSchool: text, studentNumber: text, classId: orNull(text) },
  PlaceDeclined: {},
  PlaceRetained: { until: date },
  StudentRegistered: { studentNumber: text, classId: orNull(text) },
  AdmissionRecheckPassed: {},
  RegistrationRevoked: { ground: oneOf(['recheck-failed', 'fraud']) },
  AnnualRegistrationRecorded: { academicYear: text },
  StudySuspended: { ground: oneOf(Object.keys(suspensionGrounds)), until: date, appliedOn: orNull(date) },
  StatusRetained: { ground: oneOf(Object.keys(retentionGrounds)), until: date },
  StudyResumed: { appliedOn: date, classId: orNull(text) },
  MajorChanged: { classId: orNull(text) },
  ClassChanged: { classId: text },
  StudentTransferredOut: { toSchool: text, ground: text },
  StudentWithdrawn: { ground: oneOf(Object.keys(withdrawalGrounds)) },
  StudentExpelled: { decisionNumber: text },
  StudentGraduated: {},
  StudyLeftIncomplete: {},
  StudyCompleted: { convertibleUntil: date },
  StudentDeceased: {},
};

/** Whether a field of an event may be corrected, and to this value. Never in the future: `now` is the ledger's clock. */
export function correctionRefusal(
  target: { readonly type: EnrollmentEvent['type']; readonly revision: bigint },
  field: string,
  value: unknown,
  now: string,
): Refusal | null {
  const fields = correctable[target.type];
  if (!fields) return refuse('TARGET_UNKNOWN', { revision: target.revision.toString() });
  const accepted = field === 'effectiveAt' ? instant : Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (!accepted) {
    return refuse('NO_SUCH_FIELD', { event: target.type, field, accepted: [...Object.keys(fields), 'effectiveAt'] });
  }
  if (!accepted.accepts(value)) return refuse('VALUE_NOT_ACCEPTED', { field, expected: accepted.expected });
  return field === 'effectiveAt' && (value as string) > now ? refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: value, now }) : null;
}
