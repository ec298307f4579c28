import type { ContractTerms, Span } from '../../events/catalog/apprenticeship.ts';
import { contractFact, isOpenContract, mentorOf } from '../../facts/contract.ts';
import { courseFact, courseStream, planFact } from '../../facts/curriculum.ts';
import { enrollmentFact, enrollmentStream } from '../../facts/enrollment.ts';
import { openingFact } from '../../facts/opening.ts';
import { organizationFact } from '../../facts/organization.ts';
import { placementFact } from '../../facts/placement.ts';
import { apprenticeshipPolicyFact, programFact } from '../../facts/reference.ts';
import { selectionFact, selectionStream } from '../../facts/selection.ts';
import { teacherFact } from '../../facts/teacher.ts';
import type { Claims } from '../../kernel/claim.ts';
import { leg, type Plan, type Source, type Take } from '../../kernel/plan.ts';
import { entry } from '../../kernel/same.ts';
import { isLastConsent } from './amendments.ts';
import { contract, contractStream, type Contract, type ContractCommand } from './contract.ts';
import { contractPeriod, offerClaim, selectionPeriod } from './gates.ts';
import { opening, openingStream, type Opening, type OpeningCommand } from './opening.ts';
import { placement, placementStream, type Placement, type PlacementCommand } from './placement.ts';
import { selection, type Selection, type SelectionCommand } from './selection.ts';

/** How each command walks through its streams: which gates it takes first, and which it lets go afterwards. */
export interface PlanContext {
  readonly institutionId: string;
  readonly claims: Claims;
}

type Facts = Readonly<Record<string, Source>>;

// ── opening ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const planOpening = (openingId: string, command: OpeningCommand): Plan<Opening> => ({
  own: leg(openingStream(openingId), opening, command),
  subjectId: () => null,
  facts: (): Facts => {
    if (command.type !== 'PublishOpening') return {};
    const programs = command.opening.programIds.map((id) => [`program-${id}`, programFact(id) as Source] as const);
    return { organization: organizationFact(command.opening.organizationId), ...Object.fromEntries(programs) };
  },
});

// ── selection ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function planSelection(selectionId: string, command: SelectionCommand, { claims }: PlanContext): Plan<Selection> {
  const stream = selectionStream(selectionId);
  return {
    own: leg(stream, selection, command),
    subjectId: (own) => (command.type === 'SubmitApplication' ? command.learnerId : own.learnerId),
    facts: (own): Facts => {
      switch (command.type) {
        case 'SubmitApplication':
          return { opening: openingFact(command.openingId), enrollment: enrollmentFact(command.enrollmentId) };
        case 'MakeOffer':
          return { opening: openingFact(own.openingId) };
        case 'AcceptOffer':
          return { enrollment: enrollmentFact(own.enrollmentId) };
        default:
          return {};
      }
    },
    takes: (own): readonly Take[] => {
      if (command.type === 'AcceptOffer') return own.offer ? [selectionPeriod(own.learnerId, selectionId, own.offer)] : [];
      const ends = command.type === 'RejectApplication' || command.type === 'WithdrawApplication';
      const used = own.status === 'accepted' || own.status === 'rejected' || own.status === 'withdrawn';
      return ends && used && own.offer ? [offerClaim(claims.streamOf('offer', selectionId), stream)] : [];
    },
    releases: (own) =>
      own.offer && (own.status === 'rejected' || own.status === 'withdrawn')
        ? [selectionPeriod(own.learnerId, selectionId, own.offer)]
        : [],
  };
}

// ── contract ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const sameDays = (a: Span | null, b: Span): boolean => a?.from === b.from && a.to === b.to;

/** What terms name: the policy that asks for sections, the training program and the courses. */
const namedBy = ({ plan }: ContractTerms, institutionId: string): Facts => ({
  policy: apprenticeshipPolicyFact(institutionId),
  program: programFact(plan.programId),
  plans: planFact(plan.programId),
  ...Object.fromEntries(plan.courseIds.map((id) => [courseStream(id), courseFact(id)])),
});

const mentorsOf = (own: Contract): Facts => {
  const [school, enterprise] = [mentorOf(own, 'school'), mentorOf(own, 'enterprise')];
  return {
    ...(school === null ? {} : { school: teacherFact(school) }),
    ...(enterprise === null ? {} : { enterprise: teacherFact(enterprise) }),
  };
};

function contractFacts(own: Contract, command: ContractCommand, institutionId: string): Facts {
  switch (command.type) {
    case 'DraftContract':
      return {
        selection: selectionFact(command.selectionId),
        enrollment: enrollmentFact(command.of.enrollmentId),
        ...(command.continuationOf === null ? {} : { before: contractFact(command.continuationOf) }),
        ...namedBy(command.terms, institutionId),
      };
    case 'ImportContract':
      return {
        enrollment: enrollmentFact(command.contract.enrollmentId),
        organization: organizationFact(command.contract.organizationId),
      };
    case 'ReviseTerms':
      return {
        ...(own.selectionId === null ? {} : { selection: selectionFact(own.selectionId) }),
        ...namedBy(command.terms, institutionId),
      };
    case 'ProposeAmendment':
      return namedBy(command.terms, institutionId);
    case 'AssignMentor':
    case 'ReplaceMentor':
      return { teacher: teacherFact(command.teacherId), policy: apprenticeshipPolicyFact(institutionId) };
    case 'StartContract':
      return {
        policy: apprenticeshipPolicyFact(institutionId),
        ...(own.of ? { enrollment: enrollmentFact(own.of.enrollmentId) } : {}),
        ...mentorsOf(own),
      };
    case 'ConfirmTrainingLog':
      return mentorsOf(own);
    default:
      return {};
  }
}

export function planContract(
  contractId: string,
  command: ContractCommand,
  { institutionId, claims }: PlanContext,
): Plan<Contract> {
  const stream = contractStream(contractId);
  const hers = (own: Contract, days: Span): readonly Take[] =>
    own.of ? [contractPeriod(own.of.learnerId, contractId, days, own.selectionId)] : [];

  /** The days that a consent brings: the last one alone, and for whoever finds it settled by somebody else what she may have taken. */
  const consented = (own: Contract, c: Extract<ContractCommand, { type: 'ConsentAmendment' }>): readonly Take[] => {
    const amendment = entry(own.amendments, c.amendmentId);
    if (!amendment) return [];
    const settled = amendment.outcome !== 'pending';
    const brings = isLastConsent(amendment, c.party) && !sameDays(own.terms, amendment.terms);
    return settled || brings ? hers(own, amendment.terms) : [];
  };

  return {
    own: leg(stream, contract, command),
    subjectId: (own) => {
      if (command.type === 'DraftContract') return command.of.learnerId;
      return command.type === 'ImportContract' ? command.contract.learnerId : (own.of?.learnerId ?? null);
    },
    facts: (own) => contractFacts(own, command, institutionId),
    takes: (own) => {
      switch (command.type) {
        case 'DraftContract': {
          const { of, selectionId, terms } = command;
          return [
            offerClaim(claims.streamOf('offer', selectionId), stream),
            contractPeriod(of.learnerId, contractId, terms, selectionId),
          ];
        }
        case 'ImportContract': {
          const { learnerId, status } = command.contract;
          return status === 'live' ? [contractPeriod(learnerId, contractId, command.contract, null)] : [];
        }
        case 'ReviseTerms':
          return sameDays(own.terms, command.terms) ? [] : hers(own, command.terms);
        case 'ConsentAmendment':
          return consented(own, command);
        case 'GrantApproval':
          return own.terms && entry(own.approvals, command.requestId) ? hers(own, own.terms) : [];
        default:
          return [];
      }
    },
    releases: (own) => {
      const moved = command.type === 'ReviseTerms' || command.type === 'ConsentAmendment';
      return own.terms && (moved || !isOpenContract(own)) ? hers(own, own.terms) : [];
    },
  };
}

// ── placement ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const planPlacement = (placementId: string, command: PlacementCommand): Plan<Placement> => ({
  own: leg(placementStream(placementId), placement, command),
  subjectId: () => null,
  facts: (): Facts => {
    switch (command.type) {
      case 'StartBatch': {
        const { organizationId, follows, members } = command.batch;
        const enrollments = members.map((id) => [enrollmentStream(id), enrollmentFact(id) as Source] as const);
        return {
          organization: organizationFact(organizationId),
          ...(follows === null ? {} : { other: placementFact(follows) }),
          ...Object.fromEntries(enrollments),
        };
      }
      case 'GiveHandover':
        return { other: placementFact(command.to) };
      case 'AcknowledgeHandover':
        return { other: placementFact(command.other) };
      case 'EndBatch':
        return {};
      default:
        return command satisfies never;
    }
  },
});
