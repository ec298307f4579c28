import type { SelectionCommand } from '../../libs/contexts/apprenticeship/selection.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import type { Apprenticeship } from './apprentice.ts';
import { daysAfter } from './dates.ts';
import { Dice } from './dice.ts';
import { accountOf, enrollmentIdOf, learnerIdOf } from './ids.ts';
import type { Life } from './lives.ts';
import { zhou } from './office.ts';
import { officeOf } from './partners.ts';
import type { Step } from './step.ts';
import { Teller, type When, type World } from './teller.ts';

export const asLearner = (life: Life): Actor => ({ personId: accountOf(life), role: 'learner', organizationId: null });

/** From the application to the answer to an offer (遴选). */
export function* selectionStrand(world: World, life: Life, plan: Apprenticeship): Generator<Step, void> {
  const { turn, opening, openingId, selectionId, post, from, to } = plan;
  const { cohort, late, partner } = opening;
  const tell = new Teller(world, `${plan.name}/selection`);
  const dice = new Dice(world.seed, `selection/${plan.name}`);
  const step = (when: When, by: Actor, command: SelectionCommand, reason?: Step['reason']): Step =>
    tell.step(when, by, { on: 'selection', id: selectionId, command }, reason ? { reason } : {});
  const learner = asLearner(life);
  const office = officeOf(world, partner);
  const begins = late ? `${cohort + 1}-12-10` : `${cohort + 1}-06-01`;
  const on = (days: number): string => daysAfter(begins, days);

  yield step([on(dice.below(8)), 'evening'], learner, {
    type: 'SubmitApplication',
    openingId,
    learnerId: learnerIdOf(world, life),
    enrollmentId: enrollmentIdOf(world, life),
    statement: dice.pick([
      '希望在真实岗位上学习店铺运营与数据分析。',
      '在校期间参加过双十一客服实训，想进一步提升。',
      '对供应链感兴趣，愿意服从岗位安排。',
    ]),
  });
  if (turn === 'withdraws-application') {
    yield step([on(11), 'evening'], learner, { type: 'WithdrawApplication' });
    return;
  }
  yield step([on(14), 'morning'], office, { type: 'ScreenApplication' });
  const rejected = turn === 'rejected';
  const score = rejected ? dice.between(90, 118) * 50 : dice.between(140, 190) * 50;
  yield step([on(16), 'morning'], zhou, { type: 'AssessApplicant', by: 'school', score, recommended: true });
  yield step([on(17), 'afternoon'], office, {
    type: 'AssessApplicant',
    by: 'enterprise',
    score: score - dice.below(8) * 50,
    recommended: !rejected,
  });
  if (rejected) {
    yield step([on(21), 'morning'], office, { type: 'RejectApplication', by: 'enterprise' });
    return;
  }
  // Midnight in Shanghai; a late offer waits until the enterprise before has let her go.
  const expiresAt = late ? `${cohort + 2}-02-27T16:00:00.000Z` : `${cohort + 1}-07-03T16:00:00.000Z`;
  yield step([on(21), 'afternoon'], office, { type: 'MakeOffer', post, from, to, expiresAt });
  const answered: When = late ? [daysAfter(`${cohort + 2}-01-27`, 0), 'evening'] : [on(23 + dice.below(5)), 'evening'];
  if (turn === 'declines-offer') {
    yield step(answered, learner, { type: 'DeclineOffer' });
    return;
  }
  if (turn === 'offer-expires') {
    yield step([on(36), 'morning'], office, { type: 'ExpireOffer' });
    return;
  }
  yield step(answered, learner, { type: 'AcceptOffer' });
  if (turn === 'gives-up') {
    const reason = { code: 'own-application', text: '家里希望我留在本地，放弃录用。' };
    yield step([on(36), 'evening'], learner, { type: 'WithdrawApplication' }, reason);
  }
}
