/** Why a key vault, its master key or its list of erasures was refused. */
export type VaultFaultCode =
  /** The master key does not open this vault. */
  | 'MASTER_KEY_WRONG'
  /** There is a vault but no master key: a new one would make every sealed value unreadable. */
  | 'MASTER_KEY_MISSING'
  /** Not 32 bytes in base64. */
  | 'MASTER_KEY_INVALID'
  /** Others than the owner may read the key file. */
  | 'MASTER_KEY_EXPOSED'
  | 'VAULT_MISSING'
  /** The file is something else than a key vault. */
  | 'VAULT_FOREIGN'
  /** Written by a newer release. */
  | 'VAULT_NEWER'
  | 'VAULT_READ_ONLY'
  | 'VAULT_CLOSED'
  /** The vault's writer failed: open again and repeat; minting and shredding are both safe to repeat. */
  | 'VAULT_BROKEN'
  /** A stored key does not unwrap to what was wrapped. */
  | 'KEY_BROKEN'
  /** A line of erasures.jsonl cannot be read, or contradicts the vault. */
  | 'ERASURES_BROKEN'
  | 'ERASURES_MISSING'
  /** Keys are shredded, but a reader holds on to the write-ahead log where they still stand: repeat the shredding. */
  | 'WAL_HELD';

/** A fault of the vault or of its caller; `code` is stable, the message is for people and names no person. */
export class VaultFault extends Error {
  override readonly name = 'VaultFault';
  readonly code: VaultFaultCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: VaultFaultCode, message: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.facts = facts;
  }
}
