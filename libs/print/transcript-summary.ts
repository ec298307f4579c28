import { fiveGrades } from '../events/catalog/curriculum.ts';
import { formatHundredths } from '../kernel/score.ts';
import { body, bottom, grey, ink, leading, left, right, rowHeight, small, type SectionPages } from './transcript-page.ts';
import type { Style } from './type.ts';

/** Credits against the plan, the average with the policy that made it, what is missing, and the seal. */
export class Summary {
  private readonly page: SectionPages;

  constructor(page: SectionPages) {
    this.page = page;
  }

  set(): void {
    if (this.page.y + this.height() > bottom) this.page.next();
    const { paper } = this.page;
    const { language } = this.page.sheet;
    const { progress, credits } = this.page.section.transcript;
    paper.line(this.page.word('summary'), this.page.y + 10, { size: 9, weight: 'bold', color: ink, ...this.page.across });
    const about = progress
      ? this.page.word('plan', { version: String(progress.version), entriesFrom: progress.entriesFrom })
      : this.page.word('noPlan');
    paper.line(about, this.page.y + 10, { ...small, ...this.page.across, align: 'right' });
    this.page.y += 15;
    if (progress) {
      const numbers = [66, 66, 66];
      const nameWidth = right - left - numbers.reduce((sum, width) => sum + width, 0);
      const set = (cells: readonly string[], style: Style): void => {
        paper.line(cells[0]!, this.page.y + 9.4, { ...style, x: left + 3, width: nameWidth - 6 });
        cells.slice(1).forEach((text, at) => {
          const x = left + nameWidth + numbers.slice(0, at).reduce((sum, width) => sum + width, 0);
          paper.line(text, this.page.y + 9.4, { ...style, x, width: numbers[at]! - 8, align: 'right' });
        });
        this.page.y += rowHeight;
      };
      paper.rule(left, this.page.y, right, { weight: 0.7 });
      set([this.page.word('module'), this.page.word('required'), this.page.word('earned'), this.page.word('missing')], {
        ...body,
        weight: 'bold',
      });
      paper.rule(left, this.page.y, right, { weight: 0.4 });
      for (const { module, earned, missing } of progress.modules) {
        set(
          [module.name[language], module.requiredCredits, earned, missing].map((cell) =>
            typeof cell === 'string' ? cell : formatHundredths(cell),
          ),
          body,
        );
      }
      const outside = credits.byModule.find(({ module }) => module === null)?.earned ?? 0;
      if (outside > 0) set([this.page.word('outside'), '', formatHundredths(outside), ''], { ...body, color: grey });
      paper.rule(left, this.page.y, right, { weight: 0.4 });
      set(
        [
          this.page.word('total'),
          formatHundredths(progress.required),
          formatHundredths(progress.earned),
          formatHundredths(progress.missing),
        ],
        { ...body, weight: 'bold' },
      );
      paper.rule(left, this.page.y, right, { weight: 0.7 });
      this.page.y += 4;
    }
    this.texts().forEach((lines, at) => {
      const style = at < 2 ? { ...small, color: ink } : small;
      for (const text of lines) {
        paper.line(text, this.page.y + 7.5, { ...style, ...this.page.across });
        this.page.y += leading;
      }
      this.page.y += 3;
    });
    this.seal();
  }

  /** With the seal below it; a row too much where everything counts in the plan. */
  height(): number {
    const { progress } = this.page.section.transcript;
    const table = progress ? (progress.modules.length + 3) * rowHeight + 4 : 0;
    const texts = this.texts().reduce((sum, lines) => sum + lines.length * leading + 3, 0);
    return 20 + table + texts + 46;
  }

  private texts(): readonly (readonly string[])[] {
    const { language } = this.page.sheet;
    const { credits, average, progress } = this.page.section.transcript;
    const comma = language === 'zh' ? '、' : ', ';
    const stop = language === 'zh' ? '。' : '.';
    const byNature = credits.byNature
      .map(({ nature, earned }) => {
        const word = nature === null ? this.page.word('withoutNature') : this.page.natureOf(nature);
        return `${word} ${formatHundredths(earned)}`;
      })
      .join(comma);
    const { policy } = average;
    const grades = Object.entries(fiveGrades)
      .map(([grade, name]) => `${name[language]} ${formatHundredths(policy.gradeScores[grade as keyof typeof fiveGrades])}`)
      .join(comma);
    const how = this.page.word('averagePolicy', {
      courses: String(average.courses),
      credits: formatHundredths(average.credits),
      attempt: this.page.word(policy.attempt),
      failed: this.page.word(policy.failed),
      rounding: this.page.word(policy.rounding.mode, { unit: formatHundredths(policy.rounding.unit) }),
    });
    const graded = this.page.section.transcript.lines.some(
      ({ entry: { result }, weighed }) => weighed && result?.score === null && result.grade !== null,
    );
    const texts = [
      this.page.word('allCredits', { earned: formatHundredths(credits.earned), byNature: byNature || '–' }) + stop,
      `${this.page.word('average', { score: average.score === null ? '–' : formatHundredths(average.score) })}${
        language === 'zh' ? '（' : ' ('
      }${how}${graded ? `${language === 'zh' ? '；' : '; '}${this.page.word('gradesAs', { grades })}` : ''}${language === 'zh' ? '）' : ')'}${stop}`,
    ];
    if (progress && progress.notPassed.length > 0) {
      const shown = progress.notPassed.slice(0, 24).map(({ name }) => name[language]);
      const more = progress.notPassed.length - shown.length;
      texts.push(
        `${this.page.word('notPassed')}${language === 'zh' ? '：' : ': '}${shown.join(comma)}${
          more > 0 ? `${comma}${this.page.word('notPassedMore', { count: String(progress.notPassed.length) })}` : ''
        }${stop}`,
      );
    }
    texts.push(this.page.word('legend'));
    return texts.map((text) => this.page.paper.lines(text, small, right - left));
  }

  private seal(): void {
    const y = this.page.y + 26;
    const half = (right - left) / 2;
    const style = { size: 8.6, color: ink } as const;
    this.page.paper.line(this.page.word('seal'), y, { ...style, x: left + half, width: half / 2 + 30 });
    this.page.paper.line(`${this.page.word('date')}${this.page.sheet.language === 'zh' ? '：' : ': '}`, y, {
      ...style,
      x: right - 110,
      width: 40,
    });
    this.page.paper.rule(right - 74, y + 2, right, { weight: 0.4, color: grey });
    this.page.y = y + 6;
  }
}
