import type { Recorded } from '../../../libs/kernel/decider.ts';
import type { StoredEvent } from '../../../libs/ports/event-store.ts';
import type { EventDecoder, View, ViewStore } from '../../../libs/ports/view.ts';

/**
 * Views whose rows tell every event that was folded into them, in its order: one that is skipped, folded twice or too early is seen. One of each kind
 * that the engine treats differently.
 */
export interface Witness {
  readonly name: string;
  readonly store: ViewStore;
  readonly byStream?: true;
  readonly opened?: true;
  readonly types?: readonly string[];
  readonly prefixes?: readonly string[];
  /** Which row an event is told in. */
  readonly row: (event: Told) => string;
  /** Whether what is told in a row is also what must wait together. */
  readonly keyed: boolean;
}

export type Told = Pick<Recorded, 'type' | 'stream' | 'subjectId' | 'position'>;

export const erasure = 'Erased';

export const witnesses: readonly Witness[] = [
  { name: 'streams', store: 'views', byStream: true, row: ({ stream }) => stream, keyed: true },
  {
    name: 'marks',
    store: 'views',
    byStream: true,
    types: ['Marked', erasure],
    prefixes: ['mark-'],
    row: ({ stream }) => stream,
    keyed: true,
  },
  { name: 'persons', store: 'views', types: ['Noted', 'Marked'], row: ({ subjectId }) => subjectId!, keyed: true },
  { name: 'kinds', store: 'views', row: ({ type }) => type, keyed: false },
  { name: 'clear', store: 'directory', opened: true, row: ({ subjectId }) => subjectId!, keyed: true },
];

export const witnessOf = (name: string): Witness => witnesses.find((one) => one.name === name)!;
export const tableOf = ({ name }: Witness): string => `told_${name}`;

export const takes = ({ types, prefixes }: Witness, { type, stream }: Pick<Told, 'type' | 'stream'>): boolean =>
  (types === undefined || types.includes(type)) &&
  (prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix)));

/** Whoever is erased leaves nothing behind, not even where her row stands still. */
export const erases = ({ opened }: Witness, { type }: Pick<Told, 'type'>): boolean => opened === true && type === erasure;

/** How a release of a view tells an event. */
export const told = (position: bigint, version: number): string => ` ${position}${'+'.repeat(version - 1)}`;

/** The view as a release of the ledger has it; `poisoned` is asked before every event. */
export function viewOf(witness: Witness, version: number, poisoned: (view: string, position: bigint) => boolean): View {
  const { name, row, keyed, types, prefixes, ...traits } = witness;
  const table = tableOf(witness);
  return {
    ...traits,
    name,
    version,
    readableFrom: 1,
    ...(types ? { types } : {}),
    ...(prefixes ? { prefixes } : {}),
    ...(keyed && !witness.byStream ? { keyOf: row } : {}),
    tables: [table],
    schema: [
      `CREATE TABLE ${table}_$g (row TEXT NOT NULL PRIMARY KEY, told TEXT NOT NULL)`,
      ...(witness.byStream ? [`CREATE INDEX ${table}_by_told_$g ON ${table}_$g (told)`] : []),
    ],
    async fold(db, events) {
      const erased = new Set<string>();
      const said = new Map<string, string>();
      for (const event of events) {
        if (poisoned(name, event.position)) throw new Error(`cannot fold ${event.position}`);
        const key = row(event);
        if (!erases(witness, event)) said.set(key, `${said.get(key) ?? ''}${told(event.position, version)}`);
        else {
          erased.add(key);
          said.delete(key);
        }
      }
      if (erased.size > 0)
        await db.runMany(
          `DELETE FROM ${table}_$g WHERE row = ?`,
          [...erased].map((key) => [key]),
        );
      if (said.size > 0)
        await db.runMany(
          `INSERT INTO ${table}_$g (row, told) VALUES (?, ?) ON CONFLICT (row) DO UPDATE SET told = ${table}_$g.told || excluded.told`,
          [...said],
        );
    },
    erases: (events) => events.some((event) => erases(witness, event)),
  };
}

const decoded = ({ json, id, stream, revision, position, recordedAt }: StoredEvent): Recorded => ({
  ...(JSON.parse(json) as Recorded),
  id,
  stream,
  revision,
  position,
  recordedAt,
});
export const decoder: EventDecoder = { decode: decoded, decodeOpen: decoded };

/** What stands in the way of a generation's rows. */
export interface Gaps {
  /** Positions from which on rows stand still. */
  readonly parked: ReadonlyMap<string, bigint>;
  /** Events that an administrator let go, by position. */
  readonly letGo: ReadonlyMap<bigint, string>;
}

/** What the rows of a generation must tell at a position: the events of the log, one by one, by nothing but the words above. */
export function rowsAt(
  witness: Witness,
  log: readonly StoredEvent[],
  { position, version }: { readonly position: bigint; readonly version: number },
  { parked, letGo }: Gaps,
): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  for (const stored of log) {
    if (stored.position > position) break;
    if (!takes(witness, stored)) continue;
    const event: Told = { ...stored, subjectId: stored.stream.slice(stored.stream.indexOf('-') + 1) };
    const key = witness.row(event);
    if (letGo.has(event.position)) continue;
    const still = (parked.get(key) ?? position + 1n) <= event.position;
    if (erases(witness, event)) rows.delete(key);
    else if (!still) rows.set(key, `${rows.get(key) ?? ''}${told(event.position, version)}`);
  }
  return rows;
}
