// A process that writes to the store at argv[2] in the manner of argv[3], and says on stdout what was acknowledged.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteEventStore } from '../../libs/adapters/sqlite/event-store.ts';
import type { EventStore, ExpectedRevision, NewEvent } from '../../libs/ports/event-store.ts';

const [path = '', manner = '', marker = ''] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

const event = (json: object): NewEvent => ({ id: randomUUID(), type: 'LessonTaught', json: JSON.stringify(json) });

/** Six batches one after the other, each of twelve appends that share a commit. */
async function batches(store: EventStore): Promise<void> {
  for (let batch = 0; batch < 6; batch++) {
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const stream = `lesson-${marker}-${batch}-${i}`;
        await store.append(stream, 'none', [event({ marker: `${marker}-${batch}.`, text: 'x'.repeat(500) })]);
        say(`acknowledged ${marker}-${batch}.`);
      }),
    );
  }
}

/** Eight writers, each on a stream of its own, batches of one to five events, until the process is killed or the store throws. */
async function load(store: EventStore): Promise<void> {
  const writers = Array.from({ length: 8 }, async (_, w) => {
    const stream = `lesson-${w}`;
    const [last] = await store.readStream(stream, { backwards: true, limit: 1 });
    let at: ExpectedRevision = last?.revision ?? 'none';
    for (let n = 0; ; n++) {
      const size = 1 + ((n * 7 + w) % 5);
      const events = Array.from({ length: size }, (__, k) => event({ place: k, size, text: 'x'.repeat(((n * 131) % 40) * 50) }));
      const answer = await store.append(stream, at, events);
      if (answer.outcome === 'conflict') throw new Error(`${stream} expected ${at}, found ${answer.actual}`);
      say(`acknowledged ${stream} ${answer.revision} ${events.map(({ id }) => id).join(' ')}`);
      at = answer.revision;
    }
  });
  const ends = await Promise.allSettled(writers);
  for (const end of ends) if (end.status === 'rejected') say(`threw ${end.reason.code ?? end.reason}`);
}

try {
  const store = await openSqliteEventStore({ path, clock: Date });
  say('open');
  if (manner === 'batches') await batches(store);
  if (manner === 'load') await load(store);
  if (manner === 'hold') await new Promise((resolve) => setTimeout(resolve, 20_000));
  await store.close();
  say('closed');
} catch (error) {
  say(`refused ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`);
}
