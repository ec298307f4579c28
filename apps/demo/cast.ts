import { Dice } from './dice.ts';
import type { Cohort } from './lives.ts';
import type { World } from './teller.ts';

/** Who is cast for what: the first of each cohort by hand, everybody else by dice, in believable proportions. */

/** What becomes of a student's status. */
export type Fate =
  | 'ordinary'
  | 'declines'
  | 'annulled'
  | 'serves-first'
  | 'revoked'
  | 'recheck-overdue'
  | 'ill'
  | 'pregnant'
  | 'enlists'
  | 'does-not-resume'
  | 'changes-major'
  | 'changes-class'
  | 'transfers-out'
  | 'transfers-in'
  | 'withdraws'
  | 'withdrawn-in-error'
  | 'fails-out'
  | 'expelled'
  | 'dies'
  | 'misnamed'
  | 'misrecorded'
  | 'erased'
  | 'held'
  | 'request-refused'
  | 'moves-house'
  | 'custody-changes'
  | 'loses-status'
  | 'loses-status-in-error'
  | 'walks-away'
  | 'graduates'
  | 'completes'
  | 'leaves-incomplete'
  | 'suspended-before';

/** What becomes of an apprenticeship. */
export type Turn =
  | 'completes'
  | 'rejected'
  | 'withdraws-application'
  | 'declines-offer'
  | 'offer-expires'
  | 'gives-up'
  | 'terms-change'
  | 'on-paper'
  | 'cancelled'
  | 'amended'
  | 'amendment-rejected'
  | 'amendment-cancelled'
  | 'amendment-expired'
  | 'interrupted'
  | 'probation'
  | 'continues'
  | 'loses-status'
  | 'loses-status-in-error'
  | 'mentor-lost'
  | 'mentor-gone';

/** The first of each cohort are cast by hand, so that everything happens to somebody. Places 15 and 31 are of those who come for five years. */
const castByHand: Readonly<Record<Cohort, readonly (Fate | Turn | readonly [Fate, Turn])[]>> = {
  2023: [
    'graduates',
    'completes',
    'leaves-incomplete',
    'suspended-before',
    'graduates',
    'graduates',
    'graduates',
    'completes',
  ].map((fate) => fate as Fate),
  2024: [
    ['ordinary', 'completes'],
    'declines',
    ['ordinary', 'terms-change'],
    'serves-first',
    'revoked',
    'ill',
    ['ordinary', 'amended'],
    'changes-major',
    ['ordinary', 'continues'],
    'transfers-out',
    ['ordinary', 'mentor-lost'],
    'withdrawn-in-error',
    ['loses-status', 'loses-status'],
    'expelled',
    ['loses-status-in-error', 'loses-status-in-error'],
    ['custody-changes', 'completes'],
    'pregnant',
    ['ordinary', 'interrupted'],
    'misnamed',
    ['ordinary', 'probation'],
    'erased',
    'dies',
    ['ordinary', 'on-paper'],
    'enlists',
    'does-not-resume',
    'transfers-in',
    ['misrecorded', 'completes'],
    'fails-out',
  ].map((entry) => entry as Fate),
  2025: [
    'annulled',
    ['ordinary', 'mentor-gone'],
    'enlists',
    ['ordinary', 'rejected'],
    'recheck-overdue',
    ['held', 'declines-offer'],
    'withdraws',
    ['ordinary', 'offer-expires'],
    'changes-class',
    ['ordinary', 'gives-up'],
    ['ordinary', 'withdraws-application'],
    'request-refused',
    ['ordinary', 'cancelled'],
    ['ordinary', 'amendment-rejected'],
    ['moves-house', 'amendment-cancelled'],
    ['ordinary', 'completes'],
    ['ordinary', 'amendment-expired'],
    ['walks-away', 'completes'],
    'transfers-in',
    'changes-major',
    'ill',
  ].map((entry) => entry as Fate),
  2026: ['ordinary', 'declines', 'annulled', 'serves-first', 'ordinary', 'revoked', 'moves-house'],
};

/** Everybody else, in a thousand. */
const fates: readonly (readonly [Fate, number])[] = [
  ['ordinary', 868],
  ['declines', 18],
  ['serves-first', 6],
  ['annulled', 1],
  ['revoked', 1],
  ['recheck-overdue', 5],
  ['ill', 10],
  ['pregnant', 3],
  ['enlists', 12],
  ['does-not-resume', 3],
  ['changes-major', 15],
  ['changes-class', 12],
  ['transfers-out', 3],
  ['transfers-in', 3],
  ['withdraws', 12],
  ['withdrawn-in-error', 1],
  ['fails-out', 4],
  ['expelled', 1],
  ['misnamed', 4],
  ['misrecorded', 4],
  ['erased', 2],
  ['moves-house', 12],
];

/** Of those who have no other adventure, every third applies to an enterprise. */
const turns: readonly (readonly [Turn, number])[] = [
  ['completes', 76],
  ['rejected', 9],
  ['declines-offer', 3],
  ['offer-expires', 2],
  ['withdraws-application', 2],
  ['amended', 3],
  ['interrupted', 2],
  ['terms-change', 2],
  ['probation', 1],
];

/** Those who come for five years wrote no entrance examination, and may neither change their major nor their school. */
const needsExamination: readonly Fate[] = ['changes-major', 'transfers-in', 'transfers-out'];

/** What is to become of somebody. */
export function castOf(world: World, cohort: Cohort, index: number, five: boolean): { fate: Fate; turn: Turn | null } {
  const cast = castByHand[cohort][index] as string | readonly [Fate, Turn] | undefined;
  if (cast !== undefined) return typeof cast === 'string' ? { fate: cast as Fate, turn: null } : { fate: cast[0], turn: cast[1] };
  const dice = new Dice(world.seed, `fate/${cohort}/${index}`);
  if (cohort === 2023) return { fate: dice.perMille(930) ? 'graduates' : 'completes', turn: null };
  const thrown = dice.weighted(fates);
  const fate = five && needsExamination.includes(thrown) ? 'ordinary' : thrown;
  return { fate, turn: fate === 'ordinary' && dice.perMille(340) ? dice.weighted(turns) : null };
}
