// Learners' lives as the ledger stores them: one folder that the product can be started on, cached under the temp folder by seed and size.
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Projector } from '../../apps/ledger/projector.ts';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { loadMasterKey } from '../../libs/adapters/sqlite/master-key.ts';
import { catalog } from '../../libs/events/events.ts';
import { claimsOf } from '../../libs/kernel/claim.ts';
import type { Envelope } from '../../libs/kernel/decider.ts';
import { eventId, shortHash } from '../../libs/kernel/ids.ts';
import type { EventStore } from '../../libs/ports/event-store.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import {
  attemptsPerLife,
  college,
  eventsBesideAttempts,
  eventsPerAttempt,
  institutionId,
  Life,
  randomOf,
  stages,
  terms,
  type Told,
} from './lives.ts';

export interface CorpusSize {
  readonly seed: number;
  /** At least so many: the last learner's life is told to its end. */
  readonly events: number;
  /** As many as have 20 attempts each, where absent. */
  readonly learners: number | null;
  /** A ledger's data folder whose events are taken instead, in a copy. */
  readonly data?: string;
}

export interface Corpus {
  readonly folder: string;
  readonly events: number;
  readonly learners: number;
}

/** Raise it whenever what is generated changes. */
const generation = 2;
/** Learners who study side by side: what happens to one stands among what happens to the others, as in a college. */
const cohort = 500;

const fileOf = (folder: string): string => join(folder, 'corpus.json');

/** Where a corpus of this size stands; it may not be there yet. */
function placeOf({ seed, events, learners, data }: CorpusSize): string {
  const name =
    data === undefined
      ? `v${generation}-seed${seed}-${events}${learners === null ? '' : `-of-${learners}`}`
      : `copy-${shortHash(resolve(data), 8)}-${headOf(data)}`;
  return join(tmpdir(), 'training-ledger-bench', name);
}

/** Generates it unless it is there, with every view folded to its head. Half a corpus is never taken for a whole one. */
export async function corpusOf(size: CorpusSize, say: (line: string) => void): Promise<Corpus> {
  const folder = placeOf(size);
  if (!existsSync(fileOf(folder))) {
    say(`corpus: writing ${size.data ?? `${size.events} events`} to ${folder} (once; delete the folder to be rid of it)`);
    const draft = `${folder}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true });
    const corpus = size.data === undefined ? await write(draft, size) : await copy(size.data, draft);
    await foldViews(draft);
    await writeFile(fileOf(draft), JSON.stringify(corpus));
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
  return { ...(JSON.parse(await readFile(fileOf(folder), 'utf8')) as Omit<Corpus, 'folder'>), folder };
}

export const masterKeyOf = (folder: string): Uint8Array =>
  loadMasterKey({ file: join(folder, 'master.key'), env: {}, vaultPath: join(folder, 'vault.db') });

export const projectorPaths = (folder: string): Record<'log' | 'vault' | 'views' | 'directory', string> => ({
  log: join(folder, 'log.db'),
  vault: join(folder, 'vault.db'),
  views: join(folder, 'views.db'),
  directory: join(folder, 'directory.db'),
});

/** Every view at the head of the log, so that what is measured later is a rebuild and nothing else. */
export async function foldViews(folder: string): Promise<void> {
  const projector = await Projector.start({ paths: projectorPaths(folder), masterKey: masterKeyOf(folder) });
  try {
    await caughtUp(projector, folder);
  } finally {
    await projector.close();
  }
}

export async function caughtUp(projector: Projector, folder: string): Promise<void> {
  if (!(await projector.waitFor(headOf(folder), 3_600_000))) throw new Error('the views did not catch up within an hour');
}

export function headOf(folder: string): bigint {
  const db = new DatabaseSync(join(folder, 'log.db'), { readOnly: true });
  try {
    return BigInt(Number(db.prepare('SELECT max(position) AS head FROM event').get()?.['head'] ?? 0));
  } finally {
    db.close();
  }
}

/** Of a ledger that nobody writes to meanwhile. */
async function copy(data: string, draft: string): Promise<Omit<Corpus, 'folder'>> {
  await cp(data, draft, { recursive: true });
  const db = new DatabaseSync(join(draft, 'log.db'));
  const streams = db.prepare(`SELECT count(*) AS n FROM stream WHERE name >= 'learner-' AND name < 'learner-~'`);
  const learners = Number(streams.get()?.['n']);
  db.close();
  return { events: Number(headOf(draft)), learners };
}

// ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function write(folder: string, size: CorpusSize): Promise<Omit<Corpus, 'folder'>> {
  const clock = { ms: Date.parse('2025-08-01T00:00:00.000Z'), now: () => clock.ms };
  const store = await openSqliteEventStore({ path: join(folder, 'log.db'), clock });
  const masterKey = masterKeyOf(folder);
  const vault = await openSqliteKeyVault({
    path: join(folder, 'vault.db'),
    masterKey,
    erasuresPath: join(folder, 'erasures.jsonl'),
  });
  const log = new Log(store, new Codec(vault), clock);
  const claims = claimsOf(institutionId, (domain, text) => vault.hmac(domain, text));
  const attempts = attemptsOf(size);
  const random = randomOf(size.seed);
  let learners = 0;
  await log.say(college());
  while (size.learners === null ? log.written < size.events : learners < size.learners) {
    const wanted = size.learners === null ? cohort : Math.min(cohort, size.learners - learners);
    const room = Math.ceil((size.events - log.written) / (eventsBesideAttempts + attempts * eventsPerAttempt));
    const count = size.learners === null ? Math.min(wanted, room) : wanted;
    const together = Array.from({ length: count }, (_, i) => new Life(size.seed, learners + i, claims, random));
    learners += count;
    for (const life of together) await log.say(life.begins());
    for (let term = 0; term < terms; term++) {
      const courses = Array.from({ length: attempts }, (_, course) => course).filter((course) => course % terms === term);
      for (const stage of stages) {
        clock.ms += 86_400_000 / 500;
        for (const course of courses) for (const life of together) await log.say(stage(life, course, term));
      }
    }
  }
  await log.settled();
  await store.close();
  await vault.close();
  return { events: log.written, learners };
}

const attemptsOf = ({ events, learners }: CorpusSize): number =>
  learners === null
    ? attemptsPerLife
    : Math.min(attemptsPerLife, Math.max(1, Math.round((events / learners - eventsBesideAttempts) / eventsPerAttempt)));

/** Appends through the codec, in the order in which it is told; many commits are under way at once. */
class Log {
  readonly #store: EventStore;
  readonly #codec: Codec;
  readonly #clock: { ms: number };
  readonly #revisions = new Map<string, bigint>();
  #flight: ReturnType<EventStore['append']>[] = [];
  written = 0;

  constructor(store: EventStore, codec: Codec, clock: { ms: number }) {
    this.#store = store;
    this.#codec = codec;
    this.#clock = clock;
  }

  /** Events of one command, one or more streams. */
  async say(told: readonly Told[]): Promise<void> {
    this.#clock.ms += 1;
    const now = new Date(this.#clock.ms).toISOString();
    const commandId = shortHash(`bench ${this.written}`, 24);
    const encoded = await Promise.all(
      told.map(({ stream, subjectId, by, event, basis }, index) => {
        const envelope: Envelope = {
          id: eventId(commandId, stream, 'own', index),
          type: event.type,
          version: catalog[event.type].version,
          stream,
          effectiveAt: now,
          decidedAt: now,
          actor: by,
          commandId,
          commandDigest: shortHash(commandId, 40),
          correlationId: commandId,
          causationId: commandId,
          institutionId,
          subjectId,
          basis: (basis ?? []).map((on) => ({ stream: on, revision: '0' })),
          data: event.data,
        };
        const plain = this.#codec.encodePublic(envelope);
        return plain ? Promise.resolve(plain) : this.#codec.encode(envelope);
      }),
    );
    told.forEach(({ stream }, index) => this.#append(stream, encoded[index]!));
    this.written += told.length;
    if (this.#flight.length >= 1024) await this.settled();
  }

  #append(stream: string, event: { readonly id: string; readonly type: string; readonly json: string }): void {
    const last = this.#revisions.get(stream);
    this.#revisions.set(stream, (last ?? -1n) + 1n);
    this.#flight.push(this.#store.append(stream, last ?? 'none', [event]));
  }

  async settled(): Promise<void> {
    const answers = await Promise.all(this.#flight.splice(0));
    if (answers.some(({ outcome }) => outcome !== 'appended')) throw new Error('somebody else writes to this log');
  }
}
