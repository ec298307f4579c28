import { planFaculty, type FacultyCommand } from '../contexts/faculty/faculty.ts';
import { claimsOf } from '../contexts/enrollment/gates.ts';
import type { TeacherProfile } from '../events/catalog/faculty.ts';
import { teacherFact, teacherIdOf, type Teacher } from '../facts/teacher.ts';
import { unnamedCertificate, type MentorRow } from '../intake/mentors.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isOpen } from '../kernel/personal.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { Answer } from '../runtime/transact.ts';
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
import { OrganizationIndex } from './organization-index.ts';

/** Rows of teachers and mentors: registered once under organization and staff number, and double-qualified where the sheet says by what. */
export const mentorRows = (deps: ImportDeps, organizations: OrganizationIndex): RowImporter<MentorRow> => ({
  turnOf: (row) => row.staffNumber,
  open: async (run) => {
    await organizations.refresh();
    return (row) => importMentorRow(deps, run, row, organizations);
  },
});

async function importMentorRow(deps: ImportDeps, run: Run, row: MentorRow, organizations: OrganizationIndex): Promise<RowAnswer> {
  const employer = row.organization === undefined ? null : organizations.find(run.institutionId, row.organization);
  if (employer !== null && isRefusal(employer)) return refusedRow(row, employer);
  const organizationId = employer?.organizationId ?? null;
  const teacherId = teacherIdOf(run.institutionId, organizationId, row.staffNumber);
  const rowDigest = deps.vault.hmac('mentor-row', canonicalRow(row));
  const rehearsed = rehearsal(run, teacherId, rowDigest);
  if (rehearsed) return { row: row.row, ...rehearsed, position: 0n };

  const commandId = importRowCommandId(run.runId, row.row);
  const say = (id: string, command: FacultyCommand): Promise<Answer | Refusal> => {
    const context = importContext(deps, run, id, { type: command.type, row: rowDigest });
    const claims = claimsOf(run.institutionId, (domain, text) => deps.vault.hmac(domain, text));
    return deps.transactor.transact(context, () => planFaculty(teacherId, command, claims));
  };

  const { state: known } = await deps.transactor.load(teacherFact(teacherId));
  const ours = known.source?.run === run.runId && known.source.row === row.row && known.source.rowDigest === rowDigest;
  let position = 0n;
  if (known.status === 'none') {
    const registered = await say(commandId, {
      type: 'RegisterTeacher',
      side: row.side,
      organizationId,
      staffNumber: row.staffNumber,
      profile: { name: row.name, ...(row.title && { title: row.title }) },
      contact: row.phone ? { phone: row.phone } : null,
      source: { run: run.runId, row: row.row, fileDigest: run.fileDigest, rowDigest },
    });
    if (isRefusal(registered)) return refusedRow(row, registered);
    position = registered.position;
  } else if (!ours && known.source?.rowDigest !== rowDigest) {
    const differences = different(deps, row, known);
    if (differences.length > 0) return refusedRow(row, refuse('ROW_DIFFERS', { differences }));
  }

  const isNew = known.status === 'none' || ours;
  const certificate = certificateToGrant(row, known);
  if (certificate === null || (run.dryRun && known.status === 'none')) {
    return { row: row.row, outcome: isNew ? 'registered' : 'unchanged', position };
  }
  const evidence = [`import ${run.runId} row ${row.row}`];
  const granted = await say(`${commandId}-qualified`, { type: 'GrantDualQualification', certificate, evidence });
  if (isRefusal(granted)) return refusedRow(row, granted);
  return { row: row.row, outcome: isNew ? 'registered' : 'qualified', position: granted.position };
}

/** A sheet that names no certificate adds nothing to one that is on record. */
const certificateToGrant = ({ certificate }: MentorRow, known: Teacher): string | null => {
  if (certificate === undefined || known.certificates.includes(certificate)) return null;
  return certificate === unnamedCertificate && known.dualQualified ? null : certificate;
};

/** Only what the row states is compared: a blank cell denies nothing. What was erased cannot be compared. */
function different({ codec }: ImportDeps, row: MentorRow, known: Teacher): Difference[] {
  const profile = codec.reveal(known.profile);
  const contact = codec.reveal(known.contact);
  const stated = { name: row.name, ...(row.title && { title: row.title }) };
  const ofProfile = isOpen<TeacherProfile>(profile) ? differencesOf(stated, profile) : [];
  const unreadable = contact !== null && !isOpen(contact);
  const ofContact = row.phone && !unreadable ? differencesOf({ phone: row.phone }, contact ?? {}) : [];
  const ofSide = known.side === row.side ? [] : [{ field: 'side', old: known.side, new: row.side }];
  return [...ofSide, ...ofProfile, ...ofContact];
}
