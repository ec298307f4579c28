import { join } from 'node:path';
import { openSqliteReadStore } from '../../libs/adapters/sqlite/read-store.ts';
import type { ViewDetails, Views, ViewStatus } from '../../libs/edge/parts.ts';
import type { ViewStore } from '../../libs/ports/view.ts';
import { Projector } from './projector.ts';
import { ViewReader } from '../../libs/projection/view-reader.ts';

export interface OpenViews extends Views {
  readonly close: () => Promise<void>;
}

/** Appends of this long are one hint: fuller pages cost less each. Whoever waits for a position hints at once. */
const nudgeMs = 100;

/** Folded by the projector in its own thread, read here. */
export async function openViews(options: {
  readonly folder: string;
  readonly masterKey: Uint8Array;
  readonly clockShiftMs: number;
  readonly onFault: (message: string) => void;
}): Promise<OpenViews> {
  const file = (name: string): string => join(options.folder, name);
  const paths = {
    log: file('log.db'),
    vault: file('vault.db'),
    views: file('views.db'),
    directory: file('directory.db'),
  };
  const { masterKey, clockShiftMs, onFault } = options;
  const projector = await Projector.start({ paths, masterKey, clockShiftMs, onFault });
  const stores = {
    views: openSqliteReadStore({ path: paths.views, readOnly: true }),
    directory: openSqliteReadStore({ path: paths.directory, readOnly: true }),
  };
  const readers: Readonly<Record<ViewStore, ViewReader>> = {
    views: new ViewReader(stores.views),
    directory: new ViewReader(stores.directory),
  };
  let due: NodeJS.Timeout | undefined;
  const nudge = (): void => {
    due = undefined;
    projector.notify();
  };
  return {
    read: (views, query) => readers['name' in views ? views.store : views[0]!.store].read(views, query),
    waitFor: (view, position, ms) => projector.waitFor(position, ms, view),
    status: () => projector.standing().map(({ view, state, position }): ViewStatus => ({ name: view, state, position })),
    details: async () => (await projector.status()).map(detailsOf),
    rebuild: (view, compare) => projector.rebuild(view, undefined, { compare }),
    notify: () => {
      due ??= setTimeout(nudge, nudgeMs).unref();
    },
    close: async () => {
      clearTimeout(due);
      // The readers first: the last connection to close writes the log back and removes its files, which a reader cannot.
      await stores.views.close();
      await stores.directory.close();
      await projector.close();
    },
  };
}

/** What a fold said of its failure may quote what it read, so the message stays in the log of the server. */
const detailsOf = ({
  view,
  position,
  head,
  lagEvents,
  poison,
  rebuild,
  ...status
}: Awaited<ReturnType<Projector['status']>>[number]): ViewDetails => ({
  name: view,
  ...status,
  position: position.toString(),
  head: head.toString(),
  lagEvents: lagEvents.toString(),
  stoppedAt: poison && {
    position: poison.position.toString(),
    eventId: poison.eventId,
    type: poison.type,
    since: poison.since,
    attempts: poison.attempts,
    retryAt: poison.retryAt,
  },
  rebuilding: rebuild && { generation: rebuild.generation, done: rebuild.done.toString() },
});
