import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DatabaseSync as Database } from 'node:sqlite';
import { sqliteReadStoreOver } from '../../../libs/adapters/sqlite/read-store.ts';
import type { StoredEvent } from '../../../libs/ports/event-store.ts';
import type { ReadQueries } from '../../../libs/ports/read-store.ts';
import { viewStores, type View, type ViewStore } from '../../../libs/ports/view.ts';
import { digestOf } from '../../../libs/projection/digest.ts';
import { Naming, readNamed, writeNamed } from '../../../libs/projection/generations.ts';
import { Violation } from '../books/log.ts';
import type { Ground } from '../ground.ts';
import type { Disks } from '../projector.ts';
import { decoder, erases, rowsAt, tableOf, takes, witnesses, witnessOf, type Gaps, type Witness } from './witnesses.ts';

/** A generation as the store has it. */
export interface Standing {
  readonly view: string;
  readonly generation: bigint;
  readonly version: bigint;
  readonly state: string;
  readonly position: bigint;
}

export interface ParkedRow {
  readonly view: string;
  readonly generation: bigint;
  readonly key: string;
  readonly position: bigint;
  /** None where a key waits for a turn that comes at once. */
  readonly attempts: bigint;
  readonly released: bigint;
}

const standings = 'SELECT view, generation, version, state, position FROM projection ORDER BY view, generation';
/** How far a rebuild is, and what was ordered about it. */
interface PlanRow {
  readonly view: string;
  readonly generation: bigint;
  readonly verify: bigint;
  readonly paused: bigint;
  readonly position: bigint;
  readonly ranges: bigint;
}

const plans = `SELECT r.view, r.generation, r.verify, r.paused, p.position,
  (SELECT count(*) FROM projection_range f WHERE f.view = r.view AND f.generation = r.generation) AS ranges
  FROM projection_rebuild r JOIN projection p ON p.view = r.view AND p.generation = r.generation`;
const parkings = 'SELECT view, generation, key, position, attempts, released FROM projection_parked_event';

/**
 * Looks at the stores in the moment of every commit and again when all is over. It knows the log, what the administrators asked for, and nothing of
 * the engine's own opinion of itself.
 */
export class Watch {
  readonly log: StoredEvent[] = [];
  /** What an administrator asked to let go, as `view key position`. */
  readonly released = new Set<string>();
  /** Rebuilds that were called off, as `view generation`. */
  readonly calledOff = new Set<string>();
  /** Views of which some row was incomplete at some time: a comparison may then tell a difference. */
  readonly incomplete = new Set<string>();
  readonly #ground: Ground;
  readonly #disks: () => Disks;
  readonly #ever: () => ReadonlySet<string>;
  readonly #live = new Map<string, Standing>();
  /** Keys of the positions that a generation let go, by `view generation`. */
  readonly #letGo = new Map<string, Map<bigint, string>>();
  /** Generations that are to be compared and thrown away, as `view generation`. */
  readonly #verified = new Set<string>();
  /** Rebuilds that were paused when the projector started last. */
  #held: readonly PlanRow[] = [];
  readonly #building: Record<ViewStore, readonly Standing[]> = { views: [], directory: [] };
  readonly #parked: Record<ViewStore, readonly ParkedRow[]> = { views: [], directory: [] };
  #inTheClear: ReadonlySet<string> = new Set();
  #unscrubbed = false;
  /** How often something was committed: nothing is owed or done in between. */
  #commits = 0;
  #owed: { readonly commits: number; readonly what: string | null } = { commits: -1, what: null };
  readonly #statements = new Map<string, StatementSync>();

  constructor(ground: Ground, disks: () => Disks, everPoison: () => ReadonlySet<string>) {
    this.#ground = ground;
    this.#disks = disks;
    this.#ever = everPoison;
  }

  /** Generations on their way. */
  building(): readonly Standing[] {
    return [...this.#building.views, ...this.#building.directory];
  }

  /** Fold keys that stand still in a view's live rows, as the store last said. */
  parkedKeys(view: string): readonly ParkedRow[] {
    const live = this.#live.get(view);
    return this.#parked[witnessOf(view).store].filter(
      (one) => one.view === view && one.generation === live?.generation && one.released !== 1n,
    );
  }

  get head(): bigint {
    return BigInt(this.log.length);
  }

  liveOf(view: string): Standing | undefined {
    return this.#live.get(view);
  }

  // ── at every commit ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Of the store as it is now, with what was just committed. */
  committed(store: ViewStore): void {
    try {
      this.#look(store);
    } catch (error) {
      this.#ground.fail(error as Error);
    }
  }

  #look(store: ViewStore): void {
    this.#commits++;
    const all = this.#all<Standing>(store, standings);
    this.#building[store] = all.filter(({ state }) => state === 'building');
    this.#parked[store] = this.#all<ParkedRow>(store, parkings);
    for (const parked of this.#parked[store]) this.#noteParked(parked);
    for (const plan of this.#all<PlanRow>(store, plans)) this.#notePlan(plan);
    // What is gone is done with; a later start may give its number again.
    for (const known of [this.calledOff, this.#verified])
      for (const one of known)
        if (witnessOf(one.split(' ')[0]!).store === store && !all.some((g) => `${g.view} ${g.generation}` === one))
          known.delete(one);
    for (const { name } of witnesses.filter((witness) => witness.store === store)) {
      const live = all.filter(({ view, state }) => view === name && state === 'live');
      const before = this.#live.get(name);
      if (live.length === 0 && !before) continue;
      if (live.length !== 1) throw new Violation('generations', `${name} has ${live.length} live generations`);
      const now = live[0]!;
      if (now.position > this.head) throw new Violation('views', `${name} stands at ${now.position}, the log at ${this.head}`);
      if (before && now.position < before.position)
        throw new Violation('step-back', `${name} goes back from ${before.position} to ${now.position}`);
      this.#live.set(name, now);
      this.#marked(now);
      if (before && before.generation !== now.generation) this.#swapped(now);
    }
    if (store === 'directory') this.#deleted(all);
  }

  /** Whether something was deleted in the clear, which then is still on the disk. */
  #deleted(all: readonly Standing[]): void {
    const rows = new Set<string>();
    for (const { view, generation } of all) {
      const table = `${tableOf(witnessOf(view))}_g${generation}`;
      for (const { row } of this.#all<{ row: string }>('directory', `SELECT row FROM ${table}`)) rows.add(`${table} ${row}`);
    }
    if ([...this.#inTheClear].some((row) => !rows.has(row))) this.#unscrubbed = true;
    this.#inTheClear = rows;
  }

  scrubbed(store: ViewStore): void {
    this.#commits++;
    if (store === 'directory') this.#unscrubbed = false;
  }

  #noteParked({ view, generation, key, position, attempts, released }: ParkedRow): void {
    this.incomplete.add(view);
    if (attempts > 0n && !this.#ever().has(`${view} ${position}`))
      throw new Violation('poison', `${view} parks ${key} at ${position}, which is no poison`);
    if (released === 0n) return;
    const of = `${view} ${generation}`;
    const letGo = this.#letGo.get(of) ?? new Map<bigint, string>();
    if (!this.released.has(`${view} ${key} ${position}`))
      throw new Violation('poison', `${view} lets ${key} go at ${position}, and nobody asked for it`);
    if (!letGo.has(position)) this.#ground.tally.add('events let go');
    this.#letGo.set(of, letGo.set(position, key));
  }

  /** Rows that lack an event say so, for as long as they are there. */
  #marked({ view, generation }: Standing): void {
    for (const [position, key] of this.#letGo.get(`${view} ${generation}`) ?? []) {
      const marks = this.#parked[witnessOf(view).store].filter((one) => one.view === view && one.generation === generation);
      if (!marks.some((one) => one.key === key && one.position === position && one.released === 1n))
        throw new Violation('poison', `${key} of ${view} lacks event ${position}, and nothing says so`);
    }
  }

  #notePlan(plan: PlanRow): void {
    const { view, generation, verify, paused, position, ranges } = plan;
    if (verify === 1n) this.#verified.add(`${view} ${generation}`);
    const held = this.#held.find((one) => one.view === view && one.generation === generation);
    if (!held) return;
    if (paused === 0n) this.#held = this.#held.filter((one) => one !== held);
    else if (position !== held.position || ranges !== held.ranges)
      throw new Violation('rebuilds', `${view} goes on from ${held.position} to ${position}, and is paused`);
  }

  /** The projector starts: what is paused now stays where it is. */
  started(): void {
    this.#held = [];
    if (this.#commits > 0 && this.#live.size === witnesses.length)
      this.#held = viewStores.flatMap((store) => this.#all<PlanRow>(store, plans).filter(({ paused }) => paused === 1n));
  }

  /** In the moment of a swap the rows are already what readers may see. */
  #swapped(now: Standing): void {
    const witness = witnessOf(now.view);
    this.#ground.tally.add('swaps');
    if (this.calledOff.has(`${now.view} ${now.generation}`))
      throw new Violation('rebuilds', `${now.view} generation ${now.generation} was called off, and is live`);
    if (this.#verified.has(`${now.view} ${now.generation}`))
      throw new Violation('rebuilds', `${now.view} generation ${now.generation} was to be compared, and is live`);
    const rows = this.#all<{ row: string; told: string }>(
      witness.store,
      `SELECT row, told FROM ${tableOf(witness)}_g${now.generation}`,
    );
    this.#assertRows(witness, now, new Map(rows.map(({ row, told }) => [row, told])), this.#parked[witness.store]);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- every caller names what its SELECT lists
  #all<R>(store: ViewStore, sql: string): readonly R[] {
    const db: DatabaseSync = this.#disks()[store];
    const kept = `${store} ${sql}`;
    let statement = this.#statements.get(kept);
    if (!statement) {
      statement = db.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(kept, statement);
    }
    return statement.all() as R[];
  }

  // ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  gapsOf({ view, generation }: Pick<Standing, 'view' | 'generation'>, parked: readonly ParkedRow[]): Gaps {
    const still = parked.filter((one) => one.view === view && one.generation === generation && one.released !== 1n);
    return {
      parked: new Map(still.map(({ key, position }) => [key, position])),
      letGo: this.#letGo.get(`${view} ${generation}`) ?? new Map(),
    };
  }

  /** What one reader sees, all of it in one moment of the store. */
  async read(witness: Witness, db: ReadQueries, position: bigint): Promise<void> {
    const [live] = (
      await db.all<{ generation: number; version: number; position: bigint }>(
        `SELECT generation, version, position FROM projection WHERE view = ? AND state = 'live'`,
        [witness.name],
      )
    ).map((row) => ({
      ...row,
      view: witness.name,
      state: 'live',
      generation: BigInt(row.generation),
      version: BigInt(row.version),
    }));
    if (!live || live.position < position)
      throw new Violation('readers', `${witness.name} says ${position}, and is at ${live?.position}`);
    const rows = await db.all<{ row: string; told: string }>(`SELECT row, told FROM ${tableOf(witness)}_$g`);
    const parked = await db.all<{
      view: string;
      generation: number;
      key: string;
      position: bigint;
      attempts: number;
      released: number;
    }>(parkings);
    const wide = parked.map((row) => ({
      ...row,
      generation: BigInt(row.generation),
      attempts: BigInt(row.attempts),
      released: BigInt(row.released),
    }));
    this.#assertRows(witness, live, new Map(rows.map(({ row, told }) => [row, told])), wide);
  }

  #assertRows(witness: Witness, at: Standing, rows: ReadonlyMap<string, string>, parked: readonly ParkedRow[]): void {
    const gaps = this.gapsOf(at, parked);
    const expected = rowsAt(witness, this.log, { position: at.position, version: Number(at.version) }, gaps);
    for (const key of new Set([...expected.keys(), ...rows.keys()])) {
      if (rows.get(key) === expected.get(key) || this.#waitsToErase(witness, key, gaps)) continue;
      const what = `${at.view} generation ${at.generation} at ${at.position}: ${key} tells ${rows.get(key) ?? 'nothing'}`;
      throw new Violation('views', `${what}, the log ${expected.get(key) ?? 'nothing'}`);
    }
  }

  /** An erasure that cannot be folded itself leaves what stood there, until it can. */
  #waitsToErase(witness: Witness, key: string, { parked }: Gaps): boolean {
    const from = parked.get(key);
    return (
      from !== undefined &&
      this.log.some(
        (event) => event.position >= from && erases(witness, event) && this.#ever().has(`${witness.name} ${event.position}`),
      )
    );
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What is still to be done, by the stores alone; null where nothing is. */
  owed(versions: ReadonlyMap<string, number>): string | null {
    if (this.#owed.commits !== this.#commits) this.#owed = { commits: this.#commits, what: this.#owing(versions) };
    return this.#owed.what;
  }

  #owing(versions: ReadonlyMap<string, number>): string | null {
    if (this.#unscrubbed) return 'what was deleted in the clear is still on the disk';
    for (const store of viewStores) {
      for (const table of ['projection_rebuild', 'projection_range', 'projection_scrub']) {
        const { n } = this.#all<{ n: bigint }>(store, `SELECT count(*) AS n FROM ${table}`)[0]!;
        if (n > 0n) return `${n} rows in ${table} of ${store}`;
      }
      const all = this.#all<Standing>(store, standings);
      for (const { view, generation, state, position, version } of all) {
        const what = `${view} generation ${generation}`;
        if (state !== 'live') return `${what} is ${state}`;
        if (position !== this.head) return `${what} stands at ${position} of ${this.head}`;
        if (Number(version) !== versions.get(view)) return `${what} is of version ${version}`;
      }
      for (const { view, generation, key, position, released } of this.#all<ParkedRow>(store, parkings)) {
        if (released !== 1n) return `${key} of ${view} is parked at ${position}`;
        if (!all.some((one) => one.view === view && one.generation === generation))
          return `${key} of ${view} generation ${generation} is parked, and the generation is gone`;
      }
      const tables = this.#all<{ name: string }>(
        store,
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'told%'`,
      );
      const wanted = all.map((one) => `${tableOf(witnessOf(one.view))}_g${one.generation}`);
      const left = tables.filter(({ name }) => !wanted.includes(name));
      if (left.length > 0) return `${left.map(({ name }) => name).join(', ')} left over`;
    }
    return null;
  }

  /** Rows and digests are those of a fold from zero, in one go, of the whole log but what was let go. */
  async compare(views: readonly View[]): Promise<void> {
    for (const view of views) {
      const witness = witnessOf(view.name);
      const live = this.#live.get(view.name)!;
      const { letGo } = this.gapsOf(live, []);
      const events = this.log.filter((stored) => takes(witness, stored) && !letGo.has(stored.position));
      const db = new Database(':memory:');
      const anew = sqliteReadStoreOver(db);
      const naming = new Naming([[view, 1]]);
      await anew.transaction(async (write) => {
        const named = writeNamed(write, naming);
        for (const ddl of view.schema) await named.run(ddl.replaceAll('_$g', '_g1'));
        await view.fold(
          named,
          events.map((stored) => decoder.decode(stored)),
        );
      });
      const digest = await anew.snapshot((read) => digestOf(readNamed(read, naming), view));
      const standing = sqliteReadStoreOver(this.#disks()[witness.store]);
      const there = new Naming([[view, Number(live.generation)]]);
      const shown = await standing.snapshot((read) => digestOf(readNamed(read, there), view));
      const rows = (of: DatabaseSync, generation: bigint): string =>
        JSON.stringify(of.prepare(`SELECT row, told FROM ${tableOf(witness)}_g${generation} ORDER BY row`).all());
      const [has, wants] = [rows(this.#disks()[witness.store], live.generation), rows(db, 1n)];
      await anew.close();
      if (has !== wants) throw new Violation('views', `${view.name} is ${has}, a fold from zero ${wants}`);
      if (digest !== shown) throw new Violation('digests', `${view.name} has the rows of a fold from zero, and another digest`);
      this.#ground.tally.add('views compared with a fold from zero');
    }
  }
}
