import type { ContractCommand } from '../../libs/contexts/apprenticeship/contract.ts';
import type { OpeningCommand } from '../../libs/contexts/apprenticeship/opening.ts';
import type { PlacementCommand } from '../../libs/contexts/apprenticeship/placement.ts';
import { planContract, planOpening, planPlacement, planSelection } from '../../libs/contexts/apprenticeship/plans.ts';
import type { SelectionCommand } from '../../libs/contexts/apprenticeship/selection.ts';
import type { AttemptCommand } from '../../libs/contexts/assessment/attempt.ts';
import { planAttempt } from '../../libs/contexts/assessment/plans.ts';
import { planCurriculum, type CurriculumCommand } from '../../libs/contexts/curriculum/curriculum.ts';
import type { ClassCommand } from '../../libs/contexts/enrollment/class.ts';
import type { EnrollmentCommand } from '../../libs/contexts/enrollment/enrollment.ts';
import type { LearnerCommand } from '../../libs/contexts/enrollment/learner.ts';
import { planClass, planEnrollment, planLearner, type Opening } from '../../libs/contexts/enrollment/plans.ts';
import { planFaculty, type FacultyCommand } from '../../libs/contexts/faculty/faculty.ts';
import { planPartnership, type PartnershipCommand } from '../../libs/contexts/partnership/partnership.ts';
import { planImport, type ImportCommand } from '../../libs/imports/run.ts';
import type { Claims } from '../../libs/kernel/claim.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import type { Plan } from '../../libs/kernel/plan.ts';

/** One thing that somebody says to the ledger. */
export type Saying =
  | { readonly on: 'learner'; readonly id: string; readonly command: LearnerCommand }
  | { readonly on: 'enrollment'; readonly id: string; readonly command: EnrollmentCommand; readonly opening?: Opening }
  | { readonly on: 'class'; readonly id: string; readonly command: ClassCommand }
  | { readonly on: 'curriculum'; readonly command: CurriculumCommand }
  | { readonly on: 'partnership'; readonly command: PartnershipCommand }
  | { readonly on: 'teacher'; readonly id: string; readonly command: FacultyCommand }
  | { readonly on: 'opening'; readonly id: string; readonly command: OpeningCommand }
  | { readonly on: 'selection'; readonly id: string; readonly command: SelectionCommand }
  | { readonly on: 'contract'; readonly id: string; readonly command: ContractCommand }
  | { readonly on: 'placement'; readonly id: string; readonly command: PlacementCommand }
  | { readonly on: 'attempt'; readonly id: string; readonly command: AttemptCommand; readonly mentorId?: string }
  | { readonly on: 'import'; readonly id: string; readonly command: ImportCommand };

export interface Step {
  /** Milliseconds since 1970 UTC, on the story's clock. */
  readonly at: number;
  readonly by: Actor;
  readonly commandId: string;
  readonly saying: Saying;
  /** Plain date on which it became true, where that is earlier. */
  readonly since?: string;
  readonly reason?: { readonly code: string; readonly text?: string };
}

/** What somebody does, step by step; it goes on only when the ledger took the step before. */
export type Strand = Iterator<Step>;

/** The plan that the contexts make for it: the same that stands behind HTTP. */
export function planOf(saying: Saying, institutionId: string, claims: Claims): Plan {
  const context = { institutionId, claims };
  switch (saying.on) {
    case 'learner':
      return planLearner(saying.id, saying.command, institutionId);
    case 'enrollment':
      return planEnrollment(saying.id, saying.command, context, saying.opening);
    case 'class':
      return planClass(saying.id, saying.command);
    case 'curriculum':
      return planCurriculum(saying.command, institutionId);
    case 'partnership':
      return planPartnership(saying.command, institutionId);
    case 'teacher':
      return planFaculty(saying.id, saying.command, claims);
    case 'opening':
      return planOpening(saying.id, saying.command);
    case 'selection':
      return planSelection(saying.id, saying.command, context);
    case 'contract':
      return planContract(saying.id, saying.command, context);
    case 'placement':
      return planPlacement(saying.id, saying.command);
    case 'attempt':
      return planAttempt(saying.id, saying.command, { institutionId, mentorId: saying.mentorId ?? null });
    case 'import':
      return planImport(saying.id, saying.command);
    default:
      return saying satisfies never;
  }
}
