import type { Actor, DomainEvent } from './decider.ts';

/**
 * An event as a fold remembers it: all that decisions and corrections ask of the past. The rest of an envelope (ids, causes, basis) stays in the log;
 * kept with every event of every stream that is remembered, it would be most of what the ledger holds in memory.
 */
export type Remembered<E extends DomainEvent = DomainEvent> = E extends DomainEvent
  ? {
      readonly type: E['type'];
      readonly data: E['data'];
      readonly stream: string;
      readonly revision: bigint;
      readonly position: bigint;
      readonly effectiveAt: string;
      readonly recordedAt: string;
      readonly actor: Actor;
      readonly commandId: string;
      readonly commandDigest: string;
    }
  : never;

/** What it has in common with the event before it is that event's: it came as a copy, with every event that was read. */
const rememberedOf = <E extends DomainEvent>(event: Remembered<E>, before: Remembered<E> | undefined): Remembered<E> => {
  const { type, data, revision, position, effectiveAt, recordedAt, commandId, commandDigest } = event;
  const stream = before?.stream === event.stream ? before.stream : event.stream;
  const actor = before && isSame(before.actor, event.actor) ? before.actor : event.actor;
  const remembered = { type, data, stream, revision, position, effectiveAt, recordedAt, actor, commandId, commandDigest };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same fields of the same event
  return remembered as unknown as Remembered<E>;
};

const isSame = (one: Actor, other: Actor): boolean =>
  one.personId === other.personId && one.role === other.role && one.organizationId === other.organizationId;

/**
 * A stream's events in their order, to which one may be added: that gives another history and leaves this one as it was. Both share what they have in
 * common, so that an event costs the same however many came before it.
 */
export class History<E extends DomainEvent = DomainEvent> {
  static readonly none: History<never> = new History<never>([], 0);

  /** Only ever grows, and this history ends at its length: what is behind belongs to those that go on from it. */
  readonly #shared: Remembered<E>[];
  readonly length: number;

  private constructor(shared: Remembered<E>[], length: number) {
    this.#shared = shared;
    this.length = length;
  }

  with(event: Remembered<E>): History<E> {
    const shared = this.#shared.length === this.length && this.length > 0 ? this.#shared : this.#shared.slice(0, this.length);
    shared.push(rememberedOf<E>(event, shared.at(-1)));
    return new History(shared, shared.length);
  }

  all(): readonly Remembered<E>[] {
    return this.#shared.slice(0, this.length);
  }

  *[Symbol.iterator](): Iterator<Remembered<E>> {
    for (let at = 0; at < this.length; at++) yield this.#shared[at]!;
  }

  find<Found extends Remembered<E>>(wanted: (event: Remembered<E>) => event is Found): Found | undefined;
  find(wanted: (event: Remembered<E>) => boolean): Remembered<E> | undefined;
  find(wanted: (event: Remembered<E>) => boolean): Remembered<E> | undefined {
    for (let at = 0; at < this.length; at++) if (wanted(this.#shared[at]!)) return this.#shared[at];
    return undefined;
  }

  findLast<Found extends Remembered<E>>(wanted: (event: Remembered<E>) => event is Found): Found | undefined;
  findLast(wanted: (event: Remembered<E>) => boolean): Remembered<E> | undefined;
  findLast(wanted: (event: Remembered<E>) => boolean): Remembered<E> | undefined {
    for (let at = this.length - 1; at >= 0; at--) if (wanted(this.#shared[at]!)) return this.#shared[at];
    return undefined;
  }
}
