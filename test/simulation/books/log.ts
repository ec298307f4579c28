/** The ledger broke one of its promises. `rule` names the promise; the same rule is what a shrunk world must break too. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

/** Tells of a broken promise, with the event that broke it. */
export type Fail = (rule: string, message: string) => never;

/** What a value was at every position of the log. */
export class Timeline<T> {
  readonly #values: { readonly from: bigint; readonly value: T }[];

  constructor(initial: T) {
    this.#values = [{ from: 0n, value: initial }];
  }

  get now(): T {
    return this.#values.at(-1)!.value;
  }

  set(from: bigint, value: T): void {
    this.#values.push({ from, value });
  }

  /** At one head of the log. */
  at(head: bigint): T {
    return this.#values.findLast(({ from }) => from <= head)!.value;
  }

  /** True where it held at some moment between two heads of the log, both included. */
  during(from: bigint, to: bigint, is: (value: T) => boolean): boolean {
    return this.#values.some(
      ({ from: since, value }, i) => since <= to && (this.#values[i + 1]?.from ?? to + 1n) > from && is(value),
    );
  }
}

export interface LogEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly decidedAt: string;
  readonly commandId: string;
  readonly commandDigest: string;
  readonly correlationId: string;
  readonly institutionId: string;
  readonly actor: { readonly personId: string; readonly role: string };
  readonly basis: readonly { readonly stream: string; readonly revision: string }[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the checkers know of one part of the ledger. */
export interface Chapter {
  /** Categories of the streams that it reads: what stands before the first hyphen. */
  readonly reads: readonly string[];
  take(event: LogEvent, fail: Fail): void;
  /** Does the stream hold what the gate was taken for, by its own events? */
  holds?(owner: string, gate: string): boolean;
  /** What was read last is whole: no append ends here in the middle. */
  whole?(): void;
  /** When all work has ended: nothing is held for nobody, and nobody holds what is not theirs. */
  settled?(): void;
}

/** A step of a state table: `from` are the states in which the event may stand, `to` the state after it. */
export interface Transition {
  readonly from: readonly string[];
  /** `same`: no change of state · `stated`: the event says it · `before`: the state before what it undoes. */
  readonly to: string;
}

export const categoryOf = (stream: string): string => stream.slice(0, stream.indexOf('-'));
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
