// What both of Emmett's stores share: its messages, and a projection that folds with our own fold, so that rows can be compared.
import { catalog } from '../../../libs/events/events.ts';
import type { Recorded } from '../../../libs/kernel/decider.ts';
import type { ReadWrites, Value } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';
import { pause } from '../harness.ts';
import type { BenchEvent } from './contender.ts';
import { takes, writesOf } from './tables.ts';

// Of its packages, what is used here: they are installed by the bench alone, so their own types may not be there.

export interface EmmettMessage {
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

export interface EmmettRead {
  readonly type: string;
  readonly data: object;
  readonly metadata: {
    readonly streamName: string;
    /** From 1n. */
    readonly streamPosition: bigint;
    readonly globalPosition: bigint;
  };
}

export interface EmmettStore {
  appendToStream(
    stream: string,
    messages: readonly EmmettMessage[],
    options: { readonly expectedStreamVersion: bigint },
  ): Promise<unknown>;
  aggregateStream<S>(
    stream: string,
    options: { readonly initialState: () => S; readonly evolve: (state: S, event: EmmettRead) => S },
  ): Promise<{ readonly state: S }>;
}

export interface EmmettProjection<Context> {
  readonly name: string;
  readonly version: number;
  readonly kind: string;
  readonly canHandle: readonly string[];
  readonly handle: (events: readonly EmmettRead[], context: Context) => Promise<void>;
}

export interface EmmettCore {
  CommandHandler<S>(options: {
    readonly initialState: () => S;
    readonly evolve: (state: S, event: EmmettRead) => S;
  }): (store: EmmettStore, stream: string, decide: (state: S) => EmmettMessage) => Promise<unknown>;
}

/** The envelope without what Emmett names itself, and its id, which Emmett else makes up. When it was recorded is the writer's word here. */
export function messageOf({ id, type, envelope }: BenchEvent, recordedAt = new Date().toISOString()): EmmettMessage {
  const { data, type: _type, id: _id, ...rest } = envelope;
  return { type, data, metadata: { ...rest, messageId: id, recordedAt } };
}

/** Its consumers swallow what a projection throws and go on past the event: without a limit a reader would wait for ever. */
export async function untilSeen(look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error('not seen within 10 s: the consumer skipped the event');
    await pause(1);
  }
}

export function recordedOf({ type, data, metadata }: EmmettRead): Recorded {
  const { streamPosition, globalPosition, streamName } = metadata;
  const { messageId: id } = metadata as unknown as { readonly messageId: string };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- messageOf wrote it
  return {
    ...metadata,
    id,
    type,
    data,
    stream: streamName,
    revision: streamPosition - 1n,
    position: globalPosition,
  } as unknown as Recorded;
}

/** Emmett hands a projection one event at a time and keeps its checkpoint beside each. */
export const projectionOf = <Context>(view: View, over: (context: Context) => ReadWrites): EmmettProjection<Context> => ({
  name: view.name,
  version: 1,
  kind: 'bench',
  canHandle: view.types ?? Object.keys(catalog),
  handle: async (events, context) => {
    const own = events.filter(({ type, metadata }) => takes(view, metadata.streamName, type));
    if (own.length > 0) await view.fold(writesOf(over(context), view), own.map(recordedOf));
  },
});

/** One at a time, in the order in which they are asked for. */
export function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** A store of rows behind two functions. */
export const writesThrough = (
  rowsOf: (sql: string, params: readonly Value[]) => Promise<readonly object[]>,
  change: (sql: string, params: readonly Value[]) => Promise<number>,
): ReadWrites => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever asks names what the SELECT lists
  all: async <R extends object>(sql: string, params: readonly Value[] = []) => (await rowsOf(sql, params)) as unknown as R[],
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  get: async <R extends object>(sql: string, params: readonly Value[] = []) => (await rowsOf(sql, params))[0] as R | undefined,
  each: async (sql, params, visit) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
    for (const row of await rowsOf(sql, params)) visit(row as Record<string, Value>);
  },
  run: (sql, params = []) => change(sql, params),
  runMany: async (sql, rows) => {
    let changed = 0;
    for (const row of rows) changed += await change(sql, row);
    return changed;
  },
});
