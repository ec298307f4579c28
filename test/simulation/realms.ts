import type { DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import type { ReadQueries } from '../../libs/ports/read-store.ts';
import type { View } from '../../libs/ports/view.ts';
import { apprenticeRecord } from '../../libs/read-models/apprentice-record.ts';
import { auditTimeline } from '../../libs/read-models/audit-timeline.ts';
import { directory } from '../../libs/read-models/directory.ts';
import { enrollmentRegister } from '../../libs/read-models/enrollment-register.ts';
import { pendingTakes } from '../../libs/read-models/pending-takes.ts';
import { subjectIndex } from '../../libs/read-models/subject-index.ts';
import { tasks } from '../../libs/read-models/tasks.ts';
import { transcript } from '../../libs/read-models/transcript.ts';
import { EnrollmentOffice } from './enrollment/office.ts';
import { referenceData } from './enrollment/reference.ts';
import type { Books } from './books/books.ts';
import type { Ground } from './ground.ts';
import type { Office } from './orders.ts';
import { TrainingOffice } from './training/office.ts';
import { livePast } from './training/past.ts';
import { checkReading } from './training/reading.ts';

/** When every world begins. */
export const start = Date.UTC(2026, 8, 1, 0, 0, 0);

/** What was there when a world began: recorded long ago, in order, and the keys of what is sealed in it. */
export interface Past {
  readonly events: readonly StoredEvent[];
  readonly keys: DurableKeys;
  /** Plain dates on which people come of age, as far as the checkers are to know. */
  readonly adultOn: ReadonlyMap<string, string>;
}

/** A kind of world: who lives in it, and what they are about. Engine, adversary and checkers are the same in all of them. */
export interface Realm {
  readonly name: RealmName;
  /** The same for every world. */
  past(): Promise<Past>;
  /** Null where nobody commands anything: a world of rebuilds. */
  readonly office: ((ground: Ground) => Office) | null;
  /** What a world is mostly about, as kinds of intents (see its office): a bit of everything, or much of what meets at the same gates. */
  readonly moods: readonly (readonly number[])[];
  readonly views: readonly View[];
  /** Holds what the views answer against the log. */
  readonly read?: (db: ReadQueries, books: Books, now: number) => Promise<void>;
  /** One world in so many has a process that folds views: it is far the slowest part. */
  readonly viewedIn: number;
}

export type RealmName = 'enrollment' | 'training' | 'rebuilding';

let trained: Promise<Past> | null = null;

export const realms: Readonly<Record<RealmName, Realm>> = {
  enrollment: {
    name: 'enrollment',
    past: () => Promise.resolve({ events: referenceData(start), keys: new Map(), adultOn: new Map() }),
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
    viewedIn: 3,
  },
  training: {
    name: 'training',
    past: () => (trained ??= livePast(start)),
    office: ({ books, hmac, scheduler }) => new TrainingOffice(books, hmac, () => scheduler.now),
    moods: [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      // Attempts from the first score to the last correction.
      [1, 2, 2, 3, 3, 3, 4, 4, 10, 9, 0],
      [1, 3, 3, 2, 4, 9, 10, 0],
      // Offers, signatures and amendments over the same days.
      [5, 6, 5, 6, 7, 7, 7, 8, 10],
      [5, 6, 7, 7, 7, 7, 8, 8, 10],
      // Contracts to their end, and beyond it.
      [5, 7, 7, 7, 8, 8, 8, 4, 4, 9, 0, 11],
    ],
    views: [apprenticeRecord, auditTimeline, enrollmentRegister, pendingTakes, tasks, transcript] as readonly View[],
    read: checkReading,
    viewedIn: 6,
  },
  rebuilding: {
    name: 'rebuilding',
    past: () => Promise.resolve({ events: [], keys: new Map(), adultOn: new Map() }),
    office: null,
    // As administrators.ts counts its acts.
    moods: [
      [0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 11, 12],
      // Rebuilds beside readers and writers, held and called off.
      [0, 0, 1, 1, 1, 2, 3, 3, 4, 9, 9, 10],
      // Poison, parked keys, and what is done about them.
      [0, 0, 0, 5, 5, 6, 7, 8, 8, 9, 1],
      // One start after the other.
      [0, 1, 1, 9, 10, 10, 11, 12],
    ],
    views: [],
    viewedIn: 1,
  },
};

export const realmNames = Object.keys(realms) as RealmName[];
