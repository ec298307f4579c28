import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { UnreadableFile } from './unreadable-file.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';

/** Bytes that do not belong to the encoding; what stood before them was yielded, so the reader can name the row. */
export class BrokenEncoding extends Error {
  readonly encoding: Encoding;

  constructor(encoding: Encoding) {
    super(`bytes that are not ${encoding}`);
    this.name = 'BrokenEncoding';
    this.encoding = encoding;
  }
}

/** Enough to see what kind of file it is. */
const headBytes = 4096;
/** How much after the first byte that is not ASCII decides between UTF-8 and GB 18030. */
const evidenceBytes = 1_048_576;
const sliceBytes = 262_144;
/** No row that may be taken is longer without a comma, quote, space or line end. */
const carryBytes = 4_194_304;

/**
 * Decodes text as spreadsheet programs and offices write it: UTF-8 with or without a mark, UTF-16 with a mark, else GB 18030.
 * UTF-8 or GB 18030 is decided where the first byte that is not ASCII stands, however late, on the MiB that follows; memory stays bounded.
 * Throws `UnreadableFile` for what its first bytes show to be no text, and `BrokenEncoding` at the first bytes that do not belong.
 */
export async function* decodeText(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let decoding: Decoding | undefined;
  let evidence: Uint8Array[] = [];
  let gathered = 0;
  let first = true;

  for await (const chunk of headFirst(source)) {
    if (first) {
      first = false;
      decoding = byMark(chunk);
    }
    if (decoding) {
      yield* decoding.take(chunk);
    } else if (gathered === 0 && isAscii(chunk)) {
      yield asBuffer(chunk).toString('latin1');
    } else {
      evidence.push(chunk);
      gathered += chunk.length;
      if (gathered < evidenceBytes) continue;
      const bytes = Buffer.concat(evidence);
      evidence = [];
      decoding = new Decoding(isUtf8UpTo3(bytes) ? 'utf-8' : 'gb18030');
      yield* decoding.take(bytes);
    }
  }

  if (first) throw new UnreadableFile('FILE_EMPTY');
  if (!decoding && gathered > 0) {
    const bytes = Buffer.concat(evidence);
    decoding = new Decoding(isUtf8(bytes) ? 'utf-8' : 'gb18030');
    yield* decoding.take(bytes);
  }
  if (decoding) yield* decoding.end();
}

/** A first chunk of at least `headBytes`, or the whole file where it is shorter; then the rest as it comes. */
async function* headFirst(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array[] | undefined = [];
  let size = 0;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    if (!head) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    size += chunk.length;
    if (size < headBytes) continue;
    yield Buffer.concat(head);
    head = undefined;
  }
  if (head && size > 0) yield Buffer.concat(head);
}

/** The decoding that a byte order mark names; undefined where there is none. Throws for what is no text. */
const byMark = (head: Uint8Array): Decoding | undefined => {
  const bytes = asBuffer(head);
  const magic = bytes.toString('latin1', 0, 8);
  if (zipMarks.some((of) => magic.startsWith(of))) throw new UnreadableFile('FILE_IS_WORKBOOK');
  if (magic.startsWith('\u00D0\u00CF\u0011\u00E0')) throw new UnreadableFile('FILE_IS_LEGACY_XLS');

  const mark = marks.find(({ bytes: of }) => magic.startsWith(of));
  if (mark && bytes.length === mark.bytes.length) throw new UnreadableFile('FILE_EMPTY');
  const text = new TextDecoder(mark?.encoding ?? 'latin1').decode(bytes.subarray(0, 1024));
  if (/^\s*(?:<!--[^]*?-->\s*)*<(?:\?xml|!doctype|html|head|meta|body|table|style|script|div)\b|^MIME-Version:/i.test(text)) {
    throw new UnreadableFile('FILE_IS_WEB_PAGE');
  }
  if (mark) return new Decoding(mark.encoding, mark.bytes.length);

  const binary = /^(?:%PDF-|\{\\rtf)/.test(magic) ? 0 : bytes.indexOf(0);
  if (binary >= 0) throw new UnreadableFile('FILE_NOT_TEXT', { row: bytes.toString('latin1', 0, binary).split('\n').length });
  return undefined;
};

/** A zip with files, without, or in parts. */
const zipMarks = ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\u0008'];

const marks: readonly { readonly bytes: string; readonly encoding: Encoding }[] = [
  { bytes: '\u00EF\u00BB\u00BF', encoding: 'utf-8' },
  { bytes: '\u00FF\u00FE', encoding: 'utf-16le' },
  { bytes: '\u00FE\u00FF', encoding: 'utf-16be' },
];

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The evidence may end within a character. */
const isUtf8UpTo3 = (bytes: Buffer): boolean => [0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)));

/** Decodes pieces that begin and end between characters, so that the row of a bad byte can be found within its piece. */
class Decoding {
  readonly encoding: Encoding;
  readonly #decoder: TextDecoder;
  #carry: Buffer = Buffer.alloc(0);
  #skip: number;

  /** `skip`: bytes of the mark at the beginning. */
  constructor(encoding: Encoding, skip = 0) {
    this.encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    this.#skip = skip;
  }

  *take(chunk: Uint8Array): Generator<string, void, undefined> {
    for (let from = 0; from < chunk.length; from += sliceBytes) {
      const slice = asBuffer(chunk.subarray(from, from + sliceBytes));
      const bytes = this.#carry.length > 0 ? Buffer.concat([this.#carry, slice]) : slice;
      const cut = bytes.length > carryBytes ? bytes.length : this.#lastBoundary(bytes);
      yield* this.#decode(bytes.subarray(this.#skip, cut));
      if (cut > 0) this.#skip = 0;
      // A copy, because the source may use its buffer again.
      this.#carry = Buffer.from(bytes.subarray(cut));
    }
  }

  *end(): Generator<string, void, undefined> {
    yield* this.#decode(this.#carry.subarray(this.#skip));
  }

  /** No byte below 0x30 is part of a longer character, in UTF-8 and in GB 18030. */
  #lastBoundary(bytes: Buffer): number {
    if (this.encoding === 'utf-16le' || this.encoding === 'utf-16be') {
      const even = bytes.length & ~1;
      const high = bytes[this.encoding === 'utf-16le' ? even - 1 : even - 2] ?? 0;
      return high >= 0xd8 && high <= 0xdb ? even - 2 : even;
    }
    let cut = bytes.length;
    while (cut > 0 && (bytes[cut - 1] ?? 0) >= 0x30) cut--;
    return cut;
  }

  *#decode(bytes: Buffer): Generator<string, void, undefined> {
    if (bytes.length === 0) return;
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      const lenient = new TextDecoder(this.encoding, { ignoreBOM: true }).decode(bytes);
      yield lenient.slice(0, Math.max(0, lenient.indexOf('\uFFFD')));
      throw new BrokenEncoding(this.encoding);
    }
    yield text;
  }
}
