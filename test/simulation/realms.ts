import type { DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import type { View } from '../../libs/ports/view.ts';
import { auditTimeline } from '../../libs/read-models/audit-timeline.ts';
import { directory } from '../../libs/read-models/directory.ts';
import { enrollmentRegister } from '../../libs/read-models/enrollment-register.ts';
import { pendingTakes } from '../../libs/read-models/pending-takes.ts';
import { subjectIndex } from '../../libs/read-models/subject-index.ts';
import { tasks } from '../../libs/read-models/tasks.ts';
import { EnrollmentOffice } from './enrollment/office.ts';
import { referenceData } from './enrollment/reference.ts';
import type { Ground } from './ground.ts';
import type { Office } from './orders.ts';

/** When every world begins. */
export const start = Date.UTC(2026, 8, 1, 0, 0, 0);

/** What was there when a world began: recorded long ago, in order, and the keys of what is sealed in it. */
export interface Past {
  readonly events: readonly StoredEvent[];
  readonly keys: DurableKeys;
}

/** A kind of world: who lives in it, and what they are about. Engine, adversary and checkers are the same in all of them. */
export interface Realm {
  readonly name: RealmName;
  /** The same for every world. */
  past(): Past;
  office(ground: Ground): Office;
  /** What a world is mostly about, as kinds of intents (see its office): a bit of everything, or much of what meets at the same gates. */
  readonly moods: readonly (readonly number[])[];
  readonly views: readonly View[];
}

export type RealmName = 'enrollment';

export const realms: Readonly<Record<RealmName, Realm>> = {
  enrollment: {
    name: 'enrollment',
    past: () => ({ events: referenceData(start), keys: new Map() }),
    office: ({ books, hmac, scheduler }) => new EnrollmentOffice(books, hmac, () => scheduler.now),
    moods: [
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      // The same people and numbers, at the same moment.
      [1, 1, 2, 10, 10, 9, 3],
      // Whole lives: four eyes, graduations, holds.
      [1, 4, 4, 5, 6, 7, 7, 8],
      // Students of before, identities corrected and erased.
      [9, 9, 8, 8, 7, 7, 1],
    ],
    views: [auditTimeline, directory, enrollmentRegister, pendingTakes, subjectIndex, tasks] as readonly View[],
  },
};

export const realmNames = Object.keys(realms) as RealmName[];
