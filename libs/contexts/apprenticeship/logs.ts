import type { WorkOrder } from '../../events/catalog/apprenticeship.ts';
import type { Side } from '../../events/catalog/faculty.ts';
import { mentorOf, type Contract } from '../../facts/contract.ts';
import { isServing } from '../../facts/teacher.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { addDays, isMonday } from '../../kernel/time.ts';
import { needsLive, speaksFor, type ContractDecision, type K } from './guards.ts';

/** What happens while she trains: weekly logs that a mentor confirms, and the gateway before the final assessment. */
export type LogCommand =
  | {
      readonly type: 'RecordTrainingLog';
      /** Plain date of the week's Monday. */
      readonly week: string;
      /** Hundredths. */
      readonly hours: number;
      readonly workOrders: readonly WorkOrder[];
    }
  /** `teacherId` is named by a registrar alone, who has the mentor's paper; everybody else is found by her account. */
  | { readonly type: 'ConfirmTrainingLog'; readonly week: string; readonly teacherId: string | null }
  | { readonly type: 'SignGateway'; readonly party: Side };

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Recorded again until a mentor confirmed it. */
function record(s: Contract, c: Extract<LogCommand, { type: 'RecordTrainingLog' }>, k: K): ContractDecision {
  const { week, hours, workOrders } = c;
  const log = s.logs[week];
  if (log?.said === k.commandDigest) return [];
  const refused = needsLive(s, k);
  if (refused) return refused;
  if (!isMonday(week)) return refuse('WEEK_NOT_MONDAY', { week });
  const { to } = s.terms!;
  const last = to < k.effectiveOn ? to : k.effectiveOn;
  if (week > last || addDays(week, 6) < s.startedOn!)
    return refuse('WEEK_OUTSIDE_CONTRACT', { week, from: s.startedOn, to: last });
  if (log && log.confirmations.length > 0) return refuse('LOG_CONFIRMED', { week });
  return [{ type: 'TrainingLogRecorded', data: { week, hours, workOrders } }];
}

/** The mentor of now whose account speaks, or whom the registrar names. */
function confirming(s: Contract, c: Extract<LogCommand, { type: 'ConfirmTrainingLog' }>, k: K): string | Refusal {
  const byRegistrar = k.actor.role === 'registrar';
  for (const side of ['enterprise', 'school'] as const) {
    const teacherId = mentorOf(s, side);
    const mentor = k.facts[side];
    if (teacherId === null || !mentor) continue;
    if (byRegistrar ? c.teacherId !== teacherId : mentor.personId !== k.actor.personId) continue;
    return isServing(mentor) ? teacherId : refuse('TEACHER_NOT_SERVING', { status: mentor.status, since: mentor.statusSince });
  }
  return refuse('MENTOR_OF_ANOTHER');
}

function confirm(s: Contract, c: Extract<LogCommand, { type: 'ConfirmTrainingLog' }>, k: K): ContractDecision {
  const { week } = c;
  const teacherId = confirming(s, c, k);
  if (typeof teacherId !== 'string') return teacherId;
  const log = s.logs[week];
  if (log?.confirmations.some((one) => one.teacherId === teacherId)) return [];
  const refused = needsLive(s, k);
  if (refused) return refused;
  return log ? [{ type: 'TrainingLogConfirmed', data: { week, teacherId } }] : refuse('LOG_UNKNOWN', { week });
}

export function decideLog(s: Contract, c: LogCommand, k: K): ContractDecision {
  switch (c.type) {
    case 'RecordTrainingLog':
      return record(s, c, k);
    case 'ConfirmTrainingLog':
      return confirm(s, c, k);
    case 'SignGateway':
      if (!speaksFor(k.actor.role, c.party)) return refuse('PARTY_NOT_YOURS', { party: c.party });
      if (s.gateway.includes(c.party)) return [];
      return needsLive(s, k) ?? [{ type: 'GatewaySigned', data: { party: c.party } }];
    default:
      return c satisfies never;
  }
}
