import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { purposes } from '../../kernel/purposes.ts';
import type { Purpose } from '../../kernel/purposes.ts';
import type { KeyVault, ShreddedKey } from '../../ports/key-vault.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import { syncFolderOf } from './durable-file.ts';

/**
 * `erasures.jsonl`: one line `{"keyId","subjectId","purpose"}` for every shredded key, kept outside every backup.
 * A last line that a crash cut off is left out; it was never acknowledged. Any other flaw is `ERASURES_BROKEN`, no file `ERASURES_MISSING`.
 */
export function readErasures(path: string): readonly ShreddedKey[] {
  return parse(read(path), path).erasures;
}

/**
 * Appends and syncs. The caller holds the vault's write lock, so that nobody else appends meanwhile:
 * a line that a crash cut off is taken away first, else it would break the line after it.
 */
export function appendErasures(path: string, erasures: readonly ShreddedKey[]): void {
  const file = openSync(path, 'a+', 0o600);
  try {
    const created = fstatSync(file).size === 0;
    mendEnd(file, path);
    writeAll(file, Buffer.from(erasures.map(lineOf).join('')));
    fsyncSync(file);
    if (created) syncFolderOf(path);
  } finally {
    closeSync(file);
  }
}

/** After a restore: shreds every key of the list in this vault, too. Answers how many lines were applied. */
export async function replayErasures(vault: KeyVault, path: string): Promise<number> {
  const erasures = readErasures(path);
  for (const { keyId, subjectId, purpose } of erasures) {
    await vault.shred(subjectId, [purpose]);
    const state = vault.find(keyId);
    if (typeof state === 'object')
      throw new VaultFault('ERASURES_BROKEN', `${keyId} is the key of somebody else in this vault`, { path, keyId });
  }
  return erasures.length;
}

const lineFeed = 10;

const lineOf = ({ keyId, subjectId, purpose }: ShreddedKey): string => `${JSON.stringify({ keyId, subjectId, purpose })}\n`;

function mendEnd(file: number, path: string): void {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  if (size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === lineFeed)) return;
  const { wholeBytes } = parse(readFileSync(path), path);
  if (wholeBytes < size) ftruncateSync(file, wholeBytes);
  else writeAll(file, Buffer.from('\n'));
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      throw new VaultFault('ERASURES_MISSING', `${path} is not there`, { path });
    throw error;
  }
}

function parse(bytes: Buffer, path: string): { readonly erasures: readonly ShreddedKey[]; readonly wholeBytes: number } {
  const erasures: ShreddedKey[] = [];
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const feed = bytes.indexOf(lineFeed, start);
    const end = feed === -1 ? bytes.length : feed;
    const erasure = parseLine(bytes.toString('utf8', start, end));
    if (erasure === null) {
      if (feed === -1) return { erasures, wholeBytes: start };
      throw new VaultFault('ERASURES_BROKEN', `line ${line} of ${path} is not an erasure`, { path, line });
    }
    erasures.push(erasure);
    start = Math.min(end + 1, bytes.length);
  }
  return { erasures, wholeBytes: bytes.length };
}

function parseLine(text: string): ShreddedKey | null {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof line !== 'object' || line === null) return null;
  const { keyId, subjectId, purpose } = line as Partial<Record<string, unknown>>;
  return typeof keyId === 'string' && keyId !== '' && typeof subjectId === 'string' && isPurpose(purpose)
    ? { keyId, subjectId, purpose }
    : null;
}

const isPurpose = (text: unknown): text is Purpose => purposes.some((purpose) => purpose === text);
