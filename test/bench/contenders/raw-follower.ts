// The bare loop: told of an append, it reads what is new, folds it, commits rows and checkpoint, and says so.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteReadStore } from '../../../libs/adapters/sqlite/read-store.ts';
import { parsed, type FollowerData, type Row } from './raw.ts';
import { takes, viewNamed, writesOf } from './tables.ts';

const port = parentPort!;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- raw.ts alone starts this file
const { log: logPath, view: name, path } = workerData as FollowerData;
const view = viewNamed(name);
const log = new DatabaseSync(logPath, { readOnly: true });
const page = log.prepare('SELECT position, revision, recorded_at, json FROM event WHERE position > ? ORDER BY position');
page.setReturnArrays(true);
const store = openSqliteReadStore({ path });
await store.transaction((db) => db.run('CREATE TABLE bare_checkpoint (position INTEGER NOT NULL)'));
await store.transaction((db) => db.run('INSERT INTO bare_checkpoint VALUES (0)'));
let position = 0;

async function turn(): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the SELECT lists them
  const rows = page.all(position) as unknown as readonly Row[];
  if (rows.length === 0) return;
  position = rows.at(-1)![0];
  const events = rows.map(parsed).filter(({ stream, type }) => takes(view, stream, type));
  await store.transaction(async (db) => {
    await view.fold(writesOf(db, view), events);
    await db.run('UPDATE bare_checkpoint SET position = ?', [position]);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage('folded');
}

let working = Promise.resolve();
port.on('message', () => {
  working = working.then(turn);
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
port.postMessage('ready');
