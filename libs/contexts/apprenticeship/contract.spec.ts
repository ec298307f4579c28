import { describe, expect, it } from '@jest/globals';
import {
  accepted,
  actors,
  cancelled,
  completed,
  concluded,
  confirmed,
  confirmedBy,
  contractFacts,
  days,
  drafted,
  factOf,
  live,
  of,
  readied,
  reworded,
  signedBy,
  student,
  suspended,
  teachers,
  terminated,
  terms,
  withdrawn,
  worth,
} from '../../../test/support/apprentices.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { source } from '../../../test/support/histories.ts';
import { digestOf, past, type Past } from '../../../test/support/past.ts';
import type { ContractEvent, Party } from '../../events/catalog/apprenticeship.ts';
import {
  contractFact,
  hoursOf,
  mentorOf,
  partiesNeeded,
  pendingAmendment,
  unconfirmed,
  unsigned,
  type ContractStatus,
} from '../../facts/contract.ts';
import { defaultApprenticeshipPolicy } from '../../facts/reference.ts';
import { selectionFact } from '../../facts/selection.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { contractCommands } from './commands.ts';
import { contract, contractStream, type ContractCommand, type DraftContract } from './contract.ts';
import type { ContractFacts } from './guards.ts';

const facts: ContractFacts = contractFacts;
const { given, seen } = examples(contract, facts, contractStream('c1'));

const policy = defaultApprenticeshipPolicy;
const draft: DraftContract = { type: 'DraftContract', of, selectionId: 's1', terms, guardianNeeded: false, continuationOf: null };
const drafting = { type: 'ContractDrafted', data: { ...of, ...terms, selectionId: 's1', guardianNeeded: false } } as const;

describe('a draft', () => {
  it('rests on an accepted offer of a student', () => {
    given().when(draft).gives(drafting);
    const offered = factOf(selectionFact('s1'), ...accepted.slice(0, -1));
    given()
      .when(draft, { facts: { selection: offered } })
      .refuses('OFFER_NOT_ACCEPTED', { status: 'offered' });
    given()
      .when(draft, { facts: { selection: selectionFact('s1').initial } })
      .refuses('OFFER_NOT_ACCEPTED', { status: 'none' });
    given()
      .when(draft, { facts: { enrollment: withdrawn } })
      .refuses('ENROLLMENT_NOT_ACTIVE');
    given()
      .when(draft, { facts: { enrollment: { ...student, admission: null } } })
      .refuses('ENROLLMENT_UNKNOWN');
  });

  it('has every section that the policy asks for, each once', () => {
    const without = worth({ sections: [{ code: 'pay', text: 'a' }] });
    given()
      .when({ ...draft, terms: without })
      .refuses('SECTIONS_MISSING', { sections: policy.sections.filter((code) => code !== 'pay') });
    const codes = [...policy.sections, 'pay'];
    const twice = worth({ sections: codes.map((code) => ({ code, text: code })) });
    given()
      .when({ ...draft, terms: twice })
      .refuses('SECTIONS_MISSING', { sections: ['pay'] });
  });

  it('names a program, a version of its plan and courses that there are', () => {
    const plan = { programId: 'ecommerce', version: 3, courseIds: ['k1'] };
    const planned = { ...draft, terms: worth({ plan }) };
    const version = { version: 3, entriesFrom: '2025-01-01', requiredCredits: 0, modules: [], courses: [] };
    const course = [{ version: 1 }] as unknown as ContractFacts['course-k1'];
    given()
      .when(draft, { facts: { program: null } })
      .refuses('PROGRAM_UNKNOWN', { program: 'ecommerce' });
    given().when(planned).refuses('PLAN_UNKNOWN', { version: 3 });
    given()
      .when(planned, { facts: { plans: [version] } })
      .refuses('COURSE_UNKNOWN', { courses: ['k1'] });
    given()
      .when(planned, { facts: { plans: [version], 'course-k1': course } })
      .accepted();
  });

  it('keeps within the dates of the offer', () => {
    given()
      .when({ ...draft, terms: worth({ from: '2026-03-01' }) })
      .refuses('DATES_OUTSIDE', days);
    given()
      .when({ ...draft, terms: worth({ to: '2027-01-01' }) })
      .refuses('DATES_OUTSIDE', days);
    given()
      .when({ ...draft, terms: worth({ from: '2026-05-01', to: '2026-04-01' }) })
      .refuses('DATES_OUT_OF_ORDER');
    given()
      .when({ ...draft, terms: worth({ from: '2026-04-01', to: '2026-05-01' }) })
      .accepted();
  });

  it('continues a contract that stopped at another enterprise', () => {
    const elsewhere = { ...factOf(contractFact('c0'), ...terminated()), of: { ...of, organizationId: 'other' } };
    const follow = { ...draft, continuationOf: 'c0', terms: worth({ from: '2026-03-06' }) };
    const before = (more: Partial<ContractFacts['before']>) => ({ facts: { before: { ...elsewhere, ...more } } });
    given()
      .when(follow, before({}))
      .gives(
        { ...drafting, data: { ...drafting.data, ...follow.terms } },
        { type: 'ContractContinued', data: { continuationOf: 'c0', originalStart: '2026-03-02' } },
      );
    const chained = given()
      .when(follow, before({ continues: { contractId: 'c', originalStart: '2025-10-01' } }))
      .accepted();
    expect(chained.state.continues).toEqual({ contractId: 'c0', originalStart: '2025-10-01' });
    given()
      .when({ ...follow, terms }, before({}))
      .refuses('CONTINUES_BEFORE_STOP', { from: '2026-03-02', endedOn: '2026-03-06' });
    given().when(follow, before({ of })).refuses('CONTINUES_SAME_ENTERPRISE');
    given()
      .when(follow, before({ of: { ...of, learnerId: 'wang' } }))
      .refuses('CONTINUES_ANOTHER_LEARNER');
    given()
      .when(follow, before({ status: 'live' }))
      .refuses('CONTRACT_NOT_TERMINATED', { status: 'live' });
    given()
      .when(follow, { facts: { before: contractFact('c0').initial } })
      .refuses('CONTRACT_UNKNOWN', { contract: 'c0' });
  });
});

describe('revised terms', () => {
  const revise = { type: 'ReviseTerms', terms: reworded, guardianNeeded: false } as const;

  it('clear the confirmations of what changed, and void every signature', () => {
    const signed = given(...confirmed(), ...signedBy('school', 'enterprise'));
    const revised = signed
      .when(revise)
      .gives({ type: 'ContractTermsRevised', data: { ...reworded, changed: ['pay'], guardianNeeded: false } });
    expect(unconfirmed(revised.state)).toEqual(
      ['school', 'enterprise', 'apprentice'].map((party) => ({ party, sections: ['pay'] })),
    );
    expect(unsigned(revised.state)).toEqual(['school', 'enterprise', 'apprentice']);
    revised
      .when({ type: 'SignContract', party: 'school', termsDigest: terms.termsDigest, medium: 'electronic', evidence: null })
      .refuses('TERMS_CHANGED', { current: reworded.termsDigest });
  });

  it('tell what came and what went', () => {
    const sections = [...policy.sections.filter((code) => code !== 'pay'), 'housing'].map((code) => ({
      code,
      text: `the words of ${code}`,
    }));
    const without = { facts: { policy: { ...policy, sections: [] } } };
    const outcome = given(...drafted()).when({ ...revise, terms: worth({ sections }) }, without)
      .decision as readonly ContractEvent[];
    expect(outcome[0]?.data).toMatchObject({ changed: ['pay', 'housing'] });
  });

  it('are those of a draft, and keep what a draft keeps', () => {
    given(...confirmed())
      .when({ ...revise, terms })
      .givesNothing();
    given(...concluded())
      .when(revise)
      .refuses('CONTRACT_NOT_DRAFT', { status: 'concluded' });
    given(...drafted())
      .when({ ...revise, terms: worth({ to: '2027-01-01' }) })
      .refuses('DATES_OUTSIDE');
    given(...drafted())
      .when({ ...revise, terms: worth({ from: '2026-05-01', to: '2026-04-01' }) })
      .refuses('DATES_OUT_OF_ORDER');
    given(...drafted())
      .when({ ...revise, terms: worth({ sections: [] }) })
      .refuses('SECTIONS_MISSING');
    given(...drafted())
      .when(revise, { facts: { program: null } })
      .refuses('PROGRAM_UNKNOWN');
    const planned = (version: number | null, courseIds: string[]) => ({
      ...revise,
      terms: worth({ plan: { programId: 'ecommerce', version, courseIds } }),
    });
    given(...drafted())
      .when(planned(9, []))
      .refuses('PLAN_UNKNOWN');
    given(...drafted())
      .when(planned(null, ['k9']))
      .refuses('COURSE_UNKNOWN');
  });
});

const confirm = (party: Party, section = 'pay', digest = terms.sections.find(({ code }) => code === section)?.digest ?? '0') =>
  ({ type: 'ConfirmSection', party, section, digest }) as const;
const sign = (party: Party, more: object = {}) =>
  ({ type: 'SignContract', party, termsDigest: terms.termsDigest, medium: 'electronic', evidence: null, ...more }) as const;

describe('confirming', () => {
  it('is of each section by each party, as it reads now', () => {
    given(...drafted())
      .when(confirm('apprentice'), { as: actors.learner })
      .gives({
        type: 'ContractSectionConfirmed',
        data: { party: 'apprentice', section: 'pay', digest: confirm('school').digest },
      });
    given(...drafted())
      .when(confirm('school', 'constructor'))
      .refuses('SECTION_UNKNOWN', { section: 'constructor' });
    given(...drafted())
      .when(confirm('school', 'pay', reworded.sections[3]!.digest))
      .refuses('SECTION_CHANGED', { current: confirm('school').digest });
    given(...concluded())
      .when(confirm('school', 'pay', '0'))
      .refuses('CONTRACT_NOT_DRAFT');
    given(...concluded())
      .when(confirm('school'))
      .givesNothing();
  });

  it('everybody speaks for herself; the registrar for others from their paper', () => {
    given(...drafted())
      .when(confirm('enterprise'), { as: actors.learner })
      .refuses('PARTY_NOT_YOURS', { party: 'enterprise' });
    given(...drafted())
      .when(confirm('enterprise'))
      .accepted();
    given(...drafted())
      .when(confirm('guardian'), { as: actors.guardian })
      .refuses('PARTY_NOT_NEEDED', { party: 'guardian' });
    given(...drafted({ guardianNeeded: true }))
      .when(confirm('guardian'), { as: actors.guardian })
      .accepted();
  });
});

describe('signing', () => {
  const three = ['school', 'enterprise', 'apprentice'] as const;

  it('each party once, on exactly these terms; the last one concludes', () => {
    const signed = given(...confirmed())
      .when(sign('enterprise'), { as: actors.enterprise })
      .gives({
        type: 'ContractSigned',
        data: { party: 'enterprise', termsDigest: terms.termsDigest, medium: 'electronic', evidence: null },
      })
      .when(sign('school'))
      .accepted();
    expect(unsigned(signed.state)).toEqual(['apprentice']);
    signed.when(sign('apprentice'), { as: actors.learner }).gives(
      {
        type: 'ContractSigned',
        data: { party: 'apprentice', termsDigest: terms.termsDigest, medium: 'electronic', evidence: null },
      },
      { type: 'ContractConcluded', data: {} },
    );
    given(...live())
      .when(sign('school'))
      .givesNothing();
  });

  it('needs every section confirmed by every party', () => {
    given(...drafted(), ...confirmedBy('school', 'enterprise'))
      .when(sign('school'))
      .refuses('SECTIONS_UNCONFIRMED', { parties: ['apprentice'], sections: policy.sections });
    given(...drafted({ guardianNeeded: true }), ...confirmedBy(...three))
      .when(sign('school'))
      .refuses('SECTIONS_UNCONFIRMED');
  });

  it('a minor’s guardian signs too, and without her nothing is concluded', () => {
    const minor = [
      ...drafted({ guardianNeeded: true }),
      ...confirmedBy(...three, 'guardian'),
      ...signedBy('school', 'enterprise'),
    ];
    expect(partiesNeeded({ guardianNeeded: true })).toEqual([...three, 'guardian']);
    const signed = given(...minor)
      .when(sign('apprentice'), { as: actors.learner })
      .accepted();
    expect(signed.state.status).toBe('draft');
    expect(signed.when(sign('guardian'), { as: actors.guardian }).accepted().state.status).toBe('concluded');
    given(...confirmed())
      .when(sign('guardian'), { as: actors.guardian })
      .refuses('PARTY_NOT_NEEDED');
  });

  it('electronically with the own token alone; on paper by the registrar, with evidence', () => {
    given(...confirmed())
      .when(sign('apprentice'))
      .refuses('PARTY_NOT_YOURS', { party: 'apprentice' });
    given(...confirmed())
      .when(sign('apprentice'), { as: actors.enterprise })
      .refuses('PARTY_NOT_YOURS');
    const paper = sign('apprentice', { medium: 'paper' });
    given(...confirmed())
      .when(paper)
      .refuses('EVIDENCE_MISSING');
    given(...confirmed())
      .when({ ...paper, evidence: 'file 7' }, { as: actors.learner })
      .refuses('PARTY_NOT_YOURS');
    given(...confirmed())
      .when({ ...paper, evidence: 'file 7' })
      .gives({
        type: 'ContractSigned',
        data: { party: 'apprentice', termsDigest: terms.termsDigest, medium: 'paper', evidence: 'file 7' },
      });
  });

  it('is of a draft, and of its present terms', () => {
    given(...confirmed())
      .when(sign('school', { termsDigest: reworded.termsDigest }))
      .refuses('TERMS_CHANGED', { current: terms.termsDigest });
    given(...cancelled())
      .when(sign('school', { termsDigest: 'x' }))
      .refuses('CONTRACT_NOT_DRAFT', { status: 'cancelled' });
  });
});

const insurance = { insurer: 'PICC', policy: 'SX-2', from: '2026-09-01', to: '2027-02-28' } as const;

describe('before the start', () => {
  it('insurance is recorded once the contract is concluded, and again when it runs out', () => {
    const record = { type: 'RecordInsurance', insurance } as const;
    given(...concluded())
      .when(record)
      .gives({ type: 'InternshipInsuranceRecorded', data: insurance });
    given(...suspended())
      .when(record)
      .accepted();
    given(...drafted())
      .when(record)
      .refuses('CONTRACT_NOT_CONCLUDED', { status: 'draft' });
    given(...terminated())
      .when(record)
      .refuses('CONTRACT_OVER', { status: 'terminated' });
    given(...concluded())
      .when({ ...record, insurance: { ...insurance, to: '2026-08-31' } })
      .refuses('DATES_OUT_OF_ORDER');
  });

  it('a mentor of each side is assigned, and replaced by name', () => {
    const assign = { type: 'AssignMentor', side: 'school', teacherId: 't-li' } as const;
    const replace = { type: 'ReplaceMentor', side: 'school', teacherId: 't-new' } as const;
    const by = (teacher: (typeof teachers)[keyof typeof teachers], more = {}) => ({ facts: { teacher, ...more } });
    given(...drafted())
      .when(assign, by(teachers.li))
      .gives({ type: 'MentorAssigned', data: { side: 'school', teacherId: 't-li' } });
    given(...readied())
      .when({ ...assign, teacherId: 't-new' }, by(teachers.li))
      .refuses('MENTOR_ASSIGNED', { side: 'school' });
    const replaced = given(...live())
      .when(replace, by(teachers.li))
      .gives({ type: 'MentorReplaced', data: { side: 'school', oldTeacherId: 't-li', teacherId: 't-new' } });
    expect(mentorOf(replaced.state, 'school')).toBe('t-new');
    expect(replaced.state.mentors).toMatchObject([
      { teacherId: 't-li', to: '2026-03-10T02:00:00.000Z' },
      { teacherId: 't-master', to: null },
      { teacherId: 't-new', from: '2026-03-10T02:00:00.000Z', to: null },
    ]);
    given(...drafted())
      .when(replace, by(teachers.li))
      .refuses('MENTOR_MISSING', { side: 'school' });
  });

  it.each(['AssignMentor', 'ReplaceMentor'] as const)('%s: she is qualified, and of the right side', (type) => {
    const history = type === 'AssignMentor' ? drafted() : live();
    const name = (side: 'school' | 'enterprise') => ({ type, side, teacherId: 't-other' }) as const;
    const by = (teacher: (typeof teachers)[keyof typeof teachers], more: Partial<ContractFacts> = {}) => ({
      facts: { teacher, ...more },
    });
    given(...history)
      .when(name('school'), by(teachers.none))
      .refuses('TEACHER_UNKNOWN');
    given(...history)
      .when(name('school'), by(teachers.master))
      .refuses('TEACHER_OF_OTHER_SIDE');
    given(...history)
      .when(name('enterprise'), by({ ...teachers.master, organizationId: 'other' }))
      .refuses('TEACHER_OF_OTHER_ORGANIZATION');
    given(...history)
      .when(name('enterprise'), by(teachers.gone))
      .refuses('TEACHER_NOT_SERVING', { status: 'withdrawn' });
    given(...history)
      .when(name('enterprise'), { ...by(teachers.warned), as: actors.enterprise })
      .accepted();
    given(...history)
      .when(name('school'), { ...by(teachers.li), as: actors.enterprise })
      .refuses('PARTY_NOT_YOURS', { party: 'school' });
    const strict = { policy: { ...policy, dualQualifiedMentor: true } };
    given(...history)
      .when(name('school'), by(teachers.li, strict))
      .refuses('TEACHER_NOT_DUAL_QUALIFIED');
    given(...history)
      .when(name('school'), by(teachers.dual, strict))
      .accepted();
    given(...history)
      .when(name('enterprise'), by(teachers.master, strict))
      .accepted();
    given(...completed())
      .when(name('school'), by(teachers.li))
      .refuses('CONTRACT_OVER');
  });
});

const start = { type: 'StartContract', oldEnoughOn: '2025-03-14' } as const;

describe('the start', () => {
  it('is on or after the start date, while the contract runs', () => {
    given(...readied())
      .when(start, { on: '2026-03-02' })
      .gives({ type: 'ContractStarted', data: { startedOn: '2026-03-02' } });
    given(...readied())
      .when(start, { on: '2026-03-01' })
      .refuses('START_NOT_REACHED', { from: '2026-03-02' });
    given(...readied())
      .when(start, { now: '2027-01-01' })
      .refuses('DATES_OUTSIDE', days);
    given(...confirmed())
      .when(start)
      .refuses('CONTRACT_NOT_CONCLUDED', { status: 'draft' });
  });

  it('needs her old enough: an unknown birth date counts as younger', () => {
    given(...readied())
      .when({ ...start, oldEnoughOn: '2026-03-10' })
      .accepted();
    given(...readied())
      .when({ ...start, oldEnoughOn: '2026-03-11' })
      .refuses('TOO_YOUNG', { minimumAge: 16 });
    given(...readied())
      .when({ ...start, oldEnoughOn: null })
      .refuses('TOO_YOUNG');
  });

  it('needs insurance that covers that day, where the policy asks for it', () => {
    given(...concluded())
      .when(start)
      .refuses('INSURANCE_MISSING', { on: '2026-03-10' });
    given(...readied())
      .when(start, { now: '2026-09-01' })
      .refuses('INSURANCE_MISSING', { on: '2026-09-01' });
    given(...concluded(), ...readied().slice(-2))
      .when(start, { facts: { policy: { ...policy, insuranceRequired: false } } })
      .accepted();
  });

  it('needs an active mentor of each side, and a student', () => {
    const without = (side: 'school' | 'enterprise') => ({ ...facts, [side]: undefined }) as ContractFacts;
    given(...readied())
      .when(start, { facts: without('school') })
      .refuses('MENTOR_MISSING', { side: 'school' });
    given(...readied())
      .when(start, { facts: without('enterprise') })
      .refuses('MENTOR_MISSING', { side: 'enterprise' });
    given(...readied())
      .when(start, { facts: { enterprise: teachers.gone } })
      .refuses('TEACHER_NOT_SERVING');
    given(...readied())
      .when(start, { facts: { school: teachers.suspendedSchool } })
      .refuses('TEACHER_NOT_SERVING');
    given(...readied())
      .when(start, { facts: { enrollment: withdrawn } })
      .refuses('ENROLLMENT_NOT_ACTIVE');
    given(...readied())
      .when(start, { facts: { enrollment: { ...student, admission: null } } })
      .refuses('ENROLLMENT_UNKNOWN');
  });
});

describe('suspending', () => {
  it('only from live, resuming only from suspended', () => {
    const suspend = { type: 'SuspendContract', ground: 'illness' } as const;
    const resumed = given(...live())
      .when(suspend)
      .gives({ type: 'ContractSuspended', data: { ground: 'illness' } })
      .when({ type: 'ResumeContract' })
      .gives({ type: 'ContractResumed', data: {} });
    expect(resumed.state.suspensions).toMatchObject([{ ground: 'illness', to: '2026-03-10T02:00:00.000Z' }]);
    given(...readied())
      .when(suspend)
      .refuses('CONTRACT_NOT_LIVE', { status: 'concluded' });
    given(...suspended())
      .when({ ...suspend, ground: 'family' })
      .refuses('CONTRACT_NOT_LIVE');
    given(...live())
      .when({ type: 'ResumeContract' })
      .refuses('CONTRACT_NOT_SUSPENDED', { status: 'live' });
  });
});

// ── amendments ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const expiresAt = '2026-03-31T15:59:59.999Z';
const longer = worth({ to: '2027-06-30' });
const { texts, ...openTerms } = longer;
const propose = {
  type: 'ProposeAmendment',
  amendmentId: 'm1',
  by: 'enterprise',
  terms: longer,
  guardianNeeded: false,
  expiresAt,
} as const;
const proposal = {
  type: 'AmendmentProposed',
  data: { amendmentId: 'm1', by: 'enterprise', terms: openTerms, texts, changed: [], guardianNeeded: false, expiresAt },
} as const;
const consented = (party: Party) =>
  ({ type: 'AmendmentConsented', data: { amendmentId: 'm1', party, termsDigest: longer.termsDigest } }) as const;
const proposed = (history = live()): readonly Past<ContractEvent>[] => [
  ...history,
  past('2026-03-08', proposal),
  past('2026-03-08', consented('enterprise')),
];
const consent = (party: Party, termsDigest = longer.termsDigest) =>
  ({ type: 'ConsentAmendment', amendmentId: 'm1', party, termsDigest }) as const;

describe('an amendment', () => {
  it('is proposed by a party, who consents by it; one at a time', () => {
    given(...live())
      .when(propose, { as: actors.enterprise })
      .gives(proposal, consented('enterprise'));
    given(...suspended())
      .when(propose)
      .accepted();
    given(...proposed())
      .when({ ...propose, amendmentId: 'm2' })
      .refuses('AMENDMENT_PENDING', { amendmentId: 'm1' });
    given(...live())
      .when(propose, { as: actors.learner })
      .refuses('PARTY_NOT_YOURS', { party: 'enterprise' });
    given(...live())
      .when({ ...propose, by: 'guardian' })
      .refuses('PARTY_NOT_NEEDED');
    given(...readied())
      .when(propose)
      .refuses('CONTRACT_NOT_RUNNING', { status: 'concluded' });
  });

  it('changes something, but not the start, and ends in the future', () => {
    given(...live())
      .when({ ...propose, terms })
      .refuses('NOTHING_TO_AMEND');
    given(...live())
      .when({ ...propose, terms: worth({ from: '2026-03-03' }) })
      .refuses('AMENDMENT_MOVES_START');
    given(...live())
      .when({ ...propose, expiresAt: '2026-03-10T02:00:00.000Z' })
      .refuses('EXPIRY_PASSED');
    given(...live())
      .when({ ...propose, terms: worth({ to: '2026-03-09' }) })
      .refuses('EXPIRY_PASSED', { expiresAt: '2026-03-09' });
    given(...live())
      .when({ ...propose, terms: worth({ to: '2026-03-01' }) })
      .refuses('DATES_OUT_OF_ORDER');
    given(...live())
      .when({ ...propose, terms: worth({ sections: [] }) })
      .refuses('SECTIONS_MISSING');
    given(...live())
      .when(propose, { facts: { program: null } })
      .refuses('PROGRAM_UNKNOWN');
    const planned = (version: number | null, courseIds: string[]) => ({
      ...propose,
      terms: worth({ plan: { programId: 'ecommerce', version, courseIds } }),
    });
    given(...live())
      .when(planned(9, []))
      .refuses('PLAN_UNKNOWN');
    given(...live())
      .when(planned(null, ['k9']))
      .refuses('COURSE_UNKNOWN');
  });

  it('is in force when the last party consents', () => {
    const two = given(...proposed())
      .when(consent('school'))
      .gives(consented('school'));
    expect(two.state.terms?.to).toBe('2026-12-31');
    const all = two
      .when(consent('apprentice'), { as: actors.learner })
      .gives(consented('apprentice'), { type: 'AmendmentApproved', data: { amendmentId: 'm1' } });
    expect(all.state.terms).toMatchObject({ to: '2027-06-30', termsDigest: longer.termsDigest });
    expect(pendingAmendment(all.state, '2026-03-10')).toBeUndefined();
    all.when(consent('enterprise')).givesNothing();
    all
      .when({ type: 'RejectAmendment', amendmentId: 'm1', party: 'school' })
      .refuses('AMENDMENT_SETTLED', { outcome: 'approved' });
  });

  it('asks a guardian where she is a minor on the day of the proposal, and no longer afterwards', () => {
    const minor = given(...live())
      .when({ ...propose, guardianNeeded: true })
      .accepted();
    const two = minor.when(consent('school')).accepted().when(consent('apprentice')).accepted();
    expect(two.state.terms?.to).toBe('2026-12-31');
    expect(two.when(consent('guardian'), { as: actors.guardian }).accepted().state.terms?.to).toBe('2027-06-30');
    given(...proposed())
      .when(consent('guardian'), { as: actors.guardian })
      .refuses('PARTY_NOT_NEEDED');
  });

  it('is consented to as it reads, in its time', () => {
    given(...proposed())
      .when(consent('school', terms.termsDigest))
      .refuses('TERMS_CHANGED', { current: longer.termsDigest });
    given(...proposed())
      .when(consent('school'), { as: actors.learner })
      .refuses('PARTY_NOT_YOURS');
    given(...proposed())
      .when(consent('school'), { now: expiresAt, on: '2026-03-10' })
      .refuses('AMENDMENT_EXPIRED', { expiresAt });
    given(...live())
      .when(consent('school'))
      .refuses('AMENDMENT_UNKNOWN');
    const rejected = past<ContractEvent>('2026-03-09', {
      type: 'AmendmentRejected',
      data: { amendmentId: 'm1', party: 'school' },
    });
    given(...proposed(), rejected)
      .when(consent('school'))
      .refuses('AMENDMENT_SETTLED', { outcome: 'rejected' });
  });

  it('is rejected by a party, withdrawn by its own, or expires', () => {
    const reject = { type: 'RejectAmendment', amendmentId: 'm1', party: 'apprentice' } as const;
    const cancel = { type: 'CancelAmendment', amendmentId: 'm1' } as const;
    const expire = { type: 'ExpireAmendment', amendmentId: 'm1' } as const;
    const late = { now: '2026-04-01' };
    given(...proposed())
      .when(reject, { as: actors.learner })
      .gives({ type: 'AmendmentRejected', data: { amendmentId: 'm1', party: 'apprentice' } });
    given(...proposed())
      .when(reject, { as: actors.enterprise })
      .refuses('PARTY_NOT_YOURS');
    given(...proposed())
      .when({ ...reject, party: 'guardian' })
      .refuses('PARTY_NOT_NEEDED');
    given(...live())
      .when(reject)
      .refuses('AMENDMENT_UNKNOWN');
    given(...proposed())
      .when(reject, late)
      .refuses('AMENDMENT_EXPIRED');

    given(...proposed())
      .when(cancel, { as: actors.enterprise })
      .gives({ type: 'AmendmentCancelled', data: { amendmentId: 'm1' } });
    given(...proposed())
      .when(cancel, { as: actors.learner })
      .refuses('PARTY_NOT_YOURS', { party: 'enterprise' });
    given(...live())
      .when(cancel)
      .refuses('AMENDMENT_UNKNOWN');
    given(...proposed())
      .when(cancel, late)
      .refuses('AMENDMENT_EXPIRED');

    given(...proposed())
      .when(expire, late)
      .gives({ type: 'AmendmentExpired', data: { amendmentId: 'm1' } });
    given(...proposed())
      .when(expire)
      .refuses('AMENDMENT_NOT_EXPIRED', { expiresAt });
    given(...live())
      .when(expire)
      .refuses('AMENDMENT_UNKNOWN');
    const over = given(...proposed())
      .when(reject)
      .accepted();
    over.when(cancel).refuses('AMENDMENT_SETTLED', { outcome: 'rejected' });
    over.when(expire, late).refuses('AMENDMENT_SETTLED');
    over.when({ ...propose, amendmentId: 'm2' }).accepted();
  });

  it('whose time is over stands in nobody’s way', () => {
    given(...proposed())
      .when({ ...propose, amendmentId: 'm2', expiresAt: '2026-05-01T00:00:00.000Z' }, { now: '2026-04-02' })
      .gives(
        { type: 'AmendmentExpired', data: { amendmentId: 'm1' } },
        { ...proposal, data: { ...proposal.data, amendmentId: 'm2', expiresAt: '2026-05-01T00:00:00.000Z' } },
        { ...consented('enterprise'), data: { ...consented('enterprise').data, amendmentId: 'm2' } },
      );
  });

  it.each([
    consent('school'),
    { type: 'RejectAmendment', amendmentId: 'm1', party: 'school' } as const,
    { type: 'CancelAmendment', amendmentId: 'm1' } as const,
  ])('$type is moot once the contract is over', (command) => {
    const ended = past<ContractEvent>('2026-03-09', { type: 'ContractCompleted', data: { endedOn: '2026-03-09' } });
    given(...proposed(), ended)
      .when(command)
      .refuses('CONTRACT_NOT_RUNNING', { status: 'completed' });
  });
});

// ── training ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const workOrders = [{ number: 'WO-1', task: '直播间排班' }];
const log = { type: 'RecordTrainingLog', week: '2026-03-02', hours: 3850, workOrders } as const;
const logged = (week = '2026-03-02'): readonly Past<ContractEvent>[] => [
  ...live(),
  past('2026-03-09', { type: 'TrainingLogRecorded', data: { week, hours: 4000, workOrders } }),
];
const confirmLog = { type: 'ConfirmTrainingLog', week: '2026-03-02', teacherId: null } as const;

describe('a training log', () => {
  it('is of a week within the contract, while it is live; recorded again until a mentor confirms it', () => {
    const twice = given(...live())
      .when(log, { as: actors.learner })
      .gives({ type: 'TrainingLogRecorded', data: { week: '2026-03-02', hours: 3850, workOrders } })
      .when({ ...log, hours: 4000 })
      .accepted();
    expect(hoursOf(twice.state)).toEqual({ recorded: 4000, confirmed: 0 });
    given(...live())
      .when({ ...log, week: '2026-03-03' })
      .refuses('WEEK_NOT_MONDAY', { week: '2026-03-03' });
    given(...live())
      .when({ ...log, week: '2026-02-23' })
      .refuses('WEEK_OUTSIDE_CONTRACT', { from: '2026-03-02' });
    given(...live())
      .when({ ...log, week: '2026-03-16' })
      .refuses('WEEK_OUTSIDE_CONTRACT', { to: '2026-03-10' });
    given(...live())
      .when({ ...log, week: '2027-01-04' }, { now: '2027-02-01' })
      .refuses('WEEK_OUTSIDE_CONTRACT', { to: '2026-12-31' });
    given(...suspended())
      .when(log)
      .refuses('CONTRACT_NOT_LIVE', { status: 'suspended' });
  });

  it('is confirmed by whoever mentors her now, known by her account', () => {
    const once = given(...logged())
      .when(confirmLog, { as: actors.mentor })
      .gives({ type: 'TrainingLogConfirmed', data: { week: '2026-03-02', teacherId: 't-master' } });
    expect(hoursOf(once.state)).toEqual({ recorded: 4000, confirmed: 4000 });
    once.when(log).refuses('LOG_CONFIRMED', { week: '2026-03-02' });
    once
      .when(confirmLog, { as: actors.teacher })
      .gives({ type: 'TrainingLogConfirmed', data: { week: '2026-03-02', teacherId: 't-li' } });
    given(...logged())
      .when(confirmLog, { as: { ...actors.mentor, personId: 'another' } })
      .refuses('MENTOR_OF_ANOTHER');
    given(...logged())
      .when(confirmLog, { as: { ...actors.mentor, personId: 'gone' }, facts: { enterprise: teachers.gone } })
      .refuses('TEACHER_NOT_SERVING');
    given(...live())
      .when(confirmLog, { as: actors.mentor })
      .refuses('LOG_UNKNOWN', { week: '2026-03-02' });
    given(...logged(), ...suspended().slice(-1))
      .when(confirmLog, { as: actors.mentor })
      .refuses('CONTRACT_NOT_LIVE');
  });

  it('a registrar names the mentor whose paper it is', () => {
    given(...logged())
      .when(confirmLog)
      .refuses('MENTOR_OF_ANOTHER');
    given(...logged())
      .when({ ...confirmLog, teacherId: 't-master' })
      .gives({ type: 'TrainingLogConfirmed', data: { week: '2026-03-02', teacherId: 't-master' } });
  });
});

describe('the gateway', () => {
  it('is signed by each side, while the contract is live', () => {
    const both = given(...live())
      .when({ type: 'SignGateway', party: 'school' })
      .gives({ type: 'GatewaySigned', data: { party: 'school' } })
      .when({ type: 'SignGateway', party: 'enterprise' }, { as: actors.enterprise })
      .gives({ type: 'GatewaySigned', data: { party: 'enterprise' } });
    expect(both.state.gateway).toEqual(['school', 'enterprise']);
    given(...live())
      .when({ type: 'SignGateway', party: 'school' }, { as: actors.enterprise })
      .refuses('PARTY_NOT_YOURS');
    given(...suspended())
      .when({ type: 'SignGateway', party: 'school' })
      .refuses('CONTRACT_NOT_LIVE');
  });
});

// ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const terminate = { type: 'TerminateContract', ground: 'mutual', noticeGivenOn: '2026-03-05', notice: 'file 12' } as const;

describe('the end', () => {
  it('a contract that has not begun is cancelled, one that has is terminated', () => {
    const cancel = { type: 'CancelContract', ground: 'post-gone' } as const;
    given(...concluded())
      .when(cancel)
      .gives({ type: 'ContractCancelled', data: { ground: 'post-gone' } });
    given(...drafted())
      .when(cancel)
      .accepted();
    given(...live())
      .when(cancel)
      .refuses('CONTRACT_BEGUN', { status: 'live' });
    const { type: _type, ...said } = terminate;
    for (const history of [live(), suspended()]) {
      given(...history)
        .when(terminate)
        .gives({ type: 'ContractTerminated', data: { ...said, endedOn: '2026-03-10' } });
    }
    given(...concluded())
      .when(terminate)
      .refuses('CONTRACT_NOT_RUNNING', { status: 'concluded' });
    given(...completed())
      .when(terminate)
      .refuses('CONTRACT_NOT_RUNNING', { status: 'completed' });
  });

  it('a termination has its written notice, given by its day, and is never in the future', () => {
    given(...live())
      .when({ ...terminate, noticeGivenOn: '2026-03-10' })
      .accepted();
    given(...live())
      .when({ ...terminate, noticeGivenOn: '2026-03-11' })
      .refuses('NOTICE_AFTER_END', { endedOn: '2026-03-10' });
    given(...live())
      .when({ ...terminate, noticeGivenOn: '2026-03-08' }, { on: '2026-03-07' })
      .refuses('NOTICE_AFTER_END');
    given(...live())
      .when(terminate, { on: '2026-03-11' })
      .refuses('EFFECTIVE_IN_FUTURE');
  });

  it('a termination may be stated for a day before the last log', () => {
    given(...logged())
      .when(terminate, { on: '2026-03-06' })
      .accepted();
  });

  it('a contract is completed at its end, or once the gateway is passed; never from terminated', () => {
    const complete = { type: 'CompleteContract' } as const;
    given(...live())
      .when(complete)
      .refuses('CONTRACT_NOT_DUE', { to: '2026-12-31' });
    given(...live())
      .when(complete, { now: '2026-12-31' })
      .gives({ type: 'ContractCompleted', data: { endedOn: '2026-12-31' } });
    const signed = (party: 'school' | 'enterprise') =>
      past<ContractEvent>('2026-03-08', { type: 'GatewaySigned', data: { party } });
    given(...live(), signed('school'))
      .when(complete)
      .refuses('CONTRACT_NOT_DUE');
    given(...live(), signed('school'), signed('enterprise'))
      .when(complete)
      .accepted();
    given(...terminated())
      .when(complete, { now: '2027-01-01' })
      .refuses('CONTRACT_NOT_LIVE', { status: 'terminated' });
  });
});

describe('a reversed termination', () => {
  const request = { type: 'RequestTerminationReversal', requestId: 'q1', evidence: ['file 9'] } as const;
  const grant = (digest = digestOf(request)) => ({ type: 'GrantApproval', requestId: 'q1', digest }) as const;
  const refuseIt = { type: 'RefuseApproval', requestId: 'q1' } as const;
  const after = (history: readonly Past<ContractEvent>[]) =>
    given(...history)
      .when(request)
      .accepted();
  const ended = past<ContractEvent>('2026-03-06', {
    type: 'ContractTerminated',
    data: { ground: 'mutual', noticeGivenOn: '2026-03-05', notice: 'file 12', endedOn: '2026-03-06' },
  });

  it('takes two people, and brings back the state before', () => {
    const requested = after(terminated());
    requested.when(grant()).refuses('SAME_PERSON');
    const reversed = requested.when(grant(), { by: 'qian' }).accepted();
    expect(reversed.state).toMatchObject({ status: 'live', endedOn: null, termination: null });
    expect(reversed.history.at(-1)).toMatchObject({ type: 'TerminationReversed', effectiveAt: '2026-03-05T16:00:00.000Z' });
    const wasSuspended = after([...suspended(), ended])
      .when(grant(), { by: 'qian' })
      .accepted();
    expect(wasSuspended.state.status).toBe('suspended');
    wasSuspended.when(request).refuses('CONTRACT_NOT_TERMINATED');
  });

  it('is of what was requested, and of a termination that still stands', () => {
    given(...live())
      .when(request)
      .refuses('CONTRACT_NOT_TERMINATED', { status: 'live' });
    const requested = after(terminated());
    requested.when({ ...request, requestId: 'q2' }).refuses('REQUEST_PENDING', { requestId: 'q1' });
    requested.when(grant('other'), { by: 'qian' }).refuses('REQUEST_DIGEST_DIFFERS');
    given(...terminated())
      .when(grant(), { by: 'qian' })
      .refuses('REQUEST_UNKNOWN');
    given(...terminated())
      .when(refuseIt)
      .refuses('REQUEST_UNKNOWN');
    const refused = requested.when(refuseIt, { by: 'qian' }).gives({ type: 'ApprovalRefused', data: { requestId: 'q1' } });
    refused.when(grant(), { by: 'sun' }).refuses('REQUEST_SETTLED', { outcome: 'refused' });
    const reversed = requested.when(grant(), { by: 'qian' }).accepted();
    reversed.when(refuseIt).refuses('REQUEST_SETTLED');
    const revision = terminated().length;
    const twice = past<ContractEvent>('2026-03-06', {
      type: 'TerminationReversed',
      data: { requestId: 'q0', target: String(revision - 1) },
    });
    const stale = given(
      ...requested.history.map((e) => past(e.effectiveAt, e, { by: e.actor.personId, digest: e.commandDigest })),
      twice,
    );
    stale.when(grant(), { by: 'qian' }).gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'status:live@-' } });
  });
});

// ── import ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a contract of before the ledger', () => {
  const before = {
    ...of,
    ...days,
    agreementNumber: 'XT-31',
    status: 'live',
    post: { zh: '仓储', en: 'Warehousing' },
    signedOn: '2026-02-20',
    schoolMentorId: 't-li',
    enterpriseMentorId: null,
    guardian: { name: '李大海', signedOn: '2026-02-21' },
    insurancePolicy: 'SX-1',
    endedOn: null,
    endGround: null,
    source,
  } as const;
  const importing = (more: object = {}) => ({ type: 'ImportContract', contract: { ...before, ...more } }) as const;

  it('is what the sheet says, attested by its source', () => {
    const imported = given().when(importing()).gives({ type: 'ContractImported', data: before });
    expect(imported.state).toMatchObject({ status: 'live', startedOn: '2026-03-02', guardianNeeded: true });
    expect(mentorOf(imported.state, 'school')).toBe('t-li');
    imported.when(importing({ guardian: null, source: { ...source, row: 9 } })).givesNothing();
    imported
      .when(importing({ to: '2027-01-31' }))
      .refuses('ROW_DIFFERS', { differences: [{ field: 'to', old: '2026-12-31', new: '2027-01-31' }] });
  });

  it('has its end where it is over, and none while it is live', () => {
    given()
      .when(importing({ endedOn: '2026-03-05' }))
      .refuses('IMPORTED_STATE_WRONG');
    given()
      .when(importing({ status: 'terminated', endedOn: '2026-03-05' }))
      .refuses('IMPORTED_STATE_WRONG');
    given()
      .when(importing({ status: 'completed' }))
      .refuses('IMPORTED_STATE_WRONG');
    given()
      .when(importing({ status: 'completed', endedOn: '2026-03-05' }))
      .accepted();
    const over = given()
      .when(importing({ status: 'terminated', endedOn: '2026-03-05', endGround: 'mutual' }))
      .accepted();
    expect(over.state).toMatchObject({ status: 'terminated', endedOn: '2026-03-05' });
    over.when({ type: 'RequestTerminationReversal', requestId: 'q1', evidence: [] }).refuses('CONTRACT_NOT_TERMINATED');
  });

  it('is of a student of hers at an organization that is known, with its dates in order', () => {
    given()
      .when(importing({ learnerId: 'wang' }))
      .refuses('ENROLLMENT_UNKNOWN');
    given()
      .when(importing(), { facts: { organization: null } })
      .refuses('ORGANIZATION_UNKNOWN');
    given()
      .when(importing({ to: '2026-03-01' }))
      .refuses('DATES_OUT_OF_ORDER');
    given()
      .when(importing({ status: 'completed', endedOn: '2026-03-01' }))
      .refuses('DATES_OUT_OF_ORDER');
    given()
      .when(importing(), { facts: { enrollment: withdrawn } })
      .accepted();
  });
});

// ── every command ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const steps: readonly (readonly [ContractCommand, readonly Past<ContractEvent>[]])[] = [
  [{ type: 'ReviseTerms', terms: reworded, guardianNeeded: false }, drafted()],
  [confirm('school'), drafted()],
  [sign('school'), confirmed()],
  [{ type: 'RecordInsurance', insurance }, concluded()],
  [{ type: 'AssignMentor', side: 'school', teacherId: 't-li' }, concluded()],
  [{ type: 'ReplaceMentor', side: 'school', teacherId: 't-new' }, live()],
  [start, readied()],
  [{ type: 'SuspendContract', ground: 'illness' }, live()],
  [{ type: 'ResumeContract' }, suspended()],
  [propose, live()],
  [consent('school'), proposed()],
  [{ type: 'RejectAmendment', amendmentId: 'm1', party: 'school' }, proposed()],
  [{ type: 'CancelAmendment', amendmentId: 'm1' }, proposed()],
  [{ type: 'ExpireAmendment', amendmentId: 'm1' }, proposed()],
  [log, live()],
  [{ ...confirmLog, teacherId: 't-master' }, logged()],
  [{ type: 'SignGateway', party: 'school' }, live()],
  [{ type: 'CancelContract', ground: 'post-gone' }, concluded()],
  [{ ...terminate, noticeGivenOn: '2026-01-31' }, live()],
  [{ type: 'CompleteContract' }, live()],
];

it.each(steps)('%j is about a contract that there is, and not before its last change', (command, history) => {
  const late = command.type === 'ExpireAmendment' ? { now: '2026-04-02' } : {};
  given().when(command).refuses('NOT_FOUND');
  given(...history)
    .when(command, { ...late, on: '2026-01-31', facts: { teacher: teachers.li } })
    .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
});

const statuses: Readonly<Record<ContractStatus, readonly Past<ContractEvent>[]>> = {
  draft: drafted(),
  concluded: concluded(),
  live: live(),
  suspended: suspended(),
  terminated: terminated(),
  completed: completed(),
  cancelled: cancelled(),
};
it.each(Object.entries(statuses))('its past leads to %s, and a second draft of it is no event', (status, history) => {
  expect(given(...history).state.status).toBe(status);
  given(...history)
    .when(draft)
    .givesNothing();
});

it('the command table says what was seen', () => {
  expectTable(contractCommands, seen, ['LEARNER_ERASED', 'PERIODS_OVERLAP', 'LEARNER_ANNULLED', 'OFFER_USED'], commonRefusals);
});
