import { randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Purpose } from '../../kernel/purposes.ts';
import type { ShreddedKey } from '../../ports/key-vault.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import { syncFile } from './durable-file.ts';
import { appendErasures, readErasures } from './erasures.ts';
import type { Minted, VaultWriterOptions, Wanted } from './key-vault-protocol.ts';
import { createSchema, isEmpty, openingFault, readSecret } from './key-vault-schema.ts';
import { isPurpose, toKeyRow } from './key-vault-rows.ts';
import type { KeyRow } from './key-vault-rows.ts';
import { commitmentBytes, unwrapKey, wrapKey, wrappedBytes, wrappingKey } from './key-wrap.ts';

const lockPatienceMs = 5_000;
/** How long shredding waits for readers that hold on to the write-ahead log, a backup of the vault for one. */
const walPatienceMs = 30_000;
const walRetryMs = 20;

/**
 * The vault's writing connection: everything durable happens here, one transaction after the other.
 *
 * Shredding writes the line of erasures.jsonl first and commits second, under one write lock. A crash between the two leaves a line
 * whose key still lives; the next opening, or a repeat of the shredding, completes it. The other order could lose the line with the
 * vault intact, and a later restore would bring the key back.
 */
export class VaultWriter {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #erasuresPath: string;
  readonly #masterKey: KeyObject;
  readonly #listed = new Listed();
  readonly #insert: StatementSync;
  readonly #bySubject: StatementSync;
  readonly #overwrite: StatementSync;
  readonly #bury: StatementSync;

  /** Throws the faults of opening; afterwards vault and erasures.jsonl tell the same. */
  constructor({ path, erasuresPath, masterKey }: VaultWriterOptions) {
    this.#path = path;
    this.#erasuresPath = erasuresPath;
    this.#masterKey = wrappingKey(masterKey);
    // What a killed process had written but not synced is readable again, and would be answered as durable.
    if (existsSync(`${path}-wal`)) syncFile(`${path}-wal`);
    this.#db = openForWriting(path, this.#masterKey);
    try {
      this.#transact(() => {
        if (isEmpty(this.#db)) createSchema(this.#db, this.#masterKey);
        readSecret(this.#db, this.#masterKey, path);
      });
      this.#insert = this.#db.prepare(
        `INSERT INTO data_key (key_id, subject_id, purpose, shredded, wrapped, commitment) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (subject_id, purpose) DO NOTHING`,
      );
      this.#bySubject = this.#db.prepare('SELECT * FROM data_key WHERE subject_id = ? AND purpose = ?');
      this.#overwrite = this.#db.prepare(
        `UPDATE data_key SET shredded = 1, wrapped = zeroblob(${wrappedBytes}), commitment = zeroblob(${commitmentBytes}) WHERE key_id = ?`,
      );
      this.#bury = this.#db.prepare('INSERT INTO tombstone (key_id, subject_id, purpose, shredded_at) VALUES (?, ?, ?, ?)');
      this.#transact(() => this.#reconcile());
      // A crash may have cut off an earlier truncation; whoever asked for it was not answered and asks again.
      this.#truncateWal();
    } catch (fault) {
      this.#db.close();
      throw fault;
    }
  }

  /** One transaction for all: every key is on disk when this returns. */
  mint(wanted: readonly Wanted[]): Minted {
    const keyIds: string[] = [];
    const keys = Buffer.alloc(32 * wanted.length);
    this.#transact(() => {
      for (const [place, { subjectId, purpose }] of wanted.entries()) {
        const keyId = newKeyId();
        const key = randomBytes(32);
        const { wrapped, commitment } = wrapKey(key, this.#masterKey, [keyId, subjectId, purpose]);
        const inserted = this.#insert.run(keyId, subjectId, purpose, 0, wrapped, commitment).changes === 1;
        const minted = inserted ? { keyId, key } : this.#known(subjectId, purpose);
        keyIds.push(minted.keyId);
        keys.set(minted.key, 32 * place);
      }
    });
    return { keyIds, keys };
  }

  /** Answers when neither the database nor its write-ahead log holds the keys any more. Throws WAL_HELD after half a minute. */
  async shred(subjectId: string, purposes: readonly Purpose[]): Promise<readonly ShreddedKey[]> {
    const shredded = this.#transact(() => {
      const dying = [...new Set(purposes)].map((purpose) => ({ keyId: this.#dyingId(subjectId, purpose), subjectId, purpose }));
      this.#list(dying);
      for (const key of dying) this.#destroy(key);
      return dying;
    });
    for (const deadline = Date.now() + walPatienceMs; !this.#truncateWal(); await sleep(walRetryMs)) {
      if (Date.now() > deadline)
        throw new VaultFault('WAL_HELD', `a reader of ${this.#path} holds its write-ahead log`, { path: this.#path });
    }
    return shredded;
  }

  close(): void {
    this.#db.close();
  }

  #known(subjectId: string, purpose: Purpose): { readonly keyId: string; readonly key: Uint8Array } {
    const row = this.#row(subjectId, purpose);
    if (row === null || row.shredded) return { keyId: '', key: new Uint8Array(32) };
    const key = unwrapKey(row, this.#masterKey, [row.keyId, subjectId, purpose]);
    if (key === null) throw new VaultFault('KEY_BROKEN', `${row.keyId} does not unwrap`, { keyId: row.keyId });
    return { keyId: row.keyId, key };
  }

  #dyingId(subjectId: string, purpose: Purpose): string {
    return this.#row(subjectId, purpose)?.keyId ?? this.#listed.idOf(subjectId, purpose) ?? newKeyId();
  }

  #list(erasures: readonly ShreddedKey[]): void {
    const unlisted = erasures.filter(({ keyId }) => !this.#listed.has(keyId));
    if (unlisted.length === 0) return;
    appendErasures(this.#erasuresPath, unlisted);
    for (const erasure of unlisted) this.#listed.add(erasure);
  }

  /** Overwrites the wrapped key; one that was never minted gets its row, so that it never will be. */
  #destroy({ keyId, subjectId, purpose }: ShreddedKey): void {
    const row = this.#row(subjectId, purpose);
    if (row?.shredded) return;
    if (row === null) {
      this.#insert.run(keyId, subjectId, purpose, 1, new Uint8Array(wrappedBytes), new Uint8Array(commitmentBytes));
    } else this.#overwrite.run(keyId);
    this.#bury.run(keyId, subjectId, purpose, new Date().toISOString());
  }

  /** Completes what a crash or a restore left half: keys that are listed but live, tombstones that are not listed. */
  #reconcile(): void {
    if (existsSync(this.#erasuresPath)) syncFile(this.#erasuresPath);
    // Takes away a line that was cut off, creates a missing file.
    appendErasures(this.#erasuresPath, []);
    for (const erasure of readErasures(this.#erasuresPath)) {
      this.#listed.add(erasure);
      const { keyId, subjectId, purpose } = erasure;
      const row = this.#row(subjectId, purpose);
      if (row === null) this.#assertFree(keyId);
      this.#destroy({ keyId: row?.keyId ?? keyId, subjectId, purpose });
    }
    const unlisted: ShreddedKey[] = [];
    for (const row of this.#db.prepare('SELECT key_id, subject_id, purpose FROM tombstone ORDER BY number').iterate()) {
      const [keyId, subjectId, purpose] = [String(row['key_id']), String(row['subject_id']), row['purpose']];
      if (isPurpose(purpose) && !this.#listed.has(keyId)) unlisted.push({ keyId, subjectId, purpose });
    }
    this.#list(unlisted);
  }

  #assertFree(keyId: string): void {
    if (this.#db.prepare('SELECT 1 FROM data_key WHERE key_id = ?').get(keyId) === undefined) return;
    throw new VaultFault('ERASURES_BROKEN', `${keyId} is the key of somebody else in this vault`, {
      path: this.#erasuresPath,
      keyId,
    });
  }

  #row(subjectId: string, purpose: Purpose): KeyRow | null {
    const row = this.#bySubject.get(subjectId, purpose);
    return row === undefined ? null : toKeyRow(row);
  }

  /** False where a reader stands in the way. */
  #truncateWal(): boolean {
    // Waiting inside SQLite would hold up minting.
    this.#db.exec('PRAGMA busy_timeout = 0');
    const answer = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    this.#db.exec(`PRAGMA busy_timeout = ${lockPatienceMs}`);
    return answer?.['busy'] === 0;
  }

  #transact<T>(act: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = act();
      this.#db.exec('COMMIT');
      return result;
    } catch (fault) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw fault;
    }
  }
}

/** What stands in erasures.jsonl. */
class Listed {
  readonly #keyIds = new Set<string>();
  readonly #idBySubject = new Map<string, string>();

  add({ keyId, subjectId, purpose }: ShreddedKey): void {
    this.#keyIds.add(keyId);
    this.#idBySubject.set(`${purpose} ${subjectId}`, keyId);
  }

  has(keyId: string): boolean {
    return this.#keyIds.has(keyId);
  }

  idOf(subjectId: string, purpose: Purpose): string | undefined {
    return this.#idBySubject.get(`${purpose} ${subjectId}`);
  }
}

function openForWriting(path: string, masterKey: KeyObject): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: lockPatienceMs });
    // A file that is not ours is refused before anything is changed in it.
    if (!isEmpty(db)) readSecret(db, masterKey, path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    return db;
  } catch (error) {
    db?.close();
    throw openingFault(error, path);
  }
}

/** Sorts roughly by time, so that a run's keys stand together in the index; the other ten bytes are random. */
function newKeyId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  return bytes.toString('base64url');
}
