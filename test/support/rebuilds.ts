import { setTimeout as wait } from 'node:timers/promises';
import type { Person } from '../journeys/client.ts';

/** A word of server-sent events. */
export interface Told {
  readonly id: string;
  readonly event: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test reads out of it is what it checks
  readonly data: any;
}

/** What a stream of server-sent events said, in its order. */
export const toldIn = (text: string): readonly Told[] =>
  text.split('\n\n').flatMap((block) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const event = field('event');
    return event === undefined ? [] : [{ id: field('id') ?? '', event, data: JSON.parse(field('data') ?? 'null') as unknown }];
  });

/** How a view's rebuild ends, told by the server as soon as it does. */
export async function endOf(who: Pick<Person, 'get'>, view: string, run?: string): Promise<Told['data']> {
  const { body } = await who.get(`/v1/views/${view}/rebuild/events${run === undefined ? '' : `?run=${run}`}`);
  const last = toldIn(body as string).at(-1);
  if (last?.event !== 'outcome') throw new Error(`the rebuild of ${view} came to no end: ${String(body)}`);
  return last.data;
}

/** Rebuilds a view and waits for the end. */
export async function rebuilt(who: Pick<Person, 'get' | 'post'>, view: string, asked: object = {}): Promise<Told['data']> {
  const { status, body } = await who.post(`/v1/views/${view}/rebuild`, { reason: { code: 'check' }, ...asked });
  if (status !== 202) throw new Error(`${view}: ${JSON.stringify(body)}`);
  return endOf(who, view, (body as { run: string }).run);
}

/** Server-sent events as they come, until the server ends them; `return` hangs up. */
export async function follow(
  url: string,
  who: Pick<Person, 'token'>,
  path: string,
): Promise<AsyncGenerator<Told, void, undefined>> {
  const hangUp = new AbortController();
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${who.token}` }, signal: hangUp.signal });
  async function* told(): AsyncGenerator<Told, void, undefined> {
    let text = '';
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const end = text.lastIndexOf('\n\n') + 2;
        if (end < 2) continue;
        yield* toldIn(text.slice(0, end));
        text = text.slice(end);
      }
    } finally {
      hangUp.abort();
    }
  }
  return told();
}

/** A rebuild that stands still for certain: one that was all but over when it was paused is over, and another is begun. */
export async function pausedRebuild(who: Pick<Person, 'get' | 'post'>, view: string, asked: object = {}): Promise<string> {
  const path = `/v1/views/${view}/rebuild`;
  const standsStill = async (): Promise<boolean | undefined> => {
    const { items } = (await who.get('/v1/views')).body as { items: { name: string; rebuilding: { paused: boolean } | null }[] };
    const { state } = (await who.get(path)).body as { state: string };
    if (state === 'idle') return false;
    return items.find(({ name }) => name === view)?.rebuilding?.paused === true || undefined;
  };
  for (let tries = 0; tries < 20; tries++) {
    const { run } = (await who.post(path, { reason: { code: 'check' }, ...asked })).body as { run: string };
    if ((await who.post(`${path}/pause`, {})).status >= 300) continue;
    let still = 0;
    while (still < 3) {
      const now = await standsStill();
      if (now === false) break;
      still = now ? still + 1 : 0;
      await wait(50);
    }
    if (still === 3) return run;
  }
  throw new Error(`the rebuilds of ${view} were always over before they could be paused`);
}
