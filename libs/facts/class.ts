import type { ClassEvent } from '../events/catalog/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

/** What a class's events add up to: one fold for its own decisions, and for those that ask who teaches and learns in it. */
export const classStream = (classId: string): string => `class-${classId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Class {
  readonly formed: Extract<ClassEvent, { readonly type: 'ClassFormed' }>['data'] | null;
  /** The `sub` of their tokens. */
  readonly teachers: readonly string[];
  /** Enrollment ids of a teaching class. */
  readonly roster: readonly string[];
  readonly closed: boolean;
}

export const initialClass: Class = { formed: null, teachers: [], roster: [], closed: false };

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolveClass(s: Class, e: Recorded<ClassEvent>): Class {
  switch (e.type) {
    case 'ClassFormed':
      return { ...s, formed: e.data };
    case 'TeacherAssignedToClass':
      return { ...s, teachers: [...s.teachers, e.data.teacherId] };
    case 'RosterChanged': {
      const { added, removed } = e.data;
      return { ...s, roster: [...s.roster.filter((id) => !removed.includes(id)), ...added] };
    }
    case 'ClassClosed':
      return { ...s, closed: true };
    default:
      return e satisfies never;
  }
}

/** A teaching class (教学班) with its teachers and roster. `formed` is null where there is no such class. */
export const teachingClassFact = (classId: string): Source<Class> =>
  source(classStream(classId), { initial: initialClass, evolve: evolveClass });
