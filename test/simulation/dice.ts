/** Where a world's choices come from: drawn from a seed, or given as an array that can shrink (0 once it is used up). */
export interface Dice {
  /** A whole number from 0 up; whoever asks takes it modulo what there is to choose from. */
  next(): number;
  /** What was drawn so far, to replay and to shrink. */
  readonly drawn: readonly number[];
}

/** splitmix32: small, fast, and good enough to choose with. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
};

export const drawnDice = (draw: () => number): Dice => {
  const drawn: number[] = [];
  return {
    drawn,
    next: () => {
      const value = draw();
      drawn.push(value);
      return value;
    },
  };
};

export const givenDice = (values: readonly number[]): Dice => {
  let place = 0;
  return { drawn: values, next: () => values[place++] ?? 0 };
};
