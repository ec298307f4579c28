import { createHash } from 'node:crypto';
import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../libs/adapters/memory/event-store.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { momentOf, storyEnds } from './dates.ts';
import { Director } from './director.ts';
import { stageOn, StoryClock } from './stage.ts';
import { entrancesOf } from './story.ts';
import { toldTypes, untold } from './summary.ts';
import { worldOf } from './teller.ts';
import { beforeAll, describe, expect, it } from '@jest/globals';

const zone = 'Asia/Shanghai';
/** The fewest for whom everything happens to somebody. */
const learners = 120;

/** The story on a memory store, whose vault follows from its seed: nothing but the seals' initialization vectors is drawn. */
async function told(seed: number): Promise<{ readonly log: readonly StoredEvent[]; readonly codec: Codec }> {
  const clock = new StoryClock();
  const store = new MemoryEventStore(clock);
  const vault = createMemoryKeyVault({ seed: 'demo' });
  const stage = stageOn(store, vault, clock);
  const world = worldOf(vault, { seed, learners, institutionId: 'college', zone });
  await new Director(stage, world).play({ entrances: entrancesOf(world), until: momentOf(storyEnds, 'evening', zone) });
  const { events } = await store.readAll(0n, { limit: 1_000_000 });
  return { log: events, codec: new Codec(vault) };
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
  let story: Awaited<ReturnType<typeof told>>;
  beforeAll(async () => {
    story = await told(1);
  });

  it('tells the same story of the same seed, and another of another', async () => {
    const [again, other] = [await told(1), await told(2)];
    expect(digestOf(again.log)).toBe(digestOf(story.log));
    expect(digestOf(other.log)).not.toBe(digestOf(story.log));
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
});
