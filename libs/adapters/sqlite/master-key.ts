import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { VaultFault } from '../../ports/vault-fault.ts';
import { syncFolderOf } from './durable-file.ts';

export interface MasterKeyOptions {
  /** Holds the key in base64 for its owner alone (mode 0600); created on first start. */
  readonly file: string;
  /** `LEDGER_MASTER_KEY` (base64 of 32 bytes) goes before the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The vault's database: where it exists already, no key is made up. */
  readonly vaultPath: string;
}

/** 32 bytes that wrap every data key. Throws MASTER_KEY_MISSING, MASTER_KEY_INVALID or MASTER_KEY_EXPOSED. */
export function loadMasterKey({ file, env, vaultPath }: MasterKeyOptions): Uint8Array {
  const given = env['LEDGER_MASTER_KEY'];
  if (given !== undefined && given !== '') return decode(given, 'LEDGER_MASTER_KEY');
  if (!existsSync(file)) {
    if (existsSync(vaultPath)) {
      const message = `there is a vault at ${vaultPath}, but no master key: set LEDGER_MASTER_KEY or put back ${file}`;
      throw new VaultFault('MASTER_KEY_MISSING', message, { file, vaultPath });
    }
    create(file);
  }
  return read(file);
}

function read(file: string): Uint8Array {
  const exposed = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;
  if (exposed) throw new VaultFault('MASTER_KEY_EXPOSED', `others may read ${file}: chmod 600 it`, { file });
  return decode(readFileSync(file, 'utf8'), file);
}

/** On disk before the first key is wrapped with it. Linking a finished file keeps the key of whoever came first, and never half a key. */
function create(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(handle, `${randomBytes(32).toString('base64')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolderOf(file);
}

function decode(text: string, source: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === 32 && key.toString('base64') === text.trim()) return key;
  throw new VaultFault('MASTER_KEY_INVALID', `${source} does not hold 32 bytes in base64`, { source });
}
