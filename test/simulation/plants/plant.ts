import type { EventStore } from '../../../libs/ports/event-store.ts';
import type { Plan } from '../../../libs/kernel/plan.ts';
import type { ReadStore } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';
import type { RangeFolder } from '../../../libs/projection/ranged-fold.ts';
import type { Runtime, Transactor } from '../../../libs/runtime/transact.ts';
import type { Order } from '../orders.ts';
import type { RealmName } from '../realms.ts';
import type { Life, Scheduler } from '../scheduler.ts';

/** A bug planted on purpose: a simulator that does not find it is not good enough. */
export interface Plant {
  readonly name: string;
  /** What is wrong, in words. */
  readonly bug: string;
  /** The kind of world that is to find it. */
  readonly world: RealmName;
  /** One that found it, tried before the others: where worlds have changed since, these find it or nobody does. */
  readonly seed?: number;
  /** The promises that it breaks. */
  readonly foundAs: readonly string[];
  /** The store as every process reaches it. */
  readonly store?: (inner: EventStore, at: { readonly scheduler: Scheduler; readonly life: Life }) => EventStore;
  /** Patches a step of one process's transactor. */
  readonly transactor?: (transactor: Transactor) => void;
  /** The id under which a server carries out a client's key. */
  readonly commandId?: (key: string, delivery: number) => string;
  /** Patches the plan of one attempt: what it decides, takes and lets go. */
  readonly plan?: (plan: Plan, order: Order) => Plan;
  readonly noRecovery?: true;
  /** Whether recovery looks at a take. */
  readonly recovers?: (event: { readonly type: string; readonly stream: string }) => boolean;
  /** A view as it is folded, live and from zero alike: what only a look at its answers finds. */
  readonly view?: (view: View) => View;
  /** A read store as the projector reaches it. */
  readonly readStore?: (inner: ReadStore) => ReadStore;
  /** What folds ranges of streams, as the projector reaches it. */
  readonly ranges?: (inner: RangeFolder) => RangeFolder;
  /** Patches a step of everybody; answers how to undo it. */
  readonly patch?: () => () => void;
  /** Some appends are never heard of, and nobody looks without being told. */
  readonly deaf?: true;
}

/** The steps of a transactor that a plant may patch: private to everybody else. */
export interface Steps {
  fence: (...args: readonly unknown[]) => Promise<boolean>;
  takeAll: (...args: readonly unknown[]) => Promise<unknown>;
  undo: (takes: unknown, context: unknown, commandId: unknown, outcome: unknown) => Promise<unknown>;
  append: (
    at: { readonly stream: string; readonly revision: bigint },
    events: unknown,
    by: { readonly step: string },
  ) => Promise<{ readonly outcome: string }>;
  loadFacts: (sources: readonly (readonly [string, { readonly stream: string }])[], institutionId: string) => Promise<unknown>;
  load: (source: { readonly stream: string }) => Promise<{ readonly revision: bigint }>;
  readonly runtime: Runtime;
}
export const stepsOf = (transactor: Transactor): Steps => transactor as unknown as Steps;
