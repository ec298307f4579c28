import type { RebuildEvent, RebuildMode } from '../events/catalog/operations.ts';
import type { Rebuilding, Run } from '../facts/rebuild.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { Pace, type PaceNow, type Progress } from './pace.ts';

type Data<T extends RebuildEvent['type']> = Extract<RebuildEvent, { type: T }>['data'];

/** Where a view stands, as last heard. */
export interface EngineView {
  readonly name: string;
  /** Of its fold in code. */
  readonly version: number;
  /** That readers use. */
  readonly generation: number;
  readonly position: bigint;
  readonly state: 'live' | 'stopped' | 'outdated';
}

/** How a rebuild ended in the engine. `gone`: nobody knows yet, its thread ended on the way. */
export type EngineOutcome<Row> =
  | ({ readonly outcome: 'rebuilt'; readonly rows: readonly Row[] } & Omit<Data<'RebuildFinished'>, 'run'>)
  | ({ readonly outcome: 'failed' } & Omit<Data<'RebuildFailed'>, 'run'>)
  | { readonly outcome: 'cancelled' | 'gone' };

/** How the last rebuild of a view ended, kept with its rows: a crash before it is on record does not lose it. */
export type LastOutcome = {
  /** For whom it was; null where the engine began it by itself and nobody joined. */
  readonly run: string | null;
} & (
  | ({ readonly outcome: 'swapped' | 'verified' } & Omit<Data<'RebuildFinished'>, 'run'>)
  | ({ readonly outcome: 'failed' } & Omit<Data<'RebuildFailed'>, 'run'>)
  | { readonly outcome: 'cancelled' }
);

/** What the engine does with a view at this moment, and what it did last. */
export interface Doing {
  readonly building: { readonly verify: boolean; readonly paused: boolean } | null;
  readonly last: LastOutcome | null;
}

/** The projection engine, wherever it runs. */
export interface RebuildEngine<Row> {
  views(): readonly EngineView[];
  /** Throws while it is not there. */
  doing(view: string): Promise<Doing>;
  /** Begins a rebuild, or joins the one on its way; of a run that is over it tells the outcome. */
  rebuild(
    view: string,
    onProgress: (progress: Progress) => void,
    asked: { readonly run: string; readonly compare: boolean; readonly verify: boolean },
  ): Promise<EngineOutcome<Row>>;
  pause(view: string): Promise<boolean>;
  resume(view: string): Promise<boolean>;
  cancel(view: string): Promise<boolean>;
}

/** What the ledger itself puts on record. */
export type LedgerSays =
  | ({ readonly type: 'StartRebuild'; readonly reason: 'fold-changed' } & Omit<Data<'RebuildStarted'>, 'run'>)
  | ({ readonly type: 'FinishRebuild' } & Data<'RebuildFinished'>)
  | ({ readonly type: 'FailRebuild' } & Data<'RebuildFailed'>);

export interface RebuildParts<Row> {
  readonly engine: RebuildEngine<Row>;
  /** What is on record of a view's rebuilds. */
  readonly load: (view: string) => Promise<Rebuilding>;
  /** As the system, of an institution (null: nobody asked for it). The same id says it once. */
  readonly record: (view: string, commandId: string, institutionId: string | null, said: LedgerSays) => Promise<void>;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Hears of what failed and is tried again. */
  readonly onFault: (fault: unknown) => void;
  readonly everyMs?: number;
}

export interface Differences<Row> {
  readonly run: string;
  readonly rows: readonly Row[];
}

/** For metrics. */
export interface RebuildGauge {
  readonly view: string;
  readonly status: Rebuilding['status'];
  readonly pace: PaceNow | null;
  /** Seconds that the last one took that finished; null where none did. */
  readonly lastSeconds: number | null;
  readonly failed: boolean;
}

interface Followed {
  readonly run: string;
  readonly pace: Pace;
}

const shortlyMs = 50;

/**
 * Carries out what is on record of rebuilds, and records how they end. What it does next follows from the stream and from what the engine does, so
 * a crash between the two is made up for by looking again: an end whose record is missing is recorded as it was, a rebuild that was lost is begun anew.
 */
export class Rebuilds<Row> {
  readonly #o: RebuildParts<Row>;
  readonly #followed = new Map<string, Followed>();
  /** On record, as last seen. */
  readonly #seen = new Map<string, Rebuilding>();
  readonly #differences = new Map<string, Differences<Row>>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #settling = new Map<string, Promise<void>>();
  /** To be looked at once more, after what is being looked at. */
  readonly #again = new Set<string>();
  readonly #stop = new AbortController();
  #rounds: Promise<void> = Promise.resolve();

  constructor(parts: RebuildParts<Row>) {
    this.#o = parts;
  }

  /** Takes up what was on its way. Views whose rows are of another release are being rebuilt by the engine already: that is put on record. */
  async start(): Promise<void> {
    await Promise.all(
      this.#o.engine.views().map(async (view) => {
        if (view.state === 'outdated') await this.#insist(() => this.#recordDrift(view));
        this.carryOut(view.name);
      }),
    );
    this.#rounds = this.#round();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#rounds;
    await Promise.all(this.#settling.values());
  }

  /** Something was put on record about this view: look at once. Only a hint, a round makes up for one that was lost. */
  carryOut(view: string): void {
    if (this.#settling.has(view)) {
      this.#again.add(view);
      return;
    }
    const settled = this.#settle(view)
      .catch(this.#o.onFault)
      .finally(() => {
        this.#settling.delete(view);
        this.#tell(view);
        if (this.#again.delete(view) && !this.#stop.signal.aborted) this.carryOut(view);
      });
    this.#settling.set(view, settled);
  }

  /** How far and how fast; null where nothing is rebuilt or nothing is known yet. */
  pace(view: string): PaceNow | null {
    return this.#followed.get(view)?.pace.now() ?? null;
  }

  /** What the last verification of this process found. */
  differences(view: string): Differences<Row> | null {
    return this.#differences.get(view) ?? null;
  }

  /** Calls back when there is something new; gives what ends that. */
  watch(view: string, changed: () => void): () => void {
    const watchers = this.#watchers.get(view) ?? new Set();
    this.#watchers.set(view, watchers.add(changed));
    return () => void watchers.delete(changed);
  }

  gauges(): readonly RebuildGauge[] {
    return [...this.#seen].map(([view, { status, ended }]) => {
      const finished = ended.find(({ ending }) => ending.outcome === 'finished');
      return {
        view,
        status,
        pace: this.pace(view),
        lastSeconds: finished ? (Date.parse(finished.endedAt) - Date.parse(finished.run.startedAt)) / 1000 : null,
        failed: ended[0]?.ending.outcome === 'failed',
      };
    });
  }

  #tell(view: string): void {
    for (const changed of this.#watchers.get(view) ?? []) changed();
  }

  /** What a fault left undone, what the engine does by itself, and what a lost hint did not say. */
  async #round(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await this.#o.timer.sleep(this.#o.everyMs ?? 1_000, signal);
      if (signal.aborted) return;
      for (const { name, state } of this.#o.engine.views()) {
        const seen = this.#seen.get(name);
        const idle = seen?.run === null && state !== 'outdated';
        if (!idle && !this.#followed.has(name)) this.carryOut(name);
      }
    }
  }

  async #settle(name: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const seen = await this.#o.load(name);
      this.#seen.set(name, seen);
      // Asked before the standing is looked at: what ended meanwhile stands there, and is not begun a second time.
      const doing = await this.#o.engine.doing(name);
      const view = this.#o.engine.views().find((one) => one.name === name);
      if (!view) return;
      const deed = deedOf(seen, view, doing, this.#followed.get(name)?.run ?? null);
      if (deed === null) return;
      await this.#carryOut(view, seen, doing.last, deed);
    }
  }

  async #carryOut(view: EngineView, { run, ended }: Rebuilding, last: LastOutcome | null, deed: Deed): Promise<void> {
    const { engine, timer } = this.#o;
    switch (deed) {
      case 'wait':
        return timer.sleep(shortlyMs, this.#stop.signal);
      case 'adopt':
        await this.#recordDrift(view);
        return this.#follow(view.name, driftRun(view), { compare: false, mode: 'swap', institutionId: null });
      case 'follow':
        return this.#follow(view.name, run!.run, run!);
      case 'cancel':
        await engine.cancel(view.name);
        return;
      case 'pause':
        await engine.pause(view.name);
        return;
      case 'resume':
        await engine.resume(view.name);
        return;
      case 'record': {
        const { run: id, institutionId } = run ?? ended[0]!.run;
        const { commandId, said } = endOf(id, last, view);
        return this.#o.record(view.name, commandId, institutionId, said);
      }
      case 'give up': {
        const data = { run: run!.run, position: null, eventId: null, eventType: null };
        return this.#o.record(view.name, `${run!.run}-fail`, run!.institutionId, { type: 'FailRebuild', ...data });
      }
      default:
        return deed satisfies never;
    }
  }

  #recordDrift({ name, version, generation }: EngineView): Promise<void> {
    const data = { mode: 'swap', compare: false, version, live: generation, ticket: null } as const;
    return this.#o.record(name, driftRun({ name, version, generation }), null, {
      type: 'StartRebuild',
      reason: 'fold-changed',
      ...data,
    });
  }

  /** Begins or joins it, and puts on record how it ends. */
  #follow(view: string, run: string, how: Pick<Run, 'compare'> & { mode: RebuildMode; institutionId: string | null }): void {
    const followed: Followed = { run, pace: new Pace(this.#o.clock) };
    this.#followed.set(view, followed);
    const onProgress = (progress: Progress): void => {
      followed.pace.at(progress);
      this.#tell(view);
    };
    this.#o.engine
      .rebuild(view, onProgress, { run, compare: how.compare, verify: how.mode === 'verify' })
      .then((outcome) => this.#end(view, run, how.institutionId, outcome))
      .catch(this.#o.onFault)
      .finally(() => {
        if (this.#followed.get(view) === followed) this.#followed.delete(view);
        // A thread that is gone is back in a while; until then a round asks.
        if (!this.#stop.signal.aborted) this.carryOut(view);
      });
  }

  async #end(view: string, run: string, institutionId: string | null, ended: EngineOutcome<Row>): Promise<void> {
    switch (ended.outcome) {
      case 'rebuilt': {
        const { outcome: _outcome, rows, ...data } = ended;
        this.#differences.set(view, { run, rows });
        const said: LedgerSays = { type: 'FinishRebuild', run, ...data };
        return this.#insist(() => this.#o.record(view, `${run}-finish`, institutionId, said));
      }
      case 'failed': {
        const { outcome: _outcome, ...data } = ended;
        return this.#insist(() => this.#o.record(view, `${run}-fail`, institutionId, { type: 'FailRebuild', run, ...data }));
      }
      case 'cancelled':
      case 'gone':
        return;
      default:
        ended satisfies never;
    }
  }

  /** A log that cannot be written now is written later. */
  async #insist(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        return await work();
      } catch (fault) {
        this.#o.onFault(fault);
        await this.#o.timer.sleep(this.#o.everyMs ?? 1_000, signal);
      }
    }
  }
}

/** A run that nobody asked for has the same id at every start, so that it is recorded once. */
const driftRun = ({ name, version, generation }: Pick<EngineView, 'name' | 'version' | 'generation'>): string =>
  `fold-${name}-v${version}-g${generation}`;

type Deed = 'wait' | 'adopt' | 'follow' | 'cancel' | 'pause' | 'resume' | 'record' | 'give up';

/** What comes next where the record says this and the engine does that; null where both agree. `followed` is the run that is waited for. */
function deedOf(
  { status, run, ended }: Rebuilding,
  view: EngineView,
  { building: doing, last }: Doing,
  followed: string | null,
): Deed | null {
  const outdated = view.state === 'outdated';
  if (run === null) {
    // The engine rebuilds by itself what a release folds differently, again and again where that fails.
    if (doing !== null && outdated && !doing.verify) return followed === null ? 'adopt' : null;
    if (doing !== null) return 'cancel';
    // It came to its end before it was called off, or in another try after it had failed.
    const latest = ended[0];
    const over = latest !== undefined && latest.ending.outcome !== 'finished' && isFinished(last) && isOf(last, latest.run);
    return over && followed === null ? 'record' : null;
  }
  const verify = run.mode === 'verify';
  const over = last !== null && last.outcome !== 'cancelled' && last.run === run.run;
  const swapped = !verify && view.generation > run.live;
  if (followed === null && doing === null && (over || swapped)) return 'record';
  // Rows of another release are no measure; the engine folds the new ones first.
  if (verify && outdated) return 'give up';
  // One that was cancelled comes to its end before the next begins.
  if (followed !== null && followed !== run.run) return doing === null ? 'wait' : 'cancel';
  if (doing !== null && doing.verify !== verify) return 'cancel';
  if (followed === null) return 'follow';
  // Asked for, and not begun yet, or just over: who follows it hears of it.
  if (doing === null) return status === 'paused' ? 'wait' : null;
  if (doing.paused === (status === 'paused')) return null;
  return doing.paused ? 'resume' : 'pause';
}

const isFinished = (last: LastOutcome | null): last is LastOutcome & { readonly outcome: 'swapped' | 'verified' } =>
  last?.outcome === 'swapped' || last?.outcome === 'verified';

/** What the engine began by itself is known by its generation alone. */
const isOf = (last: LastOutcome & { readonly generation: number }, { run, mode, live }: Run): boolean =>
  last.run === run || (last.run === null && mode === 'swap' && last.generation > live);

/** How it ended, as the engine knows it; of a swap that it knows nothing more of, what the rows say. */
function endOf(
  run: string,
  last: LastOutcome | null,
  { generation, position }: EngineView,
): { readonly commandId: string; readonly said: LedgerSays } {
  if (last?.run === run && last.outcome === 'failed') {
    const { run: _run, outcome: _outcome, ...data } = last;
    return { commandId: `${run}-fail`, said: { type: 'FailRebuild', run, ...data } };
  }
  const known = isFinished(last) && (last.run === run || last.generation === generation);
  const { digests, differing, ...at } = known ? last : { generation, position: position.toString(), digests: null, differing: 0 };
  const data = { generation: at.generation, position: at.position, digests, differing };
  return { commandId: `${run}-finish`, said: { type: 'FinishRebuild', run, ...data } };
}
