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

/** Where a stream ends: number 0 and revision -1 while it does not exist. */
interface Head {
  number: number;
  revision: number;
}

/** The one writing connection. Synchronous: it lives in a thread of its own. */
export class Writer {
  readonly #lock: DatabaseSync;
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insertStream: StatementSync;
  readonly #insertEvent: StatementSync;
  readonly #headOf: StatementSync;
  readonly #idAt: StatementSync;
  readonly #lastPlaces: StatementSync;
  /** Recently used streams. Only this connection writes, so they cannot go stale. */
  readonly #heads = new Map<string, Head>();
  #streams = 0;
  #position = 0;
  #recordedAt = 0;
  #broken: Failed | undefined;

  /** Throws STORE_IN_USE, STORE_NEWER or STORE_FOREIGN. */
  constructor({ path, maxBytes }: WriterOptions) {
    this.#lock = holdLock(path);
    syncLeftovers(`${path}-wal`);
    this.#db = new DatabaseSync(path, { timeout: 5000 });
    try {
      // fullfsync: elsewhere fsync waits for the disk itself, on macOS only this does.
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
      this.#db.exec('PRAGMA checkpoint_fullfsync = ON; PRAGMA journal_size_limit = 67108864');
      assertDurable(this.settings());
      prepareSchema(this.#db);
      if (maxBytes !== undefined) this.#db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / this.#pragma('page_size'))}`);
      this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
      this.#commit = this.#db.prepare('COMMIT');
      this.#insertStream = this.#db.prepare('INSERT INTO stream (number, name) VALUES (?, ?)');
      this.#insertEvent = this.#db.prepare(
        'INSERT INTO event (position, stream, revision, id, type, recorded_at, json) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      this.#headOf = this.#db.prepare(
        'SELECT number, (SELECT max(revision) FROM event WHERE stream = number) AS revision FROM stream WHERE name = ?',
      );
      this.#idAt = this.#db.prepare('SELECT id, position, recorded_at FROM event WHERE stream = ? AND revision = ?');
      this.#lastPlaces = this.#db.prepare(
        `SELECT (SELECT max(number) FROM stream) AS streams, max(position) AS position,
         (SELECT recorded_at FROM event ORDER BY position DESC LIMIT 1) AS recorded_at FROM event`,
      );
      this.#reload();
    } catch (error) {
      this.#db.close();
      this.#lock.close();
      throw asStoreFault(error);
    }
  }

  /** Stores what can be stored of these batches in one commit. A conflict fails its own append alone. */
  commit(batches: readonly Batch[]): Committed | Failed {
    if (this.#broken) return { ...this.#broken, batches: batches.length };
    try {
      this.#begin.run();
      const appends = batches.reduce((sum, batch) => sum + batch.streams.length, 0);
      const answers = new Float64Array(appends * answerWidth);
      let at = 0;
      for (const batch of batches) {
        this.#write(batch, answers, at);
        at += batch.streams.length * answerWidth;
      }
      this.#commit.run();
      return { kind: 'committed', batches: batches.length, answers };
    } catch (error) {
      return this.#recover(error, batches.length);
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

  #write(batch: Batch, answers: Float64Array, answerAt: number): void {
    this.#recordedAt = Math.max(this.#recordedAt, batch.now);
    const recordedAt = new Date(this.#recordedAt).toISOString();
    let at = 0;
    for (let i = 0; i < batch.streams.length; i++) {
      const stream = batch.streams[i]!;
      const count = batch.counts[i]!;
      const expected = batch.expected[i]!;
      const head = this.#head(stream);
      let outcome = appended;
      let position: number | undefined = 0;
      let recorded = this.#recordedAt;
      if (head.revision === expected) {
        this.#extend(head, stream, batch, at, count, recordedAt);
        position = this.#position;
      } else {
        const first = this.#firstResult(head, expected, batch.ids, at, count);
        outcome = first === undefined ? conflicted : repeated;
        position = first?.position;
        recorded = first?.recordedAt ?? 0;
      }
      const answer = answerAt + i * answerWidth;
      answers[answer] = outcome;
      answers[answer + 1] = outcome === repeated ? expected + count : head.revision;
      answers[answer + 2] = position ?? 0;
      answers[answer + 3] = recorded;
      at += count;
    }
  }

  #extend(head: Head, stream: string, { ids, types, jsons }: Batch, at: number, count: number, recordedAt: string): void {
    if (head.number === 0) {
      head.number = this.#streams += 1;
      assertOneRow(this.#insertStream.run(head.number, stream));
    }
    for (let k = at; k < at + count; k++) {
      this.#position += 1;
      head.revision += 1;
      const { number, revision } = head;
      assertOneRow(this.#insertEvent.run(this.#position, number, revision, ids[k]!, types[k]!, recordedAt, jsons[k]!));
    }
  }

  #head(stream: string): Head {
    const known = this.#heads.get(stream);
    if (known !== undefined) return known;
    const found = this.#headOf.get(stream);
    const head = { number: Number(found?.['number'] ?? 0), revision: Number(found?.['revision'] ?? -1) };
    if (this.#heads.size >= cachedHeads) this.#heads.clear();
    this.#heads.set(stream, head);
    return head;
  }

  /** Position and recording of the last event where exactly these ids stand after the expected revision. */
  #firstResult(
    head: Head,
    expected: number,
    ids: readonly string[],
    at: number,
    count: number,
  ): { readonly position: number; readonly recordedAt: number } | undefined {
    let last: { position: number; recordedAt: number } | undefined;
    for (let k = 0; k < count; k++) {
      const row = this.#idAt.get(head.number, expected + 1 + k);
      if (row === undefined || row['id'] !== ids[at + k]) return undefined;
      last = { position: Number(row['position']), recordedAt: Date.parse(String(row['recorded_at'])) };
    }
    return last;
  }

  /** A full disk fails the commit, which rolls back; after any other error nobody knows what the disk holds. */
  #recover(error: unknown, batches: number): Failed {
    const fault = asStoreFault(error);
    const failed: Failed = { kind: 'failed', batches, code: fault.code, message: fault.message };
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
    const last = this.#lastPlaces.get();
    this.#streams = Number(last?.['streams'] ?? 0);
    this.#position = Number(last?.['position'] ?? 0);
    this.#recordedAt = Date.parse(String(last?.['recorded_at'] ?? new Date(0).toISOString()));
  }

  #pragma(name: string): number {
    return Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name]);
  }
}

/** SQLite keeps silent where a file system cannot do WAL, and goes on without. */
function assertDurable({ journalMode, synchronous }: WriterSettings): void {
  if (journalMode === 'wal' && synchronous === 2) return;
  throw new StoreFault('STORE_BROKEN', `no durable log here: journal_mode ${journalMode}, synchronous ${synchronous}`);
}

function assertOneRow({ changes }: { readonly changes: number | bigint }): void {
  if (changes !== 1) throw new StoreFault('STORE_BROKEN', `an insert wrote ${changes} rows`);
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
