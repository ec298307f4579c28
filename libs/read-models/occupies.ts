import type { LedgerEvent } from '../events/events.ts';
import { isActive } from '../facts/enrollment.ts';
import type { Recorded } from '../kernel/decider.ts';

/** Whether an enrollment occupies its learner's gate after this event; null where the event does not say. */
export function occupiesAfter(event: Recorded<LedgerEvent>): boolean | null {
  switch (event.type) {
    case 'LearnerAdmitted':
    case 'StudentTransferredIn':
    case 'WithdrawalReverted':
      return true;
    case 'EnrollmentImported':
    case 'StatusChangeAnnulled':
      return isActive(event.data.status);
    case 'PlaceDeclined':
    case 'AdmissionAnnulled':
    case 'RegistrationRevoked':
    case 'StudentTransferredOut':
    case 'StudentWithdrawn':
    case 'StudentExpelled':
    case 'StudentDeceased':
    case 'StudentGraduated':
    case 'StudyLeftIncomplete':
    case 'StudyCompleted':
      return false;
    default:
      return null;
  }
}
