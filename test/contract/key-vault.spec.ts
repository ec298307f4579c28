import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryKeyVault, erasuresOf } from '../../libs/adapters/memory/key-vault.ts';
import type { DurableKeys } from '../../libs/adapters/memory/key-vault.ts';
import { readErasures } from '../../libs/adapters/sqlite/erasures.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { keyVaultContract } from './key-vault.contract.ts';

keyVaultContract('memory', async () => {
  const durable: DurableKeys = new Map();
  return {
    open: async () => createMemoryKeyVault({ seed: 'contract', durable }),
    erasures: async () => erasuresOf(durable),
    dispose: async () => {},
  };
});

keyVaultContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'key-vault-'));
  const erasuresPath = join(folder, 'erasures.jsonl');
  return {
    open: () => openSqliteKeyVault({ path: join(folder, 'vault.db'), masterKey: new Uint8Array(32).fill(7), erasuresPath }),
    erasures: async () => readErasures(erasuresPath),
    dispose: () => rm(folder, { recursive: true }),
  };
});
