import { givenDice } from './dice.ts';
import type { Intent } from './orders.ts';
import { realms, type RealmName } from './realms.ts';
import { runWorld, type Options, type WorldPlan } from './world.ts';

/** A world as plain data: what a seed drew, or fast-check made up. */
export interface GivenWorld {
  readonly realm: RealmName;
  readonly script: readonly Intent[];
  readonly choices: readonly number[];
  readonly faults: readonly number[];
  readonly processes: number;
  readonly views: boolean;
}

export const planOfGiven = (world: GivenWorld): WorldPlan => ({
  ...world,
  realm: realms[world.realm],
  choices: givenDice(world.choices),
  faults: givenDice(world.faults),
});

/** What a plan drew while it ran. */
export const givenBy = ({ realm, script, choices, faults, processes, views }: WorldPlan): GivenWorld => ({
  realm: realm.name,
  script,
  choices: [...choices.drawn],
  faults: [...faults.drawn],
  processes,
  views,
});

/**
 * A smaller world that breaks the same promise: fewer intents, fewer faults, and a schedule that takes the oldest first wherever it may.
 * Greedy and bounded: `budget` worlds are run at most.
 */
export async function shrink(world: GivenWorld, rule: string, options: Options = {}, budget = 300): Promise<GivenWorld> {
  let best = world;
  let spent = 0;
  const still = async (candidate: GivenWorld): Promise<boolean> => {
    if (spent++ >= budget) return false;
    const { failure } = await runWorld(planOfGiven(candidate), { ...options, trace: false });
    if (failure?.rule !== rule) return false;
    best = candidate;
    return true;
  };

  for (let before = 0; before !== sizeOf(best);) {
    before = sizeOf(best);
    await inChunks(best.script.length, async (from, to) =>
      still({ ...best, script: [...best.script.slice(0, from), ...best.script.slice(to)] }),
    );
    if (best.views) await still({ ...best, views: false });
    for (const part of ['faults', 'choices'] as const) {
      for (let length = best[part].length >> 1; length > 0; length >>= 1) {
        const shorter = best[part].length - length;
        if (shorter >= 0) await still({ ...best, [part]: best[part].slice(0, shorter) });
      }
      await inChunks(best[part].length, async (from, to) => {
        if (best[part].slice(from, to).every((n) => n === 0)) return false;
        await still({ ...best, [part]: best[part].map((n, i) => (i >= from && i < to ? 0 : n)) });
        // Nothing was taken away, so the next chunk is where it was.
        return false;
      });
    }
  }
  return best;
}

const sizeOf = ({ script, choices, faults }: GivenWorld): number =>
  1_000_000 * script.length + 1_000 * faults.filter((n) => n > 0).length + choices.filter((n) => n > 0).length;

/** Tries halves, quarters and so on of a list; `removes` answers whether the chunk is gone, so that the list is shorter now. */
async function inChunks(length: number, removes: (from: number, to: number) => Promise<boolean>): Promise<void> {
  let now = length;
  for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < now;) {
      if (await removes(from, Math.min(now, from + size))) now -= Math.min(size, now - from);
      else from += size;
    }
    if (size > 1 && now === 0) return;
  }
}
