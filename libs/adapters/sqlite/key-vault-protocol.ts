import type { Purpose } from '../../kernel/purposes.ts';
import type { ShreddedKey } from '../../ports/key-vault.ts';
import type { VaultFaultCode } from '../../ports/vault-fault.ts';

/** What the writer's thread is started with. */
export interface VaultWriterOptions {
  readonly path: string;
  readonly erasuresPath: string;
  readonly masterKey: Uint8Array;
}

export interface Wanted {
  readonly subjectId: string;
  readonly purpose: Purpose;
}

/** Keys in the order in which they were wanted; an empty id is an erased one. */
export interface Minted {
  readonly keyIds: readonly string[];
  /** 32 bytes each. */
  readonly keys: Uint8Array;
}

/** Answers carry the request's number: a shredding that waits for a reader does not hold up minting. */
export type ToVaultWriter =
  | { readonly kind: 'mint'; readonly request: number; readonly wanted: readonly Wanted[] }
  | { readonly kind: 'shred'; readonly request: number; readonly subjectId: string; readonly purposes: readonly Purpose[] }
  | { readonly kind: 'close' };

export type FromVaultWriter =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'minted'; readonly request: number } & Minted)
  | { readonly kind: 'shredded'; readonly request: number; readonly shredded: readonly ShreddedKey[] }
  | {
      readonly kind: 'failed';
      /** Absent where the vault could not be opened. */
      readonly request?: number;
      readonly code: VaultFaultCode;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };
