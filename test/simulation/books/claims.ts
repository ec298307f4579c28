import type { Books } from './books.ts';
import { Timeline, Violation, type Chapter, type Fail, type LogEvent } from './log.ts';

/** Values that are unique: one owner at a time, who lets go only of what she does not hold. */
export class ClaimBooks implements Chapter {
  readonly reads = ['claim'];
  /** The stream that guards a value. */
  readonly streamOf: (institutionId: string, kind: string, value: string) => string;
  readonly #books: Books;
  readonly #owners = new Map<string, Timeline<string | null>>();

  constructor(books: Books, streamOf: ClaimBooks['streamOf']) {
    this.#books = books;
    this.streamOf = streamOf;
  }

  of(claim: string): Timeline<string | null> | undefined {
    return this.#owners.get(claim);
  }

  ownerOf(claim: string): string | null {
    return this.of(claim)?.now ?? null;
  }

  take(event: LogEvent, fail: Fail): void {
    const held = this.of(event.stream) ?? new Timeline<string | null>(null);
    this.#owners.set(event.stream, held);
    const owner = event.data['owner'] as string;
    if (event.type === 'ClaimTaken') {
      if (held.now !== null && held.now !== owner) fail('one-owner', `taken while ${held.now} has it`);
      held.set(event.position, owner);
    } else if (event.type === 'ClaimReleased') {
      if (held.now !== owner) fail('one-owner', `released by ${owner}, who does not have it`);
      if (this.#books.holds(owner, event.stream)) fail('owner-holds', `released while ${owner} still holds the value`);
      held.set(event.position, null);
    }
  }

  settled(): void {
    for (const [claim, { now: owner }] of this.#owners) {
      if (owner !== null && !this.#books.holds(owner, claim))
        throw new Violation('no-stuck-gate', `${claim} is kept for ${owner}, who does not hold it`);
    }
  }
}
