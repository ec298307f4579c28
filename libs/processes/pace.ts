import type { Clock } from '../ports/clock.ts';

export interface Progress {
  readonly phase: 'ranges' | 'log';
  /** Of `head` positions of the log. */
  readonly done: bigint;
  readonly head: bigint;
}

export interface PaceNow extends Progress {
  /** Positions a second, of late. */
  readonly perSecond: number;
  /** At this pace; null where nobody can tell. */
  readonly secondsLeft: number | null;
}

/** What is far back says nothing of the pace of now. */
const windowMs = 10_000;

/** How fast something moves through the log, from what it says on its way. */
export class Pace {
  readonly #clock: Clock;
  #points: { readonly ms: number; readonly done: bigint }[] = [];
  #last: Progress | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  at(progress: Progress): void {
    const ms = this.#clock.now();
    // The next phase moves at another pace, and a clock that went back tells nothing.
    if (progress.phase !== this.#last?.phase || ms < this.#points.at(-1)!.ms) this.#points = [];
    this.#points = [...this.#points.filter((point) => ms - point.ms < windowMs), { ms, done: progress.done }].slice(-200);
    this.#last = progress;
  }

  now(): PaceNow | null {
    if (this.#last === null) return null;
    const { phase, done, head } = this.#last;
    const [first] = this.#points;
    const seconds = (this.#clock.now() - first!.ms) / 1000;
    const perSecond = seconds > 0 ? Math.round(Number(done - first!.done) / seconds) : 0;
    const left = Number(head > done ? head - done : 0n);
    return { phase, done, head, perSecond, secondsLeft: left === 0 ? 0 : perSecond > 0 ? Math.ceil(left / perSecond) : null };
  }
}
