import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A process of this folder's own, to be killed, traced or starved. What it says on stdout is what counts. */
export interface Child {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** Resolves at the first line that starts so; throws where the process ends before. */
  readonly says: (start: string) => Promise<string>;
  /** Resolves when it is gone and everything it said was read: whole lines only. */
  readonly ended: Promise<readonly string[]>;
}

/** Starts a script of this folder on this Node, behind `wrapper` where given: a command that takes a command. */
export function startChild(script: string, args: readonly string[], wrapper: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const [command = '', ...rest] = [...wrapper, process.execPath, '--disable-warning=ExperimentalWarning', file, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  let partial = '';
  let gone = false;
  const tell = (): void => listeners.forEach((listener) => listener());

  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (partial + text).split('\n');
    partial = parts.pop() ?? '';
    lines.push(...parts);
    tell();
  });
  const ended = new Promise<readonly string[]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      gone = true;
      tell();
      resolve(lines);
    });
  });
  const says = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find((said) => said.startsWith(start));
        if (line === undefined && !gone) return;
        listeners.delete(look);
        if (line === undefined)
          reject(new Error(`${script} ended without saying ${start}; it said: ${lines.slice(-5).join(' | ')}`));
        else resolve(line);
      };
      listeners.add(look);
      look();
    });
  return { process: child, says, ended };
}

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ledger-fault-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
