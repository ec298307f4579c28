const shortestRestMs = 100;
const longestRestMs = 1_000;

/**
 * Hints that something was appended. The first goes on at once; those of the rest after it are one more. A rest is as many milliseconds long as hints were
 * missed in the one before, within bounds: the more there is to fold, the fuller its pages, which cost less each.
 */
export class Hints {
  readonly #goOn: () => void;
  #resting: NodeJS.Timeout | undefined;
  #missed = 0;

  constructor(goOn: () => void) {
    this.#goOn = goOn;
  }

  hint(): void {
    if (this.#resting === undefined) this.#tell(shortestRestMs);
    else this.#missed += 1;
  }

  close(): void {
    clearTimeout(this.#resting);
  }

  #tell(restMs: number): void {
    this.#missed = 0;
    this.#goOn();
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      if (this.#missed > 0) this.#tell(Math.min(Math.max(this.#missed, shortestRestMs), longestRestMs));
    }, restMs).unref();
  }
}
