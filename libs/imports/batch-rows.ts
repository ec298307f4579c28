import { classIdOf } from '../contexts/enrollment/class.ts';
import type { EnrollmentCommand } from '../contexts/enrollment/enrollment.ts';
import { enrollmentSource } from '../contexts/enrollment/gates.ts';
import type { RetentionGround, SuspensionGround, WithdrawalGround } from '../events/catalog/enrollment.ts';
import { classFact } from '../facts/reference.ts';
import { statusChangeKinds } from '../intake/status-change-words.ts';
import type { StatusChangeRow } from '../intake/status-changes.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { BatchRowsOf, ImportDeps, RowImporter, Run } from './importing.ts';
import type { ProgramIndex } from './program-index.ts';
import { studentRows } from './student-rows.ts';
import type { Student, Students } from './students.ts';

/** What the rows of a registrar's lists ask of the enrollments that they name. */
export function batchRows(
  deps: ImportDeps,
  students: Students,
  programs: ProgramIndex,
): { readonly [K in keyof BatchRowsOf]: RowImporter<BatchRowsOf[K]> } {
  const statusChanges = studentRows<StatusChangeRow>(deps, students, 'recorded', (run, row, student) =>
    changeOf(deps, programs, run, row, student),
  );
  return {
    registrations: studentRows(deps, students, 'registered', async (run, { studentNumber, className }) => {
      const classId = await knownClass(deps, run, className);
      return isRefusal(classId) ? classId : { type: 'RegisterStudent', studentNumber, classId };
    }),
    'annual-registrations': studentRows(deps, students, 'recorded', (_run, { academicYear }) => ({
      type: 'RecordAnnualRegistration',
      academicYear,
    })),
    'class-changes': studentRows(deps, students, 'recorded', async (run, { className, fromClassName }, student) => {
      const classId = await knownClass(deps, run, className);
      if (isRefusal(classId)) return classId;
      const differs = fromClassName === undefined ? null : await otherClass(deps, run, student, fromClassName, classId!);
      return differs ?? { type: 'ChangeClass', classId: classId! };
    }),
    rechecks: studentRows(deps, students, 'recorded', (_run, { passed }, { enrollmentId }) =>
      passed
        ? { type: 'PassAdmissionRecheck' }
        : secondPerson({ zh: '复查不合格', en: 'Failed re-check' }, `POST /v1/enrollments/${enrollmentId}/request-revocation`),
    ),
    'status-changes': {
      turnOf: statusChanges.turnOf,
      open: async (run) => {
        await programs.refresh();
        return statusChanges.open(run);
      },
    },
  };
}

const secondPerson = (change: { readonly zh: string; readonly en: string }, how: string): Refusal =>
  refuse('SECOND_PERSON_NEEDED', { change: { zh: change.zh, en: change.en }, how });

/** The class of a name; null where none is named. A class that was formed stays formed, and whether it is open the decision looks at itself. */
async function knownClass(
  { transactor }: ImportDeps,
  { institutionId }: Run,
  name: string | undefined,
): Promise<string | null | Refusal> {
  if (name === undefined) return null;
  const classId = classIdOf(institutionId, name);
  return (await transactor.load(classFact(classId))).state ? classId : refuse('CLASS_UNKNOWN', { class: name });
}

/** Where the sheet believes her in another class than the record does. Who is in the new one already was moved before. */
async function otherClass(
  { transactor }: ImportDeps,
  { institutionId }: Run,
  { enrollmentId }: Student,
  given: string,
  wanted: string,
): Promise<Refusal | null> {
  const { classId } = (await transactor.load(enrollmentSource(enrollmentId))).state;
  if (classId === classIdOf(institutionId, given) || classId === wanted) return null;
  const recorded = classId === null ? null : (await transactor.load(classFact(classId))).state;
  return refuse('CLASS_DIFFERS', { recorded: recorded?.name ?? null, given });
}

/** A status change in the words of the enrollment's commands; what two people must do is refused with the way to do it. */
async function changeOf(
  deps: ImportDeps,
  programs: ProgramIndex,
  run: Run,
  row: StatusChangeRow,
  { enrollmentId }: Student,
): Promise<EnrollmentCommand | Refusal> {
  const kind = statusChangeKinds.find(({ code }) => code === row.change)!;
  const { on, ground, until, appliedOn, className } = row;
  const requests = `POST /v1/enrollments/${enrollmentId}`;
  // Whatever a change needs the form has asked for.
  switch (row.change) {
    case 'suspended':
      return { type: 'SuspendStudy', ground: ground as SuspensionGround, until: until!, appliedOn: appliedOn ?? null };
    case 'status-retained':
      return { type: 'RetainStatus', ground: ground as RetentionGround, until: until! };
    case 'resumed': {
      const classId = await knownClass(deps, run, className);
      if (isRefusal(classId)) return classId;
      return { type: 'ResumeStudy', appliedOn: appliedOn ?? on, reviewPassed: row.reviewPassed === true, classId };
    }
    case 'major-changed': {
      const classId = await knownClass(deps, run, className);
      if (isRefusal(classId)) return classId;
      const { admission } = (await deps.transactor.load(enrollmentSource(enrollmentId))).state;
      // Programs of one name differ by level, and hers stays what it is.
      const level = admission?.level ?? undefined;
      const program = programs.find(run.institutionId, { ...row.program, ...(level && { level }) });
      return isRefusal(program) ? program : { type: 'ChangeMajor', programId: program.programId, classId };
    }
    case 'class-changed': {
      const classId = await knownClass(deps, run, className);
      return isRefusal(classId) ? classId : { type: 'ChangeClass', classId: classId! };
    }
    case 'transferred-out': {
      const { toSchool, toLevel, requiredScore } = row;
      const terms = { fromLevel: null, toLevel: toLevel ?? null, requiredScore: requiredScore ?? null };
      return { type: 'TransferStudentOut', toSchool: toSchool!, ground: ground!, ...terms };
    }
    case 'withdrawn':
      return { type: 'WithdrawStudent', ground: ground as WithdrawalGround };
    case 'expelled':
      return { type: 'ExpelStudent', decisionNumber: row.decisionNumber! };
    case 'deceased':
      return { type: 'RecordDeath' };
    case 'graduated':
      return row.creditsAttested === true ? { type: 'GraduateStudent', creditsAttested: true } : refuse('CREDITS_NOT_ATTESTED');
    case 'completed':
      return { type: 'CompleteStudy' };
    case 'incomplete':
      return { type: 'LeaveIncomplete' };
    case 'place-retained':
      return { type: 'RetainPlace', until: until! };
    case 'place-declined':
      return { type: 'DeclinePlace' };
    case 'transferred-in':
      return refuse('TRANSFER_IN_NOT_LISTED', { how: 'POST /v1/enrollments/transfer-in' });
    case 'revoked':
      return secondPerson(kind, `${requests}/request-revocation`);
    case 'annulled':
      return secondPerson(kind, `${requests}/request-admission-annulment`);
    case 'withdrawal-reverted':
      return secondPerson(kind, `${requests}/request-withdrawal-reversal`);
    default:
      return row.change satisfies never;
  }
}
