import type { CourseNature } from '../events/catalog/curriculum.ts';
import type { LedgerEvent } from '../events/events.ts';
import type { SchemeVersion } from '../facts/curriculum.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { list, ofInstitution, type Listing } from './listing.ts';
import type { PageOf } from './paging.ts';
import { parsed } from './rows.ts';

/** Courses and evaluation schemes in their last version; earlier ones are read from the log itself. Nothing personal. */

// ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const courseColumns = {
  id: 'TEXT NOT NULL PRIMARY KEY',
  institution_id: 'TEXT NOT NULL',
  version: 'INTEGER NOT NULL',
  code: 'TEXT NOT NULL',
  name_zh: 'TEXT NOT NULL',
  name_en: 'TEXT NOT NULL',
  credits: 'INTEGER NOT NULL',
  hours: 'INTEGER NOT NULL',
  nature: 'TEXT NOT NULL',
  category: 'TEXT',
  module: 'TEXT',
  framework_level: 'INTEGER',
} as const;

const schemeColumns = {
  id: 'TEXT NOT NULL PRIMARY KEY',
  institution_id: 'TEXT NOT NULL',
  code: 'TEXT NOT NULL',
  name_zh: 'TEXT NOT NULL',
  name_en: 'TEXT NOT NULL',
  said: 'TEXT NOT NULL',
} as const;

type Columns = Readonly<Record<string, string>>;

const created = (table: string, columns: Columns): string =>
  `CREATE TABLE ${table}_$g (${Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')})`;

const upsert = (table: string, columns: Columns): string => {
  const names = Object.keys(columns);
  return `INSERT INTO ${table}_$g (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
    ON CONFLICT (id) DO UPDATE SET ${names
      .slice(1)
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')}`;
};

// ── fold ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

export const curriculum: View<LedgerEvent> = {
  name: 'curriculum',
  version: 1,
  store: 'views',
  byStream: true,
  types: ['CoursePublished', 'EvaluationSchemeAdopted'],
  tables: ['curriculum_course', 'curriculum_scheme'],
  schema: [
    created('curriculum_course', courseColumns),
    `CREATE INDEX curriculum_course_by_code_$g ON curriculum_course_$g (institution_id, code, id)`,
    created('curriculum_scheme', schemeColumns),
  ],

  async fold(db, events) {
    const courses: Value[][] = [];
    const schemes: Value[][] = [];
    for (const event of events) {
      const id = idOf(event.stream);
      if (event.type === 'CoursePublished') {
        const { version, code, name, credits, hours, nature, category, module, frameworkLevel } = event.data;
        const row: Record<keyof typeof courseColumns, Value> = {
          id,
          institution_id: event.institutionId,
          version,
          code,
          name_zh: name.zh,
          name_en: name.en,
          credits,
          hours,
          nature,
          category,
          module,
          framework_level: frameworkLevel,
        };
        courses.push(Object.values(row));
      } else if (event.type === 'EvaluationSchemeAdopted') {
        const { code, name } = event.data;
        schemes.push([id, event.institutionId, code, name.zh, name.en, JSON.stringify(event.data)]);
      }
    }
    await db.runMany(upsert('curriculum_course', courseColumns), courses);
    await db.runMany(upsert('curriculum_scheme', schemeColumns), schemes);
  },
};

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface CourseRow {
  readonly id: string;
  readonly version: number;
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  /** Hundredths. */
  readonly credits: number;
  readonly hours: number;
  readonly nature: CourseNature;
  readonly category: string | null;
  readonly module: string | null;
  readonly frameworkLevel: number | null;
}

export const listCourses = (
  db: ReadQueries,
  query: Listing & { readonly code?: string; readonly nature?: CourseNature },
): Promise<PageOf<CourseRow> | Refusal> =>
  list(
    db,
    query,
    {
      table: 'curriculum_course',
      by: 'code',
      select: `version, code, name_zh AS "nameZh", name_en AS "nameEn", credits, hours, nature, category, module,
        framework_level AS "frameworkLevel"`,
    },
    ofInstitution(query, 'code').equal('code', query.code).equal('nature', query.nature),
  );

export interface SchemeRow {
  readonly id: string;
  readonly scheme: SchemeVersion;
}

export async function listSchemes(db: ReadQueries, query: Listing): Promise<PageOf<SchemeRow> | Refusal> {
  const page = await list<{ readonly id: string; readonly said: string }>(
    db,
    query,
    { table: 'curriculum_scheme', by: 'code', select: 'said' },
    ofInstitution(query, 'code'),
  );
  if (isRefusal(page)) return page;
  return { ...page, rows: page.rows.map(({ id, said }) => ({ id, scheme: parsed<SchemeVersion>(said) })) };
}
