import { describe, expect, it } from '@jest/globals';
import {
  accepted,
  actors,
  assessed,
  days,
  offered,
  openingOf,
  post,
  screened,
  student,
  submitted,
  withdrawn,
} from '../../../test/support/apprentices.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { past } from '../../../test/support/past.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { selectionCommands } from './commands.ts';
import { selection, selectionIdOf, selectionStream, type SelectionCommand, type SelectionFacts } from './selection.ts';

const facts: SelectionFacts = { opening: openingOf(), enrollment: student };
const { given, seen } = examples(selection, facts, selectionStream('s1'));

const apply = {
  type: 'SubmitApplication',
  openingId: 'opening',
  learnerId: 'chen',
  enrollmentId: 'e1',
  statement: '愿意',
} as const;
const offer = { type: 'MakeOffer', ...days, post, expiresAt: '2026-03-20T15:59:59.999Z' } as const;
const after = { declined: [...offered, past('2026-01-20', { type: 'OfferDeclined', data: {} } as const)] };

describe('applying', () => {
  it('needs an opening that takes applications', () => {
    const { type: _type, ...said } = apply;
    given()
      .when(apply)
      .gives({ type: 'ApplicationSubmitted', data: { ...said, organizationId: 'jiangnan' } });
    given()
      .when(apply, { facts: { opening: { ...openingOf(), published: null } } })
      .refuses('OPENING_UNKNOWN');
    given()
      .when(apply, { facts: { opening: openingOf(past('2026-02-01', { type: 'OpeningClosed', data: {} })) } })
      .refuses('OPENING_CLOSED');
  });

  it('is in time today, whatever day it is stated for', () => {
    given().when(apply, { now: '2026-03-31' }).accepted();
    given().when(apply, { now: '2026-04-01', on: '2026-03-01' }).refuses('OPENING_CLOSED', { closesOn: '2026-03-31' });
  });

  it('enrollment comes before recruitment: hers, registered, and in a program of the opening', () => {
    given()
      .when(apply, { facts: { enrollment: withdrawn } })
      .refuses('ENROLLMENT_NOT_ACTIVE', { status: 'withdrawn' });
    given()
      .when({ ...apply, learnerId: 'wang' })
      .refuses('ENROLLMENT_UNKNOWN');
    const other = { ...student, admission: { ...student.admission!, programId: 'nursing' } };
    given()
      .when(apply, { facts: { enrollment: other } })
      .refuses('OPENING_OF_OTHER_PROGRAMS', { program: 'nursing' });
  });

  it('is done once for an opening: the two are its key', () => {
    given(...offered)
      .when(apply)
      .givesNothing();
    given(...after.declined)
      .when(apply)
      .refuses('APPLICATION_OVER', { status: 'declined' });
    const ids = [
      selectionIdOf('a', 'o', 'l'),
      selectionIdOf('b', 'o', 'l'),
      selectionIdOf('a', 'o', 'm'),
      selectionIdOf('a', 'p', 'l'),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

describe('until an offer', () => {
  it('an application is screened, then assessed by each side; its last word counts', () => {
    given(...submitted)
      .when({ type: 'ScreenApplication' })
      .gives({ type: 'ApplicationScreened', data: {} });
    given(...offered)
      .when({ type: 'ScreenApplication' })
      .refuses('APPLICATION_NOT_SUBMITTED', { status: 'offered' });
    const assess = { type: 'AssessApplicant', by: 'school', score: 7000, recommended: false } as const;
    given(...submitted)
      .when(assess)
      .refuses('APPLICATION_NOT_SCREENED', { status: 'submitted' });
    const twice = given(...screened)
      .when(assess, { as: actors.teacher })
      .gives({ type: 'ApplicantAssessed', data: { by: 'school', score: 7000, recommended: false } })
      .when({ ...assess, recommended: true })
      .accepted();
    expect(twice.state.assessed.school).toMatchObject({ score: 7000, recommended: true });
    given(...screened)
      .when({ ...assess, by: 'enterprise' }, { as: actors.enterprise })
      .accepted();
  });

  it('nobody assesses or rejects for the other side', () => {
    const assess = { type: 'AssessApplicant', by: 'school', score: null, recommended: true } as const;
    given(...screened)
      .when(assess, { as: actors.enterprise })
      .refuses('PARTY_NOT_YOURS', { party: 'school' });
    given(...screened)
      .when({ ...assess, by: 'enterprise' }, { as: actors.teacher })
      .refuses('PARTY_NOT_YOURS');
    given(...screened)
      .when({ type: 'RejectApplication', by: 'school' }, { as: actors.enterprise })
      .refuses('PARTY_NOT_YOURS');
  });

  it('no offer before both sides assessed', () => {
    given(...screened)
      .when(offer)
      .refuses('ASSESSMENT_MISSING', { sides: ['school', 'enterprise'] });
    given(...assessed.slice(0, 3))
      .when(offer)
      .refuses('ASSESSMENT_MISSING', { sides: ['enterprise'] });
    const { type: _type, ...said } = offer;
    given(...assessed)
      .when(offer)
      .gives({ type: 'OfferMade', data: said });
    given(...submitted)
      .when(offer)
      .refuses('APPLICATION_NOT_SCREENED');
  });

  it('an offer lies within the opening, and expires in the future', () => {
    given(...assessed)
      .when({ ...offer, from: '2026-03-01' })
      .refuses('DATES_OUTSIDE', days);
    given(...assessed)
      .when({ ...offer, to: '2027-01-01' })
      .refuses('DATES_OUTSIDE', days);
    given(...assessed)
      .when({ ...offer, from: '2026-12-31', to: '2026-12-30' })
      .refuses('DATES_OUT_OF_ORDER');
    given(...assessed)
      .when({ ...offer, expiresAt: '2026-03-10T02:00:00.000Z' })
      .refuses('EXPIRY_PASSED');
  });
});

describe('an offer', () => {
  it('is accepted in time, whether or not anybody recorded that it expired', () => {
    given(...offered)
      .when({ type: 'AcceptOffer' })
      .gives({ type: 'OfferAccepted', data: {} });
    given(...offered)
      .when({ type: 'AcceptOffer' }, { now: '2026-03-20T15:59:59.998Z' })
      .accepted();
    given(...offered)
      .when({ type: 'AcceptOffer' }, { now: '2026-03-20T15:59:59.999Z', on: '2026-03-01' })
      .refuses('OFFER_EXPIRED', { expiresAt: '2026-03-20T15:59:59.999Z' });
  });

  it('is not accepted by who is no student any more', () => {
    given(...offered)
      .when({ type: 'AcceptOffer' }, { facts: { enrollment: withdrawn } })
      .refuses('ENROLLMENT_NOT_ACTIVE', { status: 'withdrawn' });
    given(...offered)
      .when({ type: 'AcceptOffer' }, { facts: { enrollment: { ...student, admission: null } } })
      .refuses('ENROLLMENT_UNKNOWN');
  });

  it('is declined, or expires', () => {
    given(...offered)
      .when({ type: 'DeclineOffer' })
      .gives({ type: 'OfferDeclined', data: {} });
    given(...offered)
      .when({ type: 'ExpireOffer' })
      .refuses('OFFER_NOT_EXPIRED');
    given(...offered)
      .when({ type: 'ExpireOffer' }, { now: '2026-03-21' })
      .gives({ type: 'OfferExpired', data: {} });
  });

  it.each(['AcceptOffer', 'DeclineOffer', 'ExpireOffer'] as const)('%s needs one that waits', (type) => {
    given(...assessed)
      .when({ type })
      .refuses('OFFER_NOT_OPEN', { status: 'screened' });
    given(...offered, past('2026-01-20', { type: 'ApplicationWithdrawn', data: {} }))
      .when({ type })
      .refuses('OFFER_NOT_OPEN', { status: 'withdrawn' });
  });
});

describe('the end', () => {
  const open = { submitted, screened, offered, accepted };
  it.each(Object.entries(open))('%s can be rejected by a side, or withdrawn', (_, history) => {
    given(...history)
      .when({ type: 'RejectApplication', by: 'enterprise' }, { as: actors.enterprise })
      .gives({ type: 'ApplicationRejected', data: { by: 'enterprise' } });
    given(...history)
      .when({ type: 'WithdrawApplication' })
      .gives({ type: 'ApplicationWithdrawn', data: {} });
  });

  it('comes once', () => {
    given(...after.declined)
      .when({ type: 'WithdrawApplication' })
      .refuses('APPLICATION_OVER', { status: 'declined' });
    given(...after.declined)
      .when({ type: 'RejectApplication', by: 'school' })
      .refuses('APPLICATION_OVER');
  });
});

const steps: readonly (readonly [SelectionCommand, typeof submitted])[] = [
  [{ type: 'ScreenApplication' }, submitted],
  [{ type: 'AssessApplicant', by: 'school', score: null, recommended: true }, screened],
  [offer, assessed],
  [{ type: 'AcceptOffer' }, offered],
  [{ type: 'DeclineOffer' }, offered],
  [{ type: 'ExpireOffer' }, offered],
  [{ type: 'RejectApplication', by: 'school' }, submitted],
  [{ type: 'WithdrawApplication' }, submitted],
];

it.each(steps)('%j is about an application that there is, and not before its last change', (command, history) => {
  given().when(command).refuses('NOT_FOUND');
  given(...history)
    .when(command, { on: '2026-01-01' })
    .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
});

it('the command table says what was seen', () => {
  expectTable(selectionCommands, seen, ['LEARNER_ERASED', 'PERIODS_OVERLAP', 'LEARNER_ANNULLED', 'OFFER_USED'], commonRefusals);
});
