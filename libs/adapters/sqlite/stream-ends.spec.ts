import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { StreamEnds } from './stream-ends.ts';

/** Streams of a file, numbered as they are given. */
const file = (names: string[] = []): { namesAfter: (number: number, limit: number) => readonly string[] } => ({
  namesAfter: (number, limit) => names.slice(number, number + limit),
});

const open: StreamEnds[] = [];
function over(names: string[] = [], limit?: number): StreamEnds {
  const ends = new StreamEnds(file(names), limit);
  open.push(ends);
  return ends;
}
afterEach(() => {
  for (const ends of open.splice(0)) ends.close();
});

describe('where streams end', () => {
  it('knows that a name is no stream, and of one that is only what it was told', () => {
    const ends = over(['learner-1']);
    expect(ends.nothingFrom('learner-2', 0n)).toBe(true);
    expect(ends.nothingFrom('learner-1', 0n)).toBe(false);
    expect(ends.nothingFrom('learner-1', 1000n)).toBe(false);
  });

  it('says nothing of a stream while an append to it is under way: the file may hold it before its answer comes', () => {
    const ends = over();
    ends.begins('learner-1');
    expect(ends.nothingFrom('learner-1', 0n)).toBe(false);
    ends.begins('learner-1');
    ends.ends('learner-1', 0);
    expect(ends.nothingFrom('learner-1', 1n)).toBe(false);
    ends.ends('learner-1', 1);
    expect(ends.nothingFrom('learner-1', 1n)).toBe(false);
    expect(ends.nothingFrom('learner-1', 2n)).toBe(true);
  });

  it('takes no word of a read while an append is under way', () => {
    const ends = over();
    ends.begins('learner-1');
    ends.saw('learner-1', 1n);
    ends.ends('learner-1');
    expect(ends.nothingFrom('learner-1', 1n)).toBe(false);
  });

  it('believes the file alone once an answer was no news or never came', () => {
    const ends = over();
    ends.begins('learner-1');
    ends.ends('learner-1', 4);
    ends.begins('learner-1');
    ends.ends('learner-1');
    expect(ends.nothingFrom('learner-1', 5n)).toBe(false);
    ends.saw('learner-1', 6n);
    expect(ends.nothingFrom('learner-1', 6n)).toBe(true);
  });

  it('is told by a conflict that there is no such stream', () => {
    const ends = over();
    ends.begins('learner-1');
    ends.ends('learner-1', -1);
    expect(ends.nothingFrom('learner-1', 0n)).toBe(true);
  });

  it('forgets what nobody asks for, and then reads: a stream that was there is never taken for none', () => {
    const ends = over([], 10);
    for (let n = 0; n < 100; n++) {
      ends.begins(`learner-${n}`);
      ends.ends(`learner-${n}`, 2);
      // In use all the time, so it stays known.
      expect(ends.nothingFrom('learner-0', 3n)).toBe(true);
    }
    expect(ends.nothingFrom('learner-1', 3n)).toBe(false);
    for (let n = 0; n < 100; n++) expect(ends.nothingFrom(`learner-${n}`, 0n)).toBe(false);
  });

  it('holds every name of a large file, read in slices, and is silent until it does', async () => {
    const names = Array.from({ length: 80_000 }, (_, n) => `claim-number-${n}`);
    const ends = over(names);
    expect(ends.nothingFrom('learner-1', 0n)).toBe(false);
    for (let n = 0; n < 3000 && !ends.nothingFrom('learner-1', 0n); n++) await sleep(5);
    expect(names.filter((name) => ends.nothingFrom(name, 0n))).toEqual([]);
    const strangers = Array.from({ length: 10_000 }, (_, n) => `claim-passport-${n}`);
    // Looked up in vain: one in 400 is meant, one in 100 is a bad hash.
    expect(strangers.filter((name) => !ends.nothingFrom(name, 0n)).length).toBeLessThan(100);
  });

  it('counts in what is appended while a large file is still being read', async () => {
    const names = Array.from({ length: 5000 }, (_, n) => `learner-${n}`);
    const ends = over(names, 2);
    ends.begins('class-1');
    ends.ends('class-1', 0);
    for (let n = 0; n < 3000 && !ends.nothingFrom('group-1', 0n); n++) await sleep(5);
    for (let n = 0; n < 10; n++) ends.saw(`learner-${n}`, 1n);
    expect(ends.nothingFrom('class-1', 0n)).toBe(false);
  });
});
