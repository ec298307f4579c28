import type { EnrollmentEvent } from '../events/catalog/enrollment.ts';
import { effectOf, type LedgerEvent } from '../events/events.ts';
import { enrollmentStream, foldEnrollment, initialEnrollment, type Enrollment } from '../facts/enrollment.ts';
import { applyCorrections, corrects, marked, markOf, type Historic, type HistoryMark } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { ReadQueries, ReadWrites, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { parsed, rowsAmong } from './rows.ts';

/**
 * Who is in which state (学籍): one row per enrollment, always what the decisions' own fold says of its stream, corrections included.
 * Identities stay sealed; `identityOf` of register-lists.ts opens them per response.
 */

// ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const columns = {
  enrollment_id: 'TEXT NOT NULL PRIMARY KEY',
  institution_id: 'TEXT NOT NULL',
  learner_id: 'TEXT NOT NULL',
  status: 'TEXT NOT NULL',
  status_since: 'TEXT NOT NULL',
  program_id: 'TEXT NOT NULL',
  class_id: 'TEXT',
  entry_date: 'TEXT NOT NULL',
  cohort_year: 'INTEGER NOT NULL',
  student_number: 'TEXT',
  level: 'TEXT',
  intake: 'TEXT NOT NULL',
  study_form: 'TEXT',
  branch: 'TEXT',
  department: 'TEXT',
  suspension_kind: 'TEXT',
  suspension_ground: 'TEXT',
  suspension_until: 'TEXT',
  retained_until: 'TEXT',
  registered_at: 'TEXT',
  recheck_due_by: 'TEXT',
  recheck_passed: 'INTEGER',
  last_annual_registration: 'TEXT',
  expected_graduation: 'TEXT',
  convertible_until: 'TEXT',
  ended_at: 'TEXT',
  locked: 'INTEGER NOT NULL',
  imported: 'INTEGER NOT NULL',
  import_run: 'TEXT',
  import_row: 'INTEGER',
  revision: 'BIGINT NOT NULL',
  updated_at: 'TEXT NOT NULL',
  position: 'BIGINT NOT NULL',
} as const;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its keys
const names = Object.keys(columns) as (keyof typeof columns)[];
export const registerColumns: readonly string[] = names;

const upsertRow = `INSERT INTO register_enrollment_$g (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
  ON CONFLICT (enrollment_id) DO UPDATE SET ${names
    .slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}`;

/** What an enrollment's stream said, without approvals: a correction changes what an earlier event said, so all of it is folded again. */
type Said = [type: string, revision: string, effectiveAt: string, data: unknown, mark?: HistoryMark];

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Approvals are none of the register's, and the history stands beside it. */
type State = Omit<Enrollment, 'approvals' | 'history'>;

/** An enrollment as its rows have it. */
interface Kept {
  readonly state: State;
  readonly revision: bigint;
  readonly updatedAt: string;
  readonly imported: boolean;
}

const saidOf = (event: Recorded<LedgerEvent>): Said => [
  event.type,
  event.revision.toString(),
  event.effectiveAt,
  event.data,
  ...markOf(event),
];
const linesOf = (said: readonly Said[]): string => said.map((one) => `${JSON.stringify(one)}\n`).join('');
const saidIn = (lines: string): Said[] =>
  lines
    .split('\n')
    .slice(0, -1)
    .map((line) => parsed<Said>(line));

function foldOn(state: State, enrollmentId: string, said: readonly Said[]): State {
  const stream = enrollmentStream(enrollmentId);
  const history = said.map(
    ([type, revision, effectiveAt, data, mark]) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fold asks for no more of an event than this
      ({ type, stream, revision: BigInt(revision), effectiveAt, data, ...marked(mark) }) as unknown as Historic<EnrollmentEvent>,
  );
  return foldEnrollment(applyCorrections(history, effectOf), { ...initialEnrollment, ...state });
}

const stateText = (state: State): string => JSON.stringify({ ...state, approvals: undefined, history: undefined });

type Row = Record<keyof typeof columns, Value>;

function rowOf(enrollmentId: string, { state: s, updatedAt, imported }: Kept, last: Recorded<LedgerEvent>): Row | null {
  const { admission } = s;
  if (admission === null) return null;
  const suspension = s.status === 'suspended' ? s.suspension : null;
  return {
    enrollment_id: enrollmentId,
    institution_id: last.institutionId,
    learner_id: admission.learnerId,
    status: s.status,
    status_since: s.statusSince,
    program_id: admission.programId,
    class_id: s.classId,
    entry_date: admission.entryDate,
    cohort_year: Number(admission.entryDate.slice(0, 4)),
    student_number: s.studentNumber,
    level: admission.level,
    intake: admission.intake,
    study_form: admission.studyForm,
    branch: admission.branch,
    department: admission.department,
    suspension_kind: suspension?.kind ?? null,
    suspension_ground: suspension?.ground ?? null,
    suspension_until: suspension?.until ?? null,
    retained_until: s.status === 'place-retained' ? s.retainedUntil : null,
    registered_at: s.registeredAt,
    recheck_due_by: s.recheck?.dueBy ?? null,
    recheck_passed: s.recheck === null ? null : Number(s.recheck.passed),
    last_annual_registration: s.academicYears.toSorted().at(-1) ?? null,
    expected_graduation: admission.expectedGraduation,
    convertible_until: s.status === 'completed' ? s.convertibleUntil : null,
    ended_at: s.endedAt,
    locked: Number(s.locked),
    imported: Number(imported),
    import_run: s.imported?.run ?? null,
    import_row: s.imported?.row ?? null,
    revision: last.revision,
    updated_at: updatedAt,
    position: last.position,
  };
}

/** Rows to write, by statement. */
class Writes {
  readonly #batches = new Map<string, Value[][]>();

  add(sql: string, values: Value[]): void {
    const batch = this.#batches.get(sql);
    if (batch) batch.push(values);
    else this.#batches.set(sql, [values]);
  }

  async to(db: ReadWrites): Promise<void> {
    for (const [sql, batch] of this.#batches) await db.runMany(sql, batch);
  }
}

/** Names what changed alone: an index is written for every column that is named, changed or not, and the register has a dozen. */
function update(writes: Writes, before: Row, row: Row): void {
  const changed = names.filter((name) => row[name] !== before[name] || name === 'revision' || name === 'position');
  const sql = `UPDATE register_enrollment_$g SET ${changed.map((name) => `${name} = ?`).join(', ')} WHERE enrollment_id = ?`;
  writes.add(sql, [...changed.map((name) => row[name]), row.enrollment_id]);
}

export const enrollmentRegister: View<LedgerEvent> = {
  name: 'enrollment-register',
  version: 2,
  store: 'views',
  byStream: true,
  prefixes: ['enrollment-', 'learner-'],
  tables: ['register_enrollment', 'register_history', 'register_learner'],
  schema: [
    `CREATE TABLE register_enrollment_$g (${Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')})`,
    `CREATE INDEX register_by_number_$g ON register_enrollment_$g (institution_id, COALESCE(student_number, ''), enrollment_id)`,
    `CREATE INDEX register_by_status_$g ON register_enrollment_$g (institution_id, status, enrollment_id)`,
    `CREATE INDEX register_by_entry_$g ON register_enrollment_$g (institution_id, entry_date, enrollment_id)`,
    `CREATE INDEX register_by_update_$g ON register_enrollment_$g (institution_id, updated_at, enrollment_id)`,
    `CREATE INDEX register_by_class_$g ON register_enrollment_$g (class_id)`,
    `CREATE INDEX register_by_learner_$g ON register_enrollment_$g (learner_id)`,
    `CREATE INDEX register_by_recheck_$g ON register_enrollment_$g (institution_id, recheck_due_by) WHERE recheck_passed = 0`,
    // Most enrollments have none of these days, so these stay small.
    ...['suspension_until', 'retained_until', 'convertible_until'].map(
      (day) => `CREATE INDEX register_by_${day}_$g ON register_enrollment_$g (institution_id, ${day}) WHERE ${day} IS NOT NULL`,
    ),
    // The state first: whoever goes on from it reads no page of what was said.
    `CREATE TABLE register_history_$g (enrollment_id TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, said TEXT NOT NULL)`,
    `CREATE TABLE register_learner_$g (
      learner_id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      identity TEXT,
      position BIGINT NOT NULL
    )`,
  ],

  async fold(db, events) {
    const stories = new Map<string, Recorded<LedgerEvent>[]>();
    const identities = new Map<string, Value[]>();
    for (const event of events) {
      if (event.stream.startsWith('enrollment-')) {
        const id = event.stream.slice('enrollment-'.length);
        const story = stories.get(id);
        if (story) story.push(event);
        else stories.set(id, [event]);
      } else if (event.type === 'LearnerIdentified' || event.type === 'IdentityCorrected') {
        const sealed = event.type === 'LearnerIdentified' ? event.data.identity : event.data.change;
        const learnerId = event.stream.slice('learner-'.length);
        // A token, or `erased`: this view is given nothing else.
        identities.set(learnerId, [learnerId, event.institutionId, typeof sealed === 'string' ? sealed : null, event.position]);
      }
    }

    const writes = new Writes();
    const known = await keptBefore(db, stories);
    const corrected = [...known.keys()].filter((id) => stories.get(id)!.some((event) => corrects(event, effectOf)));
    const saidBefore = await saidByThen(db, corrected);
    for (const [id, told] of stories) {
      const before = known.get(id);
      const fresh = before ? told.filter(({ revision }) => revision > before.revision) : told;
      // As of a moment of the past they come in order of effect.
      const last = fresh.reduce<Recorded<LedgerEvent> | undefined>((l, e) => (l && l.revision > e.revision ? l : e), undefined);
      if (!last) continue;
      const facts = fresh.filter(({ type }) => effectOf(type) !== 'machinery');
      const said = facts.map(saidOf);
      const all = saidBefore.get(id);
      const kept: Kept = {
        state: all ? foldOn(initialEnrollment, id, [...all, ...said]) : foldOn(before?.state ?? initialEnrollment, id, said),
        revision: last.revision,
        updatedAt: facts.reduce((at, { recordedAt }) => (recordedAt > at ? recordedAt : at), before?.updatedAt ?? ''),
        imported: (before?.imported ?? false) || facts.some(({ type }) => type === 'EnrollmentImported'),
      };
      const row = rowOf(id, kept, last);
      if (row === null) continue;
      if (before) {
        update(writes, rowOf(id, before, last)!, row);
        if (said.length > 0) {
          writes.add('UPDATE register_history_$g SET state = ?, said = said || ? WHERE enrollment_id = ?', [
            stateText(kept.state),
            linesOf(said),
            id,
          ]);
        }
      } else {
        writes.add(upsertRow, Object.values(row));
        writes.add(upsertHistory, [id, stateText(kept.state), linesOf(said)]);
      }
    }
    await writes.to(db);
    await db.runMany(
      `INSERT INTO register_learner_$g (learner_id, institution_id, identity, position) VALUES (?, ?, ?, ?)
       ON CONFLICT (learner_id) DO UPDATE SET identity = excluded.identity, position = excluded.position`,
      [...identities.values()],
    );
  },
};

const upsertHistory = `INSERT INTO register_history_$g (enrollment_id, state, said) VALUES (?, ?, ?)
  ON CONFLICT (enrollment_id) DO UPDATE SET state = excluded.state, said = excluded.said`;

/** Of enrollments that began in an earlier batch: one that begins in this one has no rows yet. */
async function keptBefore(
  db: ReadQueries,
  stories: ReadonlyMap<string, readonly Recorded<LedgerEvent>[]>,
): Promise<Map<string, Kept>> {
  const older = [...stories].filter(([, told]) => told[0]!.revision > 0n).map(([id]) => id);
  const rows = await rowsAmong<{ enrollmentId: string; state: string; revision: bigint; updatedAt: string; imported: number }>(
    db,
    `SELECT h.enrollment_id AS "enrollmentId", h.state, r.revision, r.updated_at AS "updatedAt", r.imported
     FROM register_history_$g h JOIN register_enrollment_$g r ON r.enrollment_id = h.enrollment_id
     WHERE h.enrollment_id IN (?…)`,
    older,
  );
  return new Map(
    rows.map(({ enrollmentId, state, revision, updatedAt, imported }) => [
      enrollmentId,
      { state: parsed<State>(state), revision, updatedAt, imported: imported === 1 },
    ]),
  );
}

async function saidByThen(db: ReadQueries, enrollmentIds: readonly string[]): Promise<ReadonlyMap<string, Said[]>> {
  const rows = await rowsAmong<{ enrollmentId: string; said: string }>(
    db,
    `SELECT enrollment_id AS "enrollmentId", said FROM register_history_$g WHERE enrollment_id IN (?…)`,
    enrollmentIds,
  );
  return new Map(rows.map(({ enrollmentId, said }) => [enrollmentId, saidIn(said)]));
}
