import type { View } from '../ports/view.ts';
import { apprenticeRecord } from './apprentice-record.ts';
import { auditTimeline } from './audit-timeline.ts';
import { curriculum } from './curriculum.ts';
import { directory } from './directory.ts';
import { enrollmentRegister } from './enrollment-register.ts';
import { faculty } from './faculty.ts';
import { ledgerStats } from './ledger-stats.ts';
import { pendingTakes } from './pending-takes.ts';
import { reference } from './reference.ts';
import { subjectIndex } from './subject-index.ts';
import { tasks } from './tasks.ts';
import { transcript } from './transcript.ts';

/** Every view that a projector folds. */
export const allViews: readonly View[] = [
  subjectIndex,
  enrollmentRegister,
  transcript,
  apprenticeRecord,
  auditTimeline,
  pendingTakes,
  tasks,
  reference,
  curriculum,
  faculty,
  ledgerStats,
  directory,
];
