import { readFileSync } from 'node:fs';
import type * as Http from 'node:http';
import { join } from 'node:path';
import { fill, type Bilingual, type Language } from '../../libs/kernel/bilingual.ts';
import { StartRefused } from '../ledger/settings.ts';
import { words } from './words.ts';

// Imported, it would bring along all that it can export, `fetch`'s machine among it: a third of what a short command takes.
const http = process.getBuiltinModule('node:http');

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
  readonly get: <T>(path: string) => Promise<T>;
  /** A success whose body is read by the caller as it comes. */
  readonly open: (path: string) => Promise<Http.IncomingMessage>;
  readonly post: <T>(path: string, key: string, body: unknown) => Promise<T>;
  readonly delete: (path: string) => Promise<void>;
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
    const answer = await answerTo(http.request(`${url}/health/live`, { signal: AbortSignal.timeout(2000) }));
    return answer.resume().statusCode === 200 ? url : null;
  } catch {
    return null;
  }
}

/** How long nothing may come, of an answer or of its next piece. */
const patienceMs = 300_000;

const answerTo = (request: Http.ClientRequest, body?: string): Promise<Http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end(body);
    request.on('timeout', () => void request.destroy(new Error(`no answer for ${patienceMs / 1000} s`)));
  });

async function textOf(answer: Http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** `ended` where the ledger is this process's own. */
function over(url: string, token: string, language: Language, ended?: () => Promise<void>): Connection {
  const { Agent, request } = url.startsWith('https:') ? process.getBuiltinModule('node:https') : http;
  const agent = new Agent({ keepAlive: true });
  const gone = (error: unknown): never => {
    const { message, code } = error as NodeJS.ErrnoException;
    // Where a name has several addresses, none of which answers, there is a code alone.
    const why = message.trim() || String(code);
    throw new ServerGone(fill(words.serverGone[language], { url, why }));
  };
  const send = async (
    method: string,
    path: string,
    sent: Http.OutgoingHttpHeaders,
    body?: string,
  ): Promise<Http.IncomingMessage> => {
    const headers = { authorization: `Bearer ${token}`, 'accept-language': language, ...sent };
    const asked = async (): Promise<Http.IncomingMessage> =>
      answerTo(request(`${url}${path}`, { method, agent, headers, timeout: patienceMs }), body);
    const answer = await asked().catch(gone);
    const status = answer.statusCode!;
    if (status < 300) return answer;
    const problem = await textOf(answer)
      .then((text) => JSON.parse(text) as Problem)
      .catch((): Problem => ({}));
    const sentence = problem.detail ?? problem.title ?? answer.statusMessage;
    const errors = (problem.errors ?? []).slice(0, 10).map((error) => `\n  ${error.field}: ${error[language]}`);
    const Failed = status === 503 ? ServerGone : CommandFailed;
    throw new Failed(`${sentence} (${problem.code ?? status})${errors.join('')}`);
  };
  const read = async <T>(answer: Http.IncomingMessage): Promise<T> => JSON.parse(await textOf(answer).catch(gone)) as T;
  return {
    get: async <T>(path: string) => read<T>(await send('GET', path, {})),
    open: (path) => send('GET', path, {}),
    post: async <T>(path: string, key: string, body: unknown) =>
      read<T>(await send('POST', path, { 'content-type': 'application/json', 'idempotency-key': key }, JSON.stringify(body))),
    delete: async (path) => void (await send('DELETE', path, {})).resume(),
    own: ended !== undefined,
    close: async () => {
      agent.destroy();
      await ended?.();
    },
  };
}
