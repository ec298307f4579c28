import { isRefusal } from '../../libs/kernel/refusal.ts';
import { instant, startOfDay } from '../../libs/kernel/time.ts';
import type { Stage } from './stage.ts';
import { planOf, type Step, type Strand } from './step.ts';
import type { World } from './teller.ts';

/** Strands that enter the story on the same day, made when it comes: nobody holds a cohort before it is admitted. */
export interface Entrance {
  /** Plain date. */
  readonly on: string;
  readonly strands: () => Iterable<Strand>;
}

/** A step that the ledger did not take: the story is wrong, and nobody should read what is left of it. */
export class StoryBroken extends Error {
  override readonly name = 'StoryBroken';
}

interface Scene {
  readonly strand: Strand;
  readonly step: Step;
}

/** Strands whose steps are under way at once, so that they share commits. */
const onStage = 1_024;

export interface Direction {
  readonly entrances: readonly Entrance[];
  /** Nothing happens after this instant. */
  readonly until: number;
  /** At every hour of the story in which something happened. */
  readonly onHour?: (at: number) => void;
}

/**
 * Plays hour by hour: the clock is set, everybody's next step of that hour is taken, each strand's in its order. What is to come is one step a
 * strand, so memory grows with the people and not with what happens to them.
 */
export class Director {
  private readonly stage: Stage;
  private readonly world: World;
  /** Scenes by the instant at which they begin. */
  private readonly agenda = new Map<number, Scene[]>();
  private instants: number[] = [];

  constructor(stage: Stage, world: World) {
    this.stage = stage;
    this.world = world;
  }

  async play({ entrances, until, onHour }: Direction): Promise<void> {
    const coming = entrances.toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
    for (;;) {
      const next = this.instants[0] ?? Infinity;
      const entrance = coming[0];
      if (entrance && Date.parse(startOfDay(entrance.on, this.world.zone)) <= next) {
        coming.shift();
        for (const strand of entrance.strands()) this.goOn(strand);
        continue;
      }
      if (next > until) return;
      this.instants.shift();
      this.stage.clock.set(next);
      await this.hour(this.agenda.get(next)!);
      this.agenda.delete(next);
      onHour?.(next);
    }
  }

  private async hour(scenes: readonly Scene[]): Promise<void> {
    let taken = 0;
    const turn = async (): Promise<void> => {
      while (taken < scenes.length) await this.scene(scenes[taken++]!);
    };
    await Promise.all(Array.from({ length: Math.min(onStage, scenes.length) }, turn));
  }

  /** All that a strand does in this hour: in its order, but what is said of different attempts goes side by side. */
  private async scene({ strand, step }: Scene): Promise<void> {
    const lanes = new Map<string, Step[]>();
    for (let now = step; ;) {
      const { saying } = now;
      if (saying.on === 'attempt') lanes.set(saying.id, [...(lanes.get(saying.id) ?? []), now]);
      else if (lanes.size > 0) throw this.broken(now, 'comes after what is said of her attempts in this hour');
      else await this.take(now);
      const next = strand.next();
      if (!next.done && next.value.at === step.at) {
        now = next.value;
        continue;
      }
      if (!next.done) this.announce(strand, next.value);
      break;
    }
    await Promise.all(Array.from(lanes.values(), (lane) => this.inOrder(lane)));
  }

  private async inOrder(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.take(step);
  }

  private goOn(strand: Strand): void {
    const next = strand.next();
    if (!next.done) this.announce(strand, next.value);
  }

  private announce(strand: Strand, step: Step): void {
    if (step.at < this.stage.clock.now()) throw this.broken(step, 'comes too late');
    const scenes = this.agenda.get(step.at);
    if (scenes) {
      scenes.push({ strand, step });
      return;
    }
    this.agenda.set(step.at, [{ strand, step }]);
    const later = this.instants.findIndex((at) => at > step.at);
    this.instants.splice(later < 0 ? this.instants.length : later, 0, step.at);
  }

  private async take(step: Step): Promise<void> {
    const { institutionId, zone, claims, digestOf } = this.world;
    const { by, commandId, saying, since, reason } = step;
    const context = {
      commandId,
      digest: digestOf(saying),
      actor: by,
      institutionId,
      zone,
      correlationId: commandId,
      causationId: commandId,
      ...(since === undefined ? {} : { effectiveAt: startOfDay(since, zone) }),
      ...(reason ? { reason } : {}),
    };
    const outcome = await this.stage.transactor.transact(context, (id) => {
      // Ids were minted from the first attempt, and with one writer there is no other.
      if (id !== commandId) throw this.broken(step, 'was abandoned');
      return planOf(saying, institutionId, claims);
    });
    if (isRefusal(outcome)) throw this.broken(step, `was refused: ${outcome.refused} ${JSON.stringify(outcome.facts)}`);
    if (outcome.events.length === 0) throw this.broken(step, 'says nothing new');
  }

  private broken({ at, by, saying }: Step, why: string): StoryBroken {
    const about = 'id' in saying ? `${saying.on}-${saying.id}` : saying.on;
    return new StoryBroken(`${instant(at)}: ${saying.command.type} on ${about} by ${by.role} ${by.personId} ${why}`);
  }
}
