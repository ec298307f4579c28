import { Worker } from 'node:worker_threads';
import { StoreFault } from '../../ports/store-fault.ts';
import { errorText } from './sqlite-fault.ts';
import {
  answerWidth,
  type Batch,
  type FromWriter,
  type ToWriter,
  type WriterOptions,
  type WriterSettings,
} from './writer-protocol.ts';

type Answer = Extract<FromWriter, { readonly kind: 'ready' | 'settings' }>;

/** What was asked and awaits its answer, oldest first. */
interface Asked<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (fault: StoreFault) => void;
}
interface AskedBatch extends Asked<Float64Array> {
  readonly appends: number;
}

// Built code runs beside .js, tests and scripts beside .ts.
const entry = new URL(`./event-store.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** The writer's thread as seen from outside: whatever becomes of it, all that was asked is settled. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #batches: AskedBatch[] = [];
  readonly #questions: Asked<Answer>[] = [];
  readonly #exited: Promise<void>;
  #gone: StoreFault | undefined;

  private constructor(options: WriterOptions) {
    this.#worker = new Worker(entry, { workerData: options, name: 'event-store-writer' });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (answer: FromWriter) => this.#settle(answer));
    this.#worker.on('messageerror', (error) => this.#fail(errorText(error)));
    this.#worker.on('error', (error) => this.#fail(errorText(error)));
    this.#worker.on('exit', () => this.#fail('its thread ended'));
  }

  /** Throws STORE_IN_USE, STORE_NEWER, STORE_FOREIGN or STORE_BROKEN. */
  static async start(options: WriterOptions): Promise<WriterThread> {
    const thread = new WriterThread(options);
    try {
      await new Promise<Answer>((resolve, reject) => thread.#questions.push({ resolve, reject }));
      return thread;
    } catch (fault) {
      await thread.terminate();
      throw fault;
    }
  }

  /** Gives `answerWidth` numbers per append, see Committed. Throws STORE_FULL or STORE_BROKEN. */
  commit(batch: Batch): Promise<Float64Array> {
    return this.#ask(batch, (resolve, reject) => this.#batches.push({ resolve, reject, appends: batch.streams.length }));
  }

  async settings(): Promise<WriterSettings> {
    const answer = await this.#ask<Answer>({ kind: 'settings' }, (resolve, reject) => this.#questions.push({ resolve, reject }));
    if (answer.kind === 'settings') return answer.settings;
    throw new StoreFault('STORE_BROKEN', `the writer answered ${answer.kind} to a question for its settings`);
  }

  /** Lets it finish what it was sent, then ends it. */
  async close(): Promise<void> {
    if (this.#gone === undefined) this.#post({ kind: 'close' });
    await this.#exited;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask<T>(message: ToWriter, wait: (resolve: Asked<T>['resolve'], reject: Asked<T>['reject']) => void): Promise<T> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#post(message);
    return new Promise(wait);
  }

  #post(message: ToWriter): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message);
  }

  #settle(answer: FromWriter): void {
    switch (answer.kind) {
      case 'committed': {
        let at = 0;
        for (const { appends, resolve } of this.#batches.splice(0, answer.batches)) {
          resolve(answer.answers.subarray(at, (at += appends * answerWidth)));
        }
        return;
      }
      case 'failed': {
        const fault = new StoreFault(answer.code, answer.message);
        for (const asked of this.#batches.splice(0, answer.batches)) asked.reject(fault);
        return;
      }
      case 'refused':
        return this.#questions.shift()?.reject(new StoreFault(answer.code, answer.message));
      case 'ready':
      case 'settings':
        return this.#questions.shift()?.resolve(answer);
      default:
        throw new Error(`unknown answer ${String(answer satisfies never)}`);
    }
  }

  #fail(reason: string): void {
    this.#gone ??= new StoreFault('STORE_BROKEN', `the writer is gone: ${reason}`);
    for (const asked of [...this.#batches.splice(0), ...this.#questions.splice(0)]) asked.reject(this.#gone);
  }
}
