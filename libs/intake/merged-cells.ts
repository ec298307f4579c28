import type { Merge, StoredCell } from './sheet-row.ts';
import { isBlank } from './values.ts';

/** The first cell of merged ones, where something stands that others of them do not repeat. */
export interface FirstCell {
  readonly row: number;
  readonly text: string;
  readonly stored?: StoredCell | undefined;
}

/** Follows the rows of a table downward and knows which of its columns stand within merged cells there. */
export class MergedCells {
  /** Columns that are merged downward from the header or from above it, with the last row of that. */
  readonly #header = new Map<number, number>();
  readonly #merges: Merge[] = [];
  readonly #columns: ReadonlySet<number>;
  readonly #active = new Map<number, { readonly toRow: number; readonly first: FirstCell }>();
  #next = 0;

  /** `merges` by their first row; `columns` from 0. */
  constructor(merges: readonly Merge[], columns: Iterable<number>, headerRow: number) {
    this.#columns = new Set(columns);
    for (const merge of merges) {
      const at = merge.fromColumn - 1;
      if (merge.toRow <= headerRow || !this.#columns.has(at)) continue;
      if (merge.fromRow > headerRow) this.#merges.push(merge);
      else this.#header.set(at, Math.max(merge.toRow, this.#header.get(at) ?? 0));
    }
  }

  /** Whether a row is another line of the header: what is merged into it from there is blank in it. */
  isHeader(row: number, cells: readonly string[]): boolean {
    let within = false;
    for (const [at, toRow] of this.#header) {
      if (row > toRow) continue;
      if (!isBlank(cells[at] ?? '')) return false;
      within = true;
    }
    return within;
  }

  /** Goes on to a row; rows come in their order. */
  enter(row: number, cells: readonly string[], stored: readonly (StoredCell | undefined)[] | undefined): void {
    for (let merge = this.#merges[this.#next]; merge && merge.fromRow <= row; merge = this.#merges[++this.#next]) {
      const at = merge.fromColumn - 1;
      // Where the first row was not there at all, there is nothing to repeat.
      if (merge.fromRow === row)
        this.#active.set(at, { toRow: merge.toRow, first: { row, text: cells[at] ?? '', stored: stored?.[at] } });
    }
  }

  /** What stands in the first of the merged cells that a cell below it belongs to. */
  firstOf(row: number, column: number): FirstCell | undefined {
    const merge = this.#active.get(column);
    return merge && row <= merge.toRow && row > merge.first.row ? merge.first : undefined;
  }
}
