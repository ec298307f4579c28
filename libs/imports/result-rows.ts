import { importedAttemptIdOf } from '../contexts/assessment/attempt.ts';
import { planAttempt } from '../contexts/assessment/plans.ts';
import { courseIdOf } from '../contexts/curriculum/course.ts';
import type { Result } from '../events/catalog/assessment.ts';
import { attemptFact, type ImportedResult } from '../facts/attempt.ts';
import { courseFact, type CourseFact } from '../facts/curriculum.ts';
import { calendarFact, type CalendarFact } from '../facts/reference.ts';
import type { ResultRow, StatedResult } from '../intake/results.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import {
  canonicalRow,
  importContext,
  refusedRow,
  rehearsal,
  type ImportDeps,
  type RowAnswer,
  type RowImporter,
  type Run,
} from './importing.ts';
import { decimal } from './row-reason.ts';
import type { Students } from './students.ts';

/**
 * Rows of the academic-affairs system's results: one attempt each, of a student whose number and name agree. A course that the ledger does
 * not know is kept by its code and name.
 */
export const resultRows = (deps: ImportDeps, students: Students): RowImporter<ResultRow> => ({
  turnOf: keyOf,
  open: async (run) => {
    await students.refresh();
    const calendar = (await deps.transactor.load(calendarFact(run.institutionId))).state;
    const batch = { students, courses: new Map(), calendar };
    return (row) => importResultRow(deps, run, row, batch);
  },
});

/** What the rows of one batch share: each course is looked up once. */
interface Batch {
  readonly students: Students;
  readonly courses: Map<string, Promise<CourseFact>>;
  readonly calendar: CalendarFact;
}

const keyOf = ({ studentNumber, courseCode, academicYear, term, kind, order }: ResultRow): string =>
  [studentNumber, courseCode, academicYear, term, kind, order].join('\n');

async function importResultRow(deps: ImportDeps, run: Run, row: ResultRow, batch: Batch): Promise<RowAnswer> {
  const rowDigest = deps.vault.hmac('result-row', canonicalRow(row));
  const student = await batch.students.find(run.institutionId, row.studentNumber, row.name);
  if (isRefusal(student)) return refusedRow(row, student);
  const { learnerId, enrollmentId } = student;
  const courseId = courseIdOf(run.institutionId, row.courseCode);
  const course = await courseOf(deps, batch, courseId);
  const term = `${row.academicYear}-${row.term}`;
  const attemptId = importedAttemptIdOf(run.institutionId, { ...row, learnerId, term });
  const disagrees = creditsRefusal(row, course);
  if (disagrees) {
    // A row that was taken before the course was known stays taken.
    const { imported } = (await deps.transactor.load(attemptFact(attemptId))).state;
    const unchanged = { row: row.row, outcome: 'unchanged', learnerId, enrollmentId, position: 0n } as const;
    return imported?.source.rowDigest === rowDigest ? unchanged : refusedRow(row, disagrees);
  }
  const rehearsed = rehearsal(run, keyOf(row), rowDigest);
  if (rehearsed) return { row: row.row, ...rehearsed, position: 0n };

  const content: ImportedResult = {
    learnerId,
    enrollmentId,
    courseId: course.length > 0 ? courseId : null,
    courseCode: row.courseCode,
    courseName: { zh: row.courseName, en: row.courseName },
    credits: row.credits,
    nature: row.nature ?? null,
    category: row.category ?? null,
    kind: row.kind,
    order: row.order,
    academicYear: row.academicYear,
    term,
    result: resultOf(row.result),
    components: row.components,
    voided: row.voided,
    teachingClass: row.teachingClass ?? null,
    source: { run: run.runId, row: row.row, fileDigest: run.fileDigest, rowDigest },
  };
  const commandId = importRowCommandId(run.runId, row.row);
  const context = importContext(
    deps,
    run,
    commandId,
    { type: 'ImportResultRow', row: rowDigest },
    endOfTerm(row, batch.calendar),
  );
  const answer = await deps.transactor.transact(context, () =>
    planAttempt(attemptId, { type: 'ImportResult', content }, { institutionId: run.institutionId }),
  );
  if (isRefusal(answer)) return { ...refusedRow(row, answer), learnerId, enrollmentId };
  const outcome = answer.events.length > 0 ? 'imported' : 'unchanged';
  return { row: row.row, outcome, learnerId, enrollmentId, position: answer.position };
}

function courseOf({ transactor }: ImportDeps, { courses }: Batch, courseId: string): Promise<CourseFact> {
  let looking = courses.get(courseId);
  if (!looking) {
    looking = transactor.load(courseFact(courseId)).then(({ state }) => state);
    courses.set(courseId, looking);
  }
  return looking;
}

/** A result of years ago may rest on any version of the course that there was. */
function creditsRefusal(row: ResultRow, versions: CourseFact): Refusal | null {
  if (versions.length === 0 || versions.some(({ credits }) => credits === row.credits)) return null;
  const recorded = [...new Set(versions.map(({ credits }) => decimal(credits)))];
  return refuse('COURSE_CREDITS_DIFFER', { course: row.courseCode, recorded, given: decimal(row.credits) });
}

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * 60 of 100 points. The export names no scheme, and this is the mark from which the system that wrote it grants a course's credits; the words
 * of the other scales say themselves whether somebody passed.
 */
const passMark = 6000;

const none = { score: null, grade: null, code: null, capped: false };

function resultOf({ score, grade, verdict, code }: StatedResult): Result {
  if (score !== undefined) return { ...none, score, passed: score >= passMark };
  if (grade !== undefined) return { ...none, grade, passed: grade !== 'fail' };
  if (code !== undefined) return { ...none, code, passed: code === 'exempted' };
  return { ...none, passed: verdict === 'passed' };
}

/** Months in which terms end where no calendar says it: January, July, August. */
const lastDays = { '1': '01-31', '2': '07-31', '3': '08-31' } as const;

/** A result became true by the end of its term, as far as a sheet says. */
function endOfTerm({ academicYear, term }: ResultRow, calendar: CalendarFact): string {
  const terms = calendar?.years.find(({ name }) => name === academicYear)?.terms;
  return terms?.[Number(term) - 1]?.to ?? `${academicYear.slice(5)}-${lastDays[term]}`;
}
