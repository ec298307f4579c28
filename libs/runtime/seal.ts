import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hash, randomFillSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { purposes } from '../kernel/purposes.ts';
import type { Purpose } from '../kernel/purposes.ts';
import type { DataKey, KeyState } from '../ports/key-vault.ts';

/**
 * A personal value as it stands in a stored event:
 * `sealed.1.<purpose>.<keyId>.<aadHash>.<iv, ciphertext and tag>.<commitment>`, the last three in base64url.
 * Everything before the iv is the additional data of AES-256-GCM, so a token can neither change purpose or key nor move to other public fields.
 */
const shape = new RegExp(
  `^(sealed\\.1\\.(?:${purposes.join('|')})\\.([\\w-]{1,64})\\.([\\w-]{22})\\.)([\\w-]{80,})\\.([\\w-]{22})$`,
);

const ivBytes = 12;
const tagBytes = 16;
/** Plaintext grows in steps of this many bytes, so that a token's length tells little about a name or a number. */
const bucketBytes = 32;

export type SealFlaw = 'shape' | 'public-fields' | 'key-absent' | 'key-wrong' | 'tampered';

/** The token is not what was sealed, or not where it was sealed. Never raised for what was erased. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  readonly code = 'SEAL_BROKEN';
  readonly flaw: SealFlaw;
  readonly keyId: string | null;

  constructor(flaw: SealFlaw, keyId: string | null) {
    super(`sealed value cannot be opened: ${flaw}${keyId === null ? '' : ` (key ${keyId})`}`);
    this.flaw = flaw;
    this.keyId = keyId;
  }
}

/**
 * Seals one JSON value. `publicBytes` are the public fields of the event that carries it; `open` holds the token to them.
 * Give `iv` only where a run must repeat exactly (simulation): with one key, an iv used twice betrays both plaintexts.
 */
export function seal(value: unknown, key: DataKey, purpose: Purpose, publicBytes: string, iv: Uint8Array = nextIv()): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('only a JSON value can be sealed');
  const header = `sealed.1.${purpose}.${key.keyId}.${publicHash(publicBytes)}.`;
  const { secret, commitment } = prepare(key.key);
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  cipher.setAAD(Buffer.from(header));
  const body = Buffer.concat([iv, cipher.update(padded(json), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${header}${body.toString('base64url')}.${commitment}`;
}

/**
 * Opens a token; `erased` where its key was shredded. With `publicBytes` the token must have been sealed for exactly these.
 * Throws `SealBroken`.
 */
export function open(
  token: string,
  find: (keyId: string) => KeyState,
  publicBytes?: string,
): { readonly value: unknown } | 'erased' {
  const parts = shape.exec(token);
  if (parts === null) throw new SealBroken('shape', null);
  const [, header = '', keyId = '', aadHash, text = '', committed] = parts;
  if (publicBytes !== undefined && publicHash(publicBytes) !== aadHash) throw new SealBroken('public-fields', keyId);

  const found = find(keyId);
  if (found === 'erased') return 'erased';
  if (found === 'absent') throw new SealBroken('key-absent', keyId);
  const { secret, commitment } = prepare(found.key);
  if (commitment !== committed) throw new SealBroken('key-wrong', keyId);

  const body = Buffer.from(text, 'base64url');
  // The last character carries unused bits: without this, several texts would decode to the same bytes.
  if (body.toString('base64url') !== text) throw new SealBroken('tampered', keyId);
  try {
    return { value: JSON.parse(decrypt(body, secret, header)) };
  } catch {
    throw new SealBroken('tampered', keyId);
  }
}

/** True for the exact shape of a token; says nothing about whether it opens. */
export const isSealed = (value: unknown): value is string => typeof value === 'string' && shape.test(value);

/** The id of the key that a token was sealed with. Throws `SealBroken` for anything that is no token. */
export function sealedKeyId(token: string): string {
  const keyId = shape.exec(token)?.[2];
  if (keyId === undefined) throw new SealBroken('shape', null);
  return keyId;
}

function decrypt(body: Buffer, secret: KeyObject, header: string): string {
  const decipher = createDecipheriv('aes-256-gcm', secret, body.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(header));
  decipher.setAuthTag(body.subarray(-tagBytes));
  const plaintext = decipher.update(body.subarray(ivBytes, -tagBytes));
  decipher.final();
  return plaintext.toString();
}

/** JSON ignores trailing spaces, so padding needs no mark and no length. */
const padded = (json: string): string => json + ' '.repeat(-Buffer.byteLength(json) & (bucketBytes - 1));

const publicHash = (publicBytes: string): string => hash('sha256', publicBytes, 'buffer').subarray(0, 16).toString('base64url');

interface Prepared {
  readonly secret: KeyObject;
  /** GCM alone does not bind a ciphertext to one key: this does, and tells a wrong key before anything is decrypted. */
  readonly commitment: string;
}

/** Kept per key, because preparing a cipher from raw bytes costs more than sealing with it. */
function prepare(key: Uint8Array): Prepared {
  let prepared = preparedKeys.get(key);
  if (prepared === undefined) {
    const secret = createSecretKey(key);
    const commitment = createHmac('sha256', secret).update('commit').digest().subarray(0, 16).toString('base64url');
    prepared = { secret, commitment };
    preparedKeys.set(key, prepared);
  }
  return prepared;
}
const preparedKeys = new WeakMap<Uint8Array, Prepared>();

const ivPool = Buffer.alloc(ivBytes * 1024);
let ivUsed = ivPool.length;

function nextIv(): Uint8Array {
  if (ivUsed === ivPool.length) {
    randomFillSync(ivPool);
    ivUsed = 0;
  }
  return ivPool.subarray(ivUsed, (ivUsed += ivBytes));
}
