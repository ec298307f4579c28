import { eventId } from '../../../libs/kernel/ids.ts';
import type { Timer } from '../../../libs/ports/clock.ts';
import { StoreFault } from '../../../libs/ports/store-fault.ts';
import { RebuildCancelled, type Projection, type Rebuilt } from '../../../libs/projection/engine.ts';
import { ViewReader } from '../../../libs/projection/view-reader.ts';
import { Violation } from '../books/log.ts';
import type { Ground } from '../ground.ts';
import { at, type Intent } from '../orders.ts';
import { wiredTimer } from '../ports.ts';
import type { Life } from '../scheduler.ts';
import type { Projecting } from './projecting.ts';
import type { ParkedRow, Watch } from './watch.ts';
import { erasure, witnesses, type Witness } from './witnesses.ts';

type RebuildOptions = NonNullable<Parameters<Projection['rebuild']>[2]>;
type Numbers = readonly [a: number, b: number, c: number];

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const persons = ['chen', 'li', 'wang', 'zhao', 'sun'];

/** Those who write, read and administer: each works through her part of the script. */
export class Administrators {
  busy = 0;
  readonly #ground: Ground;
  readonly #projecting: Projecting;
  readonly #watch: Watch;
  readonly #acts: readonly ((numbers: Numbers, life: Life) => Promise<void> | void)[];
  /** Views of which a rebuild was called off. */
  readonly #cancelled = new Set<string>();
  /** Poisoned for practice, as `view position`. */
  readonly #practised = new Set<string>();
  /** Rebuilds that nobody has heard of since, by the life of the projector that was asked. */
  readonly #open = new Map<Life, number>();
  readonly #asking = new Map<Life, number>();
  /** Position at which a reader saw a view, as `reader view`. */
  readonly #seen = new Map<string, bigint>();

  constructor(ground: Ground, projecting: Projecting, watch: Watch) {
    this.#ground = ground;
    this.#projecting = projecting;
    this.#watch = watch;
    this.#acts = [
      (numbers) => this.append(numbers),
      (numbers) => this.#rebuild(numbers),
      ([a]) => this.#hold(a, true),
      ([a]) => this.#hold(a, false),
      ([a]) => this.#cancel(a),
      (numbers) => this.#poison(numbers),
      (numbers) => this.#lift(numbers),
      (numbers) => this.#retry(numbers),
      (numbers) => this.#release(numbers),
      (numbers, life) => this.#read(numbers, life),
      () => this.#kill(),
      (numbers) => this.#deploy(numbers),
      (numbers) => this.#fill(numbers),
    ];
  }

  begin(script: readonly Intent[]): void {
    for (const who of [0, 1, 2, 3]) {
      const intents = script.filter(([by]) => by % 4 === who);
      if (intents.length === 0) continue;
      this.busy++;
      const life: Life = { name: ['an administrator', 'another administrator', 'a clerk', 'a reader'][who]!, alive: true };
      void this.#work(life, intents)
        .catch((error: unknown) => this.#ground.fail(error as Error))
        .finally(() => {
          this.busy--;
        });
    }
  }

  async #work(life: Life, intents: readonly Intent[]): Promise<void> {
    const timer = wiredTimer(this.#ground.scheduler, life);
    for (const [, kind, a, b, c] of intents) {
      if (kind > 0) await this.#somebodyThere(timer);
      await this.#step(life, () => this.#ground.tally.add('acts'));
      await at(this.#acts, kind)([a, b, c], life);
      // A projector that died is there again after up to twenty seconds.
      await timer.sleep(at([20, 900, 20, 12_000], c));
    }
  }

  /** Who asks for something asks again until somebody is there. */
  async #somebodyThere(timer: Timer): Promise<void> {
    for (let again = 0; again < 4 && !this.#projection; again++) await timer.sleep(6_000);
  }

  #step(life: Life, run: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#ground.scheduler.post(
        life,
        () => `${life.name} acts`,
        () => {
          run();
          resolve();
        },
      );
    });
  }

  #tell(what: string, counted?: string): void {
    if (counted) this.#ground.tally.add(counted);
    this.#ground.tell(() => `  ☞ ${what}`);
  }

  // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A few events, as many as people write at a time. */
  async append([a, b, c]: Numbers): Promise<void> {
    const { durable, onAppend } = this.#ground;
    const { log } = this.#watch;
    for (let i = 0; i <= b % 5; i++) {
      const person = at(persons, a + i * (c % 3));
      const type = (c + i) % 11 === 7 ? erasure : at(['Noted', 'Marked', 'Noted'], a + c + i);
      const stream = `${type === 'Marked' || (type === erasure && c % 2 === 0) ? 'mark' : 'note'}-${person}`;
      const [last] = log.filter((event) => event.stream === stream).slice(-1);
      const json = JSON.stringify({ type, institutionId: 'college', subjectId: person, data: {} });
      const id = eventId('written', stream, 'own', Number(last?.revision ?? -1n) + 1);
      const appended = await durable.append(stream, last?.revision ?? 'none', [{ id, type, json }]);
      if (appended.outcome === 'conflict') {
        // Somebody else wrote there in the same moment.
        i--;
        await Promise.resolve();
        continue;
      }
      const page = await durable.readAll(this.#watch.head);
      for (const event of page.events) if (event.position > this.#watch.head) log.push(event);
      this.#ground.tell(() => `  ✎ ${appended.position} ${type} on ${stream}`);
      for (const hear of onAppend) hear();
    }
  }

  // ── administering ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #projection(): Projection | null {
    return this.#projecting.projection;
  }

  /** Two at once are one. */
  #rebuild([a, b, c]: Numbers): void {
    const { name } = at(witnesses, a);
    const options: RebuildOptions = at([{ compare: true }, {}, { verify: true }], b);
    this.#tell(`rebuild of ${name} ${JSON.stringify(options)}`, 'rebuilds asked for');
    const asked = [this.#rebuilt(name, options), ...(c % 3 === 0 ? [this.#rebuilt(name, options)] : [])];
    void this.#shared(name, asked);
  }

  async #shared(view: string, asked: readonly Promise<string>[]): Promise<void> {
    const [one, other = one] = await Promise.all(asked);
    if (one !== other) this.#ground.fail(new Violation('rebuilds', `two who ask for ${view} at once get ${one} and ${other}`));
    else if (asked.length > 1) this.#ground.tally.add('rebuilds shared by two');
  }

  /** How it ended, in a word. */
  async #rebuilt(view: string, options: RebuildOptions): Promise<string> {
    const projection = this.#projection;
    if (!projection) return 'nobody there';
    const life = this.#projecting.life!;
    this.#open.set(life, (this.#open.get(life) ?? 0) + 1);
    try {
      const rebuilt = await projection.rebuild(view, undefined, options);
      if (life.alive) this.#compared(rebuilt);
      return `generation ${rebuilt.generation}`;
    } catch (error) {
      const fails = this.#ofRebuild(view, error);
      if (life.alive && fails) this.#ground.fail(new Violation('rebuilds', `the rebuild of ${view} ends in ${fails}`));
      return messageOf(error);
    } finally {
      this.#open.set(life, this.#open.get(life)! - 1);
    }
  }

  /** How many wait for a rebuild of the projector that lives now. */
  get waiting(): number {
    const { life } = this.#projecting;
    return life ? (this.#open.get(life) ?? 0) : 0;
  }

  #compared({ view, digests, differing }: Rebuilt): void {
    this.#ground.tally.add(digests ? 'rebuilds compared' : 'rebuilds ended');
    if (!digests) return;
    const same = digests.live === digests.rebuilt;
    if (!same && !this.#watch.incomplete.has(view))
      this.#ground.fail(new Violation('digests', `${view} was rebuilt to other rows than the live ones`));
    if (same && differing.length > 0) this.#ground.fail(new Violation('digests', `${view} differs, and its digests do not`));
  }

  /** What speaks against such an end; null where it may end so. */
  #ofRebuild(view: string, error: unknown): string | null {
    if (error instanceof StoreFault) return null;
    const message = messageOf(error);
    if (error instanceof RebuildCancelled) return this.#cancelled.has(view) ? null : `${message}, and nobody did`;
    const position = /failed at event (\d+)/.exec(message)?.[1];
    this.#ground.tally.add('rebuilds that met poison');
    return position !== undefined && this.#projecting.everPoison.has(`${view} ${position}`) ? null : message;
  }

  /** Mostly a view that is being rebuilt. */
  #meant(a: number): string {
    const under = this.#watch.building();
    return under.length > 0 && a % 5 > 0 ? at(under, a).view : at(witnesses, a).name;
  }

  #hold(a: number, paused: boolean): void {
    const name = this.#meant(a);
    const projection = this.#projection;
    if (!projection) return;
    this.#tell(`${paused ? 'pauses' : 'resumes'} ${name}`);
    // Whoever asks does not wait for a process that may die meanwhile.
    void this.#asked(() => (paused ? projection.pause(name) : projection.resume(name)), paused ? 'paused' : 'resumed');
  }

  #cancel(a: number): void {
    const name = this.#meant(a);
    const projection = this.#projection;
    if (!projection) return;
    this.#cancelled.add(name);
    this.#tell(`cancels ${name}`);
    const under = this.#watch.building().filter(({ view }) => view === name);
    const cancelled = (): void => {
      // Of several that a lost answer left behind it is the last one that anybody knows.
      if (under.length > 0) this.#watch.calledOff.add(`${name} ${under.at(-1)!.generation}`);
    };
    void this.#asked(() => projection.cancel(name), 'cancelled', cancelled);
  }

  async #asked(ask: () => Promise<boolean>, what: string, done: () => void = () => {}): Promise<void> {
    const life = this.#projecting.life!;
    this.#asking.set(life, (this.#asking.get(life) ?? 0) + 1);
    try {
      if (!(await ask())) return;
      this.#ground.tally.add(what);
      if (life.alive) done();
    } catch (error) {
      if (!(error instanceof StoreFault)) this.#ground.fail(error as Error);
    } finally {
      this.#asking.set(life, this.#asking.get(life)! - 1);
    }
  }

  /** Whether something that was ordered is not answered yet: what is ordered then may come before it. */
  get asking(): boolean {
    const { life } = this.#projecting;
    return life !== null && (this.#asking.get(life) ?? 0) > 0;
  }

  #poison([a, b, c]: Numbers): void {
    const { name } = at(witnesses, a);
    // At the head, past it, and now and then among what was folded long ago.
    const position = this.#watch.head + BigInt(b % 4 === 0 ? -(c % 15) : (c % 4) - (b % 3) + 1);
    if (position < 1n) return;
    const what = `${name} ${position}`;
    this.#tell(`poisons ${what}`);
    this.#projecting.everPoison.add(what);
    if (c % 4 !== 3) this.#projecting.poison.add(what);
    else this.#practise(name, position);
  }

  #practise(name: string, position: bigint): void {
    const projection = this.#projection;
    if (!projection) return;
    const poisoned = async (): Promise<boolean> => (await projection.practise(name, position, false)).outcome !== 'no-event';
    void this.#asked(poisoned, 'poisoned for practice', () => this.#practised.add(`${name} ${position}`));
  }

  #lift([a, b, c]: Numbers): void {
    const all = [...this.#projecting.poison, ...this.#practised];
    if (all.length > 0) this.#liftOne(at(all, a + b), c % 2 === 0);
  }

  #liftOne(what: string, retry: boolean): void {
    const [view, position] = what.split(' ');
    this.#tell(`lifts ${what}`);
    this.#projecting.poison.delete(what);
    if (this.#practised.delete(what)) void this.#projection?.practise(view!, BigInt(position!), true);
    else if (retry) this.#projection?.retry(view!);
  }

  #retry([a, b]: Numbers): void {
    const { name } = this.#standing(a) ?? at(witnesses, a);
    const key = b % 2 === 0 ? undefined : (at([...this.#parked(name)], b)?.key ?? 'nobody');
    if (this.#projection?.retry(name, key)) this.#tell(`retries ${name} ${key ?? ''}`, 'retried');
  }

  #release([a, b]: Numbers): void {
    const found = this.#standing(a);
    if (!found || !this.#projection) return;
    const { key, position } = at(this.#parked(found.name), b);
    this.#watch.released.add(`${found.name} ${key} ${position}`);
    if (this.#projection.release(found.name, key, position)) this.#tell(`releases ${key} of ${found.name}`, 'released');
  }

  /** Whichever view has keys that stand still, beginning with the one that is meant. */
  #standing(a: number): Witness | undefined {
    return witnesses.map((_, i) => at(witnesses, a + i)).find(({ name }) => this.#parked(name).length > 0);
  }

  #parked(view: string): readonly ParkedRow[] {
    return this.#watch.parkedKeys(view);
  }

  #kill(): void {
    const { life } = this.#projecting;
    if (!life) return;
    this.#tell('kills the projector');
    this.#ground.adversary.crash(life);
  }

  /** A newer release, from the next start on. */
  #deploy([a, b]: Numbers): void {
    if (b % 3 > 0) return this.#kill();
    const { name } = at(witnesses, a);
    this.#projecting.versions.set(name, this.#projecting.versions.get(name)! + 1);
    this.#tell(`deploys a new ${name}`, 'deploys');
    this.#kill();
  }

  #fill([a, b]: Numbers): void {
    this.#tell('fills a disk', 'disks filled');
    this.#projecting.fullUntil.set(at(['views', 'views', 'directory'], a), this.#ground.scheduler.now + (b + 1) * 700);
  }

  // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Some looks at a view, one after the other, while everybody else goes on. */
  async #read([a, b, c]: Numbers, life: Life): Promise<void> {
    const own = at(witnesses, a);
    // Two views of one store are seen in one moment.
    const other = witnesses.find((one) => one !== own && one.store === own.store && c % 2 === 0);
    for (let i = 0; i <= b % 6; i++) {
      await this.#step(life, () => {});
      if (this.#projecting.everReady) await this.look(life.name, other ? [own, other] : [own]);
    }
  }

  async look(reader: string, of: readonly Witness[]): Promise<void> {
    const projecting = this.#projecting;
    const views = projecting.views().filter(({ name }) => of.some((witness) => witness.name === name));
    const { store } = of[0]!;
    // As the processes that answer queries have it, over whatever connection there is.
    const outside = new ViewReader({
      snapshot: (read) => projecting.ask(store, read),
      transaction: () => Promise.reject(new Error('a reader writes nothing')),
      scrub: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    });
    const position = await outside.read(views, async (db, shown) => {
      for (const witness of of) await this.#watch.read(witness, db, shown);
      return shown;
    });
    this.#ground.tally.add('looks');
    const who = `${reader} ${of.map(({ name }) => name).join(' ')}`;
    if (position < (this.#seen.get(who) ?? 0n))
      throw new Violation('step-back', `${reader} sees ${who} at ${position} after ${this.#seen.get(who)}`);
    this.#seen.set(who, position);
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whatever stands in somebody's way by her own will is taken out of it; the rest is the engine's. */
  letGo(): void {
    for (const what of [...this.#projecting.poison, ...this.#practised]) this.#liftOne(what, false);
    for (const { name } of witnesses) {
      const projection = this.#projection;
      if (projection) void this.#asked(() => projection.resume(name), 'resumed');
    }
  }
}
