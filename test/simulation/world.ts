import type { StoredEvent } from '../../libs/ports/event-store.ts';
import { abandonedAfterMs } from '../../libs/runtime/transact.ts';
import { Violation } from './books/log.ts';
import { Clients } from './clients.ts';
import type { Dice } from './dice.ts';
import { Folding } from './folding.ts';
import { Ground, type Process } from './ground.ts';
import type { Intent, Office } from './orders.ts';
import type { Plant } from './plants/plant.ts';
import type { Realm } from './realms.ts';
import { liveRebuilding } from './rebuilding/live.ts';
import { Stuck } from './scheduler.ts';
import { Server } from './server.ts';
import type { Tally } from './tally.ts';

/** One world: what people mean to do, who goes next, and what goes wrong. The same plan is the same run. */
export interface WorldPlan {
  readonly realm: Realm;
  readonly script: readonly Intent[];
  readonly choices: Dice;
  readonly faults: Dice;
  readonly processes: number;
  /** With a process that folds views, on whose word recovery then relies. */
  readonly views: boolean;
}

export interface Options {
  readonly plant?: Plant | null;
  /** Keeps a readable story of every step. */
  readonly trace?: boolean;
}

export interface Outcome {
  readonly failure: { readonly rule: string; readonly message: string } | null;
  readonly tally: Tally;
  readonly story: readonly string[];
  readonly steps: number;
}

/** Far more than any world needs: whoever goes on for longer turns in a circle. */
const maxSteps = 60_000;
/** Virtual time in which views must have caught up once nobody disturbs them: a rest that began by a clock far ahead may be long. */
const catchUpMs = 3_600_000;

/** Lives a plan from its first step to the last, and judges it. */
export async function runWorld(plan: WorldPlan, { plant = null, trace = false }: Options = {}): Promise<Outcome> {
  const past = await plan.realm.past();
  const ground = new Ground(plan.realm, past, plan.choices, plan.faults, plant, trace);
  const { office } = plan.realm;
  const folding = plan.views && office ? new Folding(ground) : null;
  const unpatched = plant?.patch?.();
  let failure: Outcome['failure'] = null;
  try {
    await (office ? live(plan, office(ground), past.events, ground, folding) : liveRebuilding(plan, ground));
  } catch (error) {
    const rule = error instanceof Violation ? error.rule : error instanceof Stuck ? 'liveness' : 'crash';
    failure = { rule, message: rule === 'crash' ? ((error as Error).stack ?? '') : (error as Error).message };
  }
  unpatched?.();
  folding?.dispose();
  for (const [type, n] of ground.books.counts) ground.tally.add(`event ${type}`, n);
  ground.tally.add('steps', ground.scheduler.steps);
  return { failure, tally: ground.tally, story: ground.story, steps: ground.scheduler.steps };
}

async function live(
  plan: WorldPlan,
  office: Office,
  past: readonly StoredEvent[],
  ground: Ground,
  folding: Folding | null,
): Promise<void> {
  const { scheduler, books, tally } = ground;
  const servers = Array.from({ length: plan.processes }, (_, i) => new Server(`server ${i + 1}`, ground, folding));
  const processes: readonly Process[] = [...servers, ...(folding ? [folding] : [])];
  const clients = new Clients(ground, office, servers);
  // Whoever folds never rests: all is over when nobody else has anything to do.
  const over = (): boolean => scheduler.idleBut(folding?.life ?? null) && servers.every((server) => !server.recovering);

  for (const event of past)
    await ground.durable.append(event.stream, event.revision === 0n ? 'none' : event.revision - 1n, [event]);
  await ground.audit();
  for (const process of processes) process.boot();
  clients.begin(plan.script);
  if (folding)
    scheduler.after(
      9_000,
      null,
      () => 'an administrator asks for a rebuild',
      () => void folding.rebuild(plan.script.length),
    );
  await ground.until(() => clients.busy === 0, maxSteps);

  // Faults end with the work; then everything else must end too.
  for (const server of servers) server.closing = true;
  ground.heal(processes);
  await ground.until(over, maxSteps);
  if (ground.tally.unharmed) {
    // Whoever stays alive cleans up behind herself; recovery is for the dead.
    tally.add('worlds without a fault');
    books.settled();
  }

  await caughtUp(ground, folding);
  if (!ground.plant?.noRecovery) {
    // The log's clock may have run ahead of everybody's.
    scheduler.now = Math.max(scheduler.now, Date.parse(books.recordedAt)) + abandonedAfterMs + 1000;
    for (const server of servers) server.lastRecovery();
    await ground.until(over, maxSteps);
  }
  await ground.audit();
  books.settled();
  shredded(ground);

  if (!folding) return;
  await caughtUp(ground, folding);
  const ended = folding.close();
  await ground.until(() => scheduler.idle, maxSteps);
  await ended;
  await folding.compare();
}

async function caughtUp(ground: Ground, folding: Folding | null): Promise<void> {
  if (!folding) return;
  const until = ground.scheduler.now + catchUpMs;
  await ground.until(() => folding.behind() === 0n || ground.scheduler.now > until, maxSteps);
  const behind = folding.behind();
  if (behind !== 0n)
    throw new Violation(
      'liveness',
      `the views stand ${behind} events behind, and nothing moves them: ${await folding.stopped()}`,
    );
}

function shredded({ books, keys }: Ground): void {
  for (const learner of books.learners.all()) {
    for (const purpose of learner.erased.now) {
      const kept = [...keys.values()].find((k) => k.subjectId === learner.id && k.purpose === purpose && k.key !== null);
      if (kept) throw new Violation('erasure', `the ${purpose} key of ${learner.id} outlived its erasure`);
    }
  }
}
