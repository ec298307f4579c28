import { randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { VaultFault } from '../../ports/vault-fault.ts';
import { unwrapKey, wrapKey } from './key-wrap.ts';

const schemaVersion = 1;
const applicationId = 0x6b767431;

// Wrapped keys stand in rows that are only ever appended and never change size: SQLite then copies them to no second page,
// and overwriting one in place leaves nothing of it in the file. So no row of data_key is deleted, grown or given a number.
const tables = `
  CREATE TABLE vault_secret (
    name TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL,
    commitment BLOB NOT NULL
  ) STRICT;
  CREATE TABLE data_key (
    number INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    subject_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    shredded INTEGER NOT NULL CHECK (shredded IN (0, 1)),
    wrapped BLOB NOT NULL,
    commitment BLOB NOT NULL,
    UNIQUE (subject_id, purpose)
  ) STRICT;
  CREATE TABLE tombstone (
    number INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    subject_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    shredded_at TEXT NOT NULL
  ) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** Creates tables and the HMAC secret in an empty file, both or none. The caller holds the write lock. */
export function createSchema(db: DatabaseSync, masterKey: KeyObject): void {
  db.exec(tables);
  const { wrapped, commitment } = wrapKey(randomBytes(32), masterKey, ['secret', 'hmac']);
  db.prepare(`INSERT INTO vault_secret (name, wrapped, commitment) VALUES ('hmac', ?, ?)`).run(wrapped, commitment);
}

export const isEmpty = (db: DatabaseSync): boolean =>
  Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']) === 0;

/** The HMAC secret, which proves the master key, too. Throws VAULT_FOREIGN, VAULT_NEWER or MASTER_KEY_WRONG. */
export function readSecret(db: DatabaseSync, masterKey: KeyObject, path: string): Uint8Array {
  if (pragma(db, 'application_id') !== applicationId)
    throw new VaultFault('VAULT_FOREIGN', `${path} is not a key vault`, { path });
  const version = pragma(db, 'user_version');
  if (version > schemaVersion) {
    throw new VaultFault('VAULT_NEWER', `${path} has schema ${version}, this release knows up to ${schemaVersion}`, {
      path,
      version,
    });
  }
  const row = db.prepare(`SELECT wrapped, commitment FROM vault_secret WHERE name = 'hmac'`).get();
  const { wrapped, commitment } = row ?? {};
  const secret =
    wrapped instanceof Uint8Array && commitment instanceof Uint8Array
      ? unwrapKey({ wrapped, commitment }, masterKey, ['secret', 'hmac'])
      : null;
  if (secret === null) throw new VaultFault('MASTER_KEY_WRONG', `the master key does not open ${path}`, { path });
  return secret;
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** Names what went wrong while a vault's file was opened. */
export function openingFault(error: unknown, path: string): unknown {
  if (error instanceof VaultFault) return error;
  const foreign = String(error).includes('not a database');
  return new VaultFault(foreign ? 'VAULT_FOREIGN' : 'VAULT_MISSING', `cannot open ${path}`, { path }, { cause: error });
}
