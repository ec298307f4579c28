import { bytesIn } from '../intake/byte-source.ts';
import type { FoundTable } from '../intake/find-table.ts';
import { problemText } from '../intake/problems.ts';
import { csvColumns, ownColumns, titlesIn } from '../intake/result-columns.ts';
import { resultWorkbook, type RowVerdict } from '../intake/result-workbook.ts';
import { writeCsv } from '../intake/write-csv.ts';
import type { Language } from '../kernel/bilingual.ts';
import { notReached, outcomeWords } from './outcome-words.ts';
import type { KeptAnswer, ReadingJob, ResultTask } from './reading-protocol.ts';
import { rowReason } from './row-reason.ts';
import { openSealed } from './sealed-file.ts';

/** What an import answers, in the reader's language: the sheet again, or of it what was refused. */
export async function* resultBytes(
  table: FoundTable,
  { key, kind, reading }: ReadingJob,
  { form, language, zone, answers, summary, reached }: ResultTask,
): AsyncGenerator<Uint8Array, void, undefined> {
  const words = outcomeWords(kind);
  const why = (refusal: KeptAnswer[2], problems: KeptAnswer[3]): string =>
    [
      ...(refusal ? [rowReason(kind, refusal, { language, zone })] : []),
      ...(problems ?? []).map((problem) => problemText(problem, language)),
    ].join(' ');
  const verdicts = new Map<number, RowVerdict & { readonly code: string }>();
  for await (const [row, outcome, refusal, problems] of keptAnswers(answers, key)) {
    const codes = refusal ? [refusal.refused] : (problems ?? []).map(({ code }) => code);
    verdicts.set(row, {
      outcome: words[outcome]?.[language] ?? outcome,
      why: why(refusal, problems),
      refused: outcome === 'refused',
      code: [...new Set(codes)].join(' '),
    });
  }
  if (form === 'csv') {
    yield* writeCsv(refusedRows(table, verdicts, language), { cells: 'as-sent' }) as AsyncIterable<Uint8Array>;
    return;
  }
  yield* resultWorkbook({
    ...table,
    fillDown: reading.fillDown ?? false,
    language,
    verdictOf: (row) =>
      verdicts.get(row) ??
      (reached !== null && row > reached ? { outcome: notReached[language], why: '', refused: false } : undefined),
    summary: {
      ...summary,
      counts: Object.entries(words).flatMap(([outcome, word]) => {
        const rows = summary.counts[outcome] ?? 0;
        return rows === 0 ? [] : [{ words: word[language], rows }];
      }),
    },
  }) as AsyncIterable<Uint8Array>;
}

async function* refusedRows(
  { header, sheet }: FoundTable,
  verdicts: ReadonlyMap<number, RowVerdict & { readonly code: string }>,
  language: Language,
): AsyncGenerator<readonly string[], void, undefined> {
  const own = ownColumns(header);
  yield [...own.map((at) => header[at]!), ...titlesIn(csvColumns, language)];
  for await (const { row, cells } of sheet.rows()) {
    const verdict = verdicts.get(row);
    if (!verdict?.refused) continue;
    const beyond = cells.slice(header.length);
    yield [...own.map((at) => cells[at] ?? ''), String(row), verdict.code, verdict.why, ...(beyond.some(Boolean) ? beyond : [])];
  }
}

/** A line for each batch. */
async function* keptAnswers(path: string, key: Uint8Array): AsyncGenerator<KeptAnswer, void, undefined> {
  const source = await openSealed(path, key);
  try {
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of bytesIn(source)) {
      text += decoder.decode(bytes, { stream: true });
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the run wrote it, and it was sealed since
        yield* JSON.parse(text.slice(0, end)) as readonly KeptAnswer[];
        text = text.slice(end + 1);
      }
    }
  } finally {
    await source.close();
  }
}
