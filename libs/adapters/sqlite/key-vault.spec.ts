import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { purposes } from '../../kernel/purposes.ts';
import type { DataKey, KeyVault } from '../../ports/key-vault.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import { readErasures, replayErasures } from './erasures.ts';
import { openSqliteKeyVault } from './key-vault.ts';

const masterKey = new Uint8Array(32).fill(9);
let folder: string;
let path: string;
let erasuresPath: string;
let vault: KeyVault;

const open = (): Promise<KeyVault> => openSqliteKeyVault({ path, masterKey, erasuresPath });
const reopen = async (): Promise<void> => {
  await vault.close();
  vault = await open();
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'key-vault-'));
  path = join(folder, 'vault.db');
  erasuresPath = join(folder, 'erasures.jsonl');
  vault = await open();
});
afterEach(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});

const obtain = async (subjectId: string, by = vault): Promise<DataKey> => {
  const key = await by.obtain(subjectId, 'identity');
  if (key === 'erased') throw new Error(`${subjectId} is erased`);
  return key;
};

const query = (sql: string, ...values: readonly string[]): readonly Record<string, unknown>[] => {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    return db.prepare(sql).all(...values);
  } finally {
    db.close();
  }
};

const wrappedOf = (keyId: string): Buffer => {
  const wrapped = query('SELECT wrapped FROM data_key WHERE key_id = ?', keyId)[0]?.['wrapped'];
  if (!(wrapped instanceof Uint8Array)) throw new Error(`${keyId} is not there`);
  return Buffer.from(wrapped);
};

const filesHolding = (bytes: Uint8Array): readonly string[] =>
  readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(Buffer.from(bytes)));

const faultOf = async (act: Promise<unknown>): Promise<unknown> => {
  try {
    await act;
  } catch (error) {
    return error instanceof VaultFault ? error.code : error;
  }
  return 'none';
};

describe('the vault on disk', () => {
  it('never holds a data key in the clear', async () => {
    const keys = await Promise.all(Array.from({ length: 200 }, (_, n) => obtain(`p${n}`)));
    for (const { key } of keys) expect(filesHolding(key)).toEqual([]);
  });

  it('holds nothing of a shredded key: not in pages, not in the write-ahead log', async () => {
    const wrapped = new Map<string, Buffer>();
    for (let round = 0; round < 8; round++) {
      const keys = await Promise.all(Array.from({ length: 500 }, (_, n) => obtain(`p${round}-${n}`)));
      for (const { keyId } of keys.slice(0, 5)) wrapped.set(keyId, wrappedOf(keyId));
      await vault.shred(`p${round}-3`, ['identity']);
    }
    for (const [subject] of Array.from({ length: 8 }, (_, round) => [`p${round}`])) {
      for (const n of [0, 1, 2, 4]) await vault.shred(`${subject}-${n}`, ['identity']);
    }
    expect(wrapped.size).toBe(40);
    for (const bytes of wrapped.values()) {
      // The ciphertext alone, too: no part of it may be left over.
      expect(filesHolding(bytes.subarray(12, 44))).toEqual([]);
      expect(filesHolding(bytes.subarray(20, 36))).toEqual([]);
    }
    expect(statSync(`${path}-wal`).size).toBe(0);
    const living = await obtain('p7-100');
    expect(filesHolding(wrappedOf(living.keyId))).not.toEqual([]);
  });

  it('keeps a tombstone that says what and when', async () => {
    const [shredded] = await vault.shred('p1', ['contact']);
    const [tombstone] = query('SELECT * FROM tombstone');
    expect(tombstone).toMatchObject({ key_id: shredded?.keyId, subject_id: 'p1', purpose: 'contact' });
    expect(Date.now() - Date.parse(String(tombstone?.['shredded_at']))).toBeLessThan(60_000);
  });

  it('waits for a reader of the write-ahead log, while minting goes on', async () => {
    const { keyId } = await obtain('p1');
    const bytes = wrappedOf(keyId).subarray(12, 44);
    const reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM data_key');
    let answered = false;
    const shredding = vault.shred('p1', ['identity']).then(() => (answered = true));
    while (vault.find(keyId) !== 'erased') await sleep(1);
    await obtain('p2');
    await sleep(60);
    expect(answered).toBe(false);
    reader.exec('COMMIT');
    reader.close();
    await shredding;
    expect(filesHolding(bytes)).toEqual([]);
  });

  it('refuses a key that was put in the place of another, or changed', async () => {
    const [a, b, c] = [await obtain('a'), await obtain('b'), await obtain('c')];
    query(
      'UPDATE data_key SET (wrapped, commitment) = (SELECT wrapped, commitment FROM data_key WHERE key_id = ?) WHERE key_id = ?',
      a.keyId,
      b.keyId,
    );
    query(`UPDATE data_key SET commitment = zeroblob(32) WHERE key_id = ?`, c.keyId);
    await reopen();
    expect(() => vault.find(b.keyId)).toThrow(/KEY_BROKEN/);
    expect(() => vault.find(c.keyId)).toThrow(/KEY_BROKEN/);
    expect(vault.find(a.keyId)).toEqual(a);
  });

  it('is refused with a wrong master key, and left as it was', async () => {
    const { keyId } = await obtain('p1');
    await vault.close();
    const before = readFileSync(path);
    const wrong = new Uint8Array(32).fill(8);
    expect(await faultOf(openSqliteKeyVault({ path, masterKey: wrong, erasuresPath }))).toBe('MASTER_KEY_WRONG');
    expect(await faultOf(openSqliteKeyVault({ path, masterKey: wrong, readOnly: true }))).toBe('MASTER_KEY_WRONG');
    expect(readFileSync(path).equals(before)).toBe(true);
    vault = await open();
    expect(vault.find(keyId)).not.toBe('absent');
  });

  it('refuses what is no vault, or a newer one', async () => {
    const other = join(folder, 'other.db');
    const db = new DatabaseSync(other);
    db.exec('CREATE TABLE event (position INTEGER)');
    db.close();
    expect(await faultOf(openSqliteKeyVault({ path: other, masterKey, erasuresPath }))).toBe('VAULT_FOREIGN');
    writeFileSync(other, 'a'.repeat(8192));
    expect(await faultOf(openSqliteKeyVault({ path: other, masterKey, readOnly: true }))).toBe('VAULT_FOREIGN');
    expect(await faultOf(openSqliteKeyVault({ path: other, masterKey, erasuresPath }))).toBe('VAULT_FOREIGN');
    expect(await faultOf(openSqliteKeyVault({ path: join(folder, 'none.db'), masterKey, readOnly: true }))).toBe('VAULT_MISSING');
    expect(await faultOf(openSqliteKeyVault({ path: join(folder, 'no/folder.db'), masterKey, erasuresPath }))).toBe(
      'VAULT_MISSING',
    );
    query('PRAGMA user_version = 9');
    await vault.close();
    expect(await faultOf(open())).toBe('VAULT_NEWER');
  });
});

describe('a vault opened for reading', () => {
  it('serves what exists, mints and shreds nothing, and forgets what the writer shreds', async () => {
    const key = await obtain('p1');
    const reader = await openSqliteKeyVault({ path, masterKey, readOnly: true });
    expect(reader.find(key.keyId)).toEqual(key);
    expect(await reader.obtain('p1', 'identity')).toEqual(key);
    expect(reader.hmac('claim', '7')).toBe(vault.hmac('claim', '7'));
    expect(await faultOf(reader.obtain('p2', 'identity'))).toBe('VAULT_READ_ONLY');
    expect(await faultOf(reader.shred('p1', ['identity']))).toBe('VAULT_READ_ONLY');
    await vault.shred('p1', ['identity']);
    expect(reader.find(key.keyId)).toBe('erased');
    await reader.close();
  });

  it('opens after the writer has gone', async () => {
    const key = await obtain('p1');
    await vault.close();
    const reader = await openSqliteKeyVault({ path, masterKey, readOnly: true });
    expect(reader.find(key.keyId)).toEqual(key);
    await reader.close();
  });
});

describe('erasures.jsonl', () => {
  it('holds one line for each shredded key', async () => {
    const shredded = await vault.shred('p1', purposes);
    expect(readFileSync(erasuresPath, 'utf8')).toBe(
      shredded.map(({ keyId, purpose }) => `{"keyId":"${keyId}","subjectId":"p1","purpose":"${purpose}"}\n`).join(''),
    );
  });

  it('is written before the vault: a crash between the two is completed at the next opening', async () => {
    const { keyId } = await obtain('p1');
    const bytes = wrappedOf(keyId).subarray(12, 44);
    await vault.close();
    appendFileSync(erasuresPath, `{"keyId":"${keyId}","subjectId":"p1","purpose":"identity"}\n`);
    vault = await open();
    expect(vault.find(keyId)).toBe('erased');
    expect(await vault.shred('p1', ['identity'])).toEqual([{ keyId, subjectId: 'p1', purpose: 'identity' }]);
    expect(readErasures(erasuresPath)).toHaveLength(1);
    expect(filesHolding(bytes)).toEqual([]);
  });

  it('is completed by a repeat after the commit failed', async () => {
    const { keyId } = await obtain('p1');
    query(`CREATE TRIGGER broken BEFORE INSERT ON tombstone BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    await expect(vault.shred('p1', purposes)).rejects.toThrow(/disk full/);
    expect(vault.find(keyId)).not.toBe('erased');
    const listed = readErasures(erasuresPath);
    expect(listed.map(({ purpose }) => purpose)).toEqual([...purposes]);
    query('DROP TRIGGER broken');
    expect(await vault.shred('p1', purposes)).toEqual(listed);
    expect(readErasures(erasuresPath)).toEqual(listed);
    expect(vault.find(keyId)).toBe('erased');
  });

  it('is written anew from the tombstones where it was lost', async () => {
    const shredded = await vault.shred('p1', purposes);
    rmSync(erasuresPath);
    await reopen();
    expect(readErasures(erasuresPath)).toEqual(shredded);
  });

  it('loses a line that a crash cut off, and nothing else', async () => {
    const first = await vault.shred('p1', ['identity']);
    appendFileSync(erasuresPath, '{"keyId":"abc","subje');
    expect(readErasures(erasuresPath)).toEqual(first);
    const second = await vault.shred('p2', ['identity']);
    expect(readErasures(erasuresPath)).toEqual([...first, ...second]);
    appendFileSync(erasuresPath, '{"keyId":"abc"');
    await reopen();
    expect(readFileSync(erasuresPath, 'utf8').split('\n')).toHaveLength(3);
  });

  it('keeps a last line that is whole but for its end', async () => {
    await vault.close();
    writeFileSync(erasuresPath, '{"keyId":"k1","subjectId":"p1","purpose":"contact"}');
    vault = await open();
    const second = await vault.shred('p2', ['identity']);
    expect(readErasures(erasuresPath)).toEqual([{ keyId: 'k1', subjectId: 'p1', purpose: 'contact' }, ...second]);
    expect(vault.find('k1')).toBe('erased');
  });

  it('is refused where anything else is broken', async () => {
    await vault.shred('p1', ['identity']);
    await vault.close();
    const whole = readFileSync(erasuresPath, 'utf8');
    const flaws = [
      `{"keyId":"a\n${whole}`,
      `${whole}\n`,
      `${whole}{}\n`,
      `{"keyId":"","subjectId":"p","purpose":"contact"}\n`,
      `{"keyId":"k","subjectId":"p","purpose":"everything"}\n`,
      '[]\n',
      'null\n',
    ];
    for (const flaw of flaws) {
      writeFileSync(erasuresPath, flaw);
      expect(() => readErasures(erasuresPath)).toThrow(/ERASURES_BROKEN/);
      expect(await faultOf(open())).toBe('ERASURES_BROKEN');
    }
    writeFileSync(erasuresPath, whole);
    vault = await open();
  });

  it('is refused where it names the key of somebody else', async () => {
    const { keyId } = await obtain('p1');
    await vault.close();
    writeFileSync(erasuresPath, `{"keyId":"${keyId}","subjectId":"p2","purpose":"identity"}\n`);
    expect(await faultOf(open())).toBe('ERASURES_BROKEN');
    rmSync(erasuresPath);
    vault = await open();
    expect(vault.find(keyId)).not.toBe('erased');
  });

  it('replays onto a restored vault', async () => {
    const { keyId } = await obtain('p1');
    await vault.close();
    const copy = readFileSync(path);
    vault = await open();
    const shredded = [...(await vault.shred('p1', ['identity'])), ...(await vault.shred('p2', ['contact']))];
    await vault.close();

    writeFileSync(path, copy);
    const list = join(folder, 'kept-elsewhere.jsonl');
    writeFileSync(list, readFileSync(erasuresPath));
    rmSync(erasuresPath);
    vault = await open();
    expect(vault.find(keyId)).not.toBe('erased');
    expect(await replayErasures(vault, list)).toBe(2);
    expect(vault.find(keyId)).toBe('erased');
    expect(await vault.obtain('p2', 'contact')).toBe('erased');
    expect(await replayErasures(vault, list)).toBe(2);
    expect(readErasures(erasuresPath).map(({ subjectId }) => subjectId)).toEqual(shredded.map(({ subjectId }) => subjectId));
    await expect(replayErasures(vault, join(folder, 'nowhere.jsonl'))).rejects.toThrow(/ERASURES_MISSING/);
  });
});

describe('a crash', () => {
  it('loses no key that was answered and revives none that was shredded', async () => {
    await vault.close();
    const script = `
      import(process.argv[1]).then(async ({ openSqliteKeyVault }) => {
        const vault = await openSqliteKeyVault({ path: process.argv[2], masterKey: new Uint8Array(32).fill(9), erasuresPath: process.argv[3] });
        for (let n = 0; ; n++) {
          const { keyId } = await vault.obtain('p' + n, 'identity');
          if (n % 4 === 3) await vault.shred('p' + n, ['identity']);
          process.stdout.write((n % 4 === 3 ? 'shredded ' : 'minted ') + keyId + '\\n');
        }
      })`;
    const vaultModule = new URL('./key-vault.ts', import.meta.url).href;
    const child = spawn(process.execPath, ['-e', script, vaultModule, path, erasuresPath], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.length > 8_000) child.kill('SIGKILL');
    });
    await once(child, 'close');

    vault = await open();
    const lines = said
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
    expect(lines.length).toBeGreaterThan(100);
    for (const [what, keyId = ''] of lines) {
      const state = vault.find(keyId);
      expect(what).toBe(state === 'erased' ? 'shredded' : 'minted');
      expect(state).not.toBe('absent');
    }
  });
});
