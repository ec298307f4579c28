import { join } from 'node:path';
import { openSqliteEventReader } from '../../libs/adapters/sqlite/event-reader.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { loadMasterKey } from '../../libs/adapters/sqlite/master-key.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';

/** The whole log of a data folder as it is on disk, whether or not a process is writing it. */
export async function logOf(folder: string): Promise<readonly StoredEvent[]> {
  const reader = openSqliteEventReader({ path: join(folder, 'log.db') });
  try {
    const log: StoredEvent[] = [];
    for (let after = 0n, end = false; !end;) {
      const page = await reader.readAll(after);
      log.push(...page.events);
      ({ scannedTo: after, end } = page);
    }
    return log;
  } finally {
    await reader.close();
  }
}

export async function headOf(folder: string): Promise<bigint> {
  const reader = openSqliteEventReader({ path: join(folder, 'log.db') });
  try {
    return await reader.head();
  } finally {
    await reader.close();
  }
}

/** Events by type. */
export const counted = (log: readonly StoredEvent[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { type } of log) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};

/** The vault of a folder that nobody has open. */
export function vaultOf(folder: string): Promise<KeyVault> {
  const file = (name: string): string => join(folder, name);
  const masterKey = loadMasterKey({ file: file('master.key'), env: {}, vaultPath: file('vault.db') });
  return openSqliteKeyVault({ path: file('vault.db'), masterKey, erasuresPath: file('erasures.jsonl') });
}
