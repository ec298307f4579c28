import { setImmediate as nextTurn } from 'node:timers/promises';
import { importRunId, rowOfCommand } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { Answer } from '../runtime/transact.ts';
import {
  importContext,
  type ImportDeps,
  type Importer,
  type ImportKind,
  type ImportOptions,
  type RowAnswer,
  type RowImporter,
  type RowsOf,
  type Run,
  type StartedRun,
} from './importing.ts';
import { batchRows } from './batch-rows.ts';
import { ProgramIndex } from './program-index.ts';
import { contractRows } from './contract-rows.ts';
import { courseRows } from './course-rows.ts';
import { mentorRows } from './mentor-rows.ts';
import { OrganizationIndex } from './organization-index.ts';
import { organizationRows } from './organization-rows.ts';
import { programRows } from './program-rows.ts';
import { resultRows } from './result-rows.ts';
import { RememberedColumns, type RememberedColumn } from './remembered-columns.ts';
import { RosterRows } from './roster-rows.ts';
import { planImport, runSource } from './run.ts';
import { Students } from './students.ts';

/** Rows of a file through the contexts' own commands, each row its own answer. Reading and mapping are elsewhere (libs/intake). */
export class Imports {
  readonly programs: ProgramIndex;
  private readonly deps: ImportDeps;
  private readonly importers: { readonly [K in ImportKind]: RowImporter<RowsOf[K]> };
  private readonly busy = new Map<string, Set<Promise<unknown>>>();
  private readonly remembered: RememberedColumns;
  private readonly queues = new Map<string, Promise<unknown>>();
  /** Runs under way here, with what they have met. The client sends a file from its beginning, so a run that goes on meets it again. */
  private readonly underWay = new Map<string, { readonly options: ImportOptions; readonly seen: Map<string, string> }>();

  constructor(deps: ImportDeps) {
    this.deps = deps;
    this.remembered = new RememberedColumns(deps.store, deps.codec);
    const organizations = new OrganizationIndex(deps.store, deps.codec);
    const students = new Students(deps);
    this.programs = new ProgramIndex(deps.store, deps.codec);
    this.importers = {
      ...batchRows(deps, students, this.programs),
      roster: new RosterRows(deps, this.programs),
      programs: programRows(deps),
      courses: courseRows(deps),
      organizations: organizationRows(deps),
      mentors: mentorRows(deps, organizations),
      contracts: contractRows(deps, organizations, students),
      results: resultRows(deps, students),
    };
  }

  /** The run of this file: the unfinished one, else the next. A dry run has the id that a real one would have, and records nothing. */
  async start(
    by: Importer,
    kind: ImportKind,
    fileDigest: string,
    options: ImportOptions,
    dryRun: boolean,
  ): Promise<StartedRun | Refusal> {
    for (let ordinal = 1; ; ordinal++) {
      const runId = importRunId(by.institutionId, kind, fileDigest, JSON.stringify(options), ordinal);
      const run = await this.deps.transactor.load(runSource(runId));
      if (run.state.finished || run.state.undo) continue;
      const continued = run.state.started !== null;
      this.begin(runId, options);
      if (!dryRun && !continued) {
        const command = { type: 'StartImport', kind, fileDigest, options: { ...options }, ordinal } as const;
        const answer = await this.deps.transactor.transact(importContext(this.deps, by, `${runId}-start`, command), () =>
          planImport(runId, command),
        );
        if (isRefusal(answer)) return answer;
      }
      return { runId, ordinal, continued };
    }
  }

  /** The columns that the institution's imports named; the next of the same kind reads them so too. */
  async columns(institutionId: string): Promise<readonly RememberedColumn[]> {
    await this.remembered.refresh();
    return this.remembered.of(institutionId);
  }

  private begin(runId: string, options: ImportOptions): Map<string, string> {
    const seen = new Map<string, string>();
    this.underWay.delete(runId);
    this.underWay.set(runId, { options, seen });
    if (this.underWay.size > 20) this.underWay.delete(this.underWay.keys().next().value!);
    return seen;
  }

  async finish(
    by: Importer,
    runId: string,
    counts: { rows: number; taken: number; unchanged: number; refused: number },
  ): Promise<Answer | Refusal> {
    const command = { type: 'FinishImport', ...counts } as const;
    return this.deps.transactor.transact(importContext(this.deps, by, `${runId}-finish`, { type: command.type, runId }), () =>
      planImport(runId, command),
    );
  }

  /** How many rows of a run the log holds, and the last of them; 0 where it holds none. A row that was refused leaves nothing there. */
  async onLog(runId: string): Promise<{ readonly rows: number; readonly last: number }> {
    const { startedPosition } = (await this.deps.transactor.load(runSource(runId))).state;
    const rows = new Set<number>();
    let last = 0;
    for (let after = startedPosition, end = false; !end;) {
      const page = await this.deps.store.readAll(after);
      for (const stored of page.events) {
        // Most of a log is about something else, which need not be read to be passed over.
        const row = stored.json.includes(runId) ? rowOfCommand(runId, this.deps.codec.decode(stored).commandId) : null;
        if (row === null) continue;
        rows.add(row);
        last = Math.max(last, row);
      }
      ({ scannedTo: after, end } = page);
      await nextTurn();
    }
    return { rows: rows.size, last };
  }

  /** Rows of a file, answered in their order. */
  async rows<K extends ImportKind>(
    kind: K,
    by: Importer,
    runId: string,
    rows: readonly RowsOf[K][],
    dryRun: boolean,
  ): Promise<readonly RowAnswer[] | Refusal> {
    const run = await this.open(by, runId, kind, dryRun);
    return isRefusal(run) ? run : this.carryOut(kind, run, rows);
  }

  /** Rows of one person or one natural key go one after the other, whoever sends them. */
  async carryOut<K extends ImportKind>(kind: K, run: Run, rows: readonly RowsOf[K][]): Promise<readonly RowAnswer[]> {
    const importer: RowImporter<RowsOf[K]> = this.importers[kind];
    const carryOut = await importer.open(run);
    const work = Promise.all(
      rows.map((row) => this.inTurn(`${run.institutionId}\n${kind}\n${importer.turnOf(row)}`, () => carryOut(row))),
    );
    const busy = this.busy.get(run.runId) ?? new Set();
    this.busy.set(run.runId, busy.add(work));
    try {
      return await work;
    } finally {
      busy.delete(work);
      if (busy.size === 0) this.busy.delete(run.runId);
    }
  }

  /** Resolves once no row of a run is under way here. A run that is undone takes no further ones. */
  async settled(runId: string): Promise<void> {
    const busy: ReadonlySet<Promise<unknown>> = this.busy.get(runId) ?? new Set();
    await Promise.allSettled(busy);
  }

  private async open(by: Importer, runId: string, kind: ImportKind, dryRun: boolean): Promise<Run | Refusal> {
    if (dryRun) {
      const rehearsed = this.underWay.get(runId);
      return rehearsed ? { ...by, runId, fileDigest: '', ...rehearsed, dryRun } : refuse('RUN_UNKNOWN');
    }
    const run = await this.deps.transactor.load(runSource(runId));
    if (!run.state.started || run.institutionId !== by.institutionId || run.state.started.kind !== kind)
      return refuse('RUN_UNKNOWN');
    if (run.state.undo) return refuse('RUN_UNDONE');
    if (run.state.finished) return refuse('RUN_FINISHED');
    const { fileDigest, options: started } = run.state.started;
    const options = { formClasses: started['formClasses'] === true };
    const seen = this.underWay.get(runId)?.seen ?? this.begin(runId, options);
    return { ...by, runId, fileDigest, options, dryRun, seen };
  }

  private async inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.queues.get(key) ?? Promise.resolve()).then(work, work);
    this.queues.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.queues.get(key) === turn) this.queues.delete(key);
    }
  }
}
