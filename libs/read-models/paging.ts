import { shortHash } from '../kernel/ids.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import type { Value } from '../ports/read-store.ts';

export interface Paging {
  /** From 1 to 500; 50 where absent. */
  readonly limit?: number;
  /** `next` of the page before, with the same filters and sort. */
  readonly cursor?: string;
}

export interface PageOf<Row> {
  readonly rows: readonly Row[];
  /** Opaque; null on the last page. */
  readonly next: string | null;
  /** How many rows match, on all pages. */
  readonly total: number;
}

export const pageLimit = ({ limit = 50 }: Paging): number => Math.min(500, Math.max(1, Math.trunc(limit)));

type Place = readonly (string | number | null)[];

const queryDigest = (query: object): string => {
  const asked = Object.entries(query).filter(([name, value]) => value !== undefined && name !== 'limit' && name !== 'cursor');
  return shortHash(JSON.stringify(asked.toSorted(([a], [b]) => (a < b ? -1 : 1))), 8);
};

/** Where the next page begins: the sort values of the last row, bound to the query, so that a cursor means the same rows or nothing. */
export const cursorAfter = (query: object, place: Place): string =>
  Buffer.from(JSON.stringify([queryDigest(query), ...place])).toString('base64url');

/** The place that a cursor names, null without one. Refuses a cursor of another query. */
export function placeOf(query: object & Paging, values: number): readonly Value[] | null | Refusal {
  if (query.cursor === undefined) return null;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked below
    const [digest, ...place] = JSON.parse(Buffer.from(query.cursor, 'base64url').toString('utf8')) as [string, ...Place];
    const sound = place.every((value) => value === null || typeof value === 'string' || typeof value === 'number');
    if (digest === queryDigest(query) && place.length === values && sound) return place;
  } catch {
    // Not one of ours.
  }
  return refuse('CURSOR_INVALID');
}

/** Conditions joined by AND, with their values in order. */
export class Conditions {
  readonly #texts: string[] = [];
  readonly values: Value[] = [];

  add(text: string, ...values: readonly Value[]): this {
    this.#texts.push(text);
    this.values.push(...values);
    return this;
  }

  /** `column IN (…)`; an empty list matches nothing. */
  among(column: string, list: readonly string[] | undefined): this {
    if (list === undefined) return this;
    return list.length === 0 ? this.add('1 = 0') : this.add(`${column} IN (${list.map(() => '?').join(', ')})`, ...list);
  }

  equal(column: string, value: Value | undefined): this {
    return value === undefined ? this : this.add(`${column} = ?`, value);
  }

  /** Both bounds inclusive. */
  between(column: string, from: string | undefined, to: string | undefined): this {
    if (from !== undefined) this.add(`${column} >= ?`, from);
    return to === undefined ? this : this.add(`${column} <= ?`, to);
  }

  get where(): string {
    return this.#texts.length === 0 ? '' : `WHERE ${this.#texts.join(' AND ')}`;
  }
}
