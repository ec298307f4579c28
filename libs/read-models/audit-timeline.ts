import { catalog, effectOf, type LedgerEvent, type LedgerEventType } from '../events/events.ts';
import type { Basis, Role } from '../kernel/decider.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';
import { parsed, rowsAmong } from './rows.ts';

/** Every event about a person: who said it, when, effective when, why, on whose approval, old → new. Personal parts stay sealed. */

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `gate`: claims and gates, shown on request · `access`: who read the record, shown on request. */
export const timelineKinds = ['fact', 'approval', 'gate', 'access'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

const kindOf = (type: string): TimelineKind => {
  if (type.startsWith('Approval')) return 'approval';
  if (type === 'RecordRead') return 'access';
  return effectOf(type) === 'machinery' ? 'gate' : 'fact';
};

const columns = {
  subject_id: 'TEXT NOT NULL',
  position: 'BIGINT NOT NULL',
  institution_id: 'TEXT NOT NULL',
  event_id: 'TEXT NOT NULL',
  stream: 'TEXT NOT NULL',
  revision: 'BIGINT NOT NULL',
  type: 'TEXT NOT NULL',
  kind: 'TEXT NOT NULL',
  effective_at: 'TEXT NOT NULL',
  recorded_at: 'TEXT NOT NULL',
  actor_id: 'TEXT NOT NULL',
  actor_role: 'TEXT NOT NULL',
  actor_organization_id: 'TEXT',
  on_behalf_of: 'TEXT',
  reason_code: 'TEXT',
  reason_text: 'TEXT',
  command_id: 'TEXT NOT NULL',
  causation_id: 'TEXT NOT NULL',
  request_id: 'TEXT',
  basis: 'TEXT NOT NULL',
  data: 'TEXT NOT NULL',
} as const;
const names = Object.keys(columns);

const insertRow = `INSERT INTO timeline_$g (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
  ON CONFLICT (subject_id, position) DO NOTHING`;

const requestOf = (data: object): string | null =>
  'requestId' in data && typeof data.requestId === 'string' ? data.requestId : null;

/** The gate's own events name no subject when the ledger releases it, yet whose gate it is stands in its name. */
const subjectOf = ({ subjectId, stream }: { subjectId: string | null; stream: string }): string | null =>
  subjectId ?? (stream.startsWith('learner-') ? stream.slice('learner-'.length) : null);

export const auditTimeline: View<LedgerEvent> = {
  name: 'audit-timeline',
  version: 1,
  store: 'views',
  byStream: true,
  tables: ['timeline'],
  schema: [
    `CREATE TABLE timeline_$g (${Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')},
      PRIMARY KEY (subject_id, position))`,
    `CREATE INDEX timeline_by_request_$g ON timeline_$g (request_id) WHERE request_id IS NOT NULL`,
  ],

  async fold(db, events) {
    const rows: Value[][] = [];
    for (const event of events) {
      const subjectId = subjectOf(event);
      if (subjectId === null) continue;
      const { actor, reason, basis } = event;
      rows.push([
        subjectId,
        event.position,
        event.institutionId,
        event.id,
        event.stream,
        event.revision,
        event.type,
        kindOf(event.type),
        event.effectiveAt,
        event.recordedAt,
        actor.personId,
        actor.role,
        actor.organizationId,
        event.onBehalfOf ?? null,
        reason?.code ?? null,
        reason?.text ?? null,
        event.commandId,
        event.causationId,
        requestOf(event.data),
        basis.length === 0 ? '[]' : JSON.stringify(basis),
        JSON.stringify(event.data),
      ]);
    }
    await db.runMany(insertRow, rows);
  },
};

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface TimelineQuery extends Paging {
  readonly institutionId: string;
  readonly subjectId: string;
  /** By `recorded` where absent: the order of the log. */
  readonly sort?: 'recorded' | 'effective';
  readonly order?: 'asc' | 'desc';
  readonly types?: readonly string[];
  /** Facts and approvals where absent. */
  readonly kinds?: readonly TimelineKind[];
  /** Bounds of the time that `sort` names: ISO instants, both inclusive. */
  readonly from?: string;
  readonly to?: string;
}

export interface Change {
  readonly field: string;
  readonly old: unknown;
  readonly new: unknown;
}

export interface Approval {
  readonly requestId: string;
  readonly act: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly outcome: 'pending' | 'granted' | 'refused' | 'stale';
  /** Who granted or refused it. */
  readonly settledBy: string | null;
  readonly settledAt: string | null;
}

export interface TimelineRow {
  readonly position: bigint;
  readonly eventId: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly kind: TimelineKind;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly actor: { readonly personId: string; readonly role: Role; readonly organizationId: string | null };
  readonly onBehalfOf: string | null;
  /** `text` is sealed. */
  readonly reason: { readonly code: string; readonly text: string | null } | null;
  readonly commandId: string;
  readonly causationId: string;
  readonly basis: readonly Basis[];
  /** As recorded; personal fields are sealed tokens. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Old → new where the event tells both in the open; those of an identity stand sealed in `data.change`. */
  readonly changes: readonly Change[];
  readonly approval: Approval | null;
}

/** Old → new of what an event changed, where its public data tells it. */
export function changesOf(type: string, data: Readonly<Record<string, unknown>>): readonly Change[] {
  const change = (field: string, from: string, to: string): Change => ({ field, old: data[from] ?? null, new: data[to] ?? null });
  switch (type) {
    case 'EnrollmentCorrected':
      return [{ field: String(data['field']), old: data['old'] ?? null, new: data['new'] ?? null }];
    case 'MajorChanged':
      return [change('programId', 'fromProgramId', 'programId')];
    case 'ClassChanged':
      return [change('classId', 'fromClassId', 'classId')];
    default:
      return [];
  }
}

interface Found {
  position: bigint;
  eventId: string;
  stream: string;
  revision: bigint;
  type: string;
  kind: TimelineKind;
  effectiveAt: string;
  recordedAt: string;
  actorId: string;
  actorRole: Role;
  actorOrganizationId: string | null;
  onBehalfOf: string | null;
  reasonCode: string | null;
  reasonText: string | null;
  commandId: string;
  causationId: string;
  requestId: string | null;
  basis: string;
  data: string;
}

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const selected = names.map((name) => `${name} AS "${camel(name)}"`).join(', ');

/** A page of a person's history in one institution. Refuses a cursor of another query. */
export async function personTimeline(db: ReadQueries, query: TimelineQuery): Promise<PageOf<TimelineRow> | Refusal> {
  const place = placeOf(query, 2);
  if (isRefusal(place)) return place;
  const by = query.sort === 'effective' ? 'effective_at' : 'recorded_at';
  const matching = new Conditions()
    .equal('subject_id', query.subjectId)
    .equal('institution_id', query.institutionId)
    .among('kind', query.kinds ?? ['fact', 'approval'])
    .among('type', query.types)
    .between(by, query.from, query.to);
  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM timeline_$g ${matching.where}`,
    matching.values,
  );
  const [after, order] = query.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
  if (place) matching.add(`(${by}, position) ${after} (?, ?)`, place[0] ?? '', BigInt(String(place[1])));
  const limit = pageLimit(query);
  const found = await db.all<Found>(
    `SELECT ${selected} FROM timeline_$g ${matching.where} ORDER BY ${by} ${order}, position ${order} LIMIT ?`,
    [...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const approvals = await approvalsOf(db, page);
  const last = page.at(-1);
  const cursor =
    last && cursorAfter(query, [by === 'effective_at' ? last.effectiveAt : last.recordedAt, last.position.toString()]);
  return {
    rows: page.map((row) => shown(row, approvals)),
    next: found.length > limit && cursor !== undefined ? cursor : null,
    total: total?.n ?? 0,
  };
}

const approvalKey = (row: { stream: string; requestId: string | null }): string => `${row.stream} ${row.requestId ?? ''}`;

/** Who asked for and who granted what these rows say; both stand on the same stream under the same request id. */
async function approvalsOf(db: ReadQueries, page: readonly Found[]): Promise<ReadonlyMap<string, Approval>> {
  const wanted = new Set(page.flatMap(({ requestId }) => (requestId === null ? [] : [requestId])));
  const said = await rowsAmong<Found>(
    db,
    `SELECT ${selected} FROM timeline_$g WHERE kind = 'approval' AND request_id IS NOT NULL AND request_id IN (?…)`,
    wanted,
  );
  const approvals = new Map<string, Approval>();
  for (const row of said.toSorted((a, b) => (a.position < b.position ? -1 : 1))) {
    const key = approvalKey(row);
    const known = approvals.get(key);
    if (row.type === 'ApprovalRequested') {
      const { act } = parsed<{ act: string }>(row.data);
      approvals.set(key, {
        requestId: row.requestId!,
        act,
        requestedBy: row.actorId,
        requestedAt: row.recordedAt,
        outcome: 'pending',
        settledBy: null,
        settledAt: null,
      });
    } else if (known) {
      const outcome = row.type === 'ApprovalGranted' ? 'granted' : row.type === 'ApprovalRefused' ? 'refused' : 'stale';
      approvals.set(key, { ...known, outcome, settledBy: row.actorId, settledAt: row.recordedAt });
    }
  }
  return approvals;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the catalog held it when it was decoded
const titleOf = (type: string): TimelineRow['title'] => catalog[type as LedgerEventType].title;

function shown(row: Found, approvals: ReadonlyMap<string, Approval>): TimelineRow {
  const data = parsed<Record<string, unknown>>(row.data);
  return {
    position: row.position,
    eventId: row.eventId,
    stream: row.stream,
    revision: row.revision,
    type: row.type,
    title: titleOf(row.type),
    kind: row.kind,
    effectiveAt: row.effectiveAt,
    recordedAt: row.recordedAt,
    actor: { personId: row.actorId, role: row.actorRole, organizationId: row.actorOrganizationId },
    onBehalfOf: row.onBehalfOf,
    reason: row.reasonCode === null ? null : { code: row.reasonCode, text: row.reasonText },
    commandId: row.commandId,
    causationId: row.causationId,
    basis: parsed<Basis[]>(row.basis),
    data,
    changes: changesOf(row.type, data),
    approval: approvals.get(approvalKey(row)) ?? null,
  };
}
