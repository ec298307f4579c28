import { catalog, type LedgerEventType } from '../../../libs/events/events.ts';
import { eventId } from '../../../libs/kernel/ids.ts';
import type { StoredEvent } from '../../../libs/ports/event-store.ts';
import { classIds, institutions } from './orders.ts';

/** Programs, classes and calendars, as if recorded long ago. The same for every world. */
let reference: readonly StoredEvent[] | null = null;
export function referenceData(start: number): readonly StoredEvent[] {
  reference ??= institutions.flatMap((institutionId) => {
    const event = (stream: string, type: LedgerEventType, data: object): StoredEvent => {
      const id = eventId('reference', stream, 'own', 0);
      const at = new Date(start - 86_400_000).toISOString();
      const json = JSON.stringify({
        id,
        type,
        version: catalog[type].version,
        stream,
        effectiveAt: at,
        decidedAt: at,
        actor: { personId: 'ledger', role: 'system', organizationId: null },
        commandId: 'reference',
        commandDigest: 'reference',
        correlationId: 'reference',
        causationId: 'reference',
        institutionId,
        subjectId: null,
        basis: [],
        data,
      });
      return { id, type, json, stream, revision: 0n, position: 0n, recordedAt: at };
    };
    const name = { zh: '专业', en: 'program' };
    const plainClass = { kind: 'administrative', name: '', programId: null, course: null, term: null };
    const common = { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36, entranceScore: null };
    return [
      event(`calendar-${institutionId}`, 'CalendarPublished', {
        years: [
          {
            name: '2025-2026',
            from: '2025-09-01',
            to: '2026-08-31',
            terms: [{ name: '1', from: '2025-09-01', to: '2026-01-31' }],
          },
          {
            name: '2026-2027',
            from: '2026-09-01',
            to: '2027-08-31',
            terms: [{ name: '1', from: '2026-09-01', to: '2027-01-31' }],
          },
        ],
        holidays: [],
      }),
      event(`program-p1${institutionId}`, 'ProgramPublished', common),
      event(`program-p2${institutionId}`, 'ProgramPublished', { ...common, code: '530702' }),
      ...classIds(institutionId).map((id, i) =>
        event(
          `class-${id}`,
          'ClassFormed',
          i < 2 ? { ...plainClass, name: id } : { ...plainClass, kind: 'teaching', name: id, course: 'c@1', term: '1' },
        ),
      ),
    ];
  });
  return reference;
}
