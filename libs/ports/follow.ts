import type { Page } from './event-store.ts';

/** Wakes whoever waits. A ring between reading and waiting is not lost: the waiter names the count it knew. */
export class Bell {
  #rings = 0;
  readonly #waiting = new Set<() => void>();

  get rings(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings += 1;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the first ring past `known`, when the signal aborts, or after `ms` where given. */
  past(known: number, signal?: AbortSignal, ms?: number): Promise<void> {
    if (this.#rings !== known || signal?.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(wake);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(wake, ms);
    this.#waiting.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
    return promise;
  }
}

/** What the pull loop needs of an adapter. */
export interface Followed {
  readonly bell: Bell;
  readonly closed: () => boolean;
  readonly readAll: (after: bigint) => Promise<Page>;
  /** Milliseconds after which to look without a ring, where rings may be missed (another process writes). */
  readonly pollMs?: number;
  /** Between pages of a long catch-up, where reading holds the thread. */
  readonly breathe?: () => Promise<void>;
}

/** The one pull loop behind every `subscribe`: a ring only says that it is worth looking. */
export async function* follow(source: Followed, after: bigint, signal?: AbortSignal): AsyncGenerator<Page, void, undefined> {
  const stopped = (): boolean => signal?.aborted === true || source.closed();
  let place = after;
  while (!stopped()) {
    const known = source.bell.rings;
    let page: Page;
    try {
      page = await source.readAll(place);
    } catch (fault) {
      if (stopped()) return;
      throw fault;
    }
    if (stopped()) return;
    if (page.scannedTo > place) {
      place = page.scannedTo;
      yield page;
      if (!page.end) await source.breathe?.();
    } else {
      await source.bell.past(known, signal, source.pollMs);
    }
  }
}
