import { chmodSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { syncFile, syncFolderOf } from '../../libs/adapters/sqlite/durable-file.ts';
import type { SqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import { ApprenticeshipModule, apprenticeshipFinders } from '../../libs/contexts/apprenticeship/apprenticeship.module.ts';
import { takesOf as apprenticeshipTakes } from '../../libs/contexts/apprenticeship/gates.ts';
import { AssessmentModule, assessmentFinders } from '../../libs/contexts/assessment/assessment.module.ts';
import { CurriculumModule } from '../../libs/contexts/curriculum/curriculum.module.ts';
import { EnrollmentModule, enrollmentFinders } from '../../libs/contexts/enrollment/enrollment.module.ts';
import { takesOf as enrollmentTakes } from '../../libs/contexts/enrollment/gates.ts';
import { takesOf as facultyTakes } from '../../libs/contexts/faculty/faculty.ts';
import { FacultyModule, facultyFinders } from '../../libs/contexts/faculty/faculty.module.ts';
import { OperationsModule } from '../../libs/contexts/operations/operations.module.ts';
import { planRebuild, type RebuildCommand } from '../../libs/contexts/operations/rebuild.ts';
import { PartnershipModule } from '../../libs/contexts/partnership/partnership.module.ts';
import { Authenticator, mintToken, trustDevelopmentKeys, trustIssuer } from '../../libs/edge/auth.ts';
import { recordsOf, type Parts } from '../../libs/edge/parts.ts';
import { createServer } from '../../libs/edge/server.ts';
import { ExportsModule } from '../../libs/exports/exports.module.ts';
import { ImportsModule } from '../../libs/imports/imports.module.ts';
import { parkingOf } from '../../libs/facts/parking.ts';
import { rebuildingOf } from '../../libs/facts/rebuild.ts';
import { claimsOf } from '../../libs/kernel/claim.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import type { Clock, Timer } from '../../libs/ports/clock.ts';
import { Erasures, type Checkpoint } from '../../libs/processes/erasure.ts';
import { Rebuilds, type LedgerSays } from '../../libs/processes/rebuilds.ts';
import type { DifferingRow } from '../../libs/projection/digest.ts';
import { Releases } from '../../libs/processes/releases.ts';
import { pendingTakes, takesPending } from '../../libs/read-models/pending-takes.ts';
import { RecordsModule } from '../../libs/records/records.module.ts';
import { Codec } from '../../libs/runtime/codec.ts';
import { Recovery } from '../../libs/runtime/recovery.ts';
import { Transactor, type CommandContext } from '../../libs/runtime/transact.ts';
import { connectionsOf } from './connections.ts';
import { described } from './description.ts';
import type { Kept, Ledger } from './ledger.ts';
import type { Settings } from './settings.ts';
import { openViews, type OpenViews } from './views.ts';

/** All that a ledger is made of, once it has its folder for itself. */
export async function assemble(
  { settings, clock, clockShiftMs, store, masterKey, vault }: Kept,
  quiet: boolean,
  open: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Ledger> {
  const { folder, host, port, institutions, loopback } = settings;
  const file = (name: string): string => join(folder, name);

  const lines = new LogLines();
  open.push(async () => lines.flush());

  const codec = new Codec(vault);
  const transactor = new Transactor({ store, codec, clock, timer, entropy: { random: Math.random } });
  const erasures = new Erasures({
    store,
    vault,
    checkpoint: checkpointIn(file('erasure.checkpoint')),
    timer,
    forget: (stream) => transactor.forget(stream),
    onFault: (fault) => lines.fault('an erasure is waiting', fault),
  });
  await erasures.start();
  open.push(() => erasures.close());

  forOwnerAlone(file('directory.db'));
  const { keptBuilds } = settings;
  const onFault = (message: string): void => lines.fault('views', message);
  const views = await openViews({ folder, masterKey, clockShiftMs, keptBuilds, onFault });
  open.push(() => views.close());

  const rebuilds = rebuildsOf(transactor, views, clock, institutions, (fault) => lines.fault('a rebuild is waiting', fault));
  await rebuilds.start();
  open.push(() => rebuilds.close());

  const releases = new Releases({
    incomplete: () => views.status().flatMap(({ name, parked }) => (parked > 0 ? [name] : [])),
    parked: async (view) => (await views.parked(view, Infinity)).items,
    release: (view, key, position) => views.release(view, key, position),
    load: async (view) => (await transactor.load(parkingOf(view))).state,
    timer,
    onFault: (fault) => lines.fault('a release is waiting', fault),
  });
  releases.start();
  open.push(() => releases.close());

  const recovery = new Recovery({
    transactor,
    pending: (before, after) => views.read(pendingTakes, (db) => takesPending(db, before, after ? { after } : {})),
    takesOf: (institutionId, event) => {
      const claims = claimsOf(institutionId, (domain, text) => vault.hmac(domain, text));
      return [enrollmentTakes, facultyTakes, apprenticeshipTakes].flatMap((takesOf) => takesOf(claims, event));
    },
    zoneOf: (institutionId) => institutions.get(institutionId) ?? 'Asia/Shanghai',
    clock,
    timer,
    onFault: (fault) => lines.fault('recovery', fault),
  });
  recovery.start();
  open.push(() => recovery.close());

  const trusted = settings.issuer
    ? trustIssuer(settings.issuer.issuer, settings.issuer.jwks, settings.issuer.audience)
    : await trustDevelopmentKeys(folder);
  const ofEnrollment = enrollmentFinders(transactor, codec);
  const parts: Parts = {
    store,
    vault,
    codec,
    clock,
    transactor,
    institutions,
    institutionNames: settings.institutionNames,
    authenticator: new Authenticator(trusted),
    records: recordsOf(
      ofEnrollment,
      facultyFinders(transactor),
      apprenticeshipFinders(transactor, ofEnrollment),
      assessmentFinders(transactor, ofEnrollment),
    ),
    views,
    past: views.past,
    rebuilds,
    releases: { carryOut: (view) => void releases.carryOut(view) },
    uploads: {
      folder: file('uploads'),
      keptDays: settings.uploadDays,
      onFault: (fault) => lines.fault('an upload is waiting', fault),
    },
    loopback,
    readiness: () => notReady(store, views),
    erased: async () => {
      await erasures.catchUp();
      // A directory that stands still says so elsewhere, and purges her as soon as it goes on.
      const goesOn = views.status().some(({ name, state }) => name === 'directory' && state === 'live');
      if (goesOn) await views.waitFor('directory', await store.head(), directoryPatienceMs);
    },
  };

  const log = quiet ? null : { level: settings.logLevel, stream: lines };
  const { app, routes, access } = await createServer({ parts, modules, described, log });
  const connections = connectionsOf(app.getHttpServer());
  open.push(() => access.drain());
  open.push(async () => {
    // A keep-alive connection that was busy when the stop began is idle a moment later, and would hold the server for a minute.
    const reaping = setInterval(() => connections.closeIdle(), 50);
    await app.close().finally(() => clearInterval(reaping));
  });
  await app.listen(port, host);

  const url = urlOf(app);
  replaceFile(file('server.json'), `${JSON.stringify({ url, pid: process.pid })}\n`);
  open.push(async () => rmSync(file('server.json'), { force: true }));

  const mint: Ledger['mint'] = (claims, lifetimeSeconds) => {
    if (settings.issuer) throw new Error('tokens come from the issuer that is configured');
    return mintToken(folder, claims, lifetimeSeconds);
  };
  return { url, app, routes, parts, settings, mint, close };
}

/** What nobody asked for is on record with the first institution. */
function rebuildsOf(
  transactor: Transactor,
  { engine }: OpenViews,
  clock: Clock,
  institutions: Settings['institutions'],
  onFault: (fault: unknown) => void,
): Rebuilds<DifferingRow> {
  const [first] = institutions.keys();
  return new Rebuilds({
    engine,
    load: async (view) => (await transactor.load(rebuildingOf(view))).state,
    record: async (view, commandId, institution, said) => {
      const institutionId = institution ?? first!;
      const context: CommandContext = {
        commandId,
        digest: commandId,
        actor: { personId: 'ledger', role: 'system', organizationId: null },
        institutionId,
        zone: institutions.get(institutionId) ?? 'Asia/Shanghai',
        correlationId: commandId,
        causationId: commandId,
        ...('reason' in said ? { reason: { code: said.reason } } : {}),
      };
      const answer = await transactor.transact(context, () => planRebuild(view, commandOf(said)));
      // What another kind of rebuild stands against is looked at again once that is over.
      if (isRefusal(answer) && answer.refused !== 'REBUILD_RUNNING')
        throw new Error(`${said.type} was refused: ${answer.refused}`);
    },
    clock,
    timer,
    onFault,
  });
}

function commandOf(said: LedgerSays): RebuildCommand {
  if (said.type !== 'StartRebuild') return said;
  const { reason: _reason, ...command } = said;
  return command;
}

const modules = [
  EnrollmentModule,
  CurriculumModule,
  FacultyModule,
  PartnershipModule,
  ApprenticeshipModule,
  AssessmentModule,
  OperationsModule,
  ImportsModule,
  ExportsModule,
  RecordsModule,
];

/** How long the answer to an erasure waits until nobody finds her any more; her keys are gone by then. */
const directoryPatienceMs = 5_000;

/** Events that a view may be behind before requests should go elsewhere: a bulk import is no outage. */
const lagLimit = 100_000n;

async function notReady(store: SqliteEventStore, views: OpenViews): Promise<readonly object[]> {
  const reasons: object[] = [];
  // Asked of the writing connection: a log that cannot be written is no ledger.
  await store.writerSettings().catch(() => reasons.push({ log: 'not writable' }));
  const head = await store.head();
  for (const { name, state, position } of views.status()) {
    if (state !== 'live') reasons.push({ view: name, state });
    else if (head - position > lagLimit) reasons.push({ view: name, behind: (head - position).toString() });
  }
  return reasons;
}

const timer: Timer = {
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};

/** JSON lines on standard output, several in one write. */
class LogLines {
  private text = '';
  private scheduled: NodeJS.Timeout | undefined;

  write(line: string): void {
    this.text += line;
    if (this.text.length > 16_384) this.flush();
    else this.scheduled ??= setTimeout(() => this.flush(), 200).unref();
  }

  fault(msg: string, fault: unknown): void {
    const why = fault instanceof Error ? fault.name : typeof fault === 'string' ? fault : null;
    this.write(`${JSON.stringify({ level: 50, time: Date.now(), msg, fault: why })}\n`);
  }

  flush(): void {
    clearTimeout(this.scheduled);
    this.scheduled = undefined;
    const { text } = this;
    this.text = '';
    if (text !== '') process.stdout.write(text);
  }
}

function urlOf(app: NestFastifyApplication): string {
  const { address, port, family } = app.getHttpServer().address() as { address: string; port: number; family: string };
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Names stand there in the clear: nobody else on this machine reads them, nor what SQLite writes beside them, whatever folder this is. */
function forOwnerAlone(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  for (const one of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(one)) chmodSync(one, 0o600);
}

/** Whoever reads it finds the old content or the new one, after a crash too. */
function replaceFile(path: string, content: string): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, content);
  syncFile(draft);
  renameSync(draft, path);
  syncFolderOf(path);
}

function checkpointIn(path: string): Checkpoint {
  return {
    load: async () => (existsSync(path) ? BigInt(readFileSync(path, 'utf8').trim() || '0') : 0n),
    save: async (position) => replaceFile(path, `${position}\n`),
  };
}
