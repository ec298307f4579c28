import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readCsv } from './read-csv.ts';
import { all } from './sheets.fixture.ts';
import { unguard } from './values.ts';
import { guard, writeCsv } from './write-csv.ts';

const written = async (rows: readonly (readonly string[])[], cells?: 'values' | 'as-sent'): Promise<string> =>
  Buffer.concat(await all(writeCsv(rows, cells ? { cells } : {}))).toString();

async function* failing(): AsyncGenerator<string[], void, undefined> {
  yield await Promise.resolve(['a']);
  throw new Error('view is gone');
}

describe('writeCsv', () => {
  it('writes UTF-8 with a mark, CRLF and quotes where they are needed', async () => {
    expect(
      await written([
        ['学号', '备注'],
        ['001', 'a,"b"\nc'],
      ]),
    ).toBe('\uFEFF学号,备注\r\n001,"a,""b""\nc"\r\n');
  });

  it.each(['=1+1', '+86 138', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '＝1', "'x", '－1'])(
    'guards %j, and reading gives it back',
    async (value) => {
      const text = await written([
        ['h1', 'h2'],
        [value, 'x'],
      ]);
      expect(text).toContain(`'${value}`);
      const [, row] = await all(
        readCsv(
          writeCsv([
            ['h1', 'h2'],
            [value, 'x'],
          ]),
        ),
      );
      expect(row?.cells.map(unguard)).toEqual([value, 'x']);
    },
  );

  it('never lets a cell begin as a formula and never loses one', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', "'", 'a', '中') }), (value) => {
        expect(guard(value)).not.toMatch(/^[=+\-@\t\r]/);
        expect(unguard(guard(value))).toBe(value);
      }),
    );
  });

  it('sends back a sender’s cells so that they can come in again, any number of times', async () => {
    const sent = [
      ['学号', '姓名'],
      ["'00123", '=cmd|x'],
      ['00124', '王芳'],
    ];
    const once = await written(sent, 'as-sent');
    expect(once).toBe("\uFEFF学号,姓名\r\n'00123,'=cmd|x\r\n00124,王芳\r\n");
    const again = (await all(readCsv(writeCsv(sent, { cells: 'as-sent' })))).map(({ cells }) => cells);
    expect(await written(again, 'as-sent')).toBe(once);
  });

  it('takes rows as they are asked for', async () => {
    let made = 0;
    async function* rows() {
      for (; made < 50_000; made++) yield await Promise.resolve([String(made), '王芳']);
    }
    let read = 0;
    let ahead = 0;
    for await (const { row } of readCsv(writeCsv(rows()))) {
      read = row;
      if (read > 10_000) ahead = Math.max(ahead, made - read);
    }
    expect(read).toBe(50_000);
    expect(made).toBe(50_000);
  });

  it('fails where its rows fail', async () => {
    await expect(all(writeCsv(failing()))).rejects.toThrow('view is gone');
  });
});
