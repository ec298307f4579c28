import { attemptKinds, resultCodes } from '../events/catalog/assessment.ts';
import { fiveGrades } from '../events/catalog/curriculum.ts';
import type { Language } from '../kernel/bilingual.ts';
import { formatHundredths } from '../kernel/score.ts';
import type { Line } from '../read-models/transcript-record.ts';
import {
  body,
  bottom,
  gutter,
  hairline,
  headHeight,
  ink,
  leading,
  left,
  right,
  rowHeight,
  small,
  tint,
  type Column,
  type SectionPages,
} from './transcript-page.ts';
import type { Style } from './type.ts';

/** Results by term: across the page where all of them fit above what follows, else in two columns, page after page. */

// ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Widths of a column's fields; what is left is the course's. */
interface Fields {
  readonly nature: number;
  readonly credits: number;
  readonly score: number;
  readonly note: number;
}
const wide: Fields = { nature: 70, credits: 50, score: 66, note: 112 };
const narrow: Readonly<Record<Language, Fields>> = {
  zh: { nature: 26, credits: 25, score: 33, note: 44 },
  en: { nature: 22, credits: 31, score: 38, note: 52 },
};

/** A term's head, or an attempt with its course's name in lines. */
type Row =
  | { readonly kind: 'term'; readonly text: string; readonly credits: string }
  | { readonly kind: 'line'; readonly line: Line; readonly name: readonly string[]; readonly note: readonly string[] };

const heightOf = (row: Row): number =>
  row.kind === 'term' ? headHeight : rowHeight + (Math.max(row.name.length, row.note.length) - 1) * leading;

// ── setting them ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export class Results {
  private readonly page: SectionPages;

  constructor(page: SectionPages) {
    this.page = page;
  }

  /** `below`: how much room on its page what follows needs. */
  set(below: number): void {
    const { lines } = this.page.section.transcript;
    if (lines.length === 0) {
      this.page.paper.line(this.page.word('noResults'), this.page.y + 12, { ...body, ...this.page.across });
      this.page.y += 26;
      return;
    }
    const whole = this.rowsFor(this.page.across.width, wide);
    const fits = this.page.y + headHeight + heightSum(whole) <= bottom - below;
    if (fits) this.columns(whole, [this.page.across], wide);
    else {
      const width = (right - left - gutter) / 2;
      const fields = narrow[this.page.sheet.language];
      this.columns(
        this.rowsFor(width, fields),
        [
          { x: left, width },
          { x: left + width + gutter, width },
        ],
        fields,
      );
    }
    this.page.y += 8;
  }

  private rowsFor(width: number, fields: Fields): readonly Row[] {
    const { language } = this.page.sheet;
    const nameWidth = width - fields.nature - fields.credits - fields.score - fields.note - 6;
    const rows: Row[] = [];
    const terms = Map.groupBy(this.page.section.transcript.lines, ({ entry }) => `${entry.academicYear}\n${entry.term}`);
    for (const lines of terms.values()) {
      const { academicYear: year } = lines[0]!.entry;
      const term = this.termOf(lines[0]!.entry.term);
      const earned = lines.reduce((sum, { earned: isEarned, entry }) => sum + (isEarned ? entry.credits : 0), 0);
      const credits = this.page.word('termCredits', { credits: formatHundredths(earned) });
      rows.push({ kind: 'term', text: this.page.word('term', { year, term }), credits });
      for (const line of lines) {
        const name = this.page.paper.lines(line.course.name[language], body, nameWidth);
        rows.push({ kind: 'line', line, name, note: this.page.paper.lines(this.noteOf(line), small, fields.note - 5) });
      }
    }
    return rows;
  }

  /** Calendars name terms `2025-2026-1` or `2025-1`: beside the year its number is enough. */
  private termOf(term: string): string {
    const number = /-(\d)$/.exec(term)?.[1];
    return number === undefined ? term : this.page.word('termNumber', { number });
  }

  /** Fills columns from left to right and page after page; the last page's columns end at about the same height. */
  private columns(rows: readonly Row[], columns: readonly Column[], fields: Fields): void {
    let rest = rows;
    for (;;) {
      const room = bottom - this.page.y - headHeight;
      const takesAll = (height: number): boolean =>
        columns.reduce((left_) => left_.slice(fitting(left_, height)), rest).length === 0;
      const height = takesAll(room) ? balanced(rest, columns.length, room, takesAll) : room;
      let deepest = 0;
      for (const column of columns) {
        // What is taller than a page goes on one all the same.
        const count = fitting(rest, height) || (height === room ? Math.min(1, rest.length) : 0);
        if (count === 0) continue;
        deepest = Math.max(deepest, this.column(rest.slice(0, count), column, fields));
        rest = rest.slice(count);
      }
      this.page.y = deepest;
      if (rest.length === 0) return;
      this.page.next();
    }
  }

  /** Answers where it ends. */
  private column(rows: readonly Row[], { x, width }: Column, fields: Fields): number {
    const { paper } = this.page;
    let { y } = this.page;
    const cells = cellsOf(x, width, fields);
    paper.rule(x, y, x + width, { weight: 0.7 });
    for (const [key, cell] of Object.entries(cells)) {
      const align = key === 'course' || key === 'note' ? 'left' : 'center';
      paper.line(this.page.word(key as keyof typeof cells), y + 10.4, { size: 7.4, weight: 'bold', color: ink, ...cell, align });
    }
    y += headHeight;
    paper.rule(x, y, x + width, { weight: 0.4 });
    rows.forEach((row, at) => {
      const height = heightOf(row);
      if (row.kind === 'term') {
        paper.shade(x, y + 0.4, width, height - 0.4, tint);
        const style = { size: 7.4, color: ink } as const;
        const told = paper.width(row.credits, small);
        paper.line(row.text, y + 10.3, { ...style, weight: 'bold', x: x + 3, width: width - told - 12 });
        paper.line(row.credits, y + 10.3, { ...small, x, width: width - 3, align: 'right' });
      } else this.attempt(row, y, cells);
      y += height;
      const follows = rows[at + 1];
      if (follows?.kind === 'line' && row.kind === 'line') paper.rule(x, y, x + width, { weight: 0.25, color: hairline });
    });
    paper.rule(x, y, x + width, { weight: 0.7 });
    return y;
  }

  private attempt({ line, name, note }: Extract<Row, { kind: 'line' }>, y: number, cells: Cells): void {
    const rows = Math.max(name.length, note.length);
    const down = (lines: number): number => y + 9.4 + ((rows - lines) * leading) / 2;
    const set = (lines: readonly string[], style: Style, cell: Column): void =>
      lines.forEach((text, at) => this.page.paper.line(text, down(lines.length) + at * leading, { ...style, ...cell }));
    set(name, body, cells.course);
    set(note, small, cells.note);
    const { entry } = line;
    const center = (text: string, cell: Column, weight: Style['weight'] = 'regular'): void =>
      this.page.paper.line(text, down(1), { ...body, weight, ...cell, align: 'center' });
    center(this.page.natureOf(line.nature, cells.nature.width < 30), cells.nature);
    center(formatHundredths(entry.credits), cells.credits);
    const code = entry.result?.code ?? null;
    const failed = entry.status !== 'voided' && entry.result?.passed === false && code !== 'deferred' && code !== 'cancelled';
    center(this.resultOf(line), cells.score, failed ? 'bold' : 'regular');
  }

  private resultOf({ entry: { status, result } }: Line): string {
    const { language } = this.page.sheet;
    if (status === 'voided') return this.page.word('voided');
    if (result === null) return '–';
    if (result.code !== null) {
      const code = resultCodes[result.code][language];
      return result.score === null ? code : `${formatHundredths(result.score)} ${code}`;
    }
    if (result.grade !== null) return fiveGrades[result.grade][language];
    return result.score === null ? this.page.word(result.passed ? 'passed' : 'failed') : formatHundredths(result.score);
  }

  private noteOf({ entry }: Line): string {
    const { language } = this.page.sheet;
    const notes = [
      ...(entry.kind === 'first' ? [] : [attemptKinds[entry.kind][language]]),
      ...(entry.result?.capped ? [this.page.word('capped')] : []),
      ...(entry.corrected ? [this.page.word('corrected')] : []),
      ...(entry.status === 'appealed' ? [this.page.word('appealed')] : []),
      ...(entry.source ? [this.page.word('imported')] : []),
    ];
    return notes.join(language === 'zh' ? '、' : ', ');
  }
}

// ── cells and columns ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Cells = Readonly<Record<'course' | 'nature' | 'credits' | 'score' | 'note', Column>>;

function cellsOf(x: number, width: number, { nature, credits, score, note }: Fields): Cells {
  const course = width - nature - credits - score - note;
  const at = (from: number, wideness: number): Column => ({ x: x + from, width: wideness });
  return {
    course: at(3, course - 6),
    nature: at(course, nature),
    credits: at(course + nature, credits),
    score: at(course + nature + credits, score),
    note: at(course + nature + credits + score + 4, note - 5),
  };
}

const heightSum = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + heightOf(row), 0);

/** How many rows fit; a term's head never stands alone at the foot. */
function fitting(rows: readonly Row[], height: number): number {
  let used = 0;
  let count = 0;
  for (const row of rows) {
    used += heightOf(row);
    if (used > height) break;
    count += 1;
  }
  while (count > 0 && count < rows.length && rows[count - 1]!.kind === 'term') count -= 1;
  return count;
}

/** The least height at which the columns still take all. */
function balanced(rows: readonly Row[], columns: number, room: number, takesAll: (height: number) => boolean): number {
  let height = heightSum(rows) / columns;
  while (height < room && !takesAll(height)) height += 2;
  return Math.min(height, room);
}
