import { bytesIn, type ByteSource } from './byte-source.ts';
import { readCsv } from './read-csv.ts';
import { readXlsx } from './read-xlsx.ts';
import type { Sheet } from './sheet-row.ts';
import { UnreadableFile } from './unreadable-file.ts';
import { isEncrypted } from './xlsx/compound-file.ts';

/** A zip with files, without, or in parts. */
const zipMarks = ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\u0008'];
const compoundMark = '\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1';

/**
 * The sheets of a file, whatever its name says: its first bytes tell a workbook (xlsx) from text (csv), which is one sheet without a name.
 * Throws `UnreadableFile` for what is neither, and what of `source` throws.
 */
export const readSheets = async (source: ByteSource): Promise<readonly Sheet[]> => {
  const magic = (await source.read(0, 8)).toString('latin1');
  if (zipMarks.some((mark) => magic.startsWith(mark))) return readXlsx(source);
  if (magic === compoundMark) throw new UnreadableFile((await isEncrypted(source)) ? 'FILE_IS_ENCRYPTED' : 'FILE_IS_LEGACY_XLS');
  return [
    { name: null, hidden: false, dateSystem: '1900', rows: () => readCsv(bytesIn(source)), merges: () => Promise.resolve([]) },
  ];
};
