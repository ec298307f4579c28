import type { DatabaseSync } from 'node:sqlite';
import { StoreFault } from '../../ports/store-fault.ts';

export const schemaVersion = 1;

// Streams are numbered as they appear, so the streams in use lie side by side in the index of events: with their names as its
// key every append dirties a page of its own, and 64 appends a commit took up to twice the time.
// No index on event ids: a repeated append is recognized at its place in the stream, and random keys cost twice the writes.
export const tables = `
  CREATE TABLE stream (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

/** Creates the tables in an empty file; a file of another release or program is refused. */
export function prepareSchema(db: DatabaseSync): void {
  if (fileVersion(db) === 0 && tableCount(db) === 0) db.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`);
  checkSchema(db);
}

/** Throws STORE_NEWER or STORE_FOREIGN unless this release can read the file. */
export function checkSchema(db: DatabaseSync): void {
  const version = fileVersion(db);
  if (version > schemaVersion) {
    throw new StoreFault('STORE_NEWER', `the file has schema ${version}, this release knows up to ${schemaVersion}`);
  }
  if (version !== schemaVersion) throw new StoreFault('STORE_FOREIGN', 'the file is not an event store');
}

function fileVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

function tableCount(db: DatabaseSync): number {
  return Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
}
