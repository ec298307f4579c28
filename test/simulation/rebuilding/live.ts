import { Violation } from '../books/log.ts';
import type { Ground } from '../ground.ts';
import type { WorldPlan } from '../world.ts';
import { Administrators } from './administrators.ts';
import { Projecting } from './projecting.ts';
import { Watch } from './watch.ts';
import { witnesses } from './witnesses.ts';

const maxSteps = 40_000;
/** Virtual time in which all that is owed must be done once nobody disturbs it. */
const settledMs = 3_600_000;

/** A world of rebuilds: one projector, those who administer it, those who write and those who read. */
export async function liveRebuilding(plan: WorldPlan, ground: Ground): Promise<void> {
  const { scheduler, tally } = ground;
  const watch: Watch = new Watch(
    ground,
    () => projecting.disks,
    () => projecting.everPoison,
  );
  const projecting: Projecting = new Projecting(ground, watch);
  const people = new Administrators(ground, projecting, watch);
  try {
    for (let i = 0; i < 6; i++) await people.append([i, 3, 3 * i + 1]);
    ground.onAppend.add(() => projecting.notify());
    projecting.boot();
    people.begin(plan.script);
    await ground.until(() => people.busy === 0, maxSteps);
    if (people.busy > 0) throw new Violation('liveness', `${people.busy} people wait for what never comes`);

    // Faults end with the work; then everything else must end too, by itself.
    ground.heal([projecting]);
    projecting.fullUntil.clear();
    const until = scheduler.now + settledMs;
    const owed = (): string | null => {
      if (!projecting.projection) return 'the projector is not there';
      return people.waiting > 0 ? `${people.waiting} wait for a rebuild` : watch.owed(projecting.versions);
    };
    let helped: unknown = null;
    const settled = (): boolean => {
      // Once for every life: one that begins now knows what an earlier one was told before it died.
      if (projecting.projection && !people.asking && helped !== projecting.life) {
        helped = projecting.life;
        people.letGo();
      }
      return owed() === null || scheduler.now > until;
    };
    await ground.until(settled, maxSteps);
    if (owed() !== null) throw new Violation('liveness', `faults ended, and still: ${owed()}`);

    await ended(ground, 'a last look', async () => {
      for (const witness of witnesses) await people.look('whoever comes last', [witness]);
    });
    await ended(ground, 'closing', () => projecting.close());
    await ground.until(() => scheduler.idle, maxSteps);
    await watch.compare(projecting.views());
    tally.add('events', watch.log.length);
  } finally {
    projecting.dispose();
  }
}

/** Steps until it is done. */
async function ended(ground: Ground, what: string, work: () => Promise<void>): Promise<void> {
  const state = { done: false };
  work().then(
    () => (state.done = true),
    (error: unknown) => ground.fail(error as Error),
  );
  await ground.until(() => state.done, maxSteps);
  if (!state.done) throw new Violation('liveness', `${what} never ends`);
}
