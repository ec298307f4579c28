import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { personOf, type Answer, type Person } from '../journeys/client.ts';
import { erase, wholeLog } from '../support/deeds.ts';
import { commandRoutesOf } from '../support/command-fields.ts';
import { Office, Planter } from '../support/planting.ts';
import { tracesIn } from '../support/traces.ts';

/** Whoever changes a stored event by a byte is found out: what was sealed does not open, and who reads on says where it stopped. */
describe('a log that somebody changed', () => {
  const planter = new Planter();
  /** Somebody whose events come before the one that is changed. */
  const before = new Planter('B');
  let beforeId: string;
  let folder: string;
  let learnerId: string;
  let identification: string;
  let ledger: Ledger | undefined;
  let registrar: Person;
  let administrator: Person;
  let lines: string[] = [];

  const start = async (data: string): Promise<Ledger> => {
    ledger = await startLedger({ env: { LEDGER_DATA: join(folder, data), PORT: '0' } });
    registrar = await personOf(ledger, { role: 'registrar' });
    administrator = await personOf(ledger, { role: 'administrator' });
    return ledger;
  };

  beforeAll(async () => {
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      lines.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      return true;
    });
    folder = await mkdtemp(join(tmpdir(), 'ledger-tampered-'));
    const { app, close } = await start('data');
    const office = new Office(commandRoutesOf(app), planter, registrar);
    const first = new Office(commandRoutesOf(app), before, registrar);
    beforeId = (await first.act('identifyLearner', null)).body.learnerId;
    learnerId = (await office.act('identifyLearner', null)).body.learnerId;
    await office.act('changeContact', learnerId);
    identification = (await wholeLog(ledger!)).find(({ stream }) => stream === `learner-${learnerId}`)!.json;
    await close();
  });
  afterEach(async () => {
    await ledger?.close();
    lines = [];
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  /** A stopped copy with one byte changed in it, which is to be read from the beginning. */
  async function copyWith(name: string, change: (log: Buffer) => void, from = 'data'): Promise<void> {
    await cp(join(folder, from), join(folder, name), {
      recursive: true,
      filter: (path) => !/(views|directory)\.db/.test(path),
    });
    const path = join(folder, name, 'log.db');
    const log = readFileSync(path);
    change(log);
    writeFileSync(path, log);
  }

  /** Another letter in the place of the one at `offset` after the text in her identification, wherever the file holds it. */
  const flip =
    (text: string, offset: number) =>
    (log: Buffer): void => {
      const at = identification.indexOf(text);
      expect(at).toBeGreaterThan(0);
      const place = at + text.length + offset;
      const around = identification.slice(0, place + 1);
      let flipped = 0;
      for (let from = log.indexOf(around); from >= 0; from = log.indexOf(around, from + 1)) {
        log[from + place] = log[from + place] === 0x61 ? 0x62 : 0x61;
        flipped += 1;
      }
      expect(flipped).toBeGreaterThan(0);
    };

  const changes: readonly (readonly [string, (log: Buffer) => void])[] = [
    ['a byte of what is sealed', flip('"identity":"sealed.1.identity.', 100)],
    ['a byte of a public field beside it', flip('"correlationId":"', 0)],
    ['another purpose', flip('"identity":"sealed.1.', 0)],
    ['a token that is none any more', flip('"identity":"', 0)],
  ];

  const opened = (): Promise<Answer> =>
    registrar
      .get('/v1/events?after=0&open=true')
      .catch((error: unknown) => ({ status: 0, headers: new Headers(), body: String(error) }));

  it('opens as it is where nobody touched it', async () => {
    await copyWith('untouched', () => undefined);
    await start('untouched');
    const answer = await opened();
    expect(answer.status).toBe(200);
    expect(tracesIn(String(answer.body), planter.needles(), 'events')).not.toEqual([]);
    expect((await administrator.get('/v1/views')).status).toBe(200);
  });

  it.each(changes)('is found out by %s', async (name, change) => {
    const copy = name.replaceAll(' ', '-');
    await copyWith(copy, change);
    const { parts, url } = await start(copy);

    const answer = await opened();
    expect(answer.status).not.toBe(200);
    expect(tracesIn(JSON.stringify([answer.body, [...answer.headers]]), planter.needles(), 'answer')).toEqual([]);
    expect(answer).toMatchObject({ status: 500, body: { code: expect.stringMatching(/^(INTERNAL|SEAL_BROKEN)$/) } });

    // The person whose event it is stands still in the view that opens names, visibly; everybody else goes on, and so do the other views.
    const parked = async (): Promise<Record<string, unknown>[]> => {
      const { body } = await administrator.get('/v1/views');
      return (body.items as Record<string, unknown>[]).filter(({ parked: keys }) => keys !== 0);
    };
    let views = await parked();
    for (let tries = 0; views.length === 0 && tries < 100; tries++) {
      await wait(50);
      views = await parked();
    }
    expect(views).toMatchObject([{ name: 'directory', state: 'live', parked: 1 }]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('ledger_view_parked_keys{view="directory"} 1');
    const searched = await registrar.post('/v1/learners/search', { text: before.mark('name') });
    expect(searched.headers.get('ledger-incomplete')).toBe('directory;keys=1');
    expect(tracesIn(metrics + JSON.stringify(views), planter.needles(), 'standing')).toEqual([]);

    // Who is not parked is found, until she is erased.
    const found = async (): Promise<number> =>
      (await registrar.post('/v1/learners/search', { text: before.mark('name') })).body.total;
    expect(await found()).toBe(1);
    const second = await personOf(ledger!, { role: 'registrar', sub: 'registrar-2' });
    expect((await erase(beforeId, ['identity', 'contact'], [registrar, second])).status).toBe(200);
    expect(await found()).toBe(0);

    // Whoever needs no name is served.
    expect(
      await registrar.get(`/v1/learners/${learnerId}/timeline`, { 'ledger-wait-for': String(await parts.store.head()) }),
    ).toBeDefined();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);

    await ledger!.close();
    const said = lines.join('');
    expect(said).toMatch(/"operation":"listEvents","fault":"SealBroken","code":"SEAL_BROKEN"/);
    expect(said).toMatch(/directory stands before event \d+ \(LearnerIdentified\): SealBroken/);
    expect(tracesIn(said, planter.needles(), 'log lines')).toEqual([]);
    // Tried again at its own pace, not in a circle.
    expect(said.split('\n').filter((line) => /SealBroken|SEAL_BROKEN/.test(line)).length).toBeLessThan(20);
  });

  it('breaks off an export that had begun, and says why', async () => {
    const { app, close } = await start('late');
    const office = new Office(commandRoutesOf(app), planter, registrar);
    const { runId } = (await office.act('startImport', null, { kind: 'roster', fileDigest: 'a'.repeat(64) })).body;
    await office.act('publishProgram', null, {
      code: '530701',
      name: { zh: '电子商务', en: 'E-commerce' },
      level: 'junior-college',
    });
    const rows = Array.from({ length: 200 }, (_, at) => ({ row: at + 2, program: { code: '530701' }, entryDate: '2026-09-01' }));
    await office.act('importRosterRows', runId, { rows });
    const { body } = await office.act('identifyLearner', null);
    const log = await wholeLog(ledger!);
    identification = log.find(({ stream }) => stream === `learner-${body.learnerId}`)!.json;
    expect(log.length).toBeGreaterThan(600);
    await close();
    lines = [];

    await copyWith('broken-off', flip('"identity":"sealed.1.identity.', 100), 'late');
    await start('broken-off');
    expect(await opened()).toMatchObject({ status: 0, body: expect.stringContaining('terminated') });
    await ledger!.close();
    const said = lines.join('');
    expect(said).toMatch(/"operation":"listEvents","fault":"SealBroken","code":"SEAL_BROKEN".*"msg":"an answer broke off"/);
    expect(tracesIn(said, planter.needles(), 'log lines')).toEqual([]);
  });
});
