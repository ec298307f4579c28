import type { Recorded } from '../kernel/decider.ts';

/** What a command did on a stream. */
export interface CommandTrace {
  readonly digest: string;
  /** Of its last event here. */
  readonly decidedAt: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly events: readonly string[];
  readonly ids: readonly string[];
}

export const traceWith = (trace: CommandTrace | undefined, event: Recorded): CommandTrace => ({
  digest: event.commandDigest,
  decidedAt: event.decidedAt,
  revision: event.revision,
  position: event.position,
  events: trace ? [...trace.events, event.type] : [event.type],
  ids: trace ? [...trace.ids, event.id] : [event.id],
});

/** Commands of a stream that are remembered whole: who repeats one does so soon. */
const wholeTraces = 8;

/**
 * Which commands have acted on a stream. Of the last few it is known what they did, of those before only that they may have been here: a number each,
 * since what a command did is read from the log again for the few that are repeated late.
 */
export class CommandTraces {
  static readonly none = new CommandTraces();

  readonly #whole = new Map<string, CommandTrace>();
  readonly #older = new Set<number>();
  #upTo = -1n;

  /** `perhaps`: the log knows. */
  of(commandId: string): CommandTrace | 'perhaps' | undefined {
    return this.#whole.get(commandId) ?? (this.#older.has(markOf(commandId)) ? 'perhaps' : undefined);
  }

  /** Events in their order; what was seen already is passed over. */
  saw(event: Recorded): void {
    if (event.revision <= this.#upTo) return;
    this.#upTo = event.revision;
    const { commandId } = event;
    // Where a command goes on that is remembered by its number alone, what it did before is the log's to tell.
    const known = this.of(commandId);
    if (known === 'perhaps') return;
    this.#whole.set(commandId, traceWith(known, event));
    if (this.#whole.size <= wholeTraces) return;
    const [eldest] = this.#whole.keys();
    this.#whole.delete(eldest!);
    this.#older.add(markOf(eldest!));
  }
}

/** FNV-1a: equal for equal ids, and for others once in four thousand million times. */
function markOf(commandId: string): number {
  let mark = 0x811c9dc5;
  for (let i = 0; i < commandId.length; i++) mark = Math.imul(mark ^ commandId.charCodeAt(i), 0x01000193);
  return mark;
}
