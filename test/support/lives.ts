import * as fc from 'fast-check';
import type { EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import { enrollmentSource } from '../../libs/contexts/enrollment/gates.ts';
import type { Opening } from '../../libs/contexts/enrollment/plans.ts';
import { TestLedger } from './events.ts';
import { admission, calendar, contact, identity, program } from './histories.ts';

/** Lives of one learner by random commands: whatever the contexts accept is a valid history. */

/** Two programs, two classes and a calendar. */
export async function smallCollege(): Promise<TestLedger> {
  const ledger = new TestLedger('2025-08-01');
  await ledger.say('program-ecommerce', [{ type: 'ProgramPublished', data: program }]);
  await ledger.say('program-logistics', [{ type: 'ProgramPublished', data: { ...program, code: '530802' } }]);
  await ledger.say('calendar-college', [{ type: 'CalendarPublished', data: calendar }]);
  for (const id of ['class-a', 'class-b']) {
    await ledger.say(`class-${id}`, [
      { type: 'ClassFormed', data: { kind: 'administrative', name: id, programId: null, course: null, term: null } },
    ]);
  }
  return ledger;
}

export const newcomer = (ledger: TestLedger, idNumber: string): Opening => ({
  identify: {
    type: 'IdentifyLearner',
    identity: { ...identity, idNumber },
    contact,
    idClaim: ledger.claims.streamOf('id-number', idNumber),
    source: null,
  },
});

/** One of the commands below, about enrollment `e0` or `e1`; past the last of them, a second person grants whatever waits. */
export interface Ask {
  readonly which: number;
  readonly n: number;
  readonly e: number;
}
const dated = (n: number): string => `2025-0${8 + (n % 2)}-${String(1 + (n % 28)).padStart(2, '0')}`;

const commands: readonly ((n: number) => EnrollmentCommand)[] = [
  (n) => ({
    type: 'AdmitLearner',
    admission: { ...admission, learnerId: 'l0' },
    source: null,
    ...(n % 2 ? { register: { studentNumber: `n${n % 3}`, classId: 'class-a' } } : {}),
  }),
  () => ({ type: 'DeclinePlace' }),
  () => ({ type: 'RetainPlace', until: '2026-09-01' }),
  (n) => ({ type: 'RegisterStudent', studentNumber: `n${n % 3}`, classId: 'class-b' }),
  () => ({ type: 'PassAdmissionRecheck' }),
  () => ({ type: 'RecordAnnualRegistration', academicYear: '2025-2026' }),
  () => ({ type: 'SuspendStudy', ground: 'illness', until: '2027-01-01', appliedOn: null }),
  () => ({ type: 'ResumeStudy', appliedOn: '2025-12-01', reviewPassed: true, classId: null }),
  () => ({ type: 'ChangeMajor', programId: 'logistics', classId: null }),
  (n) => ({ type: 'ChangeClass', classId: n % 2 ? 'class-a' : 'class-b' }),
  () => ({ type: 'WithdrawStudent', ground: 'own-application' }),
  () => ({ type: 'GraduateStudent', creditsAttested: true }),
  () => ({ type: 'CompleteStudy' }),
  () => ({ type: 'LockRecord' }),
  () => ({ type: 'RequestAdmissionAnnulment', requestId: 'annul', evidence: [] }),
  () => ({ type: 'RequestRevocation', requestId: 'revoke', ground: 'fraud', evidence: [] }),
  () => ({ type: 'RequestWithdrawalReversal', requestId: 'revert', evidence: [] }),
  (n) => ({
    type: 'RequestEnrollmentCorrection',
    requestId: `c${n}`,
    target: '0',
    field: 'entryDate',
    value: dated(n),
    evidence: [],
  }),
  (n) => ({
    type: 'RequestEnrollmentCorrection',
    requestId: `s${n}`,
    target: '1',
    field: 'studentNumber',
    value: `n${n % 4}`,
    evidence: [],
  }),
  (n) => ({
    type: 'RequestEnrollmentCorrection',
    requestId: `t${n}`,
    target: String(n % 5),
    field: 'effectiveAt',
    value: `2025-08-0${1 + (n % 9)}T00:00:00.000Z`,
    evidence: [],
  }),
];

async function grantAll(ledger: TestLedger, enrollmentId: string): Promise<void> {
  const { state } = await ledger.transactor.load(enrollmentSource(enrollmentId));
  for (const { requestId, outcome, digest } of Object.values(state.approvals)) {
    if (outcome === 'pending') await ledger.enroll(enrollmentId, { type: 'GrantApproval', requestId, digest }, { by: 'qian' });
  }
}

/** A day later, somebody asks for something. */
export async function live(ledger: TestLedger, { which, n, e }: Ask): Promise<void> {
  ledger.clock.ms += 86_400_000;
  const command = commands[which]?.(n);
  if (command === undefined) await grantAll(ledger, `e${e}`);
  else await ledger.enroll(`e${e}`, command, which === 0 ? { opening: newcomer(ledger, 'id-0') } : {});
}

/** Single commands, and the ways that chance seldom finds: what a second person grants right after it was asked for. */
export const anyStep: fc.Arbitrary<readonly Ask[]> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ which: fc.nat(commands.length), n: fc.nat(30), e: fc.nat(1) }).map((one) => [one]) },
  {
    weight: 1,
    arbitrary: fc
      .record({ way: fc.constantFrom([14], [15], [10, 16], [16], [17], [18], [19]), n: fc.nat(30), e: fc.nat(1) })
      .map(({ way, n, e }) => [...way, commands.length].map((which) => ({ which, n, e }))),
  },
);
