import { constants, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { VaultFault } from '../../ports/vault-fault.ts';
import {
  assertEmptyTarget,
  assertKeysPresent,
  assertUnchanged,
  BackupFault,
  backupFormat,
  erasuresFile,
  fingerprint,
  logFile,
  manifestFile,
  openCopy,
  readManifest,
  vaultFile,
} from './backup-files.ts';
import type { BackupManifest } from './backup-files.ts';
import { syncFile, syncFolder, syncFolderOf } from './durable-file.ts';
import { readErasures, replayErasures } from './erasures.ts';
import { openSqliteKeyVault } from './key-vault.ts';

export interface BackupOptions {
  /** The event store's file; may be in use. */
  readonly log: string;
  /** The key vault's file; may be in use. */
  readonly vault: string;
  /** A folder that is empty or not there yet. */
  readonly to: string;
}

/**
 * Copies log and vault while both are in use. The log goes first: keys are committed before the events that use them,
 * so every event in the copy has its key or tombstone in the vault's copy, which is then looked for.
 * The manifest comes last; a folder without one is no backup. Throws `BackupFault`.
 *
 * The copy holds wrapped keys: keep it away from the master key. `erasures.jsonl` is left out on purpose, so that no restore forgets an erasure.
 */
export async function backupLedger({ log, vault, to }: BackupOptions): Promise<BackupManifest> {
  assertEmptyTarget(to);
  const createdAt = new Date().toISOString();
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const [logCopy, vaultCopy] = [join(to, logFile), join(to, vaultFile)];
  try {
    await copyDatabase(log, logCopy);
    await copyDatabase(vault, vaultCopy);
    await assertKeysPresent(logCopy, vaultCopy);
    const manifest = await describe(logCopy, vaultCopy, createdAt);
    writeManifest(to, manifest);
    return manifest;
  } catch (fault) {
    for (const copy of [logCopy, vaultCopy]) rmSync(copy, { force: true });
    throw fault;
  }
}

export interface RestoreOptions {
  /** A folder that `backupLedger` filled. */
  readonly from: string;
  /** The new data folder: empty or not there yet, and no mount point. */
  readonly to: string;
  /** The list of shredded keys, kept outside the backup; an empty file where nothing was ever erased. */
  readonly erasures: string | undefined;
  readonly masterKey: Uint8Array;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** Lines of the list, all of them applied. */
  readonly replayed: number;
  /** Tombstones of the backup that the list did not name: more than none means that it is not the latest list. */
  readonly unlisted: number;
}

/**
 * Puts a verified backup in place with every erasure since applied, or leaves nothing there.
 * Throws `BackupFault`, and `VaultFault` with ERASURES_MISSING, ERASURES_BROKEN or MASTER_KEY_WRONG.
 */
export async function restoreLedger({ from, to, erasures, masterKey }: RestoreOptions): Promise<Restored> {
  if (erasures === undefined) throw new VaultFault('ERASURES_MISSING', 'a restore needs the list of erasures');
  const listed = new Set(readErasures(erasures).map(({ keyId }) => keyId));
  const manifest = readManifest(from);
  const target = resolve(to);
  assertEmptyTarget(target);

  // A name that a later attempt finds and clears: what a crash leaves here holds keys that were to be shredded.
  const staging = `${target}.restoring`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  try {
    const [log, vault, list] = [join(staging, logFile), join(staging, vaultFile), join(staging, erasuresFile)];
    await copyFile(join(from, logFile), log, constants.COPYFILE_FICLONE).catch(whereMissing);
    await copyFile(join(from, vaultFile), vault, constants.COPYFILE_FICLONE).catch(whereMissing);
    // The copies are looked at, not their sources: they are what will be in place.
    await assertUnchanged(log, manifest.log);
    await assertUnchanged(vault, manifest.vault);
    await assertKeysPresent(log, vault);
    await copyFile(erasures, list);

    const replayed = await replayOnto(vault, list, erasures, masterKey);
    const unlisted = readErasures(list).filter(({ keyId }) => !listed.has(keyId)).length;

    for (const file of [log, vault, list]) syncFile(file);
    syncFolder(staging);
    putInPlace(staging, target);
    return { manifest, replayed, unlisted };
  } catch (fault) {
    rmSync(staging, { recursive: true, force: true });
    throw fault;
  }
}

/** Taken in several steps, the copy of a file in use would start over at every commit of the writer. */
const allPages = 2 ** 31 - 1;

async function copyDatabase(source: string, copy: string): Promise<void> {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(source, { readOnly: true, timeout: 5000 });
    await backup(db, copy, { rate: allPages });
  } catch (error) {
    throw new BackupFault('SOURCE_UNREADABLE', `cannot copy ${source}`, { source }, { cause: error });
  } finally {
    db?.close();
  }
  syncFile(copy);
}

async function describe(logCopy: string, vaultCopy: string, createdAt: string): Promise<BackupManifest> {
  const { head, events } = count(logCopy, 'SELECT coalesce(max(position), 0) AS head, count(*) AS events FROM event', [
    'head',
    'events',
  ]);
  const vaultCounts = count(
    vaultCopy,
    'SELECT (SELECT count(*) FROM data_key WHERE shredded = 0) AS keys, (SELECT count(*) FROM tombstone) AS tombstones',
    ['keys', 'tombstones'],
  );
  return {
    format: backupFormat,
    createdAt,
    log: { ...(await fingerprint(logCopy)), head: String(head), events },
    vault: { ...(await fingerprint(vaultCopy)), ...vaultCounts },
  };
}

function writeManifest(folder: string, manifest: BackupManifest): void {
  const draft = join(folder, `${manifestFile}.draft`);
  writeFileSync(draft, `${JSON.stringify(manifest, null, 2)}\n`);
  syncFile(draft);
  renameSync(draft, join(folder, manifestFile));
  syncFolder(folder);
  syncFolderOf(resolve(folder));
}

function count<K extends string>(copy: string, sql: string, columns: readonly K[]): Record<K, number> {
  const db = openCopy(copy);
  try {
    const row = db.prepare(sql).get();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for every column asked for
    return Object.fromEntries(columns.map((column) => [column, Number(row?.[column])])) as Record<K, number>;
  } finally {
    db.close();
  }
}

/** Opening applies the list already, under the ids that it names; replaying holds the vault to it. */
async function replayOnto(path: string, erasuresPath: string, erasures: string, masterKey: Uint8Array): Promise<number> {
  const vault = await openSqliteKeyVault({ path, masterKey, erasuresPath });
  try {
    return await replayErasures(vault, erasures);
  } finally {
    await vault.close();
  }
}

/** A missing file is told by its hash, with the facts. */
function whereMissing(error: unknown): void {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== 'ENOENT') throw error;
}

function putInPlace(staging: string, target: string): void {
  try {
    // Elsewhere than on POSIX, a folder is not renamed over an empty one.
    if (existsSync(target)) rmdirSync(target);
    renameSync(staging, target);
  } catch (error) {
    throw new BackupFault('TARGET_UNUSABLE', `cannot put the restored folder at ${target}`, { target }, { cause: error });
  }
  syncFolderOf(target);
}
