import type { LedgerEvent } from '../events/events.ts';
import type { ReadQueries, Value } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';

/** How much of what there is: counts for administrators, nothing personal. */
export const ledgerStats: View<LedgerEvent> = {
  name: 'ledger-stats',
  version: 1,
  store: 'views',
  keyOf: ({ institutionId, type }) => `${institutionId} ${type}`,
  tables: ['stats_event'],
  schema: [
    `CREATE TABLE stats_event_$g (
      institution_id TEXT NOT NULL,
      type TEXT NOT NULL,
      n INTEGER NOT NULL,
      last_recorded_at TEXT NOT NULL,
      PRIMARY KEY (institution_id, type)
    )`,
  ],

  async fold(db, events) {
    const counted = new Map<string, [institution: string, type: string, n: number, last: string]>();
    for (const { institutionId, type, recordedAt } of events) {
      const key = `${institutionId} ${type}`;
      counted.set(key, [institutionId, type, (counted.get(key)?.[2] ?? 0) + 1, recordedAt]);
    }
    await db.runMany(
      `INSERT INTO stats_event_$g (institution_id, type, n, last_recorded_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (institution_id, type) DO UPDATE SET
         n = stats_event_$g.n + excluded.n, last_recorded_at = excluded.last_recorded_at`,
      [...counted.values()] satisfies Value[][],
    );
  },
};

export interface EventCount {
  readonly type: string;
  readonly n: number;
  readonly lastRecordedAt: string;
}

export const eventCounts = (db: ReadQueries, institutionId: string): Promise<readonly EventCount[]> =>
  db.all('SELECT type, n, last_recorded_at AS "lastRecordedAt" FROM stats_event_$g WHERE institution_id = ? ORDER BY type', [
    institutionId,
  ]);

export interface EnrollmentCount {
  readonly cohortYear: number;
  readonly programId: string;
  readonly status: string;
  readonly n: number;
}

/** Enrollments by cohort, program and status. Read it with the enrollment register. */
export const enrollmentCounts = (db: ReadQueries, institutionId: string): Promise<readonly EnrollmentCount[]> =>
  db.all(
    `SELECT cohort_year AS "cohortYear", program_id AS "programId", status, CAST(count(*) AS INTEGER) AS n
     FROM register_enrollment_$g WHERE institution_id = ?
     GROUP BY cohort_year, program_id, status ORDER BY cohort_year DESC, program_id, status`,
    [institutionId],
  );
