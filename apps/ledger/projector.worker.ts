import { constants, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteEventReader } from '../../libs/adapters/sqlite/event-reader.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { openSqliteReadStore } from '../../libs/adapters/sqlite/read-store.ts';
import { errorText } from '../../libs/adapters/sqlite/sqlite-fault.ts';
import type { Timer } from '../../libs/ports/clock.ts';
import { allViews } from '../../libs/read-models/views.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { AsOfBuilds } from '../../libs/projection/as-of-builds.ts';
import { Projection, RebuildCancelled, RebuildFailed, type Standing } from '../../libs/projection/engine.ts';
import { RebuildPool } from './rebuild-pool.ts';
import type { FromProjector, Hindrance, ProjectorSettings, ToProjector } from './projector-protocol.ts';

const port = parentPort!;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Projector alone starts this file
const settings = workerData as ProjectorSettings;

function tell(message: FromProjector): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(message);
}

const timer: Timer = {
  sleep: (ms, signal) => (ms === 0 ? nextTurn() : sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined)),
};

// Commands go first where cores are few: views may lag, answers may not. On Linux this is the thread's alone; elsewhere it would be the process's.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

try {
  await serve();
} catch (error) {
  tell({ kind: 'refused', message: errorText(error) });
  port.close();
}

async function serve(): Promise<void> {
  const { paths, masterKey, clockShiftMs, keptBuilds, batch, pollMs } = settings;
  // The engine polls by itself; the reader's own subscriptions are not used.
  const events = openSqliteEventReader({ path: paths.log, pollMs: 'never' });
  const vault = await openSqliteKeyVault({ path: paths.vault, masterKey, readOnly: true });
  const stores = {
    views: openSqliteReadStore({ path: paths.views }),
    directory: openSqliteReadStore({ path: paths.directory, clearText: true }),
  };
  const ranges = new RebuildPool({ log: paths.log, folder: join(dirname(paths.log), 'rebuild') }, () => events.lastStream());
  const clock = { now: (): number => Date.now() + clockShiftMs };
  let told: readonly Standing[] = [];
  const projection = new Projection({
    events,
    ranges,
    decoder: new Codec(vault),
    stores,
    views: allViews,
    clock,
    timer,
    ...(batch === undefined ? {} : { batch }),
    ...(pollMs === undefined ? {} : { pollMs }),
    onFault: (fault) => tell({ kind: 'fault', message: errorText(fault) }),
    onMoved: (standing) => tell(movedFrom(told, (told = standing))),
  });
  await projection.prepare();
  const pasts = new AsOfBuilds({
    events,
    store: stores.views,
    views: allViews,
    ranges,
    clock,
    timer,
    kept: keptBuilds,
    onFault: (fault) => tell({ kind: 'fault', message: errorText(fault) }),
  });
  await pasts.prepare();

  port.on('message', (message: ToProjector) => void answer({ projection, pasts }, message).then(async (ends) => ends && end()));
  const end = async (): Promise<void> => {
    await ranges.close();
    await pasts.close();
    await projection.close();
    await stores.views.close();
    await stores.directory.close();
    await events.close();
    await vault.close();
    port.close();
  };
  tell({ kind: 'ready', standing: (told = projection.standing()) });
  projection.start();
  pasts.start();
}

function movedFrom(told: readonly Standing[], standing: readonly Standing[]): FromProjector {
  const same = standing.length === told.length && standing.every((one, i) => saysTheSame(one, told[i]!));
  return same ? { kind: 'advanced', positions: standing.map(({ position }) => position) } : { kind: 'moved', standing };
}

/** But for where it stands. What is incomplete is told anew each time: it is rare, and its lists are not compared. */
const saysTheSame = (now: Standing, before: Standing): boolean =>
  now.view === before.view &&
  now.generation === before.generation &&
  now.state === before.state &&
  now.parked === 0 &&
  before.parked === 0;

interface Served {
  readonly projection: Projection;
  readonly pasts: AsOfBuilds;
}

/** True where it was the last message. */
async function answer({ projection, pasts }: Served, message: ToProjector): Promise<boolean> {
  if (message.kind === 'close') return true;
  if (message.kind === 'notify') {
    projection.notify();
    return false;
  }
  if (message.kind === 'used-as-of') {
    // Only a hint: where the disk fails it is not taken.
    await pasts.used(message.build).catch(() => undefined);
    return false;
  }
  const { id } = message;
  try {
    switch (message.kind) {
      case 'status':
        tell({ kind: 'answer', id, answer: await projection.status() });
        break;
      case 'digest':
        tell({ kind: 'answer', id, answer: await projection.digest(message.view) });
        break;
      case 'parked':
        tell({ kind: 'answer', id, answer: projection.parked(message.view, message.limit) });
        break;
      case 'retry':
        tell({ kind: 'answer', id, answer: projection.retry(message.view, message.key ?? undefined) });
        break;
      case 'release':
        tell({ kind: 'answer', id, answer: projection.release(message.view, message.key, message.position) });
        break;
      case 'practise':
        tell({ kind: 'answer', id, answer: await projection.practise(message.view, message.position, message.lift) });
        break;
      case 'rebuild': {
        const onProgress = (progress: Parameters<NonNullable<Parameters<Projection['rebuild']>[1]>>[0]): void =>
          tell({ kind: 'progress', id, progress });
        tell({ kind: 'answer', id, answer: await projection.rebuild(message.view, onProgress, message.asked) });
        break;
      }
      case 'pause':
        tell({ kind: 'answer', id, answer: await projection.pause(message.view) });
        break;
      case 'resume':
        tell({ kind: 'answer', id, answer: await projection.resume(message.view) });
        break;
      case 'cancel':
        tell({ kind: 'answer', id, answer: await projection.cancel(message.view) });
        break;
      case 'ask-as-of':
        tell({ kind: 'answer', id, answer: await pasts.ask(message.asked) });
        break;
      case 'list-as-of':
        tell({ kind: 'answer', id, answer: pasts.list(message.institutionId) });
        break;
      case 'drop-as-of':
        tell({ kind: 'answer', id, answer: await pasts.drop(message.institutionId, message.build) });
        break;
      default:
        message satisfies never;
    }
  } catch (error) {
    tell({ kind: 'failed', id, message: errorText(error), hindrance: hindranceOf(error) });
  }
  return false;
}

function hindranceOf(error: unknown): Hindrance | null {
  if (error instanceof RebuildCancelled) return 'cancelled';
  if (!(error instanceof RebuildFailed)) return null;
  const { position, eventId, type } = error;
  return { position, eventId, type };
}
