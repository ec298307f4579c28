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
import { parseDate } from './values.ts';

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

/** A list of a registrar's year. */
const batch = ({ form, map }: BatchSheet): ImportForm => ({ form, mapper: () => map as Mapper });

/**
 * A row's cells by the sender's headers, or by our own name of the field where she said herself what her header means. Days that are counted
 * from 1904 are told as days: a number alone does not say from where it counts.
 */
export function cellsOf(form: SheetForm, { headers, values, dateSystem }: TableRecord): Record<string, string> {
  const cells: Record<string, string> = {};
  for (const { field, dates } of form.fields) {
    const cell = values[field];
    if (cell === undefined) continue;
    const header = headers[field];
    const day = dates && dateSystem === '1904' ? parseDate(cell, { month: dates === 'month', system: dateSystem }) : null;
    cells[header !== undefined && fieldNamed(form, header) === field ? header : field] = day?.ok ? day.value : cell;
  }
  return cells;
}

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
