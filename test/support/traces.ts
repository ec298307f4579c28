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
  return needles.flatMap(({ form, text, bytes: needle }) => {
    const at = buffer.indexOf(needle);
    if (at < 0) return [];
    const around = buffer.subarray(Math.max(0, at - 80), at + needle.length + 40).toString('utf8');
    return [`${where}: ${text} as ${form} in …${around.replaceAll(/[^\P{C}]/gu, '.')}…`];
  });
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
