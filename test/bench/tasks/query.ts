// A learner's transcript over HTTP, learners at random: ours with all that the product does, the peers with the rows alone.
import { DatabaseSync } from 'node:sqlite';
import { randomOf } from '../lives.ts';
import { digestOf } from '../../../libs/kernel/canonical.ts';
import type { Measured, Task } from '../harness.ts';
import { corpusAsked } from './rebuild.ts';
import { copyToPostgres, entriesTable } from '../query-rows.ts';
import { clients, startOurs, startPeer, type Server } from '../servers.ts';

const eventsPerLearner = 25;
const sample = 50;

export const query: Task = {
  name: 'query',
  counts: 'pages',
  contenders: ['ours', 'raw', 'emmett-sqlite', 'emmett-postgresql'],
  variants: ({ learners }) => [1, 16].map((count) => ({ page: 'transcript', learners: learners ?? 2000, clients: count })),
  corpus: (options, { learners }) => ({
    ...corpusAsked(options, { events: Number(learners) * eventsPerLearner }),
    learners: Number(learners),
  }),

  prepare: async ({ contender, database, corpus }) => {
    if (contender === 'emmett-postgresql') await copyToPostgres(corpus!.folder, database!);
  },

  run: async ({ contender, corpus, database, options, round, variant }): Promise<Measured> => {
    const { folder } = corpus!;
    const learnerIds = learnersIn(folder, 20_000);
    const server = contender === 'ours' ? await startOurs(folder) : await startPeer('query-peer.ts', contender, folder, database);
    try {
      const checksum = await checksumOf(server, learnerIds.slice(0, sample));
      const random = randomOf(options.seed + round);
      const paths = Array.from({ length: Number(variant['clients']) }, () =>
        Array.from({ length: 2000 }, () => pathOf(learnerIds[Math.floor(random() * learnerIds.length)]!)),
      );
      const { rate, p50, p99 } = await clients({ ...server, paths, round, seconds: options.seconds });
      const peakMiB = server.peakMiB();
      return { rate, p50, p99, checksum, ...(peakMiB === undefined ? {} : { peakMiB }) };
    } finally {
      await server.stop();
    }
  },
};

const pathOf = (learnerId: string): string => `/v1/learners/${learnerId}/transcript`;

/** So many of those who have attempts, the same for all. */
function learnersIn(folder: string, limit: number): string[] {
  const { path, table } = entriesTable(folder);
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare(`SELECT DISTINCT learner_id AS id FROM ${table} ORDER BY learner_id LIMIT ?`).all(limit);
  db.close();
  return rows.map(({ id }) => String(id));
}

/** Of which attempts the pages tell; how a result is worded is each one's own. */
async function checksumOf({ url, token }: Server, learnerIds: readonly string[]): Promise<string> {
  const told = new Set<string>();
  for (const learnerId of learnerIds) {
    const response = await fetch(`${url}${pathOf(learnerId)}`, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${pathOf(learnerId)}: ${response.status} ${await response.text()}`);
    for (const [, attemptId = ''] of (await response.text()).matchAll(/"attemptId":"([^"]+)"/g)) told.add(attemptId);
  }
  return digestOf([...told].toSorted()).slice(0, 16);
}
