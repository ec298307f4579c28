import { describe, expect, it } from '@jest/globals';
import { day, now, past, registrar, zone } from '../../../test/support/past.ts';
import { TestLedger } from '../../../test/support/events.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { source } from '../../../test/support/histories.ts';
import type { TeacherEvent } from '../../events/catalog/faculty.ts';
import { teacherIdOf, unqualified } from '../../facts/teacher.ts';
import { claimsOf } from '../../kernel/claim.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import type { Answer, CommandContext } from '../../runtime/transact.ts';
import { facultyCommands } from './commands.ts';
import { planFaculty, takesOf, teacher, type FacultyCommand, type FacultyFacts } from './faculty.ts';

const company = { creditCode: '91330100799655058B', name: { zh: '某电商有限公司', en: 'Some E-commerce Ltd.' } } as const;
const facts: FacultyFacts = { organization: { ...company, kind: 'enterprise' } };
const school: FacultyFacts = { organization: { ...company, kind: 'school' } };
const { given, seen } = examples(teacher, facts);

const contextOf = (commandId: string): CommandContext => ({
  commandId,
  digest: commandId,
  actor: registrar('zhao'),
  institutionId: 'college',
  zone,
  correlationId: commandId,
  causationId: commandId,
});

const mentor = {
  side: 'enterprise',
  organizationId: 'o1',
  staffNumber: 'E0042',
  profile: { name: '周明', title: '仓储主管' },
  contact: { phone: '13900000000' },
  source: null,
} as const;
const register = { type: 'RegisterTeacher', ...mentor } as const;

type Said = Parameters<typeof past<TeacherEvent>>;
const registered: Said = ['2025-09-01', { type: 'TeacherRegistered', data: mentor }];
const warned: Said = ['2025-10-01', { type: 'EarlyWarningRaised', data: { ground: 'absent' } }];
const improving: Said = ['2025-10-08', { type: 'ImprovementPlanned', data: { until: '2025-12-31' } }];
const suspended: Said = ['2025-11-01', { type: 'TeacherSuspended', data: { ground: 'under-investigation' } }];
const withdrawn: Said = ['2025-11-02', { type: 'TeacherWithdrawn', data: { ground: 'left' } }];
const after = (...said: readonly Said[]): ReturnType<typeof given> => given(...said.map((one) => past(...one)));

describe('registering', () => {
  it('happens once; the same words again are no event', () => {
    given().when(register).gives({ type: 'TeacherRegistered', data: mentor });
    given()
      .when({ ...register, source })
      .gives({ type: 'TeacherRegistered', data: { ...mentor, source } });
  });

  it('refuses other words under the same staff number', () => {
    after(registered)
      .when({ ...register, profile: { name: '周敏' } })
      .refuses('TEACHER_EXISTS', { staffNumber: 'E0042' });
  });

  it('is for a mentor of an enterprise, or for the college’s own staff', () => {
    const own = { ...mentor, side: 'school', organizationId: null } as const;
    given()
      .when({ ...register, ...own }, { facts: { organization: null } })
      .gives({ type: 'TeacherRegistered', data: own });
    given()
      .when({ ...register, organizationId: null })
      .refuses('TEACHER_ORGANIZATION_WRONG');
    given()
      .when({ ...register, side: 'school' })
      .refuses('TEACHER_ORGANIZATION_WRONG');
    given()
      .when(register, { facts: { organization: null } })
      .refuses('ORGANIZATION_UNKNOWN', { organization: 'o1' });
    given().when(register, { facts: school }).refuses('ORGANIZATION_NOT_ENTERPRISE', { kind: 'school' });
  });

  it('names her by organization and staff number', () => {
    const ids = [
      teacherIdOf('college', 'o1', '1'),
      teacherIdOf('college', 'o2', '1'),
      teacherIdOf('college', null, '1'),
      teacherIdOf('academy', null, '1'),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

describe('an account', () => {
  const link = (personId: string) => ({ type: 'LinkTeacherAccount', personId }) as const;
  const claims = claimsOf('college', (domain, text) => `${domain}/${text}`);

  it('is linked, and another one later: the last counts', () => {
    const one = after(registered)
      .when(link('mentor-1'))
      .gives({ type: 'TeacherAccountLinked', data: { personId: 'mentor-1' } });
    const other = one.when(link('mentor-2')).accepted();
    expect(other.state).toMatchObject({ personId: 'mentor-2', formerPersonIds: ['mentor-1'] });
    const back = other.when(link('mentor-1')).accepted();
    expect(back.state).toMatchObject({ personId: 'mentor-1', formerPersonIds: ['mentor-2'] });
    given().when(link('mentor-1')).refuses('NOT_FOUND');
  });

  it('is one teacher’s alone: it is taken first, and the former ones are let go', () => {
    const plan = planFaculty('t1', link('mentor-2'), claims);
    const { state } = after(registered, ['2025-09-02', { type: 'TeacherAccountLinked', data: { personId: 'mentor-1' } }])
      .when(link('mentor-2'))
      .accepted();
    const [take] = plan.takes!(state);
    expect(take!.holds(state)).toBe(true);
    const [release] = plan.releases!(state);
    expect([release!.stream, release!.holds(state)]).toEqual([claims.streamOf('teacher-account', 'mentor-1'), false]);
    expect(planFaculty('t1', register, claims).takes!(state)).toEqual([]);
    const taken = { kind: 'teacher-account', owner: 'teacher-t1', commandId: 'c' };
    expect(takesOf(claims, { type: 'ClaimTaken', stream: take!.stream, data: taken }).map(({ owner }) => owner.stream)).toEqual([
      'teacher-t1',
    ]);
    expect(takesOf(claims, { type: 'ClaimTaken', stream: 'claim-x', data: { ...taken, kind: 'id-number' } })).toEqual([]);
  });

  it('that was taken by a writer who crashed is let go, and free for another', async () => {
    const ledger = new TestLedger();
    const say = (teacherId: string, command: FacultyCommand, commandId: string): Promise<Answer | Refusal> =>
      ledger.transactor.transact(contextOf(commandId), () => planFaculty(teacherId, command, ledger.claims));
    await ledger.say('organization-o1', [{ type: 'OrganizationRegistered', data: { ...company, kind: 'enterprise' } }]);
    await say('t1', register, 'c1');
    await say('t2', { ...register, staffNumber: 'E0043' }, 'c2');
    const stream = ledger.claims.streamOf('teacher-account', 'mentor-1');
    const data = { kind: 'teacher-account', owner: 'teacher-t1', commandId: 'crashed' };
    await ledger.say(stream, [{ type: 'ClaimTaken', data }], { commandId: 'crashed' });
    expect(await say('t2', link('mentor-1'), 'c3')).toMatchObject({ refused: 'ACCOUNT_TAKEN' });
    const [take] = takesOf(ledger.claims, { type: 'ClaimTaken', stream, data });
    expect(await ledger.transactor.release(take!, contextOf('recovery'), 'recovery')).toBe('released');
    expect(await say('t2', link('mentor-1'), 'c4')).toMatchObject({ events: ['TeacherAccountLinked'] });
    // What she holds is nobody's to let go.
    const held = takesOf(ledger.claims, { type: 'ClaimTaken', stream, data: { ...data, owner: 'teacher-t2' } });
    expect(await ledger.transactor.release(held[0]!, contextOf('recovery'), 'recovery')).toBe('held');
  });
});

describe('qualification', () => {
  const grant = { type: 'GrantDualQualification', certificate: '高级 2026-17', evidence: ['file 8'] } as const;
  const practice = { organizationId: 'o1', from: '2026-01-05', to: '2026-02-13', days: 30 } as const;
  const record = { type: 'RecordEnterprisePractice', ...practice } as const;

  it('is granted once by a certificate', () => {
    const { certificate, evidence } = grant;
    const granted = after(registered).when(grant).gives({ type: 'DualQualificationGranted', data: { certificate, evidence } });
    granted.when({ ...grant, evidence: [] }).givesNothing();
    expect(granted.state.dualQualified).toBe(true);
  });

  it('rests on days of practice, each of them counted once', () => {
    const known = after(registered).when(record).gives({ type: 'EnterprisePracticeRecorded', data: practice });
    known
      .when({ ...record, from: '2026-02-13', to: '2026-02-20', days: 5 })
      .refuses('PERIODS_OVERLAP', { with: 'o1', from: '2026-01-05', to: '2026-02-13' });
    known.when({ ...record, from: '2026-02-14', to: '2026-02-20', days: 5 }).accepted();
    known.when({ ...record, organizationId: 'o2' }).accepted();
    after(registered)
      .when(record, { facts: { organization: null } })
      .refuses('ORGANIZATION_UNKNOWN');
    after(registered).when(record, { facts: school }).refuses('ORGANIZATION_NOT_ENTERPRISE');
  });

  it.each([
    ['ends before it begins', { from: '2026-02-14', days: 1 }],
    ['has more days than its span', { days: 41 }],
    ['has no day', { days: 0 }],
    ['is not over', { to: '2026-03-11' }],
  ])('refuses a practice that %s', (_, said) => {
    after(registered)
      .when({ ...record, ...said })
      .refuses('PRACTICE_DATES_WRONG');
  });

  it('says whom she may stand for', () => {
    const { state } = after(registered);
    const lacking = (...asked: Parameters<typeof unqualified>): unknown => unqualified(...asked)?.refused;
    expect(lacking(state, 'enterprise', 'o1', { dual: false })).toBeUndefined();
    expect(lacking(state, 'enterprise', 'o1', { dual: true })).toBe('TEACHER_NOT_DUAL_QUALIFIED');
    expect(lacking(state, 'enterprise', 'o2', { dual: false })).toBe('TEACHER_OF_OTHER_ORGANIZATION');
    expect(lacking(state, 'school', null, { dual: false })).toBe('TEACHER_OF_OTHER_SIDE');
    expect(lacking(after().state, 'school', null, { dual: false })).toBe('TEACHER_UNKNOWN');
    expect(lacking(after(registered, warned, improving).state, 'enterprise', 'o1', { dual: false })).toBeUndefined();
    expect(lacking(after(registered, suspended).state, 'enterprise', 'o1', { dual: false })).toBe('TEACHER_NOT_SERVING');
  });
});

describe('status', () => {
  const lives: Record<string, readonly Said[]> = {
    active: [registered],
    warned: [registered, warned],
    improving: [registered, warned, improving],
    suspended: [registered, suspended],
    withdrawn: [registered, withdrawn],
  };
  const commands = {
    RaiseEarlyWarning: { command: { type: 'RaiseEarlyWarning', ground: 'absent' }, from: ['active'], to: 'warned' },
    PlanImprovement: { command: { type: 'PlanImprovement', until: '2026-12-31' }, from: ['warned'], to: 'improving' },
    SuspendTeacher: {
      command: { type: 'SuspendTeacher', ground: 'under-investigation' },
      from: ['active', 'warned', 'improving'],
      to: 'suspended',
    },
    WithdrawTeacher: {
      command: { type: 'WithdrawTeacher', ground: 'left' },
      from: ['active', 'warned', 'improving', 'suspended'],
      to: 'withdrawn',
    },
    ReinstateTeacher: {
      command: { type: 'ReinstateTeacher', ground: 'improved' },
      from: ['improving', 'suspended', 'withdrawn'],
      to: 'active',
    },
  } as const;
  const table = Object.values(commands).flatMap(({ command, from, to }) =>
    Object.keys(lives).map((status) => ({ status, command, to, allowed: (from as readonly string[]).includes(status) })),
  );

  it.each(table.filter(({ allowed }) => allowed))('$command.type leads from $status to $to', ({ status, command, to }) => {
    const { state } = after(...lives[status]!)
      .when(command)
      .accepted();
    expect(state).toMatchObject({ status: to, statusSince: now });
  });

  it.each(table.filter(({ allowed }) => !allowed))('$command.type is refused where she is $status', ({ status, command }) => {
    after(...lives[status]!)
      .when(command)
      .refuses('TEACHER_STATUS_FORBIDS', { status });
  });

  it('knows until when she improves, and forgets it afterwards', () => {
    const { state } = after(...lives['improving']!);
    expect(state.improveUntil).toBe('2025-12-31');
    const reinstated = after(...lives['improving']!)
      .when({ type: 'ReinstateTeacher', ground: 'improved' })
      .accepted();
    expect(reinstated.state.improveUntil).toBeNull();
    after(...lives['warned']!)
      .when({ type: 'PlanImprovement', until: '2026-03-10' })
      .refuses('IMPROVEMENT_OVER');
    given().when({ type: 'PlanImprovement', until: '2026-03-10' }).refuses('NOT_FOUND');
  });

  it.each<[FacultyCommand, readonly Said[]]>([
    [{ type: 'LinkTeacherAccount', personId: 'mentor-9' }, lives['active']!],
    [{ type: 'GrantDualQualification', certificate: '高级 2026-17', evidence: [] }, lives['active']!],
    [{ type: 'RecordEnterprisePractice', organizationId: 'o1', from: '2025-08-01', to: '2025-08-02', days: 1 }, lives['active']!],
    ...Object.values(commands).map(({ command, from: [from] }): [FacultyCommand, readonly Said[]] => [command, lives[from]!]),
  ])('is never told out of order: %p', (command, life) => {
    const [last] = life.at(-1)!;
    after(...life)
      .when(command, { on: '2025-08-31' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE', { lastChangeAt: day(last) });
    given().when(command).refuses('NOT_FOUND');
  });
});

it('the command table says what was seen', () => {
  expectTable(facultyCommands, seen, ['ACCOUNT_TAKEN'], commonRefusals);
});
