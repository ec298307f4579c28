import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesIn } from '../intake/byte-source.ts';
import { all } from '../intake/sheets.fixture.ts';
import { openSealed, pieceBytes, SealedFileBroken, SealedWriter } from './sealed-file.ts';

const key = randomBytes(32);
const header = 52;
const sealedPiece = pieceBytes + 16;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealed-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const path = (name = 'one'): string => join(folder, name);

async function sealed(plain: Uint8Array, name?: string, step = 10_000): Promise<Buffer> {
  const writer = await SealedWriter.create(path(name), key);
  for (let at = 0; at < plain.length; at += step) await writer.write(plain.subarray(at, at + step));
  await writer.end();
  return readFile(path(name));
}

async function opened(bytes: Uint8Array, with_: Uint8Array = key): Promise<Buffer> {
  await writeFile(path('copy'), bytes);
  const source = await openSealed(path('copy'), with_);
  try {
    return Buffer.concat(await all(bytesIn(source)));
  } finally {
    await source.close();
  }
}

const flawOf = async (bytes: Uint8Array, with_?: Uint8Array): Promise<string> => {
  const error = await opened(bytes, with_).catch((thrown: unknown) => thrown);
  if (!(error instanceof SealedFileBroken)) throw new Error('it opened');
  return error.flaw;
};

describe('a sealed file', () => {
  it.each([0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3 * pieceBytes, 200_001])(
    'gives back its %d bytes',
    async (length) => {
      const plain = randomBytes(length);
      expect((await opened(await sealed(plain))).equals(plain)).toBe(true);
    },
  );

  it('gives any of its bytes in any order, and no more than it has', async () => {
    const plain = randomBytes(3 * pieceBytes + 77);
    await sealed(plain);
    const source = await openSealed(path(), key);
    expect(source.size).toBe(plain.length);
    for (const [at, length] of [
      [plain.length - 5, 100],
      [pieceBytes - 3, 6],
      [0, 4],
      [pieceBytes - 1, 2 * pieceBytes],
      [plain.length, 10],
    ] as const)
      expect((await source.read(at, length)).equals(plain.subarray(at, at + length))).toBe(true);
    await source.close();
  });

  it('holds nothing in the clear, for its owner alone, and differs each time', async () => {
    const plain = Buffer.from('王芳 440305200801010019 '.repeat(5000));
    const [one, two] = [await sealed(plain, 'one'), await sealed(plain, 'two')];
    expect(one.includes('王芳')).toBe(false);
    expect(one.equals(two)).toBe(false);
    expect((await stat(path('one'))).mode & 0o777).toBe(0o600);
  });

  it('does not open with another key', async () => {
    expect(await flawOf(await sealed(randomBytes(100)), randomBytes(32))).toBe('key-wrong');
  });

  it('does not open when something of it is missing, wherever it was cut', async () => {
    const bytes = await sealed(randomBytes(2 * pieceBytes + 100));
    for (const cut of [
      header,
      header + 8,
      header + sealedPiece,
      header + 2 * sealedPiece,
      header + 2 * sealedPiece + 7,
      bytes.length - 1,
    ])
      expect([cut, await flawOf(bytes.subarray(0, cut))]).toEqual([cut, 'end-missing']);
    expect(await flawOf(bytes.subarray(0, 20))).toBe('shape');
    expect(await flawOf(Buffer.concat([bytes, bytes.subarray(-20)]))).toBe('end-missing');
  });

  it('does not open when pieces changed places, were left out, repeated or altered', async () => {
    const bytes = await sealed(randomBytes(3 * pieceBytes + 100));
    const [head, a, b, rest] = [
      bytes.subarray(0, header),
      bytes.subarray(header, header + sealedPiece),
      bytes.subarray(header + sealedPiece, header + 2 * sealedPiece),
      bytes.subarray(header + 2 * sealedPiece),
    ];
    expect(await flawOf(Buffer.concat([head, b, a, rest]))).toBe('tampered');
    expect(await flawOf(Buffer.concat([head, a, rest]))).toBe('end-missing');
    expect(await flawOf(Buffer.concat([head, a, a, b, rest]))).toBe('end-missing');
    const altered = Buffer.from(bytes);
    altered[header + 5]! ^= 1;
    expect(await flawOf(altered)).toBe('tampered');
    const other = await sealed(randomBytes(3 * pieceBytes + 100), 'two');
    expect(await flawOf(Buffer.concat([head, other.subarray(header, header + sealedPiece), b, rest]))).toBe('tampered');
  });

  it('of which the writer died is no file', async () => {
    const writer = await SealedWriter.create(path('half'), key);
    await writer.write(randomBytes(2 * pieceBytes + 5));
    await writer.abandon();
    expect(await flawOf(await readFile(path('half')))).toBe('end-missing');
    await (await SealedWriter.create(path('none'), key)).abandon();
    expect(await flawOf(await readFile(path('none')))).toBe('end-missing');
  });
});
