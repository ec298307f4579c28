// One task at a time: contenders alternate in rounds, each in a process of its own; medians, ratios, checksums and losses come out.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Corpus, CorpusSize } from './corpus.ts';
import type { Postgres } from './postgres.ts';

export const contenderNames = ['ours', 'raw', 'raw-our-tables', 'scan', 'emmett-sqlite', 'emmett-postgresql'] as const;
export type ContenderName = (typeof contenderNames)[number];

/** What a task is run with; see `--help`. */
export interface Options {
  readonly rounds: number;
  /** How long a round lasts where a task is bounded by time. */
  readonly seconds: number;
  readonly events: number;
  readonly learners: number | null;
  readonly view: string;
  readonly seed: number;
  /** A ledger's data folder that is taken instead of generated lives, in a copy. */
  readonly data: string | null;
  readonly without: readonly string[];
}

/** Several measurements of one task: clients, lengths, sizes. Stands in the line. */
export type Variant = Readonly<Record<string, string | number>>;

/** What one contender did in one round. */
export interface Measured {
  /** What the task counts, per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50?: number;
  readonly p99?: number;
  /** Of the process that did the work, until the work was done. */
  readonly peakMiB?: number;
  /** Digest of what came out, in no order: equal for all contenders, or somebody cheats. */
  readonly checksum?: string;
  /** Events that were acknowledged, or stand in the log, and are not in what came out. */
  readonly lost?: number;
}

/** What a contender's process is told. */
export interface Job {
  readonly task: string;
  readonly contender: ContenderName;
  readonly variant: Variant;
  readonly options: Options;
  readonly round: number;
  /** Its own; empty at first. */
  readonly folder: string;
  /** A database of its own, for who needs one. */
  readonly database: string | null;
  readonly corpus: Corpus | null;
}

export interface Task {
  readonly name: string;
  /** What its rate counts. */
  readonly counts: string;
  /** Ratios are against `raw`. */
  readonly contenders: readonly ContenderName[];
  readonly variants: (options: Options) => readonly Variant[];
  /** The events that all contenders are given. */
  readonly corpus?: (options: Options, variant: Variant) => CorpusSize;
  /** Folder and database anew in every round; else they last for all rounds of a variant. */
  readonly fresh?: true;
  /** Rounds at most, where one is like another and takes long. */
  readonly rounds?: number;
  /** Before the rounds, and before each of them where they are fresh, in the contender's process: what is not to be measured. */
  readonly prepare?: (job: Job) => Promise<void>;
  readonly run: (job: Job) => Promise<Measured>;
}

export interface Line extends Measured {
  readonly task: string;
  readonly contender: ContenderName;
  readonly ours?: true;
  readonly variant: Variant;
  readonly counts: string;
  /** Of medians; null for what has no raw limit beside it. */
  readonly ratioToRaw: number | null;
  readonly p99ToRaw: number | null;
  readonly rounds: number;
  /** False where its checksum is not that of ours. */
  readonly agrees: boolean;
}

/** Why a contender is not in the table. */
export interface Missing {
  readonly task: string;
  readonly contender: ContenderName;
  readonly variant: Variant;
  readonly missing: string;
}

export type Message =
  { readonly kind: 'run' | 'prepare'; readonly job: Job } | { readonly kind: 'corpus'; readonly size: CorpusSize };
export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Of values in any order; `share` from 0 to 1. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** MiB that this process held at most so far. */
export const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;

// ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** After which a contender is given up. */
const limitMs = Number(process.env['BENCH_LIMIT'] ?? 3600) * 1000;

/** A garbage collector of its own, a memory peak of its own, and nobody else's caches. */
async function inProcess<T>(message: Message, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const child = fork(join(import.meta.dirname, 'child.ts'), {
    // What a raw contender keeps in memory is its own affair, and is reported.
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=12288'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const said: Reply[] = [];
  child.on('message', (reply: Reply) => said.push(reply));
  child.send(message);
  const give = (): boolean => child.kill('SIGKILL');
  const limit = setTimeout(give, limitMs);
  signal.addEventListener('abort', give);
  const [code, killed] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(limit);
  signal.removeEventListener('abort', give);
  signal.throwIfAborted();
  const [reply] = said;
  if (reply === undefined) throw new Error(`its process ended without an answer (${code ?? killed})`);
  if (!reply.ok) throw new Error(reply.error);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- child.ts answers in kind
  return reply.value as T;
}

// ── rounds ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A contender on its way through the rounds of a variant. */
export interface Ran {
  readonly name: ContenderName;
  readonly rounds: readonly Measured[];
  readonly failed: string | null;
}

interface Entrant extends Ran {
  readonly folder: string;
  readonly database: string | null;
  readonly rounds: Measured[];
  failed: string | null;
}

export interface Field {
  readonly options: Options;
  readonly postgres: Postgres | { readonly missing: string };
  /** Why the packages of a contender cannot be used; null where they can. */
  readonly peerMissing: (name: ContenderName) => string | null;
  readonly say: (line: string) => void;
  /** Stops it, and whatever it made goes away. */
  readonly signal: AbortSignal;
}

/** Runs all variants of a task. */
export async function runTask(task: Task, field: Field): Promise<(Line | Missing)[]> {
  const lines: (Line | Missing)[] = [];
  for (const variant of task.variants(field.options)) lines.push(...(await runVariant(task, variant, field)));
  return lines;
}

async function runVariant(task: Task, asked: Variant, field: Field): Promise<(Line | Missing)[]> {
  const { options, postgres, say, signal } = field;
  const size = task.corpus?.(options, asked);
  const corpus = size ? await inProcess<Corpus>({ kind: 'corpus', size }, signal) : null;
  const variant = corpus === null ? asked : counted(asked, corpus);
  const base = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
  const missing: Missing[] = [];
  const entrants: Entrant[] = [];
  const title = [task.name, ...Object.entries(variant).map(([key, value]) => `${key}=${value}`)].join(' ');
  const jobOf = (entrant: Entrant, round: number): Job => ({
    task: task.name,
    contender: entrant.name,
    variant,
    options,
    round,
    folder: entrant.folder,
    database: entrant.database,
    corpus,
  });
  const clear = async ({ folder, database }: Entrant): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    if (database !== null && 'url' in postgres) await postgres.empty(database);
  };
  const prepare = async (entrant: Entrant, round: number): Promise<void> => {
    if (task.prepare) await inProcess({ kind: 'prepare', job: jobOf(entrant, round) }, signal);
  };
  try {
    for (const name of task.contenders) {
      const needs = name === 'emmett-postgresql' && 'missing' in postgres ? postgres.missing : null;
      const why = options.without.includes(name) ? 'left out by --without' : (field.peerMissing(name) ?? needs);
      if (why !== null) {
        missing.push({ task: task.name, contender: name, variant, missing: why });
        say(`!! ${title}: ${name} is MISSING: ${why}`);
        continue;
      }
      const database = name === 'emmett-postgresql' && 'url' in postgres ? await postgres.create() : null;
      const entrant: Entrant = { name, folder: join(base, name), database, rounds: [], failed: null };
      await mkdir(entrant.folder);
      entrants.push(entrant);
      await attempt(entrant, title, field, () => prepare(entrant, 0));
    }
    const rounds = Math.min(options.rounds, task.rounds ?? options.rounds);
    for (let round = 0; round < rounds; round++) {
      // A neighbour who grows noisy meets all of them, first or last.
      for (const entrant of round % 2 === 0 ? entrants : entrants.toReversed()) {
        if (entrant.failed !== null) continue;
        await attempt(entrant, title, field, async () => {
          if (task.fresh && round > 0) {
            await clear(entrant);
            await prepare(entrant, round);
          }
          const measured = await inProcess<Measured>({ kind: 'run', job: jobOf(entrant, round) }, signal);
          entrant.rounds.push(measured);
          say(`${title}, round ${round + 1}: ${entrant.name} ${toldOf(task, measured)}`);
        });
      }
    }
  } finally {
    await rm(base, { recursive: true, force: true });
    for (const { database } of entrants) if (database !== null && 'url' in postgres) await postgres.drop(database);
  }
  for (const { name, failed } of entrants)
    if (failed !== null) missing.push({ task: task.name, contender: name, variant, missing: failed });
  return [...linesOf(task, variant, entrants), ...missing];
}

/** What was asked for by and large, as it came out. */
const counted = (variant: Variant, { events, learners }: Corpus): Variant => ({
  ...variant,
  ...('events' in variant ? { events } : {}),
  ...('learners' in variant ? { learners } : {}),
});

async function attempt(
  entrant: Entrant,
  title: string,
  { say, signal }: Pick<Field, 'say' | 'signal'>,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    const whole = error instanceof Error ? error.message : String(error);
    entrant.failed = `failed: ${whole.split('\n')[0]!}`;
    say(`!! ${title}: ${entrant.name} FAILED: ${whole}`);
  }
}

const toldOf = ({ counts }: Task, { rate, p50, p99, lost }: Measured): string =>
  [
    `${rounded(rate)} ${counts}/s`,
    ...(p50 === undefined ? [] : [`p50 ${p50.toFixed(2)} ms`]),
    ...(p99 === undefined ? [] : [`p99 ${p99.toFixed(2)} ms`]),
    ...(lost ? [`LOST ${lost}`] : []),
  ].join(', ');

/** Whole numbers where they are large. */
export const rounded = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** Medians, ratios to raw, and whether all say the same. */
export function linesOf(task: Pick<Task, 'name' | 'counts'>, variant: Variant, entrants: readonly Ran[]): Line[] {
  const ran = entrants.filter(({ failed, rounds }) => failed === null && rounds.length > 0);
  const of = (rounds: readonly Measured[], key: 'rate' | 'p50' | 'p99' | 'peakMiB'): number | undefined => {
    const values = rounds.flatMap((round) => round[key] ?? []);
    return values.length === 0 ? undefined : median(values);
  };
  const raw = ran.find(({ name }) => name === 'raw')?.rounds;
  const [rawRate, rawP99] = raw ? [of(raw, 'rate'), of(raw, 'p99')] : [undefined, undefined];
  const reference = ran.flatMap(({ rounds }) => rounds).find(({ checksum }) => checksum !== undefined)?.checksum;
  return ran.map(({ name, rounds }) => {
    const [rate, p50, p99, peak] = [of(rounds, 'rate')!, of(rounds, 'p50'), of(rounds, 'p99'), of(rounds, 'peakMiB')];
    const lost = rounds.flatMap((round) => round.lost ?? []);
    const checksums = new Set(rounds.flatMap(({ checksum }) => checksum ?? []));
    return {
      task: task.name,
      contender: name,
      ...(name === 'ours' ? { ours: true as const } : {}),
      variant,
      counts: task.counts,
      rate,
      ratioToRaw: rawRate === undefined ? null : Number((rate / rawRate).toFixed(3)),
      p99ToRaw: rawP99 === undefined || p99 === undefined ? null : Number((p99 / rawP99).toFixed(3)),
      ...(p50 === undefined ? {} : { p50 }),
      ...(p99 === undefined ? {} : { p99 }),
      ...(peak === undefined ? {} : { peakMiB: peak }),
      ...(lost.length === 0 ? {} : { lost: lost.reduce((sum, one) => sum + one, 0) }),
      ...(checksums.size === 0 ? {} : { checksum: [...checksums].join(' ≠ ') }),
      rounds: rounds.length,
      agrees: [...checksums].every((checksum) => checksum === reference),
    };
  });
}

// ── what is printed ────────────────────────────────────────────────────────────────────────────────────────────────────────

const isMissing = (line: Line | Missing): line is Missing => 'missing' in line;

/** One JSON line per contender and variant; numbers as short as they mean something. */
export function jsonOf(line: Line | Missing): string {
  if (isMissing(line))
    return JSON.stringify({ task: line.task, contender: line.contender, ...line.variant, missing: line.missing });
  const { task, contender, ours, variant, counts, rate, ratioToRaw, p99ToRaw, p50, p99, peakMiB: peak, lost, checksum } = line;
  return JSON.stringify({
    task,
    contender,
    ...(ours ? { ours } : {}),
    ...variant,
    counts,
    rate: rounded(rate),
    ratioToRaw,
    p50: p50 === undefined ? null : Number(p50.toFixed(3)),
    p99: p99 === undefined ? null : Number(p99.toFixed(3)),
    p99ToRaw,
    peakMiB: peak === undefined ? null : Math.round(peak),
    lost: lost ?? null,
    ...(checksum === undefined ? {} : { checksum, agrees: line.agrees }),
    rounds: line.rounds,
  });
}

export function tableOf(lines: readonly (Line | Missing)[]): string {
  const header = ['task', 'contender', 'rate', '× raw', 'p50 ms', 'p99 ms', '× raw', 'peak MiB', 'lost', 'same'];
  const number = (value: number | null | undefined, digits = 2): string =>
    value === undefined || value === null ? '' : value.toFixed(digits);
  const rows = lines.map((line): string[] => {
    const title = [line.task, ...Object.entries(line.variant).map(([key, value]) => `${key}=${value}`)].join(' ');
    if (isMissing(line)) return [title, line.contender, `MISSING: ${line.missing.split('\n')[0]!}`];
    return [
      title,
      line.contender,
      `${rounded(line.rate)} ${line.counts}/s`,
      number(line.ratioToRaw, 3),
      number(line.p50),
      number(line.p99),
      number(line.p99ToRaw),
      number(line.peakMiB, 0),
      line.lost === undefined ? '' : String(line.lost),
      line.checksum === undefined ? '' : line.agrees ? 'yes' : 'NO',
    ];
  });
  const widths = header.map((head, i) =>
    Math.max(...[header, ...rows].map((row) => (row.length > 3 ? (row[i] ?? head) : head).length)),
  );
  const lineOf = (row: readonly string[]): string =>
    row.map((cell, i) => (i < 2 || row.length <= 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [header, widths.map((width) => '─'.repeat(width)), ...rows].map(lineOf).join('\n');
}

/** A contender that cheats or loses is no contender; ours that does is a bug. */
export const isSound = (lines: readonly (Line | Missing)[]): boolean =>
  lines.every((line) => (isMissing(line) ? line.contender !== 'ours' : line.agrees && (line.ours === undefined || !line.lost)));
