// A contender's own process: told one job, answers once.
import { corpusOf } from './corpus.ts';
import { peakMiB, type Measured, type Message, type Reply } from './harness.ts';
import { taskNamed } from './tasks/tasks.ts';

async function work(message: Message): Promise<unknown> {
  if (message.kind === 'corpus') return corpusOf(message.size, (line) => console.error(line));
  const { job } = message;
  const task = taskNamed(job.task);
  if (message.kind === 'prepare') return task.prepare?.(job);
  const measured: Measured = await task.run(job);
  return { peakMiB: peakMiB(), ...measured };
}

async function answer(message: Message): Promise<void> {
  let reply: Reply;
  try {
    reply = { ok: true, value: await work(message) };
  } catch (error) {
    reply = { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  // A pool or a thread that a contender leaves open must not hold the bench up.
  process.send!(reply, () => process.exit(0));
}

process.once('message', (message: Message) => void answer(message));
