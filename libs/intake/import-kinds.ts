import { batchSheets, type BatchSheet } from './batch-sheets.ts';
import { contractForm, mapContractRow } from './contracts.ts';
import { courseForm, mapCourseRow } from './courses.ts';
import { mapMentorRow, mentorForm } from './mentors.ts';
import { mapOrganizationRow, organizationForm } from './organizations.ts';
import type { Problem } from './problems.ts';
import { mapProgramRow, programForm } from './programs.ts';
import { resultForm, resultMapper } from './results.ts';
import { mapRosterRow, rosterForm } from './roster.ts';
import { fieldNamed, type SheetForm, type TableRecord } from './table.ts';

export type Mapper = (
  record: TableRecord,
) =>
  | { readonly ok: true; readonly row: { readonly row: number }; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** How a file of a kind is read. */
export interface ImportForm {
  readonly form: SheetForm;
  /** One for each file: rows of results are counted as they come. */
  readonly mapper: () => Mapper;
}

/** A list of a registrar's year, read as it is where it comes by itself. */
const batch = ({ form, read }: BatchSheet): ImportForm => ({
  form,
  mapper: () => (record) => {
    const { row, problems, faults = [] } = record;
    if (problems.length + faults.length > 0) return { ok: false, problems: [...problems, ...faults] };
    return read(row, cellsOf(form, record)).mapped as ReturnType<Mapper>;
  },
});

/** A row's cells by the sender's headers, or by our own name of the field where she said herself what her header means. */
export const cellsOf = (form: SheetForm, { headers, values }: Pick<TableRecord, 'headers' | 'values'>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([field, cell]) => {
      const header = headers[field];
      return cell === undefined ? [] : [[header !== undefined && fieldNamed(form, header) === field ? header : field, cell]];
    }),
  );

export const importForms = {
  registrations: batch(batchSheets.registrations),
  'annual-registrations': batch(batchSheets['annual-registrations']),
  'status-changes': batch(batchSheets['status-changes']),
  'class-changes': batch(batchSheets['class-changes']),
  rechecks: batch(batchSheets.rechecks),
  roster: { form: rosterForm, mapper: () => mapRosterRow },
  programs: { form: programForm, mapper: () => mapProgramRow },
  courses: { form: courseForm, mapper: () => mapCourseRow },
  organizations: { form: organizationForm, mapper: () => mapOrganizationRow },
  mentors: { form: mentorForm, mapper: () => mapMentorRow },
  contracts: { form: contractForm, mapper: () => mapContractRow },
  results: { form: resultForm, mapper: resultMapper },
} as const satisfies Readonly<Record<string, ImportForm>>;

export type ImportFormKind = keyof typeof importForms;
