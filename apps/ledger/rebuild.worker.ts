import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteEventReader } from '../../libs/adapters/sqlite/event-reader.ts';
import { errorText } from '../../libs/adapters/sqlite/sqlite-fault.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import type { EventDecoder } from '../../libs/ports/view.ts';
import { allViews } from '../../libs/read-models/views.ts';
import { decodeSealed } from '../../libs/runtime/codec.ts';
import { decodeLazily } from '../../libs/runtime/lazy-event.ts';
import { foldIntoFile } from './range-folding.ts';
import type { FromRebuilder, RebuilderSettings, ToRebuilder } from './rebuild-pool.ts';

const port = parentPort!;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- RebuildPool alone starts this file
const { log, folder } = workerData as RebuilderSettings;

// On Linux this is the thread's alone, and the last in line: a rebuild takes what commands, queries and live folds leave.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW);

const streams = openSqliteEventReader({ path: log, pollMs: 'never' });
// No key comes here: what is opened is folded elsewhere.
const decodeOpen: EventDecoder['decodeOpen'] = ({ type }) => {
  throw new Error(`${type} is not opened in a rebuild by ranges`);
};
const asRecorded: EventDecoder = { decode: decodeLazily, decodeOpen };
/** Histories as of a moment hold copies of events. */
const asEffective: EventDecoder = { decode: decodeSealed, decodeOpen };

port.on('message', (message: ToRebuilder) => {
  if (message.kind === 'close') {
    void streams.close().then(() => port.close());
    return;
  }
  const { id, job } = message;
  const decoder = job.effectiveAsOf === null ? asRecorded : asEffective;
  void foldIntoFile({ streams, decoder, views: allViews, folder }, job).then(
    (folded) => tell({ kind: 'folded', id, folded }),
    (error: unknown) => {
      const code = error instanceof StoreFault ? error.code : null;
      tell({ kind: 'failed', id, code, message: errorText(error) });
    },
  );
});

function tell(message: FromRebuilder): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(message);
}
