import type { ImportFormKind } from '../intake/import-kinds.ts';
import type { Problem } from '../intake/problems.ts';
import type { ResultSummary } from '../intake/result-workbook.ts';
import type { Language } from '../kernel/bilingual.ts';
import type { FileErrorCode } from '../kernel/file-errors.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Reading } from './importing.ts';

/** What a reading thread is started with. The key is in its memory alone. */
export interface ReadingJob {
  readonly path: string;
  readonly key: Uint8Array;
  readonly kind: ImportFormKind;
  readonly reading: Reading;
  readonly task: { readonly does: 'look' } | { readonly does: 'rows' } | ResultTask;
}

export interface ResultTask {
  readonly does: 'result';
  readonly form: 'xlsx' | 'csv';
  readonly language: Language;
  /** Where the college is. */
  readonly zone: string;
  /** The sealed answers. */
  readonly answers: string;
  readonly summary: Omit<ResultSummary, 'counts'> & { readonly counts: Readonly<Record<string, number>> };
  /** The last row that was answered, where the import ended before the file. */
  readonly reached: number | null;
}

export type ReadRow =
  | { readonly row: number; readonly mapped: { readonly row: number }; readonly warnings: readonly Problem[] }
  | { readonly row: number; readonly problems: readonly Problem[] };

/** What the table was like, known at its end. */
export interface TableTold {
  readonly sheet: string | null;
  readonly otherSheets: readonly string[];
  readonly unknownColumns: readonly string[];
  readonly unrecordedColumns: readonly string[];
  readonly hiddenRows: readonly number[];
  readonly footRows: readonly number[];
}

/** Each waits until it is asked for. */
export type FromReader =
  | { readonly told: 'found'; readonly sheet: string | null }
  | { readonly told: 'counted'; readonly rows: number }
  | { readonly told: 'rows'; readonly rows: readonly ReadRow[] }
  | { readonly told: 'table'; readonly table: TableTold }
  | { readonly told: 'bytes'; readonly bytes: Uint8Array };

export type ReaderAnswer =
  | { readonly item: FromReader }
  | { readonly end: true }
  | { readonly unreadable: FileErrorCode; readonly facts: Readonly<Record<string, unknown>> }
  | { readonly fault: string };

/** What became of a row, as it is kept: row, outcome, why it was refused, what to look at. */
export type KeptAnswer = readonly [row: number, outcome: string, refusal: Refusal | null, problems: readonly Problem[] | null];
