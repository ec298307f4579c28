import { expect } from '@jest/globals';
import { effectiveOf, fold, type Decider, type Decision, type DomainEvent, type Recorded } from '../../libs/kernel/decider.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import type { RefusalCode } from '../../libs/kernel/refusals.ts';
import { circumstances, past, recordedOf, type Past, type When } from './past.ts';

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
