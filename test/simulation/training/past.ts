import { createMemoryKeyVault, type DurableKeys } from '../../../libs/adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../../../libs/adapters/memory/event-store.ts';
import { planContract, planOpening, planPlacement, planSelection } from '../../../libs/contexts/apprenticeship/plans.ts';
import { termsFrom } from '../../../libs/contexts/apprenticeship/terms.ts';
import { attemptIdOf, type AttemptCommand } from '../../../libs/contexts/assessment/attempt.ts';
import type { Said } from '../../../libs/contexts/assessment/guards.ts';
import { planAttempt } from '../../../libs/contexts/assessment/plans.ts';
import { planCurriculum, type CurriculumCommand } from '../../../libs/contexts/curriculum/curriculum.ts';
import { fourFourTwo } from '../../../libs/contexts/curriculum/scheme.ts';
import type { ClassCommand } from '../../../libs/contexts/enrollment/class.ts';
import { claimsOf } from '../../../libs/contexts/enrollment/gates.ts';
import { planClass, planEnrollment } from '../../../libs/contexts/enrollment/plans.ts';
import { planFaculty } from '../../../libs/contexts/faculty/faculty.ts';
import { planPartnership } from '../../../libs/contexts/partnership/partnership.ts';
import type { Scheme } from '../../../libs/events/catalog/curriculum.ts';
import { defaultAssessmentPolicy } from '../../../libs/facts/reference.ts';
import { selectionIdOf } from '../../../libs/facts/selection.ts';
import type { Plan } from '../../../libs/kernel/plan.ts';
import { isRefusal } from '../../../libs/kernel/refusal.ts';
import { Codec } from '../../../libs/runtime/codec.ts';
import { Transactor } from '../../../libs/runtime/transact.ts';
import type { Caller } from '../orders.ts';
import type { Past } from '../realms.ts';
import {
  administrativeClass,
  apprentice,
  apprentices,
  classId,
  classTeachers,
  college,
  courses,
  enterprise,
  enterprises,
  openingSpan,
  programId,
  registrars,
  schemes,
  sections,
  teacher,
  teachers,
  term,
} from './cast.ts';

/**
 * What came before: the college's reference data, its teachers and mentors, three students, an apprenticeship that is under way, and offers of
 * two enterprises over the same days. It was lived through the real runtime, once, with nothing in the way.
 */
export async function livePast(start: number): Promise<Past> {
  const keys: DurableKeys = new Map();
  const vault = createMemoryKeyVault({ seed: 'world', durable: keys });
  const clock = { ms: start - 30 * 86_400_000, now: (): number => clock.ms };
  const store = new MemoryEventStore(clock);
  const transactor = new Transactor({
    store,
    codec: new Codec(vault),
    clock,
    timer: { sleep: () => Promise.resolve() },
    entropy: { random: () => 0.5 },
  });
  const claims = claimsOf(college, (domain, text) => vault.hmac(domain, text));
  let told = 0;
  const say = async (by: Caller, plan: unknown): Promise<void> => {
    const commandId = `past${String((told += 1)).padStart(3, '0')}`;
    const { institutionId, ...actor } = by;
    clock.ms += 60_000;
    const answer = await transactor.transact(
      {
        commandId,
        digest: commandId,
        actor,
        institutionId,
        zone: 'Asia/Shanghai',
        correlationId: commandId,
        causationId: commandId,
      },
      () => plan as Plan,
    );
    if (isRefusal(answer)) throw new Error(`the past could not be lived: ${answer.refused} ${JSON.stringify(answer.facts)}`);
  };
  const [zhang, li] = registrars as [Caller, Caller];
  const publish = (command: CurriculumCommand): Promise<void> => say(zhang, planCurriculum(command, college));
  const ofClass = (id: string, command: ClassCommand): Promise<void> => say(zhang, planClass(id, command));
  const context = { institutionId: college, claims };

  // ── the college ──
  await publish({
    type: 'PublishProgram',
    code: '530701',
    name: { zh: '电子商务', en: 'E-commerce' },
    level: 'junior-college',
    lengthOfStudyMonths: 36,
    entranceScore: null,
  });
  await publish({
    type: 'PublishCalendar',
    years: [
      {
        name: term.academicYear,
        from: '2026-08-01',
        to: '2027-07-31',
        terms: [{ name: term.term, from: '2026-08-01', to: '2027-01-31' }],
      },
    ],
    holidays: [],
  });
  for (const [i, { code }] of courses.entries())
    await publish({
      type: 'PublishCourse',
      code,
      name: { zh: code, en: code },
      credits: 400 - 100 * i,
      hours: 64,
      nature: 'compulsory',
      category: null,
      module: null,
      frameworkLevel: null,
    });
  await publish({ type: 'AdoptEvaluationScheme', ...fourFourTwo });
  await publish({ type: 'AdoptEvaluationScheme', ...progress });
  await publish({ type: 'AdoptAssessmentPolicy', ...defaultAssessmentPolicy, appealWorkingDays: 1 });
  await publish({
    type: 'AdoptApprenticeshipPolicy',
    minimumAge: 16,
    adultAge: 18,
    insuranceRequired: true,
    dualQualifiedMentor: false,
    sections,
  });
  for (const { creditCode, name } of enterprises)
    await say(zhang, planPartnership({ type: 'RegisterOrganization', creditCode, name, kind: 'enterprise' }, college));
  for (const { teacherId, staffNumber, side, organizationId, account } of teachers) {
    const profile = { name: staffNumber };
    await say(
      zhang,
      planFaculty(
        teacherId,
        { type: 'RegisterTeacher', side, organizationId, staffNumber, profile, contact: null, source: null },
        claims,
      ),
    );
    await say(zhang, planFaculty(teacherId, { type: 'LinkTeacherAccount', personId: account }, claims));
  }

  // ── students ──
  await ofClass(administrativeClass, {
    type: 'FormClass',
    kind: 'administrative',
    name: '电商2501',
    programId,
    course: null,
    term: null,
  });
  for (const [i, { learnerId, enrollmentId, birthDate }] of apprentices.entries()) {
    const identity = { name: `Learner ${learnerId}`, idType: 'passport' as const, idNumber: `P${i}`, birthDate };
    const idClaim = claims.streamOf('id-number', `passport:P${i}`);
    const admission = {
      learnerId,
      programId,
      entryDate: '2026-08-01',
      intake: 'ordinary' as const,
      level: 'junior-college',
      lengthOfStudyMonths: 36,
      studyForm: 'full-time' as const,
      branch: null,
      department: null,
      classId: administrativeClass,
      expectedGraduation: null,
      entranceScore: null,
    };
    const register = { studentNumber: `2026000${i}`, classId: null };
    await say(
      zhang,
      planEnrollment(enrollmentId, { type: 'AdmitLearner', admission, source: null, register }, context, {
        identify: { type: 'IdentifyLearner', identity, contact: null, idClaim, source: null },
      }),
    );
  }
  await ofClass(classId, {
    type: 'FormClass',
    kind: 'teaching',
    name: '网店运营1班',
    programId: null,
    course: `${courses[0]!.code}@1`,
    term: term.term,
  });
  for (const teacherId of classTeachers) await ofClass(classId, { type: 'AssignTeacher', teacherId });
  await ofClass(classId, { type: 'ChangeRoster', add: apprentices.map(({ enrollmentId }) => enrollmentId), remove: [] });

  // ── openings, and offers over the same days ──
  const post = { zh: '电商运营', en: 'E-commerce operations' };
  const august = { from: '2026-08-01', to: '2026-10-31' };
  const autumn = { from: '2026-09-01', to: '2026-12-31' };
  const spring = { from: '2027-01-01', to: '2027-05-31' };
  for (const [i, { organizationId }] of enterprises.entries()) {
    const hr = enterprise(organizationId);
    const opening = { organizationId, post, programIds: [programId], places: 3, ...openingSpan, closesOn: '2026-12-31' };
    await say(hr, planOpening(openingId(i), { type: 'PublishOpening', opening }));
    for (const { learnerId, enrollmentId } of apprentices) {
      const selectionId = selectionIdOf(college, openingId(i), learnerId);
      const speak = (by: Caller, command: Parameters<typeof planSelection>[1]): Promise<void> =>
        say(by, planSelection(selectionId, command, context));
      await speak(apprentice(learnerId), {
        type: 'SubmitApplication',
        openingId: openingId(i),
        learnerId,
        enrollmentId,
        statement: null,
      });
      await speak(hr, { type: 'ScreenApplication' });
      await speak(hr, { type: 'AssessApplicant', by: 'enterprise', score: 8000, recommended: true });
      await speak(zhang, { type: 'AssessApplicant', by: 'school', score: 8200, recommended: true });
      // The one is under way, his follow each other, and the third must choose.
      const offered = i === 0 && learnerId === 'ann' ? august : i === 1 && learnerId === 'bo' ? spring : autumn;
      await speak(hr, { type: 'MakeOffer', post, ...offered, expiresAt: new Date(start + 2 * 86_400_000).toISOString() });
    }
  }

  // ── an apprenticeship under way ──
  const hr = enterprise(enterprises[0]!.organizationId);
  const selectionId = selectionIdOf(college, openingId(0), 'ann');
  await say(apprentice('ann'), planSelection(selectionId, { type: 'AcceptOffer' }, context));
  await say(apprentice('bo'), planSelection(selectionIdOf(college, openingId(0), 'bo'), { type: 'AcceptOffer' }, context));
  const inContract = (by: Caller, command: Parameters<typeof planContract>[1]): Promise<void> =>
    say(by, planContract(annsContract, command, context));
  const plan = { programId, version: null, courseIds: [courses[0]!.courseId] };
  const worded = sections.map((code) => ({ code, text: `the words of ${code}` }));
  const terms = termsFrom({ from: '2026-08-01', to: '2026-10-31', post, plan, sections: worded }, 'salt');
  const of = { learnerId: 'ann', enrollmentId: 'ann1', organizationId: enterprises[0]!.organizationId };
  await inContract(hr, { type: 'DraftContract', of, selectionId, terms, guardianNeeded: false, continuationOf: null });
  const parties = [
    [zhang, 'school'],
    [hr, 'enterprise'],
    [apprentice('ann'), 'apprentice'],
  ] as const;
  for (const [by, party] of parties)
    for (const { code, digest } of terms.sections) await inContract(by, { type: 'ConfirmSection', party, section: code, digest });
  for (const [by, party] of parties)
    await inContract(by, { type: 'SignContract', party, termsDigest: terms.termsDigest, medium: 'electronic', evidence: null });
  await inContract(zhang, {
    type: 'RecordInsurance',
    insurance: { from: '2026-08-01', to: '2026-10-31', insurer: 'PICC', policy: 'S1' },
  });
  await inContract(li, { type: 'AssignMentor', side: 'school', teacherId: teachers[0]!.teacherId });
  await inContract(hr, { type: 'AssignMentor', side: 'enterprise', teacherId: teachers[2]!.teacherId });
  await inContract(zhang, { type: 'StartContract', oldEnoughOn: '2022-03-01' });

  // ── attempts: one failed for good, one published yesterday, and one that two sides are to score ──
  const score = (n: number): Said => ({ score: n, grade: null, code: null, passed: null });
  const tan = teacher(classTeachers[0]);
  for (const [i, { learnerId, enrollmentId }] of [...apprentices.entries()].toReversed()) {
    const { courseId } = courses[0]!;
    const attemptId = attemptIdOf(college, learnerId, courseId, 1);
    const inAttempt = (by: Caller, command: AttemptCommand): Promise<void> =>
      say(by, planAttempt(attemptId, command, { institutionId: college }));
    await inAttempt(tan, {
      type: 'OpenAttempt',
      learnerId,
      enrollmentId,
      courseId,
      kind: 'first',
      number: 1,
      follows: null,
      schemeId: schemes[i === 0 ? 0 : 1]!.schemeId,
      schemeVersion: null,
      ...term,
      classId,
      contractId: i === 0 ? annsContract : null,
      final: false,
      mode: 'in-person',
    });
    if (i === 0) continue;
    for (const [component, part, marks] of sheet)
      await inAttempt(tan, { type: 'ScoreComponent', component, part, score: marks - 2000 * i, third: false, onBehalfOf: null });
    await inAttempt(tan, { type: 'SubmitResult', code: null });
    await inAttempt(li, { type: 'ModerateResult', adjusted: i === 1 ? score(6100) : null, reasoned: i === 1 });
    await inAttempt(zhang, { type: 'PublishResult' });
    if (i === 1) continue;
    clock.ms = start - 20 * 3_600_000;
    await inAttempt(zhang, { type: 'FinalizeResult' });
  }

  // ── two batches of a project ──
  const batch = {
    organizationId: enterprises[0]!.organizationId,
    project: { zh: '双十一', en: 'Singles’ Day' },
    members: apprentices.map(({ enrollmentId }) => enrollmentId),
    follows: null,
    until: '2026-12-01',
  };
  await say(hr, planPlacement('batch1', { type: 'StartBatch', batch }));
  await say(hr, planPlacement('batch2', { type: 'StartBatch', batch: { ...batch, follows: 'batch1' } }));

  const { events } = await store.readAll(0n, { limit: 10_000 });
  return { events, keys, adultOn: new Map(apprentices.map(({ learnerId, birthDate }) => [learnerId, adultOn(birthDate)])) };
}

const adultOn = (birthDate: string): string => `${Number(birthDate.slice(0, 4)) + 18}${birthDate.slice(4)}`;

export const openingId = (i: number): string => `opening${i}`;
export const annsContract = 'ann1c';

const sheet = [
  ['exam', 'score', 8150],
  ['progress', 'baseline', 5000],
  ['progress', 'exit', 9333],
] as const;

/** What counts is how far she got: on the five-grade scale, half down to the even. */
const progress: Scheme = {
  ...fourFourTwo,
  code: 'progress',
  name: { zh: '过程性评价', en: 'Progress' },
  components: [
    { code: 'exam', name: { zh: '考试', en: 'Examination' }, weight: 3333, kind: 'score', side: null },
    { code: 'progress', name: { zh: '提升', en: 'Improvement' }, weight: 6667, kind: 'improvement', side: null },
  ],
  rounding: { mode: 'half-even', unit: 50 },
  scale: 'five-grade',
  gradesFrom: { excellent: 9000, good: 8000, medium: 7000, pass: 6000 },
  dualAssessors: null,
};
