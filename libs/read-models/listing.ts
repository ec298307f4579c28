import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import { Conditions, cursorAfter, pageLimit, placeOf, type PageOf, type Paging } from './paging.ts';

/** Lists that forms choose from: one table, sorted by one column and the id. */

export interface Listing extends Paging {
  readonly institutionId: string;
  /** Part of a name in either language, or the beginning of a code. */
  readonly text?: string;
}

export const contains = (text: string): string => `%${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;

/** A page of one table by one column and id: what all of these lists are. */
export async function list<Row extends { readonly id: string }>(
  db: ReadQueries,
  query: Listing,
  from: { readonly table: string; readonly by: string; readonly select: string; readonly newestFirst?: true },
  matching: Conditions,
): Promise<PageOf<Row> | Refusal> {
  const place = placeOf(query, 2);
  if (isRefusal(place)) return place;
  const total = await db.get<{ n: number }>(
    `SELECT CAST(count(*) AS INTEGER) AS n FROM ${from.table}_$g ${matching.where}`,
    matching.values,
  );
  const [after, order] = from.newestFirst ? ['<', 'DESC'] : ['>', 'ASC'];
  if (place) matching.add(`(${from.by}, id) ${after} (?, ?)`, ...place);
  const limit = pageLimit(query);
  const found = await db.all<Row & { place: string }>(
    `SELECT id, ${from.select}, ${from.by} AS place FROM ${from.table}_$g ${matching.where} ORDER BY ${from.by} ${order}, id ${order} LIMIT ?`,
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

/** Those of an institution, by words; `code` is the column that words may begin, if there is one. */
export const ofInstitution = ({ institutionId, text }: Listing, code: string | null): Conditions => {
  const matching = new Conditions().equal('institution_id', institutionId);
  if (text === undefined || text === '') return matching;
  const like = contains(text);
  const names = `name_zh LIKE ? ESCAPE '\\' OR lower(name_en) LIKE lower(?) ESCAPE '\\'`;
  if (code === null) return matching.add(`(${names})`, like, like);
  return matching.add(`(${names} OR ${code} LIKE ? ESCAPE '\\')`, like, like, like.slice(1));
};
