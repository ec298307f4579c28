import { attemptKinds, resultCodes } from '../events/catalog/assessment.ts';
import { courseNatures, fiveGrades } from '../events/catalog/curriculum.ts';
import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';
import { formatHundredths } from '../kernel/score.ts';
import type { Line, Transcript } from '../read-models/transcript-record.ts';
import { words } from './transcript-words.ts';
import { a4, codePointOf, Paper, type Style } from './type.ts';

/** The transcript on paper (成绩单): A4, every enrollment from a page of its own, in one column or, where it is long, in two. */

// ── what is printed ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Section {
  readonly studentNumber: string | null;
  readonly program: Bilingual | null;
  readonly level: Bilingual | null;
  readonly className: string | null;
  /** Plain date. */
  readonly entryDate: string | null;
  readonly lengthOfStudyMonths: number | null;
  readonly status: Bilingual;
  readonly transcript: Transcript;
}

export interface Sheet {
  readonly language: Language;
  readonly institution: Bilingual;
  /** Null where it was erased. */
  readonly name: string | null;
  readonly sections: readonly Section[];
  /** Instant up to which the log was read: the document's own date. */
  readonly readAt: string;
  /** As the reader is to see them. */
  readonly asOf: { readonly recorded: string; readonly effective: string | null };
  readonly printed: { readonly by: string; readonly at: string };
  /** SHA-256 of the JSON that it was typeset from, hex. */
  readonly fingerprint: string;
}

export interface Printed {
  readonly bytes: Buffer;
  /** Characters drawn as their code points. */
  readonly missing: readonly string[];
}

// ── measures, in points ────────────────────────────────────────────────────────────────────────────────────────────────────

const left = 42;
const right = a4.width - 42;
const top = 42;
const bottom = a4.height - 70;
const gutter = 14;
const rowHeight = 13.2;
const headHeight = 15;
const leading = 9.6;
const ink = '#111111';
const grey = '#666666';
const hairline = '#bbbbbb';
const tint = '#eef1f4';

interface Column {
  readonly x: number;
  readonly width: number;
}

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
/** English words are long: initials in a narrow column, which the notes explain. */
const initials: Readonly<Record<string, string>> = { compulsory: 'C', elective: 'E', practice: 'P' };

const body: Style = { size: 7.6, color: ink };
const small: Style = { size: 6.6, color: grey };

/** A term's head, or an attempt with its course's name in lines. */
type Row =
  | { readonly kind: 'term'; readonly text: string; readonly credits: string }
  | { readonly kind: 'line'; readonly line: Line; readonly name: readonly string[]; readonly note: readonly string[] };

const heightOf = (row: Row): number =>
  row.kind === 'term' ? headHeight : rowHeight + (Math.max(row.name.length, row.note.length) - 1) * leading;

// ── the document ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Equal sheets give equal bytes. */
export async function printTranscript(sheet: Sheet): Promise<Printed> {
  const { language } = sheet;
  const name = sheet.name ?? words.erased[language];
  const paper = new Paper({
    title: `${words.title[language].replaceAll(' ', language === 'zh' ? '' : ' ')} ${name}`,
    author: sheet.institution[language],
    createdAt: sheet.readAt,
    language: language === 'zh' ? 'zh-CN' : 'en',
  });
  for (const section of sheet.sections) new SectionSetter(paper, sheet, section).set();
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

/** Sets one enrollment: head, student, results by term, summary. */
class SectionSetter {
  private readonly paper: Paper;
  private readonly sheet: Sheet;
  private readonly section: Section;
  private y = top;

  constructor(paper: Paper, sheet: Sheet, section: Section) {
    this.paper = paper;
    this.sheet = sheet;
    this.section = section;
  }

  set(): void {
    this.paper.page();
    this.head();
    this.student();
    this.results();
    this.summary();
    this.seal();
  }

  private word(key: keyof typeof words, facts: Readonly<Record<string, unknown>> = {}): string {
    return fill(words[key][this.sheet.language], facts);
  }

  private get across(): Column {
    return { x: left, width: right - left };
  }

  // ── head ──

  private head(): void {
    const { institution, language } = this.sheet;
    this.paper.line(institution[language], this.y + 13, {
      size: 13,
      weight: 'bold',
      color: ink,
      ...this.across,
      align: 'center',
    });
    this.paper.line(this.word('title'), this.y + 38, { size: 19, weight: 'bold', color: ink, ...this.across, align: 'center' });
    this.y += 54;
  }

  /** On pages that follow. */
  private runningHead(): void {
    const { institution, language, name } = this.sheet;
    const who = `${name ?? this.word('erased')}　${this.section.studentNumber ?? ''}`.trim();
    this.paper.line(`${institution[language]} | ${this.word('title').replaceAll(/(?<=[\u4e00-\u9fff]) /g, '')}`, top + 6, {
      ...small,
      ...this.across,
    });
    this.paper.line(who, top + 6, { ...small, ...this.across, align: 'right' });
    this.paper.rule(left, top + 12, right, { color: hairline });
    this.y = top + 20;
  }

  private nextPage(): void {
    this.paper.page();
    this.runningHead();
  }

  private student(): void {
    const { language, name } = this.sheet;
    const s = this.section;
    const years = s.lengthOfStudyMonths === null ? null : formatHundredths(Math.round((s.lengthOfStudyMonths * 100) / 12));
    const fields: readonly (readonly [keyof typeof words, string | null])[] = [
      ['name', name ?? this.word('erased')],
      ['studentNumber', s.studentNumber],
      ['program', s.program?.[language] ?? null],
      ['level', s.level?.[language] ?? null],
      ['class', s.className],
      ['entryDate', s.entryDate],
      ['lengthOfStudy', years === null ? null : this.word('years', { years })],
      ['status', s.status[language]],
    ];
    const perRow = 4;
    const height = 15;
    const widths = [0.22, 0.24, 0.3, 0.24].map((share) => share * (right - left));
    this.paper.rule(left, this.y, right, { weight: 0.9 });
    fields.forEach(([key, value], at) => {
      const column = at % perRow;
      const x = left + widths.slice(0, column).reduce((sum, width) => sum + width, 0) + 3;
      const baseline = this.y + Math.floor(at / perRow) * height + 11;
      const label = `${this.word(key)}${language === 'zh' ? '：' : ': '}`;
      const labelStyle = { size: 8.2, color: grey };
      const labelWidth = this.paper.width(label, labelStyle);
      this.paper.line(label, baseline, { ...labelStyle, x, width: labelWidth });
      const width = widths[column]! - labelWidth - 6;
      this.paper.line(value ?? '–', baseline, { size: 8.6, color: ink, x: x + labelWidth, width });
    });
    this.y += Math.ceil(fields.length / perRow) * height + 3;
    this.paper.rule(left, this.y, right, { weight: 0.9 });
    this.y += 9;
  }

  // ── results ──

  private results(): void {
    const { lines } = this.section.transcript;
    if (lines.length === 0) {
      this.paper.line(this.word('noResults'), this.y + 12, { ...body, ...this.across });
      this.y += 26;
      return;
    }
    const whole = this.rowsFor(this.across.width, wide);
    const fits = this.y + headHeight + heightSum(whole) <= bottom - this.summaryHeight();
    if (fits) this.columns(whole, [this.across], wide);
    else {
      const width = (right - left - gutter) / 2;
      const fields = narrow[this.sheet.language];
      this.columns(
        this.rowsFor(width, fields),
        [
          { x: left, width },
          { x: left + width + gutter, width },
        ],
        fields,
      );
    }
    this.y += 8;
  }

  private rowsFor(width: number, fields: Fields): readonly Row[] {
    const { language } = this.sheet;
    const nameWidth = width - fields.nature - fields.credits - fields.score - fields.note - 6;
    const rows: Row[] = [];
    const terms = Map.groupBy(this.section.transcript.lines, ({ entry }) => `${entry.academicYear}\n${entry.term}`);
    for (const lines of terms.values()) {
      const { academicYear: year } = lines[0]!.entry;
      const term = this.termOf(lines[0]!.entry.term);
      const earned = lines.reduce((sum, { earned: isEarned, entry }) => sum + (isEarned ? entry.credits : 0), 0);
      const credits = this.word('termCredits', { credits: formatHundredths(earned) });
      rows.push({ kind: 'term', text: this.word('term', { year, term }), credits });
      for (const line of lines) {
        const name = this.paper.lines(line.course.name[language], body, nameWidth);
        rows.push({ kind: 'line', line, name, note: this.paper.lines(this.noteOf(line), small, fields.note - 5) });
      }
    }
    return rows;
  }

  /** Calendars name terms `2025-2026-1` or `2025-1`: beside the year its number is enough. */
  private termOf(term: string): string {
    const number = /-(\d)$/.exec(term)?.[1];
    return number === undefined ? term : this.word('termNumber', { number });
  }

  /** Fills columns from left to right and page after page; the last page's columns end at about the same height. */
  private columns(rows: readonly Row[], columns: readonly Column[], fields: Fields): void {
    let rest = rows;
    for (;;) {
      const room = bottom - this.y - headHeight;
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
      this.y = deepest;
      if (rest.length === 0) return;
      this.nextPage();
    }
  }

  /** Answers where it ends. */
  private column(rows: readonly Row[], { x, width }: Column, fields: Fields): number {
    const { paper } = this;
    let { y } = this;
    const cells = cellsOf(x, width, fields);
    paper.rule(x, y, x + width, { weight: 0.7 });
    for (const [key, cell] of Object.entries(cells)) {
      const align = key === 'course' || key === 'note' ? 'left' : 'center';
      paper.line(this.word(key as keyof typeof cells), y + 10.4, { size: 7.4, weight: 'bold', color: ink, ...cell, align });
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
      lines.forEach((text, at) => this.paper.line(text, down(lines.length) + at * leading, { ...style, ...cell }));
    set(name, body, cells.course);
    set(note, small, cells.note);
    const { entry } = line;
    const center = (text: string, cell: Column, weight: Style['weight'] = 'regular'): void =>
      this.paper.line(text, down(1), { ...body, weight, ...cell, align: 'center' });
    center(this.natureOf(line.nature, cells.nature.width < 30), cells.nature);
    center(formatHundredths(entry.credits), cells.credits);
    const code = entry.result?.code ?? null;
    const failed = entry.status !== 'voided' && entry.result?.passed === false && code !== 'deferred' && code !== 'cancelled';
    center(this.resultOf(line), cells.score, failed ? 'bold' : 'regular');
  }

  private natureOf(nature: string | null, short = false): string {
    if (nature === null) return '';
    if (short && this.sheet.language === 'en') return initials[nature] ?? nature.slice(0, 4);
    return inCatalog(courseNatures, nature)?.[this.sheet.language] ?? nature;
  }

  private resultOf({ entry: { status, result } }: Line): string {
    const { language } = this.sheet;
    if (status === 'voided') return this.word('voided');
    if (result === null) return '–';
    if (result.code !== null) {
      const code = resultCodes[result.code][language];
      return result.score === null ? code : `${formatHundredths(result.score)} ${code}`;
    }
    if (result.grade !== null) return fiveGrades[result.grade][language];
    return result.score === null ? this.word(result.passed ? 'passed' : 'failed') : formatHundredths(result.score);
  }

  private noteOf({ entry }: Line): string {
    const { language } = this.sheet;
    const notes = [
      ...(entry.kind === 'first' ? [] : [attemptKinds[entry.kind][language]]),
      ...(entry.result?.capped ? [this.word('capped')] : []),
      ...(entry.corrected ? [this.word('corrected')] : []),
      ...(entry.status === 'appealed' ? [this.word('appealed')] : []),
      ...(entry.source ? [this.word('imported')] : []),
    ];
    return notes.join(language === 'zh' ? '、' : ', ');
  }

  // ── summary ──

  /** With the seal below it; a row too much where everything counts in the plan. */
  private summaryHeight(): number {
    const { progress } = this.section.transcript;
    const table = progress ? (progress.modules.length + 3) * rowHeight + 4 : 0;
    const texts = this.summaryTexts().reduce((sum, lines) => sum + lines.length * leading + 3, 0);
    return 20 + table + texts + 46;
  }

  private summaryTexts(): readonly (readonly string[])[] {
    const { language } = this.sheet;
    const { credits, average, progress } = this.section.transcript;
    const comma = language === 'zh' ? '、' : ', ';
    const stop = language === 'zh' ? '。' : '.';
    const byNature = credits.byNature
      .map(({ nature, earned }) => {
        const word = nature === null ? this.word('withoutNature') : this.natureOf(nature);
        return `${word} ${formatHundredths(earned)}`;
      })
      .join(comma);
    const { policy } = average;
    const grades = Object.entries(fiveGrades)
      .map(([grade, name]) => `${name[language]} ${formatHundredths(policy.gradeScores[grade as keyof typeof fiveGrades])}`)
      .join(comma);
    const how = this.word('averagePolicy', {
      courses: String(average.courses),
      credits: formatHundredths(average.credits),
      attempt: this.word(policy.attempt),
      failed: this.word(policy.failed),
      rounding: this.word(policy.rounding.mode, { unit: formatHundredths(policy.rounding.unit) }),
    });
    const graded = this.section.transcript.lines.some(
      ({ entry: { result }, weighed }) => weighed && result?.score === null && result.grade !== null,
    );
    const texts = [
      this.word('allCredits', { earned: formatHundredths(credits.earned), byNature: byNature || '–' }) + stop,
      `${this.word('average', { score: average.score === null ? '–' : formatHundredths(average.score) })}${
        language === 'zh' ? '（' : ' ('
      }${how}${graded ? `${language === 'zh' ? '；' : '; '}${this.word('gradesAs', { grades })}` : ''}${language === 'zh' ? '）' : ')'}${stop}`,
    ];
    if (progress && progress.notPassed.length > 0) {
      const shown = progress.notPassed.slice(0, 24).map(({ name }) => name[language]);
      const more = progress.notPassed.length - shown.length;
      texts.push(
        `${this.word('notPassed')}${language === 'zh' ? '：' : ': '}${shown.join(comma)}${
          more > 0 ? `${comma}${this.word('notPassedMore', { count: String(progress.notPassed.length) })}` : ''
        }${stop}`,
      );
    }
    texts.push(this.word('legend'));
    return texts.map((text) => this.paper.lines(text, small, right - left));
  }

  private summary(): void {
    if (this.y + this.summaryHeight() > bottom) this.nextPage();
    const { paper } = this;
    const { language } = this.sheet;
    const { progress, credits } = this.section.transcript;
    paper.line(this.word('summary'), this.y + 10, { size: 9, weight: 'bold', color: ink, ...this.across });
    const about = progress
      ? this.word('plan', { version: String(progress.version), entriesFrom: progress.entriesFrom })
      : this.word('noPlan');
    paper.line(about, this.y + 10, { ...small, ...this.across, align: 'right' });
    this.y += 15;
    if (progress) {
      const numbers = [66, 66, 66];
      const nameWidth = right - left - numbers.reduce((sum, width) => sum + width, 0);
      const set = (cells: readonly string[], style: Style): void => {
        paper.line(cells[0]!, this.y + 9.4, { ...style, x: left + 3, width: nameWidth - 6 });
        cells.slice(1).forEach((text, at) => {
          const x = left + nameWidth + numbers.slice(0, at).reduce((sum, width) => sum + width, 0);
          paper.line(text, this.y + 9.4, { ...style, x, width: numbers[at]! - 8, align: 'right' });
        });
        this.y += rowHeight;
      };
      paper.rule(left, this.y, right, { weight: 0.7 });
      set([this.word('module'), this.word('required'), this.word('earned'), this.word('missing')], { ...body, weight: 'bold' });
      paper.rule(left, this.y, right, { weight: 0.4 });
      for (const { module, earned, missing } of progress.modules) {
        set(
          [module.name[language], module.requiredCredits, earned, missing].map((cell) =>
            typeof cell === 'string' ? cell : formatHundredths(cell),
          ),
          body,
        );
      }
      const outside = credits.byModule.find(({ module }) => module === null)?.earned ?? 0;
      if (outside > 0) set([this.word('outside'), '', formatHundredths(outside), ''], { ...body, color: grey });
      paper.rule(left, this.y, right, { weight: 0.4 });
      set(
        [
          this.word('total'),
          formatHundredths(progress.required),
          formatHundredths(progress.earned),
          formatHundredths(progress.missing),
        ],
        { ...body, weight: 'bold' },
      );
      paper.rule(left, this.y, right, { weight: 0.7 });
      this.y += 4;
    }
    this.summaryTexts().forEach((lines, at) => {
      const style = at < 2 ? { ...small, color: ink } : small;
      for (const text of lines) {
        paper.line(text, this.y + 7.5, { ...style, ...this.across });
        this.y += leading;
      }
      this.y += 3;
    });
  }

  private seal(): void {
    const y = this.y + 26;
    const half = (right - left) / 2;
    const style = { size: 8.6, color: ink } as const;
    this.paper.line(this.word('seal'), y, { ...style, x: left + half, width: half / 2 + 30 });
    this.paper.line(`${this.word('date')}${this.sheet.language === 'zh' ? '：' : ': '}`, y, {
      ...style,
      x: right - 110,
      width: 40,
    });
    this.paper.rule(right - 74, y + 2, right, { weight: 0.4, color: grey });
    this.y = y + 6;
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

const inCatalog = (list: Readonly<Record<string, Bilingual>>, code: string): Bilingual | undefined =>
  Object.hasOwn(list, code) ? list[code] : undefined;
