import { withoutEntities } from './entities.ts';

/** The parts of a cell. */
export interface CellParts {
  /** From 1. */
  column: number;
  style: number;
  /** Its type as the file says it. */
  type: string;
  value: string;
}

const quote = 0x22;
const less = 0x3c;
const greater = 0x3e;
const slash = 0x2f;
const ampersand = 0x26;
/** `startsWith` costs more than all the rest of a cell. */
const stands = (xml: string, at: number, codes: Uint8Array): boolean => {
  for (let i = 0; i < codes.length; i++) if (xml.charCodeAt(at + i) !== codes[i]) return false;
  return true;
};
const codesOf = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const cellBegins = codesOf('<c r="');
const styleBegins = codesOf(' s="');
const typeBegins = codesOf(' t="');
const valueBegins = codesOf('<v>');
const inlineBegins = codesOf('<is><t>');
const paddedBegins = codesOf('<is><t xml:space="preserve">');
const valueEnds = codesOf('</v></c>');
const inlineEnds = codesOf('</t></is></c>');
const types = ['s', 'inlineStr', 'n', 'str', 'b', 'e', 'd'].map((name) => ({ name, codes: codesOf(`${name}"`) }));
/** Characters of a cell but for its value. */
const longest = 128;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

/**
 * Reads a cell that is written as the usual programs write it: `<c r="A1" s="1" t="s"><v>0</v></c>`, or with `<is><t>…</t></is>`, or blank.
 * Answers where it ends; -1 where it is written otherwise, or is not all there: then it is read token by token. This alone
 * makes a workbook as quick to read as csv.
 */
export const readUsualCell = (xml: string, from: number, cell: CellParts): number => {
  // A look beyond the end makes `charCodeAt` slow everywhere.
  const end = xml.length - longest;
  if (from > end || !stands(xml, from, cellBegins)) return -1;
  let at = from + 6;
  let column = 0;
  let c = xml.charCodeAt(at);
  for (; c >= 0x41 && c <= 0x5a && column < 20_000; c = xml.charCodeAt(++at)) column = column * 26 + c - 0x40;
  if (column === 0 || column > 16_384 || !isDigit(c)) return -1;
  for (let count = 0; isDigit(c) && count < 7; count++) c = xml.charCodeAt(++at);
  if (c !== quote) return -1;

  let style = 0;
  let type = '';
  c = xml.charCodeAt(++at);
  if (stands(xml, at, styleBegins)) {
    for (at += 4, c = xml.charCodeAt(at); isDigit(c) && style < 100_000; c = xml.charCodeAt(++at)) style = style * 10 + c - 0x30;
    if (c !== quote) return -1;
    c = xml.charCodeAt(++at);
  }
  if (stands(xml, at, typeBegins)) {
    at += 4;
    for (const { name, codes } of types) {
      if (!stands(xml, at, codes)) continue;
      type = name;
      at += codes.length;
      break;
    }
    if (type === '') return -1;
    c = xml.charCodeAt(at);
  }

  let value = '';
  if (c === slash) {
    if (xml.charCodeAt(at + 1) !== greater) return -1;
    at += 2;
  } else {
    if (c !== greater) return -1;
    const inline = type === 'inlineStr';
    let start: number;
    if (!inline && stands(xml, at + 1, valueBegins)) start = at + 4;
    else if (inline && stands(xml, at + 1, inlineBegins)) start = at + 8;
    else if (inline && stands(xml, at + 1, paddedBegins)) start = at + 29;
    else return -1;
    let entities = false;
    for (at = start, c = xml.charCodeAt(at); c !== less; c = xml.charCodeAt(++at)) {
      if (at > end) return -1;
      if (c === ampersand) entities = true;
    }
    const ends = inline ? inlineEnds : valueEnds;
    if (!stands(xml, at, ends)) return -1;
    const text = xml.slice(start, at);
    const plain = entities ? withoutEntities(text) : text;
    if (plain === undefined) return -1;
    value = plain;
    at += ends.length;
  }
  cell.column = column;
  cell.style = style;
  cell.type = type;
  cell.value = value;
  return at;
};
