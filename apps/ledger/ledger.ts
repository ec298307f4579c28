import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openSqliteEventStore, type SqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { openSqliteKeyVault } from '../../libs/adapters/sqlite/key-vault.ts';
import { loadMasterKey } from '../../libs/adapters/sqlite/master-key.ts';
import type { TokenClaims } from '../../libs/edge/auth.ts';
import type { Parts } from '../../libs/edge/parts.ts';
import type { Route } from '../../libs/edge/routes.ts';
import { instant } from '../../libs/kernel/time.ts';
import type { Clock } from '../../libs/ports/clock.ts';
import type { KeyVault } from '../../libs/ports/key-vault.ts';
import { StoreFault } from '../../libs/ports/store-fault.ts';
import { VaultFault } from '../../libs/ports/vault-fault.ts';
import { settingsOf, StartRefused, type Settings } from './settings.ts';

export interface LedgerOptions {
  /** PORT, HOST, LEDGER_…; see the README. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** No log lines. */
  readonly quiet?: boolean;
}

export interface Ledger {
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly routes: readonly Route[];
  readonly parts: Parts;
  readonly settings: Settings;
  /** A development token; throws where an issuer is configured. */
  readonly mint: (claims: TokenClaims, lifetimeSeconds?: number) => Promise<string>;
  /** Answers what is under way, then closes every file. */
  readonly close: () => Promise<void>;
}

/** What the folder holds, opened for this process alone. */
export interface Kept {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly clockShiftMs: number;
  readonly store: SqliteEventStore;
  readonly masterKey: Uint8Array;
  readonly vault: KeyVault;
}

/**
 * The whole ledger in this process on SQLite. Throws StartRefused with one sentence for whoever started it: another process holds the folder,
 * the port is taken, the clock would go back, the master key is missing.
 */
export async function startLedger({ env, quiet = false }: LedgerOptions): Promise<Ledger> {
  const settings = settingsOf(env);
  const open: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of open.splice(0).toReversed()) await end();
  };
  try {
    const kept = await openKept(settings, env, open);
    // Loaded once nothing stands in the way of a start: it takes longer than all that comes before.
    const { assemble } = await import('./assembly.ts');
    return await assemble(kept, quiet, open, close);
  } catch (fault) {
    await close();
    throw inOneSentence(fault, settings);
  }
}

async function openKept(settings: Settings, env: LedgerOptions['env'], open: (() => Promise<void>)[]): Promise<Kept> {
  const { folder } = settings;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(folder, name);

  const clockShiftMs = settings.clockFrom === null ? 0 : settings.clockFrom - Date.now();
  const clock: Clock = { now: () => Date.now() + clockShiftMs };
  const store = await openSqliteEventStore({ path: file('log.db'), clock });
  open.push(() => store.close());
  await assertClock(store, clock, settings);

  const masterKey = loadMasterKey({ file: file('master.key'), env, vaultPath: file('vault.db') });
  const vault = await openSqliteKeyVault({ path: file('vault.db'), masterKey, erasuresPath: file('erasures.jsonl') });
  open.push(() => vault.close());
  return { settings, clock, clockShiftMs, store, masterKey, vault };
}

/** What was recorded stays recorded: the clock never starts before it. */
async function assertClock(store: SqliteEventStore, clock: Clock, { clockFrom: start }: Settings): Promise<void> {
  const head = await store.head();
  if (head === 0n || start === null) return;
  const { events } = await store.readAll(head - 1n);
  const last = events[0]!.recordedAt;
  if (instant(clock.now()) >= last) return;
  throw new StartRefused(
    `LEDGER_CLOCK=${instant(start)} is before ${last}, when the last event was recorded: start at that instant or later`,
  );
}

/** Faults that whoever starts the ledger can do something about. */
function inOneSentence(fault: unknown, { folder, host, port }: Settings): unknown {
  if (fault instanceof StoreFault && fault.code === 'STORE_IN_USE') {
    return new StartRefused(
      `another process is writing the ledger in ${folder}${runningAt(folder)}: stop it, or set LEDGER_DATA to another folder`,
    );
  }
  if (fault instanceof StoreFault || fault instanceof VaultFault) return new StartRefused(fault.message);
  const { code } = fault as { code?: unknown };
  if (code === 'EADDRINUSE') return new StartRefused(`port ${port} on ${host} is in use: set PORT to another one, or 0 for any`);
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return new StartRefused(`cannot listen on ${host}:${port} (${code})`);
  return fault;
}

function runningAt(folder: string): string {
  try {
    const { url, pid } = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { url: string; pid: number };
    return ` (${url}, process ${pid})`;
  } catch {
    return '';
  }
}
