import { planCurriculum } from '../contexts/curriculum/curriculum.ts';
import type { CourseRow } from '../intake/courses.ts';
import { importRowCommandId } from '../kernel/ids.ts';
import { isRefusal, refuse } from '../kernel/refusal.ts';
import {
  canonicalRow,
  differencesOf,
  importContext,
  refusedRow,
  type ImportDeps,
  type RowAnswer,
  type RowImporter,
  type Run,
} from './importing.ts';

/** Rows of a courses sheet: other content under a code that is published is a new version of the course. */
export const courseRows = (deps: ImportDeps): RowImporter<CourseRow> => ({
  turnOf: (row) => row.code,
  open: (run) => (row) => importCourseRow(deps, run, row),
});

async function importCourseRow(deps: ImportDeps, run: Run, row: CourseRow): Promise<RowAnswer> {
  // Two rows of one sheet that disagree are no two versions: each import of the sheet would publish both again.
  const said = canonicalRow(row);
  const before = run.seen.get(row.code);
  if (before !== undefined && before !== said) {
    const differences = differencesOf(JSON.parse(said) as object, JSON.parse(before) as object);
    return refusedRow(row, refuse('ROW_DIFFERS', { differences }));
  }
  run.seen.set(row.code, said);
  if (run.dryRun && before !== undefined) return { row: row.row, outcome: 'unchanged', position: 0n };

  const { row: _place, name, category = null, module = null, frameworkLevel = null, ...content } = row;
  const publish = {
    type: 'PublishCourse',
    ...content,
    name: { zh: name.zh, en: name.en ?? name.zh },
    category,
    module,
    frameworkLevel,
  } as const;
  const context = importContext(deps, run, importRowCommandId(run.runId, row.row), publish);
  const answer = await deps.transactor.transact(context, () => planCurriculum(publish, run.institutionId));
  if (isRefusal(answer)) return refusedRow(row, answer);
  const { position, events } = answer;
  // A dry run answers the revision that it found.
  const first = answer.revision === (run.dryRun ? -1n : 0n);
  return { row: row.row, outcome: events.length === 0 ? 'unchanged' : first ? 'published' : 'versioned', position };
}
