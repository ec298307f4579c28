import { planCurriculum, programIdOf } from '../contexts/curriculum/curriculum.ts';
import type { ProgramRow } from '../intake/programs.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { importContext, type ImportDeps, type RowAnswer, type Run } from './importing.ts';

/** A row of a programs sheet: published once under its code and level, and joined to its group. */
export async function importProgramRow(deps: ImportDeps, run: Run, row: ProgramRow): Promise<RowAnswer> {
  const commandId = importRowCommandId(run.runId, row.row);
  const name = { zh: row.name.zh, en: row.name.en ?? row.name.zh };
  const { code, level, lengthOfStudyMonths = null } = row;
  const publish = { type: 'PublishProgram', code, name, level, lengthOfStudyMonths, entranceScore: null } as const;
  const published = await deps.transactor.transact(importContext(deps, run, commandId, publish), () =>
    planCurriculum(publish, run.institutionId),
  );
  if (isRefusal(published)) return { row: row.row, outcome: 'refused', refusal: asDifference(published), position: 0n };
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

const asDifference = (refusal: Refusal): Refusal => {
  if (refusal.refused !== 'REFERENCE_EXISTS') return refusal;
  const { recorded, given } = refusal.facts as { recorded: Record<string, unknown>; given: Record<string, unknown> };
  const different = Object.keys(given).filter((field) => JSON.stringify(given[field]) !== JSON.stringify(recorded[field]));
  return refuse('ROW_DIFFERS', {
    differences: different.map((field) => ({ field, old: recorded[field] ?? null, new: given[field] })),
  });
};
