import type { Circumstances, Decider, Decision, DomainEvent, Recorded } from './decider.ts';

/** A stream and how it folds, with the state's type closed over: what the runtime needs to load it. */
export interface Source<State = unknown> {
  readonly stream: string;
  readonly initial: State;
  /** A method, so that a source of any state is a source. */
  evolve(state: State, event: Recorded): State;
}

/** A stream together with what a command wants of it. */
export interface Leg extends Source {
  readonly decide: (state: unknown, k: Circumstances) => Decision;
}

export const source = <S>(
  stream: string,
  decider: { readonly initial: S; readonly evolve: (state: S, event: never) => S },
): Source<S> => ({
  stream,
  initial: decider.initial,
  evolve: decider.evolve,
});

export const leg = <S, C, E extends DomainEvent, F>(stream: string, decider: Decider<S, C, E, F>, command: C): Leg => ({
  ...(source(stream, decider) as Source),
  decide: (state, k) => decider.decide(state as S, command, k as Circumstances<F>),
});

/**
 * Something unique or exclusive that is decided on another stream before the own one is written ("gate first").
 * `owner` is the stream that will hold the value; the gate is let go only when that stream does not hold it and every taker is fenced there.
 */
export interface Take extends Leg {
  readonly owner: Source;
  readonly holds: (owner: unknown) => boolean;
  /** Commands that took the gate for this owner since its last release. */
  readonly takers: (gate: unknown) => readonly string[];
  /** How to let go, seeing the owner that does not hold it. */
  readonly drop: (owner: unknown) => Leg;
  /** Other holders that a refusal may be about: a crashed writer's take among them is released, a living one stands. */
  readonly rivals: (gate: unknown) => readonly Take[];
}

/**
 * How one command walks through its streams: takes in order, then the own stream, then what its new state releases.
 * Everything is pure; a retry after any crash builds the same plan and finds what is done.
 */
export interface Plan<State = unknown> {
  readonly own: Leg;
  /** The own stream is no institution's but the ledger's: each event names the institution of whoever caused it. */
  readonly shared?: boolean;
  /** The person whom it is about, once the own state is known. */
  subjectId(own: State): string | null;
  /** Streams whose facts the decision rests on. */
  facts?(own: State): Readonly<Record<string, Source>>;
  takes?(own: State): readonly Take[];
  /** Takes given back once the own stream no longer holds them. */
  releases?(own: State): readonly Take[];
}
