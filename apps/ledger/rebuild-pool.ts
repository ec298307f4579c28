import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { StoreFault, type StoreFaultCode } from '../../libs/ports/store-fault.ts';
import type { RangeFolder, RangeJob } from '../../libs/projection/ranged-fold.ts';

type Folded = Awaited<ReturnType<RangeFolder['fold']>>;

export interface RebuilderSettings {
  readonly log: string;
  /** Of the files of ranges. Nothing else stands there: it is emptied at start. */
  readonly folder: string;
}

export type ToRebuilder = { readonly kind: 'fold'; readonly id: number; readonly job: RangeJob } | { readonly kind: 'close' };

export type FromRebuilder =
  | { readonly kind: 'folded'; readonly id: number; readonly folded: Folded }
  | { readonly kind: 'failed'; readonly id: number; readonly code: StoreFaultCode | null; readonly message: string };

interface Rebuilder {
  readonly worker: Worker;
  readonly asked: Map<number, PromiseWithResolvers<Folded>>;
}

// Built code runs beside .js, tests and scripts beside .ts.
const entry = new URL(`./rebuild.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
/** More would fold faster on large machines, but every one of them competes with answers. */
const atMost = 8;
/** Garbage is collected by threads that are not last in line for the processor: the rarer, the less of it is taken from commands. */
const maxYoungGenerationSizeMb = 128;
/** Between one view and the next nobody asks for a moment. */
const idleMs = 1_000;

/** Threads that fold ranges of streams, as many as there are cores. They are started by the first range and ended when none is left. */
export class RebuildPool implements RangeFolder {
  readonly width = Math.min(atMost, availableParallelism());
  readonly rangeEvents = 20_000;
  readonly #settings: RebuilderSettings;
  readonly #lastStream: () => Promise<number>;
  readonly #rebuilders: Rebuilder[] = [];
  readonly #idle = setTimeout(() => this.#endIdle(), idleMs).unref();
  #ids = 0;
  #closed = false;

  constructor(settings: RebuilderSettings, lastStream: () => Promise<number>) {
    this.#settings = settings;
    this.#lastStream = lastStream;
    rmSync(settings.folder, { recursive: true, force: true });
    mkdirSync(settings.folder, { recursive: true, mode: 0o700 });
  }

  lastStream(): Promise<number> {
    return this.#lastStream();
  }

  async fold(job: RangeJob): Promise<Folded> {
    // A thread that was started now would be nobody's to end, and whose thread this is could not end either.
    if (this.#closed) throw new StoreFault('STORE_CLOSED', 'no range is folded any more');
    const rebuilder = this.#leastAsked();
    const id = (this.#ids += 1);
    const asked = Promise.withResolvers<Folded>();
    rebuilder.asked.set(id, asked);
    post(rebuilder, { kind: 'fold', id, job });
    try {
      return await asked.promise;
    } finally {
      // Whoever has another range asks for it at once; threads that nobody asks hold memory for nothing.
      this.#idle.refresh();
    }
  }

  release(file: string): void {
    rmSync(file, { force: true });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const ending = this.#rebuilders.splice(0).map(({ worker }) => worker.terminate());
    await Promise.all(ending);
  }

  #leastAsked(): Rebuilder {
    const idle = this.#rebuilders.find(({ asked }) => asked.size === 0);
    if (idle) return idle;
    if (this.#rebuilders.length < this.width) return this.#start();
    return this.#rebuilders.reduce((least, one) => (one.asked.size < least.asked.size ? one : least));
  }

  #start(): Rebuilder {
    const resourceLimits = { maxYoungGenerationSizeMb };
    const worker = new Worker(entry, { workerData: this.#settings, name: 'rebuilder', resourceLimits });
    const rebuilder: Rebuilder = { worker, asked: new Map() };
    worker.on('message', (message: FromRebuilder) => {
      const asked = rebuilder.asked.get(message.id);
      rebuilder.asked.delete(message.id);
      if (message.kind === 'folded') asked?.resolve(message.folded);
      else asked?.reject(message.code ? new StoreFault(message.code, message.message) : new Error(message.message));
    });
    // A thread that died took no rows with it that anybody had: its ranges are folded again.
    const gone = (why: string): void => {
      const at = this.#rebuilders.indexOf(rebuilder);
      if (at >= 0) this.#rebuilders.splice(at, 1);
      for (const asked of rebuilder.asked.values()) asked.reject(new StoreFault('STORE_BROKEN', `a rebuilder is gone: ${why}`));
      rebuilder.asked.clear();
    };
    worker.on('error', (error) => gone(error instanceof Object && 'message' in error ? String(error.message) : 'a fault'));
    worker.on('exit', () => gone('its thread ended'));
    this.#rebuilders.push(rebuilder);
    return rebuilder;
  }

  #endIdle(): void {
    if (this.#rebuilders.some(({ asked }) => asked.size > 0)) return;
    for (const rebuilder of this.#rebuilders.splice(0)) post(rebuilder, { kind: 'close' });
  }
}

function post({ worker }: Rebuilder, message: ToRebuilder): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage(message);
}
