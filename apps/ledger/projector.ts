import { Worker } from 'node:worker_threads';
import type { AsOfAnswer, AsOfAsked, AsOfBuild } from '../../libs/projection/as-of-builds.ts';
import type { Rebuilt, RebuildAsked, RebuildProgress, Standing, ViewStatus } from '../../libs/projection/engine.ts';
import type { Answers, FromProjector, Hindrance, ProjectorPaths, ProjectorSettings, ToProjector } from './projector-protocol.ts';

export interface ProjectorOptions {
  /** SQLite files; log and vault exist, the other two are made. */
  readonly paths: ProjectorPaths;
  readonly masterKey: Uint8Array;
  /** Milliseconds by which the ledger's clock differs from the machine's. */
  readonly clockShiftMs?: number;
  /** Builds of the past that an institution keeps; 8 where absent. */
  readonly keptBuilds?: number;
  readonly batch?: number;
  readonly pollMs?: number;
  /** Hears what failed and is tried again. */
  readonly onFault?: (message: string) => void;
}

interface Asked {
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: RebuildProgress) => void) | undefined;
}

interface Waiter {
  readonly reached: () => boolean;
  readonly resolve: (reached: boolean) => void;
}

// Built code runs beside .js, tests and scripts beside .ts.
const entry = new URL(`./projector.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
const firstRestartMs = 500;
const lastRestartMs = 30_000;

/** The thread ended, or was never there: what it was asked is asked again once it is back. */
export class ProjectorGone extends Error {
  override readonly name = 'ProjectorGone';
}

/** What the thread was asked failed there. */
export class ProjectorFailed extends Error {
  override readonly name = 'ProjectorFailed';
  readonly hindrance: Hindrance | null;

  constructor(message: string, hindrance: Hindrance | null) {
    super(message);
    this.hindrance = hindrance;
  }
}

/**
 * All views, folded in a thread of their own: folding never holds up a request. Where the thread dies it is started again with backoff and goes on
 * from the checkpoints on disk, a rebuild included.
 */
export class Projector {
  readonly #settings: ProjectorSettings;
  readonly #onFault: (message: string) => void;
  readonly #asked = new Map<number, Asked>();
  readonly #waiters = new Set<Waiter>();
  #worker: Worker | undefined;
  #standing: readonly Standing[] = [];
  #ids = 0;
  #deaths = 0;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor({ onFault, clockShiftMs = 0, keptBuilds = 8, ...options }: ProjectorOptions) {
    this.#settings = { ...options, clockShiftMs, keptBuilds };
    this.#onFault = onFault ?? (() => {});
  }

  /** Throws where it cannot start: a log or a vault that is missing, a key that does not fit, views of a newer release. */
  static async start(options: ProjectorOptions): Promise<Projector> {
    const projector = new Projector(options);
    await projector.#spawn();
    return projector;
  }

  #spawn(): Promise<void> {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(entry, { workerData: this.#settings, name: 'projector' });
    this.#worker = worker;
    let why = 'its thread ended';
    let started = false;
    worker.on('message', (message: FromProjector) => {
      if (message.kind === 'ready') {
        started = true;
        this.#deaths = 0;
        resolve();
      }
      if (message.kind === 'refused') why = message.message;
      else this.#hear(message);
    });
    worker.on('error', (error: unknown) => (why = error instanceof Object && 'message' in error ? String(error.message) : why));
    worker.once('exit', () => {
      const gone = new ProjectorGone(`the projector is gone: ${why}`);
      reject(gone);
      for (const { reject: fail } of this.#asked.values()) fail(gone);
      this.#asked.clear();
      if (this.#worker === worker) this.#worker = undefined;
      // Who starts it for the first time hears of it; later it is started again.
      if (!this.#closed && (started || this.#deaths > 0)) this.#startAgain(why);
    });
    return ready;
  }

  #startAgain(why: string): void {
    const ms = Math.min(lastRestartMs, firstRestartMs * 2 ** this.#deaths);
    this.#deaths += 1;
    this.#onFault(`the projector ended (${why}) and is started again in ${ms} ms`);
    this.#restart = setTimeout(() => {
      this.#spawn().catch(() => undefined);
    }, ms);
    this.#restart.unref();
  }

  #hear(message: Exclude<FromProjector, { readonly kind: 'refused' }>): void {
    switch (message.kind) {
      case 'ready':
      case 'moved':
        return this.#stands(message.standing);
      case 'advanced':
        return this.#stands(this.#standing.map((one, i) => ({ ...one, position: message.positions[i]! })));
      case 'fault':
        return this.#onFault(message.message);
      case 'progress':
        return this.#asked.get(message.id)?.onProgress?.(message.progress);
      case 'answer':
        this.#asked.get(message.id)?.resolve(message.answer);
        this.#asked.delete(message.id);
        return;
      case 'failed':
        this.#asked.get(message.id)?.reject(new ProjectorFailed(message.message, message.hindrance));
        this.#asked.delete(message.id);
        return;
      default:
        message satisfies never;
    }
  }

  #stands(standing: readonly Standing[]): void {
    this.#standing = standing;
    for (const waiter of this.#waiters) if (waiter.reached()) waiter.resolve(true);
  }

  #post(message: ToProjector): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker?.postMessage(message);
  }

  #ask<K extends keyof Answers>(
    message: { readonly kind: K } & Omit<Extract<ToProjector, { readonly kind: K }>, 'id' | 'kind'>,
    onProgress?: (progress: RebuildProgress) => void,
  ): Promise<Answers[K]> {
    if (this.#worker === undefined) return Promise.reject(new ProjectorGone('the projector is not running'));
    const { promise, resolve, reject } = Promise.withResolvers<Answers[keyof Answers]>();
    const id = (this.#ids += 1);
    this.#asked.set(id, { resolve, reject, onProgress });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same message with its id
    this.#post({ ...message, id } as unknown as ToProjector);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every question is answered in kind
    return promise as Promise<Answers[K]>;
  }

  /** Something was appended: it looks at once. Only a hint. */
  notify(): void {
    this.#post({ kind: 'notify' });
  }

  /** Until a view (all that are not stopped, where none is named) holds everything up to a position; false after the time. */
  waitFor(position: bigint, timeoutMs: number, view?: string): Promise<boolean> {
    const reached = (): boolean => {
      const asked = this.#standing.filter((one) => (view === undefined ? one.state === 'live' : one.view === view));
      return asked.length > 0 && asked.every((one) => one.position >= position);
    };
    if (reached()) return Promise.resolve(true);
    this.notify();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const settle = (answer: boolean): void => {
      clearTimeout(timeout);
      this.#waiters.delete(waiter);
      resolve(answer);
    };
    const waiter: Waiter = { reached, resolve: settle };
    const timeout = setTimeout(() => settle(false), timeoutMs);
    this.#waiters.add(waiter);
    return promise;
  }

  /** What the thread said last: where every view stands. */
  standing(): readonly Standing[] {
    return this.#standing;
  }

  status(): Promise<readonly ViewStatus[]> {
    return this.#ask({ kind: 'status' });
  }

  /** Digest of a view's rows: equal rows, equal digest. Reads all of them. */
  digest(view: string): Promise<Answers['digest']> {
    return this.#ask({ kind: 'digest', view });
  }

  /** What the rows of a view (of all, where null) lack; at most so many. */
  parked(view: string | null, limit: number): Promise<Answers['parked']> {
    return this.#ask({ kind: 'parked', view, limit });
  }

  /** Tries a stopped view and its parked keys again now, or one key alone; false where nothing was stopped or parked. */
  retry(view: string, key: string | null = null): Promise<boolean> {
    return this.#ask({ kind: 'retry', view, key });
  }

  /** Lets a key go on without the event at which it is parked; false where it is not parked there. */
  release(view: string, key: string, position: bigint): Promise<boolean> {
    return this.#ask({ kind: 'release', view, key, position });
  }

  /** Poisons an event for a view, or lifts that; the thread forgets it when it ends. */
  practise(view: string, position: bigint, lift: boolean): Promise<Answers['practise']> {
    return this.#ask({ kind: 'practise', view, position, lift });
  }

  /**
   * Rebuilds a view beside its live rows; resolves after the swap, or after the comparison where it only verifies. Rejects with ProjectorFailed or
   * ProjectorGone; in the latter case it goes on once the thread is back.
   */
  rebuild(view: string, onProgress?: (progress: RebuildProgress) => void, asked: RebuildAsked = {}): Promise<Rebuilt> {
    return this.#ask({ kind: 'rebuild', view, asked }, onProgress);
  }

  /** All three answer false where the view is not being rebuilt. */
  pause(view: string): Promise<boolean> {
    return this.#ask({ kind: 'pause', view });
  }

  resume(view: string): Promise<boolean> {
    return this.#ask({ kind: 'resume', view });
  }

  cancel(view: string): Promise<boolean> {
    return this.#ask({ kind: 'cancel', view });
  }

  /** Views as they were at a moment of the past: built in the background and kept. */
  askAsOf(asked: AsOfAsked): Promise<AsOfAnswer> {
    return this.#ask({ kind: 'ask-as-of', asked });
  }

  listAsOf(institutionId: string): Promise<readonly AsOfBuild[]> {
    return this.#ask({ kind: 'list-as-of', institutionId });
  }

  /** Cancels it where it is being built. False where the institution has no such build. */
  dropAsOf(institutionId: string, build: string): Promise<boolean> {
    return this.#ask({ kind: 'drop-as-of', institutionId, build });
  }

  /** Somebody read it. Only a hint: what was used the longest ago is thrown away first. */
  usedAsOf(build: string): void {
    this.#post({ kind: 'used-as-of', build });
  }

  /** Ends the thread as a crash would; it is started again. */
  async abandon(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Lets it finish its page, then closes its files. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    for (const waiter of this.#waiters) waiter.resolve(false);
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    this.#post({ kind: 'close' });
    await exited;
  }
}
