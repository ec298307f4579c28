/** One row of a sheet, whatever file it came from. `row` counts from 1 as a spreadsheet program shows it; cells are text as it stood. */
export interface SheetRow {
  readonly row: number;
  readonly cells: readonly string[];
}

/** What a spreadsheet program can hold. */
export const limits = { cell: 32_767, columns: 16_384, row: 1_048_576 } as const;
