import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { startChild, temporaryFolder } from './child.ts';

it('throws on every waiting writer when the disk takes no more, and keeps what it acknowledged', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log.db');
  // The operating system fails every write beyond 1,024 blocks of 512 bytes.
  const child = startChild('./store-writer.ts', [path, 'load'], ['sh', '-c', 'ulimit -f 1024; exec "$@"', 'sh']);
  const said = await child.ended;
  expect(said.filter((line) => line.startsWith('threw'))).toEqual(Array.from({ length: 8 }, () => 'threw STORE_BROKEN'));
  expect(said.at(-1)).toBe('closed');

  const acknowledged = said.filter((line) => line.startsWith('acknowledged')).flatMap((line) => line.split(' ').slice(3));
  expect(acknowledged.length).toBeGreaterThan(50);
  const store = await openSqliteEventStore({ path, clock: Date });
  const stored: string[] = [];
  for (let after = 0n, end = false; !end;) {
    const page = await store.readAll(after);
    stored.push(...page.events.map(({ id }) => id));
    ({ scannedTo: after, end } = page);
  }
  await store.close();
  const kept = new Set(stored);
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
});

it('refuses a second writer of another process, and forgets the first when it is killed', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log.db');
  const first = startChild('./store-writer.ts', [path, 'hold']);
  await first.says('open');
  await expect(openSqliteEventStore({ path, clock: Date })).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  expect(await startChild('./store-writer.ts', [path, 'load']).ended).toEqual(['refused STORE_IN_USE']);
  first.process.kill('SIGKILL');
  await first.ended;
  await (await openSqliteEventStore({ path, clock: Date })).close();
});
