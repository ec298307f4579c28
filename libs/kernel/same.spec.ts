import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { entry, sameContent } from './same.ts';

describe('the same content', () => {
  it.each([
    [{ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1, b: null }, { a: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, undefined], false],
    [[], {}, false],
    [null, {}, false],
    ['1', 1, false],
    [{ a: {} }, { a: [] }, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(sameContent(a, b)).toBe(expected);
    expect(sameContent(b, a)).toBe(expected);
  });

  it('survives being stored', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => sameContent(value, JSON.parse(JSON.stringify(value)))),
      { numRuns: 300 },
    );
  });
});

it('an entry is the record’s own', () => {
  expect(entry({ a: 1 }, 'a')).toBe(1);
  for (const key of ['constructor', '__proto__', 'toString', 'b']) expect(entry({ a: 1 }, key)).toBeUndefined();
});
