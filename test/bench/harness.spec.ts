import { describe, expect, it } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { sqliteReadStoreOver } from '../../libs/adapters/sqlite/read-store.ts';
import { transcript } from '../../libs/read-models/transcript.ts';
import { readsOf, schemaOf } from './contenders/tables.ts';
import { digestOf } from './digest.ts';
import { isSound, jsonOf, linesOf, median, tableOf, type Measured, type Ran } from './harness.ts';

const task = { name: 'rebuild', counts: 'events' };
const ran = (name: Ran['name'], ...rounds: Measured[]): Ran => ({ name, rounds, failed: null });

describe('lines', () => {
  it('are medians of rounds, beside raw', () => {
    const [ours, raw] = linesOf(task, { events: 10 }, [
      ran('ours', { rate: 100, p99: 8 }, { rate: 900, p99: 2 }, { rate: 300, p99: 4 }),
      ran('raw', { rate: 100, p99: 2 }, { rate: 200, p99: 2 }),
    ]);
    expect(ours).toMatchObject({ rate: 300, ratioToRaw: 2, p99: 4, p99ToRaw: 2, ours: true, rounds: 3 });
    expect(raw).toMatchObject({ rate: 150, ratioToRaw: 1 });
    expect(median([3, 1, 2, 4])).toBe(2.5);
  });

  it('have no ratio where raw did not run', () => {
    const lines = linesOf(task, {}, [ran('ours', { rate: 1 }), { ...ran('raw', { rate: 1 }), failed: 'no' }]);
    expect(lines).toMatchObject([{ contender: 'ours', ratioToRaw: null, p99ToRaw: null }]);
  });

  it('tell of a contender whose result is another, in any round', () => {
    const lines = linesOf(task, {}, [
      ran('ours', { rate: 1, checksum: 'a' }, { rate: 1, checksum: 'a' }),
      ran('raw', { rate: 1, checksum: 'a' }, { rate: 9, checksum: 'b' }),
    ]);
    expect(lines.map(({ agrees }) => agrees)).toEqual([true, false]);
    expect(isSound(lines)).toBe(false);
    expect(tableOf(lines)).toContain('NO');
    expect(JSON.parse(jsonOf(lines[1]!))).toMatchObject({ checksum: 'a ≠ b', agrees: false });
  });

  it('add up what was lost: ours may lose nothing', () => {
    const lines = linesOf(task, {}, [ran('ours', { rate: 1, lost: 0 }, { rate: 1, lost: 2 })]);
    expect(lines).toMatchObject([{ lost: 2 }]);
    expect(isSound(lines)).toBe(false);
    expect(isSound(linesOf(task, {}, [ran('ours', { rate: 1, lost: 0 }), ran('raw', { rate: 1, lost: 3 })]))).toBe(true);
  });

  it('say who is missing, and why', () => {
    const missing = { task: 'rebuild', contender: 'emmett-postgresql', variant: { events: 10 }, missing: 'no server' } as const;
    expect(tableOf([missing])).toContain('MISSING: no server');
    expect(JSON.parse(jsonOf(missing))).toEqual({
      task: 'rebuild',
      contender: 'emmett-postgresql',
      events: 10,
      missing: 'no server',
    });
    expect(isSound([missing])).toBe(true);
    expect(isSound([{ ...missing, contender: 'ours' }])).toBe(false);
  });
});

describe('the digest of rows', () => {
  const digestWith = async (...rows: readonly (readonly [id: string, said: string])[]): Promise<string> => {
    const store = sqliteReadStoreOver(new DatabaseSync(':memory:'));
    await store.transaction(async (db) => {
      for (const ddl of schemaOf(transcript)) await db.run(ddl);
      await db.runMany('INSERT INTO transcript_history_g1 (attempt_id, said) VALUES (?, ?)', rows);
    });
    const digest = await store.snapshot((db) => digestOf(readsOf(db, transcript), transcript));
    await store.close();
    return digest;
  };

  it('is the same in any order of rows and of keys', async () => {
    const one = await digestWith(['a', '[{"x":1,"y":2}]'], ['b', '[]']);
    expect(await digestWith(['b', '[]'], ['a', '[{"y":2,"x":1}]'])).toBe(one);
  });

  it('is another where a value, a key or a row is', async () => {
    const one = await digestWith(['a', '[1]'], ['b', '[2]']);
    const others = [
      await digestWith(['a', '[1]'], ['b', '[3]']),
      await digestWith(['a', '[2]'], ['b', '[1]']),
      await digestWith(['a', '[1]'], ['c', '[2]']),
      await digestWith(['a', '[1]']),
    ];
    expect(others).not.toContain(one);
    expect(new Set(others).size).toBe(4);
  });
});
