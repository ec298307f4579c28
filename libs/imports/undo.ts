import { setImmediate as nextTurn } from 'node:timers/promises';
import { enrollmentSource, learnerSource, claimsOf } from '../contexts/enrollment/gates.ts';
import { planEnrollment, planLearner } from '../contexts/enrollment/plans.ts';
import type { EnrollmentEvent } from '../events/catalog/enrollment.ts';
import type { KeptRow, Undo } from '../facts/import-run.ts';
import type { Recorded } from '../kernel/decider.ts';
import { rowOfCommand, undoRowCommandId } from '../kernel/ids.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { learnerStream } from '../facts/learner.ts';
import type { CommandContext } from '../runtime/transact.ts';
import { batchEvents } from './commands.ts';
import type { ImportDeps } from './importing.ts';
import { planImport, runSource } from './run.ts';

export interface UndoDeps extends ImportDeps {
  /** IANA zone of an institution. */
  readonly zoneOf: (institutionId: string) => string;
  /** Resolves once `streamsAbout` knows the log as it is now. */
  readonly caughtUp: () => Promise<unknown>;
  /** Streams that speak of a person. */
  readonly streamsAbout: (institutionId: string, learnerId: string) => Promise<readonly string[]>;
  /** Resolves once no row of the run is under way. */
  readonly settled: (runId: string) => Promise<void>;
}

/** What a row of a run said of an enrollment. */
const rowEvents = [
  'LearnerAdmitted',
  'EnrollmentImported',
  'StudentRegistered',
  ...batchEvents,
] as const satisfies readonly EnrollmentEvent['type'][];
/** After these something may rest on her being a student: results, contracts, selections. */
const makesStudent: readonly string[] = ['LearnerAdmitted', 'EnrollmentImported', 'StudentRegistered'];

const pageSize = 500;
const atOnce = 16;

interface Row {
  readonly row: number;
  /** Null where the row identified somebody and was given up before it enrolled her. */
  readonly enrollmentId: string | null;
  readonly learnerId: string | null;
  readonly types: string[];
  /** Position of the last that it said. */
  position: bigint;
}

type Taken = { readonly row: number } & ({ readonly kept: null } | { readonly kept: KeptRow });

/**
 * Takes a run back under its grant, row by row. Where it is cut off it goes on: rows that were told are passed over, and a row that was taken
 * back but not told is found done. Classes that the run formed stay: others may be in them.
 */
export class Undoing {
  private readonly deps: UndoDeps;
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(deps: UndoDeps) {
    this.deps = deps;
  }

  /** Until it is finished; once at a time for each run. */
  carryOut(runId: string): Promise<void> {
    let work = this.underWay.get(runId);
    if (!work) {
      work = this.walk(runId).finally(() => this.underWay.delete(runId));
      this.underWay.set(runId, work);
    }
    return work;
  }

  /** What a process that ended left undone. */
  async resume(): Promise<void> {
    const left = new Set<string>();
    for (let after = 0n, end = false; !end;) {
      const page = await this.deps.store.readAll(after, { types: ['ImportUndone', 'ImportUndoFinished'], prefixes: ['import-'] });
      for (const { type, stream } of page.events) {
        if (type === 'ImportUndone') left.add(stream);
        else left.delete(stream);
      }
      ({ scannedTo: after, end } = page);
      // A page without a match costs a scan and no wait: requests come in between.
      await nextTurn();
    }
    for (const stream of left) await this.carryOut(stream.slice('import-'.length));
  }

  private async walk(runId: string): Promise<void> {
    await this.deps.settled(runId);
    const { state, institutionId } = await this.deps.transactor.load(runSource(runId));
    const { undo, startedPosition } = state;
    if (!undo || undo.finishedAt !== null || institutionId === null) return;
    const run = { runId, institutionId, undo };
    for (const types of [rowEvents, ['LearnerIdentified']] as const) {
      for (let after = startedPosition, end = false; !end && after < undo.grantedPosition;) {
        const page = await this.deps.store.readAll(after, { types, prefixes: ['enrollment-', 'learner-'], limit: pageSize });
        const rows = this.rowsIn(
          run,
          page.events.map((stored) => this.deps.codec.decode(stored)),
        );
        await this.page(run, rows, after);
        ({ scannedTo: after, end } = page);
        await nextTurn();
      }
    }
    await this.say(run, `${runId}-undone`, { type: 'FinishUndo' });
  }

  /** Rows of the run among these events that nothing is told of yet. */
  private rowsIn({ runId, undo }: RunUndone, events: readonly Recorded[]): readonly Row[] {
    const rows = new Map<number, Row>();
    for (const { type, stream, commandId, position, subjectId } of events) {
      const row = rowOfCommand(runId, commandId);
      if (row === null || undo.takenBack.has(row) || undo.kept.has(row)) continue;
      const enrollmentId = stream.startsWith('enrollment-') ? stream.slice('enrollment-'.length) : null;
      const known = rows.get(row) ?? { row, enrollmentId, learnerId: subjectId, types: [], position };
      known.types.push(type);
      known.position = position;
      rows.set(row, known);
    }
    return [...rows.values()];
  }

  private async page(run: RunUndone, rows: readonly Row[], after: bigint): Promise<void> {
    const { state } = await this.deps.transactor.load(runSource(run.runId));
    // A row whose enrollment was seen is told by now; what is left identified somebody and no more.
    const open = rows.filter(({ row }) => !state.undo?.takenBack.has(row) && !state.undo?.kept.has(row));
    if (open.length === 0) return;
    await this.deps.caughtUp();
    const told: Taken[] = [];
    const waiting = [...open];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) told.push(await this.row(run, next));
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    told.sort((a, b) => a.row - b.row);
    const kept = told.flatMap(({ kept: one }) => one ?? []);
    const takenBack = told.flatMap(({ row, kept: one }) => (one === null ? [row] : []));
    // By its first row: after a crash a page may hold fewer rows than before, which is another command.
    await this.say(run, `${run.runId}-undo-${after}-${told[0]!.row}`, {
      type: 'RecordUndoneRows',
      requestId: run.undo.requestId,
      takenBack,
      kept,
    });
  }

  private async row(run: RunUndone, of: Row): Promise<Taken> {
    const { row, enrollmentId, learnerId } = of;
    const keep = ({ refused, facts }: Refusal): Taken => {
      const { since } = facts as { readonly since?: readonly string[] };
      return { row, kept: { row, code: refused, since: since ?? [] } };
    };
    const done = enrollmentId !== null && (await this.wasTakenBack(run, enrollmentId, row));
    if (!done) {
      const since = await this.saidSince(run, of);
      if (since.length > 0) return keep(refuse('CHANGED_SINCE', { since }));
    }
    if (enrollmentId !== null) {
      const { runId, institutionId, undo } = run;
      const command = { type: 'TakeBackRow', run: runId, row, requestId: undo.requestId } as const;
      const claims = claimsOf(institutionId, (domain, text) => this.deps.vault.hmac(domain, text));
      const answer = await this.deps.transactor.transact(this.context(run, undoRowCommandId(runId, row)), () =>
        planEnrollment(enrollmentId, command, { institutionId, claims }),
      );
      if (isRefusal(answer)) return keep(answer);
    }
    if (learnerId !== null) await this.annulLearner(run, row, learnerId);
    return { row, kept: null };
  }

  private async wasTakenBack({ runId, undo }: RunUndone, enrollmentId: string, row: number): Promise<boolean> {
    const history = (await this.deps.transactor.load(enrollmentSource(enrollmentId))).state.history.all();
    const rows = new Map(history.map(({ revision, commandId }) => [revision.toString(), rowOfCommand(runId, commandId)]));
    return history.some(
      ({ type, data }) =>
        (type === 'AdmissionAnnulled' || type === 'StatusChangeAnnulled') &&
        data.requestId === undo.requestId &&
        rows.get(data.target) === row,
    );
  }

  /** Types of what was said since the row spoke: on the streams that it wrote, and of a new student anywhere. */
  private async saidSince(run: RunUndone, { learnerId, enrollmentId, types, row, position }: Row): Promise<readonly string[]> {
    if (learnerId === null) return [];
    const since = new Set<string>();
    for (const event of await this.saidOfHer(learnerId, run, row)) since.add(event);
    if (types.some((type) => makesStudent.includes(type))) {
      const own = [learnerStream(learnerId), `enrollment-${enrollmentId}`];
      for (const stream of await this.deps.streamsAbout(run.institutionId, learnerId)) {
        if (own.includes(stream) || /^(?:claim|access)-/.test(stream)) continue;
        const [last] = await this.deps.store.readStream(stream, { backwards: true, limit: 1 });
        if (last && last.position > position) since.add(last.type);
      }
    }
    return [...since];
  }

  /** What stands on her stream after the row's own words there; nothing where the row said nothing there. */
  private async saidOfHer(learnerId: string, { runId }: RunUndone, row: number): Promise<readonly string[]> {
    const events: Recorded[] = [];
    for (let from = 0n; ;) {
      const page = await this.deps.store.readStream(learnerStream(learnerId), { from, limit: 500 });
      events.push(...page.map((stored) => this.deps.codec.decode(stored)));
      if (page.length < 500) break;
      from += 500n;
    }
    const own = events.findLastIndex(({ commandId }) => rowOfCommand(runId, commandId) === row);
    if (own < 0) return [];
    const undoing = undoRowCommandId(runId, row);
    return events.slice(own + 1).flatMap(({ type, commandId, data }) => {
      const machinery = type === 'CommandAbandoned' || commandId.startsWith(undoing);
      // A gate that recovery let go of says nothing of her.
      const dropped = type === 'EnrollmentClosed' && (data as { readonly status: string }).status === 'abandoned';
      return machinery || dropped ? [] : [type];
    });
  }

  /** Where the row first identified her, nobody else's word rests on her, and she has no other enrollment. */
  private async annulLearner(run: RunUndone, row: number, learnerId: string): Promise<void> {
    const { transactor } = this.deps;
    const { state } = await transactor.load(learnerSource(learnerId));
    const { source: from } = state;
    if (from?.run !== run.runId || from.row !== row || Object.keys(state.enrollments).length > 0) return;
    const before = await transactor.load(learnerSource(learnerId));
    if ((await this.saidOfHer(learnerId, run, row)).length > 0) return;
    const context = { ...this.context(run, `${undoRowCommandId(run.runId, row)}l`), ifMatch: before.revision };
    // Refused where she was spoken of at this very moment: then she stays.
    await transactor.transact(context, () => planLearner(learnerId, { type: 'AnnulLearner' }, run.institutionId));
  }

  private async say(run: RunUndone, commandId: string, command: Parameters<typeof planImport>[1]): Promise<void> {
    const answer = await this.deps.transactor.transact(this.context(run, commandId), () => planImport(run.runId, command));
    if (isRefusal(answer)) throw new Error(`${command.type} of ${run.runId} was refused: ${answer.refused}`);
  }

  /** In the name of whoever granted it. */
  private context({ runId, institutionId, undo }: RunUndone, commandId: string): CommandContext {
    return {
      commandId,
      digest: this.deps.vault.hmac('command', commandId),
      actor: undo.grantedBy,
      institutionId,
      zone: this.deps.zoneOf(institutionId),
      reason: { code: 'import-undone' },
      correlationId: runId,
      causationId: undo.requestId,
    };
  }
}

interface RunUndone {
  readonly runId: string;
  readonly institutionId: string;
  readonly undo: Undo;
}
