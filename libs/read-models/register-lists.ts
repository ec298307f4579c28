import type { EnrollmentStatus } from '../events/catalog/enrollment.ts';
import type { Identity } from '../kernel/personal.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import { registerColumns } from './enrollment-register.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';

/** What is read of the student register: its lists, one row of it, the members of a class. */

export interface RegisterRow {
  readonly enrollmentId: string;
  readonly institutionId: string;
  readonly learnerId: string;
  /** Sealed; `identityOf` opens it. Null where the learner is not known here. */
  readonly identity: string | null;
  readonly status: EnrollmentStatus;
  readonly statusSince: string;
  readonly programId: string;
  readonly classId: string | null;
  readonly entryDate: string;
  readonly cohortYear: number;
  readonly studentNumber: string | null;
  readonly level: string | null;
  readonly intake: string;
  readonly studyForm: string | null;
  readonly branch: string | null;
  readonly department: string | null;
  readonly suspensionKind: 'suspension' | 'retained-status' | null;
  readonly suspensionGround: string | null;
  readonly suspensionUntil: string | null;
  readonly retainedUntil: string | null;
  readonly registeredAt: string | null;
  readonly recheckDueBy: string | null;
  readonly recheckPassed: boolean | null;
  readonly lastAnnualRegistration: string | null;
  readonly expectedGraduation: string | null;
  readonly convertibleUntil: string | null;
  readonly endedAt: string | null;
  readonly locked: boolean;
  /** A student of before the ledger: attested by the source that import run and row name. */
  readonly imported: boolean;
  readonly importRun: string | null;
  readonly importRow: number | null;
  /** Of the stream's last event, for `If-Match`. */
  readonly revision: bigint;
  readonly updatedAt: string;
  readonly position: bigint;
}

/** Opens the identity of a row: the sealed words of its identification, or of the last correction, which tell old and new. */
export function identityOf(sealed: string | null, reveal: (token: string) => unknown): Identity | 'erased' | null {
  if (sealed === null) return null;
  const opened = reveal(sealed);
  if (typeof opened !== 'object' || opened === null) return 'erased';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sealed from these types alone
  return 'new' in opened ? (opened.new as Identity) : (opened as Identity);
}

export type RegisterSort = 'studentNumber' | 'entryDate' | 'updated' | 'status';

export interface RegisterQuery extends Paging {
  readonly institutionId: string;
  readonly status?: readonly EnrollmentStatus[];
  readonly programId?: string;
  readonly classId?: string;
  readonly cohortYear?: number;
  /** Plain dates, both inclusive. */
  readonly entryFrom?: string;
  readonly entryTo?: string;
  readonly studentNumber?: string;
  readonly intake?: string;
  readonly imported?: boolean;
  readonly importRun?: string;
  /** Re-check not passed though it was due before this day. */
  readonly recheckOverdueOn?: string;
  readonly learnerIds?: readonly string[];
  readonly enrollmentIds?: readonly string[];
  /** By student number where absent. */
  readonly sort?: RegisterSort;
  readonly order?: 'asc' | 'desc';
}

const sortColumns: Readonly<Record<RegisterSort, string>> = {
  studentNumber: `COALESCE(r.student_number, '')`,
  entryDate: 'r.entry_date',
  updated: 'r.updated_at',
  status: 'r.status',
};

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const selected = `${registerColumns.map((name) => `r.${name} AS "${camel(name)}"`).join(', ')}, l.identity`;
const joined = 'register_enrollment_$g r LEFT JOIN register_learner_$g l ON l.learner_id = r.learner_id';

type Found = Omit<RegisterRow, 'recheckPassed' | 'locked' | 'imported'> & {
  recheckPassed: number | null;
  locked: number;
  imported: number;
};

const shown = (row: Found): RegisterRow => ({
  ...row,
  recheckPassed: row.recheckPassed === null ? null : row.recheckPassed === 1,
  locked: row.locked === 1,
  imported: row.imported === 1,
});

/** A page of the register. Refuses a cursor of another query. */
export async function listEnrollments(db: ReadQueries, query: RegisterQuery): Promise<PageOf<RegisterRow> | Refusal> {
  const place = placeOf(query, 2);
  if (isRefusal(place)) return place;
  const matching = new Conditions()
    .equal('r.institution_id', query.institutionId)
    .among('r.status', query.status)
    .equal('r.program_id', query.programId)
    .equal('r.class_id', query.classId)
    .equal('r.cohort_year', query.cohortYear)
    .between('r.entry_date', query.entryFrom, query.entryTo)
    .equal(`COALESCE(r.student_number, '')`, query.studentNumber)
    .equal('r.intake', query.intake)
    .equal('r.imported', query.imported === undefined ? undefined : Number(query.imported))
    .equal('r.import_run', query.importRun)
    .among('r.learner_id', query.learnerIds)
    .among('r.enrollment_id', query.enrollmentIds);
  if (query.recheckOverdueOn !== undefined) {
    matching
      .add('r.recheck_passed = 0 AND r.recheck_due_by < ?', query.recheckOverdueOn)
      .among('r.status', ['registered', 'suspended']);
  }
  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM register_enrollment_$g r ${matching.where}`,
    matching.values,
  );

  const by = sortColumns[query.sort ?? 'studentNumber'];
  const [after, order] = query.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
  if (place) matching.add(`(${by}, r.enrollment_id) ${after} (?, ?)`, ...place);
  const limit = pageLimit(query);
  const found = await db.all<Found & { place: string }>(
    `SELECT ${selected}, ${by} AS place FROM ${joined} ${matching.where}
     ORDER BY ${by} ${order}, r.enrollment_id ${order} LIMIT ?`,
    [...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ place: _place, ...row }) => shown(row)),
    next: found.length > limit && last ? cursorAfter(query, [last.place, last.enrollmentId]) : null,
    total: total?.n ?? 0,
  };
}

/** One enrollment of an institution; undefined also where it is another one's. */
export async function enrollmentRow(
  db: ReadQueries,
  institutionId: string,
  enrollmentId: string,
): Promise<RegisterRow | undefined> {
  const row = await db.get<Found>(`SELECT ${selected} FROM ${joined} WHERE r.enrollment_id = ? AND r.institution_id = ?`, [
    enrollmentId,
    institutionId,
  ]);
  return row && shown(row);
}

export interface ClassMember {
  readonly enrollmentId: string;
  readonly learnerId: string;
  readonly identity: string | null;
  readonly status: EnrollmentStatus;
  readonly studentNumber: string | null;
}

/** Who is in an administrative class now (行政班): registered or suspended, by student number. For its teachers. */
export const classMembers = (db: ReadQueries, institutionId: string, classId: string): Promise<readonly ClassMember[]> =>
  db.all(
    `SELECT r.enrollment_id AS "enrollmentId", r.learner_id AS "learnerId", l.identity, r.status, r.student_number AS "studentNumber"
     FROM ${joined} WHERE r.class_id = ? AND r.institution_id = ? AND r.status IN ('registered', 'suspended')
     ORDER BY COALESCE(r.student_number, ''), r.enrollment_id`,
    [classId, institutionId],
  );
