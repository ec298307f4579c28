import { planCurriculum } from '../contexts/curriculum/curriculum.ts';
import { programIdOf } from '../contexts/curriculum/program.ts';
import type { ProgramRow } from '../intake/programs.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isRefusal } from '../kernel/refusal.ts';
import {
  asDifference,
  importContext,
  refusedRow,
  type ImportDeps,
  type RowAnswer,
  type RowImporter,
  type Run,
} from './importing.ts';

/** Rows of a programs sheet: published once under code and level, and joined to their group. */
export const programRows = (deps: ImportDeps): RowImporter<ProgramRow> => ({
  turnOf: (row) => row.group ?? row.code,
  open: (run) => (row) => importProgramRow(deps, run, row),
});

async function importProgramRow(deps: ImportDeps, run: Run, row: ProgramRow): Promise<RowAnswer> {
  const commandId = importRowCommandId(run.runId, row.row);
  const name = { zh: row.name.zh, en: row.name.en ?? row.name.zh };
  const { code, level, lengthOfStudyMonths = null } = row;
  const publish = { type: 'PublishProgram', code, name, level, lengthOfStudyMonths, entranceScore: null } as const;
  const published = await deps.transactor.transact(importContext(deps, run, commandId, publish), () =>
    planCurriculum(publish, run.institutionId),
  );
  if (isRefusal(published)) return refusedRow(row, asDifference(published));
  let position = published.position;
  if (row.group !== undefined) {
    const group = {
      type: 'FormProgramGroup',
      name: { zh: row.group, en: row.group },
      programIds: [programIdOf(run.institutionId, code, level)],
    } as const;
    const joined = await deps.transactor.transact(importContext(deps, run, `${commandId}-group`, group), () =>
      planCurriculum(group, run.institutionId),
    );
    if (isRefusal(joined)) return { row: row.row, outcome: 'refused', refusal: joined, position };
    position = joined.position > position ? joined.position : position;
  }
  return { row: row.row, outcome: position > 0n || published.events.length > 0 ? 'published' : 'unchanged', position };
}
