import { idNumberValue } from '../contexts/enrollment/gates.ts';
import type { ProgramRow } from '../intake/programs.ts';
import type { RosterRow } from '../intake/roster.ts';
import { importRunId } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { Answer } from '../runtime/transact.ts';
import {
  importContext,
  type ImportDeps,
  type Importer,
  type ImportOptions,
  type RowAnswer,
  type Run,
  type StartedRun,
} from './importing.ts';
import { ProgramIndex } from './program-index.ts';
import { importProgramRow } from './program-rows.ts';
import { RosterRows } from './roster-rows.ts';
import { planImport, runSource } from './run.ts';

export type ImportKind = 'roster' | 'programs';

/** Rows of a file through the contexts' own commands, each row its own answer. Reading and mapping are elsewhere (libs/intake). */
export class Imports {
  private readonly deps: ImportDeps;
  private readonly programs: ProgramIndex;
  private readonly rosterRows: RosterRows;
  /** Rows about one person go one after the other, whatever the batch. */
  private readonly queues = new Map<string, Promise<unknown>>();
  /** What a dry run has seen, since nothing is written that could tell: natural key → row digest, by run. */
  private readonly rehearsed = new Map<string, { readonly options: ImportOptions; readonly seen: Map<string, string> }>();

  constructor(deps: ImportDeps) {
    this.deps = deps;
    this.programs = new ProgramIndex(deps.store, deps.codec);
    this.rosterRows = new RosterRows(deps, this.programs);
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
      if (run.state.finished) continue;
      const continued = run.state.started !== null;
      if (dryRun) this.rehearse(runId, options);
      else if (!continued) {
        const command = { type: 'StartImport', kind, fileDigest, options: { ...options }, ordinal } as const;
        const answer = await this.deps.transactor.transact(importContext(this.deps, by, `${runId}-start`, command), () =>
          planImport(runId, command),
        );
        if (isRefusal(answer)) return answer;
      }
      return { runId, ordinal, continued };
    }
  }

  private rehearse(runId: string, options: ImportOptions): void {
    this.rehearsed.delete(runId);
    this.rehearsed.set(runId, { options, seen: new Map() });
    if (this.rehearsed.size > 20) this.rehearsed.delete(this.rehearsed.keys().next().value!);
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

  /** Rows of a roster, answered in their order. */
  async roster(
    by: Importer,
    runId: string,
    rows: readonly RosterRow[],
    dryRun: boolean,
  ): Promise<readonly RowAnswer[] | Refusal> {
    const run = await this.open(by, runId, 'roster', dryRun);
    if (isRefusal(run)) return run;
    await this.programs.refresh();
    return Promise.all(
      rows.map((row) => this.inTurn(`${by.institutionId}\n${idNumberValue(row.identity)}`, () => this.rosterRows.row(run, row))),
    );
  }

  /** Rows of a programs sheet, answered in their order. */
  async publish(
    by: Importer,
    runId: string,
    rows: readonly ProgramRow[],
    dryRun: boolean,
  ): Promise<readonly RowAnswer[] | Refusal> {
    const run = await this.open(by, runId, 'programs', dryRun);
    if (isRefusal(run)) return run;
    return Promise.all(
      rows.map((row) =>
        this.inTurn(`${by.institutionId}\n${row.group ?? row.code}`, () => importProgramRow(this.deps, run, row)),
      ),
    );
  }

  private async open(by: Importer, runId: string, kind: ImportKind, dryRun: boolean): Promise<Run | Refusal> {
    if (dryRun) {
      const rehearsal = this.rehearsed.get(runId);
      return rehearsal ? { ...by, runId, fileDigest: '', ...rehearsal, dryRun } : refuse('RUN_UNKNOWN');
    }
    const run = await this.deps.transactor.load(runSource(runId));
    if (!run.state.started || run.institutionId !== by.institutionId || run.state.started.kind !== kind)
      return refuse('RUN_UNKNOWN');
    if (run.state.finished) return refuse('RUN_FINISHED');
    const { fileDigest, options } = run.state.started;
    return { ...by, runId, fileDigest, options: { formClasses: options['formClasses'] === true }, dryRun };
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
