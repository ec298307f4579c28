import type { Conditions } from './paging.ts';

/**
 * Whose records a list may show (domain.md, *Who may*), as conditions of its SQL: totals, cursors and filters then tell no more than the rows.
 * `teacher`: attempts of her classes, and what she mentors for the school · `mentor`: her own apprentices · `enterprise`: its own openings, applicants
 * and apprentices · `learner`: her own, or her ward's.
 */
export type Reach =
  | { readonly to: 'institution' }
  | { readonly to: 'learner'; readonly learnerId: string }
  | { readonly to: 'enterprise'; readonly organizationId: string }
  | { readonly to: 'mentor' | 'teacher'; readonly personId: string }
  | { readonly to: 'nobody' };

/** Contracts on which somebody mentors now, by the `sub` of her tokens. Who was replaced or lost her standing no longer does. */
const mentored = `SELECT m.contract_id FROM apprentice_mentor_$g m JOIN apprentice_teacher_$g t ON t.teacher_id = m.teacher_id
  WHERE m.until IS NULL AND t.serving = 1 AND t.person_id = ?`;

/** Of an apprentice an enterprise and its mentors see the published results of courses that the contract's plan names, while it stands. */
const planned = (contracts: string): string => `(a.told = 1 AND a.status <> 'voided' AND EXISTS (
  SELECT 1 FROM apprentice_contract_$g c JOIN apprentice_course_$g p ON p.contract_id = c.contract_id
  WHERE c.learner_id = a.learner_id AND p.course_id = a.course_id
    AND c.status IN ('concluded', 'live', 'suspended', 'completed') AND ${contracts}))`;

/** Of `transcript_attempt_$g a`. */
export function reachAttempts(matching: Conditions, reach: Reach): Conditions {
  switch (reach.to) {
    case 'institution':
      return matching;
    case 'learner':
      return matching.add('a.learner_id = ? AND a.told = 1', reach.learnerId);
    case 'teacher':
      return matching.add(
        `(a.class_id IN (SELECT class_id FROM reference_class_teacher_$g WHERE teacher_id = ?) OR a.contract_id IN (${mentored}))`,
        reach.personId,
        reach.personId,
      );
    case 'mentor':
      return matching.add(
        `(a.contract_id IN (${mentored}) OR ${planned(`c.contract_id IN (${mentored})`)})`,
        reach.personId,
        reach.personId,
      );
    case 'enterprise':
      return matching.add(planned('c.organization_id = ?'), reach.organizationId);
    case 'nobody':
      return matching.add('1 = 0');
    default:
      return reach satisfies never;
  }
}

/** Of `apprentice_contract_$g c`. */
export function reachContracts(matching: Conditions, reach: Reach): Conditions {
  switch (reach.to) {
    case 'institution':
      return matching;
    case 'learner':
      return matching.add('c.learner_id = ?', reach.learnerId);
    case 'teacher':
    case 'mentor':
      return matching.add(`c.contract_id IN (${mentored})`, reach.personId);
    case 'enterprise':
      return matching.add('c.organization_id = ?', reach.organizationId);
    case 'nobody':
      return matching.add('1 = 0');
    default:
      return reach satisfies never;
  }
}

/** Of `apprentice_selection_$g s`: teachers assess for the school who apply from their classes, mentors have no part in it. */
export function reachSelections(matching: Conditions, reach: Reach): Conditions {
  switch (reach.to) {
    case 'institution':
      return matching;
    case 'learner':
      return matching.add('s.learner_id = ?', reach.learnerId);
    case 'enterprise':
      return matching.add('s.organization_id = ?', reach.organizationId);
    case 'teacher':
      return matching.add(
        `s.enrollment_id IN (SELECT r.enrollment_id FROM register_enrollment_$g r
           JOIN reference_class_teacher_$g x ON x.class_id = r.class_id WHERE x.teacher_id = ?)`,
        reach.personId,
      );
    case 'mentor':
    case 'nobody':
      return matching.add('1 = 0');
    default:
      return reach satisfies never;
  }
}

/** Of `apprentice_placement_$g b`. */
export function reachPlacements(matching: Conditions, reach: Reach): Conditions {
  switch (reach.to) {
    case 'institution':
      return matching;
    case 'learner':
      return matching.add(
        `b.placement_id IN (SELECT m.placement_id FROM apprentice_member_$g m
           JOIN register_enrollment_$g r ON r.enrollment_id = m.enrollment_id WHERE r.learner_id = ?)`,
        reach.learnerId,
      );
    case 'enterprise':
      return matching.add('b.organization_id = ?', reach.organizationId);
    case 'teacher':
    case 'mentor':
    case 'nobody':
      return matching.add('1 = 0');
    default:
      return reach satisfies never;
  }
}
