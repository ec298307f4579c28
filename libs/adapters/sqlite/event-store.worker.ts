import { parentPort, workerData } from 'node:worker_threads';
import { asStoreFault } from './sqlite-fault.ts';
import type { FromWriter, ToWriter, WriterOptions } from './writer-protocol.ts';
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
  port.on('message', (message: ToWriter) => {
    switch (message.kind) {
      case 'batch':
        return answer(writer.commit(message));
      case 'settings':
        return answer({ kind: 'settings', settings: writer.settings() });
      case 'close':
        writer.close();
        return port.close();
      default:
        throw new Error(`unknown message ${String(message satisfies never)}`);
    }
  });
}
