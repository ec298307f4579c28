import type { Refusal } from '../../../libs/kernel/refusal.ts';
import type { Books } from '../books/books.ts';
import { categoryOf, idOf, type Timeline } from '../books/log.ts';
import type { Order } from '../orders.ts';
import type { Window } from '../truth.ts';

/** Refusals that name the state of the record that the command is about, by its category. */
const ofState: Readonly<Record<string, string>> = {
  APPLICATION_NOT_SUBMITTED: 'selection',
  APPLICATION_NOT_SCREENED: 'selection',
  APPLICATION_OVER: 'selection',
  OFFER_NOT_OPEN: 'selection',
  CONTRACT_NOT_DRAFT: 'contract',
  CONTRACT_NOT_CONCLUDED: 'contract',
  CONTRACT_BEGUN: 'contract',
  CONTRACT_NOT_LIVE: 'contract',
  CONTRACT_NOT_RUNNING: 'contract',
  CONTRACT_NOT_SUSPENDED: 'contract',
  CONTRACT_OVER: 'contract',
  ATTEMPT_NOT_OPEN: 'attempt',
  RESULT_NOT_SUBMITTED: 'attempt',
  RESULT_NOT_MODERATED: 'attempt',
  RESULT_NOT_PUBLISHED: 'attempt',
  TEACHER_STATUS_FORBIDS: 'teacher',
};

function statusOf(books: Books, stream: string): Timeline<string> | undefined {
  const id = idOf(stream);
  switch (categoryOf(stream)) {
    case 'selection':
      return books.selections.get(id)?.status;
    case 'contract':
      return books.contracts.get(id)?.status;
    case 'attempt':
      return books.attempts.get(id)?.status;
    case 'teacher':
      return books.faculty.get(id)?.status;
    default:
      return undefined;
  }
}

/** What in the log speaks against a refusal about training, at every moment of the window; null where it is true or cannot be told. */
export function trainingSpeaksAgainst(books: Books, order: Order, { refused, facts }: Refusal, { from }: Window): string | null {
  const to = books.head;
  const stream = order.subject.stream ?? '';
  const status = statusOf(books, stream);
  if (ofState[refused] === categoryOf(stream) && status)
    return status.during(from, to, (was) => was === facts['status']) ? null : `it was never ${String(facts['status'])}`;
  const says = order.says as Readonly<Record<string, string>>;
  switch (refused) {
    case 'NOT_FOUND':
      return (status?.at(from) ?? 'none') === 'none' ? null : 'it was there';
    case 'OFFER_USED': {
      const selection = books.selections.get(says['selectionId'] ?? '');
      const claim = selection && books.claims.of(books.selections.claimOf(selection));
      return !selection || claim?.during(from, to, (owner) => owner !== null && owner !== stream)
        ? null
        : 'nobody used the offer';
    }
    case 'ACCOUNT_TAKEN': {
      const claim = books.claims.of(books.claims.streamOf(order.by.institutionId, 'teacher-account', says['personId'] ?? ''));
      return claim?.during(from, to, (owner) => owner !== null && owner !== stream) ? null : 'nobody else ever had the account';
    }
    case 'PERIODS_OVERLAP': {
      const other = String(facts['with']);
      if (!/^(selection|contract)-/.test(other)) return null;
      return books.days.knownTo(other).during(from, to, (known) => known) ? null : `${other} held no days`;
    }
    case 'AMENDMENT_PENDING':
      return books.contracts.get(idOf(stream))?.amendments.has(String(facts['amendmentId']))
        ? null
        : 'there is no such amendment';
    case 'ATTEMPT_EXISTS':
    case 'ATTEMPT_VOIDED':
      return status ? null : 'there is no such attempt';
    case 'APPEAL_OPEN':
      return books.attempts.get(idOf(stream))?.appeal?.id === facts['appealId'] ? null : 'there is no such appeal';
    case 'OFFER_EXPIRED':
      return books.selections.get(idOf(stream))?.offer?.expiresAt === facts['expiresAt'] ? null : 'its offer is another';
    default:
      return null;
  }
}
