import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteEventStore, type SqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { openSqliteReadStore } from '../../libs/adapters/sqlite/read-store.ts';
import { catalog, type LedgerEvent } from '../../libs/events/events.ts';
import { eventId } from '../../libs/kernel/ids.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { auditTimeline, personTimeline } from '../../libs/read-models/audit-timeline.ts';
import { directory, searchDirectory } from '../../libs/read-models/directory.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Projector } from './projector.ts';
import { RebuildPool } from './rebuild-pool.ts';
import { ViewReader } from '../../libs/projection/view-reader.ts';

let folder: string;
let store: SqliteEventStore;
let vault: KeyVault;
let codec: Codec;
let projector: Projector;
const faults: string[] = [];
const masterKey = new Uint8Array(32).fill(7);

const start = (): Promise<Projector> =>
  Projector.start({
    paths: {
      log: join(folder, 'log.db'),
      vault: join(folder, 'vault.db'),
      views: join(folder, 'views.db'),
      directory: join(folder, 'directory.db'),
    },
    masterKey,
    onFault: (message) => faults.push(message),
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-projector-'));
  store = await openSqliteEventStore({ path: join(folder, 'log.db'), clock: { now: () => Date.now() } });
  vault = await openSqliteKeyVault({ path: join(folder, 'vault.db'), masterKey, erasuresPath: join(folder, 'erasures.jsonl') });
  codec = new Codec(vault);
  faults.length = 0;
});
afterEach(async () => {
  await projector.close();
  await store.close();
  await vault.close();
  await rm(folder, { recursive: true });
});

async function say(learnerId: string, event: LedgerEvent, n = 0): Promise<bigint> {
  const stream = `learner-${learnerId}`;
  const now = new Date().toISOString();
  const encoded = await codec.encode({
    id: eventId(`c${n}`, stream, 'own', 0),
    type: event.type,
    version: catalog[event.type].version,
    stream,
    effectiveAt: now,
    decidedAt: now,
    actor: { personId: 'zhao', role: 'registrar', organizationId: null },
    commandId: `c${n}`,
    commandDigest: 'd',
    correlationId: 'c',
    causationId: 'c',
    institutionId: 'college',
    subjectId: learnerId,
    basis: [],
    data: event.data,
  });
  const appended = await store.append(stream, n === 0 ? 'none' : BigInt(n - 1), [encoded]);
  if (appended.outcome === 'conflict') throw new Error('conflict');
  return appended.position;
}
const identify = (learnerId: string, name: string): Promise<bigint> =>
  say(learnerId, {
    type: 'LearnerIdentified',
    data: {
      identity: { name, idType: 'resident-id', idNumber: `11010120070314${learnerId}` },
      contact: null,
      idClaim: null,
      source: null,
    },
  });

describe('the projector', () => {
  it('folds in its own thread, answers waits, and readers on this thread see the rows', async () => {
    projector = await start();
    let last = 0n;
    for (let i = 0; i < 50; i++) last = await identify(`${1000 + i}`, `王${i}`);
    expect(await projector.waitFor(last, 10_000)).toBe(true);
    expect(await projector.waitFor(last + 1n, 50)).toBe(false);
    expect((await projector.status()).every(({ state, lagEvents }) => state === 'live' && lagEvents === 0n)).toBe(true);

    const views = openSqliteReadStore({ path: join(folder, 'views.db'), readOnly: true });
    const clear = openSqliteReadStore({ path: join(folder, 'directory.db'), readOnly: true });
    const timeline = await new ViewReader(views).read(auditTimeline, (db) =>
      personTimeline(db, { institutionId: 'college', subjectId: '1007' }),
    );
    const people = await new ViewReader(clear).read(directory, (db) =>
      searchDirectory(db, { institutionId: 'college', text: '王7' }),
    );
    expect(isRefusal(timeline) ? [] : timeline.rows.map(({ type }) => type)).toEqual(['LearnerIdentified']);
    expect(isRefusal(people) ? [] : people.rows.map(({ learnerId }) => learnerId)).toEqual(['1007']);

    const erased = await say(
      '1007',
      { type: 'PersonalDataErased', data: { requestId: 'q', purposes: ['identity'], legalBasis: 'x' } },
      1,
    );
    await vault.shred('1007', ['identity']);
    expect(await projector.waitFor(erased, 10_000, 'directory')).toBe(true);
    const gone = await new ViewReader(clear).read(directory, (db) =>
      searchDirectory(db, { institutionId: 'college', text: '王7' }),
    );
    expect(gone).toMatchObject({ total: 0 });
    await views.close();
    await clear.close();
  });

  it('rebuilds with progress and equals the live rows; says what it cannot', async () => {
    projector = await start();
    let last = 0n;
    for (let i = 0; i < 20; i++) last = await identify(`${1000 + i}`, `李${i}`);
    await projector.waitFor(last, 10_000);
    const before = await projector.digest('directory');
    const seen: bigint[] = [];
    const { digests, generation } = await projector.rebuild('directory', ({ done }) => seen.push(done), { compare: true });
    expect(digests!.rebuilt).toBe(digests!.live);
    expect(generation).toBe(2);
    expect(seen.at(-1)).toBe(last);
    expect(await projector.digest('directory')).toEqual(before);
    expect(await projector.retry('directory')).toBe(false);
    await expect(projector.rebuild('nothing')).rejects.toThrow('there is no view nothing');
    expect(faults).toEqual([]);
  });

  it('folds ranges of streams in threads of their own, and leaves none of their files', async () => {
    projector = await start();
    let last = 0n;
    for (let i = 0; i < 20; i++) last = await identify(`${1000 + i}`, `李${i}`);
    await projector.waitFor(last, 10_000);
    const phases = new Set<string>();
    const { digests } = await projector.rebuild('audit-timeline', ({ phase }) => phases.add(phase), { compare: true });
    expect(digests!.rebuilt).toBe(digests!.live);
    expect([...phases]).toEqual(['ranges', 'log']);
    expect(await readdir(join(folder, 'rebuild'))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('starts no thread for a range once it is closed', async () => {
    projector = await start();
    const pool = new RebuildPool({ log: join(folder, 'log.db'), folder: join(folder, 'ranges') }, () => Promise.resolve(1));
    const job = { view: 'transcript', generation: 1, from: 1, to: 2, upTo: 0n, effectiveAsOf: null, poisoned: [] };
    const fault = (range: Promise<unknown>): Promise<unknown> => range.catch((error: unknown) => error);
    const under = fault(pool.fold(job));
    const closed = pool.close();
    expect(await fault(pool.fold(job))).toMatchObject({ code: 'STORE_CLOSED' });
    await closed;
    expect(await under).toMatchObject({ code: 'STORE_BROKEN' });
  });

  it('goes on after a restart', async () => {
    projector = await start();
    await projector.waitFor(await identify('1', '赵'), 10_000);
    await projector.close();
    const last = await identify('2', '钱');
    projector = await start();
    expect(await projector.waitFor(last, 10_000)).toBe(true);
    expect(projector.standing().map(({ position }) => position)).toEqual(projector.standing().map(() => last));
  });

  it('is started again where its thread dies, and goes on', async () => {
    projector = await start();
    await projector.waitFor(await identify('1', '赵'), 10_000);
    const asked = projector.status();
    await projector.abandon();
    await expect(asked).rejects.toThrow('the projector is gone');
    await expect(projector.status()).rejects.toThrow('not running');
    expect(faults).toEqual([expect.stringContaining('is started again in 500 ms')]);
    expect(await projector.waitFor(await identify('2', '钱'), 10_000)).toBe(true);
  });

  it('refuses to start without its files, or with another key', async () => {
    projector = await start();
    const wrong = Projector.start({
      paths: {
        log: join(folder, 'log.db'),
        vault: join(folder, 'vault.db'),
        views: ':memory:',
        directory: ':memory:',
      },
      masterKey: new Uint8Array(32),
    });
    await expect(wrong).rejects.toThrow('MASTER_KEY_WRONG');
    const missing = Projector.start({
      paths: {
        log: join(folder, 'no.db'),
        vault: join(folder, 'vault.db'),
        views: ':memory:',
        directory: ':memory:',
      },
      masterKey,
    });
    await expect(missing).rejects.toThrow('there is no store');
  });
});
