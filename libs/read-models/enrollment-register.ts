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
  /** How many facts it is folded from. */
  readonly facts: number;
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

/** Both rows are told at the last event; these always change. */
const [revisionAt, positionAt] = [names.indexOf('revision'), names.indexOf('position')];
const updates = new Map<string, string>();

/** Names what changed alone: an index is written for every column that is named, changed or not, and the register has a dozen. */
function update(writes: Writes, before: Row, row: Row): void {
  const [old, now] = [Object.values(before), Object.values(row)];
  const changed: number[] = [];
  for (let i = 0; i < now.length; i++) if (now[i] !== old[i] || i === revisionAt || i === positionAt) changed.push(i);
  const which = changed.join(' ');
  let sql = updates.get(which);
  if (sql === undefined) {
    const set = changed.map((i) => `${names[i]} = ?`).join(', ');
    updates.set(which, (sql = `UPDATE register_enrollment_$g SET ${set} WHERE enrollment_id = ?`));
  }
  writes.add(sql, [...changed.map((i) => now[i]!), row.enrollment_id]);
}

/** Facts of a page. A full page stands by itself and is not written again: a fact costs the same however much was said before. */
const pageFacts = 16;

const upsertHistory = `INSERT INTO register_history_$g (enrollment_id, state, facts, said) VALUES (?, ?, ?, ?)
  ON CONFLICT (enrollment_id) DO UPDATE SET state = excluded.state, facts = excluded.facts, said = excluded.said`;
const insertPage = 'INSERT INTO register_page_$g (enrollment_id, page, said)';
const replacingPage = 'ON CONFLICT (enrollment_id, page) DO UPDATE SET said = excluded.said';

/** Pages are cut by the number of facts alone: batches, however they fall, leave the same rows. */
function keep(
  pages: Writes,
  writes: Writes,
  id: string,
  before: Kept | undefined,
  { state, facts }: Kept,
  said: readonly Said[],
): void {
  const known = before?.facts ?? 0;
  const first = Math.floor(known / pageFacts);
  const open = Math.floor(facts / pageFacts);
  const linesOfPage = (page: number): string =>
    linesOf(said.slice(Math.max(0, page * pageFacts - known), (page + 1) * pageFacts - known));
  for (let page = first; page < open; page++) {
    if (before && page === first) {
      const sql = `${insertPage} SELECT enrollment_id, ?, said || ? FROM register_history_$g WHERE enrollment_id = ? ${replacingPage}`;
      pages.add(sql, [page, linesOfPage(page), id]);
    } else pages.add(`${insertPage} VALUES (?, ?, ?) ${replacingPage}`, [id, page, linesOfPage(page)]);
  }
  if (before && first === open) {
    const sql = 'UPDATE register_history_$g SET state = ?, facts = ?, said = said || ? WHERE enrollment_id = ?';
    writes.add(sql, [stateText(state), facts, linesOfPage(open), id]);
  } else writes.add(upsertHistory, [id, stateText(state), facts, linesOfPage(open)]);
}

export const enrollmentRegister: View<LedgerEvent> = {
  name: 'enrollment-register',
  version: 3,
  // What earlier versions kept otherwise is read by this fold alone.
  readableFrom: 1,
  store: 'views',
  byStream: true,
  prefixes: ['enrollment-', 'learner-'],
  tables: ['register_enrollment', 'register_history', 'register_page', 'register_learner'],
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
    `CREATE TABLE register_history_$g (
      enrollment_id TEXT NOT NULL PRIMARY KEY,
      state TEXT NOT NULL,
      facts INTEGER NOT NULL,
      said TEXT NOT NULL
    )`,
    `CREATE TABLE register_page_$g (
      enrollment_id TEXT NOT NULL,
      page INTEGER NOT NULL,
      said TEXT NOT NULL,
      PRIMARY KEY (enrollment_id, page)
    )`,
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

    // A page that is full is taken from the row that the other writes leave behind: it goes first.
    const [pages, writes] = [new Writes(), new Writes()];
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
        facts: (before?.facts ?? 0) + said.length,
        state: all ? foldOn(initialEnrollment, id, [...all, ...said]) : foldOn(before?.state ?? initialEnrollment, id, said),
        revision: last.revision,
        updatedAt: facts.reduce((at, { recordedAt }) => (recordedAt > at ? recordedAt : at), before?.updatedAt ?? ''),
        imported: (before?.imported ?? false) || facts.some(({ type }) => type === 'EnrollmentImported'),
      };
      const row = rowOf(id, kept, last);
      if (row === null) continue;
      if (before) update(writes, rowOf(id, before, last)!, row);
      else writes.add(upsertRow, Object.values(row));
      if (said.length > 0 || !before) keep(pages, writes, id, before, kept, said);
    }
    await pages.to(db);
    await writes.to(db);
    await db.runMany(
      `INSERT INTO register_learner_$g (learner_id, institution_id, identity, position) VALUES (?, ?, ?, ?)
       ON CONFLICT (learner_id) DO UPDATE SET identity = excluded.identity, position = excluded.position`,
      [...identities.values()],
    );
  },
};

/** Of enrollments that began in an earlier batch: one that begins in this one has no rows yet. */
async function keptBefore(
  db: ReadQueries,
  stories: ReadonlyMap<string, readonly Recorded<LedgerEvent>[]>,
): Promise<Map<string, Kept>> {
  const older = [...stories].filter(([, told]) => told[0]!.revision > 0n).map(([id]) => id);
  const rows = await rowsAmong<Omit<Kept, 'state' | 'imported'> & { enrollmentId: string; state: string; imported: number }>(
    db,
    `SELECT h.enrollment_id AS "enrollmentId", h.state, h.facts, r.revision, r.updated_at AS "updatedAt", r.imported
     FROM register_history_$g h JOIN register_enrollment_$g r ON r.enrollment_id = h.enrollment_id
     WHERE h.enrollment_id IN (?…)`,
    older,
  );
  return new Map(
    rows.map(({ enrollmentId, state, facts, revision, updatedAt, imported }) => [
      enrollmentId,
      { state: parsed<State>(state), facts, revision, updatedAt, imported: imported === 1 },
    ]),
  );
}

async function saidByThen(db: ReadQueries, enrollmentIds: readonly string[]): Promise<ReadonlyMap<string, Said[]>> {
  const full = await rowsAmong<{ enrollmentId: string; page: number; said: string }>(
    db,
    `SELECT enrollment_id AS "enrollmentId", page, said FROM register_page_$g WHERE enrollment_id IN (?…)`,
    enrollmentIds,
  );
  const open = await rowsAmong<{ enrollmentId: string; said: string }>(
    db,
    `SELECT enrollment_id AS "enrollmentId", said FROM register_history_$g WHERE enrollment_id IN (?…)`,
    enrollmentIds,
  );
  const lines = new Map<string, string>();
  for (const { enrollmentId, said } of [...full.toSorted((a, b) => a.page - b.page), ...open])
    lines.set(enrollmentId, (lines.get(enrollmentId) ?? '') + said);
  return new Map([...lines].map(([id, text]) => [id, saidIn(text)]));
}
