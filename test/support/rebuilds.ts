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
