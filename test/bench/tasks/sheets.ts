// A roster read to its end as csv, as a workbook with its strings in the cells, and as one with shared strings: beside the bare csv parser.
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { fileBytes } from '../../../libs/intake/byte-source.ts';
import { findTable } from '../../../libs/intake/find-table.ts';
import { readSheets } from '../../../libs/intake/read-sheet.ts';
import { rosterForm } from '../../../libs/intake/roster.ts';
import { writeCsv } from '../../../libs/intake/write-csv.ts';
import { writeXlsx, type OutRow } from '../../../libs/intake/write-xlsx.ts';
import { zipOf, type ZipPart } from '../../../libs/intake/xlsx/write-zip.ts';
import { xmlText } from '../../../libs/intake/xlsx/xml-text.ts';
import { peakMiB, type Measured, type Task } from '../harness.ts';

export const sheets: Task = {
  name: 'sheets',
  counts: 'rows',
  contenders: ['ours', 'raw'],
  variants: ({ learners }) => ['csv', 'inline', 'shared'].map((kind) => ({ kind, rows: learners ?? 100_000 })),

  prepare: async ({ contender, folder, variant }) => {
    const rows = Number(variant['rows']);
    // The bare parser is given the same rows as csv, whatever ours are in.
    const kind = contender === 'ours' ? variant['kind'] : 'csv';
    await writeSheet(join(folder, 'roster'), String(kind), roster(rows));
  },

  run: async ({ contender, folder, variant }): Promise<Measured> => {
    const rows = Number(variant['rows']);
    const began = performance.now();
    const read = await (contender === 'ours' ? tableRows : bareRows)(join(folder, 'roster'));
    return { rate: rows / ((performance.now() - began) / 1000), peakMiB: peakMiB(), lost: rows - read };
  },
};

/** Rows of text as csv, as a workbook with its strings in the cells (`inline`) or in a table of their own (`shared`). */
export const writeSheet = (file: string, kind: string, rows: Iterable<readonly string[]>): Promise<void> =>
  pipeline(kind === 'csv' ? writeCsv(rows) : kind === 'inline' ? inline(rows) : shared(rows), createWriteStream(file));

async function tableRows(file: string): Promise<number> {
  const source = await fileBytes(file);
  let read = 0;
  for await (const { problems, faults } of (await findTable(await readSheets(source), rosterForm)).records)
    read += problems.length + (faults?.length ?? 0) === 0 ? 1 : 0;
  await source.close();
  return read;
}

async function bareRows(file: string): Promise<number> {
  let read = -1;
  for await (const _row of createReadStream(file).pipe(parse({ bom: true }))) read += 1;
  return read;
}

const header =
  '考生号,学号,姓名,性别,出生日期,身份证号,政治面貌,民族,专业代码,专业名称,层次,学制,学习形式,入学日期,学院,系,班级,预计毕业日期,招生类型,联系电话,监护人,监护人电话'.split(
    ',',
  );

/** Twenty-two columns, about five of them of the student's own: half a million strings that differ in a hundred thousand rows. */
function* roster(rows: number): Generator<string[]> {
  yield header;
  for (let n = 0; n < rows; n++) {
    const own = String(100_000 + n);
    const id = `4403052008${String(1 + (n % 12)).padStart(2, '0')}01${String(n % 10_000).padStart(4, '0')}`;
    const student = `25440300${own},20260${own},学生${n},女,2008-01-01,${id},共青团员,汉族,530701,电子商务,专科(高职),3,普通全日制,2026-09-01`;
    yield `${student},商学院,电商系,电商26${n % 30}班,2029-06-30,普通,138${own}00,家长${n},139${own}00`.split(',');
  }
}

function* outRows(rows: Iterable<readonly string[]>): Generator<OutRow> {
  for (const cells of rows) yield { cells };
}

const inline = (rows: Iterable<readonly string[]>): Readable =>
  writeXlsx([{ name: '名册', columns: [], frozenRows: 1, rows: outRows(rows) }], {
    title: '名册',
    creator: 'bench',
    created: '2026-11-22T00:00:00Z',
  });

/** As Excel writes it, the table of strings behind the sheet. */
function shared(rows: Iterable<readonly string[]>): Readable {
  const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const numbers = new Map<string, number>();
  let row = 0;
  let count = 0;
  function* sheet(): Generator<string> {
    yield '<worksheet><sheetData>';
    for (const cells of rows) {
      row += 1;
      count += cells.length;
      const each = cells.map((cell, at) => {
        const number = numbers.get(cell) ?? numbers.size;
        numbers.set(cell, number);
        return `<c r="${String.fromCharCode(65 + at)}${row}" s="1" t="s"><v>${number}</v></c>`;
      });
      yield `<row r="${row}" spans="1:${cells.length}">${each.join('')}</row>`;
    }
    yield '</sheetData></worksheet>';
  }
  function* strings(): Generator<string> {
    yield `<sst count="${count}" uniqueCount="${numbers.size}">`;
    for (const text of numbers.keys()) yield `<si><t>${xmlText(text)}</t></si>`;
    yield '</sst>';
  }
  const relation = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${types}/${type}" Target="${target}"/>`;
  const parts: readonly ZipPart[] = [
    { name: '[Content_Types].xml', text: ['<Types/>'] },
    { name: '_rels/.rels', text: [`<Relationships>${relation('r1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`] },
    { name: 'xl/workbook.xml', text: ['<workbook><sheets><sheet name="名册" r:id="r1"/></sheets></workbook>'] },
    {
      name: 'xl/_rels/workbook.xml.rels',
      text: [
        `<Relationships>${relation('r1', 'worksheet', 'worksheets/sheet1.xml')}${relation('r2', 'sharedStrings', 'sharedStrings.xml')}</Relationships>`,
      ],
    },
    { name: 'xl/worksheets/sheet1.xml', text: sheet() },
    { name: 'xl/sharedStrings.xml', text: strings() },
  ];
  return Readable.from(zipOf(parts), { objectMode: false });
}
