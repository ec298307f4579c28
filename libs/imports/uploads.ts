import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportFormKind } from '../intake/import-kinds.ts';
import type { Language } from '../kernel/bilingual.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { instant } from '../kernel/time.ts';
import type { DataKey, KeyVault } from '../ports/key-vault.ts';
import type { Importer, ImportOptions } from './importing.ts';
import { readInThread } from './reading-thread.ts';
import { SealedWriter } from './sealed-file.ts';
import { UploadRun, type UploadDeps } from './upload-run.ts';
import { isEnding, isOver, loadState, saveState, syncFolder, type UploadState } from './upload-state.ts';

export interface UploadsDeps extends UploadDeps {
  readonly vault: Pick<KeyVault, 'obtain' | 'shred'>;
  /** Where uploaded files stand, sealed; for its owner alone. No backup holds them. */
  readonly folder: string;
  /** Days after its end for which a run's file and answers are kept. */
  readonly keptDays: number;
}

/** A file that arrived and that no run has yet. */
export interface Received {
  readonly uploadId: string;
  readonly fileDigest: string;
  readonly bytes: number;
  readonly key: DataKey;
}

export interface Asked {
  readonly kind: ImportFormKind;
  readonly options: ImportOptions;
  readonly dryRun: boolean;
  readonly fileName: string;
  readonly language: Language | null;
}

/** Runs under way together: each has a thread that reads. */
const together = 2;
const dayMs = 86_400_000;
const sweepMs = 3_600_000;

const subjectOf = (uploadId: string): string => `upload-${uploadId}`;

/** Files that registrars sent, and their imports. Each file is sealed under a key of its own from its first byte on. */
export class Uploads {
  private readonly deps: UploadsDeps;
  private readonly runs = new Map<string, UploadRun>();
  private readonly queue: UploadRun[] = [];
  private readonly going = new Set<UploadRun>();
  private accepting: Promise<unknown> = Promise.resolve();
  private sweeping: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(deps: UploadsDeps) {
    this.deps = deps;
  }

  /** Goes on with what a stop or a crash interrupted, and throws away what never became a run. */
  async start(): Promise<void> {
    const { folder } = this.deps;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const uploadId of await readdir(folder)) {
      try {
        const loaded = await loadState(join(folder, uploadId), (id) => this.keyOf(id));
        if (loaded) this.runs.set(loaded.state.runId, this.runOf(loaded.state, loaded.secret, loaded.key));
        else await this.shred(uploadId);
      } catch (fault) {
        // It stays for somebody to look at: what cannot be read today is not thrown away for it.
        this.deps.onFault(fault);
      }
    }
    for (const run of [...this.runs.values()].toSorted((a, b) => (a.state.acceptedAt < b.state.acceptedAt ? -1 : 1)))
      if (!isOver(run.state.status) && (run.state.status !== 'paused' || isEnding(run.state))) this.enqueue(run);
    await this.sweep();
    this.sweeping = setInterval(() => void this.sweep().catch(this.deps.onFault), sweepMs).unref();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.sweeping);
    await Promise.all([...this.runs.values()].map((run) => run.close()));
  }

  /** Seals what comes as it comes: nothing of it is ever on disk in the clear. What `stream` throws goes through, and nothing is kept. */
  async receive(stream: AsyncIterable<Uint8Array>): Promise<Received> {
    const uploadId = randomBytes(12).toString('hex');
    const key = await this.keyOf(uploadId);
    if (key === 'erased') throw new Error('a new key is erased');
    const folder = join(this.deps.folder, uploadId);
    await mkdir(folder, { mode: 0o700 });
    const writer = await SealedWriter.create(join(folder, 'file'), key.key);
    const hash = createHash('sha256');
    try {
      for await (const bytes of stream) {
        hash.update(bytes);
        await writer.write(bytes);
      }
      await writer.end();
    } catch (error) {
      await writer.abandon().catch(() => undefined);
      await this.discard({ uploadId });
      throw error;
    }
    return { uploadId, fileDigest: hash.digest('hex'), bytes: writer.bytes, key };
  }

  /** Of a file that no run is to have. */
  async discard({ uploadId }: Pick<Received, 'uploadId'>): Promise<void> {
    await this.shred(uploadId).catch(this.deps.onFault);
  }

  /**
   * The run of the file, new or the one that is under way; then the file was there already and this copy is thrown away. Throws
   * `UnreadableFile` for what the first look tells; nothing is recorded then.
   */
  async accept(by: Importer, received: Received, asked: Asked): Promise<{ run: UploadRun; continued: boolean } | Refusal> {
    const { kind, options } = asked;
    const look = {
      path: join(this.deps.folder, received.uploadId, 'file'),
      key: received.key.key,
      kind,
      reading: options.reading ?? {},
    };
    for await (const _found of readInThread({ ...look, task: { does: 'look' } }));
    // One after the other, so that of two who send the same file the second finds the first one's run.
    const turn = this.accepting.then(() => this.take(by, received, asked));
    this.accepting = turn.catch(() => undefined);
    return turn;
  }

  private async take(
    by: Importer,
    received: Received,
    { kind, options, dryRun, fileName, language }: Asked,
  ): Promise<{ run: UploadRun; continued: boolean } | Refusal> {
    const { uploadId, fileDigest, bytes, key } = received;
    const same = [...this.runs.values()].find(
      ({ state }) =>
        !isOver(state.status) &&
        state.by.institutionId === by.institutionId &&
        state.kind === kind &&
        state.fileDigest === fileDigest &&
        state.dryRun === dryRun &&
        JSON.stringify(state.options) === JSON.stringify(options),
    );
    if (same) {
      await this.discard(received);
      return { run: same, continued: true };
    }
    // Said without a word on the log: it is there once the file was read to its end.
    const would = await this.deps.imports.start(by, kind, fileDigest, options, true);
    if (isRefusal(would)) return would;
    const runId = dryRun ? `${would.runId}d${uploadId}` : would.runId;
    const state: UploadState = {
      uploadId,
      runId,
      ordinal: would.ordinal,
      dryRun,
      kind,
      fileDigest,
      bytes,
      options,
      by,
      acceptedAt: instant(this.deps.clock.now()),
      endedAt: null,
      status: 'waiting',
      ending: null,
      cancelling: false,
      rows: null,
      answered: 0,
      reached: null,
      counts: {},
      failure: null,
    };
    const secret = { fileName, language, failureFacts: {}, table: null, nearDuplicates: [] };
    await saveState(join(this.deps.folder, uploadId), state, secret, key);
    await syncFolder(this.deps.folder);
    const before = this.runs.get(runId);
    const run = this.runOf(state, secret, key);
    this.runs.set(runId, run);
    // A run that failed, and goes on with the same file sent again.
    if (before) await this.discard(before.state);
    this.enqueue(run);
    return { run, continued: would.continued };
  }

  find(institutionId: string, runId: string): UploadRun | undefined {
    const run = this.runs.get(runId);
    return run?.state.by.institutionId === institutionId ? run : undefined;
  }

  of(institutionId: string): readonly UploadRun[] {
    return [...this.runs.values()].filter(({ state }) => state.by.institutionId === institutionId);
  }

  async resume(run: UploadRun): Promise<void> {
    if (await run.resume()) this.enqueue(run);
  }

  /** When what is kept of it is shredded; null while it is not over. */
  keptUntil({ state }: UploadRun): string | null {
    return state.endedAt === null ? null : instant(Date.parse(state.endedAt) + this.deps.keptDays * dayMs);
  }

  // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private runOf(...[state, secret, key]: [UploadState, ConstructorParameters<typeof UploadRun>[4], DataKey]): UploadRun {
    return new UploadRun(join(this.deps.folder, state.uploadId), this.deps, key, state, secret);
  }

  private enqueue(run: UploadRun): void {
    this.queue.push(run);
    this.goOn();
  }

  private goOn(): void {
    // A paused run holds no place.
    const busy = [...this.going].filter(({ state }) => state.status !== 'paused').length;
    for (let free = together - busy; free > 0 && this.queue.length > 0 && !this.closed; free--) {
      const run = this.queue.shift()!;
      // It was cancelled, or waits for its resume, which puts it here again.
      if (run.state.status !== 'waiting' && run.state.status !== 'running' && !isEnding(run.state)) continue;
      this.going.add(run);
      const unwatch = run.watch(() => {
        if (run.state.status === 'paused') this.goOn();
      });
      void run.begin().finally(() => {
        unwatch();
        this.going.delete(run);
        this.goOn();
      });
    }
  }

  private keyOf(uploadId: string): Promise<DataKey | 'erased'> {
    return this.deps.vault.obtain(subjectOf(uploadId), 'identity');
  }

  /** The key first: what is left after a crash opens for nobody. */
  private async shred(uploadId: string): Promise<void> {
    await this.deps.vault.shred(subjectOf(uploadId), ['identity']);
    await rm(join(this.deps.folder, uploadId), { recursive: true, force: true });
  }

  /** What has been kept long enough; a run that nobody went on with ends with it. */
  async sweep(): Promise<void> {
    const now = this.deps.clock.now();
    for (const [runId, run] of this.runs) {
      const { status, acceptedAt, endedAt } = run.state;
      if (now - Date.parse(endedAt ?? acceptedAt) < this.deps.keptDays * dayMs) continue;
      if (!isOver(status)) {
        if (status !== 'paused') continue;
        await run.cancel();
      }
      await this.shred(run.state.uploadId);
      this.runs.delete(runId);
    }
  }
}
