import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bytesIn, fileBytes, type ByteSource } from '../../libs/intake/byte-source.ts';
import type { Mapper } from '../../libs/intake/import-kinds.ts';
import { findTable, type FoundTable } from '../../libs/intake/find-table.ts';
import { problemText } from '../../libs/intake/problems.ts';
import { csvColumns, ownColumns, titlesIn } from '../../libs/intake/result-columns.ts';
import { resultWorkbook, type NearDuplicate, type RowVerdict } from '../../libs/intake/result-workbook.ts';
import { readSheets } from '../../libs/intake/read-sheet.ts';
import type { RosterRow } from '../../libs/intake/roster.ts';
import type { TableRecord } from '../../libs/intake/table.ts';
import { fileErrorText, UnreadableFile } from '../../libs/intake/unreadable-file.ts';
import { writeCsv } from '../../libs/intake/write-csv.ts';
import { nearDuplicatesKept, peopleTogether, personRead, type PersonRead } from '../../libs/imports/near-duplicates.ts';
import { notReached, outcomeWords, takenOutcomes } from '../../libs/imports/outcome-words.ts';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { columnsOf, columnsTold, type Columns } from './columns.ts';
import { CommandFailed, ServerGone, type Connection } from './connection.ts';
import { kinds, type ImportKind } from './import-kinds.ts';
import { Progress } from './progress.ts';
import { words } from './words.ts';

export interface ImportArguments {
  readonly kind: ImportKind;
  readonly file: string;
  readonly dryRun: boolean;
  readonly formClasses: boolean;
  /** Name or number of the sheet; undefined for the first with a header. */
  readonly sheet: string | undefined;
  /** `their header=our field`, as it was typed. */
  readonly map: readonly string[];
  readonly fillDown: boolean;
  /** Ends after so many refused rows; undefined for as many as there are. */
  readonly limitErrors: number | undefined;
  /** Undefined for one beside the file. */
  readonly result: string | undefined;
  readonly language: Language;
}

interface RowResult {
  readonly row: number;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
  readonly notes?: readonly string[];
}

interface RefusedRow {
  readonly record: TableRecord;
  readonly code: string;
  readonly reason: string;
}

interface Started {
  readonly runId: string;
  readonly ordinal: number;
  readonly continued: boolean;
  /** Who imports. */
  readonly by: string;
}

/** Rows sent in one request, and requests under way: while one batch commits, the next is decided. */
const batchSize = 400;
const inFlight = 5;
const warningsShown = 20;

/** Reads, maps and sends a file. Answers the exit code: 0 all taken, 2 some refused. Throws CommandFailed for everything else. */
export async function importFile(args: ImportArguments, connection: Connection, say: (line: string) => void): Promise<number> {
  const { kind, file, language } = args;
  if (!existsSync(file)) throw new CommandFailed(fill(words.fileMissing[language], { file }));
  const columns = await columnsOf(kind, args.map, connection, language);
  let source: ByteSource | undefined;
  try {
    source = await fileBytes(file);
    const open = await tablesOf(source, args, columns);
    const { digest, rows } = await survey(source, await open());
    return await new ImportJob(args, connection, say, rows).run(digest, columns, await open());
  } catch (error) {
    if (error instanceof UnreadableFile) throw new CommandFailed(`${fileErrorText(error, language)} (${error.code})`);
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== undefined && (path === file || code === 'EISDIR'))
      throw new CommandFailed(fill(words.fileClosed[language], { file, code }));
    throw error;
  } finally {
    await source?.close();
  }
}

/** Opens the file's table as often as it is to be read. */
async function tablesOf(
  source: ByteSource,
  { kind, sheet, fillDown }: ImportArguments,
  columns: Columns,
): Promise<() => Promise<FoundTable>> {
  const sheets = await readSheets(source);
  const { form } = kinds[kind];
  return () => findTable(sheets, form, { sheet, fillDown, columns: columns.fields });
}

/** Reads the file to its end before a run is started: one that breaks off or is no such sheet leaves no trace. */
async function survey(source: ByteSource, table: FoundTable): Promise<{ digest: string; rows: number }> {
  let rows = 0;
  for await (const _record of table.records) rows++;
  const hash = createHash('sha256');
  for await (const bytes of bytesIn(source)) hash.update(bytes);
  return { digest: hash.digest('hex'), rows };
}

class ImportJob {
  private readonly args: ImportArguments;
  private readonly connection: Connection;
  private readonly say: (line: string) => void;
  private readonly expected: number;
  private readonly map: Mapper;
  private readonly counts = new Map<string, number>();
  private readonly warnings: string[] = [];
  private warningCount = 0;
  private rows = 0;
  /** The last row that was sent, where refused rows put an end to it. */
  private stoppedAt: number | undefined;
  /** What the result workbook says beside each row; a csv holds what was refused alone. */
  private readonly verdicts = new Map<number, RowVerdict>();
  private readonly people: PersonRead[] = [];
  private nearCount = 0;
  /** Why nobody could look for near-duplicates. */
  private notLookedFor: string | undefined;
  private result = '';
  private began = '';
  /** When the last row was answered; what comes then is the result. */
  private sentAt = 0;

  constructor(args: ImportArguments, connection: Connection, say: (line: string) => void, expected: number) {
    this.args = args;
    this.connection = connection;
    this.say = say;
    this.expected = expected;
    this.map = kinds[args.kind].mapper();
  }

  async run(fileDigest: string, columns: Columns, table: FoundTable): Promise<number> {
    const { kind, language, dryRun, formClasses, sheet, fillDown } = this.args;
    const began = performance.now();
    // How the file is read belongs to the run: its rows are known by their numbers.
    const reading = {
      ...(sheet !== undefined && { sheet: table.sheet.name ?? '1' }),
      ...(fillDown && { fillDown }),
      ...(columns.said && { columns: columns.said }),
    };
    const options = { kind, dryRun, formClasses, ...(Object.keys(reading).length > 0 && { reading }) };
    const started = await this.goingOn<Started>('/v1/imports', fileDigest, { ...options, fileDigest });
    if (started.continued) this.say(fill(words.continued[language], { ordinal: started.ordinal }));

    this.result = this.args.result ?? `${this.args.file}.result.${table.sheet.name === null ? 'csv' : 'xlsx'}`;
    this.began = localMoment();
    const temporary = `${this.result}.part`;
    await this.writeResult(temporary, (progress) =>
      this.asWorkbook
        ? this.workbook(table, this.send(table.records, started.runId, progress), { ...started, fileDigest })
        : writeCsv(refusedRows(table.header, this.send(table.records, started.runId, progress), language), { cells: 'as-sent' }),
    );

    const count = (outcome: string): number => this.counts.get(outcome) ?? 0;
    const taken = takenOutcomes(this.args.kind).reduce((sum, outcome) => sum + count(outcome), 0);
    let lag = 0n;
    // A run that was stopped stays open: the same command goes on with it.
    if (!dryRun && this.stoppedAt === undefined) {
      const finish = { rows: this.rows, taken, unchanged: count('unchanged'), refused: count('refused') };
      const finished = await this.goingOn<{ lag: string }>(`/v1/imports/${started.runId}/finish`, started.runId, finish);
      lag = BigInt(finished.lag);
    }
    const wanted = this.asWorkbook && (this.args.result !== undefined || this.nearCount > 0);
    if (count('refused') > 0 || wanted) await rename(temporary, this.result);
    else await rm(temporary);
    this.report(table, columns, began, lag, started.runId);
    return count('refused') > 0 ? 2 : 0;
  }

  /** A request of the run itself; where it breaks off, the same command goes on with it. */
  private async goingOn<T>(path: string, key: string, body: object): Promise<T> {
    const { language, dryRun } = this.args;
    return this.connection.post<T>(path, key, body).catch((error: unknown) => {
      throw error instanceof ServerGone && !dryRun ? new CommandFailed(`${error.message}\n${words.goOn[language]}`) : error;
    });
  }

  private get asWorkbook(): boolean {
    return /\.xlsx$/i.test(this.result);
  }

  /** The result goes into a file of its own until the end; where the import breaks off, no half of it stays behind. */
  private async writeResult(temporary: string, content: (progress: Progress) => Readable | Promise<Readable>): Promise<void> {
    const { language, dryRun } = this.args;
    const { result } = this;
    const progress = new Progress(language);
    const goOn = dryRun ? '' : `\n${words.goOn[language]}`;
    const interrupted = (): void => {
      progress.clear();
      rmSync(temporary, { force: true });
      process.stderr.write(`${words.interrupted[language]}${goOn}\n`);
      const gone = (): never => process.exit(1);
      void this.connection.close().then(gone, gone);
    };
    process.once('SIGINT', interrupted);
    try {
      await pipeline(await content(progress), createWriteStream(temporary));
    } catch (error) {
      await rm(temporary, { force: true });
      const { code, path } = error as NodeJS.ErrnoException;
      if (path === temporary && code !== undefined)
        throw new CommandFailed(fill(words.notWritable[language], { file: result, code }));
      throw error instanceof CommandFailed ? new CommandFailed(`${error.message}${goOn}`) : error;
    } finally {
      progress.clear();
      process.off('SIGINT', interrupted);
    }
  }

  /** The sender's sheet with an answer beside every row; its rows are sent first. */
  private async workbook(
    table: FoundTable,
    sending: AsyncIterable<unknown>,
    { runId, by, fileDigest }: Started & { readonly fileDigest: string },
  ): Promise<Readable> {
    for await (const _row of sending);
    const nearDuplicates = await this.nearDuplicates(runId);
    const { kind, language, file, fillDown, dryRun } = this.args;
    const own = new Set(ownColumns(table.header));
    const outcomes = Object.entries(outcomeWords(kind)).filter(([outcome]) => this.counts.has(outcome));
    return resultWorkbook({
      ...table,
      fillDown,
      language,
      verdictOf: (row) =>
        this.verdicts.get(row) ??
        (row > (this.stoppedAt ?? Infinity) ? { outcome: notReached[language], why: '', refused: false } : undefined),
      summary: {
        kind,
        file: basename(file),
        digest: fileDigest,
        by,
        began: this.began,
        ended: localMoment(),
        runId,
        state: dryRun ? 'rehearsed' : this.stoppedAt === undefined ? 'finished' : 'stopped',
        counts: outcomes.map(([outcome, word]) => ({ words: word[language], rows: this.counts.get(outcome)! })),
        rows: this.rows,
        unknownColumns: table.unknownColumns.flatMap((c) => (own.has(c.column - 1) ? [c.header || `#${c.column}`] : [])),
        unrecordedColumns: table.unrecordedColumns,
        hiddenRows: table.hiddenRows,
        footRows: table.footRows,
        nearDuplicates,
      },
    });
  }

  /** Who of a roster may be on record already; null where nobody could look. The import stands all the same. */
  private async nearDuplicates(runId: string): Promise<readonly NearDuplicate[] | null> {
    const { people } = this;
    if (people.length === 0) return [];
    if (this.args.dryRun) return null;
    const found: NearDuplicate[] = [];
    try {
      for (let from = 0; from < people.length && found.length < nearDuplicatesKept; from += peopleTogether) {
        const some = new Map(people.slice(from, from + peopleTogether).map((person) => [person.row, person]));
        const { items } = await this.connection.post<{ items: readonly Pick<NearDuplicate, 'row' | 'others'>[] }>(
          `/v1/imports/${runId}/near-duplicates`,
          `${runId}-near-${from}`,
          { people: [...some.values()] },
        );
        found.push(...items.map(({ row, others }) => ({ ...some.get(row)!, others })));
      }
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      this.notLookedFor = error.message;
      return null;
    }
    const kept = found.slice(0, nearDuplicatesKept);
    this.nearCount = kept.length;
    return kept;
  }

  /** Sends batches, several at once, and yields the refused rows in the order of the file. */
  private async *send(
    records: AsyncIterable<TableRecord>,
    runId: string,
    progress: Progress,
  ): AsyncGenerator<RefusedRow, void, undefined> {
    progress.show(0, 0);
    const { limitErrors } = this.args;
    // Where errors are counted, no more is under way than they allow for.
    const [size, together] = limitErrors === undefined ? [batchSize, inFlight] : [Math.min(batchSize, limitErrors), 1];
    const sent: Promise<readonly RefusedRow[]>[] = [];
    let batch: TableRecord[] = [];
    for await (const record of records) {
      batch.push(record);
      if (batch.length < size) continue;
      sent.push(underWay(this.sendBatch(batch, runId)));
      batch = [];
      if (sent.length >= together) {
        yield* await sent.shift()!;
        progress.show(this.rows / this.expected, this.rows);
      }
      if ((this.counts.get('refused') ?? 0) >= (limitErrors ?? Infinity)) {
        this.stoppedAt = record.row;
        break;
      }
    }
    if (batch.length > 0) sent.push(underWay(this.sendBatch(batch, runId)));
    for (const answers of sent) {
      yield* await answers;
      progress.show(this.rows / this.expected, this.rows);
    }
    this.sentAt = performance.now();
  }

  private async sendBatch(records: readonly TableRecord[], runId: string): Promise<readonly RefusedRow[]> {
    const { kind, dryRun, language } = this.args;
    const results = new Map<number, RowResult>();
    const notes = new Map<number, string>();
    const rows: object[] = [];
    for (const record of records) {
      const mapped = this.map(record);
      if (mapped.ok) {
        rows.push(mapped.row);
        this.notePerson(mapped.row);
        const said = mapped.warnings.map((warning) => problemText(warning, language));
        for (const text of said) this.warn(record.row, text);
        if (said.length > 0) notes.set(record.row, said.join(' '));
      } else {
        const reason = mapped.problems.map((problem) => problemText(problem, language)).join(' ');
        results.set(record.row, {
          row: record.row,
          outcome: 'refused',
          code: [...new Set(mapped.problems.map((p) => p.code))].join(' '),
          reason,
        });
      }
    }
    if (rows.length > 0) {
      const key = `${runId}-${records[0]!.row}`;
      const { answers } = await this.connection.post<{ answers: RowResult[] }>(`/v1/imports/${runId}/${kinds[kind].path}`, key, {
        ...(kinds[kind].path === 'sheet-rows' ? { kind } : {}),
        dryRun,
        rows,
      });
      for (const answer of answers) {
        results.set(answer.row, answer);
        for (const note of answer.notes ?? []) this.warn(answer.row, note);
        if (answer.notes) notes.set(answer.row, answer.notes.join(' '));
      }
    }
    this.rows += records.length;
    const refused: RefusedRow[] = [];
    for (const record of records) {
      const result = results.get(record.row)!;
      this.counts.set(result.outcome, (this.counts.get(result.outcome) ?? 0) + 1);
      if (result.outcome === 'refused') refused.push({ record, code: result.code ?? '', reason: result.reason ?? '' });
      if (this.asWorkbook)
        this.verdicts.set(record.row, {
          outcome: outcomeWords(kind)[result.outcome]?.[language] ?? result.outcome,
          why: result.reason ?? notes.get(record.row) ?? '',
          refused: result.outcome === 'refused',
        });
    }
    return refused;
  }

  private notePerson(row: { readonly row: number }): void {
    if (this.args.kind !== 'roster' || !this.asWorkbook) return;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the mapping of a roster gives
    const person = personRead(row as RosterRow);
    if (person) this.people.push(person);
  }

  private warn(row: number, text: string): void {
    this.warningCount++;
    if (this.warnings.length < warningsShown) this.warnings.push(fill(words.warning[this.args.language], { row, text }));
  }

  private report(table: FoundTable, columns: Columns, began: number, lag: bigint, runId: string): void {
    const { kind, language, dryRun } = this.args;
    const line = (word: keyof typeof words, facts: Record<string, unknown> = {}): void =>
      this.say(fill(words[word][language], facts));
    for (const [outcome, word] of Object.entries(outcomeWords(kind))) {
      const count = this.counts.get(outcome);
      if (count) this.say(`${String(count).padStart(8)}  ${word[language]}`);
    }
    this.say(`${String(this.rows).padStart(8)}  ${words.total[language]}`);
    const { sheet, otherSheets, unrecordedColumns, unknownColumns, hiddenRows, footRows } = table;
    if (sheet.name !== null && (otherSheets.length > 0 || sheet.hidden))
      line(sheet.hidden ? 'hiddenSheetRead' : 'sheetRead', { sheet: sheet.name, others: otherSheets });
    for (const told of columnsTold(table, kinds[kind].form, columns)) line('columnRead', told);
    if (unrecordedColumns.length > 0) line('unrecordedColumns', { columns: unrecordedColumns });
    const own = new Set(ownColumns(table.header));
    const unknown = unknownColumns.filter((c) => own.has(c.column - 1)).map((c) => c.header || `#${c.column}`);
    if (unknown.length > 0) line('unknownColumns', { columns: unknown });
    if (hiddenRows.length > 0) line('hiddenRows', { count: hiddenRows.length, rows: rangesOf(hiddenRows) });
    if (footRows.length > 0) line('footRows', { rows: footRows });
    for (const warning of this.warnings) this.say(warning);
    if (this.warningCount > this.warnings.length) line('moreWarnings', { count: this.warningCount - this.warnings.length });
    if (this.notLookedFor !== undefined) line('notLookedFor', { why: this.notLookedFor });
    if (this.stoppedAt !== undefined) line('stopped', { limit: this.args.limitErrors, row: this.stoppedAt });
    if (this.nearCount > 0) line('nearDuplicates', { count: this.nearCount, file: this.result });
    if (this.counts.get('refused')) line('result', { file: this.result });
    if (dryRun) return line('dryRun');
    const seconds = (until: number): string => ((until - began) / 1000).toFixed(1);
    const rate = Math.round((1000 * this.rows) / Math.max(this.sentAt - began, 1));
    line('took', { sent: seconds(this.sentAt), rate, seconds: seconds(performance.now()), lag });
    line('run', { runId });
  }
}

/** Row numbers as 5–9, 12; the first of very many. */
const rangesOf = (rows: readonly number[], max = 10): string => {
  const ranges: [number, number][] = [];
  for (const row of rows) {
    const last = ranges.at(-1);
    if (last && row === last[1] + 1) last[1] = row;
    else ranges.push([row, row]);
  }
  const shown = ranges.slice(0, max).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  return ranges.length > max ? `${shown.join(', ')} …` : shown.join(', ');
};

/** Where this command runs; the ledger's own moments stand on the log. */
const localMoment = (): string => {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
};

/** A failure is met where the batch is awaited; one that fails after another must not end the process before. */
const underWay = <T>(work: Promise<T>): Promise<T> => {
  work.catch(() => undefined);
  return work;
};

/** The header once, then what was refused; every row as wide as the header, so that the added columns stay under their names. */
async function* refusedRows(
  header: readonly string[],
  rows: AsyncIterable<RefusedRow>,
  language: Language,
): AsyncGenerator<readonly string[], void, undefined> {
  const own = ownColumns(header);
  yield [...own.map((at) => header[at]!), ...titlesIn(csvColumns, language)];
  for await (const { record, code, reason } of rows) {
    const { raw, row } = record;
    const beyond = raw.slice(header.length);
    // A shifted row is seen to be one when it comes again.
    yield [...own.map((at) => raw[at] ?? ''), String(row), code, reason, ...(beyond.some((cell) => cell !== '') ? beyond : [])];
  }
}
