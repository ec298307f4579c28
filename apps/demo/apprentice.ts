import { selectionIdOf } from '../../libs/facts/selection.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { addDays } from '../../libs/kernel/time.ts';
import type { SessionDays, Try } from './career.ts';
import type { Turn } from './cast.ts';
import { daysAfter, workday } from './dates.ts';
import { Dice } from './dice.ts';
import { courseIdAt, learnerIdOf } from './ids.ts';
import type { Life } from './lives.ts';
import { openingIdOf, spanOf, type OpeningRef } from './openings.ts';
import { partners } from './partners.ts';
import { coursesOf } from './programs.ts';
import { anyMentor, mentorAt, suspended, teacherAt, teacherCount, withdrawn, type Staff } from './staff.ts';
import { commandIdOf, type World } from './teller.ts';

/** What an apprenticeship is to be, before it is told: with whom, from when to when, and who mentors. */
export interface Apprenticeship {
  readonly turn: Turn;
  readonly opening: OpeningRef;
  readonly openingId: string;
  readonly selectionId: string;
  readonly contractId: string;
  /** Names the contract's strand. */
  readonly name: string;
  readonly post: Bilingual;
  /** Plain dates of the terms, both inclusive. */
  readonly from: string;
  readonly to: string;
  /** The last day on which it is live; null where it never is. */
  readonly liveUntil: string | null;
  readonly mentor: Staff;
  readonly schoolMentor: Staff;
  /** Courses whose results the enterprise may see, and assesses. */
  readonly courseIds: readonly string[];
}

const neverLive: readonly Turn[] = [
  'rejected',
  'withdraws-application',
  'declines-offer',
  'offer-expires',
  'gives-up',
  'cancelled',
];

/** Days on which the mentor who is lost is replaced, and on which one of the two enterprises is left. */
export const mentorReplacedOn = '2026-04-03';
export const leftOn = '2026-01-26';

function partnerFor(dice: Dice, program: number, turn: Turn): number {
  if (turn === 'mentor-lost' || turn === 'mentor-gone') return 0;
  const smaller = [1, 2].filter((partner) => partners[partner]!.posts[program] !== undefined);
  return turn === 'continues' || dice.perMille(350) ? dice.pick(smaller) : 0;
}

function apprenticeship(world: World, life: Life, turn: Turn, opening: OpeningRef): Apprenticeship {
  const name = `${life.name}/contract${opening.late ? '/late' : ''}`;
  const dice = new Dice(world.seed, name);
  const { partner, program } = opening;
  const openingId = openingIdOf(world, opening);
  const { from, to } = spanOf(opening);
  const cast = turn === 'mentor-lost' ? suspended : turn === 'mentor-gone' ? withdrawn : null;
  return {
    turn,
    opening,
    openingId,
    selectionId: selectionIdOf(world.institutionId, openingId, learnerIdOf(world, life)),
    contractId: mintedId(commandIdOf(world.seed, name, 0), 'contract'),
    name,
    post: partners[partner]!.posts[program]!,
    from,
    to,
    liveUntil: liveUntil(life, turn, opening.late, from, to),
    mentor: cast === null ? anyMentor(world, dice, partner) : mentorAt(0, cast),
    schoolMentor: teacherAt(dice.below(Math.floor(teacherCount(world) / 2)) * 2),
    courseIds: coursesOf(program)
      .filter(({ evaluation, term }) => evaluation === 'comprehensive' && term < 6)
      .map((course) => courseIdAt(world, course)),
  };
}

function liveUntil(life: Life, turn: Turn, late: boolean, from: string, to: string): string | null {
  if (neverLive.includes(turn)) return null;
  if (turn === 'probation') return probationEndsOn(from);
  if (turn === 'continues' && !late) return leftOn;
  if (turn === 'loses-status') return statusLostOn(life);
  return to;
}

export const probationEndsOn = (from: string): string => daysAfter(from, 46);

/** The contract is ended a few days after the status was. */
export const statusLostOn = (life: Life): string =>
  life.fate === 'loses-status' ? daysAfter(life.leaves!, 6) : daysAfter(life.away!.from, 3);

/** In the second year; a second one where she goes on at another enterprise. */
export function apprenticeshipsOf(world: World, life: Life): readonly Apprenticeship[] {
  const { turn, home, cohort } = life;
  if (turn === null) return [];
  const { program } = home;
  const partner = partnerFor(new Dice(world.seed, `partner/${life.name}`), program, turn);
  const one = apprenticeship(world, life, turn, { cohort, partner, program, late: false });
  return turn === 'continues' ? [one, apprenticeship(world, life, turn, { cohort, partner: 0, program, late: true })] : [one];
}

/** The enterprise mentor of a day. */
export const mentorOn = ({ turn, mentor }: Apprenticeship, day: string): Staff =>
  turn === 'mentor-lost' && day >= mentorReplacedOn ? mentorAt(0, suspended + 2) : mentor;

export interface Assessing {
  readonly contractId: string;
  readonly mentor: Staff;
}

/** Who assesses a try for an enterprise: the mentor of a contract that is live from the opening to the day of scoring, and names the course. */
export function assessedBy(world: World, life: Life, { course }: Try, { opens, scores }: SessionDays): Assessing | null {
  const courseId = courseIdAt(world, course);
  const contract = apprenticeshipsOf(world, life).find(
    ({ from, liveUntil: until, courseIds }) => from <= opens && until !== null && scores <= until && courseIds.includes(courseId),
  );
  return contract ? { contractId: contract.contractId, mentor: mentorOn(contract, scores) } : null;
}

/** Both sides sign before what closes the apprenticeship is opened. */
export const gatewayOn = ({ to }: Apprenticeship): string => workday(addDays(to, -25));
