import type { LedgerEvent } from '../events/events.ts';
import type { Value } from '../ports/read-store.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';

/** Person → streams that speak of her, per institution. Audit, as-of questions and erasure start here. */
export const subjectIndex: View<LedgerEvent> = {
  name: 'subject-index',
  version: 1,
  store: 'views',
  byStream: true,
  tables: ['subject_stream'],
  schema: [
    `CREATE TABLE subject_stream_$g (
      subject_id TEXT NOT NULL,
      stream TEXT NOT NULL,
      institution_id TEXT NOT NULL,
      first_position BIGINT NOT NULL,
      PRIMARY KEY (subject_id, stream)
    )`,
  ],

  async fold(db, events) {
    const seen = new Map<string, Value[]>();
    for (const { subjectId, stream, institutionId, position } of events) {
      if (subjectId === null) continue;
      const key = `${subjectId} ${stream}`;
      if (!seen.has(key)) seen.set(key, [subjectId, stream, institutionId, position]);
    }
    await db.runMany(
      `INSERT INTO subject_stream_$g (subject_id, stream, institution_id, first_position) VALUES (?, ?, ?, ?)
       ON CONFLICT (subject_id, stream) DO NOTHING`,
      [...seen.values()],
    );
  },
};

/** A person's streams in one institution, in the order in which they first spoke of her. */
export async function streamsOf(db: ReadQueries, institutionId: string, subjectId: string): Promise<readonly string[]> {
  const rows = await db.all<{ stream: string }>(
    `SELECT stream FROM subject_stream_$g WHERE subject_id = ? AND institution_id = ? ORDER BY first_position`,
    [subjectId, institutionId],
  );
  return rows.map(({ stream }) => stream);
}
