// 64 keep-alive clients in one process: each posts, waits for the answer, posts again.
import { Agent, request } from 'node:http';

export interface Load {
  readonly url: string;
  readonly token: string;
  readonly seconds: number;
  /** Enrollment ids by client. */
  readonly students: readonly (readonly string[])[];
  readonly round: number;
}

export interface Measured {
  /** Answers per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const suspend = JSON.stringify({ ground: 'illness', until: '2099-01-01', reason: { code: 'illness' } });
const resume = JSON.stringify({ appliedOn: '2026-09-01', reviewPassed: true, reason: { code: 'recovered' } });

async function run({ url, token, seconds, students, round }: Load): Promise<Measured> {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: students.length });
  let counting = false;
  const times: number[] = [];

  const post = (path: string, body: string, key: string): Promise<void> =>
    new Promise((answered, failed) => {
      const began = performance.now();
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': body.length,
        'idempotency-key': key,
      };
      const sent = request({ agent, hostname, port, path, method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          if (counting) times.push(performance.now() - began);
          if (response.statusCode! >= 300) failed(new Error(`${path}: ${response.statusCode} ${text}`));
          else answered();
        });
      });
      sent.on('error', failed);
      sent.end(body);
    });

  const work = { over: false };
  const done = Promise.all(
    students.map(async (mine, client) => {
      for (let n = 0; !work.over; n++) {
        const id = mine[n % mine.length]!;
        const key = `bench-${round}-${client}-${n}`;
        await post(`/v1/enrollments/${id}/suspend`, suspend, `${key}-s`);
        await post(`/v1/enrollments/${id}/resume`, resume, `${key}-r`);
      }
    }),
  );
  await pause(500);
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
  return { rate: (sorted.length * 1000) / took, p50: at(0.5), p99: at(0.99) };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function answer(load: Load): Promise<void> {
  process.send!(await run(load));
  process.disconnect();
}

process.once('message', (load: Load) => void answer(load));
