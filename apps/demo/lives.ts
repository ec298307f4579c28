import { addMonths } from '../../libs/kernel/time.ts';
import { castOf, type Fate, type Turn } from './cast.ts';
import { daysAfter, termOf } from './dates.ts';
import { Dice } from './dice.ts';
import { programs } from './programs.ts';
import type { World } from './teller.ts';

/** Who the learners are and what is to become of them: of everybody alone, so that a class can ask about its members without telling their stories. */

// ── cohorts and classes ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Years of entry. Those of 2023 were there before the ledger, and are few. */
export const cohorts = [2023, 2024, 2025, 2026] as const;
export type Cohort = (typeof cohorts)[number];

export function sizeOf({ learners }: World, cohort: Cohort): number {
  const before = Math.max(8, Math.round(learners / 40));
  if (cohort === 2023) return before;
  const rest = learners - before;
  return Math.floor(rest / 3) + (cohort - 2024 < rest % 3 ? 1 : 0);
}

/** An administrative class. */
export interface ClassRef {
  readonly cohort: Cohort;
  readonly program: number;
  /** Five years from junior secondary school (五年一贯制), so that most are minors. */
  readonly five: boolean;
  readonly number: number;
}

export const sameClass = (a: ClassRef | null, b: ClassRef): boolean =>
  a !== null && a.cohort === b.cohort && a.program === b.program && a.five === b.five && a.number === b.number;

export const className = ({ cohort, program, five, number }: ClassRef): string =>
  `${programs[program]!.short}${five ? '五' : ''}${cohort % 100}${String(number + 1).padStart(2, '0')}`;

/** Two classes a program where there are enough, of forty at most. */
const capacityOf = (world: World, cohort: Cohort): number =>
  Math.min(40, Math.max(3, Math.ceil(sizeOf(world, cohort) / (2 * programs.length))));

/** Every sixteenth of a cohort comes for five years. */
const isFive = (cohort: Cohort, index: number): boolean => cohort !== 2023 && index % 16 === 15;

function homeOf(world: World, cohort: Cohort, index: number): ClassRef {
  const capacity = capacityOf(world, cohort);
  if (isFive(cohort, index)) return { cohort, program: 0, five: true, number: Math.floor(Math.floor(index / 16) / capacity) };
  const program = index % programs.length;
  return { cohort, program, five: false, number: Math.floor(Math.floor(index / programs.length) / capacity) };
}

export function classesOf(world: World, cohort: Cohort): readonly ClassRef[] {
  const size = sizeOf(world, cohort);
  const capacity = capacityOf(world, cohort);
  const numbers = (members: number): readonly number[] => Array.from({ length: Math.ceil(members / capacity) }, (_, n) => n);
  const ordinary = programs.flatMap((_, program) =>
    numbers(Math.ceil((size - program) / programs.length)).map((number) => ({ cohort, program, five: false, number })),
  );
  const fives = cohort === 2023 ? 0 : Math.floor(size / 16);
  return [...ordinary, ...numbers(fives).map((number) => ({ cohort, program: 0, five: true, number }))];
}

/** Indexes in the cohort of those who begin in a class. */
function* begunIn(world: World, { cohort, program, five, number }: ClassRef): Generator<number, void> {
  if (number < 0) return;
  const size = sizeOf(world, cohort);
  const capacity = capacityOf(world, cohort);
  for (let n = number * capacity; n < (number + 1) * capacity; n++) {
    const index = five ? n * 16 + 15 : n * programs.length + program;
    if (index >= size) return;
    if (five || !isFive(cohort, index)) yield index;
  }
}

// ── a life ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Life {
  readonly cohort: Cohort;
  readonly index: number;
  /** Names her strands and her dice. */
  readonly name: string;
  readonly home: ClassRef;
  readonly fate: Fate;
  readonly turn: Turn | null;
  /** Plain dates: from when she studies, until when (exclusive), and an absence between. */
  readonly joins: string;
  readonly leaves: string | null;
  readonly away: { readonly from: string; readonly to: string } | null;
  readonly move: { readonly on: string; readonly to: ClassRef } | null;
}

/** The day `days` after the n-th term of a cohort began. */
const inTerm = (cohort: Cohort, n: number, days: number): string => daysAfter(termOf(cohort, n)?.from ?? '2028-01-03', days);

const nobodyKnows = '2028-12-31';

export function lifeOf(world: World, cohort: Cohort, index: number): Life {
  const home = homeOf(world, cohort, index);
  const { fate, turn } = castOf(world, cohort, index, home.five);
  const registers = cohort === 2023 ? '2023-09-04' : daysAfter(`${cohort}-09-01`, 0);
  const life = (more: Partial<Life> = {}): Life => ({
    cohort,
    index,
    name: `learner/${cohort}/${index}`,
    home,
    fate,
    turn,
    joins: registers,
    leaves: null,
    away: null,
    move: null,
    ...more,
  });
  const never = { joins: nobodyKnows };
  const below = (years: 1 | 2): ClassRef => ({ ...home, cohort: (cohort + years) as Cohort });
  switch (fate) {
    case 'declines':
    case 'annulled':
      return life(never);
    case 'serves-first':
      return cohort === 2024 && exists(world, below(2))
        ? life({ joins: inTerm(cohort, 5, 0), move: { on: inTerm(cohort, 5, 0), to: below(2) } })
        : life(never);
    case 'revoked':
      return life({ leaves: inTerm(cohort, 1, 71) });
    case 'ill':
      return returning(world, life(), inTerm(cohort, 2, 18), inTerm(cohort, 4, -5), below(1));
    case 'pregnant':
      return returning(world, life(), inTerm(cohort, 3, 30), inTerm(cohort, 5, -4), below(1));
    case 'enlists':
      return life({ away: { from: inTerm(cohort, 2, 12), to: addMonths(inTerm(cohort, 2, 12), 24) } });
    case 'does-not-resume':
      return life({ away: { from: inTerm(cohort, 2, 25), to: nobodyKnows } });
    case 'changes-major':
      return life({ move: moving(world, inTerm(cohort, 3, -4), nextProgram(home)) });
    case 'changes-class':
      return life({ move: moving(world, inTerm(cohort, 2, -5), sibling(home)) });
    case 'transfers-out':
      return life({ leaves: inTerm(cohort, 3, -10) });
    case 'transfers-in':
      return life({ joins: inTerm(cohort, 3, -7) });
    case 'withdraws':
      return life({ leaves: inTerm(cohort, 2, 45) });
    case 'erased':
      return life({ leaves: inTerm(cohort, 1, 50) });
    case 'fails-out':
      return life({ leaves: inTerm(cohort, 4, 142) });
    case 'expelled':
      return life({ leaves: inTerm(cohort, 3, 70) });
    case 'dies':
      return life({ leaves: inTerm(cohort, 3, 50) });
    case 'loses-status':
      return life({ leaves: inTerm(cohort, 4, 9) });
    case 'withdrawn-in-error':
      return life({ away: takenForAbsent(inTerm(cohort, 2, 40)) });
    case 'loses-status-in-error':
      return life({ away: takenForAbsent(inTerm(cohort, 4, 9)) });
    case 'walks-away':
      return life({ leaves: inTerm(cohort, 3, 64) });
    case 'suspended-before':
      return returning(world, life(), '2024-03-11', inTerm(2023, 4, -4), below(1));
    case 'graduates':
    case 'completes':
    case 'leaves-incomplete':
      return life({ leaves: '2026-06-30' });
    default:
      return life();
  }
}

/** Twelve days until two people put it right. */
const takenForAbsent = (from: string): NonNullable<Life['away']> => ({ from, to: daysAfter(from, 12) });

const exists = (world: World, which: ClassRef): boolean => classesOf(world, which.cohort).some((one) => sameClass(one, which));

/** Absent from the one day to the other, and then in a class below; for good where there is none. */
function returning(world: World, life: Life, from: string, to: string, below: ClassRef): Life {
  return exists(world, below)
    ? { ...life, away: { from, to }, move: { on: to, to: below } }
    : { ...life, away: { from, to: nobodyKnows } };
}

/** Nowhere, where there is no such class. */
const moving = (world: World, on: string, to: ClassRef): Life['move'] => (exists(world, to) ? { on, to } : null);

const nextProgram = (home: ClassRef): ClassRef => ({ ...home, program: (home.program + 1) % programs.length });

/** The other of two classes of the same program. */
const sibling = (which: ClassRef): ClassRef => ({
  ...which,
  number: which.number % 2 === 0 ? which.number + 1 : which.number - 1,
});

/** Her class on a day; null while she does not study. */
export function classAt({ home, joins, leaves, away, move }: Life, day: string): ClassRef | null {
  if (day < joins || (leaves !== null && day >= leaves)) return null;
  if (away && day >= away.from && day < away.to) return null;
  return move && day >= move.on ? move.to : home;
}

/** Everybody who is in a class on a day: those who began there, and those who came from beside and from above. */
export function membersAt(world: World, which: ClassRef, day: string): readonly Life[] {
  const { cohort, program } = which;
  const from = (program + programs.length - 1) % programs.length;
  const sources: ClassRef[] = [
    which,
    sibling(which),
    ...(which.five ? [] : [{ ...which, program: from }]),
    ...[cohort - 1, cohort - 2].filter((year) => year >= 2023).map((year) => ({ ...which, cohort: year as Cohort })),
  ];
  const seen = new Set<string>();
  const members: Life[] = [];
  for (const one of sources) {
    const name = `${one.cohort}/${className(one)}`;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const index of begunIn(world, one)) {
      const life = lifeOf(world, one.cohort, index);
      if (sameClass(classAt(life, day), which)) members.push(life);
    }
  }
  return members;
}

/** What she can do, 0 to 100: it colours all her scores. */
export const talentOf = ({ seed }: World, { name }: Life): number => new Dice(seed, `talent/${name}`).between(64, 90);
