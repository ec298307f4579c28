import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldRangesHere } from '../../apps/ledger/range-folding.ts';
import { driven, project, TestStores } from '../../test/support/events.ts';
import { anyStep, live, smallCollege } from '../../test/support/lives.ts';
import { catalog } from '../events/events.ts';
import { allViews } from './views.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'ledger-ranges-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('every view', () => {
  it('has a name and tables of its own, and takes only events that exist', () => {
    const tables = allViews.flatMap((view) => view.tables);
    expect(new Set(allViews.map(({ name }) => name)).size).toBe(allViews.length);
    expect(new Set(tables).size).toBe(tables.length);
    for (const view of allViews) {
      for (const type of view.types ?? []) expect(Object.keys(catalog)).toContain(type);
      // Every table and index once per generation, or a rebuild would write into the live rows.
      for (const ddl of view.schema) expect(ddl).toMatch(/^CREATE (TABLE|INDEX) [a-z_]+_\$g (ON [a-z_]+_\$g )?\(/);
    }
  });

  it('holds the same rows however the log was cut into batches, wherever a process crashed, and after a rebuild', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 4, maxLength: 25 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(20), { maxLength: 3 }),
        async (steps, batch, crashes) => {
          const ledger = await smallCollege();
          const [whole, cut] = [new TestStores(), new TestStores()];
          let piecewise = await project(ledger, cut, allViews, { batch });
          for (const [i, ask] of [{ which: 0, n: 1, e: 0 }, ...steps.flat()].entries()) {
            await live(ledger, ask);
            if (i % 2 === 0) await piecewise.turn();
            if (crashes.includes(i)) {
              cut.crash();
              piecewise = await project(ledger, cut, allViews, { batch });
            }
          }
          await piecewise.catchUp();
          const atOnce = await project(ledger, whole, allViews);
          await atOnce.catchUp();
          const rebuilding = allViews.map(({ name }) => piecewise.rebuild(name, undefined, { compare: true }));
          for (let i = 0; i < 200; i++) await Promise.resolve();
          await piecewise.catchUp();
          for (const { digests } of await Promise.all(rebuilding)) expect(digests?.rebuilt).toBe(digests?.live);
          for (const { name } of allViews) {
            expect({ name, ...(await piecewise.digest(name)) }).toEqual({ name, ...(await atOnce.digest(name)) });
          }
          // Ranges of streams, each by itself, come to the same rows.
          const ranges = foldRangesHere({ streams: ledger.store, decoder: ledger.codec, views: allViews, folder }, 5);
          const ranged = await project(ledger, cut, allViews, { ranges });
          for (const { name } of allViews) {
            const { digests } = await driven(ranged, ranged.rebuild(name, undefined, { compare: true }));
            expect({ name, ...digests }).toMatchObject({ name, rebuilt: digests?.live });
          }
          await whole.close();
          await cut.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
