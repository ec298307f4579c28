import type { ByteSource } from './byte-source.ts';
import { limits, type Merge, type Sheet, type SheetRow, type StoredCell } from './sheet-row.ts';
import { UnreadableFile } from './unreadable-file.ts';
import { general, readNumber } from './xlsx/cell-format.ts';
import {
  readParts,
  readSharedStrings,
  TextCollector,
  unescapeControls,
  type SheetPart,
  type WorkbookParts,
} from './xlsx/parts.ts';
import { damaged, openZip, type Zip } from './xlsx/read-zip.ts';
import { textOf, XmlScanner } from './xlsx/scan-xml.ts';
import { readUsualCell, type CellParts } from './xlsx/usual-cell.ts';

/** Bytes that one sheet may inflate to: a million rows that were formatted to the bottom. */
const maxSheetBytes = 1_073_741_824;
/** Cells of a sheet, blank ones before a filled one counted. */
const maxCells = 60_000_000;
const maxMerges = 200_000;

/**
 * The sheets of an xlsx workbook, hidden ones too, in their order. Rows come one by one in bounded memory; shared strings are held.
 * Throws `UnreadableFile`, as the sheets do while they are read.
 */
export const readXlsx = async (source: ByteSource): Promise<readonly Sheet[]> => {
  const zip = await openZip(source);
  const parts = await readParts(zip);
  let shared: Promise<readonly string[]> | undefined;
  const strings = (): Promise<readonly string[]> =>
    (shared ??= parts.sharedStrings === null ? Promise.resolve([]) : readSharedStrings(zip, parts.sharedStrings));
  return parts.sheets.map((sheet) => {
    let merges: Promise<readonly Merge[]> | undefined;
    return {
      name: sheet.name,
      hidden: sheet.hidden,
      dateSystem: parts.dateSystem,
      rows: () => rowsOf(zip, parts, sheet, strings),
      merges: () => (merges ??= mergesOf(zip, sheet)),
    };
  });
};

async function* rowsOf(
  zip: Zip,
  parts: WorkbookParts,
  { part }: SheetPart,
  strings: () => Promise<readonly string[]>,
): AsyncGenerator<SheetRow, void, undefined> {
  const xml = new XmlScanner(part);
  const rows = new RowReader(xml, parts, await strings(), part);
  for await (const piece of textOf(zip.pieces(part, maxSheetBytes), part)) {
    xml.feed(piece);
    for (let row = rows.next(); row; row = rows.next()) yield row;
  }
  xml.end();
}

type Within = 'nothing' | 'value' | 'formula' | 'inline';

/** Puts the tokens of a sheet together to rows. */
class RowReader {
  readonly #xml: XmlScanner;
  readonly #parts: WorkbookParts;
  readonly #strings: readonly string[];
  readonly #part: string;
  readonly #inline = new TextCollector();
  #inData = false;
  #row = 0;
  #hidden = false;
  #cells: string[] = [];
  #stored: (StoredCell | undefined)[] | undefined;
  readonly #cell: CellParts = { column: 0, style: 0, type: '', value: '' };
  #inRow = false;
  #inCell = false;
  #value: string | undefined;
  #formula: string | undefined;
  #within: Within = 'nothing';
  #counted = 0;

  constructor(xml: XmlScanner, parts: WorkbookParts, strings: readonly string[], part: string) {
    this.#xml = xml;
    this.#parts = parts;
    this.#strings = strings;
    this.#part = part;
  }

  /** The next row; undefined where more of the sheet is needed. */
  next(): SheetRow | undefined {
    const xml = this.#xml;
    for (;;) {
      if (this.#inRow && !this.#inCell) this.#usualCells();
      const token = xml.next();
      if (token === 'more') return undefined;
      if (token === 'text') {
        if (this.#within === 'nothing') continue;
        if (this.#within === 'value') this.#value = (this.#value ?? '') + xml.text;
        else if (this.#within === 'inline') this.#inline.add(xml.text);
        else this.#formula += xml.text;
      } else if (token === 'open') {
        const row = this.#open(xml.name, xml.empty);
        if (row) return row;
      } else {
        const row = this.#close(xml.name);
        if (row) return row;
      }
    }
  }

  #usualCells(): void {
    const cell = this.#cell;
    this.#formula = undefined;
    while (this.#xml.take(readUsualCell, cell)) {
      if (cell.value === '') continue;
      this.#value = cell.value;
      this.#endCell();
    }
  }

  #open(name: string, empty: boolean): SheetRow | undefined {
    if (!this.#inData) {
      this.#inData = name === 'sheetData' && !empty;
      return undefined;
    }
    if (this.#within === 'inline') {
      this.#inline.open(name, empty);
      return undefined;
    }
    switch (name) {
      case 'row':
        this.#beginRow();
        return empty ? this.#endRow() : undefined;
      case 'c':
        if (this.#inRow) this.#beginCell(empty);
        return undefined;
      case 'v':
        this.#value = '';
        if (!empty) this.#within = 'value';
        return undefined;
      case 'f':
        this.#formula = '';
        if (!empty) this.#within = 'formula';
        return undefined;
      case 'is':
        this.#value = '';
        if (!empty) this.#within = 'inline';
        return undefined;
      default:
        return undefined;
    }
  }

  #close(name: string): SheetRow | undefined {
    switch (name) {
      case 'c':
        if (this.#inCell) this.#endCell();
        this.#inCell = false;
        return undefined;
      case 'row':
        return this.#inRow ? this.#endRow() : undefined;
      case 'v':
      case 'f':
        this.#within = 'nothing';
        return undefined;
      case 'is':
        this.#value = this.#inline.take();
        this.#within = 'nothing';
        return undefined;
      case 'sheetData':
        this.#inData = false;
        return undefined;
      default:
        if (this.#within === 'inline') this.#inline.close(name);
        return undefined;
    }
  }

  #beginRow(): void {
    const stated = this.#xml.attribute('r');
    const row = stated === undefined ? this.#row + 1 : Number(stated);
    // Rows are told apart by their number: one that comes twice or goes back is no sheet that a program wrote.
    if (!Number.isInteger(row) || row <= this.#row || row > limits.rows) throw damaged(this.#part);
    this.#row = row;
    this.#hidden = /^(?:1|true)$/.test(this.#xml.attribute('hidden') ?? '');
    this.#cell.column = 0;
    this.#inRow = true;
  }

  #beginCell(empty: boolean): void {
    const cell = this.#cell;
    const place = this.#xml.attribute('r');
    cell.column = place === undefined ? cell.column + 1 : columnOf(place);
    if (cell.column < 1 || cell.column > limits.columns) throw damaged(this.#part);
    cell.type = this.#xml.attribute('t') ?? '';
    cell.style = Number(this.#xml.attribute('s') ?? '0');
    this.#inCell = !empty;
    this.#value = undefined;
    this.#formula = undefined;
  }

  #endCell(): void {
    const text = this.#textOf();
    if (text === '') return;
    if (text.length > limits.cell) throw this.#tooLong('cell', limits.cell);
    const at = this.#cell.column - 1;
    const cells = this.#cells;
    const filled = cells.length;
    if (at > filled) {
      cells.length = at;
      cells.fill('', filled);
    }
    cells[at] = text;
  }

  /** How the cell reads; what is no text is noted in `#stored` beside it. Blank where it holds nothing. */
  #textOf(): string {
    const value = this.#value;
    // A text that a formula gave may be empty; any other result is missing then.
    if (this.#formula !== undefined && (value === undefined || (value === '' && this.#cell.type !== 'str'))) {
      const formula = `=${this.#formula}`;
      this.#store({ kind: 'uncalculated', value: formula });
      return formula.slice(0, limits.cell);
    }
    if (value === undefined || value === '') return '';
    switch (this.#cell.type) {
      case 's': {
        const text = this.#strings[Number(value)];
        if (text === undefined) throw damaged(this.#part);
        return text;
      }
      case 'str':
      case 'inlineStr':
        return unescapeControls(value);
      case 'b':
        this.#store({ kind: 'boolean', value: value === '0' || value === 'false' ? '0' : '1' });
        return value === '0' || value === 'false' ? 'FALSE' : 'TRUE';
      case 'e':
        this.#store({ kind: 'error', value });
        return value;
      case 'd': {
        const text = value.replace(/T00:00(?::00(?:\.0+)?)?Z?$/, '').replace('T', ' ');
        this.#store({ kind: 'date', value: text });
        return text;
      }
      default: {
        const { text, stored } = readNumber(
          value.trim(),
          this.#parts.formats[this.#cell.style] ?? general,
          this.#parts.dateSystem,
        );
        this.#store(stored);
        return text;
      }
    }
  }

  #store(cell: StoredCell): void {
    this.#stored ??= [];
    this.#stored[this.#cell.column - 1] = cell;
  }

  #endRow(): SheetRow {
    const cells = this.#cells;
    this.#counted += cells.length;
    if (this.#counted > maxCells) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part: this.#part, max: maxCells });
    const stored = this.#stored;
    this.#cells = [];
    this.#stored = undefined;
    this.#inRow = false;
    const row: SheetRow = stored ? { row: this.#row, cells, stored } : { row: this.#row, cells };
    return this.#hidden ? { ...row, hidden: true } : row;
  }

  #tooLong(limit: string, max: number): UnreadableFile {
    return new UnreadableFile('ROW_TOO_LONG', { row: this.#row, limit, max });
  }
}

/** From 1; 0 for what names no column. */
const columnOf = (place: string): number => {
  let column = 0;
  for (let at = 0; at < place.length; at++) {
    const c = place.charCodeAt(at) & ~0x20;
    if (c < 0x41 || c > 0x5a) return column;
    column = column * 26 + c - 0x40;
    if (column > limits.columns) return 0;
  }
  return 0;
};

/** They stand behind the rows, so the sheet is gone through for them. */
const mergesOf = async (zip: Zip, { part }: SheetPart): Promise<readonly Merge[]> => {
  const merges: Merge[] = [];
  const xml = new XmlScanner(part);
  let count = 0;
  for await (const piece of textOf(afterRows(zip.pieces(part, maxSheetBytes)), part)) {
    xml.feed(piece);
    for (let token = xml.next(); token !== 'more'; token = xml.next()) {
      if (token !== 'open' || xml.name !== 'mergeCell') continue;
      const [from = '', to = from] = (xml.attribute('ref') ?? '').split(':');
      const merge = { fromRow: rowOf(from), toRow: rowOf(to), fromColumn: columnOf(from), toColumn: columnOf(to) };
      if (++count > maxMerges) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part, max: maxMerges });
      if (merge.toRow > merge.fromRow && merge.fromRow > 0 && merge.fromColumn > 0 && merge.toColumn >= merge.fromColumn)
        merges.push(merge);
    }
  }
  return merges.toSorted((a, b) => a.fromRow - b.fromRow);
};

const rowOf = (place: string): number => Number(/\d+$/.exec(place)?.[0] ?? 0);

const dataEnd = 'sheetData>';

/** A sheet from the end of its rows on, as XML of its own. */
async function* afterRows(pieces: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array, void, undefined> {
  let behind = false;
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (behind) {
      yield piece;
      continue;
    }
    const bytes = Buffer.concat([rest, piece]);
    const end = endOfRows(bytes);
    if (end >= 0) {
      behind = true;
      yield Buffer.from('<sheet>');
      yield bytes.subarray(end);
    }
    // The end may be cut in two, with a prefix before its name.
    rest = Buffer.from(bytes.subarray(Math.max(0, bytes.length - 64)));
  }
}

/** No text holds `</`, so this cannot be a cell's. */
const endOfRows = (bytes: Buffer): number => {
  for (let at = bytes.indexOf(dataEnd); at >= 0; at = bytes.indexOf(dataEnd, at + 1))
    if (/<\/(?:[\w.-]+:)?$/.test(bytes.toString('latin1', Math.max(0, at - 32), at))) return at + dataEnd.length;
  return -1;
};
