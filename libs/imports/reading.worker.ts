import { parentPort, workerData } from 'node:worker_threads';
import type { ByteSource } from '../intake/byte-source.ts';
import { findTable, type FoundTable } from '../intake/find-table.ts';
import { importForms, type ImportForm } from '../intake/import-kinds.ts';
import { readSheets } from '../intake/read-sheet.ts';
import { ownColumns } from '../intake/result-columns.ts';
import { UnreadableFile } from '../intake/unreadable-file.ts';
import { resultBytes } from './result-bytes.ts';
import type { FromReader, ReaderAnswer, ReadingJob, ReadRow } from './reading-protocol.ts';
import { openSealed } from './sealed-file.ts';

/** Reads, maps and writes sheets beside the thread that answers requests. One thing is handed over whenever one was taken. */
const port = parentPort!;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- reading-thread.ts alone starts this file
const job = workerData as ReadingJob;
const kind: ImportForm = importForms[job.kind];

const batchSize = 400;

async function* carriedOut(source: ByteSource): AsyncGenerator<FromReader, void, undefined> {
  const { sheet, fillDown = false, columns } = job.reading;
  const fields = new Map((columns ?? []).map(({ header, field }) => [header, field === '' ? null : field]));
  const sheets = await readSheets(source);
  const open = (): Promise<FoundTable> => findTable(sheets, kind.form, { sheet, fillDown, columns: fields });
  const { task } = job;
  if (task.does === 'result') {
    const table = await open();
    await table.records.return();
    for await (const bytes of resultBytes(table, job, task)) yield { told: 'bytes', bytes };
    return;
  }
  if (task.does === 'look') {
    const table = await open();
    await table.records.return();
    yield { told: 'found', sheet: table.sheet.name };
    return;
  }
  // To its end before anything is taken: a file that breaks off, or is no such sheet, leaves no trace.
  let rows = 0;
  for await (const _record of (await open()).records) rows++;
  yield { told: 'counted', rows };
  yield* mapped(await open());
}

async function* mapped(table: FoundTable): AsyncGenerator<FromReader, void, undefined> {
  const map = kind.mapper();
  let rows: ReadRow[] = [];
  for await (const record of table.records) {
    const read = map(record);
    rows.push(
      read.ok ? { row: record.row, mapped: read.row, warnings: read.warnings } : { row: record.row, problems: read.problems },
    );
    if (rows.length < batchSize) continue;
    yield { told: 'rows', rows };
    rows = [];
  }
  if (rows.length > 0) yield { told: 'rows', rows };
  const own = new Set(ownColumns(table.header));
  const { sheet, otherSheets, unrecordedColumns, hiddenRows, footRows } = table;
  const unknownColumns = table.unknownColumns.flatMap((c) => (own.has(c.column - 1) ? [c.header || `#${c.column}`] : []));
  yield {
    told: 'table',
    table: { sheet: sheet.name, otherSheets, unknownColumns, unrecordedColumns, hiddenRows, footRows },
  };
}

function answer(message: ReaderAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(message);
}

let source: ByteSource | undefined;
let items: AsyncGenerator<FromReader, void, undefined> | undefined;
let turn: Promise<void> = Promise.resolve();

async function handOver(): Promise<void> {
  try {
    source ??= await openSealed(job.path, job.key);
    items ??= carriedOut(source);
    const found = await items.next();
    answer(found.done ? { end: true } : { item: found.value });
  } catch (error) {
    if (error instanceof UnreadableFile) answer({ unreadable: error.code, facts: error.facts });
    // A message may quote what was read.
    else answer({ fault: error instanceof Error ? error.name : typeof error });
  }
}

port.on('message', () => {
  turn = turn.then(() => handOver());
});
