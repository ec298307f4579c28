// Commands over HTTP: keep-alive clients suspend and resume students, beside an empty Nest-Fastify handler in the same kind of process.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contenderNamed } from '../contenders/contenders.ts';
import type { Job, Measured, Task } from '../harness.ts';
import { clients, startOurs, startPeer, type Server } from '../servers.ts';

/**
 * Students of one client: each is suspended and resumed in turn, and every round has its own, so that nobody's history grows as no student's does: with
 * some forty facts at the end of a round she has said as much as a student says in her life.
 */
const studentsPerClient = 32;
/** A server that has just started reads every student's stream from the disk and compiles: it is measured as it runs for the rest of its life. */
const warmUpSeconds = 5;
const fileOf = (folder: string): string => join(folder, 'students.json');

export const appendHttp: Task = {
  name: 'append-http',
  counts: 'commands',
  contenders: ['ours', 'raw', 'emmett-sqlite', 'emmett-postgresql'],
  variants: () => [{ clients: 64 }, { clients: 1 }],
  fresh: true,

  prepare: async ({ contender, folder, variant }) => {
    const count = Number(variant['clients']);
    await writeFile(fileOf(folder), JSON.stringify(contender === 'ours' ? await enrolledIn(folder, count) : made(count)));
  },

  run: async ({ contender, folder, database, options, round }): Promise<Measured> => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
    const students = JSON.parse(await readFile(fileOf(folder), 'utf8')) as string[][];
    const before = await eventsIn({ contender, folder, database });
    const server =
      contender === 'ours' ? await startOurs(folder) : await startPeer('command-peer.ts', contender, folder, database);
    const { rate, p50, p99, accepted } = await clients({ ...server, students, round, seconds: options.seconds, warmUpSeconds });
    const peakMiB = server.peakMiB();
    await server.stop();
    const after = await eventsIn({ contender, folder, database });
    return {
      rate,
      p50,
      p99,
      ...(peakMiB === undefined ? {} : { peakMiB }),
      ...(after === null || before === null ? {} : { lost: accepted - (after - before) }),
    };
  },
};

const isOurs = (type: string): boolean => type === 'StudySuspended' || type === 'StudyResumed';

/** What these commands left on disk; null where nothing is kept. */
async function eventsIn({ contender, folder, database }: Pick<Job, 'contender' | 'folder' | 'database'>): Promise<number | null> {
  if (contender === 'raw') return null;
  const log = await contenderNamed(contender).open({ folder, database });
  let events = 0;
  await log.read(({ type }) => {
    if (isOurs(type)) events += 1;
  });
  await log.close();
  return events;
}

const made = (count: number): string[][] =>
  Array.from({ length: count }, (_, client) => Array.from({ length: studentsPerClient }, (_one, n) => `peer${client}x${n}`));

async function enrolledIn(folder: string, count: number): Promise<string[][]> {
  const server = await startOurs(folder);
  try {
    return await enroll(server, count);
  } finally {
    await server.stop();
  }
}

/** Students who are registered, by client. */
export async function enroll({ url, token }: Server, count: number): Promise<string[][]> {
  const run = `bench-${Date.now().toString(36)}`;
  let key = 0;
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `${run}-${(key += 1)}`,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an answer's ids
    return (await response.json()) as Record<string, string>;
  };
  const name = { zh: '电子商务', en: 'E-commerce' };
  const { programId } = await post('/v1/programs', { code: '990701', name, level: 'junior-college', lengthOfStudyMonths: 36 });
  const enrolled = async (n: number): Promise<string> => {
    const identity = { name: '学生', idType: 'other', idNumber: `BENCH${n}` };
    const { learnerId } = await post('/v1/learners', { identity });
    const { enrollmentId } = await post('/v1/enrollments', { learnerId, programId, entryDate: '2026-09-01' });
    await post(`/v1/enrollments/${enrollmentId}/register`, { studentNumber: String(99_260_000 + n) });
    return enrollmentId!;
  };
  return Promise.all(
    Array.from({ length: count }, async (_, client) => {
      const mine: string[] = [];
      for (let i = 0; i < studentsPerClient; i++) mine.push(await enrolled(client * studentsPerClient + i));
      return mine;
    }),
  );
}
