import { join } from 'node:path';
import { createMemoryKeyVault } from '../../libs/adapters/memory/key-vault.ts';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import type { EnrollmentEvent } from '../../libs/events/catalog/enrollment.ts';
import { catalog } from '../../libs/events/events.ts';
import type { Envelope } from '../../libs/kernel/decider.ts';
import { eventId } from '../../libs/kernel/ids.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { admission } from './histories.ts';
import { institutionId, registrar } from './past.ts';

/** Events of one student of a crowd. */
export const eventsPerStudent = 12;

const life = (n: number): readonly EnrollmentEvent[] => {
  const years = Array.from({ length: eventsPerStudent - 3 }, (_, year): EnrollmentEvent => ({
    type: 'AnnualRegistrationRecorded',
    data: { academicYear: `${2000 + year}-${2001 + year}` },
  }));
  return [
    { type: 'LearnerAdmitted', data: { ...admission, learnerId: `crowd${n}`, source: null } },
    ...years,
    { type: 'StudySuspended', data: { ground: 'illness', until: '2026-09-01', appliedOn: null } },
    { type: 'StudyResumed', data: { appliedOn: '2026-08-20', classId: null } },
  ];
};

/** Puts many students without a name into the log of a folder that nobody has open: a rebuild takes a while then. Gives how many events. */
export async function crowd(folder: string, students: number): Promise<number> {
  const store = await openSqliteEventStore({ path: join(folder, 'log.db'), clock: { now: () => Date.now() } });
  const codec = new Codec(createMemoryKeyVault({ seed: 'crowd' }));
  const now = new Date().toISOString();
  const written = (n: number): ReturnType<typeof store.append> => {
    const stream = `enrollment-crowd${n}`;
    const events = life(n).map(({ type, data }, i) => {
      const envelope: Envelope = {
        id: eventId(`crowd${n}`, stream, 'own', i),
        type,
        version: catalog[type].version,
        stream,
        effectiveAt: now,
        decidedAt: now,
        actor: registrar('crowd'),
        commandId: `crowd${n}`,
        commandDigest: 'crowd',
        correlationId: `crowd${n}`,
        causationId: `crowd${n}`,
        institutionId,
        subjectId: `crowd${n}`,
        basis: [],
        data,
      };
      return codec.encodePublic(envelope)!;
    });
    return store.append(stream, 'none', events);
  };
  try {
    for (let n = 0; n < students; n += 250)
      await Promise.all(Array.from({ length: Math.min(250, students - n) }, (_, i) => written(n + i)));
    return students * eventsPerStudent;
  } finally {
    await store.close();
  }
}
