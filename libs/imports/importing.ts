import type { RosterRow } from '../intake/roster.ts';
import type { Actor } from '../kernel/decider.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { instant, startOfDay } from '../kernel/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import type { Codec } from '../runtime/codec.ts';
import type { CommandContext, Transactor } from '../runtime/transact.ts';
import { effectiveDay } from './roster.ts';

export interface ImportOptions {
  /** Forms an administrative class where a row names one that does not exist. */
  readonly formClasses: boolean;
}

/** For whom rows are imported; from the bearer token. */
export interface Importer {
  readonly actor: Actor;
  readonly institutionId: string;
  readonly zone: string;
  readonly correlationId: string;
}

export interface StartedRun {
  readonly runId: string;
  readonly ordinal: number;
  /** True where an unfinished run of the same file goes on. */
  readonly continued: boolean;
}

/** What became of one row. */
export interface RowAnswer {
  readonly row: number;
  readonly outcome: 'published' | 'admitted' | 'registered' | 'imported' | 'unchanged' | 'refused';
  readonly learnerId?: string;
  readonly enrollmentId?: string;
  readonly refusal?: Refusal;
  /** Highest position written for the row, 0n for none. */
  readonly position: bigint;
}

export interface ImportDeps {
  readonly store: EventStore;
  readonly codec: Codec;
  readonly vault: KeyVault;
  readonly clock: Clock;
  readonly transactor: Transactor;
}

/** The run that rows belong to. */
export type Run = Importer & {
  readonly runId: string;
  readonly fileDigest: string;
  readonly options: ImportOptions;
  readonly dryRun: boolean;
  /** Of a dry run: natural key → row digest. */
  readonly seen?: Map<string, string>;
};

/** The envelope of a command that an import makes. `said` is what makes a repeat the same command; a row dates its facts. */
export function importContext(
  { vault, clock }: ImportDeps,
  by: Importer & { readonly dryRun?: boolean },
  commandId: string,
  said: object,
  row?: RosterRow,
): CommandContext & { effectiveAt?: string } {
  const now = instant(clock.now());
  const day = row && startOfDay(effectiveDay(row), by.zone);
  return {
    commandId,
    digest: vault.hmac('command', JSON.stringify(said)),
    actor: by.actor,
    institutionId: by.institutionId,
    zone: by.zone,
    correlationId: by.correlationId,
    causationId: commandId,
    // At latest now: a roster for September arrives in August.
    ...(day === undefined ? {} : { effectiveAt: day < now ? day : now }),
    ...(by.dryRun ? { dryRun: true } : {}),
  };
}
