import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fill, type Bilingual, type Language } from '../../libs/kernel/bilingual.ts';
import { StartRefused } from '../ledger/settings.ts';
import { words } from './words.ts';

/** What ends a command with exit code 1 and one sentence. */
export class CommandFailed extends Error {}

/** Nobody answered, the answer broke off, or the server is not there for anybody now: what was asked may have been done or not. */
export class ServerGone extends CommandFailed {}

/** An answer of the server that is no success: its own sentence, in the caller's language. */
interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly ({ readonly field: string } & Bilingual)[];
}

export interface Connection {
  /** The ledger runs in this process, and ends with it. */
  readonly own: boolean;
  readonly get: (path: string) => Promise<Response>;
  readonly post: <T>(path: string, key: string, body: unknown) => Promise<T>;
  readonly delete: (path: string) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/**
 * The server that LEDGER_URL names or that holds the data folder; where none runs, the ledger in this process on a port of its own.
 * Either way the command speaks HTTP, so there is one way in.
 */
export async function connect(env: NodeJS.ProcessEnv, language: Language): Promise<Connection> {
  const token = env['LEDGER_TOKEN'];
  if (!token) throw new CommandFailed(words.tokenMissing[language]);
  const running = env['LEDGER_URL'] ?? (await runningAt(env['LEDGER_DATA'] ?? './data'));
  if (running) return over(running.replace(/\/$/, ''), token, language);
  const { startLedger } = await import('../ledger/ledger.ts');
  try {
    const own = await startLedger({ env: { ...env, PORT: '0', HOST: '127.0.0.1' }, quiet: true });
    return over(own.url, token, language, () => own.close());
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    throw new CommandFailed(fill(words.cannotOpen[language], { why: error.message }));
  }
}

/** The address in `server.json`, if somebody answers there. */
async function runningAt(folder: string): Promise<string | null> {
  let url: string;
  try {
    url = (JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { url: string }).url;
  } catch {
    return null;
  }
  try {
    return (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(2000) })).ok ? url : null;
  } catch {
    return null;
  }
}

/** `close` where the ledger is this process's own. */
function over(url: string, token: string, language: Language, close?: () => Promise<void>): Connection {
  const headers = { authorization: `Bearer ${token}`, 'accept-language': language };
  const gone = (error: unknown): never => {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new ServerGone(fill(words.serverGone[language], { url, why }));
  };
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${url}${path}`, init).catch(gone);
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Problem;
    const sentence = problem.detail ?? problem.title ?? response.statusText;
    const errors = (problem.errors ?? []).slice(0, 10).map((error) => `\n  ${error.field}: ${error[language]}`);
    const Failed = response.status === 503 ? ServerGone : CommandFailed;
    throw new Failed(`${sentence} (${problem.code ?? response.status})${errors.join('')}`);
  };
  return {
    get: (path) => send(path, { headers }),
    post: async <T>(path: string, key: string, body: unknown) => {
      const sent = { ...headers, 'content-type': 'application/json', 'idempotency-key': key };
      const response = await send(path, { method: 'POST', headers: sent, body: JSON.stringify(body) });
      return response.json().catch(gone) as Promise<T>;
    },
    delete: (path) => send(path, { method: 'DELETE', headers }),
    own: close !== undefined,
    close: close ?? (async () => undefined),
  };
}
