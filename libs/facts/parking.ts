import type { ParkingEvent } from '../events/catalog/operations.ts';
import type { Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

/** Which fold keys of one view somebody let go on without the event at which they stood. */
export const parkingStream = (view: string): string => `parking-${view}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Release = ParkingEvent['data'];

export interface Parking {
  readonly releases: readonly Release[];
}

export const nothingReleased: Parking = { releases: [] };

type Place = Pick<Release, 'key' | 'position' | 'generation'>;

/** An event parks a key of a generation once. */
export const isSameRelease = (a: Place, b: Place): boolean =>
  a.key === b.key && a.position === b.position && a.generation === b.generation;

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of earlier generations nothing is kept: theirs are gone with their rows. */
export function evolveParking(s: Parking, { type, data }: Recorded<ParkingEvent>): Parking {
  switch (type) {
    case 'ParkedKeyReleased': {
      const same = s.releases.filter(({ generation }) => generation >= data.generation);
      return { releases: [...same, data] };
    }
    default:
      return type satisfies never;
  }
}

export const parkingOf = (view: string): Source<Parking> =>
  source(parkingStream(view), { initial: nothingReleased, evolve: evolveParking });
