import { planPartnership } from '../contexts/partnership/partnership.ts';
import type { OrganizationRow } from '../intake/organizations.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isRefusal } from '../kernel/refusal.ts';
import {
  asDifference,
  canonicalRow,
  importContext,
  refusedRow,
  rehearsal,
  type ImportDeps,
  type RowAnswer,
  type RowImporter,
  type Run,
} from './importing.ts';

/** Rows of an organizations sheet: registered once under the credit code. */
export const organizationRows = (deps: ImportDeps): RowImporter<OrganizationRow> => ({
  turnOf: (row) => row.creditCode,
  open: (run) => (row) => importOrganizationRow(deps, run, row),
});

async function importOrganizationRow(deps: ImportDeps, run: Run, row: OrganizationRow): Promise<RowAnswer> {
  const rehearsed = rehearsal(run, row.creditCode, canonicalRow(row));
  if (rehearsed) return { row: row.row, ...rehearsed, position: 0n };
  const { creditCode, kind, name } = row;
  const register = { type: 'RegisterOrganization', creditCode, name: { zh: name.zh, en: name.en ?? name.zh }, kind } as const;
  const context = importContext(deps, run, importRowCommandId(run.runId, row.row), register);
  const answer = await deps.transactor.transact(context, () => planPartnership(register, run.institutionId));
  if (isRefusal(answer)) return refusedRow(row, asDifference(answer));
  return { row: row.row, outcome: answer.events.length > 0 ? 'registered' : 'unchanged', position: answer.position };
}
