import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { described } from '../../apps/ledger/description.ts';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { eventually } from '../support/process.ts';
import { needlesOf, tracesIn } from '../support/traces.ts';
import { personOf, type Answer, type Person } from './client.ts';

/** A client that writes its own result asks who of its roster may be somebody on record already. */
let folder: string;
let ledger: Ledger;
let registrar: Person;
let learnerId: string;
let runId: string;

const known = { name: '完颜慕白', idType: 'passport', idNumber: 'E0000001', birthDate: '2008-03-04' };
const asked = (person: object, id = runId, by = registrar): Promise<Answer> =>
  by.post(`/v1/imports/${id}/near-duplicates`, { people: [{ row: 7, ...person }] });
const same = { name: known.name, birthDate: known.birthDate, idNumber: 'E0000002' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-near-'));
  const env = {
    LEDGER_DATA: folder,
    PORT: '0',
    LEDGER_INSTITUTIONS: 'college=Asia/Shanghai, academy=Asia/Urumqi',
    LEDGER_CLOCK: '2026-10-08T09:00:00+08:00',
  };
  ledger = await startLedger({ env, quiet: true });
  registrar = await personOf(ledger, { role: 'registrar' });
  ({ learnerId } = (await registrar.post('/v1/learners', { identity: known })).body);
  ({ runId } = (await registrar.post('/v1/imports', { kind: 'roster', fileDigest: 'a'.repeat(64) })).body);
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

it('is told rows and whom they may be, as soon as these are on the log', async () => {
  const found = await asked(same);
  expect([found.status, found.body]).toEqual([200, { items: [{ row: 7, others: [{ learnerId, studentNumbers: [] }] }] }]);
  const example = described.queries['findNearDuplicates']!.example as { items: [{ others: [object] }] };
  expect(Object.keys(found.body.items[0])).toEqual(Object.keys(example.items[0]));
  expect(Object.keys(found.body.items[0].others[0])).toEqual(Object.keys(example.items[0].others[0]));
  for (const other of [
    { ...same, idNumber: known.idNumber },
    { ...same, birthDate: '2008-03-05' },
    { ...same, name: '完颜' },
  ])
    expect((await asked(other)).body).toEqual({ items: [] });
  expect((await asked({ ...same, birthDate: '2008' })).status).toBe(422);
});

it('is for who imports that roster', async () => {
  const { runId: programs } = (await registrar.post('/v1/imports', { kind: 'programs', fileDigest: 'a'.repeat(64) })).body;
  const elsewhere = await personOf(ledger, { role: 'registrar', institution: 'academy' });
  const { runId: theirs } = (await elsewhere.post('/v1/imports', { kind: 'roster', fileDigest: 'a'.repeat(64) })).body;
  for (const [id, by] of [
    [programs, registrar],
    [theirs, registrar],
    [runId, elsewhere],
  ] as const)
    expect((await asked(same, id, by)).body).toMatchObject({ status: 404, code: 'RUN_UNKNOWN' });
  expect((await asked(same, theirs, elsewhere)).body).toEqual({ items: [] });
  for (const role of ['auditor', 'administrator', 'teacher'] as const)
    expect((await asked(same, runId, await personOf(ledger, { role }))).body.code).toBe('ROLE_NOT_ALLOWED');
});

it('is on record as a read, without a word of whom was asked about', async () => {
  expect((await asked(same)).body.items).toHaveLength(1);
  const auditor = await personOf(ledger, { role: 'auditor' });
  // A registrar's answer does not wait for the record of her read.
  const recorded = await eventually(async () => {
    const lines = ((await auditor.get('/v1/events?types=RecordRead')).body as string).split('\n').filter(Boolean);
    const reads = lines.map((line) => JSON.parse(line).data).filter(({ route }) => route === 'findNearDuplicates');
    return reads.filter(({ subjects }) => subjects === 1).length === 2 ? reads : undefined;
  }, 'the record of the read');
  expect(recorded.at(-1)).toEqual({ route: 'findNearDuplicates', query: { id: runId }, subjects: 1, right: 'institution' });
  const needles = [known.name, same.idNumber].flatMap((said) => needlesOf(said));
  expect(tracesIn(JSON.stringify(recorded), needles, 'reads')).toEqual([]);
});
