import type { Refusal } from './refusal.ts';

/** A domain event as a decider states it: the stored JSON carries exactly this `type` and `data`. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/** States an event at another effective time than its command's: a correction carries its target's. */
export const effective = <E extends DomainEvent>(at: string, event: E): E => ({ ...event, effectiveAt: at });

export const effectiveOf = (event: DomainEvent): string | undefined => (event as { readonly effectiveAt?: string }).effectiveAt;

/** Who speaks. All three come from the bearer token, never from a body. */
export interface Actor {
  readonly personId: string;
  readonly role: Role;
  readonly organizationId: string | null;
}

export const roles = [
  'registrar',
  'teacher',
  'enterprise',
  'mentor',
  'learner',
  'guardian',
  'administrator',
  'auditor',
  'evaluator',
] as const;
/** `system` marks what the ledger itself records (recovery, erasure); no token carries it. */
export type Role = (typeof roles)[number] | 'system';

/** A stream at a revision whose facts a decision rested on. Revisions are strings in JSON. */
export interface Basis {
  readonly stream: string;
  readonly revision: string;
}

/** The writer's part of an event, stored as bytes that never change (domain.md, *Envelope*). */
export interface Envelope<E extends DomainEvent = DomainEvent> {
  /** UUID derived from command id, stream and the index in that stream. */
  readonly id: string;
  readonly type: E['type'];
  /** Schema version of `data`. */
  readonly version: number;
  readonly stream: string;
  /** When it became true in the world: ISO 8601 instant, UTC, never in the future when stated. */
  readonly effectiveAt: string;
  /** When the decision was taken, by the ledger's clock: ISO 8601 instant, UTC. */
  readonly decidedAt: string;
  readonly actor: Actor;
  readonly onBehalfOf?: string;
  readonly reason?: { readonly code: string; readonly text?: string };
  readonly commandId: string;
  /** Keyed digest of the canonical command: a retry is recognized without opening sealed data. */
  readonly commandDigest: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly institutionId: string;
  /** The person whom it is about: key of audit, sealing and partitioning. */
  readonly subjectId: string | null;
  readonly basis: readonly Basis[];
  readonly data: E['data'];
}

/** An event as it is read back: the writer's bytes plus what the log assigned. */
export type Recorded<E extends DomainEvent = DomainEvent> = E extends DomainEvent
  ? Envelope<E> & {
      readonly type: E['type'];
      readonly data: E['data'];
      /** Place in its stream, from 0n. */
      readonly revision: bigint;
      /** Place in the whole log, from 1n, without gaps visible to readers. */
      readonly position: bigint;
      /** Stamped by the log at commit; never decreases with the position. */
      readonly recordedAt: string;
    }
  : never;

/** Events in order (none: the command changes nothing), or a refusal. */
export type Decision<E extends DomainEvent = DomainEvent> = readonly E[] | Refusal;

/**
 * On a stream that a command was about to write: its writer will never act here again, so what it took elsewhere can be released.
 * Final. The runtime reads it; no decider sees it.
 */
export interface CommandAbandoned {
  type: 'CommandAbandoned';
  data: { commandId: string };
}

/** What a decision may rest on besides its own stream: it came in with the command, so deciding is pure. */
export interface Circumstances<Facts = unknown> {
  /** The ledger's clock at decision, never before the stream's last `recordedAt`: ISO 8601 instant. */
  readonly now: string;
  /** When the command says it became true; `now` unless stated. */
  readonly effectiveAt: string;
  /** Both as plain dates in the institution's time zone. */
  readonly today: string;
  readonly effectiveOn: string;
  readonly actor: Actor;
  readonly commandId: string;
  readonly commandDigest: string;
  readonly institutionId: string;
  /** Facts of other streams, loaded before the decision and recorded as its basis. */
  readonly facts: Facts;
}

/** One stream category: how its events fold, and what may happen next. Everything is pure. */
export interface Decider<State, Command, E extends DomainEvent, Facts = unknown> {
  readonly initial: State;
  /** Never throws, whatever the order of events. */
  readonly evolve: (state: State, event: Recorded<E>) => State;
  readonly decide: (state: State, command: Command, k: Circumstances<Facts>) => Decision<E>;
}

export const fold = <State, E extends DomainEvent>(
  decider: { readonly initial: State; readonly evolve: (state: State, event: Recorded<E>) => State },
  events: Iterable<Recorded<E>>,
): State => {
  let state = decider.initial;
  for (const event of events) state = decider.evolve(state, event);
  return state;
};
