import { CsvError, parse, type Parser } from 'csv-parse';
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
  let cutter: Cutter | undefined;
  let sample = '';
  try {
    for await (const text of decodeText(source)) {
      if (cutter) {
        yield* cutter.take(text);
        continue;
      }
      sample += text;
      if (sample.length < sampleLength) continue;
      cutter = new Cutter(delimitersOf(sample));
      yield* cutter.take(sample);
    }
    if (!cutter) {
      cutter = new Cutter(delimitersOf(sample));
      yield* cutter.take(sample);
    }
    yield* cutter.end();
  } catch (error) {
    if (!(error instanceof BrokenEncoding)) throw error;
    if (!cutter) {
      cutter = new Cutter(delimitersOf(sample));
      yield* cutter.take(sample);
    }
    throw new UnreadableFile('FILE_ENCODING_BROKEN', { row: await cutter.brokenOffAt(), encoding: error.encoding });
  }
}

const comma = 0x2c;
const semicolon = 0x3b;
const tab = 0x09;
const quote = 0x22;
const lf = 0x0a;
const cr = 0x0d;

/** The delimiter that cuts most lines into the same number of cells, more than one, and how often it stands in those; a comma where none does. */
const delimitersOf = (sample: string): Delimiters => {
  let best = { delimiter: comma, count: 0, score: 0 };
  for (const delimiter of [comma, tab, semicolon]) {
    const linesByCount = new Map<number, number>();
    for (const count of delimiterCounts(sample, delimiter))
      if (count > 0) linesByCount.set(count, (linesByCount.get(count) ?? 0) + 1);
    for (const [count, lines] of linesByCount) if (count * lines > best.score) best = { delimiter, count, score: count * lines };
  }
  return best;
};

interface Delimiters {
  readonly delimiter: number;
  /** In a row of the usual length. */
  readonly count: number;
}

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

/**
 * Text in which `="20260001"` reads `"20260001"`: so other systems keep a spreadsheet from making a number of an id. Only where a cell begins, and
 * never within quotes.
 */
class Formulas {
  readonly #delimiter: number;
  #quoted = false;
  #before = lf;
  /** A sign at the end of a piece waits for what follows it. */
  #held = '';

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  without(piece: string): string {
    const text = this.#held + piece;
    const end = text.endsWith('=') ? text.length - 1 : text.length;
    this.#held = text.slice(end);
    let out = '';
    let from = 0;
    for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
      if (!this.#quoted && text[at - 1] === '=' && this.#beginsCell(at < 2 ? this.#before : text.charCodeAt(at - 2))) {
        out += text.slice(from, at - 1);
        from = at;
      }
      this.#quoted = !this.#quoted;
    }
    if (end > 0) this.#before = text.charCodeAt(end - 1);
    return from === 0 && end === text.length ? text : out + text.slice(from, end);
  }

  /** What was held at the end of the file. */
  rest(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  #beginsCell(before: number): boolean {
    return before === this.#delimiter || before === lf || before === cr;
  }
}

/** The same where the sign and its quotes stand in a quoted cell. */
const plain = (cell: string): string => (/^="(?:[^"]|"")*"$/.test(cell) ? cell.slice(2, -1).replaceAll('""', '"') : cell);

/** csv-parse behind a door that takes text in pieces and says in our words what is wrong, and in which row. */
class Cutter {
  /** The row that is being read: quoted line breaks do not count. */
  row = 1;
  readonly #parser: Parser;
  readonly #formulas: Formulas;
  #failure: Error | undefined;
  #atLineEnd = true;
  #measured = false;

  constructor({ delimiter, count }: Delimiters) {
    const cut = String.fromCharCode(delimiter);
    this.#formulas = new Formulas(delimiter);
    this.#parser = parse({
      delimiter: cut,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      // Strict about quotes on purpose: relaxed, a quote that is never closed would swallow the rows up to the next one.
      max_record_size: limits.row,
    });
    this.#parser.on('error', (error) => (this.#failure = error));
    // A row of our own first: csv-parse makes an error of every row that is not as long as the first, also where it is told to let it pass,
    // and under a title that is every row of the sheet.
    this.#parser.write(`${cut.repeat(Math.min(count, limits.columns))}\n`);
  }

  /** Whole rows so far. */
  get #rows(): number {
    return this.#parser.info.records - 1;
  }

  async *take(text: string): AsyncGenerator<SheetRow, void, undefined> {
    const nul = text.indexOf('\0');
    const sound = nul < 0 ? text : text.slice(0, nul);
    if (sound !== '') this.#atLineEnd = /[\r\n]$/.test(sound);
    this.#parser.write(this.#formulas.without(sound));
    yield* this.#cut();
    if (nul >= 0) throw new UnreadableFile('FILE_NOT_TEXT', { row: await this.brokenOffAt() });
  }

  async *end(): AsyncGenerator<SheetRow, void, undefined> {
    this.#end();
    yield* this.#cut();
  }

  /** The row in which the text broke off; csv-parse holds a row back until it sees what follows its line end. */
  async brokenOffAt(): Promise<number> {
    this.#end();
    await new Promise(setImmediate);
    return this.#failure || this.#atLineEnd ? this.#rows + 1 : this.#rows;
  }

  #end(): void {
    const held = this.#formulas.rest();
    if (held !== '') this.#parser.write(held);
    this.#parser.end();
  }

  async *#cut(): AsyncGenerator<SheetRow, void, undefined> {
    // Errors come with the next turn, and rows of a parser that failed are gone.
    await new Promise(setImmediate);
    if (this.#failure) throw this.#named(this.#failure);
    for (let cells = this.#parser.read() as string[] | null; cells !== null; cells = this.#parser.read() as string[] | null) {
      if (!this.#measured) {
        this.#measured = true;
        continue;
      }
      if (cells.length > limits.columns) throw this.#tooLong('columns', limits.columns);
      if (cells.some((cell) => cell.length > limits.cell)) throw this.#tooLong('cell', limits.cell);
      yield { row: this.row++, cells: cells.some((cell) => cell.startsWith('="')) ? cells.map(plain) : cells };
    }
  }

  #named(error: Error): Error {
    if (!(error instanceof CsvError)) return error;
    this.row = this.#rows + 1;
    // A quote that swallows the rest of the file is the likelier of two reasons for a row without an end.
    const { quoting } = error as CsvError & { readonly quoting?: boolean };
    if (error.code === 'CSV_MAX_RECORD_SIZE' && !quoting) return this.#tooLong('row', limits.row);
    return new UnreadableFile('QUOTE_NOT_CLOSED', { row: this.row });
  }

  #tooLong(limit: string, max: number): UnreadableFile {
    return new UnreadableFile('ROW_TOO_LONG', { row: this.row, limit, max });
  }
}
