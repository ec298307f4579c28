import { setTimeout as sleep } from 'node:timers/promises';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { parkedWords } from './words.ts';

interface Parked {
  readonly view: string;
  /** Null where it is another institution's. */
  readonly key: string | null;
  readonly position: string;
  readonly eventId: string;
  readonly type: string;
  readonly error: string;
  readonly since: string;
  readonly attempts: number;
  readonly retryAt: string | null;
  readonly released: boolean;
}

interface List {
  readonly items: readonly Parked[];
  readonly total: number;
}

type Say = (line: string) => void;

/** How long the engine's word on what was asked is waited for. */
const patienceMs = 10_000;

/** Exit codes: 0 nothing lacks anything, 2 something does. */
export async function parked(view: string | null, connection: Connection, language: Language, say: Say): Promise<number> {
  const { items, total } = await list(view, connection);
  if (total === 0) {
    say(parkedWords.none[language]);
    return 0;
  }
  for (const one of items) say(lineOf(one, language));
  if (total > items.length) say(fill(parkedWords.more[language], { count: total - items.length }));
  return 2;
}

/** Exit codes: 0 whole again, 2 something stands still. */
export async function retry(
  view: string,
  key: string | null,
  connection: Connection,
  language: Language,
  say: Say,
): Promise<number> {
  const standing = ({ items }: List): readonly Parked[] =>
    items.filter((one) => !one.released && (key === null || one.key === key));
  const before = standing(await list(view, connection));
  const { tried: any } = await connection.post<{ readonly tried: boolean }>(
    at(view, 'retry'),
    crypto.randomUUID(),
    key === null ? {} : { key },
  );
  if (!any) {
    say(fill(parkedWords.nothing[language], { view: key === null ? view : `${view} ${key}` }));
    return 0;
  }
  const tried = ({ key: of, position, attempts }: Parked): string => `${of} ${position} ${attempts}`;
  const old = new Set(before.map(tried));
  const left = await until(async () => {
    const now = standing(await list(view, connection));
    return now.every((one) => !old.has(tried(one)) && one.attempts > 0) ? now : undefined;
  });
  if (left?.length === 0) {
    say(fill(parkedWords.whole[language], { view }));
    return 0;
  }
  for (const one of left ?? before) say(lineOf(one, language));
  return 2;
}

/** Exit code 0 where the key goes on, 2 where it stands at another event already. */
export async function release(
  view: string,
  key: string,
  reason: { readonly code: string; readonly ticket?: string },
  connection: Connection,
  language: Language,
  say: Say,
): Promise<number> {
  const { released: position } = await connection.post<{ readonly released: string }>(at(view, 'release'), crypto.randomUUID(), {
    key,
    reason,
  });
  const own = ({ items }: List): readonly Parked[] => items.filter((one) => one.key === key);
  const now = await until(async () => {
    const found = own(await list(view, connection));
    const done = found.some((one) => one.released && one.position === position);
    return done && found.every((one) => one.released || one.attempts > 0) ? found : undefined;
  });
  if (now === undefined) throw new CommandFailed(fill(parkedWords.releasing[language], { view, key }));
  say(fill(parkedWords.released[language], { view, key, position }));
  const again = now.filter((one) => !one.released);
  for (const one of again) say(lineOf(one, language));
  return again.length === 0 ? 0 : 2;
}

interface Practised {
  readonly eventId: string | null;
  readonly type: string | null;
  readonly folded: boolean;
}

export async function poison(
  view: string,
  position: string,
  lift: boolean,
  connection: Connection,
  language: Language,
  say: Say,
): Promise<number> {
  // What is poisoned is forgotten when its process ends.
  if (connection.own) throw new CommandFailed(parkedWords.needsServer[language]);
  const path = `/v1/views/${encodeURIComponent(view)}/poison`;
  const { eventId, type, folded } = await connection.post<Practised>(path, crypto.randomUUID(), { position, lift });
  const facts = { view, position, event: eventId ?? '', type: type ?? '' };
  const told = lift ? 'lifted' : eventId === null ? 'ahead' : folded ? 'folded' : 'poisoned';
  say(fill(parkedWords.practised[told][language], facts));
  return 0;
}

const at = (view: string, what: 'retry' | 'release'): string => `/v1/views/${encodeURIComponent(view)}/parked/${what}`;

const list = (view: string | null, connection: Connection): Promise<List> =>
  connection.get<List>(`/v1/views/parked?limit=1000${view === null ? '' : `&view=${encodeURIComponent(view)}`}`);

/** Undefined where it took too long. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(50)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return undefined;
}

const lineOf = (
  { view, key, position, eventId, type, error, since, attempts, retryAt, released }: Parked,
  language: Language,
): string =>
  fill(parkedWords[released ? 'leftOut' : 'standing'][language], {
    view,
    key: key ?? parkedWords.anothers[language],
    position,
    event: eventId,
    type,
    error,
    since,
    attempts,
    next: retryAt ?? '',
  });
