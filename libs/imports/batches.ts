import { classIdOf } from '../contexts/enrollment/class.ts';
import { classFact } from '../facts/reference.ts';
import type { RegistrationRow } from '../intake/batches.ts';
import { batchRunId } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import {
  importContext,
  refusedRow,
  type BatchKind,
  type RowsOf,
  type ImportDeps,
  type Importer,
  type RowAnswer,
} from './importing.ts';
import type { Imports } from './imports.ts';
import type { ProgramIndex } from './program-index.ts';
import { planImport, runSource } from './run.ts';

/** Who sent what, as the request says it: the same command is the same run. */
export interface Asked {
  readonly by: Importer;
  readonly commandId: string;
  /** Keyed digest of what was said. */
  readonly digest: string;
  readonly dryRun: boolean;
}

export interface Batch {
  readonly runId: string;
  readonly answers: readonly RowAnswer[];
}

/** Whom a batch without a list is about, and what it says of each. Kept with the run, so that a repeat is about the same people. */
export interface Cohort {
  readonly members: readonly string[];
  readonly on: string | null;
  readonly academicYear: string | null;
  /** Student numbers in the order of the members. */
  readonly numbers: { readonly prefix: string; readonly from: number; readonly digits: number } | null;
}

/** One request is one run: started, its rows carried out, finished. A repeat goes on where it was cut off, and once finished writes nothing. */
export class Batches {
  private readonly deps: ImportDeps;
  private readonly imports: Imports;

  constructor(deps: ImportDeps, imports: Imports) {
    this.deps = deps;
    this.imports = imports;
  }

  /** `unread` rows were refused before they could be asked. */
  async list<K extends BatchKind>(asked: Asked, kind: K, rows: readonly RowsOf[K][], unread = 0): Promise<Batch | Refusal> {
    const begun = await this.begin(asked, kind, {});
    return isRefusal(begun) ? begun : this.carryOut(asked, kind, rows, begun, unread);
  }

  /** Ids of what a cohort is called by: a class by its name, a program by its code or name. */
  async named(
    institutionId: string,
    { className, program }: { readonly className?: string; readonly program?: string },
  ): Promise<{ readonly classId?: string; readonly programId?: string } | Refusal> {
    const classId = className === undefined ? undefined : classIdOf(institutionId, className);
    if (classId !== undefined && !(await this.deps.transactor.load(classFact(classId))).state)
      return refuse('CLASS_UNKNOWN', { class: className });
    if (program === undefined) return classId === undefined ? {} : { classId };
    await this.imports.programs.refresh();
    const byCode = this.imports.programs.find(institutionId, { code: program });
    const found = isRefusal(byCode) && byCode.refused === 'PROGRAM_UNKNOWN' ? this.byName(institutionId, program) : byCode;
    if (isRefusal(found)) return found;
    return { ...(classId === undefined ? {} : { classId }), programId: found.programId };
  }

  private byName(institutionId: string, name: string): ReturnType<ProgramIndex['find']> {
    return this.imports.programs.find(institutionId, { name });
  }

  /** Everybody of a cohort. `choose` is asked once, when the run starts. */
  async cohort(
    asked: Asked,
    kind: 'registrations' | 'annual-registrations' | 'rechecks',
    choose: () => Promise<Cohort | Refusal>,
  ): Promise<Batch | Refusal> {
    const runId = batchRunId(asked.commandId);
    const before = (await this.deps.transactor.load(runSource(runId))).state.started?.options['cohort'];
    const chosen = before === undefined ? await choose() : (before as Cohort);
    if (isRefusal(chosen)) return chosen;
    const begun = await this.begin(asked, kind, { cohort: chosen });
    if (isRefusal(begun)) return begun;
    // Somebody else may have sent the same at the same moment: whoever came first chose.
    const { members, on, academicYear, numbers } = (begun.options['cohort'] ?? chosen) as Cohort;
    const rows = members.map((enrollmentId, at) => ({
      row: at + 1,
      whom: { enrollmentId },
      ...(on === null ? {} : { on }),
    }));
    switch (kind) {
      case 'registrations': {
        const { prefix, from, digits } = numbers!;
        const numbered = (at: number): string => `${prefix}${String(from + at).padStart(digits, '0')}`;
        const registrations: RegistrationRow[] = rows.map((row, at) => ({ ...row, studentNumber: numbered(at) }));
        return this.carryOut(asked, kind, registrations, begun);
      }
      case 'annual-registrations':
        return this.carryOut(
          asked,
          kind,
          rows.map((row) => ({ ...row, academicYear: academicYear! })),
          begun,
        );
      case 'rechecks':
        return this.carryOut(
          asked,
          kind,
          rows.map((row) => ({ ...row, passed: true })),
          begun,
        );
      default:
        return kind satisfies never;
    }
  }

  private async begin(
    { by, commandId, digest, dryRun }: Asked,
    kind: BatchKind,
    options: Readonly<Record<string, unknown>>,
  ): Promise<Begun | Refusal> {
    const runId = batchRunId(commandId);
    if (dryRun) return { runId, finished: false, options };
    const command = { type: 'StartImport', kind, fileDigest: digest, options, ordinal: 1 } as const;
    const said = { type: 'StartBatch', digest };
    const started = await this.deps.transactor.transact(importContext(this.deps, by, `${runId}-start`, said), () =>
      planImport(runId, command),
    );
    if (isRefusal(started)) return started;
    const { state } = await this.deps.transactor.load(runSource(runId));
    if (state.undo) return refuse('RUN_UNDONE');
    return { runId, finished: state.finished !== null, options: state.started!.options };
  }

  private async carryOut<K extends BatchKind>(
    { by, digest, dryRun }: Asked,
    kind: K,
    rows: readonly RowsOf[K][],
    { runId, finished }: Begun,
    unread = 0,
  ): Promise<Batch | Refusal> {
    const run = { ...by, runId, fileDigest: digest, options: { formClasses: false }, seen: new Map<string, string>() };
    const carried = await this.imports.carryOut(kind, { ...run, dryRun: dryRun || finished }, rows);
    if (dryRun) return { runId, answers: carried };
    if (finished) return { runId, answers: carried.map((answer) => asFinished(answer)) };
    const of = (outcomes: readonly RowAnswer['outcome'][]): number =>
      carried.filter(({ outcome }) => outcomes.includes(outcome)).length;
    const ended = await this.imports.finish(by, runId, {
      rows: rows.length + unread,
      taken: of(['registered', 'recorded']),
      unchanged: of(['unchanged']),
      refused: of(['refused']) + unread,
    });
    return isRefusal(ended) ? ended : { runId, answers: carried };
  }
}

interface Begun {
  readonly runId: string;
  readonly finished: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a finished run did not do it will not do: a refused row that would go through by now is for another run. */
const asFinished = (answer: RowAnswer): RowAnswer =>
  answer.position > 0n || answer.outcome === 'unchanged' || answer.outcome === 'refused'
    ? answer
    : refusedRow(answer, refuse('RUN_FINISHED'));
