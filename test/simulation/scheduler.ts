import type { Dice } from './dice.ts';

/** One life of a process. What a dead one still awaited never comes. */
export interface Life {
  readonly name: string;
  alive: boolean;
}

interface Step {
  readonly life: Life | null;
  readonly label: () => string;
  readonly run: () => void;
}

interface Alarm extends Step {
  readonly due: number;
  readonly order: number;
}

const weight = 24;

/** Work that went on for too long: something waits for what never comes, or turns in a circle. */
export class Stuck extends Error {
  override readonly name = 'Stuck';
}

/**
 * The one place where anything happens: every port call of every process waits here until it is picked. `choices` names who goes next
 * among what is ready (the oldest where it says 0); time passes only when an alarm is picked, or nothing else is left.
 */
export class Scheduler {
  /** Virtual milliseconds since 1970. */
  now: number;
  steps = 0;
  /** Sees every step as it is taken. */
  watch: ((label: () => string) => void) | null = null;
  readonly #choices: Dice;
  #ready: Step[] = [];
  #alarms: Alarm[] = [];
  #orders = 0;
  #drawn = 0;

  constructor(choices: Dice, start: number) {
    this.#choices = choices;
    this.now = start;
  }

  get idle(): boolean {
    return this.#ready.length === 0 && this.#alarms.length === 0;
  }

  /** True where nothing waits but what this life does for itself. */
  idleBut(life: Life | null): boolean {
    const own = (step: Step): boolean => life !== null && step.life === life;
    return this.#ready.every(own) && this.#alarms.every(own);
  }

  /** What waits, for the report about a world that got stuck. */
  waiting(): readonly string[] {
    return [...this.#ready, ...this.#alarms].map((step) => `${step.life?.name ?? 'world'}: ${step.label()}`);
  }

  /** Ready at once. A step of no life goes on whoever dies: a message under way. */
  post(life: Life | null, label: () => string, run: () => void): void {
    this.#ready.push({ life, label, run });
  }

  /** Ready once the clock stands at `now + ms`. Answers how to call it off. */
  after(ms: number, life: Life | null, label: () => string, run: () => void): () => void {
    const alarm = { due: this.now + Math.max(0, ms), order: this.#orders++, life, label, run };
    const place = this.#alarms.findLastIndex((other) => other.due <= alarm.due);
    this.#alarms.splice(place + 1, 0, alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Forgets whatever the dead awaited. */
  bury(): void {
    this.#ready = this.#ready.filter((step) => step.life?.alive !== false);
    this.#alarms = this.#alarms.filter((step) => step.life?.alive !== false);
  }

  /** Takes steps until `done`, or until nothing is left to do. Throws `Stuck` after `limit` steps. */
  async run(limit: number, done: () => boolean = () => false): Promise<void> {
    for (let taken = 0; ; taken++) {
      await quiet();
      if (done() || this.idle) return;
      if (taken >= limit) throw new Stuck(`no end after ${limit} steps; waiting: ${this.waiting().slice(0, 12).join(' · ')}`);
      // Now and then several answers come in the same tick, so that their continuations run into each other.
      do {
        const step = this.#pick();
        this.steps++;
        this.watch?.(step.label);
        step.run();
      } while (this.#drawn >>> 20 && (this.#drawn >>> 20) % 5 === 0 && this.#ready.length > 0);
    }
  }

  #pick(): Step {
    const { length } = this.#ready;
    // Steps take no time, so an alarm is the rarer choice; `weight` of them are as likely as one alarm.
    const slots = length * weight + (this.#alarms.length > 0 ? 1 : 0);
    this.#drawn = slots === 1 || this.#alarms.length + length === 1 ? 0 : this.#choices.next();
    const index = this.#drawn % slots;
    if (index < length * weight) return this.#ready.splice(index % length, 1)[0]!;
    const alarm = this.#alarms.shift()!;
    this.now = Math.max(this.now, alarm.due);
    return alarm;
  }
}

/** Lets everything run that waits for nothing but its own promises. */
export const quiet = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
