import type { Side, TeacherEvent } from '../events/catalog/faculty.ts';
import type { LedgerEvent } from '../events/events.ts';
import { evolveTeacher, initialTeacher, type Teacher, type TeacherStatus } from '../facts/teacher.ts';
import type { Recorded } from '../kernel/decider.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { list } from './listing.ts';
import { Conditions, type PageOf, type Paging } from './paging.ts';
import { parsed, rowsAmong } from './rows.ts';

/** Teachers and mentors: one row each, always what the decisions' own fold says of her stream. Names and contacts stay sealed. */

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const columns = {
  id: 'TEXT NOT NULL PRIMARY KEY',
  institution_id: 'TEXT NOT NULL',
  side: 'TEXT NOT NULL',
  organization_id: 'TEXT',
  staff_number: 'TEXT NOT NULL',
  person_id: 'TEXT',
  status: 'TEXT NOT NULL',
  dual_qualified: 'INTEGER NOT NULL',
  state: 'TEXT NOT NULL',
  revision: 'BIGINT NOT NULL',
} as const;
const names = Object.keys(columns);

const upsertRow = `INSERT INTO faculty_teacher_$g (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${names
    .slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}`;

const isOfTeacher = (event: Recorded<LedgerEvent>): event is Recorded<TeacherEvent> =>
  event.stream.startsWith('teacher-') && event.type !== 'CommandAbandoned';

const rowOf = (s: Teacher, { stream, institutionId, revision }: Recorded<TeacherEvent>): Value[] => {
  const row: Record<keyof typeof columns, Value> = {
    id: stream.slice('teacher-'.length),
    institution_id: institutionId,
    side: s.side ?? '',
    organization_id: s.organizationId,
    staff_number: s.staffNumber,
    person_id: s.personId,
    status: s.status,
    dual_qualified: Number(s.dualQualified),
    state: JSON.stringify(s),
    revision,
  };
  return Object.values(row);
};

export const faculty: View<LedgerEvent> = {
  name: 'faculty',
  version: 1,
  store: 'views',
  byStream: true,
  prefixes: ['teacher-'],
  tables: ['faculty_teacher'],
  schema: [
    `CREATE TABLE faculty_teacher_$g (${Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')})`,
    `CREATE INDEX faculty_by_number_$g ON faculty_teacher_$g (institution_id, staff_number, id)`,
    `CREATE INDEX faculty_by_person_$g ON faculty_teacher_$g (institution_id, person_id) WHERE person_id IS NOT NULL`,
  ],

  async fold(db, events) {
    const told = events.filter(isOfTeacher);
    const known = await rowsAmong<{ id: string; state: string; revision: bigint }>(
      db,
      'SELECT id, state, revision FROM faculty_teacher_$g WHERE id IN (?…)',
      new Set(told.map(({ stream }) => stream.slice('teacher-'.length))),
    );
    const states = new Map(known.map(({ id, state }) => [`teacher-${id}`, parsed<Teacher>(state)]));
    const folded = new Map(known.map(({ id, revision }) => [`teacher-${id}`, revision]));
    const last = new Map<string, Recorded<TeacherEvent>>();
    for (const event of told) {
      if (event.revision <= (folded.get(event.stream) ?? -1n)) continue;
      states.set(event.stream, evolveTeacher(states.get(event.stream) ?? initialTeacher, event));
      if (event.revision > (last.get(event.stream)?.revision ?? -1n)) last.set(event.stream, event);
    }
    await db.runMany(
      upsertRow,
      [...last].map(([stream, event]) => rowOf(states.get(stream)!, event)),
    );
  },
};

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface TeacherRow {
  readonly id: string;
  /** Profile and contact are sealed. */
  readonly teacher: Teacher;
  readonly revision: bigint;
}

export interface TeacherQuery extends Paging {
  readonly institutionId: string;
  readonly side?: Side;
  readonly organizationId?: string;
  readonly staffNumber?: string;
  /** Whose account it is: the claim lets it be one teacher's. */
  readonly personId?: string;
  readonly status?: TeacherStatus;
  readonly dualQualified?: boolean;
}

/** By staff number. */
export async function listTeachers(db: ReadQueries, query: TeacherQuery): Promise<PageOf<TeacherRow> | Refusal> {
  const page = await list<{ readonly id: string; readonly state: string; readonly revision: bigint }>(
    db,
    query,
    { table: 'faculty_teacher', by: 'staff_number', select: 'state, revision' },
    new Conditions()
      .equal('institution_id', query.institutionId)
      .equal('side', query.side)
      .equal('organization_id', query.organizationId)
      .equal('staff_number', query.staffNumber)
      .equal('person_id', query.personId)
      .equal('status', query.status)
      .equal('dual_qualified', query.dualQualified === undefined ? undefined : Number(query.dualQualified)),
  );
  if (isRefusal(page)) return page;
  return { ...page, rows: page.rows.map(({ id, state, revision }) => ({ id, teacher: parsed<Teacher>(state), revision })) };
}
