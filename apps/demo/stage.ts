import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { loadMasterKey } from '../../libs/adapters/sqlite/master-key.ts';
import type { Clock } from '../../libs/ports/clock.ts';
import type { EventStore } from '../../libs/ports/event-store.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import { VaultFault } from '../../libs/ports/vault-fault.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Transactor } from '../../libs/runtime/transact.ts';
import { StartRefused } from '../ledger/settings.ts';
import { Tally } from './tally.ts';

/** The ledger's clock as the story sets it: it never goes back. */
export class StoryClock implements Clock {
  private ms = 0;

  now(): number {
    return this.ms;
  }

  set(ms: number): void {
    if (ms < this.ms) throw new Error(`the story goes back from ${new Date(this.ms).toISOString()}`);
    this.ms = ms;
  }
}

/** A ledger to play on: the parts that a server puts together, on the story's clock. */
export interface Stage {
  readonly clock: StoryClock;
  readonly vault: KeyVault;
  readonly tally: Tally;
  readonly transactor: Transactor;
  readonly close: () => Promise<void>;
}

/**
 * Folded streams kept in memory, some kilobytes each: what the registrar's office has on its desk in a week of examinations. With fewer every step
 * reads and folds its streams anew, which takes three times as long.
 */
const cachedStreamsOf = (learners: number): number => Math.min(500_000, Math.max(40_000, 5 * learners));

export function stageOn(store: EventStore, vault: KeyVault, clock: StoryClock, learners = 0): Stage {
  const tally = new Tally(store);
  const parts = {
    store: tally,
    codec: new Codec(vault),
    clock,
    timer: { sleep: (ms: number) => sleep(ms) },
    entropy: { random: () => 0.5 },
  };
  const transactor = new Transactor(parts, cachedStreamsOf(learners));
  const close = async (): Promise<void> => {
    await store.close();
    await vault.close();
  };
  return { clock, vault, tally, transactor, close };
}

/** Opens a data folder as the server does. Throws StartRefused in both languages where somebody must do something first. */
export async function openStage(folder: string, env: Readonly<Record<string, string | undefined>>, learners = 0): Promise<Stage> {
  const file = (name: string): string => join(folder, name);
  const clock = new StoryClock();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let store: EventStore | undefined;
  try {
    store = await openSqliteEventStore({ path: file('log.db'), clock });
    if ((await store.head()) > 0n) {
      throw new StartRefused(
        `${folder} 中的账本已有记录；演示只写入空账本，请用 LEDGER_DATA 指定新的文件夹。\n` +
          `the ledger in ${folder} holds events already, and the demo fills an empty one: set LEDGER_DATA to a new folder`,
      );
    }
    const masterKey = loadMasterKey({ file: file('master.key'), env, vaultPath: file('vault.db') });
    const vault = await openSqliteKeyVault({ path: file('vault.db'), masterKey, erasuresPath: file('erasures.jsonl') });
    return stageOn(store, vault, clock, learners);
  } catch (fault) {
    await store?.close();
    if (fault instanceof StoreFault && fault.code === 'STORE_IN_USE') {
      throw new StartRefused(
        `另一进程正在使用 ${folder}；请先停止它，或用 LEDGER_DATA 指定其他文件夹。\n` +
          `another process is writing the ledger in ${folder}: stop it, or set LEDGER_DATA to another folder`,
      );
    }
    if (fault instanceof StoreFault || fault instanceof VaultFault) throw new StartRefused(fault.message);
    throw fault;
  }
}
