import type { ContractStatus } from '../facts/contract.ts';
import type { Opening } from '../facts/opening.ts';
import type { Placement } from '../facts/placement.ts';
import type { SelectionStatus } from '../facts/selection.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { apprenticeRecord } from './apprentice-record.ts';
import { seamOf, type Seam } from './apprentice-seams.ts';
import type { ContractStory, SelectionStory, TeacherStory } from './apprentice-story.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';
import { reachContracts, reachPlacements, reachSelections, type Reach } from './reach.ts';
import { reference } from './reference.ts';
import { parsed, rowsAmong } from './rows.ts';

/** Lists of the apprentice record. Whose rows somebody sees is a condition of each query, so that totals and cursors tell no more. */

/** What these lists are read from: names stand in the register, whose a class is in the reference data. */
export const apprenticeViews: readonly View[] = [apprenticeRecord, enrollmentRegister, reference];

export type Order = 'asc' | 'desc';

interface Listing extends Paging {
  readonly institutionId: string;
  readonly reach: Reach;
  readonly order?: Order;
}

interface From {
  /** With its alias, and what is joined to it. */
  readonly tables: string;
  /** What orders a row; beside it the id. */
  readonly by: string;
  readonly id: string;
  readonly select: string;
}

interface Common {
  readonly id: string;
  readonly revision: bigint;
  readonly updatedAt: string;
}

async function list<Row extends Common>(
  db: ReadQueries,
  query: Listing,
  from: From,
  matching: Conditions,
): Promise<PageOf<Row> | Refusal> {
  const place = placeOf(query, 2);
  if (isRefusal(place)) return place;
  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM ${from.tables} ${matching.where}`,
    matching.values,
  );
  const [after, order] = query.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
  if (place) matching.add(`(${from.by}, ${from.id}) ${after} (?, ?)`, ...place);
  const limit = pageLimit(query);
  const found = await db.all<Row & { place: string }>(
    `SELECT ${from.id} AS id, ${from.select}, ${from.by} AS place FROM ${from.tables} ${matching.where}
     ORDER BY ${from.by} ${order}, ${from.id} ${order} LIMIT ?`,
    [...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row without what it was sorted by
    rows: page.map(({ place: _place, ...row }) => row as unknown as Row),
    next: found.length > limit && last ? cursorAfter(query, [last.place, last.id]) : null,
    total: total?.n ?? 0,
  };
}

/** A row as it is stored: its state as JSON. */
type Stored<Row> = Omit<Row, 'state'> & { readonly state: string };

const withState = <Row extends Common & { readonly state: object }>(
  page: PageOf<Common & Stored<Row>> | Refusal,
): PageOf<Row> | Refusal =>
  isRefusal(page)
    ? page
    : // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row with its state read
      { ...page, rows: page.rows.map((row) => ({ ...row, state: parsed<Row['state']>(row.state) }) as unknown as Row) };

const upkeep = (alias: string): string => `${alias}.state, ${alias}.revision, ${alias}.updated_at AS "updatedAt"`;

// ── openings ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface OpeningRow extends Common {
  readonly state: Opening;
  readonly applications: number;
  readonly accepted: number;
}

export interface OpeningQuery extends Listing {
  readonly organizationId?: string;
  /** Neither closed nor past its last day, which is this one. */
  readonly openOn?: string;
  readonly openingIds?: readonly string[];
}

/** Openings name no person: who may apply sees all of them, an enterprise its own. */
export async function listOpenings(db: ReadQueries, query: OpeningQuery): Promise<PageOf<OpeningRow> | Refusal> {
  const matching = new Conditions()
    .equal('o.institution_id', query.institutionId)
    .equal('o.organization_id', query.reach.to === 'enterprise' ? query.reach.organizationId : undefined)
    .equal('o.organization_id', query.organizationId)
    .among('o.opening_id', query.openingIds);
  if (query.openOn !== undefined) matching.add('o.closed = 0 AND o.closes_on >= ?', query.openOn);
  const count = (status: string): string =>
    `(SELECT CAST(count(*) AS INTEGER) FROM apprentice_selection_$g s WHERE s.opening_id = o.opening_id${status})`;
  return withState<OpeningRow>(
    await list(
      db,
      query,
      {
        tables: 'apprentice_opening_$g o',
        by: 'o.closes_on',
        id: 'o.opening_id',
        select: `${upkeep('o')}, ${count('')} AS applications, ${count(` AND s.status = 'accepted'`)} AS accepted`,
      },
      matching,
    ),
  );
}

// ── selections ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** In which program and class the applicant or apprentice studies; null where her enrollment is not known here. */
interface Studying {
  readonly programId: string | null;
  readonly classId: string | null;
}

const studying = `r.program_id AS "programId", r.class_id AS "classId"`;
const people = (alias: string): string =>
  `LEFT JOIN register_learner_$g l ON l.learner_id = ${alias}.learner_id
   LEFT JOIN register_enrollment_$g r ON r.enrollment_id = ${alias}.enrollment_id`;

export interface SelectionRow extends Common, Studying {
  readonly state: SelectionStory;
  /** Sealed; `identityOf` opens it. */
  readonly identity: string | null;
}

export interface SelectionQuery extends Listing {
  readonly learnerId?: string;
  readonly selectionId?: string;
  readonly openingId?: string;
  readonly organizationId?: string;
  readonly status?: readonly SelectionStatus[];
}

export async function listSelections(db: ReadQueries, query: SelectionQuery): Promise<PageOf<SelectionRow> | Refusal> {
  const matching = reachSelections(new Conditions().equal('s.institution_id', query.institutionId), query.reach)
    .equal('s.learner_id', query.learnerId)
    .equal('s.selection_id', query.selectionId)
    .equal('s.opening_id', query.openingId)
    .equal('s.organization_id', query.organizationId)
    .among('s.status', query.status);
  return withState<SelectionRow>(
    await list(
      db,
      query,
      {
        tables: `apprentice_selection_$g s ${people('s')}`,
        by: 's.updated_at',
        id: 's.selection_id',
        select: `${upkeep('s')}, l.identity, ${studying}`,
      },
      matching,
    ),
  );
}

// ── contracts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ContractRow extends Common, Studying {
  readonly state: ContractStory;
  /** Sealed; `identityOf` opens it. */
  readonly identity: string | null;
  /** Hundredths of an hour. */
  readonly hoursRecorded: number;
  readonly hoursConfirmed: number;
}

export interface ContractQuery extends Listing {
  readonly learnerId?: string;
  readonly enrollmentId?: string;
  readonly organizationId?: string;
  readonly status?: readonly ContractStatus[];
  readonly contractIds?: readonly string[];
  /** By start where absent. */
  readonly sort?: 'start' | 'end' | 'updated' | 'status';
}

const contractSorts = { start: 'c.starts_on', end: 'c.ends_on', updated: 'c.updated_at', status: 'c.status' } as const;

const hours = (confirmed: string): string =>
  `(SELECT CAST(COALESCE(sum(g.hours), 0) AS INTEGER) FROM apprentice_log_$g g WHERE g.contract_id = c.contract_id${confirmed})`;

export async function listContracts(db: ReadQueries, query: ContractQuery): Promise<PageOf<ContractRow> | Refusal> {
  const matching = reachContracts(new Conditions().equal('c.institution_id', query.institutionId), query.reach)
    .equal('c.learner_id', query.learnerId)
    .equal('c.enrollment_id', query.enrollmentId)
    .equal('c.organization_id', query.organizationId)
    .among('c.status', query.status)
    .among('c.contract_id', query.contractIds);
  return withState<ContractRow>(
    await list(
      db,
      query,
      {
        tables: `apprentice_contract_$g c ${people('c')}`,
        by: contractSorts[query.sort ?? 'start'],
        id: 'c.contract_id',
        select: `${upkeep('c')}, l.identity, ${studying}, ${hours('')} AS "hoursRecorded", ${hours(' AND g.confirmed_at IS NOT NULL')} AS "hoursConfirmed"`,
      },
      matching,
    ),
  );
}

export interface LogRow {
  /** Plain date of its Monday. */
  readonly week: string;
  /** Hundredths. */
  readonly hours: number;
  /** Sealed. */
  readonly workOrders: string | null;
  readonly recordedAt: string;
  readonly confirmedBy: string | null;
  readonly confirmedAt: string | null;
}

export interface LogQuery extends Paging {
  readonly contractId: string;
  readonly confirmed?: boolean;
}

/** A page of a contract's training logs, week after week. Whose contract it is was judged before. */
export async function listLogs(db: ReadQueries, query: LogQuery): Promise<PageOf<LogRow> | Refusal> {
  const place = placeOf(query, 1);
  if (isRefusal(place)) return place;
  const matching = new Conditions().equal('contract_id', query.contractId);
  if (query.confirmed !== undefined) matching.add(`confirmed_at IS ${query.confirmed ? 'NOT ' : ''}NULL`);
  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM apprentice_log_$g ${matching.where}`,
    matching.values,
  );
  if (place) matching.add('week > ?', ...place);
  const limit = pageLimit(query);
  const found = await db.all<LogRow>(
    `SELECT week, hours, work_orders AS "workOrders", recorded_at AS "recordedAt", confirmed_by AS "confirmedBy",
       confirmed_at AS "confirmedAt" FROM apprentice_log_$g ${matching.where} ORDER BY week LIMIT ?`,
    [...matching.values, limit + 1],
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: found.length > limit && last ? cursorAfter(query, [last.week]) : null, total: total?.n ?? 0 };
}

// ── placements ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface PlacementRow extends Common {
  readonly state: Placement;
  /** Where it follows a batch, and where others follow it. */
  readonly seams: readonly Seam[];
}

export interface PlacementQuery extends Listing {
  readonly placementId?: string;
  readonly organizationId?: string;
  readonly enrollmentId?: string;
  /** Of those alone that follow a batch, or are followed by one, without a handover that both acknowledged. */
  readonly withoutHandover?: boolean;
}

/** Batches that follow each other without a handover: given by the first, acknowledged by both. */
const unacknowledged = `SELECT 1 FROM apprentice_placement_$g x JOIN apprentice_placement_$g y ON y.follows = x.placement_id
  WHERE (x.placement_id = b.placement_id OR y.placement_id = b.placement_id) AND NOT ${handedOverIn('x', 'y')}`;

/** Given by the first, acknowledged by both. */
export function handedOverIn(before: string, after: string): string {
  const acknowledges = (one: string, other: string): string =>
    `EXISTS (SELECT 1 FROM apprentice_acknowledged_$g k WHERE k.placement_id = ${one}.placement_id AND k.other = ${other}.placement_id)`;
  return `(COALESCE(${before}.handed_to, '') = ${after}.placement_id AND ${acknowledges(before, after)} AND ${acknowledges(after, before)})`;
}

export async function listPlacements(db: ReadQueries, query: PlacementQuery): Promise<PageOf<PlacementRow> | Refusal> {
  const matching = reachPlacements(new Conditions().equal('b.institution_id', query.institutionId), query.reach)
    .equal('b.placement_id', query.placementId)
    .equal('b.organization_id', query.organizationId);
  if (query.enrollmentId !== undefined) {
    matching.add('b.placement_id IN (SELECT placement_id FROM apprentice_member_$g WHERE enrollment_id = ?)', query.enrollmentId);
  }
  if (query.withoutHandover !== undefined) matching.add(`${query.withoutHandover ? '' : 'NOT '}EXISTS (${unacknowledged})`);
  const page = withState<Omit<PlacementRow, 'seams'>>(
    await list(
      db,
      query,
      { tables: 'apprentice_placement_$g b', by: 'b.started_at', id: 'b.placement_id', select: upkeep('b') },
      matching,
    ),
  );
  if (isRefusal(page)) return page;
  const around = await neighbours(db, page.rows);
  const rows = page.rows.map((row) => {
    const before = row.state.started?.follows ? around.find(({ id }) => id === row.state.started!.follows) : undefined;
    const after = around.filter(({ state }) => state.started?.follows === row.id);
    return { ...row, seams: [...(before ? [seamOf(before, row)] : []), ...after.map((one) => seamOf(row, one))] };
  });
  return { ...page, rows };
}

async function neighbours(
  db: ReadQueries,
  rows: readonly { readonly id: string; readonly state: Placement }[],
): Promise<readonly { readonly id: string; readonly state: Placement }[]> {
  const select = 'SELECT placement_id AS id, state FROM apprentice_placement_$g WHERE';
  const before = rows.flatMap(({ state }) => state.started?.follows ?? []);
  const found = [
    ...(await rowsAmong<{ id: string; state: string }>(db, `${select} placement_id IN (?…)`, before)),
    ...(await rowsAmong<{ id: string; state: string }>(
      db,
      `${select} follows IN (?…)`,
      rows.map(({ id }) => id),
    )),
  ];
  const byId = new Map(found.map((row) => [row.id, { id: row.id, state: parsed<Placement>(row.state) }]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

// ── mentors ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Teachers and mentors by id: who they are (sealed) and how they stood. */
export async function teacherStories(db: ReadQueries, teacherIds: Iterable<string>): Promise<ReadonlyMap<string, TeacherStory>> {
  const rows = await rowsAmong<{ id: string; state: string }>(
    db,
    'SELECT teacher_id AS id, state FROM apprentice_teacher_$g WHERE teacher_id IN (?…)',
    new Set(teacherIds),
  );
  return new Map(rows.map(({ id, state }) => [id, parsed<TeacherStory>(state)]));
}
