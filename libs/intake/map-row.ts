import type { Finding, Problem, ProblemCode } from './problems.ts';
import type { Field, SheetForm, TableRecord } from './table.ts';
import { parseDate, type DateForms, type Parsed } from './values.ts';

/** A record as plain data with what to look at, or everything that is wrong with it. */
export type Mapped<Row> =
  | { readonly ok: true; readonly row: Row; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the fields of one record and gathers all that is wrong with them. */
export class RecordReader<F extends string> {
  readonly problems: Problem[];
  readonly warnings: Problem[] = [];
  readonly #record: TableRecord<F>;
  readonly #form: SheetForm<F>;

  constructor(record: TableRecord<F>, form: SheetForm<F>) {
    this.#record = record;
    this.#form = form;
    this.problems = [...(record.faults ?? [])];
  }

  /** Whether the cell holds something, if only what cannot be read. */
  has(field: F): boolean {
    return this.#record.values[field] !== undefined || (this.#record.faults?.some((fault) => fault.field === field) ?? false);
  }

  /** The value of a filled cell; undefined where it is blank or wrong. A text that a spreadsheet turned into a date is wrong. */
  read<T>(field: F, parse: (cell: string) => Parsed<T>): T | undefined {
    const kind = this.#record.kinds?.[field];
    if (kind !== 'date' && kind !== 'time') return this.readAny(field, parse);
    this.refuse(field, 'VALUE_BECAME_DATE', { value: this.#record.values[field] });
    return undefined;
  }

  /** As `read`; a date is as good as a text. */
  readAny<T>(field: F, parse: (cell: string) => Parsed<T>): T | undefined {
    const cell = this.#record.values[field];
    if (cell === undefined) return undefined;
    const parsed = parse(cell);
    if (!parsed.ok) {
      this.problems.push(this.#at(field, parsed.problem));
      return undefined;
    }
    for (const warning of parsed.warnings ?? []) this.warnings.push(this.#at(field, warning));
    return parsed.value;
  }

  /** As `read`; a blank cell is a problem. */
  readNeeded<T>(field: F, parse: (cell: string) => Parsed<T>): T | undefined {
    if (!this.has(field)) this.refuse(field, 'VALUE_MISSING');
    return this.read(field, parse);
  }

  /** A plain date, counted as the workbook counts days. */
  readDate(field: F, { month }: Pick<DateForms, 'month'>): string | undefined {
    return this.readAny(field, (cell) => parseDate(cell, { month, system: this.#record.dateSystem ?? '1900' }));
  }

  /** As `readDate`; a blank cell is a problem. */
  readNeededDate(field: F, forms: Pick<DateForms, 'month'>): string | undefined {
    if (!this.has(field)) this.refuse(field, 'VALUE_MISSING');
    return this.readDate(field, forms);
  }

  refuse(field: F, code: ProblemCode, facts: Finding['facts'] = {}): void {
    this.problems.push(this.#at(field, { code, facts }));
  }

  /** Something to look at that stands in no row's way. */
  warn(field: F, code: ProblemCode, facts: Finding['facts'] = {}): void {
    this.warnings.push(this.#at(field, { code, facts }));
  }

  #at(field: F, { code, facts }: Finding): Problem {
    const column =
      this.#record.headers[field] ?? this.#form.fields.find((known: Field<F>) => known.field === field)?.zh[0] ?? field;
    return { code, column, field, facts };
  }
}
