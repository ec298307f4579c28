import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkit';
// oxlint-disable-next-line import/no-named-as-default -- the package's own name for its class
import PDFDocument from 'pdfkit';

/**
 * Type on paper: Noto Sans SC, measured, broken into lines and set at exact places. What the font has no glyph for is never left blank: it is drawn as
 * its code point in a frame, and told.
 */

// ── fonts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Weight = 'regular' | 'bold';

const { resolve } = createRequire(import.meta.url);
const files: Readonly<Record<Weight, string>> = {
  regular: '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf',
};

interface Face {
  readonly bytes: Buffer;
  readonly font: Font;
}
const faces = new Map<Weight, Face>();

/** Ten megabytes each, read when the first page is printed and kept. */
function faceOf(weight: Weight): Face {
  let face = faces.get(weight);
  if (!face) {
    const bytes = readFileSync(resolve(files[weight]));
    face = { bytes, font: create(bytes) as Font };
    faces.set(weight, face);
  }
  return face;
}

/** Joiners and variation selectors change how their neighbour looks and have no look of their own. */
const isInvisible = (char: string): boolean => /[\p{Cf}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/u.test(char);

/** Both weights hold the same characters; the regular one answers for them. */
export const hasGlyph = (char: string): boolean => faceOf('regular').font.hasGlyphForCodePoint(char.codePointAt(0)!);

/** `U+20BB7`. */
export const codePointOf = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

// ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Points. */
export const a4 = { width: 595.28, height: 841.89 } as const;

export interface Style {
  readonly size: number;
  readonly weight?: Weight;
  readonly color?: string;
}

export interface Cell extends Style {
  readonly x: number;
  readonly width: number;
  readonly align?: 'left' | 'center' | 'right';
}

interface Piece {
  readonly text: string;
  readonly width: number;
  readonly missing: boolean;
}

/** A Chinese font draws curly quotes as wide as a character. */
const narrowQuotes = (text: string): string => text.replaceAll(/[\u2018\u2019]/g, "'").replaceAll(/[\u201C\u201D]/g, '"');

/** A Chinese character may end a line; a Latin word may not be cut where it fits on a line of its own. */
const words = /[\p{Script=Han}\u3000-\u303F\uFF00-\uFFEF]|\s+|[^\s\p{Script=Han}\u3000-\u303F\uFF00-\uFFEF]+/gu;
/** No line begins with these. */
const closing = /^[，。、；：！？）》」』】〉％,.;:!?)\]%]/;

export class Paper {
  readonly document: PDFKit.PDFDocument;
  /** What was drawn as its code point, once each, in order of first use. */
  readonly missing = new Set<string>();
  private readonly latin: boolean;

  /** Equal content and an equal `createdAt` give equal bytes. */
  constructor(info: { readonly title: string; readonly author: string; readonly createdAt: string; readonly language: string }) {
    this.latin = !info.language.startsWith('zh');
    this.document = new PDFDocument({
      size: 'A4',
      margin: 0,
      bufferPages: true,
      autoFirstPage: false,
      pdfVersion: '1.7',
      lang: info.language,
      displayTitle: true,
      info: {
        Title: info.title,
        Author: info.author,
        Creator: 'training-ledger',
        Producer: 'training-ledger',
        CreationDate: new Date(info.createdAt),
      },
    });
    for (const weight of ['regular', 'bold'] as const) this.document.registerFont(weight, faceOf(weight).bytes);
  }

  page(): void {
    this.document.addPage({ size: 'A4', margin: 0 });
  }

  /** Calls `draw` for every page again, to number them. */
  eachPage(draw: (page: number, pages: number) => void): void {
    const { count } = this.document.bufferedPageRange();
    for (let page = 0; page < count; page++) {
      this.document.switchToPage(page);
      draw(page + 1, count);
    }
  }

  width(text: string, style: Style): number {
    return this.pieces(text, style).reduce((sum, piece) => sum + piece.width, 0);
  }

  /** Broken where it does not fit; a word longer than a line is cut. Never empty. */
  lines(text: string, style: Style, width: number): readonly string[] {
    const lines: string[] = [];
    let line = '';
    const fits = (candidate: string): boolean => this.width(candidate.trimEnd(), style) <= width;
    const take = (part: string): void => {
      if (fits(line + part) || closing.test(part)) line += part;
      else if (line !== '' && (part.trim() === '' || fits(part.trimStart()))) {
        lines.push(line.trimEnd());
        line = part.trimStart();
      } else
        for (const char of part) {
          if (!fits(line + char) && line !== '') {
            lines.push(line.trimEnd());
            line = '';
          }
          line += char;
        }
    };
    for (const [part] of text.matchAll(words)) take(part);
    return [...lines, line.trimEnd()];
  }

  /** One line on a baseline; what is too long for its cell is set narrower, down to seven tenths, rather than into its neighbour. */
  line(text: string, baseline: number, cell: Cell): void {
    const { x, width, align = 'left', color = '#000000' } = cell;
    const natural = this.width(text, cell);
    const scale = natural <= width ? 1 : Math.max(0.7, width / natural);
    const style = { ...cell, size: cell.size * scale };
    const pieces = this.pieces(text, style);
    const set = pieces.reduce((sum, piece) => sum + piece.width, 0);
    let at = align === 'left' ? x : align === 'right' ? x + width - set : x + (width - set) / 2;
    for (const piece of pieces) {
      if (piece.missing) this.standIn(piece.text, at, baseline, style);
      else {
        this.font(style).fillColor(color).text(piece.text, at, baseline, { lineBreak: false, baseline: 'alphabetic' });
      }
      at += piece.width;
    }
  }

  rule(x1: number, y: number, x2: number, { weight = 0.5, color = '#000000' } = {}): void {
    this.document.moveTo(x1, y).lineTo(x2, y).lineWidth(weight).strokeColor(color).stroke();
  }

  upright(x: number, y1: number, y2: number, { weight = 0.5, color = '#000000' } = {}): void {
    this.document.moveTo(x, y1).lineTo(x, y2).lineWidth(weight).strokeColor(color).stroke();
  }

  shade(x: number, y: number, width: number, height: number, color: string): void {
    this.document.rect(x, y, width, height).fill(color);
  }

  async bytes(): Promise<Buffer> {
    const { document } = this;
    const chunks: Buffer[] = [];
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise<void>((whole, failed) => {
      document.once('end', whole);
      document.once('error', failed);
    });
    document.end();
    await ended;
    return Buffer.concat(chunks);
  }

  // ── helpers ──

  private font({ size, weight = 'regular' }: Style): PDFKit.PDFDocument {
    return this.document.font(weight).fontSize(size);
  }

  /** Runs that the font holds, and single characters that it does not. */
  private pieces(text: string, style: Style): readonly Piece[] {
    const pieces: Piece[] = [];
    let run = '';
    const close = (): void => {
      if (run !== '') pieces.push({ text: run, width: this.font(style).widthOfString(run), missing: false });
      run = '';
    };
    for (const char of this.latin ? narrowQuotes(text) : text) {
      if (isInvisible(char)) continue;
      if (hasGlyph(char)) run += char;
      else {
        close();
        this.missing.add(char);
        pieces.push({ text: char, width: style.size, missing: true });
      }
    }
    close();
    return pieces;
  }

  /** A frame of the character's own size with the digits of its code point in two rows. */
  private standIn(char: string, x: number, baseline: number, style: Style): void {
    const { size, color = '#000000' } = style;
    const digits = codePointOf(char).slice(2).padStart(6, '0');
    const top = baseline - size * 0.84;
    this.document
      .rect(x + size * 0.05, top, size * 0.9, size * 0.96)
      .lineWidth(size * 0.04)
      .strokeColor(color)
      .stroke();
    const small = { size: size * 0.42, weight: 'regular' } as const;
    for (const [row, text] of [digits.slice(0, 3), digits.slice(3)].entries()) {
      const width = this.font(small).widthOfString(text);
      this.document
        .fillColor(color)
        .text(text, x + (size - width) / 2, top + size * (0.44 + row * 0.42), { lineBreak: false, baseline: 'alphabetic' });
    }
  }
}
