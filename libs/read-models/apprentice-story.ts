import type { ContractEvent, SelectionEvent } from '../events/catalog/apprenticeship.ts';
import type { TeacherEvent } from '../events/catalog/faculty.ts';
import { effectOf, type LedgerEvent, type LedgerEventType } from '../events/events.ts';
import { foldContract, type Contract } from '../facts/contract.ts';
import { evolveSelection, initialSelection, type Selection } from '../facts/selection.ts';
import { evolveTeacher, initialTeacher, type Teacher } from '../facts/teacher.ts';
import { applyCorrections, type Historic, type HistoricRecord } from '../kernel/as-of.ts';
import type { Actor } from '../kernel/decider.ts';
import { addDays } from '../kernel/time.ts';
import type { Standing, Training } from './apprentice-seams.ts';

/** What streams of an apprenticeship tell, for the view and for as-of questions: their state and how it came to be. Pure. */

// ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One thing that was said, as a history tells it: no personal part, and no more of the data than its kind. */
export interface Step {
  readonly type: LedgerEventType;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly by: Pick<Actor, 'role' | 'personId'>;
  /** Party, side, section, ground or teacher that it is about. */
  readonly about: Readonly<Record<string, string>>;
  readonly annulled: boolean;
}

/** A contract's state without the logs, which have rows of their own, and without its events. */
export type ContractState = Omit<Contract, 'logs' | 'history' | 'approvals'>;

export interface ContractStory {
  readonly state: ContractState;
  readonly training: Training | null;
  readonly steps: readonly Step[];
}

const told = ['party', 'side', 'section', 'ground', 'teacherId', 'oldTeacherId', 'amendmentId', 'by', 'continuationOf'] as const;

const stepOf = ({ type, effectiveAt, recordedAt, actor, data, annulled }: Historic<LedgerEvent>): Step => ({
  type,
  effectiveAt,
  recordedAt,
  by: { role: actor.role, personId: actor.personId },
  about: Object.fromEntries(
    told.flatMap((name) => {
      const value = (data as Readonly<Record<string, unknown>>)[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  ),
  annulled: annulled ?? false,
});

/** A contract as its stream tells it; `history` as recorded, corrections not yet applied. Null where it says nothing. */
export function contractStory(history: readonly Historic<ContractEvent>[]): ContractStory | null {
  const corrected = applyCorrections(history, effectOf);
  const { logs: _logs, history: _history, approvals: _approvals, ...state } = foldContract(corrected);
  if (state.status === 'none') return null;
  const began = corrected.find(({ type }) => type === 'ContractStarted' || type === 'ContractImported');
  const ended = state.status === 'terminated' || state.status === 'completed' ? state.statusSince : null;
  return {
    state,
    training: began ? { from: began.effectiveAt, to: ended } : null,
    steps: corrected.filter(({ type }) => effectOf(type) !== 'machinery' && !type.startsWith('TrainingLog')).map(stepOf),
  };
}

/** Last day up to which insurances cover every day from the first one on; null where that one is not covered. */
export function insuredUntil({ terms, insurances }: Pick<ContractState, 'terms' | 'insurances'>): string | null {
  if (terms === null) return null;
  let until: string | null = null;
  for (const { from, to } of insurances.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const next = until === null ? terms.from : addDays(until, 1);
    if (from <= next && to >= next) until = to;
  }
  return until;
}

// ── selections and teachers ────────────────────────────────────────────────────────────────────────────────────────────────

export interface SelectionStory {
  readonly state: Omit<Selection, 'acceptedBy'>;
  readonly steps: readonly Step[];
}

/** Without how to reach her. */
export interface TeacherStory {
  readonly teacher: Omit<Teacher, 'contact'>;
  readonly standing: readonly Standing[];
}

export function selectionStory(history: readonly HistoricRecord<SelectionEvent>[]): SelectionStory | null {
  const { acceptedBy: _by, ...state } = history.reduce((s: Selection, e) => evolveSelection(s, e), initialSelection);
  return state.status === 'none' ? null : { state, steps: history.map(stepOf) };
}

export function teacherStory(history: readonly HistoricRecord<TeacherEvent>[]): TeacherStory | null {
  const standing: Standing[] = [];
  let state = initialTeacher;
  for (const event of history) {
    const { status } = state;
    state = evolveTeacher(state, event);
    if (state.status !== status) standing.push({ from: event.effectiveAt, status: state.status });
  }
  const { contact: _contact, ...teacher } = state;
  return teacher.status === 'none' ? null : { teacher, standing };
}
