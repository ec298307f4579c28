import { open } from 'node:fs/promises';
import { UnreadableFile } from './unreadable-file.ts';

/** A file whose bytes can be read in any order: a workbook's contents are listed at its end. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `at`; fewer than `length` only where the file ends. */
  readonly read: (at: number, length: number) => Promise<Buffer>;
  readonly close: () => Promise<void>;
}

const chunkBytes = 262_144;

/** The file of a path; it stays open until `close`. Throws what the file system says. */
export const fileBytes = async (path: string): Promise<ByteSource> => {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    size,
    read: async (at, length) => {
      const bytes = Buffer.allocUnsafe(Math.min(length, Math.max(0, size - at)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
};

export const heldBytes = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (at, length) => {
    const found = bytes.subarray(at, at + length);
    return Promise.resolve(Buffer.from(found.buffer, found.byteOffset, found.length));
  },
  close: () => Promise.resolve(),
});

/** A stream's bytes, held in memory. Throws `UnreadableFile` where there are more than `max`. */
export const gatheredBytes = async (stream: AsyncIterable<Uint8Array>, max: number): Promise<ByteSource> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > max) throw new UnreadableFile('FILE_TOO_LARGE', { max });
    chunks.push(chunk);
  }
  return heldBytes(Buffer.concat(chunks));
};

/** The bytes from `from` up to `to`, in pieces. */
export async function* bytesIn(source: ByteSource, from = 0, to = source.size): AsyncGenerator<Buffer, void, undefined> {
  for (let at = from; at < to;) {
    const bytes = await source.read(at, Math.min(chunkBytes, to - at));
    if (bytes.length === 0) return;
    yield bytes;
    at += bytes.length;
  }
}
