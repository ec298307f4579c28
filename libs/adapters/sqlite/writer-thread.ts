import { Worker } from 'node:worker_threads';
import { StoreFault } from '../../ports/store-fault.ts';
import { errorText } from './sqlite-fault.ts';
import type { Batch, FromWriter, ToWriter, WriterOptions, WriterSettings } from './writer-protocol.ts';

type Answer = Exclude<FromWriter, { readonly kind: 'failed' | 'refused' }>;
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (fault: StoreFault) => void };

// Built code runs beside .js, tests and scripts beside .ts.
const entry = new URL(`./event-store.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** The writer's thread as seen from outside: it answers in order, and whatever becomes of it, every question is settled. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
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
      await thread.#answer();
      return thread;
    } catch (fault) {
      await thread.terminate();
      throw fault;
    }
  }

  async commit(batch: Batch): Promise<Float64Array> {
    const answer = await this.#ask(batch);
    if (answer.kind === 'committed') return answer.answers;
    throw new StoreFault('STORE_BROKEN', `the writer answered ${answer.kind} to a batch`);
  }

  async settings(): Promise<WriterSettings> {
    const answer = await this.#ask({ kind: 'settings' });
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

  #ask(message: ToWriter): Promise<Answer> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#post(message);
    return this.#answer();
  }

  #post(message: ToWriter): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message);
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #settle(answer: FromWriter): void {
    const asked = this.#waiting.shift();
    if (answer.kind === 'failed' || answer.kind === 'refused') asked?.reject(new StoreFault(answer.code, answer.message));
    else asked?.resolve(answer);
  }

  #fail(reason: string): void {
    this.#gone ??= new StoreFault('STORE_BROKEN', `the writer is gone: ${reason}`);
    for (const asked of this.#waiting.splice(0)) asked.reject(this.#gone);
  }
}
