import type { ContractEvent, OpeningEvent, PlacementEvent, SelectionEvent } from '../events/catalog/apprenticeship.ts';
import type { TeacherEvent } from '../events/catalog/faculty.ts';
import { effectOf, type LedgerEvent } from '../events/events.ts';
import { initialContract, unsigned, type Contract } from '../facts/contract.ts';
import { evolveOpening, initialOpening } from '../facts/opening.ts';
import { evolvePlacement, initialPlacement } from '../facts/placement.ts';
import { isServing } from '../facts/teacher.ts';
import { marked, markOf, type HistoryMark } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import type { ReadQueries, ReadWrites, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { contractStory, insuredUntil, selectionStory, teacherStory } from './apprentice-story.ts';
import { parsed, rowsAmong } from './rows.ts';

/**
 * The apprentice record (学徒档案): openings, selections, contracts with their mentors and training logs, placements. One row per stream, always what
 * the decisions' own folds say of it. Statements, terms' texts, work orders and mentors' names stay sealed.
 */

// ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const common = {
  institution_id: 'TEXT NOT NULL',
  state: 'TEXT NOT NULL',
  revision: 'BIGINT NOT NULL',
  updated_at: 'TEXT NOT NULL',
  position: 'BIGINT NOT NULL',
} as const;

const tables = {
  apprentice_opening: {
    opening_id: 'TEXT NOT NULL PRIMARY KEY',
    organization_id: 'TEXT NOT NULL',
    closes_on: 'TEXT NOT NULL',
    closed: 'INTEGER NOT NULL',
    ...common,
  },
  apprentice_selection: {
    selection_id: 'TEXT NOT NULL PRIMARY KEY',
    learner_id: 'TEXT NOT NULL',
    enrollment_id: 'TEXT NOT NULL',
    opening_id: 'TEXT NOT NULL',
    organization_id: 'TEXT NOT NULL',
    status: 'TEXT NOT NULL',
    status_since: 'TEXT NOT NULL',
    expires_at: 'TEXT',
    ...common,
  },
  apprentice_contract: {
    contract_id: 'TEXT NOT NULL PRIMARY KEY',
    learner_id: 'TEXT NOT NULL',
    enrollment_id: 'TEXT NOT NULL',
    organization_id: 'TEXT NOT NULL',
    status: 'TEXT NOT NULL',
    status_since: 'TEXT NOT NULL',
    starts_on: 'TEXT NOT NULL',
    ends_on: 'TEXT NOT NULL',
    insured_until: 'TEXT',
    /** Parties whose signature a draft waits for, by commas; empty for anything else. */
    unsigned: 'TEXT NOT NULL',
    imported: 'INTEGER NOT NULL',
    ...common,
  },
  apprentice_placement: {
    placement_id: 'TEXT NOT NULL PRIMARY KEY',
    organization_id: 'TEXT NOT NULL',
    follows: 'TEXT',
    handed_to: 'TEXT',
    started_at: 'TEXT NOT NULL',
    ended_at: 'TEXT',
    ...common,
  },
  apprentice_teacher: {
    teacher_id: 'TEXT NOT NULL PRIMARY KEY',
    person_id: 'TEXT',
    serving: 'INTEGER NOT NULL',
    status_since: 'TEXT NOT NULL',
    ...common,
  },
} as const;
type Table = keyof typeof tables;
export const contractColumns: readonly string[] = Object.keys(tables.apprentice_contract);
type RowOf<T extends Table> = Record<Exclude<keyof (typeof tables)[T], keyof typeof common>, Value> & { state: object };

const upsert = (table: Table): string => {
  const names = Object.keys(tables[table]);
  const updates = names.slice(1).map((name) => `${name} = excluded.${name}`);
  return `INSERT INTO ${table}_$g (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
    ON CONFLICT (${names[0]}) DO UPDATE SET ${updates.join(', ')}`;
};

/** Revisions are bigint, and JSON has none. */
const jsonOf = (state: object): string =>
  JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a stream said so far, without approvals and logs: a reversal changes what an earlier event said, so it is folded again. */
type Said = [
  type: string,
  revision: string,
  effectiveAt: string,
  recordedAt: string,
  role: string,
  by: string,
  data: unknown,
  mark?: HistoryMark,
];

interface Story {
  readonly said: Said[];
  readonly last: Recorded<LedgerEvent>;
  readonly updatedAt: string;
}

const historyOf = <E extends LedgerEvent>({ said, last }: Story): readonly Recorded<E>[] =>
  said.map(
    ([type, revision, effectiveAt, recordedAt, role, personId, data, mark]) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the folds ask for no more of an event than this
      ({
        type,
        stream: last.stream,
        revision: BigInt(revision),
        effectiveAt,
        recordedAt,
        actor: { role, personId },
        data,
        ...marked(mark),
      }) as unknown as Recorded<E>,
  );

type Folded = { [T in Table]: { table: T; row: RowOf<T>; parts?: Parts } | null }[Table];

/** Rows that hang on a stream's own. */
interface Parts {
  readonly courses?: readonly string[];
  readonly mentors?: Contract['mentors'];
  readonly members?: readonly string[];
  readonly acknowledged?: readonly string[];
}

const categories: Readonly<Record<string, (id: string, story: Story) => Folded>> = {
  opening: (id, story) => {
    const state = historyOf<OpeningEvent>(story).reduce(evolveOpening, initialOpening);
    if (!state.published) return null;
    const { organizationId, closesOn } = state.published;
    const row = { opening_id: id, organization_id: organizationId, closes_on: closesOn, closed: Number(state.closed), state };
    return { table: 'apprentice_opening', row };
  },
  selection: (id, story) => {
    const state = selectionStory(historyOf<SelectionEvent>(story));
    if (state === null) return null;
    const { learnerId, enrollmentId, openingId, organizationId, status, statusSince, offer } = state.state;
    const row = {
      selection_id: id,
      learner_id: learnerId,
      enrollment_id: enrollmentId,
      opening_id: openingId,
      organization_id: organizationId,
      status,
      status_since: statusSince,
      expires_at: status === 'offered' ? (offer?.expiresAt ?? null) : null,
      state,
    };
    return { table: 'apprentice_selection', row };
  },
  contract: (id, story) => {
    const contract = contractStory(historyOf<ContractEvent>(story));
    if (!contract?.state.of || !contract.state.terms) return null;
    const { of, terms, status, statusSince, mentors, imported } = contract.state;
    const row = {
      contract_id: id,
      learner_id: of.learnerId,
      enrollment_id: of.enrollmentId,
      organization_id: of.organizationId,
      status,
      status_since: statusSince,
      starts_on: terms.from,
      ends_on: terms.to,
      insured_until: insuredUntil(contract.state),
      unsigned: status === 'draft' ? unsigned({ ...initialContract, ...contract.state }).join(',') : '',
      imported: Number(imported !== null),
      state: contract,
    };
    return { table: 'apprentice_contract', row, parts: { courses: terms.plan?.courseIds ?? [], mentors } };
  },
  placement: (id, story) => {
    const state = historyOf<PlacementEvent>(story).reduce(evolvePlacement, initialPlacement);
    if (!state.started) return null;
    const row = {
      placement_id: id,
      organization_id: state.started.organizationId,
      follows: state.started.follows,
      handed_to: state.handedTo,
      started_at: state.startedAt,
      ended_at: state.endedAt,
      state,
    };
    return { table: 'apprentice_placement', row, parts: { members: state.started.members, acknowledged: state.acknowledged } };
  },
  teacher: (id, story) => {
    const state = teacherStory(historyOf<TeacherEvent>(story));
    if (state === null) return null;
    const { personId, status, statusSince } = state.teacher;
    const row = { teacher_id: id, person_id: personId, serving: Number(isServing({ status })), status_since: statusSince, state };
    return { table: 'apprentice_teacher', row };
  },
};

export const apprenticeRecord: View<LedgerEvent> = {
  name: 'apprentice-record',
  version: 1,
  store: 'views',
  byStream: true,
  prefixes: Object.keys(categories).map((category) => `${category}-`),
  tables: [
    ...(Object.keys(tables) as Table[]),
    'apprentice_course',
    'apprentice_mentor',
    'apprentice_member',
    'apprentice_acknowledged',
    'apprentice_log',
    'apprentice_history',
  ],
  schema: [
    ...Object.entries(tables).map(
      ([table, columns]) =>
        `CREATE TABLE ${table}_$g (${Object.entries(columns)
          .map(([name, type]) => `${name} ${type}`)
          .join(', ')})`,
    ),
    `CREATE INDEX apprentice_opening_by_organization_$g ON apprentice_opening_$g (organization_id)`,
    `CREATE INDEX apprentice_selection_by_learner_$g ON apprentice_selection_$g (learner_id)`,
    `CREATE INDEX apprentice_selection_by_organization_$g ON apprentice_selection_$g (organization_id)`,
    `CREATE INDEX apprentice_selection_by_expiry_$g ON apprentice_selection_$g (institution_id, expires_at) WHERE expires_at IS NOT NULL`,
    `CREATE INDEX apprentice_contract_by_learner_$g ON apprentice_contract_$g (learner_id)`,
    `CREATE INDEX apprentice_contract_by_organization_$g ON apprentice_contract_$g (organization_id)`,
    `CREATE INDEX apprentice_contract_by_status_$g ON apprentice_contract_$g (institution_id, status)`,
    `CREATE INDEX apprentice_placement_by_organization_$g ON apprentice_placement_$g (organization_id)`,
    `CREATE INDEX apprentice_placement_by_follows_$g ON apprentice_placement_$g (follows) WHERE follows IS NOT NULL`,
    `CREATE INDEX apprentice_teacher_by_person_$g ON apprentice_teacher_$g (person_id)`,
    // Courses whose results the enterprise may see.
    `CREATE TABLE apprentice_course_$g (contract_id TEXT NOT NULL, course_id TEXT NOT NULL, PRIMARY KEY (contract_id, course_id))`,
    `CREATE TABLE apprentice_mentor_$g (
      contract_id TEXT NOT NULL,
      n INTEGER NOT NULL,
      side TEXT NOT NULL,
      teacher_id TEXT NOT NULL,
      since TEXT NOT NULL,
      until TEXT,
      PRIMARY KEY (contract_id, n)
    )`,
    `CREATE INDEX apprentice_mentor_by_teacher_$g ON apprentice_mentor_$g (teacher_id)`,
    `CREATE TABLE apprentice_member_$g (placement_id TEXT NOT NULL, enrollment_id TEXT NOT NULL, PRIMARY KEY (placement_id, enrollment_id))`,
    `CREATE INDEX apprentice_member_by_enrollment_$g ON apprentice_member_$g (enrollment_id)`,
    `CREATE TABLE apprentice_acknowledged_$g (placement_id TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (placement_id, other))`,
    // Hours are hundredths; a week that is recorded again is confirmed again.
    `CREATE TABLE apprentice_log_$g (
      contract_id TEXT NOT NULL,
      week TEXT NOT NULL,
      hours INTEGER NOT NULL,
      work_orders TEXT,
      recorded_at TEXT NOT NULL,
      confirmed_by TEXT,
      confirmed_at TEXT,
      PRIMARY KEY (contract_id, week)
    )`,
    `CREATE TABLE apprentice_history_$g (stream TEXT NOT NULL PRIMARY KEY, said TEXT NOT NULL, revision BIGINT NOT NULL, updated_at TEXT NOT NULL)`,
  ],

  async fold(db, events) {
    const streams = Map.groupBy(events, ({ stream }) => stream);
    const known = await storiesBefore(db, streams);
    const stories: Story[] = [];
    for (const [stream, all] of streams) {
      const before = known.get(stream);
      const fresh = all.filter(({ revision }) => before === undefined || revision > before.revision);
      await foldLogs(db, fresh);
      const said = fresh.filter(({ type }) => effectOf(type) !== 'machinery' && !type.startsWith('TrainingLog'));
      const last = latestOf(fresh);
      if (!last) continue;
      const spoke = latestOf(fresh.filter(({ type }) => effectOf(type) !== 'machinery'));
      stories.push({
        said: [...(before?.said ?? []), ...said.map(saidOf)],
        last,
        updatedAt: spoke?.recordedAt ?? before?.updatedAt ?? last.recordedAt,
      });
    }
    for (const story of stories) {
      const { last, updatedAt } = story;
      const at = last.stream.indexOf('-');
      const folded = categories[last.stream.slice(0, at)]!(last.stream.slice(at + 1), story);
      if (folded === null) continue;
      const values: Readonly<Record<string, Value | object>> = {
        ...folded.row,
        institution_id: last.institutionId,
        state: jsonOf(folded.row.state),
        revision: last.revision,
        updated_at: updatedAt,
        position: last.position,
      };
      const row = Object.keys(tables[folded.table]).map((name) => values[name] as Value);
      await db.run(upsert(folded.table), row);
      await putParts(db, last.stream.slice(at + 1), folded.parts);
    }
    await db.runMany(
      `INSERT INTO apprentice_history_$g (stream, said, revision, updated_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (stream) DO UPDATE SET said = excluded.said, revision = excluded.revision, updated_at = excluded.updated_at`,
      stories.map(({ said, last, updatedAt }) => [last.stream, JSON.stringify(said), last.revision, updatedAt]),
    );
  },
};

/** As of a moment of the past a stream's events come in order of effect. */
const latestOf = (events: readonly Recorded<LedgerEvent>[]): Recorded<LedgerEvent> | undefined =>
  events.reduce<Recorded<LedgerEvent> | undefined>(
    (last, event) => (last && last.revision > event.revision ? last : event),
    undefined,
  );

const saidOf = (event: Recorded<LedgerEvent>): Said => {
  const { type, revision, effectiveAt, recordedAt, actor, data } = event;
  return [type, revision.toString(), effectiveAt, recordedAt, actor.role, actor.personId, data, ...markOf(event)];
};

/** A log has a row of its own: folding a contract of three years again for every week would cost more each week. */
async function foldLogs(db: ReadWrites, events: readonly Recorded<LedgerEvent>[]): Promise<void> {
  for (const event of events) {
    const contractId = event.stream.slice('contract-'.length);
    if (event.type === 'TrainingLogRecorded') {
      const { week, hours, workOrders } = event.data;
      // A token, or `erased`: this view is given nothing else.
      const sealed = typeof workOrders === 'string' ? workOrders : null;
      await db.run(
        `INSERT INTO apprentice_log_$g (contract_id, week, hours, work_orders, recorded_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (contract_id, week) DO UPDATE SET hours = excluded.hours, work_orders = excluded.work_orders,
           recorded_at = excluded.recorded_at, confirmed_by = NULL, confirmed_at = NULL`,
        [contractId, week, hours, sealed, event.effectiveAt],
      );
    } else if (event.type === 'TrainingLogConfirmed') {
      const { week, teacherId } = event.data;
      await db.run(
        `UPDATE apprentice_log_$g SET confirmed_by = ?, confirmed_at = ? WHERE contract_id = ? AND week = ? AND confirmed_at IS NULL`,
        [teacherId, event.effectiveAt, contractId, week],
      );
    }
  }
}

async function putParts(db: ReadWrites, id: string, parts: Parts | undefined): Promise<void> {
  const { courses, mentors, members, acknowledged } = parts ?? {};
  if (courses) {
    await db.run('DELETE FROM apprentice_course_$g WHERE contract_id = ?', [id]);
    await db.runMany(
      'INSERT INTO apprentice_course_$g (contract_id, course_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
      courses.map((course) => [id, course]),
    );
  }
  if (mentors) {
    await db.run('DELETE FROM apprentice_mentor_$g WHERE contract_id = ?', [id]);
    await db.runMany(
      'INSERT INTO apprentice_mentor_$g (contract_id, n, side, teacher_id, since, until) VALUES (?, ?, ?, ?, ?, ?)',
      mentors.map(({ side, teacherId, from, to }, n) => [id, n, side, teacherId, from, to]),
    );
  }
  if (members) {
    await db.runMany(
      'INSERT INTO apprentice_member_$g (placement_id, enrollment_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
      members.map((member) => [id, member]),
    );
  }
  if (acknowledged) {
    await db.runMany(
      'INSERT INTO apprentice_acknowledged_$g (placement_id, other) VALUES (?, ?) ON CONFLICT DO NOTHING',
      acknowledged.map((other) => [id, other]),
    );
  }
}

/** Of streams that began in an earlier batch: one that begins in this one has no rows yet. */
async function storiesBefore(
  db: ReadQueries,
  streams: ReadonlyMap<string, readonly Recorded<LedgerEvent>[]>,
): Promise<Map<string, { said: Said[]; revision: bigint; updatedAt: string }>> {
  const older = [...streams].filter(([, events]) => events[0]!.revision > 0n).map(([stream]) => stream);
  const rows = await rowsAmong<{ stream: string; said: string; revision: bigint; updatedAt: string }>(
    db,
    `SELECT stream, said, revision, updated_at AS "updatedAt" FROM apprentice_history_$g WHERE stream IN (?…)`,
    older,
  );
  return new Map(
    rows.map(({ stream, said, revision, updatedAt }) => [stream, { said: parsed<Said[]>(said), revision, updatedAt }]),
  );
}
