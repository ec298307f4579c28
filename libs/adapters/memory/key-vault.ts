import { createHmac } from 'node:crypto';
import type { Purpose } from '../../kernel/purposes.ts';
import type { DataKey, KeyVault, ShreddedKey } from '../../ports/key-vault.ts';

/** What survives a simulated crash, by key id. A `null` key is a tombstone. */
export type DurableKeys = Map<string, ShreddedKey & { readonly key: Uint8Array | null }>;

/** Digests of short texts that were asked for before, by seed and text: the simulator asks for the same ones in every world. */
const known = new Map<string, string>();
const knownLimit = 100_000;

/**
 * A vault for tests and the simulator: ids, keys and HMACs follow from the seed, so one seed replays one run.
 * Vaults over the same `durable` map see each other's keys and shreddings at once, as processes on one file do.
 */
export function createMemoryKeyVault({
  seed,
  durable = new Map(),
}: {
  readonly seed: string;
  readonly durable?: DurableKeys;
}): KeyVault {
  const derive = (...parts: readonly string[]): Buffer => createHmac('sha256', seed).update(JSON.stringify(parts)).digest();
  const deriveText = (...parts: readonly string[]): string => {
    const asked = JSON.stringify([seed, ...parts]);
    let text = known.get(asked);
    if (text === undefined) {
      text = derive(...parts).toString('base64url');
      if (known.size >= knownLimit) known.clear();
      known.set(asked, text);
    }
    return text;
  };
  const keyIdOf = (subjectId: string, purpose: Purpose): string => deriveText('id', subjectId, purpose).slice(0, 22);
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new Error('the key vault is closed');
  };

  return {
    async obtain(subjectId, purpose): Promise<DataKey | 'erased'> {
      assertOpen();
      const keyId = keyIdOf(subjectId, purpose);
      const stored = durable.get(keyId) ?? { keyId, subjectId, purpose, key: derive('key', subjectId, purpose) };
      durable.set(keyId, stored);
      return stored.key === null ? 'erased' : { keyId, key: stored.key };
    },

    find(keyId) {
      assertOpen();
      const stored = durable.get(keyId);
      if (stored === undefined) return 'absent';
      return stored.key === null ? 'erased' : { keyId, key: stored.key };
    },

    async shred(subjectId, purposes) {
      assertOpen();
      return [...new Set(purposes)].map((purpose) => {
        const shredded: ShreddedKey = { keyId: keyIdOf(subjectId, purpose), subjectId, purpose };
        durable.set(shredded.keyId, { ...shredded, key: null });
        return shredded;
      });
    },

    hmac(domain, text) {
      assertOpen();
      return deriveText('hmac', domain, text).slice(0, 32);
    },

    async close() {
      closed = true;
    },
  };
}

/** What `erasures.jsonl` would hold. */
export const erasuresOf = (durable: DurableKeys): readonly ShreddedKey[] =>
  [...durable.values()]
    .filter((stored) => stored.key === null)
    .map(({ keyId, subjectId, purpose }) => ({ keyId, subjectId, purpose }));
