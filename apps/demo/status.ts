import { addDays, addMonths } from '../../libs/kernel/time.ts';
import { daysAfter, storyEnds, termOf, workday } from './dates.ts';
import { Dice } from './dice.ts';
import { classIdAt, guardianAccountOf, programIdAt, studentNumberOf } from './ids.ts';
import { classAt, type Life } from './lives.ts';
import { merged } from './merged.ts';
import { he, zhou } from './office.ts';
import { contactOf } from './people.ts';
import { level } from './programs.ts';
import { held, inError, leavesEarly, misnamed, misrecorded, requestRefused, revoked } from './second-looks.ts';
import type { Saying, Step } from './step.ts';
import { admissionOf, guardian, isMinor, minimumScore, Status } from './student.ts';
import type { World } from './teller.ts';

/** A student's status (学籍) from her admission to its end, as the registrar's office writes it. */

// ── the strand ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function* statusStrand(world: World, life: Life): Generator<Step, void> {
  const status = new Status(world, life);
  if (life.fate === 'transfers-in') yield* transfersIn(status);
  else {
    yield* isAdmitted(status);
    if (life.joins > storyEnds) return;
    yield registration(status);
  }
  yield* years(status);
}

function* isAdmitted(s: Status): Generator<Step, void> {
  const { world, life, tell } = s;
  const { cohort } = life;
  const admitted = daysAfter(`${cohort}-08-05`, s.dice.below(8));
  const command = { type: 'AdmitLearner', admission: admissionOf(world, life), source: null } as const;
  yield tell.step([admitted, 'morning'], zhou, { ...s.of(command), opening: s.opening() } as Saying);
  if (isMinor(world, life, `${cohort}-09-01`)) yield guardian(s, [admitted, 'noon'], guardianAccountOf(life));

  if (life.fate === 'declines') {
    const reason = { code: 'not-reported', text: '未按期报到，电话确认放弃入学。' };
    yield s.step([workday(`${cohort}-09-16`), 'morning'], { type: 'DeclinePlace' }, { reason });
  }
  if (life.fate === 'annulled') {
    yield* tell.fourEyes({
      asked: [workday(`${cohort}-08-20`), 'morning'],
      settled: [workday(`${cohort}-08-21`), 'afternoon'],
      by: [zhou, he],
      request: (requestId) => s.of({ type: 'RequestAdmissionAnnulment', requestId, evidence: ['招生办复核单'] }),
      settle: (settled) => s.of(settled),
      reason: { code: 'entered-in-error' },
    });
  }
  if (life.fate === 'serves-first') {
    const reason = { code: 'military-service', text: '应征入伍，申请保留入学资格。' };
    yield s.step([workday(`${cohort}-08-26`), 'morning'], { type: 'RetainPlace', until: `${cohort + 2}-09-30` }, { reason });
  }
}

function registration(s: Status): Step {
  const { world, life } = s;
  const classId = classIdAt(world, classAt(life, life.joins)!);
  return s.step([life.joins, 'morning'], { type: 'RegisterStudent', studentNumber: studentNumberOf(life), classId });
}

/** Due within three months: passed by whoever is still there, but for the one that was forgotten. */
function* recheck(s: Status): Generator<Step, void> {
  const { life } = s;
  const day = daysAfter(life.joins, 55 + s.dice.below(20));
  const passes =
    life.cohort !== 2023 && life.fate !== 'recheck-overdue' && life.fate !== 'revoked' && classAt(life, day) !== null;
  if (passes) yield s.step([day, 'morning'], { type: 'PassAdmissionRecheck' });
}

function* transfersIn(s: Status): Generator<Step, void> {
  const { world, life, tell } = s;
  const command = {
    type: 'TransferStudentIn',
    admission: { ...admissionOf(world, life), classId: classIdAt(world, life.home) },
    fromSchool: '南湖职业技术学院',
    fromLevel: level,
    ground: 'hardship',
    studentNumber: studentNumberOf(life),
  } as const;
  const reason = { code: 'hardship', text: '家庭变故，需就近照顾。' };
  yield tell.step([life.joins, 'morning'], zhou, { ...s.of(command), opening: s.opening() } as Saying, { reason });
}

// ── year by year ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A year's registration at its beginning, and what befalls her between. */
export const years = (s: Status): Generator<Step, void> => merged([recheck(s), registrations(s), befalls(s), ends(s)]);

/** On the first days of the academic year, of whoever is there. */
function* registrations(s: Status): Generator<Step, void> {
  const { life } = s;
  for (const n of [1, 3, 5]) {
    const term = termOf(life.cohort, n);
    const day = term && daysAfter(term.from, 2);
    if (!day || day < '2024-09-01' || day < life.joins || classAt(life, day) === null) continue;
    yield s.step([day, 'noon'], { type: 'RecordAnnualRegistration', academicYear: term.year });
  }
}

function* befalls(s: Status): Generator<Step, void> {
  const { life, tell } = s;
  const { fate, joins, leaves, away, move } = life;
  switch (fate) {
    case 'revoked':
      yield* revoked(s);
      return;
    case 'erased':
      yield* leavesEarly(s);
      return;
    case 'misrecorded':
      yield* misrecorded(s);
      return;
    case 'misnamed':
      yield* misnamed(s);
      return;
    case 'request-refused':
      yield* requestRefused(s);
      return;
    case 'held':
      yield* held(s);
      return;
    case 'ill':
    case 'pregnant':
    case 'suspended-before':
      if (fate !== 'suspended-before') yield suspended(s);
      if (move) yield resumed(s);
      return;
    case 'enlists':
      yield s.step([away!.from, 'morning'], { type: 'RetainStatus', ground: 'military-service', until: away!.to });
      return;
    case 'does-not-resume': {
      yield suspended(s);
      const over = daysAfter(addMonths(away!.from, 6), 25);
      yield s.step([over, 'morning'], { type: 'WithdrawStudent', ground: 'did-not-resume' });
      return;
    }
    case 'changes-major':
    case 'changes-class':
      if (move) yield moves(s, move);
      return;
    case 'moves-house':
      yield tell.step([daysAfter(joins, 45), 'noon'], zhou, s.about({ type: 'ChangeContact', contact: newContact(s) }));
      return;
    case 'custody-changes':
      yield* custody(s, daysAfter(joins, 130));
      return;
    case 'transfers-out':
      yield transferOut(s);
      return;
    case 'withdraws':
      yield s.withdrawal(leaves!, 'own-application', '拟自主创业，申请退学。');
      return;
    case 'fails-out':
      yield s.withdrawal(leaves!, 'academic-failure', '累计不及格学分达到退学标准。');
      return;
    case 'loses-status':
    case 'walks-away':
      yield s.withdrawal(leaves!, 'absent-without-leave', '连续两周未参加教学活动。');
      return;
    case 'withdrawn-in-error':
    case 'loses-status-in-error':
      yield* inError(s, away!);
      return;
    case 'expelled':
      yield s.step([leaves!, 'morning'], { type: 'ExpelStudent', decisionNumber: `云职院〔${leaves!.slice(0, 4)}〕37 号` });
      yield s.step([daysAfter(leaves!, 30), 'morning'], { type: 'LockRecord' });
      return;
    case 'dies':
      yield s.step([leaves!, 'noon'], { type: 'RecordDeath' }, { since: addDays(leaves!, -3), reason: { code: 'deceased' } });
      return;
    default:
      return;
  }
}

function suspended(s: Status): Step {
  const { life } = s;
  const { from, to } = life.away!;
  const ground = life.fate === 'pregnant' ? 'pregnancy' : 'illness';
  const until = life.fate === 'does-not-resume' ? addMonths(from, 6) : addDays(to, 20);
  const text = ground === 'illness' ? '住院治疗，医嘱休养一年。' : '孕期休养。';
  return s.step(
    [from, 'morning'],
    { type: 'SuspendStudy', ground, until, appliedOn: addDays(from, -4) },
    { reason: { code: ground, text } },
  );
}

function resumed(s: Status): Step {
  const { on, to } = s.life.move!;
  const command = {
    type: 'ResumeStudy',
    appliedOn: addDays(on, -10),
    reviewPassed: true,
    classId: classIdAt(s.world, to),
  } as const;
  return s.step([on, 'morning'], command);
}

function moves(s: Status, { on, to }: NonNullable<Life['move']>): Step {
  const classId = classIdAt(s.world, to);
  return s.life.fate === 'changes-class'
    ? s.step([on, 'morning'], { type: 'ChangeClass', classId })
    : s.step([on, 'morning'], { type: 'ChangeMajor', programId: programIdAt(s.world, to.program), classId });
}

const newContact = (s: Status): ReturnType<typeof contactOf> =>
  contactOf(new Dice(s.world.seed, `new-contact/${s.life.name}`), studentNumberOf(s.life));

/** The other parent, from the day of the court's decision. */
function* custody(s: Status, day: string): Generator<Step, void> {
  const { life, tell } = s;
  yield tell.step([day, 'morning'], zhou, s.about({ type: 'UnlinkGuardian', guardianId: guardianAccountOf(life) }));
  yield guardian(s, [day, 'noon'], `${guardianAccountOf(life)}b`);
}

function transferOut(s: Status): Step {
  const command = {
    type: 'TransferStudentOut',
    toSchool: '北原职业技术学院',
    ground: 'specialty',
    fromLevel: null,
    toLevel: level,
    requiredScore: minimumScore,
  } as const;
  return s.step([s.life.leaves!, 'morning'], command, { reason: { code: 'specialty', text: '对方学校有本人特长专业。' } });
}

/** How those end who were there before the ledger. */
function* ends(s: Status): Generator<Step, void> {
  const { life } = s;
  const day = workday('2026-06-30');
  if (life.fate === 'graduates') {
    yield s.step([day, 'morning'], { type: 'GraduateStudent', creditsAttested: true });
    yield s.step([workday('2026-09-14'), 'morning'], { type: 'LockRecord' });
  }
  if (life.fate === 'leaves-incomplete') yield s.step([day, 'morning'], { type: 'LeaveIncomplete' });
  if (life.fate === 'completes') {
    yield s.step([day, 'morning'], { type: 'CompleteStudy' });
    yield s.step([workday('2026-10-20'), 'morning'], { type: 'GraduateStudent', creditsAttested: true });
  }
}
