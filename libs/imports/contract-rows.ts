import { importedContractIdOf, type ImportContract } from '../contexts/apprenticeship/contract.ts';
import { planContract } from '../contexts/apprenticeship/plans.ts';
import { isMinorOn } from '../contexts/apprenticeship/terms.ts';
import { claimsOf } from '../contexts/enrollment/gates.ts';
import type { ApprenticeshipPolicy } from '../events/catalog/curriculum.ts';
import type { Side } from '../events/catalog/faculty.ts';
import { contractFact, type Contract } from '../facts/contract.ts';
import { apprenticeshipPolicyFact } from '../facts/reference.ts';
import { teacherFact, teacherIdOf } from '../facts/teacher.ts';
import type { ContractRow } from '../intake/contracts.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isOpen } from '../kernel/personal.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { dateIn, instant } from '../kernel/time.ts';
import {
  canonicalRow,
  differencesOf,
  importContext,
  refusedRow,
  rehearsal,
  type Difference,
  type ImportDeps,
  type RowAnswer,
  type RowImporter,
  type Run,
} from './importing.ts';
import type { OrganizationIndex } from './organization-index.ts';
import type { Student, Students } from './students.ts';

/** Rows of contracts of before the ledger (三方协议), each under its number at an enterprise. A live one takes the learner's days. */
export const contractRows = (
  deps: ImportDeps,
  organizations: OrganizationIndex,
  students: Students,
): RowImporter<ContractRow> => ({
  turnOf: (row) => row.studentNumber,
  open: async (run) => {
    await Promise.all([organizations.refresh(), students.refresh()]);
    const policy = (await deps.transactor.load(apprenticeshipPolicyFact(run.institutionId))).state;
    const batch = { students, organizations, policy };
    return (row) => importContractRow(deps, run, row, batch);
  },
});

interface Batch {
  readonly students: Students;
  readonly organizations: OrganizationIndex;
  readonly policy: ApprenticeshipPolicy;
}

type Imported = ImportContract['contract'];

async function importContractRow(deps: ImportDeps, run: Run, row: ContractRow, batch: Batch): Promise<RowAnswer> {
  const student = await batch.students.find(run.institutionId, row.studentNumber, row.name);
  if (isRefusal(student)) return refusedRow(row, student);
  const content = await contentOf(deps, run, row, student, batch);
  if (isRefusal(content)) return refusedRow(row, content);
  const early = futureRefusal(content, dateIn(instant(deps.clock.now()), run.zone));
  if (early) return refusedRow(row, early);
  const { learnerId, enrollmentId, organizationId, source } = content;
  const contractId = importedContractIdOf(run.institutionId, organizationId, row.agreementNumber);
  const rehearsed = rehearsal(run, contractId, source.rowDigest);
  if (rehearsed) return { row: row.row, ...rehearsed, position: 0n };

  const { state: known } = await deps.transactor.load(contractFact(contractId));
  const sealed = known.imported?.source.rowDigest === source.rowDigest ? [] : sealedDifferences(deps, row, known);
  const command = { type: 'ImportContract', contract: content } as const;
  const commandId = importRowCommandId(run.runId, row.row);
  const said = { type: 'ImportContractRow', row: source.rowDigest };
  const context = importContext(deps, run, commandId, said, content.endedOn ?? content.from);
  const claims = claimsOf(run.institutionId, (domain, text) => deps.vault.hmac(domain, text));
  const answer = await deps.transactor.transact(context, () =>
    planContract(contractId, command, { institutionId: run.institutionId, claims }),
  );
  const refusal = withSealed(answer, sealed);
  if (refusal) return { ...refusedRow(row, await withOther(deps, refusal)), learnerId, enrollmentId };
  const { events, position } = answer as Exclude<typeof answer, Refusal>;
  return { row: row.row, outcome: events.length > 0 ? 'imported' : 'unchanged', learnerId, enrollmentId, position };
}

/** What the row says with everything that it names looked up, or what of it cannot be found. */
async function contentOf(
  deps: ImportDeps,
  run: Run,
  row: ContractRow,
  student: Student,
  { organizations, policy }: Batch,
): Promise<Imported | Refusal> {
  const enterprise = organizations.find(run.institutionId, row.organization);
  if (isRefusal(enterprise)) return enterprise;
  if (enterprise.kind !== 'enterprise') return refuse('ORGANIZATION_NOT_ENTERPRISE', { kind: enterprise.kind });
  const { organizationId } = enterprise;
  const schoolMentorId = await mentorOf(deps, run, 'school', null, row.schoolMentor);
  if (isRefusal(schoolMentorId)) return schoolMentorId;
  const enterpriseMentorId = await mentorOf(deps, run, 'enterprise', organizationId, row.enterpriseMentor);
  if (isRefusal(enterpriseMentorId)) return enterpriseMentorId;
  const signed = row.guardianName !== undefined && row.guardianSignedOn !== undefined;
  if (!signed && isMinorOn(student.birthDate, row.from, policy.adultAge)) {
    return refuse('GUARDIAN_SIGNATURE_MISSING', { from: row.from });
  }
  const { agreementNumber, status, post, signedOn, from, to } = row;
  return {
    learnerId: student.learnerId,
    enrollmentId: student.enrollmentId,
    organizationId,
    agreementNumber,
    status,
    post: { zh: post, en: post },
    signedOn,
    from,
    to,
    schoolMentorId,
    enterpriseMentorId,
    guardian: row.guardianName === undefined ? null : { name: row.guardianName, signedOn: row.guardianSignedOn ?? null },
    insurancePolicy: row.insurancePolicy ?? null,
    // Sheets date terminations alone: what was completed ran to its end.
    endedOn: status === 'live' ? null : (row.endedOn ?? to),
    endGround: status === 'terminated' ? (row.endGround ?? 'other') : null,
    source: {
      run: run.runId,
      row: row.row,
      fileDigest: run.fileDigest,
      rowDigest: deps.vault.hmac('contract-row', canonicalRow(row)),
    },
  };
}

/** What is of before the ledger has begun, was signed, and has ended where it says so. */
function futureRefusal({ from, signedOn, guardian, endedOn }: Imported, today: string): Refusal | null {
  const signed = isOpen(guardian) ? guardian.signedOn : null;
  const late = [from, signedOn, signed, endedOn].find((day) => day !== null && day > today);
  return late ? refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: late, now: today }) : null;
}

/** Whoever mentored then need not serve any more; but she must be on record. */
async function mentorOf(
  { transactor }: ImportDeps,
  { institutionId }: Run,
  side: Side,
  organizationId: string | null,
  staffNumber: string | undefined,
): Promise<string | null | Refusal> {
  if (staffNumber === undefined) return null;
  const teacherId = teacherIdOf(institutionId, organizationId, staffNumber);
  const { state } = await transactor.load(teacherFact(teacherId));
  return state.status === 'none' ? refuse('MENTOR_UNKNOWN', { staffNumber, side }) : teacherId;
}

// ── differences ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the decision cannot compare because it is sealed. A guardian whom an erasure took cannot be compared any more. */
function sealedDifferences({ codec }: ImportDeps, row: ContractRow, { imported }: Contract): Difference[] {
  if (!imported) return [];
  const guardian = codec.reveal(imported.guardian);
  if (guardian !== null && !isOpen(guardian)) return [];
  const stated = { guardianName: row.guardianName, guardianSignedOn: row.guardianSignedOn };
  return differencesOf(stated, { guardianName: guardian?.name, guardianSignedOn: guardian?.signedOn });
}

function withSealed(answer: object, sealed: readonly Difference[]): Refusal | null {
  const refusal = isRefusal(answer) ? answer : null;
  if (sealed.length === 0 || (refusal !== null && refusal.refused !== 'ROW_DIFFERS')) return refusal;
  return refuse('ROW_DIFFERS', {
    differences: [...((refusal?.facts['differences'] as Difference[] | undefined) ?? []), ...sealed],
  });
}

/** Days that overlap: the other contract by its number, which registrars know, in place of its stream. */
async function withOther({ transactor }: ImportDeps, refusal: Refusal): Promise<Refusal> {
  const holder = refusal.refused === 'PERIODS_OVERLAP' ? refusal.facts['with'] : undefined;
  if (typeof holder !== 'string' || !holder.startsWith('contract-')) return refusal;
  const { state } = await transactor.load(contractFact(holder.slice('contract-'.length)));
  return state.imported ? refuse('PERIODS_OVERLAP', { ...refusal.facts, with: state.imported.agreementNumber }) : refusal;
}
