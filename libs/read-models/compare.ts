import { enrollmentStream } from '../facts/enrollment.ts';
import { attemptStream } from '../facts/attempt.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { apprenticeRecord, contractColumns } from './apprentice-record.ts';
import { enrollmentRegister, registerColumns } from './enrollment-register.ts';
import { cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';
import { parsed, rowsAmong } from './rows.ts';
import { transcript } from './transcript.ts';

/** Which rows of a view differ between two moments, and in what. Tables of the one end in `_$from`, those of the other in `_$to`. */

// ── what is compared ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Compared {
  readonly view: View;
  readonly table: string;
  readonly key: string;
  /** A change in one of these is a change. */
  readonly columns: readonly string[];
  /** JSON among them: what it holds is told field by field. */
  readonly json?: string;
  /** Within that JSON, where it is not the whole of it. */
  readonly within?: string;
  /** The stream whose events make the row. */
  readonly stream: (key: string) => string;
  /** Sealed words of the person on her own stream, which may be corrected. */
  readonly person?: { readonly table: string; readonly key: string; readonly column: string };
}

/** Where the row came from and how far it got is no change of what it says. */
const bookkeeping = ['institution_id', 'revision', 'updated_at', 'position'];
const telling = (columns: readonly string[], key: string): readonly string[] =>
  columns.filter((name) => name !== key && !bookkeeping.includes(name));

export const comparisons = {
  'enrollment-register': {
    view: enrollmentRegister,
    table: 'register_enrollment',
    key: 'enrollment_id',
    columns: telling(registerColumns, 'enrollment_id'),
    stream: enrollmentStream,
    person: { table: 'register_learner', key: 'learner_id', column: 'identity' },
  },
  transcript: {
    view: transcript,
    table: 'transcript_attempt',
    key: 'attempt_id',
    columns: ['status_since', 'entry'],
    json: 'entry',
    stream: attemptStream,
  },
  'apprentice-record': {
    view: apprenticeRecord,
    table: 'apprentice_contract',
    key: 'contract_id',
    columns: telling(contractColumns, 'contract_id'),
    json: 'state',
    within: 'state',
    stream: (contractId: string): string => `contract-${contractId}`,
  },
} as const satisfies Record<string, Compared>;
export type ComparedView = keyof typeof comparisons;

// ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const differenceKinds = {
  added: { zh: '新增', en: 'added' },
  removed: { zh: '消失', en: 'removed' },
  changed: { zh: '变更', en: 'changed' },
} as const;
export type DifferenceKind = keyof typeof differenceKinds;

export interface FieldChange {
  readonly field: string;
  /** Null in a row that one side alone has. */
  readonly old: unknown;
  readonly new: unknown;
}

export interface Difference {
  readonly key: string;
  readonly kind: DifferenceKind;
  readonly learnerId: string;
  readonly changes: readonly FieldChange[];
  /** Sealed; undefined where nothing is known of her, or nothing of the kind is compared. */
  readonly person: { readonly old: string | null; readonly new: string | null };
}

export interface CompareQuery extends Paging {
  readonly institutionId: string;
  readonly view: ComparedView;
  /** Builds: a cursor goes on between the same two. */
  readonly from: string;
  readonly to: string;
  readonly kind?: DifferenceKind;
}

export interface Differences extends PageOf<Difference> {
  readonly counts: Readonly<Record<DifferenceKind, number>>;
}

type Row = Readonly<Record<string, Value>>;

/** A page of what differs, by key. Refuses a cursor of another query. */
export async function listDifferences(db: ReadQueries, query: CompareQuery): Promise<Differences | Refusal> {
  const place = placeOf(query, 4);
  if (isRefusal(place)) return place;
  const { institutionId, kind } = query;
  const compared: Compared = comparisons[query.view];
  const [after = '', ...counted] = place ?? [];
  // Every row of both is looked at for these: once, and told to the pages that follow.
  const [added, removed, changed] = place ? counted.map(Number) : await countsOf(db, compared, institutionId);
  const counts = { added: added!, removed: removed!, changed: changed! };
  const limit = pageLimit(query);
  const found: { key: string; kind: DifferenceKind }[] = [];
  for (const one of kind ? [kind] : kinds) {
    const keys = await db.all<{ key: string }>(
      `SELECT ${sideOf[one]}.${compared.key} AS key FROM ${differing(compared, one)} AND ${sideOf[one]}.${compared.key} > ?
       ORDER BY ${sideOf[one]}.${compared.key} LIMIT ?`,
      [institutionId, after, limit + 1],
    );
    found.push(...keys.map(({ key }) => ({ key, kind: one })));
  }
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = found.slice(0, limit);
  const keys = page.map(({ key }) => key);
  const [from, to] = [await rowsOf(db, compared, 'from', keys), await rowsOf(db, compared, 'to', keys)];
  const last = page.at(-1);
  return {
    rows: page.map((one) => difference(compared, one.key, one.kind, from.get(one.key), to.get(one.key))),
    next: found.length > limit && last ? cursorAfter(query, [last.key, ...kinds.map((one) => counts[one])]) : null,
    total: kind ? counts[kind] : counts.added + counts.removed + counts.changed,
    counts,
  };
}

const kinds = ['added', 'removed', 'changed'] as const satisfies readonly DifferenceKind[];
/** Whose key names the row: `a` is of the one moment, `b` of the other. */
const sideOf = { added: 'b', removed: 'a', changed: 'b' } as const satisfies Record<DifferenceKind, string>;

const countsOf = (db: ReadQueries, compared: Compared, institutionId: string): Promise<readonly number[]> =>
  Promise.all(
    kinds.map(async (kind) => {
      const sql = `SELECT CAST(count(*) AS INTEGER) AS n FROM ${differing(compared, kind)}`;
      return (await db.get<{ n: number }>(sql, [institutionId]))?.n ?? 0;
    }),
  );

/** Rows of one kind, up to the first value that is asked for: the institution. */
function differing({ table, key, columns, person }: Compared, kind: DifferenceKind): string {
  const [a, b] = [`${table}_$from a`, `${table}_$to b`];
  // As an expression, so that rows are met in order of their key and a page ends where it is full.
  const of = (side: 'a' | 'b'): string => `COALESCE(${side}.institution_id, '') = ?`;
  if (kind === 'added') return `${b} LEFT JOIN ${a} ON a.${key} = b.${key} WHERE a.${key} IS NULL AND ${of('b')}`;
  if (kind === 'removed') return `${a} LEFT JOIN ${b} ON b.${key} = a.${key} WHERE b.${key} IS NULL AND ${of('a')}`;
  const differ = columns.map((name) => `a.${name} IS DISTINCT FROM b.${name}`);
  const joins = person
    ? (['a', 'b'] as const).map(
        (side) =>
          `LEFT JOIN ${person.table}_$${side === 'a' ? 'from' : 'to'} ${side}p ON ${side}p.${person.key} = ${side}.${person.key}`,
      )
    : [];
  if (person) differ.push(`ap.${person.column} IS DISTINCT FROM bp.${person.column}`);
  return `${b} JOIN ${a} ON a.${key} = b.${key} ${joins.join(' ')} WHERE (${differ.join(' OR ')}) AND ${of('b')}`;
}

async function rowsOf(
  db: ReadQueries,
  { table, key, person }: Compared,
  at: 'from' | 'to',
  keys: readonly string[],
): Promise<ReadonlyMap<string, Row>> {
  const joined = person ? ` LEFT JOIN ${person.table}_$${at} p ON p.${person.key} = r.${person.key}` : '';
  const sealed = person ? `, p.${person.column} AS person` : '';
  const rows = await rowsAmong<Row>(db, `SELECT r.*${sealed} FROM ${table}_$${at} r${joined} WHERE r.${key} IN (?…)`, keys);
  return new Map(rows.map((row) => [String(row[key]), row]));
}

function difference(
  compared: Compared,
  key: string,
  kind: DifferenceKind,
  from: Row | undefined,
  to: Row | undefined,
): Difference {
  const [before, after] = [fieldsOf(compared, from), fieldsOf(compared, to)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = names.flatMap((field) => {
    const [old, now] = [before[field] ?? null, after[field] ?? null];
    return JSON.stringify(old) === JSON.stringify(now) ? [] : [{ field, old, new: now }];
  });
  const person = { old: sealedOf(from), new: sealedOf(to) };
  return { key, kind, learnerId: String((to ?? from)?.['learner_id'] ?? ''), changes, person };
}

const sealedOf = (row: Row | undefined): string | null => {
  const sealed = row?.['person'];
  return typeof sealed === 'string' ? sealed : null;
};

/** What a row says, by the names that its lists use. */
function fieldsOf({ columns, json, within }: Compared, row: Row | undefined): Readonly<Record<string, unknown>> {
  if (row === undefined) return {};
  const fields: Record<string, unknown> = {};
  for (const name of columns) if (name !== json) fields[camel(name)] = row[name];
  if (json !== undefined) {
    const whole = parsed<Record<string, unknown>>(String(row[json]));
    Object.assign(fields, within === undefined ? whole : whole[within]);
  }
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, unsealed(value)]));
}

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What is sealed says no more than that it is: equal words are sealed differently each time, so it is no sign of a change either. */
function unsealed(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('sealed.') ? 'sealed' : value;
  if (Array.isArray(value)) return value.map(unsealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unsealed(inner)]));
}
