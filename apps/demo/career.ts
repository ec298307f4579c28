import type { AttemptKind, ResultCode } from '../../libs/events/catalog/assessment.ts';
import { daysAfter, storyEnds, termOf, type StoryTerm } from './dates.ts';
import { Dice } from './dice.ts';
import { attemptIdAt, teachingClassIdAt } from './ids.ts';
import { classAt, talentOf, type ClassRef, type Life } from './lives.ts';
import { coursesIn, type StoryCourse } from './programs.ts';
import type { World } from './teller.ts';

/** What a student's tries at her courses come to, term by term. Pure, so that a class knows who retakes without anybody's story being told. */

/** What happens to a try beyond an ordinary pass. */
export type Mishap =
  | 'failed'
  | 'failed-twice'
  | 'absent'
  | 'deferred'
  | 'cheating'
  | 'exempted'
  | 'cancelled'
  | 'upheld'
  | 'dismissed'
  | 'corrected'
  | 'voided'
  | 'opened-in-error'
  | 'adjusted'
  | 'correction-refused'
  | 'stale';

export type Session = 'start' | 'half' | 'end';

export interface Try {
  readonly attemptId: string;
  readonly course: StoryCourse;
  readonly kind: AttemptKind;
  /** From 1. */
  readonly number: number;
  readonly follows: string | null;
  readonly term: StoryTerm;
  readonly session: Session;
  readonly classId: string;
  readonly mishap: Mishap | null;
  readonly code: ResultCode | null;
  /** What her scores are to come to: far enough from the pass mark that no scheme reads them otherwise. */
  readonly passes: boolean;
}

// ── days of a session ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SessionDays {
  readonly opens: string;
  readonly scores: string;
  /** On the same day it is published, a few hours later. */
  readonly moderates: string;
  readonly publishes: string;
}

export const rosterDay = (term: StoryTerm): string => daysAfter(term.from, 4);

/** The day on which a session's tries are opened. */
export const openingDay = (term: StoryTerm, session: Session): string =>
  ({ start: daysAfter(term.from, 9), half: daysAfter(term.from, 42), end: daysAfter(term.to, -28) })[session];

/** Teaching classes are examined on the five days of a week, each on its own. */
export function daysOf(world: World, { term, session, classId }: Pick<Try, 'term' | 'session' | 'classId'>): SessionDays {
  const weekday = new Dice(world.seed, `examined/${classId}/${session}`).below(5);
  const week = { start: daysAfter(term.from, 14), half: daysAfter(term.from, 70), end: daysAfter(term.to, -11) }[session];
  const scores = daysAfter(week, weekday);
  const publishes = daysAfter(scores, 1);
  return { opens: openingDay(term, session), scores, moderates: publishes, publishes };
}

// ── mishaps ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of a thousand tries. */
const mishaps: readonly (readonly [Mishap | null, number])[] = [
  [null, 906],
  ['failed', 42],
  ['failed-twice', 9],
  ['absent', 7],
  ['deferred', 7],
  ['cheating', 2],
  ['exempted', 6],
  ['cancelled', 1],
  ['upheld', 3],
  ['dismissed', 5],
  ['corrected', 2],
  ['voided', 1],
  ['opened-in-error', 1],
  ['adjusted', 7],
  ['stale', 1],
];

/** One course of the first cohort's first term is cast by hand, so that each of them happens to somebody. */
const castByHand: readonly Mishap[] = [
  'failed',
  'upheld',
  'failed-twice',
  'dismissed',
  'absent',
  'deferred',
  'cheating',
  'exempted',
  'cancelled',
  'corrected',
  'voided',
  'opened-in-error',
  'adjusted',
  'correction-refused',
  'stale',
];

function mishapOf(world: World, life: Life, course: StoryCourse): Mishap | null {
  const { cohort, index, name } = life;
  if (cohort === 2024 && course.code === 'GP102' && index < 2 * castByHand.length) return castByHand[index % castByHand.length]!;
  const mishap = new Dice(world.seed, `mishap/${name}/${course.code}`).weighted(mishaps);
  // Improvement is not undone, and what closes an apprenticeship is prepared for.
  return course.closing || course.evaluation === 'improvement' ? null : mishap;
}

const codeOf: Readonly<Partial<Record<Mishap, ResultCode>>> = {
  absent: 'absent',
  deferred: 'deferred',
  cheating: 'cheating',
  exempted: 'exempted',
  cancelled: 'cancelled',
};

/** How it goes on after a try: in the next term's first weeks, or a year later with the class below. */
function followUp({ mishap, kind }: Try): { readonly kind: AttemptKind; readonly when: 'start' | 'retake' } | null {
  if (kind === 'make-up') return mishap === 'failed-twice' ? { kind: 'retake', when: 'retake' } : null;
  if (kind !== 'first') return null;
  switch (mishap) {
    case 'failed':
    case 'failed-twice':
    case 'absent':
    case 'dismissed':
      return { kind: 'make-up', when: 'start' };
    case 'deferred':
      return { kind: 'deferred', when: 'start' };
    case 'cheating':
    case 'cancelled':
    case 'voided':
      return { kind: 'retake', when: 'retake' };
    default:
      return null;
  }
}

// ── a career ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const failing: readonly Mishap[] = ['failed', 'failed-twice', 'dismissed', 'upheld', 'corrected', 'stale'];

interface Coming {
  readonly before: Try;
  readonly kind: AttemptKind;
  readonly home: ClassRef;
  /** Index of the term in which it comes. */
  readonly at: number;
}

/** Every try of hers, one term's after another's, as far as terms begin before the story ends. */
export function* careerOf(world: World, life: Life): Generator<readonly Try[], void> {
  const taken = new Set<string>();
  let coming: Coming[] = [];
  for (let at = life.cohort === 2023 ? 2 : 0; ; at++) {
    const term = termOf(2023, at + 1);
    if (!term || term.from > storyEnds) return;
    const tries: Try[] = [];
    const add = (one: Try, home: ClassRef): void => {
      tries.push(one);
      const next = followUp(one);
      if (next)
        coming.push({ before: one, kind: next.kind, home, at: at + (next.when === 'retake' && one.kind === 'first' ? 2 : 1) });
    };
    const due = coming.filter((one) => one.at === at);
    coming = coming.filter((one) => one.at > at);
    for (const { before, kind, home } of due) {
      const session: Session = kind === 'retake' ? 'end' : 'start';
      const there = classAt(life, openingDay(term, session)) !== null && classAt(life, rosterDay(term)) !== null;
      if (there) add(again(world, life, before, kind, home, term, session), home);
    }
    const home = classAt(life, rosterDay(term));
    for (const course of home ? coursesIn(home.program, at + 1 - (home.cohort - 2023) * 2) : []) {
      const session: Session = course.half ? 'half' : 'end';
      if (taken.has(course.code) || !classAt(life, openingDay(term, session))) continue;
      taken.add(course.code);
      add(first(world, life, course, home!, term, session), home!);
    }
    if (tries.length > 0) yield tries;
  }
}

function first(world: World, life: Life, course: StoryCourse, home: ClassRef, term: StoryTerm, session: Session): Try {
  const mishap = mishapOf(world, life, course);
  // What was opened in error is opened again as it was: the second is the one that counts.
  const number = mishap === 'opened-in-error' ? 2 : 1;
  return {
    attemptId: attemptIdAt(world, life, course, number),
    course,
    kind: 'first',
    number,
    follows: number === 2 ? attemptIdAt(world, life, course, 1) : null,
    term,
    session,
    classId: teachingClassIdAt(world, home, course, term.name, false),
    mishap,
    code: (mishap && codeOf[mishap]) ?? null,
    passes: mishap === null || !failing.includes(mishap),
  };
}

/** A make-up is held in the class that taught it, a retake in one formed for it. */
function again(world: World, life: Life, before: Try, kind: AttemptKind, home: ClassRef, term: StoryTerm, session: Session): Try {
  const number = before.number + 1;
  const failsAgain = kind === 'make-up' && before.mishap === 'failed-twice';
  return {
    ...before,
    attemptId: attemptIdAt(world, life, before.course, number),
    kind,
    number,
    follows: before.attemptId,
    term,
    session,
    classId: kind === 'retake' ? teachingClassIdAt(world, home, before.course, term.name, true) : before.classId,
    mishap: failsAgain ? 'failed-twice' : null,
    code: null,
    passes: !failsAgain,
  };
}

/** What she retakes in a term. */
export function retakesIn(world: World, life: Life, term: StoryTerm): readonly Try[] {
  for (const tries of careerOf(world, life)) {
    if (tries[0]!.term.name === term.name) return tries.filter(({ kind }) => kind === 'retake');
  }
  return [];
}

// ── scores ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A score of a part, hundredths of a point, in half points. */
export function scoreOf(world: World, life: Life, one: Try, part: string): number {
  const dice = new Dice(world.seed, `score/${life.name}/${one.attemptId}/${part}`);
  if (!one.passes) return dice.between(70, 112) * 50;
  // A make-up is written by those who found the course hard.
  const around = (talentOf(world, life) - (one.kind === 'make-up' ? 14 : 0)) * 2;
  const swing = dice.between(-14, 14) + dice.between(-10, 10);
  return Math.min(199, Math.max(126, around + swing)) * 50;
}
