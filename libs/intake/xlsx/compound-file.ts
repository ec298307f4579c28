import type { ByteSource } from '../byte-source.ts';

/** An encrypted workbook has ten entries or so, four to a sector. */
const maxSectors = 64;
const packageName = Buffer.from('EncryptedPackage\0', 'utf16le');

/** Whether a compound file (OLE) holds an encrypted workbook; else it is a legacy xls. Says no where the file is broken. */
export const isEncrypted = async (source: ByteSource): Promise<boolean> => {
  const header = await source.read(0, 512);
  if (header.length < 512) return false;
  const shift = header.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) return false;
  const sectorBytes = 1 << shift;
  const sector = (number: number): Promise<Buffer> => source.read((number + 1) * sectorBytes, sectorBytes);

  // The directory is a chain of sectors; which one is next stands in tables that the header lists.
  let next = header.readUInt32LE(48);
  for (let read = 0; read < maxSectors; read++) {
    const entries = await sector(next);
    if (entries.includes(packageName)) return true;
    const perTable = sectorBytes / 4;
    const table = Math.floor(next / perTable);
    if (entries.length < sectorBytes || table >= 109) return false;
    const places = await sector(header.readUInt32LE(76 + table * 4));
    if (places.length < sectorBytes) return false;
    next = places.readUInt32LE((next % perTable) * 4);
  }
  return false;
};
