import { learnerSource } from '../../../libs/contexts/enrollment/gates.ts';
import type { EnrollmentCommand } from '../../../libs/contexts/enrollment/enrollment.ts';
import type { LearnerCommand } from '../../../libs/contexts/enrollment/learner.ts';
import { planLearner } from '../../../libs/contexts/enrollment/plans.ts';
import { isOpen } from '../../../libs/kernel/personal.ts';
import { instant } from '../../../libs/kernel/time.ts';
import type { Books } from '../books/books.ts';
import type { EnrollmentBook } from '../books/enrollments.ts';
import type { LearnerBook } from '../books/learners.ts';
import { at, type Caller, type Intent, type Office, type Order } from '../orders.ts';
import { StudentOrders, classIds, clerks, identityOf, numberOf, programIds } from './orders.ts';

/** Registrars of two institutions, over the same people and numbers. */
export class EnrollmentOffice implements Office {
  readonly clients = clerks.map(({ personId }) => personId);
  readonly #books: Books;
  readonly #now: () => number;
  readonly #orders: StudentOrders;

  constructor(books: Books, hmac: (domain: string, text: string) => string, now: () => number) {
    this.#books = books;
    this.#now = now;
    this.#orders = new StudentOrders(books, hmac);
  }

  /** The orders of one intent: usually one, several where they are sent at the same moment. */
  orders(key: string, intent: Intent): readonly Order[] {
    const [who, kind, a, b, c] = intent;
    const by = at(clerks, who);
    const learners = this.#books.learners.all().filter((l) => l.institutionId === by.institutionId && l.known.now);
    const enrollments = this.#books.enrollments.all().filter((e) => e.institutionId === by.institutionId);
    const somebody = learners.length > 0 ? at(learners, a) : null;
    // Registrars meet more often over what is new.
    const enrollment = enrollments.length > 0 ? at(enrollments.slice(-4), a) : null;
    const enroll = (): readonly Order[] => [this.#orders.enrollNew(key, by, a, b, c)];
    switch (kind % 12) {
      case 0:
        return [];
      case 1:
        return enroll();
      case 2:
        return c % 4 === 0 ? [this.#orders.identify(key, by, a)] : enroll();
      case 3:
        return somebody ? [this.#admit(key, by, somebody, b, c)] : enroll();
      case 4:
      case 5:
      case 6:
        return enrollment ? this.#move(key, by, enrollment, b, c) : enroll();
      case 7:
        return this.#settle(key, by, a, b) ?? (enrollment ? this.#move(key, by, enrollment, b, c) : enroll());
      case 8:
        return somebody ? this.#aboutLearner(key, by, somebody, b, c) : enroll();
      case 9:
        return [this.#orders.importOne(key, by, somebody, a, b, c)];
      case 10: {
        // Several at once, each under a key of its own: same number, same graduation, same gate.
        const one = enrollment && c % 3 !== 0 ? this.#move(key, by, enrollment, b, c) : enroll();
        const two =
          enrollment && c % 3 !== 0
            ? this.#move(`${key}x`, by, enrollment, c % 5 === 0 ? b : c, b)
            : [this.#orders.enrollNew(`${key}x`, by, a, b, c + 1)];
        return [...one, ...two];
      }
      default:
        return somebody
          ? Array.from({ length: 3 + (b % 9) }, (_, i) => this.#orders.changeContact(`${key}s${i}`, by, somebody, i))
          : enroll();
    }
  }

  #admit(key: string, by: Caller, learner: LearnerBook, b: number, c: number): Order {
    const number = b % 2 === 0 ? null : numberOf(b % 5);
    return number !== null && c % 3 === 0
      ? this.#orders.transferIn(key, by, learner.id, number, c)
      : this.#orders.open(key, by, learner.id, { what: 'AdmitLearner', number, c });
  }

  /** What one would do with an enrollment in this state, and now and then what one would not. */
  #move(key: string, by: Caller, enrollment: EnrollmentBook, b: number, c: number): readonly Order[] {
    const status = enrollment.status.now;
    const moves: Readonly<Record<string, readonly string[]>> = {
      admitted: ['register', 'register', 'register', 'annul', 'retain-place', 'decline', 'withdraw'],
      'place-retained': ['register', 'register', 'annul', 'death'],
      registered: [
        'suspend',
        'withdraw',
        'graduate',
        'graduate',
        'complete',
        'major',
        'class',
        'number',
        'number',
        'year',
        'recheck',
        'retain-status',
        'expel',
        'revoke',
        'transfer',
        'incomplete',
        'level',
      ],
      suspended: ['resume', 'resume', 'withdraw', 'death', 'graduate', 'number'],
      withdrawn: ['revert', 'revert', 'revert', 'open-again', 'lock', 'graduate', 'revoke'],
      completed: ['graduate', 'graduate', 'open-again', 'number'],
      graduated: ['lock', 'revoke', 'graduate', 'number', 'open-again'],
    };
    const move =
      c % 11 === 10
        ? at(['register', 'graduate', 'withdraw', 'resume', 'annul'], b)
        : at(moves[status] ?? ['open-again', 'register', 'lock'], b);
    const requestId = `${key}q`;
    const evidence = ['file 7'];
    const say = (command: EnrollmentCommand, more: Partial<Order> = {}): Order =>
      this.#orders.aboutEnrollment(key, by, enrollment, command, more, c % 7 === 3);
    const fallback = { revision: '0' };
    switch (move) {
      case 'register':
        return [
          say(
            {
              type: 'RegisterStudent',
              studentNumber: numberOf(c % 5),
              classId: c % 3 === 0 ? at(classIds(by.institutionId), c) : null,
            },
            { subject: { number: numberOf(c % 5) } },
          ),
        ];
      case 'annul':
        return [say({ type: 'RequestAdmissionAnnulment', requestId, evidence })];
      case 'retain-place':
        return [say({ type: 'RetainPlace', until: '2027-09-01' })];
      case 'decline':
        return [say({ type: 'DeclinePlace' })];
      case 'suspend':
        return [
          say(
            { type: 'SuspendStudy', ground: 'illness', until: '2027-09-01', appliedOn: null },
            c % 4 === 0 ? { effectiveAt: instant(this.#now() - 3_600_000) } : {},
          ),
        ];
      case 'retain-status':
        return [say({ type: 'RetainStatus', ground: 'military-service', until: '2028-09-01' })];
      case 'resume':
        return [
          say({
            type: 'ResumeStudy',
            appliedOn: '2026-09-02',
            reviewPassed: c % 5 !== 0,
            classId: c % 2 === 0 ? null : classIds(by.institutionId)[1]!,
          }),
        ];
      case 'withdraw':
        return [say({ type: 'WithdrawStudent', ground: 'own-application' })];
      case 'graduate':
        return [
          say({ type: 'GraduateStudent', creditsAttested: true }),
          ...(c % 3 === 0 ? [this.#orders.hold(`${key}h`, by, enrollment.learnerId, c)] : []),
          ...(c % 4 === 0
            ? [this.#orders.aboutEnrollment(`${key}g`, by, enrollment, { type: 'GraduateStudent', creditsAttested: true })]
            : []),
        ];
      case 'complete':
        return [say({ type: 'CompleteStudy' })];
      case 'incomplete':
        return [say({ type: 'LeaveIncomplete' })];
      case 'expel':
        return [say({ type: 'ExpelStudent', decisionNumber: '2026-14' })];
      case 'death':
        return [say({ type: 'RecordDeath' })];
      case 'major':
        return [
          say({
            type: 'ChangeMajor',
            programId: at(programIds(by.institutionId), c),
            classId: c % 3 === 0 ? at(classIds(by.institutionId), c) : null,
          }),
        ];
      case 'class':
        return [say({ type: 'ChangeClass', classId: at(classIds(by.institutionId), c) })];
      case 'year':
        return [say({ type: 'RecordAnnualRegistration', academicYear: '2026-2027' })];
      case 'recheck':
        return [say({ type: 'PassAdmissionRecheck' })];
      case 'transfer':
        return [
          say({
            type: 'TransferStudentOut',
            toSchool: 'Port College',
            ground: 'illness',
            fromLevel: null,
            toLevel: null,
            requiredScore: null,
          }),
        ];
      case 'lock':
        return [say({ type: 'LockRecord' })];
      case 'number': {
        const target = enrollment.numbers.at(-1) ?? fallback;
        return [
          say(
            {
              type: 'RequestEnrollmentCorrection',
              requestId,
              target: target.revision,
              field: 'studentNumber',
              value: numberOf(c % 5),
              evidence,
            },
            { subject: { number: numberOf(c % 5) } },
          ),
        ];
      }
      case 'level':
        return [
          say({ type: 'RequestEnrollmentCorrection', requestId, target: '0', field: 'level', value: 'bachelor', evidence }),
        ];
      case 'revert':
        return [say({ type: 'RequestWithdrawalReversal', requestId, evidence })];
      case 'revoke':
        return [say({ type: 'RequestRevocation', requestId, ground: 'fraud', evidence })];
      default:
        return [this.#orders.open(key, by, enrollment.learnerId, { what: 'AdmitLearner', number: null, c })];
    }
  }

  /** Answers what waits for a second person; now and then it is the first person who answers. */
  #settle(key: string, by: Caller, a: number, b: number): readonly Order[] | null {
    const waiting = [...this.#books.approvals.requests.values()].filter(
      (r) => r.outcome.now === 'pending' || (b % 6 === 5 && r.outcome.now !== 'none'),
    );
    const request = waiting.length > 0 ? at(waiting.slice(-3), a) : null;
    if (!request) return null;
    const type = b % 7 === 6 ? 'RefuseApproval' : 'GrantApproval';
    const id = request.stream.slice(request.stream.indexOf('-') + 1);
    const settle = { type, requestId: request.requestId, digest: request.digest } as const;
    if (request.stream.startsWith('enrollment-')) {
      const enrollment = this.#books.enrollments.get(id)!;
      const number = request.proposal['field'] === 'studentNumber' ? { number: request.proposal['new'] as string } : {};
      return [
        this.#orders.aboutEnrollment(key, by, enrollment, settle, {
          what: `${type} of ${request.act}`,
          subject: number,
        }),
      ];
    }
    const idClaim = request.proposal['idClaim'] as string | null | undefined;
    return [
      {
        key,
        by,
        about: 'learner',
        what: `${type} of ${request.act}`,
        says: { learnerId: id, ...settle },
        subject: { learnerId: id, ...(idClaim ? { idClaim } : {}) },
        plan: async (desk) => {
          if (type === 'RefuseApproval') return planLearner(id, { type, requestId: request.requestId }, by.institutionId);
          const { state } = await desk.transactor.load(learnerSource(id));
          const opened = desk.codec.reveal(state.approvals[request.requestId]?.personal ?? null);
          return planLearner(id, { ...settle, type, ...(isOpen(opened) ? { opened } : {}) }, by.institutionId);
        },
      },
    ];
  }

  #aboutLearner(key: string, by: Caller, learner: LearnerBook, b: number, c: number): readonly Order[] {
    const requestId = `${key}q`;
    const evidence = ['file 9'];
    const say = (command: LearnerCommand, idClaim?: string): readonly Order[] => [
      this.#orders.aboutLearner(key, by, learner.id, command, idClaim),
    ];
    switch (at(['hold', 'lift', 'lift', 'contact', 'identity', 'identity', 'erase', 'erase', 'annul', 'guardian'], b)) {
      case 'hold':
        return [this.#orders.hold(key, by, learner.id, c)];
      case 'lift':
        return say({ type: 'LiftHold', holdId: learner.holds.now.at(0) ?? 'none' });
      case 'contact':
        return [this.#orders.changeContact(key, by, learner, c)];
      case 'identity': {
        const next = identityOf(c % 5);
        const idClaim = this.#orders.idClaimOf(by.institutionId, next);
        return say({ type: 'RequestIdentityCorrection', requestId, old: identityOf(99), new: next, idClaim, evidence }, idClaim);
      }
      case 'erase':
        return say({
          type: 'RequestErasure',
          requestId,
          purposes: c % 3 === 0 ? ['contact'] : ['identity', 'contact'],
          legalBasis: 'art. 47',
          evidence,
        });
      case 'annul':
        return say({ type: 'AnnulLearner' });
      default:
        return say({ type: 'LinkGuardian', guardianId: `g${c % 3}`, guardian: { name: 'Guardian', relation: 'mother' } });
    }
  }
}
