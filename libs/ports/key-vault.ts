import type { Purpose } from '../kernel/purposes.ts';

export interface DataKey {
  /** Opaque and stable; stands in the sealed text and in `erasures.jsonl`. */
  readonly keyId: string;
  /** 32 bytes, AES-256. */
  readonly key: Uint8Array;
}

/** `erased`: shredded, never minted again. `absent`: never minted. */
export type KeyState = DataKey | 'erased' | 'absent';

export interface ShreddedKey {
  readonly keyId: string;
  readonly subjectId: string;
  readonly purpose: Purpose;
}

/** Keys of data subjects, kept apart from the log: a file or database of their own with a backup of its own. */
export interface KeyVault {
  /** The key for sealing: minted and durable before this answers. `erased` where it was shredded. */
  obtain(subjectId: string, purpose: Purpose): Promise<DataKey | 'erased'>;
  /** The key for opening, by its id. Synchronous, because folds and responses open thousands: adapters cache, and read a local file on a miss. */
  find(keyId: string): KeyState;
  /** Destroys keys and leaves tombstones, also in erasures.jsonl; a repeat answers the same ids. Durable before this answers. */
  shred(subjectId: string, purposes: readonly Purpose[]): Promise<readonly ShreddedKey[]>;
  /** Keyed HMAC-SHA-256 (base64url, 32 characters kept) for claims and command digests. The key lives in the vault and is never shredded. */
  hmac(domain: string, text: string): string;
  close(): Promise<void>;
}
