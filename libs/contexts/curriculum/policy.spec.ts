import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { defaultApprenticeshipPolicy, defaultAssessmentPolicy, defaultPolicy } from '../../facts/reference.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { curriculumCommands } from './commands.ts';
import { planCurriculum } from './curriculum.ts';
import { policy } from './policy.ts';

const policies = examples(policy, {});
const enrollment = { type: 'AdoptEnrollmentPolicy', ...defaultPolicy } as const;
const apprenticeship = { type: 'AdoptApprenticeshipPolicy', ...defaultApprenticeshipPolicy } as const;
const assessment = { type: 'AdoptAssessmentPolicy', ...defaultAssessmentPolicy } as const;

describe('policies', () => {
  it('are adopted one by one, and adopted anew where they changed', () => {
    policies
      .given()
      .when(enrollment)
      .gives({ type: 'EnrollmentPolicyAdopted', data: defaultPolicy })
      .when(apprenticeship)
      .gives({ type: 'ApprenticeshipPolicyAdopted', data: defaultApprenticeshipPolicy })
      .when(assessment)
      .gives({ type: 'AssessmentPolicyAdopted', data: defaultAssessmentPolicy })
      .when({ ...enrollment, recheckMonths: 2 })
      .gives({ type: 'EnrollmentPolicyAdopted', data: { ...defaultPolicy, recheckMonths: 2 } })
      .when(assessment)
      .givesNothing();
    expect([enrollment, apprenticeship, assessment].map((adopt) => planCurriculum(adopt, 'college').own.stream)).toEqual(
      Array(3).fill('policy-college'),
    );
  });

  it.each([
    ['apprentices of age before they may start', { minimumAge: 19 }, ['minimumAge', 'adultAge']],
    ['contracts without a section', { sections: [] }, ['sections']],
    ['a section twice', { sections: ['pay', 'pay'] }, ['sections']],
  ])('refuses %s', (_, said, fields) => {
    policies
      .given()
      .when({ ...apprenticeship, ...said })
      .refuses('POLICY_CONTRADICTS_ITSELF', { fields });
  });

  it('refuses an average in which a better grade counts for less', () => {
    const { average } = defaultAssessmentPolicy;
    policies
      .given()
      .when({ ...assessment, average: { ...average, gradeScores: { ...average.gradeScores, good: 7000 } } })
      .refuses('POLICY_CONTRADICTS_ITSELF', { fields: ['average.gradeScores'] });
    policies
      .given()
      .when({ ...assessment, average: { ...average, rounding: { mode: 'down', unit: 30 } } })
      .refuses('POLICY_CONTRADICTS_ITSELF', { fields: ['average.rounding'] });
  });
});

it('the command table says what was seen', () => {
  const { AdoptEnrollmentPolicy, AdoptApprenticeshipPolicy, AdoptAssessmentPolicy } = curriculumCommands;
  expectTable({ AdoptEnrollmentPolicy, AdoptApprenticeshipPolicy, AdoptAssessmentPolicy }, policies.seen, [], commonRefusals);
});
