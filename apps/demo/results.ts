import type { AttemptCommand } from '../../libs/contexts/assessment/attempt.ts';
import type { Said } from '../../libs/contexts/assessment/guards.ts';
import type { Scheme } from '../../libs/events/catalog/curriculum.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { assessedBy, type Assessing } from './apprentice.ts';
import { careerOf, daysOf, scoreOf, type SessionDays, type Try } from './career.ts';
import { daysAfter, workingDaysFrom } from './dates.ts';
import { accountOf, attemptIdAt, courseIdAt, enrollmentIdOf, learnerIdOf, schemeIdAt } from './ids.ts';
import type { Life } from './lives.ts';
import { merged } from './merged.ts';
import { he, lin, zhou } from './office.ts';
import { assessmentPolicy, campus, dual, formative, graded, improvement } from './rules.ts';
import { asMentor, asTeacher, staffIdOf, type Staff } from './staff.ts';
import type { Saying, Step } from './step.ts';
import { Teller, type When, type World } from './teller.ts';
import { teachersOf } from './teaching.ts';

/** A student's tries at her courses, from the opening to the last word about the result. */
export function* resultsStrand(world: World, life: Life): Generator<Step, void> {
  for (const tries of careerOf(world, life)) {
    // Tries of a session go side by side; the next session opens when these are settled.
    for (const session of ['start', 'half', 'end'] as const) {
      const now = tries.filter((one) => one.session === session);
      yield* merged(now.map((one) => tryStrand(new Telling(world, life, one))));
    }
  }
}

const schemeFor = ({ course }: Try, assessing: Assessing | null): Scheme => {
  switch (course.evaluation) {
    case 'formative':
      return formative;
    case 'comprehensive':
      return assessing ? dual : campus;
    case 'improvement':
      return improvement;
    case 'graded':
      return graded;
    default:
      return course.evaluation satisfies never;
  }
};

/** One try, and who has a part in it. */
class Telling {
  readonly tell: Teller;
  readonly world: World;
  readonly life: Life;
  readonly one: Try;
  readonly days: SessionDays;
  /** The contract whose mentor assesses too; null where the college assesses alone. */
  readonly assessing: Assessing | null;
  readonly scheme: Scheme;
  readonly teachers: readonly Staff[];

  constructor(world: World, life: Life, one: Try) {
    this.world = world;
    this.life = life;
    this.one = one;
    this.tell = new Teller(world, `${life.name}/${one.course.code}/${one.number}`);
    this.days = daysOf(world, one);
    const apprentices = one.course.evaluation === 'comprehensive' && one.kind === 'first';
    this.assessing = apprentices ? assessedBy(world, life, one, this.days) : null;
    this.scheme = schemeFor(one, this.assessing);
    this.teachers = teachersOf(world, one.classId);
  }

  step(when: When, by: Actor, command: AttemptCommand, reason?: Step['reason']): Step {
    return this.tell.step(when, by, this.saying(command), reason ? { reason } : {});
  }

  saying(command: AttemptCommand): Saying {
    return {
      on: 'attempt',
      id: this.one.attemptId,
      command,
      ...(this.assessing ? { mentorId: staffIdOf(this.world, this.assessing.mentor) } : {}),
    };
  }

  get teacher(): Actor {
    return asTeacher(this.teachers[0]!);
  }

  opening(number: number, follows: string | null): AttemptCommand {
    const { world, life, one, assessing, scheme } = this;
    return {
      type: 'OpenAttempt',
      learnerId: learnerIdOf(world, life),
      enrollmentId: enrollmentIdOf(world, life),
      courseId: courseIdAt(world, one.course),
      kind: one.kind,
      number,
      follows,
      schemeId: schemeIdAt(world, scheme),
      schemeVersion: null,
      academicYear: one.term.year,
      term: one.term.name,
      classId: one.classId,
      contractId: assessing?.contractId ?? null,
      final: assessing !== null && one.course.closing,
      mode: one.course.half ? 'online' : 'in-person',
    };
  }
}

// ── one try ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function* tryStrand(t: Telling): Generator<Step, void> {
  const { one, days, teacher } = t;
  if (one.kind === 'first' && one.number === 2) yield* openedInError(t);
  yield t.step(
    [days.opens, one.number === 2 && one.kind === 'first' ? 'afternoon' : 'morning'],
    zhou,
    t.opening(one.number, one.follows),
  );
  if (one.code === null) yield* scores(t);
  yield t.step([days.scores, 'evening'], teacher, { type: 'SubmitResult', code: one.code });
  yield* moderates(t);
  if (one.mishap === 'voided') {
    const reason = { code: 'misconduct', text: '查实代考。' };
    yield t.step([days.publishes, 'noon'], he, { type: 'VoidAttempt', ground: 'misconduct' }, reason);
    return;
  }
  yield t.step([days.publishes, 'afternoon'], he, { type: 'PublishResult' });
  yield* isHeard(t);
}

/** Opened once too early, for the wrong sitting, and voided; the strand of the one that counts follows. */
function* openedInError(t: Telling): Generator<Step, void> {
  const { world, life, one, days } = t;
  const attemptId = attemptIdAt(world, life, one.course, 1);
  const on = (command: AttemptCommand): Saying => ({ on: 'attempt', id: attemptId, command });
  yield t.tell.step([days.opens, 'morning'], zhou, on(t.opening(1, null)));
  const voided = { type: 'VoidAttempt', ground: 'opened-in-error' } as const;
  yield t.tell.step([days.opens, 'noon'], zhou, on(voided), { reason: { code: 'entered-in-error' } });
}

function* scores(t: Telling): Generator<Step, void> {
  const { world, life, one, days, scheme, assessing, teachers } = t;
  const score = (by: Actor, component: string, part: 'score' | 'baseline' | 'exit', points: number, third = false): Step =>
    t.step([days.scores, third ? 'evening' : by.role === 'mentor' ? 'afternoon' : 'morning'], by, {
      type: 'ScoreComponent',
      component,
      part,
      score: points,
      third,
      onBehalfOf: null,
    });
  const school = asTeacher(teachers[0]!);
  const both = scheme.components.filter(({ side }) => side === null);
  for (const { code, kind } of scheme.components) {
    const points = scoreOf(world, life, one, code);
    if (kind === 'improvement') {
      // What counts is the share of the missing points that were gained: this share comes to `points`.
      const baseline = 2_000 + (points % 2_000);
      yield score(school, code, 'baseline', baseline);
      yield score(school, code, 'exit', baseline + Math.ceil(((10_000 - baseline) * points) / 10_000));
    } else yield score(school, code, 'score', points);
  }
  if (!assessing) return;
  const diverges = one.course.code.endsWith('204') && life.turn === 'completes' && life.index % 3 === 0;
  for (const [index, { code }] of both.entries()) {
    const points = scoreOf(world, life, one, code);
    const apart = diverges && index === 0 ? 2_000 : (points % 8) * 50;
    yield score(asMentor(world, assessing.mentor), code, 'score', points > 8_000 ? points - apart : points + apart);
  }
  if (diverges) yield score(asTeacher(teachers[1]!), both[0]!.code, 'score', scoreOf(world, life, one, 'third'), true);
}

function* moderates(t: Telling): Generator<Step, void> {
  const { one, days, scheme } = t;
  const adjusted = one.mishap === 'adjusted' && one.code === null ? scored(scheme.scale === 'five-grade' ? 8_100 : 8_200) : null;
  const reason = adjusted ? { code: 'moderation', text: '统分有误，复核后调整。' } : undefined;
  const command = { type: 'ModerateResult', adjusted, reasoned: adjusted !== null } as const;
  yield t.step([days.moderates, 'morning'], he, command, reason);
}

const scored = (score: number): Said => ({ score, grade: null, code: null, passed: null });

// ── what follows the publication ───────────────────────────────────────────────────────────────────────────────────────────

function* isHeard(t: Telling): Generator<Step, void> {
  const { life, one, days } = t;
  const heardUntil = workingDaysFrom(days.publishes, assessmentPolicy.appealWorkingDays);
  const learner: Actor = { personId: accountOf(life), role: 'learner', organizationId: null };
  const appeals = one.mishap === 'upheld' || one.mishap === 'dismissed' || one.mishap === 'stale';
  if (one.mishap === 'stale') {
    const waits = appeal(t, learner);
    yield* correction(t, 6_600, [daysAfter(days.publishes, 1), 'morning'], [daysAfter(heardOn(days), 1), 'noon'], {
      between: waits,
    });
    yield finalizes(t, daysAfter(heardOn(days), 1));
    return;
  }
  if (appeals) yield* appeal(t, learner);
  yield finalizes(t, appeals ? daysAfter(heardOn(days), 1) : daysAfter(heardUntil, 3));
  const corrected: readonly [When, When] = [
    [daysAfter(heardUntil, 6), 'morning'],
    [daysAfter(heardUntil, 8), 'afternoon'],
  ];
  if (one.mishap === 'corrected') yield* correction(t, 6_800, ...corrected);
  if (one.mishap === 'correction-refused') yield* correction(t, 9_950, ...corrected, { refused: true });
}

const finalizes = (t: Telling, day: string): Step => t.step([day, 'afternoon'], he, { type: 'FinalizeResult' });

/** When an appeal is settled: once nobody can file one any more. */
const heardOn = ({ publishes }: SessionDays): string =>
  daysAfter(workingDaysFrom(publishes, assessmentPolicy.appealWorkingDays), 1);

/** By herself, within the days; settled by somebody who had no part in the result. */
function* appeal(t: Telling, learner: Actor): Generator<Step, void> {
  const { one, days } = t;
  const filing = t.step(
    [daysAfter(days.publishes, 2), 'evening'],
    learner,
    { type: 'FileAppeal', appealId: '' },
    {
      code: 'appeal',
      text: '认为试卷第三大题漏评，申请复核。',
    },
  );
  const appealId = mintedId(filing.commandId, 'appeal');
  yield { ...filing, saying: t.saying({ type: 'FileAppeal', appealId }) };
  const settled: AttemptCommand =
    one.mishap === 'dismissed'
      ? { type: 'DismissAppeal', appealId }
      : { type: 'UpholdAppeal', appealId, result: scored(one.mishap === 'stale' ? 6_400 : 6_300) };
  yield t.step([heardOn(days), 'afternoon'], lin, settled, { code: 'appeal-heard', text: '学院复核小组意见。' });
}

/** Two people; `between` is told while the request waits. */
function* correction(
  t: Telling,
  points: number,
  asked: When,
  settled: When,
  { between, refused = false }: { readonly between?: Generator<Step, void>; readonly refused?: boolean } = {},
): Generator<Step, void> {
  const steps = t.tell.fourEyes({
    asked,
    settled,
    by: [zhou, he],
    request: (requestId) =>
      t.saying({ type: 'RequestGradeCorrection', requestId, result: scored(points), evidence: ['试卷原件'] }),
    settle: (command) => t.saying(command),
    refused,
    reason: { code: 'entered-in-error', text: '登分时漏计实训报告得分。' },
  });
  yield steps.next().value as Step;
  if (between) yield* between;
  yield* steps;
}
