// Appends as a server sees them: clients at once, one event each, eight to a stream, durable before the answer.
import { randomUUID } from 'node:crypto';
import type { Envelope } from '../../../libs/kernel/decider.ts';
import type { BenchEvent, Log } from '../contenders/contender.ts';
import { contenderNamed } from '../contenders/contenders.ts';
import { pause, peakMiB, quantile, type Measured, type Task } from '../harness.ts';

const eventsPerStream = 8;

/** Envelopes made beforehand, so that a round measures the store. About 700 bytes, as most are. */
const envelopes: readonly Omit<BenchEvent, 'id'>[] = Array.from({ length: 1024 }, (_, i) => {
  const envelope: Envelope = {
    id: randomUUID(),
    type: 'ComponentScored',
    version: 1,
    stream: `enrollment-${randomUUID()}`,
    effectiveAt: '2026-09-01T08:00:00.000Z',
    decidedAt: '2026-09-01T08:00:00.000Z',
    actor: { personId: randomUUID(), role: 'teacher', organizationId: randomUUID() },
    commandId: randomUUID(),
    commandDigest: randomUUID().replaceAll('-', '').repeat(2),
    correlationId: randomUUID(),
    causationId: randomUUID(),
    institutionId: randomUUID(),
    subjectId: randomUUID(),
    basis: [{ stream: `program-${i}`, revision: '7' }],
    data: { component: `M-${i}`, part: 'score', score: 6000 + i },
  };
  return { type: envelope.type, json: JSON.stringify(envelope), envelope };
});

interface Run {
  readonly rate: number;
  /** Milliseconds of each append that was counted. */
  readonly times: readonly number[];
  /** Streams, each with as many events as were acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>;
}

async function load(log: Log, clients: number, seconds: number): Promise<Run> {
  const phase = { counting: false, over: false };
  const times: number[] = [];
  const acknowledged = new Map<string, number>();
  const work = Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      let stream = '';
      for (let n = 0; !phase.over; n++) {
        const revision = n % eventsPerStream;
        if (revision === 0) stream = `enrollment-${randomUUID()}`;
        const event = { ...envelopes[(n * clients + client) % envelopes.length]!, id: randomUUID() };
        const began = performance.now();
        await log.append(stream, revision, [event]);
        if (phase.counting) times.push(performance.now() - began);
        acknowledged.set(stream, revision + 1);
      }
    }),
  );
  await pause(300);
  phase.counting = true;
  const from = performance.now();
  await pause(seconds * 1000);
  phase.counting = false;
  const took = performance.now() - from;
  phase.over = true;
  await work;
  return { rate: (times.length * 1000) / took, times, acknowledged };
}

export const append: Task = {
  name: 'append',
  counts: 'events',
  contenders: ['ours', 'raw', 'raw-our-tables', 'emmett-sqlite', 'emmett-postgresql'],
  variants: () => [{ clients: 64 }, { clients: 1 }],
  fresh: true,

  run: async ({ contender, variant, options, folder, database }): Promise<Measured> => {
    const { open } = contenderNamed(contender);
    const log = await open({ folder, database });
    const { rate, times, acknowledged } = await load(log, Number(variant['clients']), options.seconds);
    const peak = peakMiB();
    await log.close();
    // What is on disk is read by who opens it again.
    const again = await open({ folder, database });
    const lost = await lostOf(again, acknowledged);
    await again.close();
    return { rate, p50: quantile(times, 0.5), p99: quantile(times, 0.99), peakMiB: peak, lost };
  },
};

/** Events that were acknowledged and are not there, or not in their place. */
async function lostOf(log: Log, acknowledged: ReadonlyMap<string, number>): Promise<number> {
  let lost = 0;
  for (const [stream, count] of acknowledged) {
    const found = await log.fold(stream, 0, (n, { revision }) => (revision === BigInt(n) ? n + 1 : n));
    lost += Math.max(0, count - found);
  }
  return lost;
}
