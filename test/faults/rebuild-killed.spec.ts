import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { personWith, type Person } from '../journeys/client.ts';
import { randomOf } from '../simulation/dice.ts';
import { builtLedger } from '../support/build.ts';
import { crowd } from '../support/crowd.ts';
import { logOf } from '../support/log.ts';
import { eventually, startServer, temporaryFolder, type Server } from '../support/process.ts';
import { endOf, pausedRebuild, rebuilt } from '../support/rebuilds.ts';
import { leftInViews } from '../support/view-tables.ts';

const seed = Number(process.env['SEED'] ?? 20261122);
const kills = Number(process.env['KILLS'] ?? 2);
/** More than one range of streams. */
const students = 3_000;
const view = 'enrollment-register';

let prepared: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let administrator: Person;
let random: () => number;

const start = async (): Promise<void> => {
  server = await startServer(folder.path);
  administrator = personWith(server.url, await server.token({ role: 'administrator' }));
};

beforeAll(async () => {
  await builtLedger();
  prepared = await temporaryFolder();
  await crowd(prepared.path, students);
  await using first = await startServer(prepared.path);
  const who = personWith(first.url, await first.token({ role: 'administrator' }));
  await eventually(
    async () =>
      (await who.get('/v1/views')).body.items.every(({ lagEvents }: { lagEvents: string }) => lagEvents === '0') || undefined,
    'all views',
    120_000,
  );
  await first.stop();
}, 240_000);
afterAll(async () => prepared[Symbol.asyncDispose]());

beforeEach(async () => {
  random = randomOf(seed);
  folder = await temporaryFolder();
  await cp(prepared.path, folder.path, { recursive: true });
  await start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const rangesIn = (): readonly string[] => readdirSync(join(folder.path, 'rebuild'));

/** Events of rebuilds, by run. */
async function runs(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const { stream, type, json } of await logOf(folder.path)) {
    if (!stream.startsWith('rebuild-')) continue;
    const { run } = (JSON.parse(json) as { data: { run: string } }).data;
    found.set(run, [...(found.get(run) ?? []), type]);
  }
  return found;
}

async function expectNothingLeft(): Promise<void> {
  const left = (): readonly string[] => [...leftInViews(folder.path), ...rangesIn()];
  await eventually(async () => (left().length === 0 ? true : undefined), 'an end of what rebuilds left behind').catch(
    () => undefined,
  );
  expect(left()).toEqual([]);
}

it(
  `a rebuild that is killed at any moment goes on by itself, and ends once (SEED=${seed} KILLS=${kills})`,
  async () => {
    const { digests } = await rebuilt(administrator, view, { mode: 'verify' });
    expect(digests.live).toBe(digests.rebuilt);
    for (let kill = 0; kill < kills; kill++) {
      const asked = await administrator.post(`/v1/views/${view}/rebuild`, { reason: { code: 'check' } });
      expect(asked.status).toBe(202);
      for (let again = random() % 3; again >= 0; again--) {
        await wait(random() % 450);
        await server.crash();
        await start();
      }
      const { run } = asked.body as { run: string };
      expect(await endOf(administrator, view, run)).toMatchObject({ run, outcome: 'finished' });
      const { state, ended } = (await administrator.get(`/v1/views/${view}/rebuild`)).body;
      // The last twenty runs are told of.
      expect([state, ended.length]).toEqual(['idle', Math.min(kill + 2, 20)]);
    }
    const last = await rebuilt(administrator, view, { mode: 'verify' });
    expect(last).toMatchObject({ digests, differing: 0 });
    for (const [run, types] of await runs()) expect([run, types]).toEqual([run, ['RebuildStarted', 'RebuildFinished']]);
    await expectNothingLeft();
    expect((await server.stop()).code).toBe(0);
  },
  60_000 + kills * 30_000,
);

it(`what is paused stays paused through a kill, and what is cancelled is gone (SEED=${seed})`, async () => {
  const path = `/v1/views/${view}/rebuild`;
  const standing = async (): Promise<{ generation: number; rebuilding: { paused: boolean } | null }> =>
    (await administrator.get('/v1/views')).body.items.find(({ name }: { name: string }) => name === view);
  const run = await pausedRebuild(administrator, view);
  const { generation } = await standing();
  await server.crash();
  await start();
  expect((await administrator.get(path)).body).toMatchObject({ state: 'paused', run: { run } });
  await eventually(async () => ((await standing()).rebuilding?.paused === true ? true : undefined), 'a pause');
  await administrator.post(`${path}/cancel`, { reason: { code: 'not-needed' } });
  await server.crash();
  await start();
  const { state, ended } = (await administrator.get(path)).body;
  expect([state, ended[0]]).toEqual(['idle', expect.objectContaining({ run, outcome: 'cancelled' })]);
  await expectNothingLeft();
  expect(await standing()).toMatchObject({ generation, rebuilding: null });
  expect((await server.stop()).code).toBe(0);
}, 90_000);
