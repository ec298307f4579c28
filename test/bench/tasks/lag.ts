// From an append until a reader sees the row that it makes: one after another, each seen before the next.
import { randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { contenderNamed } from '../contenders/contenders.ts';
import { viewNamed } from '../contenders/tables.ts';
import { pause, quantile, type Measured, type Task } from '../harness.ts';
import { attemptEvent } from './load.ts';

const view = viewNamed('transcript');
const warmUp = 200;
const fewest = 10;

export const lag: Task = {
  name: 'lag',
  counts: 'probes',
  contenders: ['ours', 'raw', 'emmett-sqlite', 'emmett-postgresql'],
  variants: () => [{ view: view.name }],
  corpus: ({ seed }) => ({ seed, learners: null, events: 20_000 }),
  fresh: true,

  run: async ({ contender, options, folder, database, corpus }): Promise<Measured> => {
    // Ours folds all of its views over a log that is not empty; the others have this one view and nothing else to do.
    if (contender === 'ours') await cp(corpus!.folder, folder, { recursive: true });
    const following = await contenderNamed(contender).follow({ folder, database }, view);
    const times: number[] = [];
    const from = performance.now();
    const passed = (): number => performance.now() - from;
    let measuring = Infinity;
    for (let n = 0; times.length < fewest || passed() < measuring + options.seconds * 2000; n++) {
      // Warm where that is quick.
      if (measuring === Infinity && (n >= warmUp || passed() > 1000)) measuring = passed();
      const attemptId = `lag${randomUUID()}`;
      const stream = `attempt-${attemptId}`;
      const event = attemptEvent(
        stream,
        {
          type: 'AttemptOpened',
          data: {
            learnerId: 'learner',
            enrollmentId: 'enrollment',
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
        },
        'learner',
      );
      await following.append(stream, event);
      const began = performance.now();
      await following.seen(
        async (db) =>
          (await db.get('SELECT position FROM transcript_attempt_$g WHERE attempt_id = ?', [attemptId])) !== undefined,
      );
      if (measuring !== Infinity) times.push(performance.now() - began);
      await pause(2);
    }
    const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
    const measured = { rate: 1000 / mean, p50: quantile(times, 0.5), p99: quantile(times, 0.99), lost: 0 };
    await following.close();
    return measured;
  },
};
