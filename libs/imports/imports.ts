import { classIdOf } from '../contexts/enrollment/class.ts';
import type { Enrollment } from '../contexts/enrollment/enrollment.ts';
import { claimsOf, enrollmentSource, idNumberValue, learnerSource, type Claims } from '../contexts/enrollment/gates.ts';
import type { Learner } from '../contexts/enrollment/learner.ts';
import { planClass, planEnrollment, type Opening } from '../contexts/enrollment/plans.ts';
import { planCurriculum, programIdOf } from '../contexts/curriculum/curriculum.ts';
import { classFact } from '../facts/reference.ts';
import type { ProgramRow } from '../intake/programs.ts';
import type { RosterRow } from '../intake/roster.ts';
import { claim } from '../kernel/claim.ts';
import type { Actor } from '../kernel/decider.ts';
import { importRowCommandId, importRunId, mintedId } from '../kernel/ids.ts';
import { source } from '../kernel/plan.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { instant, startOfDay } from '../kernel/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Answer, CommandContext, Transactor } from '../runtime/transact.ts';
import { ProgramIndex } from './program-index.ts';
import { compareRow, effectiveDay, identityDifferences, openingOf, type ResolvedRow } from './roster.ts';
import { planImport, runSource } from './run.ts';

export type ImportKind = 'roster' | 'programs';

export interface ImportOptions {
  /** Forms an administrative class where a row names one that does not exist. */
  readonly formClasses: boolean;
}

/** For whom rows are imported; from the bearer token. */
export interface Importer {
  readonly actor: Actor;
  readonly institutionId: string;
  readonly zone: string;
  readonly correlationId: string;
}

export interface StartedRun {
  readonly runId: string;
  readonly ordinal: number;
  /** True where an unfinished run of the same file goes on. */
  readonly continued: boolean;
}

/** What became of one row. */
export interface RowAnswer {
  readonly row: number;
  readonly outcome: 'published' | 'admitted' | 'registered' | 'imported' | 'unchanged' | 'refused';
  readonly learnerId?: string;
  readonly enrollmentId?: string;
  readonly refusal?: Refusal;
  /** Highest position written for the row, 0n for none. */
  readonly position: bigint;
}

interface Deps {
  readonly store: EventStore;
  readonly codec: Codec;
  readonly vault: KeyVault;
  readonly clock: Clock;
  readonly transactor: Transactor;
}

type Run = Importer & {
  readonly runId: string;
  readonly fileDigest: string;
  readonly options: ImportOptions;
  readonly dryRun: boolean;
};

/** Rows of a file through the contexts' own commands, each row its own answer. Reading and mapping are elsewhere (libs/intake). */
export class Imports {
  private readonly deps: Deps;
  private readonly programs: ProgramIndex;
  /** Rows about one person go one after the other, whatever the batch. */
  private readonly queues = new Map<string, Promise<unknown>>();
  /** What a dry run has seen, since nothing is written that could tell: natural key → row digest, by run. */
  private readonly rehearsed = new Map<string, { readonly options: ImportOptions; readonly seen: Map<string, string> }>();

  constructor(deps: Deps) {
    this.deps = deps;
    this.programs = new ProgramIndex(deps.store, deps.codec);
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
        const answer = await this.deps.transactor.transact(this.context(by, `${runId}-start`, command), () =>
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
    return this.deps.transactor.transact(this.context(by, `${runId}-finish`, command), () => planImport(runId, command));
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
      rows.map((row) => this.inTurn(`${by.institutionId}\n${idNumberValue(row.identity)}`, () => this.rosterRow(run, row))),
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
      rows.map((row) => this.inTurn(`${by.institutionId}\n${row.group ?? row.code}`, () => this.programRow(run, row))),
    );
  }

  private async open(by: Importer, runId: string, kind: ImportKind, dryRun: boolean): Promise<Run | Refusal> {
    if (dryRun) {
      const rehearsal = this.rehearsed.get(runId);
      return rehearsal ? { ...by, runId, fileDigest: '', options: rehearsal.options, dryRun } : refuse('RUN_UNKNOWN');
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

  // ── roster ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private async rosterRow(run: Run, row: RosterRow): Promise<RowAnswer> {
    const refused = (refusal: Refusal): RowAnswer => ({ row: row.row, outcome: 'refused', refusal, position: 0n });
    const studying = row.status === 'registered' || row.status === 'suspended' || row.status === 'status-retained';
    if (studying && row.studentNumber === undefined) return refused(refuse('STUDENT_NUMBER_MISSING'));
    const programId = this.programs.find(run.institutionId, { ...row.program, ...(row.level && { level: row.level }) });
    if (isRefusal(programId)) return refused(programId);
    const rowDigest = this.deps.vault.hmac('roster-row', canonicalRow(row));
    const rehearsed = this.rehearsal(run, `${idNumberValue(row.identity)}\n${programId}\n${row.entryDate}`, rowDigest);
    if (rehearsed) return { row: row.row, ...rehearsed, position: 0n };

    const commandId = importRowCommandId(run.runId, row.row);
    const classId = await this.classOf(run, row, programId, commandId);
    if (isRefusal(classId)) return refused(classId);
    const resolved: ResolvedRow = {
      row,
      programId,
      classId,
      source: { run: run.runId, row: row.row, fileDigest: run.fileDigest, rowDigest },
    };

    // Somebody else may identify the same person between the look and the take: then the row is about a person who exists.
    for (let tries = 0; ; tries++) {
      const answer = await this.carryOut(run, resolved, commandId);
      if (answer.refusal?.refused === 'ID_NUMBER_TAKEN' && tries < 3) continue;
      return answer;
    }
  }

  private rehearsal(run: Run, key: string, digest: string): Pick<RowAnswer, 'outcome' | 'refusal'> | null {
    const seen = run.dryRun ? this.rehearsed.get(run.runId)?.seen : undefined;
    const before = seen?.get(key);
    seen?.set(key, digest);
    if (before === undefined) return null;
    return before === digest
      ? { outcome: 'unchanged' }
      : { outcome: 'refused', refusal: refuse('ROW_DIFFERS', { differences: ['row'] }) };
  }

  private async classOf(run: Run, row: RosterRow, programId: string, commandId: string): Promise<string | null | Refusal> {
    if (row.className === undefined) return null;
    const classId = classIdOf(run.institutionId, row.className);
    const known = await this.deps.transactor.load(classFact(classId));
    if (known.revision >= 0n) return classId;
    if (!run.options.formClasses) return refuse('CLASS_UNKNOWN', { class: row.className });
    if (run.dryRun) return null;
    const command = {
      type: 'FormClass',
      kind: 'administrative',
      name: row.className,
      programId,
      course: null,
      term: null,
    } as const;
    const formed = await this.deps.transactor.transact(this.context(run, `${commandId}-class`, command), () =>
      planClass(classId, command),
    );
    // Another row may have formed it for its own program at the same moment.
    return isRefusal(formed) && formed.refused !== 'CLASS_EXISTS' ? formed : classId;
  }

  private async carryOut(run: Run, resolved: ResolvedRow, commandId: string): Promise<RowAnswer> {
    const { row, source: from } = resolved;
    const claims = claimsOf(run.institutionId, (domain, text) => this.deps.vault.hmac(domain, text));
    const idClaim = claims.streamOf('id-number', idNumberValue(row.identity));
    const holder = (await this.deps.transactor.load(source(idClaim, claim))).state.owner;
    const known = holder === null ? null : await this.deps.transactor.load(learnerSource(holder.slice('learner-'.length)));
    const learner = known?.state.known ? this.opened(known.state) : null;

    const existing = learner && known ? await this.enrollmentOf(learner, resolved) : null;
    if (learner && existing) {
      const mine = existing.enrollment.imported;
      if (mine?.run === run.runId && mine.row === row.row && mine.rowDigest === from.rowDigest) {
        return {
          row: row.row,
          outcome: openedAs(row),
          learnerId: existing.enrollment.admission!.learnerId,
          enrollmentId: existing.enrollmentId,
          position: 0n,
        };
      }
      const decision = compareRow(resolved, existing.enrollment, learner);
      const ids = { learnerId: existing.enrollment.admission!.learnerId, enrollmentId: existing.enrollmentId };
      if (isRefusal(decision)) return { row: row.row, outcome: 'refused', refusal: decision, ...ids, position: 0n };
      if (decision.kind === 'unchanged') return { row: row.row, outcome: 'unchanged', ...ids, position: 0n };
      return this.register(run, resolved, claims, commandId, ids, decision.studentNumber, existing.enrollment.lastChangeAt);
    }
    if (learner) {
      const different = identityDifferences(row, learner);
      if (different.length > 0)
        return { row: row.row, outcome: 'refused', refusal: refuse('ROW_DIFFERS', { differences: different }), position: 0n };
    }
    return this.openEnrollment(
      run,
      resolved,
      claims,
      commandId,
      idClaim,
      learner && known ? known.stream.slice('learner-'.length) : null,
    );
  }

  private opened(state: Learner): Pick<Learner, 'identity' | 'contact' | 'enrollments'> {
    return { ...state, identity: this.deps.codec.reveal(state.identity), contact: this.deps.codec.reveal(state.contact) };
  }

  /** The enrollment that the row's natural key names: by its gate entry, or by what a correction made of it. */
  private async enrollmentOf(
    learner: Pick<Learner, 'enrollments'>,
    { row, programId }: ResolvedRow,
  ): Promise<{ enrollmentId: string; enrollment: Enrollment } | null> {
    for (const [enrollmentId, slot] of Object.entries(learner.enrollments)) {
      const { state } = await this.deps.transactor.load(enrollmentSource(enrollmentId));
      if (state.status === 'none' || !state.admission) continue;
      const asOpened = slot.programId === programId && slot.entryDate === row.entryDate;
      if (asOpened || (state.admission.programId === programId && state.admission.entryDate === row.entryDate))
        return { enrollmentId, enrollment: state };
    }
    return null;
  }

  private async register(
    run: Run,
    resolved: ResolvedRow,
    claims: Claims,
    commandId: string,
    ids: { learnerId: string; enrollmentId: string },
    studentNumber: string,
    lastChangeAt: string,
  ): Promise<RowAnswer> {
    const { row, classId, source: from } = resolved;
    const command = { type: 'RegisterStudent', studentNumber, classId, source: from } as const;
    const stated = this.context(run, commandId, command, row);
    // A retained place, say, may have changed the enrollment after its entry date.
    const context = { ...stated, effectiveAt: stated.effectiveAt! < lastChangeAt ? lastChangeAt : stated.effectiveAt! };
    const answer = await this.deps.transactor.transact(context, () =>
      planEnrollment(ids.enrollmentId, command, { institutionId: run.institutionId, claims }),
    );
    return this.answered(row.row, 'registered', answer, ids);
  }

  private async openEnrollment(
    run: Run,
    resolved: ResolvedRow,
    claims: Claims,
    commandId: string,
    idClaim: string,
    knownLearner: string | null,
  ): Promise<RowAnswer> {
    const { row, source: from } = resolved;
    const context = this.context(run, commandId, { type: 'ImportRosterRow', row: canonicalRow(row) }, row);
    let ids = { learnerId: '', enrollmentId: '' };
    const answer = await this.deps.transactor.transact(context, (attempt) => {
      ids = { learnerId: knownLearner ?? mintedId(attempt, 'learner'), enrollmentId: mintedId(attempt, 'enrollment') };
      const command = openingOf(resolved, ids.learnerId);
      const opening: Opening = {
        ...(knownLearner === null
          ? { identify: { type: 'IdentifyLearner', identity: row.identity, contact: row.contact ?? null, idClaim, source: from } }
          : {}),
        ...(command.type === 'ImportEnrollment'
          ? {
              past: {
                from: startOfDay(row.entryDate, run.zone),
                to: endOf(command.status, context.effectiveAt!),
                status: command.status,
              },
            }
          : {}),
      };
      return planEnrollment(ids.enrollmentId, command, { institutionId: run.institutionId, claims }, opening);
    });
    return this.answered(row.row, openedAs(row), answer, ids);
  }

  private answered(
    row: number,
    outcome: RowAnswer['outcome'],
    answer: Answer | Refusal,
    ids: { learnerId: string; enrollmentId: string },
  ): RowAnswer {
    return isRefusal(answer)
      ? { row, outcome: 'refused', refusal: answer, position: 0n }
      : { row, outcome, ...ids, position: answer.position };
  }

  // ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private async programRow(run: Run, row: ProgramRow): Promise<RowAnswer> {
    const commandId = importRowCommandId(run.runId, row.row);
    const name = { zh: row.name.zh, en: row.name.en ?? row.name.zh };
    const { code, level, lengthOfStudyMonths = null } = row;
    const publish = { type: 'PublishProgram', code, name, level, lengthOfStudyMonths, entranceScore: null } as const;
    const published = await this.deps.transactor.transact(this.context(run, commandId, publish), () =>
      planCurriculum(publish, run.institutionId),
    );
    if (isRefusal(published)) return { row: row.row, outcome: 'refused', refusal: asDifference(published), position: 0n };
    let position = published.position;
    if (row.group !== undefined) {
      const group = {
        type: 'FormProgramGroup',
        name: { zh: row.group, en: row.group },
        programIds: [programIdOf(run.institutionId, code, level)],
      } as const;
      const joined = await this.deps.transactor.transact(this.context(run, `${commandId}-group`, group), () =>
        planCurriculum(group, run.institutionId),
      );
      if (isRefusal(joined)) return { row: row.row, outcome: 'refused', refusal: joined, position };
      position = joined.position > position ? joined.position : position;
    }
    return { row: row.row, outcome: position > 0n || published.events.length > 0 ? 'published' : 'unchanged', position };
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private context(
    by: Importer & { dryRun?: boolean },
    commandId: string,
    command: object,
    row?: RosterRow,
  ): CommandContext & { effectiveAt?: string } {
    const now = instant(this.deps.clock.now());
    const day = row && startOfDay(effectiveDay(row), by.zone);
    return {
      commandId,
      digest: this.deps.vault.hmac('command', JSON.stringify(command)),
      actor: by.actor,
      institutionId: by.institutionId,
      zone: by.zone,
      correlationId: by.correlationId,
      causationId: commandId,
      // At latest now: a roster for September arrives in August.
      ...(day === undefined ? {} : { effectiveAt: day < now ? day : now }),
      ...(by.dryRun ? { dryRun: true } : {}),
    };
  }
}

const openedAs = (row: RosterRow): RowAnswer['outcome'] => {
  if (row.status !== undefined) return 'imported';
  return row.studentNumber === undefined ? 'admitted' : 'registered';
};

/** An ended student of before leaves the gate as soon as she enters it. */
const endOf = (status: Enrollment['status'], at: string): string | null =>
  status === 'registered' || status === 'suspended' || status === 'place-retained' ? null : at;

/** The row's content without its place in the sheet: the same person in another file is the same row. */
const canonicalRow = (row: RosterRow): string => {
  const { row: _place, ...content } = row;
  return JSON.stringify(content, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
};

const asDifference = (refusal: Refusal): Refusal => {
  if (refusal.refused !== 'REFERENCE_EXISTS') return refusal;
  const { recorded, given } = refusal.facts as { recorded: Record<string, unknown>; given: Record<string, unknown> };
  const different = Object.keys(given).filter((field) => JSON.stringify(given[field]) !== JSON.stringify(recorded[field]));
  return refuse('ROW_DIFFERS', {
    differences: different.map((field) => ({ field, old: recorded[field] ?? null, new: given[field] })),
  });
};
