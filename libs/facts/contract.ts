import type {
  ContractEvent,
  ContractOf,
  ContractSection,
  ContractStatus,
  ContractTerms,
  Party,
  Span,
  TerminationGround,
  WorkOrder,
} from '../events/catalog/apprenticeship.ts';
import type { ImportSource } from '../events/catalog/enrollment.ts';
import type { Side } from '../events/catalog/faculty.ts';
import { effectOf } from '../events/events.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { applyCorrections, isCorrection, type Historic } from '../kernel/as-of.ts';
import type { Recorded } from '../kernel/decider.ts';
import { evolveApprovals, type Approvals } from '../kernel/four-eyes.ts';
import { History, type Remembered } from '../kernel/history.ts';
import type { Personal } from '../kernel/personal.ts';
import { source, type Source } from '../kernel/plan.ts';
import { entry } from '../kernel/same.ts';

export { contractStatuses, type ContractStatus } from '../events/catalog/apprenticeship.ts';

/** What a contract's events (三方协议) add up to: one fold for decisions, for views and for as-of questions. */
export const contractStream = (contractId: string): string => `contract-${contractId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The terms in force. A contract of before the ledger says no more than its dates and its post. */
export interface StandingTerms extends Span {
  readonly post: Bilingual;
  readonly plan: ContractTerms['plan'] | null;
  readonly sections: readonly ContractSection[];
  readonly termsDigest: string | null;
  readonly texts: ContractTerms['texts'] | null;
}

export interface Signature {
  readonly termsDigest: string;
  readonly medium: 'electronic' | 'paper';
  readonly evidence: string | null;
  /** Instant. */
  readonly at: string;
}

/** Who mentors, and when: instants, `to` is null for the mentor of now. */
export interface Mentoring {
  readonly side: Side;
  readonly teacherId: string;
  readonly from: string;
  readonly to: string | null;
}

export interface Insurance extends Span {
  readonly insurer: string;
  readonly policy: string;
}

export interface Amendment {
  readonly amendmentId: string;
  readonly by: Party;
  readonly terms: StandingTerms;
  readonly changed: readonly string[];
  readonly guardianNeeded: boolean;
  /** Instants. */
  readonly proposedAt: string;
  readonly expiresAt: string;
  readonly settledAt: string | null;
  readonly consents: readonly Party[];
  readonly outcome: 'pending' | 'approved' | 'rejected' | 'cancelled' | 'expired';
}

/** A week's log; hours are hundredths. */
export interface TrainingLog {
  readonly hours: number;
  readonly workOrders: Personal<readonly WorkOrder[]>;
  /** Instant. */
  readonly recordedAt: string;
  /** Digest of the command that said it: sealed content can only be compared by what said it. */
  readonly said: string;
  readonly confirmations: readonly { readonly teacherId: string; readonly at: string }[];
}

export interface Contract {
  readonly status: ContractStatus | 'none';
  /** Instant at which that status became true. */
  readonly statusSince: string;
  readonly of: ContractOf | null;
  /** Null for a contract of before the ledger. */
  readonly selectionId: string | null;
  readonly terms: StandingTerms | null;
  readonly guardianNeeded: boolean;
  /** Digests of the sections that each party confirmed, by code. */
  readonly confirmed: Readonly<Partial<Record<Party, Readonly<Record<string, string>>>>>;
  readonly signatures: Readonly<Partial<Record<Party, Signature>>>;
  readonly insurances: readonly Insurance[];
  readonly mentors: readonly Mentoring[];
  readonly suspensions: readonly { readonly ground: string; readonly from: string; readonly to: string | null }[];
  /** Settled ones included. */
  readonly amendments: Readonly<Record<string, Amendment>>;
  /** By the Monday of the week. */
  readonly logs: Readonly<Record<string, TrainingLog>>;
  readonly gateway: readonly Side[];
  /** Plain dates: when it began and ended in the world. */
  readonly startedOn: string | null;
  readonly endedOn: string | null;
  readonly termination: {
    readonly ground: TerminationGround;
    readonly noticeGivenOn: string;
    readonly notice: string;
    readonly revision: bigint;
  } | null;
  readonly continues: { readonly contractId: string; readonly originalStart: string } | null;
  readonly imported: {
    readonly agreementNumber: string;
    readonly signedOn: string;
    readonly guardian: Personal<{ readonly name: string; readonly signedOn: string | null }> | null;
    readonly insurancePolicy: string | null;
    readonly endGround: string | null;
    readonly source: ImportSource;
  } | null;
  readonly lastChangeAt: string;
  readonly approvals: Approvals;
  /** All events: a reversal makes an earlier one as if it had never been, so the state is folded again. */
  readonly history: History<ContractEvent>;
}

export const initialContract: Contract = {
  status: 'none',
  statusSince: '',
  of: null,
  selectionId: null,
  terms: null,
  guardianNeeded: false,
  confirmed: {},
  signatures: {},
  insurances: [],
  mentors: [],
  suspensions: [],
  amendments: {},
  logs: {},
  gateway: [],
  startedOn: null,
  endedOn: null,
  termination: null,
  continues: null,
  imported: null,
  lastChangeAt: '',
  approvals: {},
  history: History.none,
};

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const termsOf = ({ from, to, post, plan, sections, termsDigest, texts }: ContractTerms): StandingTerms => ({
  from,
  to,
  post,
  plan,
  sections,
  termsDigest,
  texts,
});

/** Ends the open mentoring of a side. */
const withoutMentor = (mentors: readonly Mentoring[], side: Side, at: string): readonly Mentoring[] =>
  mentors.map((one) => (one.side === side && one.to === null ? { ...one, to: at } : one));

const resumed = (s: Contract, at: string): Contract['suspensions'] =>
  s.suspensions.map((one) => (one.to === null ? { ...one, to: at } : one));

/** One event, as history reads it. Passes over what was reversed, and takes events in any order. */
export function applyContractEvent(s: Contract, e: Historic<ContractEvent>): Contract {
  if (e.annulled) return s;
  const moved = { ...s, lastChangeAt: e.effectiveAt > s.lastChangeAt ? e.effectiveAt : s.lastChangeAt };
  const into = (status: ContractStatus): Contract => ({ ...moved, status, statusSince: e.effectiveAt });
  const amended = (amendmentId: string, change: (one: Amendment) => Partial<Amendment>): Contract => {
    const one = entry(s.amendments, amendmentId);
    return one ? { ...moved, amendments: { ...s.amendments, [amendmentId]: { ...one, ...change(one) } } } : moved;
  };
  const settled = (outcome: Amendment['outcome']) => (): Partial<Amendment> => ({ outcome, settledAt: e.effectiveAt });
  switch (e.type) {
    case 'ContractDrafted': {
      const { learnerId, enrollmentId, organizationId, selectionId, guardianNeeded } = e.data;
      const of = { learnerId, enrollmentId, organizationId };
      return { ...into('draft'), of, selectionId, terms: termsOf(e.data), guardianNeeded };
    }
    case 'ContractTermsRevised':
      // What was confirmed counts by its digest, so that of a changed section no longer does.
      return { ...moved, terms: termsOf(e.data), guardianNeeded: e.data.guardianNeeded, signatures: {} };
    case 'ContractSectionConfirmed': {
      const { party, section, digest } = e.data;
      return { ...moved, confirmed: { ...s.confirmed, [party]: { ...s.confirmed[party], [section]: digest } } };
    }
    case 'ContractSigned': {
      const { party, termsDigest, medium, evidence } = e.data;
      return { ...moved, signatures: { ...s.signatures, [party]: { termsDigest, medium, evidence, at: e.effectiveAt } } };
    }
    case 'ContractConcluded':
      return into('concluded');
    case 'ContractCancelled':
      return into('cancelled');
    case 'InternshipInsuranceRecorded':
      return { ...moved, insurances: [...s.insurances, e.data] };
    case 'MentorAssigned': {
      const { side, teacherId } = e.data;
      return { ...moved, mentors: [...s.mentors, { side, teacherId, from: e.effectiveAt, to: null }] };
    }
    case 'MentorReplaced': {
      const { side, teacherId } = e.data;
      const before = withoutMentor(s.mentors, side, e.effectiveAt);
      return { ...moved, mentors: [...before, { side, teacherId, from: e.effectiveAt, to: null }] };
    }
    case 'ContractStarted':
      return { ...into('live'), startedOn: e.data.startedOn };
    case 'ContractSuspended':
      return {
        ...into('suspended'),
        suspensions: [...s.suspensions, { ground: e.data.ground, from: e.effectiveAt, to: null }],
      };
    case 'ContractResumed':
      return { ...into('live'), suspensions: resumed(s, e.effectiveAt) };
    case 'AmendmentProposed': {
      const { amendmentId, by, terms, texts, changed, guardianNeeded, expiresAt } = e.data;
      const proposed: Amendment = {
        amendmentId,
        by,
        terms: { ...terms, texts },
        changed,
        guardianNeeded,
        proposedAt: e.effectiveAt,
        expiresAt,
        settledAt: null,
        consents: [],
        outcome: 'pending',
      };
      return { ...moved, amendments: { ...s.amendments, [amendmentId]: proposed } };
    }
    case 'AmendmentConsented':
      return amended(e.data.amendmentId, ({ consents }) => ({ consents: [...consents, e.data.party] }));
    case 'AmendmentApproved': {
      const terms = entry(s.amendments, e.data.amendmentId)?.terms;
      return { ...amended(e.data.amendmentId, settled('approved')), terms: terms ?? s.terms };
    }
    case 'AmendmentRejected':
      return amended(e.data.amendmentId, settled('rejected'));
    case 'AmendmentCancelled':
      return amended(e.data.amendmentId, settled('cancelled'));
    case 'AmendmentExpired':
      return amended(e.data.amendmentId, settled('expired'));
    case 'ContractTerminated': {
      const { ground, noticeGivenOn, notice, endedOn } = e.data;
      return { ...into('terminated'), endedOn, termination: { ground, noticeGivenOn, notice, revision: e.revision } };
    }
    case 'ContractContinued': {
      const { continuationOf, originalStart } = e.data;
      return { ...moved, continues: { contractId: continuationOf, originalStart } };
    }
    case 'TrainingLogRecorded': {
      const { week, hours, workOrders } = e.data;
      const log: TrainingLog = { hours, workOrders, recordedAt: e.effectiveAt, said: e.commandDigest, confirmations: [] };
      // Logs come in all the time and change no state: what is stated for a day before them is not late.
      return { ...s, logs: { ...s.logs, [week]: log } };
    }
    case 'TrainingLogConfirmed': {
      const { week, teacherId } = e.data;
      const log = s.logs[week];
      if (!log) return s;
      const confirmations = [...log.confirmations, { teacherId, at: e.effectiveAt }];
      return { ...s, logs: { ...s.logs, [week]: { ...log, confirmations } } };
    }
    case 'GatewaySigned':
      return { ...moved, gateway: [...s.gateway, e.data.party] };
    case 'ContractCompleted':
      return { ...into('completed'), endedOn: e.data.endedOn };
    case 'ContractImported':
      return imported(into(e.data.status), e);
    case 'ApprovalRequested':
    case 'ApprovalGranted':
    case 'ApprovalRefused':
    case 'ApprovalStale':
      return { ...s, approvals: evolveApprovals(s.approvals, e) };
    case 'TerminationReversed':
      return s;
    default:
      return e satisfies never;
  }
}

function imported(s: Contract, e: Remembered<Extract<ContractEvent, { type: 'ContractImported' }>>): Contract {
  const { learnerId, enrollmentId, organizationId, from, to, post, schoolMentorId, enterpriseMentorId } = e.data;
  const { agreementNumber, signedOn, guardian, insurancePolicy, endedOn, endGround, source: importSource } = e.data;
  const mentoring = (side: Side, teacherId: string | null): readonly Mentoring[] =>
    teacherId === null ? [] : [{ side, teacherId, from: e.effectiveAt, to: null }];
  return {
    ...s,
    of: { learnerId, enrollmentId, organizationId },
    terms: { from, to, post, plan: null, sections: [], termsDigest: null, texts: null },
    guardianNeeded: guardian !== null,
    mentors: [...mentoring('school', schoolMentorId), ...mentoring('enterprise', enterpriseMentorId)],
    startedOn: from,
    endedOn,
    imported: { agreementNumber, signedOn, guardian, insurancePolicy, endGround, source: importSource },
  };
}

export const foldContract = (history: readonly Historic<ContractEvent>[]): Contract =>
  history.reduce(applyContractEvent, initialContract);

export function evolveContract(s: Contract, e: Recorded<ContractEvent>): Contract {
  const history = s.history.with(e);
  const state = isCorrection(e, effectOf) ? foldContract(applyCorrections(history.all(), effectOf)) : applyContractEvent(s, e);
  return { ...state, history };
}

export const contractFact = (contractId: string): Source<Contract> =>
  source(contractStream(contractId), { initial: initialContract, evolve: evolveContract });

// ── what others ask ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** From the draft to its end: what occupies the learner's time. */
export const isOpenContract = ({ status }: Contract): boolean =>
  status === 'draft' || status === 'concluded' || status === 'live' || status === 'suspended';

/** Whose word is needed: the guardian's for a minor alone. */
export const partiesNeeded = ({ guardianNeeded }: { readonly guardianNeeded: boolean }): readonly Party[] =>
  guardianNeeded ? ['school', 'enterprise', 'apprentice', 'guardian'] : ['school', 'enterprise', 'apprentice'];

/** Sections of the present terms that a party has not confirmed. */
export const sectionsUnconfirmedBy = (s: Contract, party: Party): readonly string[] =>
  (s.terms?.sections ?? [])
    .filter(({ code, digest }) => entry(s.confirmed[party] ?? {}, code) !== digest)
    .map(({ code }) => code);

/** Parties that still have to confirm, with what. */
export const unconfirmed = (s: Contract): readonly { readonly party: Party; readonly sections: readonly string[] }[] =>
  partiesNeeded(s)
    .map((party) => ({ party, sections: sectionsUnconfirmedBy(s, party) }))
    .filter(({ sections }) => sections.length > 0);

/** Parties that have not signed exactly the present terms. */
export const unsigned = (s: Contract): readonly Party[] =>
  partiesNeeded(s).filter((party) => s.signatures[party]?.termsDigest !== s.terms?.termsDigest);

/** The mentor of now on a side, her teacher id; null where there is none. */
export const mentorOf = (s: Contract, side: Side): string | null =>
  s.mentors.find((one) => one.side === side && one.to === null)?.teacherId ?? null;

/** The amendment that waits, if its time is not over: deadlines are guards first. */
export const pendingAmendment = (s: Contract, now: string): Amendment | undefined =>
  Object.values(s.amendments).find(({ outcome, expiresAt }) => outcome === 'pending' && expiresAt > now);

/** One whose time is over while nobody recorded it. */
export const lapsedAmendment = (s: Contract, now: string): Amendment | undefined =>
  Object.values(s.amendments).find(({ outcome, expiresAt }) => outcome === 'pending' && expiresAt <= now);

/** Parties whose consent an amendment still waits for. */
export const unconsented = (amendment: Amendment): readonly Party[] =>
  partiesNeeded(amendment).filter((party) => !amendment.consents.includes(party));

/** Hours of training, hundredths: all that were recorded, and those that a mentor confirmed. */
export const hoursOf = (s: Contract): { readonly recorded: number; readonly confirmed: number } => {
  const sum = (logs: readonly TrainingLog[]): number => logs.reduce((total, { hours }) => total + hours, 0);
  const logs = Object.values(s.logs);
  return { recorded: sum(logs), confirmed: sum(logs.filter(({ confirmations }) => confirmations.length > 0)) };
};
