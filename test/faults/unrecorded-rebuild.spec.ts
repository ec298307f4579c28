import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { personOf, type Person } from '../journeys/client.ts';
import { logOf } from '../support/log.ts';
import { eventually } from '../support/process.ts';
import { endOf } from '../support/rebuilds.ts';
import { inViews } from '../support/view-tables.ts';

/** A ledger that ends between the last commit of a rebuild and the record of it: it is on record at the next start, as it was, and once. */
const view = 'reference';
const reason = { code: 'check' };

let folder: string;
let ledger: Ledger;
let administrator: Person;

async function start(): Promise<void> {
  ledger = await startLedger({ env: { LEDGER_DATA: folder, PORT: '0' }, quiet: true });
  administrator = await personOf(ledger, { role: 'administrator' });
}

async function addProgram(name: string): Promise<void> {
  const registrar = await personOf(ledger, { role: 'registrar' });
  const code = { first: '530701', swap: '530702', verify: '530703' }[name];
  const { status } = await registrar.post('/v1/programs', { code, name: { zh: '专业', en: name }, level: 'junior-college' });
  expect(status).toBe(201);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-unrecorded-'));
  await start();
  await addProgram('first');
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

interface Standing {
  readonly generation: number;
  readonly lastRebuild: { run: string; outcome: string; generation: number; position: string; digests: object } | null;
}

const standing = async (): Promise<Standing> =>
  (await administrator.get('/v1/views')).body.items.find(({ name }: { name: string }) => name === view);
const ends = async (run?: string): Promise<readonly string[]> =>
  (await logOf(folder))
    .filter(({ stream }) => stream === `rebuild-${view}`)
    .map(({ json }) => JSON.parse(json) as { type: string; data: { run: string } })
    .filter(({ type, data }) => (run === undefined || data.run === run) && type !== 'RebuildStarted')
    .map(({ type }) => type);
const programs = async (): Promise<number> => {
  const registrar = await personOf(ledger, { role: 'registrar' });
  return (await registrar.get('/v1/programs', { 'ledger-wait-for': String(await ledger.parts.store.head()) })).body.items.length;
};

/** From here on nothing that the ledger itself says gets onto the log, as if it had died over it. */
function dieBeforeRecords(): void {
  const { transactor } = ledger.parts;
  const transact = transactor.transact.bind(transactor);
  transactor.transact = (context, plan) =>
    context.actor.role === 'system' ? new Promise<never>(() => {}) : transact(context, plan);
}

it.each([
  ['swap', 'swapped', 1],
  ['verify', 'equal', 0],
] as const)(
  'a %s that nobody got to write down is on record at the next start, as it was, and once',
  async (mode, outcome, swaps) => {
    const before = await standing();
    dieBeforeRecords();
    const { run } = (await administrator.post(`/v1/views/${view}/rebuild`, { mode, compare: true, reason })).body;
    const known = await eventually(async () => {
      const { lastRebuild } = await standing();
      return lastRebuild !== null && lastRebuild.run === run ? lastRebuild : undefined;
    }, 'the end of a rebuild');
    expect(known.outcome).toBe(outcome);
    // The log and the view go on before anybody looks.
    await addProgram(mode);
    expect(await ends(run)).toEqual([]);

    await ledger.close();
    await start();
    const { position, digests, generation } = known;
    expect(await endOf(administrator, view, run)).toMatchObject({ run, outcome: 'finished', position, digests, generation });
    expect(await ends(run)).toEqual(['RebuildFinished']);
    expect(await standing()).toMatchObject({ generation: before.generation + swaps, lastRebuild: known });
  },
);

it('rows that another release folded are found at the start and rebuilt, on record as asked for by nobody', async () => {
  const { generation } = await standing();
  const before = await programs();
  await ledger.close();
  inViews(
    folder,
    (db) => db.exec(`UPDATE projection SET version = version - 1 WHERE view = '${view}' AND state = 'live'`),
    false,
  );
  await start();
  const ended = await endOf(administrator, view);
  expect(ended).toMatchObject({ outcome: 'finished', reason: 'fold-changed', by: { role: 'system' }, live: generation });
  expect(await ends(ended.run)).toEqual(['RebuildFinished']);
  expect(await standing()).toMatchObject({ state: 'live', generation: generation + 1, lastRebuild: { run: ended.run } });
  expect(await programs()).toBe(before);
  // Nothing was said twice by later starts.
  expect(await ends()).toEqual(['RebuildFinished', 'RebuildFinished', 'RebuildFinished']);
});
