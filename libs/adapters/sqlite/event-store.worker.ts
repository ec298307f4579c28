import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { asStoreFault } from './sqlite-fault.ts';
import { commitAppends, commitChars, type Batch, type FromWriter, type ToWriter, type WriterOptions } from './writer-protocol.ts';
import { Writer } from './writer.ts';

const port = parentPort!;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- WriterThread alone starts this file
const options = workerData as WriterOptions;

try {
  serve(new Writer(options));
  answer({ kind: 'ready' });
} catch (error) {
  const { code, message } = asStoreFault(error);
  answer({ kind: 'refused', code, message });
}

function answer(message: FromWriter): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(message);
}

function serve(writer: Writer): void {
  port.on('message', (first: ToWriter) => {
    for (let message: ToWriter | undefined = first; message !== undefined;) message = handle(writer, message);
  });
}

/** Gives the message that it took without handling it. */
function handle(writer: Writer, message: ToWriter): ToWriter | undefined {
  switch (message.kind) {
    case 'batch': {
      const [batches, next] = takeBatches(message);
      answer(writer.commit(batches));
      return next;
    }
    case 'settings':
      answer({ kind: 'settings', settings: writer.settings() });
      return undefined;
    case 'close':
      writer.close();
      port.close();
      return undefined;
    default:
      throw new Error(`unknown message ${String(message satisfies never)}`);
  }
}

/** Whatever queued while the last commit ran shares the next one. */
function takeBatches(first: Batch): [Batch[], ToWriter | undefined] {
  const batches = [first];
  let appends = first.streams.length;
  let chars = first.chars;
  while (appends < commitAppends && chars < commitChars) {
    const received: { message: ToWriter } | undefined = receiveMessageOnPort(port);
    if (received === undefined) break;
    if (received.message.kind !== 'batch') return [batches, received.message];
    batches.push(received.message);
    appends += received.message.streams.length;
    chars += received.message.chars;
  }
  return [batches, undefined];
}
