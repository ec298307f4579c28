import { expect } from '@jest/globals';
import { catalog, type LedgerEventType } from '../../libs/events/events.ts';
import {
  effectiveOf,
  fold,
  type Actor,
  type Circumstances,
  type Decider,
  type Decision,
  type DomainEvent,
  type Recorded,
} from '../../libs/kernel/decider.ts';
import { eventId, shortHash } from '../../libs/kernel/ids.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import type { RefusalCode } from '../../libs/kernel/refusals.ts';
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
    actor: registrar(when.by ?? 'zhao'),
    commandId: when.commandId ?? 'command',
    commandDigest: digestOf(command),
    institutionId,
    facts: { ...facts, ...when.facts },
  };
};

/** What one command type was seen to answer. */
export interface Seen {
  readonly events: Set<string>;
  readonly refusals: Set<RefusalCode>;
}

export interface Given<S, C, E extends DomainEvent, F> {
  readonly state: S;
  readonly history: readonly Recorded<E>[];
  when(command: C, when?: When<F>): Outcome<S, C, E, F>;
}

export interface Outcome<S, C, E extends DomainEvent, F> {
  readonly decision: Decision<E>;
  /** Exactly these events; saying the same again right after gives none. */
  gives(...events: readonly E[]): Given<S, C, E, F>;
  /** Whatever events, but some. */
  accepted(): Given<S, C, E, F>;
  givesNothing(): void;
  refuses(code: RefusalCode, facts?: Readonly<Record<string, unknown>>): void;
}

/** Given a decider's past, when a command comes, then events or a refusal. `seen` collects what was answered, for the command tables. */
export function examples<S, C extends { readonly type: string }, E extends DomainEvent, F>(
  decider: Decider<S, C, E, F>,
  facts: F,
  stream = 'some-stream',
): {
  readonly given: (...events: readonly Past<E>[]) => Given<S, C, E, F>;
  readonly seen: ReadonlyMap<string, Seen>;
} {
  const seen = new Map<string, Seen>();

  const observe = (type: string, decision: Decision<E>): void => {
    const entry = seen.get(type) ?? { events: new Set(), refusals: new Set() };
    seen.set(type, entry);
    if (isRefusal(decision)) entry.refusals.add(decision.refused);
    else for (const event of decision) entry.events.add(event.type);
  };

  const after = (history: readonly Recorded<E>[]): Given<S, C, E, F> => {
    const state = fold(decider, history);
    return {
      state,
      history,
      when(command, when = {}) {
        const k = circumstances(command, facts, when);
        const decision = decider.decide(state, command, k);
        observe(command.type, decision);

        const next = (events: readonly E[]): Given<S, C, E, F> => {
          const written = events.map((event) =>
            past(effectiveOf(event) ?? k.effectiveAt, event, {
              recorded: k.now,
              by: k.actor.personId,
              digest: k.commandDigest,
              commandId: k.commandId,
            }),
          );
          return after(recordedOf(written, stream, history));
        };

        return {
          decision,
          gives(...events) {
            expect(decision).toEqual(events);
            const given = next(events);
            const again = decider.decide(given.state, command, k);
            expect(isRefusal(again) ? [] : again).toEqual([]);
            return given;
          },
          accepted() {
            expect(decision).not.toEqual([]);
            if (isRefusal(decision)) throw new Error(`refused: ${decision.refused} ${JSON.stringify(decision.facts)}`);
            return next(decision);
          },
          givesNothing() {
            expect(decision).toEqual([]);
          },
          refuses(code, because) {
            expect(decision).toEqual({
              refused: code,
              facts: because ? expect.objectContaining({ ...because }) : expect.anything(),
            });
          },
        };
      },
    };
  };

  return { given: (...events) => after(recordedOf(events, stream)), seen };
}

/** Every declared refusal was seen or comes from elsewhere (a gate, the runtime), every declared event was seen, and nothing else was. */
export function expectTable(
  table: Readonly<Record<string, { readonly events: readonly string[]; readonly refusals: readonly RefusalCode[] }>>,
  seen: ReadonlyMap<string, Seen>,
  elsewhere: readonly RefusalCode[],
  common: readonly RefusalCode[],
): void {
  for (const [type, declared] of Object.entries(table)) {
    const observed = seen.get(type) ?? { events: new Set<string>(), refusals: new Set<RefusalCode>() };
    const own = declared.refusals.filter((code) => !elsewhere.includes(code));
    const unexpected = [...observed.refusals].filter((code) => !declared.refusals.includes(code) && !common.includes(code));
    expect({ type, unseen: own.filter((code) => !observed.refusals.has(code)), unexpected }).toEqual({
      type,
      unseen: [],
      unexpected: [],
    });
    expect({ type, events: [...observed.events].toSorted() }).toEqual({ type, events: declared.events.toSorted() });
  }
}
