import type { CommandAbandoned, Recorded } from '../kernel/decider.ts';
import type { Source } from '../kernel/plan.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Codec } from './codec.ts';
import { CommandTraces, traceWith, type CommandTrace } from './command-traces.ts';

/** A stream as it is now, folded. */
export interface Loaded<State = unknown> {
  readonly stream: string;
  readonly state: State;
  /** -1n for a stream without events. */
  readonly revision: bigint;
  readonly position: bigint;
  readonly institutionId: string | null;
  readonly lastRecordedAt: string;
  readonly commands: CommandTraces;
  readonly abandoned: ReadonlySet<string>;
}

/** Events of a stream that are read at once. */
const pageSize = 500;
/** Of a stream without events, and of nearly every other: most of what is loaded is looked at once. Never added to. */
const nobody: ReadonlySet<string> = new Set();

/** What the cache keeps. One stream may be folded in two ways (a class, and what an enrollment pins of it): the initial state tells which. */
interface Kept {
  readonly initial: unknown;
  loaded: Loaded;
  /** Asked for since it was last passed over. */
  used: boolean;
}

/** Streams as they are now. Folded ones are kept, and refreshed from the log before every use, so an old entry only costs a longer read. Bounded. */
export class Streams {
  private readonly store: EventStore;
  private readonly codec: Codec;
  private readonly limit: number;
  private readonly cache = new Map<string, Kept>();
  private turn = this.cache.entries();

  constructor({ store, codec }: { readonly store: EventStore; readonly codec: Codec }, limit: number) {
    this.store = store;
    this.codec = codec;
    this.limit = limit;
  }

  /** The stream as of now: what the cache holds plus everything appended since. */
  async load<State>(source: Source<State>): Promise<Loaded<State>> {
    const known = this.recall(source);
    let loaded: Loaded<State> = known ?? {
      stream: source.stream,
      state: source.initial,
      revision: -1n,
      position: 0n,
      institutionId: null,
      lastRecordedAt: '',
      commands: CommandTraces.none,
      abandoned: nobody,
    };
    for (;;) {
      const page = await this.store.readStream(source.stream, { from: loaded.revision + 1n, limit: pageSize });
      if (page.length > 0)
        loaded = this.advance(
          source,
          loaded,
          page.map((stored) => this.codec.decode(stored)),
        );
      if (page.length < pageSize) break;
    }
    if (loaded !== known) this.remember(source, loaded);
    return loaded;
  }

  private advance<State>(source: Source<State>, from: Loaded<State>, events: readonly Recorded[]): Loaded<State> {
    let { state, institutionId } = from;
    // Shared with what was loaded before: they only grow, and what they say stays true. Copies would cost every command its whole history.
    const commands = from.commands === CommandTraces.none ? new CommandTraces() : from.commands;
    let abandoned = from.abandoned as Set<string>;
    for (const event of events) {
      institutionId ??= event.institutionId;
      if (event.type !== 'CommandAbandoned') state = source.evolve(state, event);
      if (event.type === 'CommandAbandoned') {
        if (abandoned === nobody) abandoned = new Set();
        abandoned.add((event.data as CommandAbandoned['data']).commandId);
        continue;
      }
      // What is shared may be ahead of the state that is being folded.
      commands.saw(event);
    }
    const last = events.at(-1)!;
    return {
      stream: from.stream,
      state,
      revision: last.revision,
      position: last.position,
      institutionId,
      lastRecordedAt: last.recordedAt,
      commands,
      abandoned,
    };
  }

  /** What a command did on a stream: read again where memory says no more than that it may have been there. */
  async traceOf({ stream, commands }: Loaded, commandId: string): Promise<CommandTrace | undefined> {
    const known = commands.of(commandId);
    if (known !== 'perhaps') return known;
    const named = JSON.stringify(commandId);
    let trace: CommandTrace | undefined;
    for (let from = 0n; ; from += BigInt(pageSize)) {
      const page = await this.store.readStream(stream, { from, limit: pageSize });
      for (const stored of page) {
        if (!stored.json.includes(named)) continue;
        const event = this.codec.decode(stored);
        if (event.commandId === commandId && event.type !== 'CommandAbandoned') trace = traceWith(trace, event);
      }
      if (page.length < pageSize) return trace;
    }
  }

  /** What was last known of a stream: it may have moved on since. */
  recall<State>(source: Source<State>): Loaded<State> | undefined {
    const remembered = this.cache.get(source.stream);
    if (!remembered || remembered.initial !== source.initial) return undefined;
    remembered.used = true;
    return remembered.loaded as Loaded<State>;
  }

  private remember({ initial }: Source, loaded: Loaded): void {
    if (loaded.revision < 0n) return;
    const remembered = this.cache.get(loaded.stream);
    if (remembered && remembered.initial === initial) remembered.loaded = loaded;
    else {
      this.cache.set(loaded.stream, { initial, loaded, used: false });
      if (this.cache.size > this.limit) this.makeRoom();
    }
  }

  /**
   * Drops the next that nobody asked for since its turn came last: moving an entry at every use would cost every command. The turn goes on
   * where it was: from the front it would pass everything that was dropped there before.
   */
  private makeRoom(): void {
    for (;;) {
      const next = this.turn.next();
      if (next.done) {
        this.turn = this.cache.entries();
        continue;
      }
      const [stream, remembered] = next.value;
      if (!remembered.used) return void this.cache.delete(stream);
      remembered.used = false;
    }
  }

  /** What was appended to it, as a reader would find it: nobody reads it back. */
  appended(source: Source, at: Loaded, events: readonly Recorded[]): void {
    this.remember(source, this.advance(source, at, events));
  }

  /** Drops what is remembered of a stream: nothing opened may outlive an erasure. */
  forget(stream: string): void {
    this.cache.delete(stream);
  }
}
