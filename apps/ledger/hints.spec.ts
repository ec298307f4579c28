import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Hints } from './hints.ts';

let told: number;
let hints: Hints;
const came = (count: number): void => {
  for (let n = 0; n < count; n++) hints.hint();
};
const passed = (ms: number): number => {
  jest.advanceTimersByTime(ms);
  return told;
};

beforeEach(() => {
  jest.useFakeTimers();
  told = 0;
  hints = new Hints(() => (told += 1));
});
afterEach(() => {
  hints.close();
  jest.useRealTimers();
});

describe('hints', () => {
  it('go on at once where it was quiet, and then together', () => {
    came(3);
    expect(told).toBe(1);
    expect([passed(99), passed(1), passed(1_000)]).toEqual([1, 2, 2]);
    came(1);
    expect(told).toBe(3);
  });

  it('wait for each other the longer the more there are, and never longer than a second', () => {
    came(301);
    expect(passed(100)).toBe(2);
    came(20_000);
    expect([passed(299), passed(1)]).toEqual([2, 3]);
    came(20_000);
    expect([passed(999), passed(1)]).toEqual([3, 4]);
    came(1);
    expect([passed(999), passed(1)]).toEqual([4, 5]);
    came(1);
    expect([passed(99), passed(1)]).toEqual([5, 6]);
  });

  it('are no more once it is closed', () => {
    came(2);
    hints.close();
    expect(passed(5_000)).toBe(1);
  });
});
