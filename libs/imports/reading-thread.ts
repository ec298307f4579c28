import { Worker } from 'node:worker_threads';
import { UnreadableFile } from '../intake/unreadable-file.ts';
import type { FromReader, ReaderAnswer, ReadingJob } from './reading-protocol.ts';

const entry = new URL(`./reading.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Asked for ahead: while one batch is carried out, the next is read. */
const ahead = 2;
/** A hostile file must not take the ledger's memory with it. */
const heapMiB = 1024;

/**
 * What a thread of its own reads out of a sealed file, one thing after the other and not faster than they are taken; whoever stops taking
 * ends the thread. Throws `UnreadableFile`; any other fault is told by its kind alone.
 */
export async function* readInThread(job: ReadingJob): AsyncGenerator<FromReader, void, undefined> {
  const worker = new Worker(entry, {
    workerData: job,
    name: 'file-reader',
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const arrived: ReaderAnswer[] = [];
  let wake = Promise.withResolvers<void>();
  const tell = (answer: ReaderAnswer): void => {
    arrived.push(answer);
    wake.resolve();
  };
  worker.on('message', tell);
  worker.on('error', (error) => tell(outOfMemory(error)));
  worker.on('exit', () => tell({ fault: 'Exited' }));
  try {
    for (let n = 0; n < ahead; n++) more(worker);
    for (;;) {
      while (arrived.length === 0) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
      const answer = arrived.shift()!;
      if ('end' in answer) return;
      if ('unreadable' in answer) throw new UnreadableFile(answer.unreadable, answer.facts);
      if ('fault' in answer) throw new Error(`a file could not be read: ${answer.fault}`);
      yield answer.item;
      more(worker);
    }
  } finally {
    await worker.terminate();
  }
}

const outOfMemory = (error: Error): ReaderAnswer =>
  (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? { unreadable: 'WORKBOOK_TOO_LARGE', facts: { part: 'memory', max: heapMiB * 1_048_576 } }
    : { fault: error.name };

function more(worker: Worker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage(null);
}
