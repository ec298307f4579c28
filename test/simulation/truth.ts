import { isRefusal, type Refusal } from '../../libs/kernel/refusal.ts';
import type { Answer } from '../../libs/runtime/transact.ts';
import type { Books } from './books/books.ts';
import { Violation } from './books/log.ts';
import { studentsSpeakAgainst } from './enrollment/truth.ts';
import { trainingSpeaksAgainst } from './training/truth.ts';
import type { Order } from './orders.ts';

/** Heads of the log: when the order was first sent, and when the delivery that is now answered began. */
export interface Window {
  readonly from: bigint;
  readonly began: bigint;
}

/** Is what the ledger says to a client true, now that it says it? */
export function checkTruth(books: Books, order: Order, answer: Answer | Refusal, window: Window): void {
  const done = books.effects.get(order.key);
  const fail = (rule: string, message: string): never => {
    throw new Violation(rule, `${message} (${order.what} under ${order.key}, head ${books.head})`);
  };
  if (order.dryRun) {
    if (done) fail('dry-run', 'a dry run wrote');
    return;
  }

  if (isRefusal(answer)) {
    if (done && done.at(-1)!.position <= window.began)
      fail('refusals', `${answer.refused} is answered to what was done before it was asked`);
    const untrue =
      speaksAgainst(books, order, answer) ??
      studentsSpeakAgainst(books, order, answer, window) ??
      trainingSpeaksAgainst(books, order, answer, window);
    if (untrue) fail('refusals', `${answer.refused} ${JSON.stringify(answer.facts)} is not true: ${untrue}`);
    return;
  }

  if (answer.events.length === 0) {
    if (done && done.at(-1)!.position <= window.began) fail('acknowledged', 'what was done is answered as nothing to do');
    return;
  }
  if (!done) return fail('acknowledged', `${answer.events.join(', ')} is acknowledged and not in the log`);
  const said = answer.events.join(', ');
  const stands = done.map((event) => event.type).join(', ');
  if (said !== stands) fail('acknowledged', `${said} is acknowledged where the log says ${stands}`);
  const last = done.at(-1)!;
  if (last.stream !== answer.stream || last.commandId !== answer.commandId)
    fail('acknowledged', 'the answer names another stream or attempt');
  if (last.position !== answer.position)
    fail('acknowledged', `position ${answer.position} is answered, it stands at ${last.position}`);
  // Later events of others may already be counted in, earlier ones never.
  if (answer.revision < last.revision)
    fail('acknowledged', `revision ${answer.revision} is answered, it stands at ${last.revision}`);
}

/** What speaks against a refusal that any command may meet. */
function speaksAgainst(books: Books, { about, subject }: Order, { refused, facts }: Refusal): string | null {
  if (refused === 'IDEMPOTENCY_KEY_REUSED') return 'every key was used for one order';
  if (refused !== 'REVISION_CHANGED') return null;
  const id = about === 'learner' ? subject.learnerId : subject.enrollmentId;
  const stream = books.streams.get(subject.stream ?? `${about}-${id}`);
  return stream && stream.length > Number(facts['actual']) && facts['actual'] !== facts['expected'] ? null : 'it has not moved';
}
