import { Worker } from 'node:worker_threads';
import type { FromPrinter, ToPrinter } from './printer-protocol.ts';
import type { Sheet } from './transcript-page.ts';
import type { Printed } from './transcript-pdf.ts';

const entry = new URL(`./printer.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

interface Job {
  readonly resolve: (printed: Printed) => void;
  readonly reject: (fault: Error) => void;
}

/**
 * Typesets in a thread of its own, started with the first sheet: setting one takes a hundred milliseconds, in which nobody else would be answered.
 * An idle thread keeps no process alive; one that died is started again with the next sheet.
 */
export class Printer {
  #worker: Worker | undefined;
  #jobs = 0;
  readonly #waiting = new Map<number, Job>();

  print(sheet: Sheet): Promise<Printed> {
    const job = (this.#jobs += 1);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const printed = new Promise<Printed>((resolve, reject) => this.#waiting.set(job, { resolve, reject }));
    const asked: ToPrinter = { job, sheet };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(asked);
    return printed;
  }

  #start(): Worker {
    const worker = new Worker(entry, { name: 'printer' });
    worker.on('message', (answer: FromPrinter) => this.#settle(answer));
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error('the printing thread died'));
      this.#waiting.clear();
    });
    return worker;
  }

  #settle(answer: FromPrinter): void {
    const job = this.#waiting.get(answer.job);
    this.#waiting.delete(answer.job);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ('fault' in answer) job?.reject(new Error(`a sheet could not be set: ${answer.fault}`));
    else job?.resolve({ bytes: Buffer.from(answer.bytes), missing: answer.missing });
  }
}
