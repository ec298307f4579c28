import { classIdOf } from '../contexts/enrollment/class.ts';
import type { Enrollment } from '../contexts/enrollment/enrollment.ts';
import { claimsOf, enrollmentSource, idNumberValue, learnerSource, type Claims } from '../contexts/enrollment/gates.ts';
import type { Learner } from '../contexts/enrollment/learner.ts';
import { planClass, planEnrollment, type Opening } from '../contexts/enrollment/plans.ts';
import { classFact } from '../facts/reference.ts';
import type { RosterRow } from '../intake/roster.ts';
import { claim } from '../kernel/claim.ts';
import { importRowCommandId, mintedId } from '../kernel/ids.ts';
import { identityNow } from '../kernel/personal.ts';
import { source } from '../kernel/plan.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { startOfDay } from '../kernel/time.ts';
import type { Answer } from '../runtime/transact.ts';
import {
  canonicalRow,
  importContext,
  rehearsal,
  refusedRow,
  type ImportDeps,
  type RowAnswer,
  type RowImporter,
  type Run,
} from './importing.ts';
import type { ProgramIndex } from './program-index.ts';
import { compareRow, effectiveDay, identityDifferences, openingOf, type ResolvedRow } from './roster.ts';

/** Rows of a roster: looked up, compared with what is on record, and carried out. */
export class RosterRows implements RowImporter<RosterRow> {
  private readonly deps: ImportDeps;
  private readonly programs: ProgramIndex;
  /** Classes that were seen to exist: a class that was formed stays formed, and whether it is open the decision looks at itself. */
  private readonly classes = new Set<string>();

  constructor(deps: ImportDeps, programs: ProgramIndex) {
    this.deps = deps;
    this.programs = programs;
  }

  turnOf(row: RosterRow): string {
    return idNumberValue(row.identity);
  }

  async open(run: Run): Promise<(row: RosterRow) => Promise<RowAnswer>> {
    await this.programs.refresh();
    return (row) => this.row(run, row);
  }

  private async row(run: Run, row: RosterRow): Promise<RowAnswer> {
    const refused = (refusal: Refusal): RowAnswer => refusedRow(row, refusal);
    const studying = row.status === 'registered' || row.status === 'suspended' || row.status === 'status-retained';
    if (studying && row.studentNumber === undefined) return refused(refuse('STUDENT_NUMBER_MISSING'));
    const program = this.programs.find(run.institutionId, { ...row.program, ...(row.level && { level: row.level }) });
    if (isRefusal(program)) return refused(program);
    const { programId } = program;
    const content = canonicalRow(row);
    const rowDigest = this.deps.vault.hmac('roster-row', content);
    const rehearsed = rehearsal(run, `${idNumberValue(row.identity)}\n${programId}\n${row.entryDate}`, rowDigest);
    if (rehearsed) return { row: row.row, ...rehearsed, position: 0n };

    const commandId = importRowCommandId(run.runId, row.row);
    const classId = await this.classOf(run, row, programId, commandId);
    if (isRefusal(classId)) return refused(classId);
    const resolved: ResolvedRow = {
      row,
      content,
      programId,
      program,
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

  private async classOf(run: Run, row: RosterRow, programId: string, commandId: string): Promise<string | null | Refusal> {
    if (row.className === undefined) return null;
    const classId = classIdOf(run.institutionId, row.className);
    if (this.classes.has(classId)) return classId;
    if ((await this.deps.transactor.load(classFact(classId))).revision >= 0n) {
      if (this.classes.size < 10_000) this.classes.add(classId);
      return classId;
    }
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
    const formed = await this.deps.transactor.transact(importContext(this.deps, run, `${commandId}-class`, command), () =>
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
    return {
      ...state,
      identity: identityNow(this.deps.codec.reveal(state.identity)),
      contact: this.deps.codec.reveal(state.contact),
    };
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
    const stated = importContext(this.deps, run, commandId, command, effectiveDay(row));
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
    const { row, content, source: from } = resolved;
    const context = importContext(this.deps, run, commandId, { type: 'ImportRosterRow', row: content }, effectiveDay(row));
    let ids = { learnerId: '', enrollmentId: '' };
    // The enrollment is the attempt's, the learner the row's: an attempt that was abandoned may have identified her.
    const answer = await this.deps.transactor.transact(context, (attempt) => {
      ids = { learnerId: knownLearner ?? mintedId(commandId, 'learner'), enrollmentId: mintedId(attempt, 'enrollment') };
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
}

const openedAs = (row: RosterRow): RowAnswer['outcome'] => {
  if (row.status !== undefined) return 'imported';
  return row.studentNumber === undefined ? 'admitted' : 'registered';
};

/** An ended student of before leaves the gate as soon as she enters it. */
const endOf = (status: Enrollment['status'], at: string): string | null =>
  status === 'registered' || status === 'suspended' || status === 'place-retained' ? null : at;
