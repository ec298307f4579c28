import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { all } from '../../libs/intake/sheets.fixture.ts';
import { writeXlsx, type OutCell, type OutRow } from '../../libs/intake/write-xlsx.ts';

export type SheetEncoding = 'utf-8' | 'utf-8 with mark' | 'utf-16' | 'gb18030';

const line = (cells: readonly string[], separator: string): string =>
  cells.map((cell) => (/[",\t\r\n;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(separator);

/** A sheet as offices save them: UTF-16 with a mark and tabs, the others with commas. */
export function sheet(rows: readonly (readonly string[])[], encoding: SheetEncoding = 'utf-8'): Buffer {
  const text = rows.map((cells) => `${line(cells, encoding === 'utf-16' ? '\t' : ',')}\r\n`).join('');
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text);
    case 'utf-8 with mark':
      return Buffer.from(`\uFEFF${text}`);
    case 'utf-16':
      return Buffer.from(`\uFEFF${text}`, 'utf16le');
    case 'gb18030':
      return iconv.encode(text, 'gb18030');
    default:
      return encoding satisfies never;
  }
}

/** A workbook of one sheet. */
export async function workbook(rows: readonly (readonly OutCell[])[]): Promise<Buffer> {
  const written_ = rows.map((cells): OutRow => ({ cells }));
  const out = writeXlsx([{ name: '新生', columns: [], frozenRows: 0, rows: written_ }], {
    title: '新生',
    creator: 'office',
    created: '2026-09-01T00:00:00Z',
  });
  return Buffer.concat(await all(out as AsyncIterable<Uint8Array>));
}

/** Writes it and gives its path. */
export function written(folder: string, name: string, content: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The rows of a sheet whose columns stand in another order. */
export const reordered = (rows: readonly (readonly string[])[], order: readonly number[]): string[][] =>
  rows.map((cells) => order.map((at) => cells[at] ?? ''));
