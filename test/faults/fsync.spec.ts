import { spawnSync } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { startChild, temporaryFolder } from './child.ts';

/** A system call's start or return, in the order in which the kernel's tracer saw them. */
interface Traced {
  readonly call: string;
  readonly edge: 'start' | 'return';
  readonly file: string;
  readonly text: string;
}

const calls = ['fsync', 'fdatasync', 'write', 'writev', 'pwrite64', 'pwritev', 'pwritev2'];

/** Runs the writer under strace and gives its writes and syncs. */
async function trace(folder: string, path: string, marker: string): Promise<readonly Traced[]> {
  const output = join(folder, `${marker}.trace`);
  const strace = ['strace', '-f', '-y', '-s', '5000', '-e', `trace=${calls.join(',')}`, '-e', 'signal=none', '-o', output];
  const child = startChild('./store-writer.ts', [path, 'batches', marker], strace);
  expect((await child.ended).at(-1)).toBe('closed');
  return parse(await readFile(output, 'utf8'));
}

/** A call that another thread interrupted stands on two lines, `<unfinished ...>` and `<... resumed>`. */
function parse(text: string): Traced[] {
  const begun = new Map<string, Traced>();
  return text.split('\n').flatMap((line): Traced[] => {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>/.exec(rest);
    if (resumed) {
      const start = begun.get(thread);
      begun.delete(thread);
      return start && succeeded(rest) ? [{ ...start, edge: 'return' }] : [];
    }
    const [, call, file] = /^(\w+)\(\d+<(.*?)>/.exec(rest) ?? [];
    if (call === undefined || file === undefined) return [];
    const start: Traced = { call, file, text: rest, edge: 'start' };
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(thread, start);
      return [start];
    }
    return succeeded(rest) ? [start, { ...start, edge: 'return' }] : [start];
  });
}

const succeeded = (rest: string): boolean => /\)\s+= \d+$/.test(rest);
const isSync = ({ call }: Traced): boolean => call === 'fsync' || call === 'fdatasync';
const toLog = ({ file }: Traced): boolean => file.endsWith('-wal');

describe('what the disk was told before an answer', () => {
  beforeAll(() => {
    if (spawnSync('strace', ['-V']).status !== 0) {
      throw new Error('this proof needs strace: apt-get update && apt-get install -y strace');
    }
  });

  it('is to sync the log after the last write of a batch, for every batch', async () => {
    await using folder = await temporaryFolder();
    const traced = await trace(folder.path, join(folder.path, 'log.db'), 'batch');
    let syncs = 0;
    for (let batch = 0; batch < 6; batch++) {
      const acknowledged = traced.findIndex(({ text, call, edge }) => {
        return edge === 'start' && call === 'write' && text.includes(`acknowledged batch-${batch}.`);
      });
      expect(acknowledged).toBeGreaterThan(0);
      const before = traced.slice(0, acknowledged);
      const marked = (one: Traced): boolean => toLog(one) && !isSync(one) && one.text.includes(`batch-${batch}.`);
      expect(before.some(marked)).toBe(true);
      const lastWrite = before.findLastIndex((one) => toLog(one) && !isSync(one));
      expect(before[lastWrite]?.edge).toBe('return');
      const after = before.slice(lastWrite);
      const syncStarted = after.findIndex((one) => toLog(one) && isSync(one) && one.edge === 'start');
      expect(syncStarted).toBeGreaterThan(0);
      expect(after.slice(syncStarted).some((one) => toLog(one) && isSync(one) && one.edge === 'return')).toBe(true);
      const firstWrite = traced.findIndex(marked);
      const lastAcknowledged = traced.findLastIndex(({ text }) => text.includes(`acknowledged batch-${batch}.`));
      syncs += traced.slice(firstWrite, lastAcknowledged).filter((one) => isSync(one) && one.edge === 'return').length;
    }
    // Twelve appends share a commit: far fewer syncs than appends.
    expect(syncs).toBeLessThanOrEqual(24);
  });

  it('is to sync what a killed writer left in the page cache, before the store opens', async () => {
    await using folder = await temporaryFolder();
    const [from, to] = [join(folder.path, 'first.db'), join(folder.path, 'second.db')];
    const store = await openSqliteEventStore({ path: from, clock: Date });
    await store.append('lesson-1', 'none', [{ id: '00000000-0000-4000-8000-000000000001', type: 'LessonTaught', json: '{}' }]);
    // A database and its log as a killed writer leaves them. Copied, not written by SQLite: nothing has synced them.
    await copyFile(`${from}-wal`, `${to}-wal`);
    await copyFile(from, to);
    await store.close();

    const traced = await trace(folder.path, to, 'reopened');
    const open = traced.findIndex(({ text }) => text.includes('"open\\n"'));
    const synced = traced.findIndex((one) => toLog(one) && isSync(one) && one.edge === 'return');
    expect(synced).toBeGreaterThan(-1);
    expect(synced).toBeLessThan(open);
  });
});
