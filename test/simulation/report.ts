import { hash } from 'node:crypto';
import { givenBy, planOfGiven, shrink, type GivenWorld } from './shrink.ts';
import type { RealmName } from './realms.ts';
import { planOf } from './seeds.ts';
import { runWorld, type Options } from './world.ts';

/** How a failing seed is told: which promise, how to see it again, and the story of the smallest world that still breaks it. */
export async function reportOf(seed: number, realm: RealmName, options: Options = {}): Promise<string> {
  const plan = planOf(seed, realm);
  const { failure } = await runWorld(plan, options);
  if (!failure) return `seed ${seed} holds`;
  const small = await shrink(givenBy(plan), failure.rule, options);
  const plant = options.plant ? ` --plant ${options.plant.name}` : '';
  return [
    `seed ${seed} breaks ${failure.message}`,
    `replay: npm run simulate -- --world ${realm} --seed ${seed}${plant}`,
    await storyOf(small, options),
  ].join('\n');
}

/** Two runs of one seed that went alike have the same. */
export const digestOfStory = (story: readonly string[]): string => hash('sha256', story.join('\n')).slice(0, 16);

export async function storyOf(world: GivenWorld, options: Options = {}): Promise<string> {
  const { story, failure } = await runWorld(planOfGiven(world), { ...options, trace: true });
  const faults = world.faults.filter((n) => n > 0).length;
  const size = `${world.script.length} intents, ${faults} faults, ${story.length} lines`;
  return [`shrunk to ${size}:`, ...story.slice(-120), failure?.message ?? 'holds'].join('\n');
}
