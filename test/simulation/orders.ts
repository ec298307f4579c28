import { enrollmentSource, claimsOf, learnerSource, type Claims } from '../../libs/contexts/enrollment/gates.ts';
import { enrollmentStream, type EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import { learnerStream, type IdentifyLearner, type LearnerCommand } from '../../libs/contexts/enrollment/learner.ts';
import { planEnrollment, planLearner, type Opening } from '../../libs/contexts/enrollment/plans.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { isOpen, type Identity } from '../../libs/kernel/personal.ts';
import type { Plan } from '../../libs/kernel/plan.ts';
import { instant } from '../../libs/kernel/time.ts';
import type { Admission, EnrollmentStatus } from '../../libs/events/catalog/enrollment.ts';
import type { Codec } from '../../libs/runtime/codec.ts';
import type { Transactor } from '../../libs/runtime/transact.ts';
import type { Books, EnrollmentBook, LearnerBook } from './books.ts';

/** What a registrar set out to do: who, which kind of thing, and three numbers that choose among what is there when its turn comes. */
export type Intent = readonly [clerk: number, kind: number, a: number, b: number, c: number];

export interface Clerk {
  readonly personId: string;
  readonly institutionId: string;
}

export const institutions = ['east', 'west'] as const;
export const clerks: readonly Clerk[] = [
  { personId: 'zhang', institutionId: 'east' },
  { personId: 'li', institutionId: 'east' },
  { personId: 'wang', institutionId: 'east' },
  { personId: 'chen', institutionId: 'west' },
];
/** Every institution has both programs; the last class is a teaching class, in which nobody can be enrolled. */
export const programIds = (institutionId: string): readonly string[] => [`p1${institutionId}`, `p2${institutionId}`];
export const classIds = (institutionId: string): readonly string[] => [
  `k1${institutionId}`,
  `k2${institutionId}`,
  `k3${institutionId}`,
];

/** What a server has at hand when it turns an order into a plan. */
export interface Desk {
  readonly transactor: Transactor;
  readonly codec: Codec;
  readonly hmac: (domain: string, text: string) => string;
}

/** One command as a client sends it; a repeat is the same order under the same key. */
export interface Order {
  readonly key: string;
  readonly clerk: Clerk;
  /** The kind of stream that the command is about. */
  readonly about: 'enrollment' | 'learner';
  /** The command's name, for the story and for counting. */
  readonly what: string;
  /** Everything that the client says: the digest is taken over it. */
  readonly says: object;
  readonly effectiveAt?: string;
  readonly ifMatch?: bigint;
  readonly dryRun?: true;
  /** What its refusals can be measured by. */
  readonly subject: {
    readonly learnerId?: string;
    readonly enrollmentId?: string;
    readonly number?: string;
    readonly idClaim?: string;
  };
  readonly plan: (desk: Desk, attempt: string) => Plan | Promise<Plan>;
}

const at = <T>(list: readonly T[], index: number): T => list[index % list.length]!;

export const identityOf = (person: number): Identity => ({
  name: `Learner ${person}`,
  idType: 'passport',
  idNumber: `P${1000 + person}`,
  birthDate: '2007-05-01',
});
export const numberOf = (n: number): string => `2026${String(n).padStart(4, '0')}`;

const admissionOf = (institutionId: string, learnerId: string, c: number): Admission => ({
  learnerId,
  programId: at(programIds(institutionId), c),
  entryDate: c % 2 === 0 ? '2025-09-01' : '2026-09-01',
  intake: c % 7 === 6 ? 'special' : 'ordinary',
  level: 'junior-college',
  lengthOfStudyMonths: 36,
  studyForm: 'full-time',
  branch: null,
  department: null,
  classId: c % 3 === 1 ? classIds(institutionId)[0]! : null,
  expectedGraduation: null,
  entranceScore: null,
});

/** Turns intents into orders, seeing the ledger as a registrar would: by what has been recorded so far. */
export class Office {
  readonly #books: Books;
  readonly #now: () => number;
  readonly #claims: (institutionId: string) => Claims;
  readonly #hmac: (domain: string, text: string) => string;

  constructor(books: Books, hmac: (domain: string, text: string) => string, now: () => number) {
    this.#books = books;
    this.#hmac = hmac;
    this.#now = now;
    this.#claims = (institutionId) => claimsOf(institutionId, hmac);
  }

  /** The orders of one intent: usually one, several where they are sent at the same moment. */
  orders(key: string, intent: Intent): readonly Order[] {
    const [who, kind, a, b, c] = intent;
    const clerk = at(clerks, who);
    const learners = [...this.#books.learners.values()].filter((l) => l.institutionId === clerk.institutionId && l.known.now);
    const enrollments = [...this.#books.enrollments.values()].filter((e) => e.institutionId === clerk.institutionId);
    const somebody = learners.length > 0 ? at(learners, a) : null;
    // Registrars meet more often over what is new.
    const enrollment = enrollments.length > 0 ? at(enrollments.slice(-4), a) : null;
    const enroll = (): readonly Order[] => [this.#enrollNew(key, clerk, a, b, c)];
    switch (kind % 12) {
      case 0:
        return [];
      case 1:
        return enroll();
      case 2:
        return c % 4 === 0 ? [this.#identify(key, clerk, a)] : enroll();
      case 3:
        return somebody ? [this.#admit(key, clerk, somebody, b, c)] : enroll();
      case 4:
      case 5:
      case 6:
        return enrollment ? this.#move(key, clerk, enrollment, b, c) : enroll();
      case 7:
        return this.#settle(key, clerk, a, b) ?? (enrollment ? this.#move(key, clerk, enrollment, b, c) : enroll());
      case 8:
        return somebody ? this.#aboutLearner(key, clerk, somebody, b, c) : enroll();
      case 9:
        return [this.#import(key, clerk, somebody, a, b, c)];
      case 10: {
        // Several at once, each under a key of its own: same number, same graduation, same gate.
        const one = enrollment && c % 3 !== 0 ? this.#move(key, clerk, enrollment, b, c) : enroll();
        const two =
          enrollment && c % 3 !== 0
            ? this.#move(`${key}x`, clerk, enrollment, c % 5 === 0 ? b : c, b)
            : [this.#enrollNew(`${key}x`, clerk, a, b, c + 1)];
        return [...one, ...two];
      }
      default:
        return somebody
          ? Array.from({ length: 3 + (b % 9) }, (_, i) => this.#changeContact(`${key}s${i}`, clerk, somebody, i))
          : enroll();
    }
  }

  #order(order: Omit<Order, 'says'> & { readonly says: object }): Order {
    return order;
  }

  /** A roster row about somebody new: one command identifies, opens the gate, admits and, with a number, registers. */
  #enrollNew(key: string, clerk: Clerk, a: number, b: number, c: number): Order {
    const identity = identityOf(a % 4);
    const { institutionId } = clerk;
    const claims = this.#claims(institutionId);
    const idClaim = claims.streamOf('id-number', `${identity.idType}:${identity.idNumber}`);
    const number = b % 3 === 0 ? null : numberOf(b % 5);
    const says = { what: 'enroll', identity, number, c };
    return this.#order({
      key,
      clerk,
      about: 'enrollment',
      what: number === null ? 'AdmitLearner of somebody new' : 'AdmitLearner and register somebody new',
      says,
      subject: { idClaim, ...(number === null ? {} : { number }) },
      ...(c % 13 === 5 ? { dryRun: true as const } : {}),
      plan: (_desk, attempt) => {
        const identify: IdentifyLearner = { type: 'IdentifyLearner', identity, contact: null, idClaim, source: null };
        // By the key and not by the attempt: a later attempt must find the person whom the one before identified.
        const admission = admissionOf(institutionId, mintedId(key, 'learner'), c);
        return planEnrollment(
          mintedId(attempt, 'enrollment'),
          {
            type: 'AdmitLearner',
            admission,
            source: null,
            ...(number === null ? {} : { register: { studentNumber: number, classId: null } }),
          },
          { institutionId, claims },
          { identify },
        );
      },
    });
  }

  #identify(key: string, clerk: Clerk, a: number): Order {
    const identity = identityOf(a % 4);
    const idClaim = this.#claims(clerk.institutionId).streamOf('id-number', `${identity.idType}:${identity.idNumber}`);
    const command: LearnerCommand = {
      type: 'IdentifyLearner',
      identity,
      contact: { phone: '13800000000' },
      idClaim,
      source: null,
    };
    return this.#order({
      key,
      clerk,
      about: 'learner',
      what: command.type,
      says: command,
      subject: { idClaim },
      plan: (_desk, attempt) => planLearner(mintedId(attempt, 'learner'), command, clerk.institutionId),
    });
  }

  #admit(key: string, clerk: Clerk, learner: LearnerBook, b: number, c: number): Order {
    const number = b % 2 === 0 ? null : numberOf(b % 5);
    return number !== null && c % 3 === 0
      ? this.#transferIn(key, clerk, learner.id, number, c)
      : this.#open(key, clerk, learner.id, { what: 'AdmitLearner', number, c });
  }

  #transferIn(key: string, clerk: Clerk, learnerId: string, studentNumber: string, c: number): Order {
    const { institutionId } = clerk;
    const command = {
      type: 'TransferStudentIn',
      admission: { ...admissionOf(institutionId, learnerId, c), entryDate: '2025-09-01', intake: 'ordinary' },
      fromSchool: 'Port College',
      fromLevel: 'junior-college',
      ground: 'illness',
      studentNumber,
    } as const;
    return this.#order({
      key,
      clerk,
      about: 'enrollment',
      what: command.type,
      says: command,
      subject: { learnerId, number: studentNumber },
      plan: (_desk, attempt) =>
        planEnrollment(mintedId(attempt, 'enrollment'), command, { institutionId, claims: this.#claims(institutionId) }),
    });
  }

  #open(key: string, clerk: Clerk, learnerId: string, says: { what: string; number: string | null; c: number }): Order {
    const { institutionId } = clerk;
    const { number, c } = says;
    const admission = admissionOf(institutionId, learnerId, c);
    return this.#order({
      key,
      clerk,
      about: 'enrollment',
      what: says.what,
      says: { ...says, learnerId },
      subject: { learnerId, ...(number === null ? {} : { number }) },
      plan: (_desk, attempt) =>
        planEnrollment(
          mintedId(attempt, 'enrollment'),
          {
            type: 'AdmitLearner',
            admission,
            source: null,
            ...(number === null ? {} : { register: { studentNumber: number, classId: null } }),
          },
          { institutionId, claims: this.#claims(institutionId) },
        ),
    });
  }

  /** A student who was there before the ledger: known or not, over or not. */
  #import(key: string, clerk: Clerk, learner: LearnerBook | null, a: number, b: number, c: number): Order {
    const { institutionId } = clerk;
    const claims = this.#claims(institutionId);
    const identity = identityOf(a % 4);
    const idClaim = claims.streamOf('id-number', `${identity.idType}:${identity.idNumber}`);
    const fresh = learner === null || c % 3 === 0;
    const status: EnrollmentStatus = at(
      ['withdrawn', 'graduated', 'registered', 'completed', 'suspended', 'place-retained'] as const,
      c,
    );
    const number = status === 'place-retained' || b % 4 === 0 ? null : numberOf(b % 5);
    const over = status === 'withdrawn' || status === 'graduated' || status === 'completed';
    // Years that touch and years that overlap.
    const year = 2018 + 2 * (b % 3);
    const from = `${year}-08-31T16:00:00.000Z`;
    const to = over ? `${year + 3}-06-30T16:00:00.000Z` : null;
    const source = { run: 'sheet', row: a, fileDigest: 'digest', rowDigest: `row ${a}` };
    return this.#order({
      key,
      clerk,
      about: 'enrollment',
      what: `ImportEnrollment (${status})`,
      says: { what: 'import', identity, learnerId: fresh ? null : learner.id, status, number, year },
      subject: { ...(fresh ? { idClaim } : { learnerId: learner.id }), ...(number === null ? {} : { number }) },
      effectiveAt: to ?? `${year + 1}-06-30T16:00:00.000Z`,
      plan: (_desk, attempt) => {
        const admission = {
          ...admissionOf(institutionId, fresh ? mintedId(key, 'learner') : learner.id, c),
          entryDate: `${year}-09-01`,
        };
        const opening: Opening = {
          past: { from, to, status },
          ...(fresh ? { identify: { type: 'IdentifyLearner', identity, contact: null, idClaim, source } } : {}),
        };
        return planEnrollment(
          mintedId(attempt, 'enrollment'),
          {
            type: 'ImportEnrollment',
            admission,
            status,
            suspension: status === 'suspended' ? 'suspension' : null,
            statusDate: `${year + 1}-07-01`,
            studentNumber: number,
            source,
          },
          { institutionId, claims },
          opening,
        );
      },
    });
  }

  /** What one would do with an enrollment in this state, and now and then what one would not. */
  #move(key: string, clerk: Clerk, enrollment: EnrollmentBook, b: number, c: number): readonly Order[] {
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
    const by = (command: EnrollmentCommand, more: Partial<Order> = {}): Order =>
      this.#enrollmentOrder(key, clerk, enrollment, command, more, c % 7 === 3);
    const fallback = { revision: '0' };
    switch (move) {
      case 'register':
        return [
          by(
            {
              type: 'RegisterStudent',
              studentNumber: numberOf(c % 5),
              classId: c % 3 === 0 ? at(classIds(clerk.institutionId), c) : null,
            },
            { subject: { number: numberOf(c % 5) } },
          ),
        ];
      case 'annul':
        return [by({ type: 'RequestAdmissionAnnulment', requestId, evidence })];
      case 'retain-place':
        return [by({ type: 'RetainPlace', until: '2027-09-01' })];
      case 'decline':
        return [by({ type: 'DeclinePlace' })];
      case 'suspend':
        return [
          by(
            { type: 'SuspendStudy', ground: 'illness', until: '2027-09-01', appliedOn: null },
            c % 4 === 0 ? { effectiveAt: instant(this.#now() - 3_600_000) } : {},
          ),
        ];
      case 'retain-status':
        return [by({ type: 'RetainStatus', ground: 'military-service', until: '2028-09-01' })];
      case 'resume':
        return [
          by({
            type: 'ResumeStudy',
            appliedOn: '2026-09-02',
            reviewPassed: c % 5 !== 0,
            classId: c % 2 === 0 ? null : classIds(clerk.institutionId)[1]!,
          }),
        ];
      case 'withdraw':
        return [by({ type: 'WithdrawStudent', ground: 'own-application' })];
      case 'graduate':
        return [
          by({ type: 'GraduateStudent', creditsAttested: true }),
          ...(c % 3 === 0 ? [this.#hold(`${key}h`, clerk, enrollment.learnerId, c)] : []),
          ...(c % 4 === 0
            ? [this.#enrollmentOrder(`${key}g`, clerk, enrollment, { type: 'GraduateStudent', creditsAttested: true })]
            : []),
        ];
      case 'complete':
        return [by({ type: 'CompleteStudy' })];
      case 'incomplete':
        return [by({ type: 'LeaveIncomplete' })];
      case 'expel':
        return [by({ type: 'ExpelStudent', decisionNumber: '2026-14' })];
      case 'death':
        return [by({ type: 'RecordDeath' })];
      case 'major':
        return [
          by({
            type: 'ChangeMajor',
            programId: at(programIds(clerk.institutionId), c),
            classId: c % 3 === 0 ? at(classIds(clerk.institutionId), c) : null,
          }),
        ];
      case 'class':
        return [by({ type: 'ChangeClass', classId: at(classIds(clerk.institutionId), c) })];
      case 'year':
        return [by({ type: 'RecordAnnualRegistration', academicYear: '2026-2027' })];
      case 'recheck':
        return [by({ type: 'PassAdmissionRecheck' })];
      case 'transfer':
        return [
          by({
            type: 'TransferStudentOut',
            toSchool: 'Port College',
            ground: 'illness',
            fromLevel: null,
            toLevel: null,
            requiredScore: null,
          }),
        ];
      case 'lock':
        return [by({ type: 'LockRecord' })];
      case 'number': {
        const target = enrollment.numbers.at(-1) ?? fallback;
        return [
          by(
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
        return [by({ type: 'RequestEnrollmentCorrection', requestId, target: '0', field: 'level', value: 'bachelor', evidence })];
      case 'revert':
        return [by({ type: 'RequestWithdrawalReversal', requestId, evidence })];
      case 'revoke':
        return [by({ type: 'RequestRevocation', requestId, ground: 'fraud', evidence })];
      default:
        return [this.#open(key, clerk, enrollment.learnerId, { what: 'AdmitLearner', number: null, c })];
    }
  }

  #enrollmentOrder(
    key: string,
    clerk: Clerk,
    enrollment: EnrollmentBook,
    command: EnrollmentCommand,
    more: Partial<Order> = {},
    careful = false,
  ): Order {
    const { institutionId } = clerk;
    return this.#order({
      key,
      clerk,
      about: 'enrollment',
      what: command.type,
      says: { enrollmentId: enrollment.id, ...command },
      // Some clients send what they saw last, as If-Match.
      ...(careful ? { ifMatch: BigInt((this.#books.streams.get(enrollmentStream(enrollment.id)) ?? []).length - 1) } : {}),
      ...more,
      subject: { enrollmentId: enrollment.id, learnerId: enrollment.learnerId, ...more.subject },
      plan: () => planEnrollment(enrollment.id, command, { institutionId, claims: this.#claims(institutionId) }),
    });
  }

  /** Answers what waits for a second person; now and then it is the first person who answers. */
  #settle(key: string, clerk: Clerk, a: number, b: number): readonly Order[] | null {
    const waiting = [...this.#books.requests.values()].filter(
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
        this.#enrollmentOrder(key, clerk, enrollment, settle, {
          what: `${type} of ${request.act}`,
          subject: number,
        }),
      ];
    }
    const idClaim = request.proposal['idClaim'] as string | null | undefined;
    return [
      this.#order({
        key,
        clerk,
        about: 'learner',
        what: `${type} of ${request.act}`,
        says: { learnerId: id, ...settle },
        subject: { learnerId: id, ...(idClaim ? { idClaim } : {}) },
        plan: async (desk) => {
          if (type === 'RefuseApproval') return planLearner(id, { type, requestId: request.requestId }, clerk.institutionId);
          const { state } = await desk.transactor.load(learnerSource(id));
          const opened = desk.codec.reveal(state.approvals[request.requestId]?.personal ?? null);
          return planLearner(id, { ...settle, type, ...(isOpen(opened) ? { opened } : {}) }, clerk.institutionId);
        },
      }),
    ];
  }

  #aboutLearner(key: string, clerk: Clerk, learner: LearnerBook, b: number, c: number): readonly Order[] {
    const requestId = `${key}q`;
    const evidence = ['file 9'];
    const by = (command: LearnerCommand, idClaim?: string): readonly Order[] => [
      this.#learnerOrder(key, clerk, learner.id, command, idClaim),
    ];
    switch (at(['hold', 'lift', 'lift', 'contact', 'identity', 'identity', 'erase', 'erase', 'annul', 'guardian'], b)) {
      case 'hold':
        return [this.#hold(key, clerk, learner.id, c)];
      case 'lift':
        return by({ type: 'LiftHold', holdId: learner.holds.now.at(0) ?? 'none' });
      case 'contact':
        return [this.#changeContact(key, clerk, learner, c)];
      case 'identity': {
        const claims = this.#claims(clerk.institutionId);
        const next = identityOf(c % 5);
        const idClaim = claims.streamOf('id-number', `${next.idType}:${next.idNumber}`);
        return by({ type: 'RequestIdentityCorrection', requestId, old: identityOf(99), new: next, idClaim, evidence }, idClaim);
      }
      case 'erase':
        return by({
          type: 'RequestErasure',
          requestId,
          purposes: c % 3 === 0 ? ['contact'] : ['identity', 'contact'],
          legalBasis: 'art. 47',
          evidence,
        });
      case 'annul':
        return by({ type: 'AnnulLearner' });
      default:
        return by({ type: 'LinkGuardian', guardianId: `g${c % 3}`, guardian: { name: 'Guardian', relation: 'mother' } });
    }
  }

  #learnerOrder(key: string, clerk: Clerk, learnerId: string, command: LearnerCommand, idClaim?: string): Order {
    return this.#order({
      key,
      clerk,
      about: 'learner',
      what: command.type,
      says: { learnerId, ...command },
      subject: { learnerId, ...(idClaim === undefined ? {} : { idClaim }) },
      plan: () => planLearner(learnerId, command, clerk.institutionId),
    });
  }

  #hold(key: string, clerk: Clerk, learnerId: string, c: number): Order {
    return this.#learnerOrder(key, clerk, learnerId, { type: 'PlaceHold', holdId: `h${c % 3}`, kind: 'discipline' });
  }

  #changeContact(key: string, clerk: Clerk, learner: LearnerBook, i: number): Order {
    return this.#learnerOrder(key, clerk, learner.id, { type: 'ChangeContact', contact: { phone: `1380000000${i}` } });
  }

  digestOf(order: Order): string {
    return this.#hmac('command', JSON.stringify(order.says));
  }
}

export const ownStreamOf = (order: Order): string | null => {
  const { enrollmentId, learnerId } = order.subject;
  if (order.about === 'enrollment') return enrollmentId === undefined ? null : enrollmentStream(enrollmentId);
  return learnerId === undefined ? null : learnerStream(learnerId);
};

export const sourceOf = { enrollment: enrollmentSource, learner: learnerSource };
