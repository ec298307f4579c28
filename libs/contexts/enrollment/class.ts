import type { ClassEvent } from '../../events/catalog/enrollment.ts';
import { evolveClass, initialClass, type Class } from '../../facts/class.ts';
import type { Decider, Decision } from '../../kernel/decider.ts';
import { naturalId } from '../../kernel/ids.ts';
import { refuse } from '../../kernel/refusal.ts';

/**
 * A class: administrative (行政班) or teaching (教学班). Who is in an administrative one is said by the enrollments alone.
 * Its state and fold are in facts, because results rest on its teachers and roster.
 */
export { classStream, type Class } from '../../facts/class.ts';

/** A class is named once in an institution; a teaching class once a term. */
export const classIdOf = (institutionId: string, name: string, term: string | null = null): string =>
  naturalId(institutionId, 'class', name, ...(term === null ? [] : [term]));

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface FormClass {
  readonly type: 'FormClass';
  readonly kind: 'administrative' | 'teaching';
  readonly name: string;
  readonly programId: string | null;
  /** `course@version` of a teaching class. */
  readonly course: string | null;
  readonly term: string | null;
}

export type ClassCommand =
  | FormClass
  | { readonly type: 'AssignTeacher'; readonly teacherId: string }
  | { readonly type: 'ChangeRoster'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly type: 'CloseClass' };

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function form(s: Class, c: FormClass): Decision<ClassEvent> {
  const { type: _type, ...content } = c;
  if (!s.formed) return [{ type: 'ClassFormed', data: content }];
  const { kind, name, programId, course, term } = s.formed;
  const same = kind === c.kind && programId === c.programId && course === c.course && term === c.term;
  if (!same) return refuse('CLASS_EXISTS', { name });
  return s.closed ? refuse('CLASS_NOT_OPEN', { class: name }) : [];
}

function changeRoster(s: Class, c: Extract<ClassCommand, { type: 'ChangeRoster' }>): Decision<ClassEvent> {
  if (s.formed?.kind !== 'teaching') return refuse('CLASS_NOT_TEACHING');
  const added = [...new Set(c.add)].filter((id) => !s.roster.includes(id) && !c.remove.includes(id));
  const removed = [...new Set(c.remove)].filter((id) => s.roster.includes(id));
  return added.length + removed.length === 0 ? [] : [{ type: 'RosterChanged', data: { added, removed } }];
}

function decide(s: Class, c: ClassCommand): Decision<ClassEvent> {
  if (c.type === 'FormClass') return form(s, c);
  if (!s.formed) return refuse('NOT_FOUND');
  if (c.type === 'CloseClass') return s.closed ? [] : [{ type: 'ClassClosed', data: {} }];
  if (s.closed) return refuse('CLASS_NOT_OPEN', { class: s.formed.name });
  switch (c.type) {
    case 'AssignTeacher':
      return s.teachers.includes(c.teacherId) ? [] : [{ type: 'TeacherAssignedToClass', data: { teacherId: c.teacherId } }];
    case 'ChangeRoster':
      return changeRoster(s, c);
    default:
      return c satisfies never;
  }
}

export const classes: Decider<Class, ClassCommand, ClassEvent> = {
  initial: initialClass,
  evolve: evolveClass,
  decide,
};
