import { courseNatures } from '../events/catalog/curriculum.ts';
import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';
import { formatHundredths } from '../kernel/score.ts';
import type { Transcript } from '../read-models/transcript-record.ts';
import { words } from './transcript-words.ts';
import { a4, type Paper, type Style } from './type.ts';

/** What a printed transcript holds, its measures, and the pages of one enrollment: their heads, and whose they are. */

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

// ── measures, in points ────────────────────────────────────────────────────────────────────────────────────────────────────

export const left = 42;
export const right = a4.width - 42;
export const top = 42;
export const bottom = a4.height - 70;
export const gutter = 14;
export const rowHeight = 13.2;
export const headHeight = 15;
export const leading = 9.6;
export const ink = '#111111';
export const grey = '#666666';
export const hairline = '#bbbbbb';
export const tint = '#eef1f4';

export interface Column {
  readonly x: number;
  readonly width: number;
}

export const body: Style = { size: 7.6, color: ink };
export const small: Style = { size: 6.6, color: grey };

/** English words are long: initials in a narrow column, which the notes explain. */
const initials: Readonly<Record<string, string>> = { compulsory: 'C', elective: 'E', practice: 'P' };

export const inCatalog = (list: Readonly<Record<string, Bilingual>>, code: string): Bilingual | undefined =>
  Object.hasOwn(list, code) ? list[code] : undefined;

// ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Pages of one enrollment, and how far down the last of them is set. */
export class SectionPages {
  readonly paper: Paper;
  readonly sheet: Sheet;
  readonly section: Section;
  y = top;

  constructor(paper: Paper, sheet: Sheet, section: Section) {
    this.paper = paper;
    this.sheet = sheet;
    this.section = section;
    this.paper.page();
    this.head();
    this.student();
  }

  word(key: keyof typeof words, facts: Readonly<Record<string, unknown>> = {}): string {
    return fill(words[key][this.sheet.language], facts);
  }

  get across(): Column {
    return { x: left, width: right - left };
  }

  next(): void {
    this.paper.page();
    this.runningHead();
  }

  natureOf(nature: string | null, short = false): string {
    if (nature === null) return '';
    if (short && this.sheet.language === 'en') return initials[nature] ?? nature.slice(0, 4);
    return inCatalog(courseNatures, nature)?.[this.sheet.language] ?? nature;
  }

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
}
