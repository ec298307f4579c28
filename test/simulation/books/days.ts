import type { Books } from './books.ts';
import { Timeline, Violation, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import type { Span } from './selections.ts';
import { isOpenContract } from './training-tables.ts';

interface Held extends Span {
  readonly takers: readonly string[];
}

/** A learner's days: whom she trains with, one enterprise at a time, beside nothing but the offer that a contract rests on. */
export class Days implements Chapter {
  readonly reads = ['learner'];
  readonly #books: Books;
  readonly #held = new Map<string, Map<string, Held>>();
  /** Whether the gate knows a holder, of now or of before. */
  readonly #knownTo = new Map<string, Timeline<boolean>>();
  /** What is over, by holder: `to` is exclusive. */
  readonly #past = new Map<string, Map<string, Span>>();
  /** Holders that let days go in the append that is being read. */
  readonly #released = new Map<string, readonly [learnerId: string, until: string | undefined, fail: Fail]>();

  constructor(books: Books) {
    this.#books = books;
  }

  of(learnerId: string): ReadonlyMap<string, Held> {
    return this.#held.get(learnerId) ?? new Map<string, Held>();
  }

  /** Whether days of this holder stood in the way of others. */
  knownTo(holder: string): Timeline<boolean> {
    const known = this.#knownTo.get(holder) ?? new Timeline(false);
    this.#knownTo.set(holder, known);
    return known;
  }

  covers(learnerId: string, holder: string, { from, to }: Span): boolean {
    const held = this.of(learnerId).get(holder);
    return held !== undefined && held.from <= from && to <= held.to;
  }

  take(event: LogEvent, fail: Fail): void {
    const learnerId = idOf(event.stream);
    const holder = event.data['holder'] as string;
    const held = this.#held.get(learnerId) ?? new Map<string, Held>();
    const past = this.#past.get(learnerId) ?? new Map<string, Span>();
    if (event.type === 'PeriodHeld') {
      const { from, to, commandId } = event.data as { from: string; to: string; commandId: string };
      this.#apart(holder, { from, to }, held, past, fail);
      const before = held.get(holder);
      held.set(holder, {
        from: before && before.from < from ? before.from : from,
        to: before && before.to > to ? before.to : to,
        takers: [...(before?.takers ?? []), commandId],
      });
      past.delete(holder);
    } else if (event.type === 'PeriodReleased') {
      const let_go = held.get(holder);
      if (!let_go) return fail('one-owner', `${holder} lets go of days that it does not hold`);
      held.delete(holder);
      const until = event.data['until'] as string | undefined;
      if (until !== undefined && let_go.from < until) past.set(holder, { from: let_go.from, to: until });
      this.#released.set(holder, [learnerId, until, fail]);
    } else return;
    this.knownTo(holder).set(event.position, held.has(holder) || past.has(holder));
    this.#held.set(learnerId, held);
    this.#past.set(learnerId, past);
  }

  #apart(holder: string, span: Span, held: ReadonlyMap<string, Held>, past: ReadonlyMap<string, Span>, fail: Fail): void {
    for (const [other, { from, to }] of held) {
      if (other !== holder && from <= span.to && span.from <= to && !this.#isOwnOffer(holder, other))
        fail('no-overlap', `${holder} holds ${span.from} to ${span.to} beside ${other}, ${from} to ${to}`);
    }
    for (const [other, { from, to }] of past) {
      if (other !== holder && from <= span.to && span.from < to)
        fail('no-overlap', `${holder} holds ${span.from} to ${span.to}, which ${other} occupied until ${to}`);
    }
  }

  /** The offer that a contract rests on, or was about to: then it had its claim. Who lost that by now may yet be stalled before taking the days. */
  #isOwnOffer(contract: string, offer: string): boolean {
    const selection = this.#books.selections.get(idOf(offer));
    if (!selection || !contract.startsWith('contract-')) return false;
    const claim = this.#books.claims.of(this.#books.selections.claimOf(selection));
    return claim?.during(0n, this.#books.head, (owner) => owner === contract) ?? false;
  }

  /** What must go on being held is held again in the append that let go of it. */
  whole(): void {
    for (const [holder, [learnerId, until, fail]] of this.#released) {
      const contract = this.#books.contracts.get(idOf(holder));
      const needs = holder.startsWith('contract-') ? contract && isOpenContract(contract.status.now) && contract.terms : null;
      if (needs && !this.covers(learnerId, holder, needs))
        fail('owner-holds', `${holder} is ${contract!.status.now} and lets go of its days`);
      // What it occupied stays occupied: nothing is put in its place afterwards. Who let go of a part only did not see its end yet.
      const letGo = !this.of(learnerId).has(holder);
      if (contract?.endedOn && letGo && until !== contract.endedOn)
        fail('no-overlap', `${holder} ended on ${contract.endedOn}, its days until ${until ?? 'never'}`);
      if (holder.startsWith('selection-') && this.#needsOffer(holder) && !this.of(learnerId).has(holder))
        fail('owner-holds', `${holder} is accepted and lets go of its days`);
    }
    this.#released.clear();
  }

  /** An accepted offer holds its days until the contract that rests on it is over. */
  #needsOffer(holder: string): boolean {
    const selection = this.#books.selections.get(idOf(holder));
    const contract = this.#books.contracts.all().find(({ selectionId }) => selectionId === selection?.id);
    return selection?.status.now === 'accepted' && (contract === undefined || isOpenContract(contract.status.now));
  }

  settled(): void {
    const stuck = (message: string): never => {
      throw new Violation('no-stuck-gate', message);
    };
    for (const [learnerId, held] of this.#held) {
      for (const [holder, { from, to, takers }] of held) {
        const days = `${from} to ${to} of ${learnerId}`;
        const contract = holder.startsWith('contract-') ? this.#books.contracts.get(idOf(holder)) : undefined;
        if (holder.startsWith('selection-') && this.#books.selections.get(idOf(holder))?.status.now !== 'accepted')
          stuck(`${days} are kept for ${holder}, which is not accepted`);
        const resting = this.#books.contracts.all().find(({ selectionId }) => selectionId === idOf(holder));
        if (resting && !isOpenContract(resting.status.now)) stuck(`${days} are kept for ${holder}, whose contract is over`);
        if (!holder.startsWith('contract-')) continue;
        if (!contract?.terms || !isOpenContract(contract.status.now))
          return stuck(`${days} are kept for ${holder}, which is over`);
        if (contract.terms.from !== from || contract.terms.to !== to || takers.length !== 1)
          stuck(`${days} are kept for ${holder}, whose days are ${contract.terms.from} to ${contract.terms.to}`);
      }
    }
  }
}
