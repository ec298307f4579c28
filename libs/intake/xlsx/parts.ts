import { UnreadableFile } from '../unreadable-file.ts';
import type { DateSystem } from '../sheet-row.ts';
import { formatOf, general, type CellFormat } from './cell-format.ts';
import { damaged, type Zip } from './read-zip.ts';
import { textOf, tokensOf, XmlScanner } from './scan-xml.ts';

/** Bytes that the small parts of a workbook may inflate to. */
const maxPart = 16_777_216;
const maxSharedBytes = 402_653_184;
const maxSharedStrings = 8_000_000;
const maxSheets = 1000;

export interface SheetPart {
  readonly name: string;
  readonly hidden: boolean;
  readonly part: string;
}

/** What a workbook says about itself, before any of its sheets is read. */
export interface WorkbookParts {
  readonly dateSystem: DateSystem;
  readonly sheets: readonly SheetPart[];
  /** By the style that a cell names. */
  readonly formats: readonly CellFormat[];
  readonly sharedStrings: string | null;
}

/** Throws `UnreadableFile` for a zip that is no workbook, or one of another kind. */
export const readParts = async (zip: Zip): Promise<WorkbookParts> => {
  if (!zip.has('[Content_Types].xml') || !zip.has('_rels/.rels')) throw new UnreadableFile(await kindOfZip(zip));
  const root = await relationsOf(zip, '');
  const book = root.find(({ type }) => type === 'officeDocument')?.target;
  if (book === undefined || !zip.has(book)) throw new UnreadableFile('FILE_IS_ARCHIVE');
  if (/\.bin$/i.test(book)) throw new UnreadableFile('FILE_IS_BINARY_WORKBOOK');
  const relations = await relationsOf(zip, book);
  const targets = new Map(relations.map(({ id, target }) => [id, target]));
  const sheets: SheetPart[] = [];
  let dateSystem: DateSystem = '1900';
  let isWorkbook = false;
  for (const [token, tag] of tokensOf(await zip.whole(book, maxPart), book)) {
    if (token !== 'open') continue;
    if (tag.name === 'workbook') isWorkbook = true;
    if (tag.name === 'workbookPr' && /^(?:1|true|on)$/i.test(tag.attribute('date1904') ?? '')) dateSystem = '1904';
    if (tag.name !== 'sheet') continue;
    const part = targets.get(tag.attribute('r:id') ?? tag.attribute('id') ?? '');
    const type = relations.find(({ target }) => target === part)?.type;
    // Charts and dialogs are sheets too, without rows.
    if (part === undefined || type !== 'worksheet') continue;
    sheets.push({ name: tag.attribute('name') ?? '', hidden: (tag.attribute('state') ?? 'visible') !== 'visible', part });
    if (sheets.length > maxSheets) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part: book, max: maxSheets });
  }
  if (!isWorkbook) throw new UnreadableFile('FILE_IS_ARCHIVE');
  if (sheets.length === 0) throw new UnreadableFile('FILE_EMPTY');
  const styles = relations.find(({ type }) => type === 'styles')?.target;
  const shared = relations.find(({ type }) => type === 'sharedStrings')?.target;
  return {
    dateSystem,
    sheets,
    formats: styles === undefined || !zip.has(styles) ? [] : formatsIn(await zip.whole(styles, maxPart), styles),
    sharedStrings: shared === undefined || !zip.has(shared) ? null : shared,
  };
};

const kindOfZip = async (zip: Zip): Promise<'FILE_IS_OPEN_DOCUMENT' | 'FILE_IS_ARCHIVE'> => {
  if (!zip.has('mimetype') || !zip.has('content.xml')) return 'FILE_IS_ARCHIVE';
  const type = (await zip.whole('mimetype', 1024)).toString('latin1');
  return type.startsWith('application/vnd.oasis.opendocument') ? 'FILE_IS_OPEN_DOCUMENT' : 'FILE_IS_ARCHIVE';
};

interface Relation {
  readonly id: string;
  /** The last word of its type: `worksheet`, `styles`. */
  readonly type: string;
  readonly target: string;
}

/** What a part (the package: `''`) refers to within the file. */
const relationsOf = async (zip: Zip, part: string): Promise<readonly Relation[]> => {
  const [, folder = '', file = ''] = /^(.*?)([^/]*)$/.exec(part) ?? [];
  const name = `${folder}_rels/${file}.rels`;
  if (!zip.has(name)) throw damaged(name);
  const relations: Relation[] = [];
  for (const [token, tag] of tokensOf(await zip.whole(name, maxPart), name)) {
    if (token !== 'open' || tag.name !== 'Relationship' || tag.attribute('TargetMode') === 'External') continue;
    const [id = '', type = '', target = ''] = ['Id', 'Type', 'Target'].map((attribute) => tag.attribute(attribute));
    relations.push({ id, type: type.slice(type.lastIndexOf('/') + 1), target: pathOf(folder, target) });
  }
  return relations;
};

const pathOf = (folder: string, target: string): string => {
  const path: string[] = [];
  for (const step of (target.startsWith('/') ? target : `${folder}${target}`).split('/'))
    if (step === '..') path.pop();
    else if (step !== '' && step !== '.') path.push(step);
  return path.join('/');
};

const formatsIn = (styles: Buffer, part: string): CellFormat[] => {
  const codes = new Map<number, string>();
  const formats: CellFormat[] = [];
  let inCells = false;
  for (const [token, tag] of tokensOf(styles, part)) {
    if (tag.name === 'cellXfs' && token !== 'text') inCells = token === 'open' && !tag.empty;
    if (token !== 'open') continue;
    if (tag.name === 'numFmt') codes.set(Number(tag.attribute('numFmtId')), tag.attribute('formatCode') ?? '');
    if (inCells && tag.name === 'xf') {
      const id = Number(tag.attribute('numFmtId') ?? '0');
      formats.push(id === 0 ? general : formatOf(id, codes));
    }
  }
  return formats;
};

/** The strings that cells name by number: runs of rich text joined, phonetic guides left out. */
export const readSharedStrings = async (zip: Zip, part: string): Promise<readonly string[]> => {
  const strings: string[] = [];
  const xml = new XmlScanner(part);
  const text = new TextCollector();
  for await (const piece of textOf(zip.pieces(part, maxSharedBytes), part)) {
    xml.feed(piece);
    for (let token = xml.next(); token !== 'more'; token = xml.next()) {
      if (token === 'text') text.add(xml.text);
      else if (token === 'open') {
        if (xml.name === 'si' && xml.empty) strings.push('');
        else text.open(xml.name, xml.empty);
      } else if (xml.name === 'si') {
        strings.push(own(unescapeControls(text.take())));
        if (strings.length > maxSharedStrings) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part, max: maxSharedStrings });
      } else text.close(xml.name);
    }
  }
  xml.end();
  return strings;
};

/** Gathers the text of one string: of `t` alone, and not of `rPh`, which says how to pronounce it. */
export class TextCollector {
  #text = '';
  #wanted = false;
  #phonetic = false;

  open(name: string, empty: boolean): void {
    if (empty) return;
    if (name === 't') this.#wanted = !this.#phonetic;
    else if (name === 'rPh') this.#phonetic = true;
  }

  close(name: string): void {
    if (name === 't') this.#wanted = false;
    else if (name === 'rPh') this.#phonetic = false;
  }

  add(text: string): void {
    if (this.#wanted) this.#text += text;
  }

  /** What was gathered; begins anew. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    this.#wanted = false;
    this.#phonetic = false;
    return text;
  }
}

/** Characters that XML cannot hold stand as `_x000D_`. */
export const unescapeControls = (text: string): string =>
  text.includes('_x') ? text.replaceAll(/_x([0-9a-f]{4})_/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))) : text;

/** A copy: a slice would hold on to the whole piece that it was cut from. */
const own = (text: string): string => (text.length < 13 ? text : Buffer.from(text, 'utf16le').toString('utf16le'));
