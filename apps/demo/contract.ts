import type { ContractCommand } from '../../libs/contexts/apprenticeship/contract.ts';
import { termsFrom, type WordedTerms } from '../../libs/contexts/apprenticeship/terms.ts';
import type { ContractTerms, Party } from '../../libs/events/catalog/apprenticeship.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { addDays, addMonths, startOfDay } from '../../libs/kernel/time.ts';
import {
  apprenticeshipsOf,
  gatewayOn,
  leftOn,
  mentorOn,
  mentorReplacedOn,
  probationEndsOn,
  statusLostOn,
  type Apprenticeship,
} from './apprentice.ts';
import { daysAfter, mondayFrom, workday, type Hour } from './dates.ts';
import { Dice } from './dice.ts';
import { enrollmentIdOf, learnerIdOf, programIdAt } from './ids.ts';
import { classAt, type Life } from './lives.ts';
import { merged } from './merged.ts';
import { he, zhou } from './office.ts';
import { officeOf, organizationIdAt } from './partners.ts';
import { asLearner, selectionStrand } from './selection.ts';
import { asMentor, asTeacher, mentorSuspendedOn, mentorWithdrawnOn, staffIdOf } from './staff.ts';

import type { Saying, Step } from './step.ts';
import { guardianOn, identityOf, isMinor } from './student.ts';
import { Teller, type When, type World } from './teller.ts';

/** An apprenticeship as it is told: the selection, the three-party agreement (三方协议), and the weeks at the enterprise. */
export function* apprenticeStrand(world: World, life: Life): Generator<Step, void> {
  let before: Apprenticeship | null = null;
  const tellings: Iterator<Step>[] = [];
  for (const plan of apprenticeshipsOf(world, life)) {
    tellings.push(selectionStrand(world, life, plan));
    const over = ['rejected', 'withdraws-application', 'declines-offer', 'offer-expires', 'gives-up'].includes(plan.turn);
    if (!over) {
      const told = new Told(world, life, plan, before);
      tellings.push(contractStrand(told), logStrand(told));
    }
    before = plan;
  }
  yield* merged(tellings);
}

// ── terms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const wording: Readonly<Record<string, string>> = {
  'training-plan': '按照人才培养方案与岗位标准，由校企双导师共同实施教学，学徒须完成轮岗与综合考核。',
  duties: '学校负责学籍与教学管理，企业提供岗位、导师与安全保障，学徒遵守双方规章制度。',
  'hours-and-rest': '每周不超过四十小时，不安排夜班，法定节假日正常休息。',
  pay: '企业按不低于本单位相同岗位试用期工资的百分之八十支付实习报酬，每月十五日前发放。',
  safety: '上岗前完成三级安全教育，企业为学徒投保实习责任保险。',
  assessment: '采用“4-4-2”综合评价，理论考试、实训考核与综合实践报告答辩由校企双方共同评定。',
};

const raised = '企业按不低于本单位相同岗位试用期工资的百分之九十支付实习报酬，每月十日前发放。';

/** One contract, and who speaks in it. */
class Told {
  readonly world: World;
  readonly life: Life;
  readonly plan: Apprenticeship;
  /** The contract that it continues. */
  readonly before: Apprenticeship | null;
  readonly tell: Teller;
  readonly minor: boolean;
  readonly office: Actor;
  /** Where the calendar of a year's apprenticeships begins: a late one's own. */
  readonly drafted: string;

  constructor(world: World, life: Life, plan: Apprenticeship, before: Apprenticeship | null) {
    const { cohort, late, partner } = plan.opening;
    this.world = world;
    this.life = life;
    this.plan = plan;
    this.before = before;
    this.tell = new Teller(world, plan.name);
    this.minor = isMinor(world, life, plan.from);
    this.office = officeOf(world, partner);
    this.drafted = workday(late ? `${cohort + 2}-01-28` : `${cohort + 1}-07-08`);
  }

  saying(command: ContractCommand): Saying {
    return { on: 'contract', id: this.plan.contractId, command };
  }

  step(when: When, by: Actor, command: ContractCommand, reason?: Step['reason']): Step {
    return this.tell.step(when, by, this.saying(command), reason ? { reason } : {});
  }

  terms(change: Partial<WordedTerms> = {}, pay = wording['pay']!): ContractTerms {
    const { world, plan } = this;
    const { from, to, post, courseIds, opening } = plan;
    const sections = Object.entries(wording).map(([code, text]) => ({ code, text: code === 'pay' ? pay : text }));
    const learned = { programId: programIdAt(world, opening.program), version: 1, courseIds };
    return termsFrom({ from, to, post, plan: learned, sections, ...change }, world.saltOf(plan.name));
  }

  /** Everybody whose word is needed, and the hour at which they find time for it. */
  parties(day: string, minor = this.minor): readonly (readonly [Party, Actor, Hour])[] {
    const { life, office } = this;
    const guardian: Actor = { personId: guardianOn(life, day), role: 'guardian', organizationId: null };
    return [
      ['school', zhou, 'morning'],
      ['enterprise', office, 'afternoon'],
      ['apprentice', asLearner(life), 'evening'],
      ...(minor ? ([['guardian', guardian, 'evening']] as const) : []),
    ];
  }
}

// ── the contract ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function* contractStrand(t: Told): Generator<Step, void> {
  const { plan, world } = t;
  yield* isDrafted(t);
  yield* isSigned(t);
  if (plan.turn === 'cancelled') {
    const reason = { code: 'post-closed' };
    yield t.step([daysAfter(plan.from, -17), 'afternoon'], t.office, { type: 'CancelContract', ground: '岗位撤销' }, reason);
    return;
  }
  const insured = daysAfter(plan.from, plan.opening.late ? -5 : -14);
  const insurance = {
    insurer: '云溪安心保险',
    policy: `SX${new Dice(world.seed, `insured/${plan.name}`).between(20_000_000, 29_999_999)}`,
    from: plan.from,
    to: plan.to,
  };
  yield t.step([insured, 'afternoon'], t.office, { type: 'RecordInsurance', insurance });
  const mentored = daysAfter(insured, 1);
  const school = staffIdOf(world, plan.schoolMentor);
  yield t.step([mentored, 'morning'], zhou, { type: 'AssignMentor', side: 'school', teacherId: school });
  const enterprise = staffIdOf(world, plan.mentor);
  yield t.step([mentored, 'afternoon'], t.office, { type: 'AssignMentor', side: 'enterprise', teacherId: enterprise });
  const oldEnoughOn = addMonths(identityOf(world, t.life).birthDate!, 192);
  yield t.step([plan.from, 'morning'], zhou, { type: 'StartContract', oldEnoughOn });
  yield* lives(t);
}

function* isDrafted(t: Told): Generator<Step, void> {
  const { world, life, plan, before } = t;
  yield t.step([t.drafted, 'morning'], zhou, {
    type: 'DraftContract',
    of: {
      learnerId: learnerIdOf(world, life),
      enrollmentId: enrollmentIdOf(world, life),
      organizationId: organizationIdAt(world, plan.opening.partner),
    },
    selectionId: plan.selectionId,
    terms: t.terms(),
    guardianNeeded: t.minor,
    continuationOf: before?.contractId ?? null,
  });
}

function* isSigned(t: Told): Generator<Step, void> {
  const { turn } = t.plan;
  const terms = t.terms();
  const read = daysAfter(t.drafted, 1);
  yield* confirmed(t, terms, read, Object.keys(wording));
  const signing = daysAfter(read, 4);
  if (turn !== 'terms-change') {
    yield* signatures(t, terms, signing, t.parties(signing));
    return;
  }
  // The enterprise offers more pay when two have signed already: both sign again.
  yield* signatures(t, terms, signing, t.parties(signing).slice(0, 2));
  const better = t.terms({}, raised);
  const revised = daysAfter(signing, 1);
  const reason = { code: 'negotiated', text: '企业提高实习报酬。' };
  yield t.step([revised, 'morning'], zhou, { type: 'ReviseTerms', terms: better, guardianNeeded: t.minor }, reason);
  yield* confirmed(t, better, daysAfter(revised, 1), ['pay']);
  const again = daysAfter(revised, 2);
  yield* signatures(t, better, again, t.parties(again));
}

function* confirmed(t: Told, terms: ContractTerms, day: string, sections: readonly string[]): Generator<Step, void> {
  for (const [party, by, hour] of t.parties(day)) {
    for (const { code, digest } of terms.sections) {
      if (sections.includes(code)) yield t.step([day, hour], by, { type: 'ConfirmSection', party, section: code, digest });
    }
  }
}

function* signatures(
  t: Told,
  { termsDigest }: ContractTerms,
  day: string,
  parties: ReturnType<Told['parties']>,
): Generator<Step, void> {
  for (const [party, by, hour] of parties) {
    const paper = t.plan.turn === 'on-paper' && party === 'apprentice';
    yield t.step([day, hour], paper ? zhou : by, {
      type: 'SignContract',
      party,
      termsDigest,
      medium: paper ? 'paper' : 'electronic',
      evidence: paper ? `档案袋 ${day}` : null,
    });
  }
}

// ── while it lives ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function* lives(t: Told): Generator<Step, void> {
  const { turn, from, to, opening } = t.plan;
  switch (turn) {
    case 'amended':
    case 'amendment-rejected':
    case 'amendment-cancelled':
    case 'amendment-expired':
      yield* amendment(t, daysAfter(from, 32));
      break;
    case 'interrupted':
      yield t.step([daysAfter(from, 44), 'morning'], zhou, { type: 'SuspendContract', ground: '学徒因伤休养四周' });
      yield t.step([daysAfter(from, 72), 'morning'], zhou, { type: 'ResumeContract' });
      break;
    case 'probation':
      yield ended(t, probationEndsOn(from), 'probation', '不适应夜间直播排班，双方同意试用期内解除。');
      return;
    case 'continues':
      if (!opening.late) {
        yield ended(t, leftOn, 'transfer', '转至集团总部岗位继续培养。');
        return;
      }
      break;
    case 'loses-status':
      yield ended(t, statusLostOn(t.life), 'status-lost', '学籍终止，三方协议随之解除。');
      return;
    case 'loses-status-in-error':
      yield ended(t, statusLostOn(t.life), 'status-lost', '学籍终止，三方协议随之解除。');
      yield* reversed(t, daysAfter(statusLostOn(t.life), 11));
      break;
    case 'mentor-lost': {
      const teacherId = staffIdOf(t.world, mentorOn(t.plan, mentorReplacedOn));
      yield t.step([mentorReplacedOn, 'morning'], t.office, { type: 'ReplaceMentor', side: 'enterprise', teacherId });
      break;
    }
    default:
      break;
  }
  const gateway = gatewayOn(t.plan);
  yield t.step([gateway, 'morning'], zhou, { type: 'SignGateway', party: 'school' });
  yield t.step([gateway, 'afternoon'], t.office, { type: 'SignGateway', party: 'enterprise' });
  yield t.step([daysAfter(to, 3), 'morning'], zhou, { type: 'CompleteContract' });
}

function ended(t: Told, day: string, ground: 'probation' | 'transfer' | 'status-lost', text: string): Step {
  const noticeGivenOn = addDays(day, ground === 'status-lost' ? -2 : -4);
  const notice = `书面通知 ${noticeGivenOn}`;
  return t.step([day, 'afternoon'], zhou, { type: 'TerminateContract', ground, noticeGivenOn, notice }, { code: ground, text });
}

function* reversed(t: Told, day: string): Generator<Step, void> {
  yield* t.tell.fourEyes({
    asked: [day, 'morning'],
    settled: [daysAfter(day, 1), 'afternoon'],
    by: [zhou, he],
    request: (requestId) => t.saying({ type: 'RequestTerminationReversal', requestId, evidence: ['撤销退学决定'] }),
    settle: (command) => t.saying(command),
    reason: { code: 'entered-in-error', text: '退学已撤销，协议恢复履行。' },
  });
}

function* amendment(t: Told, day: string): Generator<Step, void> {
  const { turn } = t.plan;
  const minor = isMinor(t.world, t.life, day);
  const terms = t.terms({}, raised);
  const expiresAt = startOfDay(addDays(day, 14), t.world.zone);
  const proposal = (amendmentId: string): ContractCommand => ({
    type: 'ProposeAmendment',
    amendmentId,
    by: 'enterprise',
    terms,
    guardianNeeded: minor,
    expiresAt,
  });
  const proposing = t.step([day, 'morning'], t.office, proposal(''), { code: 'pay', text: '调整实习报酬与发放日。' });
  const amendmentId = mintedId(proposing.commandId, 'amendment');
  yield { ...proposing, saying: t.saying(proposal(amendmentId)) };
  const answer = daysAfter(day, 2);
  const { termsDigest } = terms;
  for (const [party, by, hour] of t.parties(answer, minor)) {
    if (party === 'enterprise') continue;
    if (turn === 'amendment-rejected' && party === 'apprentice') {
      yield t.step([answer, hour], by, { type: 'RejectAmendment', amendmentId, party });
      return;
    }
    yield t.step([answer, hour], by, { type: 'ConsentAmendment', amendmentId, party, termsDigest });
    if (turn === 'amendment-cancelled') {
      yield t.step([daysAfter(answer, 1), 'morning'], t.office, { type: 'CancelAmendment', amendmentId });
      return;
    }
    if (turn === 'amendment-expired') {
      yield t.step([daysAfter(day, 15), 'morning'], t.office, { type: 'ExpireAmendment', amendmentId });
      return;
    }
  }
}

// ── logs ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Weeks of which there are logs: the first sixteen, and eight of the spring. */
const autumnWeeks = 16;
const springWeeks = 8;

const tasks = [
  '商品上架与详情页优化',
  '客服首响与售后跟进',
  '活动报名与流量复盘',
  '仓内拣选与复核',
  '数据日报与异常排查',
  '直播脚本与场控',
];

function* logStrand(t: Told): Generator<Step, void> {
  const { plan, world, life } = t;
  const { from, liveUntil, opening, turn } = plan;
  if (liveUntil === null) return;
  const tell = new Teller(world, `${plan.name}/logs`);
  const dice = new Dice(world.seed, `logs/${plan.name}`);
  const say = (when: When, by: Actor, command: ContractCommand): Step => tell.step(when, by, t.saying(command));
  const spring = mondayFrom(`${opening.cohort + 2}-03-02`);
  const weeks = [
    ...(opening.late ? [] : Array.from({ length: autumnWeeks }, (_, n) => addDays(mondayFrom(from), 7 * n))),
    ...Array.from({ length: springWeeks }, (_, n) => addDays(spring, 7 * n)),
  ];
  for (const week of weeks) {
    const written = addDays(week, 6);
    const read = addDays(week, 8);
    if (read >= liveUntil || classAt(life, read) === null || isPaused(t, written) || isPaused(t, read)) continue;
    const workOrders = [0, 1].map(() => ({ number: `GD${dice.between(100_000, 999_999)}`, task: dice.pick(tasks) }));
    const hours = dice.between(30, 40) * 100;
    yield say([written, 'evening'], asLearner(life), { type: 'RecordTrainingLog', week, hours, workOrders });
    const lost = turn === 'mentor-lost' && read >= mentorSuspendedOn && read < mentorReplacedOn;
    const gone = turn === 'mentor-gone' && read >= mentorWithdrawnOn;
    // One week in twelve waits for its mentor.
    if (dice.perMille(83)) continue;
    const by = lost || gone ? asTeacher(plan.schoolMentor) : asMentor(world, mentorOn(plan, read));
    yield say([read, 'afternoon'], by, { type: 'ConfirmTrainingLog', week, teacherId: null });
  }
}

/** Suspended, or ended until the end is taken back. */
function isPaused({ plan, life }: Told, day: string): boolean {
  const { turn, from } = plan;
  if (turn === 'interrupted') return day >= daysAfter(from, 44) && day <= daysAfter(from, 72);
  if (turn !== 'loses-status-in-error') return false;
  return day >= statusLostOn(life) && day <= daysAfter(statusLostOn(life), 14);
}
