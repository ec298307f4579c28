import type { SQLOutputValue } from 'node:sqlite';
import { purposes } from '../../kernel/purposes.ts';
import type { Purpose } from '../../kernel/purposes.ts';
import { VaultFault } from '../../ports/vault-fault.ts';
import type { WrappedKey } from './key-wrap.ts';

/** A row of `data_key`; once shredded, the wrapped bytes are zeros. */
export interface KeyRow extends WrappedKey {
  readonly keyId: string;
  readonly subjectId: string;
  readonly purpose: string;
  readonly shredded: boolean;
}

export function toKeyRow(row: Record<string, SQLOutputValue>): KeyRow {
  const { key_id: keyId, subject_id: subjectId, purpose, shredded, wrapped, commitment } = row;
  if (
    typeof keyId !== 'string' ||
    typeof subjectId !== 'string' ||
    typeof purpose !== 'string' ||
    !(wrapped instanceof Uint8Array) ||
    !(commitment instanceof Uint8Array)
  ) {
    throw new VaultFault('VAULT_FOREIGN', 'a row of data_key is not one');
  }
  return { keyId, subjectId, purpose, shredded: shredded !== 0, wrapped, commitment };
}

export const isPurpose = (text: unknown): text is Purpose => purposes.some((purpose) => purpose === text);
