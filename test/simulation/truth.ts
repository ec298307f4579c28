import { enrollmentStream } from '../../libs/contexts/enrollment/enrollment.ts';
import { learnerStream } from '../../libs/contexts/enrollment/learner.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { isRefusal, type Refusal } from '../../libs/kernel/refusal.ts';
import type { Answer } from '../../libs/runtime/transact.ts';
import { Violation, type Books } from './books.ts';
import type { Order } from './orders.ts';
import { occupies } from './state-table.ts';

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
    const untrue = contradiction(books, order, answer, window);
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

/** What in the log speaks against a refusal, at every moment of the window; null where it is true or cannot be told. */
function contradiction(books: Books, order: Order, { refused, facts }: Refusal, { from }: Window): string | null {
  const to = books.head;
  const { learnerId, enrollmentId, number, idClaim } = order.subject;
  const learner = books.learners.get(learnerId ?? mintedId(order.key, 'learner'));
  const enrollment = enrollmentId === undefined ? undefined : books.enrollments.get(enrollmentId);
  const mine = (stream: string | null): boolean => stream !== null && isMinted(stream, order.key);
  switch (refused) {
    case 'STUDENT_NUMBER_TAKEN': {
      if (number === undefined) return 'no number was asked for';
      const claim = books.claims.get(books.numberStream(order.clerk.institutionId, number));
      const own = `enrollment-${enrollmentId ?? ''}`;
      return claim?.owner.during(from, to, (owner) => owner !== null && owner !== own && !mine(owner))
        ? null
        : `nobody else ever had ${number}`;
    }
    case 'ID_NUMBER_TAKEN': {
      if (idClaim === undefined) return 'no id number was given';
      const own = `learner-${learnerId ?? ''}`;
      return books.claims.get(idClaim)?.owner.during(from, to, (owner) => owner !== null && owner !== own && !mine(owner))
        ? null
        : 'nobody else ever had the id number';
    }
    case 'ENROLLMENT_ACTIVE': {
      const other = facts['enrollmentId'] as string;
      const person = learner ?? [...books.learners.values()].find((l) => l.slots.has(other));
      return !person || person.open.during(from, to, (open) => open.includes(other)) ? null : `${other} was not open`;
    }
    case 'HOLD_PLACED':
      return learner?.holds.during(from, to, (holds) => holds.length > 0) ? null : 'no hold stood';
    case 'LEARNER_ANNULLED':
      return learner?.annulled.during(from, to, (annulled) => annulled) ? null : 'the learner was not annulled';
    case 'LEARNER_ERASED':
      return learner?.erased.during(from, to, (erased) => erased.length > 0) ? null : 'nothing was erased';
    case 'REQUEST_PENDING': {
      const request = books.requests.get(facts['requestId'] as string);
      return request?.outcome.during(from, to, (outcome) => outcome === 'pending') ? null : 'nothing was pending';
    }
    case 'REQUEST_SETTLED': {
      const request = [...books.requests.values()].find(
        (r) => order.says !== null && (order.says as { requestId?: string }).requestId === r.requestId,
      );
      return !request || request.outcome.during(from, to, (outcome) => outcome !== 'pending' && outcome !== 'none')
        ? null
        : 'it was not settled';
    }
    case 'ENROLLMENT_NOT_ADMITTED':
    case 'ENROLLMENT_NOT_ACTIVE':
    case 'ENROLLMENT_NOT_SUSPENDED':
    case 'ENROLLMENT_NOT_OPEN':
    case 'ENROLLMENT_NOT_WITHDRAWN':
    case 'ENROLLMENT_NOT_ENDED':
    case 'ENROLLMENT_NEVER_REGISTERED':
      return !enrollment || enrollment.status.during(from, to, (status) => status === facts['status'])
        ? null
        : `it was never ${String(facts['status'])}`;
    case 'RETENTION_APPLIES': {
      if (!learner) return null;
      const student = [...books.enrollments.values()].some(
        (e) => e.learnerId === learner.id && (e.everRegistered || occupies(e.status.now)),
      );
      // An enrollment of before closes on the gate in the append that opens it, and is about to be written all the same.
      const opened = books.streams
        .get(learnerStream(learner.id))
        ?.some((e) => e.type === 'EnrollmentOpened' && String(facts['because']).includes(String(e.data['enrollmentId'])));
      return student || opened ? null : 'nothing needs to be kept';
    }
    case 'REVISION_CHANGED': {
      const stream = books.streams.get(enrollmentStream(enrollmentId ?? ''));
      return stream && stream.length > Number(facts['actual']) && facts['actual'] !== facts['expected']
        ? null
        : 'it has not moved';
    }
    case 'IDEMPOTENCY_KEY_REUSED':
      return 'every key was used for one order';
    default:
      return null;
  }
}

/** Is it something that an attempt of this very command brought into being? */
const isMinted = (stream: string, key: string): boolean => new RegExp(`^(learner|enrollment)-${key}\\d*[le]$`).test(stream);
