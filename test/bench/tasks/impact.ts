// Commands while a view is rebuilt again and again, beside the same commands on a ledger that has nothing else to do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measured, Task } from '../harness.ts';
import { built, clients, startOurs, type Server } from '../servers.ts';
import { enroll } from './append-http.ts';
import { corpusAsked } from './rebuild.ts';

const fileOf = (folder: string): string => join(folder, 'students.json');
const clientCount = 16;

export const impact: Task = {
  name: 'impact',
  counts: 'commands',
  // `raw` is the same ledger without a rebuild: the ratio is what is left under one.
  contenders: ['ours', 'raw'],
  variants: ({ view, events }) => [{ rebuilding: view, events: Math.max(events, 100_000) }],
  corpus: corpusAsked,

  prepare: async ({ folder, corpus }) => {
    await cp(corpus!.folder, folder, { recursive: true });
    const server = await startOurs(folder);
    await writeFile(fileOf(folder), JSON.stringify(await enroll(server, clientCount)));
    await server.stop();
  },

  run: async ({ contender, folder, options, variant, round }): Promise<Measured> => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
    const students = JSON.parse(await readFile(fileOf(folder), 'utf8')) as string[][];
    const server = await startOurs(folder);
    const phase = { over: false };
    const rebuilding =
      contender === 'ours' ? rebuildAgainAndAgain(server, String(variant['rebuilding']), phase) : Promise.resolve();
    // Longer than one rebuild takes.
    const { rate, p50, p99 } = await clients({ ...server, students, round, seconds: options.seconds * 4 });
    phase.over = true;
    await rebuilding;
    const peakMiB = server.peakMiB();
    await server.stop();
    return { rate, p50, p99, ...(peakMiB === undefined ? {} : { peakMiB }) };
  },
};

/** As an administrator does it. */
async function rebuildAgainAndAgain({ url, administrator }: Server, view: string, phase: { over: boolean }): Promise<void> {
  while (!phase.over) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', built('cli'), 'rebuild', view], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, LEDGER_URL: url, LEDGER_TOKEN: administrator },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`ledger rebuild ${view} ended with ${code}`);
  }
}
