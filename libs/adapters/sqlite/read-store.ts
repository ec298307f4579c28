import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ReadQueries, ReadStore, ReadWrites, Value } from '../../ports/read-store.ts';
import { StoreFault } from '../../ports/store-fault.ts';
import { asStoreFault, sqliteBusy, sqliteCode } from './sqlite-fault.ts';

export interface SqliteReadStoreOptions {
  /** A file, created where it is missing in a folder that exists, or `:memory:`. */
  readonly path: string;
  /** For queries on another thread than the projector's. */
  readonly readOnly?: boolean;
  /** Overwrites what is deleted, keeps sorting in memory, and lets `scrub` destroy what page splits left behind: for data in the clear. */
  readonly clearText?: boolean;
}

export interface SqliteReadStore extends Required<ReadStore> {
  /** Drops this handle as a crash would, rolls back what is open, and hands over the database: what was committed stays. For simulations. */
  abandon(): DatabaseSync;
}

/** Throws STORE_MISSING where a file to be read does not exist. */
export function openSqliteReadStore({ path, readOnly = false, clearText = false }: SqliteReadStoreOptions): SqliteReadStore {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(path, { readOnly, timeout: busyMs });
  } catch (error) {
    throw readOnly ? new StoreFault('STORE_MISSING', `there are no views at ${path}`, { cause: error }) : asStoreFault(error);
  }
  try {
    return sqliteReadStoreOver(db, { readOnly, clearText });
  } catch (error) {
    db.close();
    throw asStoreFault(error);
  }
}

/** Over a database that is open already: a simulated restart finds what was committed in memory. */
export function sqliteReadStoreOver(
  db: DatabaseSync,
  { readOnly = false, clearText = false }: Omit<SqliteReadStoreOptions, 'path'> = {},
): SqliteReadStore {
  if (db.isTransaction) db.exec('ROLLBACK');
  if (!readOnly) {
    // NORMAL loses the last commits with the power at most, rows and checkpoint alike: folding again repairs it.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16000');
    if (clearText) db.exec('PRAGMA secure_delete = ON');
  }
  db.exec(`PRAGMA cache_size = -${readOnly ? 32 : 64}000; PRAGMA temp_store = MEMORY`);
  return new Store(db, clearText);
}

/** What the disk or the file did, as against what a statement got wrong. */
const faultsOfStore = new Set([sqliteBusy, 6, 7, 8, 10, 11, 13, 14, 15, 26]);
const thrown = (error: unknown): unknown => (faultsOfStore.has(sqliteCode(error) ?? -1) ? asStoreFault(error) : error);

/** Columns declared BIGINT are read as bigint; where there are others beside them, those are brought back to number. */
interface Prepared {
  readonly statement: StatementSync;
  readonly narrow: readonly string[];
}

const preparedLimit = 300;
const busyMs = 5_000;

class Store implements SqliteReadStore {
  readonly #db: DatabaseSync;
  readonly #clearText: boolean;
  readonly #prepared = new Map<string, Prepared>();
  #turn: Promise<unknown> = Promise.resolve();
  #open = true;
  #absorbing = false;
  /** No commit since the file was last written anew. */
  #rewritten = false;

  constructor(db: DatabaseSync, clearText: boolean) {
    this.#db = db;
    this.#clearText = clearText;
  }

  snapshot<T>(read: (db: ReadQueries) => Promise<T>): Promise<T> {
    return this.#alone(() => this.#between('BEGIN', read));
  }

  transaction<T>(write: (db: ReadWrites) => Promise<T>): Promise<T> {
    return this.#alone(() => {
      this.#rewritten = false;
      return this.#between('BEGIN IMMEDIATE', write);
    });
  }

  absorb(
    file: string,
    tables: readonly (readonly [there: string, here: string])[],
    alongside: (db: ReadWrites) => Promise<void>,
  ): Promise<void> {
    return this.#alone(async () => {
      this.#assertOpen();
      this.#rewritten = false;
      try {
        this.#db.prepare('ATTACH ? AS absorbed').run(file);
      } catch (error) {
        throw thrown(error);
      }
      this.#absorbing = true;
      try {
        await this.#between('BEGIN IMMEDIATE', async (db) => {
          await alongside(db);
          for (const [there, here] of tables) this.#db.exec(`INSERT INTO main.${here} SELECT * FROM absorbed.${there}`);
        });
      } finally {
        // Who abandoned this handle has detached it.
        if (this.#open) this.#db.exec('DETACH absorbed');
        this.#absorbing = false;
      }
    });
  }

  /**
   * secure_delete overwrites deleted cells, but not the copies that splitting a page leaves in its gaps (about one name in a hundred was found again):
   * so the file is written anew, and the log that carried the rows is cut.
   */
  scrub(): Promise<boolean> {
    return this.#alone(async () => {
      this.#assertOpen();
      // Who is in the way may stay long: the next try is the caller's, and nothing waits here meanwhile.
      this.#db.exec('PRAGMA busy_timeout = 0');
      try {
        if (this.#clearText && !this.#rewritten) this.#db.exec('VACUUM');
        this.#rewritten = true;
        const cut = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
        return cut?.['busy'] === 0;
      } catch (error) {
        if (sqliteCode(error) === sqliteBusy) return false;
        throw thrown(error);
      } finally {
        this.#db.exec(`PRAGMA busy_timeout = ${busyMs}`);
      }
    });
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    await this.#alone(async () => {
      if (!this.#open) return;
      this.#open = false;
      this.#prepared.clear();
      this.#db.close();
    });
  }

  abandon(): DatabaseSync {
    this.#open = false;
    this.#prepared.clear();
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    if (this.#absorbing) this.#db.exec('DETACH absorbed');
    return this.#db;
  }

  /** A connection knows one transaction: who comes second waits for the first to end. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#open) return Promise.reject(new StoreFault('STORE_CLOSED', 'the views were closed'));
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #between<T>(begin: string, work: (db: ReadWrites) => Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      this.#db.exec(begin);
    } catch (error) {
      throw thrown(error);
    }
    const access = new Access((sql) => this.#prepare(sql));
    try {
      const result = await work(access);
      access.end();
      this.#assertOpen();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      access.end();
      // A full disk has rolled back by itself.
      if (this.#open && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw thrown(error);
    }
  }

  #assertOpen(): void {
    if (!this.#open) throw new StoreFault('STORE_CLOSED', 'the views were closed');
  }

  #prepare(sql: string): Prepared {
    this.#assertOpen();
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const statement = this.#db.prepare(sql);
      const columns = statement.columns();
      const wide = columns.some(({ type }) => type === 'BIGINT');
      if (wide) statement.setReadBigInts(true);
      const narrow = wide ? columns.filter(({ type }) => type !== 'BIGINT' && type !== 'TEXT').map(({ name }) => name) : [];
      prepared = { statement, narrow };
      if (this.#prepared.size >= preparedLimit) this.#prepared.clear();
      // Altering or dropping a table makes SQLite compile anew, but what was learned of its columns would be old: DDL is not kept.
      if (columns.length > 0 || /^\s*(INSERT|UPDATE|DELETE)/.test(sql)) this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

/** Reading and writing inside one transaction; of no use after it. */
class Access implements ReadWrites {
  readonly #prepare: (sql: string) => Prepared;
  #ended = false;

  constructor(prepare: (sql: string) => Prepared) {
    this.#prepare = prepare;
  }

  end(): void {
    this.#ended = true;
  }

  async all<R extends object>(sql: string, params: readonly Value[] = []): Promise<readonly R[]> {
    const { statement, narrow } = this.#use(sql);
    return rows<R>(statement.all(...params), narrow);
  }

  async get<R extends object>(sql: string, params: readonly Value[] = []): Promise<R | undefined> {
    return (await this.all<R>(sql, params))[0];
  }

  async each(sql: string, params: readonly Value[], visit: (row: Readonly<Record<string, Value>>) => void): Promise<void> {
    const { statement, narrow } = this.#use(sql);
    for (const found of statement.iterate(...params)) for (const row of rows<Record<string, Value>>([found], narrow)) visit(row);
  }

  async run(sql: string, params: readonly Value[] = []): Promise<number> {
    return Number(this.#use(sql).statement.run(...params).changes);
  }

  async runMany(sql: string, batch: readonly (readonly Value[])[]): Promise<number> {
    const { statement } = this.#use(sql);
    let changed = 0;
    for (const params of batch) changed += Number(statement.run(...params).changes);
    return changed;
  }

  #use(sql: string): Prepared {
    if (this.#ended) throw new StoreFault('STORE_CLOSED', 'this transaction has ended');
    return this.#prepare(sql);
  }
}

function rows<R extends object>(found: unknown[], narrow: readonly string[]): R[] {
  if (narrow.length > 0) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows of node:sqlite are records
    for (const row of found as Record<string, unknown>[]) {
      for (const name of narrow) if (typeof row[name] === 'bigint') row[name] = Number(row[name]);
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every caller names what its SELECT lists
  return found as R[];
}
