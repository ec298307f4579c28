import type { EffectOnHistory } from '../kernel/as-of.ts';
import type { ClaimEvent } from '../kernel/claim.ts';
import type { CommandAbandoned } from '../kernel/decider.ts';
import type { ApprovalEvent } from '../kernel/four-eyes.ts';
import type { EventKind } from './catalog/catalog.ts';
import { accessCatalog, type AccessEvent } from './catalog/access.ts';
import {
  apprenticeshipCatalog,
  type ContractEvent,
  type OpeningEvent,
  type PlacementEvent,
  type SelectionEvent,
} from './catalog/apprenticeship.ts';
import { assessmentCatalog, type AttemptEvent } from './catalog/assessment.ts';
import { commonCatalog } from './catalog/common.ts';
import {
  curriculumCatalog,
  type CalendarEvent,
  type CourseEvent,
  type FrameworkEvent,
  type PolicyEvent,
  type ProgramEvent,
  type ProgramGroupEvent,
  type SchemeEvent,
} from './catalog/curriculum.ts';
import {
  enrollmentCatalog,
  type ClassEvent,
  type EnrollmentEvent,
  type ImportEvent,
  type LearnerEvent,
} from './catalog/enrollment.ts';
import { facultyCatalog, type TeacherEvent } from './catalog/faculty.ts';
import { operationsCatalog, type ParkingEvent, type RebuildEvent } from './catalog/operations.ts';
import { partnershipCatalog, type OrganizationEvent } from './catalog/partnership.ts';

/** Every event that the ledger can hold. */
export type LedgerEvent =
  | AccessEvent
  | ApprovalEvent
  | AttemptEvent
  | CalendarEvent
  | ClaimEvent
  | ClassEvent
  | CommandAbandoned
  | ContractEvent
  | CourseEvent
  | EnrollmentEvent
  | FrameworkEvent
  | ImportEvent
  | LearnerEvent
  | OpeningEvent
  | OrganizationEvent
  | ParkingEvent
  | PlacementEvent
  | PolicyEvent
  | ProgramEvent
  | ProgramGroupEvent
  | RebuildEvent
  | SchemeEvent
  | SelectionEvent
  | TeacherEvent;

export type LedgerEventType = LedgerEvent['type'];

export const catalog: Readonly<Record<LedgerEventType, EventKind>> = {
  ...commonCatalog,
  ...enrollmentCatalog,
  ...curriculumCatalog,
  ...facultyCatalog,
  ...apprenticeshipCatalog,
  ...assessmentCatalog,
  ...partnershipCatalog,
  ...operationsCatalog,
  ...accessCatalog,
};

export const eventTypes = Object.keys(catalog) as LedgerEventType[];

/** What an event type does to history (domain.md, rule 2). */
export const effectOf = (type: string): EffectOnHistory => catalog[type as LedgerEventType]?.effect ?? 'fact';
