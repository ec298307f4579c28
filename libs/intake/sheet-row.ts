/**
 * A cell as a workbook stores it, where that is not plain text: what `cells` says beside it is how it reads.
 * `date` covers moments; `time` is a time of day alone. `uncalculated`: a formula of which no program saved the result.
 */
export interface StoredCell {
  readonly kind: 'number' | 'date' | 'time' | 'boolean' | 'error' | 'uncalculated';
  /** A number's digits, a date as YYYY-MM-DD with hh:mm:ss where it has one, 1 or 0, the error's name, the formula. */
  readonly value: string;
  /** Number-format code, where it is not the general one. */
  readonly format?: string;
}

/** One row of a sheet, whatever file it came from. `row` counts from 1 as a spreadsheet program shows it; cells are text as it stood. */
export interface SheetRow {
  readonly row: number;
  readonly cells: readonly string[];
  /** By column like `cells`; nothing where a cell is text. Absent where all are. */
  readonly stored?: readonly (StoredCell | undefined)[];
  /** The sheet does not show it: hidden by hand or by a filter. */
  readonly hidden?: true;
}

export type DateSystem = '1900' | '1904';

/** Cells that are shown as one; only the first holds anything. Rows and columns count from 1. */
export interface Merge {
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromColumn: number;
  readonly toColumn: number;
}

/** One sheet of a file. What it throws while it is read is `UnreadableFile`. */
export interface Sheet {
  /** Null for a file that is one sheet (csv). */
  readonly name: string | null;
  readonly hidden: boolean;
  readonly dateSystem: DateSystem;
  /** From its first row; each call reads anew. Nothing may be taken for good before the end. */
  readonly rows: () => AsyncGenerator<SheetRow, void, undefined>;
  /** Cells merged across rows, by their first row. */
  readonly merges: () => Promise<readonly Merge[]>;
}

/** What a spreadsheet program can hold. */
export const limits = { cell: 32_767, columns: 16_384, row: 1_048_576, rows: 1_048_576 } as const;
