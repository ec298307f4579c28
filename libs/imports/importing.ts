import type { AnnualRegistrationRow, ClassChangeRow, RecheckRow, RegistrationRow } from '../intake/batches.ts';
import type { ContractRow } from '../intake/contracts.ts';
import type { CourseRow } from '../intake/courses.ts';
import type { MentorRow } from '../intake/mentors.ts';
import type { OrganizationRow } from '../intake/organizations.ts';
import type { ProgramRow } from '../intake/programs.ts';
import type { ResultRow } from '../intake/results.ts';
import type { RosterRow } from '../intake/roster.ts';
import type { StatusChangeRow } from '../intake/status-changes.ts';
import { canonical } from '../kernel/canonical.ts';
import type { Actor } from '../kernel/decider.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import { instant, startOfDay } from '../kernel/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import type { Codec } from '../runtime/codec.ts';
import type { CommandContext, Transactor } from '../runtime/transact.ts';

/** How the client reads the file, where that is not as usual: then a row number means another row. */
export interface Reading {
  readonly sheet?: string;
  readonly fillDown?: boolean;
  /** Headers of the sender's, with the field that each is read as; empty for none. */
  readonly columns?: readonly { readonly header: string; readonly field: string }[];
}

export interface ImportOptions {
  readonly reading?: Reading;
  /** Forms an administrative class where a row names one that does not exist. */
  readonly formClasses: boolean;
}

/** The lists of a registrar's year about people who are on record. */
export interface BatchRowsOf {
  readonly registrations: RegistrationRow;
  readonly 'annual-registrations': AnnualRegistrationRow;
  readonly 'status-changes': StatusChangeRow;
  readonly 'class-changes': ClassChangeRow;
  readonly rechecks: RecheckRow;
}
export type BatchKind = keyof BatchRowsOf;

/** What files list, with their rows as the intake maps them. */
export interface RowsOf extends BatchRowsOf {
  readonly roster: RosterRow;
  readonly programs: ProgramRow;
  readonly courses: CourseRow;
  readonly organizations: OrganizationRow;
  readonly mentors: MentorRow;
  readonly contracts: ContractRow;
  readonly results: ResultRow;
}
export type ImportKind = keyof RowsOf;

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
  readonly outcome:
    'published' | 'versioned' | 'admitted' | 'registered' | 'qualified' | 'imported' | 'recorded' | 'unchanged' | 'refused';
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
  /** What the run has met so far: natural key → row digest. */
  readonly seen: Map<string, string>;
};

/** How rows of one kind are carried out. */
export interface RowImporter<Row> {
  /** Rows of one turn go one after the other, whatever the batch. */
  readonly turnOf: (row: Row) => string;
  /** Once per batch; what it looked up answers for the rows of the batch. */
  readonly open: (run: Run) => Promise<(row: Row) => Promise<RowAnswer>> | ((row: Row) => Promise<RowAnswer>);
}

export const refusedRow = (row: { readonly row: number }, refusal: Refusal): RowAnswer => ({
  row: row.row,
  outcome: 'refused',
  refusal,
  position: 0n,
});

/** The row's content without its place in the sheet: the same row in another file is the same row. */
export const canonicalRow = ({ row: _place, ...content }: { readonly row: number }): string => canonical(content);

export interface Difference {
  readonly field: string;
  readonly old: unknown;
  readonly new: unknown;
}

/** How what is given departs from what is recorded, field by field. What is not given denies nothing. */
export function differencesOf(given: object, recorded: object): Difference[] {
  const before = recorded as Record<string, unknown>;
  return Object.entries(given)
    .filter(([field, value]) => value !== undefined && canonical(value) !== canonical(before[field] ?? null))
    .map(([field, value]) => ({ field, old: before[field] ?? null, new: value as unknown }));
}

/** A key that is there with other content, in the words of a row. */
export const asDifference = (refusal: Refusal): Refusal => {
  if (refusal.refused !== 'REFERENCE_EXISTS') return refusal;
  const { recorded, given } = refusal.facts as { recorded: object; given: object };
  return refuse('ROW_DIFFERS', { differences: differencesOf(given, recorded) });
};

/** What a dry run has seen of a natural key, since nothing is written that could tell. Null where it is new. */
export function rehearsal(
  { dryRun, seen }: Pick<Run, 'dryRun' | 'seen'>,
  key: string,
  digest: string,
): Pick<RowAnswer, 'outcome' | 'refusal'> | null {
  if (!dryRun) return null;
  const before = seen.get(key);
  seen.set(key, digest);
  if (before === undefined) return null;
  return before === digest
    ? { outcome: 'unchanged' }
    : { outcome: 'refused', refusal: refuse('ROW_DIFFERS', { differences: ['row'] }) };
}

/**
 * The envelope of a command that an import makes. `said` is what makes a repeat the same command; `day` is the plain date on which the
 * row's facts became true.
 */
export function importContext(
  { vault, clock }: ImportDeps,
  by: Importer & { readonly dryRun?: boolean },
  commandId: string,
  said: object,
  day?: string,
): CommandContext & { effectiveAt?: string } {
  const now = instant(clock.now());
  const from = day === undefined ? undefined : startOfDay(day, by.zone);
  return {
    commandId,
    digest: vault.hmac('command', JSON.stringify(said)),
    actor: by.actor,
    institutionId: by.institutionId,
    zone: by.zone,
    correlationId: by.correlationId,
    causationId: commandId,
    // At latest now: a roster for September arrives in August.
    ...(from === undefined ? {} : { effectiveAt: from < now ? from : now }),
    ...(by.dryRun ? { dryRun: true } : {}),
  };
}
