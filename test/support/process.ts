import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { mintToken, type TokenClaims } from '../../libs/edge/auth.ts';
import { builtLedger, entryOf } from './build.ts';

/** The product as whoever uses it meets it: processes of the built apps, told by their environment, judged by what they say and leave. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** What it has said so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<Ended>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves as soon as what it said matches; throws where it ends before. */
  readonly says: (what: RegExp) => Promise<RegExpExecArray>;
}

export interface Server extends Running {
  readonly url: string;
  readonly folder: string;
  /** kill -9, and gone. */
  readonly crash: () => Promise<void>;
  /** SIGTERM, and how it ended. */
  readonly stop: () => Promise<Ended>;
  readonly token: (claims: Partial<TokenClaims> & Pick<TokenClaims, 'role'>) => Promise<string>;
}

export type Environment = Readonly<Record<string, string>>;

const tether = new URL('./tethered.mjs', import.meta.url).href;
/** Nothing of the environment in which the tests run may configure what they start. */
export const clean = (env: Environment): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  LANG: 'en_US.UTF-8',
  ...env,
});

/** A process of a build, which dies with the test. */
export function spawnTethered(
  built: string,
  script: readonly string[],
  env: Environment,
  [out, ...more]: readonly ['pipe' | 'inherit', 'ipc'?],
): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `--import=${tether}`, ...script], {
    // What was compiled for one start is used by the next, and goes with the build.
    env: clean({ NODE_COMPILE_CACHE: join(built, 'compile-cache'), ...env }),
    stdio: ['ignore', out, out, 'pipe', ...more],
  });
  // The tether breaks when the child goes first; that is how it ends well.
  (child.stdio[3] as NodeJS.ReadableStream).on('error', () => undefined);
  return child;
}

async function start(app: 'ledger' | 'cli', args: readonly string[], env: Environment): Promise<Running> {
  const built = await builtLedger();
  return watch(spawnTethered(built, [entryOf(built, app), ...args], env, ['pipe']), `${app} ${args.join(' ')}`);
}

function watch(child: ChildProcess, name: string): Running {
  const said = { out: '', err: '' };
  const listeners = new Set<() => void>();
  let gone = false;
  const tell = (): void => listeners.forEach((listener) => listener());
  child.stdout!.setEncoding('utf8').on('data', (text: string) => ((said.out += text), tell()));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => ((said.err += text), tell()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      gone = true;
      tell();
      resolve({ code, signal, ...said });
    });
  });
  const says = (what: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = what.exec(said.out) ?? what.exec(said.err);
        if (!match && !gone) return;
        listeners.delete(look);
        if (match) resolve(match);
        else reject(new Error(`${name} ended without saying ${what}:\n${said.out.slice(-2000)}${said.err.slice(-2000)}`));
      };
      listeners.add(look);
      look();
    });
  return {
    pid: child.pid!,
    out: () => said.out,
    err: () => said.err,
    ended,
    kill: (signal) => void child.kill(signal),
    says,
    [Symbol.asyncDispose]: async () => {
      if (!gone) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The all-in-one ledger on a data folder and a free port, ready to answer. Throws where it refuses to start. */
export async function startServer(folder: string, env: Environment = {}): Promise<Server> {
  const running = await start('ledger', [], { LEDGER_DATA: folder, PORT: '0', LEDGER_LOG: 'silent', ...env });
  try {
    const url = (await running.says(/Training ledger +(http:\/\/\S+)\n/))[1]!;
    return {
      ...running,
      url,
      folder,
      crash: async () => {
        running.kill('SIGKILL');
        await running.ended;
      },
      stop: () => {
        running.kill('SIGTERM');
        return running.ended;
      },
      token: (claims) => mintToken(folder, { sub: `${claims.role}-1`, institution: 'college', ...claims }),
    };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

/** kill -9 somewhere on the way up: opening, recovering, or just ready. */
export async function crashWhileStarting(folder: string, afterMs: number): Promise<void> {
  await using running = await start('ledger', [], { LEDGER_DATA: folder, PORT: '0', LEDGER_LOG: 'silent' });
  await wait(afterMs);
  running.kill('SIGKILL');
}

/** A start that is expected to be refused. */
export async function startRefused(folder: string, env: Environment = {}): Promise<Ended> {
  await using running = await start('ledger', [], { LEDGER_DATA: folder, PORT: '0', LEDGER_LOG: 'silent', ...env });
  const outcome = await Promise.race([running.ended, running.says(/Training ledger /).then(() => null)]);
  if (!outcome) throw new Error('it started');
  return outcome;
}

/** The `ledger` command, started. */
export const startCommand = (args: readonly string[], env: Environment): Promise<Running> => start('cli', args, env);

/** A folder that is gone at the end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ledger-process-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Waits until what is looked for is there; for what happens in its own time and says nothing. */
export async function eventually<T>(look: () => Promise<T | undefined>, what: string, patienceMs = 30_000): Promise<T> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await wait(50)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what} did not come about`);
}
