import type { View } from '../ports/view.ts';
import { auditTimeline } from './audit-timeline.ts';
import { directory } from './directory.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import { ledgerStats } from './ledger-stats.ts';
import { pendingTakes } from './pending-takes.ts';
import { reference } from './reference.ts';
import { subjectIndex } from './subject-index.ts';
import { tasks } from './tasks.ts';

/** Every view that a projector folds. */
export const allViews: readonly View[] = [
  subjectIndex,
  enrollmentRegister,
  auditTimeline,
  pendingTakes,
  tasks,
  reference,
  ledgerStats,
  directory,
];
