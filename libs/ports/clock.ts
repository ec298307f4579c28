/** The ledger's own time. Virtual in simulations and demos. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
}

/** Waiting, so that a simulation decides when a wait ends. */
export interface Timer {
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness for jitter alone; ids are derived, never drawn. */
export interface Entropy {
  /** A number in [0, 1). */
  random(): number;
}
