import { xmlText } from './xml-text.ts';

/** What a row is, so that it can be seen at a glance. */
export type Mark = 'header' | 'refused' | 'noticed' | 'title';

export interface Look {
  /** Number-format code; `@` is text. */
  readonly format: string;
  readonly mark?: Mark | undefined;
  readonly wrap?: boolean | undefined;
}

/** Fonts: plain, bold. Fills: the two that every workbook begins with, then these. */
const marks: Readonly<Record<Mark, { readonly font: number; readonly fill: number }>> = {
  header: { font: 1, fill: 2 },
  refused: { font: 0, fill: 3 },
  noticed: { font: 0, fill: 4 },
  title: { font: 1, fill: 0 },
};
const fills = ['FFD9E1F2', 'FFFFC7CE', 'FFFFEB9C'];

const known: Readonly<Record<string, number>> = { General: 0, '0': 1, '0.00': 2, '@': 49 };
const maxCustomFormats = 200;

/** Gathers the looks that cells have; each is a style once. */
export class Styles {
  readonly #styles = new Map<string, number>();
  readonly #xfs: string[] = [];
  readonly #formats = new Map<string, number>();

  constructor() {
    this.of({ format: 'General' });
  }

  /** The number of a look, as cells name it. */
  of({ format, mark, wrap }: Look): number {
    const key = `${mark ?? ''}\n${wrap ? 'wrap' : ''}\n${format}`;
    const found = this.#styles.get(key);
    if (found !== undefined) return found;
    const { font, fill } = mark === undefined ? { font: 0, fill: 0 } : marks[mark];
    const alignment = wrap ? '<alignment vertical="top" wrapText="1"/>' : '';
    const number = this.#xfs.push(
      `<xf numFmtId="${this.#formatId(format)}" fontId="${font}" fillId="${fill}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"${wrap ? ' applyAlignment="1"' : ''}>${alignment}</xf>`,
    );
    this.#styles.set(key, number - 1);
    return number - 1;
  }

  #formatId(code: string): number {
    const id = known[code] ?? this.#formats.get(code);
    if (id !== undefined) return id;
    // A sender's sheet may have a format in every cell; a spreadsheet holds some hundreds.
    if (this.#formats.size >= maxCustomFormats) return 0;
    this.#formats.set(code, 164 + this.#formats.size);
    return 163 + this.#formats.size;
  }

  get xml(): string {
    const formats = [...this.#formats].map(([code, id]) => `<numFmt numFmtId="${id}" formatCode="${xmlText(code)}"/>`);
    return [
      '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">',
      formats.length === 0 ? '' : `<numFmts count="${formats.length}">${formats.join('')}</numFmts>`,
      '<fonts count="2"><font><sz val="11"/><name val="等线"/></font><font><b/><sz val="11"/><name val="等线"/></font></fonts>',
      `<fills count="${fills.length + 2}"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>`,
      ...fills.map((rgb) => `<fill><patternFill patternType="solid"><fgColor rgb="${rgb}"/></patternFill></fill>`),
      '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>',
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
      `<cellXfs count="${this.#xfs.length}">${this.#xfs.join('')}</cellXfs>`,
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    ].join('');
  }
}
