import type { Bilingual, Language } from '../kernel/bilingual.ts';

/** What we add to a sender's sheet when it goes back: in a csv of refused rows, and in a workbook. */
export const csvColumns = [
  { zh: '原行号', en: 'row' },
  { zh: '原因代码', en: 'code' },
  { zh: '原因', en: 'reason' },
] as const satisfies readonly Bilingual[];

export const workbookColumns = [
  { zh: '导入结果', en: 'Import result' },
  { zh: '原因及可填内容', en: 'Why, and what is accepted' },
] as const satisfies readonly Bilingual[];

export const titlesIn = (columns: readonly Bilingual[], language: Language): string[] =>
  columns.map((column) => column[language]);

/**
 * The places, from 0, of the sender's own columns in a header row. A result that was corrected brings ours back, wherever she moved them;
 * side by side they are ours, alone one of them may be hers.
 */
export function ownColumns(header: readonly string[]): readonly number[] {
  const ours = new Set<number>();
  for (const added of [csvColumns, workbookColumns])
    for (let from = 0; from + added.length <= header.length; from++)
      if (added.every(({ zh, en }, i) => header[from + i] === zh || header[from + i] === en))
        for (let at = from; at < from + added.length; at++) ours.add(at);
  const end = header.findLastIndex((cell, at) => cell !== '' && !ours.has(at)) + 1;
  return Array.from({ length: end }, (_, at) => at).filter((at) => !ours.has(at));
}
