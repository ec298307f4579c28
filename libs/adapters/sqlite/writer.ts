import { closeSync, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreFault } from '../../ports/store-fault.ts';
import { prepareSchema } from './event-schema.ts';
import { asStoreFault, isObject, sqliteBusy, sqliteCode } from './sqlite-fault.ts';
import {
  answerWidth,
  appended,
  conflicted,
  repeated,
  type Batch,
  type Committed,
  type Failed,
  type WriterOptions,
  type WriterSettings,
} from './writer-protocol.ts';

const cachedHeads = 100_000;

/** The one writing connection. Synchronous: it lives in a thread of its own. */
export class Writer {
  readonly #lock: DatabaseSync;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #lastRevision: StatementSync;
  readonly #idAt: StatementSync;
  readonly #lastEvent: StatementSync;
  /** Last revision of recently used streams, -1 for none. Only this connection writes, so it cannot go stale. */
  readonly #heads = new Map<string, number>();
  #position = 0;
  #recordedAt = 0;
  #broken: Failed | undefined;

  /** Throws STORE_IN_USE, STORE_NEWER or STORE_FOREIGN. */
  constructor({ path, maxBytes }: WriterOptions) {
    this.#lock = holdLock(path);
    syncLeftovers(`${path}-wal`);
    this.#db = new DatabaseSync(path, { timeout: 5000 });
    try {
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
      prepareSchema(this.#db);
      if (maxBytes !== undefined) this.#db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / this.#pragma('page_size'))}`);
      this.#insert = this.#db.prepare(
        'INSERT INTO event (position, stream, revision, id, type, recorded_at, json) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      this.#lastRevision = this.#db.prepare('SELECT max(revision) AS revision FROM event WHERE stream = ?');
      this.#idAt = this.#db.prepare('SELECT id, position FROM event WHERE stream = ? AND revision = ?');
      this.#lastEvent = this.#db.prepare('SELECT position, recorded_at FROM event ORDER BY position DESC LIMIT 1');
      this.#reload();
    } catch (error) {
      this.#db.close();
      this.#lock.close();
      throw asStoreFault(error);
    }
  }

  /** Stores what can be stored of a batch in one commit. A conflict fails its own append alone. */
  commit(batch: Batch): Committed | Failed {
    if (this.#broken) return this.#broken;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const answers = this.#write(batch);
      this.#db.exec('COMMIT');
      return { kind: 'committed', answers };
    } catch (error) {
      return this.#recover(error);
    }
  }

  settings(): WriterSettings {
    return {
      journalMode: String(this.#db.prepare('PRAGMA journal_mode').get()?.['journal_mode']),
      synchronous: this.#pragma('synchronous'),
    };
  }

  close(): void {
    this.#db.close();
    this.#lock.close();
  }

  #write(batch: Batch): Float64Array {
    this.#recordedAt = Math.max(this.#recordedAt, batch.now);
    const recordedAt = new Date(this.#recordedAt).toISOString();
    const answers = new Float64Array(batch.streams.length * answerWidth);
    let at = 0;
    for (let i = 0; i < batch.streams.length; i++) {
      const stream = batch.streams[i]!;
      const count = batch.counts[i]!;
      const expected = batch.expected[i]!;
      const head = this.#head(stream);
      let outcome = appended;
      let revision = head;
      let position = 0;
      if (head === expected) {
        for (let k = at; k < at + count; k++) {
          this.#insertRow(++this.#position, stream, ++revision, batch.ids[k]!, batch.types[k]!, recordedAt, batch.jsons[k]!);
        }
        position = this.#position;
        this.#heads.set(stream, revision);
      } else {
        const first = this.#firstResult(stream, expected, batch.ids, at, count);
        outcome = first === undefined ? conflicted : repeated;
        if (first !== undefined) {
          revision = expected + count;
          position = first;
        }
      }
      answers[i * answerWidth] = outcome;
      answers[i * answerWidth + 1] = revision;
      answers[i * answerWidth + 2] = position;
      at += count;
    }
    return answers;
  }

  #insertRow(
    position: number,
    stream: string,
    revision: number,
    id: string,
    type: string,
    recordedAt: string,
    json: string,
  ): void {
    const { changes } = this.#insert.run(position, stream, revision, id, type, recordedAt, json);
    if (changes !== 1) throw new StoreFault('STORE_BROKEN', `an insert at position ${position} wrote ${changes} rows`);
  }

  #head(stream: string): number {
    const known = this.#heads.get(stream);
    if (known !== undefined) return known;
    const head = Number(this.#lastRevision.get(stream)?.['revision'] ?? -1);
    if (this.#heads.size >= cachedHeads) this.#heads.clear();
    this.#heads.set(stream, head);
    return head;
  }

  /** Position of the last event where exactly these ids stand after the expected revision. */
  #firstResult(stream: string, expected: number, ids: readonly string[], at: number, count: number): number | undefined {
    let position: number | undefined;
    for (let k = 0; k < count; k++) {
      const row = this.#idAt.get(stream, expected + 1 + k);
      if (row === undefined || row['id'] !== ids[at + k]) return undefined;
      position = Number(row['position']);
    }
    return position;
  }

  /** A full disk fails the batch and rolls back; after any other error nobody knows what the disk holds. */
  #recover(error: unknown): Failed {
    const fault = asStoreFault(error);
    const failed: Failed = { kind: 'failed', code: fault.code, message: fault.message };
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#reload();
    } catch {
      this.#broken = { ...failed, code: 'STORE_BROKEN' };
    }
    if (failed.code !== 'STORE_FULL') this.#broken = { ...failed, code: 'STORE_BROKEN' };
    return this.#broken ?? failed;
  }

  #reload(): void {
    this.#heads.clear();
    const last = this.#lastEvent.get();
    this.#position = Number(last?.['position'] ?? 0);
    this.#recordedAt = last === undefined ? 0 : Date.parse(String(last['recorded_at']));
  }

  #pragma(name: string): number {
    return Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name]);
  }
}

/**
 * Readers must get in, so the log itself cannot be locked: an exclusive transaction on a file beside it is held instead.
 * The operating system drops it with the process, however that ends. Never open that file otherwise from this process:
 * closing any descriptor of it would drop the lock (POSIX).
 */
function holdLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}-lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteCode(error) === sqliteBusy) throw new StoreFault('STORE_IN_USE', `another writer holds ${path}`, { cause: error });
    throw asStoreFault(error);
  }
}

/**
 * A killed predecessor may have left commits that only the page cache holds. They will be read, and repeats of them
 * acknowledged, so they must be on disk before the first answer.
 */
function syncLeftovers(wal: string): void {
  let file: number;
  try {
    file = openSync(wal, 'r+');
  } catch (error) {
    if (isObject(error) && 'code' in error && error.code === 'ENOENT') return;
    throw asStoreFault(error);
  }
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
