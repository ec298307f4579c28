import type { ApprenticeshipPolicy, AssessmentPolicy, EnrollmentPolicy, PolicyEvent } from '../../events/catalog/curriculum.ts';
import type { Decider, Decision, Recorded } from '../../kernel/decider.ts';
import { refuse } from '../../kernel/refusal.ts';
import { sameContent } from '../../kernel/same.ts';

/** What differs between colleges, as data. Until one is adopted the default of facts/reference.ts is in force. */
export const policyStream = (institutionId: string): string => `policy-${institutionId}`;

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type PolicyCommand =
  | ({ readonly type: 'AdoptEnrollmentPolicy' } & EnrollmentPolicy)
  | ({ readonly type: 'AdoptApprenticeshipPolicy' } & ApprenticeshipPolicy)
  | ({ readonly type: 'AdoptAssessmentPolicy' } & AssessmentPolicy);

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The last one adopted of each kind. */
export interface Policies {
  readonly enrollment: EnrollmentPolicy | null;
  readonly apprenticeship: ApprenticeshipPolicy | null;
  readonly assessment: AssessmentPolicy | null;
}

const initial: Policies = { enrollment: null, apprenticeship: null, assessment: null };

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function evolve(s: Policies, e: Recorded<PolicyEvent>): Policies {
  switch (e.type) {
    case 'EnrollmentPolicyAdopted':
      return { ...s, enrollment: e.data };
    case 'ApprenticeshipPolicyAdopted':
      return { ...s, apprenticeship: e.data };
    case 'AssessmentPolicyAdopted':
      return { ...s, assessment: e.data };
    default:
      return e satisfies never;
  }
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Fields that cannot stand beside each other: contracts would have nothing to confirm, or a minor would be of age before she may start. */
function contradictions({ minimumAge, adultAge, sections }: ApprenticeshipPolicy): readonly string[] {
  return [
    ...(minimumAge > adultAge ? ['minimumAge', 'adultAge'] : []),
    ...(sections.length === 0 || new Set(sections).size < sections.length ? ['sections'] : []),
  ];
}

/** A better grade never counts for less. */
function misgraded({ average: { gradeScores, rounding } }: AssessmentPolicy): readonly string[] {
  const { excellent, good, medium, pass, fail } = gradeScores;
  const descends = excellent > good && good > medium && medium > pass && pass > fail;
  return [...(descends ? [] : ['average.gradeScores']), ...(10_000 % rounding.unit === 0 ? [] : ['average.rounding'])];
}

const unlessSame = <E extends PolicyEvent>(inForce: E['data'] | null, event: E): Decision<PolicyEvent> =>
  sameContent(inForce, event.data) ? [] : [event];

function decide(s: Policies, c: PolicyCommand): Decision<PolicyEvent> {
  switch (c.type) {
    case 'AdoptEnrollmentPolicy': {
      const { type: _type, ...data } = c;
      return unlessSame(s.enrollment, { type: 'EnrollmentPolicyAdopted', data });
    }
    case 'AdoptApprenticeshipPolicy': {
      const { type: _type, ...data } = c;
      const fields = contradictions(data);
      if (fields.length > 0) return refuse('POLICY_CONTRADICTS_ITSELF', { fields });
      return unlessSame(s.apprenticeship, { type: 'ApprenticeshipPolicyAdopted', data });
    }
    case 'AdoptAssessmentPolicy': {
      const { type: _type, ...data } = c;
      const fields = misgraded(data);
      if (fields.length > 0) return refuse('POLICY_CONTRADICTS_ITSELF', { fields });
      return unlessSame(s.assessment, { type: 'AssessmentPolicyAdopted', data });
    }
    default:
      return c satisfies never;
  }
}

export const policy: Decider<Policies, PolicyCommand, PolicyEvent> = { initial, evolve, decide };
