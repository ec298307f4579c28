// Reading: one stream of a certain length folded as a decision folds it, and the whole log from its start.
import { randomUUID } from 'node:crypto';
import type { AttemptEvent } from '../../../libs/events/catalog/assessment.ts';
import { catalog } from '../../../libs/events/events.ts';
import { applyAttemptEvent, initialAttempt } from '../../../libs/facts/attempt.ts';
import type { Historic } from '../../../libs/kernel/as-of.ts';
import { digestOf } from '../../../libs/kernel/canonical.ts';
import type { Envelope } from '../../../libs/kernel/decider.ts';
import type { BenchEvent, Log } from '../contenders/contender.ts';
import { contenderNamed } from '../contenders/contenders.ts';
import { peakMiB, quantile, type Measured, type Task } from '../harness.ts';

const eventsInAll = 20_000;
const streamOf = (n: number): string => `attempt-load${n}`;

export const load: Task = {
  name: 'load',
  counts: 'events',
  contenders: ['ours', 'raw', 'emmett-sqlite', 'emmett-postgresql'],
  variants: () => [{ length: 10 }, { length: 100 }, { length: 1000 }, { length: 'whole log' }],

  prepare: async ({ contender, variant, folder, database }) => {
    const log = await contenderNamed(contender).open({ folder, database });
    const length = lengthOf(variant['length']);
    for (let n = 0; n < eventsInAll / length; n++) {
      for (let from = 0; from < length; from += 50) {
        const count = Math.min(50, length - from);
        await log.append(
          streamOf(n),
          from,
          Array.from({ length: count }, (_, i) => eventOf(n, from + i)),
        );
      }
    }
    await log.close();
  },

  run: async ({ contender, variant, options, folder, database }): Promise<Measured> => {
    const log = await contenderNamed(contender).open({ folder, database });
    const measured =
      variant['length'] === 'whole log'
        ? await wholeLog(log, options.seconds)
        : await streams(log, lengthOf(variant['length']), options.seconds);
    await log.close();
    return measured;
  },
};

const lengthOf = (length: unknown): number => (typeof length === 'number' ? length : 10);

/** Streams in turn, one after another, for so long. */
async function streams(log: Log, length: number, seconds: number): Promise<Measured> {
  const count = eventsInAll / length;
  const times: number[] = [];
  const states = new Map<string, unknown>();
  const folded = (stream: string): Promise<unknown> =>
    log.fold(stream, initialAttempt, (state, event) => applyAttemptEvent(state, event as unknown as Historic<AttemptEvent>));
  for (let n = 0; n < 20; n++) await folded(streamOf(n % count));
  const from = performance.now();
  for (let n = 0; performance.now() - from < seconds * 1000; n++) {
    const stream = streamOf(n % count);
    const began = performance.now();
    const state = await folded(stream);
    times.push(performance.now() - began);
    if (n < 20) states.set(stream, state);
  }
  const took = performance.now() - from;
  const peak = peakMiB();
  const checksum = digestOf([...states].map(([stream, state]) => [stream, state])).slice(0, 16);
  return {
    rate: (times.length * length * 1000) / took,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    peakMiB: peak,
    checksum,
  };
}

/** Over and over for so long; the last time counts what it saw, and in which order. */
async function wholeLog(log: Log, seconds: number): Promise<Measured> {
  let events = 0;
  const from = performance.now();
  while (performance.now() - from < seconds * 1000) await log.read(() => (events += 1));
  const took = performance.now() - from;
  const peak = peakMiB();
  let seen = 0;
  let order = 0;
  await log.read(({ stream, revision, data }) => {
    seen += 1;
    const told = digestOf([stream, String(revision), data]);
    order = (order * 31 + Number.parseInt(told.slice(0, 8), 16)) % 4_294_967_296;
  });
  return {
    rate: (events * 1000) / took,
    peakMiB: peak,
    checksum: order.toString(16),
    lost: eventsInAll - seen,
  };
}

/** An attempt that is opened, and then scored for ever. */
function eventOf(n: number, revision: number): BenchEvent {
  const event: AttemptEvent =
    revision === 0
      ? {
          type: 'AttemptOpened',
          data: {
            learnerId: `learner${n}`,
            enrollmentId: `enrollment${n}`,
            courseId: 'course',
            courseVersion: 1,
            credits: 400,
            kind: 'first',
            number: 1,
            follows: null,
            schemeId: 'scheme',
            schemeVersion: 1,
            academicYear: '2025-2026',
            term: '2025-1',
            classId: null,
            contractId: null,
            final: false,
            mode: 'in-person',
          },
        }
      : {
          type: 'ComponentScored',
          data: {
            component: 'exam',
            part: 'score',
            score: (revision * 37) % 10_000,
            assessor: `teacher${revision % 3}`,
            side: 'school',
            third: false,
          },
        };
  return attemptEvent(streamOf(n), event, `learner${n}`);
}

export function attemptEvent(stream: string, event: AttemptEvent, subjectId: string): BenchEvent {
  const commandId = randomUUID().replaceAll('-', '').slice(0, 24);
  const envelope: Envelope = {
    id: randomUUID(),
    type: event.type,
    version: catalog[event.type].version,
    stream,
    effectiveAt: '2026-01-10T08:00:00.000Z',
    decidedAt: '2026-01-10T08:00:00.000Z',
    actor: { personId: 'li.teacher', role: 'teacher', organizationId: null },
    commandId,
    commandDigest: commandId,
    correlationId: commandId,
    causationId: commandId,
    institutionId: 'college',
    subjectId,
    basis: [],
    data: event.data,
  };
  return { id: envelope.id, type: event.type, json: JSON.stringify(envelope), envelope };
}
