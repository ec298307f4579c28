import { heldBytes } from './byte-source.ts';
import { readXlsx } from './read-xlsx.ts';
import type { Sheet, SheetRow } from './sheet-row.ts';
import { all } from './sheets.fixture.ts';
import { zipOf } from './xlsx/write-zip.ts';

const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** Parts of a workbook made by hand; those that are left out are as simple as they can be. */
export interface HandMade {
  /** What stands within `sheetData`. */
  readonly rows?: string;
  /** What stands behind it. */
  readonly after?: string;
  /** What stands within `sst`. */
  readonly strings?: string;
  /** What stands within `styleSheet`. */
  readonly styles?: string;
  readonly workbook?: string;
  readonly sheet?: string;
  readonly more?: Readonly<Record<string, string>>;
}

export const zipped = async (parts: Readonly<Record<string, string>>): Promise<Buffer> =>
  Buffer.concat(await all(zipOf(Object.entries(parts).map(([name, text]) => ({ name, text: [text] })))));

/** The parts of a workbook of one sheet. */
export const partsOf = ({
  rows = '',
  after = '',
  strings,
  styles,
  workbook,
  sheet,
  more = {},
}: HandMade): Record<string, string> => ({
  '[Content_Types].xml': '<Types/>',
  '_rels/.rels': `<Relationships><Relationship Id="a" Type="${types}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': workbook ?? '<workbook><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="r1" Type="${types}/worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="r2" Type="${types}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="${types}/styles" Target="styles.xml"/></Relationships>`,
  'xl/worksheets/sheet1.xml': sheet ?? `<worksheet><sheetData>${rows}</sheetData>${after}</worksheet>`,
  ...(strings === undefined ? {} : { 'xl/sharedStrings.xml': `<sst>${strings}</sst>` }),
  ...(styles === undefined ? {} : { 'xl/styles.xml': `<styleSheet>${styles}</styleSheet>` }),
  ...more,
});

export const sheetsOf = async (bytes: Uint8Array): Promise<readonly Sheet[]> => readXlsx(heldBytes(bytes));

/** The only sheet of a workbook made by hand. */
export const sheetOf = async (made: HandMade): Promise<Sheet> => (await sheetsOf(await zipped(partsOf(made))))[0]!;

export const rowsIn = async (made: HandMade): Promise<SheetRow[]> => all((await sheetOf(made)).rows());
