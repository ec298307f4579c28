import { join } from 'node:path';
import { openSqliteReadStore } from '../../libs/adapters/sqlite/read-store.ts';
import type { Past, ViewDetails, Views, ViewStatus } from '../../libs/edge/parts.ts';
import type { ViewStore } from '../../libs/ports/view.ts';
import { allViews } from '../../libs/read-models/views.ts';
import type { EngineOutcome, LastOutcome, RebuildEngine } from '../../libs/processes/rebuilds.ts';
import type { DifferingRow } from '../../libs/projection/digest.ts';
import { KeptReader } from '../../libs/projection/kept-builds.ts';
import type { RebuildOutcome } from '../../libs/projection/outcomes.ts';
import { ViewReader } from '../../libs/projection/view-reader.ts';
import { Hints } from './hints.ts';
import { Projector, ProjectorFailed, ProjectorGone } from './projector.ts';

export interface OpenViews extends Views {
  readonly engine: RebuildEngine<DifferingRow>;
  readonly past: Past;
  /** Lets a key go on without the event at which it is parked. */
  readonly release: (view: string, key: string, position: bigint) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Folded by the projector in its own thread, read here. */
export async function openViews(options: {
  readonly folder: string;
  readonly masterKey: Uint8Array;
  readonly clockShiftMs: number;
  /** Builds of the past that an institution keeps; 8 where absent. */
  readonly keptBuilds?: number;
  readonly onFault: (message: string) => void;
}): Promise<OpenViews> {
  const file = (name: string): string => join(options.folder, name);
  const paths = {
    log: file('log.db'),
    vault: file('vault.db'),
    views: file('views.db'),
    directory: file('directory.db'),
  };
  const { masterKey, clockShiftMs, keptBuilds, onFault } = options;
  const projector = await Projector.start({ paths, masterKey, clockShiftMs, onFault, ...(keptBuilds ? { keptBuilds } : {}) });
  const stores = {
    views: openSqliteReadStore({ path: paths.views, readOnly: true }),
    directory: openSqliteReadStore({ path: paths.directory, readOnly: true }),
  };
  const readers: Readonly<Record<ViewStore, ViewReader>> = {
    views: new ViewReader(stores.views),
    directory: new ViewReader(stores.directory),
  };
  // Whoever waits for a position tells the projector at once.
  const hints = new Hints(() => projector.notify());
  const status = (): readonly ViewStatus[] =>
    projector.standing().map(({ view: name, ...standing }) => {
      const { version } = allViews.find((one) => one.name === name)!;
      return { name, ...standing, version };
    });
  return {
    engine: engineOf(projector, status),
    past: pastOf(projector, new KeptReader(stores.views)),
    read: (views, query) => readers['name' in views ? views.store : views[0]!.store].read(views, query),
    waitFor: (view, position, ms) => projector.waitFor(position, ms, view),
    status,
    details: async () => (await projector.status()).map(detailsOf),
    parked: (view, limit) => projector.parked(view, limit),
    retry: (view, key) => projector.retry(view, key),
    practise: (view, position, lift) => projector.practise(view, position, lift),
    release: (view, key, position) => projector.release(view, key, position),
    notify: () => hints.hint(),
    close: async () => {
      hints.close();
      // The readers first: the last connection to close writes the log back and removes its files, which a reader cannot.
      await stores.views.close();
      await stores.directory.close();
      await projector.close();
    },
  };
}

/** How long a build that is read again and again is not said to be used once more. */
const usedMs = 60_000;

/** Built by the projector, read here. */
function pastOf(projector: Projector, reader: KeptReader): Past {
  const told = new Map<string, number>();
  const used = (build: string): void => {
    const now = performance.now();
    if (now - (told.get(build) ?? -Infinity) < usedMs) return;
    if (told.size >= 1_000) told.clear();
    told.set(build, now);
    projector.usedAsOf(build);
  };
  return {
    read: (views, moment, query) =>
      reader.read(views, moment, (db, build) => {
        used(build.id);
        return query(db, build);
      }),
    readBoth: (view, moments, query) =>
      reader.readBoth(view, moments, (db, builds) => {
        used(builds.from.id);
        used(builds.to.id);
        return query(db, builds);
      }),
    ask: (asked) => projector.askAsOf(asked),
    list: (institutionId) => projector.listAsOf(institutionId),
    drop: (institutionId, build) => projector.dropAsOf(institutionId, build),
  };
}

/** The projector as rebuilds are carried out with it. */
const engineOf = (projector: Projector, views: () => readonly ViewStatus[]): RebuildEngine<DifferingRow> => ({
  views,
  doing: async (view) => {
    const status = (await projector.status()).find((one) => one.view === view);
    return { building: status?.rebuild ?? null, last: status?.lastRebuild ? lastOf(status.lastRebuild) : null };
  },
  rebuild: async (view, onProgress, asked) => {
    try {
      const { generation, position, digests, differing: rows, differs } = await projector.rebuild(view, onProgress, asked);
      return { outcome: 'rebuilt', generation, position: position.toString(), digests, differing: differs, rows };
    } catch (error) {
      return outcomeOf(error);
    }
  },
  pause: (view) => projector.pause(view),
  resume: (view) => projector.resume(view),
  cancel: (view) => projector.cancel(view),
});

function lastOf({ run, generation, outcome, position: at, digests, differing, eventId, eventType }: RebuildOutcome): LastOutcome {
  const position = at?.toString() ?? null;
  switch (outcome) {
    case 'swapped':
    case 'equal':
    case 'different':
    case 'not-compared':
      return {
        run,
        outcome: outcome === 'swapped' ? 'swapped' : 'verified',
        generation,
        position: position ?? '0',
        digests,
        differing,
      };
    case 'failed':
      return { run, outcome, position, eventId, eventType };
    case 'cancelled':
      return { run, outcome };
    default:
      return outcome satisfies never;
  }
}

function outcomeOf(error: unknown): EngineOutcome<DifferingRow> {
  if (error instanceof ProjectorGone) return { outcome: 'gone' };
  if (!(error instanceof ProjectorFailed)) throw error;
  const { hindrance } = error;
  if (hindrance === 'cancelled') return { outcome: 'cancelled' };
  const { position = null, eventId = null, type: eventType = null } = hindrance ?? {};
  return { outcome: 'failed', position: position?.toString() ?? null, eventId, eventType };
}

/** As JSON, but for what is shown by whose it is. */
const detailsOf = ({
  view,
  position,
  head,
  lagEvents,
  poison,
  incomplete: _incomplete,
  parkedKeys,
  practised,
  rebuild,
  lastRebuild,
  ...status
}: Awaited<ReturnType<Projector['status']>>[number]): ViewDetails => ({
  name: view,
  ...status,
  position: position.toString(),
  head: head.toString(),
  lagEvents: lagEvents.toString(),
  stoppedAt: poison && { ...poison, position: poison.position.toString() },
  parkedKeys: parkedKeys.map((parked) => ({ view, generation: status.generation, ...parked })),
  practised: practised.map(String),
  rebuilding: rebuild && {
    generation: rebuild.generation,
    verify: rebuild.verify,
    paused: rebuild.paused,
    phase: rebuild.phase,
    done: rebuild.done.toString(),
    head: rebuild.head.toString(),
  },
  lastRebuild: lastRebuild && { ...lastRebuild, position: lastRebuild.position?.toString() ?? null },
});
