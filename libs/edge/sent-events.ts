import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { EdgeRequest } from './parts.ts';

/** Between two words about progress, at least. */
const progressMs = 250;
/** A line that says nothing keeps whatever stands between from closing the connection. */
const heartbeatMs = 15_000;

/** What is followed, word by word. */
export interface Followed {
  /** What the ids of its events begin with. */
  readonly name: string;
  /** Calls back whenever there may be something new; answers how to stop that. */
  readonly watch: (changed: () => void) => () => void;
  /** Where it stands now. Nothing follows a last word. */
  readonly word: () => Word | Promise<Word>;
}

export interface Word {
  readonly event: string;
  readonly data: object;
  readonly last: boolean;
}

/** Server-sent events until the last word, until the client hangs up, or until the server closes: it waits for its answers to end. */
export async function sendEvents(
  request: EdgeRequest,
  reply: FastifyReply,
  closing: AbortSignal,
  followed: Followed,
): Promise<void> {
  const hungUp = new AbortController();
  reply.raw.once('close', () => hungUp.abort());
  const gone = AbortSignal.any([closing, hungUp.signal]);
  await reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    // What buffers would hold back the very thing that is waited for.
    .header('x-accel-buffering', 'no')
    .header('x-correlation-id', request.id)
    .send(Readable.from(lines(followed, gone), { objectMode: false }));
}

async function* lines({ name, watch, word }: Followed, gone: AbortSignal): AsyncGenerator<string, void, undefined> {
  let changed = Promise.withResolvers<void>();
  const unwatch = watch(() => changed.resolve());
  try {
    for (let n = 1; !gone.aborted; n++) {
      changed = Promise.withResolvers();
      const { event, data, last } = await word();
      yield `id: ${name}.${n}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      if (last) return;
      await pause(progressMs, gone);
      while (!gone.aborted && !(await heard(changed.promise, gone))) yield ': still here\n\n';
    }
  } finally {
    unwatch();
  }
}

const pause = (ms: number, gone: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: gone, ref: false }).catch(() => undefined);

/** False where nothing was said for the length of a heartbeat. */
async function heard(changed: Promise<void>, gone: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const signal = AbortSignal.any([gone, over.signal]);
  const said = await Promise.race([changed.then(() => true), pause(heartbeatMs, signal).then(() => false)]);
  over.abort();
  return said;
}
