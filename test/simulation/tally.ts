/** What happened, so that one sees whether worlds reach the places where things go wrong. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, n = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + n);
  }

  addAll(other: Tally): void {
    for (const [what, n] of other.counts) this.add(what, n);
  }

  /** True where nothing went wrong, not even for one message. */
  get unharmed(): boolean {
    return this.of('retries') === 0 && ![...this.counts.keys()].some((what) => what.startsWith('fault '));
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}
