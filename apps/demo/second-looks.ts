import { idNumberValue } from '../../libs/contexts/enrollment/gates.ts';
import type { Identity } from '../../libs/kernel/personal.ts';
import { addDays } from '../../libs/kernel/time.ts';
import { daysAfter, workday } from './dates.ts';
import { studentNumberOf } from './ids.ts';
import type { Life } from './lives.ts';
import { he, zhou } from './office.ts';
import type { Step } from './step.ts';
import { admissionOf, identityOf, minimumScore, type Status } from './student.ts';

/** What two people put right, or refuse to, and what is held against a student. */

export function* revoked(s: Status): Generator<Step, void> {
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
export function* leavesEarly(s: Status): Generator<Step, void> {
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

export function* misrecorded(s: Status): Generator<Step, void> {
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
export function* misnamed(s: Status): Generator<Step, void> {
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

export function* requestRefused(s: Status): Generator<Step, void> {
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

export function* held(s: Status): Generator<Step, void> {
  const placed = daysAfter(s.life.joins, 85);
  const holdId = `discipline${studentNumberOf(s.life)}`;
  const reason = { code: 'discipline', text: '宿舍违规用电，给予警告。' };
  yield s.tell.step([placed, 'morning'], zhou, s.about({ type: 'PlaceHold', holdId, kind: 'discipline' }), { reason });
  yield s.tell.step([daysAfter(placed, 100), 'morning'], he, s.about({ type: 'LiftHold', holdId }));
}

/** Taken for absent while she was at a competition: two people put it right twelve days later. */
export function* inError(s: Status, { from, to }: NonNullable<Life['away']>): Generator<Step, void> {
  yield s.withdrawal(from, 'absent-without-leave', '连续两周未参加教学活动。');
  yield* s.tell.fourEyes({
    asked: [daysAfter(from, 9), 'morning'],
    settled: [to, 'morning'],
    by: [zhou, he],
    request: (requestId) => s.of({ type: 'RequestWithdrawalReversal', requestId, evidence: ['技能大赛参赛证明'] }),
    settle: (settled) => s.of(settled),
    reason: { code: 'entered-in-error', text: '缺勤期间参加省赛集训，经核实撤销。' },
  });
}
