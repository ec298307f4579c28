import { hash } from 'node:crypto';
import { Amendments, type AmendmentBook } from './amendments.ts';
import { dayOf } from './attempts.ts';
import type { Books } from './books.ts';
import { Timeline, Violation, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import type { Span } from './selections.ts';
import { contractTable, isOpenContract, serves } from './training-tables.ts';

export interface TermsBook extends Span {
  readonly post: object;
  readonly plan: object | null;
  readonly sections: readonly { readonly code: string; readonly digest: string }[];
  readonly termsDigest: string;
}

export interface ContractBook {
  readonly id: string;
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly organizationId: string;
  readonly selectionId: string | null;
  /** Over before the ledger knew of it: its days were never asked for. */
  readonly overBefore: boolean;
  readonly status: Timeline<string>;
  before: string;
  terms: TermsBook;
  guardianNeeded: boolean;
  /** Digests by party and section. */
  readonly confirmed: Map<string, string>;
  /** Digest that each party signed since the terms were revised last. */
  signatures: ReadonlyMap<string, string>;
  readonly insurances: Span[];
  /** Teacher ids by side. */
  readonly mentors: Timeline<Readonly<Partial<Record<string, string>>>>;
  readonly gateway: Timeline<readonly string[]>;
  readonly amendments: Map<string, AmendmentBook>;
  /** Mentors who confirmed, by week. */
  readonly logs: Map<string, Set<string>>;
  startedOn: string | null;
  endedOn: string | null;
}

export const partiesOf = ({ guardianNeeded }: { readonly guardianNeeded: boolean }): readonly string[] => [
  'school',
  'enterprise',
  'apprentice',
  ...(guardianNeeded ? ['guardian'] : []),
];

const inOrder = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
};

/** What is signed: everything that is public of the terms, its keys in order. */
export const digestOfTerms = ({ from, to, post, plan, sections }: TermsBook): string =>
  hash('sha256', JSON.stringify(inOrder({ from, to, post, plan, sections })), 'hex');

/** Three-party agreements: signed by every party on the same terms, begun and ended as they may, on days that are held. */
export class Contracts implements Chapter {
  readonly reads = ['contract'];
  readonly #books: Books;
  readonly #amendments = new Amendments();
  readonly #known = new Map<string, ContractBook>();
  /** Changed in the append that is being read. */
  readonly #touched = new Map<ContractBook, Fail>();

  constructor(books: Books) {
    this.#books = books;
  }

  get(contractId: string): ContractBook | undefined {
    return this.#known.get(contractId);
  }

  all(): readonly ContractBook[] {
    return [...this.#known.values()];
  }

  /** A contract uses its offer for good, whatever becomes of it. */
  holds(owner: string, gate: string): boolean {
    const selection = this.#books.selections.get(this.get(idOf(owner))?.selectionId ?? '');
    return selection !== undefined && this.#books.selections.claimOf(selection) === gate;
  }

  take(event: LogEvent, fail: Fail): void {
    if (event.type === 'CommandAbandoned') return;
    const id = idOf(event.stream);
    const step = contractTable[event.type];
    if (!step) return fail('legal-path', 'no such event in the table');
    const known = this.get(id);
    const status = known?.status.now ?? 'none';
    if (!step.from.includes(status)) fail('legal-path', `not from ${status}`);
    const contract = known ?? this.#begin(id, event, fail);
    if (event.type === 'ContractTerminated') contract.before = status;
    const to = step.to === 'stated' ? (event.data['status'] as string) : step.to === 'before' ? contract.before : step.to;
    if (to !== 'same') contract.status.set(event.position, to);
    this.#said(contract, event, fail);
    if (isOpenContract(contract.status.now) && !this.#books.days.covers(contract.learnerId, event.stream, contract.terms))
      fail('gate-first', `${contract.status.now} without her days from ${contract.terms.from} to ${contract.terms.to}`);
    this.#touched.set(contract, fail);
  }

  /** The last signature concludes, and the last consent approves, in the same append. */
  whole(): void {
    for (const [contract, fail] of this.#touched) {
      const { status, terms, signatures } = contract;
      if (status.now === 'draft' && partiesOf(contract).every((party) => signatures.get(party) === terms.termsDigest))
        fail('signatures', 'every party has signed, and it is not concluded');
      this.#amendments.whole(contract, fail);
    }
    this.#touched.clear();
  }

  // ── how it begins ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(id: string, event: LogEvent, fail: Fail): ContractBook {
    const { data } = event;
    const imported = event.type === 'ContractImported';
    const selectionId = (data['selectionId'] as string | undefined) ?? null;
    const mentors = imported ? { school: data['schoolMentorId'], enterprise: data['enterpriseMentorId'] } : {};
    const contract: ContractBook = {
      id,
      learnerId: data['learnerId'] as string,
      enrollmentId: data['enrollmentId'] as string,
      organizationId: data['organizationId'] as string,
      selectionId,
      overBefore: imported && data['status'] !== 'live',
      status: new Timeline('none'),
      before: 'none',
      terms: data as unknown as TermsBook,
      guardianNeeded: data['guardianNeeded'] === true,
      confirmed: new Map(),
      signatures: new Map(),
      insurances: [],
      mentors: new Timeline<Readonly<Partial<Record<string, string>>>>(
        Object.fromEntries(Object.entries(mentors).filter(([, teacherId]) => teacherId !== null)) as Record<string, string>,
      ),
      gateway: new Timeline<readonly string[]>([]),
      amendments: new Map(),
      logs: new Map(),
      startedOn: imported ? (data['from'] as string) : null,
      endedOn: imported ? (data['endedOn'] as string | null) : null,
    };
    const twin = this.all().find((other) => selectionId !== null && other.selectionId === selectionId);
    if (twin) fail('one-owner', `${twin.id} rests on the same offer`);
    this.#known.set(id, contract);
    if (event.type === 'ContractDrafted') this.#drafted(contract, event, fail);
    return contract;
  }

  #drafted(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const selection = this.#books.selections.get(contract.selectionId ?? '');
    if (!selection) return fail('legal-path', 'drafted without an offer');
    const at = this.#books.seen(event, `selection-${selection.id}`, fail);
    if (selection.status.at(at) !== 'accepted' || selection.status.now !== 'accepted')
      fail('legal-path', 'drafted on an offer that is not accepted');
    if (selection.learnerId !== contract.learnerId || selection.organizationId !== contract.organizationId)
      fail('legal-path', 'drafted for somebody else than the offer');
    if (this.#books.claims.ownerOf(this.#books.selections.claimOf(selection)) !== event.stream)
      fail('gate-first', 'drafted without the claim on its offer');
    this.#words(contract, fail);
  }

  #words({ terms, guardianNeeded, learnerId }: ContractBook, fail: Fail): void {
    if (terms.termsDigest !== digestOfTerms(terms)) fail('signatures', 'the digest is not that of the terms');
    const adultOn = this.#books.adultOn.get(learnerId);
    if (adultOn !== undefined && guardianNeeded !== terms.from < adultOn)
      fail('guardian', `a guardian is ${guardianNeeded ? '' : 'not '}asked for`);
  }

  // ── what is said of it ───────────────────────────────────────────────────────────────────────────────────────────────────

  #said(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const { data, position } = event;
    if (event.type.startsWith('Amendment')) return this.#amendments.take(contract, event, fail);
    switch (event.type) {
      case 'ContractContinued':
        return this.#continued(contract, event, fail);
      case 'ContractTermsRevised':
        contract.terms = data as unknown as TermsBook;
        contract.guardianNeeded = data['guardianNeeded'] === true;
        contract.signatures = new Map();
        return this.#words(contract, fail);
      case 'ContractSectionConfirmed': {
        const { party, section, digest } = data as { party: string; section: string; digest: string };
        if (!contract.terms.sections.some((one) => one.code === section && one.digest === digest))
          fail('signatures', 'confirmed is a section of other words');
        contract.confirmed.set(`${party} ${section}`, digest);
        return;
      }
      case 'ContractSigned':
        return this.#signed(contract, event, fail);
      case 'ContractConcluded': {
        const missing = partiesOf(contract).filter((party) => contract.signatures.get(party) !== contract.terms.termsDigest);
        if (missing.length > 0) fail('signatures', `concluded without ${missing.join(' and ')} on these terms`);
        return;
      }
      case 'InternshipInsuranceRecorded':
        contract.insurances.push(data as unknown as Span);
        return;
      case 'MentorAssigned':
      case 'MentorReplaced':
        return this.#mentored(contract, event, fail);
      case 'ContractStarted':
        return this.#started(contract, event, fail);
      case 'ContractTerminated':
      case 'ContractCompleted':
        contract.endedOn = data['endedOn'] as string;
        if (event.type === 'ContractTerminated' && (data['noticeGivenOn'] as string) > contract.endedOn)
          fail('legal-path', 'notice after the end');
        if (event.type === 'ContractCompleted' && contract.endedOn < contract.terms.to && contract.gateway.now.length < 2)
          fail('gateway', 'completed before its end, and the gateway is not signed');
        return;
      case 'TerminationReversed':
        contract.endedOn = null;
        return;
      case 'GatewaySigned': {
        const party = data['party'] as string;
        if (contract.gateway.now.includes(party)) fail('exactly-once', `the ${party} signs the gateway twice`);
        return contract.gateway.set(position, [...contract.gateway.now, party]);
      }
      case 'TrainingLogRecorded':
        if ((contract.logs.get(data['week'] as string)?.size ?? 0) > 0) fail('legal-path', 'recorded after it was confirmed');
        contract.logs.set(data['week'] as string, new Set());
        return;
      case 'TrainingLogConfirmed':
        return this.#confirmedLog(contract, event, fail);
      default:
    }
  }

  #continued(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const before = this.get(event.data['continuationOf'] as string);
    const at = before ? this.#books.seen(event, `contract-${before.id}`, fail) : 0n;
    if (before?.status.at(at) !== 'terminated') return fail('legal-path', 'it continues a contract that was not terminated');
    if (before.organizationId === contract.organizationId) fail('legal-path', 'it continues at the same enterprise');
    if (before.endedOn !== null && contract.terms.from < before.endedOn)
      fail('no-overlap', `it begins before the other stopped on ${before.endedOn}`);
  }

  #signed(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const { party, termsDigest, medium, evidence } = event.data as Record<string, string | null>;
    if (!partiesOf(contract).includes(party!)) fail('signatures', `the ${party} is no party`);
    if (termsDigest !== contract.terms.termsDigest) fail('signatures', `the ${party} signs other terms than these`);
    if (contract.signatures.get(party!) === termsDigest) fail('signatures', `the ${party} signs the same terms twice`);
    for (const who of partiesOf(contract)) {
      const open = contract.terms.sections.find(({ code, digest }) => contract.confirmed.get(`${who} ${code}`) !== digest);
      if (open) fail('signatures', `signed before the ${who} confirmed ${open.code}`);
    }
    if (medium === 'paper' && evidence === null) fail('signatures', 'a paper without evidence');
    contract.signatures = new Map([...contract.signatures, [party!, termsDigest]]);
  }

  #mentored(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const { side, teacherId, oldTeacherId } = event.data as Record<string, string>;
    const now = contract.mentors.now;
    if (now[side!] !== oldTeacherId)
      fail('mentors', `${oldTeacherId ?? 'nobody'} is replaced where ${now[side!] ?? 'nobody'} mentors`);
    const teacher = this.#books.faculty.get(teacherId!);
    const at = this.#books.seen(event, `teacher-${teacherId}`, fail);
    const organizationId = side === 'school' ? null : contract.organizationId;
    if (teacher?.side !== side || teacher!.organizationId !== organizationId)
      fail('mentors', `${teacherId} is not of the ${side}`);
    if (!serves(teacher!.status.at(at))) fail('mentors', `${teacherId} is ${teacher!.status.at(at)}`);
    contract.mentors.set(event.position, { ...now, [side!]: teacherId! });
  }

  #started(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const on = event.data['startedOn'] as string;
    const { terms, insurances, mentors, enrollmentId } = contract;
    if (on < terms.from || on > terms.to || on > dayOf(event.decidedAt)) fail('legal-path', `started on ${on}`);
    if (!insurances.some(({ from, to }) => from <= on && on <= to)) fail('legal-path', 'started without insurance');
    for (const side of ['school', 'enterprise']) {
      const mentor = mentors.now[side];
      if (mentor === undefined) return fail('mentors', `started without a mentor of the ${side}`);
      const status = this.#books.faculty.get(mentor)!.status.at(this.#books.seen(event, `teacher-${mentor}`, fail));
      if (!serves(status)) fail('mentors', `started with ${mentor}, who is ${status}`);
    }
    const seen = this.#books.seen(event, `enrollment-${enrollmentId}`, fail);
    if (this.#books.enrollments.get(enrollmentId)?.status.at(seen) !== 'registered')
      fail('legal-path', 'started by somebody who is no student');
    contract.startedOn = on;
  }

  #confirmedLog(contract: ContractBook, event: LogEvent, fail: Fail): void {
    const { week, teacherId } = event.data as Record<string, string>;
    const log = contract.logs.get(week!);
    if (!log) return fail('legal-path', `no log of ${week} is there to confirm`);
    if (log.has(teacherId!)) fail('exactly-once', `${teacherId} confirms twice`);
    if (!Object.values(contract.mentors.now).includes(teacherId)) fail('mentors', `${teacherId} does not mentor it`);
    const status = this.#books.faculty.get(teacherId!)!.status.at(this.#books.seen(event, `teacher-${teacherId}`, fail));
    if (!serves(status)) fail('mentors', `${teacherId}, who is ${status}, confirms`);
    log.add(teacherId!);
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** By the contracts alone, whatever the gate says: nobody trains at two enterprises on one day. */
  settled(): void {
    const occupied = this.all().flatMap(({ id, learnerId, status, terms, startedOn, endedOn, overBefore }) => {
      if (isOpenContract(status.now)) return [{ id, learnerId, from: terms.from, to: terms.to }];
      // What ended occupied its days up to the one on which it did.
      return startedOn !== null && endedOn !== null && terms.from < endedOn && !overBefore
        ? [{ id, learnerId, from: terms.from, to: dayBefore(endedOn) }]
        : [];
    });
    for (const one of occupied) {
      const other = occupied.find((o) => o.id < one.id && o.learnerId === one.learnerId && o.from <= one.to && one.from <= o.to);
      if (other) throw new Violation('no-overlap', `${one.learnerId} is in ${one.id} and in ${other.id} on the same days`);
    }
  }
}

const dayBefore = (day: string): string => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
