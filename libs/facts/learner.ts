import type { ImportSource, LearnerEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import { evolveApprovals, type Approvals } from '../kernel/four-eyes.ts';
import type { Contact, Identity, Personal } from '../kernel/personal.ts';
import { source, type Source } from '../kernel/plan.ts';
import type { Purpose } from '../kernel/purposes.ts';

/** What a learner's events add up to: who she is, and what her gate guards. One fold for decisions and for as-of questions. */
export const learnerStream = (learnerId: string): string => `learner-${learnerId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface EnrollmentSlot {
  readonly programId: string;
  readonly entryDate: string;
  /** Instants; `to` is null while it is open. */
  readonly from: string;
  readonly to: string | null;
  readonly takers: readonly string[];
}

export interface Learner {
  readonly known: boolean;
  readonly identity: Personal<Identity> | null;
  readonly identifiedAt: string;
  /** Revision of the last word about the identity, and of the first. */
  readonly identityRevision: bigint;
  readonly identifiedRevision: bigint;
  readonly contact: Personal<Contact> | null;
  /** Digest of the command that said it: sealed content can only be compared by what said it. */
  readonly contactSaid: string | null;
  readonly idClaim: string | null;
  readonly source: ImportSource | null;
  readonly annulled: boolean;
  readonly erased: readonly Purpose[];
  readonly guardians: Readonly<Record<string, Personal<{ name: string; relation: string; phone?: string }>>>;
  readonly guardiansSaid: Readonly<Record<string, string>>;
  readonly holds: Readonly<Record<string, { readonly kind: string; readonly placedAt: string }>>;
  readonly enrollments: Readonly<Record<string, EnrollmentSlot>>;
  readonly closing: Readonly<Record<string, readonly string[]>>;
  readonly periods: Readonly<Record<string, { readonly from: string; readonly to: string; readonly takers: readonly string[] }>>;
  /** What periods that are over occupied: plain dates, `until` is exclusive. */
  readonly pastPeriods: Readonly<Record<string, { readonly from: string; readonly until: string }>>;
  readonly approvals: Approvals;
  readonly lastChangeAt: string;
}

export const initialLearner: Learner = {
  known: false,
  identity: null,
  identifiedAt: '',
  identityRevision: -1n,
  identifiedRevision: -1n,
  contact: null,
  contactSaid: null,
  idClaim: null,
  source: null,
  annulled: false,
  erased: [],
  guardians: {},
  guardiansSaid: {},
  holds: {},
  enrollments: {},
  closing: {},
  periods: {},
  pastPeriods: {},
  approvals: {},
  lastChangeAt: '',
};

const without = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> => {
  const { [key]: _gone, ...rest } = record;
  return rest;
};

const later = (a: string, b: string): string => (a > b ? a : b);

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolveLearner(s: Learner, e: Recorded<LearnerEvent>): Learner {
  switch (e.type) {
    case 'LearnerIdentified':
      return {
        ...s,
        known: true,
        identity: e.data.identity,
        identifiedAt: e.effectiveAt,
        identityRevision: e.revision,
        identifiedRevision: e.revision,
        contact: e.data.contact,
        idClaim: e.data.idClaim,
        source: e.data.source,
        lastChangeAt: later(s.lastChangeAt, e.effectiveAt),
      };
    case 'IdentityCorrected': {
      const change = e.data.change;
      return {
        ...s,
        identity: typeof change === 'object' ? change.new : change,
        identityRevision: e.revision,
        idClaim: e.data.idClaim,
      };
    }
    case 'ContactChanged':
      return { ...s, contact: e.data.contact, contactSaid: e.commandDigest, lastChangeAt: later(s.lastChangeAt, e.effectiveAt) };
    case 'GuardianLinked':
      return {
        ...s,
        guardians: { ...s.guardians, [e.data.guardianId]: e.data.guardian },
        guardiansSaid: { ...s.guardiansSaid, [e.data.guardianId]: e.commandDigest },
        lastChangeAt: later(s.lastChangeAt, e.effectiveAt),
      };
    case 'GuardianUnlinked':
      return {
        ...s,
        guardians: without(s.guardians, e.data.guardianId),
        guardiansSaid: without(s.guardiansSaid, e.data.guardianId),
        lastChangeAt: later(s.lastChangeAt, e.effectiveAt),
      };
    case 'LearnerAnnulled':
      return { ...s, annulled: true, lastChangeAt: later(s.lastChangeAt, e.effectiveAt) };
    case 'HoldPlaced':
      return {
        ...s,
        holds: { ...s.holds, [e.data.holdId]: { kind: e.data.kind, placedAt: e.effectiveAt } },
        lastChangeAt: later(s.lastChangeAt, e.effectiveAt),
      };
    case 'HoldLifted':
      return { ...s, holds: without(s.holds, e.data.holdId), lastChangeAt: later(s.lastChangeAt, e.effectiveAt) };
    case 'PersonalDataErased': {
      const identityGone = e.data.purposes.includes('identity');
      return {
        ...s,
        erased: [...new Set([...s.erased, ...e.data.purposes])],
        idClaim: identityGone ? null : s.idClaim,
        lastChangeAt: later(s.lastChangeAt, e.effectiveAt),
      };
    }
    case 'EnrollmentOpened': {
      const { enrollmentId, programId, entryDate, commandId } = e.data;
      const before = s.enrollments[enrollmentId];
      const slot = {
        programId,
        entryDate,
        from: before?.from ?? e.effectiveAt,
        to: null,
        takers: [...(before?.takers ?? []), commandId],
      };
      return { ...s, enrollments: { ...s.enrollments, [enrollmentId]: slot } };
    }
    case 'EnrollmentClosing': {
      const { enrollmentId, commandId } = e.data;
      return { ...s, closing: { ...s.closing, [enrollmentId]: [...(s.closing[enrollmentId] ?? []), commandId] } };
    }
    case 'EnrollmentClosingDropped':
      return { ...s, closing: without(s.closing, e.data.enrollmentId) };
    case 'EnrollmentClosed': {
      const slot = s.enrollments[e.data.enrollmentId];
      // What never took effect occupies no time: it must not overlap the next attempt.
      if (e.data.status === 'abandoned' || e.data.status === 'annulled') {
        return {
          ...s,
          enrollments: without(s.enrollments, e.data.enrollmentId),
          closing: without(s.closing, e.data.enrollmentId),
        };
      }
      // One of before closes in the append that opened it, so its taker stays: she may yet crash before the enrollment is written.
      const takers = slot?.takers.includes(e.commandId) ? slot.takers : [];
      const enrollments = slot
        ? { ...s.enrollments, [e.data.enrollmentId]: { ...slot, to: slot.to ?? e.effectiveAt, takers } }
        : s.enrollments;
      // Whoever announced a graduation stays announced until it is written or dropped: a completion, say, closes the gate meanwhile.
      const closing = e.data.status === 'graduated' ? without(s.closing, e.data.enrollmentId) : s.closing;
      return { ...s, enrollments, closing };
    }
    case 'PeriodHeld': {
      const { holder, from, to, commandId } = e.data;
      const held = s.periods[holder];
      // Whoever takes other days while another taker is under way may not take that one's away: all are held until one is dropped.
      const all = {
        from: held && held.from < from ? held.from : from,
        to: held && held.to > to ? held.to : to,
        takers: [...(held?.takers ?? []), commandId],
      };
      return {
        ...s,
        periods: { ...s.periods, [holder]: all },
        pastPeriods: without(s.pastPeriods, holder),
      };
    }
    case 'PeriodReleased': {
      const { holder, until } = e.data;
      const from = s.periods[holder]?.from;
      const pastPeriods = until && from && from < until ? { ...s.pastPeriods, [holder]: { from, until } } : s.pastPeriods;
      return { ...s, periods: without(s.periods, holder), pastPeriods };
    }
    case 'ApprovalRequested':
    case 'ApprovalGranted':
    case 'ApprovalRefused':
    case 'ApprovalStale':
      return { ...s, approvals: evolveApprovals(s.approvals, e) };
    default:
      return e satisfies never;
  }
}

export const learnerFact = (learnerId: string): Source<Learner> =>
  source(learnerStream(learnerId), { initial: initialLearner, evolve: evolveLearner });
