import { copyFileSync, existsSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { BackupFault, type BackupFaultCode } from '../../libs/adapters/sqlite/backup-files.ts';
import { backupLedger, restoreLedger } from '../../libs/adapters/sqlite/backup.ts';
import { loadMasterKey } from '../../libs/adapters/sqlite/master-key.ts';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { VaultFault, type VaultFaultCode } from '../../libs/ports/vault-fault.ts';
import { CommandFailed } from './connection.ts';
import { words } from './words.ts';

const dataFolder = (env: NodeJS.ProcessEnv): string => env['LEDGER_DATA'] ?? './data';

/** Copies log and vault, in use or not. The list of erasures stays outside on purpose. */
export async function backup(env: NodeJS.ProcessEnv, language: Language, to: string): Promise<string> {
  const folder = dataFolder(env);
  const manifest = await named(language, () =>
    backupLedger({ log: join(folder, 'log.db'), vault: join(folder, 'vault.db'), to }),
  );
  return fill(words.backedUp[language], { folder: to, head: manifest.log.head, events: manifest.log.events });
}

/** Puts a backup into LEDGER_DATA, replays the erasures onto it, and brings the master key along where it came from a file. */
export async function restore(
  env: NodeJS.ProcessEnv,
  language: Language,
  from: string,
  erasures: string,
  keyFile?: string,
): Promise<string> {
  const to = dataFolder(env);
  return named(language, async () => {
    if (!env['LEDGER_MASTER_KEY'] && (keyFile === undefined || !existsSync(keyFile))) {
      throw new VaultFault('MASTER_KEY_MISSING', 'name the master key that wrapped this vault', { file: keyFile ?? null });
    }
    const masterKey = loadMasterKey({ file: keyFile ?? '', env, vaultPath: join(from, 'vault.db') });
    const { replayed, unlisted } = await restoreLedger({ from, to, erasures, masterKey });
    if (keyFile !== undefined && !env['LEDGER_MASTER_KEY']) {
      copyFileSync(keyFile, join(to, 'master.key'));
      chmodSync(join(to, 'master.key'), 0o600);
    }
    const done = fill(words.restored[language], { folder: to, replayed });
    return unlisted > 0 ? `${done}\n${fill(words.unlisted[language], { unlisted })}` : done;
  });
}

const inChinese: Readonly<Partial<Record<BackupFaultCode | VaultFaultCode, string>>> = {
  TARGET_NOT_EMPTY: '目标文件夹不是空的',
  TARGET_UNUSABLE: '无法写入目标文件夹（挂载点请改用其下的子文件夹）',
  SOURCE_UNREADABLE: '读不到来源文件',
  MANIFEST_MISSING: '没有备份清单：备份未完成，或这不是备份',
  MANIFEST_BROKEN: '备份清单已损坏',
  BACKUP_NEWER: '备份由更新的版本写成',
  BACKUP_DAMAGED: '备份文件与清单不符',
  KEYS_MISSING: '备份中有事件缺少密钥',
  MASTER_KEY_WRONG: '主密钥不匹配',
  MASTER_KEY_MISSING: '需要主密钥：设置 LEDGER_MASTER_KEY 或用 --master-key FILE 指定',
  MASTER_KEY_INVALID: '主密钥格式不对（应为 32 字节的 base64）',
  MASTER_KEY_EXPOSED: '主密钥文件可被他人读取，请 chmod 600',
  ERASURES_MISSING: '需要删除记录 erasures.jsonl',
  ERASURES_BROKEN: '删除记录已损坏',
};

async function named<T>(language: Language, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BackupFault) && !(error instanceof VaultFault)) throw error;
    const zh = inChinese[error.code];
    throw new CommandFailed(language === 'zh' && zh !== undefined ? `${zh} (${error.code})` : error.message);
  }
}
