import { principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { dateIn, instant } from '../kernel/time.ts';
import type { Reach } from '../read-models/reach.ts';
import { zoneOf } from './asking.ts';

/**
 * What of a list somebody reaches, by her token. A guardian reaches the learner whom she names, while that is her ward and a minor; whom a learner,
 * an enterprise or a mentor names only narrows what is theirs.
 */
export async function reachOf(parts: Parts, request: EdgeRequest, learnerId?: string): Promise<Reach> {
  const { role, sub, org, learner, institution } = principalOf(request);
  switch (role) {
    case 'registrar':
    case 'auditor':
      return { to: 'institution' };
    case 'learner':
      return learner === null ? { to: 'nobody' } : { to: 'learner', learnerId: learner };
    case 'guardian': {
      const record = learnerId === undefined ? null : await parts.records.find('learner', learnerId);
      const today = dateIn(instant(parts.clock.now()), zoneOf(parts, request));
      const hers = record?.institutionId === institution && record.isWardOf(sub, today);
      return hers ? { to: 'learner', learnerId: learnerId! } : { to: 'nobody' };
    }
    case 'enterprise':
      return org === null ? { to: 'nobody' } : { to: 'enterprise', organizationId: org };
    case 'mentor':
    case 'teacher':
      return { to: role, personId: sub };
    case 'administrator':
    case 'evaluator':
      return { to: 'nobody' };
    default:
      return role satisfies never;
  }
}
