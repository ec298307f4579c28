import type { ContractCommand } from '../../../libs/contexts/apprenticeship/contract.ts';
import type { SelectionCommand } from '../../../libs/contexts/apprenticeship/selection.ts';
import type { Party } from '../../../libs/events/catalog/apprenticeship.ts';
import { selectionIdOf } from '../../../libs/facts/selection.ts';
import { mintedId } from '../../../libs/kernel/ids.ts';
import { instant } from '../../../libs/kernel/time.ts';
import { dayOf } from '../books/attempts.ts';
import type { Books } from '../books/books.ts';
import { partiesOf, type ContractBook } from '../books/contracts.ts';
import type { SelectionBook, Span } from '../books/selections.ts';
import { at, type Caller, type Order } from '../orders.ts';
import { apprentice, apprentices, college, enterprise, guardian, registrars, spans, teachers } from './cast.ts';
import { wordsOf, type More, type TrainingOrders } from './orders.ts';

const [zhang, li] = registrars as [Caller, Caller, Caller];
const day = 86_400_000;

const nextDay = (date: string, n = 1): string => new Date(Date.parse(date) + n * day).toISOString().slice(0, 10);
const mondayOf = (date: string): string => nextDay(date, -((new Date(date).getUTCDay() + 6) % 7));

/** Says something of one contract: by whom, what, under which suffix of the key. */
type Say = (by: Caller, command: ContractCommand, suffix?: string, more?: More) => Order;

/** What people do on the way from an opening to a contract that is over: offers, terms, signatures, amendments, and its end. */
export class Contracting {
  readonly #books: Books;
  readonly #orders: TrainingOrders;
  readonly #now: () => number;

  constructor(books: Books, orders: TrainingOrders, now: () => number) {
    this.#books = books;
    this.#orders = orders;
    this.#now = now;
  }

  get #today(): string {
    return dayOf(instant(this.#now()));
  }

  // ── selection ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next step of an application, or several at once where it matters who is first. */
  select(key: string, a: number, b: number, c: number): readonly Order[] {
    const { learnerId, enrollmentId } = at(apprentices, a);
    const openings = [...this.#books.selections.openings.values()];
    const opening = at(openings, b);
    const id = selectionIdOf(college, opening.id, learnerId);
    const selection = this.#books.selections.get(id);
    const hr = enterprise(opening.organizationId);
    const she = apprentice(learnerId);
    const say = (by: Caller, command: SelectionCommand, suffix = ''): Order =>
      this.#orders.selection(`${key}${suffix}`, by, id, command, c % 13 === 5 ? this.#orders.seen(`selection-${id}`) : {});
    const withdraw = { type: 'WithdrawApplication' } as const;
    if (c % 17 === 16)
      return [say(she, at([withdraw, { type: 'RejectApplication', by: 'enterprise' }, { type: 'ExpireOffer' }] as const, b))];
    switch (selection?.status.now) {
      case undefined:
        return [
          say(she, { type: 'SubmitApplication', openingId: opening.id, learnerId, enrollmentId, statement: 'I should like to.' }),
        ];
      case 'submitted':
        return [say(hr, { type: 'ScreenApplication' })];
      case 'screened':
        if (selection.assessed.size === 2) return [say(hr, this.#offer(c))];
        return (['school', 'enterprise'] as const).map((by, i) =>
          say(by === 'school' ? li : hr, { type: 'AssessApplicant', by, score: 7000 + c, recommended: true }, i === 0 ? '' : 'x'),
        );
      case 'offered': {
        if (c % 8 === 7) return [say(she, { type: 'DeclineOffer' })];
        if (c % 2 === 0 && selection.offer!.expiresAt < instant(this.#now())) return [say(zhang, { type: 'ExpireOffer' })];
        // Of several offers she accepts all at once: of those that overlap one is left.
        const offered = this.#books.selections.all().filter((s) => s.learnerId === learnerId && s.status.now === 'offered');
        const all = c % 3 === 0 ? offered : [selection];
        return [
          ...all.map((one, i) => this.#orders.selection(`${key}a${i}`, she, one.id, { type: 'AcceptOffer' })),
          ...(c % 5 === 0 ? [say(hr, { type: 'RejectApplication', by: 'enterprise' }, 'x')] : []),
        ];
      }
      case 'accepted': {
        const contract = this.#books.contracts.all().find(({ selectionId }) => selectionId === id);
        if (contract && c % 10 !== 9) return this.advance(key, contract, b, c);
        return c % 4 === 3 ? [say(she, withdraw), ...this.draft(`${key}x`, selection, b, c)] : this.draft(key, selection, b, c);
      }
      default:
        return [say(hr, { type: 'ExpireOffer' })];
    }
  }

  #offer(c: number): SelectionCommand {
    const expiresAt = instant(this.#now() + (c % 6 === 5 ? 20_000 : 3 * day));
    return { type: 'MakeOffer', post: { zh: '客服', en: 'Customer service' }, ...at(spans, c), expiresAt };
  }

  /** Another opening, or the end of one. */
  publish(key: string, organizationId: string, programId: string, b: number): Order {
    const last = [...this.#books.selections.openings.values()].at(-1)!;
    if (b % 3 === 2) return this.#orders.opening(key, enterprise(last.organizationId), last.id, { type: 'CloseOpening' });
    const opening = {
      organizationId,
      post: { zh: '客服', en: 'Customer service' },
      programIds: [programId],
      places: 1,
      from: '2026-09-01',
      to: '2027-06-30',
      closesOn: '2026-12-31',
    };
    return this.#orders.opening(key, enterprise(organizationId), '', { type: 'PublishOpening', opening });
  }

  // ── draft ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A contract on an accepted offer, from one desk or from two at once. */
  draft(key: string, selection: SelectionBook, b: number, c: number): readonly Order[] {
    const { id: selectionId, learnerId, enrollmentId, organizationId } = selection;
    const of = { learnerId, enrollmentId, organizationId };
    const before = this.#books.contracts
      .all()
      .findLast((one) => one.learnerId === learnerId && one.status.now === 'terminated' && one.organizationId !== organizationId);
    const continuationOf = before && c % 2 === 0 ? before.id : null;
    const put = (suffix: string, by: Caller, days: Span): Order => {
      const terms = wordsOf(days, 0);
      const says = { type: 'DraftContract', terms, learnerId, minorOn: days.from, selectionId, continuationOf };
      return this.#orders.worded(`${key}${suffix}`, by, '', says, (worded, guardianNeeded) => ({
        type: 'DraftContract',
        of,
        selectionId,
        terms: worded,
        guardianNeeded,
        continuationOf,
      }));
    };
    const offer = selection.offer!;
    return [
      put('', enterprise(organizationId), this.#within(offer, b)),
      ...(c % 3 === 0 ? [put('x', zhang, this.#within(offer, c))] : []),
    ];
  }

  /** Days inside an offer: all of them, a short while, or a later start. */
  #within(offer: Span, n: number): Span {
    return at([offer, { from: offer.from, to: nextDay(offer.from) }, offer, { from: nextDay(offer.from), to: offer.to }], n);
  }

  // ── contract ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What one would do with a contract in this state, and now and then what one would not. */
  advance(key: string, contract: ContractBook, b: number, c: number): readonly Order[] {
    const { status, id } = contract;
    const say = this.#speaker(key, contract, c);
    if (c % 19 === 18)
      return [
        say(
          zhang,
          at([{ type: 'CompleteContract' }, { type: 'ResumeContract' }, { type: 'CancelContract', ground: 'other' }], b),
        ),
      ];
    switch (status.now) {
      case 'draft':
        return this.#drafted(key, contract, b, c);
      case 'concluded':
        return this.#concluded(key, contract, b, c);
      case 'live':
        return this.#live(key, contract, b, c);
      case 'suspended':
        return at([[say(zhang, { type: 'ResumeContract' })], this.#amend(key, contract, b, c), [this.#termination(say, c)]], b);
      case 'terminated': {
        const request = { type: 'RequestTerminationReversal', requestId: '', evidence: ['file 5'] } as const;
        return [
          this.#orders.contract(key, at([zhang, li], c), id, request, {}, 'requestId'),
          // Her days are free meanwhile: another offer may be accepted.
          ...(c % 2 === 0 ? this.#elsewhere(`${key}x`, contract, b, c) : []),
        ];
      }
      default:
        return [say(zhang, { type: 'CompleteContract' })];
    }
  }

  /** The same learner with others: an offer accepted, or a contract drafted on one that was. */
  #elsewhere(key: string, { learnerId }: ContractBook, b: number, c: number): readonly Order[] {
    const others = this.#books.selections.all().filter((one) => one.learnerId === learnerId);
    const offered = others.find(({ status }) => status.now === 'offered');
    if (offered) return [this.#orders.selection(key, apprentice(learnerId), offered.id, { type: 'AcceptOffer' })];
    const used = this.#books.contracts.all().map(({ selectionId }) => selectionId);
    const accepted = others.find((one) => one.status.now === 'accepted' && !used.includes(one.id));
    return accepted ? this.draft(key, accepted, b, c) : [];
  }

  #speaker(key: string, { id }: ContractBook, c: number): Say {
    // Some say what they saw last, and some only ask what would be.
    const seen: More = c % 11 === 4 ? this.#orders.seen(`contract-${id}`) : c % 23 === 7 ? { dryRun: true } : {};
    return (by, command, suffix = '', more = {}) =>
      this.#orders.contract(`${key}${suffix}`, by, id, command, { ...seen, ...more });
  }

  /** With her own token, or a registrar from her paper. */
  #speaking(contract: ContractBook, party: string): Caller {
    if (party === 'enterprise') return enterprise(contract.organizationId);
    if (party === 'guardian') return guardian;
    return party === 'apprentice' ? apprentice(contract.learnerId) : zhang;
  }

  #drafted(key: string, contract: ContractBook, b: number, c: number): readonly Order[] {
    const say = this.#speaker(key, contract, c);
    const revision = (): Order => this.#revision(`${key}r`, contract, b, c);
    if (b % 13 === 12) return [say(zhang, { type: 'CancelContract', ground: 'other' }), ...(c % 2 === 0 ? [revision()] : [])];
    if (b % 9 === 8) return [revision()];
    const { sections, termsDigest } = contract.terms;
    const open = partiesOf(contract).flatMap((party) =>
      sections
        .filter(({ code, digest }) => contract.confirmed.get(`${party} ${code}`) !== digest)
        .map(({ code, digest }) => ({ party: party as Party, section: code, digest })),
    );
    if (open.length > 0)
      return [
        ...open.map((one, i) => say(this.#speaking(contract, one.party), { type: 'ConfirmSection', ...one }, `s${i}`)),
        ...(c % 4 === 3 ? [revision()] : []),
      ];
    // Everybody signs at the same moment, now and then while the terms are revised; and some sign twice.
    const unsigned = partiesOf(contract).filter((party) => contract.signatures.get(party) !== termsDigest);
    const parties = c % 4 === 0 ? unsigned.slice(0, 1 + (b % 3)) : [...unsigned, ...(c % 5 === 0 ? unsigned.slice(0, 1) : [])];
    const signatures = parties.map((party, i) => {
      const paper = party !== 'school' && (b + i) % 5 === 0;
      const command = {
        type: 'SignContract',
        party: party as Party,
        termsDigest,
        medium: paper ? 'paper' : 'electronic',
        evidence: paper ? 'file 8' : null,
      } as const;
      return say(paper ? zhang : this.#speaking(contract, party), command, `g${i}`, paper ? { onBehalfOf: party } : {});
    });
    return c % 3 === 0 ? [...signatures, revision()] : signatures;
  }

  #revision(key: string, contract: ContractBook, b: number, c: number): Order {
    const { id, learnerId, selectionId, terms } = contract;
    const offer = this.#books.selections.get(selectionId ?? '')?.offer ?? terms;
    const days = b % 2 === 0 ? { from: terms.from, to: terms.to } : this.#within(offer, c);
    const says = { type: 'ReviseTerms', terms: wordsOf(days, 1 + (b % 3)), learnerId, minorOn: days.from };
    return this.#orders.worded(key, enterprise(contract.organizationId), id, says, (worded, guardianNeeded) => ({
      type: 'ReviseTerms',
      terms: worded,
      guardianNeeded,
    }));
  }

  // ── from the conclusion to the end ───────────────────────────────────────────────────────────────────────────────────────

  #concluded(key: string, contract: ContractBook, b: number, c: number): readonly Order[] {
    const say = this.#speaker(key, contract, c);
    const { terms, mentors, insurances } = contract;
    if (b % 17 === 16) return [say(zhang, { type: 'CancelContract', ground: 'other' })];
    const insurance = { from: terms.from, to: terms.to, insurer: 'PICC', policy: `S${b % 2}` };
    const missing = (['school', 'enterprise'] as const).filter((side) => mentors.now[side] === undefined);
    const start = say(zhang, { type: 'StartContract', oldEnoughOn: this.#oldEnough(contract) }, 't');
    const orders = [
      ...(insurances.length === 0 ? [say(zhang, { type: 'RecordInsurance', insurance }, 'i')] : []),
      ...missing.map((side, i) =>
        say(zhang, { type: 'AssignMentor', side, teacherId: this.#mentor(contract, side, c) }, `m${i}`),
      ),
    ];
    return orders.length === 0 || c % 3 === 0 ? [...orders, start] : orders;
  }

  #oldEnough({ learnerId }: ContractBook): string {
    const { birthDate } = apprentices.find((one) => one.learnerId === learnerId)!;
    return `${Number(birthDate.slice(0, 4)) + 16}${birthDate.slice(4)}`;
  }

  /** Somebody of this side; now and then of another enterprise. */
  #mentor({ organizationId }: ContractBook, side: string, c: number): string {
    const fit = teachers.filter(
      (one) => one.side === side && (side === 'school' || one.organizationId === organizationId || c % 13 === 0),
    );
    return at(fit, c).teacherId;
  }

  #live(key: string, contract: ContractBook, b: number, c: number): readonly Order[] {
    const say = this.#speaker(key, contract, c);
    const week = mondayOf(this.#today);
    switch (b % 14) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#amend(key, contract, b, c);
      case 4:
      case 5: {
        const log = {
          type: 'RecordTrainingLog',
          week,
          hours: 100 * (c % 40),
          workOrders: [{ number: null, task: 'packing' }],
        } as const;
        const mentors = Object.values(contract.mentors.now).flatMap((id) => this.#books.faculty.get(id!)?.account.now ?? []);
        const by = at(mentors, c);
        const mentor: Caller = {
          personId: by ?? 'nobody',
          role: 'mentor',
          organizationId: contract.organizationId,
          institutionId: college,
        };
        const confirm = { type: 'ConfirmTrainingLog', week, teacherId: null } as const;
        const she = apprentice(contract.learnerId);
        return contract.logs.has(week) && c % 3 !== 0
          ? [say(mentor, confirm), ...(c % 4 === 1 ? [say(she, log, 'x')] : [])]
          : [say(she, log)];
      }
      case 6:
      case 7: {
        const side = at(['school', 'enterprise'] as const, c);
        return [say(zhang, { type: 'ReplaceMentor', side, teacherId: this.#mentor(contract, side, b + c) })];
      }
      case 8:
        return (['school', 'enterprise'] as const).map((party, i) =>
          say(this.#speaking(contract, party), { type: 'SignGateway', party }, i === 0 ? '' : 'x'),
        );
      case 9:
        return [say(zhang, { type: 'SuspendContract', ground: 'illness' })];
      case 10:
      case 11:
        // What ends a contract and what changes its terms, at the same moment.
        return [this.#termination(say, c), ...(c % 3 === 0 ? this.#amend(`${key}x`, contract, b, c) : [])];
      default:
        return [say(zhang, { type: 'CompleteContract' }), ...(c % 4 === 0 ? [this.#termination(say, c, 'x')] : [])];
    }
  }

  /** For now, or stated for a day before. */
  #termination(say: Say, c: number, suffix = ''): Order {
    const ground = at(['status-lost', 'mutual', 'apprentice-leaves', 'transfer'] as const, c);
    const effectiveAt = c % 5 > 2 ? instant(this.#now() - (c % 3) * day) : undefined;
    const noticeGivenOn = effectiveAt === undefined ? this.#today : dayOf(effectiveAt);
    const more = effectiveAt === undefined ? {} : { effectiveAt };
    return say(at([zhang, li], c), { type: 'TerminateContract', ground, noticeGivenOn, notice: 'notice 1' }, suffix, more);
  }

  /** Proposed by one, consented to by all others at the same moment. */
  #amend(key: string, contract: ContractBook, b: number, c: number): readonly Order[] {
    const say = this.#speaker(key, contract, c);
    const { id, learnerId, terms } = contract;
    const pending = [...contract.amendments.values()].find(({ outcome }) => outcome === 'pending');
    if (pending) {
      const { id: amendmentId } = pending;
      if (c % 11 === 10) return [say(this.#speaking(contract, pending.by), { type: 'CancelAmendment', amendmentId })];
      if (c % 11 === 9 || pending.expiresAt < instant(this.#now())) return [say(zhang, { type: 'ExpireAmendment', amendmentId })];
      const { termsDigest } = pending.terms;
      const missing = partiesOf(pending).filter((party) => !pending.consents.has(party));
      const twice = c % 5 === 0 ? missing.slice(0, 1) : [];
      const consents = [...missing, ...twice].map((party, i) =>
        say(
          this.#speaking(contract, party),
          { type: 'ConsentAmendment', amendmentId, party: party as Party, termsDigest },
          `c${i}`,
        ),
      );
      const reject = { type: 'RejectAmendment', amendmentId, party: 'enterprise' } as const;
      return c % 7 === 6 ? [...consents, say(this.#speaking(contract, 'enterprise'), reject, 'x')] : consents;
    }
    const to = at([terms.to, nextDay(terms.to, 30), nextDay(terms.to, 90), nextDay(this.#today)], b + c);
    const days = { from: terms.from, to };
    const by = at(['school', 'enterprise', 'apprentice'] as const, c);
    const expiresAt = instant(this.#now() + (c % 6 === 5 ? 30_000 : 2 * day));
    const says = { type: 'ProposeAmendment', terms: wordsOf(days, 1 + (c % 2)), learnerId, minorOn: this.#today, by, expiresAt };
    return [
      this.#orders.worded(key, this.#speaking(contract, by), id, says, (worded, guardianNeeded, attempt) => ({
        type: 'ProposeAmendment',
        amendmentId: mintedId(attempt, 'amendment'),
        by,
        terms: worded,
        guardianNeeded,
        expiresAt,
      })),
    ];
  }
}
