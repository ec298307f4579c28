import { describe, expect, it } from '@jest/globals';
import { heldBytes } from './byte-source.ts';
import { readSheets } from './read-sheet.ts';
import { all } from './sheets.fixture.ts';
import type { FileErrorCode } from '../kernel/file-errors.ts';
import { fileErrorText, UnreadableFile } from './unreadable-file.ts';
import { partsOf, rowsIn, sheetOf, sheetsOf, zipped, type HandMade } from './workbooks.fixture.ts';

const refusal = async (bytes: Uint8Array): Promise<UnreadableFile> => {
  try {
    for (const sheet of await readSheets(heldBytes(bytes))) {
      await all(sheet.rows());
      await sheet.merges();
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    expect(fileErrorText(error, 'zh')).not.toMatch(/[{–]/);
    return error;
  }
  throw new Error('not refused');
};

const dateStyles =
  '<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="165" formatCode="[h]:mm"/>' +
  '<numFmt numFmtId="166" formatCode="0000000"/><numFmt numFmtId="167" formatCode="[Red]0.00E+00;[Blue]-0"/>' +
  '<numFmt numFmtId="168" formatCode="&quot;2026&quot;\\-0000"/><numFmt numFmtId="169" formatCode="0&quot;分&quot;"/></numFmts>' +
  '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="57"/><xf numFmtId="20"/><xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="169"/><xf numFmtId="10"/></cellXfs>';

/** How a cell reads, alone in its row. */
const cell = async (xml: string, made: HandMade = {}): Promise<[text: string | undefined, kind: string | undefined]> => {
  const [row] = await rowsIn({ rows: `<row r="1">${xml}</row>`, styles: dateStyles, ...made });
  return [row?.cells[0], row?.stored?.[0]?.kind];
};

describe('cells', () => {
  it.each([
    ['a shared string', '<c r="A1" t="s"><v>0</v></c>', ['王芳', undefined]],
    ['rich text in pieces', '<c r="A1" t="s"><v>1</v></c>', ['王芳 (女)', undefined]],
    ['text with its pronunciation', '<c r="A1" t="s"><v>2</v></c>', ['課税', undefined]],
    ['escaped controls', '<c r="A1" t="s"><v>3</v></c>', ['a\r\nb_x0041_', undefined]],
    ['text in the cell', '<c r="A1" t="inlineStr"><is><t>a &lt;b&gt; &#x20BB7;</t></is></c>', ['a <b> 𠮷', undefined]],
    [
      'rich text in the cell',
      '<c r="A1" t="inlineStr"><is><r><t>王</t></r><r><t>芳</t></r><rPh><t>wang</t></rPh></is></c>',
      ['王芳', undefined],
    ],
    ['unescaped text', '<c r="A1" t="inlineStr"><is><t><![CDATA[a<b>]]></t></is></c>', ['a<b>', undefined]],
    ['what a formula gave as text', '<c r="A1" t="str"><f>B1&amp;"x"</f><v>20260001x</v></c>', ['20260001x', undefined]],
    ['no text that a formula gave', '<c r="A1" t="str"><f>B1</f><v></v></c>', [undefined, undefined]],
    ['a number that a formula gave', '<c r="A1"><f>B1*2</f><v>85.5</v></c>', ['85.5', 'number']],
    ['a formula that nobody calculated', '<c r="A1"><f>SUM(B1:B2)</f><v></v></c>', ['=SUM(B1:B2)', 'uncalculated']],
    ['a formula without a value', '<c r="A1"><f>SUM(B1:B2)</f></c>', ['=SUM(B1:B2)', 'uncalculated']],
    ['an error', '<c r="A1" t="e"><v>#N/A</v></c>', ['#N/A', 'error']],
    ['an error of a formula', '<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', ['#DIV/0!', 'error']],
    ['true', '<c r="A1" t="b"><v>1</v></c>', ['TRUE', 'boolean']],
    ['a number', '<c r="A1"><v>20260001</v></c>', ['20260001', 'number']],
    ['a number with its exponent', '<c r="A1"><v>2.0260001E7</v></c>', ['20260001', 'number']],
    ['the noise of a binary fraction', '<c r="A1"><v>92.299999999999997</v></c>', ['92.3', 'number']],
    ['a number with zeros shown before it', '<c r="A1" s="5"><v>123</v></c>', ['0000123', 'number']],
    ['a number with a prefix shown before it', '<c r="A1" s="9"><v>12</v></c>', ['2026-0012', 'number']],
    ['a number with its unit', '<c r="A1" s="10"><v>85</v></c>', ['85', 'number']],
    ['a percentage', '<c r="A1" s="11"><v>0.85499999999999998</v></c>', ['85.5%', 'number']],
    ['a number in a format with an exponent', '<c r="A1" s="8"><v>46266</v></c>', ['46266', 'number']],
    ['an id of 18 digits as a number', '<c r="A1"><v>4.4030519900101002E+17</v></c>', ['4.40305199001010E+17', 'number']],
    ['one that a program wrote in full', '<c r="A1"><v>440305199001010012</v></c>', ['4.40305199001010E+17', 'number']],
    ['a date', '<c r="A1" s="1"><v>46266</v></c>', ['2026-09-01', 'date']],
    ['a date with a time', '<c r="A1" s="2"><v>46266.354166666664</v></c>', ['2026-09-01 08:30:00', 'date']],
    ['the end of a day', '<c r="A1" s="2"><v>46265.999999999</v></c>', ['2026-09-01', 'date']],
    ['a month', '<c r="A1" s="3"><v>46266</v></c>', ['2026-09-01', 'date']],
    ['a date of a Chinese program', '<c r="A1" s="6"><v>46266</v></c>', ['2026-09-01', 'date']],
    ['a time', '<c r="A1" s="7"><v>0.354166666666667</v></c>', ['08:30:00', 'time']],
    ['hours that went by', '<c r="A1" s="4"><v>46266.5</v></c>', ['46266.5', 'number']],
    ['the day that was none', '<c r="A1" s="1"><v>60</v></c>', ['1900-02-29', 'date']],
    ['the day before it', '<c r="A1" s="1"><v>59</v></c>', ['1900-02-28', 'date']],
    ['a date below zero', '<c r="A1" s="1"><v>-1</v></c>', ['-1', 'number']],
    ['a date as text (strict)', '<c r="A1" t="d"><v>2026-09-01T00:00:00</v></c>', ['2026-09-01', 'date']],
    ['nothing, with a style', '<c r="A1" s="1"/>', [undefined, undefined]],
  ])('%s', async (_, xml, expected) => {
    const strings =
      '<si><t>王芳</t></si><si><r><t>王芳</t></r><r><rPr><b/></rPr><t xml:space="preserve"> (女)</t></r></si>' +
      '<si><t>課税</t><rPh sb="0" eb="2"><t>カゼイ</t></rPh></si><si><t>a_x000D_\nb_x005F_x0041_</t></si>';
    expect(await cell(xml, { strings })).toEqual(expected);
    // The same cell as programs write it that take their own way.
    expect(await cell(xml.replace('<c r=', "<c  x='>' r="), { strings })).toEqual(expected);
  });

  it('counts days as the workbook does', async () => {
    const workbook =
      '<workbook><workbookPr date1904="1"/><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>';
    expect(await cell('<c r="A1" s="1"><v>44804</v></c>', { workbook })).toEqual(['2026-09-01', 'date']);
    expect(await cell('<c r="A1" s="1"><v>0</v></c>', { workbook })).toEqual(['1904-01-01', 'date']);
    expect((await sheetOf({ workbook })).dateSystem).toBe('1904');
  });

  it('keep what the workbook stores beside how it reads', async () => {
    const [row] = await rowsIn({
      rows: '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c><c r="B1" s="5"><v>123</v></c><c r="C1" s="1"><v>46266</v></c></row>',
      styles: dateStyles,
    });
    expect(row).toEqual({
      row: 1,
      cells: ['x', '0000123', '2026-09-01'],
      stored: [
        undefined,
        { kind: 'number', value: '123', format: '0000000' },
        { kind: 'date', value: '2026-09-01', format: 'yyyy/m/d' },
      ],
    });
  });
});

describe('rows', () => {
  it('have their own numbers and places, stated or not', async () => {
    const t = (text: string): string => `<is><t>${text}</t></is>`;
    const rows =
      `<row r="3"><c r="B3" t="inlineStr">${t('b')}</c><c r="D3" t="inlineStr">${t('d')}</c></row>` +
      `<row><c t="inlineStr">${t('a')}</c><c/><c t="inlineStr">${t('c')}</c></row><row r="9"/><row r="10" hidden="1"><c r="A10"><v>1</v></c></row>`;
    const found = await rowsIn({ rows });
    expect(found.map(({ row, cells }) => [row, cells])).toEqual([
      [3, ['', 'b', '', 'd']],
      [4, ['a', '', 'c']],
      [9, []],
      [10, ['1']],
    ]);
    expect(found.filter(({ hidden }) => hidden).map(({ row }) => row)).toEqual([10]);
  });

  it('are read under a prefix', async () => {
    const sheet =
      '<?xml version="1.0"?><!-- x --><x:worksheet xmlns:x="u"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row>' +
      '</x:sheetData><x:mergeCells><x:mergeCell ref="A1:A3"/></x:mergeCells></x:worksheet>';
    const read = await sheetOf({ sheet });
    expect(await all(read.rows())).toEqual([{ row: 1, cells: ['a'] }]);
    expect(await read.merges()).toEqual([{ fromRow: 1, toRow: 3, fromColumn: 1, toColumn: 1 }]);
  });

  it('read alike wherever the pieces of a long sheet end', async () => {
    const count = 20_000;
    const rows = Array.from(
      { length: count },
      (_, i) =>
        `<row r="${i + 1}"><c r="A${i + 1}" t="inlineStr"><is><t>王芳${i} &amp; co &gt; </t></is></c><c r="B${i + 1}"><v>${i + 1}</v></c></row>`,
    );
    const found = await rowsIn({ rows: rows.join('') });
    expect(found.length).toBe(count);
    expect(found.filter(({ row, cells }) => cells[0] !== `王芳${row - 1} & co > ` || cells[1] !== String(row))).toEqual([]);
  });

  it('tell which cells are merged downward', async () => {
    const after =
      '<mergeCells count="3"><mergeCell ref="F10:F39"/><mergeCell ref="A1:F1"/><mergeCell ref="F3:G9"/></mergeCells><pageMargins left="0.7"/>';
    expect(await (await sheetOf({ rows: '<row r="1"/>', after })).merges()).toEqual([
      { fromRow: 3, toRow: 9, fromColumn: 6, toColumn: 7 },
      { fromRow: 10, toRow: 39, fromColumn: 6, toColumn: 6 },
    ]);
  });
});

describe('sheets', () => {
  it('come in their order, hidden ones too, charts left out', async () => {
    const relation = (id: string, type: string, target: string): string =>
      `<Relationship Id="${id}" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/${type}" Target="${target}"/>`;
    const bytes = await zipped({
      ...partsOf({
        workbook:
          '<workbook><sheets><sheet name="说明 &amp; 备注" r:id="b"/><sheet name="图" r:id="c"/><sheet name="名册" state="hidden" r:id="a"/></sheets></workbook>',
      }),
      'xl/_rels/workbook.xml.rels': `<Relationships>${relation('a', 'worksheet', 'worksheets/sheet1.xml')}${relation('b', 'worksheet', 'other/../worksheets/Sheet2.xml')}${relation('c', 'chartsheet', 'chart.xml')}</Relationships>`,
      'xl/worksheets/sheet2.xml': '<worksheet><sheetData/></worksheet>',
    });
    const sheets = await sheetsOf(bytes);
    expect(sheets.map(({ name, hidden }) => [name, hidden])).toEqual([
      ['说明 & 备注', false],
      ['名册', true],
    ]);
    expect(await all(sheets[0]!.rows())).toEqual([]);
    expect(await sheets[0]!.merges()).toEqual([]);
  });
});

describe('what is no workbook', () => {
  const workbook = zipped(partsOf({ rows: '<row r="1"><c r="A1"><v>1</v></c></row>' }));
  const compound = (entry: string): Buffer => {
    const bytes = Buffer.alloc(512 * 4);
    Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(bytes);
    bytes.writeUInt16LE(9, 30);
    // The directory begins in sector 1 and goes on in sector 2; the table of sectors is sector 0.
    bytes.writeUInt32LE(1, 48);
    bytes.writeUInt32LE(2, 512 + 4);
    Buffer.from(`${entry}\0`, 'utf16le').copy(bytes, 512 * 3);
    return bytes;
  };
  const changed = async (part: string, text: string): Promise<Buffer> => zipped({ ...partsOf({}), [part]: text });
  const entities = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>';

  it.each<[string, () => Promise<Buffer> | Buffer, FileErrorCode]>([
    ['a legacy xls', () => compound('Workbook'), 'FILE_IS_LEGACY_XLS'],
    ['an encrypted workbook', () => compound('EncryptedPackage'), 'FILE_IS_ENCRYPTED'],
    ['the beginning of a compound file', () => compound('x').subarray(0, 100), 'FILE_IS_LEGACY_XLS'],
    ['a workbook that ends early', async () => (await workbook).subarray(0, 900), 'FILE_TRUNCATED'],
    ['a workbook without its last byte', async () => (await workbook).subarray(0, -1), 'FILE_TRUNCATED'],
    [
      'a workbook without its beginning',
      async () => Buffer.concat([Buffer.from('PK\u0003\u0004'), (await workbook).subarray(200)]),
      'FILE_TRUNCATED',
    ],
    ['an empty zip', () => zipped({}), 'FILE_IS_ARCHIVE'],
    ['a zip of something', () => zipped({ 'a.csv': '学号' }), 'FILE_IS_ARCHIVE'],
    ['a document', () => changed('xl/workbook.xml', '<document/>'), 'FILE_IS_ARCHIVE'],
    [
      'an OpenDocument sheet',
      () => zipped({ mimetype: 'application/vnd.oasis.opendocument.spreadsheet', 'content.xml': '' }),
      'FILE_IS_OPEN_DOCUMENT',
    ],
    ['a workbook without sheets', () => changed('xl/workbook.xml', '<workbook/>'), 'FILE_EMPTY'],
    ['a document type', () => changed('xl/worksheets/sheet1.xml', `${entities}<worksheet/>`), 'WORKBOOK_UNSAFE'],
    ['a document type in a small part', () => changed('xl/workbook.xml', `${entities}<workbook/>`), 'WORKBOOK_UNSAFE'],
    ['an entity', () => changed('xl/worksheets/sheet1.xml', '<worksheet>&a;</worksheet>'), 'FILE_DAMAGED'],
    ['deep nesting', () => changed('xl/worksheets/sheet1.xml', '<a>'.repeat(100_000)), 'WORKBOOK_UNSAFE'],
    ['a tag that is not closed', () => changed('xl/worksheets/sheet1.xml', '<worksheet><sheetData><row r="1">'), 'FILE_DAMAGED'],
    ['half a tag', () => changed('xl/worksheets/sheet1.xml', '<worksheet><sheetData><row r="1'), 'FILE_DAMAGED'],
    ['a part that is no XML', () => changed('xl/worksheets/sheet1.xml', 'PK something else'), 'FILE_DAMAGED'],
    ['a NUL', () => changed('xl/worksheets/sheet1.xml', '<worksheet>\0</worksheet>'), 'FILE_DAMAGED'],
    ['a row twice', () => zipped(partsOf({ rows: '<row r="2"/><row r="2"/>' })), 'FILE_DAMAGED'],
    ['a row beyond the last', () => zipped(partsOf({ rows: '<row r="1048577"/>' })), 'FILE_DAMAGED'],
    ['a column beyond the last', () => zipped(partsOf({ rows: '<row r="1"><c r="XFE1"><v>1</v></c></row>' })), 'FILE_DAMAGED'],
    [
      'a string that is not there',
      () => zipped(partsOf({ rows: '<row r="1"><c r="A1" t="s"><v>7</v></c></row>' })),
      'FILE_DAMAGED',
    ],
    [
      'a long cell',
      () => zipped(partsOf({ rows: `<row r="1"><c r="A1" t="inlineStr"><is><t>${'x'.repeat(32_768)}</t></is></c></row>` })),
      'ROW_TOO_LONG',
    ],
    [
      'a text without end',
      () => zipped(partsOf({ strings: `<si><t>${'x'.repeat(9_000_000)}`, rows: '<row r="1"/>' })),
      'WORKBOOK_TOO_LARGE',
    ],
    [
      'cells without end',
      () =>
        zipped(
          partsOf({
            rows: Array.from({ length: 4000 }, (_, i) => `<row r="${i + 1}"><c r="XFD${i + 1}"><v>1</v></c></row>`).join(''),
          }),
        ),
      'WORKBOOK_TOO_LARGE',
    ],
    ['a web page in one file', () => Buffer.from('MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n'), 'FILE_IS_WEB_PAGE'],
    ['nothing', () => Buffer.alloc(0), 'FILE_EMPTY'],
  ])('refuses %s', async (_, bytes, code) => {
    expect((await refusal(await bytes())).code).toBe(code);
  });

  it('refuses a part that is larger than the list says, and one that says it is too large', async () => {
    const bytes = await zipped(
      partsOf({ rows: '<row r="1"/>', more: { 'xl/styles.xml': `<styleSheet>${' '.repeat(100_000)}</styleSheet>` } }),
    );
    const at = bytes.indexOf(Buffer.from('xl/styles.xml'), bytes.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'))) - 46;
    for (const [size, code] of [
      [1000, 'FILE_DAMAGED'],
      [4_000_000_000, 'WORKBOOK_TOO_LARGE'],
    ] as const) {
      const lying = Buffer.from(bytes);
      lying.writeUInt32LE(size, at + 24);
      expect((await refusal(lying)).code).toBe(code);
    }
    const spoilt = Buffer.from(bytes);
    spoilt.writeUInt32LE(1, at + 16);
    expect((await refusal(spoilt)).code).toBe('FILE_DAMAGED');
    const encrypted = Buffer.from(bytes);
    encrypted.writeUInt16LE(1, at + 8);
    expect((await refusal(encrypted)).code).toBe('FILE_IS_ENCRYPTED');
  });

  it('closes the file where the reader stops early', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `<row r="${i + 1}"><c r="A${i + 1}"><v>1</v></c></row>`).join('');
    const sheet = await sheetOf({ rows });
    for await (const { row } of sheet.rows()) if (row > 3) break;
    expect((await all(sheet.rows())).length).toBe(20_000);
  });
});
