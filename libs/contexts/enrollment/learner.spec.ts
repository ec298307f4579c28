import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { day, digestOf, past, recordedOf } from '../../../test/support/past.ts';
import { closed, contact, facts, identified, identity, opened, registered, source } from '../../../test/support/histories.ts';
import { foldEnrollment } from '../../facts/enrollment.ts';
import { asOf } from '../../kernel/as-of.ts';
import { effective } from '../../kernel/decider.ts';
import { effectOf } from '../../events/events.ts';
import type { Identity } from '../../kernel/personal.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { learnerCommands } from './commands.ts';
import { learner, learnerStream, type LearnerCommand, type LearnerFacts } from './learner.ts';

const ordinary: LearnerFacts = { policy: facts.policy };
const { given, seen } = examples(learner, ordinary, learnerStream('chen'));

const corrected: Identity = { ...identity, name: '陈晓晓', idNumber: '110101200703141235' };
const identify = { type: 'IdentifyLearner', identity, contact, idClaim: 'claim-old', source: null } as const;
const changeContact = { type: 'ChangeContact', contact: { phone: '13900000000' } } as const;
const mother = { name: '王芳', relation: 'mother', phone: '13700000000' };
const linkGuardian = { type: 'LinkGuardian', guardianId: 'wang', guardian: mother } as const;
const unlinkGuardian = { type: 'UnlinkGuardian', guardianId: 'wang' } as const;
const placeHold = { type: 'PlaceHold', holdId: 'h1', kind: 'discipline' } as const;
const liftHold = { type: 'LiftHold', holdId: 'h1' } as const;
const correct = {
  type: 'RequestIdentityCorrection',
  requestId: 'q1',
  old: identity,
  new: corrected,
  idClaim: 'claim-new',
  evidence: ['户口簿'],
} as const;
const erase = {
  type: 'RequestErasure',
  requestId: 'q1',
  purposes: ['identity', 'contact'],
  legalBasis: 'PIPL-47',
  evidence: [],
} as const;
const openEnrollment = { type: 'OpenEnrollment', enrollmentId: 'e1', programId: 'ecommerce', entryDate: '2025-09-01' } as const;

const annulled = past('2025-09-05', { type: 'LearnerAnnulled', data: {} } as const);
const erased = (...purposes: ('identity' | 'contact')[]) =>
  past('2025-09-05', { type: 'PersonalDataErased', data: { requestId: 'q0', purposes, legalBasis: 'PIPL-47' } } as const);
const linked = past('2025-09-02', { type: 'GuardianLinked', data: { guardianId: 'wang', guardian: mother } } as const);
const held = past('2025-09-02', { type: 'HoldPlaced', data: { holdId: 'h1', kind: 'discipline' } } as const);

describe('who she is', () => {
  it('is said once', () => {
    const { state } = given()
      .when(identify)
      .gives({ type: 'LearnerIdentified', data: { identity, contact, idClaim: 'claim-old', source: null } });
    expect(state).toMatchObject({ known: true, idClaim: 'claim-old' });
    given(...identified())
      .when({ ...identify, identity: corrected })
      .givesNothing();
    given().when(identify, { on: '2026-03-11' }).refuses('EFFECTIVE_IN_FUTURE');
  });

  it('changes contacts, and saying the same again is no event though both are sealed', () => {
    const changed = given(...identified())
      .when(changeContact)
      .gives({ type: 'ContactChanged', data: { contact: { phone: '13900000000' } } });
    changed
      .when({ type: 'ChangeContact', contact })
      .gives({ type: 'ContactChanged', data: { contact } })
      .when(changeContact)
      .accepted();
  });

  it('links a guardian, changes and unlinks her', () => {
    const known = given(...identified())
      .when(linkGuardian)
      .gives({ type: 'GuardianLinked', data: { guardianId: 'wang', guardian: mother } });
    const other = { ...mother, phone: '13600000000' };
    const changed = known
      .when({ ...linkGuardian, guardian: other })
      .gives({ type: 'GuardianLinked', data: { guardianId: 'wang', guardian: other } });
    changed
      .when(unlinkGuardian)
      .gives({ type: 'GuardianUnlinked', data: { guardianId: 'wang' } })
      .when(linkGuardian)
      .accepted();
    given(...identified())
      .when(unlinkGuardian)
      .refuses('GUARDIAN_NOT_LINKED');
    given(...identified())
      .when({ type: 'UnlinkGuardian', guardianId: 'constructor' })
      .refuses('GUARDIAN_NOT_LINKED');
  });

  it('holds are placed and lifted', () => {
    given(...identified())
      .when(placeHold)
      .gives({ type: 'HoldPlaced', data: { holdId: 'h1', kind: 'discipline' } })
      .when(liftHold)
      .gives({ type: 'HoldLifted', data: { holdId: 'h1' } })
      .when(liftHold)
      .refuses('HOLD_NOT_PLACED', { holdId: 'h1' });
    given(...identified())
      .when({ ...placeHold, holdId: 'constructor' })
      .gives({ type: 'HoldPlaced', data: { holdId: 'constructor', kind: 'discipline' } });
  });

  it('is annulled while no enrollment rests on it', () => {
    given(...identified())
      .when({ type: 'AnnulLearner' })
      .gives({ type: 'LearnerAnnulled', data: {} });
    given(...identified(), opened())
      .when({ type: 'AnnulLearner' })
      .refuses('LEARNER_HAS_ENROLLMENTS', { enrollments: ['e1'] });
    given(...identified(), opened(), closed('e1', 'annulled'))
      .when({ type: 'AnnulLearner' })
      .accepted();
    given(...identified())
      .when({ type: 'AnnulLearner' }, { on: '2025-07-31' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });
});

const aboutHer: readonly LearnerCommand[] = [changeContact, linkGuardian, unlinkGuardian, placeHold, liftHold, correct];

describe('nothing is said', () => {
  it.each([...aboutHer, erase, { type: 'AnnulLearner' } as const])('about somebody unknown: $type', (command) => {
    given().when(command).refuses('NOT_FOUND');
  });

  it.each(aboutHer)('about an annulled learner: $type', (command) => {
    given(...identified(), linked, held, annulled)
      .when(command.type === 'PlaceHold' ? { ...command, holdId: 'h2' } : command)
      .refuses('LEARNER_ANNULLED');
  });

  it.each([...aboutHer, erase])('in the future or before the last word: $type', (command) => {
    const known = given(...identified(), linked, { ...held, at: '2025-10-01' });
    const lift = command.type === 'PlaceHold' ? { ...command, holdId: 'h2' } : command;
    known.when(lift, { on: '2026-03-11' }).refuses('EFFECTIVE_IN_FUTURE');
    known.when(lift, { on: '2025-09-30' }).refuses('EFFECTIVE_BEFORE_LAST_CHANGE', { lastChangeAt: day('2025-10-01') });
  });

  it('that would be sealed under a key which is to be shredded', () => {
    given(...identified(), erased('contact'))
      .when(changeContact)
      .refuses('LEARNER_ERASED');
    given(...identified(), erased('contact'))
      .when(linkGuardian)
      .refuses('LEARNER_ERASED');
    given(...identified(), erased('identity'))
      .when(correct)
      .refuses('LEARNER_ERASED');
    given(...identified(), erased('identity'))
      .when(changeContact)
      .accepted();
  });
});

describe('correcting an identity', () => {
  const requested = given(...identified())
    .when(correct)
    .gives({
      type: 'ApprovalRequested',
      data: {
        requestId: 'q1',
        act: 'CorrectIdentity',
        against: 'identity@0',
        target: '0',
        targetEffectiveAt: day('2025-08-01'),
        proposal: { idClaim: 'claim-new', oldIdClaim: 'claim-old' },
        personal: { old: identity, new: corrected },
        evidence: ['户口簿'],
      },
    });
  const grant = {
    type: 'GrantApproval',
    requestId: 'q1',
    digest: digestOf(correct),
    opened: { old: identity, new: corrected },
  } as const;

  it('takes a second person, who saw the same words', () => {
    requested.when(grant, { by: 'zhao' }).refuses('SAME_PERSON');
    requested.when({ ...grant, digest: 'other' }, { by: 'qian' }).refuses('REQUEST_DIGEST_DIFFERS');
    requested.when({ ...grant, requestId: 'q9' }, { by: 'qian' }).refuses('REQUEST_UNKNOWN');
    requested.when(grant, { by: 'qian', on: '2026-03-11' }).refuses('EFFECTIVE_IN_FUTURE');
    given().when(grant).refuses('NOT_FOUND');

    const { state, history } = requested.when(grant, { by: 'qian' }).gives(
      { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } },
      effective(day('2025-08-01'), {
        type: 'IdentityCorrected',
        data: { requestId: 'q1', target: '0', change: { old: identity, new: corrected }, idClaim: 'claim-new' },
      }),
    );
    expect(state).toMatchObject({ identity: corrected, idClaim: 'claim-new', identifiedAt: day('2025-08-01') });

    const believed = asOf(history, effectOf, { recordedAsOf: day('2025-12-01') });
    expect(believed[0]?.data).toMatchObject({ identity });
    const true_ = asOf(history, effectOf, { effectiveAsOf: day('2025-12-01') });
    expect(true_[0]?.data).toMatchObject({ identity: corrected });
  });

  it('needs a difference, whatever the order of fields', () => {
    const { name, ...rest } = identity;
    given(...identified())
      .when({ ...correct, new: { ...rest, name } })
      .refuses('NOTHING_TO_CORRECT');
  });

  it('is asked for once, settled once', () => {
    requested
      .when({ ...correct, requestId: 'q2', new: { ...corrected, name: '陈笑' } })
      .refuses('REQUEST_PENDING', { requestId: 'q1' });
    const refused = requested
      .when({ type: 'RefuseApproval', requestId: 'q1' }, { by: 'zhao' })
      .gives({ type: 'ApprovalRefused', data: { requestId: 'q1' } });
    refused.when(grant, { by: 'qian' }).refuses('REQUEST_SETTLED', { outcome: 'refused' });
    requested.when({ type: 'RefuseApproval', requestId: 'q9' }).refuses('REQUEST_UNKNOWN');
    requested.when(grant, { by: 'qian' }).accepted().when({ type: 'RefuseApproval', requestId: 'q1' }).refuses('REQUEST_SETTLED');
  });

  it('is stale once another correction came first', () => {
    const first = past('2025-08-01', {
      type: 'IdentityCorrected',
      data: { requestId: 'q0', target: '0', change: { old: identity, new: { ...identity, name: '陈曉' } }, idClaim: 'claim-old' },
    } as const);
    const ask = past(
      '2026-01-01',
      {
        type: 'ApprovalRequested',
        data: {
          requestId: 'q1',
          act: 'CorrectIdentity',
          against: 'identity@0',
          target: '0',
          targetEffectiveAt: day('2025-08-01'),
          proposal: { idClaim: 'claim-new', oldIdClaim: 'claim-old' },
          personal: { old: identity, new: corrected },
          evidence: [],
        },
      } as const,
      { digest: 'd' },
    );
    given(...identified(), ask, first)
      .when({ ...grant, digest: 'd' }, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'identity@2' } });
  });

  it('dies with the learner, and with what is to be corrected', () => {
    const { opened: _sealed, ...unopened } = grant;
    requested.when(unopened, { by: 'qian' }).refuses('LEARNER_ERASED');
    requested.when({ type: 'AnnulLearner' }).accepted().when(grant, { by: 'qian' }).refuses('LEARNER_ANNULLED');
  });
});

describe('erasing', () => {
  const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(erase) } as const;
  const student = foldEnrollment(recordedOf(registered()));
  const applicant = foldEnrollment(recordedOf(registered().slice(0, 1)));

  it('takes two persons and gives up the id number', () => {
    const { state } = given(...identified())
      .when(erase)
      .gives({
        type: 'ApprovalRequested',
        data: {
          requestId: 'q1',
          act: 'ErasePersonalData',
          against: 'purposes:["identity","contact"]-[];identity@0',
          target: null,
          targetEffectiveAt: null,
          proposal: { purposes: ['identity', 'contact'], legalBasis: 'PIPL-47', oldIdClaim: 'claim-old' },
          personal: null,
          evidence: [],
        },
      })
      .when(grant, { by: 'qian' })
      .gives(
        { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } },
        { type: 'PersonalDataErased', data: { requestId: 'q1', purposes: ['identity', 'contact'], legalBasis: 'PIPL-47' } },
      );
    expect(state).toMatchObject({ erased: ['identity', 'contact'], idClaim: null });
  });

  it('keeps the identity of who was ever registered, unless the policy says otherwise, and lets contacts go', () => {
    const history = [...identified(), opened(), closed()];
    const ended = { facts: { 'enrollment-e1': student } };
    given(...history)
      .when(erase, ended)
      .refuses('RETENTION_APPLIES', { purposes: ['identity'], because: 'enrollment-e1 was registered' });
    given(...history)
      .when({ ...erase, purposes: ['contact'] }, ended)
      .accepted();
    given(...history)
      .when(erase, { facts: { ...ended.facts, policy: { ...facts.policy, eraseRegisteredIdentities: true } } })
      .accepted();
    given(...history)
      .when(erase, { facts: { 'enrollment-e1': applicant } })
      .accepted();
  });

  it('keeps the identity of who is enrolled now, whatever the policy', () => {
    given(...identified(), opened())
      .when(erase, { facts: { policy: { ...facts.policy, eraseRegisteredIdentities: true } } })
      .refuses('RETENTION_APPLIES', { because: 'enrollment e1 is active' });
  });

  it('asks again at the grant', () => {
    const requested = given(...identified())
      .when(erase)
      .accepted();
    requested.when(grant, { by: 'qian', facts: { 'enrollment-e1': student } }).refuses('RETENTION_APPLIES');
    requested.when(grant, { by: 'qian', on: '2025-07-01' }).refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });

  it('of an annulled learner is possible: nobody needs her data any more', () => {
    given(...identified(), annulled)
      .when(erase)
      .accepted()
      .when(grant, { by: 'qian' })
      .accepted();
  });

  it('once is enough', () => {
    given(...identified(), erased('identity', 'contact'))
      .when(erase)
      .refuses('NOTHING_TO_ERASE');
    given(...identified(), erased('identity'))
      .when(erase)
      .accepted();
    given(...identified())
      .when(erase)
      .accepted()
      .when({ ...erase, requestId: 'q2' })
      .refuses('REQUEST_PENDING', { requestId: 'q1' });
  });

  it('is stale once the identity that it would erase became another: its claim is another too', () => {
    const fixed = { ...correct, requestId: 'q2' };
    given(...identified())
      .when(erase)
      .accepted()
      .when(fixed)
      .accepted()
      .when(
        { type: 'GrantApproval', requestId: 'q2', digest: digestOf(fixed), opened: { old: identity, new: corrected } },
        { by: 'qian' },
      )
      .accepted()
      .when(grant, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'purposes:["identity","contact"]-[];identity@4' } });
  });
});

describe('the gate: one active enrollment', () => {
  const other = { ...openEnrollment, enrollmentId: 'e2' };

  it('opens for somebody known, and for somebody new in the same append', () => {
    given(...identified())
      .when(openEnrollment)
      .gives(
        effective('2026-03-10T02:00:00.000Z', {
          type: 'EnrollmentOpened',
          data: { enrollmentId: 'e1', programId: 'ecommerce', entryDate: '2025-09-01', commandId: 'command' },
        }),
      );
    given().when(openEnrollment).refuses('NOT_FOUND');
    const { state } = given()
      .when({ ...openEnrollment, identify: { ...identify, source } })
      .accepted();
    expect(state).toMatchObject({ known: true, enrollments: { e1: { to: null, takers: ['command'] } } });
    given()
      .when({ ...openEnrollment, identify }, { on: '2026-03-11' })
      .refuses('EFFECTIVE_IN_FUTURE');
  });

  it('refuses a second one while the first is open', () => {
    given(...identified(), opened('e1'))
      .when(other)
      .refuses('ENROLLMENT_ACTIVE', { enrollmentId: 'e1' });
    given(...identified(), opened('e1'), closed('e1'))
      .when(other)
      .accepted();
  });

  it('is taken again for the same enrollment by another command, and lists both', () => {
    const taken = given(...identified(), opened('e1'))
      .when(openEnrollment)
      .accepted();
    expect(taken.state.enrollments['e1']?.takers).toEqual(['admit-e1', 'command']);
    taken.when(openEnrollment).givesNothing();
  });

  it('lets an ended one of before in where it overlaps nothing', () => {
    const before = (from: string, to: string) =>
      ({ ...other, past: { from: day(from), to: day(to), status: 'graduated' } }) as const;
    const history = [...identified(), opened('e1', '2025-08-20')];
    given(...history)
      .when(before('2020-09-01', '2023-07-01'))
      .gives(
        effective(day('2020-09-01'), {
          type: 'EnrollmentOpened',
          data: { enrollmentId: 'e2', programId: 'ecommerce', entryDate: '2025-09-01', commandId: 'command' },
        }),
        effective(day('2023-07-01'), { type: 'EnrollmentClosed', data: { enrollmentId: 'e2', status: 'graduated' } }),
      );
    given(...history)
      .when(before('2022-09-01', '2025-08-20'))
      .accepted();
    given(...history)
      .when(before('2022-09-01', '2025-08-21'))
      .refuses('PERIODS_OVERLAP', { with: 'e1' });
    given(...history, closed('e1', 'withdrawn', '2026-01-15'))
      .when(other, { on: '2026-01-14' })
      .refuses('PERIODS_OVERLAP', { with: 'e1', to: day('2026-01-15') });
  });

  it('reopens what closed only where nothing came between', () => {
    const history = [...identified(), opened('e1', '2024-08-20'), closed('e1', 'withdrawn', '2025-01-15')];
    expect(
      given(...history)
        .when(openEnrollment)
        .accepted().state.enrollments['e1'],
    ).toMatchObject({ from: day('2024-08-20'), to: null });
    given(...history, opened('e2', '2025-02-01'), closed('e2', 'withdrawn', '2025-06-01'))
      .when(openEnrollment)
      .refuses('PERIODS_OVERLAP', { with: 'e2' });
    given(...history, opened('e2', '2025-02-01'))
      .when(openEnrollment)
      .refuses('ENROLLMENT_ACTIVE', { enrollmentId: 'e2' });
  });

  it('stays shut for who was annulled or erased', () => {
    given(...identified(), annulled)
      .when(openEnrollment)
      .refuses('LEARNER_ANNULLED');
    given(...identified(), erased('identity'))
      .when(openEnrollment)
      .refuses('LEARNER_ERASED');
  });

  it('forgets what never took effect', () => {
    for (const status of ['abandoned', 'annulled']) {
      const { state } = given(...identified(), opened('e1'))
        .when({ type: 'CloseEnrollment', enrollmentId: 'e1', status, at: null })
        .gives({ type: 'EnrollmentClosed', data: { enrollmentId: 'e1', status } });
      expect(state.enrollments).toEqual({});
    }
    given(...identified(), opened('e1'), closed('e1'))
      .when({ type: 'CloseEnrollment', enrollmentId: 'e1', status: 'withdrawn', at: null })
      .givesNothing();
    const ofBefore = given(...identified())
      .when({ ...openEnrollment, past: { from: day('2020-09-01'), to: day('2023-07-01'), status: 'graduated' } })
      .accepted();
    expect(ofBefore.state.enrollments['e1']?.takers).toEqual(['command']);
    ofBefore.when({ type: 'CloseEnrollment', enrollmentId: 'e1', status: 'graduated', at: null }).givesNothing();
    const abandoned = ofBefore.when({ type: 'CloseEnrollment', enrollmentId: 'e1', status: 'abandoned', at: null }).accepted();
    expect(abandoned.state.enrollments).toEqual({});
  });

  it('graduation announces itself: a hold stops it, one placed later does not undo it', () => {
    const begin = { type: 'BeginClosing', enrollmentId: 'e1' } as const;
    given(...identified())
      .when(begin)
      .refuses('NOT_FOUND');
    given(...identified(), opened('e1'), held)
      .when(begin)
      .refuses('HOLD_PLACED', { holds: ['discipline h1'] });
    const closing = given(...identified(), opened('e1'))
      .when(begin)
      .gives({ type: 'EnrollmentClosing', data: { enrollmentId: 'e1', commandId: 'command' } });
    const lateHold = closing.when(placeHold).accepted();
    lateHold
      .when({ type: 'CloseEnrollment', enrollmentId: 'e1', status: 'graduated', at: day('2026-03-01') })
      .gives(effective(day('2026-03-01'), { type: 'EnrollmentClosed', data: { enrollmentId: 'e1', status: 'graduated' } }));
    lateHold
      .when({ type: 'DropClosing', enrollmentId: 'e1' })
      .gives({ type: 'EnrollmentClosingDropped', data: { enrollmentId: 'e1' } })
      .when(begin, { commandId: 'next' })
      .refuses('HOLD_PLACED');
  });
});

describe('the gate: periods that may not overlap', () => {
  const hold = (holder: string, from: string, to: string) => ({ type: 'HoldPeriod', holder, from, to }) as const;

  it('are held by one holder at a time', () => {
    const first = given(...identified())
      .when(hold('selection-1', '2026-01-01', '2026-06-30'))
      .gives({ type: 'PeriodHeld', data: { holder: 'selection-1', from: '2026-01-01', to: '2026-06-30', commandId: 'command' } });
    first.when(hold('selection-2', '2026-06-30', '2026-12-31')).refuses('PERIODS_OVERLAP', { with: 'selection-1' });
    first.when(hold('selection-2', '2026-07-01', '2026-12-31')).accepted();
    first
      .when({ type: 'ReleasePeriod', holder: 'selection-1' })
      .gives({ type: 'PeriodReleased', data: { holder: 'selection-1' } })
      .when(hold('selection-2', '2026-06-30', '2026-12-31'))
      .accepted();
    given()
      .when(hold('selection-1', '2026-01-01', '2026-06-30'))
      .refuses('NOT_FOUND');
    given(...identified(), annulled)
      .when(hold('selection-1', '2026-01-01', '2026-06-30'))
      .refuses('LEARNER_ANNULLED');
  });
});

it('the command table says what was seen', () => {
  const gateCommands = ['OpenEnrollment', 'CloseEnrollment', 'BeginClosing', 'DropClosing', 'HoldPeriod', 'ReleasePeriod'];
  expect([...seen.keys()].filter((type) => !gateCommands.includes(type)).toSorted()).toEqual(
    Object.keys(learnerCommands).toSorted(),
  );
  expectTable(learnerCommands, seen, ['ID_NUMBER_TAKEN', 'LEARNER_ERASED'], commonRefusals);
});
