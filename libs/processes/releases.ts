import { isSameRelease, type Parking } from '../facts/parking.ts';
import type { Timer } from '../ports/clock.ts';

/** A key that stands before an event, as the projection engine tells it. */
export interface StandingKey {
  readonly key: string;
  readonly generation: number;
  readonly position: bigint;
  readonly released: boolean;
}

export interface ReleaseParts {
  /** Names of views of which some rows are incomplete, as last heard. */
  readonly incomplete: () => readonly string[];
  readonly parked: (view: string) => Promise<readonly StandingKey[]>;
  /** False where it does not stand there any more. */
  readonly release: (view: string, key: string, position: bigint) => Promise<boolean>;
  /** What is on record of a view's releases. */
  readonly load: (view: string) => Promise<Parking>;
  readonly timer: Timer;
  /** Hears of what failed and is tried again. */
  readonly onFault: (fault: unknown) => void;
  readonly everyMs?: number;
}

/**
 * Lets keys go on whose release is on record. What it does follows from the stream and from where keys stand, so whatever a crash left undone is
 * done in the next round.
 */
export class Releases {
  readonly #o: ReleaseParts;
  readonly #stop = new AbortController();
  #rounds: Promise<void> = Promise.resolve();

  constructor(parts: ReleaseParts) {
    this.#o = parts;
  }

  start(): void {
    this.#rounds = this.#round();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#rounds;
  }

  /** Something was put on record about this view. Only a hint, a round makes up for one that was lost. */
  async carryOut(view: string): Promise<void> {
    try {
      const { releases } = await this.#o.load(view);
      if (releases.length === 0) return;
      for (const { key, generation, position, released } of await this.#o.parked(view)) {
        const place = { key, generation, position: position.toString() };
        if (!released && releases.some((one) => isSameRelease(one, place))) await this.#o.release(view, key, position);
      }
    } catch (fault) {
      this.#o.onFault(fault);
    }
  }

  async #round(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      for (const view of this.#o.incomplete()) await this.carryOut(view);
      await this.#o.timer.sleep(this.#o.everyMs ?? 1_000, signal);
      if (signal.aborted) return;
    }
  }
}
