// Keep-alive clients in one process: each asks, waits for the answer, asks again.
import { Agent, request } from 'node:http';

export interface Load {
  readonly url: string;
  readonly token: string;
  readonly seconds: number;
  /** Before anything is counted; half a second where absent. */
  readonly warmUpSeconds?: number;
  /** What the clients ask for, each its own: students to suspend and resume in turn, or paths to read. */
  readonly students?: readonly (readonly string[])[];
  readonly paths?: readonly (readonly string[])[];
  readonly round: number;
}

export interface Answered {
  /** Answers per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** All answers that said yes, those before and after the measured time too. */
  readonly accepted: number;
}

const suspend = JSON.stringify({ ground: 'illness', until: '2099-01-01', reason: { code: 'illness' } });
const resume = JSON.stringify({ appliedOn: '2026-09-01', reviewPassed: true, reason: { code: 'recovered' } });

async function run({ url, token, seconds, students = [], paths = [], round, warmUpSeconds = 0.5 }: Load): Promise<Answered> {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: Math.max(students.length, paths.length) });
  let counting = false;
  let accepted = 0;
  const times: number[] = [];

  const ask = (path: string, command?: { readonly body: string; readonly key: string }): Promise<void> =>
    new Promise((answered, failed) => {
      const began = performance.now();
      const headers = {
        authorization: `Bearer ${token}`,
        ...(command && {
          'content-type': 'application/json',
          'content-length': command.body.length,
          'idempotency-key': command.key,
        }),
      };
      const sent = request({ agent, hostname, port, path, method: command ? 'POST' : 'GET', headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          if (counting) times.push(performance.now() - began);
          if (response.statusCode! >= 300) return failed(new Error(`${path}: ${response.statusCode} ${text}`));
          accepted += 1;
          answered();
        });
      });
      sent.on('error', failed);
      sent.end(command?.body);
    });

  const work = { over: false };
  const done = Promise.all([
    ...students.map(async (mine, client) => {
      for (let n = 0; !work.over; n++) {
        const id = mine[n % mine.length]!;
        const key = `bench-${round}-${client}-${n}`;
        await ask(`/v1/enrollments/${id}/suspend`, { body: suspend, key: `${key}-s` });
        await ask(`/v1/enrollments/${id}/resume`, { body: resume, key: `${key}-r` });
      }
    }),
    ...paths.map(async (mine) => {
      for (let n = 0; !work.over; n++) await ask(mine[n % mine.length]!);
    }),
  ]);
  await pause(warmUpSeconds * 1000);
  counting = true;
  const from = performance.now();
  await pause(seconds * 1000);
  counting = false;
  const took = performance.now() - from;
  const sorted = times.toSorted((a, b) => a - b);
  work.over = true;
  await done;
  agent.destroy();
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { rate: (sorted.length * 1000) / took, p50: at(0.5), p99: at(0.99), accepted };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function answer(load: Load): Promise<void> {
  process.send!(await run(load));
  process.disconnect();
}

process.once('message', (load: Load) => void answer(load));
