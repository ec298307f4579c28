import { describe, expect, it } from '@jest/globals';
import { past, recordedOf } from '../../test/support/past.ts';
import { History } from './history.ts';

const words = ['a', 'b', 'c', 'd'];
const [a, b, c, d] = recordedOf(words.map((word) => past('2025-01-01', { type: 'Said', data: { word } })));
const none: History = History.none;
const told = (history: History): string => [...history].map(({ data }) => (data as { word: string }).word).join('');

describe('a history', () => {
  it('is given on, and stays what it was', () => {
    const first = none.with(a!);
    const second = first.with(b!);
    const other = first.with(c!);
    const third = second.with(d!);
    expect([none, first, second, other, third, other.with(a!)].map(told)).toEqual(['', 'a', 'ab', 'ac', 'abd', 'aca']);
    expect([first, second, third].map(({ length }) => length)).toEqual([1, 2, 3]);
  });

  it('shows no more than its own events, whoever goes on from it', () => {
    const first = none.with(a!);
    const all = first.all();
    first.with(b!);
    const said = ({ data }: { readonly data: object }): boolean => 'word' in data && data.word !== 'a';
    expect([first.find(said), first.findLast(said), first.all().length, all.length]).toEqual([undefined, undefined, 1, 1]);
    expect(first.with(b!).with(c!).find(said)?.revision).toBe(1n);
    expect(first.with(b!).with(c!).findLast(said)?.revision).toBe(2n);
  });

  it('equals another that tells the same, and no other', () => {
    const first: History = none.with(a!).with(b!);
    expect(none.with(a!).with(b!)).toEqual(first);
    expect(none.with(a!).with(c!)).not.toEqual(first);
    first.with(d!);
    expect(none.with(a!).with(b!)).toEqual(first);
  });
});
