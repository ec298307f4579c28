import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { backupLedger, restoreLedger } from '../../libs/adapters/sqlite/backup.ts';
import { loadMasterKey } from '../../libs/adapters/sqlite/master-key.ts';
import { commandRoutesOf } from '../support/command-fields.ts';
import { erase, search, upToNow, wholeLog } from '../support/deeds.ts';
import { Office, Planter } from '../support/planting.ts';
import { filesOf, tracesInFolder } from '../support/traces.ts';
import { personOf, type Person } from './client.ts';

/** A backup is taken while everybody works, somebody is erased afterwards, and what is restored forgets her too. */
describe('a backup taken at work', () => {
  let folder: string;
  let ledger: Ledger;
  let registrar: Person;
  let second: Person;
  const at = (name: string): string => join(folder, name);

  const start = async (data: string, hour: number, env: Record<string, string> = {}): Promise<void> => {
    const clock = `2026-11-22T${hour}:00:00+08:00`;
    ledger = await startLedger({ env: { LEDGER_DATA: at(data), PORT: '0', LEDGER_CLOCK: clock, ...env }, quiet: true });
    registrar = await personOf(ledger, { role: 'registrar' });
    second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
  };
  const office = (planter: Planter): Office => new Office(commandRoutesOf(ledger.app), planter, registrar);
  const masterKey = (): Uint8Array => loadMasterKey({ file: at('data/master.key'), env: {}, vaultPath: at('data/vault.db') });

  const gone = new Planter('G');
  const stays = new Planter('S');
  let goneId: string;
  /** The register and the records of those who stay, as they read before and must read after. */
  let register: unknown;
  const keptIds: string[] = [];
  let keptRecords: unknown;

  const registerNow = async (): Promise<unknown> =>
    (await registrar.get('/v1/enrollments?limit=500', await upToNow(ledger))).body.items;
  const recordsNow = async (): Promise<unknown> =>
    Promise.all(keptIds.map(async (id) => (await registrar.get(`/v1/learners/${id}`, await upToNow(ledger))).body));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-backup-'));
    await start('data', 10);
  });
  afterAll(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  it('holds whole commands alone, with the key of everything that it holds', async () => {
    const program = { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, level: 'junior-college' };
    const { programId } = (await registrar.post('/v1/programs', program)).body;
    goneId = (await office(gone).act('identifyLearner', null)).body.learnerId;
    for (let n = 1; n <= 5; n++) {
      const learnerId: string = (await office(stays).act('identifyLearner', null)).body.learnerId;
      keptIds.push(learnerId);
      const admission = { learnerId, programId, entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
      const { enrollmentId } = (await office(stays).act('admitLearner', null, admission)).body;
      await office(stays).act('registerStudent', enrollmentId, { studentNumber: `2026000${n}`, effectiveAt: '2026-09-02' });
    }
    register = await registerNow();
    expect(register).toHaveLength(5);
    keptRecords = await recordsNow();

    const work = { over: false, written: 0 };
    const others = new Planter('O');
    const clerks = [1, 2, 3].map(async () => {
      while (!work.over) {
        await office(others).act('identifyLearner', null);
        work.written += 1;
      }
    });
    while (work.written < 20) await wait(5);
    const manifest = await backupLedger({ log: at('data/log.db'), vault: at('data/vault.db'), to: at('backup') });
    const during = work.written;
    while (work.written < during + 10) await wait(5);
    work.over = true;
    await Promise.all(clerks);
    expect(BigInt(manifest.log.head)).toBeLessThan(await ledger.parts.store.head());
    expect([...filesOf(at('backup')).keys()].toSorted()).toEqual(['log.db', 'manifest.json', 'vault.db']);
    expect(tracesInFolder(at('backup'), [...gone.needles(), ...stays.needles()])).toEqual([]);
  });

  it('is restored only with the erasures since', async () => {
    expect((await erase(goneId, ['identity', 'contact'], [registrar, second])).status).toBe(200);
    const from = at('backup');
    const restored = { from, to: at('forgetful'), masterKey: masterKey() };
    await expect(restoreLedger({ ...restored, erasures: undefined })).rejects.toMatchObject({ code: 'ERASURES_MISSING' });
    await expect(restoreLedger({ ...restored, erasures: at('nowhere.jsonl') })).rejects.toMatchObject({
      code: 'ERASURES_MISSING',
    });
    expect(existsSync(at('forgetful'))).toBe(false);

    await ledger.close();
    const done = await restoreLedger({ from, to: at('restored'), erasures: at('data/erasures.jsonl'), masterKey: masterKey() });
    expect(done).toMatchObject({ replayed: 2, unlisted: 0 });
    expect(await readFile(at('restored/erasures.jsonl'), 'utf8')).toBe(await readFile(at('data/erasures.jsonl'), 'utf8'));
    expect(existsSync(at('restored.restoring'))).toBe(false);
  });

  it('comes back as it was, with views folded from its log, and without her', async () => {
    await rm(at('restored/master.key'), { force: true });
    await start('restored', 11, { LEDGER_MASTER_KEY: Buffer.from(masterKey()).toString('base64') });
    expect(await registerNow()).toEqual(register);
    expect(await recordsNow()).toEqual(keptRecords);
    expect((await search(ledger, registrar, stays.mark('name'))).body.total).toBe(5);

    const record = await registrar.get(`/v1/learners/${goneId}`, await upToNow(ledger));
    expect(record).toMatchObject({ status: 200, body: { identity: 'erased', contact: 'erased' } });
    expect((await search(ledger, registrar, gone.mark('name'))).body.total).toBe(0);
    const events = await registrar.get('/v1/events?after=0&open=true');
    expect(events.status).toBe(200);
    expect(gone.needles().filter(({ bytes }) => Buffer.from(String(events.body)).includes(bytes))).toEqual([]);
  });

  it('takes nothing that would be sealed for her, and asks two people as before', async () => {
    const head = (await wholeLog(ledger)).length;
    for (const operation of ['changeContact', 'requestIdentityCorrection', 'annulLearner']) {
      const { answer } = await office(gone).try(operation, goneId);
      expect({ operation, code: answer.body.code }).toEqual({ operation, code: 'LEARNER_ERASED' });
    }
    const written = (await wholeLog(ledger)).slice(head).filter(({ type }) => type !== 'RecordRead');
    expect(written).toEqual([]);
    expect((await erase(goneId, ['identity', 'contact'], [registrar, second])).body.events).toContain('PersonalDataErased');
    await ledger.close();
    expect(tracesInFolder(at('restored'), gone.needles())).toEqual([]);
  });
});
