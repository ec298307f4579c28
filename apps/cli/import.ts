import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { batchSheets, type BatchSheet } from '../../libs/intake/batch-sheets.ts';
import { contractForm, mapContractRow } from '../../libs/intake/contracts.ts';
import { courseForm, mapCourseRow } from '../../libs/intake/courses.ts';
import { mapMentorRow, mentorForm } from '../../libs/intake/mentors.ts';
import { mapOrganizationRow, organizationForm } from '../../libs/intake/organizations.ts';
import { programForm, mapProgramRow } from '../../libs/intake/programs.ts';
import { readCsv } from '../../libs/intake/read-csv.ts';
import { resultForm, resultMapper } from '../../libs/intake/results.ts';
import { rosterForm, mapRosterRow } from '../../libs/intake/roster.ts';
import { problemText, type Problem } from '../../libs/intake/problems.ts';
import { readTable, type SheetForm, type TableRecord } from '../../libs/intake/table.ts';
import { fileErrorText, UnreadableFile } from '../../libs/intake/unreadable-file.ts';
import { writeCsv } from '../../libs/intake/write-csv.ts';
import { fill, type Bilingual, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { Progress } from './progress.ts';
import { outcomeWords, words } from './words.ts';

type Mapper = (
  record: TableRecord,
) => { ok: true; row: object; warnings: readonly Problem[] } | { ok: false; problems: readonly Problem[] };

interface Kind {
  readonly form: SheetForm;
  /** One for each file: rows of results are counted as they come. */
  readonly mapper: () => Mapper;
  /** Where its rows go, below the run. */
  readonly path: string;
}

/** Its rows are read where they are carried out: what they say of a header or a word is the same there as here. */
const asSent = ({ form }: BatchSheet): Kind => ({
  form,
  mapper:
    () =>
    ({ row, headers, values, problems }) =>
      problems.length > 0
        ? { ok: false, problems }
        : {
            ok: true,
            row: {
              row,
              cells: Object.fromEntries(Object.entries(values).map(([field, cell]) => [headerOf(headers, field), cell])),
            },
            warnings: [],
          },
  path: 'sheet-rows',
});
const headerOf = (headers: TableRecord['headers'], field: string): string => headers[field] ?? field;

const kinds = {
  registrations: asSent(batchSheets.registrations),
  'annual-registrations': asSent(batchSheets['annual-registrations']),
  'status-changes': asSent(batchSheets['status-changes']),
  'class-changes': asSent(batchSheets['class-changes']),
  rechecks: asSent(batchSheets.rechecks),
  roster: { form: rosterForm, mapper: () => mapRosterRow, path: 'roster-rows' },
  programs: { form: programForm, mapper: () => mapProgramRow, path: 'program-rows' },
  courses: { form: courseForm, mapper: () => mapCourseRow, path: 'course-rows' },
  organizations: { form: organizationForm, mapper: () => mapOrganizationRow, path: 'organization-rows' },
  mentors: { form: mentorForm, mapper: () => mapMentorRow, path: 'mentor-rows' },
  contracts: { form: contractForm, mapper: () => mapContractRow, path: 'contract-rows' },
  results: { form: resultForm, mapper: resultMapper, path: 'result-rows' },
} as const satisfies Readonly<Record<string, Kind>>;

export type ImportKind = keyof typeof kinds;

export const isImportKind = (kind: string | undefined): kind is ImportKind => kind !== undefined && Object.hasOwn(kinds, kind);

export interface ImportArguments {
  readonly kind: ImportKind;
  readonly file: string;
  readonly dryRun: boolean;
  readonly formClasses: boolean;
  readonly result: string;
  readonly language: Language;
}

interface RowResult {
  readonly row: number;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
  readonly notes?: readonly string[];
}

/** Rows sent in one request, and requests under way: while one batch commits, the next is decided. */
const batchSize = 400;
const inFlight = 3;
const warningsShown = 20;

/** Reads, maps and sends a file. Answers the exit code: 0 all taken, 2 some refused. Throws CommandFailed for everything else. */
export async function importFile(args: ImportArguments, connection: Connection, say: (line: string) => void): Promise<number> {
  const { kind, file, dryRun, formClasses, language } = args;
  if (!existsSync(file)) throw new CommandFailed(fill(words.fileMissing[language], { file }));
  try {
    const { digest, rows } = await survey(file, kinds[kind].form);
    return await new ImportJob(args, connection, say, rows).run(digest, { kind, dryRun, formClasses });
  } catch (error) {
    if (error instanceof UnreadableFile) throw new CommandFailed(`${fileErrorText(error, language)} (${error.code})`);
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== undefined && (path === file || code === 'EISDIR'))
      throw new CommandFailed(fill(words.fileClosed[language], { file, code }));
    throw error;
  }
}

/** Reads the file to its end before a run is started: one that breaks off or is no such sheet leaves no trace. */
async function survey(file: string, form: SheetForm): Promise<{ digest: string; rows: number }> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      yield chunk;
    }
  }
  let rows = 0;
  for await (const _record of (await readTable(readCsv(hashed()), form)).records) rows++;
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

  constructor(args: ImportArguments, connection: Connection, say: (line: string) => void, expected: number) {
    this.args = args;
    this.connection = connection;
    this.say = say;
    this.expected = expected;
    this.map = kinds[args.kind].mapper();
  }

  async run(fileDigest: string, options: { kind: string; dryRun: boolean; formClasses: boolean }): Promise<number> {
    const { language, dryRun } = this.args;
    const began = performance.now();
    const table = await readTable(readCsv(createReadStream(this.args.file)), kinds[this.args.kind].form);
    const started = await this.connection.post<{ runId: string; ordinal: number; continued: boolean }>(
      '/v1/imports',
      fileDigest,
      { ...options, fileDigest },
    );
    if (started.continued) this.say(fill(words.continued[language], { ordinal: started.ordinal }));

    const sent = withoutAddedColumns(table.header);
    const header = [...sent, ...addedColumns.map((column) => column[language])];
    const temporary = `${this.args.result}.part`;
    await this.writeRefused(temporary, (progress) => rowsAfter(header, this.send(table.records, started.runId, progress)));

    const count = (outcome: string): number => this.counts.get(outcome) ?? 0;
    const taken = Object.keys(outcomeWords[this.args.kind]).reduce((sum, outcome) => sum + count(outcome), 0);
    let lag = 0n;
    if (!dryRun) {
      const finish = { rows: this.rows, taken, unchanged: count('unchanged'), refused: count('refused') };
      const finished = await this.connection.post<{ lag: string }>(`/v1/imports/${started.runId}/finish`, started.runId, finish);
      lag = BigInt(finished.lag);
    }
    if (count('refused') > 0) await rename(temporary, this.args.result);
    else await rm(temporary);
    this.report(
      table.unrecordedColumns,
      table.unknownColumns.filter((c) => c.column <= sent.length).map((c) => c.header || `#${c.column}`),
      table.footRows,
      (performance.now() - began) / 1000,
      lag,
      started.runId,
    );
    return count('refused') > 0 ? 2 : 0;
  }

  /** What was refused goes into a file of its own until the end; where the import breaks off, no half of it stays behind. */
  private async writeRefused(temporary: string, rows: (progress: Progress) => AsyncIterable<readonly string[]>): Promise<void> {
    const { language, dryRun, result } = this.args;
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
      await pipeline(writeCsv(rows(progress), { cells: 'as-sent' }), createWriteStream(temporary));
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

  /** Sends batches, several at once, and yields the refused rows in the order of the file. */
  private async *send(
    records: AsyncIterable<TableRecord>,
    runId: string,
    progress: Progress,
  ): AsyncGenerator<string[], void, undefined> {
    progress.show(0, 0);
    const sent: Promise<string[][]>[] = [];
    let batch: TableRecord[] = [];
    for await (const record of records) {
      batch.push(record);
      if (batch.length < batchSize) continue;
      sent.push(underWay(this.sendBatch(batch, runId)));
      batch = [];
      if (sent.length >= inFlight) {
        yield* await sent.shift()!;
        progress.show(this.rows / this.expected, this.rows);
      }
    }
    if (batch.length > 0) sent.push(underWay(this.sendBatch(batch, runId)));
    for (const answers of sent) {
      yield* await answers;
      progress.show(this.rows / this.expected, this.rows);
    }
  }

  private async sendBatch(records: readonly TableRecord[], runId: string): Promise<string[][]> {
    const { kind, dryRun, language } = this.args;
    const results = new Map<number, RowResult>();
    const rows: object[] = [];
    for (const record of records) {
      const mapped = this.map(record);
      if (mapped.ok) {
        rows.push(mapped.row);
        for (const warning of mapped.warnings) this.warn(record.row, problemText(warning, language));
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
      }
    }
    this.rows += records.length;
    const refused: string[][] = [];
    for (const record of records) {
      const result = results.get(record.row)!;
      this.counts.set(result.outcome, (this.counts.get(result.outcome) ?? 0) + 1);
      if (result.outcome === 'refused') refused.push([...record.raw, String(record.row), result.code ?? '', result.reason ?? '']);
    }
    return refused;
  }

  private warn(row: number, text: string): void {
    this.warningCount++;
    if (this.warnings.length < warningsShown) this.warnings.push(fill(words.warning[this.args.language], { row, text }));
  }

  private report(
    unrecorded: readonly string[],
    unknown: readonly string[],
    footRows: readonly number[],
    seconds: number,
    lag: bigint,
    runId: string,
  ): void {
    const { kind, language, result, dryRun } = this.args;
    const line = (word: keyof typeof words, facts: Record<string, unknown> = {}): void =>
      this.say(fill(words[word][language], facts));
    const outcomes: Readonly<Record<string, Bilingual>> = {
      ...outcomeWords[kind],
      unchanged: words.unchanged,
      refused: words.refused,
    };
    for (const [outcome, word] of Object.entries(outcomes)) {
      const count = this.counts.get(outcome);
      if (count) this.say(`${String(count).padStart(8)}  ${word[language]}`);
    }
    this.say(`${String(this.rows).padStart(8)}  ${words.total[language]}`);
    if (unrecorded.length > 0) line('unrecordedColumns', { columns: unrecorded });
    if (unknown.length > 0) line('unknownColumns', { columns: unknown });
    if (footRows.length > 0) line('footRows', { rows: footRows });
    for (const warning of this.warnings) this.say(warning);
    if (this.warningCount > this.warnings.length) line('moreWarnings', { count: this.warningCount - this.warnings.length });
    if (this.counts.get('refused')) line('result', { file: result });
    if (dryRun) return line('dryRun');
    line('took', { seconds: seconds.toFixed(1), rate: Math.round(this.rows / Math.max(seconds, 0.001)), lag });
    line('run', { runId });
  }
}

const addedColumns = [words.rowNumber, words.code, words.reason];

/** The sender's own columns: a result file that was corrected brings ours back, which are not to be added twice. */
function withoutAddedColumns(header: readonly string[]): readonly string[] {
  const end = header.findLastIndex((cell) => cell !== '') + 1;
  const from = end - addedColumns.length;
  const ours = from > 0 && addedColumns.every(({ zh, en }, i) => header[from + i] === zh || header[from + i] === en);
  return ours ? header.slice(0, from) : header;
}

/** A failure is met where the batch is awaited; one that fails after another must not end the process before. */
const underWay = <T>(work: Promise<T>): Promise<T> => {
  work.catch(() => undefined);
  return work;
};

/** The header once, then the rows; every row as wide as the header, so that the added columns stay under their names. */
async function* rowsAfter(
  header: readonly string[],
  rows: AsyncIterable<string[]>,
): AsyncGenerator<readonly string[], void, undefined> {
  yield header;
  for await (const row of rows) {
    const own = row.slice(0, -3);
    const padding = Array.from({ length: Math.max(0, header.length - 3 - own.length) }, () => '');
    yield [...own.slice(0, header.length - 3), ...padding, ...row.slice(-3)];
  }
}
