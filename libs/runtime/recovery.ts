import type { Take } from '../kernel/plan.ts';
import { instant } from '../kernel/time.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { abandonedAfterMs, type CommandContext, type Transactor } from './transact.ts';

/** A gate whose owner does not show that it holds the value, as the view of pending takes lists them. */
export interface Unfinished {
  readonly gate: string;
  readonly owner: string;
  readonly kind: string;
  readonly institutionId: string;
  /** Instant of the last take, or of the end. */
  readonly since: string;
  /** The take. */
  readonly event: { readonly type: string; readonly stream: string; readonly data: object };
}

export interface RecoveryOptions {
  readonly transactor: Pick<Transactor, 'release'>;
  /** Unfinished since before an instant, oldest first; `after` is the last of the page before. */
  readonly pending: (before: string, after: Unfinished | undefined) => Promise<readonly Unfinished[]>;
  /** What a take opened, in the words of the context that took it. */
  readonly takesOf: (institutionId: string, event: Unfinished['event']) => readonly Take[];
  /** IANA time zone of an institution. */
  readonly zoneOf: (institutionId: string) => string;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly everyMs?: number;
  /** Hears of what failed; it is tried again at the next round. */
  readonly onFault?: (fault: unknown, of: Unfinished | null) => void;
}

export interface Recovered {
  readonly looked: number;
  readonly released: number;
  readonly failed: number;
}

/**
 * Lets go of what crashed writers took. The view says where to look and may lag or err; what is released is decided by `release`
 * from the streams themselves, so a round at any moment, twice or beside a living writer, does no harm.
 */
export class Recovery {
  readonly #o: RecoveryOptions;
  /** Found in order at this `since`: nothing to do until something new happens there. The view lags at most behind that. */
  readonly #inOrder = new Map<string, string>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RecoveryOptions) {
    this.#o = options;
  }

  /** A round at once, then one every so often (20 s unless stated), until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.round();
      } catch (fault) {
        this.#o.onFault?.(fault, null);
      }
      await this.#o.timer.sleep(this.#o.everyMs ?? 20_000, signal);
    }
  }

  /** One look at everything that has been unfinished for longer than a living writer takes. Throws where the view cannot be read. */
  async round(): Promise<Recovered> {
    const before = instant(this.#o.clock.now() - abandonedAfterMs);
    const seen = new Set<string>();
    let [looked, released, failed] = [0, 0, 0];
    for (let after: Unfinished | undefined; ;) {
      const page = await this.#o.pending(before, after);
      for (const one of page) {
        if (this.#stop.signal.aborted) return { looked, released, failed };
        const key = `${one.owner} ${one.kind} ${one.gate}`;
        seen.add(key);
        if (this.#inOrder.get(key) === one.since) continue;
        looked += 1;
        try {
          if (await this.#release(one)) released += 1;
          else this.#inOrder.set(key, one.since);
        } catch (fault) {
          failed += 1;
          this.#o.onFault?.(fault, one);
        }
      }
      after = page.at(-1);
      if (after === undefined) break;
    }
    for (const key of this.#inOrder.keys()) if (!seen.has(key)) this.#inOrder.delete(key);
    return { looked, released, failed };
  }

  /** True where something was let go: the view will show it gone. */
  async #release(one: Unfinished): Promise<boolean> {
    let any = false;
    for (const take of this.#o.takesOf(one.institutionId, one.event)) {
      if ((await this.#o.transactor.release(take, this.#context(one.institutionId), commandId)) === 'released') any = true;
    }
    return any;
  }

  #context(institutionId: string): CommandContext {
    return {
      commandId,
      digest: commandId,
      actor: { personId: 'ledger', role: 'system', organizationId: null },
      institutionId,
      zone: this.#o.zoneOf(institutionId),
      correlationId: commandId,
      causationId: commandId,
    };
  }
}

const commandId = 'recovery';
