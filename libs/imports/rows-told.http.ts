import { batchSheets } from '../intake/batch-sheets.ts';
import { problemText, type Problem } from '../intake/problems.ts';
import type { BatchKind, ImportKind, RowAnswer, RowsOf } from './importing.ts';
import { rowReason, type Reader } from './row-reason.ts';

/** Rows of a sheet between the request and what is carried out: what their cells say, and what each is told. */

type SheetCell = string | number | null;
export interface SentRow {
  readonly row: number;
  readonly cells: Readonly<Record<string, SheetCell>>;
}

export interface ReadRows<K extends BatchKind = BatchKind> {
  readonly rows: readonly RowsOf[K][];
  /** What nobody can carry out, by row. */
  readonly unread: ReadonlyMap<number, readonly Problem[]>;
  /** What to look at though it stands in no row's way. */
  readonly notes: ReadonlyMap<number, readonly Problem[]>;
  /** Headers whose cells go nowhere. */
  readonly unknownColumns: readonly string[];
}

export function rowsRead<K extends BatchKind>(kind: K, sent: readonly SentRow[]): ReadRows<K> {
  const rows: RowsOf[K][] = [];
  const unread = new Map<number, readonly Problem[]>();
  const notes = new Map<number, readonly Problem[]>();
  const unknownColumns = new Set<string>();
  for (const { row, cells } of sent) {
    const { mapped, unknown } = batchSheets[kind].read(row, asText(cells));
    for (const header of unknown) unknownColumns.add(header);
    if (!mapped.ok) unread.set(row, mapped.problems);
    else {
      rows.push(mapped.row as RowsOf[K]);
      if (mapped.warnings.length > 0) notes.set(row, mapped.warnings);
    }
  }
  return { rows, unread, notes, unknownColumns: [...unknownColumns] };
}

const asText = (cells: SentRow['cells']): Record<string, string> =>
  Object.fromEntries(Object.entries(cells).flatMap(([header, cell]) => (cell === null ? [] : [[header, String(cell)]])));

/** An answer for every row in the order of the sheet, reasons in the language asked for. */
export function rowsShown(
  kind: ImportKind,
  answers: readonly RowAnswer[],
  reader: Reader,
  read: Pick<ReadRows, 'unread' | 'notes'> = { unread: new Map(), notes: new Map() },
): readonly object[] {
  const texts = (problems: readonly Problem[]): readonly string[] =>
    problems.map((problem) => problemText(problem, reader.language));
  const carried = answers.map(({ refusal, position: _written, ...answer }) => {
    const notes = read.notes.get(answer.row);
    return {
      ...answer,
      ...(refusal ? { code: refusal.refused, reason: rowReason(kind, refusal, reader), facts: refusal.facts } : {}),
      ...(notes ? { notes: texts(notes) } : {}),
    };
  });
  if (read.unread.size === 0) return carried;
  const unread = [...read.unread].map(([row, problems]) => ({
    row,
    outcome: 'refused',
    code: [...new Set(problems.map(({ code }) => code))].join(' '),
    reason: texts(problems).join(' '),
    facts: { problems: problems.map(({ code, column, facts }) => ({ code, column, ...facts })) },
  }));
  return [...carried, ...unread].toSorted((a, b) => a.row - b.row);
}
