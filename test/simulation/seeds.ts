import { drawnDice, randomOf } from './dice.ts';
import { faultKinds } from './ports.ts';
import type { Intent } from './orders.ts';
import { realms, type RealmName } from './realms.ts';
import type { WorldPlan } from './world.ts';

/** One seed is one world: its length, its faults and its order of things all follow from the number, for as long as this file and the realm's office stay. */
export function planOf(seed: number, name: RealmName = 'enrollment'): WorldPlan {
  const realm = realms[name];
  const random = randomOf(seed);
  const upTo = (n: number): number => random() % n;
  const length = 6 + upTo(26);
  const mood = realm.moods[upTo(realm.moods.length)]!;
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
    realm,
    script,
    processes: 1 + upTo(3),
    views: upTo(realm.viewedIn) === 0,
    choices: drawnDice(() => (patience > 0 && order() % (patience + 1) !== 0 ? 0 : order())),
    faults: drawnDice(() => (oneIn > 0 && chance() % oneIn === 0 ? 1 + (chance() % (faultKinds.length * 4)) : 0)),
  };
}
