import { createMemoryKeyVault, erasuresOf } from '../../libs/adapters/memory/key-vault.ts';
import type { DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import { keyVaultContract } from './key-vault.contract.ts';

keyVaultContract('memory', async () => {
  const durable: DurableKeys = new Map();
  return {
    open: async () => createMemoryKeyVault({ seed: 'contract', durable }),
    erasures: async () => erasuresOf(durable),
    dispose: async () => {},
  };
});
