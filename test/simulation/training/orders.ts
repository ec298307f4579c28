import type { ContractCommand } from '../../../libs/contexts/apprenticeship/contract.ts';
import { planContract, planOpening, planPlacement, planSelection } from '../../../libs/contexts/apprenticeship/plans.ts';
import type { OpeningCommand } from '../../../libs/contexts/apprenticeship/opening.ts';
import type { PlacementCommand } from '../../../libs/contexts/apprenticeship/placement.ts';
import type { SelectionCommand } from '../../../libs/contexts/apprenticeship/selection.ts';
import { isMinorOn, termsFrom, type WordedTerms } from '../../../libs/contexts/apprenticeship/terms.ts';
import type { AttemptCommand } from '../../../libs/contexts/assessment/attempt.ts';
import { planAttempt } from '../../../libs/contexts/assessment/plans.ts';
import type { EnrollmentCommand } from '../../../libs/contexts/enrollment/enrollment.ts';
import { planEnrollment } from '../../../libs/contexts/enrollment/plans.ts';
import { planFaculty, type FacultyCommand } from '../../../libs/contexts/faculty/faculty.ts';
import type { ContractTerms } from '../../../libs/events/catalog/apprenticeship.ts';
import { attemptFact } from '../../../libs/facts/attempt.ts';
import { contractFact, mentorOf } from '../../../libs/facts/contract.ts';
import { learnerFact } from '../../../libs/facts/learner.ts';
import { claimsOf } from '../../../libs/kernel/claim.ts';
import { mintedId } from '../../../libs/kernel/ids.ts';
import { identityNow, isOpen } from '../../../libs/kernel/personal.ts';
import type { Plan } from '../../../libs/kernel/plan.ts';
import type { Books } from '../books/books.ts';
import type { Caller, Desk, Order } from '../orders.ts';
import { college, courses, programId, sections } from './cast.ts';

/** What differs from the ordinary. */
export type More = Partial<Pick<Order, 'effectiveAt' | 'reason' | 'onBehalfOf' | 'ifMatch' | 'dryRun'>>;

interface Letter {
  /** Category and id of the own stream; the attempt mints an id where it is empty. */
  readonly to: readonly [about: string, id: string];
  /** Its words; what a client says of something that the ledger mints, it says without its id. */
  readonly says: object & { readonly type: string };
  readonly plan: (id: string, desk: Desk, attempt: string) => object | Promise<object>;
}

/** The orders of a world of training, one by one: ids and keys are minted as behind HTTP. */
export class TrainingOrders {
  readonly #books: Books;
  readonly #context: Parameters<typeof planContract>[2];

  constructor(books: Books, hmac: (domain: string, text: string) => string) {
    this.#books = books;
    this.#context = { institutionId: college, claims: claimsOf(college, hmac) };
  }

  #order(key: string, by: Caller, { to: [about, id], says, plan }: Letter, more: More = {}): Order {
    return {
      key,
      by,
      about,
      what: says.type,
      says: { [`${about}Id`]: id, ...says },
      subject: { stream: id === '' ? `${about}-` : `${about}-${id}` },
      ...more,
      plan: async (desk, attempt) => (await plan(id === '' ? mintedId(attempt, about) : id, desk, attempt)) as Plan,
    };
  }

  /** What a client saw last of a stream, as If-Match. */
  seen(stream: string): More {
    return { ifMatch: BigInt((this.#books.streams.get(stream) ?? []).length - 1) };
  }

  // ── assessment ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** With `mints`, what the attempt at the command mints stands in this field. */
  attempt(
    key: string,
    by: Caller,
    attemptId: string,
    command: AttemptCommand,
    more: More = {},
    mints?: 'requestId' | 'appealId',
  ): Order {
    const plan: Letter['plan'] = async (id, { transactor }, attempt) => {
      const said = mints ? ({ ...command, [mints]: mintedId(attempt, mints) } as AttemptCommand) : command;
      if (command.type !== 'ScoreComponent') return planAttempt(id, said, { institutionId: college });
      // Facts are named before any of them is loaded, so whom the contract names is looked up first.
      const contractId = (await transactor.load(attemptFact(id))).state.opened?.contractId ?? null;
      const contract = contractId === null ? null : (await transactor.load(contractFact(contractId))).state;
      return planAttempt(id, said, { institutionId: college, mentorId: contract && mentorOf(contract, 'enterprise') });
    };
    return this.#order(key, by, { to: ['attempt', attemptId], says: command, plan }, more);
  }

  // ── apprenticeship ───────────────────────────────────────────────────────────────────────────────────────────────────────

  opening(key: string, by: Caller, openingId: string, command: OpeningCommand): Order {
    return this.#order(key, by, { to: ['opening', openingId], says: command, plan: (id) => planOpening(id, command) });
  }

  selection(key: string, by: Caller, selectionId: string, command: SelectionCommand, more: More = {}): Order {
    const plan = (id: string): object => planSelection(id, command, this.#context);
    return this.#order(key, by, { to: ['selection', selectionId], says: command, plan }, more);
  }

  placement(key: string, by: Caller, placementId: string, command: PlacementCommand): Order {
    return this.#order(key, by, { to: ['placement', placementId], says: command, plan: (id) => planPlacement(id, command) });
  }

  contract(key: string, by: Caller, contractId: string, command: ContractCommand, more: More = {}, mints?: 'requestId'): Order {
    const plan: Letter['plan'] = (id, _desk, attempt) =>
      planContract(id, mints ? ({ ...command, [mints]: mintedId(attempt, mints) } as ContractCommand) : command, this.#context);
    return this.#order(key, by, { to: ['contract', contractId], says: command, plan }, more);
  }

  /** A command whose terms are worded by a client: what follows from the words and from her age is added by the server. */
  worded(
    key: string,
    by: Caller,
    contractId: string,
    says: { readonly type: string; readonly terms: WordedTerms; readonly learnerId: string; readonly minorOn: string },
    command: (terms: ContractTerms, guardianNeeded: boolean, attempt: string) => ContractCommand,
  ): Order {
    const plan: Letter['plan'] = async (id, desk, attempt) => {
      const terms = await termsSaid(desk, says.terms, attempt, contractId);
      const birthDate = await birthDateOf(desk, says.learnerId);
      return planContract(id, command(terms, isMinorOn(birthDate, says.minorOn, 18), attempt), this.#context);
    };
    return this.#order(key, by, { to: ['contract', contractId], says, plan });
  }

  // ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  teacher(key: string, by: Caller, teacherId: string, command: FacultyCommand): Order {
    const plan = (id: string): object => planFaculty(id, command, this.#context.claims);
    return this.#order(key, by, { to: ['teacher', teacherId], says: command, plan });
  }

  enrollment(key: string, by: Caller, enrollmentId: string, command: EnrollmentCommand): Order {
    const plan = (id: string): object => planEnrollment(id, command, this.#context);
    return this.#order(key, by, { to: ['enrollment', enrollmentId], says: command, plan });
  }
}

/** What was worded, in the contract's salt: a new one where it has none. */
async function termsSaid(
  { transactor, codec, hmac }: Desk,
  words: WordedTerms,
  attempt: string,
  id: string,
): Promise<ContractTerms> {
  const before = id === '' ? null : (await transactor.load(contractFact(id))).state.terms;
  const texts = codec.reveal(before?.texts ?? null);
  return termsFrom(words, isOpen(texts) ? texts.salt : hmac('contract-salt', attempt));
}

async function birthDateOf({ transactor, codec }: Desk, learnerId: string): Promise<string | null> {
  const { state } = await transactor.load(learnerFact(learnerId));
  const identity = identityNow(codec.reveal(state.identity));
  return isOpen(identity) ? (identity.birthDate ?? null) : null;
}

/** Terms over these days; the words of the last section differ by version. */
export const wordsOf = (days: { readonly from: string; readonly to: string }, version: number): WordedTerms => ({
  from: days.from,
  to: days.to,
  post: { zh: '电商运营', en: 'E-commerce operations' },
  plan: { programId, version: null, courseIds: [courses[0]!.courseId] },
  sections: sections.map((code, i) => ({ code, text: `the words of ${code}${i > 0 && version > 0 ? `, ${version}` : ''}` })),
});
