// A roster through the command line into a server, from an empty ledger: beside reading the file alone, and beside storing the same events alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { openSqliteEventReader } from '../../../libs/adapters/sqlite/event-reader.ts';
import type { Envelope } from '../../../libs/kernel/decider.ts';
import { residentCheckDigit } from '../../../libs/kernel/national-id.ts';
import type { BenchEvent, Log } from '../contenders/contender.ts';
import { contenderNamed } from '../contenders/contenders.ts';
import { peakMiB, type Measured, type Task } from '../harness.ts';
import { built, startOurs, type Server } from '../servers.ts';
import { writeSheet } from './sheets.ts';

export const importing: Task = {
  name: 'import',
  counts: 'rows',
  contenders: ['ours', 'raw', 'scan', 'emmett-sqlite', 'emmett-postgresql'],
  variants: ({ learners }) => ['csv', 'inline', 'shared'].map((kind) => ({ kind, rows: learners ?? 3000 })),

  /** The others store what an import of ours leaves. */
  prepare: async ({ contender, folder, variant }) => {
    // The bare parser is given the same rows as csv, and the others store what they leave, whatever ours are in.
    const kind = contender === 'ours' ? String(variant['kind']) : 'csv';
    await writeSheet(fileOf(folder), kind, roster(Number(variant['rows'])));
    if (contender !== 'ours' && contender !== 'scan') await ledger(await folderIn(folder, 'source'), fileOf(folder), 1);
  },

  run: async ({ contender, folder, database, round, variant }): Promise<Measured> => {
    const rows = Number(variant['rows']);
    const file = fileOf(folder);
    if (contender === 'scan') return bareParse(file, rows);
    const place = { folder: await folderIn(folder, `round-${round}`), database };
    return contender === 'ours'
      ? ledger(place.folder, file, rows)
      : bareEvents(await contenderNamed(contender).open(place), await said(join(folder, 'source')), rows, `.${round}`);
  },
};

const fileOf = (folder: string): string => join(folder, 'roster');

async function folderIn(folder: string, name: string): Promise<string> {
  const inner = join(folder, name);
  await mkdir(inner, { recursive: true });
  return inner;
}

/** 新生名册 as a college sends it: a title, Chinese headers, resident ids with their check digits. */
function* roster(rows: number): Generator<readonly string[]> {
  yield ['某某职业技术学院新生名册'];
  yield '学号,姓名,性别,身份证号,专业名称,层次,学制,入学日期,预计毕业日期,班级,联系电话'.split(',');
  for (let n = 0; n < rows; n++) {
    const born = `200${7 + (n % 2)}${String(1 + (n % 12)).padStart(2, '0')}${String(1 + (Math.floor(n / 1000) % 28)).padStart(2, '0')}`;
    const first17 = `44${String(301 + Math.floor(n / 28_000)).padStart(4, '0')}${born}${String(n % 1000).padStart(3, '0')}`;
    const sex = Number(first17.charAt(16)) % 2 === 1 ? '男' : '女';
    const student = `${2_026_000_000 + n},学生${n},${sex},${first17}${residentCheckDigit(first17)},电子商务,高职(专科),3,2026-09-01,2029-06-30`;
    yield `${student},2026级电商${1 + (n % 40)}班,138${String(n).padStart(8, '0')}`.split(',');
  }
}

async function importedBy(server: Server, kind: string, file: string, ...more: readonly string[]): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', built('cli'), 'import', kind, file, '--result', `${file}.result.csv`, ...more],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LEDGER_URL: server.url, LEDGER_TOKEN: server.token } },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ledger import ${kind} ended with ${code}: ${out.trim().split('\n').join(' · ')}`);
}

/** From the command to its end: start of the process, reading, deciding, every row durable. Views fold beside it. */
async function ledger(folder: string, file: string, rows: number): Promise<Measured> {
  const server = await startOurs(folder);
  try {
    const programs = join(folder, 'programs.csv');
    await copyFile(join(import.meta.dirname, '../../../infra/samples/programs.csv'), programs);
    await importedBy(server, 'programs', programs);
    const began = performance.now();
    await importedBy(server, 'roster', file, '--form-classes');
    const seconds = (performance.now() - began) / 1000;
    const peak = server.peakMiB();
    return {
      rate: rows / seconds,
      ...(peak === undefined ? {} : { peakMiB: peak }),
      lost: rows - registered(await said(folder)),
    };
  } finally {
    await server.stop();
  }
}

/** The upper limit: the file through the parser, and nothing done with it. */
async function bareParse(file: string, rows: number): Promise<Measured> {
  const began = performance.now();
  let read = 0;
  for await (const _row of createReadStream(file).pipe(parse({ bom: true, relax_column_count: true }))) read += 1;
  const seconds = (performance.now() - began) / 1000;
  return { rate: rows / seconds, peakMiB: peakMiB(), lost: rows + 2 - read };
}

/** The very events that the import leaves, 64 rows at once, each row's one after another: a log with no reader, decision or view before it. */
async function bareEvents(log: Log, events: readonly BenchEvent[], rows: number, suffix: string): Promise<Measured> {
  const bySubject = [...Map.groupBy(events, ({ envelope }) => envelope.subjectId ?? envelope.stream).values()];
  const revisions = new Map<string, number>();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: 64 }, async (_, client) => {
      for (let n = client; n < bySubject.length; n += 64) {
        for (const event of bySubject[n]!) {
          const { stream } = event.envelope;
          const revision = revisions.get(stream) ?? 0;
          revisions.set(stream, revision + 1);
          // Streams of a round of their own, for who keeps one database for all rounds.
          await log.append(`${stream}${suffix}`, revision, [event]);
        }
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const peak = peakMiB();
  let found = 0;
  const own = new Set(events.map(({ id }) => id));
  await log.read(({ id }) => {
    if (own.delete(id)) found += 1;
  });
  await log.close();
  return { rate: rows / seconds, peakMiB: peak, lost: events.length - found };
}

async function said(folder: string): Promise<readonly BenchEvent[]> {
  const log = openSqliteEventReader({ path: join(folder, 'log.db'), pollMs: 'never' });
  const events: BenchEvent[] = [];
  for (let after = 0n, end = false; !end;) {
    const page = await log.readAll(after);
    for (const { id, type, json } of page.events) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from an envelope
      events.push({ id, type, json, envelope: JSON.parse(json) as Envelope });
    }
    ({ scannedTo: after, end } = page);
  }
  await log.close();
  return events;
}

const registered = (events: readonly BenchEvent[]): number => events.filter(({ type }) => type === 'StudentRegistered').length;
