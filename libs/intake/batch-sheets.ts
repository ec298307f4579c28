import {
  annualRegistrationForm,
  classChangeForm,
  mapAnnualRegistrationRow,
  mapClassChangeRow,
  mapRecheckRow,
  mapRegistrationRow,
  recheckForm,
  registrationForm,
} from './batches.ts';
import type { Mapped } from './map-row.ts';
import { mapStatusChangeRow, statusChangeForm } from './status-changes.ts';
import { recordOf, type SheetForm, type TableRecord } from './table.ts';

/** The sheets of a registrar's year, by what they list. */
export const batchSheets = {
  registrations: sheet(registrationForm, mapRegistrationRow),
  'annual-registrations': sheet(annualRegistrationForm, mapAnnualRegistrationRow),
  'status-changes': sheet(statusChangeForm, mapStatusChangeRow),
  'class-changes': sheet(classChangeForm, mapClassChangeRow),
  rechecks: sheet(recheckForm, mapRecheckRow),
} as const;
export type BatchKind = keyof typeof batchSheets;

export interface BatchSheet<Row extends object = object> {
  readonly form: SheetForm;
  /** A row of a file. */
  readonly map: (record: TableRecord) => Mapped<Row>;
  /** A row by its cells: what it says, and the headers whose cells go nowhere. */
  readonly read: (
    row: number,
    cells: Readonly<Record<string, string>>,
  ) => {
    readonly mapped: Mapped<Row>;
    readonly unknown: readonly string[];
  };
}

function sheet<F extends string, Row extends object>(
  form: SheetForm<F>,
  map: (record: TableRecord<F>) => Mapped<Row>,
): BatchSheet<Row> {
  return {
    form,
    map,
    read: (row, cells) => {
      const { record, unknown } = recordOf(form, row, cells);
      return { mapped: map(record), unknown };
    },
  };
}

export const isBatchKind = (kind: string): kind is BatchKind => Object.hasOwn(batchSheets, kind);
