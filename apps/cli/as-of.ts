import { setTimeout as sleep } from 'node:timers/promises';
import { writeCsv } from '../../libs/intake/write-csv.ts';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { formatOf, pour } from './output.ts';
import { Progress } from './progress.ts';
import { asOfWords, words } from './words.ts';

export interface AsOfArgs {
  /** `report NAME`, `view NAME`, `compare VIEW`, `list`, `drop ID`; as it was typed. */
  readonly rest: readonly string[];
  readonly recorded: string | undefined;
  readonly effective: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly form: string | undefined;
  readonly out: string | undefined;
  readonly language: Language;
}

interface Build {
  readonly buildId: string;
  readonly views: readonly string[];
  readonly recordedAsOf: string;
  readonly effectiveAsOf: string | null;
  readonly state: Coded;
  readonly progress: { readonly permille: number; readonly events: number };
  readonly failed: { readonly view: string; readonly position: string; readonly type: string } | null;
}

interface Coded {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
}

/** As a list answers. */
interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

/** The sheet that each report is written from. */
const reports: Readonly<Record<string, string>> = {
  enrollment: 'register',
  transcript: 'transcripts',
  apprentice: 'contracts',
  tasks: 'tasks',
};

/** Exit codes: 0 done, 1 failed; of a comparison 2 where something differs. */
export async function asOf(args: AsOfArgs, connection: Connection, say: (line: string) => void): Promise<number> {
  const [what, name] = args.rest;
  switch (what) {
    case 'report':
      return report(args, name ?? '', connection);
    case 'view': {
      const built = await build(args, { views: [name ?? ''], ...momentOf(args) }, connection);
      say(fill(asOfWords.kept[args.language], { id: built.buildId, views: built.views.join(), ...told(built) }));
      return 0;
    }
    case 'compare':
      return compare(args, name ?? 'enrollment-register', connection);
    case 'list':
      return list(args, connection, say);
    case 'drop':
      await connection.delete(`/v1/as-of/${encodeURIComponent(name ?? '')}`);
      say(fill(asOfWords.dropped[args.language], { id: name ?? '' }));
      return 0;
    default:
      throw new CommandFailed(words.usage[args.language]);
  }
}

async function report(args: AsOfArgs, name: string, connection: Connection): Promise<number> {
  const { language, out, form } = args;
  const from = Object.hasOwn(reports, name) ? reports[name] : undefined;
  if (!from) throw new CommandFailed(fill(asOfWords.noReport[language], { name, reports: Object.keys(reports).join(', ') }));
  const built = await build(args, { report: name, ...momentOf(args) }, connection);
  const moment = new URLSearchParams({
    recordedAsOf: built.recordedAsOf,
    ...(built.effectiveAsOf === null ? {} : { effectiveAsOf: built.effectiveAsOf }),
  });
  const shape = name === 'enrollment' && form !== undefined ? `&form=${encodeURIComponent(form)}` : '';
  const answer = await connection.open(
    `/v1/exports/${from}?${moment.toString()}&lang=${language}&format=${formatOf(out)}${shape}`,
  );
  await pour(answer, out, language);
  return 0;
}

/** Both moments are built where they are days; a row for every field that differs. */
async function compare(args: AsOfArgs, view: string, connection: Connection): Promise<number> {
  const { language, effective } = args;
  const needed = (given: string | undefined, option: string): string => {
    if (given === undefined) throw new CommandFailed(fill(words.badArguments[language], { why: option }));
    return given;
  };
  const [first, last] = [needed(args.from, '--from'), needed(args.to, '--to')];
  const end = async (given: string): Promise<string> => {
    if (!/^\d{4}-/.test(given)) return (await followed(args, await buildOf(given, connection), connection)).buildId;
    const moment = { recordedAsOf: given, ...(effective === undefined ? {} : { effectiveAsOf: effective }) };
    return (await build(args, { views: [view], ...moment }, connection)).buildId;
  };
  const between = new URLSearchParams({ view, from: await end(first), to: await end(last) });
  let differences = 0;
  const items = pages(connection, `/v1/as-of/compare?${between.toString()}`);
  // Before a header stands somewhere: whoever may not read it leaves no file.
  let item = await items.next();
  async function* rows(): AsyncGenerator<readonly string[]> {
    yield asOfWords.compared[language];
    for (; !item.done; item = await items.next()) {
      differences += 1;
      yield* differenceRows(item.value as unknown as Difference, language);
    }
  }
  await pour(writeCsv(rows()), args.out, language);
  process.stderr.write(`${fill(asOfWords.differences[language], { count: differences })}\n`);
  return differences === 0 ? 0 : 2;
}

interface Difference {
  readonly key: string;
  readonly kind: Coded;
  readonly name: string | null;
  readonly changes: readonly { readonly field: string; readonly old: unknown; readonly new: unknown }[];
  readonly events: readonly {
    readonly title: { readonly zh: string; readonly en: string };
    readonly recordedAt: string;
    readonly effectiveAt: string;
    readonly actor: { readonly personId: string };
    readonly reasonCode: string | null;
  }[];
}

function* differenceRows({ key, kind, name, changes, events }: Difference, language: Language): Generator<readonly string[]> {
  const why = events
    .map(({ title, recordedAt, effectiveAt, actor, reasonCode }) =>
      [title[language], recordedAt, effectiveAt, actor.personId, reasonCode].filter((part) => part !== null).join(' '),
    )
    .join('; ');
  for (const { field, old, new: now } of changes)
    yield [key, name ?? '', kind[language], field, cell(old, language), cell(now, language), why];
}

async function list({ language }: AsOfArgs, connection: Connection, say: (line: string) => void): Promise<number> {
  const { items } = await connection.get<{ items: readonly Build[] }>('/v1/as-of');
  for (const one of items)
    say([one.buildId, one.state[language], told(one).recorded, told(one).effective, one.views.join()].join('  '));
  if (items.length === 0) process.stderr.write(`${asOfWords.none[language]}\n`);
  return 0;
}

// ── building ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const momentOf = ({ recorded, effective }: AsOfArgs): object => ({
  ...(recorded === undefined ? {} : { recordedAsOf: recorded }),
  ...(effective === undefined ? {} : { effectiveAsOf: effective }),
});

const told = ({ recordedAsOf, effectiveAsOf }: Build): { recorded: string; effective: string } => ({
  recorded: recordedAsOf,
  effective: effectiveAsOf ?? '–',
});

const pollMs = 200;

/** Asks for it and watches until it is there. Whoever stops looking leaves it as it is. */
const build = async (args: AsOfArgs, asked: object, connection: Connection): Promise<Build> =>
  followed(args, await connection.post<Build>('/v1/as-of', crypto.randomUUID(), asked), connection);

const buildOf = (id: string, connection: Connection): Promise<Build> =>
  connection.get<Build>(`/v1/as-of/${encodeURIComponent(id)}`);

/** Until it can be read. */
async function followed({ language }: AsOfArgs, asked: Build, connection: Connection): Promise<Build> {
  const progress = new Progress(language);
  let one = asked;
  try {
    while (one.state.code !== 'ready') {
      if (one.failed !== null) throw new CommandFailed(fill(asOfWords.failed[language], one.failed));
      if (one.state.code === 'failed') throw new CommandFailed(asOfWords.broke[language]);
      progress.show(one.progress.permille / 1000, one.progress.events);
      await sleep(pollMs);
      one = await buildOf(one.buildId, connection);
    }
  } finally {
    progress.clear();
  }
  return one;
}

// ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function* pages(connection: Connection, path: string): AsyncGenerator<Page['items'][number]> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: Page = await connection.get<Page>(`${path}&limit=500${after}`);
    yield* page.items;
    cursor = page.next;
  }
}

/** A value as a cell: what has words in both languages in the caller's. */
function cell(value: unknown, language: Language): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && language in value) return String((value as Record<Language, unknown>)[language]);
  return JSON.stringify(value);
}
