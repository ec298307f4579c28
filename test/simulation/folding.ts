import { Naming, liveGeneration, readNamed } from '../../libs/projection/generations.ts';
import type { Unfinished } from '../../libs/runtime/recovery.ts';
import { pendingTakes, takesPending } from '../../libs/read-models/pending-takes.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Violation } from './books/log.ts';
import type { Ground, Process } from './ground.ts';
import { Projector, digestsOf, hindmost, newDisks, reading } from './projector.ts';
import type { View } from '../../libs/ports/view.ts';
import type { Wire } from './ports.ts';
import type { Life } from './scheduler.ts';

/** The process that folds the log into views, over databases that outlive it. */
export class Folding implements Process {
  readonly name = 'projector';
  skew = 0;
  readonly #ground: Ground;
  readonly #disks = newDisks();
  readonly #views: readonly View[];
  #life: Life | null = null;
  #projector: Projector | null = null;
  #prepared = false;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#views = ground.realm.views.map((view) => ground.plant?.view?.(view) ?? view);
    let appends = 0;
    ground.onAppend.add(() => {
      appends++;
      // A hint takes its time, and of a flawed subscription some are never heard.
      if (ground.plant?.deaf && appends % 3 === 0) return;
      const life = this.#life;
      if (life)
        ground.scheduler.post(
          life,
          () => 'the projector hears of an append',
          () => this.#projector?.projection.notify(),
        );
    });
  }

  get life(): Life | null {
    return this.#life;
  }

  boot(): void {
    const { life, ports } = this.#ground.live(this);
    this.#life = life;
    this.#prepared = false;
    const { plant } = this.#ground;
    const projector = new Projector(this.#disks, {
      views: this.#views,
      events: ports.store,
      decoder: ports.codec,
      clock: ports.clock,
      timer: ports.timer,
      wire: ports.wire,
      ...(plant?.readStore ? { wrap: plant.readStore } : {}),
      pollMs: plant?.deaf ? Infinity : 5_000,
      onFault: (fault) => {
        if (!(fault instanceof StoreFault)) this.#ground.fail(fault as Error);
      },
    });
    this.#projector = projector;
    void this.#start(projector, life);
  }

  async #start(projector: Projector, life: Life): Promise<void> {
    try {
      await projector.projection.prepare();
      this.#prepared = true;
      projector.projection.start();
    } catch (error) {
      if (!life.alive) return;
      if (!(error instanceof StoreFault)) return this.#ground.fail(error as Error);
      // It could not begin: what runs it starts it again.
      this.#ground.scheduler.post(
        life,
        () => 'the projector could not start',
        () => this.#ground.adversary.crash(life),
      );
    }
  }

  died(): void {
    this.#projector?.die();
    this.#projector = null;
    this.#life = null;
  }

  /** Folds a view anew beside its live rows, and compares. Gives up when the process dies meanwhile. */
  async rebuild(which: number): Promise<void> {
    const view = this.#views[which % this.#views.length]!;
    const projection = this.#prepared ? this.#projector?.projection : undefined;
    if (!projection) return;
    this.#ground.tally.add('rebuilds');
    try {
      const { digests } = await projection.rebuild(view.name, undefined, { compare: true });
      this.#ground.tally.add(digests ? 'rebuilds compared' : 'rebuilds swapped in');
      if (digests && digests.live !== digests.rebuilt)
        this.#ground.fail(new Violation('views', `${view.name} rebuilt to other rows than the live ones`));
    } catch (error) {
      if (!(error instanceof StoreFault)) this.#ground.fail(error as Error);
    }
  }

  /** What the view of unfinished takes says, asked from another process. */
  unfinished(wire: Wire, before: string, after: Unfinished | undefined): Promise<readonly Unfinished[]> {
    return wire.call(
      () => `which takes are unfinished since ${before}?`,
      async () => {
        const projector = this.#projector;
        if (!projector || !this.#prepared) throw new StoreFault('STORE_BROKEN', 'the views are not there');
        return projector.read(async (db) => {
          const live = await liveGeneration(db, pendingTakes.name);
          if (!live) return [];
          const named = readNamed(db, new Naming([[pendingTakes, live.generation]]));
          return takesPending(named, before, after ? { after, limit: 3 } : { limit: 3 });
        });
      },
    );
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  behind(): bigint {
    return this.#prepared ? this.#ground.books.head - hindmost(this.#disks) : this.#ground.books.head + 1n;
  }

  /** What the engine says of views that stand still. */
  async stopped(): Promise<string> {
    let said = 'nothing is known of why';
    let answered = false;
    const ask = async (): Promise<void> => {
      const all = (await this.#projector?.projection.status()) ?? [];
      const reasons = all.map(({ view, poison }) =>
        poison ? `${view} stops before ${poison.type} ${poison.position}: ${poison.error}` : '',
      );
      if (reasons.some((reason) => reason !== '')) said = reasons.filter((reason) => reason !== '').join('; ');
      answered = true;
    };
    void ask().catch(() => {});
    await this.#ground.scheduler.run(500, () => answered);
    return said;
  }

  async close(): Promise<void> {
    await this.#projector?.projection.close();
  }

  /** Are the rows what a fold from zero gives, and do they say what the log says? */
  async compare(): Promise<void> {
    const codec = new Codec(this.#ground.openVault());
    for (const { view, live, anew } of await digestsOf(this.#disks, this.#views, this.#ground.durable, codec)) {
      if (live !== anew) throw new Violation('views', `${view} is not what a fold from zero gives`);
      this.#ground.tally.add('views compared with a fold from zero');
    }
    const { realm, books, scheduler } = this.#ground;
    const { read } = realm;
    if (!read) return;
    await reading(this.#disks, this.#views, (db) => read(db, books, scheduler.now));
    this.#ground.tally.add('views read against the log');
  }

  dispose(): void {
    for (const disk of Object.values(this.#disks)) disk.close();
  }
}
