import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { project, TestStores } from '../../test/support/events.ts';
import { anyStep, live, smallCollege } from '../../test/support/lives.ts';
import { catalog } from '../events/events.ts';
import { allViews } from './views.ts';

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
          await whole.close();
          await cut.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
