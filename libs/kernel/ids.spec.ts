import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { attemptId, eventId, httpCommandId, importRowCommandId, importRunId, mintedId, naturalId, shortHash } from './ids.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/;

describe('ids', () => {
  it('an event’s is a UUID that follows from command, stream, step and index', () => {
    const base = ['command', 'enrollment-1', 'own', 0] as const;
    expect(eventId(...base)).toMatch(uuid);
    expect(eventId(...base)).toBe(eventId(...base));
    const others = [
      eventId('other', base[1], base[2], base[3]),
      eventId(base[0], 'enrollment-2', base[2], base[3]),
      eventId(base[0], base[1], 'take', base[3]),
      eventId(base[0], base[1], base[2], 1),
    ];
    expect(new Set([eventId(...base), ...others]).size).toBe(5);
  });

  it('hashes are stable: stored streams are named by them', () => {
    expect(shortHash('ledger')).toBe(shortHash('ledger', 20));
    expect(shortHash('ledger', 16)).toBe(shortHash('ledger').slice(0, 16));
    expect(shortHash('')).toMatch(/^[0-9a-hjkmnp-tv-z]{20}$/);
    expect(naturalId('college', 'program', '530701', 'junior-college')).toBe('8seeh4vfy4rn6q7t');
  });

  it('a natural id changes with institution, kind and every part of the key', () => {
    const ids = [
      naturalId('a', 'class', 'x'),
      naturalId('b', 'class', 'x'),
      naturalId('a', 'group', 'x'),
      naturalId('a', 'class', 'y'),
      naturalId('a', 'class', 'x', 'y'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('the first attempt has the command’s own id', () => {
    expect([attemptId('c', 1), attemptId('c', 2)]).toEqual(['c', 'c.2']);
  });

  it('a minted id follows from the attempt and holds no dot', () => {
    expect(mintedId('c.2', 'learner')).toBe('c2l');
    expect(mintedId('c', 'enrollment')).toBe('ce');
  });

  it('a command from HTTP is told apart by each of its parts', () => {
    const ids = [
      httpCommandId('a', 'zhao', 'POST', '/learners', 'k'),
      httpCommandId('b', 'zhao', 'POST', '/learners', 'k'),
      httpCommandId('a', 'qian', 'POST', '/learners', 'k'),
      httpCommandId('a', 'zhao', 'PUT', '/learners', 'k'),
      httpCommandId('a', 'zhao', 'POST', '/classes', 'k'),
      httpCommandId('a', 'zhao', 'POST', '/learners', 'l'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('rows of a run sort by row, up to sixty million of them', () => {
    const run = importRunId('college', 'roster', 'digest', '{}', 1);
    expect(run).not.toBe(importRunId('college', 'roster', 'digest', '{}', 2));
    const rows = fc.integer({ min: 0, max: 36 ** 5 - 1 });
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        expect(importRowCommandId(run, a) < importRowCommandId(run, b)).toBe(a < b);
      }),
    );
  });
});
