import { MemoryEventStore } from '../adapters/memory/event-store.ts';
import { createMemoryKeyVault } from '../adapters/memory/key-vault.ts';
import { catalog, type LedgerEventType } from '../events/events.ts';
import type { RosterRow } from '../intake/roster.ts';
import type { DomainEvent } from '../kernel/decider.ts';
import type { Identity } from '../kernel/personal.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { Codec } from '../runtime/codec.ts';
import { Transactor } from '../runtime/transact.ts';
import type { Importer, ImportKind, RowAnswer, RowsOf, StartedRun } from './importing.ts';
import { Imports } from './imports.ts';

export const by: Importer = {
  actor: { personId: 'r1', role: 'registrar', organizationId: null },
  institutionId: 'college',
  zone: 'Asia/Shanghai',
  correlationId: 'c',
};

let spoken = 0;

/** Imports over a ledger in memory. */
export const world = () => {
  const time = { ms: Date.parse('2026-10-01T04:00:00.000Z') };
  const clock = { now: () => time.ms };
  const store = new MemoryEventStore(clock);
  const vault = createMemoryKeyVault({ seed: 'imports' });
  const codec = new Codec(vault);
  const runtime = { store, codec, clock, timer: { sleep: () => Promise.resolve() }, entropy: { random: () => 0.5 } };
  const transactor = new Transactor(runtime);
  const imports = new Imports({ store, codec, vault, clock, transactor });
  const start = async (
    kind: ImportKind = 'roster',
    digest = 'file-1',
    dryRun = false,
    formClasses = true,
  ): Promise<StartedRun> => {
    const run = await imports.start(by, kind, digest, { formClasses }, dryRun);
    if (isRefusal(run)) throw new Error(run.refused);
    return run;
  };
  /** The rows of a file, each file a run of its own. */
  const take = async <K extends ImportKind>(
    kind: K,
    rows: readonly RowsOf[K][],
    digest = `${kind}-1`,
    options: { dryRun?: boolean; formClasses?: boolean } = {},
  ): Promise<readonly RowAnswer[]> => {
    const run = await start(kind, digest, options.dryRun ?? false, options.formClasses ?? true);
    const answers = await imports.rows(kind, by, run.runId, rows, options.dryRun ?? false);
    if (isRefusal(answers)) throw new Error(answers.refused);
    return answers;
  };
  const roster = (rows: readonly RosterRow[], digest = 'file-1', options: { dryRun?: boolean; formClasses?: boolean } = {}) =>
    take('roster', rows, digest, options);
  const program = async (code = '530701', zh = '电子商务', level = 'junior-college'): Promise<void> => {
    const row = { row: 2, code, name: { zh }, level: level as 'junior-college', lengthOfStudyMonths: 36 };
    await take('programs', [row], `programs-${code}-${level}`);
  };
  /** Says something as if it had always been so. */
  const say = async (stream: string, event: DomainEvent, subjectId: string | null = null): Promise<void> => {
    const before = await store.readStream(stream, { backwards: true, limit: 1 });
    const written = await codec.encode({
      id: `00000000-0000-8000-a000-${String(spoken++).padStart(12, '0')}`,
      ...event,
      version: catalog[event.type as LedgerEventType].version,
      stream,
      effectiveAt: '2025-01-01T00:00:00.000Z',
      decidedAt: '2025-01-01T00:00:00.000Z',
      actor: by.actor,
      commandId: `say-${spoken}`,
      commandDigest: 'said',
      correlationId: 'c',
      causationId: 'c',
      institutionId: by.institutionId,
      subjectId,
      basis: [],
    });
    await store.append(stream, before[0]?.revision ?? 'none', [written]);
  };
  return { store, vault, codec, transactor, imports, clock, time, start, take, roster, program, say };
};

export const outcomes = (answers: readonly RowAnswer[]): string[] => answers.map((a) => a.refusal?.refused ?? a.outcome);

export const student = (over: Partial<RosterRow> = {}, identity: Partial<Identity> = {}): RosterRow => ({
  row: 2,
  identity: { name: '王芳', idType: 'resident-id', idNumber: '440305200801010019', ...identity } as RosterRow['identity'],
  program: { code: '530701' },
  entryDate: '2026-09-01',
  ...over,
});
