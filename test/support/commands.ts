import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { builtLedger } from './build.ts';
import { clean, spawnTethered, startCommand, type Ended, type Environment } from './process.ts';

const host = fileURLToPath(new URL('./command-host.mjs', import.meta.url));

const idle: ChildProcess[] = [];
const hosts: ChildProcess[] = [];
afterAll(() => {
  for (const one of hosts) one.kill('SIGKILL');
});

async function startHost(): Promise<ChildProcess> {
  const built = await builtLedger();
  const child = spawnTethered(built, [host, join(built, 'apps', 'cli', 'command.js')], {}, ['inherit', 'ipc']);
  hosts.push(child);
  return child;
}

/**
 * The `ledger` command, run to its end: in CI in a process of its own, as its users run it, elsewhere in one that carries out one after another.
 * There are hundreds of them, and a process takes longer to start than most take to do their work.
 */
export async function runCommand(args: readonly string[], env: Environment): Promise<Ended> {
  if (process.env['CI']) {
    await using running = await startCommand(args, env);
    return await running.ended;
  }
  const child = idle.pop() ?? (await startHost());
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error(`the process that carried out ${args.join(' ')} is gone`));
    child.once('exit', gone).once('message', (ended: Ended) => {
      child.off('exit', gone);
      idle.push(child);
      resolve(ended);
    });
    child.send({ args, env: clean(env) });
  });
}
