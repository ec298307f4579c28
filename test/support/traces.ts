import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import iconv from 'iconv-lite';
import { shortHash } from '../../libs/kernel/ids.ts';

/** Traces of what was said about somebody: the forms in which bytes keep a text, and the places where they are looked for. */
export interface Needle {
  readonly form: string;
  readonly text: string;
  readonly bytes: Buffer;
}

/** Every form in which a text may stand somewhere, also in the middle of a longer one that was encoded as a whole. */
export function needlesOf(text: string): Needle[] {
  const utf8 = Buffer.from(text);
  const utf16 = Buffer.from(text, 'utf16le');
  const percent = encodeURIComponent(text);
  const escaped = Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
  const hex = utf8.toString('hex');
  const forms: readonly (readonly [string, Buffer | string])[] = [
    ['utf-8', utf8],
    ['lower case', text.toLowerCase()],
    ['upper case', text.toUpperCase()],
    ['utf-16le', utf16],
    ['utf-16be', Buffer.from(utf16).swap16()],
    ['gb18030', iconv.encode(text, 'gb18030')],
    ['hex', hex],
    ['hex', hex.toUpperCase()],
    ['hex of utf-16le', utf16.toString('hex')],
    ['percent', percent],
    ['percent', percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ['json escapes', escaped],
    ['json escapes', escaped.toUpperCase().replaceAll('\\U', '\\u')],
    ...base64Within(utf8).map((part) => ['base64', part] as const),
    ...base64Within(utf8).map((part) => ['base64url', part.replaceAll('+', '-').replaceAll('/', '_')] as const),
    ...base64Within(utf16).map((part) => ['base64 of utf-16le', part] as const),
  ];
  const seen = new Map<string, Needle>();
  for (const [form, found] of forms) {
    const bytes = Buffer.from(found);
    const key = bytes.toString('latin1');
    if (!seen.has(key)) seen.set(key, { form, text, bytes });
  }
  return [...seen.values()];
}

/** Digests that need no key: whoever guesses the value can test the guess. */
export const digestsOf = (text: string): Needle[] => [
  ...['sha256', 'sha1', 'md5'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(text).digest();
    return [
      { form: algorithm, text, bytes: Buffer.from(digest.toString('hex').slice(0, 24)) },
      { form: `${algorithm} base64`, text, bytes: Buffer.from(digest.toString('base64url').slice(0, 16)) },
      { form: `${algorithm} bytes`, text, bytes: digest.subarray(0, 12) },
    ];
  }),
  { form: 'short hash', text, bytes: Buffer.from(shortHash(text, 16)) },
];

/** The part of a base64 text that these bytes alone decide, for each of the three places where they may begin. */
function base64Within(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

/** Where any of them stands, in words; empty where none does. */
export function tracesIn(bytes: Uint8Array | string, needles: readonly Needle[], where: string): string[] {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = firstPlaces(buffer, needles);
  if (found.size === 0) return [];
  return needles.flatMap((needle) => {
    const at = found.get(needle);
    if (at === undefined) return [];
    const around = buffer.subarray(Math.max(0, at - 80), at + needle.bytes.length + 40).toString('utf8');
    return [`${where}: ${needle.text} as ${needle.form} in …${around.replaceAll(/[^\P{C}]/gu, '.')}…`];
  });
}

/** Needles by their first four bytes, so that one pass looks for a thousand of them; shorter ones are looked for by themselves. */
interface Index {
  /** 1 where a needle may begin so, by 16 bits made of four bytes. */
  readonly maybe: Uint8Array;
  readonly byStart: ReadonlyMap<number, readonly Needle[]>;
  readonly short: readonly Needle[];
}
const indexes = new WeakMap<readonly Needle[], Index>();

const folded = (start: number): number => Math.imul(start, 0x9e3779b1) >>> 16;

function indexOf(needles: readonly Needle[]): Index {
  const known = indexes.get(needles);
  if (known) return known;
  const maybe = new Uint8Array(65_536);
  const byStart = new Map<number, Needle[]>();
  const short: Needle[] = [];
  for (const needle of needles) {
    if (needle.bytes.length < 4) {
      short.push(needle);
      continue;
    }
    const start = needle.bytes.readInt32BE();
    maybe[folded(start)] = 1;
    const same = byStart.get(start);
    if (same) same.push(needle);
    else byStart.set(start, [needle]);
  }
  const index = { maybe, byStart, short };
  indexes.set(needles, index);
  return index;
}

function firstPlaces(buffer: Buffer, needles: readonly Needle[]): ReadonlyMap<Needle, number> {
  const { maybe, byStart, short } = indexOf(needles);
  const found = new Map<Needle, number>();
  for (const needle of short) {
    const at = buffer.indexOf(needle.bytes);
    if (at >= 0) found.set(needle, at);
  }
  const { length } = buffer;
  if (length < 4) return found;
  let start = (buffer[0]! << 16) | (buffer[1]! << 8) | buffer[2]!;
  for (let last = 3; last < length; last++) {
    start = (start << 8) | buffer[last]!;
    if (maybe[folded(start)] === 0) continue;
    const at = last - 3;
    for (const needle of byStart.get(start) ?? []) {
      const end = at + needle.bytes.length;
      if (!found.has(needle) && end <= length && buffer.compare(needle.bytes, 0, needle.bytes.length, at, end) === 0)
        found.set(needle, at);
    }
  }
  return found;
}

/** Every file of a folder by its path inside it, as it is at this moment, in use or not. */
export function filesOf(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    try {
      files.set(relative(folder, path), readFileSync(path));
    } catch (error) {
      // Drafts come and go while the server runs.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return files;
}

/** In a folder's files and their names, those aside that `except` names. */
export function tracesInFolder(folder: string, needles: readonly Needle[], except: RegExp = /^$/): string[] {
  return [...filesOf(folder)].flatMap(([name, bytes]) => [
    ...tracesIn(name, needles, 'file name'),
    ...(except.test(name) ? [] : tracesIn(bytes, needles, name)),
  ]);
}
