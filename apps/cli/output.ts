import { createWriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed } from './connection.ts';
import { words } from './words.ts';

/** By the name of the file: a workbook where it ends so, csv otherwise and on standard output. */
export const formatOf = (out: string | undefined): 'csv' | 'xlsx' => (out?.toLowerCase().endsWith('.xlsx') ? 'xlsx' : 'csv');

/** Everything into a file, or to standard output where none is named. */
export async function pour(source: Readable, out: string | undefined, language: Language): Promise<void> {
  const target: Writable = out === undefined ? process.stdout : createWriteStream(out);
  try {
    await pipeline(source, target, { end: out !== undefined });
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const { code, path: of, message } = error as NodeJS.ErrnoException;
    if (code !== undefined && of === out) throw new CommandFailed(fill(words.notWritable[language], { file: of, code }));
    // An answer that breaks off: what is there is no whole export.
    throw new CommandFailed(fill(words.exportBroken[language], { why: message }));
  }
  if (out !== undefined) process.stderr.write(`${fill(words.written[language], { file: out })}\n`);
}
