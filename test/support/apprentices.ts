import { termsFrom, type WordedTerms } from '../../libs/contexts/apprenticeship/terms.ts';
import type {
  ContractEvent,
  ContractOf,
  ContractTerms,
  OpeningEvent,
  Party,
  SelectionEvent,
} from '../../libs/events/catalog/apprenticeship.ts';
import type { TeacherEvent } from '../../libs/events/catalog/faculty.ts';
import { enrollmentFact } from '../../libs/facts/enrollment.ts';
import { openingFact } from '../../libs/facts/opening.ts';
import type { OrganizationFact } from '../../libs/facts/organization.ts';
import { defaultApprenticeshipPolicy } from '../../libs/facts/reference.ts';
import { selectionFact } from '../../libs/facts/selection.ts';
import { teacherFact } from '../../libs/facts/teacher.ts';
import type { Actor, DomainEvent } from '../../libs/kernel/decider.ts';
import type { Source } from '../../libs/kernel/plan.ts';
import { admission, program, registered } from './histories.ts';
import { past, recordedOf, type Past } from './past.ts';

/** One learner's apprenticeship, as the past of an example: from an opening to a contract that is live. Everything lies in early 2026. */

export const actors = {
  enterprise: { personId: 'hr', role: 'enterprise', organizationId: 'jiangnan' },
  learner: { personId: 'chenxiao', role: 'learner', organizationId: null },
  guardian: { personId: 'mother', role: 'guardian', organizationId: null },
  teacher: { personId: 'li', role: 'teacher', organizationId: null },
  mentor: { personId: 'master', role: 'mentor', organizationId: 'jiangnan' },
} as const satisfies Readonly<Record<string, Actor>>;

export const enterprise: NonNullable<OrganizationFact> = {
  creditCode: '91350100M000100Y43',
  name: { zh: '江南电子商务有限公司', en: 'Jiangnan E-commerce Ltd.' },
  kind: 'enterprise',
};

/** What a stream's past adds up to, as a fact of another decision. */
export const factOf = <S, E extends DomainEvent>(source: Source<S>, ...events: readonly Past<E>[]): S => {
  let state = source.initial;
  for (const event of recordedOf(events, source.stream)) state = source.evolve(state, event);
  return state;
};

// ── selection ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const post = { zh: '电商运营', en: 'E-commerce operations' };
export const days = { from: '2026-03-02', to: '2026-12-31' } as const;

export const opened = {
  organizationId: 'jiangnan',
  post,
  programIds: [admission.programId],
  places: 2,
  ...days,
  closesOn: '2026-03-31',
} as const;

export const published: readonly Past<OpeningEvent>[] = [past('2026-01-05', { type: 'OpeningPublished', data: opened })];

const application = { openingId: 'opening', organizationId: 'jiangnan', learnerId: 'chen', enrollmentId: 'e1', statement: null };

type Selected = readonly Past<SelectionEvent>[];
export const submitted: Selected = [past('2026-01-10', { type: 'ApplicationSubmitted', data: application })];
export const screened: Selected = [...submitted, past('2026-01-12', { type: 'ApplicationScreened', data: {} })];
export const assessed: Selected = [
  ...screened,
  past('2026-01-14', { type: 'ApplicantAssessed', data: { by: 'school', score: 8600, recommended: true } }),
  past('2026-01-15', { type: 'ApplicantAssessed', data: { by: 'enterprise', score: null, recommended: true } }),
];
export const offered: Selected = [
  ...assessed,
  past('2026-01-16', { type: 'OfferMade', data: { ...days, post, expiresAt: '2026-03-20T15:59:59.999Z' } }),
];
export const accepted: Selected = [...offered, past('2026-01-20', { type: 'OfferAccepted', data: {} })];

// ── contract ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const of: ContractOf = { learnerId: 'chen', enrollmentId: 'e1', organizationId: 'jiangnan' };

const worded: WordedTerms = {
  ...days,
  post,
  plan: { programId: admission.programId, version: null, courseIds: [] },
  sections: defaultApprenticeshipPolicy.sections.map((code) => ({ code, text: `the words of ${code}` })),
};
/** Terms as they would be signed: some words differ from the ordinary. */
export const worth = (said: Partial<WordedTerms> = {}, salt = 'salt'): ContractTerms => termsFrom({ ...worded, ...said }, salt);
export const terms = worth();
/** The same with one section worded otherwise. */
export const reworded = worth({
  sections: worded.sections.map(({ code, text }) => ({ code, text: code === 'pay' ? 'more pay' : text })),
});

type Contracted = readonly Past<ContractEvent>[];

export const drafted = (more: { guardianNeeded?: boolean; terms?: ContractTerms } = {}): Contracted => [
  past('2026-02-01', {
    type: 'ContractDrafted',
    data: { ...of, ...(more.terms ?? terms), selectionId: 's1', guardianNeeded: more.guardianNeeded ?? false },
  }),
];

export const confirmedBy = (...parties: readonly Party[]): Contracted =>
  parties.flatMap((party) =>
    terms.sections.map(({ code, digest }) =>
      past('2026-02-02', { type: 'ContractSectionConfirmed', data: { party, section: code, digest } } as const),
    ),
  );

export const signedBy = (...parties: readonly Party[]): Contracted =>
  parties.map((party) =>
    past('2026-02-03', {
      type: 'ContractSigned',
      data: { party, termsDigest: terms.termsDigest, medium: 'electronic', evidence: null },
    } as const),
  );

const three = ['school', 'enterprise', 'apprentice'] as const;

export const confirmed = (): Contracted => [...drafted(), ...confirmedBy(...three)];
export const concluded = (): Contracted => [
  ...confirmed(),
  ...signedBy(...three),
  past('2026-02-03', { type: 'ContractConcluded', data: {} }),
];
export const readied = (): Contracted => [
  ...concluded(),
  past('2026-02-10', {
    type: 'InternshipInsuranceRecorded',
    data: { insurer: 'PICC', policy: 'SX-1', from: '2026-03-01', to: '2026-08-31' },
  }),
  past('2026-02-11', { type: 'MentorAssigned', data: { side: 'school', teacherId: 't-li' } }),
  past('2026-02-11', { type: 'MentorAssigned', data: { side: 'enterprise', teacherId: 't-master' } }),
];
export const live = (): Contracted => [
  ...readied(),
  past('2026-03-02', { type: 'ContractStarted', data: { startedOn: '2026-03-02' } }),
];
export const suspended = (): Contracted => [
  ...live(),
  past('2026-03-05', { type: 'ContractSuspended', data: { ground: 'illness' } }),
];
export const terminated = (): Contracted => [
  ...live(),
  past('2026-03-06', {
    type: 'ContractTerminated',
    data: { ground: 'mutual', noticeGivenOn: '2026-03-05', notice: 'file 12', endedOn: '2026-03-06' },
  }),
];
export const completed = (): Contracted => [
  ...live(),
  past('2026-03-09', { type: 'ContractCompleted', data: { endedOn: '2026-03-09' } }),
];
export const cancelled = (): Contracted => [
  ...concluded(),
  past('2026-02-20', { type: 'ContractCancelled', data: { ground: 'post-gone' } }),
];

// ── facts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const employed = (side: 'school' | 'enterprise', personId: string, ...more: readonly TeacherEvent[]) =>
  factOf(
    teacherFact(personId),
    past<TeacherEvent>('2025-09-01', {
      type: 'TeacherRegistered',
      data: {
        side,
        organizationId: side === 'school' ? null : 'jiangnan',
        staffNumber: personId,
        profile: { name: personId },
        contact: null,
        source: null,
      },
    }),
    past<TeacherEvent>('2025-09-02', { type: 'TeacherAccountLinked', data: { personId } }),
    ...more.map((event) => past('2026-03-08', event)),
  );

export const teachers = {
  li: employed('school', 'li'),
  dual: employed('school', 'dual', { type: 'DualQualificationGranted', data: { certificate: 'DQ-1', evidence: [] } }),
  master: employed('enterprise', 'master'),
  warned: employed('enterprise', 'warned', { type: 'EarlyWarningRaised', data: { ground: 'late' } }),
  gone: employed('enterprise', 'gone', { type: 'TeacherWithdrawn', data: { ground: 'left' } }),
  suspendedSchool: employed('school', 'off', { type: 'TeacherSuspended', data: { ground: 'review' } }),
  none: teacherFact('nobody').initial,
} as const;

export const student = factOf(enrollmentFact('e1'), ...registered());
export const withdrawn = factOf(
  enrollmentFact('e1'),
  ...registered(),
  past('2026-03-07', { type: 'StudentWithdrawn', data: { ground: 'own-application' } } as const),
);

export const contractFacts = {
  policy: defaultApprenticeshipPolicy,
  selection: factOf(selectionFact('s1'), ...accepted),
  enrollment: student,
  organization: enterprise,
  program,
  plans: [],
  school: teachers.li,
  enterprise: teachers.master,
} as const;

export const openingOf = (...more: readonly Past<OpeningEvent>[]) => factOf(openingFact('opening'), ...published, ...more);
