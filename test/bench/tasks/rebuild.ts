// One view from zero, from the log of a corpus: rows compared with the bare fold's, key by key and byte by byte.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { ReadQueries } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';
import type { Corpus, CorpusSize } from '../corpus.ts';
import { digestOf } from '../digest.ts';
import { contenderNamed } from '../contenders/contenders.ts';
import { scan } from '../contenders/raw.ts';
import { viewNamed } from '../contenders/tables.ts';
import { peakMiB, type Job, type Measured, type Options, type Task, type Variant } from '../harness.ts';

export const rebuild: Task = {
  name: 'rebuild',
  counts: 'events',
  contenders: ['ours', 'raw', 'scan', 'emmett-sqlite', 'emmett-postgresql'],
  variants: ({ view, events }) => [{ view, events }],
  corpus: corpusAsked,
  prepare: prepareRebuild,
  run: runRebuild,
};

/** What a rebuild holds at most, of one log and of one that is five times as long. */
export const memory: Task = {
  ...rebuild,
  name: 'memory',
  rounds: 1,
  variants: ({ view, events }) => [
    { view, events },
    { view, events: events * 5 },
  ],
};

/** Of the size that the variant says, or whatever `--data` holds. */
export function corpusAsked({ seed, learners, data }: Options, { events }: Variant): CorpusSize {
  return { seed, learners, events: Number(events), ...(data === null ? {} : { data }) };
}

async function prepareRebuild({ contender, corpus, folder, database }: Job): Promise<void> {
  if (contender === 'scan') return;
  await contenderNamed(contender).load?.({ folder, database }, corpus!);
}

async function runRebuild(job: Job): Promise<Measured> {
  const { contender, corpus, folder, database, variant } = job;
  const view = viewNamed(String(variant['view']));
  if (contender === 'scan') return bareScan(corpus!);
  const { seconds, rows, peakMiB: peak, close } = await contenderNamed(contender).rebuild({ folder, database }, corpus!, view);
  try {
    return await rows(async (db) => ({
      rate: corpus!.events / seconds,
      peakMiB: peak,
      checksum: await digestOf(db, view),
      lost: eventsOf(corpus!, view) - (await foldedIn(db, view)),
    }));
  } finally {
    await close();
  }
}

/** The upper limit: every row of the log through the same SELECT, and nothing done with it. */
function bareScan({ folder, events }: Corpus): Measured {
  let characters = 0;
  const began = performance.now();
  const seen = scan(folder, (row) => (characters += row[3].length));
  const seconds = (performance.now() - began) / 1000;
  if (characters === 0) throw new Error('an empty log');
  return { rate: seen / seconds, peakMiB: peakMiB(), lost: events - seen };
}

/** Of the streams that make the rows of a view, its first prefix: each row tells its stream's last revision. */
function eventsOf({ folder }: Corpus, { prefixes = [''] }: View): number {
  const log = new DatabaseSync(join(folder, 'log.db'), { readOnly: true });
  const count = log.prepare('SELECT count(*) AS n FROM event JOIN stream ON number = event.stream WHERE name >= ? AND name < ?');
  const n = Number(count.get(prefixes[0]!, `${prefixes[0]!}\x7f`)?.['n']);
  log.close();
  return n;
}

async function foldedIn(db: ReadQueries, { tables }: View): Promise<number> {
  let folded = 0;
  await db.each(`SELECT revision FROM ${tables[0]!}_$g`, [], ({ revision }) => (folded += Number(revision) + 1));
  return folded;
}
