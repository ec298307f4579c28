import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { personOf } from '../../test/support/office.ts';
import { tracesInFolder, needlesOf } from '../../test/support/traces.ts';
import { all } from '../intake/sheets.fixture.ts';
import { heldBytes } from '../intake/byte-source.ts';
import { readSheets } from '../intake/read-sheet.ts';
import { UnreadableFile } from '../intake/unreadable-file.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { StoreFault } from '../ports/store-fault.ts';
import { by, world } from './imports.fixture.ts';
import { runSource } from './run.ts';
import type { UploadRun } from './upload-run.ts';
import { isOver } from './upload-state.ts';
import { Uploads } from './uploads.ts';

const day = 86_400_000;
let folder: string;
let ledger: ReturnType<typeof world>;
let now: number;
const faults: unknown[] = [];
const open: Uploads[] = [];
const died: Uploads[] = [];
/** What a ledger that died waits for. Its threads end with the test, as they would have with its process. */
let dead: PromiseWithResolvers<never>;
const dies = (): void => void died.push(...open.splice(0));

const uploadsHere = async (imports = ledger.imports): Promise<Uploads> => {
  const uploads = new Uploads({
    folder: join(folder, 'uploads'),
    keptDays: 30,
    vault: ledger.vault,
    clock: { now: () => now },
    imports,
    nearDuplicates: () => Promise.resolve([]),
    onFault: (fault) => faults.push(fault),
  });
  open.push(uploads);
  await uploads.start();
  return uploads;
};

const roster = (rows: number): Buffer => {
  const lines = Array.from({ length: rows }, (_, i) => {
    const { name, idNumber } = personOf(i);
    return [`2026${String(i).padStart(6, '0')}`, name, idNumber, '530701', '2026-09-01'].join(',');
  });
  return Buffer.from(['学号,姓名,身份证号,专业代码,入学日期', ...lines].join('\n'));
};

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

const asked = { kind: 'roster', options: { formClasses: false }, dryRun: false, fileName: '王小明.csv', language: null } as const;

async function sent(
  uploads: Uploads,
  file: Uint8Array,
  institutionId = 'college',
): Promise<{ run: UploadRun; continued: boolean }> {
  const accepted = await uploads.accept({ ...by, institutionId }, await uploads.receive(pieces(file)), asked);
  if (isRefusal(accepted)) throw new Error(accepted.refused);
  return accepted;
}

const ended = (run: UploadRun): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!isOver(run.state.status)) return;
      unwatch();
      resolve();
    };
    const unwatch = run.watch(look);
    look();
  });

const until = async (come: () => boolean): Promise<void> => {
  while (!come()) await new Promise((resolve) => setTimeout(resolve, 10));
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uploads-'));
  ledger = world();
  now = Date.parse('2026-10-01T04:00:00.000Z');
  faults.length = 0;
  dead = Promise.withResolvers();
  dead.promise.catch(() => undefined);
  await ledger.program();
});
afterEach(async () => {
  dead.reject(new StoreFault('STORE_CLOSED', 'the ledger is dead'));
  for (const uploads of [...open.splice(0), ...died.splice(0)]) await uploads.close();
  await rm(folder, { recursive: true });
  if (faults.length > 0) throw new Error(`something went wrong: ${String(faults[0])}`);
});

describe('an uploaded file', () => {
  it('stands sealed, for its owner alone, and is gone with its key when it was kept long enough', async () => {
    const uploads = await uploadsHere();
    const file = roster(5);
    const { run } = await sent(uploads, file);
    await ended(run);
    expect(run.progress).toMatchObject({ rows: 5, read: 5, answered: 5, taken: 5, refused: 0 });
    expect((await stat(join(folder, 'uploads'))).mode & 0o777).toBe(0o700);
    expect(tracesInFolder(folder, [personOf(2).name, personOf(2).idNumber, '王小明'].flatMap(needlesOf))).toEqual([]);

    const key = await ledger.vault.obtain(`upload-${run.state.uploadId}`, 'identity');
    now += 30 * day - 1000;
    await uploads.sweep();
    expect(uploads.find('college', run.state.runId)).toBe(run);
    now += 2000;
    await uploads.sweep();
    expect(uploads.find('college', run.state.runId)).toBeUndefined();
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
    expect(ledger.vault.find((key as { keyId: string }).keyId)).toBe('erased');
  });

  it('of which only a part came leaves nothing', async () => {
    const uploads = await uploadsHere();
    async function* breaking(): AsyncGenerator<Uint8Array, void, undefined> {
      yield roster(500);
      throw new Error('gone');
    }
    await expect(uploads.receive(breaking())).rejects.toThrow('gone');
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });

  it('that cannot be read is refused by its name, before anything is recorded', async () => {
    const uploads = await uploadsHere();
    const head = await ledger.store.head();
    const received = await uploads.receive(pieces(Buffer.from('专业代码,专业名称\n1,2')));
    const refused = await uploads.accept(by, received, asked).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnreadableFile);
    expect(await ledger.store.head()).toBe(head);
  });

  it('that no run had when the ledger stopped is thrown away by the next start', async () => {
    const first = await uploadsHere();
    await first.receive(pieces(roster(1)));
    await first.close();
    await writeFile(join(folder, 'uploads', (await readdir(join(folder, 'uploads')))[0]!, 'state.json.draft'), '{');
    await uploadsHere();
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });
});

describe('a run', () => {
  it('is one for the same file sent twice, and another institution’s own', async () => {
    const uploads = await uploadsHere();
    const file = roster(50);
    const [one, two, other] = await Promise.all([sent(uploads, file), sent(uploads, file), sent(uploads, file, 'academy')]);
    expect(one.run).toBe(two.run);
    expect([one, two].filter(({ continued }) => continued)).toHaveLength(1);
    expect(other.run).not.toBe(one.run);
    expect(uploads.find('academy', one.run.state.runId)).toBeUndefined();
    await Promise.all([ended(one.run), ended(other.run)]);
    expect(await readdir(join(folder, 'uploads'))).toHaveLength(2);
    expect(one.run.progress).toMatchObject({ taken: 50 });
    // Its academy has no such program.
    expect(other.run.progress).toMatchObject({ refused: 50 });
  });

  it('goes on where a crash left it, at every step of its end, and answers what was done as done', async () => {
    const file = roster(900);
    const { imports } = ledger;
    // Of the first ledger nothing comes back after the second batch, as if it had died.
    let batches = 0;
    const dying = {
      start: imports.start.bind(imports),
      finish: imports.finish.bind(imports),
      onLog: imports.onLog.bind(imports),
      rows: (...args: Parameters<typeof imports.rows>) => ((batches += 1) > 2 ? dead.promise : imports.rows(...args)),
    } as unknown as typeof imports;
    const first = await uploadsHere(dying);
    const { run } = await sent(first, file);
    await until(() => run.progress.answered >= 800);
    dies();

    let crashed = 0;
    const atTheEnd = {
      start: imports.start.bind(imports),
      rows: imports.rows.bind(imports),
      onLog: imports.onLog.bind(imports),
      finish: async (...args: Parameters<typeof imports.finish>) => {
        if (crashed++ === 0) {
          await imports.finish(...args);
          return dead.promise;
        }
        return imports.finish(...args);
      },
    } as unknown as typeof imports;
    const second = await uploadsHere(atTheEnd);
    await until(() => crashed > 0);
    dies();

    const third = await uploadsHere(atTheEnd);
    const last = third.find('college', run.state.runId)!;
    await ended(last);
    expect(second.find('college', run.state.runId)).not.toBe(last);
    expect(last.progress).toMatchObject({ rows: 900, answered: 900, taken: 900, unchanged: 0, refused: 0 });
    expect((await imports.start(by, 'roster', run.state.fileDigest, { formClasses: false }, true)) as object).toMatchObject({
      ordinal: 2,
    });
    const result = Buffer.concat(await all(last.result('csv', 'en')));
    expect(result.toString().split('\r\n').filter(Boolean)).toHaveLength(1);
  }, 30_000);

  it('that is paused holds still, also over a restart, until it is resumed or cancelled', async () => {
    const first = await uploadsHere();
    const { run } = await sent(first, roster(500));
    await run.pause();
    await first.close();
    const second = await uploadsHere();
    const again = second.find('college', run.state.runId)!;
    expect(again.state.status).toBe('paused');
    await second.resume(again);
    await ended(again);
    expect(again.progress).toMatchObject({ answered: 500 });

    const { run: other } = await sent(second, roster(3));
    await other.cancel();
    expect(['cancelled', 'finished']).toContain(other.state.status);
  }, 30_000);

  describe('that is cancelled ends on the log,', () => {
    const onLog = async (run: UploadRun) => (await ledger.transactor.load(runSource(run.state.runId))).state.finished;
    /** `imports` of which some batches go another way. */
    const withRows = (rows: (n: number, take: () => Promise<unknown>) => Promise<unknown>): typeof ledger.imports => {
      let batches = 0;
      const { imports } = ledger;
      return {
        start: imports.start.bind(imports),
        finish: imports.finish.bind(imports),
        onLog: imports.onLog.bind(imports),
        rows: (...args: Parameters<typeof imports.rows>) => rows((batches += 1), () => imports.rows(...args)),
      } as unknown as typeof imports;
    };
    /** A ledger that died after so many batches of a file of 900 rows. */
    const diedAfter = async (after: number, pausing = false): Promise<UploadRun> => {
      const uploads = await uploadsHere(withRows((n, take) => (n > after ? dead.promise : take())));
      const { run } = await sent(uploads, roster(900));
      await until(() => run.progress.answered >= after * 400);
      if (pausing) await run.pause();
      dies();
      return run;
    };
    const told = async (run: UploadRun): Promise<Record<string, number>> => {
      const [sheet] = await readSheets(heldBytes(Buffer.concat(await all(run.result('xlsx', 'en')))));
      const outcomes = (await all(sheet!.rows())).slice(1).map(({ cells }) => cells[5]!);
      return Object.fromEntries([...new Set(outcomes)].map((one) => [one, outcomes.filter((other) => other === one).length]));
    };

    it('where it was paused and the ledger started again: with what was taken, and nothing more', async () => {
      const { runId } = (await diedAfter(1, true)).state;
      const uploads = await uploadsHere();
      const run = uploads.find('college', runId)!;
      await run.cancel();
      expect(run.state.status).toBe('cancelled');
      expect(run.progress).toMatchObject({ rows: 900, answered: 400, taken: 400, unchanged: 0, refused: 0 });
      expect(await onLog(run)).toEqual({ rows: 400, taken: 400, unchanged: 0, refused: 0 });
      expect(await told(run)).toEqual({ registered: 400, 'not reached': 500 });
      const again = await sent(uploads, roster(900));
      await ended(again.run);
      expect(again.run.state.ordinal).toBe(2);
      expect(again.run.progress).toMatchObject({ taken: 500, unchanged: 400 });
    });

    it('where a crash had it begin again, not before what was taken', async () => {
      const { runId } = (await diedAfter(2)).state;
      const asked_ = Promise.withResolvers<void>();
      const uploads = await uploadsHere(withRows(async (_n, take) => (await asked_.promise, take())));
      const run = uploads.find('college', runId)!;
      const cancelled = run.cancel();
      await until(() => run.state.cancelling);
      asked_.resolve();
      await cancelled;
      expect(await onLog(run)).toEqual({ rows: 800, taken: 800, unchanged: 0, refused: 0 });
      expect(await told(run)).toEqual({ registered: 800, 'not reached': 100 });
    });

    it('where a crash came between', async () => {
      const { runId } = (await diedAfter(1, true)).state;
      const dying = await uploadsHere(withRows(() => dead.promise));
      void dying.find('college', runId)!.cancel();
      await until(() => dying.find('college', runId)!.state.cancelling);
      dies();
      const run = (await uploadsHere()).find('college', runId)!;
      await ended(run);
      expect(run.state.status).toBe('cancelled');
      expect(await onLog(run)).toMatchObject({ rows: 400, taken: 400 });
    });

    it('where a fault had paused it, and where nothing of it was begun', async () => {
      const uploads = await uploadsHere(withRows((n, take) => (n === 2 ? Promise.reject(new Error('out of order')) : take())));
      const { run } = await sent(uploads, roster(900));
      await until(() => run.state.status === 'paused');
      expect(faults.splice(0)).toHaveLength(1);
      await run.cancel();
      // The third batch was under way.
      expect(await onLog(run)).toEqual({ rows: 900, taken: 900, unchanged: 0, refused: 0 });

      const waiting = await uploadsHere(withRows(() => dead.promise));
      await Promise.all([3, 4].map((rows) => sent(waiting, roster(rows))));
      const { run: third } = await sent(waiting, roster(5));
      await third.cancel();
      expect(third.state.status).toBe('cancelled');
      expect((await ledger.transactor.load(runSource(third.state.runId))).state.started).toBeNull();
      died.push(...open.splice(open.indexOf(waiting), 1));
    });

    it('where its file can be read no more: with what the log holds', async () => {
      const { runId, uploadId } = (await diedAfter(1, true)).state;
      await writeFile(join(folder, 'uploads', uploadId, 'file'), 'burnt');
      const run = (await uploadsHere()).find('college', runId)!;
      await run.cancel();
      expect(run.state).toMatchObject({ status: 'failed', failure: 'INTERNAL' });
      expect(faults.splice(0)).toHaveLength(1);
      expect(await onLog(run)).toEqual({ rows: 400, taken: 400, unchanged: 0, refused: 0 });
    });
  });

  it('that nobody went on with ends with what is kept of it', async () => {
    const uploads = await uploadsHere();
    const { run } = await sent(uploads, roster(450));
    await run.pause();
    now += 31 * day;
    await uploads.sweep();
    expect(isOver(run.state.status)).toBe(true);
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });
});
