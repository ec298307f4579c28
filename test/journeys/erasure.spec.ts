import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import { sealedKeyId } from '../../libs/runtime/seal.ts';
import { commandRoutesOf } from '../support/command-fields.ts';
import { erase, search, upToNow, wholeLog } from '../support/deeds.ts';
import { Office, Planter } from '../support/planting.ts';
import { rebuilt } from '../support/rebuilds.ts';
import { filesOf, needlesOf, tracesInFolder, type Needle } from '../support/traces.ts';
import { personOf, type Answer, type Person } from './client.ts';

/** An erasure leaves every event where it was and no byte of what was erased: not in the directory, not ahead of it, not after a rebuild or a restart. */
describe('an erasure', () => {
  let folder: string;
  let ledger: Ledger;
  let registrar: Person;
  let second: Person;
  let administrator: Person;

  /** Registered: only how to reach her may go. Never registered: all of her may. And one who stays. */
  const kept = new Planter('K');
  const gone = new Planter('G');
  const stays = new Planter('S');
  const ids = { kept: '', keptEnrollment: '', gone: '', stays: '', program: '' };
  const goneNumber = `${gone.mark('name').replaceAll(/\W/g, '')}-1`;

  let starts = 0;
  const start = async (at: string): Promise<Ledger> => {
    starts += 1;
    const env = { LEDGER_DATA: at, PORT: '0', LEDGER_CLOCK: `2026-11-22T1${starts}:00:00+08:00` };
    const started = await startLedger({ env, quiet: true });
    registrar = await personOf(started, { role: 'registrar' });
    second = await personOf(started, { role: 'registrar', sub: 'registrar-2' });
    administrator = await personOf(started, { role: 'administrator' });
    return started;
  };
  const officeOf = (planter: Planter): Office => new Office(commandRoutesOf(ledger.app), planter, registrar);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-erasure-'));
    ledger = await start(folder);
  });
  afterAll(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  /** What is gone: all that was said about one, and how to reach the other. */
  const contactOf = (planter: Planter): Needle[] =>
    planter.planted.filter(({ path }) => /^contact|^guardian/.test(path)).flatMap(({ value }) => needlesOf(value));
  const erasedNeedles = (): Needle[] => [...gone.needles(), ...contactOf(kept)];

  /** The directory is written anew after the commit that purged it, once no reader is in the way. */
  const leftovers = async (needles: readonly Needle[], where = folder): Promise<string[]> => {
    for (let tries = 0; ; tries++) {
      const found = tracesInFolder(where, needles);
      if (found.length === 0 || tries === 100) return found;
      await wait(50);
    }
  };

  /** Types of what was said so far; who read what is recorded beside it. */
  const statements = async (): Promise<readonly string[]> =>
    (await wholeLog(ledger)).map(({ type }) => type).filter((type) => type !== 'RecordRead');

  /** A copy at one moment: files that were written meanwhile would be together what no crash leaves. */
  const asACrashLeaves = async (from: string, to: string): Promise<void> => {
    for (;;) {
      const then = filesOf(from);
      rmSync(to, { recursive: true, force: true });
      mkdirSync(to);
      for (const [name, bytes] of then) writeFileSync(join(to, name), bytes, { mode: 0o600 });
      const now = filesOf(from);
      if (now.size === then.size && [...now].every(([name, bytes]) => then.get(name)?.equals(bytes) === true)) return;
      await wait(10);
    }
  };

  let before: readonly StoredEvent[];
  let wrappedKeys: readonly Buffer[];

  it('comes after a life of which much was said', async () => {
    const identify = async (planter: Planter, said: object = {}): Promise<string> =>
      (await officeOf(planter).act('identifyLearner', null, said)).body.learnerId;
    ids.kept = await identify(kept);
    ids.gone = await identify(gone, { identity: { idNumber: goneNumber } });
    ids.stays = await identify(stays);
    const program = { code: '530701', name: { zh: '电子商务', en: 'E-commerce' }, level: 'junior-college' };
    ids.program = (await registrar.post('/v1/programs', program)).body.programId;

    const office = officeOf(kept);
    const admission = { learnerId: ids.kept, programId: ids.program, entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
    ids.keptEnrollment = (await office.act('admitLearner', null, admission)).body.enrollmentId;
    await office.act('registerStudent', ids.keptEnrollment, { studentNumber: '20260001', effectiveAt: '2026-09-02' });
    await office.act('changeContact', ids.kept);
    await office.act('linkGuardian', ids.kept, { guardianId: 'guardian-1' });

    const other = officeOf(gone);
    await other.act('changeContact', ids.gone);
    await other.act('linkGuardian', ids.gone, { guardianId: 'guardian-2' });
    const asked = await other.act('requestIdentityCorrection', ids.gone, { identity: { idNumber: goneNumber } });
    await other.act('grantLearnerApproval', ids.gone, { requestId: asked.body.requestId, digest: asked.body.digest }, second);
    await other.act('requestIdentityCorrection', ids.gone);

    expect((await search(ledger, registrar, gone.mark('name'))).body.total).toBe(1);
    expect(tracesInFolder(folder, gone.needles())).not.toEqual([]);
    before = await wholeLog(ledger);
    const vault = new DatabaseSync(join(folder, 'vault.db'), { readOnly: true });
    const rows = vault.prepare('SELECT * FROM data_key WHERE subject_id = ?').all(ids.gone);
    vault.close();
    wrappedKeys = rows.flatMap((row) =>
      Object.values(row)
        .filter((value) => value instanceof Uint8Array)
        .map((bytes) => Buffer.from(bytes)),
    );
    expect(wrappedKeys.length).toBeGreaterThan(1);
  });

  it('is refused where the law keeps her name, and says why in both languages', async () => {
    const asked = (language: string): Promise<Answer> =>
      registrar.post(
        `/v1/learners/${ids.kept}/request-erasure`,
        { purposes: ['identity', 'contact'], legalBasis: 'PIPL art. 47' },
        { 'accept-language': language },
      );
    const en = await asked('en');
    expect(en).toMatchObject({
      status: 409,
      body: {
        code: 'RETENTION_APPLIES',
        facts: { purposes: ['identity'], because: expect.stringContaining(ids.keptEnrollment) },
      },
    });
    expect((await asked('zh')).body.detail).toContain('依法须保存');
    expect(await wholeLog(ledger)).toEqual(before);
  });

  it('takes two people, and takes effect once', async () => {
    const asked = await registrar.post(`/v1/learners/${ids.kept}/request-erasure`, { purposes: ['contact'], legalBasis: 'PIPL' });
    const { requestId, digest } = asked.body;
    const grant = (by: Person): Promise<Answer> => by.post(`/v1/learners/${ids.kept}/grant-approval`, { requestId, digest });
    expect(await grant(registrar)).toMatchObject({ status: 403, body: { code: 'SAME_PERSON' } });
    expect((await grant(second)).body).toMatchObject({ events: ['ApprovalGranted', 'PersonalDataErased'] });
    const all = await erase(ids.gone, ['identity', 'contact'], [registrar, second]);
    expect(all).toMatchObject({ status: 200, body: { events: ['ApprovalGranted', 'PersonalDataErased'] } });
    // The answer means that nobody finds her, without waiting for any view.
    expect((await registrar.post('/v1/learners/search', { text: gone.mark('name') })).body).toMatchObject({ total: 0 });

    const said = await statements();
    expect(await grant(second)).toMatchObject({ status: 200, body: { events: [] } });
    expect(await erase(ids.gone, ['identity'], [registrar, second])).toMatchObject({
      status: 409,
      body: { code: 'NOTHING_TO_ERASE' },
    });
    expect(await statements()).toEqual(said);
  });

  it('leaves no byte of it on disk, the directory and what was written ahead included', async () => {
    await upToNow(ledger);
    expect(await leftovers(erasedNeedles())).toEqual([]);
    expect(tracesInFolder(folder, stays.needles(), /^(?!directory\.db)/)).not.toEqual([]);
  });

  it('leaves no key to open what remains', async () => {
    expect(
      tracesInFolder(
        folder,
        wrappedKeys.map((bytes) => ({ form: 'wrapped key', text: 'key', bytes })),
      ),
    ).toEqual([]);
    const tokens = before
      .filter(({ json }) => json.includes(ids.gone))
      .flatMap(({ json }) => json.match(/sealed\.1\.[^"]+/g) ?? []);
    expect(tokens.length).toBeGreaterThan(5);
    expect(new Set(tokens.map((token) => ledger.parts.vault.find(sealedKeyId(token))))).toEqual(new Set(['erased']));
  });

  it('leaves every event, position and byte of the log where it was', async () => {
    const after = await wholeLog(ledger);
    expect(after.slice(0, before.length)).toEqual(before);
    const own = ['ApprovalRequested', 'ApprovalGranted', 'PersonalDataErased'];
    const added = after.slice(before.length).map(({ type }) => type);
    expect(added.filter((type) => type !== 'RecordRead')).toEqual([...own, ...own, 'ClaimReleased']);
  });

  /** Everything that anybody may still read about her. */
  const reads = async (learnerId: string): Promise<Record<string, Answer>> => {
    const headers = await upToNow(ledger);
    const get = (path: string): Promise<Answer> => registrar.get(path, headers);
    return {
      record: await get(`/v1/learners/${learnerId}`),
      believed: await get(`/v1/learners/${learnerId}?recordedAsOf=2026-11-22`),
      timeline: await get(`/v1/learners/${learnerId}/timeline?kinds=fact,approval,gate&limit=500`),
      history: await get(`/v1/learners/${learnerId}/timeline?recordedAsOf=2026-11-22`),
      register: await get('/v1/enrollments?limit=500'),
      approvals: await get('/v1/approvals?limit=500'),
      events: await get('/v1/events?after=0&open=true'),
    };
  };

  const expectErased = async (): Promise<void> => {
    const all = await reads(ids.gone);
    expect(Object.entries(all).map(([what, { status }]) => [what, status])).toEqual(Object.keys(all).map((what) => [what, 200]));
    const told = Object.entries(all).flatMap(([what, { body }]) =>
      erasedNeedles()
        .filter(({ bytes }) => Buffer.from(JSON.stringify(body)).includes(bytes))
        .map(({ text }) => `${what}: ${text}`),
    );
    expect(told).toEqual([]);
    expect(all['record']!.body).toMatchObject({ identity: 'erased', contact: 'erased' });
    expect(JSON.stringify(all['timeline']!.body)).toContain('"identity":"erased"');
    expect(JSON.stringify(all['history']!.body)).toContain('"identity":"erased"');
    const lines = String(all['events']!.body)
      .split('\n')
      .filter((line) => line.includes(ids.gone) && line.includes('"LearnerIdentified"'));
    expect(lines.map((line) => JSON.parse(line).data)).toMatchObject([{ identity: 'erased', contact: 'erased' }]);
    expect((await search(ledger, registrar, gone.mark('name'))).body.total).toBe(0);
    expect((await search(ledger, registrar, goneNumber)).body.total).toBe(0);
    expect((await search(ledger, registrar, stays.mark('name'))).body.total).toBe(1);
    expect((await search(ledger, registrar, kept.mark('name'))).body).toMatchObject({
      items: [{ contact: null, erased: ['contact'] }],
    });
  };

  it('reads “erased” wherever somebody looks, as of then too', async () => {
    await expectErased();
  });

  it('stands: what would be sealed anew is refused in both languages and writes nothing', async () => {
    const said = await statements();
    const tries = [
      await officeOf(kept).try('changeContact', ids.kept),
      await officeOf(kept).try('linkGuardian', ids.kept, { guardianId: 'guardian-9' }),
      await officeOf(gone).try('changeContact', ids.gone),
      await officeOf(gone).try('requestIdentityCorrection', ids.gone),
      await officeOf(gone).try('annulLearner', ids.gone),
      await officeOf(gone).try('placeHold', ids.gone, { kind: 'discipline' }),
      await officeOf(gone).try('admitLearner', null, { learnerId: ids.gone, programId: ids.program, entryDate: '2026-09-01' }),
    ];
    expect(tries.map(({ answer }) => answer.body.code)).toEqual(tries.map(() => 'LEARNER_ERASED'));
    const zh = await officeOf(gone).try('annulLearner', ids.gone, {}, registrar, { 'accept-language': 'zh' });
    expect(zh.answer.body.detail).toBe('该学生的身份信息已删除。');
    expect(tries[0]!.answer.body.detail).toBe('The identity of this learner was erased.');
    expect(await statements()).toEqual(said);
    expect(await leftovers(erasedNeedles())).toEqual([]);
  });

  it('keeps student numbers taken', async () => {
    const newcomer = officeOf(stays);
    const admission = { learnerId: ids.stays, programId: ids.program, entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
    const { enrollmentId } = (await newcomer.act('admitLearner', null, admission)).body;
    const { answer } = await newcomer.try('registerStudent', enrollmentId, { studentNumber: '20260001' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'STUDENT_NUMBER_TAKEN' } });
  });

  it('is not undone by a rebuild of the directory', async () => {
    expect(await rebuilt(administrator, 'directory')).toMatchObject({ outcome: 'finished' });
    await expectErased();
    expect(await leftovers(erasedNeedles())).toEqual([]);
  });

  it('is not undone by a restart, nor by views that are folded from nothing', async () => {
    await ledger.close();
    expect(tracesInFolder(folder, erasedNeedles())).toEqual([]);
    for (const view of ['views', 'directory'])
      for (const end of ['', '-wal', '-shm']) await rm(join(folder, `${view}.db${end}`), { force: true });
    ledger = await start(folder);
    await expectErased();
    expect(await leftovers(erasedNeedles())).toEqual([]);
  });

  it('is completed by the next start where a crash came between the decision and the deed', async () => {
    const caught = new Planter('C');
    const learnerId: string = (await officeOf(caught).act('identifyLearner', null)).body.learnerId;
    const stuck = jest.spyOn(ledger.parts.vault, 'shred').mockRejectedValue(new Error('no answer from the disk'));
    const granted = await erase(learnerId, ['identity', 'contact'], [registrar, second]);
    expect(granted.status).toBeGreaterThanOrEqual(500);
    const last = (await wholeLog(ledger)).find(({ type, json }) => type === 'PersonalDataErased' && json.includes(learnerId));
    expect(last).toBeDefined();

    const image = `${folder}.crashed`;
    try {
      await asACrashLeaves(folder, image);
      stuck.mockRestore();
      await ledger.close();
      const vault = new DatabaseSync(join(image, 'vault.db'));
      const alive = vault.prepare('SELECT count(*) AS n FROM data_key WHERE subject_id = ? AND shredded = 0').get(learnerId);
      vault.close();
      expect(alive).toMatchObject({ n: 2 });

      ledger = await start(image);
      const headers = await upToNow(ledger);
      const record = await registrar.get(`/v1/learners/${learnerId}`, headers);
      expect(record.body).toMatchObject({ identity: 'erased', contact: 'erased' });
      expect((await search(ledger, registrar, caught.mark('name'))).body.total).toBe(0);
      expect(await leftovers(caught.needles(), image)).toEqual([]);
      await ledger.close();
      expect(tracesInFolder(image, caught.needles())).toEqual([]);
    } finally {
      await ledger.close();
      ledger = await start(folder);
      await rm(image, { recursive: true, force: true });
    }
  });

  it('takes a name out of everything that named a student, where the college lets it go, while the directory is rebuilt', async () => {
    const left = new Planter('L');
    const office = officeOf(left);
    await office.act('adoptEnrollmentPolicy', null, {
      recheckMonths: 3,
      conversionMonths: 24,
      transferGrounds: ['illness'],
      eraseRegisteredIdentities: true,
    });
    const { classId } = (await office.act('formClass', null, { kind: 'administrative', name: '电商2601' })).body;
    await office.act('assignTeacher', classId, { teacherId: 'teacher-1' });
    const learnerId: string = (await office.act('identifyLearner', null)).body.learnerId;
    const admission = { learnerId, programId: ids.program, classId, entryDate: '2026-09-01', effectiveAt: '2026-09-01' };
    const { enrollmentId } = (await office.act('admitLearner', null, admission)).body;
    await office.act('registerStudent', enrollmentId, { studentNumber: '20260009', effectiveAt: '2026-09-02' });

    const active = await erase(learnerId, ['identity'], [registrar, second]);
    expect(active).toMatchObject({ status: 409, body: { code: 'RETENTION_APPLIES' } });
    await office.act('withdrawStudent', enrollmentId, { ground: 'own-application' });
    const teacher = await personOf(ledger, { role: 'teacher' });
    const named = async (): Promise<Record<string, string>> => {
      const headers = await upToNow(ledger);
      const read = async (by: Person, path: string): Promise<string> => JSON.stringify((await by.get(path, headers)).body);
      return {
        register: await read(registrar, '/v1/enrollments?studentNumber=20260009'),
        members: await read(registrar, `/v1/classes/${classId}/members`),
        taught: await read(teacher, `/v1/classes/${classId}/members`),
        zh: await read(registrar, '/v1/exports/register?lang=zh'),
        en: await read(registrar, '/v1/exports/register?lang=en'),
      };
    };
    const name = left.planted.find(({ path }) => path === 'identity.name')!.value;
    const whileHere = await named();
    expect(['register', 'zh', 'en'].filter((where) => !whileHere[where]!.includes(name))).toEqual([]);

    const [swapped, erased] = await Promise.all([
      rebuilt(administrator, 'directory'),
      erase(learnerId, ['identity', 'contact'], [registrar, second]),
    ]);
    expect([swapped.outcome, erased.status]).toEqual(['finished', 200]);
    const after = await named();
    expect(
      Object.entries(after).filter(([, said]) => said.includes(left.mark('name')) || said.includes(left.mark('text'))),
    ).toEqual([]);
    expect(after).toMatchObject({
      register: expect.stringContaining('"name":"erased"'),
      zh: expect.stringContaining('（已删除）'),
      en: expect.stringContaining('(erased)'),
    });
    expect(await leftovers(left.needles())).toEqual([]);

    // Her record goes on without a word about her.
    const { answer } = await office.try('lockRecord', enrollmentId);
    expect(answer).toMatchObject({ status: 409, body: { code: 'LEARNER_ERASED' } });
    const silent = await registrar.post(`/v1/enrollments/${enrollmentId}/lock`, { reason: { code: 'published' } });
    expect(silent).toMatchObject({ status: 200, body: { events: ['RecordLocked'] } });
  });

  it('lets the same person be known anew as somebody else', async () => {
    const anew = new Planter('N');
    const { body } = await officeOf(anew).act('identifyLearner', null, { identity: { idNumber: goneNumber } });
    expect(body.learnerId).not.toBe(ids.gone);
    const found = await search(ledger, registrar, goneNumber);
    expect(found.body.items.map((row: { learnerId: string }) => row.learnerId)).toEqual([body.learnerId]);
    const old = await registrar.get(`/v1/learners/${ids.gone}`);
    expect(old.body).toMatchObject({ identity: 'erased' });
  });
});
