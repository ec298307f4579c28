import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadMasterKey } from './master-key.ts';

let folder: string;
const load = (env: Record<string, string> = {}): Uint8Array =>
  loadMasterKey({ file: join(folder, 'master.key'), env, vaultPath: join(folder, 'vault.db') });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'master-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the master key', () => {
  it('is created on first start, for its owner alone, and found again', () => {
    const key = load();
    expect(key).toHaveLength(32);
    expect(load()).toEqual(key);
    expect(readdirSync(folder)).toEqual(['master.key']);
    expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, 'vault.db'), '');
    expect(load()).toEqual(key);
  });

  it('comes from the environment first, and then leaves no file', () => {
    const given = Buffer.alloc(32, 5);
    expect(load({ LEDGER_MASTER_KEY: given.toString('base64') })).toEqual(given);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is never made up where a vault exists', () => {
    writeFileSync(join(folder, 'vault.db'), '');
    expect(() => load()).toThrow(/MASTER_KEY_MISSING/);
    expect(() => load({ LEDGER_MASTER_KEY: '' })).toThrow(/MASTER_KEY_MISSING/);
    expect(readdirSync(folder)).toEqual(['vault.db']);
  });

  it('is refused where it is not 32 bytes in base64', () => {
    for (const text of ['abc', Buffer.alloc(31).toString('base64'), `${Buffer.alloc(32).toString('base64')}AA`, '*'.repeat(44)]) {
      expect(() => load({ LEDGER_MASTER_KEY: text })).toThrow(/MASTER_KEY_INVALID/);
    }
    writeFileSync(join(folder, 'master.key'), '', { mode: 0o600 });
    expect(() => load()).toThrow(/MASTER_KEY_INVALID/);
  });

  it('is refused where others may read it', () => {
    load();
    chmodSync(join(folder, 'master.key'), 0o644);
    expect(() => load()).toThrow(/MASTER_KEY_EXPOSED/);
  });
});
