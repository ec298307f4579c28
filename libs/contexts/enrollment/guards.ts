import type { EnrollmentEvent } from '../../events/catalog/enrollment.ts';
import type { EnrollmentPolicy } from '../../events/catalog/curriculum.ts';
import { effectOf } from '../../events/events.ts';
import type { Enrollment } from '../../facts/enrollment.ts';
import type { ImportRun } from '../../facts/import-run.ts';
import type { CalendarFact, ClassFact, ProgramFact } from '../../facts/reference.ts';
import { applyCorrections, type Historic } from '../../kernel/as-of.ts';
import type { Circumstances, Decision } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';

/** What every decision about an enrollment shares: the facts that it may rest on, and the guards that more than one of them asks. */
export interface EnrollmentFacts {
  readonly program?: ProgramFact;
  readonly class?: ClassFact | null;
  readonly calendar?: CalendarFact;
  readonly policy?: EnrollmentPolicy;
  /** The import run of whose undo a row is taken back. */
  readonly run?: ImportRun;
}

export type EnrollmentDecision = Decision<EnrollmentEvent>;
export type K = Circumstances<EnrollmentFacts>;

/** What every new fact needs: not before the last change. */
export function timely(s: Enrollment, k: K): Refusal | null {
  if (k.effectiveAt >= s.lastChangeAt) return null;
  return refuse('EFFECTIVE_BEFORE_LAST_CHANGE', { effectiveAt: k.effectiveAt, lastChangeAt: s.lastChangeAt });
}

export function classRefusal(classId: string | null, fact: ClassFact | null | undefined): Refusal | null {
  if (classId === null) return null;
  if (!fact) return refuse('CLASS_UNKNOWN', { class: classId });
  if (fact.kind !== 'administrative') return refuse('CLASS_NOT_ADMINISTRATIVE', { class: fact.name });
  return fact.closed ? refuse('CLASS_NOT_OPEN', { class: fact.name }) : null;
}

/** What the record says now: every event as its corrections left it. */
export const correctedHistory = (s: Enrollment): readonly Historic<EnrollmentEvent>[] =>
  applyCorrections(s.history.all(), effectOf);
