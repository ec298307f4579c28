import type { Admission } from '../../libs/events/catalog/enrollment.ts';
import { idNumberValue } from '../../libs/contexts/enrollment/gates.ts';
import { addDays, addMonths } from '../../libs/kernel/time.ts';
import { residentCheckDigit } from '../../libs/kernel/national-id.ts';
import type { Identity } from '../../libs/kernel/personal.ts';
import { daysAfter, storyEnds, termOf, workday } from './dates.ts';
import { Dice } from './dice.ts';
import { classIdAt, enrollmentIdOf, guardianAccountOf, learnerIdOf, programIdAt, studentNumberOf } from './ids.ts';
import { classAt, type Life } from './lives.ts';
import { merged } from './merged.ts';
import { he, zhou } from './office.ts';
import { contactOf, guardianOf, personOf } from './people.ts';
import { level, programs } from './programs.ts';
import type { Saying, Step } from './step.ts';
import { Teller, type When, type World } from './teller.ts';

/** A student's status (学籍) from her admission to its end, as the registrar's office writes it. */

// ── who she is ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Eighteen at entry, fifteen where she comes from junior secondary school. */
export function identityOf({ seed }: World, { name, cohort, index, home }: Life): Identity {
  const from = `${cohort - (home.five ? 16 : 19)}-09-01`;
  const region = `4499${home.five ? '5' : '0'}${cohort % 10}`;
  const dice = new Dice(seed, `person/${name}`);
  const person = personOf(dice, { from, index, region });
  // One of them has a name that few fonts hold.
  return cohort === 2024 && index === 2 ? { ...person, name: '赵䶮', ethnicGroup: '01' } : person;
}

export const isMinor = (world: World, life: Life, on: string): boolean => on < addMonths(identityOf(world, life).birthDate!, 216);

const minimumScore = 30_000;

export function admissionOf(world: World, life: Life): Admission {
  const { cohort, home, name } = life;
  const dice = new Dice(world.seed, `admission/${name}`);
  const years = home.five ? 5 : 3;
  // Who is to change her major or her school came by the entrance examination.
  const free = ['changes-major', 'transfers-out', 'transfers-in', 'serves-first'].includes(life.fate);
  const intake = free
    ? 'ordinary'
    : dice.weighted([
        ['ordinary', 62],
        ['special', 26],
        ['directed', 5],
        ['contracted', 7],
      ] as const);
  return {
    learnerId: learnerIdOf(world, life),
    programId: programIdAt(world, home.program),
    entryDate: `${cohort}-09-01`,
    intake: home.five ? 'special' : intake,
    level,
    lengthOfStudyMonths: 12 * years,
    studyForm: 'full-time',
    branch: null,
    department: programs[home.program]!.department,
    classId: null,
    expectedGraduation: `${cohort + years}-06-30`,
    entranceScore: home.five ? null : minimumScore + dice.between(0, 300) * 50,
  };
}

// ── the strand ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What her strand says, with the words that it says it in. */
export class Status {
  readonly tell: Teller;
  readonly life: Life;
  readonly world: World;
  readonly dice: Dice;
  readonly learnerId: string;
  readonly enrollmentId: string;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
    this.tell = new Teller(world, life.name);
    this.dice = new Dice(world.seed, `status/${life.name}`);
    this.learnerId = learnerIdOf(world, life);
    this.enrollmentId = enrollmentIdOf(world, life);
  }

  of(command: Extract<Saying, { on: 'enrollment' }>['command']): Saying {
    return { on: 'enrollment', id: this.enrollmentId, command };
  }

  about(command: Extract<Saying, { on: 'learner' }>['command']): Saying {
    return { on: 'learner', id: this.learnerId, command };
  }

  step(when: When, command: Extract<Saying, { on: 'enrollment' }>['command'], more: Pick<Step, 'since' | 'reason'> = {}): Step {
    return this.tell.step(when, zhou, this.of(command), more);
  }

  opening(): Extract<Saying, { on: 'enrollment' }>['opening'] {
    const { world, life } = this;
    const identity = identityOf(world, life);
    const idClaim = world.claims.streamOf('id-number', idNumberValue(identity));
    const contact = contactOf(new Dice(world.seed, `contact/${life.name}`), studentNumberOf(life));
    return { identify: { type: 'IdentifyLearner', identity: this.asEntered(identity), contact, idClaim, source: null } };
  }

  /** As it was first entered: of one with a letter that sounds alike, and a digit of the region wrong. */
  asEntered(identity: Identity): Identity {
    if (this.life.fate !== 'misnamed') return identity;
    const first17 = `449999${identity.idNumber.slice(6, 17)}`;
    return { ...identity, name: `${identity.name.slice(0, -1)}燕`, idNumber: `${first17}${residentCheckDigit(first17)}` };
  }
}

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

function guardian(s: Status, when: When, guardianId: string): Step {
  const dice = new Dice(s.world.seed, `guardian/${guardianId}`);
  return s.tell.step(
    when,
    zhou,
    s.about({ type: 'LinkGuardian', guardianId, guardian: guardianOf(dice, identityOf(s.world, s.life)) }),
  );
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

function* revoked(s: Status): Generator<Step, void> {
  const { life } = s;
  yield* s.tell.fourEyes({
    asked: [workday(addDays(life.leaves!, -6)), 'morning'],
    settled: [life.leaves!, 'afternoon'],
    by: [zhou, he],
    request: (requestId) =>
      s.of({ type: 'RequestRevocation', requestId, ground: 'recheck-failed', evidence: ['入学资格复查报告'] }),
    settle: (settled) => s.of(settled),
    reason: { code: 'recheck-failed', text: '高考报名信息与本人不符。' },
  });
}

/** She goes home, and asks that nobody calls her any more. */
function* leavesEarly(s: Status): Generator<Step, void> {
  const { life, tell } = s;
  yield s.step(
    [life.leaves!, 'morning'],
    { type: 'WithdrawStudent', ground: 'own-application' },
    { reason: { code: 'own-application', text: '本人申请退学，准备复读。' } },
  );
  yield* tell.fourEyes({
    asked: [daysAfter(life.leaves!, 20), 'morning'],
    settled: [daysAfter(life.leaves!, 22), 'afternoon'],
    by: [zhou, he],
    request: (requestId) =>
      s.about({
        type: 'RequestErasure',
        requestId,
        purposes: ['contact'],
        legalBasis: '个人信息保护法第四十七条',
        evidence: ['本人申请'],
      }),
    settle: (settled) => s.about(settled),
    reason: { code: 'own-application' },
  });
}

function* misrecorded(s: Status): Generator<Step, void> {
  const { world, life, tell } = s;
  const { entranceScore } = admissionOf(world, life);
  yield* tell.fourEyes({
    asked: [daysAfter(life.joins, 80), 'morning'],
    settled: [daysAfter(life.joins, 82), 'afternoon'],
    by: [zhou, he],
    request: (requestId) =>
      s.of({
        type: 'RequestEnrollmentCorrection',
        requestId,
        target: '0',
        field: 'entranceScore',
        value: (entranceScore ?? minimumScore) + 1_200,
        evidence: ['省考试院成绩单'],
      }),
    settle: (settled) => s.of(settled),
    reason: { code: 'entered-in-error' },
  });
}

/** With another number too, so that the claim of the wrong one is let go. */
function* misnamed(s: Status): Generator<Step, void> {
  const { world, life, tell } = s;
  const identity = identityOf(world, life);
  const old = s.asEntered(identity);
  const corrected: Identity = { ...identity, candidateNumber: `${life.cohort}449900${String(life.index).padStart(4, '0')}` };
  yield* tell.fourEyes({
    asked: [daysAfter(life.joins, 81), 'morning'],
    settled: [daysAfter(life.joins, 83), 'afternoon'],
    by: [zhou, he],
    request: (requestId) =>
      s.about({
        type: 'RequestIdentityCorrection',
        requestId,
        old,
        new: corrected,
        idClaim: world.claims.streamOf('id-number', idNumberValue(corrected)),
        evidence: ['户口簿复印件'],
      }),
    settle: (settled) => s.about(settled),
    opened: { old, new: corrected },
    reason: { code: 'entered-in-error', text: '录入时姓名与证件号各错一字。' },
  });
}

function* requestRefused(s: Status): Generator<Step, void> {
  yield* s.tell.fourEyes({
    asked: [daysAfter(s.life.joins, 90), 'morning'],
    settled: [daysAfter(s.life.joins, 93), 'afternoon'],
    by: [zhou, he],
    request: (requestId) =>
      s.of({
        type: 'RequestEnrollmentCorrection',
        requestId,
        target: '0',
        field: 'entryDate',
        value: `${s.life.cohort}-09-15`,
        evidence: [],
      }),
    settle: (settled) => s.of(settled),
    refused: true,
    reason: { code: 'own-application', text: '申请更改入学日期，无依据。' },
  });
}

function* held(s: Status): Generator<Step, void> {
  const placed = daysAfter(s.life.joins, 85);
  const holdId = `discipline${studentNumberOf(s.life)}`;
  const reason = { code: 'discipline', text: '宿舍违规用电，给予警告。' };
  yield s.tell.step([placed, 'morning'], zhou, s.about({ type: 'PlaceHold', holdId, kind: 'discipline' }), { reason });
  yield s.tell.step([daysAfter(placed, 100), 'morning'], he, s.about({ type: 'LiftHold', holdId }));
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
      yield withdrawal(s, leaves!, 'own-application', '拟自主创业，申请退学。');
      return;
    case 'fails-out':
      yield withdrawal(s, leaves!, 'academic-failure', '累计不及格学分达到退学标准。');
      return;
    case 'loses-status':
    case 'walks-away':
      yield withdrawal(s, leaves!, 'absent-without-leave', '连续两周未参加教学活动。');
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

function* custody(s: Status, day: string): Generator<Step, void> {
  const { life, tell } = s;
  yield tell.step([day, 'morning'], zhou, s.about({ type: 'UnlinkGuardian', guardianId: guardianAccountOf(life) }));
  yield guardian(s, [day, 'noon'], `${guardianAccountOf(life)}b`);
}

/** The guardian of a day: custody changes hands in one life. */
export const guardianOn = (life: Life, day: string): string =>
  life.fate === 'custody-changes' && day > daysAfter(life.joins, 130) ? `${guardianAccountOf(life)}b` : guardianAccountOf(life);

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

function withdrawal(
  s: Status,
  day: string,
  ground: 'own-application' | 'academic-failure' | 'absent-without-leave',
  text: string,
): Step {
  return s.step([day, 'morning'], { type: 'WithdrawStudent', ground }, { reason: { code: ground, text } });
}

/** Taken for absent while she was at a competition: two people put it right twelve days later. */
function* inError(s: Status, { from, to }: NonNullable<Life['away']>): Generator<Step, void> {
  yield withdrawal(s, from, 'absent-without-leave', '连续两周未参加教学活动。');
  yield* s.tell.fourEyes({
    asked: [daysAfter(from, 9), 'morning'],
    settled: [to, 'morning'],
    by: [zhou, he],
    request: (requestId) => s.of({ type: 'RequestWithdrawalReversal', requestId, evidence: ['技能大赛参赛证明'] }),
    settle: (settled) => s.of(settled),
    reason: { code: 'entered-in-error', text: '缺勤期间参加省赛集训，经核实撤销。' },
  });
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
