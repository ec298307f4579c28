import { drawnDice, randomOf } from './dice.ts';
import { faultKinds } from './ports.ts';
import type { Intent } from './orders.ts';
import type { WorldPlan } from './world.ts';

/** One seed is one world, for ever: its length, its faults and its order of things all follow from the number. */
export function planOf(seed: number): WorldPlan {
  const random = randomOf(seed);
  const upTo = (n: number): number => random() % n;
  const length = 6 + upTo(26);
  const script = Array.from({ length }, (): Intent => [upTo(upTo(5) === 0 ? 4 : 3), 1 + upTo(11), upTo(60), upTo(60), upTo(60)]);
  // Calm worlds, rough ones, and worlds in which everything goes wrong: one call in so many.
  const oneIn = [0, 400, 120, 60, 30, 14][upTo(6)]!;
  const chance = randomOf(seed ^ 0x5f0a11);
  const order = randomOf(seed ^ 0x0c0ffee);
  // Some worlds mostly take the oldest first, so that whole commands pass between two steps of a slow one.
  const patience = [0, 0, 2, 6][upTo(4)]!;
  return {
    script,
    processes: 1 + upTo(3),
    views: upTo(3) === 0,
    choices: drawnDice(() => (patience > 0 && order() % (patience + 1) !== 0 ? 0 : order())),
    faults: drawnDice(() => (oneIn > 0 && chance() % oneIn === 0 ? 1 + (chance() % (faultKinds.length * 4)) : 0)),
  };
}
