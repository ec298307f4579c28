import { mintedId } from '../../../libs/kernel/ids.ts';
import type { EnrollmentCommand } from '../../../libs/contexts/enrollment/enrollment.ts';
import type { FacultyCommand } from '../../../libs/contexts/faculty/faculty.ts';
import type { RequestBook } from '../books/approvals.ts';
import type { Books } from '../books/books.ts';
import { idOf } from '../books/log.ts';
import { isOpenContract } from '../books/training-tables.ts';
import { at, type Caller, type Intent, type Office, type Order } from '../orders.ts';
import { Assessing } from './assessing.ts';
import { apprentices, classTeachers, enterprise, enterprises, programId, registrars, teachers } from './cast.ts';
import { Contracting } from './contracting.ts';
import { TrainingOrders } from './orders.ts';

const [zhang] = registrars as [Caller, Caller, Caller];

/** Desks at which a college, two enterprises and three apprentices work at the same time; who speaks goes with what is said. */
export class TrainingOffice implements Office {
  readonly clients = ['desk 1', 'desk 2', 'desk 3', 'desk 4'];
  readonly #books: Books;
  readonly #orders: TrainingOrders;
  readonly #assessing: Assessing;
  readonly #contracting: Contracting;

  constructor(books: Books, hmac: (domain: string, text: string) => string, now: () => number) {
    this.#books = books;
    this.#orders = new TrainingOrders(books, hmac);
    this.#assessing = new Assessing(books, this.#orders);
    this.#contracting = new Contracting(books, this.#orders, now);
  }

  days([, kind, a, b, c]: Intent): number {
    if (kind % 12 === 3) return c % 5 === 1 ? 2 : 0;
    return kind % 12 === 0 && b % 2 === 0 ? 1 + (a % 3) : 0;
  }

  orders(key: string, [, kind, a, b, c]: Intent): readonly Order[] {
    const attempts = this.#books.attempts.all();
    // People meet more often over what is new.
    const attempt = attempts.length > 0 ? at(attempts.slice(-3), a) : null;
    const contracts = this.#books.contracts.all();
    const running = contracts.filter(({ status }) => isOpenContract(status.now) || c % 4 === 0);
    const contract = running.length > 0 ? at(running.slice(-3), a) : null;
    const open = (): readonly Order[] => this.#assessing.open(key, a, b, c);
    switch (kind % 12) {
      case 0:
        return [];
      case 1:
        return open();
      case 2:
      case 3:
        return attempt ? this.#assessing.advance(key, attempt, b, c) : open();
      case 4:
        return this.#settle(key, a, b, c) ?? (attempt ? this.#assessing.advance(key, attempt, b, c) : open());
      case 5:
      case 6:
        return this.#contracting.select(key, a, b, c);
      case 7:
      case 8:
        return contract ? this.#contracting.advance(key, contract, b, c) : this.#contracting.select(key, a, b, c);
      case 9:
        return this.#people(key, a, b, c);
      case 10: {
        // A correction while something else is said, two grants, two contracts: at the same moment.
        const one = this.#settle(key, a, b, c) ?? this.#contracting.select(key, a, b, c);
        const two = attempt && c % 2 === 0 ? this.#assessing.advance(`${key}q`, attempt, c, b) : null;
        return [...one, ...(two ?? this.#settle(`${key}y`, a, b + 1, c + 1) ?? this.#contracting.select(`${key}z`, a, b + 1, c))];
      }
      default:
        return this.#else(key, a, b, c);
    }
  }

  /** Answers what waits for a second person; now and then it is the first person who answers. */
  #settle(key: string, a: number, b: number, c: number): readonly Order[] | null {
    const waiting = [...this.#books.approvals.requests.values()].filter(
      (r) => r.outcome.now === 'pending' || (b % 6 === 5 && r.outcome.now !== 'none'),
    );
    const request = waiting.length > 0 ? at(waiting.slice(-2), a) : null;
    if (!request) return null;
    const others = registrars.filter(({ personId }) => personId !== request.by);
    const by = c % 9 === 8 ? registrars.find(({ personId }) => personId === request.by)! : at(others, c);
    return [
      this.#answer(key, by, request, b % 7 === 6),
      ...(c % 4 === 0 ? [this.#answer(`${key}w`, at(others, c + 1), request, false)] : []),
    ];
  }

  #answer(key: string, by: Caller, { stream, requestId, digest, act }: RequestBook, refuses: boolean): Order {
    const type = refuses ? 'RefuseApproval' : 'GrantApproval';
    const settle = refuses
      ? ({ type: 'RefuseApproval', requestId } as const)
      : ({ type: 'GrantApproval', requestId, digest } as const);
    const id = idOf(stream);
    const order = stream.startsWith('attempt-')
      ? this.#orders.attempt(key, by, id, settle)
      : stream.startsWith('contract-')
        ? this.#orders.contract(key, by, id, settle)
        : this.#orders.enrollment(key, by, id, settle);
    return { ...order, what: `${type} of ${act}` };
  }

  /** Teachers who come and go, and students who lose their status, whatever rests on them. */
  #people(key: string, a: number, b: number, c: number): readonly Order[] {
    if (b % 3 === 0) return this.#student(key, a, c);
    // Those whom something rests on come and go like all others.
    const mentors = this.#books.contracts
      .all()
      .flatMap(({ mentors: { now } }) => Object.values(now).map((id) => ({ teacherId: id! })));
    const { teacherId } = at(b % 2 === 0 && mentors.length > 0 ? mentors : teachers, a);
    const status = this.#books.faculty.get(teacherId)!.status.now;
    const moves: Readonly<Record<string, readonly FacultyCommand[]>> = {
      active: [
        { type: 'SuspendTeacher', ground: 'conduct' },
        { type: 'RaiseEarlyWarning', ground: 'appraisal' },
        { type: 'WithdrawTeacher', ground: 'left' },
      ],
      warned: [
        { type: 'PlanImprovement', until: '2027-01-31' },
        { type: 'SuspendTeacher', ground: 'conduct' },
      ],
      improving: [
        { type: 'ReinstateTeacher', ground: 'improved' },
        { type: 'SuspendTeacher', ground: 'conduct' },
      ],
      suspended: [
        { type: 'ReinstateTeacher', ground: 'cleared' },
        { type: 'WithdrawTeacher', ground: 'left' },
      ],
      withdrawn: [{ type: 'ReinstateTeacher', ground: 'back' }],
    };
    // Two records want the same account at the same moment.
    if (c % 5 === 4) {
      const account = at([...classTeachers, 'sub-new', 'sub-newer'], b);
      const other = at(teachers, a + 1 + (c % 3)).teacherId;
      const link = { type: 'LinkTeacherAccount', personId: account } as const;
      return [
        this.#orders.teacher(key, zhang, teacherId, link),
        ...(c % 2 === 0 ? [this.#orders.teacher(`${key}x`, zhang, other, link)] : []),
      ];
    }
    const qualified: readonly FacultyCommand[] = [
      { type: 'GrantDualQualification', certificate: `C${a % 2}`, evidence: ['file 1'] },
      {
        type: 'RecordEnterprisePractice',
        organizationId: enterprises[0]!.organizationId,
        from: '2026-07-01',
        to: '2026-07-31',
        days: 20,
      },
    ];
    return [this.#orders.teacher(key, zhang, teacherId, c % 6 === 5 ? at(qualified, b) : at(moves[status]!, c))];
  }

  #student(key: string, a: number, c: number): readonly Order[] {
    const { enrollmentId } = at(apprentices, a);
    const status = this.#books.enrollments.get(enrollmentId)!.status.now;
    const moves: Readonly<Record<string, readonly EnrollmentCommand[]>> = {
      registered: [
        { type: 'SuspendStudy', ground: 'illness', until: '2027-09-01', appliedOn: null },
        { type: 'WithdrawStudent', ground: 'own-application' },
      ],
      suspended: [{ type: 'ResumeStudy', appliedOn: '2026-09-02', reviewPassed: true, classId: null }],
      withdrawn: [{ type: 'RequestWithdrawalReversal', requestId: mintedId(key, 'request'), evidence: ['file 2'] }],
    };
    const known = moves[status];
    return known ? [this.#orders.enrollment(key, zhang, enrollmentId, at(known, c))] : [];
  }

  /** Results and contracts of before, openings, and batches that follow each other. */
  #else(key: string, a: number, b: number, c: number): readonly Order[] {
    const { organizationId } = at(enterprises, b);
    switch (c % 5) {
      case 0:
      case 1:
        return this.#assessing.import(key, a, b, c);
      case 2:
        return this.#importContract(key, a, b);
      case 3:
        return [this.#contracting.publish(key, organizationId, programId, b)];
      default:
        return this.#batch(key, organizationId, b);
    }
  }

  /** Over days that may be taken already. */
  #importContract(key: string, a: number, b: number): readonly Order[] {
    const { learnerId, enrollmentId } = at(apprentices, a);
    const { organizationId } = at(enterprises, b);
    const live = b % 3 !== 0;
    const busy = this.#books.contracts.all().some((one) => one.learnerId === learnerId && isOpenContract(one.status.now));
    const contract = {
      learnerId,
      enrollmentId,
      organizationId,
      from: '2026-03-01',
      to: busy ? '2026-09-30' : '2026-10-15',
      agreementNumber: `AN${a % 3}`,
      status: live ? ('live' as const) : ('terminated' as const),
      post: { zh: '旧岗位', en: 'Old post' },
      signedOn: '2026-02-20',
      schoolMentorId: null,
      enterpriseMentorId: null,
      guardian: null,
      insurancePolicy: null,
      endedOn: live ? null : '2026-07-01',
      endGround: live ? null : 'left',
      source: { run: 'sheet', row: a, fileDigest: 'digest', rowDigest: `row ${a}` },
    };
    return [this.#orders.contract(key, zhang, `imported${a % 3}${b % 2}`, { type: 'ImportContract', contract })];
  }

  #batch(key: string, organizationId: string, b: number): readonly Order[] {
    const hr = enterprise(organizationId);
    const batches = [...this.#books.selections.placements.values()];
    const last = batches.at(-1)!;
    const before = batches.find(({ id }) => id === last.follows);
    if (b % 4 === 0) {
      const batch = {
        organizationId: enterprises[0]!.organizationId,
        project: { zh: '双十一', en: 'Singles’ Day' },
        members: apprentices.map(({ enrollmentId }) => enrollmentId),
        follows: last.id,
        until: '2026-12-01',
      };
      return [this.#orders.placement(key, hr, '', { type: 'StartBatch', batch })];
    }
    if (!before || b % 4 === 1) return [this.#orders.placement(key, hr, last.id, { type: 'EndBatch' })];
    // Given and acknowledged by both, at the same moment.
    return [
      this.#orders.placement(key, hr, before.id, { type: 'GiveHandover', placementId: before.id, to: last.id }),
      this.#orders.placement(`${key}x`, hr, before.id, { type: 'AcknowledgeHandover', placementId: before.id, other: last.id }),
      this.#orders.placement(`${key}y`, hr, last.id, { type: 'AcknowledgeHandover', placementId: last.id, other: before.id }),
    ];
  }
}
