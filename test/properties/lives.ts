import * as fc from 'fast-check';
import type { EnrollmentStatus, EnrollmentEvent, LearnerEvent } from '../../libs/events/catalog/enrollment.ts';
import { enrollment, enrollmentStream, type EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import type { EnrollmentFacts } from '../../libs/contexts/enrollment/guards.ts';
import { learner, learnerStream, type LearnerCommand, type LearnerFacts } from '../../libs/contexts/enrollment/learner.ts';
import type { Enrollment } from '../../libs/facts/enrollment.ts';
import type { Learner } from '../../libs/facts/learner.ts';
import {
  effectiveOf,
  type Circumstances,
  type Decider,
  type Decision,
  type DomainEvent,
  type Recorded,
} from '../../libs/kernel/decider.ts';
import { pendingRequests, type Approvals } from '../../libs/kernel/four-eyes.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import { addDays, startOfDay } from '../../libs/kernel/time.ts';
import { circumstances, past, recordedOf, zone } from '../support/past.ts';
import { administrative, admission, calendar, contact, facts, identity, source } from '../support/histories.ts';

/** Runs are seeded: SEED=… replays or varies them. */
export const runs = (numRuns: number): { seed: number; numRuns: number } => ({
  seed: Number(process.env['SEED'] ?? 20_260_310),
  numRuns,
});

/** One step of a life: time passes, then somebody says something, as of now or of some days ago. */
export interface Step<Say> {
  readonly days: number;
  readonly ago: number;
  readonly by: string;
  readonly say: Say;
}

const people = fc.constantFrom('zhao', 'qian', 'sun');

/** What may be said in a life, and what is said first. */
export const stepsOf = <Say>(
  say: fc.Arbitrary<Say>,
  first: fc.Arbitrary<Say>,
  backDated: boolean,
): fc.Arbitrary<readonly Step<Say>[]> => {
  const ago = backDated ? fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 30 })) : fc.constant(0);
  const step = (of: fc.Arbitrary<Say>): fc.Arbitrary<Step<Say>> =>
    fc.record({ days: fc.nat({ max: 25 }), ago, by: people, say: of });
  return fc.tuple(step(first), fc.array(step(say), { maxLength: 24, size: 'max' })).map(([one, more]) => [one, ...more]);
};

/** A grant or refusal of whatever is pending by then. */
export interface Settle {
  readonly type: 'Settle';
  readonly pick: number;
  readonly grant: boolean;
  readonly asRead: boolean;
}
export const settle: fc.Arbitrary<Settle> = fc.record({
  type: fc.constant('Settle' as const),
  pick: fc.nat({ max: 3 }),
  grant: fc.boolean().map((no) => !no),
  asRead: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
});

export const settled = (approvals: Approvals, { pick, grant, asRead }: Settle) => {
  const waiting = pendingRequests(approvals);
  const known = waiting.length > 0 ? waiting : Object.values(approvals);
  const request = known[pick % Math.max(1, known.length)];
  const requestId = request?.requestId ?? 'none';
  if (!grant) return { type: 'RefuseApproval', requestId } as const;
  const opened = request?.personal && typeof request.personal === 'object' ? { opened: request.personal } : {};
  return { type: 'GrantApproval', requestId, digest: asRead ? (request?.digest ?? '') : 'other words', ...opened } as const;
};

// ── enrollments ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const classId = fc.constantFrom('class-a', 'class-b', null);
const number = fc.constantFrom('20250101', '20250102');
const date = fc.constantFrom('2025-10-01', '2026-02-01', '2026-06-01', '2027-01-01');
const said = fc.record({
  ...Object.fromEntries(Object.entries(admission).map(([field, value]) => [field, fc.constant(value)])),
  intake: fc.constantFrom('ordinary', 'ordinary', 'special', 'directed'),
}) as unknown as fc.Arbitrary<typeof admission>;
const importable: readonly EnrollmentStatus[] = [
  'admitted',
  'place-retained',
  'registered',
  'suspended',
  'completed',
  'graduated',
  'withdrawn',
  'deceased',
];

export const is = <T extends string>(type: T) => fc.constant(type);

const opening: fc.Arbitrary<EnrollmentCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: is('AdmitLearner'), admission: said, source: fc.constant(null) }),
  },
  fc.record({
    type: is('AdmitLearner'),
    admission: said,
    source: fc.constant(source),
    register: fc.record({ studentNumber: number, classId }),
  }),
  fc.record({
    type: is('ImportEnrollment'),
    admission: said,
    status: fc.constantFrom(...importable),
    suspension: fc.constant(null),
    statusDate: fc.constant('2025-08-01'),
    studentNumber: fc.option(number),
    source: fc.constant(source),
  }),
  fc.record({
    type: is('TransferStudentIn'),
    admission: said.map((a) => ({ ...a, entryDate: '2024-09-01', expectedGraduation: '2027-07-01' })),
    fromSchool: fc.constant('第二职业学院'),
    fromLevel: fc.constant('junior-college'),
    ground: fc.constantFrom('illness', 'boredom'),
    studentNumber: number,
  }),
);

type EnrollmentSay =
  | EnrollmentCommand
  | Settle
  | { readonly type: 'Correct'; readonly pick: number; readonly field: string; readonly value: unknown };

const correction = fc.oneof(
  fc.record({
    type: is('Correct'),
    pick: fc.nat({ max: 12 }),
    field: fc.constantFrom(
      'until',
      'ground',
      'studentNumber',
      'classId',
      'expectedGraduation',
      'decisionNumber',
      'colour',
      'convertibleUntil',
    ),
    value: fc.constantFrom<unknown>('2027-03-01', 'other-rule', '20250109', 'class-b', null, 17),
  }),
);

const change: fc.Arbitrary<EnrollmentCommand> = fc.oneof(
  fc.record({ type: is('DeclinePlace') }),
  fc.record({ type: is('RetainPlace'), until: date }),
  { weight: 3, arbitrary: fc.record({ type: is('RegisterStudent'), studentNumber: number, classId }) },
  fc.record({ type: is('PassAdmissionRecheck') }),
  fc.record({ type: is('RecordAnnualRegistration'), academicYear: fc.constantFrom('2025-2026', '2026-2027', '1999-2000') }),
  fc.record({ type: is('SuspendStudy'), ground: fc.constantFrom('illness', 'family'), until: date, appliedOn: fc.option(date) }),
  fc.record({ type: is('RetainStatus'), ground: fc.constantFrom('military-service', 'other'), until: date }),
  {
    weight: 3,
    arbitrary: fc.record({ type: is('ResumeStudy'), appliedOn: date, reviewPassed: fc.constantFrom(true, true, false), classId }),
  },
  fc.record({ type: is('ChangeMajor'), programId: fc.constantFrom('ecommerce', 'logistics'), classId }),
  fc.record({ type: is('ChangeClass'), classId: fc.constantFrom('class-a', 'class-b') }),
  {
    weight: 4,
    arbitrary: fc.record({
      type: is('TransferStudentOut'),
      toSchool: fc.constantFrom('第二职业学院', '第三职业学院'),
      ground: fc.constantFrom('illness', 'hardship', 'boredom'),
      fromLevel: fc.constant(null),
      toLevel: fc.constantFrom('junior-college', 'bachelor'),
      requiredScore: fc.constantFrom(40_000, 60_000),
    }),
  },
  fc.record({ type: is('WithdrawStudent'), ground: fc.constantFrom('own-application', 'other-rule') }),
  fc.record({ type: is('ExpelStudent'), decisionNumber: fc.constantFrom('1', '2') }),
  fc.record({ type: is('RecordDeath') }),
  fc.record({ type: is('GraduateStudent'), creditsAttested: fc.constant(true as const) }),
  fc.record({ type: is('LeaveIncomplete') }),
  fc.record({ type: is('CompleteStudy') }),
  fc.record({ type: is('LockRecord') }),
);

const requests: fc.Arbitrary<EnrollmentCommand> = fc.oneof(
  fc.record({ type: is('RequestAdmissionAnnulment'), requestId: is(''), evidence: fc.constant([]) }),
  fc.record({
    type: is('RequestRevocation'),
    requestId: is(''),
    ground: fc.constantFrom('recheck-failed', 'fraud'),
    evidence: fc.constant([]),
  }),
  fc.record({ type: is('RequestWithdrawalReversal'), requestId: is(''), evidence: fc.constant([]) }),
);

export const enrollmentSteps = (backDated = true): fc.Arbitrary<readonly Step<EnrollmentSay>[]> =>
  stepsOf<EnrollmentSay>(
    fc.oneof(
      { weight: 8, arbitrary: change },
      { weight: 3, arbitrary: requests },
      { weight: 4, arbitrary: settle },
      { weight: 2, arbitrary: correction },
      { weight: 1, arbitrary: opening },
    ),
    opening,
    backDated,
  );

const enrollmentCommand = (s: Enrollment, say: EnrollmentSay, index: number): EnrollmentCommand => {
  if (say.type === 'Settle') return settled(s.approvals, say);
  if (say.type === 'Correct') {
    const target = String(say.pick % Math.max(1, s.history.length));
    return {
      type: 'RequestEnrollmentCorrection',
      requestId: `q${index}`,
      target,
      field: say.field,
      value: say.value,
      evidence: [],
    };
  }
  return 'requestId' in say ? { ...say, requestId: `q${index}` } : say;
};

// ── learners ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type LearnerSay = LearnerCommand | Settle;

const who = fc.constantFrom(identity, { ...identity, name: '陈曉' });
const identify = fc.record({
  type: is('IdentifyLearner'),
  identity: who,
  contact: fc.option(fc.constant(contact)),
  idClaim: fc.constantFrom('claim-a', null),
  source: fc.constant(null),
});

const aboutHer: fc.Arbitrary<LearnerSay> = fc.oneof(
  fc.record({ type: is('ChangeContact'), contact: fc.constantFrom(contact, { phone: '13900000000' }) }),
  fc.record({
    type: is('LinkGuardian'),
    guardianId: fc.constantFrom('wang', 'constructor'),
    guardian: fc.record({ name: fc.constant('王芳'), relation: fc.constantFrom('mother', 'aunt') }),
  }),
  fc.record({ type: is('UnlinkGuardian'), guardianId: fc.constantFrom('wang', 'constructor') }),
  fc.record({
    type: is('PlaceHold'),
    holdId: fc.constantFrom('h1', 'toString'),
    kind: fc.constantFrom('clawback', 'discipline'),
  }),
  fc.record({ type: is('LiftHold'), holdId: fc.constantFrom('h1', 'toString') }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: is('RequestIdentityCorrection'),
      requestId: is(''),
      old: who,
      new: who,
      idClaim: fc.constantFrom('claim-a', 'claim-b', null),
      evidence: fc.constant([]),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: is('RequestErasure'),
      requestId: is(''),
      purposes: fc.constantFrom(['contact'] as const, ['identity'] as const, ['identity', 'contact'] as const),
      legalBasis: fc.constant('PIPL-47'),
      evidence: fc.constant([]),
    }),
  },
  { weight: 4, arbitrary: settle },
  fc.record({ type: is('AnnulLearner') }),
  fc.record({
    type: is('OpenEnrollment'),
    enrollmentId: fc.constantFrom('e1', 'e2'),
    programId: fc.constant('ecommerce'),
    entryDate: fc.constant('2025-09-01'),
  }),
  fc.record({
    type: is('CloseEnrollment'),
    enrollmentId: fc.constantFrom('e1', 'e2'),
    status: fc.constantFrom('withdrawn', 'abandoned'),
    at: fc.constant(null),
  }),
  fc.record({ type: is('BeginClosing'), enrollmentId: fc.constantFrom('e1', 'e2') }),
  fc.record({ type: is('DropClosing'), enrollmentId: fc.constantFrom('e1', 'e2') }),
  fc.record({
    type: is('HoldPeriod'),
    holder: fc.constantFrom('s1', 's2'),
    from: fc.constant('2026-01-01'),
    to: fc.constantFrom('2026-03-01', '2026-09-01'),
  }),
  fc.record({ type: is('ReleasePeriod'), holder: fc.constantFrom('s1', 's2') }),
);

export const learnerSteps = (backDated = true): fc.Arbitrary<readonly Step<LearnerSay>[]> =>
  stepsOf<LearnerSay>(aboutHer, fc.oneof({ weight: 9, arbitrary: identify }, aboutHer), backDated);

const learnerCommand = (s: Learner, say: LearnerSay, index: number): LearnerCommand => {
  if (say.type === 'Settle') return settled(s.approvals, say);
  return 'requestId' in say ? { ...say, requestId: `q${index}` } : say;
};

// ── living ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Moment<S, C, E extends DomainEvent, F> {
  readonly command: C;
  readonly k: Circumstances<F>;
  readonly decision: Decision<E>;
  readonly before: S;
  readonly after: S;
  /** What this moment wrote. */
  readonly written: readonly Recorded<E>[];
}

export interface Life<S, C, E extends DomainEvent, F> {
  readonly moments: readonly Moment<S, C, E, F>[];
  readonly history: readonly Recorded<E>[];
  readonly state: S;
}

/** Lives the steps one after the other: what is refused changes nothing. */
export function live<S, C extends { readonly type: string }, E extends DomainEvent, F, Say>(
  decider: Decider<S, C, E, F>,
  steps: readonly Step<Say>[],
  commandOf: (state: S, say: Say, index: number) => C,
  world: { readonly stream: string; readonly facts: F; readonly subject: string },
): Life<S, C, E, F> {
  const moments: Moment<S, C, E, F>[] = [];
  let history: readonly Recorded<E>[] = [];
  let state = decider.initial;
  let today = '2025-08-20';
  for (const [index, { days, ago, by, say }] of steps.entries()) {
    today = addDays(today, days);
    const command = commandOf(state, say, index);
    const now = startOfDay(today, zone);
    const k = circumstances<F>(command, world.facts, {
      now,
      on: startOfDay(addDays(today, -ago), zone),
      by,
      commandId: `c${index}`,
    });
    const decision = decider.decide(state, command, k);
    const before = state;
    let written: readonly Recorded<E>[] = [];
    if (!isRefusal(decision) && decision.length > 0) {
      const events = decision.map((event) => {
        const { effectiveAt: _at, ...plain } = event as E & { effectiveAt?: string };
        return past(effectiveOf(event) ?? k.effectiveAt, plain as unknown as E, {
          recorded: now,
          by,
          digest: k.commandDigest,
          commandId: k.commandId,
        });
      });
      const longer = recordedOf(events, world.stream, history).map((event) => ({ ...event, subjectId: world.subject }));
      written = longer.slice(history.length);
      history = longer;
      for (const event of written) state = decider.evolve(state, event);
    }
    moments.push({ command, k, decision, before, after: state, written });
  }
  return { moments, history, state };
}

export type EnrollmentLife = Life<Enrollment, EnrollmentCommand, EnrollmentEvent, EnrollmentFacts>;
export type LearnerLife = Life<Learner, LearnerCommand, LearnerEvent, LearnerFacts>;

const known = {
  ...facts,
  class: administrative,
  calendar: {
    ...calendar,
    years: [
      {
        ...calendar.years[0]!,
        name: '2024-2025',
        from: '2024-09-01',
        to: '2025-08-31',
        terms: [{ name: '2024-1', from: '2024-09-01', to: '2025-01-18' }],
      },
      ...calendar.years,
    ],
  },
};

export const enrolled = (steps: readonly Step<EnrollmentSay>[]): EnrollmentLife =>
  live(enrollment, steps, enrollmentCommand, {
    stream: enrollmentStream('e1'),
    facts: known,
    subject: 'chen',
  });

export const lived = (steps: readonly Step<LearnerSay>[]): LearnerLife =>
  live(learner, steps, learnerCommand, {
    stream: learnerStream('chen'),
    facts: { policy: facts.policy },
    subject: 'chen',
  });
