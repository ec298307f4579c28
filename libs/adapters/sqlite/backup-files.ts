import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Lru } from './lru.ts';

export type BackupFaultCode =
  /** Backups and restores go into a folder that is empty or not there yet. */
  | 'TARGET_NOT_EMPTY'
  /** The restored folder could not be put there in one step, as onto a mount point: name a folder below it. */
  | 'TARGET_UNUSABLE'
  | 'SOURCE_UNREADABLE'
  /** No manifest: the backup did not finish, or this is none. */
  | 'MANIFEST_MISSING'
  | 'MANIFEST_BROKEN'
  /** Written by a newer release. */
  | 'BACKUP_NEWER'
  /** A file is not the one that was backed up. */
  | 'BACKUP_DAMAGED'
  /** Events are sealed under keys that the vault's copy has neither as key nor as tombstone. */
  | 'KEYS_MISSING';

/** Why a backup or a restore was refused; nothing is then in place. */
export class BackupFault extends Error {
  override readonly name = 'BackupFault';
  readonly code: BackupFaultCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: BackupFaultCode, message: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.facts = facts;
  }
}

export const logFile = 'log.db';
export const vaultFile = 'vault.db';
export const erasuresFile = 'erasures.jsonl';
export const manifestFile = 'manifest.json';
export const backupFormat = 1;

export interface BackedUpFile {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

export interface BackupManifest {
  readonly format: number;
  /** ISO 8601 instant at which the backup began. */
  readonly createdAt: string;
  readonly log: BackedUpFile & {
    /** Position of the last event in the copy, `0` for an empty log. */
    readonly head: string;
    readonly events: number;
  };
  readonly vault: BackedUpFile & { readonly keys: number; readonly tombstones: number };
}

export function assertEmptyTarget(folder: string): void {
  if (!existsSync(folder)) return;
  if (statSync(folder).isDirectory() && readdirSync(folder).length === 0) return;
  throw new BackupFault('TARGET_NOT_EMPTY', `${folder} is not an empty folder`, { folder });
}

export async function fingerprint(path: string): Promise<BackedUpFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const part: Buffer = chunk;
    hash.update(part);
    bytes += part.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Throws MANIFEST_MISSING, MANIFEST_BROKEN or BACKUP_NEWER. */
export function readManifest(folder: string): BackupManifest {
  const path = join(folder, manifestFile);
  if (!existsSync(path)) throw new BackupFault('MANIFEST_MISSING', `there is no finished backup in ${folder}`, { folder });
  const manifest = parseManifest(readFileSync(path, 'utf8'));
  if (manifest === null) throw new BackupFault('MANIFEST_BROKEN', `${path} is not a manifest`, { path });
  if (manifest.format > backupFormat) {
    const { format } = manifest;
    throw new BackupFault('BACKUP_NEWER', `${path} has format ${format}, this release knows up to ${backupFormat}`, {
      path,
      format,
    });
  }
  return manifest;
}

/** Throws BACKUP_DAMAGED unless the file is there, byte for byte. */
export async function assertUnchanged(path: string, expected: BackedUpFile): Promise<void> {
  const found = existsSync(path) ? await fingerprint(path) : null;
  if (found?.sha256 === expected.sha256 && found.bytes === expected.bytes) return;
  throw new BackupFault('BACKUP_DAMAGED', `${path} is not the file that was backed up`, {
    path,
    expected: expected.sha256,
    found: found?.sha256 ?? null,
  });
}

/** A finished copy, read without leaving files beside it as readers of a write-ahead log do. */
export function openCopy(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

/** Throws KEYS_MISSING unless each key that an event in the log's copy is sealed under is in the vault's copy, alive or as a tombstone. */
export async function assertKeysPresent(logCopy: string, vaultCopy: string): Promise<void> {
  const log = openCopy(logCopy);
  const vault = openCopy(vaultCopy);
  try {
    const sealed = log.prepare(
      `SELECT position, json FROM (SELECT position, json FROM event WHERE position > ? ORDER BY position LIMIT ?)`,
    );
    const isKnown = vault.prepare('SELECT 1 FROM data_key WHERE key_id = ?');
    const known = new Lru<string, true>(100_000);
    const missing = new Map<string, number>();
    for (let after = 0, end = false; !end; await nextTurn()) {
      end = true;
      for (const row of sealed.iterate(after, eventsAtATime)) {
        end = false;
        after = Number(row['position']);
        for (const [, keyId = ''] of String(row['json']).matchAll(token)) {
          if (known.get(keyId) !== undefined || missing.has(keyId)) continue;
          if (isKnown.get(keyId) === undefined) missing.set(keyId, after);
          else known.set(keyId, true);
        }
      }
    }
    if (missing.size === 0) return;
    const first = [...missing].slice(0, 10).map(([keyId, position]) => ({ keyId, position: String(position) }));
    throw new BackupFault('KEYS_MISSING', `${missing.size} keys of sealed events are not in the vault`, {
      keys: missing.size,
      first,
    });
  } finally {
    log.close();
    vault.close();
  }
}

const eventsAtATime = 2_000;

/** As libs/runtime/seal.ts writes them: version, purpose, key id, hash of the public fields, body, commitment. */
const token = /sealed\.1\.[a-z]+\.([\w-]{1,64})\.[\w-]{22}\.[\w-]{80,}\.[\w-]{22}/g;

function parseManifest(text: string): BackupManifest | null {
  try {
    const manifest: unknown = JSON.parse(text);
    return isManifest(manifest) ? manifest : null;
  } catch {
    return null;
  }
}

function isManifest(value: unknown): value is BackupManifest {
  if (!isRecord(value) || typeof value['format'] !== 'number') return false;
  // A newer format is told from its number alone.
  if (value['format'] > backupFormat) return true;
  const { createdAt, log, vault } = value;
  return typeof createdAt === 'string' && isFile(log) && typeof log['head'] === 'string' && isFile(vault);
}

const isFile = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && typeof value['bytes'] === 'number' && typeof value['sha256'] === 'string';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
