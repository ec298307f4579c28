import { join } from 'node:path';
import { UnreadableFile } from '../intake/unreadable-file.ts';
import type { NearDuplicate } from '../intake/result-workbook.ts';
import type { Language } from '../kernel/bilingual.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { instant, timeIn } from '../kernel/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataKey } from '../ports/key-vault.ts';
import { StoreFault } from '../ports/store-fault.ts';
import type { RowsOf, StartedRun } from './importing.ts';
import type { Imports } from './imports.ts';
import { nearDuplicatesKept, personRead, type PersonRead } from './near-duplicates.ts';
import { takenOutcomes } from './outcome-words.ts';
import type { FromReader, KeptAnswer, ReadingJob, ReadRow } from './reading-protocol.ts';
import { readInThread } from './reading-thread.ts';
import { SealedWriter } from './sealed-file.ts';
import { isEnding, isOver, saveState, type UploadSecret, type UploadState } from './upload-state.ts';

export interface UploadDeps {
  readonly imports: Pick<Imports, 'start' | 'rows' | 'finish' | 'onLog'>;
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

/** The ledger is closing. */
class Stopped extends Error {}

/**
 * The import of one uploaded file. It reads the file from its beginning whenever it is begun: rows that an earlier beginning took are
 * answered as taken, by their commands' ids, so that a crash anywhere leaves nothing half done. Cancelled, it still goes over those rows, so
 * that what it says of itself is what was taken, and ends on the log whenever it was begun there.
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
  private closing = false;
  private paused: PromiseWithResolvers<void> | null = null;
  private rows: number | null = null;
  private read = 0;
  private answered = 0;
  private reached: number | null = null;
  private counts: Record<string, number> = {};
  private lastBefore: number | null = null;
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
    if (isOver(this.held.status) || this.closing) return Promise.resolve();
    this.working ??= this.work().finally(() => {
      this.working = null;
      this.tell();
    });
    return this.working;
  }

  async pause(): Promise<void> {
    if (isOver(this.held.status) || this.held.status === 'paused' || isEnding(this.held)) return;
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
    await this.save({ cancelling: true });
    this.paused?.resolve();
    this.paused = null;
    await this.working;
    // What was under way may have failed, or nothing was.
    await this.begin();
  }

  /** What is under way is answered; the next start goes on. */
  async close(): Promise<void> {
    this.closing = true;
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
      zone: by.zone,
      answers,
      summary,
      reached: status === 'cancelled' ? (reached ?? 0) : null,
    } as const;
    for await (const item of readInThread(this.job(task))) if (item.told === 'bytes') yield item.bytes;
  }

  // ── its work ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private async work(): Promise<void> {
    const again = this.held.cancelling;
    try {
      if (this.held.ending) return await this.end(this.held.ending.status, this.held.ending.runOnLog);
      this.rows = null;
      this.read = this.answered = this.busyMs = 0;
      this.reached = this.lastBefore = null;
      this.counts = {};
      if (this.held.status !== 'paused' && !this.held.cancelling) await this.save({ status: 'running' });
      this.busySince = performance.now();
      await this.carryOut();
    } catch (fault) {
      await this.failed(fault, again).catch(this.deps.onFault);
    } finally {
      this.rest();
    }
  }

  private async carryOut(): Promise<void> {
    const { kind } = this.held;
    const answers = await SealedWriter.create(join(this.folder, 'answers'), this.key.key);
    const flights: Promise<readonly KeptAnswer[]>[] = [];
    const people: PersonRead[] = [];
    let started: StartedRun | null = null;
    let status: 'finished' | 'cancelled' = 'finished';
    try {
      const landed = async (): Promise<void> => answers.write(this.noted(await flights.shift()!));
      for await (const item of readInThread(this.job({ does: 'rows' }))) {
        await this.mayGoOn();
        if (item.told === 'counted') {
          this.rows = item.rows;
          started = await this.startOnLog();
        } else if (item.told === 'rows') {
          if (this.held.cancelling && (started === null || item.rows[0]!.row > (await this.takenBefore(started)))) {
            status = 'cancelled';
            break;
          }
          this.read += item.rows.length;
          if (kind === 'roster') people.push(...peopleOf(item.rows));
          flights.push(underWay(this.batch(started!.runId, item.rows)));
          if (flights.length >= inFlight) await landed();
        } else this.met(item);
        this.tell();
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
    await this.end(status, started?.runId ?? '');
  }

  private async mayGoOn(): Promise<void> {
    while (this.paused && !this.closing && !this.held.cancelling) await this.paused.promise;
    if (this.closing) throw new Stopped();
  }

  /** The run of this file that is open on the log; of one that was cancelled before it came to that, none. */
  private async startOnLog(): Promise<StartedRun | null> {
    const { by, kind, fileDigest, options, dryRun, cancelling } = this.held;
    const started = await this.deps.imports.start(by, kind, fileDigest, options, dryRun || cancelling);
    if (isRefusal(started)) throw new Error(`the run was not started: ${started.refused}`);
    return cancelling && !started.continued ? null : started;
  }

  /** The last row that was taken before this beginning: up to there, a cancelled run goes over its rows again. */
  private async takenBefore({ runId, continued }: StartedRun): Promise<number> {
    if (!continued || this.held.dryRun) return 0;
    this.lastBefore ??= (await this.deps.imports.onLog(runId)).last;
    return this.lastBefore;
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
      // Of one that was taken back meanwhile nothing more is said.
      const over = isRefusal(finished) && ['RUN_UNKNOWN', 'RUN_UNDONE'].includes(finished.refused);
      if (isRefusal(finished) && !over) throw new Error(`not finished: ${finished.refused}`);
    }
    await this.save({ status, endedAt: instant(this.deps.clock.now()) });
  }

  /** A cancelled run whose rows cannot be gone over again: what the log holds of it is all that can be said. */
  private async endUnread(): Promise<void> {
    const { by, kind, fileDigest, options, dryRun } = this.held;
    if (dryRun) return;
    const open = await this.deps.imports.start(by, kind, fileDigest, options, true);
    if (isRefusal(open) || !open.continued) return;
    const { rows } = await this.deps.imports.onLog(open.runId);
    const finished = await this.deps.imports.finish(by, open.runId, { rows, taken: rows, unchanged: 0, refused: 0 });
    if (isRefusal(finished)) throw new Error(`not finished: ${finished.refused}`);
  }

  /** `again`: it was cancelled before this beginning, and its rows cannot be gone over. */
  private async failed(fault: unknown, again: boolean): Promise<void> {
    const endedAt = instant(this.deps.clock.now());
    if (fault instanceof UnreadableFile) {
      if (this.held.cancelling) await this.endUnread();
      this.secret = { ...this.secret, failureFacts: fault.facts };
      await this.save({ status: 'failed', failure: fault.code, endedAt });
      return;
    }
    // The next start goes on.
    if (fault instanceof Stopped || (fault instanceof StoreFault && fault.code === 'STORE_CLOSED')) return;
    this.deps.onFault(fault);
    if (again && !(fault instanceof StoreFault)) {
      await this.endUnread();
      await this.save({ status: 'failed', failure: 'INTERNAL', endedAt });
      return;
    }
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
