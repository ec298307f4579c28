import { BrokenEncoding, decodeText } from './decode-text.ts';
import { limits, type SheetRow } from './sheet-row.ts';
import { UnreadableFile } from './unreadable-file.ts';

/** How much text decides on the delimiter: rows before the header (titles, notes) must fit in, and the header. */
const sampleLength = 65_536;

/**
 * Reads csv of any usual encoding and delimiter (comma, semicolon, tab), row by row, in bounded memory.
 * Every row of the file is yielded, blank ones as one empty cell; a quoted line break stays in its cell and does not advance the row.
 * Throws `UnreadableFile`: the rows before it were yielded, so nothing may be taken for good before the end.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<SheetRow, void, undefined> {
  let rows: CsvRows | undefined;
  let sample = '';
  try {
    for await (const text of decodeText(source)) {
      if (rows) {
        yield* rows.take(text);
        continue;
      }
      sample += text;
      if (sample.length < sampleLength) continue;
      rows = new CsvRows(delimiterOf(sample));
      yield* rows.take(sample);
    }
    if (!rows) {
      rows = new CsvRows(delimiterOf(sample));
      yield* rows.take(sample);
    }
    yield* rows.end();
  } catch (error) {
    if (!(error instanceof BrokenEncoding)) throw error;
    if (!rows) {
      rows = new CsvRows(delimiterOf(sample));
      yield* rows.take(sample);
    }
    throw new UnreadableFile('FILE_ENCODING_BROKEN', { row: rows.row, encoding: error.encoding });
  }
}

const comma = 0x2c;
const semicolon = 0x3b;
const tab = 0x09;
const quote = 0x22;
const lf = 0x0a;
const cr = 0x0d;
const space = 0x20;

/** The delimiter that cuts most lines into the same number of cells, more than one; a comma where none does. */
const delimiterOf = (sample: string): number => {
  let best = { delimiter: comma, score: 0 };
  for (const delimiter of [comma, tab, semicolon]) {
    const linesByCount = new Map<number, number>();
    for (const count of delimiterCounts(sample, delimiter))
      if (count > 0) linesByCount.set(count, (linesByCount.get(count) ?? 0) + 1);
    const score = Math.max(0, ...[...linesByCount].map(([count, lines]) => count * lines));
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
};

/** How often the delimiter stands outside quotes in each line. */
const delimiterCounts = (sample: string, delimiter: number): number[] => {
  const counts: number[] = [];
  let count = 0;
  let quoted = false;
  for (let i = 0; i < sample.length; i++) {
    const c = sample.charCodeAt(i);
    if (c === quote) quoted = !quoted;
    else if (quoted) continue;
    else if (c === delimiter) count++;
    else if (c === lf || c === cr) {
      counts.push(count);
      count = 0;
    }
  }
  counts.push(count);
  return counts;
};

/** `start`: at the beginning of a cell · `open`: in an unquoted cell · `quoted`: within quotes · `closing`: after a quote within quotes. */
type Place = 'start' | 'open' | 'quoted' | 'closing';

/** Cuts text that comes in pieces into rows (RFC 4180, with LF, CRLF and CR as line ends and no row with a wrong quote let through). */
class CsvRows {
  /** The row that is being read: quoted line breaks do not count. */
  row = 1;
  readonly #delimiter: number;
  #place: Place = 'start';
  #cells: string[] = [];
  /** What the present cell holds from pieces before. */
  #held = '';
  #rowLength = 0;
  /** The piece before ended with CR: a LF belongs to it. */
  #afterCr = false;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  *take(text: string): Generator<SheetRow, void, undefined> {
    const delimiter = this.#delimiter;
    let place = this.#place;
    let i = 0;
    if (this.#afterCr && text !== '') {
      this.#afterCr = false;
      if (text.charCodeAt(0) === lf) i = 1;
    }
    /** Where the part of the present cell begins that is not held yet. */
    let from = i;
    const nul = text.indexOf('\0');
    const length = nul < 0 ? text.length : nul;

    while (i < length) {
      if (place === 'quoted') {
        const close = text.indexOf('"', i);
        if (close < 0 || close >= length) {
          i = length;
          break;
        }
        place = this.#place = 'closing';
        this.#hold(text.slice(from, close));
        i = close + 1;
        from = i;
        continue;
      }
      const c = text.charCodeAt(i);
      if (c === delimiter || c === lf || c === cr) {
        this.#endCell(place === 'closing' ? '' : text.slice(from, i));
        place = 'start';
        i++;
        if (c !== delimiter) {
          if (c === cr) {
            if (i === length) this.#afterCr = true;
            else if (text.charCodeAt(i) === lf) i++;
          }
          yield this.#endRow();
        }
        from = i;
      } else if (place === 'start' && c === quote) {
        place = 'quoted';
        i++;
        from = i;
      } else if (place === 'closing') {
        if (c === quote) {
          this.#hold('"');
          place = 'quoted';
        } else if (c !== space) throw new UnreadableFile('QUOTE_NOT_CLOSED', { row: this.row });
        i++;
        from = i;
      } else {
        place = 'open';
        i++;
      }
    }

    this.#place = place;
    if (place === 'open' || place === 'quoted') this.#hold(text.slice(from, length));
    if (nul >= 0) throw new UnreadableFile('FILE_NOT_TEXT', { row: this.row });
  }

  *end(): Generator<SheetRow, void, undefined> {
    if (this.#place === 'quoted') throw new UnreadableFile('QUOTE_NOT_CLOSED', { row: this.row });
    if (this.#place === 'start' && this.#cells.length === 0) return;
    this.#endCell('');
    yield this.#endRow();
  }

  #hold(part: string): void {
    this.#held = this.#held === '' ? part : this.#held + part;
    if (this.#held.length <= limits.cell) return;
    // The likelier of two reasons: a quote that swallows the rest of the file.
    if (this.#place === 'quoted') throw new UnreadableFile('QUOTE_NOT_CLOSED', { row: this.row });
    throw new UnreadableFile('ROW_TOO_LONG', { row: this.row, limit: 'cell', max: limits.cell });
  }

  #endCell(part: string): void {
    if (part !== '') this.#hold(part);
    this.#rowLength += this.#held.length;
    if (this.#cells.push(this.#held) > limits.columns) {
      throw new UnreadableFile('ROW_TOO_LONG', { row: this.row, limit: 'columns', max: limits.columns });
    }
    if (this.#rowLength > limits.row) throw new UnreadableFile('ROW_TOO_LONG', { row: this.row, limit: 'row', max: limits.row });
    this.#held = '';
  }

  #endRow(): SheetRow {
    const row = { row: this.row++, cells: this.#cells };
    this.#cells = [];
    this.#rowLength = 0;
    return row;
  }
}
