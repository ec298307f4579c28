// Commands over HTTP: 64 keep-alive clients suspend and resume students, beside an empty Nest-Fastify handler in the same kind of process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Load, Measured } from './http-clients.ts';

const clients = 64;
/** Students of one client: each is suspended and resumed in turn, so that nobody's history grows as no student's does. */
const studentsPerClient = 32;
const node = process.execPath;
const flags = ['--disable-warning=ExperimentalWarning'];
const here = (name: string): string => join(import.meta.dirname, name);
const server = process.env['BENCH_SERVER'] ?? join(import.meta.dirname, '../../dist/apps/ledger/main.js');

interface Running {
  readonly url: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
}

/** What a server prints until it is up; the whole of it is read on, so that the pipe never fills. */
async function up(
  child: ChildProcess,
  ready: (out: string) => { readonly url: string; readonly token: string } | null,
): Promise<Running> {
  const ended = once(child, 'exit');
  const told = new Promise<{ readonly url: string; readonly token: string }>((resolve) => {
    let out = '';
    let found = false;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (found) return;
      out += text;
      const answer = ready(out);
      if (answer === null) return;
      found = true;
      resolve(answer);
    });
  });
  const early = ended.then(() => Promise.reject(new Error('the server did not start')));
  early.catch(() => undefined);
  const running = await Promise.race([told, early]);
  return {
    ...running,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const spawned = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(node, [...flags, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });

const startOurs = (folder: string, profile: boolean): Promise<Running> =>
  up(
    spawned([...(profile ? ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${tmpdir()}`] : []), server], {
      LEDGER_DATA: folder,
      PORT: '0',
      HOST: '127.0.0.1',
      NODE_ENV: 'production',
    }),
    (out) => {
      const url = /Training ledger\s+(\S+)/.exec(out)?.[1];
      const token = /export REGISTRAR='(.*)'\n/.exec(out)?.[1];
      return url && token && /export EVALUATOR='.*'\n/.test(out) ? { url, token } : null;
    },
  );

const startRaw = (): Promise<Running> =>
  up(spawned([here('http-raw.ts')], { NODE_ENV: 'production' }), (out) =>
    out.includes('\n') ? { url: out.trim(), token: '' } : null,
  );

/** A load from a process of its own. */
async function measure(load: Load): Promise<Measured> {
  const child = spawn(node, [...flags, here('http-clients.ts')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send(load);
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the clients gave up')));
  const [measured] = (await Promise.race([once(child, 'message'), gone])) as [Measured];
  return measured;
}

/** Students who are registered, by client. */
async function enroll({ url, token }: Running): Promise<string[][]> {
  let key = 0;
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `bench-setup-${(key += 1)}`,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  const name = { zh: '电子商务', en: 'E-commerce' };
  const { programId } = await post('/v1/programs', { code: '530701', name, level: 'junior-college', lengthOfStudyMonths: 36 });
  const enrolled = async (n: number): Promise<string> => {
    const identity = { name: '学生', idType: 'other', idNumber: `BENCH${n}` };
    const { learnerId } = await post('/v1/learners', { identity });
    const { enrollmentId } = await post('/v1/enrollments', { learnerId, programId, entryDate: '2026-09-01' });
    await post(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: String(20_260_000 + n) });
    return enrollmentId!;
  };
  return Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const mine: string[] = [];
      for (let i = 0; i < studentsPerClient; i++) mine.push(await enrolled(client * studentsPerClient + i));
      return mine;
    }),
  );
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Rounds alternate, so that a noisy neighbour meets both. */
export async function benchAppendHttp(rounds = 5, seconds = 3): Promise<object> {
  if (!existsSync(server)) throw new Error('build first: npm run build');
  const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-http-'));
  try {
    const ours = await startOurs(folder, process.env['BENCH_PROFILE'] === '1');
    const raw = await startRaw();
    const students = await enroll(ours);
    const rates = { ours: [] as number[], raw: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const load = { seconds, students, round, token: ours.token };
      const us = await measure({ ...load, url: ours.url });
      const them = await measure({ ...load, url: raw.url });
      rates.ours.push(us.rate);
      rates.raw.push(them.rate);
      console.log(
        `append-http round ${round + 1}: ours ${us.rate.toFixed(0)}/s (median ${us.p50.toFixed(1)} ms, p99 ${us.p99.toFixed(1)} ms), ` +
          `raw ${them.rate.toFixed(0)}/s (median ${them.p50.toFixed(1)} ms, p99 ${them.p99.toFixed(1)} ms)`,
      );
    }
    await ours.stop();
    await raw.stop();
    const [oursRate, rawRate] = [median(rates.ours), median(rates.raw)];
    const ratio = Number((oursRate / rawRate).toFixed(3));
    return { task: 'append-http', ours: Math.round(oursRate), raw: Math.round(rawRate), ratio };
  } finally {
    await rm(folder, { recursive: true });
  }
}
