import { describe, expect, it } from '@jest/globals';
import { all } from './sheets.fixture.ts';
import type { SheetRow } from './sheet-row.ts';
import { sheetsOf } from './workbooks.fixture.ts';
import { heldBytes } from './byte-source.ts';
import { listOf, writeXlsx, type OutCell, type OutSheet } from './write-xlsx.ts';
import { openZip } from './xlsx/read-zip.ts';

const properties = { title: '名册', creator: 'r1', created: '2026-11-22T10:00:00Z' };

const written = async (sheets: readonly OutSheet[], more: object = {}): Promise<Buffer> =>
  Buffer.concat(await all(writeXlsx(sheets, { ...properties, ...more }) as AsyncIterable<Buffer>));

const sheet = (rows: readonly (readonly OutCell[])[]): OutSheet => ({
  name: '名册',
  columns: [{ width: 20 }],
  frozenRows: 1,
  rows: rows.map((cells) => ({ cells })),
});

const read = async (bytes: Buffer): Promise<SheetRow[]> => all((await sheetsOf(bytes))[0]!.rows());

const part = async (bytes: Buffer, name: string): Promise<string> =>
  (await (await openZip(heldBytes(bytes))).whole(name, 10_000_000)).toString();

describe('a written workbook', () => {
  it('gives every text back, and none of it is a formula', async () => {
    const texts = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\tx',
      '\rx',
      ' pad ',
      "'0012",
      '00012',
      '440305199001010012',
      'a\nb',
      'a\r\nb',
    ];
    const rare = ['𠮷𬭚', '\uE863', '<&>"\'', '\u0001', '_x0041_', '', '王·芳', 'x'.repeat(32_767)];
    const bytes = await written([sheet([texts, rare])]);
    expect((await read(bytes)).map(({ cells, stored }) => ({ cells, stored }))).toEqual([{ cells: texts }, { cells: rare }]);
    expect(await part(bytes, 'xl/worksheets/sheet1.xml')).not.toContain('<f>');
  });

  it('keeps half characters from breaking the file', async () => {
    expect((await read(await written([sheet([['a\uD842', '\uFFFE']])])))[0]?.cells).toEqual(['a\uFFFD', '\uFFFE']);
  });

  it('gives back what another workbook stored', async () => {
    const cells: OutCell[] = [
      { kind: 'number', value: '85.5' },
      { kind: 'number', value: '4.4030519900101E+17' },
      { kind: 'number', value: '123', format: '0000000' },
      { kind: 'date', value: '2026-09-01', format: 'yyyy/m/d' },
      { kind: 'date', value: '2026-09-01 08:30:00', format: 'yyyy/m/d h:mm' },
      { kind: 'time', value: '08:30:00', format: 'h:mm' },
      { kind: 'boolean', value: '1' },
      { kind: 'error', value: '#N/A' },
    ];
    const [row] = await read(await written([sheet([cells])]));
    expect(row?.stored).toEqual(cells);
    expect(row?.cells).toEqual([
      '85.5',
      '4.40305199001010E+17',
      '0000123',
      '2026-09-01',
      '2026-09-01 08:30:00',
      '08:30:00',
      'TRUE',
      '#N/A',
    ]);
  });

  it('writes as text what would not be what it says', async () => {
    const cells: OutCell[] = [
      { kind: 'uncalculated', value: '=HYPERLINK("x")' },
      { kind: 'number', value: '1"/><f>1+1</f>' },
      { kind: 'error', value: '<f/>' },
      { kind: 'date', value: '1899-12-31' },
    ];
    const [row] = await read(await written([sheet([cells])]));
    expect(row).toEqual({ row: 1, cells: cells.map((cell) => (cell as { value: string }).value) });
  });

  it('has dates as dates, columns of text, a frozen header, lists and hints', async () => {
    const bytes = await written([
      {
        name: '名册',
        columns: [{ width: 20 }, { choices: listOf("代码'表", 28, 2, 57), hint: { title: '民族', text: 'GB/T 3304\n"汉族"' } }],
        frozenRows: 2,
        rows: [{ mark: 'header', cells: ['学号', '民族'] }, { cells: [undefined, { kind: 'date', value: '2026-09-01' }] }],
      },
      { name: "代码'表", columns: [], frozenRows: 0, rows: [] },
    ]);
    const xml = await part(bytes, 'xl/worksheets/sheet1.xml');
    expect(xml).toContain('<pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>');
    expect(xml).toContain('<col min="1" max="1" width="20"');
    expect(xml).toContain("sqref=\"B3:B1048576\"><formula1>'代码''表'!$AB$2:$AB$57</formula1>");
    expect(xml).toContain('prompt="GB/T 3304&#10;&quot;汉族&quot;"');
    expect(xml).toMatch(/<c r="B2" s="\d+"><v>46266<\/v>/);
    expect((await sheetsOf(bytes)).map(({ name }) => name)).toEqual(['名册', "代码'表"]);
  });

  it('says in its properties what it is', async () => {
    const bytes = await written([sheet([])], {
      description: '<as of>',
      custom: { 'as of': '2026-01-01', right: 'registrar & co' },
    });
    expect(await part(bytes, 'docProps/core.xml')).toContain('<dc:title>名册</dc:title><dc:creator>r1</dc:creator>');
    expect(await part(bytes, 'docProps/core.xml')).toContain('<dc:description>&lt;as of&gt;</dc:description>');
    expect(await part(bytes, 'docProps/custom.xml')).toContain('name="right"><vt:lpwstr>registrar &amp; co</vt:lpwstr>');
  });

  it('takes rows no faster than they are read, and breaks with them', async () => {
    let made = 0;
    async function* rows() {
      for (; made < 300_000; made++) yield await Promise.resolve({ cells: [`${made} 王芳 ${Math.sin(made)}`] });
    }
    const stream = writeXlsx([{ name: 'x', columns: [], frozenRows: 0, rows: rows() }], properties);
    await new Promise((resolve) => stream.once('readable', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made).toBeLessThan(100_000);
    stream.destroy();

    // oxlint-disable-next-line require-yield
    function* broken(): Generator<{ cells: string[] }> {
      throw new Error('the ledger went away');
    }
    await expect(written([{ name: 'x', columns: [], frozenRows: 0, rows: broken() }])).rejects.toThrow('went away');
  });
});
