// Servers under load, and clients in a process of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryOf } from '../support/build.ts';
import type { ContenderName } from './harness.ts';
import type { Load, Answered } from './http-clients.ts';

export interface Server {
  readonly url: string;
  /** A registrar's, where it asks for one. */
  readonly token: string;
  /** An administrator's, likewise. */
  readonly administrator: string;
  /** MiB that it held at most so far; undefined where the system does not tell. */
  readonly peakMiB: () => number | undefined;
  readonly stop: () => Promise<void>;
}

const flags = ['--disable-warning=ExperimentalWarning'];
/** `BENCH_DIST`: another build than the one in `dist`. */
export const built = (app: 'ledger' | 'cli'): string =>
  entryOf(process.env['BENCH_DIST'] ?? join(import.meta.dirname, '../../dist'), app);

/** What a server prints until it is up; the whole of it is read on, so that the pipe never fills. */
async function up(
  child: ChildProcess,
  ready: (out: string) => Pick<Server, 'url' | 'token' | 'administrator'> | null,
): Promise<Server> {
  const ended = once(child, 'exit');
  const told = new Promise<Pick<Server, 'url' | 'token' | 'administrator'>>((resolve) => {
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
    peakMiB: () => peakOf(child.pid!),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function peakOf(pid: number): number | undefined {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

const spawned = (args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess =>
  spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });

/** The product as it is built, on a data folder. `BENCH_PROFILE=1` leaves a CPU profile in the working folder. */
export const startOurs = (folder: string): Promise<Server> =>
  up(
    spawned([...(process.env['BENCH_PROFILE'] === '1' ? ['--cpu-prof', '--cpu-prof-interval=200'] : []), built('ledger')], {
      LEDGER_DATA: folder,
      PORT: '0',
      HOST: '127.0.0.1',
      NODE_ENV: 'production',
    }),
    (out) => {
      const url = /Training ledger\s+(\S+)/.exec(out)?.[1];
      const tokenOf = (name: string): string | undefined => new RegExp(`export ${name}='(.*)'\n`).exec(out)?.[1];
      const [token, administrator] = [tokenOf('REGISTRAR'), tokenOf('ADMINISTRATOR')];
      return url && token && administrator && tokenOf('EVALUATOR') ? { url, token, administrator } : null;
    },
  );

/** A Nest-Fastify handler in front of a contender's store, or of nothing. */
export const startPeer = (
  file: 'command-peer.ts' | 'query-peer.ts',
  contender: ContenderName,
  folder: string,
  database: string | null,
): Promise<Server> =>
  up(spawned([join(import.meta.dirname, file), contender, folder, database ?? ''], { NODE_ENV: 'production' }), (out) =>
    out.includes('\n') ? { url: out.trim(), token: '', administrator: '' } : null,
  );

/** A load from a process of its own. */
export async function clients(load: Load): Promise<Answered> {
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'http-clients.ts')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.send(load);
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the clients gave up')));
  gone.catch(() => undefined);
  const [answered] = (await Promise.race([once(child, 'message'), gone])) as [Answered];
  return answered;
}
