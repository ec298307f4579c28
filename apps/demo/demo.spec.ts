import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { driven, HeldTimer, TestStores } from '../../test/support/events.ts';
import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import type { EventStore, StoredEvent } from '../../libs/ports/event-store.ts';
import { Projection } from '../../libs/projection/engine.ts';
import { allViews } from '../../libs/read-models/views.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { momentOf, storyEnds } from './dates.ts';
import { Director } from './director.ts';
import { stageOn, StoryClock } from './stage.ts';
import { entrancesOf } from './story.ts';
import { toldTypes, untold } from './summary.ts';
import { worldOf } from './teller.ts';

const zone = 'Asia/Shanghai';
jest.setTimeout(120_000);
/** The fewest for whom everything happens to somebody. */
const learners = 120;

/** The story on a memory store, whose vault follows from its seed: nothing but the seals' initialization vectors is drawn. */
interface Told {
  readonly store: EventStore;
  readonly clock: StoryClock;
  readonly codec: Codec;
  readonly log: readonly StoredEvent[];
}

async function told(seed: number, until = storyEnds): Promise<Told> {
  const clock = new StoryClock();
  const store = new MemoryEventStore(clock);
  const vault = createMemoryKeyVault({ seed: 'demo' });
  const stage = stageOn(store, vault, clock);
  const world = worldOf(vault, { seed, learners, institutionId: 'college', zone });
  await new Director(stage, world).play({ entrances: entrancesOf(world), until: momentOf(until, 'evening', zone) });
  const { events } = await store.readAll(0n, { limit: 1_000_000 });
  return { store, clock, codec: new Codec(vault), log: events };
}

/**
 * Over every stream's events as they are stored. Sealed values are left out, since each is sealed with an initialization vector of its own; so is
 * the place in the whole log, which depends on who of an hour comes first.
 */
function digestOf(log: readonly StoredEvent[]): string {
  const lines = log.map(({ stream, revision, recordedAt, json }) => {
    const open = json.replaceAll(/"sealed\.1\.[^"]*"/g, '"sealed"');
    return `${stream} ${String(revision).padStart(6, '0')} ${recordedAt} ${open}`;
  });
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
}

describe('the demo', () => {
  let story: Told;
  beforeAll(async () => {
    story = await told(1);
  });

  it('tells the same story of the same seed, and another of another', async () => {
    const again = await told(1);
    expect(digestOf(again.log)).toBe(digestOf(story.log));
    const other = await told(2, '2024-09-30');
    expect(digestOf(other.log)).not.toBe(digestOf(story.log.slice(0, other.log.length)));
  });

  it('brings about every type of event that a command can', () => {
    const types = new Set(story.log.map(({ type }) => type));
    expect(toldTypes().filter((type) => !types.has(type))).toEqual([]);
    expect(Object.keys(untold).filter((type) => types.has(type))).toEqual([]);
  });

  it('is recorded in the order in which it happened, and never in the future', () => {
    const times = story.log.map(({ recordedAt }) => recordedAt);
    expect(times).toEqual(times.toSorted());
    expect(times.at(-1)! < `${storyEnds}T16:00:00.000Z`).toBe(true);
    const late = story.log.filter(
      ({ json, recordedAt }) => (JSON.parse(json) as { effectiveAt: string }).effectiveAt > recordedAt,
    );
    expect(late).toEqual([]);
  });

  it('is opened, every seal of it', () => {
    for (const stored of story.log) expect(() => story.codec.decodeOpen(stored)).not.toThrow();
  });

  it('is folded by every view, and rebuilt to the same rows', async () => {
    const stores = new TestStores();
    const { store: events, codec: decoder, clock } = story;
    const projection = new Projection({ events, decoder, clock, stores, views: allViews, timer: new HeldTimer() });
    await projection.prepare();
    await projection.catchUp();
    const standing = await projection.status();
    expect(standing.filter(({ lagEvents, poison, parked }) => lagEvents > 0n || poison !== null || parked > 0)).toEqual([]);
    for (const name of ['transcript', 'apprentice-record', 'tasks']) {
      const { digests, differing } = await driven(projection, projection.rebuild(name, undefined, { compare: true }));
      expect({ name, differing, digest: digests?.rebuilt }).toEqual({ name, differing: [], digest: digests?.live });
    }
    await stores.close();
  });
});
