import { parentPort } from 'node:worker_threads';
import type { FromPrinter, ToPrinter } from './printer-protocol.ts';
import { printTranscript } from './transcript-pdf.ts';

/** One transcript after another. What failed is told by its kind: a message may quote what was to be printed. */
parentPort!.on('message', ({ job, sheet }: ToPrinter) => {
  const tell = (answer: FromPrinter): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort!.postMessage(answer);
  };
  printTranscript(sheet).then(
    ({ bytes, missing }) => tell({ job, bytes, missing }),
    (fault: unknown) => tell({ job, fault: fault instanceof Error ? fault.name : typeof fault }),
  );
});
