/** Chance that repeats: what a seed and a name throw depends on nothing else, least of all on who threw before. */
export class Dice {
  private state: number;

  constructor(seed: number, name: string) {
    this.state = mixed(seed, name);
  }

  /** 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Both inclusive. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True in so many of a thousand cases. */
  perMille(n: number): boolean {
    return this.below(1000) < n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** By weight: whole numbers. */
  weighted<T>(list: readonly (readonly [T, number])[]): T {
    let left = this.below(list.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [one, weight] of list) if ((left -= weight) < 0) return one;
    return list[0]![0];
  }

  /** Mulberry32: small, and good enough to tell stories. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** FNV-1a with a finish, so that names that differ in one letter throw nothing alike. */
function mixed(seed: number, name: string): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
