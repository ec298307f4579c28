import { Dice } from './dice.ts';
import { teacherAt, teacherCount, type Staff } from './staff.ts';
import type { World } from './teller.ts';

/** The two who coordinate a teaching class: the second marks where the first and the enterprise disagree. */
export function teachersOf(world: World, classId: string): readonly Staff[] {
  const first = new Dice(world.seed, `teaches/${classId}`).below(teacherCount(world));
  return [teacherAt(first), teacherAt((first + 1) % teacherCount(world))];
}
