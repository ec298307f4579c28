import { createHmac, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import type { Purpose } from '../../kernel/purposes.ts';
import type { DataKey, KeyState, KeyVault, ShreddedKey } from '../../ports/key-vault.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import type { Minted, Wanted } from './key-vault-protocol.ts';
import { toKeyRow } from './key-vault-rows.ts';
import type { KeyRow } from './key-vault-rows.ts';
import { openingFault, readSecret } from './key-vault-schema.ts';
import { VaultThread } from './key-vault-thread.ts';
import { unwrapKey, wrappingKey } from './key-wrap.ts';
import { Lru } from './lru.ts';

export type SqliteKeyVaultOptions = {
  /** The database; created where it is missing, in a folder that exists. `-wal` and `-shm` files stand beside it. */
  readonly path: string;
  /** 32 bytes (`loadMasterKey`). */
  readonly masterKey: Uint8Array;
} & (
  | { readonly readOnly: true; readonly erasuresPath?: string }
  /** The list of shredded keys; belongs on another disk than any backup. */
  | { readonly readOnly?: false; readonly erasuresPath: string }
);

/** Unwrapped keys kept in memory, about 200 bytes each. */
const cachedKeys = 50_000;
/** Keys in one commit, at most. */
const batchKeys = 4_096;

/**
 * Keys in a SQLite file, wrapped by the master key. Minting and shredding run in a thread of their own, finding on the calling thread.
 * A vault serves one thread; others (a projector) open it `readOnly`, where `obtain` answers keys that exist and else throws VAULT_READ_ONLY.
 * What any of them shreds, the others stop serving at once. Throws MASTER_KEY_WRONG, VAULT_MISSING, VAULT_FOREIGN, VAULT_NEWER, ERASURES_BROKEN.
 */
export async function openSqliteKeyVault(options: SqliteKeyVaultOptions): Promise<KeyVault> {
  const { path, masterKey } = options;
  const thread = options.readOnly ? null : await VaultThread.start({ path, masterKey, erasuresPath: options.erasuresPath });
  try {
    return new SqliteKeyVault(path, wrappingKey(masterKey), thread);
  } catch (fault) {
    await thread?.close();
    throw fault;
  }
}

interface Minting extends Wanted {
  readonly answer: Promise<DataKey | 'erased'>;
  readonly resolve: (key: DataKey | 'erased') => void;
  readonly reject: (fault: unknown) => void;
}

class SqliteKeyVault implements KeyVault {
  readonly #db: DatabaseSync;
  readonly #masterKey: KeyObject;
  readonly #thread: VaultThread | null;
  readonly #hmacSecret: KeyObject;
  readonly #byId: StatementSync;
  readonly #bySubject: StatementSync;
  readonly #dataVersion: StatementSync;
  readonly #buriedAfter: StatementSync;
  readonly #cache = new Lru<string, DataKey>(cachedKeys);
  #seenVersion = -1;
  #seenTombstone: number;
  #queued = new Map<string, Minting>();
  #flying: ReadonlyMap<string, Minting> = new Map();
  #flight: Promise<void> | null = null;
  readonly #shredding = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  constructor(path: string, masterKey: KeyObject, thread: VaultThread | null) {
    this.#masterKey = masterKey;
    this.#thread = thread;
    this.#db = openForReading(path);
    try {
      this.#hmacSecret = createSecretKey(readSecret(this.#db, masterKey, path));
      this.#byId = this.#db.prepare('SELECT * FROM data_key WHERE key_id = ?');
      this.#bySubject = this.#db.prepare('SELECT * FROM data_key WHERE subject_id = ? AND purpose = ?');
      this.#dataVersion = this.#db.prepare('PRAGMA data_version');
      this.#buriedAfter = this.#db.prepare('SELECT number, key_id FROM tombstone WHERE number > ? ORDER BY number');
      this.#seenTombstone = Number(this.#db.prepare('SELECT max(number) AS last FROM tombstone').get()?.['last'] ?? 0);
    } catch (fault) {
      this.#db.close();
      throw fault;
    }
  }

  async obtain(subjectId: string, purpose: Purpose): Promise<DataKey | 'erased'> {
    this.#assertOpen();
    const row = this.#bySubject.get(subjectId, purpose);
    if (row !== undefined) return this.#open(toKeyRow(row));
    if (this.#thread === null) throw new VaultFault('VAULT_READ_ONLY', 'this vault was opened for reading');
    const place = `${purpose} ${subjectId}`;
    return (this.#flying.get(place) ?? this.#queued.get(place) ?? this.#enqueue(place, subjectId, purpose)).answer;
  }

  find(keyId: string): KeyState {
    this.#assertOpen();
    this.#forgetShredded();
    const cached = this.#cache.get(keyId);
    if (cached !== undefined) return cached;
    const row = this.#byId.get(keyId);
    return row === undefined ? 'absent' : this.#open(toKeyRow(row));
  }

  async shred(subjectId: string, purposes: readonly Purpose[]): Promise<readonly ShreddedKey[]> {
    this.#assertOpen();
    if (this.#thread === null) throw new VaultFault('VAULT_READ_ONLY', 'this vault was opened for reading');
    const shredding = this.#thread.shred(subjectId, purposes);
    this.#shredding.add(shredding);
    try {
      return await shredding;
    } finally {
      this.#shredding.delete(shredding);
    }
  }

  hmac(domain: string, text: string): string {
    this.#assertOpen();
    // The length keeps apart what would run together: ('ab', 'c') and ('a', 'bc').
    return createHmac('sha256', this.#hmacSecret).update(`${domain.length}:${domain}:${text}`).digest('base64url').slice(0, 32);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#flight !== null) await this.#flight;
    await Promise.allSettled(this.#shredding);
    // The reader first: the last connection to close writes the log back and removes its files, which a reader cannot.
    this.#db.close();
    await this.#thread?.close();
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new VaultFault('VAULT_CLOSED', 'the key vault is closed');
  }

  /** The tombstones since the last look, after any commit by whomever: two cheap reads in place of a clock that says how stale a key may be. */
  #forgetShredded(): void {
    const version = Number(this.#dataVersion.get()?.['data_version']);
    if (version === this.#seenVersion) return;
    for (const row of this.#buriedAfter.iterate(this.#seenTombstone)) {
      this.#cache.delete(String(row['key_id']));
      this.#seenTombstone = Number(row['number']);
    }
    this.#seenVersion = version;
  }

  /** Caches only what was read just now on this connection: what a message brought may have been shredded since. */
  #open(row: KeyRow): DataKey | 'erased' {
    const { keyId, subjectId, purpose } = row;
    if (row.shredded) return 'erased';
    const cached = this.#cache.get(keyId);
    if (cached !== undefined) return cached;
    const key = unwrapKey(row, this.#masterKey, [keyId, subjectId, purpose]);
    if (key === null) throw new VaultFault('KEY_BROKEN', `${keyId} does not unwrap`, { keyId });
    const dataKey: DataKey = { keyId, key };
    this.#cache.set(keyId, dataKey);
    return dataKey;
  }

  #enqueue(place: string, subjectId: string, purpose: Purpose): Minting {
    const { promise: answer, resolve, reject } = Promise.withResolvers<DataKey | 'erased'>();
    const minting: Minting = { subjectId, purpose, answer, resolve, reject };
    this.#queued.set(place, minting);
    this.#flight ??= this.#fly();
    return minting;
  }

  /** Whatever queued while the last commit ran shares the next one. */
  async #fly(): Promise<void> {
    // Lets everybody who asks in this turn come along.
    await Promise.resolve();
    while (this.#queued.size > 0) {
      const batch = [...this.#queued].slice(0, batchKeys);
      this.#flying = new Map(batch);
      if (batch.length === this.#queued.size) this.#queued = new Map();
      else for (const [place] of batch) this.#queued.delete(place);
      await this.#mint(batch.map(([, minting]) => minting));
    }
    this.#flight = null;
  }

  async #mint(batch: readonly Minting[]): Promise<void> {
    const wanted = batch.map(({ subjectId, purpose }) => ({ subjectId, purpose }));
    const minted = await this.#thread!.mint(wanted).catch((fault: unknown) => ({ fault }));
    // Before anybody is answered: whoever then asks again, after a fault, must not be given this answer.
    this.#flying = new Map();
    for (const [place, minting] of batch.entries()) {
      if ('fault' in minted) minting.reject(minted.fault);
      else minting.resolve(keyAt(minted, place));
    }
  }
}

function keyAt({ keyIds, keys }: Minted, place: number): DataKey | 'erased' {
  const keyId = keyIds[place];
  return keyId ? { keyId, key: keys.subarray(32 * place, 32 * place + 32) } : 'erased';
}

function openForReading(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db?.close();
    throw openingFault(error, path);
  }
}
