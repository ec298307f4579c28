import { expect, it } from '@jest/globals';
import type { Parking } from '../facts/parking.ts';
import { Releases, type StandingKey } from './releases.ts';

const release = (key: string, position: string, generation = 1) => ({
  key,
  position,
  generation,
  eventId: 'e',
  eventType: 'X',
  ticket: null,
});
const standing = (key: string, position: bigint, released = false): StandingKey => ({ key, position, generation: 1, released });

/** A ledger whose projector may be gone; turns are rounds. */
function world(parking: Parking, keys: StandingKey[]) {
  const done: string[] = [];
  const faults: unknown[] = [];
  const turns: (() => void)[] = [];
  let gone = false;
  const releases = new Releases({
    incomplete: () => (keys.length > 0 ? ['a'] : []),
    parked: () => (gone ? Promise.reject(new Error('gone')) : Promise.resolve(keys)),
    release: (view, key, position) => {
      done.push(`${view} ${key} ${position}`);
      return Promise.resolve(true);
    },
    load: () => Promise.resolve(parking),
    timer: {
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          turns.push(resolve);
          signal?.addEventListener('abort', () => resolve());
        }),
    },
    onFault: (fault) => faults.push(fault),
  });
  const round = async (): Promise<void> => {
    turns.shift()?.();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { releases, done, faults, round, lose: (is: boolean) => (gone = is) };
}

it('lets go what is on record where it stands, and nothing else', async () => {
  const keys = [standing('chen', 3n), standing('li', 4n), standing('wang', 5n), standing('zhao', 6n, true)];
  const parking = { releases: [release('chen', '3'), release('li', '9'), release('wang', '5', 2), release('zhao', '6')] };
  const { releases, done, faults } = world(parking, keys);
  await releases.carryOut('a');
  expect([done, faults]).toEqual([['a chen 3'], []]);
});

it('makes up at the next start, or in a later round, for what was left undone', async () => {
  const { releases, done, faults, round, lose } = world({ releases: [release('chen', '3')] }, [standing('chen', 3n)]);
  lose(true);
  releases.start();
  await round();
  expect([done, faults.length > 0]).toEqual([[], true]);
  lose(false);
  await round();
  expect(done).toContain('a chen 3');
  await releases.close();
});

it('asks nobody where nothing was ever released', async () => {
  const { releases, done, faults, lose } = world({ releases: [] }, [standing('chen', 3n)]);
  lose(true);
  await releases.carryOut('a');
  expect([done, faults]).toEqual([[], []]);
});
