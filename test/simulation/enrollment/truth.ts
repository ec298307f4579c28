import { learnerStream } from '../../../libs/contexts/enrollment/learner.ts';
import { mintedId } from '../../../libs/kernel/ids.ts';
import type { Refusal } from '../../../libs/kernel/refusal.ts';
import type { Books } from '../books/books.ts';
import { occupies } from '../books/student-table.ts';
import type { Order } from '../orders.ts';
import type { Window } from '../truth.ts';

/** What in the log speaks against a refusal about students, at every moment of the window; null where it is true or cannot be told. */
export function studentsSpeakAgainst(books: Books, order: Order, { refused, facts }: Refusal, { from }: Window): string | null {
  const to = books.head;
  const { learnerId, enrollmentId, number, idClaim } = order.subject;
  const learner = books.learners.get(learnerId ?? mintedId(order.key, 'learner'));
  const enrollment = enrollmentId === undefined ? undefined : books.enrollments.get(enrollmentId);
  const mine = (stream: string | null): boolean => stream !== null && isMinted(stream, order.key);
  switch (refused) {
    case 'STUDENT_NUMBER_TAKEN': {
      if (number === undefined) return 'no number was asked for';
      const claim = books.claims.of(books.claims.streamOf(order.by.institutionId, 'student-number', number));
      const own = `enrollment-${enrollmentId ?? ''}`;
      return claim?.during(from, to, (owner) => owner !== null && owner !== own && !mine(owner))
        ? null
        : `nobody else ever had ${number}`;
    }
    case 'ID_NUMBER_TAKEN': {
      if (idClaim === undefined) return 'no id number was given';
      const own = `learner-${learnerId ?? ''}`;
      return books.claims.of(idClaim)?.during(from, to, (owner) => owner !== null && owner !== own && !mine(owner))
        ? null
        : 'nobody else ever had the id number';
    }
    case 'ENROLLMENT_ACTIVE': {
      const other = facts['enrollmentId'] as string;
      const person = learner ?? books.learners.all().find((l) => l.slots.has(other));
      return !person || person.open.during(from, to, (open) => open.includes(other)) ? null : `${other} was not open`;
    }
    case 'HOLD_PLACED':
      return learner?.holds.during(from, to, (holds) => holds.length > 0) ? null : 'no hold stood';
    case 'LEARNER_ANNULLED':
      return learner?.annulled.during(from, to, (annulled) => annulled) ? null : 'the learner was not annulled';
    case 'LEARNER_ERASED':
      return learner?.erased.during(from, to, (erased) => erased.length > 0) ? null : 'nothing was erased';
    case 'REQUEST_PENDING': {
      const request = books.approvals.requests.get(facts['requestId'] as string);
      return request?.outcome.during(from, to, (outcome) => outcome === 'pending') ? null : 'nothing was pending';
    }
    case 'REQUEST_SETTLED': {
      const request = [...books.approvals.requests.values()].find(
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
      const student = books.enrollments
        .all()
        .some((e) => e.learnerId === learner.id && (e.everRegistered || occupies(e.status.now)));
      // An enrollment of before closes on the gate in the append that opens it, and is about to be written all the same.
      const opened = books.streams
        .get(learnerStream(learner.id))
        ?.some((e) => e.type === 'EnrollmentOpened' && String(facts['because']).includes(String(e.data['enrollmentId'])));
      return student || opened ? null : 'nothing needs to be kept';
    }
    default:
      return null;
  }
}

/** Is it something that an attempt of this very command brought into being? */
const isMinted = (stream: string, key: string): boolean => new RegExp(`^(learner|enrollment)-${key}\\d*[le]$`).test(stream);
