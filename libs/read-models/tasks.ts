import type { LedgerEvent } from '../events/events.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { addDays, dateIn } from '../kernel/time.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { apprenticeRecord } from './apprentice-record.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';
import { parsed } from './rows.ts';
import { employerKinds, taskColumns, taskKinds, taskSelects, whyOf, type TaskKind } from './task-kinds.ts';
import { transcript } from './transcript.ts';

/**
 * What is due, computed when asked: nothing fires, so nothing can fail to fire. Days of enrollments stand in the register's rows already;
 * what waits for a second person, and holds that came after a graduation was cleared, are kept here.
 */

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What whoever grants or refuses a request needs to name and to read. */
export interface ApprovalDetail {
  readonly stream: string;
  readonly requestId: string;
  readonly act: string;
  readonly requestedBy: string;
  /** A grant must name it. */
  readonly digest: string;
  readonly request: {
    readonly target: string | null;
    readonly proposal: Readonly<Record<string, unknown>>;
    readonly evidence: readonly string[];
    readonly reasonCode: string | null;
  };
}

const insertApproval = `INSERT INTO task_approval_$g
  (stream, request_id, institution_id, learner_id, enrollment_id, requested_at, detail)
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream, request_id) DO NOTHING`;

const settles: ReadonlySet<string> = new Set(['ApprovalGranted', 'ApprovalRefused', 'ApprovalStale']);

export const tasks: View<LedgerEvent> = {
  name: 'tasks',
  version: 1,
  store: 'views',
  byStream: true,
  types: [
    'ApprovalRequested',
    'ApprovalGranted',
    'ApprovalRefused',
    'ApprovalStale',
    'HoldPlaced',
    'HoldLifted',
    'EnrollmentClosing',
    'EnrollmentClosingDropped',
  ],
  tables: ['task_approval', 'task_hold', 'task_clearance'],
  schema: [
    `CREATE TABLE task_approval_$g (
      stream TEXT NOT NULL,
      request_id TEXT NOT NULL,
      institution_id TEXT NOT NULL,
      learner_id TEXT,
      enrollment_id TEXT,
      requested_at TEXT NOT NULL,
      detail TEXT NOT NULL,
      PRIMARY KEY (stream, request_id)
    )`,
    `CREATE TABLE task_hold_$g (
      learner_id TEXT NOT NULL,
      hold_id TEXT NOT NULL,
      institution_id TEXT NOT NULL,
      placed_at TEXT NOT NULL,
      detail TEXT NOT NULL,
      position BIGINT NOT NULL,
      PRIMARY KEY (learner_id, hold_id)
    )`,
    `CREATE TABLE task_clearance_$g (
      learner_id TEXT NOT NULL,
      enrollment_id TEXT NOT NULL,
      position BIGINT NOT NULL,
      PRIMARY KEY (learner_id, enrollment_id)
    )`,
  ],

  async fold(db, events) {
    // In order of effect a grant may come before what it grants.
    const settled = new Set(
      events.flatMap(({ type, stream, data }) =>
        settles.has(type) && 'requestId' in data ? [`${stream} ${data.requestId}`] : [],
      ),
    );
    for (const event of events) {
      const learnerId = event.stream.startsWith('learner-') ? event.stream.slice('learner-'.length) : event.subjectId;
      switch (event.type) {
        case 'ApprovalRequested': {
          const { requestId, act, target, proposal, evidence } = event.data;
          if (settled.has(`${event.stream} ${requestId}`)) break;
          const request = { target, proposal, evidence, reasonCode: event.reason?.code ?? null };
          const detail: ApprovalDetail = {
            stream: event.stream,
            requestId,
            act,
            requestedBy: event.actor.personId,
            digest: event.commandDigest,
            request,
          };
          const enrollmentId = event.stream.startsWith('enrollment-') ? event.stream.slice('enrollment-'.length) : null;
          await db.run(insertApproval, [
            event.stream,
            requestId,
            event.institutionId,
            learnerId,
            enrollmentId,
            event.recordedAt,
            JSON.stringify(detail),
          ]);
          break;
        }
        case 'ApprovalGranted':
        case 'ApprovalRefused':
        case 'ApprovalStale':
          await db.run('DELETE FROM task_approval_$g WHERE stream = ? AND request_id = ?', [event.stream, event.data.requestId]);
          break;
        case 'HoldPlaced':
          await db.run(
            `INSERT INTO task_hold_$g (learner_id, hold_id, institution_id, placed_at, detail, position) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (learner_id, hold_id) DO NOTHING`,
            [
              learnerId,
              event.data.holdId,
              event.institutionId,
              event.effectiveAt,
              JSON.stringify({ holdId: event.data.holdId, holdKind: event.data.kind }),
              event.position,
            ],
          );
          break;
        case 'HoldLifted':
          await db.run('DELETE FROM task_hold_$g WHERE learner_id = ? AND hold_id = ?', [learnerId, event.data.holdId]);
          break;
        case 'EnrollmentClosing':
          await db.run(
            `INSERT INTO task_clearance_$g (learner_id, enrollment_id, position) VALUES (?, ?, ?)
             ON CONFLICT (learner_id, enrollment_id) DO UPDATE SET position = excluded.position`,
            [learnerId, event.data.enrollmentId, event.position],
          );
          break;
        case 'EnrollmentClosingDropped':
          await db.run('DELETE FROM task_clearance_$g WHERE learner_id = ? AND enrollment_id = ?', [
            learnerId,
            event.data.enrollmentId,
          ]);
          break;
        default:
      }
    }
  },
};

/** Tasks are read from all of these. */
export const taskViews: readonly View[] = [tasks, enrollmentRegister, transcript, apprenticeRecord];

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface TaskQuery extends Paging {
  readonly institutionId: string;
  /** Plain date in the institution's zone. */
  readonly today: string;
  /** The institution's zone; UTC where absent. */
  readonly zone?: string;
  /** Of an enterprise alone: what it has to do itself, or waits for. */
  readonly organizationId?: string;
  /** Days ahead that count as due; 30 where absent. */
  readonly horizonDays?: number;
  readonly kinds?: readonly TaskKind[];
  readonly learnerId?: string;
  readonly enrollmentId?: string;
  readonly overdueOnly?: boolean;
  /** By due date where absent; what has none comes last. */
  readonly sort?: 'due' | 'since';
  readonly order?: 'asc' | 'desc';
}

export interface Task {
  readonly kind: TaskKind;
  /** Names the task as long as it stands. */
  readonly key: string;
  readonly learnerId: string | null;
  readonly enrollmentId: string | null;
  /** The enterprise whose apprentice, applicant or batch it is. */
  readonly organizationId: string | null;
  /** Plain date. */
  readonly dueOn: string | null;
  readonly overdue: boolean;
  /** Instant, null where it is not known. */
  readonly since: string | null;
  readonly why: Bilingual;
  /** Of an approval an ApprovalDetail; of a hold its holdId and holdKind. */
  readonly detail: Readonly<Record<string, unknown>>;
}

const union = (query: TaskQuery): [string, Value[]] => {
  const { institutionId, today, organizationId, horizonDays = 30, zone = 'UTC' } = query;
  const asked = { institutionId, today, horizon: addDays(today, horizonDays), zone };
  const reached = organizationId === undefined ? taskKinds : employerKinds;
  const parts = reached.filter((kind) => query.kinds?.includes(kind) ?? true).map((kind) => taskSelects[kind](asked));
  // An enterprise that asks for what is the college's alone.
  if (parts.length === 0) parts.push(taskSelects.approval({ ...asked, institutionId: '' }));
  return [parts.map(([sql]) => sql).join('\nUNION ALL\n'), parts.flatMap(([, values]) => values)];
};

const conditionsOf = (query: TaskQuery): Conditions => {
  const matching = new Conditions()
    .equal('organization_id', query.organizationId)
    .equal('learner_id', query.learnerId)
    .equal('enrollment_id', query.enrollmentId);
  return query.overdueOnly ? matching.add('due_on < ?', query.today) : matching;
};

interface Found {
  kind: TaskKind;
  task_key: string;
  learner_id: string | null;
  enrollment_id: string | null;
  organization_id: string | null;
  due_on: string | null;
  since: string;
  detail: string;
  place: string;
}

const shown = (row: Found, { today, zone = 'UTC' }: TaskQuery): Task => {
  const detail = parsed<Record<string, unknown>>(row.detail);
  const { expiresAt } = detail;
  const dueOn = typeof expiresAt === 'string' ? dateIn(expiresAt, zone) : row.due_on;
  const facts = { ...detail, dueOn };
  return {
    kind: row.kind,
    key: row.task_key,
    learnerId: row.learner_id,
    enrollmentId: row.enrollment_id,
    organizationId: row.organization_id,
    dueOn,
    overdue: dueOn !== null && dueOn < today,
    since: row.since === '' ? null : row.since,
    why: whyOf(row.kind, facts),
    detail,
  };
};

/** A page of what is due. Read it with `taskViews`. Refuses a cursor of another query. */
export async function listTasks(db: ReadQueries, query: TaskQuery): Promise<PageOf<Task> | Refusal> {
  const place = placeOf(query, 3);
  if (isRefusal(place)) return place;
  if (query.kinds?.length === 0) return { rows: [], next: null, total: 0 };
  const [all, values] = union(query);
  const matching = conditionsOf(query);
  const total = await db.get<{ n: number }>(`SELECT CAST(count(*) AS INTEGER) AS n FROM (${all}) AS task ${matching.where}`, [
    ...values,
    ...matching.values,
  ]);
  const by = query.sort === 'since' ? 'since' : `COALESCE(due_on, '9999-12-31')`;
  const [after, order] = query.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
  if (place) matching.add(`(${by}, kind, task_key) ${after} (?, ?, ?)`, ...place);
  const limit = pageLimit(query);
  const found = await db.all<Found>(
    `SELECT ${taskColumns}, ${by} AS place FROM (${all}) AS task ${matching.where}
     ORDER BY ${by} ${order}, kind ${order}, task_key ${order} LIMIT ?`,
    [...values, ...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map((row) => shown(row, query)),
    next: found.length > limit && last ? cursorAfter(query, [last.place, last.kind, last.task_key]) : null,
    total: total?.n ?? 0,
  };
}

export type TaskCounts = Readonly<Record<TaskKind, { readonly all: number; readonly overdue: number }>>;

/** How many of each kind, for a start page. */
export async function countTasks(db: ReadQueries, query: Omit<TaskQuery, 'limit' | 'cursor' | 'kinds'>): Promise<TaskCounts> {
  const [all, values] = union(query);
  const matching = conditionsOf(query);
  const counted = await db.all<{ kind: TaskKind; n: number; overdue: number }>(
    `SELECT kind, CAST(count(*) AS INTEGER) AS n, CAST(sum(CASE WHEN due_on < ? THEN 1 ELSE 0 END) AS INTEGER) AS overdue
     FROM (${all}) AS task ${matching.where} GROUP BY kind`,
    [query.today, ...values, ...matching.values],
  );
  const of = (kind: TaskKind): { all: number; overdue: number } => {
    const row = counted.find((one) => one.kind === kind);
    return { all: row?.n ?? 0, overdue: row?.overdue ?? 0 };
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every kind is there
  return Object.fromEntries(taskKinds.map((kind) => [kind, of(kind)])) as TaskCounts;
}
