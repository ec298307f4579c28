import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A key as it is stored: never in the clear, and of one length, so that shredding overwrites it in place. */
export interface WrappedKey {
  /** iv (12), ciphertext (32), tag (16). */
  readonly wrapped: Uint8Array;
  /** HMAC-SHA-256 of the key under a fixed label. */
  readonly commitment: Uint8Array;
}

export const wrappedBytes = 60;
export const commitmentBytes = 32;

/** Prepared once: wrapping from raw bytes costs three times as much. */
export const wrappingKey = (masterKey: Uint8Array): KeyObject => createSecretKey(masterKey);

/** `bound` is authenticated beside the key: the same wrapped bytes in another row do not unwrap. */
export function wrapKey(key: Uint8Array, under: KeyObject, bound: readonly string[]): WrappedKey {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', under, iv);
  cipher.setAAD(Buffer.from(JSON.stringify(bound)));
  const wrapped = Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { wrapped, commitment: commitmentOf(key) };
}

/** The key, or `null` where these bytes were not wrapped under this key for exactly this place. */
export function unwrapKey({ wrapped, commitment }: WrappedKey, under: KeyObject, bound: readonly string[]): Uint8Array | null {
  if (wrapped.length !== wrappedBytes || commitment.length !== commitmentBytes) return null;
  const decipher = createDecipheriv('aes-256-gcm', under, wrapped.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(JSON.stringify(bound)));
  decipher.setAuthTag(wrapped.subarray(44));
  const key = decipher.update(wrapped.subarray(12, 44));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return timingSafeEqual(commitmentOf(key), commitment) ? key : null;
}

// From raw bytes an HMAC costs twice as much.
const commitmentOf = (key: Uint8Array): Buffer =>
  createHmac('sha256', createSecretKey(key)).update('ledger key vault: commitment').digest();
