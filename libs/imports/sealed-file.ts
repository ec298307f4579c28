import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../intake/byte-source.ts';

/**
 * A file at rest under one key: `LSF1`, a salt, a commitment to the key, then pieces of 64 KiB, each AES-256-GCM under a key that the salt
 * makes this file's own. A piece's nonce is its number and whether it is the last one: none can be left out, moved or cut off unseen, and
 * any of them can be opened alone.
 */
const magic = Buffer.from('LSF1');
const saltBytes = 32;
const commitmentBytes = 16;
const headerBytes = magic.length + saltBytes + commitmentBytes;
const tagBytes = 16;
export const pieceBytes = 65_536;
/** Opened pieces that are kept: a workbook's list is read again and again. */
const kept = 8;

export type SealedFlaw = 'shape' | 'key-wrong' | 'end-missing' | 'tampered';

/** The file is not what was sealed. Says nothing of what it holds. */
export class SealedFileBroken extends Error {
  override readonly name = 'SealedFileBroken';
  readonly flaw: SealedFlaw;

  constructor(flaw: SealedFlaw) {
    super(`a sealed file cannot be opened: ${flaw}`);
    this.flaw = flaw;
  }
}

function subkeys(key: Uint8Array, salt: Uint8Array): { readonly secret: Buffer; readonly commitment: Buffer } {
  const derived = Buffer.from(hkdfSync('sha256', key, salt, 'sealed file', 32 + commitmentBytes));
  return { secret: derived.subarray(0, 32), commitment: derived.subarray(32) };
}

function nonceOf(piece: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce[0] = last ? 1 : 0;
  nonce.writeUInt32BE(piece, 8);
  return nonce;
}

/** Writes a sealed file as its bytes come. Without `end` there is no whole file, whatever was written. */
export class SealedWriter {
  readonly #file: FileHandle;
  readonly #secret: Buffer;
  #piece = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #bytes = 0;

  private constructor(file: FileHandle, secret: Buffer) {
    this.#file = file;
    this.#secret = secret;
  }

  /** Where something of that name was, it is gone: with another salt, no nonce is used twice. */
  static async create(path: string, key: Uint8Array): Promise<SealedWriter> {
    const salt = randomBytes(saltBytes);
    const { secret, commitment } = subkeys(key, salt);
    const file = await open(path, 'w', 0o600);
    try {
      await file.writeFile(Buffer.concat([magic, salt, commitment]));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new SealedWriter(file, secret);
  }

  /** So far. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    // Whether a full piece is the last one is known when there is more.
    if (this.#heldBytes <= pieceBytes) return;
    let held = Buffer.concat(this.#held);
    const pieces: Buffer[] = [];
    for (; held.length > pieceBytes; held = held.subarray(pieceBytes))
      pieces.push(this.#seal(held.subarray(0, pieceBytes), false));
    this.#held = [held];
    this.#heldBytes = held.length;
    await this.#file.writeFile(Buffer.concat(pieces));
  }

  /** Durable when it resolves; the folder's entry is the caller's. */
  async end(): Promise<void> {
    await this.#file.writeFile(this.#seal(Buffer.concat(this.#held), true));
    await this.#file.sync();
    await this.#file.close();
  }

  /** Leaves a file without an end. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  #seal(plain: Buffer, last: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#secret, nonceOf(this.#piece++, last));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }
}

/** A sealed file's bytes in any order; its end is looked at first. Throws `SealedFileBroken`, as reading does. */
export async function openSealed(path: string, key: Uint8Array): Promise<ByteSource> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = await bytesAt(file, 0, headerBytes);
    if (header.length < headerBytes || !header.subarray(0, magic.length).equals(magic)) throw new SealedFileBroken('shape');
    const { secret, commitment } = subkeys(key, header.subarray(magic.length, magic.length + saltBytes));
    if (!timingSafeEqual(commitment, header.subarray(-commitmentBytes))) throw new SealedFileBroken('key-wrong');

    const sealedBytes = size - headerBytes;
    const pieces = Math.ceil(sealedBytes / (pieceBytes + tagBytes));
    const plainBytes = sealedBytes - pieces * tagBytes;
    if (pieces === 0 || plainBytes < (pieces - 1) * pieceBytes) throw new SealedFileBroken('end-missing');

    const openPiece = async (piece: number): Promise<Buffer> => {
      const last = piece === pieces - 1;
      const sealed = await bytesAt(file, headerBytes + piece * (pieceBytes + tagBytes), pieceBytes + tagBytes);
      const flaw = last ? 'end-missing' : 'tampered';
      if (sealed.length < tagBytes) throw new SealedFileBroken(flaw);
      const decipher = createDecipheriv('aes-256-gcm', secret, nonceOf(piece, last), { authTagLength: tagBytes });
      decipher.setAuthTag(sealed.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
      } catch {
        throw new SealedFileBroken(flaw);
      }
    };
    const open_ = new Map<number, Promise<Buffer>>();
    const pieceAt = (piece: number): Promise<Buffer> => {
      const found = open_.get(piece) ?? openPiece(piece);
      open_.delete(piece);
      open_.set(piece, found);
      if (open_.size > kept) open_.delete(open_.keys().next().value!);
      return found;
    };
    await pieceAt(pieces - 1);

    return {
      size: plainBytes,
      read: async (at, length) => {
        const from = Math.min(Math.max(0, at), plainBytes);
        const to = Math.min(from + length, plainBytes);
        const parts: Buffer[] = [];
        for (let place = from; place < to;) {
          const piece = Math.floor(place / pieceBytes);
          const begins = piece * pieceBytes;
          const plain = await pieceAt(piece);
          parts.push(plain.subarray(place - begins, Math.min(to - begins, plain.length)));
          place = begins + pieceBytes;
        }
        return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
