import { DatabaseSync } from 'node:sqlite';
import { foldIntoFile } from '../../../apps/ledger/range-folding.ts';
import { sqliteReadStoreOver } from '../../../libs/adapters/sqlite/read-store.ts';
import type { ReadQueries, ReadStore } from '../../../libs/ports/read-store.ts';
import { StoreFault } from '../../../libs/ports/store-fault.ts';
import { viewStores, type View, type ViewStore } from '../../../libs/ports/view.ts';
import { ViewStopped, type Projection } from '../../../libs/projection/engine.ts';
import type { RangeFolder } from '../../../libs/projection/ranged-fold.ts';
import { Violation } from '../books/log.ts';
import type { Ground, Process } from '../ground.ts';
import type { Wire } from '../ports.ts';
import { newDisks, Projector, type Disks } from '../projector.ts';
import type { Life } from '../scheduler.ts';
import type { Watch } from './watch.ts';
import { decoder, viewOf, witnesses } from './witnesses.ts';

/** Few, so that catching up takes many pages and a rebuild many ranges. */
const batch = 4;
const rangeEvents = 9;

/** Files of ranges, in memory: their names must differ in the whole process. */
let files = 0;

/** The process that folds witnesses: it dies and starts again, in a newer release where one was deployed. */
export class Projecting implements Process {
  readonly name = 'projector';
  skew = 0;
  readonly disks: Disks = newDisks();
  /** Version of each view's code from the next start on. */
  readonly versions = new Map(witnesses.map(({ name }) => [name, 1]));
  /** Events that no fold gets past, as `view position`; and whatever ever was one. */
  readonly poison = new Set<string>();
  readonly everPoison = new Set<string>();
  /** When a store that is full has room again. */
  readonly fullUntil = new Map<ViewStore, number>();
  /** Readers may ask from then on, whatever happens. */
  everReady = false;
  readonly #ground: Ground;
  readonly #watch: Watch;
  /** For whoever asks while the projector is dead. */
  readonly #outside = {
    views: sqliteReadStoreOver(this.disks.views, { readOnly: true }),
    directory: sqliteReadStoreOver(this.disks.directory, { readOnly: true }),
  };
  readonly #files = new Map<string, DatabaseSync>();
  #projector: Projector | null = null;
  #ready = false;
  #life: Life | null = null;

  constructor(ground: Ground, watch: Watch) {
    this.#ground = ground;
    this.#watch = watch;
  }

  get life(): Life | null {
    return this.#life;
  }

  /** Null while nobody is there to be asked. */
  get projection(): Projection | null {
    return this.#ready ? (this.#projector?.projection ?? null) : null;
  }

  views(): readonly View[] {
    const { plant } = this.#ground;
    const poisoned = (view: string, position: bigint): boolean => this.poison.has(`${view} ${position}`);
    return witnesses
      .map((witness) => viewOf(witness, this.versions.get(witness.name)!, poisoned))
      .map((view) => plant?.view?.(view) ?? view);
  }

  boot(): void {
    const { life, ports } = this.#ground.live(this);
    const { plant } = this.#ground;
    const views = this.views();
    const ranges = this.#ranges(views, ports.wire);
    this.#life = life;
    this.#watch.started();
    const projector = new Projector(this.disks, {
      views,
      events: ports.store,
      decoder,
      clock: ports.clock,
      timer: ports.timer,
      wire: ports.wire,
      wrap: (store, name) => plant?.readStore?.(this.#filling(store, name)) ?? this.#filling(store, name),
      ranges: plant?.ranges?.(ranges) ?? ranges,
      batch,
      clearText: false,
      pollMs: 5_000,
      onCommit: (store) => this.#watch.committed(store),
      onScrub: (store) => this.#watch.scrubbed(store),
      onFault: (fault) => {
        if (life.alive) this.#heard(fault);
      },
    });
    this.#projector = projector;
    void this.#start(projector, life);
  }

  async #start(projector: Projector, life: Life): Promise<void> {
    try {
      await projector.projection.prepare();
      this.#ready = true;
      this.everReady = true;
      projector.projection.start();
    } catch (error) {
      if (!life.alive) return;
      if (!(error instanceof StoreFault)) return this.#ground.fail(error as Error);
      this.#ground.scheduler.post(
        life,
        () => 'the projector could not start',
        () => this.#ground.adversary.crash(life),
      );
    }
  }

  /** Disks that fail are nobody's fault; a view stops at poison alone. */
  #heard(fault: unknown): void {
    if (fault instanceof StoreFault) return;
    if (!(fault instanceof ViewStopped)) return this.#ground.fail(fault as Error);
    const [view, position] = /^(\S+) stands before event (\d+)/.exec(fault.message)!.slice(1);
    if (!this.everPoison.has(`${view} ${position}`))
      this.#ground.fail(new Violation('poison', `${fault.message}: it is no poison`));
    this.#ground.tally.add('events that could not be folded');
  }

  died(): void {
    this.#projector?.die();
    this.#projector = null;
    this.#ready = false;
    this.#life = null;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** Hears of an append; not always, and not always once. */
  notify(): void {
    const { scheduler, adversary } = this.#ground;
    const drawn = adversary.active ? adversary.dice.next() : 0;
    // Most hints arrive: 0 is no fault, as everywhere.
    const times = drawn === 0 ? [0] : ([[], [0, 0], [31_000], [0, 7_000]][drawn % 4] ?? []);
    for (const ms of times)
      scheduler.after(
        ms,
        null,
        () => 'the projector hears of an append',
        () => this.#projector?.projection.notify(),
      );
  }

  /** Asks the rows as people do, from outside: while the projector is dead too, and never in the middle of what it writes. */
  async ask<T>(store: ViewStore, read: (db: ReadQueries) => Promise<T>): Promise<T> {
    for (;;) {
      const projector = this.#projector;
      if (!projector) return this.#outside[store].snapshot(read);
      try {
        return await projector.read(read, store);
      } catch (error) {
        if (this.#projector === projector || !(error instanceof StoreFault)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#projector?.projection.close();
  }

  dispose(): void {
    for (const name of viewStores) this.disks[name].close();
    for (const file of this.#files.values()) file.close();
  }

  // ── ports ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Where the disk is full, nothing is written. */
  #filling(store: ReadStore, name: ViewStore): ReadStore {
    const assertRoom = (): void => {
      if (this.#ground.scheduler.now < (this.fullUntil.get(name) ?? 0)) throw new StoreFault('STORE_FULL', 'no room');
    };
    return {
      snapshot: (read) => store.snapshot(read),
      transaction: async (write) => {
        assertRoom();
        return store.transaction(write);
      },
      absorb: async (...taken) => {
        assertRoom();
        await store.absorb!(...taken);
        this.#ground.tally.add('ranges taken over');
      },
      scrub: () => store.scrub(),
      close: () => store.close(),
    };
  }

  #ranges(views: readonly View[], wire: Wire): RangeFolder {
    const streams = this.#ground.durable;
    return {
      width: 2,
      rangeEvents,
      lastStream: () =>
        wire.call(
          () => 'how many streams are there?',
          () => streams.lastStream(),
        ),
      fold: (job) =>
        wire.call(
          () => `fold ${job.view} from stream ${job.from} to ${job.to} for generation ${job.generation}`,
          async () => {
            // Somebody must hold it open from the first row to the last.
            const base = `file:range${files++}?mode=memory&cache=shared`;
            const holder = new DatabaseSync(base);
            const folded = await foldIntoFile({ streams, decoder, views, folder: `${base}&of=` }, job);
            if ('file' in folded) this.#files.set(folded.file, holder);
            else holder.close();
            return folded;
          },
        ),
      release: (file) => {
        this.#files.get(file)?.close();
        this.#files.delete(file);
      },
    };
  }
}
