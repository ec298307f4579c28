import { describe, expect, it } from '@jest/globals';

import * as fc from 'fast-check';
import iconv from 'iconv-lite';
import { readCsv } from './read-csv.ts';
import { all, cellsOf, inChunks, rowsOf } from './sheets.fixture.ts';
import type { FileErrorCode } from '../kernel/file-errors.ts';
import { fileErrorText, UnreadableFile } from './unreadable-file.ts';
import { writeCsv } from './write-csv.ts';

const refusal = async (file: string | Uint8Array, chunk?: number): Promise<{ code: FileErrorCode; facts: unknown }> => {
  const error = await rowsOf(file, chunk).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof UnreadableFile)) throw new Error(`not refused: ${String(error)}`);
  expect(fileErrorText(error, 'zh')).not.toMatch(/[{–]/);
  expect(fileErrorText(error, 'en')).toBe(error.message);
  return { code: error.code, facts: error.facts };
};

async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(Buffer.from('a,b\n1,2\n'));
  throw new Error('disk');
}

const encoders = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with mark': (text: string) => Buffer.from(`\uFEFF${text}`),
  'GB 18030': (text: string) => iconv.encode(text, 'gb18030'),
  'UTF-16LE with mark': (text: string) => iconv.encode(text, 'utf16-le', { addBOM: true }),
  'UTF-16BE with mark': (text: string) => iconv.encode(text, 'utf16-be', { addBOM: true }),
};

/** Rows that fill the sample, so that what follows is parsed piece by piece; a mark lets each chunk be decoded as it comes. */
const filler = 'f1,f2,f3\n'.repeat(8000);
const cellsAfterFiller = async (text: string, chunk: number): Promise<(readonly string[])[]> => {
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.from(`\uFEFF${filler}`);
    yield* inChunks(Buffer.from(text), chunk);
  }
  return (await all(readCsv(source()))).slice(8000).map(({ cells }) => cells);
};

describe('encodings', () => {
  const text = '考生号,姓名\r\n001,𠮷野·阿依古丽\r\n002,"张\r\n三"\r\n';
  const expected = [
    ['考生号', '姓名'],
    ['001', '𠮷野·阿依古丽'],
    ['002', '张\r\n三'],
  ];

  it.each(Object.entries(encoders))('reads %s in chunks of any size', async (_, encode) => {
    const bytes = encode(text);
    for (const chunk of [1, 2, 3, 5, 7, 65_536]) expect(await cellsOf(bytes, chunk)).toEqual(expected);
  });

  it('reads back what was written, in every encoding and cut anywhere', async () => {
    const character = fc.constantFrom(
      'a',
      '7',
      '中',
      '𠮷',
      '𬭚',
      '·',
      '，',
      ',',
      ';',
      '\t',
      '"',
      "'",
      '=',
      '-',
      ' ',
      '\n',
      '\r',
      'é',
    );
    const cell = fc.string({ unit: character, maxLength: 8 });
    const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 40 }), async (rows, chunk) => {
        const written = [['学号', '姓名', '备注'], ...rows];
        const csv = Buffer.concat(await all(writeCsv(written)))
          .toString()
          .slice(1);
        for (const encode of Object.values(encoders)) {
          const read = await cellsOf(encode(csv), chunk);
          expect(read.map((cells) => cells.map((c) => (c.startsWith("'") ? c.slice(1) : c)))).toEqual(written);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('decides between UTF-8 and GB 18030 where the first other byte than ASCII comes, however late', async () => {
    const ascii = `KSH,XM,${'BZ'.repeat(50)}\n`.repeat(12_000);
    for (const encode of [encoders['UTF-8'], encoders['GB 18030']]) {
      const bytes = Buffer.concat([Buffer.from(ascii), encode('001,王芳,学号姓名\n')]);
      let last: readonly string[] = [];
      let count = 0;
      for await (const { cells } of readCsv(inChunks(bytes))) {
        last = cells;
        count++;
      }
      expect([count, last]).toEqual([12_001, ['001', '王芳', '学号姓名']]);
    }
  });

  it('does not take a character that is cut at the end of the evidence for a broken one', async () => {
    for (let shift = 0; shift < 4; shift++) {
      const bytes = Buffer.from(`${'a'.repeat(shift)}${'王芳'.repeat(45)}\n`.repeat(4200));
      expect((await rowsOf(bytes, 50_000)).length).toBe(4200);
    }
  });

  it.each(Object.entries(encoders))('reads %s beyond the evidence, whatever the chunks cut', async (_, encode) => {
    // 丂 ends in 0x40 and 亅 in 0x52 in GB 18030, 𠮷 has four bytes there of which two are digits.
    const row = '丂亅𠮷王芳丂丂丂亅𠮷,1\n';
    const bytes = encode(row.repeat(40_000));
    expect(bytes.length).toBeGreaterThan(1_048_576);
    for (const chunk of [4099, 65_537]) {
      const different = (await cellsOf(bytes, chunk)).filter(([cell]) => cell !== row.slice(0, -3));
      expect(different).toEqual([]);
    }
  });

  it('refuses UTF-8 that is broken after more than a MiB, with the row', async () => {
    const good = '001,王芳,电子商务\n'.repeat(60_000);
    const bytes = Buffer.concat([Buffer.from(good), encoders['GB 18030']('002,李娜,物流\n'), Buffer.from('003,张伟,会计\n')]);
    expect(bytes.length).toBeGreaterThan(1_048_576);
    expect(await refusal(bytes)).toEqual({ code: 'FILE_ENCODING_BROKEN', facts: { row: 60_001, encoding: 'utf-8' } });
  });

  it('names the row of a bad byte in every encoding', async () => {
    const good = '学号,姓名\n1,"王\n芳"\n';
    expect(await refusal(Buffer.concat([encoders['GB 18030'](good), Buffer.from([0x32, 0x2c, 0xff, 0x0a])]))).toEqual({
      code: 'FILE_ENCODING_BROKEN',
      facts: { row: 3, encoding: 'gb18030' },
    });
    expect(await refusal(Buffer.concat([encoders['UTF-8 with mark'](good), Buffer.from([0xc3, 0x28, 0x0a])]))).toEqual({
      code: 'FILE_ENCODING_BROKEN',
      facts: { row: 3, encoding: 'utf-8' },
    });
    expect(await refusal(Buffer.concat([encoders['UTF-16LE with mark'](good), Buffer.from([0x41])]))).toEqual({
      code: 'FILE_ENCODING_BROKEN',
      facts: { row: 3, encoding: 'utf-16le' },
    });
    expect(await refusal(Buffer.concat([encoders['UTF-16BE with mark'](good), Buffer.from([0xd8, 0x00, 0x00, 0x41])]))).toEqual({
      code: 'FILE_ENCODING_BROKEN',
      facts: { row: 3, encoding: 'utf-16be' },
    });
  });
});

describe('what is no csv', () => {
  it.each<[string, Buffer, FileErrorCode]>([
    ['nothing', Buffer.alloc(0), 'FILE_EMPTY'],
    ['a mark alone', Buffer.from([0xef, 0xbb, 0xbf]), 'FILE_EMPTY'],
    ['a UTF-16 mark alone', Buffer.from([0xff, 0xfe]), 'FILE_EMPTY'],
    ['an xlsx', Buffer.from('PK\u0003\u0004\u0014\u0000\u0006\u0000', 'latin1'), 'FILE_IS_WORKBOOK'],
    ['an xls or encrypted workbook', Buffer.from('d0cf11e0a1b11ae1000000', 'hex'), 'FILE_IS_LEGACY_XLS'],
    ['a page', Buffer.from('<!DOCTYPE html><html>'), 'FILE_IS_WEB_PAGE'],
    ['a bare table', Buffer.from('\r\n  <TABLE border=1><tr><td>学号'), 'FILE_IS_WEB_PAGE'],
    ['a page with a mark', Buffer.from('\uFEFF<html xmlns:x="urn:schemas-microsoft-com:office:excel">'), 'FILE_IS_WEB_PAGE'],
    ['a page in UTF-16', encoders['UTF-16LE with mark']('<html>'), 'FILE_IS_WEB_PAGE'],
    ['an XML spreadsheet', Buffer.from('<?xml version="1.0"?><Workbook>'), 'FILE_IS_WEB_PAGE'],
    ['a PDF', Buffer.from('%PDF-1.7\n'), 'FILE_NOT_TEXT'],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'FILE_NOT_TEXT'],
    ['UTF-16 without a mark', iconv.encode('学号,姓名\n1,王芳\n', 'utf16-le', { addBOM: false }), 'FILE_NOT_TEXT'],
  ])('refuses %s', async (_, bytes, code) => {
    for (const chunk of [1, 65_536]) expect((await refusal(bytes, chunk)).code).toBe(code);
  });

  it('refuses a NUL that comes late, with the row', async () => {
    expect(await refusal(`${'1,2\n'.repeat(20_000)}3,\0\n`)).toEqual({ code: 'FILE_NOT_TEXT', facts: { row: 20_001 } });
    expect(await refusal(encoders['UTF-16LE with mark']('1,2\n3,\0\n'))).toEqual({ code: 'FILE_NOT_TEXT', facts: { row: 2 } });
  });

  it('lets an error of the source through', async () => {
    await expect(all(readCsv(failing()))).rejects.toThrow('disk');
  });
});

describe('rows', () => {
  it('counts rows as a spreadsheet does: blank ones do, quoted line breaks do not', async () => {
    expect(await rowsOf('a,b\r\n\r\n"x\r\ny\nz",2\n\n3,4')).toEqual([
      { row: 1, cells: ['a', 'b'] },
      { row: 2, cells: [''] },
      { row: 3, cells: ['x\r\ny\nz', '2'] },
      { row: 4, cells: [''] },
      { row: 5, cells: ['3', '4'] },
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('takes %j as line end, at the end of the file too or not', async (end) => {
    for (const last of ['', end]) {
      const text = `a,b${end}1,2${end}3,${last}`;
      const expected = [
        ['a', 'b'],
        ['1', '2'],
        ['3', ''],
      ];
      expect(await cellsOf(text)).toEqual(expected);
      for (const chunk of [1, 2, 3, 4, 5, 100]) expect(await cellsAfterFiller(text, chunk)).toEqual(expected);
    }
  });

  it.each([',', ';', '\t'])('finds the delimiter %j', async (delimiter) => {
    const text = [['2026级新生名册, 共3人; 见附件'], ['学号', '姓名', '备注', '班级'], ['1', '王芳', '"a,b;c;d,e;f"', '一班']]
      .map((cells) => cells.join(delimiter))
      .join('\n');
    expect((await cellsOf(text))[2]).toEqual(['1', '王芳', 'a,b;c;d,e;f', '一班']);
  });

  it('keeps spaces, and quotes that are doubled', async () => {
    expect(await cellsOf('a, b ,"c","d""e"\n')).toEqual([['a', ' b ', 'c', 'd"e']]);
  });

  it('takes ="…", by which other systems keep an id from becoming a number, for the text that it is', async () => {
    const text = '="20260001",王芳,="00""7"\n"=""20260002""","a,=""b"",c",="x\ny"\n=,==,a="b';
    const expected = [
      ['20260001', '王芳', '00"7'],
      ['20260002', 'a,="b",c', 'x\ny'],
    ];
    const sound = text.slice(0, text.lastIndexOf('\n'));
    expect(await cellsOf(sound)).toEqual(expected);
    for (const chunk of [1, 2, 3, 5, 100])
      expect(await cellsAfterFiller(`${sound}\n=,==,=`, chunk)).toEqual([...expected, ['=', '==', '=']]);
    expect(await refusal(text)).toMatchObject({ code: 'QUOTE_NOT_CLOSED' });
    expect(await cellsOf('姓名\t学号\n王芳\t="007"\n')).toEqual([
      ['姓名', '学号'],
      ['王芳', '007'],
    ]);
    // A formula that computes something is none of ours: it stays as it was written, or is refused where its quotes break the row.
    expect(await cellsOf('"=""a""&""b""",1')).toEqual([['="a"&"b"', '1']]);
    expect(await refusal('="a"&"b",1')).toMatchObject({ code: 'QUOTE_NOT_CLOSED' });
  });

  it('refuses a quote within an unquoted cell rather than guess where the cell ends', async () => {
    expect(await refusal('a,b\n1,5" pipe\n')).toEqual({ code: 'QUOTE_NOT_CLOSED', facts: { row: 2 } });
  });

  it('names the row where a quote opened that is not closed', async () => {
    expect(await refusal('a,b\n1,"x\ny\n2,3\n')).toEqual({ code: 'QUOTE_NOT_CLOSED', facts: { row: 2 } });
    expect(await refusal('a,b\n"x\ny\n2,3\n4,"z"\n')).toEqual({ code: 'QUOTE_NOT_CLOSED', facts: { row: 2 } });
    expect(await refusal(`a,b\n1,2\n3,"x${'\n4,5'.repeat(100_000)}`)).toEqual({ code: 'QUOTE_NOT_CLOSED', facts: { row: 3 } });
  });

  it('refuses cells, rows and column counts that no spreadsheet holds', async () => {
    expect(await refusal(`a,b\n1,${'x'.repeat(32_768)}\n`)).toEqual({
      code: 'ROW_TOO_LONG',
      facts: { row: 2, limit: 'cell', max: 32_767 },
    });
    expect(await refusal(`a,b\n1,"${'x'.repeat(32_768)}"\n`)).toMatchObject({ code: 'ROW_TOO_LONG' });
    expect((await cellsOf(`a,b\n1,"${'x'.repeat(32_767)}"\n`))[1]?.[1]?.length).toBe(32_767);
    expect(await refusal(`a,b\n${','.repeat(16_384)}\n`)).toEqual({
      code: 'ROW_TOO_LONG',
      facts: { row: 2, limit: 'columns', max: 16_384 },
    });
    expect(await refusal(`a,b\n${`${'x'.repeat(30_000)},`.repeat(40)}\n`)).toEqual({
      code: 'ROW_TOO_LONG',
      facts: { row: 2, limit: 'row', max: 1_048_576 },
    });
  });

  it('streams 50,000 rows, reading no further ahead than its sample', async () => {
    let made = 0;
    let ahead = 0;
    let read = 0;
    const misplaced: number[] = [];
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(Buffer.from('学号,姓名,专业,入学日期\n'));
      while (made < 50_000) {
        const from = made;
        made += 250;
        yield await Promise.resolve(
          Buffer.from(Array.from({ length: 250 }, (_, i) => `${from + i},王芳,电子商务,2026-09-01\n`).join('')),
        );
      }
    }
    for await (const { row } of readCsv(source())) {
      read++;
      if (row !== read) misplaced.push(row);
      // The first MiB is evidence for the encoding; after it every chunk is used up before the next is asked for.
      if (read > 35_000) ahead = Math.max(ahead, made - read);
    }
    expect(misplaced).toEqual([]);
    expect(read).toBe(50_001);
    expect(ahead).toBeLessThan(500);
  });

  it('closes the source when the reader stops early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield await Promise.resolve(Buffer.from('a,b\n'.repeat(30_000)));
      } finally {
        closed = true;
      }
    }
    for await (const { row } of readCsv(source())) if (row > 10) break;
    expect(closed).toBe(true);
  });
});
