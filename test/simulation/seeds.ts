import { drawnDice, randomOf } from './dice.ts';
import { faultKinds } from './ports.ts';
import type { Intent } from './orders.ts';
import type { WorldPlan } from './world.ts';

/** What a world is mostly about, as kinds of intents (see orders.ts): a bit of everything, or much of what meets at the same gates. */
const moods: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  // The same people and numbers, at the same moment.
  [1, 1, 2, 10, 10, 9, 3],
  // Whole lives: four eyes, graduations, holds.
  [1, 4, 4, 5, 6, 7, 7, 8],
  // Students of before, identities corrected and erased.
  [9, 9, 8, 8, 7, 7, 1],
];

/** One seed is one world: its length, its faults and its order of things all follow from the number, for as long as this file and orders.ts stay. */
export function planOf(seed: number): WorldPlan {
  const random = randomOf(seed);
  const upTo = (n: number): number => random() % n;
  const length = 6 + upTo(26);
  const mood = moods[upTo(moods.length)]!;
  const script = Array.from({ length }, (): Intent => [
    upTo(upTo(5) === 0 ? 4 : 3),
    mood[upTo(mood.length)]!,
    upTo(60),
    upTo(60),
    upTo(60),
  ]);
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
