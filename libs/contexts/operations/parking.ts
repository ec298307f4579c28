import type { ParkingEvent } from '../../events/catalog/operations.ts';
import { evolveParking, isSameRelease, nothingReleased, parkingStream, type Parking } from '../../facts/parking.ts';
import type { Decider } from '../../kernel/decider.ts';
import { leg, type Plan } from '../../kernel/plan.ts';

/** Parked fold keys of one view: who let which of them go on, and why. The projector does it and is told by what stands here. */

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ParkingCommand = { readonly type: 'ReleaseParkedKey' } & ParkingEvent['data'];

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Two who release the same key at the same event release it once. */
export const parking: Decider<Parking, ParkingCommand, ParkingEvent> = {
  initial: nothingReleased,
  evolve: evolveParking,
  decide: (s, { type: _type, ...data }) =>
    s.releases.some((release) => isSameRelease(release, data)) ? [] : [{ type: 'ParkedKeyReleased', data }],
};

// ── plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Administrators of every institution write this stream: the view is theirs together. */
export const planParking = (view: string, command: ParkingCommand): Plan => ({
  own: leg(parkingStream(view), parking, command),
  shared: true,
  subjectId: () => null,
});
