import type { EnrollmentCommand } from '../contexts/enrollment/enrollment.ts';
import { claimsOf, enrollmentSource } from '../contexts/enrollment/gates.ts';
import { planEnrollment } from '../contexts/enrollment/plans.ts';
import { effectOf } from '../events/events.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import type { StudentRow } from '../intake/batches.ts';
import { applyCorrections } from '../kernel/as-of.ts';
import { canonical } from '../kernel/canonical.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { dateIn, startOfDay } from '../kernel/time.ts';
import type { CommandContext } from '../runtime/transact.ts';
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
import type { Student, Students } from './students.ts';

/** What a row asks of the enrollment that it names, or why it cannot be asked. */
export type Meaning<Row> = (
  run: Run,
  row: Row,
  student: Student,
) => EnrollmentCommand | Refusal | Promise<EnrollmentCommand | Refusal>;

/** Rows about people who are on record, each of them one command on one enrollment. */
export const studentRows = <Row extends StudentRow>(
  deps: ImportDeps,
  students: Students,
  outcome: RowAnswer['outcome'],
  meaning: Meaning<Row>,
): RowImporter<Row> => ({
  // Several rows may be about one person: a suspension and the resumption after it.
  turnOf: ({ whom }) => ('studentNumber' in whom ? whom.studentNumber : canonical(whom)),
  open: async (run) => {
    await students.refresh();
    return (row) => studentRow(deps, students, run, row, outcome, meaning);
  },
});

async function studentRow<Row extends StudentRow>(
  deps: ImportDeps,
  students: Students,
  run: Run,
  row: Row,
  outcome: RowAnswer['outcome'],
  meaning: Meaning<Row>,
): Promise<RowAnswer> {
  const student = await students.whom(run.institutionId, row.whom);
  if (isRefusal(student)) return refusedRow(row, student);
  const { learnerId, enrollmentId } = student;
  const ids = { learnerId, enrollmentId };
  const rowDigest = deps.vault.hmac('student-row', canonicalRow(row));
  const rehearsed = rehearsal(run, rowDigest, rowDigest);
  if (rehearsed) return { row: row.row, ...rehearsed, ...ids, position: 0n };
  const command = await meaning(run, row, student);
  if (isRefusal(command)) return { ...refusedRow(row, command), ...ids };

  const commandId = importRowCommandId(run.runId, row.row);
  const said = importContext(deps, run, commandId, { type: command.type, row: rowDigest });
  const { state } = await deps.transactor.load(enrollmentSource(enrollmentId));
  // Without a day the same row may mean the same once more.
  if (row.on !== undefined && tookBefore(state, said)) return { row: row.row, outcome: 'unchanged', ...ids, position: 0n };
  const context = {
    ...said,
    ...effectiveOn(state, run, row.on),
    ...(row.note === undefined ? {} : { reason: { code: 'note', text: row.note } }),
  };
  const claims = claimsOf(run.institutionId, (domain, text) => deps.vault.hmac(domain, text));
  const answer = await deps.transactor.transact(context, () =>
    planEnrollment(enrollmentId, command, { institutionId: run.institutionId, claims }),
  );
  if (isRefusal(answer)) return { ...refusedRow(row, answer), ...ids };
  return { row: row.row, outcome: answer.events.length > 0 ? outcome : 'unchanged', ...ids, position: answer.position };
}

/**
 * Whether an equal row of another run, or of another place in this one, stands on her record, whatever followed it. What was annulled may come again.
 */
const tookBefore = ({ history }: Enrollment, { commandId, digest }: Pick<CommandContext, 'commandId' | 'digest'>): boolean =>
  history.find((event) => event.commandId === commandId) === undefined &&
  applyCorrections(history.all(), effectOf).some((event) => event.commandDigest === digest && !event.annulled);

/** A sheet says days. On the day of the last change it follows that change; what lies in the future is refused by the decision. */
function effectiveOn({ lastChangeAt }: Enrollment, { zone }: Run, day: string | undefined): { effectiveAt?: string } {
  if (day === undefined) return {};
  const from = startOfDay(day, zone);
  const sameDay = lastChangeAt > from && dateIn(lastChangeAt, zone) === day;
  return { effectiveAt: sameDay ? lastChangeAt : from };
}
