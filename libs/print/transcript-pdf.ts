import { fill } from '../kernel/bilingual.ts';
import { hairline, left, right, SectionPages, small, type Sheet } from './transcript-page.ts';
import { Results } from './transcript-results.ts';
import { Summary } from './transcript-summary.ts';
import { words } from './transcript-words.ts';
import { a4, codePointOf, Paper } from './type.ts';

export interface Printed {
  readonly bytes: Buffer;
  /** Characters drawn as their code points. */
  readonly missing: readonly string[];
}

/** The transcript on paper (成绩单): A4, every enrollment from a page of its own. Equal sheets give equal bytes. */
export async function printTranscript(sheet: Sheet): Promise<Printed> {
  const { language } = sheet;
  const name = sheet.name ?? words.erased[language];
  const paper = new Paper({
    title: `${words.title[language].replaceAll(' ', language === 'zh' ? '' : ' ')} ${name}`,
    author: sheet.institution[language],
    createdAt: sheet.readAt,
    language: language === 'zh' ? 'zh-CN' : 'en',
  });
  for (const section of sheet.sections) {
    const pages = new SectionPages(paper, sheet, section);
    const summary = new Summary(pages);
    new Results(pages).set(summary.height());
    summary.set();
  }
  // Footers last: only then is it known how many pages there are, and what the font lacked.
  paper.eachPage((page, pages) => footer(paper, sheet, page, pages));
  const missing = [...paper.missing];
  return { bytes: await paper.bytes(), missing };
}

function footer(paper: Paper, sheet: Sheet, page: number, pages: number): void {
  const { language, asOf, printed, fingerprint } = sheet;
  const width = right - left;
  const y = a4.height - 52;
  if (paper.missing.size > 0) {
    const codes = [...paper.missing].map(codePointOf).join(', ');
    paper.line(fill(words.missingGlyphs[language], { codes }), y - 4.5, { ...small, x: left, width });
  }
  paper.rule(left, y, right, { color: hairline });
  const told = asOf.effective === null ? words.asOf : words.asOfBoth;
  paper.line(fill(told[language], { recorded: asOf.recorded, effective: asOf.effective }), y + 11, { ...small, x: left, width });
  paper.line(fill(words.page[language], { page: String(page), pages: String(pages) }), y + 11, {
    ...small,
    x: left,
    width,
    align: 'right',
  });
  paper.line(fill(words.printed[language], printed), y + 21, { ...small, x: left, width });
  const grouped = fingerprint.replaceAll(/(.{8})(?=.)/g, '$1 ');
  paper.line(`${words.fingerprint[language]}  ${grouped}`, y + 31, { ...small, x: left, width });
}
