import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createRangeFile } from '../../libs/adapters/sqlite/range-file.ts';
import type { WholeStreams } from '../../libs/ports/event-store.ts';
import type { EventDecoder, View } from '../../libs/ports/view.ts';
import { bareTables } from '../../libs/projection/generations.ts';
import { poisoned } from '../../libs/projection/practice.ts';
import { foldRange, type FoldFailure } from '../../libs/projection/range-fold.ts';
import type { RangeFolder, RangeJob } from '../../libs/projection/ranged-fold.ts';

export interface RangeSources {
  readonly streams: WholeStreams;
  readonly decoder: EventDecoder;
  readonly views: readonly View[];
  /** Where the files of ranges stand until they are taken over. */
  readonly folder: string;
}

/** Rows of one range, in a file of their own. */
export async function foldIntoFile(
  { streams, decoder, views, folder }: RangeSources,
  { view: name, generation, from, to, upTo, effectiveAsOf, poisoned: positions }: RangeJob,
): Promise<{ readonly file: string; readonly events: number } | FoldFailure> {
  const view = views.find((one) => one.name === name);
  if (!view) throw new Error(`there is no view ${name}`);
  const path = join(folder, `${name}-${generation}-${from}.db`);
  const file = createRangeFile(path, bareTables(view));
  const named = new Map<string, string>();
  const bare = (sql: string): string => {
    let known = named.get(sql);
    if (known === undefined) named.set(sql, (known = sql.replaceAll('_$g', '')));
    return known;
  };
  try {
    const filter = {
      ...(view.types && effectiveAsOf === null ? { types: view.types } : {}),
      ...(view.prefixes ? { prefixes: view.prefixes } : {}),
    };
    const pages = streams.readStreams({ from, to, upTo }, filter);
    const folded = await foldRange(
      poisoned(view, new Set(positions)),
      pages,
      decoder,
      (sql, rows) => file.write(bare(sql), rows),
      effectiveAsOf,
    );
    if (typeof folded !== 'number') {
      file.abandon();
      return folded;
    }
    file.finish();
    return { file: path, events: folded };
  } catch (fault) {
    file.abandon();
    throw fault;
  }
}

/** In the calling thread, one range at a time: for tests, and where there are no threads to spare. */
export const foldRangesHere = (sources: RangeSources, rangeEvents = 20_000): RangeFolder => ({
  width: 1,
  rangeEvents,
  lastStream: () => sources.streams.lastStream(),
  fold: (job) => foldIntoFile(sources, job),
  release: (file) => rmSync(file, { force: true }),
});
