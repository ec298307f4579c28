import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { RebuildBar, type Shown } from './rebuild-bar.ts';
import { wordsIn } from './server-sent.ts';
import { rebuildWords, words } from './words.ts';

export interface RebuildArgs {
  /** All of them where null. */
  readonly view: string | null;
  readonly act: 'start' | 'pause' | 'resume' | 'cancel' | 'retry';
  readonly verify: boolean;
  readonly reason: string;
  readonly ticket: string | null;
  readonly language: Language;
}

/** How a run ended, as the server tells it. */
interface Outcome {
  readonly run: string;
  readonly mode: { readonly code: 'swap' | 'verify' };
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: 'finished' | 'failed' | 'cancelled';
  readonly position: string | null;
  readonly digests: { readonly live: string; readonly rebuilt: string } | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
}

/** One view's run came to nothing. */
class RunFailed extends CommandFailed {}

type Row = Readonly<Record<string, string | number | null>>;
interface Difference {
  readonly table: string;
  readonly kind: 'missing' | 'extra' | 'changed';
  readonly live: Row | null;
  readonly rebuilt: Row | null;
}

interface Asked {
  readonly view: string;
  readonly run: string | null;
  readonly code?: string | null;
}

/** Exit codes: 0 rebuilt, or equal; 2 different; 1 failed. */
export async function rebuild(args: RebuildArgs, connection: Connection, say: (line: string) => void): Promise<number> {
  const { view, act, language } = args;
  const reason = { code: args.reason, ...(args.ticket === null ? {} : { ticket: args.ticket }) };
  const to = view === null ? '/v1/views/rebuild' : `/v1/views/${encodeURIComponent(view)}/rebuild`;
  const key = crypto.randomUUID();
  if (act !== 'start' && act !== 'retry') {
    const { run } = await connection.post<Asked>(`${to}/${act}`, key, { reason });
    say(fill(rebuildWords.moved[act][language], { view: view ?? '', run: run ?? '' }));
    return 0;
  }
  const answer =
    act === 'retry'
      ? await connection.post<Asked>(`${to}/retry`, key, { reason })
      : await connection.post<Asked | { readonly items: readonly Asked[] }>(to, key, {
          mode: args.verify ? 'verify' : 'swap',
          reason,
        });
  if (!('items' in answer)) return follow(answer, connection, language, say);
  let worst = 0;
  for (const asked of answer.items) {
    const code = await follow(asked, connection, language, say).catch((error: unknown) => {
      // The others are told all the same.
      if (!(error instanceof RunFailed)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    });
    worst = code === 1 || worst === 1 ? 1 : Math.max(worst, code);
  }
  return worst;
}

/** Shows how far it is until it is over. Whoever stops looking leaves it as it is. */
async function follow(
  { view, run, code = null }: Asked,
  connection: Connection,
  language: Language,
  say: (line: string) => void,
): Promise<number> {
  if (run === null) {
    say(fill(words.rebuildRefused[language], { view, code: code ?? '' }));
    return 1;
  }
  const bar = new RebuildBar(view, language);
  const interrupted = (): void => {
    bar.clear();
    const goesOn = connection.own ? words.rebuildGoesOnLater : words.rebuildGoesOn;
    process.stderr.write(`${fill(goesOn[language], { view })}\n`);
    const gone = (): never => process.exit(1);
    void connection.close().then(gone, gone);
  };
  process.once('SIGINT', interrupted);
  try {
    const outcome = await outcomeOf(view, run, connection, bar);
    bar.clear();
    return await tell(view, outcome, connection, language, say);
  } finally {
    bar.clear();
    process.off('SIGINT', interrupted);
  }
}

/** What is told ends with the server that tells it; the next one knows the run too. */
async function outcomeOf(view: string, run: string, connection: Connection, bar: RebuildBar): Promise<Outcome> {
  for (;;) {
    const answer = await connection.open(`/v1/views/${encodeURIComponent(view)}/rebuild/events?run=${encodeURIComponent(run)}`);
    for await (const { event, data } of wordsIn(answer)) {
      if (event === 'outcome') return JSON.parse(data) as Outcome;
      if (event === 'progress') bar.show(JSON.parse(data) as Shown);
    }
  }
}

async function tell(
  view: string,
  { run, mode, outcome, startedAt, endedAt, position, digests, eventId, eventType }: Outcome,
  connection: Connection,
  language: Language,
  say: (line: string) => void,
): Promise<number> {
  const seconds = ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1);
  const facts = {
    view,
    seconds,
    events: position ?? '0',
    position: position ?? '?',
    event: eventId ?? '?',
    type: eventType ?? '?',
  };
  if (outcome === 'failed' && position === null) throw new RunFailed(fill(words.rebuildBroke[language], facts));
  if (outcome === 'failed')
    throw new RunFailed(fill(words.rebuildFailed[language], { ...facts, error: await errorOf(view, run, connection) }));
  if (outcome === 'cancelled') throw new RunFailed(fill(words.rebuildCancelled[language], facts));
  if (mode.code === 'swap') {
    say(fill(words.rebuilt[language], facts));
    return 0;
  }
  if (digests === null) throw new RunFailed(fill(words.notCompared[language], facts));
  const { live, rebuilt } = digests;
  if (live === rebuilt) {
    say(fill(words.verified[language], { ...facts, digest: live }));
    return 0;
  }
  say(fill(words.differs[language], { ...facts, live, rebuilt }));
  const differences = `/v1/views/${encodeURIComponent(view)}/rebuild/differences`;
  const { items } = await connection.get<{ readonly items: readonly Difference[] }>(differences);
  for (const difference of items) say(lineOf(difference, language));
  return 2;
}

/** What the engine keeps of a failure beside the record; nothing where another rebuild came since. */
async function errorOf(view: string, run: string, connection: Connection): Promise<string | null> {
  const { items } = await connection.get<{
    readonly items: readonly {
      readonly name: string;
      readonly lastRebuild: { readonly run: string | null; readonly error: string | null } | null;
    }[];
  }>('/v1/views');
  const last = items.find(({ name }) => name === view)?.lastRebuild;
  return last?.run === run ? last.error : null;
}

/** The row by its first column, and every column that differs. */
function lineOf({ table, kind, live, rebuilt }: Difference, language: Language): string {
  const row = live ?? rebuilt;
  const title = `  ${table} ${rebuildWords.rows[kind][language]}`;
  if (row === null) return `${title} ${words.anotherInstitution[language]}`;
  const [first] = Object.entries(row);
  const named = first ? ` ${first[0]}=${String(first[1])}` : '';
  if (live === null || rebuilt === null) return `${title}${named}`;
  const changed = Object.keys(live).filter((column) => live[column] !== rebuilt[column]);
  const told = changed.map((column) => `${column}: ${JSON.stringify(live[column])} → ${JSON.stringify(rebuilt[column])}`);
  return `${title}${named} (${told.join(', ')})`;
}
