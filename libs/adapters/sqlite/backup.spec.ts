import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KeyVault } from '../../ports/key-vault.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import { open, seal, sealedKeyId } from '../../runtime/seal.ts';
import { BackupFault, readManifest } from './backup-files.ts';
import { backupLedger, restoreLedger } from './backup.ts';
import { readErasures } from './erasures.ts';
import { openSqliteEventReader } from './event-reader.ts';
import { openSqliteEventStore } from './event-store.ts';
import type { SqliteEventStore } from './event-store.ts';
import { openSqliteKeyVault } from './key-vault.ts';

const masterKey = new Uint8Array(32).fill(4);
let folder: string;
let log: SqliteEventStore;
let vault: KeyVault;
const at = (...names: readonly string[]): string => join(folder, ...names);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
  mkdirSync(at('live'));
  log = await openSqliteEventStore({ path: at('live', 'log.db'), clock: { now: () => Date.now() } });
  vault = await openSqliteKeyVault({ path: at('live', 'vault.db'), masterKey, erasuresPath: at('live', 'erasures.jsonl') });
});
afterEach(async () => {
  await log.close();
  await vault.close();
  rmSync(folder, { recursive: true });
});

const record = async (subjectId: string): Promise<string> => {
  const key = await vault.obtain(subjectId, 'identity');
  if (key === 'erased') throw new Error(`${subjectId} is erased`);
  const name = seal({ name: `name of ${subjectId}` }, key, 'identity', subjectId);
  await log.append(`learner-${subjectId}`, 'none', [
    { id: randomUUID(), type: 'LearnerIdentified', json: JSON.stringify({ data: { name } }) },
  ]);
  return name;
};

const take = (to = 'backup'): ReturnType<typeof backupLedger> =>
  backupLedger({ log: at('live', 'log.db'), vault: at('live', 'vault.db'), to: at(to) });

const restore = (change: Partial<Parameters<typeof restoreLedger>[0]> = {}): ReturnType<typeof restoreLedger> =>
  restoreLedger({ from: at('backup'), to: at('restored'), erasures: at('live', 'erasures.jsonl'), masterKey, ...change });

const openRestored = (): Promise<KeyVault> =>
  openSqliteKeyVault({ path: at('restored', 'vault.db'), masterKey, erasuresPath: at('restored', 'erasures.jsonl') });

const faultOf = async (act: Promise<unknown>): Promise<unknown> => {
  try {
    await act;
  } catch (error) {
    return error instanceof BackupFault || error instanceof VaultFault ? error.code : error;
  }
  return 'none';
};

const expectNothingRestored = (): void => {
  expect(readdirSync(folder).filter((name) => name.startsWith('restored'))).toEqual([]);
};

describe('a backup', () => {
  it('holds log and vault, and a manifest that says what', async () => {
    for (const subject of ['p1', 'p2', 'p3']) await record(subject);
    await vault.shred('p3', ['identity']);
    const manifest = await take();
    expect(readdirSync(at('backup')).toSorted()).toEqual(['log.db', 'manifest.json', 'vault.db']);
    expect(readManifest(at('backup'))).toEqual(manifest);
    expect(manifest).toMatchObject({ format: 1, log: { head: '3', events: 3 }, vault: { keys: 2, tombstones: 1 } });
    expect(manifest.log.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is restored to the same log, byte for byte, with keys that open it', async () => {
    const token = await record('p1');
    const before = await log.readAll(0n);
    await take();
    await log.close();
    const { replayed, unlisted } = await restore();
    expect([replayed, unlisted]).toEqual([0, 0]);
    expect(readdirSync(at('restored')).toSorted()).toEqual(['erasures.jsonl', 'log.db', 'vault.db']);

    const restoredVault = await openRestored();
    const reader = openSqliteEventReader({ path: at('restored', 'log.db') });
    expect(await reader.readAll(0n)).toEqual(before);
    expect(open(token, (keyId) => restoredVault.find(keyId), 'p1')).toEqual({ value: { name: 'name of p1' } });
    expect(restoredVault.hmac('claim', '7')).toBe(vault.hmac('claim', '7'));
    await reader.close();
    await restoredVault.close();
    log = await openSqliteEventStore({ path: at('restored', 'log.db'), clock: { now: () => Date.now() } });
    expect(await log.append('learner-p1', 0n, [{ id: randomUUID(), type: 'ContactChanged', json: '{}' }])).toMatchObject({
      position: 2n,
    });
  });

  it('is whole while both are in use: no event without its key', async () => {
    const world = { running: true, recorded: 0 };
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let n = 0; world.running; n++) {
        await record(`w${writer}-${n}`);
        if (n % 10 === 9) await vault.shred(`w${writer}-${n}`, ['identity']);
        world.recorded++;
      }
    });
    while (world.recorded < 300) await new Promise((resolve) => setTimeout(resolve, 2));
    const manifests = [await take('backup-1'), await take('backup-2'), await take('backup-3')];
    world.running = false;
    await Promise.all(writers);

    expect(manifests[0]?.log.events).toBeGreaterThanOrEqual(300);
    for (const [index, manifest] of manifests.entries()) {
      const to = at(`restored-${index + 1}`);
      await restore({ from: at(`backup-${index + 1}`), to });
      const reader = openSqliteEventReader({ path: join(to, 'log.db') });
      expect(String(await reader.head())).toBe(manifest.log.head);
      await reader.close();
    }
  });

  it('of an empty ledger is a backup, too', async () => {
    expect(await take()).toMatchObject({ log: { head: '0', events: 0 }, vault: { keys: 0, tombstones: 0 } });
    await restore();
    expect(existsSync(at('restored', 'log.db'))).toBe(true);
  });

  it('goes into an empty folder only, and starts from files that can be read', async () => {
    mkdirSync(at('backup'));
    writeFileSync(at('backup', 'note.txt'), 'mine');
    expect(await faultOf(take())).toBe('TARGET_NOT_EMPTY');
    expect(readdirSync(at('backup'))).toEqual(['note.txt']);
    expect(await faultOf(take('live/vault.db'))).toBe('TARGET_NOT_EMPTY');
    expect(await faultOf(backupLedger({ log: at('none.db'), vault: at('live', 'vault.db'), to: at('other') }))).toBe(
      'SOURCE_UNREADABLE',
    );
    expect(await faultOf(restore({ from: at('other') }))).toBe('MANIFEST_MISSING');
  });

  it('is refused where an event has no key', async () => {
    const key = { keyId: 'a-key-of-another-vault', key: new Uint8Array(32) };
    const json = JSON.stringify({ data: { name: seal('x', key, 'identity', '') } });
    await log.append('learner-p1', 'none', [{ id: randomUUID(), type: 'LearnerIdentified', json }]);
    const taken = take();
    await expect(taken).rejects.toMatchObject({
      code: 'KEYS_MISSING',
      facts: { keys: 1, first: [{ keyId: 'a-key-of-another-vault', position: '1' }] },
    });
    expect(readdirSync(at('backup'))).toEqual([]);
  });
});

describe('a restore', () => {
  it('applies what was erased after the backup was taken', async () => {
    const tokens = [await record('p1'), await record('p2')];
    await take();
    const [shredded] = await vault.shred('p1', ['identity', 'contact']);
    expect(await restore()).toMatchObject({ replayed: 2, unlisted: 0 });

    const restored = await openRestored();
    expect(tokens.map((token) => open(token, (keyId) => restored.find(keyId)))).toEqual([
      'erased',
      { value: { name: 'name of p2' } },
    ]);
    expect(await restored.obtain('p1', 'contact')).toBe('erased');
    await restored.close();
    expect(readErasures(at('restored', 'erasures.jsonl'))[0]).toEqual(shredded);

    const copied = new DatabaseSync(at('backup', 'vault.db'), { readOnly: true });
    const row = copied.prepare('SELECT wrapped FROM data_key WHERE key_id = ?').get(sealedKeyId(tokens[0] ?? ''));
    copied.close();
    const wrapped = row?.['wrapped'];
    if (!(wrapped instanceof Uint8Array)) throw new Error('the backup has lost the key');
    for (const name of readdirSync(at('restored')))
      expect(readFileSync(at('restored', name)).includes(Buffer.from(wrapped).subarray(12, 44))).toBe(false);
  });

  it('is refused without the list of erasures, and takes an empty one', async () => {
    await record('p1');
    await vault.shred('p9', ['contact']);
    await take();
    expect(await faultOf(restore({ erasures: undefined }))).toBe('ERASURES_MISSING');
    expect(await faultOf(restore({ erasures: at('nowhere.jsonl') }))).toBe('ERASURES_MISSING');
    expectNothingRestored();
    writeFileSync(at('empty.jsonl'), '');
    expect(await restore({ erasures: at('empty.jsonl') })).toMatchObject({ replayed: 0, unlisted: 1 });
    expect(readErasures(at('restored', 'erasures.jsonl'))).toHaveLength(1);
  });

  it('tolerates a last line that a crash cut off, and no other flaw of the list', async () => {
    await record('p1');
    await take();
    await vault.shred('p1', ['identity']);
    const list = at('list.jsonl');
    cpSync(at('live', 'erasures.jsonl'), list);
    appendFileSync(list, '{"keyId":"ab');
    expect(await restore({ erasures: list, to: at('restored-1') })).toMatchObject({ replayed: 1 });
    appendFileSync(list, '\n{}\n');
    expect(await faultOf(restore({ erasures: list, to: at('restored-2') }))).toBe('ERASURES_BROKEN');
    expect(existsSync(at('restored-2'))).toBe(false);
  });

  it('is refused with a wrong master key', async () => {
    await take();
    expect(await faultOf(restore({ masterKey: new Uint8Array(32) }))).toBe('MASTER_KEY_WRONG');
    expectNothingRestored();
  });

  it('is refused where a file of the backup was changed, cut or lost', async () => {
    await record('p1');
    await take();
    const spoil: Record<string, (path: string) => void> = {
      changed: (path) => {
        const bytes = readFileSync(path);
        bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
        writeFileSync(path, bytes);
      },
      cut: (path) => truncateSync(path, 4096),
      lost: (path) => rmSync(path),
    };
    for (const [how, act] of Object.entries(spoil)) {
      for (const file of ['log.db', 'vault.db']) {
        const from = at(`${how}-${file}`);
        cpSync(at('backup'), from, { recursive: true });
        act(join(from, file));
        expect(await faultOf(restore({ from }))).toBe('BACKUP_DAMAGED');
      }
    }
    expectNothingRestored();
  });

  it('is refused without a manifest that this release understands', async () => {
    const manifest = await take();
    const flaws: Record<string, string> = {
      '': 'MANIFEST_BROKEN',
      '{"format":1}': 'MANIFEST_BROKEN',
      '7': 'MANIFEST_BROKEN',
      [JSON.stringify({ ...manifest, format: 2 })]: 'BACKUP_NEWER',
    };
    for (const [text, fault] of Object.entries(flaws)) {
      writeFileSync(at('backup', 'manifest.json'), text);
      expect(await faultOf(restore())).toBe(fault);
    }
    rmSync(at('backup', 'manifest.json'));
    expect(await faultOf(restore())).toBe('MANIFEST_MISSING');
  });

  it('is refused where the copies do not belong together', async () => {
    await take('older');
    await record('p1');
    await take();
    const older = readManifest(at('older'));
    cpSync(at('older', 'vault.db'), at('backup', 'vault.db'));
    writeFileSync(at('backup', 'manifest.json'), JSON.stringify({ ...readManifest(at('backup')), vault: older.vault }));
    expect(await faultOf(restore())).toBe('KEYS_MISSING');
    expectNothingRestored();
  });

  it('goes into an empty folder only, and clears what an earlier attempt left', async () => {
    await take();
    mkdirSync(at('restored.restoring'));
    writeFileSync(at('restored.restoring', 'vault.db'), 'left by a crash');
    mkdirSync(at('restored'));
    writeFileSync(at('restored', 'log.db'), 'mine');
    expect(await faultOf(restore())).toBe('TARGET_NOT_EMPTY');
    expect(readFileSync(at('restored', 'log.db'), 'utf8')).toBe('mine');
    rmSync(at('restored', 'log.db'));
    await restore();
    expect(readdirSync(folder).toSorted()).toEqual(['backup', 'live', 'restored']);
  });
});
