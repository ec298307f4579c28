import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import type { EventStore, StoredEvent } from '../../libs/ports/event-store.ts';
import { startChild, temporaryFolder } from './child.ts';

const rounds = 10;
const seed = Number(process.env['SEED'] ?? 20260901);

/** mulberry32 */
function random(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function readLog(store: EventStore): Promise<StoredEvent[]> {
  const log: StoredEvent[] = [];
  for (let after = 0n, end = false; !end;) {
    const page = await store.readAll(after);
    log.push(...page.events);
    ({ scannedTo: after, end } = page);
  }
  return log;
}

/** Batches start at place 0 and are whole, positions and revisions are dense. Says what is wrong. */
function flaws(log: readonly StoredEvent[]): string[] {
  const found: string[] = [];
  const streams = new Map<string, bigint>();
  let left = 0;
  log.forEach(({ position, stream, revision, json }, i) => {
    if (position !== BigInt(i + 1)) found.push(`position ${position} at ${i}`);
    if (revision !== (streams.get(stream) ?? -1n) + 1n) found.push(`revision ${revision} of ${stream} at ${position}`);
    streams.set(stream, revision);
    const { place, size }: { place: number; size: number } = JSON.parse(json);
    if (place === 0 ? left !== 0 : left !== size - place) found.push(`half a batch before ${position}`);
    left = size - place - 1;
  });
  if (left !== 0) found.push('half a batch at the end');
  return found;
}

it(`keeps every acknowledged event and no half batch through kill -9 at any moment (SEED=${seed})`, async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log.db');
  const next = random(seed);
  /** Ids by `stream/revision`, as the killed processes acknowledged them. */
  const acknowledged = new Map<string, string>();
  let unacknowledged = 0;

  for (let round = 0; round < rounds; round++) {
    const child = startChild('./store-writer.ts', [path, 'load']);
    await child.says('open');
    await wait(next() * 150);
    child.process.kill('SIGKILL');
    for (const line of await child.ended) {
      const [word, stream, revision = '', ...ids] = line.split(' ');
      expect(word).not.toBe('threw');
      ids.forEach((id, k) => acknowledged.set(`${stream}/${BigInt(revision) - BigInt(ids.length - 1 - k)}`, id));
    }
    const store = await openSqliteEventStore({ path, clock: Date });
    const log = await readLog(store);
    await store.close();
    const stored = new Map(log.map(({ stream, revision, id }) => [`${stream}/${revision}`, id]));
    const lost = [...acknowledged].filter(([at, id]) => stored.get(at) !== id);
    expect({ round, lost, flaws: flaws(log) }).toEqual({ round, lost: [], flaws: [] });
    unacknowledged = stored.size - acknowledged.size;
  }
  expect(acknowledged.size).toBeGreaterThan(rounds * 20);
  // At most what was in flight: eight writers, five events each, in every round.
  expect(unacknowledged).toBeLessThanOrEqual(rounds * 8 * 5);
});
