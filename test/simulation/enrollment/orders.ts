import { claimsOf, type Claims } from '../../../libs/contexts/enrollment/gates.ts';
import { enrollmentStream, type EnrollmentCommand } from '../../../libs/contexts/enrollment/enrollment.ts';
import type { IdentifyLearner, LearnerCommand } from '../../../libs/contexts/enrollment/learner.ts';
import { planEnrollment, planLearner, type Opening } from '../../../libs/contexts/enrollment/plans.ts';
import type { Admission, EnrollmentStatus } from '../../../libs/events/catalog/enrollment.ts';
import { mintedId } from '../../../libs/kernel/ids.ts';
import type { Identity } from '../../../libs/kernel/personal.ts';
import type { Books } from '../books/books.ts';
import type { EnrollmentBook } from '../books/enrollments.ts';
import type { LearnerBook } from '../books/learners.ts';
import { at, registrar, type Caller, type Order } from '../orders.ts';

export const institutions = ['east', 'west'] as const;
export const clerks: readonly Caller[] = [
  registrar('zhang', 'east'),
  registrar('li', 'east'),
  registrar('wang', 'east'),
  registrar('chen', 'west'),
];
/** Every institution has both programs; the last class is a teaching class, in which nobody can be enrolled. */
export const programIds = (institutionId: string): readonly string[] => [`p1${institutionId}`, `p2${institutionId}`];
export const classIds = (institutionId: string): readonly string[] => [
  `k1${institutionId}`,
  `k2${institutionId}`,
  `k3${institutionId}`,
];

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

/** The orders that registrars send about people and their enrollments, one by one. */
export class StudentOrders {
  readonly #books: Books;
  readonly #claims: (institutionId: string) => Claims;

  constructor(books: Books, hmac: (domain: string, text: string) => string) {
    this.#books = books;
    this.#claims = (institutionId) => claimsOf(institutionId, hmac);
  }

  /** What guards an identity's number. */
  idClaimOf(institutionId: string, identity: Identity): string {
    return this.#claims(institutionId).streamOf('id-number', `${identity.idType}:${identity.idNumber}`);
  }

  /** A roster row about somebody new: one command identifies, opens the gate, admits and, with a number, registers. */
  enrollNew(key: string, by: Caller, a: number, b: number, c: number): Order {
    const identity = identityOf(a % 4);
    const { institutionId } = by;
    const claims = this.#claims(institutionId);
    const idClaim = this.idClaimOf(institutionId, identity);
    const number = b % 3 === 0 ? null : numberOf(b % 5);
    const says = { what: 'enroll', identity, number, c };
    return {
      key,
      by,
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
    };
  }

  identify(key: string, by: Caller, a: number): Order {
    const identity = identityOf(a % 4);
    const idClaim = this.idClaimOf(by.institutionId, identity);
    const command: LearnerCommand = {
      type: 'IdentifyLearner',
      identity,
      contact: { phone: '13800000000' },
      idClaim,
      source: null,
    };
    return {
      key,
      by,
      about: 'learner',
      what: command.type,
      says: command,
      subject: { idClaim },
      plan: (_desk, attempt) => planLearner(mintedId(attempt, 'learner'), command, by.institutionId),
    };
  }

  transferIn(key: string, by: Caller, learnerId: string, studentNumber: string, c: number): Order {
    const { institutionId } = by;
    const command = {
      type: 'TransferStudentIn',
      admission: { ...admissionOf(institutionId, learnerId, c), entryDate: '2025-09-01', intake: 'ordinary' },
      fromSchool: 'Port College',
      fromLevel: 'junior-college',
      ground: 'illness',
      studentNumber,
    } as const;
    return {
      key,
      by,
      about: 'enrollment',
      what: command.type,
      says: command,
      subject: { learnerId, number: studentNumber },
      plan: (_desk, attempt) =>
        planEnrollment(mintedId(attempt, 'enrollment'), command, { institutionId, claims: this.#claims(institutionId) }),
    };
  }

  open(key: string, by: Caller, learnerId: string, says: { what: string; number: string | null; c: number }): Order {
    const { institutionId } = by;
    const { number, c } = says;
    const admission = admissionOf(institutionId, learnerId, c);
    return {
      key,
      by,
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
    };
  }

  /** A student who was there before the ledger: known or not, over or not. */
  importOne(key: string, by: Caller, learner: LearnerBook | null, a: number, b: number, c: number): Order {
    const { institutionId } = by;
    const claims = this.#claims(institutionId);
    const identity = identityOf(a % 4);
    const idClaim = this.idClaimOf(institutionId, identity);
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
    return {
      key,
      by,
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
    };
  }

  aboutEnrollment(
    key: string,
    by: Caller,
    enrollment: EnrollmentBook,
    command: EnrollmentCommand,
    more: Partial<Order> = {},
    careful = false,
  ): Order {
    const { institutionId } = by;
    return {
      key,
      by,
      about: 'enrollment',
      what: command.type,
      says: { enrollmentId: enrollment.id, ...command },
      // Some clients send what they saw last, as If-Match.
      ...(careful ? { ifMatch: BigInt((this.#books.streams.get(enrollmentStream(enrollment.id)) ?? []).length - 1) } : {}),
      ...more,
      subject: { enrollmentId: enrollment.id, learnerId: enrollment.learnerId, ...more.subject },
      plan: () => planEnrollment(enrollment.id, command, { institutionId, claims: this.#claims(institutionId) }),
    };
  }

  aboutLearner(key: string, by: Caller, learnerId: string, command: LearnerCommand, idClaim?: string): Order {
    return {
      key,
      by,
      about: 'learner',
      what: command.type,
      says: { learnerId, ...command },
      subject: { learnerId, ...(idClaim === undefined ? {} : { idClaim }) },
      plan: () => planLearner(learnerId, command, by.institutionId),
    };
  }

  hold(key: string, by: Caller, learnerId: string, c: number): Order {
    return this.aboutLearner(key, by, learnerId, { type: 'PlaceHold', holdId: `h${c % 3}`, kind: 'discipline' });
  }

  changeContact(key: string, by: Caller, learner: LearnerBook, i: number): Order {
    return this.aboutLearner(key, by, learner.id, { type: 'ChangeContact', contact: { phone: `1380000000${i}` } });
  }
}
