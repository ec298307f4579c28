import { Worker } from 'node:worker_threads';
import type { Purpose } from '../../kernel/purposes.ts';
import type { ShreddedKey } from '../../ports/key-vault.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import type { FromVaultWriter, Minted, ToVaultWriter, VaultWriterOptions, Wanted } from './key-vault-protocol.ts';

type Answer = Exclude<FromVaultWriter, { readonly kind: 'failed' }>;
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (fault: VaultFault) => void };

// Built code runs beside .js, tests and scripts beside .ts.
const entry = new URL(`./key-vault.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Request number of the answer to being started. */
const starting = 0;

/** The vault's writer as seen from outside: whatever becomes of its thread, every question is settled. */
export class VaultThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #requests = starting;
  #gone: VaultFault | undefined;

  private constructor(options: VaultWriterOptions) {
    this.#worker = new Worker(entry, { workerData: options, name: 'key-vault-writer' });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (answer: FromVaultWriter) => this.#settle(answer));
    this.#worker.on('messageerror', (error) => this.#fail(error.message));
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', () => this.#fail('its thread ended'));
  }

  /** Throws the faults of opening a vault. */
  static async start(options: VaultWriterOptions): Promise<VaultThread> {
    const thread = new VaultThread(options);
    try {
      await thread.#answer(starting);
      return thread;
    } catch (fault) {
      await thread.terminate();
      throw fault;
    }
  }

  async mint(wanted: readonly Wanted[]): Promise<Minted> {
    const answer = await this.#ask((request) => ({ kind: 'mint', request, wanted }));
    if (answer.kind === 'minted') return answer;
    throw new VaultFault('VAULT_BROKEN', `the writer answered ${answer.kind} to minting`);
  }

  async shred(subjectId: string, purposes: readonly Purpose[]): Promise<readonly ShreddedKey[]> {
    const answer = await this.#ask((request) => ({ kind: 'shred', request, subjectId, purposes }));
    if (answer.kind === 'shredded') return answer.shredded;
    throw new VaultFault('VAULT_BROKEN', `the writer answered ${answer.kind} to shredding`);
  }

  /** Ends it; the caller has waited for what is in flight. */
  async close(): Promise<void> {
    if (this.#gone === undefined) this.#post({ kind: 'close' });
    await this.#exited;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(message: (request: number) => ToVaultWriter): Promise<Answer> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const request = ++this.#requests;
    this.#post(message(request));
    return this.#answer(request);
  }

  #post(message: ToVaultWriter): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message);
  }

  #answer(request: number): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.set(request, { resolve, reject }));
  }

  #settle(answer: FromVaultWriter): void {
    const request = 'request' in answer && answer.request !== undefined ? answer.request : starting;
    const asked = this.#waiting.get(request);
    this.#waiting.delete(request);
    if (answer.kind === 'failed') asked?.reject(new VaultFault(answer.code, answer.message, answer.facts));
    else asked?.resolve(answer);
  }

  #fail(reason: string): void {
    this.#gone ??= new VaultFault('VAULT_BROKEN', `the vault's writer is gone: ${reason}`);
    for (const asked of this.#waiting.values()) asked.reject(this.#gone);
    this.#waiting.clear();
  }
}
