import { pipeline, Readable } from 'node:stream';
import { constants, crc32, createDeflateRaw } from 'node:zlib';

export interface ZipPart {
  readonly name: string;
  readonly text: Iterable<string> | AsyncIterable<string>;
}

/** Without zip64 a part and the whole end here; a sheet of a million rows has a tenth of it. */
const maxBytes = 0xffff_fffe;
const pieceLength = 65_536;

/** A zip whose parts are written one after another as they come; a later part may be made of what an earlier one said. */
export async function* zipOf(parts: Iterable<ZipPart> | AsyncIterable<ZipPart>): AsyncGenerator<Buffer, void, undefined> {
  const directory: Buffer[] = [];
  let at = 0;
  for await (const { name, text } of parts) {
    const begins = at;
    const sums = { crc: 0, size: 0, packed: 0 };
    const local = headerOf(0x04034b50, name, sums);
    at += local.length;
    yield local;
    const deflated = pipeline(Readable.from(counted(text, sums)), createDeflateRaw({ level: constants.Z_BEST_SPEED }), () => {
      // Whoever reads gets the error.
    });
    for await (const piece of deflated as AsyncIterable<Buffer>) {
      sums.packed += piece.length;
      at += piece.length;
      yield piece;
    }
    if (at > maxBytes || sums.size > maxBytes) throw new RangeError('a workbook of more than 4 GiB');
    const sizes = Buffer.alloc(16);
    sizes.writeUInt32LE(0x08074b50, 0);
    sizesInto(sizes, 4, sums);
    at += sizes.length;
    yield sizes;
    directory.push(headerOf(0x02014b50, name, sums, begins));
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, entry) => sum + entry.length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  yield Buffer.concat([...directory, end]);
}

interface Sums {
  crc: number;
  size: number;
  packed: number;
}

async function* counted(text: ZipPart['text'], sums: Sums): AsyncGenerator<Buffer, void, undefined> {
  let gathered = '';
  const bytes = (): Buffer => {
    const piece = Buffer.from(gathered);
    gathered = '';
    sums.crc = crc32(piece, sums.crc);
    sums.size += piece.length;
    return piece;
  };
  for await (const more of text) {
    gathered += more;
    if (gathered.length >= pieceLength) yield bytes();
  }
  if (gathered !== '') yield bytes();
}

/** Of a part (its sizes follow it) or, with the place where that begins, of its entry in the list at the end. */
const headerOf = (signature: number, name: string, sums: Sums, begins?: number): Buffer => {
  const inList = begins !== undefined;
  const header = Buffer.alloc(inList ? 46 : 30);
  header.writeUInt32LE(signature, 0);
  if (inList) header.writeUInt16LE(20, 4);
  const from = inList ? 6 : 4;
  header.writeUInt16LE(20, from);
  // Sizes come behind the part, names are UTF-8.
  header.writeUInt16LE(0x0808, from + 2);
  header.writeUInt16LE(8, from + 4);
  // 1 January 1980: when a workbook was made is among its properties.
  header.writeUInt16LE(0x21, from + 8);
  if (inList) {
    sizesInto(header, 16, sums);
    header.writeUInt32LE(begins, 42);
  }
  const bytes = Buffer.from(name);
  header.writeUInt16LE(bytes.length, inList ? 28 : 26);
  return Buffer.concat([header, bytes]);
};

const sizesInto = (bytes: Buffer, at: number, { crc, size, packed }: Sums): void => {
  bytes.writeUInt32LE(crc, at);
  bytes.writeUInt32LE(packed, at + 4);
  bytes.writeUInt32LE(size, at + 8);
};
