import type { Side } from '../../libs/events/catalog/faculty.ts';
import { teacherIdOf } from '../../libs/facts/teacher.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import { workday } from './dates.ts';
import { Dice } from './dice.ts';
import { he, zhou } from './office.ts';
import { officeOf, organizationIdAt, partners } from './partners.ts';
import { staffName } from './people.ts';
import type { Saying, Step } from './step.ts';
import { Teller, type World } from './teller.ts';

/** Teachers of the college and mentors of its partners (双师型), and what is said of them. */

// ── teachers and mentors ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface Staff {
  readonly side: Side;
  /** Index of the enterprise; null for the college's own. */
  readonly partner: number | null;
  readonly index: number;
  readonly staffNumber: string;
  /** The `sub` of her tokens. */
  readonly account: string;
}

/** One teacher for eighteen students, as the ministry asks of colleges. */
export const teacherCount = ({ learners }: World): number => Math.max(24, Math.ceil(learners / 18));

export const teacherAt = (index: number): Staff => {
  const staffNumber = `T${1001 + index}`;
  return { side: 'school', partner: null, index, staffNumber, account: staffNumber.toLowerCase() };
};

/** Every second teacher is double-qualified (双师型). */
export const isDual = ({ index }: Staff): boolean => index % 2 === 0;

export const mentorCount = ({ learners }: World, partner: number): number =>
  Math.max(partner === 0 ? 14 : 4, Math.ceil((learners * (partner === 0 ? 12 : 4)) / 600));

export const mentorAt = (partner: number, index: number): Staff => {
  const staffNumber = `${partners[partner]!.letters}${String(index + 1).padStart(3, '0')}`;
  return { side: 'enterprise', partner, index, staffNumber, account: `m-${staffNumber.toLowerCase()}` };
};

/** Mentors of the large enterprise whose stories are told. */
export const improved = 0;
export const suspended = 1;
export const withdrawn = 2;
/** Everybody else's mentors. */
export const anyMentor = (world: World, dice: Dice, partner: number): Staff =>
  mentorAt(partner, partner === 0 ? dice.between(3, mentorCount(world, 0) - 1) : dice.below(mentorCount(world, partner)));

export const staffIdOf = (world: World, { partner, staffNumber }: Staff): string =>
  teacherIdOf(world.institutionId, partner === null ? null : organizationIdAt(world, partner), staffNumber);

export const asTeacher = ({ account }: Staff): Actor => ({ personId: account, role: 'teacher', organizationId: null });
export const asMentor = (world: World, { account, partner }: Staff): Actor => ({
  personId: account,
  role: 'mentor',
  organizationId: organizationIdAt(world, partner!),
});

// ── strands ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Days on which something became of the mentors above. */
export const mentorSuspendedOn = '2026-03-16';
export const mentorWithdrawnOn = '2026-10-26';

export function* staffStrand(world: World, staff: Staff): Generator<Step, void> {
  const tell = new Teller(world, `staff/${staff.staffNumber}`);
  const dice = new Dice(world.seed, `staff/${staff.staffNumber}`);
  const say = (command: Extract<Saying, { on: 'teacher' }>['command']): Saying => ({
    on: 'teacher',
    id: staffIdOf(world, staff),
    command,
  });
  const { side, partner, index, staffNumber, account } = staff;
  const school = side === 'school';
  const hired = school ? workday('2024-07-11') : workday('2025-04-07');
  const by = partner === null ? zhou : officeOf(world, partner);
  const title = dice.weighted(
    school
      ? ([
          ['讲师', 50],
          ['副教授', 30],
          ['教授', 8],
          ['助教', 12],
        ] as const)
      : ([
          ['运营主管', 40],
          ['仓储主管', 20],
          ['数据分析师', 20],
          ['客服经理', 20],
        ] as const),
  );
  yield tell.step(
    [hired, 'dawn'],
    by,
    say({
      type: 'RegisterTeacher',
      side,
      organizationId: partner === null ? null : organizationIdAt(world, partner),
      staffNumber,
      profile: { name: staffName(dice), title },
      contact: { phone: `1370000${String(dice.below(10_000)).padStart(4, '0')}` },
      source: null,
    }),
  );
  yield tell.step([hired, 'dawn'], by, say({ type: 'LinkTeacherAccount', personId: account }));
  if (school && isDual(staff)) {
    const certificate = dice.pick([
      '电子商务师（二级）',
      '物流管理师（一级）',
      '大数据分析师（中级）',
      '企业人力资源管理师（二级）',
    ]);
    const command = { type: 'GrantDualQualification', certificate, evidence: [`双师认定 2024-${index + 1}`] } as const;
    yield tell.step([workday('2024-08-19'), 'dawn'], he, say(command));
  }
  if (school && index % 3 === 0) {
    const practice = { organizationId: organizationIdAt(world, 0), from: '2025-07-14', to: '2025-08-22', days: 30 };
    yield tell.step([workday('2025-08-25'), 'dawn'], zhou, say({ type: 'RecordEnterprisePractice', ...practice }));
  }
  if (partner === 0) yield* troubles(tell, index, say);
}

function* troubles(
  tell: Teller,
  index: number,
  say: (command: Extract<Saying, { on: 'teacher' }>['command']) => Saying,
): Generator<Step, void> {
  const warned = { type: 'RaiseEarlyWarning', ground: '连续四周未确认实习日志' } as const;
  if (index === improved) {
    yield tell.step([workday('2025-11-03'), 'dawn'], he, say(warned));
    yield tell.step([workday('2025-11-10'), 'dawn'], he, say({ type: 'PlanImprovement', until: '2025-12-31' }));
    yield tell.step([workday('2025-12-29'), 'dawn'], he, say({ type: 'ReinstateTeacher', ground: '整改通过' }));
  }
  if (index === suspended) {
    yield tell.step([workday('2025-12-08'), 'dawn'], he, say(warned));
    yield tell.step([workday('2025-12-15'), 'dawn'], he, say({ type: 'PlanImprovement', until: '2026-02-27' }));
    yield tell.step([mentorSuspendedOn, 'dawn'], he, say({ type: 'SuspendTeacher', ground: '整改期满未通过' }));
  }
  if (index === withdrawn) {
    yield tell.step([mentorWithdrawnOn, 'dawn'], he, say({ type: 'WithdrawTeacher', ground: '离职' }));
  }
}

export function* staffStrands(world: World, side: Side): Generator<Iterator<Step>, void> {
  if (side === 'school') {
    for (let n = 0; n < teacherCount(world); n++) yield staffStrand(world, teacherAt(n));
    return;
  }
  for (const partner of partners.keys()) {
    for (let n = 0; n < mentorCount(world, partner); n++) yield staffStrand(world, mentorAt(partner, n));
  }
}
