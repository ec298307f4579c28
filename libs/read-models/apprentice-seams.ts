import type { Side } from '../events/catalog/faculty.ts';
import type { Contract } from '../facts/contract.ts';
import { isHandedOver, type Placement } from '../facts/placement.ts';
import { isServing, type Teacher } from '../facts/teacher.ts';

/** What nobody says and everybody wants to know: when an apprentice had no mentor, and which batches did not hand over. Pure. */

// ── mentors ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether a teacher could mentor, from this instant on. In order of time. */
export interface Standing {
  readonly from: string;
  readonly status: Teacher['status'];
}

/** Instants; `to` is null while it lasts. */
export interface Gap {
  readonly side: Side;
  readonly from: string;
  readonly to: string | null;
  /** Who should have mentored and could not; null where nobody was assigned. */
  readonly teacherId: string | null;
  readonly why: 'nobody-assigned' | 'suspended' | 'withdrawn';
}

/** From the start of the training to its end. Null for what never began. */
export interface Training {
  readonly from: string;
  readonly to: string | null;
}

/** Days after which there is nothing more: no instant is greater. */
const never = '9999';

/** What was true of a side between two instants at which nothing changed. */
function lackAt(
  mentors: Contract['mentors'],
  side: Side,
  at: string,
  standings: ReadonlyMap<string, readonly Standing[]>,
): Pick<Gap, 'teacherId' | 'why'> | null {
  const mentor = mentors.find((one) => one.side === side && one.from <= at && at < (one.to ?? never));
  if (!mentor) return { teacherId: null, why: 'nobody-assigned' };
  const status = standings.get(mentor.teacherId)?.findLast(({ from }) => from <= at)?.status;
  // Nothing known of her is nothing known against her.
  if (status === undefined || isServing({ status })) return null;
  return { teacherId: mentor.teacherId, why: status === 'suspended' ? 'suspended' : 'withdrawn' };
}

/** When a side had no mentor who could serve, from the start of the training to its end or to now. */
export function gapsOf(
  { mentors }: Pick<Contract, 'mentors'>,
  training: Training | null,
  standings: ReadonlyMap<string, readonly Standing[]>,
): readonly Gap[] {
  if (training === null) return [];
  const end = training.to ?? never;
  const gaps: Gap[] = [];
  for (const side of ['school', 'enterprise'] as const) {
    const changes = [
      training.from,
      ...mentors.flatMap((one) => (one.side === side ? [one.from, ...(one.to === null ? [] : [one.to])] : [])),
      ...mentors.flatMap(({ teacherId }) => (standings.get(teacherId) ?? []).map(({ from }) => from)),
    ].filter((at) => at >= training.from && at < end);
    let open: Gap | null = null;
    for (const at of [...new Set(changes)].toSorted()) {
      const lack = lackAt(mentors, side, at, standings);
      if (open && (open.why !== lack?.why || open.teacherId !== lack.teacherId)) {
        gaps.push({ ...open, to: at });
        open = null;
      }
      if (lack && !open) open = { side, from: at, to: training.to, ...lack };
    }
    if (open) gaps.push(open);
  }
  return gaps;
}

// ── batches ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Batch {
  readonly id: string;
  readonly state: Placement;
}

/** Where one batch follows another. */
export interface Seam {
  readonly before: string;
  readonly after: string;
  readonly given: boolean;
  readonly acknowledgedByBefore: boolean;
  readonly acknowledgedByAfter: boolean;
  /** Given by the first and acknowledged by both. */
  readonly handedOver: boolean;
}

export const seamOf = (before: Batch, after: Batch): Seam => ({
  before: before.id,
  after: after.id,
  given: before.state.handedTo === after.id,
  acknowledgedByBefore: before.state.acknowledged.includes(after.id),
  acknowledgedByAfter: after.state.acknowledged.includes(before.id),
  handedOver: isHandedOver(before, after),
});
