import type { Admission, EnrollmentStatus, ImportSource } from '../events/catalog/enrollment.ts';
import type { RosterRow } from '../intake/roster.ts';
import { isOpen, type Contact, type Identity } from '../kernel/personal.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import type { AdmitLearner, Enrollment, ImportEnrollment } from '../contexts/enrollment/enrollment.ts';
import type { Learner } from '../contexts/enrollment/learner.ts';

/** What a row of a roster means beside what the ledger knows already. Pure; the importer looks things up and carries it out. */
export type RowDecision =
  | { readonly kind: 'open'; readonly command: AdmitLearner | ImportEnrollment }
  | { readonly kind: 'register'; readonly studentNumber: string }
  | { readonly kind: 'unchanged' }
  | Refusal;

/** A row with its program and class looked up. */
export interface ResolvedRow {
  readonly row: RosterRow;
  /** Its content as `canonicalRow` writes it. */
  readonly content: string;
  readonly programId: string;
  /** What the program says of those whose row does not. */
  readonly program: { readonly level: string; readonly lengthOfStudyMonths: number | null };
  readonly classId: string | null;
  readonly source: ImportSource;
}

/** The day on which the row's facts became true: the status date, else the entry date. */
export const effectiveDay = (row: RosterRow): string => row.statusDate ?? row.entryDate;

const statusOf: Readonly<
  Record<NonNullable<RosterRow['status']>, { status: EnrollmentStatus; suspension: 'suspension' | 'retained-status' | null }>
> = {
  registered: { status: 'registered', suspension: null },
  suspended: { status: 'suspended', suspension: 'suspension' },
  'status-retained': { status: 'suspended', suspension: 'retained-status' },
  'place-retained': { status: 'place-retained', suspension: null },
  withdrawn: { status: 'withdrawn', suspension: null },
  'transferred-out': { status: 'transferred-out', suspension: null },
  expelled: { status: 'expelled', suspension: null },
  deceased: { status: 'deceased', suspension: null },
  graduated: { status: 'graduated', suspension: null },
  completed: { status: 'completed', suspension: null },
  incomplete: { status: 'incomplete', suspension: null },
};

const admissionOf = ({ row, programId, program, classId }: ResolvedRow, learnerId: string): Admission => ({
  learnerId,
  programId,
  entryDate: row.entryDate,
  intake: row.intake ?? 'ordinary',
  level: row.level ?? program.level,
  lengthOfStudyMonths: row.lengthOfStudyMonths ?? program.lengthOfStudyMonths,
  studyForm: row.studyForm ?? null,
  branch: row.branch ?? null,
  department: row.department ?? null,
  classId,
  expectedGraduation: row.expectedGraduation ?? null,
  entranceScore: null,
});

/** Opens an enrollment: a student who was there before where the row gives a status, else an admission, registered where it gives a number. */
export function openingOf(resolved: ResolvedRow, learnerId: string): AdmitLearner | ImportEnrollment {
  const { row, classId, source } = resolved;
  const admission = admissionOf(resolved, learnerId);
  const studentNumber = row.studentNumber ?? null;
  if (row.status !== undefined) {
    return { type: 'ImportEnrollment', admission, ...statusOf[row.status], statusDate: effectiveDay(row), studentNumber, source };
  }
  const register = studentNumber === null ? {} : { register: { studentNumber, classId } };
  return { type: 'AdmitLearner', admission, source, ...register };
}

interface Difference {
  readonly field: string;
  readonly old: unknown;
  readonly new: unknown;
}

/** Only what the row states is compared: a blank cell denies nothing. */
function differences(stated: object, recorded: object): Difference[] {
  return Object.entries(stated)
    .filter(([field, value]) => value !== undefined && (recorded as Record<string, unknown>)[field] !== value)
    .map(([field, value]) => ({ field, old: (recorded as Record<string, unknown>)[field] ?? null, new: value as unknown }));
}

/** How the identity that a row states differs from the one on record. */
export function identityDifferences(
  row: RosterRow,
  learner: { readonly identity: Learner['identity']; readonly contact: Learner['contact'] },
): Difference[] {
  const contact: Contact = isOpen<Contact>(learner.contact) ? learner.contact : {};
  return isOpen<Identity>(learner.identity)
    ? [...differences(row.identity, learner.identity), ...differences(row.contact ?? {}, contact)]
    : [];
}

/**
 * A row about an enrollment that is on record: the same row as the last accepted one, or one that agrees with present facts, changes nothing;
 * one that only adds a student number registers the admitted learner; anything else differs, and is for a correction to say.
 */
export function compareRow(
  resolved: ResolvedRow,
  enrollment: Enrollment,
  learner: { readonly identity: Learner['identity']; readonly contact: Learner['contact'] },
): Exclude<RowDecision, { kind: 'open' }> {
  const { row, programId, classId, source } = resolved;
  if (enrollment.imported?.rowDigest === source.rowDigest) return { kind: 'unchanged' };

  const admission = enrollment.admission!;
  const stated = {
    programId,
    entryDate: row.entryDate,
    intake: row.intake,
    level: row.level,
    lengthOfStudyMonths: row.lengthOfStudyMonths,
    studyForm: row.studyForm,
    branch: row.branch,
    department: row.department,
    expectedGraduation: row.expectedGraduation,
    status: row.status && statusOf[row.status].status,
    classId: classId ?? undefined,
    studentNumber: row.studentNumber,
  };
  const { status, studentNumber } = enrollment;
  const different = [
    ...identityDifferences(row, learner),
    ...differences(stated, { ...admission, classId: enrollment.classId, status, studentNumber }),
  ];
  if (different.length === 0) return { kind: 'unchanged' };

  const registers =
    row.studentNumber !== undefined && studentNumber === null && (status === 'admitted' || status === 'place-retained');
  const onlyAdds = different.every(
    ({ field, old }) =>
      field === 'studentNumber' || (field === 'classId' && old === null) || (field === 'status' && row.status === 'registered'),
  );
  if (registers && onlyAdds) return { kind: 'register', studentNumber: row.studentNumber };
  return refuse('ROW_DIFFERS', { differences: different });
}
