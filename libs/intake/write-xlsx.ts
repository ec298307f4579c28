import { Readable } from 'node:stream';
import { limits, type Merge, type StoredCell } from './sheet-row.ts';
import { serialOf } from './xlsx/cell-format.ts';
import { Styles, type Mark } from './xlsx/styles.ts';
import { zipOf, type ZipPart } from './xlsx/write-zip.ts';
import { cellText, xmlText } from './xlsx/xml-text.ts';

/** Text, a cell that another workbook stored, or nothing. A date is `{ kind: 'date', value: '2026-09-01' }`, a number `{ kind: 'number', value: '85.5' }`. */
export type OutCell = string | StoredCell | undefined;

export interface OutRow {
  readonly cells: readonly OutCell[];
  readonly mark?: Mark;
}

export interface OutColumn {
  /** In characters of half width; 12 where none is given. */
  readonly width?: number;
  /** Lines break within the cell. */
  readonly wrap?: true;
  /** What the rows below the frozen ones may say: the cells of a list, `listOf(…)`. Something else is asked about, not refused. */
  readonly choices?: string;
  /** Shown beside a selected cell: at most 32 and 255 characters. */
  readonly hint?: { readonly title: string; readonly text: string };
}

export interface OutSheet {
  /** At most 31 characters, none of `[]:*?/\`. */
  readonly name: string;
  readonly columns: readonly OutColumn[];
  /** Rows that stay in sight: the header, and what stands above it. */
  readonly frozenRows: number;
  readonly rows: Iterable<OutRow> | AsyncIterable<OutRow>;
  /** Cells that are shown as one. Asked for after the rows. */
  readonly merges?: () => Promise<readonly Merge[]>;
}

export interface Properties {
  readonly title: string;
  /** Who made it. */
  readonly creator: string;
  /** An instant in ISO 8601. */
  readonly created: string;
  readonly description?: string;
  /** What is not said by the others, by name. */
  readonly custom?: Readonly<Record<string, string>>;
}

/**
 * Writes a workbook as its rows come, sheet after sheet, in bounded memory. Text is text: no cell runs as a formula, and ids keep their digits
 * when they are edited. An error of `rows` destroys the stream with it, and so does a sheet of more rows than a spreadsheet holds.
 */
export const writeXlsx = (sheets: readonly OutSheet[], properties: Properties): Readable =>
  Readable.from(zipOf(partsOf(sheets, properties)), { objectMode: false });

/** A reference to cells of a column, for `choices`. Rows and columns count from 1. */
export const listOf = (sheet: string, column: number, fromRow: number, toRow: number): string =>
  `'${sheet.replaceAll("'", "''")}'!$${letters(column)}$${fromRow}:$${letters(column)}$${toRow}`;

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageTypes = 'http://schemas.openxmlformats.org/package/2006';

function* partsOf(sheets: readonly OutSheet[], properties: Properties): Generator<ZipPart, void, undefined> {
  const part = (name: string, ...text: string[]): ZipPart => ({ name, text: [declaration, ...text] });
  const hasCustom = Object.keys(properties.custom ?? {}).length > 0;
  const styles = new Styles();
  const content = (name: string, type: string): string =>
    `<Override PartName="/${name}" ContentType="application/vnd.openxmlformats-${type}+xml"/>`;
  yield part(
    '[Content_Types].xml',
    `<Types xmlns="${packageTypes}/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    '<Default Extension="xml" ContentType="application/xml"/>',
    content('xl/workbook.xml', 'officedocument.spreadsheetml.sheet.main'),
    ...sheets.map((_, at) => content(`xl/worksheets/sheet${at + 1}.xml`, 'officedocument.spreadsheetml.worksheet')),
    content('xl/styles.xml', 'officedocument.spreadsheetml.styles'),
    content('docProps/core.xml', 'package.core-properties'),
    content('docProps/app.xml', 'officedocument.extended-properties'),
    ...(hasCustom ? [content('docProps/custom.xml', 'officedocument.custom-properties')] : []),
    '</Types>',
  );
  const relation = (id: number, type: string, target: string): string =>
    `<Relationship Id="rId${id}" Type="${type}" Target="${target}"/>`;
  yield part(
    '_rels/.rels',
    `<Relationships xmlns="${packageTypes}/relationships">`,
    relation(1, `${types}/officeDocument`, 'xl/workbook.xml'),
    relation(2, `${packageTypes}/relationships/metadata/core-properties`, 'docProps/core.xml'),
    relation(3, `${types}/extended-properties`, 'docProps/app.xml'),
    ...(hasCustom ? [relation(4, `${types}/custom-properties`, 'docProps/custom.xml')] : []),
    '</Relationships>',
  );
  yield part('docProps/core.xml', coreOf(properties));
  yield part(
    'docProps/app.xml',
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>training-ledger</Application></Properties>',
  );
  if (hasCustom) yield part('docProps/custom.xml', customOf(properties));
  yield part(
    'xl/workbook.xml',
    `<workbook xmlns="${main}" xmlns:r="${types}"><sheets>`,
    ...sheets.map(({ name }, at) => `<sheet name="${xmlText(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`),
    '</sheets></workbook>',
  );
  yield part(
    'xl/_rels/workbook.xml.rels',
    `<Relationships xmlns="${packageTypes}/relationships">`,
    ...sheets.map((_, at) => relation(at + 1, `${types}/worksheet`, `worksheets/sheet${at + 1}.xml`)),
    relation(sheets.length + 1, `${types}/styles`, 'styles.xml'),
    '</Relationships>',
  );
  for (const [at, sheet] of sheets.entries())
    yield { name: `xl/worksheets/sheet${at + 1}.xml`, text: sheetText(sheet, styles, at === 0) };
  // Last: by now every look is known.
  yield part('xl/styles.xml', styles.xml);
}

const coreOf = ({ title, creator, created, description }: Properties): string => {
  const element = (name: string, text: string | undefined): string =>
    text === undefined ? '' : `<${name}>${cellText(text)}</${name}>`;
  const moment = `<dcterms:created xsi:type="dcterms:W3CDTF">${xmlText(created)}</dcterms:created>`;
  return `<cp:coreProperties xmlns:cp="${packageTypes}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${element('dc:title', title)}${element('dc:creator', creator)}${element('dc:description', description)}${moment}</cp:coreProperties>`;
};

const customOf = ({ custom = {} }: Properties): string => {
  const entries = Object.entries(custom).map(
    ([name, value], at) =>
      `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="${at + 2}" name="${xmlText(name)}"><vt:lpwstr>${cellText(value)}</vt:lpwstr></property>`,
  );
  return `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">${entries.join('')}</Properties>`;
};

async function* sheetText(
  { columns, frozenRows, rows, merges }: OutSheet,
  styles: Styles,
  selected: boolean,
): AsyncGenerator<string, void, undefined> {
  const pane =
    frozenRows === 0
      ? ''
      : `<pane ySplit="${frozenRows}" topLeftCell="A${frozenRows + 1}" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>`;
  yield `${declaration}<worksheet xmlns="${main}"><sheetViews><sheetView${selected ? ' tabSelected="1"' : ''} workbookViewId="0">${pane}</sheetView></sheetViews>`;
  const text = styles.of({ format: '@' });
  const cols = columns.map(
    ({ width = 12 }, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" style="${text}" customWidth="1"/>`,
  );
  yield `${cols.length === 0 ? '' : `<cols>${cols.join('')}</cols>`}<sheetData>`;
  let number = 0;
  for await (const row of rows) {
    if (++number > limits.rows) throw new RangeError(`a sheet of more than ${limits.rows} rows`);
    yield rowText(row, number, columns, styles);
  }
  const merged = ((await merges?.()) ?? []).map(
    ({ fromRow, toRow, fromColumn, toColumn }) =>
      `<mergeCell ref="${letters(fromColumn)}${fromRow}:${letters(toColumn)}${toRow}"/>`,
  );
  const mergeCells = merged.length === 0 ? '' : `<mergeCells count="${merged.length}">${merged.join('')}</mergeCells>`;
  yield `</sheetData>${mergeCells}${validationsOf(columns, frozenRows)}</worksheet>`;
}

const rowText = ({ cells, mark }: OutRow, row: number, columns: readonly OutColumn[], styles: Styles): string => {
  let text = `<row r="${row}">`;
  for (const [at, cell] of cells.entries()) {
    // A marked row is to be seen as one, in its blank cells too.
    if ((cell === undefined || cell === '') && mark === undefined) continue;
    text += cellOf(cell ?? '', `${letters(at + 1)}${row}`, { mark, wrap: columns[at]?.wrap }, styles);
  }
  return `${text}</row>`;
};

const cellOf = (
  cell: string | StoredCell,
  place: string,
  look: { mark: Mark | undefined; wrap: true | undefined },
  styles: Styles,
): string => {
  const written = (type: string, format: string, inner: string): string =>
    `<c r="${place}" s="${styles.of({ ...look, format })}"${type === '' ? '' : ` t="${type}"`}>${inner}</c>`;
  const asText = (text: string): string =>
    text === ''
      ? `<c r="${place}" s="${styles.of({ ...look, format: '@' })}"/>`
      : written('inlineStr', '@', `<is><t xml:space="preserve">${cellText(text.slice(0, limits.cell))}</t></is>`);
  if (typeof cell === 'string') return asText(cell);
  const { kind, value, format } = cell;
  switch (kind) {
    case 'number':
      return isNumber.test(value) ? written('', format ?? 'General', `<v>${value}</v>`) : asText(value);
    case 'date': {
      const serial = serialOf(value);
      const usual = value.length > 10 ? 'yyyy-mm-dd hh:mm:ss' : 'yyyy-mm-dd';
      return serial === undefined ? asText(value) : written('', format ?? usual, `<v>${serial}</v>`);
    }
    case 'time': {
      const [hours = 0, minutes = 0, seconds = 0] = value.split(':').map(Number);
      const part = (hours * 3600 + minutes * 60 + seconds) / 86_400;
      return Number.isFinite(part) ? written('', format ?? 'hh:mm:ss', `<v>${part}</v>`) : asText(value);
    }
    case 'boolean':
      return written('b', format ?? 'General', `<v>${value === '1' ? '1' : '0'}</v>`);
    case 'error':
      return errorNames.has(value) ? written('e', format ?? 'General', `<v>${value}</v>`) : asText(value);
    default:
      return asText(value);
  }
};

const isNumber = /^-?\d{1,400}(?:\.\d{1,400})?(?:E[+-]?\d{1,3})?$/i;
const errorNames = new Set(['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A']);

const validationsOf = (columns: readonly OutColumn[], frozenRows: number): string => {
  const rules = columns.flatMap(({ choices, hint }, at) => {
    if (choices === undefined && hint === undefined) return [];
    const cells = `${letters(at + 1)}${frozenRows + 1}:${letters(at + 1)}${limits.rows}`;
    const prompt = hint
      ? ` showInputMessage="1" promptTitle="${attribute(hint.title, 32)}" prompt="${attribute(hint.text, 255)}"`
      : '';
    return choices === undefined
      ? [`<dataValidation allowBlank="1"${prompt} sqref="${cells}"/>`]
      : [
          `<dataValidation type="list" errorStyle="warning" allowBlank="1" showErrorMessage="1"${prompt} sqref="${cells}"><formula1>${xmlText(choices)}</formula1></dataValidation>`,
        ];
  });
  return rules.length === 0 ? '' : `<dataValidations count="${rules.length}">${rules.join('')}</dataValidations>`;
};

/** A line break in an attribute would be read as a space. */
const attribute = (text: string, max: number): string => cellText(text.slice(0, max)).replaceAll('\n', '&#10;');

const names: string[] = [];

const letters = (column: number): string => {
  const known = names[column];
  if (known !== undefined) return known;
  let name = '';
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  names[column] = name;
  return name;
};
