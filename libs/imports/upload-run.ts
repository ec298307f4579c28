import { join } from 'node:path';
import { UnreadableFile } from '../intake/unreadable-file.ts';
import type { NearDuplicate } from '../intake/result-workbook.ts';
import type { Language } from '../kernel/bilingual.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { instant, timeIn } from '../kernel/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataKey } from '../ports/key-vault.ts';
import { StoreFault } from '../ports/store-fault.ts';
import type { RowsOf } from './importing.ts';
import type { Imports } from './imports.ts';
import { nearDuplicatesKept, personRead, type PersonRead } from './near-duplicates.ts';
import { takenOutcomes } from './outcome-words.ts';
import type { FromReader, KeptAnswer, ReadingJob, ReadRow } from './reading-protocol.ts';
import { readInThread } from './reading-thread.ts';
import { SealedWriter } from './sealed-file.ts';
import { isOver, saveState, type UploadSecret, type UploadState } from './upload-state.ts';

export interface UploadDeps {
  readonly imports: Pick<Imports, 'start' | 'rows' | 'finish'>;
  readonly clock: Clock;
  /** Found once the directory holds what the run wrote. */
  readonly nearDuplicates: (institutionId: string, people: readonly PersonRead[]) => Promise<readonly NearDuplicate[]>;
  /** Hears of what went wrong. */
  readonly onFault: (fault: unknown) => void;
}

export interface UploadProgress {
  /** Null until the file was read once. */
  readonly rows: number | null;
  readonly read: number;
  readonly answered: number;
  readonly taken: number;
  readonly unchanged: number;
  readonly refused: number;
  /** Rows answered a second since it went on. */
  readonly perSecond: number;
  readonly secondsLeft: number | null;
}

/** While one batch commits, the next is decided. */
const inFlight = 3;

class Stopped extends Error {}

/**
 * The import of one uploaded file. It reads the file from its beginning whenever it is begun: rows that an earlier beginning took are
 * answered as taken, by their commands' ids, so that a crash anywhere leaves nothing half done.
 */
export class UploadRun {
  readonly folder: string;
  private readonly deps: UploadDeps;
  private readonly key: DataKey;
  private held: UploadState;
  private secret: UploadSecret;
  private saving: Promise<void> = Promise.resolve();
  private readonly watchers = new Set<() => void>();

  private working: Promise<void> | null = null;
  private stopping: 'no' | 'closing' | 'cancelled' = 'no';
  private paused: PromiseWithResolvers<void> | null = null;
  private rows: number | null = null;
  private read = 0;
  private answered = 0;
  private reached: number | null = null;
  private counts: Record<string, number> = {};
  private busySince = 0;
  private busyMs = 0;

  constructor(folder: string, deps: UploadDeps, key: DataKey, state: UploadState, secret: UploadSecret) {
    this.folder = folder;
    this.deps = deps;
    this.key = key;
    this.held = state;
    this.secret = secret;
  }

  get state(): UploadState {
    return this.held;
  }
  get fileName(): string {
    return this.secret.fileName;
  }
  get language(): Language | null {
    return this.secret.language;
  }
  get failureFacts(): Readonly<Record<string, unknown>> {
    return this.secret.failureFacts;
  }

  get progress(): UploadProgress {
    const { held } = this;
    const [rows, read, answered, counts] =
      isOver(held.status) || (this.working === null && held.status === 'paused' && this.answered === 0)
        ? [held.rows, held.answered, held.answered, held.counts]
        : [this.rows, this.read, this.answered, this.counts];
    const busy = (this.busyMs + (this.busySince === 0 ? 0 : performance.now() - this.busySince)) / 1000;
    const perSecond = busy > 0 ? this.answered / busy : 0;
    const going = held.status === 'running' && rows !== null && perSecond > 0;
    return {
      rows,
      read,
      answered,
      taken: takenOutcomes(held.kind).reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0),
      unchanged: counts['unchanged'] ?? 0,
      refused: counts['refused'] ?? 0,
      perSecond: Math.round(perSecond),
      secondsLeft: going ? Math.ceil((rows - answered) / perSecond) : null,
    };
  }

  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => void this.watchers.delete(changed);
  }

  // ── what is asked of it ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when there is nothing more to do for now. Never throws. */
  begin(): Promise<void> {
    if (isOver(this.held.status)) return Promise.resolve();
    this.working ??= this.work().finally(() => {
      this.working = null;
      this.tell();
    });
    return this.working;
  }

  async pause(): Promise<void> {
    if (isOver(this.held.status) || this.held.status === 'paused') return;
    this.paused = Promise.withResolvers();
    this.rest();
    await this.save({ status: 'paused' });
  }

  /** True where it has to be begun. */
  async resume(): Promise<boolean> {
    if (this.held.status !== 'paused') return false;
    await this.save({ status: this.working ? 'running' : 'waiting', failure: null });
    this.paused?.resolve();
    this.paused = null;
    if (this.working) this.busySince = performance.now();
    return this.working === null;
  }

  async cancel(): Promise<void> {
    if (isOver(this.held.status)) return;
    this.stopping = 'cancelled';
    this.paused?.resolve();
    this.paused = null;
    await (this.working ?? this.begin());
  }

  /** What is under way is answered; the next start goes on. */
  async close(): Promise<void> {
    if (this.stopping === 'no') this.stopping = 'closing';
    this.paused?.resolve();
    await this.working;
    await this.saving.catch(() => undefined);
  }

  job(task: ReadingJob['task']): ReadingJob {
    const { kind, options } = this.held;
    return { path: join(this.folder, 'file'), key: this.key.key, kind, reading: options.reading ?? {}, task };
  }

  /** The result in pieces, once it is over. */
  async *result(form: 'xlsx' | 'csv', language: Language): AsyncGenerator<Uint8Array, void, undefined> {
    const { kind, fileDigest, by, acceptedAt, endedAt, runId, dryRun, status, counts, answered, reached } = this.held;
    const moment = (at: string): string => timeIn(at, by.zone);
    const { table, nearDuplicates, fileName } = this.secret;
    const summary = {
      kind,
      file: fileName,
      digest: fileDigest,
      by: by.actor.personId,
      began: moment(acceptedAt),
      ended: moment(endedAt ?? acceptedAt),
      runId,
      state: status === 'cancelled' ? 'cancelled' : dryRun ? 'rehearsed' : 'finished',
      counts,
      rows: answered,
      unknownColumns: table?.unknownColumns ?? [],
      unrecordedColumns: table?.unrecordedColumns ?? [],
      hiddenRows: table?.hiddenRows ?? [],
      footRows: table?.footRows ?? [],
      nearDuplicates,
    } as const;
    const answers = join(this.folder, 'answers');
    const task = {
      does: 'result',
      form,
      language,
      answers,
      summary,
      reached: status === 'cancelled' ? (reached ?? 0) : null,
    } as const;
    for await (const item of readInThread(this.job(task))) if (item.told === 'bytes') yield item.bytes;
  }

  // ── its work ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private async work(): Promise<void> {
    try {
      if (this.held.ending) return await this.end(this.held.ending.status, this.held.ending.runOnLog);
      this.rows = null;
      this.read = this.answered = this.busyMs = 0;
      this.reached = null;
      this.counts = {};
      if (this.stopping === 'no' && this.held.status !== 'paused') await this.save({ status: 'running' });
      this.busySince = performance.now();
      await this.carryOut();
    } catch (fault) {
      await this.failed(fault).catch(this.deps.onFault);
    } finally {
      this.rest();
    }
  }

  private async carryOut(): Promise<void> {
    const { by, kind, fileDigest, options, dryRun } = this.held;
    const answers = await SealedWriter.create(join(this.folder, 'answers'), this.key.key);
    const flights: Promise<readonly KeptAnswer[]>[] = [];
    const people: PersonRead[] = [];
    let runOnLog = '';
    let status: 'finished' | 'cancelled' = 'finished';
    try {
      const landed = async (): Promise<void> => answers.write(this.noted(await flights.shift()!));
      try {
        for await (const item of readInThread(this.job({ does: 'rows' }))) {
          await this.mayGoOn();
          if (item.told === 'counted') {
            const started = await this.deps.imports.start(by, kind, fileDigest, options, dryRun);
            if (isRefusal(started)) throw new Error(`the run was not started: ${started.refused}`);
            this.rows = item.rows;
            runOnLog = started.runId;
          } else if (item.told === 'rows') {
            this.read += item.rows.length;
            if (kind === 'roster') people.push(...peopleOf(item.rows));
            flights.push(underWay(this.batch(runOnLog, item.rows)));
            if (flights.length >= inFlight) await landed();
          } else this.met(item);
          this.tell();
        }
      } catch (stopped) {
        if (!(stopped instanceof Stopped) || this.stopping !== 'cancelled') throw stopped;
        status = 'cancelled';
      }
      while (flights.length > 0) await landed();
      await answers.end();
    } catch (fault) {
      await Promise.allSettled(flights);
      await answers.abandon().catch(() => undefined);
      throw fault;
    }
    const nearDuplicates = await this.nearDuplicates(people);
    this.secret = { ...this.secret, nearDuplicates };
    await this.end(status, runOnLog);
  }

  private async mayGoOn(): Promise<void> {
    while (this.paused && this.stopping === 'no') await this.paused.promise;
    if (this.stopping !== 'no') throw new Stopped();
  }

  private met(item: FromReader): void {
    if (item.told === 'table') this.secret = { ...this.secret, table: item.table };
  }

  private async batch(runOnLog: string, rows: readonly ReadRow[]): Promise<readonly KeptAnswer[]> {
    const { kind, by, dryRun } = this.held;
    const mapped = rows.flatMap((row) => ('mapped' in row ? [row.mapped] : []));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the mapping of this kind gave
    const answers = await this.deps.imports.rows(kind, by, runOnLog, mapped as unknown as readonly RowsOf[typeof kind][], dryRun);
    if (isRefusal(answers)) throw new Error(`rows were not taken: ${answers.refused}`);
    const byRow = new Map(answers.map((answer) => [answer.row, answer]));
    return rows.map((read): KeptAnswer => {
      if (!('mapped' in read)) return [read.row, 'refused', null, read.problems];
      const { outcome, refusal } = byRow.get(read.row)!;
      return [read.row, outcome, refusal ?? null, read.warnings.length > 0 ? read.warnings : null];
    });
  }

  /** Counts, and gives the line that is kept. */
  private noted(answers: readonly KeptAnswer[]): Uint8Array {
    for (const [row, outcome] of answers) {
      this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
      this.reached = row;
    }
    this.answered += answers.length;
    this.tell();
    return Buffer.from(`${JSON.stringify(answers)}\n`);
  }

  /** It is for a person to look at: where nobody can say, the import stands all the same. */
  private async nearDuplicates(people: readonly PersonRead[]): Promise<readonly NearDuplicate[] | null> {
    if (people.length === 0) return [];
    if (this.held.dryRun) return null;
    try {
      return (await this.deps.nearDuplicates(this.held.by.institutionId, people)).slice(0, nearDuplicatesKept);
    } catch (fault) {
      this.deps.onFault(fault);
      return null;
    }
  }

  private async end(status: 'finished' | 'cancelled', runOnLog: string): Promise<void> {
    const { by, dryRun } = this.held;
    if (!this.held.ending)
      await this.save({
        ending: { status, runOnLog },
        rows: this.rows,
        answered: this.answered,
        reached: this.reached,
        counts: this.counts,
      });
    if (!dryRun && runOnLog !== '') {
      const { taken, unchanged, refused } = countsOf(this.held);
      const finished = await this.deps.imports.finish(by, runOnLog, { rows: this.held.answered, taken, unchanged, refused });
      if (isRefusal(finished) && finished.refused !== 'RUN_UNKNOWN') throw new Error(`not finished: ${finished.refused}`);
    }
    await this.save({ status, endedAt: instant(this.deps.clock.now()) });
  }

  private async failed(fault: unknown): Promise<void> {
    const endedAt = instant(this.deps.clock.now());
    if (fault instanceof UnreadableFile) {
      this.secret = { ...this.secret, failureFacts: fault.facts };
      await this.save({ status: 'failed', failure: fault.code, endedAt });
      return;
    }
    // The next start goes on.
    if (fault instanceof Stopped || (fault instanceof StoreFault && fault.code === 'STORE_CLOSED')) return;
    this.deps.onFault(fault);
    const full = fault instanceof StoreFault && fault.code === 'STORE_FULL';
    await this.save({ status: 'paused', failure: full ? 'STORAGE_FULL' : 'INTERNAL' });
  }

  private rest(): void {
    if (this.busySince > 0) this.busyMs += performance.now() - this.busySince;
    this.busySince = 0;
  }

  /** One change after the other; each is told once it is durable. What is over stays so. */
  private save(change: Partial<UploadState>): Promise<void> {
    const saved = this.saving.catch(() => undefined).then(() => this.saveNow(change));
    this.saving = saved;
    return saved;
  }

  private async saveNow(change: Partial<UploadState>): Promise<void> {
    if (isOver(this.held.status)) return;
    const next = { ...this.held, ...change };
    await saveState(this.folder, next, this.secret, this.key);
    this.held = next;
    this.tell();
  }

  private tell(): void {
    for (const changed of this.watchers) changed();
  }
}

const countsOf = ({ kind, counts }: UploadState): { taken: number; unchanged: number; refused: number } => ({
  taken: takenOutcomes(kind).reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0),
  unchanged: counts['unchanged'] ?? 0,
  refused: counts['refused'] ?? 0,
});

function peopleOf(rows: readonly ReadRow[]): readonly PersonRead[] {
  return rows.flatMap((read) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- asked of rosters alone
    const person = 'mapped' in read ? personRead(read.mapped as unknown as RowsOf['roster']) : null;
    return person ? [person] : [];
  });
}

/** A failure is met where the batch is awaited; one that fails after another must not end the process before. */
const underWay = <T>(work: Promise<T>): Promise<T> => {
  work.catch(() => undefined);
  return work;
};
