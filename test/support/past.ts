import { catalog, type LedgerEventType } from '../../libs/events/events.ts';
import type { Actor, Circumstances, DomainEvent, Recorded } from '../../libs/kernel/decider.ts';
import { eventId, shortHash } from '../../libs/kernel/ids.ts';
import { dateIn, startOfDay } from '../../libs/kernel/time.ts';

export const zone = 'Asia/Shanghai';
export const institutionId = 'college';
/** When a command is decided unless an example says otherwise; every default history lies before it. */
export const now = '2026-03-10T02:00:00.000Z';

/** First instant of a day in the institution's zone. */
export const day = (date: string): string => startOfDay(date, zone);

export const registrar = (personId: string): Actor => ({ personId, role: 'registrar', organizationId: null });

/** An event of the past, with what its envelope says. */
export interface Past<E extends DomainEvent = DomainEvent> {
  readonly event: E;
  /** Plain date or instant. */
  readonly at: string;
  /** Plain date or instant; when it became effective, unless stated. */
  readonly recorded?: string;
  readonly by?: string;
  readonly digest?: string;
  readonly commandId?: string;
}

export const past = <E extends DomainEvent>(at: string, event: E, more: Omit<Past<E>, 'event' | 'at'> = {}): Past<E> => ({
  event,
  at,
  ...more,
});

const instantOf = (when: string): string => (when.length === 10 ? day(when) : when);

/** What a command's digest would be: equal content, equal digest. */
export const digestOf = (command: object): string => shortHash(JSON.stringify(command));

/** Gives events the envelope that a log would: revisions, positions and times in order. */
export function recordedOf<E extends DomainEvent>(
  events: readonly Past<E>[],
  stream = 'some-stream',
  before: readonly Recorded<E>[] = [],
): readonly Recorded<E>[] {
  const log: Recorded<E>[] = [...before];
  for (const { event, at, recorded, by = 'zhao', digest, ...said } of events) {
    const revision = BigInt(log.length);
    const effectiveAt = instantOf(at);
    const stated = recorded === undefined ? effectiveAt : instantOf(recorded);
    const last = log.at(-1)?.recordedAt ?? '';
    const recordedAt = stated > last ? stated : last;
    const commandId = said.commandId ?? `command-${revision}`;
    const written: Recorded = {
      id: eventId(commandId, stream, 'own', 0),
      type: event.type,
      version: catalog[event.type as LedgerEventType]?.version ?? 1,
      stream,
      effectiveAt,
      decidedAt: recordedAt,
      actor: registrar(by),
      commandId,
      commandDigest: digest ?? digestOf(event),
      correlationId: commandId,
      causationId: commandId,
      institutionId,
      subjectId: null,
      basis: [],
      data: event.data,
      revision,
      position: revision + 1n,
      recordedAt,
    };
    log.push(written as Recorded<E>);
  }
  return log;
}

/** What an example says of its moment; the rest is default. */
export interface When<F> {
  /** Plain date or instant: the ledger's clock. */
  readonly now?: string;
  /** Plain date or instant on which the command says it became true. */
  readonly on?: string;
  readonly by?: string;
  /** Somebody else than a registrar. */
  readonly as?: Actor;
  readonly facts?: Partial<F>;
  readonly commandId?: string;
}

export const circumstances = <F>(command: object, facts: F, when: When<F> = {}): Circumstances<F> => {
  const clock = when.now === undefined ? now : instantOf(when.now);
  const effectiveAt = when.on === undefined ? clock : instantOf(when.on);
  return {
    now: clock,
    effectiveAt,
    today: dateIn(clock, zone),
    effectiveOn: dateIn(effectiveAt, zone),
    actor: when.as ?? registrar(when.by ?? 'zhao'),
    commandId: when.commandId ?? 'command',
    commandDigest: digestOf(command),
    institutionId,
    facts: { ...facts, ...when.facts },
  };
};
