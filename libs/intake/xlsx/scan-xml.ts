import { UnreadableFile } from '../unreadable-file.ts';
import { withoutEntities } from './entities.ts';
import { damaged } from './read-zip.ts';

/** Characters of one tag or one piece of text; a cell holds 32,767. */
const maxToken = 1_048_576;
const maxDepth = 256;

export type Token = 'open' | 'close' | 'text' | 'more';

const less = 0x3c;
const slash = 0x2f;
const bang = 0x21;
const question = 0x3f;
const colon = 0x3a;
const equals = 0x3d;
const double = 0x22;
const single = 0x27;
const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

/**
 * Cuts XML that comes in pieces into tags and text. Flat: whoever reads keeps track of where it is. Prefixes are cut off names.
 * A document type is refused, so that no entity expands; so is what is no XML, and a tag or a text without end.
 */
export class XmlScanner {
  /** Of the tag that `next` found. */
  name = '';
  /** Whether the tag that opens closes itself; then no `close` follows. */
  empty = false;
  /** What `next` found between tags. */
  text = '';
  readonly #part: string;
  #xml = '';
  #at = 0;
  #depth = 0;
  #from = 0;
  #to = 0;

  /** `part`: named where it cannot be read. */
  constructor(part: string) {
    this.#part = part;
  }

  feed(xml: string): void {
    if (xml.includes('\0')) throw damaged(this.#part);
    const rest = this.#xml.length - this.#at;
    if (rest > maxToken) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part: this.#part, max: maxToken });
    this.#xml = rest === 0 ? xml : this.#xml.slice(this.#at) + xml;
    this.#at = 0;
  }

  /** Lets `read` take what stands here: it answers where that ends, or -1 for what it leaves to `next`. */
  take<T>(read: (xml: string, at: number, into: T) => number, into: T): boolean {
    const end = read(this.#xml, this.#at, into);
    if (end < 0) return false;
    this.#at = end;
    return true;
  }

  /** After the last piece: throws where something is left open. */
  end(): void {
    if (this.#depth !== 0 || this.#xml.slice(this.#at).trim() !== '') throw damaged(this.#part);
  }

  next(): Token {
    for (;;) {
      const xml = this.#xml;
      const at = this.#at;
      if (at >= xml.length) return 'more';
      if (xml.charCodeAt(at) !== less) {
        const end = xml.indexOf('<', at);
        if (end < 0) return 'more';
        this.text = unescaped(xml.slice(at, end), this.#part);
        this.#at = end;
        return 'text';
      }
      if (at + 1 >= xml.length) return 'more';
      const sign = xml.charCodeAt(at + 1);
      if (sign === bang || sign === question) {
        const token = this.#passed(sign);
        if (token === 'passed') continue;
        return token;
      }
      return this.#tag(sign);
    }
  }

  /** Comments and instructions are passed over; CDATA is text. */
  #passed(sign: number): 'passed' | 'more' | 'text' {
    const xml = this.#xml;
    const at = this.#at;
    if (sign === bang && xml.length - at < 9) return 'more';
    const [begin, end] =
      sign === question
        ? [2, '?>']
        : xml.startsWith('<!--', at)
          ? [4, '-->']
          : xml.startsWith('<![CDATA[', at)
            ? [9, ']]>']
            : [0, ''];
    if (begin === 0) throw new UnreadableFile('WORKBOOK_UNSAFE', { part: this.#part });
    const to = xml.indexOf(end, at + begin);
    if (to < 0) return 'more';
    this.#at = to + end.length;
    if (begin !== 9) return 'passed';
    this.text = xml.slice(at + 9, to);
    return 'text';
  }

  #tag(sign: number): Token {
    const xml = this.#xml;
    const at = this.#at;
    let end = xml.indexOf('>', at);
    if (end < 0) return 'more';
    if (sign === slash) {
      this.name = this.#nameIn(at + 2, end);
      this.#at = end + 1;
      if (--this.#depth < 0) throw damaged(this.#part);
      return 'close';
    }
    // A value may hold the sign that ends a tag.
    while (oddQuotes(xml, at, end)) {
      end = xml.indexOf('>', end + 1);
      if (end < 0) return 'more';
    }
    this.empty = xml.charCodeAt(end - 1) === slash;
    this.#to = this.empty ? end - 1 : end;
    this.name = this.#nameIn(at + 1, this.#to);
    this.#at = end + 1;
    if (!this.empty && ++this.#depth > maxDepth) throw new UnreadableFile('WORKBOOK_UNSAFE', { part: this.#part });
    return 'open';
  }

  #nameIn(from: number, to: number): string {
    const xml = this.#xml;
    let start = from;
    let end = from;
    for (; end < to; end++) {
      const c = xml.charCodeAt(end);
      if (c === colon) start = end + 1;
      else if (isSpace(c)) break;
    }
    this.#from = end;
    if (end === start) throw damaged(this.#part);
    return xml.slice(start, end);
  }

  /** An attribute of the tag that `next` opened, by its name without prefix. To be asked for before the next `next`. */
  attribute(name: string): string | undefined {
    const xml = this.#xml;
    const to = this.#to;
    for (let at = this.#from; at < to;) {
      while (at < to && isSpace(xml.charCodeAt(at))) at++;
      let start = at;
      while (at < to && xml.charCodeAt(at) !== equals && !isSpace(xml.charCodeAt(at))) {
        if (xml.charCodeAt(at) === colon) start = at + 1;
        at++;
      }
      const end = at;
      while (at < to && xml.charCodeAt(at) !== double && xml.charCodeAt(at) !== single) at++;
      if (at >= to) return undefined;
      const close = xml.indexOf(xml.charCodeAt(at) === double ? '"' : "'", at + 1);
      if (end - start === name.length && xml.startsWith(name, start)) return unescaped(xml.slice(at + 1, close), this.#part);
      at = close + 1;
    }
    return undefined;
  }
}

const oddQuotes = (xml: string, from: number, to: number): boolean => {
  let open = 0;
  for (let at = from; at < to; at++) {
    const c = xml.charCodeAt(at);
    if (open !== 0) {
      if (c === open) open = 0;
    } else if (c === double || c === single) open = c;
  }
  return open !== 0;
};

const unescaped = (text: string, part: string): string => {
  if (!text.includes('&')) return text;
  const plain = withoutEntities(text);
  if (plain === undefined) throw damaged(part);
  return plain;
};

/**
 * The text of a part in pieces, cut behind tags where there are any: so a tag is seldom in two pieces, and no piece has to be put together with
 * the rest of another. Throws `UnreadableFile` at bytes that are no UTF-8.
 */
export async function* textOf(pieces: AsyncIterable<Uint8Array>, part: string): AsyncGenerator<string, void, undefined> {
  let rest: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf(0x3e) + 1;
    if (end > 0) yield decoded(bytes.subarray(0, end), part);
    rest = bytes.subarray(end);
    if (rest.length > maxToken * 4) throw new UnreadableFile('WORKBOOK_TOO_LARGE', { part, max: maxToken });
  }
  if (rest.length > 0) yield decoded(rest, part);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const decoded = (bytes: Uint8Array, part: string): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw damaged(part);
  }
};

/** The tokens of a small part that is there as a whole. */
export function* tokensOf(bytes: Uint8Array, part: string): Generator<readonly [Token, XmlScanner], void, undefined> {
  const xml = new XmlScanner(part);
  xml.feed(decoded(bytes, part));
  for (let token = xml.next(); token !== 'more'; token = xml.next()) yield [token, xml];
  xml.end();
}
