import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { residentId } from '../../libs/intake/sheets.fixture.ts';
import { search, upToNow } from '../support/deeds.ts';
import { personOf, type Answer, type Person } from './client.ts';

/** Once two people corrected who she is, everything that names her says the new name, and a sheet is held to it. */
describe('a corrected identity', () => {
  let folder: string;
  let ledger: Ledger;
  let registrar: Person;
  let learnerId: string;
  const idNumber = residentId('20080101');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-corrected-'));
    const env = { LEDGER_DATA: folder, PORT: '0', LEDGER_CLOCK: '2026-11-22T09:00:00+08:00' };
    ledger = await startLedger({ env, quiet: true });
    registrar = await personOf(ledger, { role: 'registrar' });
  });
  afterAll(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  /** The same student in another file. */
  const row = async (file: string, name: string): Promise<Answer['body']> => {
    const started = await registrar.post('/v1/imports', { kind: 'roster', fileDigest: file.repeat(64) });
    const { body } = await registrar.post(`/v1/imports/${started.body.runId}/roster-rows`, {
      rows: [
        {
          row: 2,
          studentNumber: '2026000001',
          identity: { name, idType: 'resident-id', idNumber },
          contact: { phone: '13800000000' },
          program: { code: '530701' },
          entryDate: '2026-09-01',
        },
      ],
    });
    return body.answers[0];
  };

  it('comes with a sheet, and is corrected by two', async () => {
    const program = { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, level: 'junior-college' };
    await registrar.post('/v1/programs', program);
    const registered = await row('a', '李小雨');
    expect(registered).toMatchObject({ outcome: 'registered' });
    ({ learnerId } = registered);
    expect(await row('b', '李小雨')).toMatchObject({ outcome: 'unchanged' });

    const second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
    const asked = await registrar.post(`/v1/learners/${learnerId}/request-identity-correction`, {
      identity: { name: '李晓雨', idNumber },
    });
    const { requestId, digest } = asked.body;
    const granted = await second.post(`/v1/learners/${learnerId}/grant-approval`, { requestId, digest });
    expect(granted.body.events).toContain('IdentityCorrected');
  });

  it('reads so wherever she is named', async () => {
    const headers = await upToNow(ledger);
    expect((await registrar.get(`/v1/learners/${learnerId}`, headers)).body.identity).toMatchObject({ name: '李晓雨', idNumber });
    expect((await registrar.get('/v1/enrollments', headers)).body.items).toMatchObject([{ name: '李晓雨' }]);
    expect((await search(ledger, registrar, '晓雨')).body.items).toMatchObject([{ learnerId }]);
    expect((await search(ledger, registrar, '小雨')).body.items).toEqual([]);
    for (const form of ['full', 'coded']) {
      const sheet = String((await registrar.get(`/v1/exports/register?form=${form}`, headers)).body);
      expect({ form, named: sheet.includes('李晓雨') && sheet.includes(idNumber) }).toEqual({ form, named: true });
    }
  });

  it('is what a sheet is compared with', async () => {
    expect(await row('c', '李晓雨')).toMatchObject({ outcome: 'unchanged' });
    // The very row that was taken before is old news, not a difference.
    expect(await row('d', '李小雨')).toMatchObject({ outcome: 'unchanged' });
    expect(await row('e', '李小鱼')).toMatchObject({
      outcome: 'refused',
      code: 'ROW_DIFFERS',
      facts: { differences: [{ field: 'name', old: '李晓雨', new: '李小鱼' }] },
    });
  });
});
