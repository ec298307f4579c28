import type { CalendarEvent, EnrollmentPolicy } from '../events/catalog/curriculum.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { contains, list, ofInstitution, type Listing } from './listing.ts';
import { Conditions, type PageOf } from './paging.ts';
import { parsed, rowsAmong } from './rows.ts';

/** What forms choose from: programs, program groups, classes, organizations, the calendar and policy in force, import runs. Nothing personal. */

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

export const reference: View<LedgerEvent> = {
  name: 'reference',
  version: 2,
  store: 'views',
  byStream: true,
  types: [
    'ProgramPublished',
    'ProgramGroupFormed',
    'ProgramJoinedGroup',
    'ClassFormed',
    'TeacherAssignedToClass',
    'RosterChanged',
    'ClassClosed',
    'OrganizationRegistered',
    'CalendarPublished',
    'EnrollmentPolicyAdopted',
    'ImportStarted',
    'ImportFinished',
  ],
  tables: [
    'reference_program',
    'reference_group',
    'reference_group_program',
    'reference_class',
    'reference_class_teacher',
    'reference_class_member',
    'reference_organization',
    'reference_in_force',
    'reference_import',
  ],
  schema: [
    `CREATE TABLE reference_program_$g (
      id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      code TEXT NOT NULL,
      name_zh TEXT NOT NULL,
      name_en TEXT NOT NULL,
      level TEXT NOT NULL,
      length_of_study_months INTEGER,
      entrance_score INTEGER
    )`,
    `CREATE TABLE reference_group_$g (
      id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      name_zh TEXT NOT NULL,
      name_en TEXT NOT NULL
    )`,
    `CREATE TABLE reference_group_program_$g (
      group_id TEXT NOT NULL,
      program_id TEXT NOT NULL,
      joined TEXT NOT NULL,
      PRIMARY KEY (group_id, program_id)
    )`,
    `CREATE TABLE reference_class_$g (
      id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      program_id TEXT,
      course TEXT,
      term TEXT,
      closed INTEGER NOT NULL
    )`,
    `CREATE TABLE reference_class_teacher_$g (class_id TEXT NOT NULL, teacher_id TEXT NOT NULL, PRIMARY KEY (class_id, teacher_id))`,
    `CREATE TABLE reference_class_member_$g (class_id TEXT NOT NULL, member_id TEXT NOT NULL, PRIMARY KEY (class_id, member_id))`,
    `CREATE TABLE reference_organization_$g (
      id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      credit_code TEXT NOT NULL,
      name_zh TEXT NOT NULL,
      name_en TEXT NOT NULL,
      kind TEXT NOT NULL
    )`,
    `CREATE TABLE reference_in_force_$g (
      institution_id TEXT NOT NULL,
      what TEXT NOT NULL,
      said TEXT NOT NULL,
      revision BIGINT NOT NULL,
      recorded_at TEXT NOT NULL,
      PRIMARY KEY (institution_id, what)
    )`,
    `CREATE TABLE reference_import_$g (
      id TEXT NOT NULL PRIMARY KEY,
      institution_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      file_digest TEXT NOT NULL,
      started_at TEXT NOT NULL,
      started_by TEXT NOT NULL,
      finished_at TEXT,
      counts TEXT
    )`,
  ],

  async fold(db, events) {
    for (const event of events) {
      const id = idOf(event.stream);
      const { institutionId } = event;
      const put = (table: string, row: Readonly<Record<string, Value>>): Promise<number> => {
        const names = Object.keys(row);
        return db.run(
          `INSERT INTO ${table}_$g (id, institution_id, ${names.join(', ')}) VALUES (?, ?, ${names.map(() => '?').join(', ')})
           ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
          [id, institutionId, ...Object.values(row)],
        );
      };
      // The order of joining, as text that sorts alike: revision, then place in the event.
      const join = (programIds: readonly string[]): Promise<number> =>
        db.runMany(
          'INSERT INTO reference_group_program_$g (group_id, program_id, joined) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          programIds.map((programId, n) => [id, programId, `${event.revision}`.padStart(12, '0') + `${n}`.padStart(6, '0')]),
        );
      switch (event.type) {
        case 'ProgramPublished':
          await put('reference_program', {
            code: event.data.code,
            name_zh: event.data.name.zh,
            name_en: event.data.name.en,
            level: event.data.level,
            length_of_study_months: event.data.lengthOfStudyMonths,
            entrance_score: event.data.entranceScore,
          });
          break;
        case 'ProgramGroupFormed':
          await put('reference_group', {
            name_zh: event.data.name.zh,
            name_en: event.data.name.en,
          });
          await join(event.data.programIds);
          break;
        case 'ProgramJoinedGroup':
          await join([event.data.programId]);
          break;
        case 'ClassFormed':
          await put('reference_class', {
            kind: event.data.kind,
            name: event.data.name,
            program_id: event.data.programId,
            course: event.data.course,
            term: event.data.term,
            closed: 0,
          });
          break;
        case 'TeacherAssignedToClass':
          await db.run('INSERT INTO reference_class_teacher_$g (class_id, teacher_id) VALUES (?, ?) ON CONFLICT DO NOTHING', [
            id,
            event.data.teacherId,
          ]);
          break;
        case 'RosterChanged':
          await db.runMany(
            'DELETE FROM reference_class_member_$g WHERE class_id = ? AND member_id = ?',
            event.data.removed.map((member) => [id, member]),
          );
          await db.runMany(
            'INSERT INTO reference_class_member_$g (class_id, member_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
            event.data.added.map((member) => [id, member]),
          );
          break;
        case 'ClassClosed':
          await db.run('UPDATE reference_class_$g SET closed = 1 WHERE id = ?', [id]);
          break;
        case 'OrganizationRegistered':
          await put('reference_organization', {
            credit_code: event.data.creditCode,
            name_zh: event.data.name.zh,
            name_en: event.data.name.en,
            kind: event.data.kind,
          });
          break;
        case 'CalendarPublished':
        case 'EnrollmentPolicyAdopted':
          await db.run(
            `INSERT INTO reference_in_force_$g (institution_id, what, said, revision, recorded_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (institution_id, what) DO UPDATE SET
               said = excluded.said, revision = excluded.revision, recorded_at = excluded.recorded_at`,
            [institutionId, event.type, JSON.stringify(event.data), event.revision, event.recordedAt],
          );
          break;
        case 'ImportStarted':
          await put('reference_import', {
            kind: event.data.kind,
            file_digest: event.data.fileDigest,
            started_at: event.recordedAt,
            started_by: event.actor.personId,
          });
          break;
        case 'ImportFinished':
          await db.run('UPDATE reference_import_$g SET finished_at = ?, counts = ? WHERE id = ?', [
            event.recordedAt,
            JSON.stringify(event.data),
            id,
          ]);
          break;
        default:
      }
    }
  },
};

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ProgramRow {
  readonly id: string;
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly level: string;
  readonly lengthOfStudyMonths: number | null;
  readonly entranceScore: number | null;
}

const programColumns = `code, name_zh AS "nameZh", name_en AS "nameEn", level,
  length_of_study_months AS "lengthOfStudyMonths", entrance_score AS "entranceScore"`;

export const listPrograms = (
  db: ReadQueries,
  query: Listing & { readonly code?: string; readonly level?: string },
): Promise<PageOf<ProgramRow> | Refusal> =>
  list(
    db,
    query,
    { table: 'reference_program', by: 'code', select: programColumns },
    ofInstitution(query, 'code').equal('code', query.code).equal('level', query.level),
  );

export interface GroupRow {
  readonly id: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly programIds: readonly string[];
}

export async function listProgramGroups(db: ReadQueries, query: Listing): Promise<PageOf<GroupRow> | Refusal> {
  const page = await list<Omit<GroupRow, 'programIds'>>(
    db,
    query,
    { table: 'reference_group', by: 'name_zh', select: 'name_zh AS "nameZh", name_en AS "nameEn"' },
    ofInstitution(query, null),
  );
  if (isRefusal(page)) return page;
  const joined = await rowsAmong<{ groupId: string; programId: string; joined: string }>(
    db,
    'SELECT group_id AS "groupId", program_id AS "programId", joined FROM reference_group_program_$g WHERE group_id IN (?…)',
    page.rows.map(({ id }) => id),
  );
  const inOrder = joined.toSorted((a, b) => (a.joined < b.joined ? -1 : 1));
  const programsOf = (id: string): string[] => inOrder.filter(({ groupId }) => groupId === id).map(({ programId }) => programId);
  return { ...page, rows: page.rows.map((row) => ({ ...row, programIds: programsOf(row.id) })) };
}

export interface ClassRow {
  readonly id: string;
  readonly kind: 'administrative' | 'teaching';
  readonly name: string;
  readonly programId: string | null;
  readonly course: string | null;
  readonly term: string | null;
  /** 1 where it is closed. */
  readonly closed: number;
}

export interface ClassQuery extends Listing {
  readonly kind?: 'administrative' | 'teaching';
  readonly programId?: string;
  readonly open?: boolean;
  /** Classes that are hers. */
  readonly teacherId?: string;
}

const classColumns = `kind, name, program_id AS "programId", course, term, closed`;

export function listClasses(db: ReadQueries, query: ClassQuery): Promise<PageOf<ClassRow> | Refusal> {
  const matching = new Conditions()
    .equal('institution_id', query.institutionId)
    .equal('kind', query.kind)
    .equal('program_id', query.programId)
    .equal('closed', query.open === undefined ? undefined : Number(!query.open));
  if (query.text) matching.add(`name LIKE ? ESCAPE '\\'`, contains(query.text));
  if (query.teacherId !== undefined) {
    matching.add('id IN (SELECT class_id FROM reference_class_teacher_$g WHERE teacher_id = ?)', query.teacherId);
  }
  return list(db, query, { table: 'reference_class', by: 'name', select: classColumns }, matching);
}

/** Teachers of a class, and who is on the roster of a teaching class. */
export async function classPeople(
  db: ReadQueries,
  classId: string,
): Promise<{ readonly teacherIds: readonly string[]; readonly memberIds: readonly string[] }> {
  const teachers = await db.all<{ id: string }>(
    'SELECT teacher_id AS id FROM reference_class_teacher_$g WHERE class_id = ? ORDER BY teacher_id',
    [classId],
  );
  const members = await db.all<{ id: string }>(
    'SELECT member_id AS id FROM reference_class_member_$g WHERE class_id = ? ORDER BY member_id',
    [classId],
  );
  return { teacherIds: teachers.map(({ id }) => id), memberIds: members.map(({ id }) => id) };
}

export interface OrganizationRow {
  readonly id: string;
  readonly creditCode: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly kind: 'school' | 'enterprise' | 'government' | 'association';
}

export const listOrganizations = (
  db: ReadQueries,
  query: Listing & { readonly kind?: OrganizationRow['kind'] },
): Promise<PageOf<OrganizationRow> | Refusal> =>
  list(
    db,
    query,
    {
      table: 'reference_organization',
      by: 'name_zh',
      select: `credit_code AS "creditCode", name_zh AS "nameZh", name_en AS "nameEn", kind`,
    },
    ofInstitution(query, 'credit_code').equal('kind', query.kind),
  );

export interface ImportRow {
  readonly id: string;
  readonly kind: string;
  readonly fileDigest: string;
  readonly startedAt: string;
  readonly startedBy: string;
  /** Null while it runs, or where it was cut off and not taken up again. */
  readonly finishedAt: string | null;
  readonly counts: Extract<LedgerEvent, { type: 'ImportFinished' }>['data'] | null;
}

/** The newest first. */
export async function listImports(
  db: ReadQueries,
  query: Omit<Listing, 'text'> & { readonly kind?: string },
): Promise<PageOf<ImportRow> | Refusal> {
  const page = await list<Omit<ImportRow, 'counts'> & { counts: string | null }>(
    db,
    query,
    {
      table: 'reference_import',
      by: 'started_at',
      select: `kind, file_digest AS "fileDigest", started_at AS "startedAt", started_by AS "startedBy", finished_at AS "finishedAt", counts`,
      newestFirst: true,
    },
    new Conditions().equal('institution_id', query.institutionId).equal('kind', query.kind),
  );
  if (isRefusal(page)) return page;
  return {
    ...page,
    rows: page.rows.map((row) => ({
      ...row,
      counts: row.counts === null ? null : parsed<NonNullable<ImportRow['counts']>>(row.counts),
    })),
  };
}

export interface InForce<Said> {
  readonly said: Said;
  readonly revision: bigint;
  readonly recordedAt: string;
}

async function inForce<Said>(db: ReadQueries, institutionId: string, what: string): Promise<InForce<Said> | undefined> {
  const row = await db.get<{ said: string; revision: bigint; recordedAt: string }>(
    `SELECT said, revision, recorded_at AS "recordedAt" FROM reference_in_force_$g WHERE institution_id = ? AND what = ?`,
    [institutionId, what],
  );
  return row && { ...row, said: parsed<Said>(row.said) };
}

export const calendarInForce = (db: ReadQueries, institutionId: string): Promise<InForce<CalendarEvent['data']> | undefined> =>
  inForce(db, institutionId, 'CalendarPublished');

export const policyInForce = (db: ReadQueries, institutionId: string): Promise<InForce<EnrollmentPolicy> | undefined> =>
  inForce(db, institutionId, 'EnrollmentPolicyAdopted');

/** Programs of that code or name, for a form or a sheet that names one: several where the levels differ. */
export const findPrograms = (
  db: ReadQueries,
  institutionId: string,
  words: { readonly code?: string; readonly name?: string; readonly level?: string },
): Promise<readonly ProgramRow[]> => {
  const matching = new Conditions().equal('institution_id', institutionId).equal('code', words.code).equal('level', words.level);
  if (words.name !== undefined) matching.add('(name_zh = ? OR name_en = ?)', words.name, words.name);
  return db.all(
    `SELECT id, ${programColumns} FROM reference_program_$g ${matching.where} ORDER BY code, level LIMIT 50`,
    matching.values,
  );
};

/** Classes of exactly that name. */
export const findClasses = (db: ReadQueries, institutionId: string, name: string): Promise<readonly ClassRow[]> =>
  db.all(`SELECT id, ${classColumns} FROM reference_class_$g WHERE institution_id = ? AND name = ? ORDER BY id LIMIT 50`, [
    institutionId,
    name,
  ]);

export const programName = ({ nameZh, nameEn }: Pick<ProgramRow, 'nameZh' | 'nameEn'>): Bilingual => ({ zh: nameZh, en: nameEn });
