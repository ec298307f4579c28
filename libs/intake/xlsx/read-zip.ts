import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRaw } from 'node:zlib';
import { promisify } from 'node:util';
import { bytesIn, type ByteSource } from '../byte-source.ts';
import { UnreadableFile } from '../unreadable-file.ts';

/** What a zip may hold: a workbook of a hundred sheets has a few hundred parts. */
const maxEntries = 10_000;
const maxDirectoryBytes = 4_194_304;
const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

interface Entry {
  readonly name: string;
  readonly encrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly at: number;
}

/** The parts of a zip, read by its list at the end. Sizes and checksums that are not as listed make it a damaged file. */
export class Zip {
  readonly #source: ByteSource;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(source: ByteSource, entries: ReadonlyMap<string, Entry>) {
    this.#source = source;
    this.#entries = entries;
  }

  /** Names do not mind case. */
  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** A part of at most `max` bytes. */
  async whole(name: string, max: number): Promise<Buffer> {
    const entry = this.#entry(name, max);
    const from = await this.#dataAt(entry);
    const packed = await this.#source.read(from, entry.packed);
    if (packed.length < entry.packed) throw new UnreadableFile('FILE_TRUNCATED');
    let bytes: Buffer;
    try {
      // One byte more than is listed: a part that is longer than it says is found out.
      bytes = entry.method === 0 ? packed : await inflate(packed, { maxOutputLength: entry.size + 1 });
    } catch {
      throw damaged(name);
    }
    if (bytes.length !== entry.size || crc32(bytes) !== entry.crc) throw damaged(name);
    return bytes;
  }

  /** A part of at most `max` bytes, in pieces; whether it is sound is known at its end. */
  async *pieces(name: string, max: number): AsyncGenerator<Buffer, void, undefined> {
    const entry = this.#entry(name, max);
    const from = await this.#dataAt(entry);
    if (from + entry.packed > this.#source.size) throw new UnreadableFile('FILE_TRUNCATED');
    const packed = bytesIn(this.#source, from, from + entry.packed);
    let size = 0;
    let crc = 0;
    for await (const piece of entry.method === 0 ? packed : inflated(packed, name)) {
      size += piece.length;
      if (size > entry.size) throw damaged(name);
      crc = crc32(piece, crc);
      yield piece;
    }
    if (size !== entry.size || crc !== entry.crc) throw damaged(name);
  }

  #entry(name: string, max: number): Entry {
    const entry = this.#entries.get(name.toLowerCase());
    if (!entry) throw damaged(name);
    if (entry.encrypted) throw new UnreadableFile('FILE_IS_ENCRYPTED');
    if (entry.method !== 0 && entry.method !== 8) throw damaged(name);
    if (entry.size > max || entry.packed > max + 65_536) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part: name, max });
    return entry;
  }

  async #dataAt(entry: Entry): Promise<number> {
    const header = await this.#source.read(entry.at, 30);
    if (header.length < 30) throw new UnreadableFile('FILE_TRUNCATED');
    if (header.readUInt32LE(0) !== 0x04034b50) throw damaged(entry.name);
    return entry.at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  }
}

export const damaged = (part: string): UnreadableFile => new UnreadableFile('FILE_DAMAGED', { part });

async function* inflated(packed: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer, void, undefined> {
  const output = pipeline(Readable.from(packed), createInflateRaw({ chunkSize: 262_144 }), () => {
    // Whoever reads gets the error.
  });
  try {
    for await (const piece of output as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? damaged(name) : error;
  }
}

/** Throws `UnreadableFile` for a zip that ends early, and for one whose list is none or holds too much. */
export const openZip = async (source: ByteSource): Promise<Zip> => {
  const { at, size, count, before } = await endOf(source);
  if (count > maxEntries || size > maxDirectoryBytes)
    throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part: '', max: maxEntries });
  const directory = await source.read(at + before, size);
  if (directory.length < size) throw new UnreadableFile('FILE_TRUNCATED');
  const entries = new Map<string, Entry>();
  for (let from = 0, i = 0; i < count; i++) {
    if (from + 46 > size || directory.readUInt32LE(from) !== 0x02014b50) throw damaged('');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => directory.readUInt16LE(from + offset)) as [
      number,
      number,
      number,
    ];
    const next = from + 46 + nameLength + extraLength + commentLength;
    if (next > size) throw damaged('');
    const name = directory
      .toString('utf8', from + 46, from + 46 + nameLength)
      .replaceAll('\\', '/')
      .replace(/^\/+/, '');
    const long = zip64Of(directory.subarray(from + 46 + nameLength, from + 46 + nameLength + extraLength));
    const field = (offset: number): number => {
      const value = directory.readUInt32LE(from + offset);
      return value === 0xffffffff ? (long.shift() ?? value) : value;
    };
    // In the order in which a zip64 field lists them.
    const unpacked = field(24);
    const packed = field(20);
    const entry: Entry = {
      name,
      encrypted: (directory.readUInt16LE(from + 8) & 1) === 1,
      method: directory.readUInt16LE(from + 10),
      crc: directory.readUInt32LE(from + 16),
      packed,
      size: unpacked,
      at: field(42) + before,
    };
    if (entries.has(name.toLowerCase())) throw damaged(name);
    entries.set(name.toLowerCase(), entry);
    from = next;
  }
  return new Zip(source, entries);
};

/** Sizes and places beyond 4 GiB; some programs write them for small parts too. */
const zip64Of = (extra: Buffer): number[] => {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const values: number[] = [];
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2));
    for (let from = at + 4; from + 8 <= end; from += 8) values.push(Number(extra.readBigUInt64LE(from)));
    return values;
  }
  return [];
};

/** Where the list of entries is; `before`: bytes that stand before the zip and that its own places do not count. */
const endOf = async (source: ByteSource): Promise<{ at: number; size: number; count: number; before: number }> => {
  const from = Math.max(0, source.size - 65_557);
  const tail = await source.read(from, 65_557);
  let end = tail.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  while (end >= 0 && end + 22 + (end + 22 <= tail.length ? tail.readUInt16LE(end + 20) : 0) > tail.length)
    end = end === 0 ? -1 : tail.lastIndexOf('PK\u0005\u0006', end - 1, 'latin1');
  if (end < 0) throw new UnreadableFile('FILE_TRUNCATED');
  let [count, size, at] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const locator = end - 20;
  if (
    (count === 0xffff || size === 0xffffffff || at === 0xffffffff) &&
    locator >= 0 &&
    tail.readUInt32LE(locator) === 0x07064b50
  ) {
    const record = await source.read(Number(tail.readBigUInt64LE(locator + 8)), 56);
    if (record.length < 56 || record.readUInt32LE(0) !== 0x06064b50) throw new UnreadableFile('FILE_TRUNCATED');
    [count, size, at] = [32, 40, 48].map((offset) => Number(record.readBigUInt64LE(offset))) as [number, number, number];
    return { at, size, count, before: 0 };
  }
  const before = from + end - size - at;
  if (before < 0) throw new UnreadableFile('FILE_TRUNCATED');
  return { at, size, count, before };
};
