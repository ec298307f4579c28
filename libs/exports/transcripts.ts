import { classFact, programFact } from '../facts/reference.ts';
import type { Language } from '../kernel/bilingual.ts';
import { identityOf, type RegisterRow } from '../read-models/register-lists.ts';
import type { Entry } from '../read-models/transcript-record.ts';
import { transcriptCells, transcriptColumns } from '../records/transcript-shown.ts';
import { shownTo, type Transcripts } from '../records/transcripts.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Transactor } from '../runtime/transact.ts';
import type { Table } from './sheet.ts';

interface Deps {
  readonly transactor: Transactor;
  readonly codec: Codec;
  readonly transcripts: Transcripts;
}

/** Enrollments of one page of the register, with every attempt of their learners. */
export interface Batch {
  readonly rows: readonly RegisterRow[];
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
}

/** One row for each attempt whose result was told, student after student. */
export const transcriptsTable = (deps: Deps, batches: AsyncIterable<Batch>, language: Language): Table => ({
  name: { zh: '成绩', en: 'transcripts' }[language],
  columns: transcriptColumns(language),
  rows: transcriptRows(deps, batches, language),
});

async function* transcriptRows(
  { transactor, codec, transcripts }: Deps,
  batches: AsyncIterable<Batch>,
  language: Language,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const { rows, entries } of batches) {
    for (const row of rows) {
      const told = shownTo('told', entries.get(row.learnerId) ?? []);
      if (told.length === 0) continue;
      const identity = identityOf(row.identity, (token) => codec.reveal(token));
      const program = (await transactor.load(programFact(row.programId))).state;
      const of = row.classId === null ? null : (await transactor.load(classFact(row.classId))).state;
      const student = {
        studentNumber: row.studentNumber,
        name: typeof identity === 'object' && identity !== null ? identity.name : { zh: '（已删除）', en: '(erased)' }[language],
        programCode: program?.code ?? null,
        program: program?.name ?? null,
        className: of?.name ?? null,
      };
      yield* transcriptCells(student, await transcripts.of(row, told), language);
    }
  }
}
